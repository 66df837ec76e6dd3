//! Many resources, sorted once, so that asking which of them a principal may use looks only at those that
//! some statement can mean.

use std::collections::BTreeSet;

use super::context::Context;
use super::document::{Effect, ResourcePattern, Resources, Statement};
use super::evaluate::{Decision, Policies, Request, evaluate};
use super::glob::Pattern;
use super::principal::Principal;
use super::truth::Truth;

/// ARNs of resources, in their order.
#[derive(Debug, Clone, Default)]
pub struct ResourceIndex {
    /// Each with its place in the list that was given.
    sorted: Vec<(Box<str>, usize)>,
}

impl ResourceIndex {
    /// Sorts the resources.
    pub fn new<'r>(resources: impl IntoIterator<Item = &'r str>) -> Self {
        let mut sorted: Vec<(Box<str>, usize)> = resources
            .into_iter()
            .enumerate()
            .map(|(at, r)| (r.into(), at))
            .collect();
        sorted.sort();
        Self { sorted }
    }

    /// The resources that the principal's own policies allow, or may allow, the action on, with the
    /// decision. The action has to be in lower case. The resources' own policies are not asked.
    pub fn allowed(
        &self,
        principal: &Principal,
        policies: &Policies<'_>,
        action: &str,
        context: &Context,
    ) -> Vec<(usize, Decision)> {
        let mut out = Vec::new();
        for at in self.meant(policies, action, context) {
            let Some((resource, place)) = self.sorted.get(at) else {
                continue;
            };
            let decision = evaluate(
                &Request::new(principal, action, resource, context),
                policies,
            );
            if !decision.is_denied() {
                out.push((*place, decision));
            }
        }
        out.sort_by_key(|(place, _)| *place);
        out
    }

    /// The places, in sorted order, of what an Allow of the identity policies can mean.
    fn meant(&self, policies: &Policies<'_>, action: &str, context: &Context) -> BTreeSet<usize> {
        let mut out = BTreeSet::new();
        let allows = |s: &&Statement| s.effect == Effect::Allow && s.has_action(action);
        let statements = policies
            .identity
            .iter()
            .flat_map(|p| &p.document.statements);
        for statement in statements.filter(allows) {
            let all = match &statement.resources {
                Resources::Omitted => continue,
                Resources::AllBut(_) => true,
                Resources::Only(patterns) => patterns.iter().any(|p| p.template.widest().is_any()),
            };
            if statement.holds(context) == Truth::No {
                continue;
            }
            if all {
                return (0..self.sorted.len()).collect();
            }
            if let Resources::Only(patterns) = &statement.resources {
                for pattern in patterns {
                    self.add(pattern, &mut out);
                }
            }
        }
        out
    }

    /// Adds what a pattern can match: it begins as the pattern does up to the first wildcard.
    fn add(&self, pattern: &ResourcePattern, out: &mut BTreeSet<usize>) {
        let mut range = |pattern: &Pattern| {
            let head = pattern.head();
            let first = self.sorted.partition_point(|(r, _)| **r < *head);
            let rest = self.sorted.get(first..).unwrap_or_default();
            let run = rest
                .iter()
                .take_while(|(r, _)| r.starts_with(head))
                .enumerate();
            out.extend(
                run.filter(|(_, (r, _))| pattern.matches(r))
                    .map(|(at, _)| first + at),
            );
        };
        range(&pattern.template.widest());
        if let Some(padded) = pattern.padded(true) {
            range(padded);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::iam::document::PolicyDocument;
    use crate::iam::evaluate::NamedPolicy;

    /// The same as asking for each.
    #[test]
    fn it_leaves_out_only_what_is_denied() {
        let secret = |n: usize| {
            format!(
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}{n}",
                ["app/", "b", ""][n % 3]
            )
        };
        let resources: Vec<String> = (0..60).rev().map(secret).collect();
        let index = ResourceIndex::new(resources.iter().map(String::as_str));
        let principal = Principal::from_arn("arn:aws:iam::111122223333:role/r").unwrap();
        let context = Context::partial();
        let action = "secretsmanager:getsecretvalue";
        for resource in [
            r#""*""#,
            r#""arn:aws:secretsmanager""#,
            r#""arn:aws:secretsmanager:*:*:secret:app/*""#,
            r#"["arn:aws:secretsmanager:eu-west-1:111122223333:secret:b1?","arn:aws:secretsmanager:*:*:secret:b1*"]"#,
            r#""arn:aws:secretsmanager:eu-west-1:111122223333:secret:${aws:userid}""#,
            r#""arn:aws:secretsmanager:eu-west-1:111122223333:secret:${aws:userid, 'b'}1*""#,
        ] {
            for element in ["Resource", "NotResource"] {
                let text = format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","{element}":{resource}}},
                        {{"Effect":"Deny","Action":"*","Resource":"*:secret:b10"}}]}}"#
                );
                let identity = [NamedPolicy::new("p", PolicyDocument::parse(&text).unwrap())];
                let policies = Policies {
                    identity: &identity,
                    ..Policies::default()
                };
                let want: Vec<(usize, Decision)> = resources
                    .iter()
                    .map(|r| evaluate(&Request::new(&principal, action, r, &context), &policies))
                    .enumerate()
                    .filter(|(_, d)| !d.is_denied())
                    .collect();
                assert_eq!(
                    index.allowed(&principal, &policies, action, &context),
                    want,
                    "{text}"
                );
            }
        }
    }
}
