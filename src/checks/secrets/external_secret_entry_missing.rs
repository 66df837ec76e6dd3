//! What brings a secret into the cluster asks for one that is not there
//!
//! An ExternalSecret that asks for an entry that was deleted or renamed fails whole: nothing of it is written any more, and
//! the Kubernetes Secret keeps old values that no rotation reaches. A pod that mounts a SecretProviderClass does not start
//! again. And whoever may create an entry of that name chooses what the workload gets.
//!
//! An entry of Secrets Manager or Parameter Store counts that is asked for by its name or ARN, where the account and region
//! that are read are known and their list was read whole: by the store's role and region, or by the role that the pods of
//! a class have. Where those are not known a class is conditional, and an ExternalSecret is not judged. A secret that is
//! scheduled for deletion is `secret-deleted-but-used` and not reported here. An ExternalSecret that is ready and within its interval found what it asks
//! for: it is not judged, for then it reads elsewhere. Entries that are looked for (`dataFrom.find`) may be none. A class
//! that names another region to fall back to is left out.
//!
//! Known false positives: an entry that is made just before it is needed.
//!
//! To fix it, create or restore the entry, correct its name, or remove what asks for it.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::lineage::{Again, Bringer, Brought, Service, Unseen};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::time::Time;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::EXTERNAL_SECRETS, Source::SECRET_PROVIDER_CLASSES],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let lineage = answers.shared.lineage();
    for (cluster, facts) in &graph.snapshot.clusters {
        let is_placed = facts.account.is_some() && facts.region.is_some();
        if !is_placed && !facts.kubernetes.external_secrets.is_empty() {
            answers.unjudged(format!("the account and region of {cluster} are not known"));
        }
    }
    // What was found passes; one that is scheduled for deletion is another check's.
    for _ in lineage.entries.iter().flat_map(|entry| &entry.by) {
        answers.examined();
    }
    for by in &lineage.brought {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for unseen in &by.unseen {
            answers.examined();
            if told.insert(&unseen.name) {
                judge(graph, by, unseen, answers);
            }
        }
    }
}

fn judge(graph: &Graph<'_>, by: &Brought<'_>, unseen: &Unseen<'_>, answers: &mut Answers) {
    let source = match unseen.service {
        Service::SecretsManager => Source::SECRETS,
        Service::ParameterStore => Source::PARAMETERS,
    };
    let scope = format!("{}/{}", unseen.account, unseen.region);
    let asks = format!("{} asks for {}", label(by), unseen.name);
    if !graph.saw(source, &scope) {
        answers.unjudged(format!("{asks} of {scope}, which was not read whole"));
    } else if by.bringer == Bringer::ExternalSecret && !unseen.is_sure {
        answers.unjudged(format!("{asks}, and where its store reads is not known"));
    } else if is_fresh(by, graph.snapshot.taken_at) {
        answers.unjudged(format!(
            "{asks}, is ready, and no such entry is in {scope}: it reads elsewhere"
        ));
    } else {
        report(graph, by, unseen, answers);
    }
}

/// Whether it says that it got all within its interval.
fn is_fresh(by: &Brought<'_>, now: Time) -> bool {
    let (Some(true), Some(refreshed), Again::After(interval)) = (by.ready, by.refreshed, by.again)
    else {
        return false;
    };
    refreshed
        .0
        .checked_add(interval)
        .is_ok_and(|next| now < Time(next))
}

fn label(by: &Brought<'_>) -> String {
    format!("{} {}/{}", by.bringer.kind(), by.namespace, by.name)
}

fn report(graph: &Graph<'_>, by: &Brought<'_>, unseen: &Unseen<'_>, answers: &mut Answers) {
    let (name, service) = (&unseen.name, unseen.service.as_str());
    let last = match by.refreshed {
        Some(time) => format!(" It last got through on {}.", time.date()),
        None => String::new(),
    };
    let (certainty, open) = match unseen.is_sure {
        true => (Certainty::Certain, ""),
        false => (
            Certainty::Conditional,
            " That holds only if its pods read in this account: which role they have was not seen.",
        ),
    };
    let cluster = graph.snapshot.clusters.get(by.cluster);
    let kubectl = cluster.map_or("kubectl".to_owned(), kubectl);
    let region = quoted(unseen.region);
    let look = match unseen.service {
        Service::SecretsManager => {
            format!(
                "aws secretsmanager describe-secret --secret-id {} --region {region}",
                quoted(name)
            )
        }
        Service::ParameterStore => format!(
            "aws ssm describe-parameters --parameter-filters {} --region {region}",
            quoted(&format!("Key=Name,Values={name}"))
        ),
    };
    answers
        .finding(
            Resource::of(object_id(by.cluster, by.namespace, by.bringer.kind(), by.name)),
            name,
        )
        .certainty(certainty)
        .title(format!("{} asks for {name}, which is not there", label(by)))
        .message(format!(
            "{} of {} asks for {name}, which is not there in {service} of {}, {}.{last}{open}",
            label(by),
            by.cluster,
            unseen.account,
            unseen.region
        ))
        .fix(
            "Create or restore the entry, or correct the name; where nobody needs it any more, remove what asks for it.",
            [
                format!(
                    "{kubectl} -n {} describe {} {}",
                    quoted(by.namespace),
                    by.bringer.kind().to_lowercase(),
                    quoted(by.name)
                ),
                look,
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "external-secret-entry-missing";

    /// A secret and two parameters; a store, and an ExternalSecret that asks it for this key.
    fn estate(aws: Value, key: &str, status: Value) -> Estate {
        Estate::new()
            .region(json!({
                "secretsmanager": {"secrets": [
                    {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf", "Name": "prod/db"},
                    {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:old-AbCdEf", "Name": "old",
                        "DeletedDate": "2026-11-20"}]},
                "ssm": {"parameters": [{"Name": "/prod/key", "Type": "SecureString"}, {"Name": "/plain", "Type": "String"}]},
            }))
            .kubernetes(json!({
                "secret_stores": [{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
                    "spec": {"provider": {"aws": aws}}}],
                "external_secrets": [{"metadata": {"name": "db", "namespace": "pay"}, "status": status,
                    "spec": {"secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "p", "remoteRef": {"key": key}}]}}],
            }))
    }

    fn manager() -> Value {
        json!({"service": "SecretsManager", "region": "eu-west-1"})
    }

    fn parameters() -> Value {
        json!({"service": "ParameterStore", "region": "eu-west-1"})
    }

    #[test]
    fn an_entry_that_is_not_there_is_found() {
        let late = json!({"refreshTime": "2026-11-20T00:00:00Z", "conditions": [{"type": "Ready", "status": "True"}]});
        let failing = json!({"refreshTime": "2026-11-23T23:30:00Z", "conditions": [{"type": "Ready", "status": "False"}]});
        for (aws, key, status, says) in [
            (
                manager(),
                "prod/db2",
                failing,
                "prod/db2, which is not there in Secrets Manager of 111122223333, eu-west-1",
            ),
            (
                manager(),
                "prod/db2",
                late,
                "last got through on 2026-11-20",
            ),
            (parameters(), "/prod/other", json!({}), "in Parameter Store"),
            (
                json!({"service": "SecretsManager", "region": "eu-west-1", "prefix": "staging/"}),
                "prod/db",
                json!({}),
                "staging/prod/db",
            ),
        ] {
            let asked = estate(aws, key, status).ask(ID);
            asked.finds(&[&object("pay", "ExternalSecret", "db")]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{key}: {message}");
            assert_eq!(asked.findings[0].certainty, Certainty::Certain);
        }
    }

    #[test]
    fn what_is_there_passes() {
        for (aws, key) in [
            (manager(), "prod/db"),
            (manager(), "old"),
            (
                manager(),
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db",
            ),
            (parameters(), "/prod/key"),
        ] {
            estate(aws, key, json!({})).ask(ID).passes();
        }
        let plain = estate(parameters(), "/plain", json!({})).ask(ID);
        assert!(
            plain.findings.is_empty(),
            "a parameter need not be encrypted: {plain:?}"
        );
    }

    #[test]
    fn what_is_read_where_nobody_looked_is_not_judged() {
        let other = json!({"service": "SecretsManager", "region": "eu-west-1", "role": "arn:aws:iam::444455556666:role/r"});
        let region = json!({"service": "SecretsManager", "region": "us-east-1"});
        let keys = json!({"service": "SecretsManager", "region": "eu-west-1",
            "auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "k", "key": "id"}}}});
        let ready = json!({"refreshTime": "2026-11-23T23:30:00Z", "conditions": [{"type": "Ready", "status": "True"}]});
        for (aws, status) in [
            (other, json!({})),
            (region, json!({})),
            (keys, json!({})),
            (manager(), ready),
        ] {
            let asked = estate(aws.clone(), "gone", status).ask(ID);
            asked.is_not_evaluated();
            assert!(asked.findings.is_empty(), "{aws}");
        }
        let unread = estate(manager(), "gone", json!({}))
            .denied(Source::SECRETS)
            .ask(ID);
        unread.is_not_evaluated();
        assert!(unread.findings.is_empty());
        estate(manager(), "prod/db", json!({}))
            .denied(Source::EXTERNAL_SECRETS)
            .ask(ID)
            .is_not_evaluated();
        let vault = Estate::new().kubernetes(json!({
            "secret_stores": [{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
                "spec": {"provider": {"vault": {"server": "s"}}}}],
            "external_secrets": [{"metadata": {"name": "db", "namespace": "pay"}, "spec": {"secretStoreRef": {"name": "vault"},
                "dataFrom": [{"extract": {"key": "gone"}}]}}]}));
        vault.ask(ID).is_not_applicable();
    }

    #[test]
    fn a_class_is_certain_where_its_pods_have_a_role() {
        let class = |parameters: Value| {
            Estate::new().kubernetes(json!({"secret_provider_classes": [{"metadata": {"name": "class", "namespace": "pay"},
                "spec": {"provider": "aws", "parameters": parameters}}]}))
        };
        let gone = || json!({"objects": "- objectName: gone\n  objectType: secretsmanager\n"});
        let id = object("pay", "SecretProviderClass", "class");
        let alone = class(gone()).ask(ID);
        alone.finds(&[&id]);
        assert_eq!(alone.findings[0].certainty, Certainty::Conditional);
        let pod = json!({
            "service_accounts": [{"metadata": {"name": "api", "namespace": "pay", "annotations":
                {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api"}}}],
            "pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"}, "spec": {"serviceAccountName": "api",
                "containers": [{"name": "main"}], "volumes": [{"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io",
                    "volumeAttributes": {"secretProviderClass": "class"}}}]}}]});
        let mounted = class(gone()).kubernetes(pod).ask(ID);
        mounted.finds(&[&id]);
        assert_eq!(mounted.findings[0].certainty, Certainty::Certain);
        let mut elsewhere = gone();
        elsewhere["failoverRegion"] = json!("us-east-1");
        let elsewhere = class(elsewhere).ask(ID);
        assert!(elsewhere.findings.is_empty(), "{elsewhere:?}");
    }
}
