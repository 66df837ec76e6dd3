//! Lists of what brings secrets into a cluster from outside: the secrets-store CSI driver, the external-secrets operator,
//! and cert-manager.

use futures::future::BoxFuture;

use super::resources::Resource;
use super::{Part, Scan, resources};
use crate::snapshot::kubernetes::{
    Certificate, ClusterExternalSecret, ExternalSecret, PushSecret, SecretProviderClass,
    SecretProviderClassPodStatus, SecretStore,
};

impl<'a> Scan<'a> {
    pub(super) fn external(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.all(
                resources::SECRET_PROVIDER_CLASSES,
                |to, items: Vec<SecretProviderClass>| to.secret_provider_classes = items,
            ),
            self.all(
                resources::SECRET_PROVIDER_CLASS_POD_STATUSES,
                |to, items: Vec<SecretProviderClassPodStatus>| {
                    to.secret_provider_class_pod_statuses = items;
                },
            ),
            self.all(
                resources::EXTERNAL_SECRETS,
                |to, items: Vec<ExternalSecret>| to.external_secrets = items,
            ),
            self.all(
                resources::CLUSTER_EXTERNAL_SECRETS,
                |to, items: Vec<ClusterExternalSecret>| to.cluster_external_secrets = items,
            ),
            self.stores(resources::SECRET_STORES),
            self.stores(resources::CLUSTER_SECRET_STORES),
            self.all(resources::PUSH_SECRETS, |to, items: Vec<PushSecret>| {
                to.push_secrets = items;
            }),
            self.all(resources::CERTIFICATES, |to, items: Vec<Certificate>| {
                to.certificates = items;
            }),
        ]
    }

    fn stores(self, resource: Resource) -> BoxFuture<'a, Part> {
        self.all(resource, move |to, items: Vec<SecretStore>| {
            let items = items.into_iter().map(|mut item| {
                resource.kind.clone_into(&mut item.kind);
                item
            });
            to.secret_stores.extend(items);
        })
    }
}
