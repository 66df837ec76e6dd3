//! An answer's reason in the words of a kube-apiserver.

use std::fmt::{self, Write as _};

use super::authorizer::{Grant, Verdict};
use super::identity::SubjectId;
use crate::snapshot::kubernetes_rbac::RoleBinding;

impl Verdict<'_> {
    /// The reason as a kube-apiserver words it; empty where it gives none.
    pub fn reason(&self) -> String {
        if let Some(grant) = &self.grant {
            return format!("RBAC: allowed by {grant}");
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

impl fmt::Display for Grant<'_> {
    /// As the server's reason has it: `ClusterRoleBinding "b" of ClusterRole "r" to User "jane"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (binding, subject) = (self.binding, self.subject);
        let name = match binding.namespace() {
            // The name comes first, here and below.
            Some(namespace) => format!("{}/{namespace}", binding.metadata.name),
            None => binding.metadata.name.clone(),
        };
        let who = match SubjectId::of(subject, binding) {
            Some(SubjectId::ServiceAccount { namespace, name })
                if subject.kind == "ServiceAccount" =>
            {
                format!("{name}/{namespace}")
            }
            _ => subject.name.clone(),
        };
        write!(
            f,
            "{} {} of {} {} to {} {}",
            binding.kind.as_str(),
            quoted(&name),
            binding.role_ref.kind,
            quoted(&binding.role_ref.name),
            subject.kind,
            quoted(&who)
        )
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::quoted;
    use crate::rbac::{Attributes, Authorizer, ResourceAttributes};
    use crate::snapshot::kubernetes_rbac::{Role, RoleBinding};

    #[test]
    fn wording() {
        let role = r#"{"kind":"ClusterRole","metadata":{"name":"r"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}"#;
        let binding = |kind: &str,
                       namespace: &str,
                       name: &str,
                       role: (&str, &str)|
         -> RoleBinding {
            let namespace = if namespace.is_empty() {
                "null".to_owned()
            } else {
                format!("\"{namespace}\"")
            };
            let (role_kind, role) = role;
            let json = format!(
                r#"{{"kind":"{kind}","metadata":{{"name":"{name}","namespace":{namespace}}},
                "roleRef":{{"kind":"{role_kind}","name":"{role}"}},
                "subjects":[{{"kind":"ServiceAccount","name":"api"}},{{"kind":"User","name":"jane"}}]}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let bindings = [
            binding("RoleBinding", "web", "b", ("ClusterRole", "r")),
            binding("RoleBinding", "pay", "b1", ("Role", "gone")),
            binding("RoleBinding", "pay", "b2", ("ClusterRole", "lost")),
            binding("RoleBinding", "pay", "b3", ("ClusterRole", "lost")),
            binding("ClusterRoleBinding", "", "z", ("Role", "odd")),
        ];
        let role: Role = serde_json::from_str(role).unwrap();
        let authorizer = Authorizer::new(&[role], &bindings);
        let ask = |user: &str, namespace: &str| {
            let request = ResourceAttributes {
                verb: "get",
                resource: "pods",
                namespace,
                ..Default::default()
            };
            authorizer
                .authorize::<&str>(user, &[], &Attributes::Resource(request))
                .reason()
        };
        let cases = [
            (
                ask("system:serviceaccount:web:api", "web"),
                r#"RBAC: allowed by RoleBinding "b/web" of ClusterRole "r" to ServiceAccount "api/web""#,
            ),
            (
                ask("jane", "web"),
                r#"RBAC: allowed by RoleBinding "b/web" of ClusterRole "r" to User "jane""#,
            ),
            (ask("joe", "web"), ""),
            (
                ask("jane", "other"),
                r#"RBAC: role.rbac.authorization.k8s.io "odd" not found"#,
            ),
            (
                ask("system:serviceaccount:pay:api", "pay"),
                r#"RBAC: [role.rbac.authorization.k8s.io "gone" not found, clusterrole.rbac.authorization.k8s.io "lost" not found]"#,
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        assert_eq!(quoted("a\"b\\\u{7f}"), r#""a\"b\\\x7f""#);
    }
}
