//! May somebody use a verb in a cluster: RBAC, and what EKS lets in from AWS.

use crate::rbac::authorizer::Verdict;
use crate::rbac::identity::is_node;
use crate::rbac::{Attributes, Grant, Identity, Permission, ResourceAttributes, SubjectId};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes_rbac::PolicyRule;

use super::{Answer, Because, Decision, Request};
use crate::graph::aws_access::AwsAccess;
use crate::graph::named::Who;
use crate::graph::rbac_subject::{
    binding_id, binding_text, role_id, role_text, rule_text, subject_text,
};
use crate::graph::user_template::Match;
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::access_policy::{self, Known, names_namespace};
use crate::snapshot::eks::AssociatedAccessPolicy;

/// What is asked of each cluster where the sources were not all read.
const SOURCES: [Source; 2] = [Source::CLUSTER_ROLES, Source::CLUSTER_ROLE_BINDINGS];
const NAMESPACED: [Source; 2] = [Source::ROLES, Source::ROLE_BINDINGS];

/// How an IAM principal comes into a cluster.
#[derive(Debug)]
pub struct Entry<'g, 's> {
    /// The access entry or mapping.
    pub access: &'g AwsAccess<'s>,
    /// Whom the cluster takes it for.
    pub identity: Identity,
}

impl Entry<'_, '_> {
    /// That it comes in, and as whom.
    pub fn because(&self) -> Because {
        let name = self.identity.user.as_deref().unwrap_or_default();
        let groups = match self.access.groups.as_slice() {
            [] => String::new(),
            groups => format!(", in {}", some_of(groups)),
        };
        Because::Entry {
            way: self.access.way,
            evidence: format!("as the user {name}{groups}"),
        }
    }
}

impl<'s> Graph<'s> {
    /// Whether somebody may use a verb in a cluster.
    pub fn may_kubernetes(&self, node: &ClusterNode<'s>, who: &Who, request: &Request) -> Answer {
        let answer = match who {
            Who::Account { at, .. } => match self.workloads.service_accounts.get(*at) {
                Some(account) => {
                    let identity = Identity::service_account(account.namespace, account.name);
                    rbac(node, &identity, request)
                }
                None => return Answer::of(Decision::Denied),
            },
            Who::Subject { subject, .. } => {
                let mut answer = rbac(node, &identity_of(subject), request);
                if is_node(subject) {
                    answer.remarks.push(NODE_AUTHORIZER.to_owned());
                }
                answer
            }
            Who::Iam { at, .. } => return self.iam_may(node, *at, request),
        };
        answer.unless_unread(self.unread_rbac(node, request))
    }

    /// What of a cluster's RBAC was not read that could allow a request.
    pub fn unread_rbac(&self, node: &ClusterNode<'_>, request: &Request) -> Vec<String> {
        let namespaced = matches!(
            request,
            Request::Resource {
                namespaced: true,
                ..
            } | Request::Any { .. }
        );
        let more = NAMESPACED.into_iter().filter(|_| namespaced);
        SOURCES
            .into_iter()
            .chain(more)
            .filter(|source| !self.saw(*source, node.key))
            .map(|source| format!("{} of {} was not read whole", source.name, node.key))
            .collect()
    }

    /// The ways of an IAM principal into a cluster.
    pub fn entries<'g>(&'g self, node: &'g ClusterNode<'s>, at: usize) -> Vec<Entry<'g, 's>> {
        let ways = node.access.all.iter();
        ways.filter(|access| self.access_principal(access) == Some(at))
            .map(|access| Entry {
                access,
                identity: entry_identity(access),
            })
            .collect()
    }

    fn iam_may(&self, node: &ClusterNode<'s>, at: usize, request: &Request) -> Answer {
        let entries = self.entries(node, at);
        let mut unread = self.unseen_access(node);
        if entries.is_empty() {
            let text = format!(
                "No access entry and no mapping of aws-auth lets it into {}.",
                node.key
            );
            return Answer::denied("no-entry", text).unless_unread(unread);
        }
        unread.extend(self.unread_rbac(node, request));
        let mut best: Option<Answer> = None;
        for entry in entries {
            let answer = self.entry_may(node, &entry, request);
            if best
                .as_ref()
                .is_none_or(|before| before.decision < answer.decision)
            {
                best = Some(answer);
            }
        }
        best.unwrap_or_else(|| Answer::of(Decision::Denied))
            .unless_unread(unread)
    }

    /// What one way in gives: RBAC for its user and groups, and EKS's own authorizer for its access policies.
    pub fn entry_may(
        &self,
        node: &ClusterNode<'s>,
        entry: &Entry<'_, 's>,
        request: &Request,
    ) -> Answer {
        let mut answer = rbac(node, &entry.identity, request);
        if answer.decision != Decision::Allowed {
            let by_name = by_template(node, entry, request);
            let by_policy = by_policies(entry.access, request);
            for more in by_policy.into_iter().chain(by_name) {
                if more.decision > answer.decision {
                    answer = more;
                } else if more.decision == Decision::Conditional {
                    answer.because.extend(more.because);
                    answer.only_if(more.conditions);
                }
            }
        }
        answer.because.insert(0, entry.because());
        if entry.access.is_node() {
            answer.remarks.push(NODE_AUTHORIZER.to_owned());
        }
        answer
    }
}

const NODE_AUTHORIZER: &str =
    "Nodes are also allowed what the Node authorizer knows of, which RBAC is not asked about.";

/// Whom a cluster takes an IAM principal for.
fn entry_identity(access: &AwsAccess<'_>) -> Identity {
    Identity::user(&access.username, &access.groups)
}

/// Whom a cluster takes a subject for; the members of a group have what its implied groups give too.
pub(in crate::graph) fn identity_of(subject: &SubjectId) -> Identity {
    match subject {
        SubjectId::Group(name) => Identity::members(name),
        subject => Identity::of(subject),
    }
}

/// A user name or group with a placeholder may come out as a bound one.
fn by_template(node: &ClusterNode<'_>, entry: &Entry<'_, '_>, request: &Request) -> Option<Answer> {
    let part = request.part()?;
    let comes_in = |subject: &SubjectId| match subject {
        SubjectId::Group(name) => entry.access.is_in(name),
        user => entry.access.is_user(&user.user_name()),
    };
    let holder = node
        .rbac
        .who_can(&part)
        .into_iter()
        .find(|holder| comes_in(&holder.subject) != Match::No)?;
    let mut answer = Answer::of(Decision::Conditional);
    answer.because = vec![rule(node, &holder.grant)];
    answer.conditions = vec![format!(
        "only if it comes in as {}",
        subject_text(&holder.subject)
    )];
    answer
        .conditions
        .extend(request.limits(std::slice::from_ref(&holder.grant)));
    Some(answer)
}

/// What the access policies of an entry give.
pub(in crate::graph) fn by_policies(access: &AwsAccess<'_>, request: &Request) -> Vec<Answer> {
    access
        .policies
        .iter()
        .filter_map(|policy| by_policy(policy, request))
        .collect()
}

fn by_policy(policy: &AssociatedAccessPolicy, request: &Request) -> Option<Answer> {
    let namespaces = &policy.access_scope.namespaces;
    let whole = access_policy::is_cluster_wide(policy);
    let place = match (request, request.namespace()) {
        _ if whole => None,
        (Request::Any { .. }, None) => None,
        (
            Request::Resource {
                namespaced: true, ..
            },
            None,
        ) => Some(format!("only in {}", some_of(namespaces))),
        (_, Some(asked)) if namespaces.iter().any(|one| names_namespace(one, asked)) => None,
        _ => return None,
    };
    let scope = match whole {
        true => "the whole cluster".to_owned(),
        false => format!("namespaces {}", some_of(namespaces)),
    };
    let mut answer = Answer::of(Decision::Allowed);
    answer.because = vec![Because::AccessPolicy {
        policy: policy.policy_arn.clone(),
        scope,
    }];
    answer.only_if(place);
    answer.only_if(limit_of(policy, request)?);
    Some(answer)
}

/// What the rules of an access policy limit a request to, wherever they hold; nothing where they do not give
/// it. AWS does not publish the rules of every policy: those give it as far as is known.
fn limit_of(policy: &AssociatedAccessPolicy, request: &Request) -> Option<Option<String>> {
    let known = access_policy::of_arn(&policy.policy_arn);
    if let Some(known) = known
        && let Some(limit) = limit_by_rules(known, request)
    {
        return Some(limit);
    }
    if known.is_some_and(|known| known.known == Known::Rules) {
        return None;
    }
    Some(Some(format!(
        "as far as {} grants it, whose rules AWS does not publish",
        access_policy::name_of(&policy.policy_arn)
    )))
}

fn limit_by_rules(
    policy: &access_policy::AccessPolicy,
    request: &Request,
) -> Option<Option<String>> {
    match (request, request.whole(), request.part()) {
        (Request::Path { verb, path }, ..) => policy
            .allows(&Attributes::NonResource { verb, path })
            .map(|_| None),
        (_, Some(whole), Some(part)) => {
            if !policy.grants(&whole).is_empty() {
                return Some(None);
            }
            let some = policy.grants(&part);
            (!some.is_empty()).then(|| request.limits(&some))
        }
        _ => {
            let has = |rule: &PolicyRule| {
                let mut verbs = rule.verbs.iter();
                !rule.resources.is_empty() && verbs.any(|one| one == "*" || one == request.verb())
            };
            policy.role.rules.iter().any(has).then_some(None)
        }
    }
}

/// What RBAC says to an identity.
fn rbac(node: &ClusterNode<'_>, identity: &Identity, request: &Request) -> Answer {
    if identity.is_superuser() {
        let mut answer = Answer::of(Decision::Allowed);
        answer.because = vec![Because::Superuser];
        return answer;
    }
    let (Some(whole), Some(part)) = (request.whole(), request.part()) else {
        return match request {
            Request::Any { verb, namespace } => any(node, identity, verb, namespace.as_deref()),
            request => path(node, identity, request),
        };
    };
    if let Some(grant) = node.rbac.grants_of(identity, &whole).first() {
        let mut answer = Answer::of(Decision::Allowed);
        answer.because = vec![rule(node, grant)];
        return answer;
    }
    let some = node.rbac.grants_of(identity, &part);
    if some.is_empty() {
        return no_binding(node, identity, request);
    }
    let mut answer = Answer::of(Decision::Conditional);
    answer.because = some.iter().map(|grant| rule(node, grant)).collect();
    answer.conditions = request.limits(&some).into_iter().collect();
    answer
}

/// A verb on any resource: the rules that have it.
fn any(node: &ClusterNode<'_>, identity: &Identity, verb: &str, namespace: Option<&str>) -> Answer {
    let mut answer = Answer::of(Decision::Allowed);
    for held in node.rbac.rules_of(identity) {
        let (Some(role), within) = (held.role, held.binding.namespace()) else {
            continue;
        };
        if namespace.is_some() && within.is_some() && within != namespace {
            continue;
        }
        let has = |rule: &PolicyRule| {
            !rule.resources.is_empty() && rule.verbs.iter().any(|one| one == "*" || one == verb)
        };
        let rules = role.rules.iter().enumerate().filter(|(_, one)| has(one));
        answer.because.extend(rules.map(|(at, _)| {
            let grant = Grant {
                binding: held.binding,
                subject: held.subject,
                role,
                rule: at,
            };
            rule(node, &grant)
        }));
    }
    match answer.because.is_empty() {
        true => Answer::denied(
            "no-allow",
            format!("No binding gives it {verb} on any resource."),
        ),
        false => answer,
    }
}

fn path(node: &ClusterNode<'_>, identity: &Identity, request: &Request) -> Answer {
    let Request::Path { verb, path } = request else {
        return Answer::of(Decision::Denied);
    };
    let user = identity.user.as_deref().unwrap_or_default();
    let verdict = node.rbac.authorize(
        user,
        &identity.groups,
        &Attributes::NonResource { verb, path },
    );
    match verdict.grant {
        Some(grant) => {
            let mut answer = Answer::of(Decision::Allowed);
            answer.because = vec![rule(node, &grant)];
            answer
        }
        None => no_binding(node, identity, request),
    }
}

/// Nothing gives it: bindings to roles that do not exist, and what else is given on the resource.
fn no_binding(node: &ClusterNode<'_>, identity: &Identity, request: &Request) -> Answer {
    let text = format!(
        "No binding gives it {} on {}",
        request.verb(),
        request.text()
    );
    let place = match request {
        Request::Resource {
            namespace: Some(namespace),
            ..
        } => format!(" in {namespace}"),
        Request::Resource {
            namespaced: true, ..
        } => " in any namespace".to_owned(),
        _ => String::new(),
    };
    let mut answer = Answer::denied("no-allow", format!("{text}{place}."));
    let verbs = other_verbs(node, identity, request);
    if let (false, Some(why)) = (verbs.is_empty(), answer.why_not.first_mut()) {
        why.text += &format!(" It may {} there.", verbs.join(", "));
    }
    let missing = missing_roles(node, identity, request);
    if !missing.is_empty() {
        answer.remarks.push(format!(
            "{} to a role that does not exist: whoever makes it decides what that gives.",
            some_of(&missing)
        ));
    }
    answer
}

/// Verbs that an identity does have on what was asked about.
fn other_verbs(
    node: &ClusterNode<'_>,
    identity: &Identity,
    request: &Request,
) -> Vec<&'static str> {
    const VERBS: [&str; 8] = [
        "get",
        "list",
        "watch",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
    ];
    let Some(whole) = request.whole() else {
        return Vec::new();
    };
    let has = |verb: &&str| {
        !node
            .rbac
            .grants_of(identity, &Permission { verb, ..whole })
            .is_empty()
    };
    VERBS.into_iter().filter(has).collect()
}

/// Bindings of an identity whose role does not exist.
fn missing_roles(node: &ClusterNode<'_>, identity: &Identity, request: &Request) -> Vec<String> {
    let Request::Resource {
        verb, namespace, ..
    } = request
    else {
        return Vec::new();
    };
    let asked = ResourceAttributes {
        verb,
        namespace: namespace.as_deref().unwrap_or_default(),
        ..ResourceAttributes::default()
    };
    let user = identity.user.as_deref().unwrap_or_default();
    let verdict: Verdict<'_> =
        node.rbac
            .authorize(user, &identity.groups, &Attributes::Resource(asked));
    let bindings = verdict.missing_roles.iter();
    bindings
        .map(|binding| format!("the {} is", binding_text(binding)))
        .collect()
}

/// A grant as what a decision rests on.
pub(in crate::graph) fn rule(node: &ClusterNode<'_>, grant: &Grant<'_>) -> Because {
    let rule = rule_text(grant.role, grant.rule).unwrap_or_default();
    Because::Rule {
        binding: binding_id(node.key, grant.binding),
        role: role_id(node.key, grant.role),
        rule: grant.rule,
        text: format!(
            "{} of {}: {rule}",
            binding_text(grant.binding),
            role_text(grant.role)
        ),
    }
}
