//! Somebody may do more in a cluster than its duty takes
//!
//! What somebody has for a task that is over, or was given in haste, is missed by nobody and is there for whoever takes
//! its place. Only who knows the task can tell: a duty says it once, and from then on each right beyond it shows.
//!
//! Duties are noted in the configuration, as `[[duty]]` with a `subject` (an ARN, a `k8s://` id, `Group/NAME`, `User/NAME`,
//! `sa/NAMESPACE/NAME`), the `verbs` and `namespaces` that it takes (`*` is all of them, the whole cluster), perhaps
//! `resources` and a `cluster`. Several duties of one subject add up: each verb on each resource has to be covered by one
//! of them. What counts is all that the subject may do by bindings, by those of the groups that it is surely in, and by the
//! access policies of its entry, as `access-review` shows it; what every authenticated request may know of a cluster does not.
//! A policy whose rules AWS does not publish may go beyond any duty that is not for everything: that is conditional. A duty
//! whose subject comes into no cluster and is bound in none is found too, as it watches nobody. Without duties the check does
//! not apply.
//!
//! Known false positives: a duty that was noted too narrowly. Widen it.
//!
//! To fix it, take what is beyond the duty out of the binding or access policy that gives it.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{entry_flags, kubectl, quoted};
use crate::graph::access_review::{Excess, Row};
use crate::graph::duty::Duty;
use crate::graph::wording::{capital, clauses, short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::id::ObjectId;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    // Nothing is needed where no duty is noted; what is otherwise, it asks itself.
    needs: &[],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    if graph.duties.is_empty() {
        return;
    }
    if graph.clusters.is_empty() {
        answers.unjudged("no cluster was read");
    }
    let mut whole = !graph.clusters.is_empty();
    for node in &graph.clusters {
        for reason in graph.unread_access(node) {
            whole = false;
            answers.unjudged(reason);
        }
    }
    let (rows, idle) = graph.access_by_duty();
    for row in &rows {
        answers.examined();
        let excess = row.excess.as_deref().unwrap_or_default();
        if let (Some(node), [_, ..]) = (graph.cluster(&row.cluster), excess) {
            report(node, answers, row, excess);
        }
    }
    let mut seen = BTreeSet::new();
    for (duty, text) in idle {
        answers.examined();
        let other = duty
            .named_cluster()
            .is_some_and(|name| graph.cluster(name).is_none());
        if !whole || other {
            answers.unjudged(format!("whether it is anybody's is not known: {text}"));
        } else if seen.insert((duty.subject(), duty.named_cluster())) {
            report_idle(graph, answers, duty, &text);
        }
    }
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers, row: &Row, excess: &[Excess]) {
    let words: Vec<String> = excess
        .iter()
        .map(|one| format!("{} (by {}{})", one.text, one.by, clauses(&one.conditions)))
        .collect();
    let certain = excess.iter().any(|one| one.conditions.is_empty());
    let mut by: Vec<&str> = Vec::new();
    for id in excess.iter().filter_map(|one| one.by_id.as_deref()) {
        if !by.contains(&id) {
            by.push(id);
        }
    }
    let who = short(&row.id);
    answers
        .finding(Resource::of(row.id.clone()), &row.cluster)
        .certainty(match certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("The {who} may do more in {} than its duty takes", row.cluster))
        .message(format!(
            "In {} {} may, beyond the duty that is noted for it: {}.",
            row.cluster,
            row.id,
            some_of(&words)
        ))
        .related_all(by.iter().copied().map(Resource::of))
        .fix(
            "Take what is beyond the duty out of what gives it, or note it as part of the duty. `eks-auditor access-review` \
             lists all of it.",
            by.first().map(|id| show(node, row, id)),
        )
        .report();
}

/// A command that shows what gives it.
fn show(node: &ClusterNode<'_>, row: &Row, id: &str) -> String {
    match ObjectId::parse(id) {
        Some(object) => {
            let namespace = match object.namespace {
                "" => String::new(),
                namespace => format!(" -n {}", quoted(namespace)),
            };
            format!(
                "{} get {} {}{namespace} -o yaml",
                kubectl(node.cluster),
                object.kind.to_lowercase(),
                quoted(object.name)
            )
        }
        None => format!(
            "aws eks list-associated-access-policies {}",
            entry_flags(node.cluster, &row.id)
        ),
    }
}

fn report_idle(graph: &Graph<'_>, answers: &mut Answers, duty: &Duty, text: &str) {
    let cluster = match (duty.named_cluster(), graph.clusters.as_slice()) {
        (Some(name), _) => name,
        (None, [one]) => one.key,
        (None, _) => "-",
    };
    answers
        .finding(Resource::of(duty.id_in(cluster)), "nobody")
        .severity(Severity::Low)
        .title(format!("The duty of {} is nobody's", duty.subject()))
        .message(format!("{}.", capital(text)))
        .fix::<[String; 0]>(
            "Correct the subject of the duty in the configuration, or take the duty out.",
            [],
        )
        .report();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::checks::testing::{ACCOUNT, Asked, Estate, object};
    use crate::snapshot::coverage::Source;
    use serde_json::{Value, json};

    const ID: &str = "access-exceeds-duty";

    /// The group `ops` reads pods everywhere and changes Deployments in web; a role views all by an access policy.
    fn estate() -> Estate {
        let rule = |verbs: &[&str], group: &str, resource: &str| json!({"verbs": verbs, "apiGroups": [group], "resources": [resource]});
        let binding = |kind: &str, name: &str, namespace: Value| {
            json!({"kind": kind, "metadata": {"name": name, "namespace": namespace}, "roleRef": {"kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "Group", "name": "ops"}]})
        };
        Estate::new()
            .kubernetes(json!({
                "roles": [
                    {"kind": "ClusterRole", "metadata": {"name": "read"}, "rules": [rule(&["get", "list"], "", "pods")]},
                    {"kind": "ClusterRole", "metadata": {"name": "deploy"}, "rules": [rule(&["patch"], "apps", "deployments")]}],
                "role_bindings": [binding("ClusterRoleBinding", "read", Value::Null), binding("RoleBinding", "deploy", json!("web"))]}))
            .eks(json!({"access": [{"entry": {"principalArn": role("audit"), "type": "STANDARD"}, "policies": [
                {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "accessScope": {"type": "namespace", "namespaces": ["team-*"]}}]},
                {"entry": {"principalArn": role("insights"), "type": "STANDARD"}, "policies": [
                {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSOfTomorrow", "accessScope": {"type": "cluster"}}]}]}))
            .iam(json!({"roles": [crate::checks::testing::role("audit", &json!({}), &crate::checks::testing::allow("s3:Get*", "*")),
                crate::checks::testing::role("insights", &json!({}), &crate::checks::testing::allow("s3:Get*", "*"))]}))
    }

    fn role(name: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{name}")
    }

    fn duty(subject: &str, verbs: &[&str], namespaces: &[&str]) -> Value {
        json!({"subject": subject, "verbs": verbs, "namespaces": namespaces})
    }

    fn ask(estate: &Estate, duties: Value) -> Asked {
        estate.ask_with(ID, serde_json::from_value(duties).unwrap())
    }

    #[test]
    fn what_is_beyond_a_duty_is_found_and_what_is_within_passes() {
        let ops = object("", "Group", "ops");
        for (duties, beyond) in [
            (json!([duty("Group/ops", &["*"], &["*"])]), &[][..]),
            // Two that add up.
            (
                json!([
                    duty("Group/ops", &["get", "list"], &["*"]),
                    duty("Group/ops", &["patch"], &["w*"])
                ]),
                &[],
            ),
            (
                json!([duty("Group/ops", &["get", "list"], &["*"])]),
                &["patch on deployments.apps in web"],
            ),
            (
                json!([duty("Group/ops", &["*"], &["web"])]),
                &["get, list on pods in the whole cluster"],
            ),
            (
                json!([
                    duty("Group/ops", &["get"], &["*"]),
                    duty("Group/ops", &["patch"], &["*"])
                ]),
                &["list on pods in the whole cluster"],
            ),
            (
                json!([{"subject": "Group/ops", "verbs": ["*"], "namespaces": ["*"], "resources": ["pods"]}]),
                &["patch on deployments.apps in web"],
            ),
            (
                json!([duty("Group/ops", &[], &[])]),
                &[
                    "get, list on pods in the whole cluster",
                    "patch on deployments.apps in web",
                ],
            ),
        ] {
            let asked = ask(&estate(), duties.clone());
            match beyond {
                [] => asked.passes(),
                beyond => {
                    asked.finds(&[&ops]);
                    let message = &asked.findings[0].message;
                    assert!(
                        beyond.iter().all(|text| message.contains(text)),
                        "{duties}: {message}"
                    );
                    assert_eq!(
                        message.matches(" (by ").count(),
                        beyond.len(),
                        "{duties}: {message}"
                    );
                }
            }
        }
    }

    #[test]
    fn access_policies_count_with_their_wildcards() {
        let (audit, insights) = (role("audit"), role("insights"));
        let read = &["get", "list", "watch"];
        ask(&estate(), json!([duty(&audit, read, &["team-*"])])).passes();
        ask(&estate(), json!([duty(&audit, read, &["team-a"])])).finds(&[&audit]);
        // Nobody knows what a policy of tomorrow grants.
        let asked = ask(&estate(), json!([duty(&insights, read, &["*"])]));
        asked.finds(&[&insights]);
        assert_eq!(
            asked.findings[0].certainty,
            Certainty::Conditional,
            "{asked:#?}"
        );
        ask(&estate(), json!([duty(&insights, &["*"], &["*"])])).passes();
    }

    #[test]
    fn what_everybody_may_is_beyond_a_duty_too() {
        let everybody = estate().kubernetes(json!({"role_bindings": [{"kind": "RoleBinding",
            "metadata": {"name": "all", "namespace": "api"}, "roleRef": {"kind": "ClusterRole", "name": "deploy"},
            "subjects": [{"kind": "Group", "name": "system:authenticated"}]}]}));
        let all = json!([
            duty("Group/ops", &["get", "list"], &["*"]),
            duty("Group/ops", &["patch"], &["web"])
        ]);
        ask(&estate(), all.clone()).passes();
        let asked = ask(&everybody, all);
        asked.finds(&[&object("", "Group", "ops")]);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("patch on deployments.apps in api"),
            "{message}"
        );
    }

    #[test]
    fn a_duty_of_nobody_is_named_and_not_where_somebody_was_not_read() {
        let nobody = json!([duty("Group/opps", &["get"], &["*"])]);
        let asked = ask(&estate(), nobody.clone());
        asked.finds(&[&object("", "Group", "opps")]);
        assert_eq!(asked.findings[0].severity, Severity::Low, "{asked:#?}");
        ask(&estate().denied(Source::CLUSTER_ROLE_BINDINGS), nobody).is_not_evaluated();
        let elsewhere = json!([{"subject": "Group/ops", "cluster": "dev", "verbs": ["*"], "namespaces": ["*"]}]);
        ask(&estate(), elsewhere).is_not_evaluated();
    }

    #[test]
    fn without_duties_it_does_not_apply_and_what_was_not_read_is_not_passed() {
        ask(&estate(), json!([])).is_not_applicable();
        ask(&estate().denied(Source::ROLE_BINDINGS), json!([])).is_not_applicable();
        let all = json!([duty("Group/ops", &["*"], &["*"])]);
        for source in [
            Source::ROLE_BINDINGS,
            Source::CLUSTER_ROLES,
            Source::ACCESS_ENTRIES,
        ] {
            ask(&estate().denied(source), all.clone()).is_not_evaluated();
        }
    }
}
