//! All that is read of a cluster: one line a resource. The requests are built from these lines
//! alone, and so are the permissions that the scan needs.

use crate::collect::call::KubernetesRead;
use crate::snapshot::coverage::Source;

/// A resource that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource {
    /// What the coverage calls it.
    pub(super) source: Source,
    /// The right that it needs.
    pub(super) read: KubernetesRead,
    /// Versions of its group, the first that is served is read.
    pub(super) versions: &'static [&'static str],
    /// The kind of its objects.
    pub(super) kind: &'static str,
    /// Whether only the objects' metadata is asked for.
    pub(super) metadata_only: bool,
    /// Whether it comes with software that a cluster may lack.
    pub(super) custom: bool,
}

impl Resource {
    const fn list(
        source: Source,
        group: &'static str,
        version: &'static [&'static str],
        resource: &'static str,
        kind: &'static str,
    ) -> Self {
        Self {
            source,
            read: KubernetesRead {
                group,
                resource,
                verb: "list",
                names: &[],
                namespace: "",
                sensitive: false,
            },
            versions: version,
            kind,
            metadata_only: false,
            custom: false,
        }
    }

    const fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }

    const fn sensitive(mut self) -> Self {
        self.read.sensitive = true;
        self
    }

    const fn custom(mut self) -> Self {
        self.custom = true;
        self
    }

    /// A ConfigMap of kube-system, by its name.
    const fn config_map(source: Source, names: &'static [&'static str]) -> Self {
        let mut map = Self::list(source, "", V1, "configmaps", "ConfigMap");
        map.read.verb = "get";
        map.read.namespace = "kube-system";
        map.read.names = names;
        map
    }

    /// Where it is read, in this version of its group.
    pub(super) fn path(&self, version: &str) -> String {
        let read = &self.read;
        let mut path = if read.group.is_empty() {
            format!("/api/{version}")
        } else {
            format!("/apis/{}/{version}", read.group)
        };
        if !read.namespace.is_empty() {
            path.push_str(&format!("/namespaces/{}", read.namespace));
        }
        path.push_str(&format!("/{}", read.resource));
        if let [name] = read.names {
            path.push_str(&format!("/{name}"));
        }
        path
    }
}

const V1: &[&str] = &["v1"];
const RBAC: &str = "rbac.authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const GATEWAY: &str = "gateway.networking.k8s.io";
const EXTERNAL: &str = "external-secrets.io";

macro_rules! resources {
    ($($name:ident = $resource:expr;)*) => {
        $(pub(super) const $name: Resource = $resource;)*
        #[cfg(test)]
        const ALL: &[Resource] = &[$($name),*];
        /// All that is read of a cluster, and the rights that it needs.
        pub const READS: &[KubernetesRead] = &[$($name.read),*];
    };
}

resources! {
    NAMESPACES = Resource::list(Source::NAMESPACES, "", V1, "namespaces", "Namespace");
    SERVICE_ACCOUNTS =
        Resource::list(Source::SERVICE_ACCOUNTS, "", V1, "serviceaccounts", "ServiceAccount");
    PODS = Resource::list(Source::PODS, "", V1, "pods", "Pod");
    DEPLOYMENTS = Resource::list(Source::DEPLOYMENTS, "apps", V1, "deployments", "Deployment");
    // Their templates too, where nobody controls them.
    REPLICA_SETS = Resource::list(Source::REPLICA_SETS, "apps", V1, "replicasets", "ReplicaSet")
        .metadata_only();
    STATEFUL_SETS = Resource::list(Source::STATEFUL_SETS, "apps", V1, "statefulsets", "StatefulSet");
    DAEMON_SETS = Resource::list(Source::DAEMON_SETS, "apps", V1, "daemonsets", "DaemonSet");
    JOBS = Resource::list(Source::JOBS, "batch", V1, "jobs", "Job");
    CRON_JOBS = Resource::list(Source::CRON_JOBS, "batch", V1, "cronjobs", "CronJob");
    REPLICATION_CONTROLLERS = Resource::list(
        Source::REPLICATION_CONTROLLERS, "", V1, "replicationcontrollers", "ReplicationController");
    ROLES = Resource::list(Source::ROLES, RBAC, V1, "roles", "Role");
    CLUSTER_ROLES = Resource::list(Source::CLUSTER_ROLES, RBAC, V1, "clusterroles", "ClusterRole");
    ROLE_BINDINGS = Resource::list(Source::ROLE_BINDINGS, RBAC, V1, "rolebindings", "RoleBinding");
    CLUSTER_ROLE_BINDINGS = Resource::list(
        Source::CLUSTER_ROLE_BINDINGS, RBAC, V1, "clusterrolebindings", "ClusterRoleBinding");
    // RBAC knows no metadata-only right: who may list Secrets may read their values.
    SECRETS = Resource::list(Source::KUBERNETES_SECRETS, "", V1, "secrets", "Secret")
        .metadata_only()
        .sensitive();
    AWS_AUTH = Resource::config_map(Source::AWS_AUTH, &["aws-auth"]);
    VPC_CNI = Resource::config_map(Source::VPC_CNI, &["amazon-vpc-cni"]);
    // Of their values the ids of access keys are kept, and nothing else.
    CONFIG_MAPS = Resource::list(Source::CONFIG_MAPS, "", V1, "configmaps", "ConfigMap");
    PERSISTENT_VOLUME_CLAIMS = Resource::list(
        Source::PERSISTENT_VOLUME_CLAIMS, "", V1, "persistentvolumeclaims", "PersistentVolumeClaim");
    PERSISTENT_VOLUMES = Resource::list(
        Source::PERSISTENT_VOLUMES, "", V1, "persistentvolumes", "PersistentVolume");
    NETWORK_POLICIES = Resource::list(
        Source::NETWORK_POLICIES, NETWORKING, V1, "networkpolicies", "NetworkPolicy");
    SERVICES = Resource::list(Source::SERVICES, "", V1, "services", "Service");
    INGRESSES = Resource::list(Source::INGRESSES, NETWORKING, V1, "ingresses", "Ingress");
    ENDPOINT_SLICES = Resource::list(
        Source::ENDPOINT_SLICES, "discovery.k8s.io", V1, "endpointslices", "EndpointSlice");
    INGRESS_CLASSES = Resource::list(
        Source::INGRESS_CLASSES, NETWORKING, V1, "ingressclasses", "IngressClass");
    INGRESS_CLASS_PARAMS = Resource::list(
        Source::INGRESS_CLASS_PARAMS, "elbv2.k8s.aws", &["v1beta1"],
        "ingressclassparams", "IngressClassParams")
        .custom();
    AUTO_MODE_CLASS_PARAMS = Resource::list(
        Source::AUTO_MODE_CLASS_PARAMS, "eks.amazonaws.com", V1,
        "ingressclassparams", "IngressClassParams")
        .custom();
    GATEWAY_CLASSES = Resource::list(
        Source::GATEWAY_CLASSES, GATEWAY, &["v1", "v1beta1"], "gatewayclasses", "GatewayClass")
        .custom();
    GATEWAYS = Resource::list(
        Source::GATEWAYS, GATEWAY, &["v1", "v1beta1"], "gateways", "Gateway")
        .custom();
    HTTP_ROUTES = Resource::list(
        Source::HTTP_ROUTES, GATEWAY, &["v1", "v1beta1"], "httproutes", "HTTPRoute")
        .custom();
    GRPC_ROUTES = Resource::list(
        Source::GRPC_ROUTES, GATEWAY, &["v1", "v1alpha2"], "grpcroutes", "GRPCRoute")
        .custom();
    TCP_ROUTES = Resource::list(
        Source::TCP_ROUTES, GATEWAY, &["v1", "v1alpha2"], "tcproutes", "TCPRoute")
        .custom();
    TLS_ROUTES = Resource::list(
        Source::TLS_ROUTES, GATEWAY, &["v1", "v1alpha3", "v1alpha2"], "tlsroutes", "TLSRoute")
        .custom();
    LOAD_BALANCER_CONFIGURATIONS = Resource::list(
        Source::LOAD_BALANCER_CONFIGURATIONS, "gateway.k8s.aws", &["v1", "v1beta1"],
        "loadbalancerconfigurations", "LoadBalancerConfiguration")
        .custom();
    NODES = Resource::list(Source::NODES, "", V1, "nodes", "Node");
    SECRET_PROVIDER_CLASSES = Resource::list(
        Source::SECRET_PROVIDER_CLASSES, "secrets-store.csi.x-k8s.io", V1,
        "secretproviderclasses", "SecretProviderClass")
        .custom();
    SECRET_PROVIDER_CLASS_POD_STATUSES = Resource::list(
        Source::SECRET_PROVIDER_CLASS_POD_STATUSES, "secrets-store.csi.x-k8s.io", V1,
        "secretproviderclasspodstatuses", "SecretProviderClassPodStatus")
        .custom();
    EXTERNAL_SECRETS = Resource::list(
        Source::EXTERNAL_SECRETS, EXTERNAL, &["v1", "v1beta1"],
        "externalsecrets", "ExternalSecret")
        .custom();
    CLUSTER_EXTERNAL_SECRETS = Resource::list(
        Source::CLUSTER_EXTERNAL_SECRETS, EXTERNAL, &["v1", "v1beta1"],
        "clusterexternalsecrets", "ClusterExternalSecret")
        .custom();
    SECRET_STORES = Resource::list(
        Source::SECRET_STORES, EXTERNAL, &["v1", "v1beta1"], "secretstores", "SecretStore")
        .custom();
    CLUSTER_SECRET_STORES = Resource::list(
        Source::CLUSTER_SECRET_STORES, EXTERNAL, &["v1", "v1beta1"],
        "clustersecretstores", "ClusterSecretStore")
        .custom();
    PUSH_SECRETS = Resource::list(
        Source::PUSH_SECRETS, EXTERNAL, &["v1alpha1"], "pushsecrets", "PushSecret")
        .custom();
    CERTIFICATES = Resource::list(
        Source::CERTIFICATES, "cert-manager.io", V1, "certificates", "Certificate")
        .custom();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::coverage::ScopeKind;

    #[test]
    fn every_source_of_a_cluster_is_read_once() {
        let kubernetes = |source: &&Source| source.scope == ScopeKind::Kubernetes;
        let mut known: Vec<_> = Source::ALL
            .iter()
            .filter(kubernetes)
            .map(|s| s.name)
            .collect();
        let mut read: Vec<_> = ALL.iter().map(|resource| resource.source.name).collect();
        known.sort_unstable();
        read.sort_unstable();
        assert_eq!(read, known);
    }

    #[test]
    fn paths_are_those_of_the_api() {
        for (resource, version, path) in [
            (PODS, "v1", "/api/v1/pods"),
            (DEPLOYMENTS, "v1", "/apis/apps/v1/deployments"),
            (
                AWS_AUTH,
                "v1",
                "/api/v1/namespaces/kube-system/configmaps/aws-auth",
            ),
            (
                EXTERNAL_SECRETS,
                "v1beta1",
                "/apis/external-secrets.io/v1beta1/externalsecrets",
            ),
        ] {
            assert_eq!(resource.path(version), path);
        }
    }

    #[test]
    fn only_secrets_are_sensitive_and_they_are_read_without_values() {
        for resource in ALL {
            let secrets = resource.read.resource == "secrets";
            assert_eq!(resource.read.sensitive, secrets, "{}", resource.source.name);
            assert!(!secrets || resource.metadata_only);
            assert!(matches!(resource.read.verb, "get" | "list"), "read-only");
        }
    }
}
