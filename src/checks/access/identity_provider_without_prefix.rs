//! An OIDC provider may give any group or user name
//!
//! Without a prefix the names in a token of the provider are names in the cluster. Whoever administers the provider, or can
//! make a group there, puts a person into any group that a binding names, and as far as Kubernetes goes into
//! `system:masters`; or lets it in as any user that a binding names, one of IAM among them.
//!
//! An identity provider config of a cluster counts when it has a groups claim and no groups prefix, or a username prefix
//! of `-`; a username claim of `email` without a prefix does not, as an address looks like no other name (EKS User Guide,
//! "Grant users access to Kubernetes with an external OIDC provider").
//!
//! Known false positives: a provider that nobody but the cluster's own administrators can change.
//!
//! To fix it, associate the provider anew with a prefix, after the bindings name the groups with it.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::identity_provider::{Prefix, of_groups, of_users};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::IdentityProvider;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IDENTITY_PROVIDERS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        for provider in &node.cluster.eks.identity_providers {
            answers.examined();
            let open = open(provider);
            if !open.is_empty() {
                report(node, answers, provider, &open);
            }
        }
    }
}

/// Which names are free.
fn open(provider: &IdentityProvider) -> Vec<&'static str> {
    let any_group = of_groups(provider) == Prefix::Empty;
    let any_user =
        of_users(provider) == Prefix::Empty && provider.username_claim.as_deref() != Some("email");
    [("groups", any_group), ("user names", any_user)]
        .into_iter()
        .filter_map(|(what, is_open)| is_open.then_some(what))
        .collect()
}

fn report(
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    provider: &IdentityProvider,
    open: &[&str],
) {
    let name = &provider.identity_provider_config_name;
    let issuer = provider
        .issuer_url
        .as_deref()
        .unwrap_or("an issuer that was not read");
    let what = open.join(" and ");
    let resource = provider
        .identity_provider_config_arn
        .clone()
        .unwrap_or_else(|| node.id());
    let region = match &node.cluster.region {
        Some(region) => format!(" --region {}", quoted(region)),
        None => String::new(),
    };
    let cluster = quoted(&node.cluster.name);
    let config = quoted(&format!("type=oidc,name={name}"));
    answers
        .finding(Resource::of(resource), name)
        .title(format!("The OIDC provider {name} of {} may give any {what}", node.key))
        .message(format!(
            "{} takes {what} from tokens of {issuer} (identity provider config {name}) without a prefix: also {}.",
            node.key,
            match open.first() {
                Some(&"groups") => "those that bindings name, and nothing in Kubernetes keeps system:masters out",
                _ => "those of others that bindings name",
            }
        ))
        .related(Resource::of(node.id()))
        .fix(
            "Make the bindings name users and groups with the prefix that you choose, then associate the provider anew with it. In between nobody comes in by the provider.",
            [
                format!("aws eks describe-identity-provider-config --cluster-name {cluster} --identity-provider-config {config}{region}"),
                format!("aws eks disassociate-identity-provider-config --cluster-name {cluster} --identity-provider-config {config}{region}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "identity-provider-without-prefix";
    const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:identityproviderconfig/prod/oidc/corp/a1";

    fn estate(more: &Value) -> Estate {
        let mut provider = json!({"identityProviderConfigName": "corp", "identityProviderConfigArn": ARN,
            "issuerUrl": "https://login.acme.com", "clientId": "k8s"});
        for (name, value) in more.as_object().into_iter().flatten() {
            provider[name] = value.clone();
        }
        Estate::new().eks(json!({"identity_providers": [provider]}))
    }

    #[test]
    fn free_groups_and_free_user_names_are_found() {
        for (more, says) in [
            (json!({"groupsClaim": "groups"}), "takes groups from tokens"),
            (
                json!({"groupsClaim": "groups", "groupsPrefix": ""}),
                "system:masters",
            ),
            (
                json!({"usernamePrefix": "-"}),
                "takes user names from tokens",
            ),
            (
                json!({"groupsClaim": "groups", "usernamePrefix": "-"}),
                "groups and user names",
            ),
        ] {
            let asked = estate(&more).ask(ID);
            asked.finds(&[ARN]);
            assert!(
                asked.findings[0].message.contains(says),
                "{more}: {asked:#?}"
            );
        }
    }

    #[test]
    fn a_prefix_of_either_kind_passes() {
        for more in [
            json!({}),
            json!({"usernameClaim": "email"}),
            json!({"groupsClaim": "groups", "groupsPrefix": "oidc:", "usernamePrefix": "oidc:"}),
        ] {
            estate(&more).ask(ID).passes();
        }
        Estate::new().ask(ID).is_not_applicable();
        estate(&json!({}))
            .denied(Source::IDENTITY_PROVIDERS)
            .ask(ID)
            .is_not_evaluated();
    }
}
