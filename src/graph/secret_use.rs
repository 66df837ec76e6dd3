//! How pods use Kubernetes Secrets.

use crate::snapshot::kubernetes::PodSpec;

use super::image::containers;

/// One use of a Secret by a pod's spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretUse<'s> {
    /// The Secret.
    pub secret: &'s str,
    /// The key, where it is one.
    pub key: Option<&'s str>,
    /// The environment variable, where it is one.
    pub variable: Option<&'s str>,
    /// The container, where it is one's.
    pub container: Option<&'s str>,
    /// How: `env`, `envFrom`, `volume`, `projected`, `imagePullSecret`, `csi`.
    pub how: &'static str,
}

/// Every use of a Secret in a spec.
pub fn of(spec: &PodSpec) -> Vec<SecretUse<'_>> {
    let mut uses = Vec::new();
    let mut add = |secret, key, variable, container, how| {
        uses.push(SecretUse {
            secret,
            key,
            variable,
            container,
            how,
        });
    };
    for container in containers(spec) {
        let name = Some(container.name.as_str());
        for variable in &container.env {
            let reference = variable
                .value_from
                .as_ref()
                .and_then(|from| from.secret_key_ref.as_ref());
            if let Some(reference) = reference {
                let key = Some(reference.key.as_str());
                add(
                    &reference.name,
                    key,
                    Some(variable.name.as_str()),
                    name,
                    "env",
                );
            }
        }
        for from in &container.env_from {
            if let Some(secret) = &from.secret_ref {
                add(&secret.name, None, None, name, "envFrom");
            }
        }
    }
    for volume in &spec.volumes {
        if let Some(name) = volume
            .secret
            .as_ref()
            .and_then(|s| s.secret_name.as_deref())
        {
            add(name, None, None, None, "volume");
        }
        let sources = volume.projected.iter().flat_map(|p| &p.sources);
        for name in sources.filter_map(|source| source.secret.as_ref()?.name.as_deref()) {
            add(name, None, None, None, "projected");
        }
        let csi = volume.csi.as_ref();
        if let Some(reference) = csi.and_then(|csi| csi.node_publish_secret_ref.as_ref()) {
            add(&reference.name, None, None, None, "csi");
        }
    }
    for secret in &spec.image_pull_secrets {
        add(&secret.name, None, None, None, "imagePullSecret");
    }
    uses
}
