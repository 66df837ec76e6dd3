//! Nothing uses a Secret of a cluster
//!
//! What nobody uses nobody rotates, and it is there for whoever may read the namespace's Secrets or a backup of them. It
//! often opens something that still stands.
//!
//! A Secret older than 90 days counts that nothing names which was read: no pod or template of a controller, also one that
//! is scaled to zero, suspended or a CronJob; no service account, Ingress, Gateway, volume, store or PushSecret, and no role
//! of a workload's service account by `resourceNames`. What makes a Secret does not use it: one that an ExternalSecret keeps
//! up to date and nobody takes is unused, and so is one of a Certificate that is gone. Tokens of service accounts, Helm's
//! records, tokens of joining nodes, Secrets that a Certificate of cert-manager keeps and those that an object of another
//! kind owns are left out: whether they are needed is told by these.
//!
//! It is conditional where a workload may read the Secret by the API, by its service account's roles: operators do, and find
//! Secrets by labels or by objects that are not read here. It is so too in kube-system, and where lists of further kinds
//! were not read. The finding names them.
//!
//! Known false positives: a Secret that people or a pipeline outside the cluster read; one that only the control plane
//! reads (StorageClasses are not read here, nor webhooks that cert-manager injects a Secret into); a workload of another
//! kind, as a Rollout, that is scaled to zero.
//!
//! To fix it, ask its owner, delete it with what makes it, and revoke what it opens. To roll a workload back to a revision
//! that names it needs it.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::certificate::Keeping;
use crate::graph::lineage::{Brought, Kept, Lineage};
use crate::graph::wording::{all_of, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::Secret;
use crate::snapshot::time::Time;

/// So old an unused Secret is told.
const OLD_DAYS: i64 = 90;

/// The namespace in which the control plane reads for itself.
const SYSTEM: &str = "kube-system";

/// Without these nothing is claimed of a cluster.
const CORE: [Source; 10] = [
    Source::KUBERNETES_SECRETS,
    Source::PODS,
    Source::DEPLOYMENTS,
    Source::REPLICA_SETS,
    Source::STATEFUL_SETS,
    Source::DAEMON_SETS,
    Source::JOBS,
    Source::CRON_JOBS,
    Source::SERVICE_ACCOUNTS,
    Source::INGRESSES,
];

/// Without these it is conditional.
const MORE: [Source; 11] = [
    Source::REPLICATION_CONTROLLERS,
    Source::SERVICES,
    Source::GATEWAYS,
    Source::PERSISTENT_VOLUMES,
    Source::SECRET_STORES,
    Source::CLUSTER_SECRET_STORES,
    Source::PUSH_SECRETS,
    Source::ROLES,
    Source::CLUSTER_ROLES,
    Source::ROLE_BINDINGS,
    Source::CLUSTER_ROLE_BINDINGS,
];

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &CORE,
    controls: &[],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let lineage = answers.shared.lineage();
    let now = graph.snapshot.taken_at;
    for node in &graph.clusters {
        // What was not seen may use it.
        if !CORE.iter().all(|source| graph.saw(*source, node.key)) {
            continue;
        }
        let unread = MORE.iter().filter(|source| !graph.saw(**source, node.key));
        let unread: Vec<String> = unread.map(|source| plural(*source)).collect();
        let mut undated = 0_usize;
        for kept in lineage.kept.iter().filter(|kept| kept.cluster == node.key) {
            let Some(secret) = kept.object else {
                continue;
            };
            answers.examined();
            if !kept.consumers.is_empty() || is_owned(graph, node, secret) {
                continue;
            }
            let readers = graph.secret_readers(node, kept.namespace, kept.name);
            if !readers.by_name.is_empty() {
                continue;
            }
            match secret.metadata.creation_timestamp {
                None => undated += 1,
                Some(made) if made.days_until(now) > OLD_DAYS => {
                    let open = conditions(kept, &readers.of_all, &unread);
                    report(node, answers, lineage, (kept, made), &open);
                }
                Some(_) => {}
            }
        }
        if undated > 0 {
            answers.unjudged(format!(
                "when {undated} Secrets of {} were made is not known, and nothing that was read uses them",
                node.key
            ));
        }
    }
}

/// `gateways`, `secretstores`: what a source lists.
fn plural(source: Source) -> String {
    let name = source.name.strip_prefix("kubernetes:");
    name.unwrap_or(source.name).to_owned()
}

/// Whether something else says if it is needed: cert-manager, or an owner of another kind than what only makes it.
fn is_owned(graph: &Graph<'_>, node: &ClusterNode<'_>, secret: &Secret) -> bool {
    let metadata = &secret.metadata;
    let makers = [
        "ExternalSecret",
        "SecretProviderClassPodStatus",
        "ReplicaSet",
        "Pod",
        "SealedSecret",
    ];
    let mut owners = metadata.owner_references.iter();
    graph.certificate_of(node, secret) == Keeping::Kept
        || owners.any(|owner| !makers.contains(&owner.kind.as_str()))
}

/// On what it depends, in words that complete "only if …".
fn conditions(kept: &Kept<'_>, readers: &[String], unread: &[String]) -> Vec<String> {
    let mut open = Vec::new();
    if !readers.is_empty() {
        open.push(format!(
            "it is not read by the API, which {} may do",
            some_of(readers)
        ));
    }
    if kept.namespace == SYSTEM {
        open.push("the control plane does not read it".to_owned());
    }
    if !unread.is_empty() {
        open.push(format!(
            "nothing in lists that were not read names it: {}",
            unread.join(", ")
        ));
    }
    open
}

fn report(
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    lineage: &Lineage<'_>,
    (kept, made): (&Kept<'_>, Time),
    open: &[String],
) {
    let (namespace, name) = (kept.namespace, kept.name);
    let (certainty, only) = match open.is_empty() {
        true => (Certainty::Certain, String::new()),
        false => (
            Certainty::Conditional,
            format!(" That holds only if {}.", all_of(open)),
        ),
    };
    let makers: Vec<&Brought<'_>> = kept
        .by
        .iter()
        .filter_map(|at| lineage.brought.get(*at))
        .collect();
    let label = |by: &&Brought<'_>| format!("{} {}/{}", by.bringer.kind(), by.namespace, by.name);
    let kept_by = match makers.first() {
        Some(by) => format!(" {} keeps it up to date for nobody.", label(by)),
        None => String::new(),
    };
    let kubectl = kubectl(node.cluster);
    let in_namespace = quoted(namespace);
    let remove = makers.iter().map(|by| {
        let kind = by.bringer.kind().to_lowercase();
        format!(
            "{kubectl} -n {} delete {kind} {}",
            quoted(by.namespace),
            quoted(by.name)
        )
    });
    let mut commands = vec![format!(
        "{kubectl} -n {in_namespace} describe secret {}",
        quoted(name)
    )];
    commands.extend(remove);
    commands.push(format!(
        "{kubectl} -n {in_namespace} delete secret {}",
        quoted(name)
    ));
    answers
        .finding(Resource::of(object_id(node.key, namespace, "Secret", name)), "")
        .certainty(certainty)
        .title(format!("Nothing uses the Secret {namespace}/{name}"))
        .message(format!(
            "The Secret {namespace}/{name} of {} was made on {}, and nothing that was read names it.{kept_by}{only}",
            node.key,
            made.date()
        ))
        .related_all(makers.iter().map(|by| {
            Resource::of(object_id(by.cluster, by.namespace, by.bringer.kind(), by.name))
        }))
        .fix(
            "Ask its owner, delete it with what makes it, and revoke what it opens: a Secret that is deleted does not come back.",
            commands,
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "kubernetes-secret-unused";

    fn secret(kind: &str, metadata: Value) -> Value {
        let mut metadata = metadata;
        for (key, value) in [
            ("name", "old"),
            ("namespace", "pay"),
            ("creationTimestamp", "2026-01-01T00:00:00Z"),
        ] {
            if metadata[key].is_null() {
                metadata[key] = json!(value);
            }
        }
        json!({"secrets": [{"type": kind, "metadata": metadata}]})
    }

    fn opaque() -> Estate {
        Estate::new().kubernetes(secret("Opaque", json!({})))
    }

    fn reader(names: Value) -> Value {
        json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "r"}, "rules":
                [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": names}]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "r"}, "roleRef": {"kind": "ClusterRole",
                "name": "r"}, "subjects": [{"kind": "ServiceAccount", "name": "tool", "namespace": "ops"}]}]})
    }

    #[test]
    fn one_that_nothing_names_is_found() {
        let asked = opaque().pod("pay", "api").ask(ID);
        asked.finds(&[&object("pay", "Secret", "old")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Certain);
        assert!(
            asked.findings[0].message.contains("made on 2026-01-01"),
            "{asked:?}"
        );
    }

    #[test]
    fn what_makes_it_does_not_use_it() {
        let made = json!({"external_secrets": [{"metadata": {"name": "sync", "namespace": "pay"},
            "spec": {"target": {"name": "old"}}}]});
        let owner = json!({"ownerReferences": [{"kind": "ExternalSecret", "name": "sync", "controller": true}]});
        let asked = Estate::new()
            .kubernetes(secret("Opaque", owner))
            .kubernetes(made)
            .ask(ID);
        asked.finds(&[&object("pay", "Secret", "old")]);
        let finding = &asked.findings[0];
        assert!(
            finding.message.contains("ExternalSecret pay/sync keeps it"),
            "{finding:?}"
        );
        assert_eq!(
            finding.related[0].id,
            object("pay", "ExternalSecret", "sync")
        );
    }

    #[test]
    fn whoever_may_read_it_by_the_api_is_a_condition() {
        let asked = opaque()
            .pod("ops", "tool")
            .kubernetes(reader(json!([])))
            .ask(ID);
        asked.finds(&[&object("pay", "Secret", "old")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert!(
            asked.findings[0].message.contains("Pod ops/tool-0 may do"),
            "{asked:?}"
        );
        let named = opaque()
            .pod("ops", "tool")
            .kubernetes(reader(json!(["old"])));
        named.ask(ID).passes();
        let other = opaque()
            .pod("ops", "tool")
            .kubernetes(reader(json!(["other"])))
            .ask(ID);
        assert_eq!(other.findings[0].certainty, Certainty::Certain);
        let system = Estate::new()
            .kubernetes(secret("Opaque", json!({"namespace": "kube-system"})))
            .ask(ID);
        assert_eq!(system.findings[0].certainty, Certainty::Conditional);
        let unread = opaque().denied(Source::GATEWAYS).ask(ID);
        assert_eq!(unread.findings[0].certainty, Certainty::Conditional);
        assert!(
            unread.findings[0].message.contains("names it: gateways"),
            "{unread:?}"
        );
    }

    #[test]
    fn what_is_used_young_or_another_s_passes() {
        let template = |kind: &str, replicas: u8| {
            json!({"controllers": [{"kind": kind, "metadata": {"name": "api", "namespace": "pay"}, "spec": {"replicas": replicas,
                "suspend": true, "template": {"spec": {"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "old"}}]}]}}}}]})
        };
        let cron = json!({"cron_jobs": [{"metadata": {"name": "night", "namespace": "pay"}, "spec": {"jobTemplate": {"spec":
            {"template": {"spec": {"containers": [{"name": "main"}], "imagePullSecrets": [{"name": "old"}]}}}}}}]});
        for used in [template("Deployment", 0), template("Job", 1), cron] {
            opaque().kubernetes(used).ask(ID).passes();
        }
        for own in [
            secret(
                "Opaque",
                json!({"creationTimestamp": "2026-09-01T00:00:00Z"}),
            ),
            secret(
                "helm.sh/release.v1",
                json!({"name": "sh.helm.release.v1.shop.v1"}),
            ),
            secret(
                "kubernetes.io/service-account-token",
                json!({"annotations": {"kubernetes.io/service-account.name": "ci"}}),
            ),
            secret(
                "bootstrap.kubernetes.io/token",
                json!({"namespace": "kube-system"}),
            ),
            secret(
                "Opaque",
                json!({"ownerReferences": [{"kind": "Cluster", "name": "db"}]}),
            ),
        ] {
            Estate::new().kubernetes(own).ask(ID).passes();
        }
    }

    #[test]
    fn one_of_a_certificate_is_left_out_while_that_is_there() {
        let tls = || {
            let annotations = json!({"annotations": {"cert-manager.io/certificate-name": "web"}});
            Estate::new().kubernetes(secret("kubernetes.io/tls", annotations))
        };
        let certificate = |namespace: &str, secret: &str| json!({"certificates": [{"metadata": {"name": "web", "namespace": namespace}, "spec": {"secretName": secret}}]});
        tls().ask(ID).finds(&[&object("pay", "Secret", "old")]);
        for there in [certificate("pay", "renamed"), certificate("edge", "old")] {
            tls().kubernetes(there).ask(ID).passes();
        }
        let other = tls().kubernetes(certificate("edge", "other")).ask(ID);
        other.finds(&[&object("pay", "Secret", "old")]);
        tls().denied(Source::CERTIFICATES).ask(ID).passes();
    }

    #[test]
    fn what_was_not_seen_may_use_it() {
        for source in CORE {
            let asked = opaque().denied(source).ask(ID);
            asked.is_not_evaluated();
            assert!(asked.findings.is_empty(), "{source:?}");
        }
        let undated = json!({"secrets": [{"type": "Opaque", "metadata": {"name": "old", "namespace": "pay"}}]});
        Estate::new().kubernetes(undated).ask(ID).is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
