//! The kinds of object that the audit reads, and how each becomes a fact.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};

use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{
    Certificate, ClusterExternalSecret, ConfigMap, ConfigMapKeys, Controller, CronJob,
    EndpointSlice, ExternalSecret, Gateway, GatewayClass, Ingress, IngressClass,
    IngressClassParams, LoadBalancerConfiguration, MetadataOnly, NetworkPolicy, Node,
    PersistentVolume, PersistentVolumeClaim, Pod, PushSecret, Route, Secret, SecretProviderClass,
    SecretProviderClassPodStatus, SecretStore, Service, ServiceAccount,
};
use crate::snapshot::kubernetes_meta::{ManagedFields, Metadata};
use crate::snapshot::kubernetes_rbac::{
    AggregationRule, BindingKind, PolicyRule, Role, RoleBinding, RoleKind, RoleRef, Subject,
};

use super::document::Doc;
use super::error::Fault;

macro_rules! objects {
    ($($variant:ident($type:ty)),* $(,)?) => {
        /// An object of a cluster.
        #[derive(Debug)]
        #[allow(missing_docs)]
        pub(super) enum Object { $($variant($type)),* }
        impl Object {
            /// Its metadata.
            pub fn metadata_mut(&mut self) -> &mut Metadata {
                match self { $(Self::$variant(object) => &mut object.metadata),* }
            }
        }
    };
}

objects! {
    Namespace(MetadataOnly),
    ServiceAccount(ServiceAccount),
    Pod(Box<Pod>),
    Controller(Box<Controller>),
    CronJob(Box<CronJob>),
    Role(Role),
    RoleBinding(RoleBinding),
    Secret(Secret),
    ConfigMap(ConfigMap),
    ConfigMapKeys(ConfigMapKeys),
    PersistentVolumeClaim(PersistentVolumeClaim),
    PersistentVolume(PersistentVolume),
    NetworkPolicy(NetworkPolicy),
    Service(Service),
    Ingress(Ingress),
    EndpointSlice(EndpointSlice),
    IngressClass(IngressClass),
    IngressClassParams(IngressClassParams),
    GatewayClass(GatewayClass),
    Gateway(Gateway),
    Route(Route),
    LoadBalancerConfiguration(LoadBalancerConfiguration),
    Node(Node),
    SecretProviderClass(SecretProviderClass),
    SecretProviderClassPodStatus(SecretProviderClassPodStatus),
    ExternalSecret(ExternalSecret),
    ClusterExternalSecret(Box<ClusterExternalSecret>),
    SecretStore(Box<SecretStore>),
    PushSecret(Box<PushSecret>),
    Certificate(Box<Certificate>),
}

/// A kind of object.
pub(super) struct Kind {
    /// As Kubernetes spells it.
    pub name: &'static str,
    /// The API groups that have had it.
    groups: &'static [&'static str],
    /// What listing it is called in the coverage.
    pub source: Source,
    /// Whether it lies in a namespace.
    pub namespaced: bool,
    /// Reads one: the document, the field and its text.
    pub read: fn(&Doc, &str, &str) -> Result<Object, Fault>,
}

const CORE: &[&str] = &[""];
const APPS: &[&str] = &["apps", "extensions"];
const BATCH: &[&str] = &["batch"];
const RBAC: &[&str] = &["rbac.authorization.k8s.io"];
const NETWORKING: &[&str] = &["networking.k8s.io", "extensions"];
const GATEWAY: &[&str] = &["gateway.networking.k8s.io"];
const SECRETS_STORE: &[&str] = &["secrets-store.csi.x-k8s.io"];
const EXTERNAL: &[&str] = &["external-secrets.io"];

macro_rules! kinds {
    ($($name:literal of $groups:expr, $source:ident, $namespaced:literal, $read:expr;)*) => {
        const KINDS: &[Kind] = &[$(Kind {
            name: $name,
            groups: $groups,
            source: Source::$source,
            namespaced: $namespaced,
            read: $read,
        }),*];
    };
}

macro_rules! plain {
    ($variant:ident) => {
        |doc, field, raw| doc.parse_strictly(field, raw).map(Object::$variant)
    };
}

macro_rules! controller {
    ($name:literal) => {
        |doc, field, raw| {
            let mut controller: Box<Controller> = doc.parse_strictly(field, raw)?;
            $name.clone_into(&mut controller.kind);
            Ok(Object::Controller(controller))
        }
    };
}

macro_rules! params {
    ($group:literal) => {
        |doc, field, raw| {
            let mut params: IngressClassParams = doc.parse_strictly(field, raw)?;
            $group.clone_into(&mut params.api_group);
            Ok(Object::IngressClassParams(params))
        }
    };
}

macro_rules! route {
    ($name:literal) => {
        |doc, field, raw| {
            let mut route: Route = doc.parse_strictly(field, raw)?;
            $name.clone_into(&mut route.kind);
            Ok(Object::Route(route))
        }
    };
}

macro_rules! store {
    ($name:literal) => {
        |doc, field, raw| {
            let mut store: Box<SecretStore> = doc.parse_strictly(field, raw)?;
            $name.clone_into(&mut store.kind);
            Ok(Object::SecretStore(store))
        }
    };
}

kinds! {
    "Namespace" of CORE, NAMESPACES, false, plain!(Namespace);
    "ServiceAccount" of CORE, SERVICE_ACCOUNTS, true, plain!(ServiceAccount);
    "Pod" of CORE, PODS, true, plain!(Pod);
    "ReplicationController" of CORE, REPLICATION_CONTROLLERS, true, controller!("ReplicationController");
    "Secret" of CORE, KUBERNETES_SECRETS, true, secret;
    // Two are kept as they are; see the reader.
    "ConfigMap" of CORE, CONFIG_MAPS, true, plain!(ConfigMapKeys);
    "PersistentVolumeClaim" of CORE, PERSISTENT_VOLUME_CLAIMS, true, plain!(PersistentVolumeClaim);
    "PersistentVolume" of CORE, PERSISTENT_VOLUMES, false, plain!(PersistentVolume);
    "Service" of CORE, SERVICES, true, plain!(Service);
    "Node" of CORE, NODES, false, plain!(Node);
    "Deployment" of APPS, DEPLOYMENTS, true, controller!("Deployment");
    "ReplicaSet" of APPS, REPLICA_SETS, true, controller!("ReplicaSet");
    "StatefulSet" of APPS, STATEFUL_SETS, true, controller!("StatefulSet");
    "DaemonSet" of APPS, DAEMON_SETS, true, controller!("DaemonSet");
    "Job" of BATCH, JOBS, true, controller!("Job");
    "CronJob" of BATCH, CRON_JOBS, true, plain!(CronJob);
    "Role" of RBAC, ROLES, true, |doc, field, raw| role(doc, field, raw, RoleKind::Role);
    "ClusterRole" of RBAC, CLUSTER_ROLES, false, |doc, field, raw| role(doc, field, raw, RoleKind::ClusterRole);
    "RoleBinding" of RBAC, ROLE_BINDINGS, true, |doc, field, raw| binding(doc, field, raw, BindingKind::RoleBinding);
    "ClusterRoleBinding" of RBAC, CLUSTER_ROLE_BINDINGS, false, |doc, field, raw| {
        binding(doc, field, raw, BindingKind::ClusterRoleBinding)
    };
    "NetworkPolicy" of NETWORKING, NETWORK_POLICIES, true, plain!(NetworkPolicy);
    "Ingress" of NETWORKING, INGRESSES, true, plain!(Ingress);
    "EndpointSlice" of &["discovery.k8s.io"], ENDPOINT_SLICES, true, plain!(EndpointSlice);
    "IngressClass" of NETWORKING, INGRESS_CLASSES, false, plain!(IngressClass);
    "IngressClassParams" of &["elbv2.k8s.aws"], INGRESS_CLASS_PARAMS, false, params!("elbv2.k8s.aws");
    "IngressClassParams" of &["eks.amazonaws.com"], AUTO_MODE_CLASS_PARAMS, false, params!("eks.amazonaws.com");
    "GatewayClass" of GATEWAY, GATEWAY_CLASSES, false, plain!(GatewayClass);
    "Gateway" of GATEWAY, GATEWAYS, true, plain!(Gateway);
    "HTTPRoute" of GATEWAY, HTTP_ROUTES, true, route!("HTTPRoute");
    "GRPCRoute" of GATEWAY, GRPC_ROUTES, true, route!("GRPCRoute");
    "TCPRoute" of GATEWAY, TCP_ROUTES, true, route!("TCPRoute");
    "TLSRoute" of GATEWAY, TLS_ROUTES, true, route!("TLSRoute");
    "LoadBalancerConfiguration" of &["gateway.k8s.aws"], LOAD_BALANCER_CONFIGURATIONS, true, plain!(LoadBalancerConfiguration);
    "SecretProviderClass" of SECRETS_STORE, SECRET_PROVIDER_CLASSES, true, plain!(SecretProviderClass);
    "SecretProviderClassPodStatus" of SECRETS_STORE, SECRET_PROVIDER_CLASS_POD_STATUSES, true, plain!(SecretProviderClassPodStatus);
    "ExternalSecret" of EXTERNAL, EXTERNAL_SECRETS, true, plain!(ExternalSecret);
    "ClusterExternalSecret" of EXTERNAL, CLUSTER_EXTERNAL_SECRETS, false, plain!(ClusterExternalSecret);
    "SecretStore" of EXTERNAL, SECRET_STORES, true, store!("SecretStore");
    "ClusterSecretStore" of EXTERNAL, CLUSTER_SECRET_STORES, false, store!("ClusterSecretStore");
    "PushSecret" of EXTERNAL, PUSH_SECRETS, true, plain!(PushSecret);
    "Certificate" of &["cert-manager.io"], CERTIFICATES, true, plain!(Certificate);
}

/// The kind of this name in this API version's group: `apps/v1`, `v1`.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Kind> {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    KINDS
        .iter()
        .find(|known| known.name == kind && known.groups.contains(&group))
}

/// The kind that a source lists.
pub(super) fn of_source(source: Source) -> Option<&'static Kind> {
    if source == Source::VPC_CNI || source == Source::AWS_AUTH {
        return of_source(Source::CONFIG_MAPS);
    }
    KINDS.iter().find(|kind| kind.source == source)
}

/// A Secret: of its keys the names are kept, as managed fields keep them; its values are passed over.
fn secret(doc: &Doc, field: &str, raw: &str) -> Result<Object, Fault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        metadata: Metadata,
        #[serde(rename = "type")]
        kind: Option<String>,
        #[serde(default)]
        data: Keys,
        #[serde(default)]
        string_data: Keys,
    }
    let body: Body = doc.parse_strictly(field, raw)?;
    let mut metadata = body.metadata;
    let mut keys = body.data.0;
    keys.extend(body.string_data.0);
    keys.retain(|key| {
        !metadata
            .managed_fields
            .iter()
            .any(|fields| fields.data_keys.contains(key))
    });
    keys.sort();
    keys.dedup();
    if !keys.is_empty() {
        metadata.managed_fields.push(ManagedFields {
            data_keys: keys,
            ..ManagedFields::default()
        });
    }
    Ok(Object::Secret(Secret {
        metadata,
        kind: body.kind,
    }))
}

/// The keys of a map whose values are not looked at.
#[derive(Default)]
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_any(Look)
    }
}

fn role(doc: &Doc, field: &str, raw: &str, kind: RoleKind) -> Result<Object, Fault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        metadata: Metadata,
        rules: Option<Vec<PolicyRule>>,
        aggregation_rule: Option<AggregationRule>,
    }
    let body: Body = doc.parse_strictly(field, raw)?;
    Ok(Object::Role(Role {
        kind,
        metadata: body.metadata,
        rules: body.rules.unwrap_or_default(),
        aggregation_rule: body.aggregation_rule,
    }))
}

fn binding(doc: &Doc, field: &str, raw: &str, kind: BindingKind) -> Result<Object, Fault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        metadata: Metadata,
        subjects: Option<Vec<Subject>>,
        role_ref: RoleRef,
    }
    let body: Body = doc.parse_strictly(field, raw)?;
    Ok(Object::RoleBinding(RoleBinding {
        kind,
        metadata: body.metadata,
        subjects: body.subjects.unwrap_or_default(),
        role_ref: body.role_ref,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_group_too() {
        for (api_version, kind, known) in [
            ("v1", "Service", true),
            ("serving.knative.dev/v1", "Service", false),
            ("rbac.authorization.k8s.io/v1beta1", "Role", true),
            ("iam.services.k8s.aws/v1alpha1", "Role", false),
            ("projectcalico.org/v3", "NetworkPolicy", false),
            ("networking.k8s.io/v1", "NetworkPolicy", true),
            ("apps/v1", "Deployment", true),
            ("v1", "Config", false),
        ] {
            assert_eq!(
                find(api_version, kind).is_some(),
                known,
                "{api_version} {kind}"
            );
        }
    }
}
