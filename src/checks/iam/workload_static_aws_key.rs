//! A workload uses a static AWS access key
//!
//! Such a key works from anywhere and does not expire. Whoever may read the pod, the Secret or a
//! backup of them has it, and it stays good after the workload is gone. IRSA and EKS Pod Identity
//! give credentials that expire in hours.
//!
//! Looked at are the containers of every workload, those of its template too where no pod runs:
//! a variable whose value has the form of an access key's id (`AKIA…`); the variables
//! AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY with a value of any form, which is conditional where
//! it does not have the form of AWS's (stores that speak S3 take others); those variables, or keys of such
//! a name, taken from a Secret or ConfigMap; whole Secrets in the environment or a volume where the names of their keys are
//! known; the id of a key in a command or an argument, or in a ConfigMap that is taken in the environment or as a volume.
//! Values are never kept or shown, but the ends of a key's id.
//!
//! Not seen: keys in files of images, or in Secrets whose keys have other names or are not known.
//!
//! To fix it, give the service account a role, take the key out, and delete it in IAM.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::static_key::{
    Keys, Literal, NamedKeys, Owners, Place, keys_of, owners, shortened,
};
use crate::graph::workload::Workload;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::AccessKey;
use crate::snapshot::id::object_id;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[
        Source::PODS,
        Source::DEPLOYMENTS,
        Source::STATEFUL_SETS,
        Source::DAEMON_SETS,
        Source::JOBS,
        Source::CRON_JOBS,
    ],
    controls: &[Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let owners = owners(graph.snapshot);
    let named = NamedKeys::of(graph.snapshot);
    for workload in &graph.workloads.workloads {
        answers.examined();
        let Keys {
            literals,
            referenced,
            arguments,
            configured,
            ..
        } = keys_of(workload, &named);
        if !literals.is_empty() {
            report_literals(graph, workload, &literals, &owners, answers);
        }
        if !arguments.is_empty() {
            report_arguments(graph, workload, &arguments, &owners, answers);
        }
        for (place, names) in &referenced {
            let in_it = configured
                .iter()
                .filter(|(map, ..)| place.kind == "ConfigMap" && *map == place.name);
            let ids: BTreeSet<&str> = in_it.map(|(.., id)| *id).collect();
            report_reference(graph, workload, (place, &ids), (names, &owners), answers);
        }
    }
    for node in &graph.clusters {
        if let Some(reason) = graph.unread_config_maps(node) {
            answers.unjudged(reason);
        }
    }
}

fn report_literals(
    graph: &Graph<'_>,
    workload: &Workload<'_>,
    literals: &BTreeSet<Literal<'_>>,
    owners: &Owners<'_>,
    answers: &mut Answers,
) {
    let formed = literals.iter().any(|literal| literal.formed);
    let shown: Vec<String> = literals
        .iter()
        .map(|literal| match literal.id {
            Some(id) => format!("{} ({})", literal.variable, shortened(id)),
            None => literal.variable.to_owned(),
        })
        .collect();
    let ids: BTreeSet<&str> = literals.iter().filter_map(|literal| literal.id).collect();
    let known: Vec<_> = ids.iter().filter_map(|id| owners.get(id)).collect();
    let (severity, certainty, form) = match formed {
        true => (Severity::High, Certainty::Certain, ""),
        false => (
            Severity::Medium,
            Certainty::Conditional,
            " The values do not have the form of AWS's keys: it is one only if they are keys all the same.",
        ),
    };
    let owner: String = known
        .iter()
        .map(|(_, key)| owner_text(graph, key))
        .collect();
    let mut draft = answers
        .finding(Resource::of(&workload.id), "env")
        .severity(severity)
        .certainty(certainty);
    let users = known.iter().filter_map(|(account, key)| {
        let account = graph.snapshot.accounts.get(*account)?;
        let mut users = account.iam.users.iter();
        users.find(|user| user.user_name == key.user_name)
    });
    for user in users {
        draft = draft.related(Resource::of(&user.arn));
    }
    let commands = known.iter().map(|(_, key)| {
        let user = quoted(&key.user_name);
        format!("aws iam list-access-keys --user-name {user}")
    });
    let commands: Vec<String> = commands.collect();
    draft
        .title(format!(
            "{} has a static AWS key in its environment",
            workload.label()
        ))
        .message(format!(
            "{} of {} sets {} in plain text.{owner}{form}",
            workload.label(),
            workload.cluster,
            shown.join(", ")
        ))
        .fix(REMEDY, commands)
        .report();
}

fn report_arguments(
    graph: &Graph<'_>,
    workload: &Workload<'_>,
    arguments: &BTreeSet<(&str, &str)>,
    owners: &Owners<'_>,
    answers: &mut Answers,
) {
    let shown: Vec<String> = arguments
        .iter()
        .map(|(id, container)| format!("{} in those of the container {container}", shortened(id)))
        .collect();
    let known: BTreeMap<&str, _> = arguments
        .iter()
        .filter_map(|(id, _)| Some((*id, owners.get(id)?)))
        .collect();
    let owner: String = known
        .values()
        .map(|(_, key)| owner_text(graph, key))
        .collect();
    answers
        .finding(Resource::of(&workload.id), "args")
        .title(format!(
            "{} has a static AWS key in its arguments",
            workload.label()
        ))
        .message(format!(
            "{} of {} has ids of AWS's access keys in its command or arguments: {}.{owner}",
            workload.label(),
            workload.cluster,
            shown.join(", ")
        ))
        .fix(
            REMEDY,
            known.values().map(|(_, key)| {
                let user = quoted(&key.user_name);
                format!("aws iam list-access-keys --user-name {user}")
            }),
        )
        .report();
}

const REMEDY: &str = "Give the service account a role by EKS Pod Identity or IRSA, take the key out of the \
    workload, then set the key inactive (aws iam update-access-key) and delete it when nothing has broken.";

/// ` It is the key of the user ci, made on 2024-02-01, 300 days before the audit.`
fn owner_text(graph: &Graph<'_>, key: &AccessKey) -> String {
    let age = key.create_date.map_or(String::new(), |made| {
        let days = made.days_until(graph.snapshot.taken_at);
        format!(", made on {}, {days} days before the audit", made.date())
    });
    let idle = match key.status.as_str() {
        "Inactive" => ", inactive",
        _ => "",
    };
    let id = shortened(&key.access_key_id);
    format!(" {id} is a key of the user {}{age}{idle}.", key.user_name)
}

fn report_reference(
    graph: &Graph<'_>,
    workload: &Workload<'_>,
    (place, ids): (&Place<'_>, &BTreeSet<&str>),
    (names, owners): (&BTreeMap<String, &'static str>, &Owners<'_>),
    answers: &mut Answers,
) {
    let held = match ids.is_empty() {
        true => " The values were not read.".to_owned(),
        false => {
            let shown: Vec<String> = ids.iter().map(|id| shortened(id)).collect();
            let known = ids.iter().filter_map(|id| owners.get(id));
            let whose: String = known.map(|(_, key)| owner_text(graph, key)).collect();
            format!(" It holds {}.{whose}", shown.join(", "))
        }
    };
    let shown: Vec<String> = names
        .iter()
        .map(|(name, how)| format!("{name} ({how})"))
        .collect();
    let (kind, name) = (place.kind, place.name);
    let cluster = graph.snapshot.clusters.get(workload.cluster);
    let kubectl = cluster.map_or("kubectl".to_owned(), kubectl);
    let object = format!("{kind} {}/{name}", workload.namespace);
    answers
        .finding(Resource::of(&workload.id), &format!("{kind} {name}"))
        .related(Resource::of(object_id(
            workload.cluster,
            workload.namespace,
            kind,
            name,
        )))
        .title(format!(
            "{} takes a static AWS key from the {object}",
            workload.label()
        ))
        .message(format!(
            "{} of {} takes {} from the {object}.{held}",
            workload.label(),
            workload.cluster,
            shown.join(", ")
        ))
        .fix(
            REMEDY,
            [format!(
                "{kubectl} describe {} -n {} {}",
                kind.to_lowercase(),
                quoted(workload.namespace),
                quoted(name)
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "workload-static-aws-key";
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    fn estate(container: Value, volumes: Value) -> Estate {
        let mut container = container;
        container["name"] = json!("main");
        Estate::new().kubernetes(json!({
            "pods": [{"metadata": {"name": "mail", "namespace": "shop", "uid": "u"},
                "spec": {"containers": [container], "volumes": volumes}}],
            "secrets": [{"metadata": {"name": "aws", "namespace": "shop", "managedFields": [
                {"fieldsV1": {"f:data": {"f:aws-secret-access-key": {}, "f:other": {}}}}]}}]}))
    }

    fn env(variable: Value) -> Asked {
        estate(json!({"env": [variable]}), json!([])).ask(ID)
    }

    #[test]
    fn a_key_in_plain_text_is_found_and_never_shown_whole() {
        let asked = env(json!({"name": "LEGACY", "value": KEY}));
        asked.finds(&[&object("shop", "Pod", "mail")]);
        let text = format!("{asked:?}");
        assert!(
            text.contains("LEGACY (AKIA…MPLE)") && !text.contains(KEY),
            "{text}"
        );
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL3K3Y";
        let asked = env(json!({"name": "AWS_SECRET_ACCESS_KEY", "value": secret}));
        asked.finds(&[&object("shop", "Pod", "mail")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Certain);
        assert!(!format!("{asked:?}").contains("wJalr"));
    }

    #[test]
    fn a_key_in_an_argument_is_found_and_never_shown_whole() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL3K3Y";
        let asked = estate(
            json!({"command": ["sync"], "args": [format!("--id={KEY}"), format!("--secret={secret}")]}),
            json!([]),
        )
        .ask(ID);
        asked.finds(&[&object("shop", "Pod", "mail")]);
        let text = format!("{asked:?}");
        assert!(
            text.contains("AKIA…MPLE in those of the container main"),
            "{text}"
        );
        assert!(!text.contains(KEY) && !text.contains("wJalr"), "{text}");
    }

    #[test]
    fn the_user_is_named_where_it_is_known() {
        let asked = estate(
            json!({"env": [{"name": "AWS_ACCESS_KEY_ID", "value": KEY}]}),
            json!([]),
        )
        .iam(
            json!({"users": [{"UserName": "ci", "Arn": "arn:aws:iam::111122223333:user/ci"}],
                "access_keys": [{"UserName": "ci", "AccessKeyId": KEY, "Status": "Active",
                    "CreateDate": "2026-11-14T00:00:00Z"}]}),
        )
        .ask(ID);
        let finding = &asked.findings[0];
        assert!(
            finding
                .message
                .contains("user ci, made on 2026-11-14, 10 days"),
            "{finding:#?}"
        );
        assert_eq!(
            finding.related,
            [Resource::of("arn:aws:iam::111122223333:user/ci")]
        );
    }

    #[test]
    fn a_value_of_another_form_is_conditional() {
        let asked = env(json!({"name": "AWS_ACCESS_KEY_ID", "value": "minio"}));
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert_eq!(asked.findings[0].severity, Severity::Medium);
    }

    #[test]
    fn keys_from_secrets_and_config_maps_are_found() {
        let from = |kind: &str, name: &str, key: &str| json!({"env": [{"name": name, "valueFrom": {kind: {"name": "creds", "key": key}}}]});
        let projected =
            json!([{"name": "v", "projected": {"sources": [{"secret": {"name": "aws"}}]}}]);
        let item = json!([{"name": "v", "secret": {"secretName": "else",
            "items": [{"key": "AWS_ACCESS_KEY_ID", "path": "id"}]}}]);
        for (container, volumes, related) in [
            (
                from("secretKeyRef", "AWS_ACCESS_KEY_ID", "id"),
                json!([]),
                ("Secret", "creds"),
            ),
            (
                from("secretKeyRef", "S3_KEY", "aws_secret_access_key"),
                json!([]),
                ("Secret", "creds"),
            ),
            (
                from("configMapKeyRef", "AWS_SECRET_ACCESS_KEY", "k"),
                json!([]),
                ("ConfigMap", "creds"),
            ),
            (
                json!({"envFrom": [{"secretRef": {"name": "aws"}}]}),
                json!([]),
                ("Secret", "aws"),
            ),
            (
                json!({}),
                json!([{"name": "v", "secret": {"secretName": "aws"}}]),
                ("Secret", "aws"),
            ),
            (json!({}), projected, ("Secret", "aws")),
            (json!({}), item, ("Secret", "else")),
        ] {
            let asked = estate(container, volumes).ask(ID);
            asked.finds(&[&object("shop", "Pod", "mail")]);
            let id = object("shop", related.0, related.1);
            assert_eq!(asked.findings[0].related, [Resource::of(id)], "{asked:#?}");
        }
    }

    /// The pod, taking a ConfigMap of which two keys hold an id, and one of them the secret part too.
    fn configured(container: Value, volumes: Value) -> Estate {
        let file = format!(
            "aws_access_key_id = {KEY}\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL3K3Y\n"
        );
        let data = json!({"id": KEY, "credentials": file, "region": "eu-west-1"});
        let map = |namespace: &str| json!({"metadata": {"name": "tools", "namespace": namespace}, "data": data});
        estate(container, volumes).kubernetes(json!({"config_map_keys": [map("shop")]}))
    }

    #[test]
    fn a_key_in_a_config_map_is_found_and_never_shown_whole() {
        let volume =
            |items: Value| json!([{"name": "v", "configMap": {"name": "tools", "items": items}}]);
        let item = |key: &str| json!([{"key": key, "path": "f"}]);
        let one = |key: &str| json!({"env": [{"name": "ID", "valueFrom": {"configMapKeyRef": {"name": "tools", "key": key}}}]});
        let projected = |items: Value| json!([{"name": "v", "projected": {"sources": [{"configMap": {"name": "tools", "items": items}}]}}]);
        for (container, volumes, shown) in [
            (one("id"), json!([]), "id as ID (env)"),
            (
                json!({"envFrom": [{"configMapRef": {"name": "tools"}}]}),
                json!([]),
                "credentials (envFrom), id (envFrom)",
            ),
            (
                json!({}),
                volume(json!([])),
                "credentials (volume), id (volume)",
            ),
            (
                json!({}),
                volume(item("credentials")),
                "credentials (volume)",
            ),
            (json!({}), projected(item("id")), "id (volume)"),
        ] {
            let asked = configured(container, volumes).ask(ID);
            asked.finds(&[&object("shop", "Pod", "mail")]);
            let text = format!("{asked:?}");
            assert!(text.contains(shown), "{shown}: {text}");
            assert!(text.contains("It holds AKIA…MPLE."), "{text}");
            assert!(!text.contains(KEY) && !text.contains("wJalr"), "{text}");
            let map = object("shop", "ConfigMap", "tools");
            assert_eq!(asked.findings[0].related, [Resource::of(map)], "{asked:#?}");
        }
        for (what, container, volumes) in [
            ("another key", one("region"), json!([])),
            ("another item", json!({}), volume(item("region"))),
            (
                "another projected item",
                json!({}),
                projected(item("region")),
            ),
            (
                "another ConfigMap",
                json!({"envFrom": [{"configMapRef": {"name": "others"}}]}),
                json!([]),
            ),
            ("none", json!({}), json!([])),
        ] {
            let asked = configured(container, volumes).ask(ID);
            assert_eq!(
                asked.outcome,
                crate::checks::outcome::Outcome::Pass,
                "{what}"
            );
        }
    }

    #[test]
    fn config_maps_that_were_not_read_are_missed_where_one_is_taken() {
        let takes = json!({"envFrom": [{"configMapRef": {"name": "tools"}}]});
        let projected = |name: &str| json!([{"name": "v", "projected": {"sources": [{"configMap": {"name": name}}]}}]);
        for (container, volumes, passes) in [
            (takes, json!([]), false),
            (json!({}), projected("tools"), false),
            (json!({}), json!([]), true),
            // Every pod has it.
            (json!({}), projected("kube-root-ca.crt"), true),
        ] {
            let asked = estate(container, volumes)
                .denied(Source::CONFIG_MAPS)
                .ask(ID);
            match passes {
                true => asked.passes(),
                false => asked.is_not_evaluated(),
            }
        }
    }

    #[test]
    fn what_is_no_key_passes() {
        let fine = json!({"env": [
            {"name": "TEAM_CODE", "value": "AKIAMA"}, {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1:role/a"},
            {"name": "AWS_ACCESS_KEY_ID", "value": ""}, {"name": "AWS_REGION", "value": "eu-west-1"},
            {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "creds", "key": "password"}}}],
            "envFrom": [{"secretRef": {"name": "not-seen"}}]});
        let other = json!([{"name": "v", "secret": {"secretName": "aws",
            "items": [{"key": "other", "path": "o"}]}}]);
        estate(fine, other).ask(ID).passes();
    }

    #[test]
    fn with_templates_denied_it_is_not_passed_and_without_workloads_it_does_not_apply() {
        estate(json!({}), json!([]))
            .denied(Source::CRON_JOBS)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
