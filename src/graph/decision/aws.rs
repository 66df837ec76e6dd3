//! May a principal, or whoever gets its role, do an IAM action on a resource.

use crate::iam::arn;
use crate::iam::context::Context;
use crate::iam::document::{Actions, Effect, PolicyDocument, Resources, Statement};
use crate::iam::evaluate::{
    self, NamedPolicy, Policies, PolicyKind, Request, ResourcePolicy, Verdict, evaluate,
};
use crate::iam::glob::Pattern;
use crate::iam::principal::{Caller as Kind, Principal as Caller, Principals};
use crate::iam::trust;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::{Answer, Because, Decision, why_not};
use crate::graph::Graph;
use crate::graph::hold::Hold;
use crate::graph::named::{What, Who};
use crate::graph::path::EdgeKind;
use crate::graph::principal::{Principal, PrincipalKind};
use crate::graph::resource_policy::Own;

/// How a remark begins that a resource's own policy was not seen.
pub(in crate::graph) const UNSEEN: &str = "The resource's own policy was not seen";

/// An IAM principal that asks, by itself or as a service account gets it.
#[derive(Clone, Debug)]
pub struct Asker<'g, 's> {
    /// The principal.
    pub principal: &'g Principal<'s>,
    /// How it is got.
    pub hold: Option<&'g Hold>,
    /// As policies see it.
    pub caller: Caller,
}

impl<'g, 's> Asker<'g, 's> {
    /// The principal, perhaps as it is got.
    pub fn new(principal: &'g Principal<'s>, hold: Option<&'g Hold>) -> Option<Self> {
        let mut caller = Caller::from_arn(principal.arn)?;
        let id = match principal.kind {
            PrincipalKind::Role(role) => &role.role_id,
            PrincipalKind::User(user) => &user.user_id,
        };
        caller.unique_id = Some(id.as_str())
            .filter(|id| !id.is_empty())
            .map(Into::into);
        Some(Self {
            principal,
            hold,
            caller,
        })
    }

    /// Its own policies, the session's among them.
    pub fn policies(&self, graph: &Graph<'s>) -> Policies<'g> {
        match self.hold {
            Some(hold) => graph.policies(self.principal, hold),
            None => self.principal.policies(),
        }
    }

    /// What is known of its requests.
    pub fn context(&self, graph: &Graph<'s>) -> Context {
        match (self.hold, self.principal.kind) {
            (Some(hold), _) => graph.context_of(self.principal, hold),
            (None, PrincipalKind::Role(_)) => graph.context_of_role(self.principal),
            (None, PrincipalKind::User(user)) => {
                let tags = user
                    .tags
                    .iter()
                    .map(|tag| (tag.key.as_str(), tag.value.as_str()));
                self.caller.context(graph.snapshot.taken_at.0, tags)
            }
        }
    }

    /// Its policies that were not seen and that may allow or take away.
    pub fn unseen(&self) -> impl Iterator<Item = &'g String> {
        let unseen = self.principal.unseen.iter();
        unseen.filter(|text| !text.starts_with("trust policy"))
    }
}

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
    pub(super) pattern: Pattern,
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
        let own_policies = asker.policies(self);
        let decision = match (resource_policy, &*deciding.action) {
            (ResourcePolicy::Given(trust), "sts:assumerole") if arn::is_role(resource) => {
                let role = trust::Role {
                    arn: resource,
                    trust,
                    rcps: own_policies.rcps,
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
        answer.because = decision
            .because
            .into_iter()
            .map(Because::Statement)
            .collect();
        answer.conditions = decision.conditions;
        answer.chosen = decision.chosen;
        answer
    }

    /// What a resource's own policy says to somebody who is no principal of an account that was read.
    pub(in crate::graph) fn outsider(
        &self,
        caller: &Caller,
        deciding: &Deciding<'_>,
        resource: &str,
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
        self.know_resource(resource, &mut context);
        let request = Request::new(caller, &deciding.action, resource, &context);
        // Its own policies are not known here: what is asked is the resource's side.
        let own = NamedPolicy::new("its own policies", everything());
        let policies = Policies {
            identity: std::slice::from_ref(&own),
            resource: ResourcePolicy::Given(policy),
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

    /// The best over all ways in which a service account gets a role.
    fn account_may(&self, at: usize, deciding: &Deciding<'_>) -> Answer {
        if deciding.action == "sts:assumerolewithwebidentity" {
            return self.by_token(at, deciding);
        }
        let unread = self.unread_roles(at);
        let mut best: Option<Answer> = None;
        for hold in self.holds.iter().filter(|hold| hold.service_account == at) {
            let role = self.principals.get(hold.role);
            let Some(asker) = role.and_then(|role| Asker::new(role, Some(hold))) else {
                continue;
            };
            let mut answer = self.asked(&asker, deciding);
            answer.because.push(got(&asker, hold));
            for why in &mut answer.why_not {
                why.text = format!("As {}: {}", asker.principal.arn, why.text);
            }
            best = Some(match best {
                Some(before) => better(before, answer),
                None => answer,
            });
        }
        let none = "it gets no IAM role, by IRSA or by EKS Pod Identity";
        best.unwrap_or_else(|| Answer::denied("no-role", format!("{none}.")))
            .unless_unread(unread)
    }

    /// Its token for a role: the trust policy alone decides.
    fn by_token(&self, at: usize, deciding: &Deciding<'_>) -> Answer {
        let meant = |hold: &&Hold| {
            let role = self.principals.get(hold.role).map_or("", |role| role.arn);
            hold.service_account == at
                && hold.way == EdgeKind::AssumeRoleWebIdentity
                && deciding.pattern.matches(role)
        };
        let mut holds: Vec<&Hold> = self.holds.iter().filter(meant).collect();
        holds.sort_by_key(|hold| !hold.is_certain());
        let unread = self.unread_roles(at);
        let Some(hold) = holds.first() else {
            let refused = match (deciding.what, self.workloads.service_accounts.get(at)) {
                (What::One(arn), Some(account)) => {
                    let role = self.principals.by_arn(arn);
                    role.map(|role| self.refusal(role, account))
                }
                _ => None,
            };
            let text =
                refused.unwrap_or_else(|| "no role that was read trusts its token".to_owned());
            return Answer::denied("resource", format!("{text}.")).unless_unread(unread);
        };
        let mut answer = Answer::of(match hold.is_certain() {
            true => Decision::Allowed,
            false => Decision::Conditional,
        });
        answer.because = hold
            .decision
            .because
            .iter()
            .cloned()
            .map(Because::Statement)
            .collect();
        let asker = self
            .principals
            .get(hold.role)
            .and_then(|role| Asker::new(role, Some(hold)));
        answer.because.extend(asker.map(|asker| got(&asker, hold)));
        if !hold.is_certain() {
            answer.conditions = hold.conditions().map(str::to_owned).collect();
        }
        answer.chosen.clone_from(&hold.decision.chosen);
        answer
    }

    /// What was not read, so that somebody may do more in AWS than is known.
    pub fn unread_aws(&self, who: &Who) -> Vec<String> {
        match who {
            Who::Account { at, .. } => self.unread_roles(*at),
            Who::Iam { .. } | Who::Subject { .. } => Vec::new(),
        }
    }

    /// What was not read, so that a service account may get more roles than are known.
    pub fn unread_roles(&self, at: usize) -> Vec<String> {
        let Some(account) = self.workloads.service_accounts.get(at) else {
            return Vec::new();
        };
        let Some(node) = self.cluster(account.cluster) else {
            return Vec::new();
        };
        let not_read =
            |source: Source, scope: &str| format!("{} of {scope} was not read whole", source.name);
        let mut unread = Vec::new();
        match node.cluster.account.as_deref() {
            Some(id) if !self.saw(Source::IAM, id) => unread.push(not_read(Source::IAM, id)),
            None if self.snapshot.accounts.is_empty() => {
                unread.push(not_read(Source::IAM, "the cluster's account"));
            }
            _ => {}
        }
        if node.cluster.issuer().is_none() {
            unread.push(not_read(Source::CLUSTER, node.key));
        }
        if !self.saw(Source::POD_IDENTITY, node.key) {
            unread.push(not_read(Source::POD_IDENTITY, node.key));
        }
        let elsewhere = account
            .annotated_role()
            .and_then(Arn::parse)
            .map(|arn| arn.account);
        if let Some(id) = elsewhere.filter(|id| !self.saw(Source::IAM, id)) {
            let text = not_read(Source::IAM, id);
            if !unread.contains(&text) {
                unread.push(text);
            }
        }
        unread
    }
}

/// A document that allows everything.
fn everything() -> PolicyDocument {
    PolicyDocument {
        variables: false,
        statements: vec![Statement {
            index: 0,
            sid: None,
            effect: Effect::Allow,
            principals: Principals::Omitted,
            actions: Actions::AllBut(Vec::new()),
            resources: Resources::AllBut(Vec::new()),
            conditions: Vec::new(),
        }],
        invalid: Vec::new(),
    }
}

/// That a service account gets a role.
fn got(asker: &Asker<'_, '_>, hold: &Hold) -> Because {
    Because::Role {
        role: asker.principal.arn.to_owned(),
        way: hold.way,
        evidence: hold.evidence.clone(),
    }
}

/// The better of two answers; of two that deny, the reasons of both.
fn better(mut one: Answer, other: Answer) -> Answer {
    if other.decision > one.decision {
        return other;
    }
    if one.decision == Decision::Denied && other.decision == Decision::Denied {
        one.why_not.extend(other.why_not);
        for remark in other.remarks {
            if !one.remarks.contains(&remark) {
                one.remarks.push(remark);
            }
        }
    }
    one
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
