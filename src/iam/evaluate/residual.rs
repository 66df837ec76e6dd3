//! What of a conditional decision is open, as sentences.

use super::decision::Matched;
use super::{PolicyKind, Request};
use crate::iam::document::{Effect, Statement};
use crate::iam::principal::{Named, Principals};
use crate::iam::truth::Truth;

/// What is open, each thing once. Any allow of a kind is enough, but for SCPs, where each level has to
/// allow.
pub(super) fn sentences(matched: &[Matched<'_>], request: &Request<'_>) -> Vec<String> {
    let sides = Sides::of(request);
    let open: Vec<&Matched<'_>> = matched
        .iter()
        .filter(|m| m.truth == Truth::Unknown && sides.matters(m, matched))
        .collect();
    let mut out: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !out.contains(&text) {
            out.push(text);
        }
    };
    let mut done: Vec<PolicyKind> = Vec::new();
    for found in &open {
        let kind = sides.group(found.kind);
        if is_limit(found) {
            add(sentence(found, request));
        } else if !done.contains(&kind) {
            done.push(kind);
            let same = open
                .iter()
                .filter(|m| !is_limit(m) && sides.group(m.kind) == kind);
            let mut texts: Vec<String> = Vec::new();
            for text in same.map(|m| sentence(m, request)) {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            add(either(&texts));
        }
    }
    out
}

/// How the principal's side and the resource's side play together.
struct Sides {
    /// Either side is enough.
    either: bool,
    /// How the resource's policy names the caller makes a difference.
    by_name: bool,
}

impl Sides {
    fn of(request: &Request<'_>) -> Self {
        let by_name = request.same_account();
        Self {
            either: by_name && !request.needs_resource_policy(),
            by_name,
        }
    }

    /// Whether an open statement can make a difference: an allow cannot beside a certain one of the same
    /// kind that grants as much, nor where it leaves everything to an account's own policies anyway.
    fn matters(&self, found: &Matched<'_>, all: &[Matched<'_>]) -> bool {
        if is_limit(found) {
            return true;
        }
        if found.kind == PolicyKind::Resource && found.named == Named::Account && self.either {
            return false;
        }
        let settles = |m: &Matched<'_>| {
            m.truth == Truth::Yes
                && m.statement.effect == Effect::Allow
                && m.kind == found.kind
                && (!self.by_name || m.named >= found.named)
        };
        !all.iter().any(settles)
    }

    /// The kind under which a kind's allows stand: those that are alternatives stand together.
    fn group(&self, kind: PolicyKind) -> PolicyKind {
        match kind {
            PolicyKind::Resource if self.either => PolicyKind::Identity,
            kind => kind,
        }
    }
}

/// Whether the statement is needed for itself: a deny has to be got past, and so has an SCP.
fn is_limit(found: &Matched<'_>) -> bool {
    found.statement.effect == Effect::Deny || found.kind == PolicyKind::Scp
}

/// What is open in a statement.
fn sentence(found: &Matched<'_>, request: &Request<'_>) -> String {
    let statement = found.statement;
    let resource = open_resource(found, request);
    let unnamed = || unnamed(statement).to_owned();
    statement
        .sentence(resource.as_deref(), request.context)
        .unwrap_or_else(unnamed)
}

/// What is open where it is whom a statement means.
pub(in crate::iam) fn unnamed(statement: &Statement) -> &'static str {
    match (&statement.principals, statement.effect) {
        (Principals::AllBut(_), Effect::Allow) => {
            "only if its NotPrincipal does not leave the caller out, of whose ARNs it has some"
        }
        (Principals::AllBut(_), Effect::Deny) => {
            "denied unless its NotPrincipal leaves the caller out, of whose ARNs it has some"
        }
        (_, Effect::Allow) => "only for the principals that the policy names",
        (_, Effect::Deny) => "denied for the principals that the policy names",
    }
}

/// What of a statement's resource is open, as a clause.
fn open_resource(found: &Matched<'_>, request: &Request<'_>) -> Option<String> {
    let of_identity = !matches!(
        found.kind,
        PolicyKind::Rcp | PolicyKind::Endpoint | PolicyKind::Resource
    );
    let context = request.context;
    let statement = found.statement;
    if let Some(keys) = request.keys_of_alias() {
        let open = statement.has_one_of(&keys, of_identity, context) == Truth::Unknown;
        return open.then(|| "if the alias is of a key that the policy names".to_owned());
    }
    match statement.has_resource(request.resource, of_identity, context) {
        Truth::Unknown => statement.open_variables(context),
        _ => None,
    }
}

/// The sentences of statements any of which is enough, as one.
fn either(sentences: &[String]) -> String {
    let clauses: Vec<&str> = sentences
        .iter()
        .map(|s| s.strip_prefix("only ").unwrap_or(s))
        .collect();
    let long = |c: &&str| c.contains(" and ") || c.contains(" or ");
    let joint = if clauses.iter().any(long) {
        ", or "
    } else {
        " or "
    };
    format!("only {}", clauses.join(joint))
}
