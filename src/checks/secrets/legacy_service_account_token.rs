//! A service account has a token that never ends
//!
//! A Secret of type `kubernetes.io/service-account-token` holds a token without an end, good from
//! anywhere, also after every pod of the service account is gone. Whoever may read the Secret
//! acts as the service account.
//!
//! Every such Secret counts, whoever made it: before Kubernetes 1.24 each service account got
//! one by itself. One that Kubernetes has declared invalid (its label
//! `kubernetes.io/legacy-token-invalid-since`) opens nothing and is left out; the label
//! `kubernetes.io/legacy-token-last-used` is shown.
//!
//! Known false positives: systems outside the cluster that know no other way to sign in.
//!
//! To fix it, let pods use the token that Kubernetes projects for them, and outside systems ask
//! for a token with an end (`kubectl create token`) or sign in as an IAM role.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::Secret;

const TOKEN: &str = "kubernetes.io/service-account-token";
const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
const SERVICE_ACCOUNT: &str = "kubernetes.io/service-account.name";

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::KUBERNETES_SECRETS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (cluster, facts) in &graph.snapshot.clusters {
        let mut unknown = 0_usize;
        for secret in &facts.kubernetes.secrets {
            match secret.kind.as_deref() {
                None => unknown += 1,
                Some(TOKEN) if !secret.metadata.labels.contains_key(INVALID_SINCE) => {
                    report(answers, cluster, &kubectl(facts), secret);
                }
                Some(_) => {}
            }
            answers.examined();
        }
        if unknown > 0 {
            answers.unjudged(format!(
                "the type of {unknown} Secrets of {cluster} is not known"
            ));
        }
    }
}

fn report(answers: &mut Answers, cluster: &str, kubectl: &str, secret: &Secret) {
    let metadata = &secret.metadata;
    let (namespace, name) = (metadata.namespace(), metadata.name.as_str());
    let account = metadata.annotations.get(SERVICE_ACCOUNT);
    let whose = match account {
        Some(account) => format!("the service account {namespace}/{account}"),
        None => "a service account".to_owned(),
    };
    let made = match metadata.creation_timestamp {
        Some(time) => format!(", made on {}", time.date()),
        None => String::new(),
    };
    let used = match metadata.labels.get(LAST_USED) {
        Some(date) => format!("was last used on {date}"),
        None => "has no record of its use".to_owned(),
    };
    let (in_namespace, quoted_name) = (quoted(namespace), quoted(name));
    let finding = answers
        .finding(Resource::of(object_id(cluster, namespace, "Secret", name)), "")
        .title(format!("The Secret {namespace}/{name} holds a token that never ends"))
        .message(format!(
            "The Secret {namespace}/{name} in {cluster}{made}, holds a token of {whose} without an end; it {used}."
        ))
        .fix(
            "Find out who uses the token, give them one with an end, and delete the Secret: the token is refused from then on.",
            [
                format!(
                    "{kubectl} -n {in_namespace} create token {}",
                    quoted(account.map_or("SERVICE_ACCOUNT", String::as_str))
                ),
                format!("{kubectl} -n {in_namespace} delete secret {quoted_name}"),
            ],
        );
    match account {
        Some(account) => finding.related(Resource::of(object_id(
            cluster,
            namespace,
            "ServiceAccount",
            account,
        ))),
        None => finding,
    }
    .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "legacy-service-account-token";

    fn secret(name: &str, kind: &Value, labels: &Value) -> Value {
        json!({"type": kind, "metadata": {"name": name, "namespace": "ci", "labels": labels,
            "annotations": {SERVICE_ACCOUNT: "deployer"}, "creationTimestamp": "2023-05-01T00:00:00Z"}})
    }

    fn cluster(secrets: &[Value]) -> Estate {
        Estate::new().kubernetes(json!({"secrets": secrets}))
    }

    #[test]
    fn a_token_is_found_with_its_last_use_and_its_account() {
        let asked = cluster(&[
            secret(
                "deployer-token",
                &json!(TOKEN),
                &json!({LAST_USED: "2026-11-20"}),
            ),
            secret("password", &json!("Opaque"), &json!({})),
        ])
        .ask(ID);
        asked.finds(&[&object("ci", "Secret", "deployer-token")]);
        let finding = &asked.findings[0];
        assert!(
            finding.message.contains("last used on 2026-11-20"),
            "{finding:#?}"
        );
        assert_eq!(
            finding.related[0].id,
            object("ci", "ServiceAccount", "deployer")
        );
    }

    #[test]
    fn other_types_and_invalid_tokens_pass() {
        cluster(&[
            secret("token", &json!("bootstrap.kubernetes.io/token"), &json!({})),
            secret("old", &json!(TOKEN), &json!({INVALID_SINCE: "2026-01-01"})),
        ])
        .ask(ID)
        .passes();
    }

    #[test]
    fn an_unknown_type_or_no_list_is_not_evaluated() {
        cluster(&[secret("a", &json!(null), &json!({}))])
            .ask(ID)
            .is_not_evaluated();
        let estate = cluster(&[secret("a", &json!("Opaque"), &json!({}))]);
        estate
            .denied(Source::KUBERNETES_SECRETS)
            .ask(ID)
            .is_not_evaluated();
    }

    #[test]
    fn without_secrets_it_does_not_apply() {
        cluster(&[]).ask(ID).is_not_applicable();
    }
}
