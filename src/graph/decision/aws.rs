//! May a principal, or whoever gets its role, do an IAM action on a resource.

use crate::iam::arn;
use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{
    self, NamedPolicy, Policies, PolicyKind, Request, ResourcePolicy, Verdict, evaluate,
};
use crate::iam::glob::Pattern;
use crate::iam::principal::{Caller as Kind, Principal as Caller};
use crate::iam::trust;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::{Answer, Asker, Because, Decision, why_not};
use crate::graph::Graph;
use crate::graph::named::{What, Who};
use crate::graph::resource_policy::Own;
use crate::graph::wording::capital;

/// How a remark begins that a resource's own policy was not seen.
pub(in crate::graph) const UNSEEN: &str = "The resource's own policy was not seen";

/// What is asked of each principal: made once, asked often.
#[derive(Debug)]
pub struct Deciding<'w> {
    /// The action as it was written.
    pub shown: &'w str,
    /// In lower case.
    pub action: String,
    /// On what.
    pub what: &'w What,
    /// The same as a pattern, where it is not one resource.
    pub(in crate::graph) pattern: Pattern,
    /// The policy of the one resource.
    pub(super) own: Own,
    /// Of a pattern: the resources in it that were seen with a policy of their own.
    pub(super) known: Vec<(String, Own)>,
}

impl Deciding<'_> {
    /// The policy of the one resource.
    pub fn own(&self) -> &Own {
        &self.own
    }

    /// Whether a policy of a resource's own could let in whom no policy of theirs does.
    pub fn has_own(&self) -> bool {
        !matches!(self.own, Own::None) || !self.known.is_empty()
    }
}

impl<'s> Graph<'s> {
    /// Prepares a question.
    pub fn deciding<'w>(&self, action: &'w str, what: &'w What) -> Deciding<'w> {
        let lower = action.to_lowercase();
        let service = lower.split(':').next().unwrap_or_default();
        let pattern = Pattern::new(what.text());
        let (own, known) = match what {
            What::One(resource) => (self.own_policy_for(&lower, resource), Vec::new()),
            What::Any | What::Pattern(_) => {
                let known = self.resources_with_policies(service).into_iter();
                let known = known.filter(|resource| pattern.matches(resource));
                let known =
                    known.map(|resource| (self.own_policy_for(&lower, &resource), resource));
                (
                    Own::None,
                    known.map(|(own, resource)| (resource, own)).collect(),
                )
            }
        };
        Deciding {
            shown: action,
            action: lower,
            what,
            pattern,
            own,
            known,
        }
    }

    /// A trust policy is about becoming the role, and about nothing else.
    fn own_policy_for(&self, action: &str, resource: &str) -> Own {
        match arn::is_role(resource) && !action.starts_with("sts:") {
            true => Own::None,
            false => self.own_policy(resource),
        }
    }

    /// Whether a principal may do an IAM action: of a pod or service account the best of the roles that
    /// it gets.
    pub fn may_aws(&self, who: &Who, deciding: &Deciding<'_>) -> Answer {
        match who {
            Who::Iam { at, session } => {
                let asker = self
                    .principals
                    .get(*at)
                    .and_then(|one| Asker::new(one, None));
                let Some(mut asker) = asker else {
                    return Answer::not_evaluated(vec![
                        "its ARN is none of a role or user".to_owned(),
                    ]);
                };
                let session = session
                    .as_ref()
                    .and_then(|arn| Caller::session(arn, asker.principal.arn));
                if let Some(mut session) = session {
                    session.unique_id = asker.caller.unique_id.take();
                    asker.caller = session;
                }
                self.asked(&asker, deciding)
            }
            Who::Account { at, .. } => self.account_may(*at, deciding),
            Who::Subject { subject, .. } => Answer::denied(
                "no-role",
                format!("{subject} is known to Kubernetes alone and has no AWS credentials"),
            ),
        }
    }

    /// The answer for one asker.
    pub fn asked(&self, asker: &Asker<'_, 's>, deciding: &Deciding<'_>) -> Answer {
        let mut answer = match deciding.what {
            What::One(resource) => self.on_one(asker, deciding, resource, &deciding.own),
            What::Any | What::Pattern(_) => self.on_pattern(asker, deciding),
        };
        if let Some(hold) = asker.hold {
            let conditions = hold.conditions().map(str::to_owned).collect::<Vec<_>>();
            if answer.decision != Decision::Denied {
                let certain = hold.is_certain();
                answer.only_if(conditions.into_iter().filter(|_| !certain));
                if !certain {
                    answer.decision = answer.decision.min(Decision::Conditional);
                }
            }
        }
        self.with_unseen(asker, answer)
    }

    /// A policy of the principal that was not seen may allow, and may take away.
    fn with_unseen(&self, asker: &Asker<'_, 's>, mut answer: Answer) -> Answer {
        let explicit = answer.why_not.iter().any(|why| why.kind == "deny");
        let unseen: Vec<String> = asker.unseen().cloned().collect();
        if unseen.is_empty() || explicit {
            return answer;
        }
        if answer.decision == Decision::Denied {
            answer.decision = Decision::Conditional;
            answer.why_not.clear();
        }
        answer.only_if(unseen);
        answer
    }

    /// On one resource.
    pub(super) fn on_one(
        &self,
        asker: &Asker<'_, 's>,
        deciding: &Deciding<'_>,
        resource: &str,
        own: &Own,
    ) -> Answer {
        let mut context = asker.context(self);
        self.know_resource(resource, &mut context);
        let request = Request::new(&asker.caller, &deciding.action, resource, &context);
        let needed = request.needs_resource_policy() || !request.same_account();
        let resource_policy = match own {
            // Where the identity's own policies are enough, what was not seen is a remark.
            Own::Unseen(_) if !needed => ResourcePolicy::None,
            own => own.policy(),
        };
        let own_policies = Policies {
            rcps: self.organizations.rcps(request.resource_account),
            ..asker.policies(self)
        };
        let decision = match (resource_policy, &*deciding.action) {
            (ResourcePolicy::Given(trust), "sts:assumerole") if arn::is_role(resource) => {
                let role = trust::Role {
                    arn: resource,
                    trust,
                    rcps: self
                        .organizations
                        .rcps_of_role(request.resource_account, resource),
                };
                let tagged = asker.hold.is_some_and(|hold| hold.tagged);
                trust::principal(&role, &asker.caller, &own_policies, &context, tagged)
            }
            _ => {
                let policies = Policies {
                    resource: resource_policy,
                    ..own_policies
                };
                evaluate(&request, &policies)
            }
        };
        let granted = self.perhaps_by_grant(&request, &own_policies, &decision);
        let (by_grant, decision) = (granted.is_some(), granted.unwrap_or(decision));
        let mut answer = Answer::of(Decision::from(decision.truth()));
        if decision.is_denied() {
            let asked = why_not::Asked {
                asker,
                deciding,
                resource,
                own,
                context: &context,
            };
            answer.why_not = why_not::of(self, &asked, &decision);
        }
        answer.remarks = remarks(&decision, own, needed, &request);
        if !decision.is_denied() {
            answer.remarks.extend(self.unseen_above(asker));
        }
        answer.because = decision
            .because
            .into_iter()
            .map(Because::Statement)
            .collect();
        answer.conditions = decision.conditions;
        answer.chosen = decision.chosen;
        if by_grant {
            answer.decision = Decision::Conditional;
            answer.conditions.push(format!(
                "as a grant on the key has it ({} was not read whole)",
                Source::KEY_GRANTS.name
            ));
        }
        answer
    }

    /// The decision with a grant that lets the caller do it, where the key's grants were not read and nothing but an
    /// Allow is missing.
    fn perhaps_by_grant(
        &self,
        request: &Request<'_>,
        policies: &Policies<'_>,
        decision: &evaluate::Decision,
    ) -> Option<evaluate::Decision> {
        if decision.verdict != (Verdict::Deny { explicit: false }) {
            return None;
        }
        let key = self.perhaps_granted(request.action, request.resource)?;
        let policies = Policies {
            resource: ResourcePolicy::Given(&key),
            ..*policies
        };
        Some(evaluate(request, &policies)).filter(|decision| !decision.is_denied())
    }

    /// A remark where SCPs that may bind the asker were not seen.
    pub(super) fn unseen_above(&self, asker: &Asker<'_, 's>) -> Option<String> {
        let unseen = self.organizations.unseen(asker.principal.account)?;
        Some(format!("{}: they could take it away.", capital(unseen)))
    }

    /// What a resource's own policy says to somebody who is no principal of an account that was read.
    pub(in crate::graph) fn outsider(
        &self,
        caller: &Caller,
        deciding: &Deciding<'_>,
        policy: &NamedPolicy,
    ) -> Answer {
        let service = caller.caller == Kind::Service;
        let mut context = match service {
            true => self.context().clone(),
            false => caller.context(self.snapshot.taken_at.0, []),
        };
        if service {
            context.set("aws:PrincipalIsAWSService", "true");
        }
        self.outsider_in(caller, context, deciding, policy)
    }

    /// The same, where more is known of the request.
    pub(in crate::graph) fn outsider_in(
        &self,
        caller: &Caller,
        mut context: Context,
        deciding: &Deciding<'_>,
        policy: &NamedPolicy,
    ) -> Answer {
        let resource = deciding.what.text();
        self.know_resource(resource, &mut context);
        let request = Request::new(caller, &deciding.action, resource, &context);
        // Its own policies are not known here: what is asked is the resource's side.
        let own = NamedPolicy::new("its own policies", PolicyDocument::allowing_everything());
        let policies = Policies {
            identity: std::slice::from_ref(&own),
            resource: ResourcePolicy::Given(policy),
            rcps: self.organizations.rcps(request.resource_account),
            ..Policies::default()
        };
        let decision = evaluate(&request, &policies);
        let mut answer = Answer::of(Decision::from(decision.truth()));
        let because = decision.because.into_iter();
        let resource_side = because.filter(|one| one.kind == PolicyKind::Resource);
        answer.because = resource_side.map(Because::Statement).collect();
        answer.conditions = decision.conditions;
        answer
    }
}

fn remarks(
    decision: &evaluate::Decision,
    own: &Own,
    needed: bool,
    request: &Request<'_>,
) -> Vec<String> {
    let mut remarks = Vec::new();
    let could = match decision.verdict {
        Verdict::Deny { explicit: true } => None,
        Verdict::Deny { explicit: false } => Some("allow it"),
        Verdict::Allow | Verdict::Conditional => Some("deny it"),
    };
    if let (Own::Unseen(why), false, Some(could)) = (own, needed, could) {
        remarks.push(format!("{UNSEEN} and could {could} ({why})."));
    }
    if let Some(parsed) = Arn::parse(request.resource).filter(|arn| arn.account.is_empty()) {
        remarks.push(format!(
            "The ARN of the {} resource names no account: it is taken to be in {}.",
            parsed.service, request.resource_account
        ));
    }
    if !decision.chosen.is_empty() {
        remarks.push(format!(
            "Whoever calls chooses {}: no restriction to somebody who has taken the caller over.",
            decision.chosen.join(", ")
        ));
    }
    remarks
}
