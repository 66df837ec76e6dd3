//! A mapping of aws-auth does not do what it says
//!
//! Somebody meant to let a principal in, or to give it a group, and the authenticator does neither: it says so in its own
//! log alone. Whoever reviews the ConfigMap takes the access for given, and a slip that is corrected later opens what
//! nobody looked at.
//!
//! A mapping counts when no caller can match it: it has no ARN or none of an IAM principal; a role's ARN with its path
//! (callers are looked up without), the ARN of a session, an SSO permission set (which EKS does not match); a user's ARN
//! without the path that the user has. And when a member has the wrong type, which is left out while the rest counts:
//! `groups` that is no list admits without any group.
//!
//! A field that is not YAML admits nobody at all, and is not judged here: every check on ways in names it.
//!
//! Known false positives: none known.
//!
//! To fix it, correct the mapping or delete it; better, use an access entry.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::edit_aws_auth;
use crate::graph::aws_access::{AwsAccess, IdleWhy};
use crate::graph::path::EdgeKind;
use crate::graph::wording::{short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::{Arn, object_id};

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::CLUSTER, Source::AWS_AUTH],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in graph.clusters.iter().filter(|node| node.access.by_aws_auth) {
        for problem in &node.access.problems {
            answers.unjudged(format!("{problem} ({})", node.key));
        }
        for idle in node
            .access
            .idle
            .iter()
            .filter(|idle| idle.way == EdgeKind::AwsAuth)
        {
            answers.examined();
            if let (IdleWhy::Never(why), Some((field, place))) = (&idle.why, idle.place) {
                let fault = Fault {
                    field,
                    place: Some(place),
                    arn: &idle.principal,
                    gives: &idle.gives,
                };
                report(node, answers, &fault, &format!("admits nobody: {why}"));
            }
        }
        for mapping in &node.access.crippled {
            let fault = Fault {
                field: mapping.field,
                place: Some(mapping.place),
                arn: &mapping.arn,
                gives: &mapping.groups,
            };
            let left_out = mapping.left_out.join(" and ");
            report(
                node,
                answers,
                &fault,
                &format!("counts without its {left_out}, which has the wrong type"),
            );
        }
        let mappings = node
            .access
            .all
            .iter()
            .filter(|access| access.way == EdgeKind::AwsAuth);
        for access in mappings {
            answers.examined();
            if let Some(real) = under_a_path(graph, access) {
                let fault = Fault {
                    field: "mapUsers",
                    place: None,
                    arn: &access.principal,
                    gives: &access.groups,
                };
                let why = format!(
                    "admits nobody: the user of that name is {real}, and callers are looked up with the path"
                );
                report(node, answers, &fault, &why);
            }
        }
    }
}

/// The ARN of the user that a mapping means and does not match, because the user has another path.
fn under_a_path<'g>(graph: &'g Graph<'_>, access: &AwsAccess<'_>) -> Option<&'g str> {
    let arn = Arn::parse(&access.principal)?;
    if !arn.resource.starts_with("user/") || graph.access_principal(access).is_some() {
        return None;
    }
    let mut all = graph.principals.iter().map(|(_, principal)| principal);
    let real = all.find(|one| {
        one.role().is_none()
            && one.account == arn.account
            && one.name.eq_ignore_ascii_case(arn.name())
    })?;
    Some(real.arn)
}

/// A mapping with a fault.
struct Fault<'a> {
    field: &'static str,
    place: Option<usize>,
    arn: &'a str,
    gives: &'a [String],
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers, fault: &Fault<'_>, what: &str) {
    let Fault { field, arn, .. } = fault;
    let map = object_id(node.key, "kube-system", "ConfigMap", "aws-auth");
    let place = fault
        .place
        .map(|place| format!("mapping {place} of {field}"));
    let place = place.unwrap_or_else(|| format!("mapping of {field}"));
    let of = match arn.is_empty() {
        true => String::new(),
        false => format!(" for {arn}"),
    };
    let gives = match fault.gives.is_empty() {
        true => String::new(),
        false => format!(", into {},", some_of(fault.gives)),
    };
    // Without an ARN its place is all that tells it from others.
    let key = match (arn.is_empty(), fault.place) {
        (true, Some(place)) => format!("{field}/{place}"),
        _ => format!("{field}/{arn}"),
    };
    let titled = match arn.is_empty() {
        true => "a principal".to_owned(),
        false => format!("the {}", short(arn)),
    };
    answers
        .finding(Resource::of(map), &key)
        .title(format!("aws-auth of {} does not map {titled} as it says", node.key))
        .message(format!("In aws-auth of {} the {place}{of}{gives} {what}.", node.key))
        .related(Resource::of(node.id()))
        .fix(
            "Correct the mapping, if the principal is meant to come in, or delete it. A role is named by its ARN without the path.",
            [edit_aws_auth(node.cluster)],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, object};
    use serde_json::json;

    const ID: &str = "aws-auth-mapping-broken";

    fn estate(field: &str, text: &str) -> Estate {
        Estate::new()
            .iam(json!({"users": [{"UserName": "jane", "Arn": "arn:aws:iam::111122223333:user/team/jane", "Path": "/team/", "UserId": "A"}]}))
            .kubernetes(json!({"config_maps": [{"data": {field: text},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    }

    fn finds(asked: &Asked, says: &str) {
        asked.finds(&[&object("kube-system", "ConfigMap", "aws-auth")]);
        assert!(
            asked.findings[0].message.contains(says),
            "{says}: {asked:#?}"
        );
    }

    #[test]
    fn a_mapping_that_matches_nobody_is_found_with_the_reason() {
        let role = "arn:aws:iam::111122223333:role";
        for (text, says) in [
            (
                format!("- rolearn: {role}/team/ops\n  groups: [system:masters]\n"),
                "into system:masters, admits nobody: its ARN has a path",
            ),
            (
                "- rolearn: arn:aws:sts::111122223333:assumed-role/ops/jane\n".to_owned(),
                "that of a session",
            ),
            (
                "- username: nobody\n".to_owned(),
                "mapping 1 of mapRoles admits nobody: it has no ARN",
            ),
            (
                "- sso: {permissionSetName: A, accountID: '111122223333'}\n".to_owned(),
                "SSO permission sets",
            ),
            (
                format!("- rolearn: {role}/ops\n  groups: system:masters\n"),
                "counts without its groups",
            ),
        ] {
            finds(&estate("mapRoles", &text).ask(ID), says);
        }
        let user = "- userarn: arn:aws:iam::111122223333:user/jane\n";
        finds(
            &estate("mapUsers", user).ask(ID),
            "arn:aws:iam::111122223333:user/team/jane",
        );
    }

    #[test]
    fn mappings_that_match_pass() {
        estate(
            "mapRoles",
            "- rolearn: arn:aws:iam::111122223333:role/ops\n  groups: [a]\n",
        )
        .ask(ID)
        .passes();
        estate(
            "mapUsers",
            "- userarn: arn:aws:iam::111122223333:user/team/jane\n",
        )
        .ask(ID)
        .passes();
        // Of nobody that is known here, under this name or another.
        estate(
            "mapUsers",
            "- userarn: arn:aws:iam::111122223333:user/joe\n",
        )
        .ask(ID)
        .passes();
    }

    #[test]
    fn where_aws_auth_is_not_read_or_not_in_force_nothing_is_said() {
        let broken = estate("mapRoles", "- username: nobody\n");
        let by_api = json!({"cluster": {"accessConfig": {"authenticationMode": "API"}}});
        broken.eks(by_api).ask(ID).is_not_applicable();
        estate("mapRoles", "").ask(ID).is_not_applicable();
        let unread = estate(
            "mapRoles",
            "- rolearn: arn:aws:iam::111122223333:role/ops\n",
        );
        unread.denied(Source::AWS_AUTH).ask(ID).is_not_evaluated();
        estate("mapRoles", "nonsense: [").ask(ID).is_not_evaluated();
    }
}
