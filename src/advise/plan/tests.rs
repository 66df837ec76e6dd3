//! Plans held to what they claim: the ways are gone, and no fewer changes would do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Asked, Plan, plan};
use crate::advise::change::{Change, apply};
use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
use crate::graph::{Graph, Scope};
use crate::snapshot::Snapshot;

fn asked(from: &[&str], to: &[&str]) -> Asked {
    Asked {
        from: from.iter().map(|one| (*one).to_owned()).collect(),
        to: to.iter().map(|one| (*one).to_owned()).collect(),
        keep: Vec::new(),
        certain: false,
        treasure: Default::default(),
        evaluations: 50,
    }
}

fn titles(plan: &Plan) -> Vec<&str> {
    plan.steps
        .iter()
        .map(|step| step.edit.title.as_str())
        .collect()
}

fn trusts(arns: &[String]) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": arns},
        "Action": "sts:AssumeRole"}]})
}

fn root() -> Vec<String> {
    vec![format!("arn:aws:iam::{ACCOUNT}:root")]
}

/// Three pods with a role each, all of which may assume the administrator's.
fn three() -> Estate {
    let mut estate = Estate::new();
    for name in ["a", "b", "c"] {
        estate = estate.pod("web", name).irsa_role(
            name,
            "web",
            name,
            allow("sts:AssumeRole", &role_arn("boss")),
        );
    }
    estate.iam(json!({"roles": [role("boss", &trusts(&root()), &allow("*", "*"))]}))
}

#[test]
fn what_all_ways_go_over_is_cut_once() {
    let snapshot = three().snapshot();
    let plan = plan(&snapshot, &asked(&["any-pod"], &["account-admin"])).unwrap();
    assert_eq!(
        titles(&plan),
        ["take statement 1 out of the inline policy inline of role boss"]
    );
    assert_eq!(
        (plan.before, plan.bound, plan.stays.len()),
        (3, 1, 0),
        "{plan:#?}"
    );
    assert_eq!(plan.steps[0].cuts.len(), 3, "{plan:#?}");
}

#[test]
fn what_is_kept_is_cut_elsewhere_or_stays() {
    let snapshot = three().snapshot();
    let mut question = asked(&["any-pod"], &["account-admin"]);
    question.keep.push(role_arn("boss"));
    let found = plan(&snapshot, &question).unwrap();
    assert_eq!((found.steps.len(), found.bound), (3, 3), "{found:#?}");
    question.keep.extend(["a", "b", "c"].map(role_arn));
    let found = plan(&snapshot, &question).unwrap();
    assert_eq!((found.steps.len(), found.stays.len()), (0, 3), "{found:#?}");
    assert!(
        found.stays.iter().all(|stay| !stay.way.path.is_empty()),
        "{found:#?}"
    );
}

/// A policy that a kept role holds is not changed for all that hold it.
#[test]
fn what_is_kept_keeps_its_managed_policies() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/p");
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]});
    let mut ops = role("ops", &trusts(&root()), &allow("s3:GetObject", "*"));
    ops["AttachedManagedPolicies"] = json!([{"PolicyArn": arn, "PolicyName": "p"}]);
    let estate = Estate::new().iam(
        json!({"roles": [ops], "policies": [{"PolicyName": "p", "Arn": arn,
        "DefaultVersionId": "v1", "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]}]}),
    );
    let snapshot = estate.snapshot();
    let mut question = asked(&["role/ops"], &["account-admin"]);
    question.keep.push(role_arn("ops"));
    let found = plan(&snapshot, &question).unwrap();
    assert_eq!((found.steps.len(), found.stays.len()), (0, 1), "{found:#?}");
}

#[test]
fn without_evaluations_the_ways_are_cut_all_the_same() {
    let snapshot = three().snapshot();
    let mut question = asked(&["any-pod"], &["account-admin"]);
    question.evaluations = 0;
    let found = plan(&snapshot, &question).unwrap();
    assert!(
        found.stays.is_empty() && !found.steps.is_empty(),
        "{found:#?}"
    );
    assert!(found.bound <= found.steps.len(), "{found:#?}");
}

#[test]
fn nothing_to_cut() {
    let snapshot = Estate::new().pod("web", "api").snapshot();
    let found = plan(
        &snapshot,
        &asked(&["any-pod"], &["account-admin", "cluster-admin"]),
    )
    .unwrap();
    assert_eq!((found.before, found.steps.len()), (0, 0), "{found:#?}");
}

#[test]
fn a_name_that_is_nobodys_is_an_error() {
    let snapshot = Estate::new().snapshot();
    let error = plan(&snapshot, &asked(&["role/none"], &["account-admin"]));
    assert!(error.is_err(), "{error:?}");
}

#[test]
fn what_is_known_to_be_used_is_told() {
    let estate = Estate::new()
        .pod("web", "a")
        .irsa_role("a", "web", "a", allow("*", "*"))
        .iam(
            json!({"last_accessed": [{"arn": role_arn("a"), "services": [
            {"ServiceNamespace": "s3", "LastAuthenticated": "2026-11-20T00:00:00Z"},
            {"ServiceNamespace": "sqs", "LastAuthenticated": "2026-01-01T00:00:00Z"}]}]}),
        );
    let snapshot = estate.snapshot();
    let found = plan(&snapshot, &asked(&["any-pod"], &["account-admin"])).unwrap();
    let used: Vec<&str> = found.steps[0]
        .losses
        .iter()
        .filter(|loss| loss.is_used)
        .map(|loss| loss.text.as_str())
        .collect();
    assert_eq!(
        used,
        ["role a may no longer use s3, which it did on 2026-11-20"],
        "{found:#?}"
    );
}

/// Chooses by a number that is drawn.
struct Draw(u64);

impl Draw {
    fn of(&mut self, many: usize) -> usize {
        // Knuth's multiplier of MMIX: enough to mix few choices.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % many
    }
}

/// Pods with roles that may assume each other as it comes; the last are administrators.
fn drawn(seed: u64) -> Snapshot {
    const PODS: usize = 3;
    const ROLES: usize = 6;
    let mut draw = Draw(seed);
    let mut estate = Estate::new();
    let mut roles = Vec::new();
    for at in 0..ROLES {
        let name = format!("r{at}");
        let mut own = vec![];
        for _ in 0..draw.of(3) {
            let other = at + 1 + draw.of(ROLES - at);
            own.push(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn(&format!("r{other}"))}));
        }
        if at + 2 >= ROLES {
            own.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        }
        if own.is_empty() {
            own.push(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}));
        }
        let document = json!({"Version": "2012-10-17", "Statement": own});
        if at < PODS {
            estate = estate
                .pod("web", &name)
                .irsa_role(&name, "web", &name, document);
        } else {
            let whom = match draw.of(2) {
                0 => root(),
                _ => vec![role_arn(&format!("r{}", draw.of(at)))],
            };
            roles.push(role(&name, &trusts(&whom), &document));
        }
    }
    estate.iam(json!({"roles": roles})).snapshot()
}

/// How many pods have a way, asked of each by itself.
fn ways(snapshot: &Snapshot) -> usize {
    let graph = Graph::build(snapshot, Some(Scope::Account));
    let mut control = graph.control();
    let from = control.end("any-pod").unwrap().numbers;
    let goals = control.end("account-admin").unwrap().numbers;
    let wanted = crate::graph::control::Wanted {
        most: 1,
        ..Default::default()
    };
    let leads = |at: &&usize| !control.paths(&[**at], &goals, &wanted).ways.is_empty();
    from.iter().filter(leads).count()
}

#[test]
fn no_fewer_changes_do_as_trying_all_of_them_shows() {
    let (mut parted, mut several) = (0, 0);
    for seed in 0..40 {
        let snapshot = drawn(seed);
        let found = plan(&snapshot, &asked(&["any-pod"], &["account-admin"])).unwrap();
        assert_eq!(found.before, ways(&snapshot), "seed {seed}: before");
        assert!(found.stays.is_empty(), "seed {seed}: {found:#?}");
        let graph = Graph::build(&snapshot, Some(Scope::Account));
        let chosen: BTreeSet<Change> = found.steps.iter().map(|step| step.change.clone()).collect();
        assert_eq!(ways(&apply(&graph, &chosen)), 0, "seed {seed}: {found:#?}");
        assert_eq!(found.bound, chosen.len(), "seed {seed}: the fewest");
        if chosen.is_empty() {
            continue;
        }
        parted += 1;
        several += usize::from(chosen.len() > 1);
        for fewer in choices(&every_change(&graph), chosen.len() - 1) {
            let left = ways(&apply(&graph, &fewer));
            assert_ne!(
                left, 0,
                "seed {seed}: {fewer:?} is enough, and {chosen:?} was chosen"
            );
        }
    }
    assert!(
        parted > 20 && several > 5,
        "{parted} and {several} of 40 say something"
    );
}

/// Every statement of every role and of every trust policy.
fn every_change(graph: &Graph<'_>) -> Vec<Change> {
    let mut all = Vec::new();
    for (_, principal) in graph.principals.iter() {
        let arn = principal.arn.to_owned();
        for policy in &principal.identity {
            all.extend((0..policy.document.statements.len()).map(|statement| {
                Change::InlineStatement {
                    holder: arn.clone(),
                    policy: "inline".to_owned(),
                    statement,
                }
            }));
        }
        all.push(Change::TrustStatement {
            role: arn,
            statement: 0,
        });
    }
    all
}

/// All choices of so many.
fn choices(of: &[Change], many: usize) -> Vec<BTreeSet<Change>> {
    if many == 0 {
        return vec![BTreeSet::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        for mut rest in choices(of.get(at + 1..).unwrap_or_default(), many - 1) {
            rest.insert(first.clone());
            all.push(rest);
        }
    }
    all
}
