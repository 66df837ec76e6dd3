//! From the internet, from outside: which pods it reaches, where it goes from there, and what only looks reached.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::can::follows;
use crate::program::{acme_snapshot, run};

/// The load balancer of the shop.
const SHOP: &str = "k8s-checkout-0735996bd8.eu-west-1.elb.amazonaws.com";

fn answer(arguments: &[&str], inputs: &[&str]) -> Value {
    let mut all = vec!["paths", "-o", "json", "--from", "internet", "--input"];
    all.extend(inputs);
    all.extend(arguments);
    let ran = run(&all);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {all:?}: {ran:#?}"));
    follows(&value, "paths-v1.json");
    assert_eq!(ran.code, 0, "{value:#}");
    value
}

fn first_steps(value: &Value) -> Vec<&Value> {
    let paths = value["paths"].as_array().unwrap().iter();
    paths.map(|path| &path["steps"][0]).collect()
}

/// The workloads that the internet reaches in the example with further inputs.
fn reached(more: &[&str]) -> BTreeSet<String> {
    let mut inputs = vec![acme_snapshot()];
    inputs.extend(more);
    let workloads = [
        "k8s://prod/checkout/Deployment/checkout-api",
        "k8s://prod/checkout/Deployment/checkout-web",
        "k8s://prod/payments/Deployment/payments-api",
        "k8s://prod/returns/Deployment/returns-api",
        "k8s://prod/platform/Deployment/devportal",
        "k8s://staging/checkout/Deployment/checkout-web",
    ];
    let is_reached = |to: &&str| {
        let value = answer(&["--to", to, "--edge", "exposes", "-k", "20"], &inputs);
        first_steps(&value).iter().any(|step| step["to"] == **to)
    };
    workloads
        .into_iter()
        .filter(is_reached)
        .map(str::to_owned)
        .collect()
}

#[test]
fn over_both_planes_in_five_steps_and_more() {
    let value = answer(
        &["--to", "cluster-admin/staging", "-k", "1"],
        &[acme_snapshot()],
    );
    let path = &value["paths"][0];
    assert!(path["cost"].as_u64() >= Some(5), "{value:#}");
    assert_eq!(path["certainty"], "conditional", "{value:#}");
    let steps = path["steps"].as_array().unwrap();
    let first = &steps[0];
    assert_eq!(
        (&first["from"], &first["edge"], &first["to"]),
        (
            &json!("internet"),
            &json!("exposes"),
            &json!("k8s://prod/checkout/Deployment/checkout-api")
        ),
        "{value:#}"
    );
    let depends_on = first["depends_on"].as_str().unwrap();
    assert!(depends_on.contains("exploit known"), "{value:#}");
    let evidence = first["evidence"].as_str().unwrap();
    assert!(evidence.contains(SHOP), "{value:#}");
    let kinds: BTreeSet<&str> = steps
        .iter()
        .filter_map(|step| step["edge"].as_str())
        .collect();
    for kind in ["assume-role-web-identity", "assume-role", "access-entry"] {
        assert!(kinds.contains(kind), "no {kind}: {value:#}");
    }
    for pair in steps.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{value:#}");
    }
    let certain = answer(
        &["--to", "cluster-admin/staging", "--certain"],
        &[acme_snapshot()],
    );
    assert_eq!(certain["paths"], json!([]), "{certain:#}");
}

#[test]
fn what_only_looks_reached_is_not() {
    let shop = [
        "k8s://prod/checkout/Deployment/checkout-api",
        "k8s://prod/checkout/Deployment/checkout-web",
    ];
    assert_eq!(reached(&[]), shop.map(str::to_owned).into());
}

#[test]
fn load_balancers_and_security_groups_that_are_given_decide() {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/1";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("network.jsonl");
    for (scheme, range, is_open) in [
        ("internet-facing", "0.0.0.0/0", true),
        ("internet-facing", "203.0.113.0/24", false),
        ("internal", "0.0.0.0/0", false),
    ] {
        let prints = [
            json!({"LoadBalancers": [{"LoadBalancerArn": arn, "DNSName": SHOP, "Scheme": scheme,
                "Type": "application", "SecurityGroups": ["sg-1"]}]}),
            json!({"SecurityGroups": [{"GroupId": "sg-1", "OwnerId": "111122223333",
                "SecurityGroupArn": "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1",
                "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                    "IpRanges": [{"CidrIp": range}]}]}]}),
        ];
        fs::write(&file, prints.map(|print| print.to_string()).join("\n")).unwrap();
        let found = reached(&[file.to_str().unwrap()]);
        assert_eq!(!found.is_empty(), is_open, "{scheme} {range}: {found:?}");
    }
}

#[test]
fn what_was_not_read_of_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let pods = folder.path().join("pods.json");
    fs::write(
        &pods,
        json!({"apiVersion": "v1", "kind": "PodList", "items": []}).to_string(),
    )
    .unwrap();
    let ran = run(&[
        "paths",
        "--from",
        "internet",
        "--to",
        "cluster-admin",
        "--input",
        pods.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    for source in [
        "kubernetes:services",
        "kubernetes:ingresses",
        "kubernetes:nodes",
    ] {
        assert!(ran.stdout.contains(source), "no {source}: {}", ran.stdout);
    }
}
