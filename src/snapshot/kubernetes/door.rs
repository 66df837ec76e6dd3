//! Ways to pods beside Services and Ingresses themselves: slices of endpoints, classes of Ingresses, and the Gateway API.
//!
//! Shapes: Kubernetes API reference, `discovery.k8s.io/v1`; Gateway API reference; AWS Load Balancer Controller, guide,
//! "IngressClassParams", "LoadBalancerConfiguration".

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};

objects! {
    /// Where a Service leads.
    EndpointSlice {
        /// Name, labels, …: they name the Service and who made the slice.
        metadata: Metadata,
        /// Its endpoints.
        endpoints: Vec<SliceEndpoint>,
        /// Its ports.
        ports: Vec<SlicePort>,
    }
    /// An endpoint.
    SliceEndpoint {
        /// Its addresses.
        addresses: Vec<String>,
        /// What it is.
        target_ref: Option<ObjectReference>,
    }
    /// A reference to an object.
    ObjectReference {
        /// Its kind.
        kind: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Its namespace.
        namespace: Option<String>,
    }
    /// A port of a slice.
    SlicePort {
        /// The name of the Service's port.
        name: Option<String>,
        /// The number.
        port: Option<i32>,
    }
    /// A class of Ingresses.
    IngressClass {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: IngressClassSpec,
    }
    /// What a class of Ingresses should be.
    IngressClassSpec {
        /// `ingress.k8s.aws/alb`, …
        controller: Option<String>,
        /// Where more is said.
        parameters: Option<ParametersReference>,
    }
    /// Where more is said of a class or a Gateway.
    ParametersReference {
        /// The API group of a class of Ingresses' parameters.
        api_group: Option<String>,
        /// The API group of a Gateway's.
        group: Option<String>,
        /// The kind.
        kind: Option<String>,
        /// The name.
        name: Option<String>,
        /// The namespace.
        namespace: Option<String>,
    }
    /// What the AWS Load Balancer Controller or EKS Auto Mode is told of a class.
    IngressClassParams {
        /// The API group, which tells whose it is; lists leave it out of their items.
        api_group: String,
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: IngressClassParamsSpec,
    }
    /// What is said of all Ingresses of a class.
    IngressClassParamsSpec {
        /// `internet-facing`, `internal`.
        scheme: Option<String>,
        /// From where their load balancers are reached.
        #[serde(rename = "inboundCIDRs")]
        inbound_cidrs: Vec<String>,
        /// The group that they are in.
        group: Option<IngressGroup>,
        /// `ip`, `instance`.
        target_type: Option<String>,
        /// From which prefix lists they are reached.
        #[serde(rename = "prefixListsIDs", alias = "PrefixListsIDs")]
        prefix_lists_ids: Vec<String>,
    }
    /// A group of Ingresses.
    IngressGroup {
        /// Its name.
        name: String,
    }
    /// A class of Gateways.
    GatewayClass {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: GatewayClassSpec,
    }
    /// What a class of Gateways should be.
    GatewayClassSpec {
        /// `gateway.k8s.aws/alb`, …
        controller_name: Option<String>,
        /// Where more is said.
        parameters_ref: Option<ParametersReference>,
    }
    /// A Gateway.
    Gateway {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: GatewaySpec,
        /// What it is.
        status: GatewayStatus,
    }
    /// What a Gateway should be.
    GatewaySpec {
        /// Its class.
        gateway_class_name: String,
        /// Where more is said.
        infrastructure: Option<GatewayInfrastructure>,
        /// Its listeners.
        listeners: Vec<GatewayListener>,
    }
    /// What a Gateway is made of.
    GatewayInfrastructure {
        /// Where more is said.
        parameters_ref: Option<ParametersReference>,
    }
    /// A listener of a Gateway.
    GatewayListener {
        /// Its name.
        name: String,
        /// Its port.
        port: i32,
        /// Which routes it takes.
        allowed_routes: Option<AllowedRoutes>,
        /// Its certificates.
        tls: Option<ListenerTls>,
    }
    /// What a listener does with TLS.
    ListenerTls {
        /// Where its certificates are.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        certificate_refs: Vec<CertificateReference>,
    }
    /// Where a certificate is.
    CertificateReference {
        /// The API group; absent: the core's.
        group: Option<String>,
        /// The kind; absent: a Secret.
        kind: Option<String>,
        /// The name.
        name: Option<String>,
        /// The namespace; absent: the Gateway's.
        namespace: Option<String>,
    }
    /// Which routes a listener takes.
    AllowedRoutes {
        /// Of which namespaces.
        namespaces: Option<RouteNamespaces>,
    }
    /// Of which namespaces routes are taken.
    RouteNamespaces {
        /// `Same`, `All`, `Selector`.
        from: Option<String>,
    }
    /// What a Gateway is.
    GatewayStatus {
        /// Where it is reached.
        addresses: Vec<GatewayAddress>,
    }
    /// Where a Gateway is reached.
    GatewayAddress {
        /// A DNS name or an address.
        value: String,
    }
    /// A route: HTTPRoute, GRPCRoute, TCPRoute, TLSRoute.
    Route {
        /// Its kind; the API's lists leave it out of their items.
        kind: String,
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: RouteSpec,
    }
    /// What a route should be.
    RouteSpec {
        /// The Gateways that it is for.
        parent_refs: Vec<ParentReference>,
        /// Where it leads.
        rules: Vec<RouteRule>,
    }
    /// A Gateway that a route is for.
    ParentReference {
        /// The API group; absent: the Gateway API's.
        group: Option<String>,
        /// The kind; absent: a Gateway.
        kind: Option<String>,
        /// The namespace; absent: the route's.
        namespace: Option<String>,
        /// The name.
        name: String,
        /// The listener; absent: all.
        section_name: Option<String>,
        /// The port; absent: all.
        port: Option<i32>,
    }
    /// A rule of a route.
    RouteRule {
        /// Where it leads.
        backend_refs: Vec<RouteBackend>,
    }
    /// Where a rule leads.
    RouteBackend {
        /// The API group; absent: the core's.
        group: Option<String>,
        /// The kind; absent: a Service.
        kind: Option<String>,
        /// The name.
        name: String,
        /// The namespace; absent: the route's.
        namespace: Option<String>,
        /// The port.
        port: Option<i32>,
        /// The share of the traffic; 0: none.
        weight: Option<i32>,
    }
    /// What the AWS Load Balancer Controller is told of the load balancer of Gateways.
    LoadBalancerConfiguration {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: LoadBalancerConfigurationSpec,
    }
    /// What the load balancer of Gateways should be.
    LoadBalancerConfigurationSpec {
        /// `prefer-gateway-class`, `prefer-gateway`.
        merging_mode: Option<String>,
        /// `internet-facing`, `internal`.
        scheme: Option<String>,
        /// From where it is reached.
        source_ranges: Vec<String>,
        /// Its security groups, by id or name.
        security_groups: Vec<String>,
        /// From which prefix lists it is reached.
        security_group_prefixes: Vec<String>,
    }
}

/// Who makes the slices of Services that have a selector.
const OF_SELECTORS: &str = "endpointslice-controller.k8s.io";

impl EndpointSlice {
    /// The Service that it is of, in its namespace.
    pub fn service(&self) -> Option<&str> {
        let labels = &self.metadata.labels;
        labels.get("kubernetes.io/service-name").map(String::as_str)
    }

    /// Whether it says what a Service's selector says: such are not kept.
    pub fn is_of_selector(&self) -> bool {
        let labels = &self.metadata.labels;
        let by = labels.get("endpointslice.kubernetes.io/managed-by");
        by.is_some_and(|by| by == OF_SELECTORS)
    }
}
