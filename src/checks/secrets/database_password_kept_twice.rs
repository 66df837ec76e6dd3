//! A password is kept twice, in a cluster and in a vault
//!
//! A Secret that somebody wrote into a cluster by hand, beside an entry of Secrets Manager or Parameter Store of the same
//! name, is most often a copy. Nothing keeps the two alike: the vault rotates, workloads go on with the old password until
//! they fail, and whoever revokes the one that they know leaves the other.
//!
//! A Kubernetes Secret counts that a workload takes, that nothing makes (no ExternalSecret, no SecretProviderClass, no
//! owner) and no PushSecret copies, where an entry of the cluster's account and region has its name: the last parts of the
//! entry's path are its namespace and name, or together its name; or the last part is its name and no Secret of another
//! namespace is called so. Of several entries those count whose path names the cluster; a path that begins with another
//! cluster's name is that one's. Where the names of its keys are known one has to look like a password or a connection.
//! Values are never read, so that it is always conditional: by its name it is the same. Where the entry was rotated after
//! the Secret was last written it is worse.
//!
//! Known false positives: two things of one name. Waive it, or rename one.
//!
//! To fix it, let an ExternalSecret or the CSI driver bring the entry, and delete the copy.

use std::collections::HashMap;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::lineage::{Entry, Kept, Place, Vault};
use crate::graph::rotation::{Keeper, keeper};
use crate::graph::secret_use::last_write;
use crate::graph::wording::some_of;
use crate::graph::workload::Workload;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::Secret;
use crate::snapshot::time::Time;

/// What the names of keys have in them that hold a way into a database.
const CREDENTIALS: [&str; 8] = [
    "pass",
    "pwd",
    "dsn",
    "url",
    "uri",
    "connection",
    "secret",
    "credential",
];

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[
        Source::KUBERNETES_SECRETS,
        Source::PODS,
        Source::SECRETS,
        Source::PARAMETERS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let lineage = answers.shared.lineage();
    let mut namesakes: HashMap<(&str, &str), usize> = HashMap::new();
    for kept in &lineage.kept {
        *namesakes.entry((kept.cluster, kept.name)).or_default() += 1;
    }
    for node in &graph.clusters {
        let Some((account, region)) = node
            .cluster
            .account
            .as_deref()
            .zip(node.cluster.region.as_deref())
        else {
            answers.unjudged(format!(
                "the account and region of {} are not known",
                node.key
            ));
            continue;
        };
        for kept in lineage.kept.iter().filter(|kept| kept.cluster == node.key) {
            let Some(secret) = kept.object.filter(|secret| is_by_hand(kept, secret)) else {
                continue;
            };
            let workloads = workloads(kept);
            if workloads.is_empty() {
                continue;
            }
            answers.examined();
            let is_alone = namesakes.get(&(kept.cluster, kept.name)) == Some(&1);
            let here = |entry: &&Entry<'_>| (entry.account, entry.region) == (account, region);
            let entries = lineage.entries.iter().filter(here).filter(|entry| {
                is_own(entry)
                    && is_same(kept, entry.vault.name(), is_alone)
                    && !is_of_another(graph, node, entry)
            });
            let entries = nearest(node, entries.collect());
            if let Some(entry) = entries.first() {
                report(graph, node, answers, (kept, secret), entry, &workloads);
            }
        }
    }
}

/// Whether nobody is seen to make a Secret, or to copy it into a vault.
fn is_by_hand(kept: &Kept<'_>, secret: &Secret) -> bool {
    let pushed = |kind: &str| kind == "PushSecret";
    let mut consumers = kept.consumers.iter();
    let mut keys = secret
        .metadata
        .managed_fields
        .iter()
        .flat_map(|fields| &fields.data_keys)
        .peekable();
    let may_open = keys.peek().is_none()
        || keys.any(|key| {
            let key = key.to_lowercase();
            CREDENTIALS.iter().any(|part| key.contains(part))
        });
    let kind = secret.kind.as_deref();
    kept.by.is_empty()
        && secret.metadata.owner_references.is_empty()
        && matches!(
            kind,
            None | Some("Opaque" | "kubernetes.io/basic-auth" | "other")
        )
        && may_open
        && !consumers.any(|one| matches!(one.place, Place::Object(kind, ..) if pushed(kind)))
}

fn workloads<'g>(kept: &Kept<'g>) -> Vec<&'g Workload<'g>> {
    let consumers = kept.consumers.iter();
    let workloads = consumers.filter_map(|one| match one.place {
        Place::Workload(_, workload) => Some(workload),
        Place::Object(..) => None,
    });
    workloads.collect()
}

/// Whether an entry is the account's own, and stays.
fn is_own(entry: &Entry<'_>) -> bool {
    match entry.vault {
        Vault::Secret(secret) => {
            keeper(secret, entry.region) == Keeper::Account && secret.deleted_date.is_none()
        }
        Vault::Parameter(_) => true,
    }
}

fn parts(name: &str) -> Vec<&str> {
    name.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether an entry is called as a Secret.
fn is_same(kept: &Kept<'_>, entry: &str, is_alone: bool) -> bool {
    let parts = parts(entry);
    let in_namespace = parts.contains(&kept.namespace);
    match parts.as_slice() {
        [] => false,
        [only] => *only == kept.name || *only == format!("{}-{}", kept.namespace, kept.name),
        [.., above, last] => {
            let joined = format!("{above}-{last}");
            *last == kept.name && (in_namespace || is_alone) || joined == kept.name && in_namespace
        }
    }
}

/// Whether an entry's path begins with the name of another cluster.
fn is_of_another(graph: &Graph<'_>, node: &ClusterNode<'_>, entry: &Entry<'_>) -> bool {
    let first = parts(entry.vault.name()).first().copied();
    let mut others = graph.clusters.iter().filter(|other| other.key != node.key);
    others.any(|other| first == Some(other.cluster.name.as_str()))
}

/// The entries whose path names the cluster, or all where none does.
fn nearest<'a, 'g>(node: &ClusterNode<'_>, entries: Vec<&'a Entry<'g>>) -> Vec<&'a Entry<'g>> {
    let names =
        |entry: &&&Entry<'_>| parts(entry.vault.name()).contains(&node.cluster.name.as_str());
    let named: Vec<&Entry<'_>> = entries.iter().filter(names).copied().collect();
    match named.is_empty() {
        true => entries,
        false => named,
    }
}

/// When an entry's value was last written, so far as that is told.
fn written(entry: &Entry<'_>) -> Option<Time> {
    match entry.vault {
        Vault::Secret(secret) => secret.last_rotated_date,
        Vault::Parameter(parameter) => parameter.last_modified_date,
    }
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    (kept, secret): (&Kept<'_>, &Secret),
    entry: &Entry<'_>,
    workloads: &[&Workload<'_>],
) {
    let (namespace, name, vault) = (kept.namespace, kept.name, entry.vault.name());
    let own = last_write(secret, None).map(|(time, _)| time);
    let own = own.or(secret.metadata.creation_timestamp);
    let (severity, behind) = match (own, written(entry)) {
        (Some(own), Some(theirs)) if own < theirs => (
            Severity::Medium,
            format!(
                " The entry was written on {}, after the Secret on {}: if they are one password, {} with the old one.",
                theirs.date(),
                own.date(),
                match workloads.len() {
                    1 => "it runs",
                    _ => "they run",
                }
            ),
        ),
        _ => (Severity::Low, String::new()),
    };
    let makers = [Source::EXTERNAL_SECRETS, Source::SECRET_PROVIDER_CLASSES];
    let unread = makers.iter().any(|source| !graph.saw(*source, node.key));
    let unread = match unread {
        true => " What could bring it into the cluster was not read whole.",
        false => "",
    };
    let labels: Vec<String> = workloads.iter().map(|workload| workload.label()).collect();
    let kubectl = kubectl(node.cluster);
    answers
        .finding(Resource::of(object_id(node.key, namespace, "Secret", name)), vault)
        .severity(severity)
        .certainty(Certainty::Conditional)
        .title(format!("The Secret {namespace}/{name} is a copy of {vault}, by its name"))
        .message(format!(
            "{} of {} gets the Secret {namespace}/{name}, which nothing brings from a vault, and {vault} is called like it.{behind} That they hold the same is not known: values are never read.{unread}",
            some_of(&labels),
            node.key
        ))
        .related(Resource::of(entry.vault.arn()))
        .related_all(workloads.iter().map(|workload| Resource::of(&workload.id)))
        .fix(
            "Let an ExternalSecret or the Secrets Store CSI driver bring the entry, see the workload take it, and delete the copy.",
            [format!("{kubectl} -n {} describe secret {}", quoted(namespace), quoted(name))],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "database-password-kept-twice";

    fn arn(name: &str) -> String {
        format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}-AbCdEf")
    }

    /// An entry of this name, and a Secret that a pod takes.
    fn estate(entry: &str, secret: &str, metadata: Value) -> Estate {
        let mut metadata = metadata;
        metadata["name"] = json!(secret);
        metadata["namespace"] = json!("payments");
        Estate::new()
            .region(json!({"secretsmanager": {"secrets": [{"ARN": arn(entry), "Name": entry, "LastRotatedDate": "2026-10-01"}]}}))
            .kubernetes(json!({
                "secrets": [{"type": "Opaque", "metadata": metadata}],
                "pods": [{"metadata": {"name": "api", "namespace": "payments", "uid": "u"}, "spec": {"containers":
                    [{"name": "main", "envFrom": [{"secretRef": {"name": secret}}]}]}}],
            }))
    }

    #[test]
    fn two_of_one_name_are_found() {
        for (entry, secret) in [
            ("prod/payments/db", "db"),
            ("payments/db", "db"),
            ("prod/payments/db", "payments-db"),
            ("payments-db", "payments-db"),
            ("payments-db", "db"),
            ("shared/stripe", "stripe"),
        ] {
            let asked = estate(entry, secret, json!({})).ask(ID);
            asked.finds(&[&object("payments", "Secret", secret)]);
            let finding = &asked.findings[0];
            assert_eq!(
                (finding.certainty, finding.severity),
                (Certainty::Conditional, Severity::Low)
            );
            assert_eq!(finding.related[0].id, arn(entry), "{entry}");
        }
    }

    #[test]
    fn one_that_was_rotated_since_is_worse() {
        let old = json!({"creationTimestamp": "2026-01-01T00:00:00Z"});
        let asked = estate("prod/payments/db", "db", old).ask(ID);
        assert_eq!(asked.findings[0].severity, Severity::Medium);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("on 2026-10-01, after the Secret on 2026-01-01"),
            "{message}"
        );
    }

    #[test]
    fn what_is_brought_owned_or_called_otherwise_passes() {
        let there =
            |objects: Value| estate("prod/payments/db", "db", json!({})).kubernetes(objects);
        let keys = json!({"managedFields": [{"fieldsV1": {"f:data": {"f:ca.crt": {}}}}]});
        for estate in [
            estate("prod/payments/cache", "db", json!({})),
            estate("prod/payments/db", "main-db", json!({})),
            estate("prod/checkout/session-db", "payments-session-db", json!({})),
        ] {
            estate.ask(ID).passes();
        }
        for estate in [
            there(
                json!({"external_secrets": [{"metadata": {"name": "db", "namespace": "payments"}, "spec": {}}]}),
            ),
            there(
                json!({"push_secrets": [{"metadata": {"name": "p", "namespace": "payments"},
                "spec": {"selector": {"secret": {"name": "db"}}}}]}),
            ),
            estate(
                "prod/payments/db",
                "db",
                json!({"ownerReferences": [{"kind": "Cluster", "name": "pg"}]}),
            ),
            estate("prod/payments/db", "db", keys),
        ] {
            estate.ask(ID).is_not_applicable();
        }
        // Another namespace has one of that name too, and the entry names none.
        let twin = json!({"secrets": [{"type": "Opaque", "metadata": {"name": "db", "namespace": "shop"}}]});
        estate("prod/db", "db", json!({}))
            .kubernetes(twin)
            .ask(ID)
            .passes();
        let other = json!({"clusters": {"staging": {"name": "staging", "account": "111122223333", "region": "eu-west-1"}}});
        let asked = estate("staging/payments/db", "db", json!({}))
            .with(other)
            .ask(ID);
        assert!(
            asked.findings.is_empty(),
            "it is of the other cluster: {asked:?}"
        );
    }

    #[test]
    fn without_a_list_it_is_not_passed() {
        for source in [
            Source::SECRETS,
            Source::PARAMETERS,
            Source::KUBERNETES_SECRETS,
        ] {
            let other = estate("prod/payments/cache", "db", json!({}));
            other.denied(source).ask(ID).is_not_evaluated();
        }
    }
}
