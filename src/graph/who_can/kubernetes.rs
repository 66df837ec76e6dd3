//! Who can use a verb in a cluster, and who comes in from AWS as one of them.

use std::collections::BTreeMap;

use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Grant, SubjectId};

use super::{Holder, Reach, WhoCan};
use crate::graph::aws_access::AwsAccess;
use crate::graph::decision::{Answer, Because, Decision, Request, by_policies, rule};
use crate::graph::path::EdgeKind;
use crate::graph::rbac_subject::subject_id;
use crate::graph::user_template::Match;
use crate::graph::wording::short;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

impl<'s> Graph<'s> {
    /// Who can use a verb, in one cluster.
    pub fn who_can_kubernetes(&self, node: &ClusterNode<'s>, request: &Request) -> WhoCan {
        let mut subjects = subjects(node, request);
        // RBAC is not asked about it, so no binding has to name it.
        let masters = SubjectId::Group(SYSTEM_MASTERS.to_owned());
        let mut always = Answer::of(Decision::Allowed);
        always.because = vec![Because::Superuser];
        subjects.insert(masters, always);
        let holders = subjects.into_iter().map(|(subject, answer)| Holder {
            id: subject_id(node.key, &subject),
            cluster: None,
            reached: self.becomes(node, &subject),
            answer,
        });
        let mut all = WhoCan {
            holders: holders.collect(),
            unread: self.unread_rbac(node, request),
            ..WhoCan::default()
        };
        all.unread.extend(self.unseen_access(node));
        all.holders.extend(self.by_access_policies(node, request));
        all.sorted()
    }

    /// Who acts as a subject: the workloads of a service account, IAM principals that come in as the user or
    /// in the group.
    pub(in crate::graph) fn becomes(
        &self,
        node: &ClusterNode<'s>,
        subject: &SubjectId,
    ) -> Vec<Reach> {
        if let SubjectId::ServiceAccount { namespace, name } = subject {
            let at = self.workloads.service_account(node.key, namespace, name);
            let workloads = at.into_iter().flat_map(|at| self.workloads.of_account(at));
            return workloads
                .map(|workload| Reach {
                    is_far: false,
                    id: workload.id.clone(),
                    way: EdgeKind::RunsAs,
                    conditions: Vec::new(),
                })
                .collect();
        }
        let ways = self.ways_in(node);
        ways.filter_map(|access| {
            let (comes_in, text) = match subject {
                SubjectId::Group(name) => (access.is_in(name), format!("in the group {name}")),
                SubjectId::User(name) => (access.is_user(name), format!("as the user {name}")),
                SubjectId::ServiceAccount { .. } => return None,
            };
            let mut conditions = match comes_in {
                Match::No => return None,
                Match::Perhaps => vec![format!("only if it comes in {text}")],
                Match::Always => Vec::new(),
            };
            conditions.extend(self.gone(access));
            Some(Reach {
                is_far: false,
                id: self.arn_of(access),
                way: access.way,
                conditions,
            })
        })
        .collect()
    }

    /// A mapping of aws-auth outlives its principal, and lets in the next of that name; the condition where
    /// there is none now (EKS User Guide, "Grant IAM users access to Kubernetes with a ConfigMap").
    pub(crate) fn gone(&self, access: &AwsAccess<'_>) -> Option<String> {
        let arn = Arn::parse(&access.principal)?;
        let gone = access.way == EdgeKind::AwsAuth
            && arn.resource != "root"
            && self.access_principal(access).is_none()
            && self.saw(Source::IAM, arn.account);
        gone.then(|| format!("only once there is a {} again", short(&access.principal)))
    }

    /// The ARN of who comes in, path included where it is known.
    pub(crate) fn arn_of(&self, access: &AwsAccess<'_>) -> String {
        let known = self
            .access_principal(access)
            .and_then(|at| self.principals.get(at));
        known
            .map_or(access.principal.as_str(), |known| known.arn)
            .to_owned()
    }

    /// IAM principals whose access policies, and not RBAC, give it.
    fn by_access_policies(&self, node: &ClusterNode<'s>, request: &Request) -> Vec<Holder> {
        let ways = self.ways_in(node);
        ways.filter_map(|access| {
            let answers = by_policies(access, request);
            let answer = answers.into_iter().max_by_key(|answer| answer.decision)?;
            let role = self.access_principal(access);
            let reached = role
                .into_iter()
                .flat_map(|role| self.holds_of(role))
                .flat_map(|hold| self.reach_of(hold));
            Some(Holder {
                id: self.arn_of(access),
                cluster: Some(node.key.to_owned()),
                answer,
                reached: reached.collect(),
            })
        })
        .collect()
    }
}

/// The subjects that bindings give it to, wholly or in part.
fn subjects(node: &ClusterNode<'_>, request: &Request) -> BTreeMap<SubjectId, Answer> {
    let mut grants: BTreeMap<SubjectId, (Vec<Grant<'_>>, Vec<Grant<'_>>)> = BTreeMap::new();
    let (whole, part) = match (request, request.whole(), request.part()) {
        (Request::Path { verb, path }, ..) => (node.rbac.who_can_path(verb, path), Vec::new()),
        (_, Some(whole), Some(part)) => (node.rbac.who_can(&whole), node.rbac.who_can(&part)),
        _ => return any(node, request),
    };
    for holder in whole {
        grants
            .entry(holder.subject)
            .or_default()
            .0
            .push(holder.grant);
    }
    for holder in part {
        grants
            .entry(holder.subject)
            .or_default()
            .1
            .push(holder.grant);
    }
    let answer = |(whole, part): (Vec<Grant<'_>>, Vec<Grant<'_>>)| match whole.first() {
        Some(grant) => {
            let mut answer = Answer::of(Decision::Allowed);
            answer.because = vec![rule(node, grant)];
            answer
        }
        None => {
            let mut answer = Answer::of(Decision::Conditional);
            answer.because = part.iter().map(|grant| rule(node, grant)).collect();
            answer.conditions = request.limits(&part).into_iter().collect();
            answer
        }
    };
    grants
        .into_iter()
        .map(|(subject, found)| (subject, answer(found)))
        .collect()
}

/// A verb on any resource.
fn any(node: &ClusterNode<'_>, request: &Request) -> BTreeMap<SubjectId, Answer> {
    let mut found: BTreeMap<SubjectId, Answer> = BTreeMap::new();
    for binding in node.rbac.bindings() {
        let within = binding.namespace();
        let elsewhere =
            request.namespace().is_some() && within.is_some() && within != request.namespace();
        let Some(role) = node.rbac.role_of(binding).filter(|_| !elsewhere) else {
            continue;
        };
        let has = |verbs: &[String]| verbs.iter().any(|one| one == "*" || one == request.verb());
        let rule_at = role
            .rules
            .iter()
            .position(|one| !one.resources.is_empty() && has(&one.verbs));
        let Some(at) = rule_at else {
            continue;
        };
        for subject in &binding.subjects {
            let Some(id) = SubjectId::of(subject, binding) else {
                continue;
            };
            let grant = Grant {
                binding,
                subject,
                role,
                rule: at,
            };
            let answer = found
                .entry(id)
                .or_insert_with(|| Answer::of(Decision::Allowed));
            answer.because.push(rule(node, &grant));
        }
    }
    found
}
