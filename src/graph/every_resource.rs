//! Whether a role may act on every resource of a kind: also on one that no policy names and that has
//! no tags.

use std::collections::BTreeSet;

use crate::iam::context::Context;
use crate::iam::document::{Effect, ResourcePattern, Resources, Statement};
use crate::iam::evaluate::Policies;
use crate::iam::glob::Pattern;
use crate::iam::grants::{Extent, Grant, Question, grants};
use crate::iam::principal::Principals;

use super::Graph;
use super::hold::{Hold, telling};
use super::principal::Principal;
use super::wording::clauses;

/// A name or id that no policy gives.
const UNNAMED: &str = "\u{10FFFF}";

/// A kind of resource.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The service in its ARNs.
    pub service: &'static str,
    /// What follows the account in its ARNs: `volume/*`.
    pub resource: &'static str,
    /// Whether its ARNs have a region.
    pub regional: bool,
    /// Condition keys, in lower case, whose value tells one resource from the others: its id, or
    /// what it lies in. A condition on one of them is not met by any resource.
    pub own: &'static [&'static str],
    /// Beginnings of condition keys, in lower case, that are the resource's tags.
    pub tags: &'static [&'static str],
}

/// Secrets of Secrets Manager.
pub const SECRETS: Kind = Kind {
    service: "secretsmanager",
    resource: "secret:*",
    regional: true,
    own: &["secretsmanager:secretid"],
    tags: &["secretsmanager:resourcetag/"],
};

/// How a role may act on every resource of a kind.
#[derive(Debug)]
pub struct OnEvery {
    /// The action, as IAM writes it.
    pub action: &'static str,
    /// `*`: all regions.
    pub region: String,
    /// What grants it.
    pub grant: Grant,
    /// Whether nothing is open.
    pub certain: bool,
}

impl OnEvery {
    /// Where: `eu-west-1 in the account 111122223333`.
    pub fn place(&self, role: &Principal<'_>) -> String {
        match self.region.as_str() {
            "*" | "" => format!("the account {}", role.account),
            region => format!("{region} in the account {}", role.account),
        }
    }

    /// `ec2:AttachVolume (inline driver, statement 2), only from 10.0.0.0/8`.
    pub fn text(&self, graph: &Graph<'_>, role: &Principal<'_>) -> String {
        let open: Vec<String> = self
            .grant
            .conditions
            .iter()
            .chain(&role.unseen)
            .cloned()
            .collect();
        format!(
            "{} ({}){}",
            self.action,
            graph.because(&self.grant.because),
            clauses(&open)
        )
    }
}

impl<'s> Graph<'s> {
    /// The roles in scope that have limits, each with how it is got: left out are those that AWS
    /// keeps for itself, those that only EKS's control plane may take, and administrators.
    pub fn limited_roles(&self) -> impl Iterator<Item = (&Principal<'s>, Vec<&Hold>)> {
        self.in_scope().filter_map(|(at, principal)| {
            principal.role().filter(|role| !role.is_reserved())?;
            if is_control_planes(principal) {
                return None;
            }
            match self.admin(principal, None) {
                Some(_) => None,
                None => Some((principal, self.holds_of(at).collect())),
            }
        })
    }

    /// How the holder of a role may do an action (as IAM writes it) on every resource of a kind of
    /// the role's account: in all regions, else in one of those that were seen or that its policies
    /// name. With no hold the role by itself is asked, without a session.
    pub fn on_every(
        &self,
        role: &Principal<'s>,
        hold: Option<&Hold>,
        action: &'static str,
        kind: &Kind,
    ) -> Option<OnEvery> {
        let policies = match hold {
            Some(hold) => self.policies(role, hold),
            None => role.policies(),
        };
        let mut context = match hold {
            Some(hold) => self.context_of(role, hold),
            None => self.context_of_role(role),
        };
        of_any(&mut context, &policies, kind, role.account);
        self.organizations.fill_resource(role.account, &mut context);
        let regions = match kind.regional {
            true => self.regions_of(role, &policies),
            false => vec![String::new()],
        };
        let lower = action.to_lowercase();
        let mut found: Option<OnEvery> = None;
        for region in regions {
            if !matches!(region.as_str(), "*" | "") {
                context.set("aws:RequestedRegion", &region);
                context.set("ec2:Region", &region);
            }
            let resources = pattern(role, kind, &region);
            let grant = grants(&policies, &context, &Question::new(&lower, &resources));
            if grant.possible != Extent::Every {
                continue;
            }
            let certain = grant.certain == Extent::Every && role.unseen.is_empty();
            let one = OnEvery {
                action,
                region,
                grant,
                certain,
            };
            // Of several the first that is certain; all regions come first.
            if certain {
                return Some(one);
            }
            found.get_or_insert(one);
        }
        found
    }

    /// How much of a kind the holder of a role may act on, with the resources' tags not known.
    pub fn on_some(
        &self,
        role: &Principal<'s>,
        hold: Option<&Hold>,
        action: &str,
        kind: &Kind,
    ) -> Grant {
        let policies = match hold {
            Some(hold) => self.policies(role, hold),
            None => role.policies(),
        };
        let context = match hold {
            Some(hold) => self.context_of(role, hold),
            None => self.context_of_role(role),
        };
        let resources = pattern(role, kind, if kind.regional { "*" } else { "" });
        grants(
            &policies,
            &context,
            &Question::new(&action.to_lowercase(), &resources),
        )
    }

    /// The actions that a role may do on every resource of their kinds, those that are certain
    /// first: as its service accounts get it, or by itself where none does.
    pub fn any_on_every(
        &self,
        role: &Principal<'s>,
        holds: &[&Hold],
        asked: &[(&'static str, &Kind)],
    ) -> Vec<OnEvery> {
        let ways: Vec<Option<&Hold>> = match telling(holds) {
            ways if ways.is_empty() => vec![None],
            ways => ways.into_iter().map(Some).collect(),
        };
        let mut found: Vec<OnEvery> = asked
            .iter()
            .filter_map(|(action, kind)| {
                ways.iter()
                    .filter_map(|way| self.on_every(role, *way, action, kind))
                    .min_by_key(|one| !one.certain)
            })
            .collect();
        found.sort_by_key(|one| !one.certain);
        found
    }

    /// All regions, those of the account that were seen, and those that the policies name.
    fn regions_of(&self, role: &Principal<'s>, policies: &Policies<'_>) -> Vec<String> {
        let account = self.snapshot.accounts.get(role.account);
        let seen = account.into_iter().flat_map(|a| a.regions.keys().cloned());
        let named = statements(policies)
            .flat_map(|statement| match &statement.resources {
                Resources::Only(list) | Resources::AllBut(list) => list.as_slice(),
                Resources::Omitted => &[],
            })
            .filter_map(region_of);
        let others: BTreeSet<String> = seen.chain(named).collect();
        std::iter::once("*".to_owned()).chain(others).collect()
    }
}

/// Whether nobody but EKS's control plane may take a role: its own policy for it is as wide as it
/// is (EKS User Guide, "Amazon EKS cluster IAM role").
fn is_control_planes(role: &Principal<'_>) -> bool {
    let statements = role.trust.iter().flat_map(|t| &t.document.statements);
    let mut allows = statements
        .filter(|statement| statement.effect == Effect::Allow)
        .peekable();
    let only_eks = |statement: &Statement| match &statement.principals {
        Principals::Only(set) => {
            let others = set.aws.len() + set.federated.len() + set.canonical.len();
            !set.everyone && others == 0 && set.services.iter().all(|s| &**s == "eks.amazonaws.com")
        }
        Principals::AllBut(_) | Principals::Omitted => false,
    };
    allows.peek().is_some() && allows.all(only_eks)
}

fn pattern(role: &Principal<'_>, kind: &Kind, region: &str) -> Pattern {
    let home = role.home();
    Pattern::new(&format!(
        "arn:{}:{}:{region}:{}:{}",
        home.partition, kind.service, home.account, kind.resource
    ))
}

fn statements<'a>(policies: &Policies<'a>) -> impl Iterator<Item = &'a Statement> {
    let levels = policies.scps.iter().flatten();
    [policies.identity, policies.boundary, policies.session]
        .into_iter()
        .flatten()
        .chain(levels)
        .flat_map(|policy| &policy.document.statements)
}

/// The region that a resource names.
fn region_of(resource: &ResourcePattern) -> Option<String> {
    let text = resource.template.widest().to_string();
    let region = text.split(':').nth(3)?;
    let named = !region.is_empty() && !region.contains(['*', '?']);
    named.then(|| region.to_owned())
}

/// What every resource of a kind has in common: its account, no tags, and nothing that a policy
/// names.
fn of_any(context: &mut Context, policies: &Policies<'_>, kind: &Kind, account: &str) {
    context.set("aws:ResourceAccount", account);
    for key in kind.own {
        context.set(key, UNNAMED);
    }
    for condition in statements(policies).flat_map(|statement| &statement.conditions) {
        let tags = kind.tags.iter().chain(&["aws:resourcetag/"]);
        if tags
            .into_iter()
            .any(|prefix| condition.key.starts_with(prefix))
        {
            context.set_absent(&condition.key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::{Estate, irsa_trust, role, role_arn};

    const GROUPS: Kind = Kind {
        service: "ec2",
        resource: "security-group/*",
        regional: true,
        own: &["ec2:vpc"],
        tags: &["ec2:resourcetag/"],
    };

    /// Whether it is found, where, and whether for certain.
    fn ask(resource: &str, condition: Value) -> Option<(String, bool)> {
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*",
            "Resource": resource, "Condition": condition}]});
        let snapshot = Estate::new()
            .iam(json!({"roles": [role("app", &irsa_trust(&json!({})), &policy)]}))
            .snapshot();
        let graph = Graph::build(&snapshot, None);
        let at = graph.principals.by_arn(&role_arn("app")).unwrap();
        let role = graph.principals.get(at).unwrap();
        let found = graph.on_every(role, None, "ec2:AuthorizeSecurityGroupIngress", &GROUPS)?;
        Some((found.region, found.certain))
    }

    #[test]
    fn every_is_told_from_some() {
        let groups = "arn:aws:ec2:*:*:security-group/*";
        let vpc = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1";
        for (resource, condition, expected) in [
            ("*", json!({}), Some(("*", true))),
            (groups, json!({}), Some(("*", true))),
            (
                "arn:aws:ec2:eu-west-1:111122223333:security-group/*",
                json!({}),
                Some(("eu-west-1", true)),
            ),
            // A region that was not read, but is named.
            (
                "arn:aws:ec2:us-east-2:*:security-group/*",
                json!({}),
                Some(("us-east-2", true)),
            ),
            (
                "*",
                json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
                Some(("eu-west-1", true)),
            ),
            (
                "*",
                json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
                Some(("*", false)),
            ),
            (
                "*",
                json!({"StringNotEquals": {"aws:ResourceTag/team": "red"}}),
                Some(("*", true)),
            ),
            ("arn:aws:ec2:*:*:security-group/sg-*", json!({}), None),
            ("arn:aws:ec2:*:*:volume/*", json!({}), None),
            (
                "*",
                json!({"StringEquals": {"aws:ResourceTag/team": "red"}}),
                None,
            ),
            (
                "*",
                json!({"StringEquals": {"ec2:ResourceTag/team": "red"}}),
                None,
            ),
            ("*", json!({"StringEquals": {"ec2:Vpc": vpc}}), None),
            ("*", json!({"ArnEquals": {"ec2:Vpc": vpc}}), None),
        ] {
            let found = ask(resource, condition.clone());
            let found = found
                .as_ref()
                .map(|(region, certain)| (region.as_str(), *certain));
            assert_eq!(found, expected, "{resource} {condition}");
        }
    }
}
