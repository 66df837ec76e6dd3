//! Where a pod may connect to, at addresses that are no pod's.
//!
//! A pod is isolated for egress once a policy selects it that is for egress; then it may go where a rule of any such
//! policy lists, and nowhere else. A policy without `policyTypes` is for egress where it has egress rules.

use core::net::IpAddr;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::snapshot::kubernetes::NetworkPolicy;

use super::block::Block;
use super::port::{Port, list};
use super::selector::Selector;

/// The policies of a cluster that are for egress, read once.
#[derive(Clone, Debug, Default)]
pub struct Policies<'s> {
    by_namespace: BTreeMap<&'s str, Vec<Policy<'s>>>,
}

/// A policy that is for egress.
#[derive(Clone, Debug)]
struct Policy<'s> {
    name: &'s str,
    /// None: it cannot be read.
    read: Option<(Selector, Vec<Rule>)>,
}

/// A rule of egress: no peers or ports are all of them.
#[derive(Clone, Debug)]
struct Rule {
    /// Addresses; peers that are pods hold no address of a node or of the network's own.
    blocks: Option<Vec<Block>>,
    ports: Option<Vec<Port>>,
}

/// What policies say of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Egress<'s> {
    /// None isolates the pod.
    Open,
    /// One that isolates it, or another, allows it: its name.
    Allowed(&'s str),
    /// Those that isolate it allow it nowhere: their names.
    Closed(Vec<&'s str>),
    /// This one may select the pod, and cannot be read.
    Unknown(&'s str),
}

impl<'s> Policies<'s> {
    /// Reads them.
    pub fn of(policies: &'s [NetworkPolicy]) -> Self {
        let mut by_namespace: BTreeMap<&str, Vec<Policy<'_>>> = BTreeMap::new();
        for policy in policies {
            if !is_for_egress(&policy.spec) {
                continue;
            }
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

    /// What they say of a connection by TCP from a pod to an address that is no pod's.
    pub fn egress(
        &self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
        to: IpAddr,
        port: u64,
    ) -> Egress<'s> {
        let (mut closed, mut unknown) = (Vec::new(), None);
        for policy in self.by_namespace.get(namespace).into_iter().flatten() {
            let Some((selector, rules)) = &policy.read else {
                unknown = unknown.or(Some(policy.name));
                continue;
            };
            if !selector.selects(labels) {
                continue;
            }
            if rules.iter().any(|rule| rule.allows(to, port)) {
                return Egress::Allowed(policy.name);
            }
            closed.push(policy.name);
        }
        match unknown {
            Some(name) => Egress::Unknown(name),
            None if closed.is_empty() => Egress::Open,
            None => Egress::Closed(closed),
        }
    }
}

fn is_for_egress(spec: &Value) -> bool {
    match spec.get("policyTypes").and_then(Value::as_array) {
        Some(kinds) if !kinds.is_empty() => kinds.iter().any(|kind| kind == "Egress"),
        _ => list(spec, "egress").is_some_and(|rules| !rules.is_empty()),
    }
}

fn read(spec: &Value) -> Option<(Selector, Vec<Rule>)> {
    let selector = spec.get("podSelector").filter(|one| !one.is_null());
    let selector = selector.map_or(Some(Selector::default()), Selector::read)?;
    let rules = list(spec, "egress").into_iter().flatten();
    Some((selector, rules.map(Rule::read).collect::<Option<_>>()?))
}

impl Rule {
    fn read(rule: &Value) -> Option<Self> {
        let blocks = match list(rule, "to").filter(|peers| !peers.is_empty()) {
            None => None,
            Some(peers) => {
                let blocks = peers.iter().filter_map(|peer| peer.get("ipBlock"));
                Some(blocks.map(Block::read).collect::<Option<_>>()?)
            }
        };
        let ports = Port::all_of(rule)?;
        Some(Self { blocks, ports })
    }

    fn allows(&self, to: IpAddr, port: u64) -> bool {
        let address = self
            .blocks
            .as_ref()
            .is_none_or(|blocks| blocks.iter().any(|block| block.holds(to)));
        let ports = self.ports.as_ref();
        // A port by name is one of a pod.
        address && ports.is_none_or(|ports| ports.iter().any(|one| one.holds(port, &|_| None)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    /// What one policy says of TCP 80 at 169.254.169.254 from the pod a/x with the label app=api.
    fn says(spec: &Value) -> String {
        let policy = json!({"metadata": {"name": "p", "namespace": "a"}, "spec": spec});
        let policies: Vec<NetworkPolicy> = vec![serde_json::from_value(policy).unwrap()];
        let labels = BTreeMap::from([("app".to_owned(), "api".to_owned())]);
        let to = "169.254.169.254".parse().unwrap();
        format!("{:?}", Policies::of(&policies).egress("a", &labels, to, 80))
    }

    #[test]
    fn a_pod_goes_where_a_rule_lists_once_it_is_isolated() {
        let egress =
            |rules: Value| json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": rules});
        let (open, closed, allowed) = ("Open", r#"Closed(["p"])"#, r#"Allowed("p")"#);
        let to_all = json!([{"ipBlock": {"cidr": "0.0.0.0/0"}}]);
        for (spec, expected) in [
            (json!({"podSelector": {}}), open),
            (json!({"podSelector": {}, "ingress": []}), open),
            (
                json!({"podSelector": {}, "policyTypes": ["Ingress"], "egress": [{}]}),
                open,
            ),
            (egress(json!([])), closed),
            (json!({"policyTypes": ["Ingress", "Egress"]}), closed),
            (
                json!({"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]}),
                open,
            ),
            (
                json!({"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Egress"]}),
                closed,
            ),
            (json!({"podSelector": {}, "egress": [{}]}), allowed),
            (egress(json!([{}])), allowed),
            (egress(json!([{"to": []}])), allowed),
            (egress(json!([{"to": to_all}])), allowed),
            (
                egress(
                    json!([{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}]),
                ),
                closed,
            ),
            (egress(json!([{"to": [{"namespaceSelector": {}}]}])), closed),
            (
                egress(
                    json!([{"to": [{"podSelector": {}}, {"ipBlock": {"cidr": "169.254.0.0/16"}}]}]),
                ),
                allowed,
            ),
            (
                egress(json!([{"ports": [{"protocol": "UDP", "port": 53}]}])),
                closed,
            ),
            (egress(json!([{"ports": [{"port": 443}]}])), closed),
            (egress(json!([{"ports": [{"port": 80}]}])), allowed),
            (
                egress(json!([{"ports": [{"port": 1, "endPort": 1024}]}])),
                allowed,
            ),
            (egress(json!([{"ports": [{"protocol": "TCP"}]}])), allowed),
            (egress(json!([{"ports": [{"port": "http"}]}])), closed),
            (
                egress(json!([{"to": [{"ipBlock": {"cidr": "broken"}}]}])),
                r#"Unknown("p")"#,
            ),
        ] {
            assert_eq!(says(&spec), expected, "{spec}");
        }
    }

    #[test]
    fn the_rules_of_all_policies_of_the_namespace_count_together() {
        let policy = |name: &str, namespace: &str, spec: Value| -> NetworkPolicy {
            serde_json::from_value(
                json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec}),
            )
            .unwrap()
        };
        let deny = json!({"podSelector": {}, "policyTypes": ["Egress"]});
        let allow = json!({"podSelector": {}, "egress": [{}]});
        let to: IpAddr = "169.254.169.254".parse().unwrap();
        let labels = BTreeMap::new();
        let all = [
            policy("deny", "a", deny.clone()),
            policy("deny", "b", deny),
            policy("open", "b", allow),
        ];
        let policies = Policies::of(&all);
        let says = |namespace: &str| policies.egress(namespace, &labels, to, 80);
        assert_eq!(says("a"), Egress::Closed(vec!["deny"]));
        assert_eq!(says("b"), Egress::Allowed("open"));
        assert_eq!(says("c"), Egress::Open);
    }
}
