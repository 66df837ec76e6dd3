//! Who brings a trust policy back to life whose OIDC provider is gone, or does not admit the audience that it asks for.
//!
//! IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM": STS takes a token where the role's
//! account has a provider for its issuer that admits its audience. Service Authorization Reference, "AWS Identity and
//! Access Management": the actions are on the provider.

use std::collections::BTreeMap;

use super::Control;
use super::edge::{Edge, Rests};
use super::node::Set;
use crate::graph::irsa::Known;
use crate::graph::path::EdgeKind;
use crate::iam::arn;
use crate::iam::document::{Effect, PolicyDocument};
use crate::iam::evaluate::Decision;
use crate::iam::principal::Principals as Named;
use crate::iam::trust::{LimitKind, subject_conditions};

const CREATE: &str = "iam:createopenidconnectprovider";
const ADMIT: &str = "iam:addclientidtoopenidconnectprovider";

/// A provider that trust policies name, and what it lacks; nothing: it is not there.
type Lack = (String, Option<String>);

impl Control<'_, '_> {
    /// Who makes providers, and who admits audiences.
    pub(super) fn providers(&mut self) {
        let lacking = self.lacking();
        if lacking.is_empty() {
            return;
        }
        let mut edges = Vec::new();
        for (from, caller) in self.assume.each() {
            for ((provider, audience), roles) in &lacking {
                let action = match audience {
                    None => CREATE,
                    Some(_) => ADMIT,
                };
                let is_here = arn::account(provider) == Some(caller.asker.principal.account);
                if !is_here || !caller.names(action) {
                    continue;
                }
                let decision = caller.may(action, provider, &|_| {});
                if !decision.is_denied() {
                    edges.push((
                        from,
                        roles.clone(),
                        self.revives(caller, provider, audience, &decision),
                    ));
                }
            }
        }
        for (from, roles, edge) in edges {
            let roles: Vec<usize> = roles
                .into_iter()
                .map(|role| self.session_of(role))
                .collect();
            let to = self.set(Set::These(roles.clone()), roles);
            self.edge(from, Edge { to, ..edge });
        }
    }

    fn revives(
        &self,
        caller: &super::Caller<'_, '_>,
        provider: &str,
        audience: &Option<String>,
        decision: &Decision,
    ) -> Edge {
        let issuer = issuer(provider);
        let (does, token) = match audience {
            None => (
                format!("it makes the OIDC provider {issuer} (iam:CreateOpenIDConnectProvider)"),
                format!("only if it gets a token of {issuer} that the trust policy takes"),
            ),
            Some(audience) => (
                format!(
                    "it has {issuer} admit {audience} (iam:AddClientIDToOpenIDConnectProvider)"
                ),
                format!(
                    "only if it gets a token of {issuer} for {audience} that the trust policy takes"
                ),
            ),
        };
        let open = decision
            .conditions
            .iter()
            .filter(|_| !decision.is_allowed());
        let open = open.cloned().chain([token]);
        let evidence = format!("{does}{}", caller.by([decision]));
        let edge = Edge::step(0, EdgeKind::Escalates, evidence);
        edge.open(caller.open(open)).rests(Rests::on([decision]))
    }

    /// The roles by what their trust policies name and their account has not.
    fn lacking(&self) -> BTreeMap<Lack, Vec<usize>> {
        let mut lacking: BTreeMap<Lack, Vec<usize>> = BTreeMap::new();
        for (at, role) in self.graph.principals.iter() {
            let Some(trust) = &role.trust else {
                continue;
            };
            for provider in providers(&trust.document) {
                if arn::account(provider) != Some(role.account) {
                    continue;
                }
                for audience in self.lacks(role.account, provider, &trust.document) {
                    let roles = lacking.entry((provider.to_owned(), audience)).or_default();
                    if roles.last() != Some(&at) {
                        roles.push(at);
                    }
                }
            }
        }
        lacking
    }

    /// Whether a provider is not there, or which audiences that are asked for it does not admit. One that is admitted
    /// is enough for a statement.
    fn lacks(&self, account: &str, provider: &str, trust: &PolicyDocument) -> Vec<Option<String>> {
        let known = &self.graph.providers;
        let issuer = issuer(provider);
        let mut lacks = Vec::new();
        for statement in subject_conditions(trust, provider) {
            let limits = statement.audience.iter().flat_map(|limit| &limit.values);
            let exact: Vec<&str> = limits
                .filter_map(|value| match value {
                    LimitKind::Exact(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            let asked = exact.first().copied().unwrap_or("sts.amazonaws.com");
            match known.knows(account, issuer, asked) {
                Known::NoProvider => lacks.push(None),
                Known::NoAudience => {
                    let none = |one: &&str| known.knows(account, issuer, one) == Known::NoAudience;
                    if !exact.is_empty() && exact.iter().all(none) {
                        lacks.extend(exact.iter().map(|one| Some((*one).to_owned())));
                    }
                }
                Known::Yes | Known::Unknown => {}
            }
        }
        lacks.sort();
        lacks.dedup();
        lacks
    }
}

/// The OIDC providers that a trust policy names.
fn providers(trust: &PolicyDocument) -> Vec<&str> {
    let allows = trust
        .statements
        .iter()
        .filter(|one| one.effect == Effect::Allow);
    let mut found: Vec<&str> = allows
        .flat_map(|one| match &one.principals {
            Named::Only(set) => set.federated.as_slice(),
            Named::AllBut(_) | Named::Omitted => &[],
        })
        .map(|name| &**name)
        .filter(|name| name.contains(":oidc-provider/"))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn issuer(provider: &str) -> &str {
    provider
        .split_once(":oidc-provider/")
        .map_or(provider, |(_, issuer)| issuer)
}
