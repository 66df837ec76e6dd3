//! The one search for all held against one search for each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::search::Draw;
use super::{ACCOUNT, Estate, ISSUER, policy, role, role_arn};
use crate::graph::Graph;
use crate::graph::control::Goal;
use crate::snapshot::Snapshot;

const ROLES: usize = 8;

/// Roles that assume one another as it comes, some of which service accounts get.
fn drawn(seed: u64) -> Snapshot {
    let mut draw = Draw(seed);
    let arn = |at: usize| role_arn(&format!("r{at}"));
    let mut roles = Vec::new();
    for at in 0..ROLES {
        let mut trust: Vec<Value> = vec![
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn(draw.of(ROLES))}}),
        ];
        if draw.of(3) == 0 {
            trust[0]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        }
        if draw.of(2) == 0 {
            trust.push(json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
                "Condition": {"StringEquals": {format!("{ISSUER}:sub"):
                    format!("system:serviceaccount:web:s{}", draw.of(4))}}}));
        }
        let own = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn(draw.of(ROLES))}]);
        roles.push(role(
            &format!("r{at}"),
            &policy(&json!(trust)),
            &policy(&own),
        ));
    }
    let mut estate = Estate::new().iam(json!({"roles": roles}));
    for at in 0..4 {
        estate = estate.pod("web", &format!("s{at}"));
    }
    estate.snapshot()
}

#[test]
fn whoever_leads_to_a_goal_is_found_and_nobody_else() {
    let mut many = 0;
    for seed in 0..60 {
        let snapshot = drawn(seed);
        let graph = Graph::build(&snapshot, None);
        let control = graph.control();
        let goals: Vec<Goal> = (0..ROLES)
            .map(|number| Goal {
                number,
                without: Vec::new(),
            })
            .collect();
        for certain in [false, true] {
            let found = control.origins(&goals, certain);
            for (goal, found) in goals.iter().zip(found) {
                let toward = control.toward(&[goal.number], certain);
                let plain: BTreeSet<usize> = (0..control.nodes().len())
                    .filter(|number| *number != goal.number)
                    .filter(|number| toward.steps(*number).is_some() && control.is_origin(*number))
                    .collect();
                let found: BTreeSet<usize> = found.into_keys().collect();
                assert_eq!(
                    found, plain,
                    "seed {seed}, role {}, certain {certain}",
                    goal.number
                );
                many += found.len();
            }
        }
    }
    assert!(many > 500, "too few ways to tell: {many}");
}
