//! A role may attach any volume
//!
//! A disk of another system, attached to a node that the attacker already has, is read there like a
//! local one: a database's files, a backup, the disk of a stopped machine. Encryption does not help
//! where the role may use the key.
//!
//! A role in scope counts when its policies together allow `ec2:AttachVolume` on every volume of its
//! account, or every one of a region (also on one without tags that no policy names), and on
//! instances: all, or some. A condition on the volume's tags or its id narrows; one on the
//! instance's does not, because the instance of the attacker's pod may well have the tag. Conditions
//! that are not known make the finding conditional. A volume that is in use has to be taken off its
//! instance first: the message says whether `ec2:DetachVolume` is allowed as well. Administrators,
//! the roles that AWS keeps for itself and that of EKS's control plane are left out. Where service accounts get the role, what
//! their session policies take away does not count.
//!
//! Known false positive: the EBS CSI driver, whose managed policy `AmazonEBSCSIDriverPolicy` and
//! whose example policy allow it. The driver tags the volumes that it makes
//! (`ebs.csi.aws.com/cluster`), so a condition on that tag does not stop it; volumes that were made
//! by hand and are used by a PersistentVolume need the tag then.
//!
//! To fix it, ask for a tag of the volumes that the role is for.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::show_policies;
use crate::graph::Graph;
use crate::graph::every_resource::{Kind, OnEvery};
use crate::graph::hold::{Hold, telling};
use crate::graph::principal::Principal;
use crate::graph::wording::clauses;
use crate::iam::grants::{Extent, Grant};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IAM],
    controls: &[Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

const VOLUMES: Kind = Kind {
    service: "ec2",
    resource: "volume/*",
    regional: true,
    own: &["ec2:volumeid", "ec2:resourceid"],
    tags: &["ec2:resourcetag/"],
};

const INSTANCES: Kind = Kind {
    service: "ec2",
    resource: "instance/*",
    regional: true,
    own: &[],
    tags: &[],
};

const ATTACH: &str = "ec2:AttachVolume";
const DETACH: &str = "ec2:DetachVolume";

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_reach() {
        answers.unjudged(gap);
    }
    for (role, holds) in graph.limited_roles() {
        answers.examined();
        let ways: Vec<Option<&Hold>> = match telling(&holds) {
            ways if ways.is_empty() => vec![None],
            ways => ways.into_iter().map(Some).collect(),
        };
        let found = ways
            .iter()
            .filter_map(|way| attaches(graph, role, *way))
            .min_by_key(|found| !found.is_certain());
        match found {
            Some(found) => report(graph, role, &holds, &found, answers),
            None => answers.unseen_policies(role),
        }
    }
}

/// How a role attaches any volume.
struct Found {
    volumes: OnEvery,
    instances: Grant,
    /// How it takes any volume off an instance, where it may.
    detach: Option<OnEvery>,
}

impl Found {
    fn is_certain(&self) -> bool {
        self.volumes.certain && self.instances.certain != Extent::Nothing
    }
}

fn attaches<'s>(graph: &Graph<'s>, role: &Principal<'s>, hold: Option<&Hold>) -> Option<Found> {
    let volumes = graph.on_every(role, hold, ATTACH, &VOLUMES)?;
    let instances = graph.on_some(role, hold, ATTACH, &INSTANCES);
    if instances.is_nothing() {
        return None;
    }
    let from = graph.on_some(role, hold, DETACH, &INSTANCES);
    let detach = graph
        .on_every(role, hold, DETACH, &VOLUMES)
        .filter(|_| !from.is_nothing());
    Some(Found {
        volumes,
        instances,
        detach,
    })
}

/// To which instances, with what is open.
fn instances_text(instances: &Grant) -> String {
    let which = match (instances.certain, instances.possible) {
        (Extent::Every, _) => "any instance",
        (_, Extent::Every) => "instances",
        _ => "some instances",
    };
    format!("{which}{}", clauses(&instances.conditions))
}

fn report(
    graph: &Graph<'_>,
    role: &Principal<'_>,
    holds: &[&Hold],
    found: &Found,
    answers: &mut Answers,
) {
    let name = role.name;
    let instances = instances_text(&found.instances);
    let detach = match &found.detach {
        Some(detach) => format!(
            "It may {} too, so also one that is in use.",
            detach.text(graph, role)
        ),
        None => "It may not take one off that is in use.".to_owned(),
    };
    answers
        .finding(Resource::of(role.arn), "")
        .certainty(match found.is_certain() {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("{name} may attach any volume to {instances}"))
        .message(format!(
            "The role {name} may {} on every volume of {}, to {instances}: no condition asks for a tag of the \
             volume. {detach}{}",
            found.volumes.text(graph, role),
            found.volumes.place(role),
            graph.today(holds),
        ))
        .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
        .fix(
            "Split the statement: on instance/* as it is, on volume/* with a condition on a tag of the role's own \
             volumes, as {\"StringEquals\": {\"aws:ResourceTag/ebs.csi.aws.com/cluster\": \"true\"}} for the EBS CSI \
             driver. A volume without the tag can then no longer be attached.",
            role.role().map(show_policies).unwrap_or_default(),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "role-attaches-any-volume";
    const VOLUME: &str = "arn:aws:ec2:*:*:volume/*";
    const INSTANCE: &str = "arn:aws:ec2:*:*:instance/*";

    fn statement(actions: &[&str], resource: Value, condition: Value) -> Value {
        json!({"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition})
    }

    fn tag(value: &str) -> Value {
        json!({"StringLike": {"ec2:ResourceTag/ebs.csi.aws.com/cluster": value}})
    }

    fn ask(statements: Value) -> Asked {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        Estate::new()
            .pod("kube-system", "ebs")
            .irsa_role("app", "kube-system", "ebs", policy)
            .ask(ID)
    }

    #[test]
    fn any_volume_is_found_as_the_driver_has_it() {
        let both = json!([VOLUME, INSTANCE]);
        for (statements, says) in [
            (
                json!([statement(&[ATTACH, DETACH], both.clone(), json!({}))]),
                "so also one that is in use",
            ),
            (
                json!([statement(&[ATTACH], json!("*"), json!({}))]),
                "may not take one off",
            ),
            // The tag of a volume limits only its deletion.
            (
                json!([
                    statement(&[ATTACH], both, json!({})),
                    statement(&["ec2:DeleteVolume"], json!(VOLUME), tag("true"))
                ]),
                "to any instance",
            ),
        ] {
            let asked = ask(statements);
            asked.finds(&[&role_arn("app")]);
            let finding = &asked.findings[0];
            assert!(finding.message.contains(says), "{finding:#?}");
            assert_eq!(finding.certainty, Certainty::Certain);
            assert_eq!(finding.severity, Severity::Medium);
        }
    }

    #[test]
    fn a_tag_on_the_instance_leaves_it_open_and_is_said() {
        let asked = ask(json!([
            statement(&[ATTACH], json!(VOLUME), json!({})),
            statement(&[ATTACH], json!(INSTANCE), tag("true"))
        ]));
        asked.finds(&[&role_arn("app")]);
        let finding = &asked.findings[0];
        assert_eq!(finding.certainty, Certainty::Conditional);
        assert!(
            finding.message.contains("ebs.csi.aws.com/cluster"),
            "{finding:#?}"
        );
    }

    #[test]
    fn volumes_with_a_tag_one_volume_or_no_instance_pass() {
        let one = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1";
        for statements in [
            json!([
                statement(&[ATTACH, DETACH], json!(VOLUME), tag("true")),
                statement(&[ATTACH, DETACH], json!(INSTANCE), json!({}))
            ]),
            json!([statement(&[ATTACH], json!([one, INSTANCE]), json!({}))]),
            json!([statement(&[ATTACH], json!(VOLUME), json!({}))]),
            json!([statement(&[DETACH], json!("*"), json!({}))]),
        ] {
            ask(statements).passes();
        }
    }

    #[test]
    fn an_administrator_is_another_checks_and_unread_iam_is_not_passed() {
        ask(json!([statement(&["*"], json!("*"), json!({}))])).is_not_applicable();
        let fine =
            Estate::new()
                .pod("a", "b")
                .irsa_role("app", "a", "b", allow("s3:GetObject", "*"));
        fine.ask(ID).passes();
        fine.denied(Source::IAM).ask(ID).is_not_evaluated();
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }
}
