//! An EKS access policy lets an IAM principal become cluster-admin
//!
//! AmazonEKSEditPolicy and AmazonEKSAdminPolicy look limited. Where they hold, they run pods as any service account,
//! enter pods, act as service accounts and read their Secrets. If one of these is cluster-admin, so is whoever can
//! assume the role of the access entry: some requests later. It stands in no RBAC object, so a review of RBAC alone does
//! not see it.
//!
//! An access entry counts when one of its access policies, in the whole cluster or in a namespace where a service account
//! lives that is cluster-admin or gets there, gives the first step of a way as `rbac-takeover` knows them. In
//! every cluster kube-system is such a namespace. What depends on objects that were not read is conditional. What the
//! entry's groups are bound to inside is judged by `rbac-takeover`, with the group as its subject. Access policies whose
//! rules AWS does not publish are not looked at.
//!
//! Known false positives: the pipeline that installs the cluster. It is as good as cluster-admin; guard it so.
//!
//! To fix it, let the policy hold in the namespaces that need it, and keep cluster-admins' service accounts out of them.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::narrow_access_policy;
use crate::graph::escalation::holder_text;
use crate::graph::path::Step;
use crate::graph::takeover::Way;
use crate::graph::wording::{short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::access_policy::scope_text;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    // Which of access entries and aws-auth must be seen depends on the cluster's mode.
    needs: &[
        Source::CLUSTER,
        Source::CLUSTER_ROLES,
        Source::CLUSTER_ROLE_BINDINGS,
        Source::SERVICE_ACCOUNTS,
        Source::PODS,
    ],
    controls: &[Control::cis("4.1.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let shared = answers.shared;
    for (node, takeovers) in shared.takeovers() {
        for reason in graph.unseen_policies(node) {
            answers.unjudged(reason);
        }
        for access in &node.access.all {
            if !access.policies.is_empty() {
                answers.examined();
            }
        }
        for takeover in &takeovers.by_policies {
            if let Some((first, others)) = takeover.ways.split_first() {
                let arn = graph.arn_of(takeover.access);
                let path = graph.policy_path(takeovers, &arn, first);
                let target = first.gains().map(|node| takeovers.escalation.id(node));
                report(node, answers, (&arn, target), (first, others), path);
            }
        }
        for principal in &takeovers.unjudged_principals {
            answers.unjudged(format!(
                "whether a Secret that {principal} reads in {} holds a cluster-admin's token was not read",
                node.key
            ));
        }
    }
}

/// A way's steps, the policy that gives the first left out: it is told before.
fn steps(way: &Way<'_>) -> String {
    let links = way.links.iter().enumerate().map(|(at, link)| match at {
        0 => {
            let open = link.open.as_ref();
            let open = open.map(|open| format!(", {open}")).unwrap_or_default();
            format!("It may {}, and so {}{open}", way.first(), link.does())
        }
        _ => format!("{} {}", holder_text(&link.from), link.tells()),
    });
    links.collect::<Vec<_>>().join("; ")
}

fn report(
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    (arn, target): (&str, Option<String>),
    (first, others): (&Way<'_>, &[Way<'_>]),
    path: Vec<Step>,
) {
    let also: Vec<String> = others.iter().map(Way::first).collect();
    let also = match also.is_empty() {
        true => String::new(),
        false => format!(" Other ways: {}.", some_of(&also)),
    };
    answers
        .finding(Resource::of(arn), node.key)
        .certainty(match first.open {
            None => Certainty::Certain,
            Some(_) => Certainty::Conditional,
        })
        .title(format!("The {} can become cluster-admin of {}", short(arn), node.key))
        .message(format!(
            "The access entry of {arn} in {} has {}. {}.{also}",
            node.key,
            scope_text(&first.grant).unwrap_or_default(),
            steps(first),
        ))
        .related(Resource::of(node.id()))
        .related_all(target.map(Resource::of))
        .path(path)
        .fix(
            "Let the policy hold only in namespaces where no service account is cluster-admin; what it was needed for elsewhere is refused from then on.",
            narrow_access_policy(node.cluster, arn, &first.grant.role.metadata.name),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, object, role, role_arn};
    use crate::graph::takeover::tests::{estate, rule};
    use serde_json::{Value, json};

    const ID: &str = "access-policy-takeover";

    /// A cluster whose only admin is the service account ops/root, and an entry with a policy.
    fn entry(policy: &str, namespaces: &[&str], groups: &[&str]) -> Estate {
        entry_beside(&[], policy, namespaces, groups)
    }

    /// And the user jane with these rules.
    fn entry_beside(rules: &[Value], policy: &str, namespaces: &[&str], groups: &[&str]) -> Estate {
        let scope = match namespaces.is_empty() {
            true => json!({"type": "cluster"}),
            false => json!({"type": "namespace", "namespaces": namespaces}),
        };
        estate(None, rules)
            .iam(json!({"roles": [role("dev", &json!({}), &allow("s3:Get*", "*"))]}))
            .eks(json!({"access": [{"entry": {"principalArn": role_arn("dev"), "type": "STANDARD", "kubernetesGroups": groups},
                "policies": [{"policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"), "accessScope": scope}]}]}))
    }

    fn ask(policy: &str, namespaces: &[&str]) -> Asked {
        entry(policy, namespaces, &[]).ask(ID)
    }

    #[test]
    fn running_as_a_cluster_admin_is_becoming_one() {
        for (policy, namespaces, says) in [
            (
                "AmazonEKSEditPolicy",
                &[][..],
                "AmazonEKSEditPolicy at cluster scope",
            ),
            (
                "AmazonEKSAdminPolicy",
                &["ops"],
                "AmazonEKSAdminPolicy in ops",
            ),
            // Wildcards stand for the namespaces that there are.
            (
                "AmazonEKSEditPolicy",
                &["web", "o*"],
                "AmazonEKSEditPolicy in ops",
            ),
            // Everything, but in the namespace of a cluster-admin alone.
            (
                "AmazonEKSClusterAdminPolicy",
                &["ops"],
                "AmazonEKSClusterAdminPolicy in ops",
            ),
        ] {
            let asked = ask(policy, namespaces);
            asked.finds(&[&role_arn("dev")]);
            let finding = &asked.findings[0];
            assert!(finding.message.contains(says), "{policy}: {finding:#?}");
            assert!(
                finding.message.contains("the service account ops/root"),
                "{finding:#?}"
            );
            assert_eq!(finding.certainty, Certainty::Certain, "{policy}");
            let path: Vec<_> = finding
                .path
                .iter()
                .map(|s| (s.edge.as_str(), s.from.as_str()))
                .collect();
            let cluster = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
            let (dev, root) = (role_arn("dev"), object("ops", "ServiceAccount", "root"));
            let expected = [
                ("access-entry", dev.as_str()),
                ("acts-as", cluster),
                ("bound-to", root.as_str()),
            ];
            assert_eq!(path, expected, "{policy}");
        }
    }

    #[test]
    fn a_policy_that_only_reads_or_holds_elsewhere_passes() {
        for (policy, namespaces) in [
            ("AmazonEKSViewPolicy", &[][..]),
            ("AmazonEKSEditPolicy", &["web"]),
            ("AmazonEKSEditPolicy", &["ops-*"]),
            ("AmazonEKSClusterAdminPolicy", &["web"]),
        ] {
            ask(policy, namespaces).passes();
        }
    }

    #[test]
    fn who_is_taken_over_may_get_there_in_turn() {
        // The service account web/api has a token made for ops/root.
        let mint = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "mint"},
            "rules": [rule(&["create"], "", &["serviceaccounts/token"])]}],
            "role_bindings": [{"kind": "RoleBinding", "metadata": {"name": "mint", "namespace": "ops"},
                "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"}],
                "roleRef": {"kind": "ClusterRole", "name": "mint"}}]});
        let asked = entry("AmazonEKSEditPolicy", &["web"], &[])
            .kubernetes(mint)
            .ask(ID);
        asked.finds(&[&role_arn("dev")]);
        let says = "; the service account web/api may create serviceaccounts/token in ops (RoleBinding ops/mint of \
                    mint, rule 1), and so has a token made for the service account ops/root; the service account \
                    ops/root is cluster-admin";
        assert!(asked.findings[0].message.contains(says), "{asked:#?}");
    }

    #[test]
    fn nobody_has_a_policy_by_acting_under_the_name_of_its_principal() {
        let rules = [rule(&["impersonate"], "", &["users"])];
        let jane = entry_beside(&rules, "AmazonEKSEditPolicy", &[], &[]);
        let snapshot = jane.snapshot();
        let graph = Graph::build(&snapshot, None);
        let takeovers = graph.takeovers(&graph.clusters[0]);
        assert_eq!(takeovers.by_policies.len(), 1);
        assert!(takeovers.found.is_empty(), "{:#?}", takeovers.found);
    }

    #[test]
    fn secrets_that_were_not_read_are_not_passed() {
        let edit = entry("AmazonEKSViewPolicy", &["ops"], &[]);
        edit.denied(Source::KUBERNETES_SECRETS).ask(ID).passes();
        let reader = entry("AmazonEKSSecretReaderPolicy", &["ops"], &[]);
        reader.ask(ID).passes();
        let unread = entry("AmazonEKSSecretReaderPolicy", &["ops"], &[]);
        unread
            .denied(Source::KUBERNETES_SECRETS)
            .ask(ID)
            .is_not_evaluated();
    }

    #[test]
    fn a_cluster_admin_has_its_own_finding() {
        ask("AmazonEKSClusterAdminPolicy", &[]).passes();
        ask("AmazonEKSClusterAdminPolicy", &["kube-*"]).passes();
        let bound: Value = json!({"role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "b"},
            "subjects": [{"kind": "Group", "name": "admins"}], "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]});
        entry("AmazonEKSEditPolicy", &[], &["admins"])
            .kubernetes(bound)
            .ask(ID)
            .passes();
    }

    #[test]
    fn an_entry_that_admits_nobody_gives_nobody_anything() {
        let gone = json!({"access": [{"entry": {"principalArn": role_arn("gone"), "type": "STANDARD"},
            "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy", "accessScope": {"type": "cluster"}}]}]});
        estate(None, &[]).eks(gone).ask(ID).passes();
    }

    #[test]
    fn entries_that_were_not_read_are_not_evaluated() {
        for source in [
            Source::ACCESS_ENTRIES,
            Source::ACCESS_POLICIES,
            Source::CLUSTER_ROLE_BINDINGS,
        ] {
            entry("AmazonEKSViewPolicy", &[], &[])
                .denied(source)
                .ask(ID)
                .is_not_evaluated();
        }
        Estate::new().ask(ID).is_not_applicable();
    }
}
