//! The same for a pattern of resources, or for any: how much of it is allowed. Nothing is sampled.

use crate::iam::document::{Resources, Statement};
use crate::iam::evaluate::{MatchedStatement, Policies, PolicyKind};
use crate::iam::glob::Pattern;
use crate::iam::grants::{Extent, Grant, Question, grants};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::aws::Deciding;
use super::{Answer, Asker, Because, Decision, Share, resource_side, why_not};
use crate::graph::Graph;
use crate::graph::named::What;
use crate::graph::resource_policy::Own;

impl<'s> Graph<'s> {
    pub(super) fn on_pattern(&self, asker: &Asker<'_, 's>, deciding: &Deciding<'_>) -> Answer {
        let mut context = asker.context(self);
        let account = Arn::parse(deciding.what.text()).map_or("", |arn| arn.account);
        if crate::iam::arn::is_account_id(account) {
            context.set("aws:ResourceAccount", account);
            self.organizations.fill_resource(account, &mut context);
        }
        let mut policies = asker.policies(self);
        if crate::iam::arn::is_account_id(account) && account != asker.principal.account {
            policies.rcps = self.organizations.rcps(account);
        }
        // Who may be assumed is decided by each role's trust policy: what is granted on those that were
        // read is asked of them one by one, so only the others are a question of patterns.
        let roles = deciding.action == "sts:assumerole";
        let seen: Vec<Pattern> = match roles {
            true => self.seen_roles(),
            false => Vec::new(),
        };
        let question = Question {
            except: &seen,
            colons: colons(deciding.what.text()),
            ..Question::new(&deciding.action, &deciding.pattern)
        };
        let grant = grants(&policies, &context, &question);
        let mut answer = match roles {
            true => unread_roles(&grant),
            false => of_grant(&grant, &policies),
        };
        if !roles {
            let home = asker.principal.account;
            let service = deciding.action.split(':').next().unwrap_or_default();
            let region = Arn::parse(deciding.what.text()).map_or("*", |arn| arn.region);
            let home = (home, self.read_policies_of(service, home, region));
            resource_side::settle(
                deciding,
                home,
                &policies,
                &context,
                &question,
                &grant,
                &mut answer,
            );
        }
        let granted = answer.share;
        self.with_known(asker, deciding, &mut answer);
        settle(deciding.what, granted, &mut answer);
        if answer.decision == Decision::Denied && answer.why_not.is_empty() {
            let resource = deciding.what.text();
            let own = &Own::None;
            let asked = why_not::Asked {
                asker,
                deciding,
                resource,
                own,
                context: &context,
            };
            answer.why_not = why_not::of_pattern(self, &asked);
        }
        if answer.decision != Decision::Denied {
            answer.remarks.extend(self.unseen_above(asker));
        }
        answer
    }

    /// The roles of the accounts that were read whole.
    fn seen_roles(&self) -> Vec<Pattern> {
        let accounts = self.snapshot.accounts.keys();
        let read = accounts.filter(|account| self.saw(Source::IAM, account));
        read.map(|account| Pattern::new(&format!("arn:*:iam::{account}:role/*")))
            .collect()
    }

    /// Resources whose own policies were read decide for themselves. There are as many of them as have a
    /// policy that is worth one.
    fn with_known(&self, asker: &Asker<'_, 's>, deciding: &Deciding<'_>, answer: &mut Answer) {
        let (mut yes, mut open, mut no) = (0, 0, 0);
        let mut first: Option<Answer> = None;
        for (resource, own) in &deciding.known {
            let one = self.on_one(asker, deciding, resource, own);
            match one.decision {
                Decision::Allowed => yes += 1,
                Decision::Conditional => open += 1,
                Decision::Denied => no += 1,
            }
            if one.decision == Decision::Denied {
                if answer.share == Some(Share::All) && matches!(deciding.what, What::Pattern(_)) {
                    answer
                        .conditions
                        .push(format!("not on {resource}, by its own policy"));
                }
                continue;
            }
            let on = resource.clone();
            if !answer.on.contains(&on) && deciding.action == "sts:assumerole" {
                answer.on.push(on);
            }
            if first
                .as_ref()
                .is_none_or(|before| before.decision < one.decision)
            {
                first = Some(one);
            }
        }
        let share = answer.share.unwrap_or(Share::None);
        answer.share = Some(match share {
            Share::All if no + open > 0 => Share::Some,
            Share::None if yes > 0 && no + open == 0 && deciding.action == "sts:assumerole" => {
                match answer.decision {
                    Decision::Denied => Share::All,
                    _ => Share::Some,
                }
            }
            Share::None if yes > 0 => Share::Some,
            share => share,
        });
        let Some(first) = first.filter(|first| first.decision > answer.decision) else {
            return;
        };
        answer.decision = first.decision;
        answer.because = first.because;
        answer.conditions = first.conditions;
        answer.chosen = first.chosen;
        answer.remarks.extend(first.remarks);
    }
}

/// Services in the names of whose resources there is no colon.
const WITHOUT_COLONS: [&str; 10] = [
    "dynamodb",
    "ec2",
    "ecr",
    "eks",
    "iam",
    "kms",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
];

/// Whether a wildcard of a pattern may stand for a colon. In the fields of an ARN it never does, so where one
/// of them has a wildcard the names are taken to have none either.
pub(super) fn colons(pattern: &str) -> bool {
    let Some(arn) = Arn::parse(pattern) else {
        return true;
    };
    let fields = [arn.partition, arn.service, arn.region, arn.account];
    let fixed = fields.iter().all(|field| !field.contains(['*', '?']));
    fixed && !WITHOUT_COLONS.contains(&arn.service)
}

/// What a grant says, before it is known whether all or any was asked for.
fn of_grant(grant: &Grant, policies: &Policies<'_>) -> Answer {
    let mut answer = Answer::of(match (grant.certain, grant.possible) {
        (Extent::Nothing, Extent::Nothing) => Decision::Denied,
        (Extent::Nothing, _) => Decision::Conditional,
        _ => Decision::Allowed,
    });
    answer.share = Some(match grant.certain {
        Extent::Every => Share::All,
        Extent::Some => Share::Some,
        Extent::Nothing => Share::None,
    });
    answer.on = on(grant, policies);
    answer.because = grant
        .because
        .iter()
        .cloned()
        .map(Because::Statement)
        .collect();
    answer.conditions.clone_from(&grant.conditions);
    answer
}

/// Roles that were not read: whether they may be assumed is for their trust policies to say.
fn unread_roles(grant: &Grant) -> Answer {
    if grant.is_nothing() {
        return Answer {
            share: Some(Share::None),
            ..Answer::of(Decision::Denied)
        };
    }
    let mut answer = Answer::of(Decision::Conditional);
    answer.share = Some(Share::None);
    answer.because = grant
        .because
        .iter()
        .cloned()
        .map(Because::Statement)
        .collect();
    answer.conditions = vec!["as the trust policy of a role that was not read has it".to_owned()];
    answer
}

/// The resource patterns of the statements that allow.
fn on(grant: &Grant, policies: &Policies<'_>) -> Vec<String> {
    let mut on: Vec<String> = Vec::new();
    let identity = grant
        .because
        .iter()
        .filter(|one| one.kind == PolicyKind::Identity);
    for statement in identity.filter_map(|one| statement(policies, one)) {
        for text in resources(statement) {
            if !on.contains(&text) {
                on.push(text);
            }
        }
    }
    on
}

/// The statement of an identity policy that a match is of.
pub(super) fn statement<'p>(
    policies: &Policies<'p>,
    matched: &MatchedStatement,
) -> Option<&'p Statement> {
    let document = &policies.identity.get(matched.policy)?.document;
    document
        .statements
        .iter()
        .find(|one| one.index == matched.statement)
}

/// A statement's resources in words.
pub(super) fn resources(statement: &Statement) -> Vec<String> {
    match &statement.resources {
        Resources::Omitted => Vec::new(),
        Resources::Only(list) => list
            .iter()
            .map(|one| one.template.widest().to_string())
            .collect(),
        Resources::AllBut(list) => {
            let but: Vec<String> = list
                .iter()
                .map(|one| one.template.widest().to_string())
                .collect();
            vec![format!("all but {}", but.join(", "))]
        }
    }
}

/// Any: one resource is enough. A pattern: all of it is a yes, a part depends on which.
fn settle(what: &What, granted: Option<Share>, answer: &mut Answer) {
    if matches!(what, What::Any)
        || answer.decision != Decision::Allowed
        || answer.share == Some(Share::All)
    {
        return;
    }
    answer.decision = Decision::Conditional;
    if granted != Some(Share::All) {
        let on = match answer.on.as_slice() {
            [] => "only on some of it".to_owned(),
            on => format!("only on what is in {}", on.join(", ")),
        };
        answer.conditions.insert(0, on);
    }
}
