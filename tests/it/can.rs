//! `can` from outside: every exit code, the JSON by its schema, and what a person reads.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Ran, acme_snapshot, root, run};

const PROD: &str = "k8s://prod";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Asks the example, and holds the answer against its schema.
fn can(arguments: &[&str]) -> (Value, Ran) {
    asked(arguments, acme_snapshot(), "can-v1.json")
}

fn asked(arguments: &[&str], input: &str, schema: &str) -> (Value, Ran) {
    let mut all = vec!["can"];
    all.extend(arguments);
    all.extend(["-o", "json", "--input", input]);
    let ran = run(&all);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {all:?}: {ran:#?}"));
    follows(&value, schema);
    (value, ran)
}

/// Holds a value against one of the published schemas.
pub fn follows(value: &Value, schema: &str) {
    let text = fs::read_to_string(root().join("reports/schema").join(schema)).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{value:#}\n{}", errors.join("\n"));
}

/// An id of prod, for names that both clusters have.
fn prod(rest: &str) -> String {
    format!("{PROD}/{rest}")
}

#[test]
fn iam_decisions_and_their_exit_codes() {
    let checkout = prod("checkout/ServiceAccount/checkout-api");
    let payments = prod("payments/ServiceAccount/payments-api");
    let stripe = "secret/prod/payments/stripe-api-key";
    let read = "secretsmanager:GetSecretValue";
    for (arguments, decision, code) in [
        (
            &["role/checkout-api", "sts:AssumeRole", "role/acme-deployer"][..],
            "allowed",
            0,
        ),
        (
            &[&checkout, "sts:AssumeRole", "role/acme-deployer"],
            "allowed",
            0,
        ),
        (&[&checkout, "sts:AssumeRole"], "allowed", 0),
        (
            &[
                "role/checkout-api",
                "sts:AssumeRole",
                "role/oncall-engineer",
            ],
            "denied",
            1,
        ),
        (
            &["role/checkout-api", "sts:GetCallerIdentity"],
            "allowed",
            0,
        ),
        (&["role/checkout-api", read, stripe], "denied", 1),
        (&[&payments, read, stripe], "allowed", 0),
        (&["role/staging-toolbox", read, stripe], "allowed", 0),
        (&["role/staging-toolbox", read], "allowed", 0),
        // All of a pattern, some of it, none of it.
        (
            &[
                "role/staging-toolbox",
                read,
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:staging/*",
            ],
            "allowed",
            0,
        ),
        (
            &[
                "role/checkout-api",
                read,
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*",
            ],
            "conditional",
            3,
        ),
        (
            &[
                "role/checkout-api",
                read,
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:staging/*",
            ],
            "denied",
            1,
        ),
        // The case of an action does not matter, and a service account alone in its name needs no cluster.
        (
            &[
                "role/staging-toolbox",
                "secretsmanager:getsecretvalue",
                stripe,
            ],
            "allowed",
            0,
        ),
        (
            &[
                "system:serviceaccount:ci:terraform-runner",
                "iam:CreateUser",
                "user/nobody-yet",
            ],
            "",
            2,
        ),
        (
            &[
                "system:serviceaccount:ci:terraform-runner",
                "iam:CreateUser",
            ],
            "allowed",
            0,
        ),
        // Only with MFA, which is not known.
        (
            &["user/teo.rossi", "sts:AssumeRole", "role/oncall-engineer"],
            "conditional",
            3,
        ),
        // By a trust that asks for no subject.
        (&["sa/logging/fluent-bit", "s3:GetObject"], "allowed", 0),
        (&["sa/logging/fluent-bit", "ec2:RunInstances"], "denied", 1),
        (&["group/acme:oncall", "s3:GetObject"], "denied", 1),
    ] {
        if decision.is_empty() {
            let mut all = vec!["can"];
            all.extend(arguments);
            all.extend(["--input", acme_snapshot()]);
            assert_eq!(run(&all).code, code, "{arguments:?}");
            continue;
        }
        let (answer, ran) = can(arguments);
        assert_eq!(answer["decision"], decision, "{arguments:?}: {answer:#}");
        assert_eq!(ran.code, code, "{arguments:?}: {ran:#?}");
        let denied = decision == "denied";
        assert_eq!(
            answer["why_not"].is_array(),
            denied,
            "{arguments:?}: {answer:#}"
        );
    }
}

#[test]
fn kubernetes_decisions_and_their_exit_codes() {
    let checkout = prod("checkout/ServiceAccount/checkout-api");
    let prometheus = prod("monitoring/ServiceAccount/prometheus");
    for (arguments, decision, code) in [
        (
            &["sa/logging/fluent-bit", "get", "secrets", "-n", "payments"][..],
            "allowed",
            0,
        ),
        (
            &[
                "sa/logging/fluent-bit",
                "get",
                "secret/db",
                "-n",
                "payments",
            ],
            "allowed",
            0,
        ),
        (
            &["sa/logging/fluent-bit", "get", "k8s-secret/payments/db"],
            "allowed",
            0,
        ),
        (
            &[
                "sa/logging/fluent-bit",
                "delete",
                "secrets",
                "-n",
                "payments",
            ],
            "denied",
            1,
        ),
        (
            &[&checkout, "get", "secrets", "-n", "payments"],
            "denied",
            1,
        ),
        // In three namespaces, and not in all.
        (
            &["sa/external-secrets/external-secrets", "get", "secrets"],
            "conditional",
            3,
        ),
        (
            &[
                "sa/external-secrets/external-secrets",
                "get",
                "secrets",
                "-n",
                "growth",
            ],
            "allowed",
            0,
        ),
        // On one name, and not on all.
        (
            &[
                "sa/platform/devportal",
                "get",
                "secrets",
                "-n",
                "kube-system",
            ],
            "conditional",
            3,
        ),
        (
            &[
                "sa/platform/devportal",
                "get",
                "secrets/acme-ca-bundle",
                "-n",
                "kube-system",
            ],
            "allowed",
            0,
        ),
        (
            &[
                "sa/platform/devportal",
                "get",
                "secrets/other",
                "-n",
                "kube-system",
            ],
            "denied",
            1,
        ),
        (
            &[
                "sa/ci/gitlab-runner",
                "create",
                "pods/exec",
                "-n",
                "payments",
            ],
            "allowed",
            0,
        ),
        (&["sa/ci/gitlab-runner", "*", "*"], "allowed", 0),
        (&[&checkout, "*", "*"], "denied", 1),
        (&[&prometheus, "get", "/metrics"], "allowed", 0),
        (&[&checkout, "get", "/metrics"], "denied", 1),
        (
            &[
                "Group/acme:checkout",
                "create",
                "deployments.apps",
                "-n",
                "checkout",
            ],
            "allowed",
            0,
        ),
        (
            &[
                "Group/acme:checkout",
                "create",
                "apps/deployments",
                "-n",
                "search",
            ],
            "denied",
            1,
        ),
        (&["sa/ci/gitlab-runner", "create"], "allowed", 0),
        // From AWS, by a group and by access policies.
        (
            &[
                "role/oncall-engineer",
                "create",
                "pods/exec",
                "-n",
                "payments",
                "--cluster",
                "prod",
            ],
            "allowed",
            0,
        ),
        (
            &["role/acme-deployer", "get", "nodes", "--cluster", "prod"],
            "allowed",
            0,
        ),
        (
            &[
                "role/checkout-release",
                "delete",
                "deploy",
                "-n",
                "checkout",
                "--cluster",
                "prod",
            ],
            "allowed",
            0,
        ),
        (
            &[
                "role/checkout-release",
                "delete",
                "deploy",
                "--cluster",
                "prod",
            ],
            "conditional",
            3,
        ),
        (
            &[
                "role/checkout-release",
                "delete",
                "deploy",
                "-n",
                "ledger",
                "--cluster",
                "prod",
            ],
            "denied",
            1,
        ),
        (
            &["role/payments-api", "get", "pods", "--cluster", "prod"],
            "denied",
            1,
        ),
        (
            &[
                "user/jan.novak",
                "impersonate",
                "users",
                "--cluster",
                "staging",
            ],
            "allowed",
            0,
        ),
    ] {
        let (answer, ran) = can(arguments);
        assert_eq!(answer["decision"], decision, "{arguments:?}: {answer:#}");
        assert_eq!(ran.code, code, "{arguments:?}: {ran:#?}");
    }
}

#[test]
fn a_secret_in_a_pattern_may_shut_somebody_out_by_its_own_policy() {
    let all = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*";
    let (answer, ran) = can(&["role/staging-toolbox", "secretsmanager:GetSecretValue", all]);
    assert_eq!(
        (&answer["share"], ran.code),
        (&"some".into(), 3),
        "{answer:#}"
    );
    let told = answer["conditions"].to_string();
    assert!(
        told.contains("by its own policy") && told.contains("card-vault"),
        "{told}"
    );
}

#[test]
fn kubernetes_answers_name_binding_and_role() {
    let (answer, _) = can(&[
        "sa/logging/fluent-bit",
        "get",
        "secrets/db",
        "-n",
        "payments",
    ]);
    assert_eq!(
        answer["principal"],
        "k8s://prod/logging/ServiceAccount/fluent-bit"
    );
    assert_eq!(
        (&answer["resource"], &answer["namespace"]),
        (&"core/secrets/db".into(), &"payments".into())
    );
    let because = &answer["because"][0];
    assert_eq!(because["kind"], "rbac");
    assert_eq!(
        because["binding"],
        "k8s://prod//ClusterRoleBinding/log-collector"
    );
    assert_eq!(because["role"], "k8s://prod//ClusterRole/log-collector");
    assert_eq!(because["rule"], 1);
}

#[test]
fn a_service_accounts_answer_names_role_and_way() {
    let (answer, _) = can(&[
        &prod("checkout/ServiceAccount/checkout-api"),
        "sts:AssumeRole",
        "role/acme-deployer",
    ]);
    let because = answer["because"].as_array().unwrap();
    let kinds: Vec<&str> = because
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["identity", "resource", "role"], "{answer:#}");
    assert_eq!(
        because[2]["role"],
        "arn:aws:iam::111122223333:role/checkout-api"
    );
    assert_eq!(because[2]["way"], "assume-role-web-identity");
}

#[test]
fn who_is_not_known_is_wrong_usage_and_close_names_are_told() {
    for (arguments, told) in [
        (
            &["role/chekout-api", "s3:GetObject"][..],
            "did you mean checkout-api?",
        ),
        (
            &["arn:aws:iam::111122223333:role/chekout-api", "s3:GetObject"],
            "did you mean arn:aws:iam::111122223333:role/checkout-api",
        ),
        (
            &["sa/logging/fluentbit", "get", "pods"],
            "sa/logging/fluent-bit?",
        ),
        (
            &["pod/checkout/none", "get", "pods"],
            "there is no pod/checkout/none",
        ),
        (&["Group/acme:onkall", "get", "pods"], "Group/acme:oncall?"),
        (
            &["sa/checkout/checkout-api", "get", "pods"],
            "k8s://staging/checkout/ServiceAccount/checkout-api",
        ),
        (&["nobody", "get", "pods"], "role/NAME"),
        (
            &["role/checkout-api", "get", "pods"],
            "--cluster: prod, staging",
        ),
        (
            &["arn:aws:iam::111122223333:root", "s3:GetObject"],
            "root user",
        ),
        (&["role/checkout-api", "s3:Get*"], "can --list"),
        (
            &["role/checkout-api", "s3:GetObject", "some-bucket/key"],
            "names no AWS resource",
        ),
        (
            &["role/checkout-api", "sts:AssumeRole", "role/acme-deploier"],
            "did you mean acme-deployer?",
        ),
        (
            &[
                "role/checkout-api",
                "secretsmanager:GetSecretValue",
                "secret/prod/payments/stripe-api-kee",
            ],
            "stripe-api-key?",
        ),
        (
            &["sa/logging/fluent-bit", "get", "secrts"],
            "did you mean secrets?",
        ),
        (
            &["sa/logging/fluent-bit", "GetObject", "secrets"],
            "nor a Kubernetes verb",
        ),
        (&["role/checkout-api"], "ACTION"),
    ] {
        let mut all = vec!["can"];
        all.extend(arguments);
        all.extend(["--input", acme_snapshot()]);
        let ran = run(&all);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {ran:#?}"
        );
        assert!(
            ran.stderr.contains(told),
            "{arguments:?}: {told}? {}",
            ran.stderr
        );
    }
}

#[test]
fn what_was_not_read_is_not_evaluated() {
    let kubernetes = "prod=examples/acme/clusters/prod/kubernetes";
    let aws = "examples/acme/aws";
    for (arguments, input, source) in [
        (
            &["sa/logging/fluent-bit", "s3:GetObject"][..],
            kubernetes,
            "iam:GetAccountAuthorizationDetails",
        ),
        (
            &["role/checkout-api", "s3:GetObject"],
            kubernetes,
            "iam:GetAccountAuthorizationDetails",
        ),
        (
            &["arn:aws:iam::444455556666:role/central-ci", "s3:GetObject"],
            aws,
            "iam:GetAccountAuthorizationDetails",
        ),
        (
            &["sa/logging/fluent-bit", "get", "secrets"],
            aws,
            "kubernetes:serviceaccounts",
        ),
        (
            &["role/checkout-api", "get", "pods"],
            aws,
            "no cluster was read",
        ),
        (
            &["pod/a/b", "get", "pods"],
            "prod=examples/acme/clusters/prod/kubernetes/rbac.yaml",
            "kubernetes:pods",
        ),
        (
            &["sa/checkout/checkout-api", "get", "secrets"],
            "prod=examples/acme/clusters/prod/kubernetes/serviceaccounts.json",
            "kubernetes:clusterroles",
        ),
    ] {
        let (answer, ran) = asked(arguments, input, "can-v1.json");
        assert_eq!(
            answer["decision"], "conditional",
            "{arguments:?}: {answer:#}"
        );
        let told = answer["not_evaluated"].to_string();
        assert!(told.contains(source), "{arguments:?}: {told}");
        assert_eq!(ran.code, 3, "{arguments:?}");
        let mut all = vec!["can"];
        all.extend(arguments);
        all.extend(["--input", input]);
        assert!(
            run(&all).stdout.starts_with("NOT EVALUATED"),
            "{arguments:?}"
        );
    }
    // RBAC goes by names, so roles and bindings alone are enough for a service account.
    let rbac = "prod=examples/acme/clusters/prod/kubernetes/rbac.yaml";
    let (answer, ran) = asked(
        &["sa/logging/fluent-bit", "get", "secrets"],
        rbac,
        "can-v1.json",
    );
    assert_eq!(
        (&answer["decision"], ran.code),
        (&"allowed".into(), 0),
        "{answer:#}"
    );
}

#[test]
fn a_broken_file_outranks_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.json");
    fs::write(
        &path,
        r#"{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": 7, "Policies": []}"#,
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let ran = run(&[
        "can",
        "sa/logging/fluent-bit",
        "get",
        "secrets",
        "--input",
        acme_snapshot(),
        path,
    ]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.stdout.starts_with("ALLOWED"), "{ran:#?}");
}

#[test]
fn a_pod_is_its_service_account() {
    let text = fs::read_to_string(root().join("examples/acme/clusters/prod/kubernetes/pods.json"))
        .unwrap();
    let pods: Value = serde_json::from_str(&text).unwrap();
    let pods = pods["items"].as_array().unwrap();
    let pod = pods
        .iter()
        .find(|pod| pod["spec"]["serviceAccountName"] == "payments-api")
        .unwrap();
    let name = format!("pod/payments/{}", pod["metadata"]["name"].as_str().unwrap());
    let (answer, ran) = can(&[
        &name,
        "secretsmanager:GetSecretValue",
        "secret/prod/payments/stripe-api-key",
    ]);
    assert_eq!(
        (ran.code, &answer["decision"]),
        (0, &"allowed".into()),
        "{answer:#}"
    );
    let id = answer["principal"].as_str().unwrap();
    assert!(
        id.starts_with("k8s://prod/payments/Pod/payments-api-"),
        "{id}"
    );
}

#[test]
fn lists_follow_their_schema_and_are_as_can_says() {
    for (arguments, input, code) in [
        (&["role/checkout-api"][..], acme_snapshot(), 0),
        (
            &["role/acme-deployer", "--service", "iam"],
            acme_snapshot(),
            0,
        ),
        (&["sa/logging/fluent-bit"], acme_snapshot(), 0),
        (
            &["sa/logging/fluent-bit", "-n", "payments"],
            acme_snapshot(),
            0,
        ),
        (&["user/aiko.tanaka"], acme_snapshot(), 0),
        (&["Group/acme:tenant-a"], acme_snapshot(), 0),
        (
            &["sa/logging/fluent-bit"],
            "prod=examples/acme/clusters/prod/kubernetes",
            3,
        ),
    ] {
        let mut all = vec!["--list"];
        all.extend(arguments);
        let (list, ran) = asked(&all, input, "can-list-v1.json");
        assert_eq!(ran.code, code, "{arguments:?}: {list:#}");
        assert_eq!(
            list["not_evaluated"].as_array().unwrap().is_empty(),
            code == 0,
            "{list:#}"
        );
        let some = |key: &str| !list[key].as_array().unwrap().is_empty();
        assert!(some("aws") || some("kubernetes"), "{arguments:?}: {list:#}");
    }
    let ran = run(&[
        "can",
        "--list",
        "role/checkout-api",
        "s3:GetObject",
        "--input",
        acme_snapshot(),
    ]);
    assert_eq!(ran.code, 2, "a list of one action: {ran:#?}");
}

#[test]
fn a_person_reads_it() {
    let mut shown = String::new();
    for arguments in [
        &["role/checkout-api", "sts:AssumeRole", "role/acme-deployer"][..],
        &[
            "role/checkout-api",
            "secretsmanager:GetSecretValue",
            "secret/prod/payments/stripe-api-key",
        ],
        &["user/aiko.tanaka", "iam:CreateUser"],
        &["user/teo.rossi", "sts:AssumeRole", "role/oncall-engineer"],
        &[
            "role/checkout-api",
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:*:secret:*",
        ],
        &["sa/external-secrets/external-secrets", "get", "secrets"],
        &[
            "role/checkout-release",
            "delete",
            "deploy",
            "-n",
            "ledger",
            "--cluster",
            "prod",
        ],
        &["--list", "role/acme-deployer"],
        &["--list", "user/aiko.tanaka", "--service", "iam"],
        &[
            "--list",
            "sa/external-secrets/external-secrets",
            "-n",
            "growth",
        ],
    ] {
        let mut all = vec!["can"];
        all.extend(arguments);
        all.extend(["--input", "examples/acme"]);
        let ran = run(&all);
        shown += &format!(
            "$ eks-auditor {}\n{}[{}]\n\n",
            all.join(" "),
            ran.stdout,
            ran.code
        );
    }
    insta::assert_snapshot!("can_text", shown);
}

#[test]
fn groups_that_kubernetes_gives_are_known_and_imply_others() {
    let rule =
        |resource: &str| json!([{"verbs": ["get"], "apiGroups": [""], "resources": [resource]}]);
    let role = |resource: &str| {
        json!({"apiVersion": RBAC, "kind": "ClusterRole",
        "metadata": {"name": resource, "uid": "u"}, "rules": rule(resource)})
    };
    let bound = |group: &str, role: &str| {
        json!({"apiVersion": RBAC, "kind": "ClusterRoleBinding",
        "metadata": {"name": role, "uid": "u"}, "subjects": [{"kind": "Group", "name": group}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}})
    };
    let empty = |kind: &str| {
        json!({"apiVersion": RBAC, "kind": kind, "metadata": {"name": "x", "namespace": "web", "uid": "u"},
        "rules": [], "roleRef": {"kind": "Role", "name": "x"}})
    };
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
        role("pods"), role("services"), role("endpoints"), role("nodes"), role("events"),
        bound("system:serviceaccounts", "pods"), bound("system:serviceaccounts:web", "services"),
        bound("system:authenticated", "endpoints"), bound("system:unauthenticated", "events"),
        bound("system:nodes", "nodes"), empty("Role"), empty("RoleBinding"),
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n-1", "uid": "u"}}]});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cluster.json");
    std::fs::write(&path, objects.to_string()).unwrap();
    let everything = ["pods", "services", "endpoints", "nodes", "events"];
    for (who, may) in [
        (
            "Group/system:serviceaccounts:web",
            &["pods", "services", "endpoints"][..],
        ),
        ("Group/system:serviceaccounts:other", &["pods", "endpoints"]),
        ("Group/system:serviceaccounts", &["pods", "endpoints"]),
        ("Group/system:authenticated", &["endpoints"]),
        ("Group/system:unauthenticated", &["events"]),
        ("User/system:anonymous", &["events"]),
        ("Group/system:nodes", &["nodes", "endpoints"]),
        // A node is in its group by its credentials, not by its name.
        ("User/system:node:n-1", &["endpoints"]),
        ("Group/system:masters", &everything),
    ] {
        for resource in everything {
            let ran = run(&[
                "can",
                who,
                "get",
                resource,
                "--input",
                path.to_str().unwrap(),
            ]);
            let expected = if may.contains(&resource) { 0 } else { 1 };
            assert_eq!(ran.code, expected, "{who} get {resource}: {ran:#?}");
            let is_node = who.contains("system:node");
            assert_eq!(
                ran.stdout.contains("Node authorizer"),
                is_node,
                "{who}: {ran:#?}"
            );
        }
    }
    let ran = run(&[
        "can",
        "User/system:node:n-2",
        "get",
        "pods",
        "--input",
        path.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 2, "{ran:#?}");
}
