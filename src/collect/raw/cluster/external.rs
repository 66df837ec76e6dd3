//! The prints of what brings secrets into a cluster from outside.

use std::io;

use super::Objects;
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Kubernetes;

const SECRETS_STORE: &str = "secrets-store.csi.x-k8s.io/v1";
const EXTERNAL: &str = "external-secrets.io/v1";

pub(super) fn write(objects: &Objects, all: &Kubernetes) -> io::Result<()> {
    objects.list(
        Source::SECRET_PROVIDER_CLASSES,
        SECRETS_STORE,
        "SecretProviderClass",
        &all.secret_provider_classes,
    )?;
    objects.list(
        Source::SECRET_PROVIDER_CLASS_POD_STATUSES,
        SECRETS_STORE,
        "SecretProviderClassPodStatus",
        &all.secret_provider_class_pod_statuses,
    )?;
    objects.list(
        Source::EXTERNAL_SECRETS,
        EXTERNAL,
        "ExternalSecret",
        &all.external_secrets,
    )?;
    objects.list(
        Source::CLUSTER_EXTERNAL_SECRETS,
        EXTERNAL,
        "ClusterExternalSecret",
        &all.cluster_external_secrets,
    )?;
    for (source, kind) in [
        (Source::SECRET_STORES, "SecretStore"),
        (Source::CLUSTER_SECRET_STORES, "ClusterSecretStore"),
    ] {
        let stores = all.secret_stores.iter();
        let stores: Vec<_> = stores.filter(|one| one.kind == kind).collect();
        objects.list(source, EXTERNAL, kind, &stores)?;
    }
    objects.list(
        Source::PUSH_SECRETS,
        "external-secrets.io/v1alpha1",
        "PushSecret",
        &all.push_secrets,
    )?;
    objects.list(
        Source::CERTIFICATES,
        "cert-manager.io/v1",
        "Certificate",
        &all.certificates,
    )
}
