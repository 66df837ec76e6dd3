//! An answer's reason in the words of a kube-apiserver.

use std::fmt::Write as _;

use super::authorizer::{Grant, Verdict};
use crate::snapshot::kubernetes_rbac::RoleBinding;

impl Verdict<'_> {
    /// The reason as a kube-apiserver words it; empty where it gives none.
    pub fn reason(&self) -> String {
        if let Some(grant) = &self.grant {
            return format!("RBAC: allowed by {}", describe(grant));
        }
        let mut errors: Vec<String> = Vec::new();
        for binding in &self.missing_roles {
            let error = missing_role(binding);
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        match errors.as_slice() {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            several => format!("RBAC: [{}]", several.join(", ")),
        }
    }
}

fn describe(grant: &Grant<'_>) -> String {
    let (binding, subject) = (grant.binding, grant.subject);
    let name = match binding.namespace() {
        Some(namespace) => format!("{namespace}/{}", binding.metadata.name),
        None => binding.metadata.name.clone(),
    };
    let who = match subject.kind.as_str() {
        "ServiceAccount" => {
            let own = subject
                .namespace
                .as_deref()
                .filter(|namespace| !namespace.is_empty());
            format!(
                "{}/{}",
                subject.name,
                own.or(binding.namespace()).unwrap_or_default()
            )
        }
        _ => subject.name.clone(),
    };
    format!(
        "{} {} of {} {} to {} {}",
        binding.kind.as_str(),
        quoted(&name),
        binding.role_ref.kind,
        quoted(&binding.role_ref.name),
        subject.kind,
        quoted(&who)
    )
}

fn missing_role(binding: &RoleBinding) -> String {
    let name = quoted(&binding.role_ref.name);
    match binding.role_ref.kind.as_str() {
        "ClusterRole" => format!("clusterrole.rbac.authorization.k8s.io {name} not found"),
        "Role" => format!("role.rbac.authorization.k8s.io {name} not found"),
        other => format!("unsupported role reference kind: {}", quoted(other)),
    }
}

/// A Go string literal (`%q`), as the server's messages have it.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
