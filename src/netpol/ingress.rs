//! Who may connect to a pod.
//!
//! A pod is isolated for ingress once a policy selects it that is for ingress; then it takes what a rule of any such
//! policy lists, and nothing else. A policy without `policyTypes` is for ingress.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::snapshot::kubernetes::{Labels, NetworkPolicy};

use super::block::Block;
use super::port::{Port, list};
use super::selector::Selector;

/// The policies of a cluster that are for ingress, read once.
#[derive(Clone, Debug, Default)]
pub struct IngressPolicies<'s> {
    by_namespace: BTreeMap<&'s str, Vec<Policy<'s>>>,
}

#[derive(Clone, Debug)]
struct Policy<'s> {
    name: &'s str,
    /// None: it cannot be read.
    read: Option<(Selector, Vec<Rule>)>,
}

/// A rule: no peers or ports are all of them.
#[derive(Clone, Debug)]
struct Rule {
    peers: Option<Vec<From>>,
    ports: Option<Vec<Port>>,
}

/// A peer that a rule lists.
#[derive(Clone, Debug)]
enum From {
    Block(Block),
    /// Pods of the policy's own namespace, or of those that a selector takes.
    Pods(Option<Selector>, Selector),
}

/// Who connects.
#[derive(Clone, Copy, Debug)]
pub enum Peer<'p> {
    /// Something that is no pod, at an address that is not known.
    Outside,
    /// A pod: its namespace, the namespace's labels, its own.
    Pod(&'p str, &'p Labels, &'p Labels),
}

/// The pod that is connected to.
#[derive(Clone, Copy)]
pub struct Pod<'p> {
    /// Its namespace.
    pub namespace: &'p str,
    /// Its labels.
    pub labels: &'p Labels,
    /// The port, and the ports of the pod by their names.
    pub port: u64,
    /// By name the number of a port of the pod.
    pub named: &'p dyn Fn(&str) -> Option<u64>,
}

/// What policies say of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ingress<'s> {
    /// None isolates the pod.
    Open,
    /// One allows it: its name.
    Allowed(&'s str),
    /// One allows it from these ranges: its name.
    AllowedFrom(&'s str, Vec<String>),
    /// Those that isolate it allow it from nowhere: their names.
    Closed(Vec<&'s str>),
    /// This one may select the pod, and cannot be read.
    Unknown(&'s str),
}

impl<'s> IngressPolicies<'s> {
    /// Reads them.
    pub fn of(policies: &'s [NetworkPolicy]) -> Self {
        let mut by_namespace: BTreeMap<&str, Vec<Policy<'_>>> = BTreeMap::new();
        for policy in policies.iter().filter(|one| is_for_ingress(&one.spec)) {
            let namespace = match policy.metadata.namespace() {
                "" => "default",
                namespace => namespace,
            };
            by_namespace.entry(namespace).or_default().push(Policy {
                name: &policy.metadata.name,
                read: read(&policy.spec),
            });
        }
        Self { by_namespace }
    }

    /// The numbers, within a namespace, of those that select a pod with these labels. Pods of a namespace that the same
    /// ones select differ in nothing but the names of their ports.
    pub fn selecting(&self, namespace: &str, labels: &Labels) -> Vec<usize> {
        let policies = self.by_namespace.get(namespace).into_iter().flatten();
        let selects = |(at, policy): (usize, &Policy<'_>)| {
            let (selector, _) = policy.read.as_ref()?;
            selector.selects(labels).then_some(at)
        };
        policies.enumerate().filter_map(selects).collect()
    }

    /// What they say of a connection by TCP to a pod.
    pub fn ingress(&self, to: Pod<'_>, from: Peer<'_>) -> Ingress<'s> {
        let (mut closed, mut unknown, mut ranges) = (Vec::new(), None, None);
        for policy in self.by_namespace.get(to.namespace).into_iter().flatten() {
            let Some((selector, rules)) = &policy.read else {
                unknown = unknown.or(Some(policy.name));
                continue;
            };
            if !selector.selects(to.labels) {
                continue;
            }
            for rule in rules.iter().filter(|rule| rule.is_on(to)) {
                match rule.takes(to.namespace, from) {
                    Takes::All => return Ingress::Allowed(policy.name),
                    Takes::Ranges(found) => ranges = ranges.or(Some((policy.name, found))),
                    Takes::Nothing => {}
                }
            }
            closed.push(policy.name);
        }
        match (ranges, unknown) {
            (Some((name, ranges)), _) => Ingress::AllowedFrom(name, ranges),
            (None, Some(name)) => Ingress::Unknown(name),
            (None, None) if closed.is_empty() => Ingress::Open,
            (None, None) => Ingress::Closed(closed),
        }
    }
}

fn is_for_ingress(spec: &Value) -> bool {
    match spec.get("policyTypes").and_then(Value::as_array) {
        Some(kinds) if !kinds.is_empty() => kinds.iter().any(|kind| kind == "Ingress"),
        _ => true,
    }
}

fn read(spec: &Value) -> Option<(Selector, Vec<Rule>)> {
    let selector = selector(spec, "podSelector")?.unwrap_or_default();
    let rules = list(spec, "ingress").into_iter().flatten();
    Some((selector, rules.map(Rule::read).collect::<Option<_>>()?))
}

/// The selector under a key, where there is one; nothing where it is broken.
fn selector(value: &Value, key: &str) -> Option<Option<Selector>> {
    match value.get(key).filter(|one| !one.is_null()) {
        None => Some(None),
        Some(selector) => Some(Some(Selector::read(selector)?)),
    }
}

/// What a rule takes of somebody.
enum Takes {
    All,
    Ranges(Vec<String>),
    Nothing,
}

impl Rule {
    fn read(rule: &Value) -> Option<Self> {
        let peers = match list(rule, "from").filter(|peers| !peers.is_empty()) {
            None => None,
            Some(peers) => Some(peers.iter().map(From::read).collect::<Option<_>>()?),
        };
        Some(Self {
            peers,
            ports: Port::all_of(rule)?,
        })
    }

    fn is_on(&self, to: Pod<'_>) -> bool {
        let ports = self.ports.as_ref();
        ports.is_none_or(|ports| ports.iter().any(|one| one.holds(to.port, to.named)))
    }

    fn takes(&self, own: &str, from: Peer<'_>) -> Takes {
        let Some(peers) = &self.peers else {
            return Takes::All;
        };
        let mut ranges = Vec::new();
        for peer in peers {
            match (peer, from) {
                (From::Block(block), _) if block.is_everything() => return Takes::All,
                (From::Block(block), _) => ranges.push(block.text()),
                (From::Pods(of, pods), Peer::Pod(namespace, of_namespace, labels)) => {
                    let here = match of {
                        None => namespace == own,
                        Some(selector) => selector.selects(of_namespace),
                    };
                    if here && pods.selects(labels) {
                        return Takes::All;
                    }
                }
                (From::Pods(..), Peer::Outside) => {}
            }
        }
        match ranges.is_empty() {
            true => Takes::Nothing,
            false => Takes::Ranges(ranges),
        }
    }
}

impl From {
    fn read(peer: &Value) -> Option<Self> {
        if let Some(block) = peer.get("ipBlock").filter(|one| !one.is_null()) {
            return Some(Self::Block(Block::read(block)?));
        }
        let pods = selector(peer, "podSelector")?.unwrap_or_default();
        Some(Self::Pods(selector(peer, "namespaceSelector")?, pods))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// What one policy says of TCP 8080 to the pod a/x with the label app=api, whose port `http` that is.
    fn says(spec: &Value, from: Peer<'_>) -> String {
        let policy = json!({"metadata": {"name": "p", "namespace": "a"}, "spec": spec});
        let policies: Vec<NetworkPolicy> = vec![serde_json::from_value(policy).unwrap()];
        let own = labels(&[("app", "api")]);
        let to = Pod {
            namespace: "a",
            labels: &own,
            port: 8080,
            named: &|name| (name == "http").then_some(8080),
        };
        format!("{:?}", IngressPolicies::of(&policies).ingress(to, from))
    }

    #[test]
    fn a_pod_takes_what_a_rule_lists_once_it_is_isolated() {
        let with = |rules: Value| json!({"podSelector": {}, "ingress": rules});
        let (open, closed, allowed) = ("Open", r#"Closed(["p"])"#, r#"Allowed("p")"#);
        for (spec, expected) in [
            (json!({"podSelector": {}}), closed),
            (json!({"podSelector": {}, "ingress": []}), closed),
            (json!({"podSelector": {}, "ingress": null}), closed),
            (json!({"podSelector": {}, "policyTypes": ["Egress"]}), open),
            (
                json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
                closed,
            ),
            (
                json!({"podSelector": {"matchLabels": {"app": "web"}}}),
                open,
            ),
            (
                json!({"podSelector": {"matchLabels": {"app": "api"}}}),
                closed,
            ),
            (with(json!([{}])), allowed),
            (with(json!([{"from": []}])), allowed),
            (
                with(json!([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])),
                allowed,
            ),
            (
                with(json!([{"from": [{"ipBlock": {"cidr": "::/0"}}]}])),
                allowed,
            ),
            (
                with(json!([{"from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}])),
                r#"AllowedFrom("p", ["10.0.0.0/16"])"#,
            ),
            (
                with(
                    json!([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}]),
                ),
                r#"AllowedFrom("p", ["0.0.0.0/0"])"#,
            ),
            (with(json!([{"from": [{"podSelector": {}}]}])), closed),
            (with(json!([{"from": [{"namespaceSelector": {}}]}])), closed),
            (with(json!([{"ports": [{"port": 8080}]}])), allowed),
            (with(json!([{"ports": [{"port": "http"}]}])), allowed),
            (with(json!([{"ports": [{"port": "other"}]}])), closed),
            (
                with(json!([{"ports": [{"port": 80, "endPort": 9000}]}])),
                allowed,
            ),
            (with(json!([{"ports": [{"port": 80}]}])), closed),
            (
                with(json!([{"ports": [{"protocol": "UDP", "port": 8080}]}])),
                closed,
            ),
            (
                with(json!([{"from": [{"podSelector": {}}]}, {"ports": [{"protocol": "TCP"}]}])),
                allowed,
            ),
            (
                with(json!([{"from": [{"ipBlock": {"cidr": "broken"}}]}])),
                r#"Unknown("p")"#,
            ),
        ] {
            assert_eq!(says(&spec, Peer::Outside), expected, "{spec}");
        }
    }

    #[test]
    fn pods_are_peers_by_their_labels_and_those_of_their_namespace() {
        let spaces = labels(&[("kubernetes.io/metadata.name", "edge"), ("team", "net")]);
        let own = labels(&[("app", "proxy")]);
        let (closed, allowed) = (r#"Closed(["p"])"#, r#"Allowed("p")"#);
        for (peer, namespace, expected) in [
            (json!({"podSelector": {}}), "a", allowed),
            (json!({"podSelector": {}}), "edge", closed),
            (
                json!({"podSelector": {"matchLabels": {"app": "proxy"}}}),
                "a",
                allowed,
            ),
            (
                json!({"podSelector": {"matchLabels": {"app": "other"}}}),
                "a",
                closed,
            ),
            (json!({"namespaceSelector": {}}), "edge", allowed),
            (
                json!({"namespaceSelector": {"matchLabels": {"team": "net"}}}),
                "edge",
                allowed,
            ),
            (
                json!({"namespaceSelector": {"matchLabels": {"team": "db"}}}),
                "edge",
                closed,
            ),
            (
                json!({"namespaceSelector": {"matchLabels": {"team": "net"}}, "podSelector": {"matchLabels": {"app": "other"}}}),
                "edge",
                closed,
            ),
        ] {
            let spec = json!({"podSelector": {}, "ingress": [{"from": [peer]}]});
            let from = Peer::Pod(namespace, &spaces, &own);
            assert_eq!(says(&spec, from), expected, "{peer} {namespace}");
        }
    }
}
