//! A container may run with the old value of a secret
//!
//! A secret that is rotated while its readers keep the old value is not rotated: either they fail
//! when the old one is revoked, or nobody dares to revoke it and it stays good for whoever stole
//! it.
//!
//! A running container counts that gets a Secret by an environment variable, by `envFrom`, or as
//! a file mounted by `subPath`, and that started before the Secret's data was last written: what
//! it got stays as it is until it starts again. The time of the write is that of the Secret's
//! managed fields (of those who own the key that is read), the time of the start that of the
//! container, which may be younger than its pod. Files of whole volumes are written anew, and do
//! not count.
//!
//! Known false positives: the write changed only labels or annotations, or wrote the same value.
//!
//! To fix it, start the pods again, and mount the Secret as a volume that the application reads
//! again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::secret_use::{self, How, SecretUse};
use crate::graph::workload::Workload;
use crate::snapshot::Cluster;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::{Pod, Secret};
use crate::snapshot::time::Time;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::KUBERNETES_SECRETS, Source::PODS],
    controls: &[],
    since: "0.1.0",
    run,
};

/// The containers of a workload that are late with one Secret.
struct Late<'g> {
    secret: &'g Secret,
    ways: BTreeSet<How>,
    containers: BTreeSet<&'g str>,
    pods: BTreeSet<&'g str>,
    /// The first start of one of them.
    started: Time,
    /// The last write.
    written: Time,
    by: Option<&'g str>,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (cluster, facts) in &graph.snapshot.clusters {
        let secrets = facts.kubernetes.secrets.iter();
        let secrets: HashMap<(&str, &str), &Secret> = secrets
            .map(|one| ((one.metadata.namespace(), one.metadata.name.as_str()), one))
            .collect();
        let mut undated: BTreeSet<String> = BTreeSet::new();
        let workloads = graph.workloads.workloads.iter();
        for workload in workloads.filter(|one| one.cluster == cluster) {
            let mut late: BTreeMap<&str, Late<'_>> = BTreeMap::new();
            for pod in &workload.pods {
                for one in secret_use::of(&pod.spec) {
                    let found = secrets.get(&(workload.namespace, one.secret));
                    let Some(secret) = found.filter(|_| one.how.is_read_once()) else {
                        continue;
                    };
                    answers.examined();
                    match judge(pod, &one, secret) {
                        Ok(Some(found)) => match late.get_mut(one.secret) {
                            Some(known) => known.add(found),
                            None => {
                                late.insert(one.secret, found);
                            }
                        },
                        Ok(None) => {}
                        Err(why) => {
                            undated.insert(format!("{why} {}/{}", workload.namespace, one.secret));
                        }
                    }
                }
            }
            for one in late.into_values() {
                report(answers, facts, workload, &one);
            }
        }
        if let Some(first) = undated.first() {
            answers.unjudged(format!(
                "of {} Secrets of {cluster} it is not known whether their readers are late: {first}",
                undated.len()
            ));
        }
    }
}

/// Whether a container is late with what it got of a Secret.
fn judge<'g>(
    pod: &'g Pod,
    one: &SecretUse<'g>,
    secret: &'g Secret,
) -> Result<Option<Late<'g>>, &'static str> {
    let kept = secret_use::kept_since(pod, one, secret)?;
    Ok(kept.map(|kept| Late {
        secret,
        ways: BTreeSet::from([one.how]),
        containers: one.container.into_iter().collect(),
        pods: BTreeSet::from([pod.metadata.name.as_str()]),
        started: kept.started,
        written: kept.written,
        by: kept.by,
    }))
}

impl Late<'_> {
    fn add(&mut self, mut other: Self) {
        self.ways.append(&mut other.ways);
        self.containers.append(&mut other.containers);
        self.pods.append(&mut other.pods);
        self.started = self.started.min(other.started);
        if other.written > self.written {
            (self.written, self.by) = (other.written, other.by);
        }
    }
}

fn report(answers: &mut Answers, cluster: &Cluster, workload: &Workload<'_>, late: &Late<'_>) {
    let name = late.secret.metadata.name.as_str();
    let containers: Vec<&str> = late.containers.iter().copied().collect();
    let ways: Vec<&str> = late.ways.iter().map(|how| how.text()).collect();
    let by = late.by.map(|by| format!(" by {by}")).unwrap_or_default();
    let of = match late.pods.len() {
        1 => "1 pod".to_owned(),
        several => format!("{several} pods"),
    };
    let (kind, namespace) = (workload.kind.as_str(), quoted(workload.namespace));
    let kubectl = kubectl(cluster);
    let restart = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => format!(
            "{kubectl} -n {namespace} rollout restart {}/{}",
            kind.to_lowercase(),
            quoted(&workload.name)
        ),
        _ => {
            let pods: Vec<String> = late.pods.iter().map(|pod| quoted(pod)).collect();
            format!("{kubectl} -n {namespace} delete pod {}", pods.join(" "))
        }
    };
    let secret = object_id(workload.cluster, workload.namespace, "Secret", name);
    answers
        .finding(Resource::of(&workload.id), name)
        .title(format!(
            "{} may run with an old value of the Secret {name}",
            workload.label()
        ))
        .message(format!(
            "The Secret {}/{name} was last written on {}{by}; {} of {of} of {} got it {} when it started, first on {}, and keeps what it got.",
            workload.namespace,
            late.written,
            containers.join(", "),
            workload.label(),
            ways.join(" and "),
            late.started
        ))
        .certainty(Certainty::Conditional)
        .related(Resource::of(secret))
        .fix(
            "Start the pods again: they then get the new value. Do it before the old value is revoked, and look whether all replicas come up.",
            [restart],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "secret-value-outdated";

    /// A pod whose container started on 10 November, and a Secret of some managed fields.
    fn estate(container: &Value, fields: &Value) -> Estate {
        let mut main = json!({"name": "main", "image": "app:1"});
        for (name, value) in container.as_object().into_iter().flatten() {
            main[name] = value.clone();
        }
        Estate::new().kubernetes(json!({
            "secrets": [{"metadata": {"name": "db", "namespace": "pay", "creationTimestamp": "2026-01-01T00:00:00Z",
                "managedFields": fields}, "type": "Opaque"}],
            "pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"},
                "spec": {"containers": [main], "volumes": [{"name": "v", "secret": {"secretName": "db"}}]},
                "status": {"phase": "Running", "startTime": "2026-10-01T00:00:00Z", "containerStatuses": [
                    {"name": "main", "state": {"running": {"startedAt": "2026-11-10T00:00:00Z"}}}]}}],
        }))
    }

    fn env() -> Value {
        json!({"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]})
    }

    fn wrote(keys: &[&str], day: &str) -> Value {
        let keys: serde_json::Map<String, Value> = keys
            .iter()
            .map(|key| (format!("f:{key}"), json!({})))
            .collect();
        json!([{"manager": "rotator", "time": day, "fieldsV1": {"f:data": keys}}])
    }

    #[test]
    fn what_was_read_before_the_write_is_found() {
        let after = wrote(&["password"], "2026-11-20T00:00:00Z");
        let all = json!({"envFrom": [{"secretRef": {"name": "db"}}]});
        let sub =
            json!({"volumeMounts": [{"name": "v", "mountPath": "/p", "subPath": "password"}]});
        for (container, says) in [
            (
                env(),
                "by an environment variable when it started, first on 2026-11-10T00:00:00Z",
            ),
            (all, "(envFrom)"),
            (sub, "mounted by subPath"),
        ] {
            let asked = estate(&container, &after).ask(ID);
            asked.finds(&[&object("pay", "Pod", "api-0")]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{message}");
            assert!(
                message.contains("on 2026-11-20T00:00:00Z by rotator"),
                "{message}"
            );
        }
        let again = json!({"secrets": [{"metadata": {"name": "db", "namespace": "pay",
            "creationTimestamp": "2026-11-15T00:00:00Z"}}]});
        let remade = Estate::new()
            .kubernetes(again)
            .kubernetes(json!({"pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"},
                "spec": {"containers": [env().as_object().map(|env| json!({"name": "main", "env": env["env"]}))]},
                "status": {"containerStatuses": [{"name": "main", "state": {"running": {"startedAt": "2026-11-10T00:00:00Z"}}}]}}]}));
        remade.ask(ID).finds(&[&object("pay", "Pod", "api-0")]);
    }

    #[test]
    fn what_looks_late_and_is_not_passes() {
        let after = wrote(&["password"], "2026-11-20T00:00:00Z");
        let file = json!({"volumeMounts": [{"name": "v", "mountPath": "/p"}]});
        let labels = json!([
            {"manager": "rotator", "time": "2026-10-20T00:00:00Z", "fieldsV1": {"f:data": {"f:password": {}}}},
            {"manager": "labeller", "time": "2026-11-20T00:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}},
        ]);
        let other = json!([
            {"manager": "rotator", "time": "2026-10-20T00:00:00Z", "fieldsV1": {"f:data": {"f:password": {}}}},
            {"manager": "other", "time": "2026-11-20T00:00:00Z", "fieldsV1": {"f:data": {"f:host": {}}}},
        ]);
        // The pod is older than the write, its container is not.
        let restarted = wrote(&["password"], "2026-11-01T00:00:00Z");
        for (what, container, fields) in [
            ("only the labels were written", env(), labels),
            ("another key was written", env(), other),
            ("the container started again", env(), restarted),
        ] {
            let asked = estate(&container, &fields).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:?}");
            asked.passes();
        }
        estate(&file, &after).ask(ID).is_not_applicable();
        estate(&json!({}), &after).ask(ID).is_not_applicable();
    }

    #[test]
    fn without_the_times_it_is_not_passed() {
        estate(&env(), &json!([])).ask(ID).is_not_evaluated();
        let fine = estate(&env(), &wrote(&["password"], "2026-11-01T00:00:00Z"));
        fine.clone()
            .denied(Source::KUBERNETES_SECRETS)
            .ask(ID)
            .is_not_evaluated();
        fine.denied(Source::PODS).ask(ID).is_not_evaluated();
    }
}
