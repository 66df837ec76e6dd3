//! A workload needs a Secret that is not there
//!
//! Pods that need a missing Secret do not start. Those that run already fall at their next start,
//! at night or in the middle of a rollout. And whoever may create Secrets in the namespace
//! chooses what the workload gets.
//!
//! A Secret counts that a pod or a controller's template (also one that is scaled to zero, and a
//! CronJob) needs by an environment variable, `envFrom`, a volume or a CSI driver's
//! `nodePublishSecretRef`, where it is not marked `optional` and no Secret of that name is in the
//! namespace. Where an ExternalSecret or a SecretProviderClass should make it, the finding says
//! so: the CSI driver makes it only while a pod mounts the class. Secrets to pull images with are
//! left out: the image may be there without.
//!
//! Known false positives: a Secret that a job or an operator makes just before the pods start.
//!
//! To fix it, create the Secret, repair what should make it, or remove the reference.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::lineage::{Brought, Lineage};
use crate::graph::secret_use::{self, How};
use crate::graph::workload::Workload;
use crate::snapshot::Cluster;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[
        Source::KUBERNETES_SECRETS,
        Source::PODS,
        Source::DEPLOYMENTS,
        Source::STATEFUL_SETS,
        Source::DAEMON_SETS,
        Source::CRON_JOBS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let makers = makers(answers.shared.lineage());
    for (cluster, facts) in &graph.snapshot.clusters {
        // A Secret that was not listed is not one that is missing.
        if !graph.saw(Source::KUBERNETES_SECRETS, cluster) {
            continue;
        }
        let secrets = facts.kubernetes.secrets.iter();
        let there: HashSet<(&str, &str)> = secrets
            .map(|one| (one.metadata.namespace(), one.metadata.name.as_str()))
            .collect();
        let workloads = graph.workloads.workloads.iter();
        for workload in workloads.filter(|one| one.cluster == cluster) {
            let mut missing: BTreeMap<&str, BTreeSet<How>> = BTreeMap::new();
            for one in workload.specs().flat_map(secret_use::of) {
                if one.optional || one.how == How::ImagePull {
                    continue;
                }
                answers.examined();
                if !there.contains(&(workload.namespace, one.secret)) {
                    missing.entry(one.secret).or_default().insert(one.how);
                }
            }
            for (secret, ways) in missing {
                let maker = makers.get(&(workload.cluster, workload.namespace, secret));
                report(answers, facts, workload, (secret, &ways), maker.copied());
            }
        }
    }
}

/// By cluster, namespace and name of a Secret: what should make it.
fn makers<'l>(lineage: &'l Lineage<'_>) -> HashMap<(&'l str, &'l str, &'l str), &'l Brought<'l>> {
    let kept = lineage.kept.iter();
    let made = kept.filter_map(|one| {
        let by = lineage.brought.get(*one.by.first()?)?;
        Some(((one.cluster, one.namespace, one.name), by))
    });
    made.collect()
}

fn report(
    answers: &mut Answers,
    cluster: &Cluster,
    workload: &Workload<'_>,
    (secret, ways): (&str, &BTreeSet<How>),
    maker: Option<&Brought<'_>>,
) {
    let ways: Vec<&str> = ways.iter().map(|how| how.text()).collect();
    let should = match maker {
        Some(by) => format!("; the {} {} should make it", by.bringer.kind(), by.name),
        None => String::new(),
    };
    let runs = match workload.pods.len() {
        0 => "Pods of it will not start",
        _ => "Its pods will not start again",
    };
    let namespace = quoted(workload.namespace);
    let kubectl = kubectl(cluster);
    answers
        .finding(Resource::of(&workload.id), secret)
        .title(format!(
            "{} needs the Secret {secret}, which is not there",
            workload.label()
        ))
        .message(format!(
            "{} gets the Secret {}/{secret} {}, and no such Secret is there{should}. {runs}.",
            workload.label(),
            workload.namespace,
            ways.join(" and ")
        ))
        .fix(
            "Create the Secret or repair what should make it; where nothing needs it any more, remove the reference.",
            [
                format!("{kubectl} -n {namespace} get events --field-selector reason=Failed"),
                format!("{kubectl} -n {namespace} get secret {}", quoted(secret)),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "secret-missing";

    /// A Deployment that is scaled to zero, with this spec; one Secret is there.
    fn estate(spec: &Value) -> Estate {
        let mut spec = spec.clone();
        if spec["containers"].is_null() {
            spec["containers"] = json!([{"name": "main"}]);
        }
        Estate::new().kubernetes(json!({
            "secrets": [{"metadata": {"name": "there", "namespace": "pay"}, "type": "Opaque"},
                {"metadata": {"name": "elsewhere", "namespace": "shop"}, "type": "Opaque"}],
            "controllers": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "pay"},
                "spec": {"replicas": 0, "template": {"spec": spec}}}],
        }))
    }

    fn env(name: &str, optional: bool) -> Value {
        json!({"containers": [{"name": "main", "env": [{"name": "P", "valueFrom": {"secretKeyRef":
            {"name": name, "key": "k", "optional": optional}}}]}]})
    }

    #[test]
    fn what_is_not_there_is_found() {
        let all =
            json!({"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "gone"}}]}]});
        let volume = json!({"volumes": [{"name": "v", "secret": {"secretName": "gone"}}]});
        let csi = json!({"volumes": [{"name": "v", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "gone"}}}]});
        for spec in [
            env("gone", false),
            all,
            volume,
            csi,
            env("elsewhere", false),
        ] {
            let asked = estate(&spec).ask(ID);
            asked.finds(&[&object("pay", "Deployment", "api")]);
            let message = &asked.findings[0].message;
            assert!(message.contains("Pods of it will not start"), "{message}");
        }
    }

    #[test]
    fn what_should_make_it_is_named() {
        let made = json!({
            "external_secrets": [{"metadata": {"name": "sync", "namespace": "pay"}, "spec": {"target": {"name": "gone"}}}],
            "secret_provider_classes": [{"metadata": {"name": "class", "namespace": "pay"},
                "spec": {"secretObjects": [{"secretName": "mounted"}]}}],
        });
        for (name, says) in [
            ("gone", "the ExternalSecret sync should make it"),
            ("mounted", "the SecretProviderClass class should make it"),
        ] {
            let asked = estate(&env(name, false)).kubernetes(made.clone()).ask(ID);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{name}: {message}");
        }
    }

    #[test]
    fn what_is_there_or_need_not_be_passes() {
        estate(&env("there", false)).ask(ID).passes();
        let pull = json!({"imagePullSecrets": [{"name": "gone"}]});
        for spec in [env("gone", true), pull] {
            estate(&spec).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn without_the_list_it_is_not_passed() {
        for source in [
            Source::KUBERNETES_SECRETS,
            Source::DEPLOYMENTS,
            Source::CRON_JOBS,
        ] {
            estate(&env("there", false))
                .denied(source)
                .ask(ID)
                .is_not_evaluated();
        }
        let asked = estate(&env("gone", false))
            .denied(Source::KUBERNETES_SECRETS)
            .ask(ID);
        assert!(
            asked.findings.is_empty(),
            "not seen is not missing: {asked:?}"
        );
    }
}
