//! Lists of what pods keep and take: volumes, and ConfigMaps for the ids of access keys in them.

use futures::future::BoxFuture;

use super::{Part, Scan, resources};
use crate::snapshot::kubernetes::{ConfigMapKeys, PersistentVolume, PersistentVolumeClaim};

impl<'a> Scan<'a> {
    pub(super) fn storage(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.all(resources::CONFIG_MAPS, |to, items: Vec<ConfigMapKeys>| {
                to.config_map_keys = items.into_iter().filter_map(ConfigMapKeys::kept).collect();
            }),
            self.all(
                resources::PERSISTENT_VOLUME_CLAIMS,
                |to, items: Vec<PersistentVolumeClaim>| to.persistent_volume_claims = items,
            ),
            self.all(
                resources::PERSISTENT_VOLUMES,
                |to, items: Vec<PersistentVolume>| to.persistent_volumes = items,
            ),
        ]
    }
}
