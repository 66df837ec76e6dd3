//! Load balancers of Ingresses: those of the AWS Load Balancer Controller and EKS Auto Mode themselves, and those of the
//! Services of proxies in the cluster.
//!
//! AWS Load Balancer Controller, guide, "Ingress annotations": the scheme is internal by default; Ingresses of one group
//! share a load balancer; security groups that are named take the place of `inbound-cidrs`, which are all by default.
//! IngressClassParams may say otherwise (see [`super::class`]); the DNS name of what was made tells (Elastic Load Balancing
//! User Guide: it begins with `internal-` where the load balancer is internal).

use std::collections::HashMap;

use serde_json::Value;

use crate::graph::workload::namespace;
use crate::snapshot::kubernetes::{BackendPort, Ingress, IngressBackend, ServicePort};

use super::balancer::{is_internal, named, of_groups, of_prefix_lists};
use super::class::{Classes, Whose};
use super::door::{Arrival, Door, Lets, Opener};
use super::network::Network;
use super::range::{hold_internet, parts};

const PREFIX: &str = "alb.ingress.kubernetes.io/";

/// A port of a Service that an Ingress leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Backend<'s> {
    /// The Service, in the Ingress's namespace.
    pub(super) service: String,
    /// Its port; none: any.
    port: Option<Port<'s>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Port<'s> {
    Number(i64),
    Name(&'s str),
}

impl Backend<'_> {
    /// Whether it leads to a port of its Service.
    pub(super) fn takes(&self, port: &ServicePort) -> bool {
        match &self.port {
            None => true,
            Some(Port::Number(number)) => i64::from(port.port) == *number,
            Some(Port::Name(name)) => port.name.as_deref() == Some(name),
        }
    }
}

/// What the Ingresses of one group say together of their load balancer.
#[derive(Clone, Debug)]
struct Together<'s> {
    /// The first word on its scheme.
    scheme: Option<&'s str>,
    /// Whether an Ingress says it, and not a class.
    by_itself: bool,
    /// From where it is reached.
    sources: Lets,
}

/// The Ingresses of a cluster that share a load balancer, by the name of their group.
#[derive(Debug)]
pub(super) struct Groups<'g, 's> {
    by_name: HashMap<&'s str, Together<'s>>,
    classes: &'g Classes<'s>,
}

/// An Ingress, and whose it is.
type Classed<'s> = (&'s Ingress, Whose<'s>);

/// `payments/api`.
pub(super) fn label(ingress: &Ingress) -> String {
    let namespace = namespace(&ingress.metadata);
    format!("{namespace}/{}", ingress.metadata.name)
}

fn annotation<'s>(ingress: &'s Ingress, key: &str) -> Option<&'s str> {
    let value = ingress.metadata.annotations.get(&format!("{PREFIX}{key}"));
    value.map(|value| value.trim())
}

/// Its class, where it names one.
pub(super) fn class(ingress: &Ingress) -> Option<&str> {
    let named = ingress.spec.ingress_class_name.as_deref();
    named.or_else(|| {
        let annotations = &ingress.metadata.annotations;
        annotations
            .get("kubernetes.io/ingress.class")
            .map(String::as_str)
    })
}

/// Whether its class is nginx's, by its name.
pub(super) fn is_of_nginx(ingress: &Ingress) -> bool {
    class(ingress).is_some_and(|class| class.contains("nginx"))
}

/// Whether the AWS Load Balancer Controller or EKS Auto Mode takes it: its class is theirs by the name that it comes
/// with, or it is annotated for them and is of no class of a proxy's. A class that was seen tells.
pub(super) fn is_of_aws(ingress: &Ingress, classes: &Classes<'_>) -> bool {
    match classes.whose(ingress) {
        Whose::Aws(_) | Whose::AwsUnseen => return true,
        Whose::Others => return false,
        Whose::Unknown => {}
    }
    match class(ingress) {
        Some("alb") => true,
        Some(_) if is_of_nginx(ingress) => false,
        _ => {
            let mut keys = ingress.metadata.annotations.keys();
            keys.any(|key| key.starts_with(PREFIX))
        }
    }
}

/// Whether a DNS name is that of an Application Load Balancer, `NAME.REGION.elb.amazonaws.com`; a Network Load Balancer's is
/// `NAME.elb.REGION.amazonaws.com`, which does not tell whether it is internal.
pub(super) fn is_balancer(hostname: &str) -> bool {
    let name = hostname.strip_suffix(".cn").unwrap_or(hostname);
    name.ends_with(".elb.amazonaws.com")
}

impl<'s> Together<'s> {
    fn of(group: &[Classed<'s>], network: &Network<'s>) -> Self {
        let mut of_classes = group.iter().filter_map(|(_, whose)| whose.said());
        let of_class = of_classes.find_map(|said| said.scheme.as_deref());
        Self {
            scheme: of_class.or_else(|| of_group(group, "scheme")),
            by_itself: of_class.is_none(),
            sources: sources(group, network),
        }
    }
}

impl<'g, 's> Groups<'g, 's> {
    pub(super) fn of(
        ingresses: &'s [Ingress],
        classes: &'g Classes<'s>,
        network: &Network<'s>,
    ) -> Self {
        let mut by_name: HashMap<&str, Vec<Classed<'_>>> = HashMap::new();
        for ingress in ingresses.iter().filter(|one| is_of_aws(one, classes)) {
            let whose = classes.whose(ingress);
            if let Some(group) = group((ingress, whose)) {
                by_name.entry(group).or_default().push((ingress, whose));
            }
        }
        let together = by_name
            .into_iter()
            .map(|(name, group)| (name, Together::of(&group, network)));
        Self {
            by_name: together.collect(),
            classes,
        }
    }

    /// The load balancer of an Ingress, if it may be reached from the internet.
    pub(super) fn door(&self, ingress: &'s Ingress, network: &Network<'s>) -> Option<Door<'s>> {
        let whose = self.classes.whose(ingress);
        let group = group((ingress, whose)).and_then(|name| self.by_name.get(name));
        let group = group.cloned();
        let group = group.unwrap_or_else(|| Together::of(&[(ingress, whose)], network));
        let lets = match network.balancer(&ingress.status) {
            Some(balancer) => network.through(balancer, group.sources),
            None => scheme(ingress, whose, group.scheme).and(group.sources),
        };
        let lets = lets.and(signed_in(ingress));
        let of_class = whose.said().and_then(|said| said.target_type.as_deref());
        let target = of_class.or_else(|| annotation(ingress, "target-type"));
        // Where they do not say it themselves, the parameters of the class do.
        let is_said = group.by_itself && group.scheme == Some("internet-facing");
        let is_said = is_said && network.balancer(&ingress.status).is_none();
        let opener = is_said.then(|| {
            let namespace = namespace(&ingress.metadata).to_owned();
            Opener::Ingress(namespace, ingress.metadata.name.clone())
        });
        Some(Door {
            opener,
            what: format!(
                "the load balancer{} of the Ingress {}",
                named(&ingress.status),
                label(ingress)
            ),
            open: lets.conditions()?,
            arrival: match target {
                Some("ip") => Arrival::Balancer,
                _ => Arrival::Node,
            },
        })
    }
}

/// The name of the group that an Ingress is in: its class's, where that has one.
fn group<'s>((ingress, whose): Classed<'s>) -> Option<&'s str> {
    let of_class = whose.said().and_then(|said| said.group.as_ref());
    let of_class = of_class.map(|group| group.name.as_str());
    of_class.or_else(|| annotation(ingress, "group.name"))
}

/// The first word that the group says under a key.
fn of_group<'s>(group: &[Classed<'s>], key: &str) -> Option<&'s str> {
    group.iter().find_map(|(one, _)| annotation(one, key))
}

fn scheme(ingress: &Ingress, whose: Whose<'_>, said: Option<&str>) -> Lets {
    if let Some(name) = ingress.status.hostnames().next() {
        return match is_internal(name) {
            true => Lets::No,
            false => Lets::In,
        };
    }
    match (said, whose) {
        (Some("internet-facing"), _) => {
            Lets::If("only once its load balancer has an address".to_owned())
        }
        (Some(_), _) | (None, Whose::Aws(_)) => Lets::No,
        // The class that comes with the controller has no parameters unless somebody gives it some.
        (None, Whose::Unknown) if class(ingress) == Some("alb") => Lets::No,
        (None, _) => Lets::If(
            "only if the parameters of its class make its load balancer internet-facing, which were not read"
                .to_owned(),
        ),
    }
}

fn sources(group: &[Classed<'_>], network: &Network<'_>) -> Lets {
    if let Some(groups) = of_group(group, "security-groups") {
        return of_groups(groups, network);
    }
    let (mut ranges, mut lists): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (ingress, whose) in group {
        let said = whose.said();
        let of_class = said.map_or(&[][..], |said| said.inbound_cidrs.as_slice());
        match (of_class, annotation(ingress, "inbound-cidrs")) {
            ([], Some(own)) => ranges.extend(parts(own)),
            (of_class, _) => ranges.extend(of_class.iter().map(String::as_str)),
        }
        let of_class = said.map_or(&[][..], |said| said.prefix_lists_ids.as_slice());
        match (of_class, annotation(ingress, "security-group-prefix-lists")) {
            ([], Some(own)) => lists.extend(parts(own)),
            (of_class, _) => lists.extend(of_class.iter().map(String::as_str)),
        }
    }
    match (ranges.is_empty(), lists.is_empty()) {
        (true, true) => Lets::In,
        (false, _) if hold_internet(ranges) => Lets::In,
        (_, false) => of_prefix_lists(&lists.join(", ")),
        (false, true) => Lets::No,
    }
}

/// Whether the load balancer asks who comes.
fn signed_in(ingress: &Ingress) -> Lets {
    match annotation(ingress, "auth-type") {
        Some(kind @ ("oidc" | "cognito")) => Lets::If(format!(
            "only for who signs in at its load balancer ({kind})"
        )),
        _ => Lets::In,
    }
}

/// Where an Ingress leads.
pub(super) fn backends(ingress: &Ingress) -> Vec<Backend<'_>> {
    let paths = ingress
        .spec
        .rules
        .iter()
        .filter_map(|one| one.http.as_ref());
    let paths = paths.flat_map(|http| &http.paths).map(|one| &one.backend);
    let mut all: Vec<Backend<'_>> = ingress
        .spec
        .default_backend
        .iter()
        .chain(paths)
        .flat_map(|backend| of_backend(ingress, backend))
        .collect();
    all.sort();
    all.dedup();
    all
}

fn of_backend<'s>(ingress: &'s Ingress, backend: &'s IngressBackend) -> Vec<Backend<'s>> {
    let Some(service) = &backend.service else {
        return Vec::new();
    };
    let port = service.port.as_ref().and_then(port);
    if port == Some(Port::Name("use-annotation")) {
        return of_action(ingress, &service.name);
    }
    vec![Backend {
        service: service.name.clone(),
        port,
    }]
}

fn port(port: &BackendPort) -> Option<Port<'_>> {
    let name = port.name.as_deref().map(Port::Name);
    name.or(port.number.map(|number| Port::Number(number.into())))
}

/// Where an action in an annotation forwards to; other actions lead to no pod.
fn of_action<'s>(ingress: &'s Ingress, name: &str) -> Vec<Backend<'s>> {
    let text = annotation(ingress, &format!("actions.{name}")).unwrap_or_default();
    let Ok(action) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let groups = action.pointer("/forwardConfig/targetGroups");
    let groups = groups.and_then(Value::as_array).into_iter().flatten();
    let service = |group: &Value| {
        let service = group.get("serviceName")?.as_str()?.to_owned();
        let port = group.get("servicePort").and_then(|port| {
            let number = port.as_i64();
            number.or_else(|| port.as_str()?.parse().ok())
        });
        Some(Backend {
            service,
            port: port.map(Port::Number),
        })
    };
    groups.filter_map(service).collect()
}
