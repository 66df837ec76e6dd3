//! `review` from outside: the golden answers, EKS access policies, every form of input, and what is wrong with it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ran, eks_auditor, ran, run, shared};

const ACME: &str = "examples/acme";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role";

fn answers(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn review(user: &str, verb: &str, resource: &str, namespace: &str) -> Value {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": ["system:authenticated"], "resourceAttributes":
            {"verb": verb, "resource": resource, "subresource": subresource, "namespace": namespace}}})
}

fn lines(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("{object}\n")).collect()
}

fn ask(stdin: &str, arguments: &[&str]) -> Ran {
    let mut command = eks_auditor();
    command.arg("review").args(arguments).write_stdin(stdin);
    ran(&mut command)
}

#[test]
fn the_golden_reviews_are_answered_as_the_server_did() {
    let (Some(reviews), Some(objects)) = (
        shared("golden/rbac/reviews.jsonl"),
        shared("golden/rbac/objects.json"),
    ) else {
        return;
    };
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let ran = run(&["review", &path(&reviews), "--input", &path(&objects)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let server: Vec<Value> = fs::read_to_string(&reviews)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ours = answers(&ran);
    assert_eq!(ours.len(), server.len());
    let mut wrong = Vec::new();
    for (ours, server) in ours.iter().zip(&server) {
        let same_question = ours["spec"] == server["spec"];
        let allowed = &server["status"]["allowed"];
        if !same_question
            || &ours["status"]["allowed"] != allowed
            || !ours["status"]["evaluationError"].is_null()
        {
            wrong.push(format!("{server}\n  ours: {ours}"));
        }
    }
    println!("{} reviews", ours.len());
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        ours.len(),
        wrong.join("\n")
    );
}

/// What each principal of the example may do, by which authorizer.
#[test]
fn rbac_and_access_policies_answer_together() {
    let session = |role: &str| format!("{SESSION}/{role}/jane");
    let asked = [
        review(&session("acme-deployer"), "delete", "nodes", ""),
        review(
            &session("checkout-release"),
            "create",
            "pods/exec",
            "checkout",
        ),
        review(
            &session("checkout-release"),
            "create",
            "pods/exec",
            "payments",
        ),
        review(&session("checkout-release"), "list", "pods", ""),
        review(&session("contractor-readonly"), "get", "pods", "media"),
        review(&session("contractor-readonly"), "get", "secrets", "media"),
        review(
            &session("AWSReservedSSO_DeveloperAccess_1b2c3d4e5f607182"),
            "get",
            "pods/log",
            "payments",
        ),
        // The entry is there and the role is not: nobody is it.
        review(
            &session("data-science-notebooks"),
            "create",
            "pods",
            "analytics",
        ),
        // Another account's, which was not read.
        review(
            "arn:aws:sts::444455556666:assumed-role/central-ci/build",
            "create",
            "pods",
            "ci",
        ),
        review(
            "system:serviceaccount:kube-system:nobody",
            "get",
            "secrets",
            "payments",
        ),
    ];
    let ran = ask(&lines(&asked), &["-", "--input", ACME, "--cluster", "prod"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told: Vec<String> = answers(&ran)
        .iter()
        .map(|answer| {
            let spec = &answer["spec"];
            let what = &spec["resourceAttributes"];
            let user = spec["user"].as_str().unwrap().replace(SESSION, "…");
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{user} {} {}/{} in {:?}: {} {}{}",
                word(&what["verb"]),
                word(&what["resource"]),
                word(&what["subresource"]),
                word(&what["namespace"]),
                answer["status"]["allowed"],
                word(&answer["status"]["reason"]),
                word(&answer["status"]["evaluationError"]),
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    // By RBAC alone none of them comes from a policy.
    let alone = ask(
        &lines(&asked),
        &["-", "--input", ACME, "--cluster", "prod", "--rbac-only"],
    );
    assert!(
        !alone.stdout.contains("EKS Access Policy"),
        "{}",
        alone.stdout
    );
}

#[test]
fn every_form_of_input_is_the_same_question() {
    let (one, two) = (
        review("jane", "get", "pods", "web"),
        review("system:serviceaccount:web:api", "get", "secrets", "web"),
    );
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let yaml = |user: &str, verb: &str, resource: &str| {
        format!(
            "apiVersion: authorization.k8s.io/v1\nkind: SubjectAccessReview\nspec:\n  user: {user}\n  groups: [system:authenticated]\n  \
             resourceAttributes: {{verb: {verb}, resource: {resource}, subresource: '', namespace: web}}\n"
        )
    };
    let documents = format!(
        "# two\n---\n{}---\n{}",
        yaml("jane", "get", "pods"),
        yaml("system:serviceaccount:web:api", "get", "secrets")
    );
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [one, two]});
    let array = json!([one, two]);
    let forms = [
        ("JSON lines", lines(&[one.clone(), two.clone()])),
        ("JSON lines with blank ones", format!("\n{one}\n\n{two}")),
        ("a byte order mark", format!("\u{feff}{one}\n{two}\n")),
        (
            "pretty JSON",
            format!("{}\n{}\n", pretty(&one), pretty(&two)),
        ),
        ("an array", array.to_string()),
        ("a pretty array", pretty(&array)),
        ("a List", list.to_string()),
        ("a pretty List", pretty(&list)),
        ("YAML documents", documents),
    ];
    let arguments = ["-", "--input", ACME, "--cluster", "prod"];
    let expected = answers(&ask(&forms[0].1, &arguments));
    assert_eq!(expected.len(), 2, "{expected:#?}");
    for (form, text) in &forms {
        let ran = ask(text, &arguments);
        assert_eq!(ran.code, 0, "{form}: {}", ran.stderr);
        assert_eq!(answers(&ran), expected, "{form}");
    }
    println!("{} forms", forms.len());
}

#[test]
fn a_bad_object_is_an_error_in_its_place() {
    let good = review("jane", "get", "pods", "web");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("asked.jsonl");
    let text = format!(
        "{good}\n{{\"kind\": \"Pod\"}}\nnonsense\n{}\n{{\"spec\": {{\"user\": 7}}}}\n{good}\n",
        json!({"spec": {"user": "jane"}})
    );
    fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let ran = run(&["review", file, "--input", ACME, "--cluster", "prod"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let answers = answers(&ran);
    assert_eq!(answers.len(), 6, "{answers:#?}");
    for (at, answer) in answers.iter().enumerate() {
        let is_good = at == 0 || at == 5;
        assert_eq!(answer.get("status").is_some(), is_good, "{answer}");
        if !is_good {
            let error = answer["Error"].as_str().unwrap_or_default();
            let place = format!("{file}, line {}: ", at + 1);
            assert!(
                error.starts_with(&place) && error.len() > place.len(),
                "{at}: {error}"
            );
        }
    }
    // Elements of a list are counted.
    let list = json!([good, {"kind": "Pod"}]).to_string();
    let ran = ask(&list, &["-", "--input", ACME, "--cluster", "prod"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stdout.contains("stdin, line 1, item 2: kind is Pod"),
        "{}",
        ran.stdout
    );
    // A file that is not there costs itself alone.
    let ran = run(&[
        "review",
        "no/such/file",
        file,
        "--input",
        ACME,
        "--cluster",
        "prod",
    ]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (2, 6), "{ran:#?}");
}

#[test]
fn which_cluster_is_meant_must_be_known() {
    let good = lines(&[review("jane", "get", "pods", "web")]);
    let several = ask(&good, &["-", "--input", ACME]);
    assert_eq!(several.code, 2);
    assert!(
        several.stderr.contains("prod, staging"),
        "{}",
        several.stderr
    );
    assert_eq!(
        ask(&good, &["-", "--input", ACME, "--cluster", "nowhere"]).code,
        2
    );
    let none = ask(&good, &["-", "--input", "examples/acme/aws"]);
    assert_eq!(none.code, 2, "{none:#?}");
    assert!(none.stdout.is_empty());
    let twice = ask(&good, &["-", "--input", "-"]);
    assert!(
        twice.code == 2 && twice.stderr.contains("stdin"),
        "{twice:#?}"
    );
}

#[test]
fn rbac_that_was_not_read_is_no_denial() {
    let folder = tempfile::tempdir().unwrap();
    let namespaces = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}]});
    fs::write(
        folder.path().join("namespaces.json"),
        namespaces.to_string(),
    )
    .unwrap();
    let good = lines(&[review("jane", "get", "pods", "web")]);
    let ran = ask(&good, &["-", "--input", folder.path().to_str().unwrap()]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(
        ran.stderr.contains("kubernetes:clusterrolebindings"),
        "{}",
        ran.stderr
    );
    let answer = &answers(&ran)[0]["status"];
    assert_eq!(answer["allowed"], false);
    let error = answer["evaluationError"].as_str().unwrap_or_default();
    assert!(error.contains("no denial"), "{answer}");
}

/// A ClusterRole that gathers from those with a label, as a server or as a manifest has it.
fn aggregated(created: Option<&str>) -> String {
    let stored = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]}]);
    let role = |name: &str, rules: &Value, more: Value| {
        let mut role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "creationTimestamp": created, "labels": {"for": name}}, "rules": rules});
        if !more.is_null() {
            role["aggregationRule"] = more;
        }
        role
    };
    let leaf = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]);
    let gathers = json!({"clusterRoleSelectors": [{"matchLabels": {"for": "leaf"}}]});
    let bound = |kind: &str, name: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name, "namespace": "web"},
            "subjects": [{"kind": "User", "name": "jane"}], "roleRef": {"kind": "ClusterRole", "name": "sum"}})
    };
    let mut wide = bound("ClusterRoleBinding", "b");
    wide["metadata"] = json!({"name": "b"});
    let own = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "web"}, "rules": []});
    json!({"apiVersion": "v1", "kind": "List", "items": [role("leaf", &leaf, Value::Null), role("sum", &stored, gathers),
        wide, bound("RoleBinding", "c"), own]})
    .to_string()
}

#[test]
fn stored_rules_count_where_a_server_wrote_them_and_the_difference_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let asked = lines(&[
        review("jane", "get", "pods", "web"),
        review("jane", "get", "configmaps", "web"),
    ]);
    for (created, allowed, is_said) in [
        (Some("2026-01-01T00:00:00Z"), [false, true], true),
        // The controller has not been here: its work is done, and there is nothing to differ from.
        (None, [true, false], false),
    ] {
        fs::write(folder.path().join("roles.json"), aggregated(created)).unwrap();
        let ran = ask(&asked, &["-", "--input", folder.path().to_str().unwrap()]);
        let found: Vec<bool> = answers(&ran)
            .iter()
            .map(|a| a["status"]["allowed"] == true)
            .collect();
        assert_eq!(found, allowed, "{created:?}: {ran:#?}");
        let says =
            "the ClusterRole sum of - are not what it aggregates (1 not stored, 1 not gathered)";
        assert_eq!(
            ran.stderr.contains(says),
            is_said,
            "{created:?}: {}",
            ran.stderr
        );
    }
}
