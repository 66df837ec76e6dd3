//! OIDC providers that authenticate people in a cluster, and whose subjects a binding names.
//!
//! EKS User Guide, "Grant users access to Kubernetes with an external OIDC provider", and
//! <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuring-the-api-server>: a user's name is
//! a claim with a prefix before it, by default the issuer and `#` unless the claim is `email`; `-` is no prefix. Groups
//! are a claim too, with a prefix only where one is set, and none where no claim is.

use crate::rbac::SubjectId;
use crate::snapshot::eks::IdentityProvider;

use super::ClusterNode;
use super::rbac_subject::subject_text;

/// What a provider puts before the names that it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix<'a> {
    /// It gives no such names.
    None,
    /// It gives any name at all.
    Empty,
    /// This text.
    Text(&'a str),
    /// The issuer's URL and `#`.
    Issuer(&'a str),
}

impl Prefix<'_> {
    /// Whether a name begins so. Every name begins with nothing, so nothing is told by it.
    fn begins(self, name: &str) -> bool {
        match self {
            Self::None | Self::Empty => false,
            Self::Text(prefix) => name.starts_with(prefix),
            Self::Issuer(issuer) => name
                .strip_prefix(issuer)
                .is_some_and(|rest| rest.starts_with('#')),
        }
    }
}

/// The prefix of the user names of a provider.
pub fn of_users(provider: &IdentityProvider) -> Prefix<'_> {
    let issuer = provider.issuer_url.as_deref().unwrap_or_default();
    match provider.username_prefix.as_deref() {
        Some("-") => Prefix::Empty,
        Some(prefix) if !prefix.is_empty() => Prefix::Text(prefix),
        _ if provider.username_claim.as_deref() == Some("email") => Prefix::Empty,
        _ => Prefix::Issuer(issuer),
    }
}

/// The prefix of the groups of a provider.
pub fn of_groups(provider: &IdentityProvider) -> Prefix<'_> {
    let has_claim = provider
        .groups_claim
        .as_ref()
        .is_some_and(|claim| !claim.is_empty());
    match provider.groups_prefix.as_deref() {
        _ if !has_claim => Prefix::None,
        Some(prefix) if !prefix.is_empty() && prefix != "-" => Prefix::Text(prefix),
        _ => Prefix::Empty,
    }
}

impl<'s> ClusterNode<'s> {
    /// The provider whose prefix a subject has: of several the one with the longest.
    pub fn provider_of(&self, subject: &SubjectId) -> Option<&'s IdentityProvider> {
        let providers = self.cluster.eks.identity_providers.iter();
        let mut fitting: Vec<(usize, &IdentityProvider)> = providers
            .filter_map(|provider| {
                let (prefix, name) = match subject {
                    SubjectId::User(name) => (of_users(provider), name),
                    SubjectId::Group(name) => (of_groups(provider), name),
                    SubjectId::ServiceAccount { .. } => return None,
                };
                let length = match prefix {
                    Prefix::Text(text) | Prefix::Issuer(text) => text.len(),
                    Prefix::None | Prefix::Empty => 0,
                };
                prefix.begins(name).then_some((length, provider))
            })
            .collect();
        fitting.sort_by_key(|(length, _)| *length);
        fitting.last().map(|(_, provider)| *provider)
    }

    /// A subject in a sentence, with the provider that it comes from: `the group oidc:ops (of the OIDC provider corp)`.
    pub fn who(&self, subject: &SubjectId) -> String {
        let text = subject_text(subject);
        match self.provider_of(subject) {
            Some(provider) => format!(
                "{text} (of the OIDC provider {})",
                provider.identity_provider_config_name
            ),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::Estate;
    use crate::graph::Graph;

    fn whose(providers: Value, subject: &SubjectId) -> Option<String> {
        let snapshot = Estate::new()
            .eks(json!({"identity_providers": providers}))
            .snapshot();
        let graph = Graph::build(&snapshot, None);
        let provider = graph.clusters.first().unwrap().provider_of(subject)?;
        Some(provider.identity_provider_config_name.clone())
    }

    #[test]
    fn a_subject_is_told_by_its_prefix() {
        let user = |name: &str| SubjectId::User(name.to_owned());
        let group = |name: &str| SubjectId::Group(name.to_owned());
        let issuer = "https://login.acme.com";
        let provider = |more: Value| {
            let mut one = json!({"identityProviderConfigName": "corp", "issuerUrl": issuer, "clientId": "k8s"});
            for (key, value) in more.as_object().unwrap() {
                one[key] = value.clone();
            }
            json!([one])
        };
        for (more, subject, is_its) in [
            (json!({"usernamePrefix": "oidc:"}), user("oidc:jane"), true),
            (json!({"usernamePrefix": "oidc:"}), user("jane"), false),
            // The default, but not of an address.
            (
                json!({"usernameClaim": "sub"}),
                user("https://login.acme.com#jane"),
                true,
            ),
            (
                json!({"usernameClaim": "sub"}),
                user("https://login.acme.com/jane"),
                false,
            ),
            (
                json!({"usernameClaim": "email"}),
                user("https://login.acme.com#jane"),
                false,
            ),
            (json!({"usernamePrefix": "-"}), user("-jane"), false),
            (
                json!({"groupsClaim": "groups", "groupsPrefix": "oidc:"}),
                group("oidc:ops"),
                true,
            ),
            (json!({"groupsPrefix": "oidc:"}), group("oidc:ops"), false),
            (json!({"groupsClaim": "groups"}), group("ops"), false),
            // A user's prefix is none of groups.
            (json!({"usernamePrefix": "oidc:"}), group("oidc:ops"), false),
        ] {
            let found = whose(provider(more.clone()), &subject);
            assert_eq!(found.is_some(), is_its, "{more} {subject}");
        }
        let two = json!([{"identityProviderConfigName": "a", "usernamePrefix": "o:"},
            {"identityProviderConfigName": "b", "usernamePrefix": "o:x:"}]);
        assert_eq!(whose(two, &user("o:x:jane")).as_deref(), Some("b"));
    }
}
