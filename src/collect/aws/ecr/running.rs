//! Which images of ECR run in a cluster.

use std::collections::BTreeSet;

use crate::snapshot::kubernetes::{ContainerStatus, Kubernetes, PodSpec};

/// An image of a private ECR registry that a pod or a controller's template names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::collect) struct RunningImage {
    pub(in crate::collect) account: String,
    pub(in crate::collect) region: String,
    pub(in crate::collect) repository: String,
    pub(in crate::collect) digest: Option<String>,
    pub(in crate::collect) tag: Option<String>,
}

/// The ECR images of a cluster: of pods by the digest that runs, else by what their spec asks
/// for; of controllers that nothing owns and of CronJobs by their template, which may run next.
pub(in crate::collect) fn running_images(objects: &Kubernetes) -> BTreeSet<RunningImage> {
    let mut images = BTreeSet::new();
    for pod in &objects.pods {
        let status = &pod.status;
        let statuses: Vec<&ContainerStatus> = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses)
            .chain(&status.ephemeral_container_statuses)
            .collect();
        for container in containers(&pod.spec) {
            let ran = statuses
                .iter()
                .find(|status| status.name == container.0)
                .and_then(|status| status.image_id.as_deref())
                .and_then(parse);
            images.extend(ran.or_else(|| parse(container.1)));
        }
    }
    let free = objects
        .controllers
        .iter()
        .filter(|controller| controller.metadata.owner_references.is_empty())
        .map(|controller| &controller.spec.template.spec);
    let jobs = objects
        .cron_jobs
        .iter()
        .map(|job| &job.spec.job_template.spec.template.spec);
    for spec in free.chain(jobs) {
        images.extend(containers(spec).filter_map(|(_, image)| parse(image)));
    }
    images
}

/// Names and images of a pod's containers of all kinds.
fn containers(spec: &PodSpec) -> impl Iterator<Item = (&str, &str)> {
    spec.init_containers
        .iter()
        .chain(&spec.containers)
        .chain(&spec.ephemeral_containers)
        .filter_map(|container| Some((container.name.as_str(), container.image.as_deref()?)))
}

/// The parts of a reference into a private ECR registry. Amazon ECR User Guide, "Amazon ECR
/// private registries" and "Endpoints": `ACCOUNT.dkr.ecr[-fips].REGION.amazonaws.com[.cn]`, or
/// dual stack `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`.
fn parse(reference: &str) -> Option<RunningImage> {
    // Runtimes before containerd put a scheme before image ids.
    let reference = reference
        .split_once("://")
        .map_or(reference, |(_, rest)| rest);
    let (host, path) = reference.split_once('/')?;
    let (account, rest) = host.split_once('.')?;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest = ["dkr.ecr.", "dkr.ecr-fips.", "dkr-ecr.", "dkr-ecr-fips."]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))?;
    let (region, _) = rest.split_once('.')?;
    let (path, digest) = match path.split_once('@') {
        Some((path, digest)) => (path, Some(digest.to_owned())),
        None => (path, None),
    };
    let (repository, tag) = match path.rsplit_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (path, None),
    };
    // Without digest and tag a runtime takes `latest`. With a digest the tag says nothing.
    let tag = match (&digest, tag) {
        (Some(_), _) => None,
        (None, tag) => Some(tag.unwrap_or("latest").to_owned()),
    };
    Some(RunningImage {
        account: account.to_owned(),
        region: region.to_owned(),
        repository: repository.to_owned(),
        digest,
        tag,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn references_into_ecr_fall_into_their_parts() {
        let ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        for (reference, expected) in [
            (
                format!("{ecr}/a/b:v1"),
                Some(("eu-west-1", "a/b", None, Some("v1"))),
            ),
            (
                format!("{ecr}/a"),
                Some(("eu-west-1", "a", None, Some("latest"))),
            ),
            (
                format!("{ecr}/a:v1@sha256:0f"),
                Some(("eu-west-1", "a", Some("sha256:0f"), None)),
            ),
            (
                format!("docker-pullable://{ecr}/a@sha256:0f"),
                Some(("eu-west-1", "a", Some("sha256:0f"), None)),
            ),
            (
                "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a:1".into(),
                Some(("cn-north-1", "a", None, Some("1"))),
            ),
            (
                "111122223333.dkr-ecr.us-east-1.on.aws/a:1".into(),
                Some(("us-east-1", "a", None, Some("1"))),
            ),
            ("public.ecr.aws/a/b:1".into(), None),
            ("docker.io/library/nginx@sha256:0f".into(), None),
            ("sha256:0f".into(), None),
            ("nginx".into(), None),
        ] {
            let parts = parse(&reference);
            let parts = parts.as_ref().map(|image| {
                (
                    image.region.as_str(),
                    image.repository.as_str(),
                    image.digest.as_deref(),
                    image.tag.as_deref(),
                )
            });
            assert_eq!(parts, expected, "{reference}");
        }
    }

    #[test]
    fn what_runs_comes_before_what_was_asked_for() {
        let ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        let objects: Kubernetes = serde_json::from_value(serde_json::json!({
            "pods": [{
                "metadata": {"name": "p", "namespace": "n"},
                "spec": {
                    "containers": [
                        {"name": "ran", "image": format!("{ecr}/ran:v1")},
                        {"name": "waits", "image": format!("{ecr}/waits:v1")}],
                    "initContainers": [{"name": "init", "image": format!("{ecr}/init:v1")}]},
                "status": {"containerStatuses": [
                    {"name": "ran", "imageID": format!("{ecr}/ran@sha256:1")},
                    {"name": "waits", "imageID": ""}]}}],
            "controllers": [
                {"kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
                 "spec": {"template": {"spec": {"containers": [
                    {"name": "zero", "image": format!("{ecr}/zero:v1")}]}}}},
                {"kind": "ReplicaSet", "metadata": {"name": "d-1", "namespace": "n",
                    "ownerReferences": [{"kind": "Deployment", "name": "d", "uid": "1"}]},
                 "spec": {"template": {"spec": {"containers": [
                    {"name": "zero", "image": format!("{ecr}/old:v0")}]}}}}]
        }))
        .unwrap();
        let images: Vec<String> = running_images(&objects)
            .into_iter()
            .map(|image| format!("{} {:?} {:?}", image.repository, image.digest, image.tag))
            .collect();
        assert_eq!(
            images,
            [
                "init None Some(\"v1\")",
                "ran Some(\"sha256:1\") None",
                "waits None Some(\"v1\")",
                "zero None Some(\"v1\")",
            ]
        );
    }
}
