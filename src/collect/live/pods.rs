//! What pods tell to ask AWS for: the images that run, and the access keys in their environment and in ConfigMaps.

use std::collections::BTreeSet;

use crate::collect::aws::ecr::{RunningImage, running_images};
use crate::snapshot::Snapshot;
use crate::snapshot::credential::EnvValue;
use crate::snapshot::kubernetes::{Kubernetes, PodSpec};

/// What the pods of some clusters hold.
#[derive(Debug, Default)]
pub(super) struct Pods {
    /// Whether any pod or controller was seen at all.
    pub(super) seen: bool,
    /// Images of ECR.
    pub(super) images: BTreeSet<RunningImage>,
    /// Ids of long-term access keys.
    pub(super) key_ids: BTreeSet<String>,
}

impl Pods {
    /// Adds those of all clusters of a snapshot.
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        for cluster in snapshot.clusters.values() {
            let objects = &cluster.kubernetes;
            self.images.extend(running_images(objects));
            let maps = objects.config_map_keys.iter();
            let texts = maps.flat_map(|map| map.data.values());
            self.key_ids
                .extend(texts.flat_map(|text| text.ids()).map(str::to_owned));
            for spec in specs(objects) {
                self.seen = true;
                self.key_ids.extend(key_ids(spec));
            }
        }
    }
}

/// The pods' specs, and those of all templates.
fn specs(objects: &Kubernetes) -> impl Iterator<Item = &PodSpec> {
    let pods = objects.pods.iter().map(|pod| &pod.spec);
    let controllers = objects.controllers.iter();
    let templates = controllers.map(|controller| &controller.spec.template.spec);
    let jobs = objects.cron_jobs.iter();
    let jobs = jobs.map(|job| &job.spec.job_template.spec.template.spec);
    pods.chain(templates).chain(jobs)
}

fn key_ids(spec: &PodSpec) -> impl Iterator<Item = String> {
    spec.init_containers
        .iter()
        .chain(&spec.containers)
        .chain(&spec.ephemeral_containers)
        .flat_map(|container| {
            let values = container.env.iter().map(|variable| &variable.value);
            let environment = values.filter_map(|value| match value {
                EnvValue::AccessKeyId(id) => Some(id.clone()),
                _ => None,
            });
            let words = container.command.iter().chain(container.args.iter());
            environment.chain(words.map(str::to_owned))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::snapshot::time::Time;

    #[test]
    fn keys_are_found_in_pods_and_in_templates() {
        let container = |id: &str| {
            serde_json::json!({"containers": [{"name": "c", "image": "nginx",
                "env": [{"name": "AWS_ACCESS_KEY_ID", "value": id}, {"name": "A", "value": "b"}]}]})
        };
        let mut argument = container("b");
        argument["containers"][0]["args"] = serde_json::json!(["--key=AKIAIOSFODNN7EXAMPLD"]);
        let mut snapshot = Snapshot::new(Time::default());
        snapshot.clusters.entry("-".into()).or_default().kubernetes =
            serde_json::from_value(serde_json::json!({
                "pods": [{"metadata": {"name": "p"}, "spec": container("AKIAIOSFODNN7EXAMPLA")},
                    {"metadata": {"name": "q"}, "spec": argument}],
                "controllers": [{"kind": "Deployment", "metadata": {"name": "d"},
                    "spec": {"template": {"spec": container("AKIAIOSFODNN7EXAMPLB")}}}],
                "cron_jobs": [{"metadata": {"name": "j"}, "spec": {"jobTemplate": {"spec":
                    {"template": {"spec": container("AKIAIOSFODNN7EXAMPLC")}}}}}],
                "config_map_keys": [{"metadata": {"name": "m"}, "data": {"id": "AKIAIOSFODNN7EXAMPLE"}}]
            }))
            .unwrap();
        let mut pods = Pods::default();
        pods.add(&snapshot);
        assert!(pods.seen);
        let ids: Vec<&str> = pods.key_ids.iter().map(String::as_str).collect();
        assert_eq!(
            ids,
            [
                "AKIAIOSFODNN7EXAMPLA",
                "AKIAIOSFODNN7EXAMPLB",
                "AKIAIOSFODNN7EXAMPLC",
                "AKIAIOSFODNN7EXAMPLD",
                "AKIAIOSFODNN7EXAMPLE"
            ]
        );
    }
}
