//! ConfigMaps, of whose values nothing is kept but the ids of access keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::credential::KeyText;
use crate::snapshot::kubernetes_meta::{Metadata, nullable};

objects! {
    /// What of a ConfigMap tells of access keys.
    ConfigMapKeys {
        /// Name, …
        metadata: Metadata,
        /// By key what its value looks like; those that look like no access key's are left out.
        data: BTreeMap<String, KeyText>,
    }
}

impl ConfigMapKeys {
    /// What is kept of it: nothing where no value has the id of an access key.
    pub fn kept(mut self) -> Option<Self> {
        self.data.retain(|_, text| !text.is_empty());
        let has_id = self.data.values().any(|text| text.ids().next().is_some());
        has_id.then_some(self)
    }
}
