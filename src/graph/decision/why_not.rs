//! Why something is denied, in sentences.

use crate::iam::context::Context;
use crate::iam::document::{Effect, Statement};
use crate::iam::evaluate::{self, Blocker, MatchedStatement, NamedPolicy, Policies, PolicyKind};
use crate::iam::grants::{Question, grants};
use crate::iam::truth::Truth;

use super::aws::Deciding;
use super::aws_any::{colons, resources};
use super::{Asker, WhyNot};
use crate::graph::Graph;
use crate::graph::resource_policy::Own;
use crate::graph::wording::some_of;

/// What was asked and denied.
pub(super) struct Asked<'a, 'g, 's> {
    pub(super) asker: &'a Asker<'g, 's>,
    pub(super) deciding: &'a Deciding<'a>,
    pub(super) resource: &'a str,
    pub(super) own: &'a Own,
    pub(super) context: &'a Context,
}

impl Asked<'_, '_, '_> {
    fn action(&self) -> &str {
        self.deciding.shown
    }
}

/// Why a decision denies.
pub(super) fn of(
    graph: &Graph<'_>,
    asked: &Asked<'_, '_, '_>,
    decision: &evaluate::Decision,
) -> Vec<WhyNot> {
    if decision.blocker.is_none() {
        return decision
            .because
            .iter()
            .map(|deny| denied(asked, deny))
            .collect();
    }
    let (kind, text) = match decision.blocker {
        Some(Blocker::Kind(PolicyKind::Resource)) => ("resource", by_resource(asked)),
        Some(Blocker::Kind(PolicyKind::Identity)) => (
            "no-allow",
            format!(
                "The resource's policy lets it in, but none of its own policies allows {}, which another account's resource needs.",
                asked.action()
            ),
        ),
        Some(Blocker::Aws(why)) => (
            "aws",
            format!("Whatever the policies say, AWS refuses it: {why}."),
        ),
        Some(Blocker::Kind(kind)) => (word(kind), limited(graph, asked, kind)),
        Some(Blocker::NoAllow) | None => ("no-allow", no_allow(graph, asked)),
    };
    vec![WhyNot { kind, text }]
}

/// Why nothing of a pattern is allowed: each kind of policy is added to the identity's own until none is left.
pub(super) fn of_pattern<'s>(graph: &Graph<'s>, asked: &Asked<'_, '_, 's>) -> Vec<WhyNot> {
    let all = asked.asker.policies(graph);
    let question = Question {
        colons: colons(asked.resource),
        ..Question::new(&asked.deciding.action, &asked.deciding.pattern)
    };
    let left = |policies: &Policies<'_>| !grants(policies, asked.context, &question).is_nothing();
    let mut some = Policies {
        identity: all.identity,
        ..Policies::default()
    };
    if !left(&some) {
        let denies = identity_denies(asked, &all);
        return match denies.is_empty() {
            true => vec![WhyNot {
                kind: "no-allow",
                text: no_allow(graph, asked),
            }],
            false => denies,
        };
    }
    for kind in [
        PolicyKind::Boundary,
        PolicyKind::Session,
        PolicyKind::Scp,
        PolicyKind::Rcp,
    ] {
        let before = some;
        match kind {
            PolicyKind::Boundary => some.boundary = all.boundary,
            PolicyKind::Session => some.session = all.session,
            PolicyKind::Scp => some.scps = all.scps,
            _ => some.rcps = all.rcps,
        }
        if left(&some) {
            continue;
        }
        let denies = denies_of(asked, kind, &all);
        let without = Undenied::of(&some);
        return match left(&without.policies(&before)) && !denies.is_empty() {
            true => denies,
            false => vec![WhyNot {
                kind: word(kind),
                text: limited(graph, asked, kind),
            }],
        };
    }
    // Only the roles' own trust policies are left.
    vec![WhyNot {
        kind: "resource",
        text: "No trust policy that was read lets it in.".to_owned(),
    }]
}

/// The limits without what they deny.
struct Undenied {
    boundary: Vec<NamedPolicy>,
    session: Vec<NamedPolicy>,
    scps: Vec<Vec<NamedPolicy>>,
}

impl Undenied {
    fn of(policies: &Policies<'_>) -> Self {
        let each = |list: &[NamedPolicy]| -> Vec<NamedPolicy> {
            list.iter().map(NamedPolicy::without_denies).collect()
        };
        Self {
            boundary: each(policies.boundary),
            session: each(policies.session),
            scps: policies.scps.iter().map(|level| each(level)).collect(),
        }
    }

    /// The others as they were before.
    fn policies<'p>(&'p self, before: &Policies<'p>) -> Policies<'p> {
        Policies {
            boundary: &self.boundary,
            session: &self.session,
            scps: &self.scps,
            ..*before
        }
    }
}

/// The denies of one kind that hold for the action.
fn denies_of(asked: &Asked<'_, '_, '_>, kind: PolicyKind, all: &Policies<'_>) -> Vec<WhyNot> {
    let levels = match kind {
        PolicyKind::Boundary => vec![all.boundary],
        PolicyKind::Session => vec![all.session],
        PolicyKind::Scp => all.scps.iter().map(Vec::as_slice).collect(),
        _ => all.rcps.iter().map(Vec::as_slice).collect(),
    };
    let holds = |statement: &&Statement| {
        statement.effect == Effect::Deny
            && statement.has_action(&asked.deciding.action)
            && statement.holds(asked.context) == Truth::Yes
    };
    let mut out = Vec::new();
    for (at, policy) in levels.into_iter().flatten().enumerate() {
        for statement in policy.document.statements.iter().filter(holds) {
            let matched = MatchedStatement::of(kind, at, policy, statement, Truth::Yes);
            out.push(denied(asked, &matched));
        }
    }
    out
}

/// The identity's own denies that take away what another of its statements allows.
fn identity_denies(asked: &Asked<'_, '_, '_>, policies: &Policies<'_>) -> Vec<WhyNot> {
    let has = |statement: &&Statement| {
        statement.has_action(&asked.deciding.action) && statement.holds(asked.context) == Truth::Yes
    };
    let of = |policy: &'_ NamedPolicy, effect: Effect| {
        let statements = policy.document.statements.iter();
        statements
            .filter(has)
            .filter(|one| one.effect == effect)
            .cloned()
            .collect::<Vec<_>>()
    };
    if policies
        .identity
        .iter()
        .all(|policy| of(policy, Effect::Allow).is_empty())
    {
        return Vec::new();
    }
    policies
        .identity
        .iter()
        .flat_map(|policy| {
            of(policy, Effect::Deny)
                .into_iter()
                .map(move |deny| (policy, deny))
        })
        .map(|(policy, deny)| WhyNot {
            kind: "deny",
            text: format!(
                "{} denies {}.",
                named(&policy.name, deny.index, deny.sid.as_deref()),
                asked.action()
            ),
        })
        .collect()
}

fn word(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "no-allow",
        PolicyKind::Boundary => "boundary",
        PolicyKind::Scp => "scp",
        PolicyKind::Rcp => "rcp",
        PolicyKind::Session => "session",
        PolicyKind::Resource => "resource",
        PolicyKind::Endpoint => "endpoint",
    }
}

/// `statement 2 (NoDeletes) of arn:…:policy/guard`.
fn named(policy: &str, statement: usize, sid: Option<&str>) -> String {
    let sid = sid.map_or(String::new(), |sid| format!(" ({sid})"));
    format!("statement {}{sid} of {policy}", statement + 1)
}

fn denied(asked: &Asked<'_, '_, '_>, deny: &MatchedStatement) -> WhyNot {
    let whose = match deny.kind {
        PolicyKind::Identity => String::new(),
        kind => format!(", its {},", kind.word()),
    };
    let statement = named(&deny.name, deny.statement, deny.sid.as_deref());
    let on = match asked.resource {
        "*" => "any resource",
        resource => resource,
    };
    WhyNot {
        kind: "deny",
        text: format!(
            "{}{whose} denies {} on {on}.",
            crate::graph::wording::capital(&statement),
            asked.action(),
        ),
    }
}

/// Nothing allows it: what comes closest.
fn no_allow<'s>(graph: &Graph<'s>, asked: &Asked<'_, '_, 's>) -> String {
    let policies = asked.asker.policies(graph).identity;
    let count = match policies.len() {
        0 => "It has no policy, so nothing allows".to_owned(),
        1 => "Its one policy does not allow".to_owned(),
        many => format!("None of its {many} policies allows"),
    };
    let on = match asked.resource {
        "*" => "on any resource".to_owned(),
        resource => format!("on {resource}"),
    };
    let close = closest(policies, asked);
    match close.is_empty() {
        true => format!("{count} {} {on}.", asked.action()),
        false => format!("{count} {} {on}; {}.", asked.action(), close.join("; ")),
    }
}

/// Statements that allow the action elsewhere, or under a condition that does not hold.
fn closest(policies: &[NamedPolicy], asked: &Asked<'_, '_, '_>) -> Vec<String> {
    let mut close = Vec::new();
    for policy in policies {
        for statement in &policy.document.statements {
            if statement.effect != Effect::Allow || !statement.has_action(&asked.deciding.action) {
                continue;
            }
            let name = named(&policy.name, statement.index, statement.sid.as_deref());
            if statement.has_resource(asked.resource, true, asked.context) == Truth::No {
                close.push(format!(
                    "{name} allows it on {} alone",
                    some_of(&resources(statement))
                ));
                continue;
            }
            let unmet = statement.conditions.iter();
            let unmet = unmet.filter(|condition| condition.holds(asked.context) == Truth::No);
            let unmet: Vec<String> = unmet.map(|condition| condition.describe()).collect();
            if !unmet.is_empty() {
                close.push(format!("{name} allows it only {}", unmet.join(" and ")));
            }
        }
    }
    close.truncate(3);
    close
}

/// A boundary, session policy or SCP does not allow what the identity's policies do.
fn limited<'s>(graph: &Graph<'s>, asked: &Asked<'_, '_, 's>, kind: PolicyKind) -> String {
    let policies = asked.asker.policies(graph);
    let names = |list: &[NamedPolicy]| {
        let names: Vec<String> = list.iter().map(|policy| policy.name.to_string()).collect();
        some_of(&names)
    };
    let action = asked.action();
    match kind {
        PolicyKind::Boundary => format!(
            "Its policies allow {action}, but its permissions boundary {} does not.",
            names(policies.boundary)
        ),
        PolicyKind::Session => format!(
            "Its policies allow {action}, but the session policy with which the role is got does not."
        ),
        PolicyKind::Scp => {
            let allows = |level: &&Vec<NamedPolicy>| {
                let statements = level.iter().flat_map(|policy| &policy.document.statements);
                !statements.into_iter().any(|one| {
                    one.effect == Effect::Allow && one.has_action(&asked.deciding.action)
                })
            };
            let level = policies
                .scps
                .iter()
                .find(allows)
                .or_else(|| policies.scps.first());
            format!(
                "No SCP of one level of the organisation allows {action}: {}.",
                level.map_or(String::new(), |level| names(level))
            )
        }
        kind => format!("No {} allows {action}.", kind.word()),
    }
}

/// The resource's own policy has to name the caller, and does not.
fn by_resource(asked: &Asked<'_, '_, '_>) -> String {
    let role = crate::iam::arn::is_role(asked.resource);
    match (asked.own, role) {
        (Own::None, true) => format!("There is no role {}.", asked.resource),
        (Own::None, false) => format!(
            "{} has no policy of its own, which somebody of another account needs.",
            asked.resource
        ),
        (_, true) => format!("The trust policy of {} does not let it in.", asked.resource),
        (_, false) => format!("The policy of {} does not let it in.", asked.resource),
    }
}
