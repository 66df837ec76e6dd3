//! `permissions`: the rights that a live scan needs, from what the collectors declare that they call.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::collect::aws;
use crate::collect::call::KubernetesRead;
use crate::collect::kubernetes::READS;
use crate::collect::services::{OFFERED, Offer};

use super::{Exit, output};

/// The group that the scanner is in, inside a cluster.
const GROUP: &str = "eks-auditor";

/// Print the least IAM policy and ClusterRole that a live scan needs
#[derive(Debug, Args)]
pub(super) struct Permissions {
    /// Print only this, for a program to read
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// Add the right to list Secrets. The scan reads their metadata alone, but RBAC knows no such
    /// right: who steals the scanner's token can read every Secret's value
    #[arg(long)]
    with_secrets: bool,
    /// Add the rights that only some flags need (`--region all-enabled`, `--organization`, `--services`)
    #[arg(long)]
    with_optional: bool,
    /// Add the rights that `--services` needs for these
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = Offer::named)]
    services: Vec<&'static Offer>,
}

/// A part of the print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The IAM policy, as JSON.
    IamPolicy,
    /// The Kubernetes objects, as YAML.
    Kubernetes,
    /// The commands that let the principal into a cluster.
    Commands,
}

impl Permissions {
    pub(super) fn run(self) -> Result<Exit> {
        let text = match self.only {
            Some(Part::IamPolicy) => self.iam_policy()?,
            Some(Part::Kubernetes) => self.kubernetes(),
            Some(Part::Commands) => commands(self.with_secrets),
            None => self.everything()?,
        };
        output::write(&text, None)?;
        Ok(Exit::Done)
    }

    fn everything(&self) -> Result<String> {
        let tier = match self.with_secrets {
            true => WITH_SECRETS,
            false => WITHOUT_SECRETS,
        };
        Ok(format!(
            "# 1. The IAM policy of the principal that scans (--only iam-policy prints it alone)\n\n{}\n\
             # 2. Its rights in each cluster (--only kubernetes prints them alone)\n{tier}\n{}\n\
             # 3. Let it in, once a cluster (--only commands prints them alone)\n\n{}",
            self.iam_policy()?,
            self.kubernetes(),
            commands(self.with_secrets),
        ))
    }

    fn iam_policy(&self) -> Result<String> {
        // GetCallerIdentity needs no permission (STS API reference).
        let actions: BTreeSet<&str> = aws::calls()
            .iter()
            .filter(|call| call.service.is_none() && (self.with_optional || !call.optional))
            .map(|call| call.action)
            .filter(|action| *action != "sts:GetCallerIdentity")
            .collect();
        let mut statements = vec![
            json!({"Sid": "Read", "Effect": "Allow", "Action": actions, "Resource": "*"}),
            json!({"Sid": "NeverASecretsValue", "Effect": "Deny", "Resource": "*",
                "Action": ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]}),
        ];
        let asked = |offer: &&&Offer| {
            self.with_optional || self.services.iter().any(|one| one.name == offer.name)
        };
        statements.extend(OFFERED.iter().filter(asked).map(|offer| of_service(offer)));
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let mut text = serde_json::to_string_pretty(&policy)?;
        text.push('\n');
        Ok(text)
    }

    /// A ClusterRole for what is read everywhere, a Role for each namespace of which objects are
    /// read by name, and their bindings to the group.
    fn kubernetes(&self) -> String {
        let reads = READS
            .iter()
            .filter(|read| self.with_secrets || !read.sensitive);
        let mut by_namespace: BTreeMap<&str, Vec<&KubernetesRead>> = BTreeMap::new();
        for read in reads {
            by_namespace.entry(read.namespace).or_default().push(read);
        }
        by_namespace
            .into_iter()
            .flat_map(|(namespace, reads)| [role(namespace, &reads), binding(namespace)])
            .map(|object| yaml(&object))
            .collect()
    }
}

/// The rights that a service of `--services` needs; which regions there are is asked for each.
fn of_service(offer: &Offer) -> Value {
    let words = offer.name.split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    let sid = format!("Services{}", words.collect::<String>());
    let mut actions: BTreeSet<&str> = offer.calls().map(|call| call.action).collect();
    actions.insert("account:ListRegions");
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"})
}

const WITHOUT_SECRETS: &str = "\
#    Without the right to list Secrets: they are known from what refers to them, and what needs\n\
#    their age or type is not evaluated. --with-secrets is the other tier.";

const WITH_SECRETS: &str = "\
#    WARNING: with the right to list Secrets. The scan asks for their metadata alone, but RBAC\n\
#    knows no such right: who steals the scanner's token can read every Secret's value.";

fn commands(with_secrets: bool) -> String {
    let tier = if with_secrets { " --with-secrets" } else { "" };
    format!(
        "aws eks create-access-entry --cluster-name CLUSTER --principal-arn PRINCIPAL_ARN \\\n    \
         --kubernetes-groups {GROUP}\n\
         eks-auditor permissions{tier} --only kubernetes | kubectl apply -f -\n"
    )
}

/// The rules of some reads: one for each API group, verb and list of names.
fn rules(reads: &[&KubernetesRead]) -> Vec<Value> {
    let mut rules: BTreeMap<(&str, &str, Vec<&str>), BTreeSet<&str>> = BTreeMap::new();
    for read in reads {
        rules
            .entry((read.group, read.verb, read.names.to_vec()))
            .or_default()
            .insert(read.resource);
    }
    rules
        .into_iter()
        .map(|((group, verb, names), resources)| {
            let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": [verb]});
            if !names.is_empty() {
                rule["resourceNames"] = json!(names);
            }
            rule
        })
        .collect()
}

fn role(namespace: &str, reads: &[&KubernetesRead]) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": if namespace.is_empty() { "ClusterRole" } else { "Role" },
        "metadata": metadata(namespace),
        "rules": rules(reads),
    })
}

fn binding(namespace: &str) -> Value {
    let kind = if namespace.is_empty() {
        "ClusterRole"
    } else {
        "Role"
    };
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": format!("{kind}Binding"),
        "metadata": metadata(namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": GROUP},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}],
    })
}

fn metadata(namespace: &str) -> Value {
    match namespace {
        "" => json!({"name": GROUP}),
        namespace => json!({"name": GROUP, "namespace": namespace}),
    }
}

/// A document of YAML: block style for objects and lists of objects, JSON for what is short.
fn yaml(object: &Value) -> String {
    let mut text = String::from("---\n");
    let Some(fields) = object.as_object() else {
        return text;
    };
    for key in [
        "apiVersion",
        "kind",
        "metadata",
        "roleRef",
        "subjects",
        "rules",
    ] {
        match fields.get(key) {
            Some(Value::Array(items)) => {
                text.push_str(&format!("{key}:\n"));
                text.extend(items.iter().map(|item| format!("  - {item}\n")));
            }
            Some(Value::String(value)) => text.push_str(&format!("{key}: {value}\n")),
            Some(value) => text.push_str(&format!("{key}: {value}\n")),
            None => {}
        }
    }
    text
}
