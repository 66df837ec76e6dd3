//! Ways to pods over the network: services, ingresses, network policies.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};

use super::{Labels, LocalReference};

objects! {
    /// A service.
    Service {
        /// Name, annotations, …
        metadata: Metadata,
        /// What it should be.
        spec: ServiceSpec,
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
    }
    /// A port of a service.
    ServicePort {
        /// Its name.
        name: Option<String>,
        /// The port.
        port: i32,
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
        service: Option<LocalReference>,
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
