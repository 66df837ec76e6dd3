//! The searches held against going over every edge and every pair.

use serde_json::json;

use super::{ACCOUNT, CLUSTER, Estate, nobody, policy, role, role_arn};
use crate::graph::Graph;
use crate::graph::control::{Control, Wanted};
use crate::snapshot::Snapshot;

/// Chooses by a number that is drawn.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn of(&mut self, many: usize) -> usize {
        // Knuth's multiplier of MMIX: enough to mix few choices.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % many
    }
}

/// Some roles and users, who trust and may assume whom as it comes, one of them cluster-admin.
fn drawn(seed: u64) -> Snapshot {
    const ROLES: usize = 7;
    let mut draw = Draw(seed);
    let arn = |at: usize| role_arn(&format!("r{at}"));
    let mut roles = Vec::new();
    for at in 0..ROLES {
        let mut trust = Vec::new();
        for _ in 0..=draw.of(2) {
            let other = draw.of(ROLES);
            let principal = match draw.of(7) {
                0 | 1 => json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}),
                2 => json!({"AWS": arn(other)}),
                3 => json!({"AWS": format!("arn:aws:sts::{ACCOUNT}:assumed-role/r{other}/s")}),
                4 => json!({"AWS": format!("AROAR{other}")}),
                5 => json!("*"),
                _ => json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/u")}),
            };
            let mut statement =
                json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
            match draw.of(4) {
                0 => {
                    statement["Condition"] = json!({"StringLike": {"aws:PrincipalArn": format!("*/r{}", draw.of(ROLES))}})
                }
                1 => statement["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
                _ => {}
            }
            trust.push(statement);
        }
        let mut own = Vec::new();
        for _ in 0..draw.of(3) {
            let resource = match draw.of(4) {
                0 => "*".to_owned(),
                1 => format!("arn:aws:iam::{ACCOUNT}:role/r?"),
                2 => format!("arn:aws:iam::*:role/r{}*", draw.of(ROLES)),
                _ => arn(draw.of(ROLES)),
            };
            let effect = if draw.of(5) == 0 { "Deny" } else { "Allow" };
            let action = [
                "sts:AssumeRole",
                "sts:*",
                "sts:Assume*",
                "iam:UpdateAssumeRolePolicy",
            ][draw.of(4)];
            own.push(json!({"Effect": effect, "Action": action, "Resource": resource}));
        }
        let mut one = role(
            &format!("r{at}"),
            &policy(&json!(trust)),
            &policy(&json!(own)),
        );
        one["RoleId"] = json!(format!("AROAR{at}"));
        roles.push(one);
    }
    Estate::new()
        .iam(json!({"roles": roles, "users": [{"UserName": "u", "UserId": "AIDAU", "Path": "/",
            "Arn": format!("arn:aws:iam::{ACCOUNT}:user/u"), "CreateDate": "2024-01-01T00:00:00Z"}]}))
        .eks(json!({"access": [{"entry": {"principalArn": arn(0), "type": "STANDARD",
            "createdAt": "2026-01-01T00:00:00Z"},
            "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                "accessScope": {"type": "cluster"}}]}]}))
        .snapshot()
}

/// The fewest steps to a goal, found by going over every edge and every pair until nothing changes.
pub(super) fn plainly(control: &Control<'_, '_>, goal: usize, certain: bool) -> Vec<Option<usize>> {
    let nodes = &control.nodes;
    let mut edges: Vec<(usize, usize, usize)> = Vec::new();
    for from in 0..nodes.len() {
        for edge in control
            .own_edges(from)
            .iter()
            .filter(|edge| edge.open.is_none() || !certain)
        {
            edges.push((from, edge.to, usize::from(edge.is_step())));
        }
        for role in 0..control.graph.principals.iter().count() {
            let assumed = (from != role)
                .then(|| control.assume.edge(from, role))
                .flatten();
            if assumed.is_some_and(|assumed| assumed.open.is_none() || !certain) {
                edges.push((from, control.session_of(role), 1));
            }
        }
    }
    for inside in &nodes.clusters {
        for at in 0..inside.escalation.len() {
            for edge in inside
                .escalation
                .edges_of(at)
                .iter()
                .filter(|edge| edge.open.is_none() || !certain)
            {
                edges.push((
                    inside.number(at),
                    inside.number(edge.to()),
                    usize::from(edge.is_step()),
                ));
            }
        }
    }
    let mut steps: Vec<Option<usize>> = vec![None; nodes.len()];
    steps[goal] = Some(0);
    loop {
        let mut changed = false;
        for (from, to, step) in &edges {
            let Some(next) = steps[*to].map(|known| known + step) else {
                continue;
            };
            if steps[*from].is_none_or(|known| next < known) {
                steps[*from] = Some(next);
                changed = true;
            }
        }
        if !changed {
            return steps;
        }
    }
}

#[test]
fn the_search_finds_what_going_over_every_pair_finds() {
    let (mut reached, mut open) = (0, 0);
    for seed in 0..400 {
        let snapshot = drawn(seed);
        let graph = Graph::build(&snapshot, None);
        let control = graph.control();
        let goal = control.nodes().cluster(CLUSTER).unwrap();
        let mut found = Vec::new();
        for certain in [true, false] {
            let toward = control.toward(&[goal], certain);
            let steps: Vec<Option<usize>> = (0..control.nodes().len())
                .map(|at| toward.steps(at))
                .collect();
            assert_eq!(
                steps,
                plainly(&control, goal, certain),
                "seed {seed}, certain {certain}"
            );
            for at in (0..steps.len()).filter(|at| steps[*at].is_some()) {
                let way = control.way(&toward, at).unwrap();
                assert!(!certain || way.open().is_empty(), "seed {seed}: {way:#?}");
            }
            found.push(steps.iter().filter(|steps| **steps > Some(0)).count());
        }
        reached += found[0];
        open += found[1] - found[0];
    }
    assert!(
        reached > 400 && open > 100,
        "too little was tried: {reached}, {open}"
    );
}

#[test]
fn paths_come_shortest_first_each_once_and_none_comes_back() {
    let mut several = 0;
    for seed in 0..200 {
        let snapshot = drawn(seed);
        let graph = Graph::build(&snapshot, None);
        let control = graph.control();
        let goal = control.nodes().cluster(CLUSTER).unwrap();
        let fewest = plainly(&control, goal, false);
        let principals = graph.principals.iter().count();
        for (from, fewest) in fewest.into_iter().enumerate().take(principals) {
            let wanted = Wanted {
                most: 20,
                ..Wanted::default()
            };
            let found = control.paths(&[from], &[goal], &wanted);
            let steps: Vec<usize> = found.ways.iter().map(|way| way.steps).collect();
            assert_eq!(
                steps.first().copied(),
                fewest,
                "seed {seed}, from {from}: {found:#?}"
            );
            assert!(steps.is_sorted(), "seed {seed}, from {from}: {steps:?}");
            let mut told: Vec<String> = found
                .ways
                .iter()
                .map(|way| format!("{:?}", way.path))
                .collect();
            told.sort();
            told.dedup();
            assert_eq!(
                told.len(),
                steps.len(),
                "seed {seed}, from {from}: {found:#?}"
            );
            for way in &found.ways {
                let mut passed: Vec<&str> = way
                    .path
                    .iter()
                    .map(|taken| taken.step.from.as_str())
                    .collect();
                let count = passed.len();
                passed.sort_unstable();
                passed.dedup();
                assert_eq!(passed.len(), count, "seed {seed}, from {from}: {way:#?}");
            }
            several += usize::from(steps.len() > 2);
        }
    }
    assert!(several > 100, "too few with several paths: {several}");
}

#[test]
fn what_is_reached_is_what_leads_there() {
    for seed in 0..100 {
        let snapshot = drawn(seed);
        let graph = Graph::build(&snapshot, None);
        let control = graph.control();
        let principals = graph.principals.iter().count();
        for certain in [true, false] {
            let toward: Vec<Vec<Option<usize>>> = (0..principals)
                .map(|goal| plainly(&control, goal, certain))
                .collect();
            for from in 0..principals {
                let reached = control.reach(&[from]);
                let found = |goal: usize| {
                    let one = reached.iter().find(|one| one.number == goal);
                    one.filter(|one| one.is_certain || !certain).is_some()
                };
                for (goal, steps) in toward.iter().enumerate().filter(|(goal, _)| *goal != from) {
                    assert_eq!(
                        found(goal),
                        steps[from].is_some(),
                        "seed {seed}, certain {certain}, from {from} to {goal}: {reached:#?}"
                    );
                }
            }
        }
    }
}

#[test]
fn of_more_ways_than_can_be_begun_one_arrives() {
    const LAYERS: usize = 5;
    let root = json!([{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": "sts:AssumeRole"}]);
    let mut roles = Vec::new();
    for layer in 0..=LAYERS {
        // Each of a layer assumes each of the next: 25^5 ways.
        for at in 0..25 {
            let next = format!("arn:aws:iam::{ACCOUNT}:role/l{}-*", layer + 1);
            let own = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": next}]);
            roles.push(role(
                &format!("l{layer}-{at}"),
                &policy(&root),
                &policy(&own),
            ));
        }
    }
    let snapshot = Estate::new().iam(json!({"roles": roles})).snapshot();
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end("role/l0-0").unwrap().numbers;
    let to = control.end(&format!("role/l{LAYERS}-7")).unwrap().numbers;
    let wanted = Wanted {
        most: 3,
        ..Wanted::default()
    };
    let found = control.paths(&from, &to, &wanted);
    let steps: Vec<usize> = found.ways.iter().map(|way| way.steps).collect();
    assert_eq!(steps, [LAYERS; 3], "given up: {}", found.is_cut);
}

/// The edges into nodes are kept from the first search on; an end that is named after it has edges of its own.
#[test]
fn an_end_that_is_named_after_a_search_is_reached() {
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:crown-abcdef";
    for (name, action) in [
        ("secret/crown", "secretsmanager:GetSecretValue"),
        (secret, "secretsmanager:GetSecretValue"),
        ("arn:aws:s3:::crown", "s3:GetObject"),
        ("arn:aws:dynamodb:*:*:table/crown", "dynamodb:GetItem"),
    ] {
        let statements = json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]);
        let roles = json!([role("reader", &nobody(), &policy(&statements))]);
        let estate = Estate::new()
            .iam(json!({"roles": roles}))
            .region(json!({"secretsmanager": {"secrets": [{"ARN": secret, "Name": "crown"}]}}));
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let mut control = graph.control();
        let from = graph.principals.by_arn(&role_arn("reader")).unwrap();
        let account = control.nodes.account(ACCOUNT).unwrap();
        let steps = |control: &Control<'_, '_>, to: &[usize]| {
            [true, false].map(|certain| control.toward(to, certain).steps(from))
        };
        assert_eq!(steps(&control, &[account]), [None; 2], "before {name}");
        let end = control.end(name).unwrap();
        let found = steps(&control, &end.numbers);
        assert_eq!(found, [Some(1); 2], "{name} is not reached");
    }
}
