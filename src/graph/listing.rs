//! All that somebody may do: in AWS by patterns of actions and resources, in clusters by rules.

mod rcp;
mod rules;
mod term;

pub use rules::RuleRow;
pub use term::Term;

use crate::iam::context::Context;
use crate::iam::document::{Actions, Effect, Resources, Statement};
use crate::iam::evaluate::{MatchedStatement, NamedPolicy, PolicyKind};
use crate::iam::glob::Pattern;
use crate::iam::services::table;
use crate::iam::truth::Truth;
use crate::iam::variable::Expanded;

use super::Graph;
use super::decision::{Asker, Because, Decision};
use super::named::Who;

/// Something that is allowed, by one statement.
///
/// Actions and resources are patterns still, so that a table of all actions can expand them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The actions.
    pub actions: Vec<Term>,
    /// The resources.
    pub resources: Vec<Term>,
    /// Allowed or conditional.
    pub decision: Decision,
    /// What is open, each as a clause.
    pub conditions: Vec<String>,
    /// What of it is denied all the same: `s3:delete* on arn:…`.
    pub except: Vec<String>,
    /// The statement.
    pub because: MatchedStatement,
}

/// What one role or user may do.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its ARN.
    pub principal: String,
    /// How it is got, where it was asked for a pod or service account.
    pub got: Option<Because>,
    /// Conditions of getting it, and policies of it that were not seen.
    pub conditions: Vec<String>,
    /// What is allowed, by actions and resources.
    pub rows: Vec<Row>,
}

impl<'s> Graph<'s> {
    /// What somebody may do in AWS, of one service or of all.
    pub fn list_aws(&self, who: &Who, service: Option<&str>) -> Vec<Held> {
        match who {
            Who::Iam { at, .. } => {
                let asker = self
                    .principals
                    .get(*at)
                    .and_then(|one| Asker::new(one, None));
                asker
                    .iter()
                    .map(|asker| self.held(asker, service))
                    .collect()
            }
            Who::Account { at, .. } => self
                .got_by(*at)
                .filter_map(|hold| Asker::new(self.principals.get(hold.role)?, Some(hold)))
                .map(|asker| self.held(&asker, service))
                .collect(),
            Who::Subject { .. } => Vec::new(),
        }
    }

    fn held(&self, asker: &Asker<'_, 's>, service: Option<&str>) -> Held {
        let open = asker.hold.filter(|hold| !hold.is_certain());
        let conditions = open
            .into_iter()
            .flat_map(|hold| hold.conditions().map(str::to_owned));
        Held {
            principal: asker.principal.arn.to_owned(),
            got: asker.hold.map(|hold| Because::Role {
                role: asker.principal.arn.to_owned(),
                way: hold.way,
                evidence: hold.evidence.clone(),
            }),
            conditions: conditions.chain(asker.unseen().cloned()).collect(),
            rows: self.rows(asker, service),
        }
    }

    fn rows(&self, asker: &Asker<'_, 's>, service: Option<&str>) -> Vec<Row> {
        let policies = asker.policies(self);
        let context = asker.context(self);
        let wanted = service.map(|name| Term::of(Pattern::lowercase(&format!("{name}:*"))));
        let mut limits = vec![
            (PolicyKind::Boundary, policies.boundary),
            (PolicyKind::Session, policies.session),
        ];
        limits.retain(|(_, list)| !list.is_empty());
        limits.extend(
            policies
                .scps
                .iter()
                .map(|level| (PolicyKind::Scp, level.as_slice())),
        );
        let mut rows = Vec::new();
        for (place, policy) in policies.identity.iter().enumerate() {
            for statement in allows(std::slice::from_ref(policy), &context) {
                let matched = matched(place, policy, statement, &context);
                let mut pieces = pieces(statement, &context, wanted.as_ref());
                for (kind, list) in &limits {
                    pieces = limited(pieces, *kind, list, &context);
                }
                let all = limits
                    .iter()
                    .map(|(_, list)| *list)
                    .chain([policies.identity]);
                for deny in all.flatten().flat_map(|policy| denies(policy, &context)) {
                    pieces = pieces
                        .into_iter()
                        .flat_map(|piece| piece.less(deny, &context))
                        .collect();
                }
                for deny in policies
                    .rcps
                    .iter()
                    .flatten()
                    .flat_map(|policy| denies(policy, &context))
                {
                    let left = pieces.into_iter();
                    pieces = left
                        .filter_map(|piece| piece.less_rcp(deny, &context))
                        .collect();
                }
                rows.extend(gathered(pieces, &matched));
            }
        }
        rows.sort_by_cached_key(|row| (texts(&row.actions), texts(&row.resources)));
        rows
    }
}

fn texts(terms: &[Term]) -> Vec<String> {
    terms.iter().map(Term::to_string).collect()
}

/// An action on a resource, with what is open and what is taken away.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    action: Term,
    resource: Term,
    conditions: Vec<String>,
    except: Vec<String>,
}

/// The statements of a list that allow, or may.
fn allows<'p>(list: &'p [NamedPolicy], context: &Context) -> impl Iterator<Item = &'p Statement> {
    let statements = list.iter().flat_map(|policy| &policy.document.statements);
    statements.filter(|one| one.effect == Effect::Allow && one.holds(context) != Truth::No)
}

/// The statements of a policy that deny, or may.
fn denies<'p>(policy: &'p NamedPolicy, context: &Context) -> impl Iterator<Item = &'p Statement> {
    let statements = policy.document.statements.iter();
    statements.filter(|one| one.effect == Effect::Deny && one.holds(context) != Truth::No)
}

fn matched(
    place: usize,
    policy: &NamedPolicy,
    statement: &Statement,
    context: &Context,
) -> MatchedStatement {
    let truth = statement.holds(context);
    MatchedStatement::of(PolicyKind::Identity, place, policy, statement, truth)
}

/// The actions of a statement: those that are known as the service authorization table spells them, others as
/// the policy does.
fn actions(statement: &Statement) -> Vec<Term> {
    let spelled = |pattern: &Pattern| {
        let known = pattern.as_literal().and_then(|name| table().action(name));
        known.map_or_else(
            || pattern.clone(),
            |action| Pattern::lowercase(&action.to_string()),
        )
    };
    match &statement.actions {
        Actions::Only(patterns) => patterns.iter().map(spelled).map(Term::of).collect(),
        Actions::AllBut(patterns) => vec![Term::all_but(patterns.iter().map(spelled).collect())],
    }
}

/// The resources of a statement, those with a variable as wide as it may be.
fn resources(statement: &Statement, context: &Context) -> Vec<Term> {
    let expanded = |list: &[crate::iam::document::ResourcePattern]| -> Vec<Pattern> {
        let one = |pattern: &crate::iam::document::ResourcePattern| match pattern.padded(true) {
            Some(padded) => Some(padded.clone()),
            None => match pattern.template.expand(context, false) {
                Expanded::Pattern(pattern) => Some(pattern.into_owned()),
                Expanded::Unknown(widest) => Some(widest),
                Expanded::Absent => None,
            },
        };
        list.iter().filter_map(one).collect()
    };
    match &statement.resources {
        Resources::Omitted => Vec::new(),
        Resources::Only(list) => expanded(list).into_iter().map(Term::of).collect(),
        Resources::AllBut(list) => vec![Term::all_but(expanded(list))],
    }
}

/// Every action with every resource of a statement, of the wanted service.
fn pieces(statement: &Statement, context: &Context, wanted: Option<&Term>) -> Vec<Piece> {
    let conditions: Vec<String> = open(statement, context).into_iter().collect();
    let resources = resources(statement, context);
    let actions = actions(statement)
        .into_iter()
        .filter_map(|action| match wanted {
            Some(wanted) => action.and(wanted),
            None => Some(action),
        });
    let one = |action: Term| {
        let conditions = conditions.clone();
        resources.clone().into_iter().map(move |resource| Piece {
            action: action.clone(),
            resource,
            conditions: conditions.clone(),
            except: Vec::new(),
        })
    };
    actions.flat_map(one).collect()
}

/// What is open in an Allow.
fn open(statement: &Statement, context: &Context) -> Option<String> {
    let resource = statement.open_variables(context);
    statement.sentence(resource.as_deref(), context)
}

/// What a boundary, session policy or level of SCPs leaves.
fn limited(
    pieces: Vec<Piece>,
    kind: PolicyKind,
    list: &[NamedPolicy],
    context: &Context,
) -> Vec<Piece> {
    let mut left = Vec::new();
    for piece in pieces {
        for statement in allows(list, context) {
            let clause =
                open(statement, context).map(|clause| format!("{clause} ({})", kind.word()));
            for action in actions(statement)
                .iter()
                .filter_map(|action| piece.action.and(action))
            {
                for resource in resources(statement, context)
                    .iter()
                    .filter_map(|one| piece.resource.and(one))
                {
                    let mut one = Piece {
                        action: action.clone(),
                        resource,
                        ..piece.clone()
                    };
                    one.conditions.extend(clause.clone());
                    if !left.contains(&one) {
                        left.push(one);
                    }
                }
            }
        }
    }
    // What another statement leaves whole, and without a condition, need not be said again.
    let whole = |one: &Piece, of: &Piece| {
        of.conditions
            .iter()
            .all(|condition| one.conditions.contains(condition))
            && of.action.includes(&one.action)
            && of.resource.includes(&one.resource)
    };
    let said = |at: usize, one: &Piece| {
        let mut others = left.iter().enumerate();
        others.any(|(other, of)| other != at && whole(one, of) && (other < at || !whole(of, one)))
    };
    let keep: Vec<bool> = left
        .iter()
        .enumerate()
        .map(|(at, one)| !said(at, one))
        .collect();
    left.into_iter()
        .zip(keep)
        .filter_map(|(one, keep)| keep.then_some(one))
        .collect()
}

impl Piece {
    /// What a Deny leaves of it.
    fn less(self, deny: &Statement, context: &Context) -> Vec<Self> {
        let certain = deny.holds(context) == Truth::Yes && deny.open_variables(context).is_none();
        let mut left = vec![self];
        for action in actions(deny) {
            for resource in resources(deny, context) {
                left = left
                    .into_iter()
                    .filter_map(|piece| match certain {
                        true => piece.without(&action, &resource),
                        false => Some(piece.perhaps_without(&action, &resource, deny, context)),
                    })
                    .collect();
            }
        }
        left
    }

    fn without(mut self, action: &Term, resource: &Term) -> Option<Self> {
        if !self.action.overlaps(action) || !self.resource.overlaps(resource) {
            return Some(self);
        }
        match (
            action.includes(&self.action),
            resource.includes(&self.resource),
        ) {
            (true, true) => None,
            (true, false) if resource.is_plain() => {
                self.resource.but.push(resource.pattern.clone());
                Some(self)
            }
            (false, true) if action.is_plain() => {
                self.action.but.push(action.pattern.clone());
                Some(self)
            }
            _ => {
                self.except.push(format!("{action} on {resource}"));
                Some(self)
            }
        }
    }

    fn perhaps_without(
        mut self,
        action: &Term,
        resource: &Term,
        deny: &Statement,
        context: &Context,
    ) -> Self {
        if !self.action.overlaps(action) || !self.resource.overlaps(resource) {
            return self;
        }
        let variables = deny.open_variables(context);
        let clause = deny
            .clause(variables.as_deref(), context)
            .unwrap_or_default();
        match action.includes(&self.action) && resource.includes(&self.resource) {
            true => self.conditions.push(format!("denied {clause}")),
            false => self
                .except
                .push(format!("{action} on {resource}, {clause}")),
        }
        self
    }
}

/// Pieces that differ in the action alone are one row.
fn gathered(pieces: Vec<Piece>, because: &MatchedStatement) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for mut piece in pieces {
        piece.except.sort();
        piece.except.dedup();
        piece.conditions.dedup();
        let same = |row: &&mut Row| {
            row.resources == [piece.resource.clone()]
                && row.conditions == piece.conditions
                && row.except == piece.except
        };
        match rows.iter_mut().find(same) {
            Some(row) if row.actions.contains(&piece.action) => {}
            Some(row) => row.actions.push(piece.action),
            None => rows.push(Row {
                actions: vec![piece.action],
                resources: vec![piece.resource],
                decision: match piece.conditions.is_empty() {
                    true => Decision::Allowed,
                    false => Decision::Conditional,
                },
                conditions: piece.conditions,
                except: piece.except,
                because: because.clone(),
            }),
        }
    }
    by_actions(rows)
}

/// Rows that differ in the resource alone are one row.
fn by_actions(rows: Vec<Row>) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::new();
    for mut row in rows {
        row.actions.sort_by_cached_key(Term::to_string);
        let same = |other: &&mut Row| {
            other.actions == row.actions
                && other.conditions == row.conditions
                && other.except == row.except
        };
        match joined.iter_mut().find(same) {
            Some(other) => other.resources.extend(row.resources),
            None => joined.push(row),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
