//! Ways to pods over the network: services, ingresses, network policies.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};

use super::Labels;

objects! {
    /// A service.
    Service {
        /// Name, annotations, …
        metadata: Metadata,
        /// What it should be.
        spec: ServiceSpec,
        /// What it is.
        #[serde(skip_serializing_if = "BalancerStatus::is_empty")]
        status: BalancerStatus,
    }
    /// What a Service or Ingress is, as far as its load balancer goes.
    BalancerStatus {
        /// Its load balancer.
        load_balancer: Balancer,
    }
    /// A load balancer.
    Balancer {
        /// Where it is reached; empty: nowhere yet.
        ingress: Vec<BalancerAddress>,
    }
    /// Where a load balancer is reached.
    BalancerAddress {
        /// `k8s-….elb.eu-west-1.amazonaws.com`.
        hostname: Option<String>,
        /// An address.
        ip: Option<String>,
    }
    /// What a service should be.
    ServiceSpec {
        /// `ClusterIP`, `LoadBalancer`, …
        #[serde(rename = "type")]
        kind: Option<String>,
        /// Which pods.
        selector: Labels,
        /// From where its load balancer may be reached.
        load_balancer_source_ranges: Vec<String>,
        /// `eks.amazonaws.com/nlb`, …
        load_balancer_class: Option<String>,
        /// Its ports.
        ports: Vec<ServicePort>,
        /// Addresses at which nodes take traffic for it.
        #[serde(rename = "externalIPs", skip_serializing_if = "Vec::is_empty")]
        external_ips: Vec<String>,
        /// `Local`: nodes take traffic for their own pods only.
        external_traffic_policy: Option<String>,
    }
    /// A port of a service.
    ServicePort {
        /// Its name.
        name: Option<String>,
        /// The port.
        port: i32,
        /// The port of the pods, by number or by name; absent: the same.
        target_port: Option<serde_json::Value>,
        /// The port on each node.
        node_port: Option<i32>,
        /// `TCP`, …
        protocol: Option<String>,
    }
    /// An ingress.
    Ingress {
        /// Name, annotations, …
        metadata: Metadata,
        /// What it should be.
        spec: IngressSpec,
        /// What it is.
        #[serde(skip_serializing_if = "BalancerStatus::is_empty")]
        status: BalancerStatus,
    }
    /// What an ingress should be.
    IngressSpec {
        /// `alb`, …
        ingress_class_name: Option<String>,
        /// Where everything else goes.
        default_backend: Option<IngressBackend>,
        /// Hosts and paths.
        rules: Vec<IngressRule>,
        /// Certificates.
        tls: Vec<IngressTls>,
    }
    /// A host of an ingress.
    IngressRule {
        /// The host; absent: any.
        host: Option<String>,
        /// Its paths.
        http: Option<IngressPaths>,
    }
    /// Paths of a host.
    IngressPaths {
        /// The paths.
        paths: Vec<IngressPath>,
    }
    /// A path of a host.
    IngressPath {
        /// The path.
        path: Option<String>,
        /// Where it goes.
        backend: IngressBackend,
    }
    /// Where a path goes.
    IngressBackend {
        /// A service.
        service: Option<ServiceBackend>,
    }
    /// A service that an ingress leads to.
    ServiceBackend {
        /// Its name.
        name: String,
        /// Its port.
        port: Option<BackendPort>,
    }
    /// A port of a service, by number or by name.
    BackendPort {
        /// The number.
        number: Option<i32>,
        /// The name.
        name: Option<String>,
    }
    /// A certificate of an ingress.
    IngressTls {
        /// Its hosts.
        hosts: Vec<String>,
        /// The Secret that holds it.
        secret_name: Option<String>,
    }
    /// A NetworkPolicy.
    NetworkPolicy {
        /// Name, …
        metadata: Metadata,
        /// Its spec, whole.
        spec: serde_json::Value,
    }
}

impl BalancerStatus {
    /// Whether there is no load balancer.
    pub fn is_empty(&self) -> bool {
        self.load_balancer.ingress.is_empty()
    }

    /// The names at which it is reached.
    pub fn hostnames(&self) -> impl Iterator<Item = &str> {
        let all = self.load_balancer.ingress.iter();
        all.filter_map(|one| one.hostname.as_deref())
    }
}
