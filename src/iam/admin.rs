//! Whether a principal is administrator of its account.

use super::context::Context;
use super::document::{Actions, Effect, PolicyDocument, ResourcePattern, Resources, Statement};
use super::evaluate::{
    MatchedStatement, NamedPolicy, Policies, PolicyKind, Request, ResourcePolicy, evaluate,
};
use super::glob::{self, Pattern, Token};
use super::grants::{Extent, Question, grants};
use super::principal::Principal;
use super::truth::Truth;

/// The proof that a principal is administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Whether nothing about it is open.
    pub certain: bool,
    /// The statements that allow everything together.
    pub because: Vec<MatchedStatement>,
    /// What is open.
    pub conditions: Vec<String>,
}

/// Where a principal lives.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The account's id.
    pub account: &'a str,
}

/// A name that no policy gives to an action or a resource: what holds for it holds for all that the
/// policies do not name.
const UNNAMED: &str = "\u{10FFFF}";

/// The same as a character.
const UNNAMED_CHAR: char = '\u{10FFFF}';

/// Whether the policies make their holder administrator: the identity policies allow every action on
/// every resource, in one statement or together, and neither a boundary, a session policy, an SCP nor a deny takes
/// away `iam:*` or `sts:AssumeRole` on all resources.
pub fn admin(policies: &Policies<'_>, home: &Home<'_>, context: &Context) -> Option<Admin> {
    let covering = covers_everything(policies.identity, context)?;
    let (iam, sts) = left(policies, home, context);
    let truth = covering.truth.and(iam.truth).and(sts.truth);
    if truth == Truth::No {
        return None;
    }
    let mut conditions = covering.conditions;
    add_new(&mut conditions, iam.conditions);
    add_new(&mut conditions, sts.conditions);
    if truth == Truth::Yes {
        conditions.clear();
    }
    Some(Admin {
        certain: truth == Truth::Yes,
        because: covering.because,
        conditions,
    })
}

/// How far something holds, and by what.
struct Covering {
    truth: Truth,
    because: Vec<MatchedStatement>,
    conditions: Vec<String>,
}

/// Whether the allows of a list cover every action on every resource; `None` where they certainly do not.
fn covers_everything(policies: &[NamedPolicy], context: &Context) -> Option<Covering> {
    let without: Vec<NamedPolicy> = policies.iter().map(NamedPolicy::without_denies).collect();
    let allows = || without.iter().flat_map(|p| &p.document.statements);
    // Only a leading wildcard or NotAction reaches the actions that nobody names.
    let reaches = |s: &Statement| match &s.actions {
        Actions::Only(patterns) => patterns
            .iter()
            .any(|p| !matches!(p.tokens().first(), Some(Token::Char(_)))),
        Actions::AllBut(_) => true,
    };
    // What covers everything covers a resource that nobody names.
    let anywhere = |s: &Statement| s.has_resource(UNNAMED, true, context) != Truth::No;
    if !allows().any(|s| reaches(s) && anywhere(s)) {
        return None;
    }
    // Most fail at once, at what one leaves out and none of the others allows.
    let is_allowed = |action: &str| allows().any(|s| s.has_action(action) && anywhere(s));
    let left_out = allows()
        .filter(|s| reaches(s))
        .flat_map(|s| match &s.actions {
            Actions::Only(_) => &[][..],
            Actions::AllBut(patterns) => patterns,
        });
    let mut left_out = left_out.map(|pattern| glob::example(pattern, UNNAMED_CHAR));
    if !is_allowed(&format!("{UNNAMED}:{UNNAMED}")) || !left_out.all(|action| is_allowed(&action)) {
        return None;
    }
    let identity = Policies {
        identity: &without,
        ..Policies::default()
    };
    let mut all = Covering {
        truth: Truth::Yes,
        because: Vec::new(),
        conditions: Vec::new(),
    };
    let mut patterns: Vec<&Pattern> = allows().flat_map(|s| s.actions.patterns()).collect();
    patterns.sort_by_key(|p| p.to_string().to_lowercase());
    patterns.dedup();
    let Some(regions) = glob::regions(&patterns, &Pattern::new("*:*")) else {
        all.truth = Truth::Unknown;
        all.conditions
            .push("as far as could be decided: the action patterns are too many".into());
        return Some(all);
    };
    let everywhere = Pattern::new("*");
    for action in regions.values() {
        let question = Question {
            colons: true,
            ..Question::new(action, &everywhere)
        };
        let grant = grants(&identity, context, &question);
        all.truth = all.truth.and(match (grant.certain, grant.possible) {
            (Extent::Every, _) => Truth::Yes,
            (_, Extent::Every) => Truth::Unknown,
            _ => return None,
        });
        add_new(&mut all.because, grant.because);
        add_new(&mut all.conditions, grant.conditions);
    }
    Some(all)
}

fn add_new<T: PartialEq>(to: &mut Vec<T>, items: Vec<T>) {
    for item in items {
        if !to.contains(&item) {
            to.push(item);
        }
    }
}

/// Whether `iam:*` and `sts:AssumeRole` are left: of the former, something on some kind of resource that
/// no policy names.
fn left(policies: &Policies<'_>, home: &Home<'_>, context: &Context) -> (Covering, Covering) {
    let principal = Principal::user_of(home.partition, home.account, UNNAMED);
    // A trust policy that leaves it to the account: the question is about the principal's own side.
    let trust = NamedPolicy::new("", PolicyDocument::trusting_account(home.account));
    let ask = |action: &str, kind: &str| {
        let resource = format!(
            "arn:{}:iam::{}:{kind}/{UNNAMED}",
            home.partition, home.account
        );
        let own = Policies {
            resource: ResourcePolicy::Given(&trust),
            ..*policies
        };
        let request = Request {
            principal: &principal,
            action,
            resource: &resource,
            resource_account: home.account,
            context,
        };
        let decision = evaluate(&request, &own);
        Covering {
            truth: decision.truth(),
            because: Vec::new(),
            conditions: decision.conditions,
        }
    };
    let iam = format!("iam:{UNNAMED}");
    let best = |a: Covering, b: Covering| if b.truth > a.truth { b } else { a };
    let iam = best(
        best(ask(&iam, "role"), ask(&iam, "policy")),
        ask(&iam, "user"),
    );
    (iam, ask("sts:assumerole", "role"))
}

/// What an administrator has not all the same: what is denied, "s3:deletebucket on *", and limits that are narrower.
pub fn subtracted(policies: &Policies<'_>, context: &Context) -> Vec<String> {
    let mut out = Vec::new();
    let limits = [
        (PolicyKind::Boundary, policies.boundary),
        (PolicyKind::Session, policies.session),
    ];
    let levels = policies
        .scps
        .iter()
        .map(|level| (PolicyKind::Scp, level.as_slice()));
    for (kind, list) in limits
        .into_iter()
        .filter(|(_, l)| !l.is_empty())
        .chain(levels)
    {
        let whole = covers_everything(list, context).is_some_and(|c| c.truth == Truth::Yes);
        if !whole {
            let names: Vec<&str> = list.iter().map(|p| &*p.name).collect();
            out.push(format!(
                "what the {} {} does not allow",
                kind.word(),
                names.join(", ")
            ));
        }
        out.extend(list.iter().flat_map(|p| denied(p, context)));
    }
    out.extend(policies.identity.iter().flat_map(|p| denied(p, context)));
    let rcps = policies.rcps.iter().flatten();
    out.extend(rcps.flat_map(|p| denied(p, context).map(|text| format!("{text} (RCP)"))));
    out.sort();
    out.dedup();
    out
}

/// The denies of a policy, each as one line.
fn denied<'p>(policy: &'p NamedPolicy, context: &'p Context) -> impl Iterator<Item = String> + 'p {
    let denies = policy
        .document
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Deny);
    denies.filter(|s| s.holds(context) != Truth::No).map(|s| {
        let open = s
            .clause(s.open_variables(context).as_deref(), context)
            .map(|o| format!(", {o}"))
            .unwrap_or_default();
        format!(
            "{} on {}{open}",
            actions(&s.actions),
            resources(&s.resources)
        )
    })
}

fn actions(actions: &Actions) -> String {
    let list = actions
        .patterns()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    match actions {
        Actions::Only(_) => list,
        Actions::AllBut(_) => format!("all but {list}"),
    }
}

fn resources(resources: &Resources) -> String {
    let list = |patterns: &[ResourcePattern]| {
        patterns
            .iter()
            .map(|p| p.template.widest().to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match resources {
        Resources::Omitted => "nothing".into(),
        Resources::Only(patterns) => list(patterns),
        Resources::AllBut(patterns) => format!("all but {}", list(patterns)),
    }
}

#[cfg(test)]
mod tests;
