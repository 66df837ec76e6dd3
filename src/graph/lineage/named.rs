//! Objects of a cluster that name Secrets, and Secrets whose own type says who has them.
//!
//! Kubernetes documentation, "Types of Secret"; ingress-nginx, "Annotations"; AWS Load Balancer Controller, guide,
//! "Ingress annotations: Authentication"; Gateway API reference, `SecretObjectReference`; Helm, "Advanced Helm Techniques:
//! Storage backends"; external-secrets.io, "PushSecret": a ClusterPushSecret makes PushSecrets. ReferenceGrants, webhooks,
//! APIServices, CustomResourceDefinitions, StorageClasses and cert-manager's issuers are not read.

use serde::Deserialize;

use crate::graph::secret_use::How;
use crate::rbac::aggregation::selects;
use crate::snapshot::kubernetes::{
    CsiHandle, Gateway, Ingress, Kubernetes, PersistentVolume, PushSecret, Secret, SecretStore,
    ServiceAccount,
};
use crate::snapshot::kubernetes_meta::Metadata;

use super::{Consumer, Place, Shelf};

/// Annotations of ingress-nginx that name a Secret, as `NAME` or `NAMESPACE/NAME`.
const NGINX: [&str; 3] = [
    "nginx.ingress.kubernetes.io/auth-secret",
    "nginx.ingress.kubernetes.io/auth-tls-secret",
    "nginx.ingress.kubernetes.io/proxy-ssl-secret",
];

/// The annotation of the AWS Load Balancer Controller, of Ingresses and Services, that names one in JSON.
const ALB_OIDC: &str = "alb.ingress.kubernetes.io/auth-idp-oidc";

/// The annotation of a token that names its service account.
const SERVICE_ACCOUNT: &str = "kubernetes.io/service-account.name";

/// What the names of Helm's records begin with.
const RELEASE: &str = "sh.helm.release.v1.";

/// Finds all objects that name Secrets.
pub(super) fn all<'g>(cluster: &'g str, objects: &'g Kubernetes, shelf: &mut Shelf<'g>) {
    let mut naming = Naming { cluster, shelf };
    objects
        .service_accounts
        .iter()
        .for_each(|one| naming.account(one));
    objects.ingresses.iter().for_each(|one| naming.ingress(one));
    for service in &objects.services {
        naming.oidc("Service", &service.metadata);
    }
    objects.gateways.iter().for_each(|one| naming.gateway(one));
    objects
        .secret_stores
        .iter()
        .for_each(|one| naming.store(one));
    for push in &objects.push_secrets {
        naming.push(push, &objects.secrets);
    }
    objects
        .persistent_volumes
        .iter()
        .for_each(|one| naming.volume(one));
    objects.secrets.iter().for_each(|one| naming.itself(one));
}

struct Naming<'a, 'g> {
    cluster: &'g str,
    shelf: &'a mut Shelf<'g>,
}

impl<'g> Naming<'_, 'g> {
    /// An object names a Secret of a namespace.
    fn add(&mut self, kind: &'static str, by: &'g Metadata, namespace: &'g str, secret: &'g str) {
        let place = Place::Object(kind, by.namespace(), &by.name);
        self.consumer(place, namespace, secret, Vec::new(), None);
    }

    fn consumer(
        &mut self,
        place: Place<'g>,
        namespace: &'g str,
        secret: &'g str,
        ways: Vec<How>,
        open: Option<&'static str>,
    ) {
        let kept = self.shelf.at(self.cluster, namespace, secret);
        kept.consumers.push(Consumer { place, ways, open });
    }

    fn account(&mut self, account: &'g ServiceAccount) {
        let by = &account.metadata;
        for secret in &account.image_pull_secrets {
            let place = Place::Object("ServiceAccount", by.namespace(), &by.name);
            let ways = vec![How::ImagePull];
            self.consumer(place, by.namespace(), &secret.name, ways, None);
        }
        for secret in &account.secrets {
            self.add("ServiceAccount", by, by.namespace(), &secret.name);
        }
    }

    fn ingress(&mut self, ingress: &'g Ingress) {
        let by = &ingress.metadata;
        let tls = ingress.spec.tls.iter();
        for secret in tls.filter_map(|one| one.secret_name.as_deref()) {
            self.add("Ingress", by, by.namespace(), secret);
        }
        for annotation in NGINX.iter().filter_map(|key| by.annotations.get(*key)) {
            let named = annotation.split_once('/');
            let (namespace, secret) = named.unwrap_or((by.namespace(), annotation));
            self.add("Ingress", by, namespace, secret);
        }
        self.oidc("Ingress", by);
    }

    fn oidc(&mut self, kind: &'static str, by: &'g Metadata) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Provider<'t> {
            #[serde(borrow)]
            secret_name: Option<&'t str>,
        }
        let annotation = by.annotations.get(ALB_OIDC);
        let provider = annotation.and_then(|text| serde_json::from_str::<Provider<'_>>(text).ok());
        if let Some(secret) = provider.and_then(|provider| provider.secret_name) {
            self.add(kind, by, by.namespace(), secret);
        }
    }

    /// A Secret of another namespace is given where a ReferenceGrant there says so.
    fn gateway(&mut self, gateway: &'g Gateway) {
        let by = &gateway.metadata;
        let tls = gateway
            .spec
            .listeners
            .iter()
            .filter_map(|one| one.tls.as_ref());
        for reference in tls.flat_map(|tls| &tls.certificate_refs) {
            let is_secret = reference
                .kind
                .as_deref()
                .is_none_or(|kind| kind == "Secret")
                && reference.group.as_deref().is_none_or(str::is_empty);
            let Some(secret) = reference.name.as_deref().filter(|_| is_secret) else {
                continue;
            };
            let namespace = reference.namespace.as_deref().unwrap_or(by.namespace());
            let open = (namespace != by.namespace())
                .then_some("if a ReferenceGrant in that namespace lets it");
            let place = Place::Object("Gateway", by.namespace(), &by.name);
            self.consumer(place, namespace, secret, Vec::new(), open);
        }
    }

    fn store(&mut self, store: &'g SecretStore) {
        let by = &store.metadata;
        let kind = match by.namespace() {
            "" => "ClusterSecretStore",
            _ => "SecretStore",
        };
        let aws = store.spec.provider.aws.as_ref();
        let auth = aws.and_then(|aws| aws.auth.as_ref());
        let keys = auth.and_then(|auth| auth.secret_ref.as_ref());
        let references = keys.into_iter().flat_map(|keys| {
            [
                &keys.access_key_id,
                &keys.secret_access_key,
                &keys.session_token,
            ]
        });
        for reference in references.flatten() {
            let namespace = reference.namespace.as_deref().unwrap_or(by.namespace());
            if let Some(secret) = reference.name.as_deref() {
                self.add(kind, by, namespace, secret);
            }
        }
    }

    fn push(&mut self, push: &'g PushSecret, secrets: &'g [Secret]) {
        let by = &push.metadata;
        let Some(source) = &push.spec.selector.secret else {
            return;
        };
        if let Some(name) = source.name.as_deref() {
            self.add("PushSecret", by, by.namespace(), name);
        }
        let Some(selector) = &source.selector else {
            return;
        };
        for secret in secrets.iter().map(|one| &one.metadata) {
            if secret.namespace() == by.namespace() && selects(selector, &secret.labels) {
                self.add("PushSecret", by, by.namespace(), &secret.name);
            }
        }
    }

    fn volume(&mut self, volume: &'g PersistentVolume) {
        for reference in volume.spec.csi.iter().flat_map(CsiHandle::secrets) {
            let named = (reference.namespace.as_deref(), reference.name.as_deref());
            if let (Some(namespace), Some(secret)) = named {
                self.add("PersistentVolume", &volume.metadata, namespace, secret);
            }
        }
    }

    /// A token is its service account's, a record of a release is Helm's, whichever revision it is of, and a bootstrap
    /// token is of nodes that join.
    fn itself(&mut self, secret: &'g Secret) {
        let (namespace, name) = (secret.metadata.namespace(), &secret.metadata.name);
        let release = name
            .strip_prefix(RELEASE)
            .and_then(|rest| rest.rsplit_once(".v"));
        let place = match (secret.kind.as_deref(), release) {
            (Some("kubernetes.io/service-account-token"), _) => {
                let account = secret.metadata.annotations.get(SERVICE_ACCOUNT);
                account.map(|account| Place::Object("ServiceAccount", namespace, account))
            }
            (Some("bootstrap.kubernetes.io/token"), _) => {
                Some(Place::Object("bootstrap", "", "of nodes"))
            }
            (_, Some((release, _))) => Some(Place::Object("Helm release", namespace, release)),
            _ => None,
        };
        if let Some(place) = place {
            self.consumer(place, namespace, name, Vec::new(), None);
        }
    }
}
