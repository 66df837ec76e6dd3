//! Access keys in ConfigMaps that workloads take: only their ids were kept when these were read.
//!
//! Kubernetes documentation, "Configure a Pod to Use a ConfigMap": as variables one by one, all as variables, and as files of
//! a volume, of which `items` takes some.

use super::{Keys, Place};
use crate::graph::image::containers;
use crate::graph::workload::Workload;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{ConfigMapKeys, KeyToPath, PodSpec};

/// How a ConfigMap is taken.
pub(super) struct Taken<'s> {
    pub(super) map: &'s str,
    /// Which keys; none: all.
    keys: Vec<&'s str>,
    /// As which variable.
    variable: Option<&'s str>,
    how: &'static str,
}

/// What the controller manager puts into every namespace, and the API server into every pod (Kubernetes documentation, "Managing
/// Service Accounts"): the certificate of the API server.
const ROOT_CA: &str = "kube-root-ca.crt";

/// The ConfigMaps that a pod takes: in its environment, and as volumes.
pub(super) fn taken(spec: &PodSpec) -> Vec<Taken<'_>> {
    let mut all = Vec::new();
    for container in containers(spec) {
        for variable in &container.env {
            let from = variable.value_from.as_ref();
            let from = from.and_then(|from| from.config_map_key_ref.as_ref());
            all.extend(from.map(|key| Taken {
                map: key.name.as_str(),
                keys: vec![key.key.as_str()],
                variable: Some(variable.name.as_str()),
                how: "env",
            }));
        }
        let from = container.env_from.iter();
        let from = from.filter_map(|from| from.config_map_ref.as_ref());
        all.extend(from.map(|map| Taken::whole(&map.name, &[], "envFrom")));
    }
    for volume in &spec.volumes {
        let own = volume.config_map.iter();
        all.extend(own.map(|map| Taken::whole(&map.name, &map.items, "volume")));
        let sources = volume.projected.iter().flat_map(|one| &one.sources);
        let parts = sources.filter_map(|source| source.config_map.as_ref());
        let parts = parts.filter_map(|map| Some((map.name.as_deref()?, map)));
        all.extend(parts.map(|(name, map)| Taken::whole(name, &map.items, "volume")));
    }
    all.retain(|taken| taken.map != ROOT_CA);
    all
}

impl<'s> Taken<'s> {
    /// A whole ConfigMap, or of it these items.
    fn whole(map: &'s str, items: &'s [KeyToPath], how: &'static str) -> Self {
        Self {
            map,
            keys: items.iter().map(|item| item.key.as_str()).collect(),
            variable: None,
            how,
        }
    }
}

impl<'s> Keys<'s> {
    /// The ids in what is taken of a ConfigMap.
    pub(super) fn of_map(&mut self, map: &'s ConfigMapKeys, taken: &Taken<'s>) {
        let texts = map.data.iter();
        let texts = texts
            .filter(|(key, _)| taken.keys.is_empty() || taken.keys.iter().any(|one| one == key));
        for (key, text) in texts {
            self.has_configured_secret |= text.has_secret();
            let place = Place {
                kind: "ConfigMap",
                name: taken.map,
            };
            for id in text.ids() {
                self.configured.insert((taken.map, key, id));
                let name = match taken.variable {
                    Some(variable) => format!("{key} as {variable}"),
                    None => key.clone(),
                };
                let names = self.referenced.entry(place).or_default();
                names.insert(name, taken.how);
            }
        }
    }
}

impl Graph<'_> {
    /// That the ConfigMaps of a cluster were not read, where its workloads take some: keys in them were not seen.
    pub fn unread_config_maps(&self, node: &ClusterNode<'_>) -> Option<String> {
        let here = self.workloads.workloads.iter();
        let mut specs = here
            .filter(|one| one.cluster == node.key)
            .flat_map(Workload::specs);
        let unread =
            !self.saw(Source::CONFIG_MAPS, node.key) && specs.any(|spec| !taken(spec).is_empty());
        unread.then(|| {
            format!(
                "{} of {} was not read whole, and its workloads take ConfigMaps",
                Source::CONFIG_MAPS.name,
                node.key
            )
        })
    }
}
