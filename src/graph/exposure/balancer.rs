//! Load balancers of Services: whether one is on the internet, and from where it may be reached.
//!
//! Three controllers make them, each with its own default. The cloud provider's makes one on the internet unless
//! `aws-load-balancer-internal` says otherwise (cloud-provider-aws, "The Service Controller"). The AWS Load Balancer
//! Controller, which takes the Services of its class and of the types `external` and `nlb-ip`, makes an internal one
//! unless `aws-load-balancer-scheme` says otherwise (its guide, "Network Load Balancer", "Secure by default"), and so
//! does EKS Auto Mode (EKS User Guide, "Use Service Annotations to configure Network Load Balancers"). The DNS name of
//! an internal Classic or Application Load Balancer begins with `internal-`.

use crate::graph::ClusterNode;
use crate::snapshot::kubernetes::{BalancerStatus, Service};

use super::door::{Arrival, Door, Lets, Opener};
use super::network::Network;
use super::range::{hold_internet, parts};

const PREFIX: &str = "service.beta.kubernetes.io/";

/// Who makes a Service's load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Maker<'s> {
    /// The cloud provider of the cluster.
    CloudProvider,
    /// The AWS Load Balancer Controller, or EKS Auto Mode.
    Controller,
    /// One of these: what tells was not seen.
    Either,
    /// Whoever takes this class.
    Other(&'s str),
}

/// The load balancer of a Service, if it may be reached from the internet.
pub(super) fn door<'s>(
    node: &ClusterNode<'s>,
    network: &Network<'s>,
    service: &'s Service,
) -> Option<Door<'s>> {
    if service.spec.kind.as_deref() != Some("LoadBalancer") {
        return None;
    }
    let maker = maker(node, service);
    let sources = sources(service, &maker, network);
    let lets = match network.balancer(&service.status) {
        Some(balancer) => network.through(balancer, sources),
        None => scheme(service, &maker).and(sources).and(is_there(service)),
    };
    let opener = match (network.balancer(&service.status), &maker) {
        (Some(_), _) | (_, Maker::Other(_)) => None,
        (None, _) => Some(Opener::Service(
            crate::graph::workload::namespace(&service.metadata).to_owned(),
            service.metadata.name.clone(),
        )),
    };
    Some(Door {
        opener,
        what: format!(
            "the load balancer{} of the Service {}",
            named(&service.status),
            label(service)
        ),
        open: lets.conditions()?,
        arrival: arrival(service, &maker),
    })
}

/// ` k8s-….elb.eu-west-1.amazonaws.com`, where it has a name.
pub(super) fn named(status: &BalancerStatus) -> String {
    let name = status.hostnames().next();
    name.map(|name| format!(" {name}")).unwrap_or_default()
}

/// `payments/api`.
pub(super) fn label(service: &Service) -> String {
    let namespace = crate::graph::workload::namespace(&service.metadata);
    format!("{namespace}/{}", service.metadata.name)
}

fn annotation<'s>(service: &'s Service, key: &str) -> Option<&'s str> {
    let value = service.metadata.annotations.get(&format!("{PREFIX}{key}"));
    value.map(|value| value.trim())
}

fn maker<'s>(node: &ClusterNode<'_>, service: &'s Service) -> Maker<'s> {
    let kind = annotation(service, "aws-load-balancer-type");
    match service.spec.load_balancer_class.as_deref() {
        Some("service.k8s.aws/nlb" | "eks.amazonaws.com/nlb") => Maker::Controller,
        Some(class) => Maker::Other(class),
        None if matches!(kind, Some("external" | "nlb-ip")) => Maker::Controller,
        // Both of the others put their class into Services that are new to the cluster.
        None if makes_by_itself(node) || !service.metadata.is_from_server() => Maker::Either,
        None => Maker::CloudProvider,
    }
}

/// Whether EKS Auto Mode makes load balancers in the cluster.
fn makes_by_itself(node: &ClusterNode<'_>) -> bool {
    let cluster = node.cluster.eks.cluster.as_ref();
    let network = cluster.and_then(|one| one.kubernetes_network_config.as_ref());
    let balancing = network.and_then(|one| one.elastic_load_balancing.as_ref());
    balancing.is_some_and(|one| one.enabled == Some(true))
}

fn scheme(service: &Service, maker: &Maker<'_>) -> Lets {
    if service.status.hostnames().any(is_internal) {
        return Lets::No;
    }
    let of_provider = match annotation(service, "aws-load-balancer-internal") {
        None | Some("" | "false") => Lets::In,
        Some(_) => Lets::No,
    };
    let of_controller = match annotation(service, "aws-load-balancer-scheme") {
        Some("internet-facing") => Lets::In,
        Some(_) => Lets::No,
        None => match annotation(service, "aws-load-balancer-internal") {
            Some("false") => Lets::In,
            _ => Lets::No,
        },
    };
    match maker {
        Maker::CloudProvider => of_provider,
        Maker::Controller => of_controller,
        Maker::Either if of_provider == of_controller => of_provider,
        Maker::Either if of_provider == Lets::In => Lets::If(
            "only if the cloud provider makes its load balancer, and not the AWS Load Balancer Controller or EKS Auto Mode, whose default is internal".to_owned(),
        ),
        Maker::Either => Lets::If(
            "only if the AWS Load Balancer Controller or EKS Auto Mode makes its load balancer".to_owned(),
        ),
        Maker::Other(class) => Lets::If(format!(
            "only if the load balancer of the class {class} is on the internet, which is not known"
        )),
    }
}

/// Whether a DNS name is that of an internal load balancer.
pub(super) fn is_internal(hostname: &str) -> bool {
    let name = hostname.strip_prefix("dualstack.").unwrap_or(hostname);
    name.starts_with("internal-")
}

/// From where it may be reached.
fn sources(service: &Service, maker: &Maker<'_>, network: &Network<'_>) -> Lets {
    if let Some(groups) = annotation(service, "aws-load-balancer-security-groups") {
        return of_groups(groups, network);
    }
    let annotated = annotation(service, "load-balancer-source-ranges").unwrap_or_default();
    let mut ranges: Vec<&str> = service
        .spec
        .load_balancer_source_ranges
        .iter()
        .map(String::as_str)
        .collect();
    if ranges.is_empty() {
        ranges.extend(parts(annotated));
    }
    let lists = annotation(service, "aws-load-balancer-security-group-prefix-lists");
    match (ranges.is_empty(), lists) {
        (true, Some(lists)) if *maker != Maker::CloudProvider => of_prefix_lists(lists),
        (true, _) => Lets::In,
        (false, _) if hold_internet(ranges) => Lets::In,
        (false, _) => Lets::No,
    }
}

/// What security groups that somebody chose, by id or name, let in.
pub(super) fn of_groups(groups: &str, network: &Network<'_>) -> Lets {
    let groups: Vec<&str> = parts(groups).collect();
    network.groups(&groups, None)
}

/// What prefix lists hold is not read.
pub(super) fn of_prefix_lists(lists: &str) -> Lets {
    Lets::If(format!(
        "only if the prefix lists {lists} hold the internet, which were not read"
    ))
}

fn is_there(service: &Service) -> Lets {
    match service.status.is_empty() {
        true => Lets::If("only once its load balancer has an address".to_owned()),
        false => Lets::In,
    }
}

fn arrival(service: &Service, maker: &Maker<'_>) -> Arrival<'static> {
    let by_address = annotation(service, "aws-load-balancer-type") == Some("nlb-ip")
        || annotation(service, "aws-load-balancer-nlb-target-type") == Some("ip");
    match by_address && *maker == Maker::Controller {
        true => Arrival::Balancer,
        false => Arrival::Node,
    }
}
