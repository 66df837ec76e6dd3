//! A secret's file is mounted by subPath and never updated
//!
//! A file of a Secret that is mounted by `subPath` stays as it was when the container started: a
//! rotation does not arrive, and nothing says so. With a whole volume the kubelet writes the file
//! anew within about a minute.
//!
//! Every mount of a Secret's volume (also of a projected one) with `subPath` or `subPathExpr`
//! counts, in pods and in the templates of their controllers. Whether a value has changed since
//! is told by `secret-value-outdated`.
//!
//! Known false positives: a Secret that never changes.
//!
//! To fix it, mount the volume in a folder of its own and let the application read it from there.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::secret_use::{self, How};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::PODS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for workload in &graph.workloads.workloads {
        let mut mounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in workload.specs().flat_map(secret_use::of) {
            let is_file = matches!(one.how, How::File | How::SubPath);
            let Some(container) = one.container.filter(|_| is_file) else {
                continue;
            };
            answers.examined();
            if one.how == How::SubPath {
                mounts.entry(one.secret).or_default().insert(container);
            }
        }
        for (secret, containers) in mounts {
            let containers: Vec<&str> = containers.into_iter().collect();
            let cluster = graph.snapshot.clusters.get(workload.cluster);
            let edit = cluster.map(|cluster| {
                let (kind, name) = (workload.kind.to_lowercase(), quoted(&workload.name));
                let namespace = quoted(workload.namespace);
                format!("{} -n {namespace} edit {kind}/{name}", kubectl(cluster))
            });
            let id = object_id(workload.cluster, workload.namespace, "Secret", secret);
            answers
                .finding(Resource::of(&workload.id), secret)
                .title(format!(
                    "{} mounts the Secret {secret} by subPath",
                    workload.label()
                ))
                .message(format!(
                    "{} of {} mounts a file of the Secret {}/{secret} by subPath: it keeps what it got when it started, whatever is rotated.",
                    containers.join(", "),
                    workload.label(),
                    workload.namespace
                ))
                .related(Resource::of(id))
                .fix(
                    "Mount the volume in a folder of its own, without subPath, and let the application read the file from there.",
                    edit,
                )
                .report();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "secret-mounted-by-sub-path";

    fn estate(mount: &Value) -> Estate {
        Estate::new().kubernetes(
            json!({"pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"},
            "spec": {"containers": [{"name": "main", "volumeMounts": [mount]}],
                "volumes": [{"name": "v", "secret": {"secretName": "db"}},
                    {"name": "p", "projected": {"sources": [{"secret": {"name": "db"}}]}},
                    {"name": "c", "configMap": {"name": "db"}}]}}]}),
        )
    }

    #[test]
    fn a_file_mounted_by_itself_is_found() {
        for mount in [
            json!({"name": "v", "mountPath": "/a", "subPath": "password"}),
            json!({"name": "v", "mountPath": "/a", "subPathExpr": "$(KEY)"}),
            json!({"name": "p", "mountPath": "/a", "subPath": "password"}),
        ] {
            estate(&mount)
                .ask(ID)
                .finds(&[&object("pay", "Pod", "api-0")]);
        }
    }

    #[test]
    fn a_whole_volume_passes_and_others_do_not_count() {
        estate(&json!({"name": "v", "mountPath": "/a"}))
            .ask(ID)
            .passes();
        estate(&json!({"name": "v", "mountPath": "/a", "subPath": ""}))
            .ask(ID)
            .passes();
        estate(&json!({"name": "c", "mountPath": "/a", "subPath": "k"}))
            .ask(ID)
            .is_not_applicable();
        let whole = estate(&json!({"name": "v", "mountPath": "/a"}));
        whole.denied(Source::PODS).ask(ID).is_not_evaluated();
    }
}
