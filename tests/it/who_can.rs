//! `who-can` from outside: who, by what, reached from where; the JSON by its schema.

use serde_json::Value;

use crate::can::follows;
use crate::program::{Ran, acme_snapshot, run};

fn who_can(arguments: &[&str], input: &str) -> (Value, Ran) {
    let mut all = vec!["who-can"];
    all.extend(arguments);
    all.extend(["-o", "json", "--input", input]);
    let ran = run(&all);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {all:?}: {ran:#?}"));
    follows(&value, "who-can-v1.json");
    (value, ran)
}

/// Each principal in short: its name, `?` where it is conditional.
fn names(value: &Value) -> Vec<String> {
    let principals = value["principals"].as_array().unwrap();
    let name = |one: &Value| {
        let id = one["id"].as_str().unwrap();
        let open = one["decision"] == "conditional" || one["certainty"] == "conditional";
        let name = id.rsplit(['/', '@']).next().unwrap();
        format!("{name}{}", if open { "?" } else { "" })
    };
    principals.iter().map(name).collect()
}

fn ids(value: &Value) -> Vec<&str> {
    let all = value.as_array().unwrap().iter();
    all.map(|one| one.as_str().unwrap()).collect()
}

fn found<'v>(value: &'v Value, id: &str) -> &'v Value {
    let principals = value["principals"].as_array().unwrap();
    let one = principals
        .iter()
        .find(|one| one["id"].as_str().unwrap().ends_with(id));
    one.unwrap_or_else(|| panic!("no {id} in {value:#}"))
}

#[test]
fn principals_of_an_action_with_what_reaches_them() {
    let (answer, ran) = who_can(&["sts:AssumeRole", "role/acme-deployer"], acme_snapshot());
    assert_eq!(
        (ran.code, names(&answer)),
        (0, vec!["checkout-api".to_owned()]),
        "{answer:#}"
    );
    // Those that have it come first, then those that come to have it.
    let reached = ids(&found(&answer, "role/checkout-api")["reached_from"]);
    assert_eq!(
        reached[..2],
        [
            "k8s://prod/checkout/Deployment/checkout-api",
            "k8s://prod/checkout/ServiceAccount/checkout-api"
        ]
    );
    assert!(
        reached.contains(&"k8s://prod/ci/Deployment/terraform-runner"),
        "an administrator of the account has it too: {reached:?}"
    );
    // A service that the trust policy names.
    let (answer, _) = who_can(
        &["sts:AssumeRole", "role/ops-lambda-admin"],
        acme_snapshot(),
    );
    assert_eq!(names(&answer), ["lambda.amazonaws.com"], "{answer:#}");
    // By their tokens.
    let (answer, _) = who_can(
        &["sts:AssumeRoleWithWebIdentity", "role/tenant-reports"],
        acme_snapshot(),
    );
    assert_eq!(
        names(&answer),
        ["report-writer", "report-writer"],
        "{answer:#}"
    );
    let (answer, ran) = who_can(
        &["sts:AssumeRoleWithWebIdentity", "role/legacy-orders"],
        acme_snapshot(),
    );
    assert_eq!(
        (ran.code, names(&answer).len()),
        (0, 0),
        "nobody is no error: {answer:#}"
    );
}

#[test]
fn who_can_is_as_can_says() {
    let secret = "secret/prod/payments/stripe-api-key";
    let (answer, _) = who_can(&["secretsmanager:GetSecretValue", secret], acme_snapshot());
    let all = names(&answer);
    for (role, listed) in [
        ("payments-api", true),
        ("external-secrets", true),
        ("checkout-api", false),
    ] {
        assert_eq!(
            all.iter().any(|name| name == role),
            listed,
            "{role}: {all:?}"
        );
        let principal = format!("role/{role}");
        let ran = run(&[
            "can",
            &principal,
            "secretsmanager:GetSecretValue",
            secret,
            "--input",
            acme_snapshot(),
        ]);
        assert_eq!(ran.code == 0, listed, "{role}: {ran:#?}");
    }
    let first_open = all.iter().position(|name| name.ends_with('?')).unwrap();
    assert!(
        all[first_open..].iter().all(|name| name.ends_with('?')),
        "the certain first: {all:?}"
    );
}

#[test]
fn whom_a_secrets_own_policy_lets_in_or_shuts_out() {
    let read = "secretsmanager:GetSecretValue";
    // Another account's role, whose own policies were not read.
    let (answer, _) = who_can(&[read, "secret/prod/ci/registry-push"], acme_snapshot());
    let central = found(&answer, "444455556666:role/central-ci");
    assert_eq!(central["decision"], "conditional", "{central:#}");
    assert_eq!(central["because"][0]["kind"], "resource", "{central:#}");
    // Everybody but the payments' roles, the operator and the function that rotates it is denied.
    let (answer, _) = who_can(&[read, "secret/prod/payments/card-vault"], acme_snapshot());
    let all = names(&answer);
    assert!(!all.is_empty(), "{answer:#}");
    let beginnings = ["payments-", "external-secrets", "secrets-rotation"];
    let right = |name: &String| beginnings.iter().any(|one| name.starts_with(one));
    assert!(all.iter().all(right), "{all:?}");
}

#[test]
fn subjects_of_a_verb_and_who_comes_in_as_one_of_them() {
    let (answer, ran) = who_can(
        &["get", "secrets", "-n", "payments", "--cluster", "prod"],
        acme_snapshot(),
    );
    assert_eq!(ran.code, 0);
    assert_eq!(
        (&answer["resource"], &answer["namespace"]),
        (&"core/secrets".into(), &"payments".into())
    );
    let oncall = found(&answer, "Group/acme:oncall");
    assert_eq!(
        ids(&oncall["reached_from"])[0],
        "arn:aws:iam::111122223333:role/oncall-engineer"
    );
    let collector = found(&answer, "ServiceAccount/fluent-bit");
    assert_eq!(
        ids(&collector["reached_from"])[0],
        "k8s://prod/logging/DaemonSet/fluent-bit"
    );
    // Bound on one name, and not at all.
    assert_eq!(
        found(&answer, "ServiceAccount/devportal")["decision"],
        "conditional"
    );
    assert!(
        !names(&answer).iter().any(|name| name.contains("checkout")),
        "{answer:#}"
    );
    let deployer = found(&answer, "role/acme-deployer");
    assert_eq!(
        (&deployer["cluster"], &deployer["because"][0]["kind"]),
        (&"prod".into(), &"access-policy".into())
    );
    // A mapping of somebody who is gone.
    let (answer, _) = who_can(
        &["get", "secrets", "-n", "payments", "--cluster", "staging"],
        acme_snapshot(),
    );
    let developers = found(&answer, "Group/acme:developers");
    assert_eq!(
        developers["reached_conditionally"][0]["id"],
        "arn:aws:iam::111122223333:user/petra.kovac"
    );
}

#[test]
fn paths_and_names_are_asked_too() {
    for (arguments, subject, listed) in [
        (&["get", "/metrics"][..], "prometheus", true),
        (&["get", "/metrics"], "fluent-bit", false),
        (
            &["get", "secrets/acme-ca-bundle", "-n", "kube-system"],
            "devportal",
            true,
        ),
        (
            &["get", "secrets/other", "-n", "kube-system"],
            "devportal",
            false,
        ),
        (
            &["create", "pods/exec", "-n", "checkout"],
            "acme:checkout",
            true,
        ),
        (
            &["create", "pods/exec", "-n", "search"],
            "acme:checkout",
            false,
        ),
        (&["create", "pods/exec"], "acme:checkout?", true),
    ] {
        let mut all = arguments.to_vec();
        all.extend(["--cluster", "prod"]);
        let (answer, _) = who_can(&all, acme_snapshot());
        assert_eq!(
            names(&answer).iter().any(|name| name == subject),
            listed,
            "{arguments:?} {subject}: {answer:#}"
        );
    }
}

#[test]
fn account_admins_and_who_becomes_one() {
    let (answer, ran) = who_can(&["--account-admin"], acme_snapshot());
    assert_eq!((ran.code, &answer["jewel"]), (0, &"account-admin".into()));
    for (role, steps, certainty) in [
        ("role/ci-terraform-runner", 0, "certain"),
        ("role/staging-db-admin", 0, "certain"),
        ("role/ci-release-bot", 1, "certain"),
        ("role/analytics-pipeline", 1, "certain"),
        ("role/staging-db-broker", 1, "certain"),
        // It lets itself into a cluster whose service account has a role that is.
        ("user/aiko.tanaka", 3, "certain"),
        ("user/jan.novak", 2, "certain"),
        ("role/github-actions-build", 2, "conditional"),
    ] {
        let one = found(&answer, role);
        assert_eq!(
            (&one["steps"], &one["certainty"]),
            (&steps.into(), &certainty.into()),
            "{one:#}"
        );
        assert_eq!(
            one["path"].as_array().unwrap().is_empty(),
            steps == 0,
            "{one:#}"
        );
    }
    let reached = &found(&answer, "role/ci-terraform-runner")["reached_from"];
    assert!(
        reached
            .to_string()
            .contains("k8s://prod/ci/Deployment/terraform-runner"),
        "{reached}"
    );
    // Limited by a boundary, by its policies, or by nobody at all.
    let all = names(&answer);
    for none in ["staging-api", "payments-api", "contractor-readonly"] {
        assert!(
            !all.iter().any(|name| name.starts_with(none)),
            "{none}: {all:?}"
        );
    }
}

#[test]
fn cluster_admins_and_who_becomes_one() {
    let (answer, ran) = who_can(&["--cluster-admin"], acme_snapshot());
    assert_eq!((ran.code, &answer["jewel"]), (0, &"cluster-admin".into()));
    for (id, cluster, steps, certainty) in [
        ("role/acme-deployer", "prod", 0, "certain"),
        ("role/oncall-engineer", "prod", 0, "certain"),
        ("user/jan.novak", "staging", 0, "certain"),
        ("prod//Group/system:masters", "prod", 0, "certain"),
        ("prod//Group/acme:oncall", "prod", 0, "certain"),
        ("ServiceAccount/gitlab-runner", "prod", 0, "certain"),
        ("role/checkout-api", "prod", 1, "certain"),
        ("ServiceAccount/fluent-bit", "prod", 1, "certain"),
        ("Group/acme:developers", "staging", 1, "certain"),
        ("user/petra.kovac", "staging", 1, "conditional"),
        // By an access entry that it makes for itself.
        ("role/jenkins-admin", "prod", 1, "certain"),
        ("user/aiko.tanaka", "prod", 1, "certain"),
        // By its access policy in one namespace, where the token of a cluster-admin lies.
        ("role/central-ci", "prod", 1, "certain"),
        // By a pod that becomes its node.
        ("Group/acme:checkout", "prod", 2, "certain"),
        ("ServiceAccount/pipeline", "prod", 3, "certain"),
    ] {
        let one = found(&answer, id);
        assert_eq!(
            (&one["cluster"], &one["steps"], &one["certainty"]),
            (&cluster.into(), &steps.into(), &certainty.into()),
            "{one:#}"
        );
        assert_eq!(
            one["path"].as_array().unwrap().is_empty(),
            steps == 0,
            "{one:#}"
        );
    }
    let all = names(&answer);
    for none in [
        "data-science-notebooks",
        "contractor-readonly",
        "acme:developers-read",
    ] {
        assert!(
            !all.iter().any(|name| name.starts_with(none)),
            "{none}: {all:?}"
        );
    }
    let expected = found(&answer, "ServiceAccount/cronjob-controller");
    assert_eq!(expected["known"], "the control plane", "{expected:#}");
}

#[test]
fn what_was_not_read_is_told_with_exit_code_3() {
    let kubernetes = "prod=examples/acme/clusters/prod/kubernetes";
    let aws = "examples/acme/aws";
    for (arguments, input, source) in [
        (
            &["s3:GetObject"][..],
            kubernetes,
            "iam:GetAccountAuthorizationDetails",
        ),
        (
            &["sts:AssumeRole", "arn:aws:iam::444455556666:role/x"],
            aws,
            "iam:GetAccountAuthorizationDetails of 444455556666",
        ),
        (
            &["--account-admin"],
            kubernetes,
            "iam:GetAccountAuthorizationDetails",
        ),
        (&["--cluster-admin"], aws, "no cluster was read"),
        (&["get", "secrets"], aws, "no cluster was read"),
        (&["get", "secrets"], kubernetes, "eks:DescribeAccessEntry"),
    ] {
        let (answer, ran) = who_can(arguments, input);
        assert_eq!(ran.code, 3, "{arguments:?}: {answer:#}");
        let told = answer["not_evaluated"].to_string();
        assert!(told.contains(source), "{arguments:?}: {told}");
    }
    for wrong in [
        &[][..],
        &["--account-admin", "--cluster-admin"],
        &["--account-admin", "s3:GetObject"],
        &["s3:*"],
    ] {
        let mut all = vec!["who-can"];
        all.extend(wrong);
        all.extend(["--input", acme_snapshot()]);
        assert_eq!(run(&all).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_person_reads_it() {
    let mut shown = String::new();
    for arguments in [
        &["sts:AssumeRole", "role/acme-deployer"][..],
        &[
            "secretsmanager:GetSecretValue",
            "secret/prod/checkout/psp-token",
        ],
        &["create", "pods/exec", "-n", "payments", "--cluster", "prod"],
        &["--account-admin"],
        &["--cluster-admin", "--cluster", "staging"],
    ] {
        let mut all = vec!["who-can"];
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
    insta::assert_snapshot!("who_can_text", shown);
}
