//! A subject reads the Secrets of all namespaces
//!
//! Secrets hold the tokens, passwords and keys of everybody in the cluster: whoever reads them
//! all can act as any of them, and goes from there.
//!
//! A user, group or service account counts when a ClusterRoleBinding gives it `get`, `list` or
//! `watch` on `secrets` without a limit of names, as the API server understands the rule: by `*`
//! too, and `list` and `watch` give the values. A rule that names single Secrets, and a
//! RoleBinding, do not count. The subjects of the control plane and the bindings of Kubernetes
//! and EKS are known. Cluster-admins have their own finding.
//!
//! An IAM principal counts too when an access policy of its access entry gives it these at cluster scope:
//! AmazonEKSAdminViewPolicy, AmazonEKSSecretReaderPolicy, and AmazonEKSEditPolicy and
//! AmazonEKSAdminPolicy, which are more than reading. An access policy that may read Secrets and whose rules AWS
//! does not publish is not judged.
//!
//! Of a controller that everybody runs, as cert-manager or External Secrets, in its own namespace
//! and with its own image, it is reported as information: its work takes it.
//!
//! Known false positives: another operator whose work it is. Waive it and guard its namespace.
//!
//! To fix it, bind the role in the namespaces that need it, or name the Secrets.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::check::{Answers, Check};
use crate::checks::expected::{expected, severity};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::{narrow_access_policy, narrow_grant};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::path::{EdgeKind, Step};
use crate::graph::rbac_subject::{binding_id, binding_text, role_id, role_text, subject_id};
use crate::graph::wording::{capital, short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::access_policy;
use crate::rbac::defaults::{is_system_subject, outside_subjects};
use crate::rbac::power::SECRET_READING;
use crate::rbac::{Authorizer, Grant, Holder, Identity, Permission, SubjectId, is_cluster_admin};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::AssociatedAccessPolicy;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::CLUSTER_ROLES, Source::CLUSTER_ROLE_BINDINGS],
    controls: &[Control::cis("4.1.2")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        let wide = node.rbac.bindings().iter();
        for _ in wide.filter(|binding| binding.namespace().is_none()) {
            answers.examined();
        }
        let admins = admins(&node.rbac);
        for (subject, reads) in readers(&node.rbac) {
            if !is_admin(&subject, &admins) {
                report(graph, node, answers, &subject, &reads);
            }
        }
        entries(graph, node, answers);
    }
}

/// The access entries whose policies read them.
fn entries(graph: &Graph<'_>, node: &ClusterNode<'_>, answers: &mut Answers) {
    for reason in graph.unseen_policies(node) {
        answers.unjudged(reason);
    }
    let admins = bound_admins(node);
    let readers = readers(&node.policies);
    for access in &node.access.all {
        let is_wide = |policy: &&AssociatedAccessPolicy| access_policy::is_cluster_wide(policy);
        for policy in access.policies.iter().filter(is_wide) {
            answers.examined();
            if let Some(why) = may_read(node, access, policy) {
                answers.unjudged(why);
            }
        }
        let reads = readers.get(&SubjectId::user(&access.principal));
        let reads = reads.filter(|_| reason(node, access, &admins).is_none());
        if let Some(reads) = reads {
            report_entry(graph, node, answers, access, reads);
        }
    }
}

/// Why a policy may read Secrets, where its rules are not known. What EKS gives to nodes, to its own roles and to the
/// role of the cluster is what these need.
fn may_read(
    node: &ClusterNode<'_>,
    access: &AwsAccess<'_>,
    policy: &AssociatedAccessPolicy,
) -> Option<String> {
    let known = access_policy::of_arn(&policy.policy_arn);
    let is_open = known.is_none_or(|policy| policy.may_read_secrets);
    let own_role = node
        .cluster
        .eks
        .cluster
        .as_ref()
        .and_then(|eks| eks.role_arn.as_ref());
    let is_own = access.is_node()
        || access.principal.contains(":role/aws-service-role/")
        || own_role == Some(&access.principal);
    (is_open && !is_own).then(|| {
        format!(
            "what {}, which {} has in {}, may read is not published",
            access_policy::name_of(&policy.policy_arn),
            access.principal,
            node.key
        )
    })
}

fn report_entry(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    access: &AwsAccess<'_>,
    reads: &Reads<'_>,
) {
    let Some(first) = reads.grants.values().next() else {
        return;
    };
    let principal = graph
        .access_principal(access)
        .and_then(|at| graph.principals.get(at));
    let arn = principal.map_or(access.principal.as_str(), |principal| principal.arn);
    let policies = reads
        .grants
        .values()
        .map(|grant| grant.role.metadata.name.as_str());
    let names: Vec<String> = policies
        .map(|arn| access_policy::name_of(arn).to_owned())
        .collect();
    let names = some_of(&names);
    let evidence = format!("{names} at cluster scope");
    answers
        .finding(Resource::of(arn), node.key)
        .title(format!("The {} reads the Secrets of all namespaces of {}", short(arn), node.key))
        .message(format!(
            "In {} the access entry of {arn} may {} every Secret of every namespace, by {evidence}.",
            node.key,
            reads.verbs.join(", "),
        ))
        .related(Resource::of(node.id()))
        .path(vec![Step::new(arn, EdgeKind::AccessEntry, node.id(), evidence)])
        .fix(
            "Let the policy hold in the namespaces that need it, or give AmazonEKSViewPolicy, which reads no Secrets, instead. What read others is refused from then on.",
            narrow_access_policy(node.cluster, &access.principal, &first.role.metadata.name),
        )
        .report();
}

/// How a subject reads Secrets: verbs and grants, these by the binding's name.
#[derive(Default)]
struct Reads<'a> {
    verbs: Vec<&'static str>,
    grants: BTreeMap<&'a str, Grant<'a>>,
}

fn readers(rbac: &Authorizer) -> BTreeMap<SubjectId, Reads<'_>> {
    let mut readers: BTreeMap<SubjectId, Reads<'_>> = BTreeMap::new();
    for verb in SECRET_READING {
        let holders = rbac.who_can(&Permission::new(verb, "", "secrets"));
        for of_binding in holders.chunk_by(|a, b| std::ptr::eq(a.grant.binding, b.grant.binding)) {
            let outside = outside(of_binding);
            for holder in of_binding
                .iter()
                .filter(|holder| outside.contains(&holder.subject))
            {
                let reads = readers.entry(holder.subject.clone()).or_default();
                if reads.verbs.last() != Some(&verb) {
                    reads.verbs.push(verb);
                }
                let name = holder.grant.binding.metadata.name.as_str();
                reads.grants.entry(name).or_insert(holder.grant);
            }
        }
    }
    readers
}

/// The subjects of one binding that are not the system's own.
fn outside(holders: &[Holder<'_>]) -> BTreeSet<SubjectId> {
    let Some(grant) = holders.first().map(|holder| holder.grant) else {
        return BTreeSet::new();
    };
    outside_subjects(grant.binding, Some(grant.role))
        .into_iter()
        .filter(|subject| !is_system_subject(subject))
        .filter_map(|subject| SubjectId::of(subject, grant.binding))
        .collect()
}

/// Everybody whom a ClusterRoleBinding makes cluster-admin.
fn admins(rbac: &Authorizer) -> BTreeSet<SubjectId> {
    let wide = rbac.bindings().iter().filter(|binding| {
        let role = rbac.role_of(binding);
        binding.namespace().is_none()
            && role.is_some_and(|role| is_cluster_admin(&role.rules).is_some())
    });
    wide.flat_map(|binding| {
        let subjects = binding.subjects.iter();
        subjects.filter_map(|subject| SubjectId::of(subject, binding))
    })
    .collect()
}

/// Whether a subject is among them, itself or by a group that it is surely in.
fn is_admin(subject: &SubjectId, admins: &BTreeSet<SubjectId>) -> bool {
    let groups = Identity::of(subject).groups.into_iter();
    admins.contains(subject)
        || groups
            .map(SubjectId::Group)
            .any(|group| admins.contains(&group))
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    subject: &SubjectId,
    reads: &Reads<'_>,
) {
    let Some(first) = reads.grants.values().next() else {
        return;
    };
    let who = node.who(subject);
    let known = graph.known_controller(node, subject);
    let bindings: Vec<String> = reads
        .grants
        .values()
        .map(|grant| {
            let role = role_text(grant.role);
            format!(
                "the {} to the {role} (rule {})",
                binding_text(grant.binding),
                grant.rule + 1
            )
        })
        .collect();
    let related = reads.grants.values().flat_map(|grant| {
        [
            binding_id(node.key, grant.binding),
            role_id(node.key, grant.role),
        ]
    });
    let related: BTreeSet<Resource> = related.map(Resource::of).collect();
    answers
        .finding(Resource::of(subject_id(node.key, subject)), "")
        .severity(severity(known, Severity::High))
        .title(format!("{} reads the Secrets of all namespaces", capital(&who)))
        .message(format!(
            "In {} {who} may {} every Secret of every namespace, by {}.{}",
            node.key,
            reads.verbs.join(", "),
            some_of(&bindings),
            expected(known),
        ))
        .related_all(related)
        .path(graph.path_to_role(node, subject, first))
        .fix(
            "Bind the role in the namespaces that need it instead of the whole cluster, or name the Secrets in the rule. What read others is refused from then on.",
            narrow_grant(node.cluster, subject, first),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, object, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "rbac-secrets-cluster-wide";

    fn rules(verbs: &[&str], groups: &[&str], resources: &[&str]) -> Value {
        json!({"verbs": verbs, "apiGroups": groups, "resources": resources})
    }

    fn cluster(kind: &str, rule: &Value) -> Estate {
        let mut binding = json!({"kind": kind, "metadata": {"name": "b"},
            "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"}],
            "roleRef": {"kind": "ClusterRole", "name": "reader"}});
        if kind == "RoleBinding" {
            binding["metadata"]["namespace"] = json!("web");
        }
        Estate::new()
            .pod("web", "api")
            .kubernetes(json!({"role_bindings": [binding],
            "roles": [{"kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": [rule]}]}))
    }

    #[test]
    fn each_way_to_read_them_all_is_found() {
        for (rule, verbs) in [
            (rules(&["get"], &[""], &["secrets"]), "may get every"),
            (
                rules(&["watch", "list"], &["*"], &["secrets"]),
                "may list, watch every",
            ),
            (rules(&["*"], &[""], &["*"]), "may get, list, watch every"),
            // On everything, but not by every verb: no cluster-admin.
            (rules(&["get", "delete"], &["*"], &["*"]), "may get every"),
        ] {
            let asked = cluster("ClusterRoleBinding", &rule).ask(ID);
            asked.finds(&[&object("web", "ServiceAccount", "api")]);
            let finding = &asked.findings[0];
            assert!(finding.message.contains(verbs), "{finding:#?}");
            let edges: Vec<_> = finding.path.iter().map(|s| s.edge.as_str()).collect();
            assert_eq!(edges, ["runs-as", "bound-to"]);
        }
    }

    #[test]
    fn one_name_one_namespace_or_what_looks_like_secrets_passes() {
        let mut named = rules(&["get"], &[""], &["secrets"]);
        named["resourceNames"] = json!(["one"]);
        for rule in [
            named,
            rules(&["get"], &[""], &["secret", "secrets/status"]),
            rules(&["get"], &["apps"], &["secrets"]),
            rules(&["create", "delete"], &[""], &["secrets"]),
            rules(&["get"], &["*"], &["*/*"]),
        ] {
            cluster("ClusterRoleBinding", &rule).ask(ID).passes();
        }
        let asked = cluster("RoleBinding", &rules(&["get"], &[""], &["secrets"])).ask(ID);
        asked.is_not_applicable();
    }

    #[test]
    fn a_cluster_admin_has_its_own_finding() {
        cluster("ClusterRoleBinding", &rules(&["*"], &["*"], &["*"]))
            .ask(ID)
            .passes();
        let by_group = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"},
                "rules": [rules(&["*"], &["*"], &["*"])]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "all"},
                "subjects": [{"kind": "Group", "name": "system:serviceaccounts:web"}],
                "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]});
        let reader = cluster("ClusterRoleBinding", &rules(&["get"], &[""], &["secrets"]));
        reader.kubernetes(by_group).ask(ID).passes();
    }

    fn entry(policy: &str, namespaces: &[&str], of: &str) -> Estate {
        let scope = match namespaces.is_empty() {
            true => json!({"type": "cluster"}),
            false => json!({"type": "namespace", "namespaces": namespaces}),
        };
        Estate::new()
            .iam(json!({"roles": [role("dev", &json!({}), &allow("s3:Get*", "*"))]}))
            .eks(json!({"access": [{"entry": {"principalArn": of, "type": "STANDARD"}, "policies": [{
                "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"), "accessScope": scope}]}]}))
    }

    #[test]
    fn a_group_of_an_oidc_provider_is_shown_as_such() {
        let devs = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": [rules(&["get"], &[""], &["secrets"])]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "subjects": [{"kind": "Group", "name": "oidc:devs"}],
                "roleRef": {"kind": "ClusterRole", "name": "reader"}}]});
        let provider = json!({"identity_providers": [{"identityProviderConfigName": "corp", "groupsClaim": "groups", "groupsPrefix": "oidc:"}]});
        let asked = Estate::new().kubernetes(devs).eks(provider).ask(ID);
        asked.finds(&[&object("", "Group", "oidc:devs")]);
        let says = "the group oidc:devs (of the OIDC provider corp) may get";
        assert!(asked.findings[0].message.contains(says), "{asked:#?}");
    }

    #[test]
    fn an_access_policy_at_cluster_scope_reads_them_all() {
        for (policy, verbs) in [
            ("AmazonEKSAdminViewPolicy", "get, list, watch"),
            ("AmazonEKSSecretReaderPolicy", "get, list, watch"),
            ("AmazonEKSEditPolicy", "get, list, watch"),
            ("AmazonEKSAdminPolicy", "get, list, watch"),
        ] {
            let asked = entry(policy, &[], &role_arn("dev")).ask(ID);
            asked.finds(&[&role_arn("dev")]);
            let finding = &asked.findings[0];
            let says = format!(
                "may {verbs} every Secret of every namespace, by {policy} at cluster scope"
            );
            assert!(finding.message.contains(&says), "{finding:#?}");
            assert_eq!(finding.path.len(), 1, "{policy}");
        }
    }

    #[test]
    fn an_access_policy_that_reads_none_or_some_passes() {
        entry("AmazonEKSViewPolicy", &[], &role_arn("dev"))
            .ask(ID)
            .passes();
        // Its own finding.
        entry("AmazonEKSClusterAdminPolicy", &[], &role_arn("dev"))
            .ask(ID)
            .passes();
        // Of a capability, whose purpose is published.
        entry("AmazonEKSACKPolicy", &[], &role_arn("dev"))
            .ask(ID)
            .passes();
        let service = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
        entry("AmazonEKSOfTomorrowPolicy", &[], service)
            .ask(ID)
            .passes();
        entry("AmazonEKSAdminViewPolicy", &["web"], &role_arn("dev"))
            .ask(ID)
            .is_not_applicable();
        // Nobody is it.
        entry("AmazonEKSAdminViewPolicy", &[], &role_arn("gone"))
            .ask(ID)
            .passes();
    }

    #[test]
    fn what_is_not_published_or_not_read_is_not_passed() {
        for policy in ["AmazonEKSOfTomorrowPolicy", "AmazonEKSSecretAdminPolicy"] {
            entry(policy, &[], &role_arn("dev"))
                .ask(ID)
                .is_not_evaluated();
        }
        let fine = entry("AmazonEKSViewPolicy", &[], &role_arn("dev"));
        fine.clone()
            .denied(Source::ACCESS_POLICIES)
            .ask(ID)
            .is_not_evaluated();
        fine.denied(Source::ACCESS_ENTRIES)
            .ask(ID)
            .is_not_evaluated();
    }

    #[test]
    fn without_the_bindings_it_is_not_passed() {
        let fine = cluster("ClusterRoleBinding", &rules(&["get"], &[""], &["pods"]));
        fine.denied(Source::CLUSTER_ROLE_BINDINGS)
            .ask(ID)
            .is_not_evaluated();
    }
}
