//! How pods use Kubernetes Secrets, and when those were last written.
//!
//! Kubernetes documentation, "Secrets": a value in an environment variable stays as it is until the container starts
//! again, and "a container using a Secret as a subPath volume mount does not receive automated Secret updates"; files
//! of a whole volume are written anew. API conventions, `managedFields`: an entry's time is that at which its manager
//! last changed one of the fields that it owns.

use crate::snapshot::kubernetes::{Container, Pod, PodSpec, Secret, Volume};
use crate::snapshot::kubernetes_meta::ManagedFields;
use crate::snapshot::time::Time;

use super::image::containers;

/// How a Secret is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// An environment variable.
    Env,
    /// Environment variables of all its keys.
    EnvFrom,
    /// A file of a volume.
    File,
    /// A file that is mounted by itself.
    SubPath,
    /// To pull images.
    ImagePull,
    /// By a CSI driver, to mount a volume.
    Csi,
}

impl How {
    /// In words that complete "gets it …".
    pub fn text(self) -> &'static str {
        match self {
            Self::Env => "by an environment variable",
            Self::EnvFrom => "by environment variables (envFrom)",
            Self::File => "as a file",
            Self::SubPath => "as a file mounted by subPath",
            Self::ImagePull => "to pull images",
            Self::Csi => "for a CSI volume",
        }
    }

    /// Whether the container keeps what it got when it started.
    pub fn is_read_once(self) -> bool {
        matches!(self, Self::Env | Self::EnvFrom | Self::SubPath)
    }
}

/// One use of a Secret by a pod's spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretUse<'s> {
    /// The Secret.
    pub secret: &'s str,
    /// The key, where it is one.
    pub key: Option<&'s str>,
    /// The container, where it is one's.
    pub container: Option<&'s str>,
    /// How.
    pub how: How,
    /// Whether the pod starts without it.
    pub optional: bool,
}

/// Every use of a Secret in a spec.
pub fn of(spec: &PodSpec) -> Vec<SecretUse<'_>> {
    let mut uses: Vec<SecretUse<'_>> = containers(spec).flat_map(by_variables).collect();
    for volume in &spec.volumes {
        by_volume(spec, volume, &mut uses);
    }
    let pulls = spec.image_pull_secrets.iter();
    uses.extend(pulls.map(|secret| SecretUse {
        secret: &secret.name,
        key: None,
        container: None,
        how: How::ImagePull,
        // Whether the image is there already, or needs it, is not known.
        optional: true,
    }));
    uses
}

fn by_variables(container: &Container) -> impl Iterator<Item = SecretUse<'_>> {
    let name = Some(container.name.as_str());
    let one = container.env.iter().filter_map(move |variable| {
        let from = variable.value_from.as_ref()?;
        let reference = from.secret_key_ref.as_ref()?;
        Some(SecretUse {
            secret: &reference.name,
            key: Some(&reference.key),
            container: name,
            how: How::Env,
            optional: reference.optional == Some(true),
        })
    });
    let all = container.env_from.iter().filter_map(move |from| {
        let reference = from.secret_ref.as_ref()?;
        Some(SecretUse {
            secret: &reference.name,
            key: None,
            container: name,
            how: How::EnvFrom,
            optional: reference.optional == Some(true),
        })
    });
    one.chain(all)
}

fn by_volume<'s>(spec: &'s PodSpec, volume: &'s Volume, uses: &mut Vec<SecretUse<'s>>) {
    let whole = volume
        .secret
        .iter()
        .filter_map(|one| Some((one.secret_name.as_deref()?, one.optional)));
    let sources = volume.projected.iter().flat_map(|one| &one.sources);
    let projected = sources.filter_map(|source| {
        let secret = source.secret.as_ref()?;
        Some((secret.name.as_deref()?, secret.optional))
    });
    for (secret, optional) in whole.chain(projected) {
        let one = SecretUse {
            secret,
            key: None,
            container: None,
            how: How::File,
            optional: optional == Some(true),
        };
        let before = uses.len();
        uses.extend(mounts(spec, volume).map(|(container, how)| SecretUse {
            container: Some(container),
            how,
            ..one
        }));
        if uses.len() == before {
            uses.push(one);
        }
    }
    let csi = volume.csi.as_ref();
    if let Some(reference) = csi.and_then(|csi| csi.node_publish_secret_ref.as_ref()) {
        uses.push(SecretUse {
            secret: &reference.name,
            key: None,
            container: None,
            how: How::Csi,
            optional: false,
        });
    }
}

/// The containers that have a volume, each with how.
fn mounts<'s>(spec: &'s PodSpec, volume: &'s Volume) -> impl Iterator<Item = (&'s str, How)> {
    containers(spec).flat_map(move |container| {
        let mounts = container.volume_mounts.iter();
        let own = mounts.filter(move |mount| mount.name == volume.name);
        own.map(move |mount| {
            let named = |path: &Option<String>| path.as_ref().is_some_and(|one| !one.is_empty());
            let how = match named(&mount.sub_path) || named(&mount.sub_path_expr) {
                true => How::SubPath,
                false => How::File,
            };
            (container.name.as_str(), how)
        })
    })
}

/// When a container that runs was started; nothing where it does not run.
pub fn started(pod: &Pod, container: &str) -> Option<Time> {
    let status = &pod.status;
    let all = status
        .container_statuses
        .iter()
        .chain(&status.init_container_statuses)
        .chain(&status.ephemeral_container_statuses);
    let mut own = all.filter(|one| one.name == container);
    own.find_map(|one| one.state.as_ref()?.running.as_ref()?.started_at)
}

/// The last write of a Secret's data, or of one of its keys, so far as its managed fields tell. Whoever wrote may have
/// changed only its labels or annotations then.
pub fn last_write<'s>(secret: &'s Secret, key: Option<&str>) -> Option<(Time, &'s ManagedFields)> {
    let wrote = |entry: &&ManagedFields| match key {
        Some(key) => entry.data_keys.iter().any(|own| own == key),
        None => !entry.data_keys.is_empty(),
    };
    let writes = secret.metadata.managed_fields.iter().filter(wrote);
    let dated = writes.filter_map(|entry| Some((entry.time?, entry)));
    dated.max_by_key(|(time, _)| *time)
}

/// What a container keeps though it was written since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptSince<'s> {
    /// When the container started.
    pub started: Time,
    /// The last write.
    pub written: Time,
    /// By whom, where that is known.
    pub by: Option<&'s str>,
}

/// Whether a container that runs keeps what it got of a Secret before that was last written; an error says what is not
/// known.
///
/// # Errors
/// When the container started, or when the Secret was written, was not seen.
pub fn kept_since<'s>(
    pod: &'s Pod,
    one: &SecretUse<'s>,
    secret: &'s Secret,
) -> Result<Option<KeptSince<'s>>, &'static str> {
    let Some(container) = one.container.filter(|_| one.how.is_read_once()) else {
        return Ok(None);
    };
    let Some(started) = started(pod, container) else {
        // One that waits or has ended gets the value of the day when it starts.
        let is_told = !pod.status.container_statuses.is_empty();
        return match is_told {
            true => Ok(None),
            false => Err("when the containers started is not known that get"),
        };
    };
    let created = secret.metadata.creation_timestamp;
    let write = last_write(secret, one.key);
    let (written, by) = match (write, created) {
        (Some((time, entry)), _) => (time, entry.manager.as_deref()),
        // It was made again since.
        (None, Some(created)) if created > started => (created, None),
        (None, _) => return Err("the managed fields do not tell when somebody last wrote"),
    };
    Ok((started < written).then_some(KeptSince {
        started,
        written,
        by,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn every_way_of_a_spec_is_a_use() {
        let spec: PodSpec = serde_json::from_value(json!({
            "initContainers": [{"name": "init", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "one", "key": "k"}}}]}],
            "containers": [
                {"name": "main", "envFrom": [{"secretRef": {"name": "two", "optional": true}}],
                    "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/w", "subPath": "k"},
                        {"name": "p", "mountPath": "/p", "subPath": ""}]},
                {"name": "side", "volumeMounts": [{"name": "v", "mountPath": "/v", "subPathExpr": "$(A)"}]}],
            "ephemeralContainers": [{"name": "debug", "envFrom": [{"secretRef": {"name": "two"}}]}],
            "volumes": [
                {"name": "v", "secret": {"secretName": "three"}},
                {"name": "p", "projected": {"sources": [{"secret": {"name": "four", "optional": true}}, {"configMap": {"name": "no"}}]}},
                {"name": "unused", "secret": {"secretName": "five"}},
                {"name": "csi", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "six"}}}],
            "imagePullSecrets": [{"name": "seven"}],
        }))
        .unwrap();
        let shown: Vec<String> = of(&spec)
            .iter()
            .map(|one| {
                format!(
                    "{} {:?} {} {:?}{}",
                    one.secret,
                    one.how,
                    one.container.unwrap_or("-"),
                    one.key.unwrap_or("*"),
                    if one.optional { " optional" } else { "" }
                )
            })
            .collect();
        let expected = [
            "one Env init \"k\"",
            "two EnvFrom main \"*\" optional",
            "two EnvFrom debug \"*\"",
            "three File main \"*\"",
            "three SubPath main \"*\"",
            "three SubPath side \"*\"",
            "four File main \"*\" optional",
            "five File - \"*\"",
            "six Csi - \"*\"",
            "seven ImagePull - \"*\" optional",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_last_write_is_of_whoever_wrote_data() {
        let secret: Secret = serde_json::from_value(json!({"metadata": {"name": "s", "managedFields": [
            {"manager": "helm", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}}},
            {"manager": "rotator", "time": "2026-03-01T00:00:00Z", "fieldsV1": {"f:data": {"f:a": {}}}},
            {"manager": "labeller", "time": "2026-05-01T00:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {"f:x": {}}}}},
        ]}}))
        .unwrap();
        for (key, expected) in [
            (None, Some(("2026-03-01", "rotator"))),
            (Some("a"), Some(("2026-03-01", "rotator"))),
            (Some("b"), Some(("2026-01-01", "helm"))),
            (Some("c"), None),
        ] {
            let found = last_write(&secret, key);
            let shown = found.map(|(time, by)| (time.date(), by.manager.clone().unwrap()));
            let expected = expected.map(|(date, by)| (date.to_owned(), by.to_owned()));
            assert_eq!(shown, expected, "{key:?}");
        }
    }
}
