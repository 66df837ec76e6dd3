//! Which known methods of privilege escalation a principal's policies hold.

mod catalogue;

pub use catalogue::{Gives, METHODS, Method, Need, Target};

use std::collections::BTreeMap;

use super::admin::Home;
use super::arn;
use super::context::Context;
use super::document::{Effect, PolicyDocument};
use super::evaluate::{MatchedStatement, Policies, Request, ResourcePolicy, evaluate};
use super::glob::Pattern;
use super::grants::{Extent, Question, grants};
use super::principal::Principal;
use super::truth::Truth;

/// What there is in the account to escalate to, indexed once. What was not given was not seen.
#[derive(Debug, Clone, Default)]
pub struct Existing<'a> {
    roles: Option<Vec<&'a str>>,
    /// The roles that a service may assume.
    passable: BTreeMap<&'static str, Vec<&'a str>>,
    users: Option<Vec<&'a str>>,
    groups: Option<Vec<&'a str>>,
    policies: Option<Vec<&'a str>>,
}

impl<'a> Existing<'a> {
    /// Nothing was seen.
    pub fn unseen() -> Self {
        Self::default()
    }

    /// The account's roles. Those that AWS keeps for itself are left out.
    #[must_use]
    pub fn with_roles(mut self, roles: impl IntoIterator<Item = RoleFacts<'a>>) -> Self {
        let roles: Vec<RoleFacts<'a>> = roles
            .into_iter()
            .filter(|r| !arn::is_reserved_role(r.arn))
            .collect();
        for need in METHODS.iter().flat_map(|m| m.needs) {
            let Target::PassedRole(service) = need.on else {
                continue;
            };
            self.passable.entry(service).or_insert_with(|| {
                let trusting = roles
                    .iter()
                    .filter(|r| trusts_service(r.trust, service) != Truth::No);
                trusting.map(|r| r.arn).collect()
            });
        }
        self.roles = Some(roles.into_iter().map(|r| r.arn).collect());
        self
    }

    /// The ARNs of the account's users.
    #[must_use]
    pub fn with_users(mut self, users: impl IntoIterator<Item = &'a str>) -> Self {
        self.users = Some(users.into_iter().collect());
        self
    }

    /// The ARNs of the account's groups.
    #[must_use]
    pub fn with_groups(mut self, groups: impl IntoIterator<Item = &'a str>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// The ARNs of the account's policies. AWS managed ones are left out.
    #[must_use]
    pub fn with_policies(mut self, policies: impl IntoIterator<Item = &'a str>) -> Self {
        self.policies = Some(
            policies
                .into_iter()
                .filter(|p| !arn::is_aws_managed_policy(p))
                .collect(),
        );
        self
    }

    /// What there is of a kind; `None` where it was not seen.
    fn of_kind(&self, target: Target) -> Option<&[&'a str]> {
        match target {
            Target::Role => self.roles.as_deref(),
            Target::PassedRole(service) => {
                self.roles.as_ref()?;
                self.passable.get(service).map(Vec::as_slice)
            }
            Target::User => self.users.as_deref(),
            Target::Group => self.groups.as_deref(),
            Target::Policy => self.policies.as_deref(),
            Target::Resource(..) => None,
        }
    }
}

/// A role that may be escalated to.
#[derive(Debug, Clone, Copy)]
pub struct RoleFacts<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its trust policy.
    pub trust: &'a PolicyDocument,
}

/// What a method reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// Whatever there is of that kind.
    Any,
    /// These.
    These(Vec<String>),
    /// Those that the statements name; which there are was not seen.
    Named,
}

/// A method that the policies hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The method.
    pub method: &'static Method,
    /// Whether nothing about it is open.
    pub certain: bool,
    /// What it reaches.
    pub targets: Targets,
    /// The statements that allow it.
    pub because: Vec<MatchedStatement>,
    /// What is open.
    pub conditions: Vec<String>,
}

/// The methods that the holder of these policies has. Every action that a method needs is asked on the
/// kind of resource that it needs it on; what no account can change (service-linked roles, AWS managed
/// policies) does not count, nor do users, roles and policies that do not exist.
pub fn methods_held(
    policies: &Policies<'_>,
    home: &Home<'_>,
    context: &Context,
    existing: &Existing<'_>,
) -> Vec<Held> {
    let holder = Holder {
        policies,
        home,
        context,
        existing,
    };
    METHODS
        .iter()
        .filter_map(|method| holder.holds(method))
        .collect()
}

/// Whether a service may assume a role by its trust policy.
pub fn trusts_service(trust: &PolicyDocument, service: &str) -> Truth {
    let principal = Principal::service(service);
    let mut any = Truth::No;
    for statement in &trust.statements {
        if statement.effect == Effect::Allow && statement.has_action("sts:assumerole") {
            let named = statement.principals.means(&principal).truth();
            let holds = if statement.conditions.is_empty() {
                Truth::Yes
            } else {
                Truth::Unknown
            };
            any = any.or(named.and(holds));
        }
    }
    any
}

struct Holder<'a> {
    policies: &'a Policies<'a>,
    home: &'a Home<'a>,
    context: &'a Context,
    existing: &'a Existing<'a>,
}

/// How a permission is held.
struct Part {
    certain: bool,
    targets: Option<Targets>,
    because: Vec<MatchedStatement>,
    conditions: Vec<String>,
}

impl Holder<'_> {
    fn holds(&self, method: &'static Method) -> Option<Held> {
        let mut held = Held {
            method,
            certain: true,
            targets: Targets::Any,
            because: Vec::new(),
            conditions: Vec::new(),
        };
        let mut narrowed = false;
        for need in method.needs {
            let part = self.part(need)?;
            held.certain &= part.certain;
            if let (Some(targets), false) = (part.targets, narrowed) {
                held.targets = targets;
                narrowed = true;
            }
            held.because.extend(part.because);
            held.conditions.extend(part.conditions);
        }
        held.conditions.sort();
        held.conditions.dedup();
        Some(held)
    }

    fn part(&self, need: &Need) -> Option<Part> {
        let mut context = self.context.clone();
        if let Target::PassedRole(service) = need.on {
            context.set("iam:PassedToService", service);
        }
        let (subject, except) = self.subject(need.on);
        let question = Question {
            except: &except,
            ..Question::new(need.action, &subject)
        };
        let grant = grants(self.policies, &context, &question);
        if grant.is_nothing() {
            return None;
        }
        let mut part = Part {
            certain: grant.certain == Extent::Every,
            targets: None,
            because: grant.because,
            conditions: grant.conditions,
        };
        let Some(existing) = self.existing.of_kind(need.on) else {
            if grant.possible != Extent::Every {
                part.targets = Some(Targets::Named);
                part.conditions.push(format!(
                    "only on what its statements for {} name",
                    need.action
                ));
            }
            return Some(part);
        };
        if grant.certain == Extent::Every {
            return (!existing.is_empty()).then_some(part);
        }
        self.narrow(need, &context, existing, part)
    }

    /// Goes through what exists, where not everything of the kind is allowed.
    fn narrow(
        &self,
        need: &Need,
        context: &Context,
        existing: &[&str],
        mut part: Part,
    ) -> Option<Part> {
        let principal = Principal::user_of(self.home.partition, self.home.account, "\u{10FFFF}");
        let (mut sure, mut open) = (Vec::new(), Vec::new());
        for target in existing {
            let request = Request {
                principal: &principal,
                action: need.action,
                resource: target,
                resource_account: self.home.account,
                context,
            };
            let own = Policies {
                resource: ResourcePolicy::None,
                ..*self.policies
            };
            match evaluate(&request, &own).truth() {
                Truth::Yes => sure.push((*target).to_owned()),
                Truth::Unknown => open.push((*target).to_owned()),
                Truth::No => {}
            }
        }
        part.certain = !sure.is_empty();
        if part.certain {
            part.conditions.clear();
        }
        let found = if sure.is_empty() { open } else { sure };
        if found.is_empty() {
            return None;
        }
        part.targets = Some(Targets::These(found));
        Some(part)
    }

    /// The resources that a permission has to be held on, and those of them that do not count.
    fn subject(&self, target: Target) -> (Pattern, Vec<Pattern>) {
        let Home { partition, account } = self.home;
        let iam = |kind: &str| Pattern::new(&format!("arn:{partition}:iam::{account}:{kind}/*"));
        match target {
            Target::Role | Target::PassedRole(_) => (
                iam("role"),
                vec![iam("role/aws-service-role"), iam("role/aws-reserved")],
            ),
            Target::User => (iam("user"), Vec::new()),
            Target::Group => (iam("group"), Vec::new()),
            Target::Policy => (iam("policy"), Vec::new()),
            Target::Resource(service, rest) => (
                Pattern::new(&format!("arn:{partition}:{service}:*:{account}:{rest}")),
                Vec::new(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::iam::evaluate::NamedPolicy;
    use serde_json::{Value, json};

    const HOME: Home<'_> = Home {
        partition: "aws",
        account: "111122223333",
    };

    fn held(statements: Value, existing: &Existing<'_>) -> Vec<(&'static str, bool)> {
        let document =
            PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement": statements}))
                .unwrap();
        let identity = [NamedPolicy::new("p", document)];
        let policies = Policies {
            identity: &identity,
            ..Policies::default()
        };
        let found = methods_held(&policies, &HOME, &Context::partial(), existing);
        found
            .into_iter()
            .map(|h| (h.method.id, h.certain))
            .collect()
    }

    fn allow(action: Value, resource: &str) -> Value {
        json!([{"Effect": "Allow", "Action": action, "Resource": resource}])
    }

    fn trust(service: &str) -> PolicyDocument {
        PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}}))
        .unwrap()
    }

    #[test]
    fn what_the_account_cannot_change_is_no_escalation() {
        let none: &[(&str, bool)] = &[];
        let unseen = Existing::unseen();
        for (action, resource) in [
            (
                "iam:AttachRolePolicy",
                "arn:aws:iam::*:role/aws-service-role/*",
            ),
            (
                "iam:PutRolePolicy",
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*",
            ),
            ("iam:CreateServiceLinkedRole", "*"),
            ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*"),
            ("iam:AttachRolePolicy", "arn:aws:iam::999999999999:role/*"),
            ("iam:AttachRolePolicy", "arn:aws:iam::111122223333:user/*"),
            ("iam:PassRole", "*"),
            ("iam:Get*", "*"),
        ] {
            assert_eq!(
                held(allow(json!(action), resource), &unseen),
                none,
                "{action} on {resource}"
            );
        }
    }

    #[test]
    fn held_on_everything_is_certain() {
        let unseen = Existing::unseen();
        for (action, id) in [
            ("iam:AttachRolePolicy", "attach-role-policy"),
            ("iam:Put*Policy", "put-role-policy"),
            ("IAM:createpolicyversion", "create-policy-version"),
            ("lambda:UpdateFunctionCode", "update-function-code"),
        ] {
            let got = held(allow(json!(action), "*"), &unseen);
            assert!(got.contains(&(id, true)), "{action}: {got:?}");
        }
    }

    #[test]
    fn a_method_needs_all_its_permissions() {
        let unseen = Existing::unseen();
        let all = json!([
            "iam:PassRole",
            "lambda:CreateFunction",
            "lambda:InvokeFunction"
        ]);
        assert_eq!(
            held(allow(all, "*"), &unseen),
            [("pass-role-lambda-invoke", true)]
        );
        let two = json!(["lambda:CreateFunction", "lambda:InvokeFunction"]);
        assert_eq!(held(allow(two, "*"), &unseen), []);
        // A role may be passed, but only to another service.
        let other = json!([
            {"Effect": "Allow", "Action": ["lambda:*"], "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
             "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
        ]);
        assert_eq!(held(other, &unseen), [("update-function-code", true)]);
    }

    #[test]
    fn what_does_not_exist_is_not_reached() {
        let lambda = trust("lambda.amazonaws.com");
        let app = RoleFacts {
            arn: "arn:aws:iam::111122223333:role/app",
            trust: &lambda,
        };
        let existing = Existing::unseen().with_roles([app]).with_users([]);
        assert_eq!(
            held(allow(json!("iam:CreateAccessKey"), "*"), &existing),
            []
        );
        let named = "arn:aws:iam::111122223333:role/app";
        let attach = json!("iam:AttachRolePolicy");
        assert_eq!(
            held(allow(attach.clone(), named), &existing),
            [("attach-role-policy", true)]
        );
        assert_eq!(
            held(
                allow(attach.clone(), "arn:aws:iam::111122223333:role/x*"),
                &existing
            ),
            []
        );
        // Which roles there are was not seen.
        assert_eq!(
            held(allow(attach, named), &Existing::unseen()),
            [("attach-role-policy", false)]
        );
        // No role trusts EC2.
        assert_eq!(
            held(
                allow(json!(["iam:PassRole", "ec2:RunInstances"]), "*"),
                &existing
            ),
            []
        );
    }

    #[test]
    fn a_deny_and_a_condition_count() {
        let unseen = Existing::unseen();
        let denied = json!([
            {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:user/*"},
        ]);
        assert_eq!(held(denied, &unseen), []);
        let mfa = json!([{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]);
        assert_eq!(held(mfa, &unseen), [("attach-role-policy", false)]);
    }

    #[test]
    fn catalogue_is_well_formed() {
        let mut ids: Vec<&str> = METHODS.iter().map(|m| m.id).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands twice");
        for need in METHODS.iter().flat_map(|m| m.needs) {
            assert_eq!(need.action, need.action.to_lowercase());
            let (service, name) = need.action.split_once(':').unwrap();
            assert!(!service.is_empty() && !name.is_empty(), "{}", need.action);
        }
    }
}
