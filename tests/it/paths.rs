//! `paths` from outside: from where to where, in what order, step by step; the JSON by its schema.

use serde_json::{Value, json};

use crate::can::follows;
use crate::program::{Ran, acme_snapshot, run};

fn paths(arguments: &[&str], input: &str) -> (Value, Ran) {
    let mut all = vec!["paths"];
    all.extend(arguments);
    all.extend(["-o", "json", "--input", input]);
    let ran = run(&all);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {all:?}: {ran:#?}"));
    follows(&value, "paths-v1.json");
    (value, ran)
}

/// The kinds of steps of each path.
fn kinds(value: &Value) -> Vec<Vec<String>> {
    let paths = value["paths"].as_array().unwrap().iter();
    let steps = |path: &Value| -> Vec<String> {
        let steps = path["steps"].as_array().unwrap().iter();
        steps
            .map(|step| step["edge"].as_str().unwrap().to_owned())
            .collect()
    };
    paths.map(steps).collect()
}

#[test]
fn from_a_pod_over_aws_into_the_cluster() {
    let from = [
        "--from",
        "k8s://prod/checkout/ServiceAccount/checkout-api",
        "--to",
        "cluster-admin/prod",
        "-k",
        "1",
    ];
    let (answer, ran) = paths(&from, acme_snapshot());
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(
        kinds(&answer),
        [["assume-role-web-identity", "assume-role", "access-entry"]],
        "{answer:#}"
    );
    assert_eq!(
        answer["paths"][0]["cost"], 2,
        "to come in is no step: {answer:#}"
    );
    assert_eq!(answer["paths"][0]["certainty"], "certain", "{answer:#}");
    // Each step begins where the last one ended.
    let steps = answer["paths"][0]["steps"].as_array().unwrap();
    for pair in steps.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{answer:#}");
    }
}

#[test]
fn five_steps_over_both_planes() {
    let from = "k8s://prod/checkout/ServiceAccount/checkout-api";
    let (answer, _) = paths(
        &[
            "--from",
            from,
            "--to",
            "cluster-admin/staging",
            "-k",
            "1",
            "--certain",
        ],
        acme_snapshot(),
    );
    assert_eq!(answer["paths"][0]["cost"], 5, "{answer:#}");
    let kinds = kinds(&answer).remove(0);
    assert!(kinds.len() >= 5, "{answer:#}");
    for kind in [
        "assume-role-web-identity",
        "assume-role",
        "access-entry",
        "acts-as",
    ] {
        assert!(kinds.iter().any(|one| one == kind), "no {kind}: {answer:#}");
    }
}

#[test]
fn what_is_wanted_and_what_is_avoided() {
    let base = ["--from", "user/aiko.tanaka", "--to", "account-admin"];
    let with = |more: &[&str]| {
        let all: Vec<&str> = base.iter().chain(more).copied().collect();
        paths(&all, acme_snapshot()).0
    };
    let certain = with(&["--certain"]);
    assert!(!kinds(&certain).is_empty(), "{certain:#}");
    let open = certain["paths"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|path| path["certainty"] != "certain");
    assert_eq!(open.count(), 0, "{certain:#}");
    let by_entry = with(&["--edge", "access-entry", "-k", "3"]);
    assert!(
        kinds(&by_entry)
            .iter()
            .all(|kinds| kinds.iter().any(|kind| kind == "access-entry")),
        "{by_entry:#}"
    );
    let other = with(&["--avoid", "escalates", "--avoid", "role/acme-break-glass"]);
    let text = other.to_string();
    assert!(
        !text.contains("\"escalates\"") && !text.contains("acme-break-glass"),
        "{other:#}"
    );
}

#[test]
fn to_a_secret_and_to_nothing() {
    let (answer, _) = paths(
        &[
            "--from",
            "namespace/checkout",
            "--to",
            "secret/*",
            "-k",
            "1",
        ],
        acme_snapshot(),
    );
    assert_eq!(
        kinds(&answer),
        [["runs-as", "assume-role-web-identity", "reads-secret"]],
        "{answer:#}"
    );
    let (answer, ran) = paths(
        &[
            "--from",
            "k8s://prod/payments/ServiceAccount/payments-api",
            "--to",
            "cluster-admin/staging",
        ],
        acme_snapshot(),
    );
    assert_eq!(
        (ran.code, answer["paths"].as_array().unwrap().len()),
        (0, 0),
        "{answer:#}"
    );
    for wrong in [
        ["--from", "role/nobody", "--to", "cluster-admin"],
        ["--from", "any-pod", "--to", "cluster-admin/nowhere"],
        ["--from", "namespace/nowhere", "--to", "account-admin"],
        ["--from", "nonsense", "--to", "account-admin"],
    ] {
        let mut all = vec!["paths"];
        all.extend(wrong);
        all.extend(["--input", acme_snapshot()]);
        let ran = run(&all);
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:#?}");
        assert!(ran.stderr.contains("error"), "{wrong:?}: {}", ran.stderr);
    }
}

#[test]
fn what_was_not_read_is_told_with_exit_code_3() {
    let kubernetes = "prod=examples/acme/clusters/prod/kubernetes";
    let (answer, ran) = paths(&["--from", "any-pod", "--to", "cluster-admin"], kubernetes);
    assert_eq!(ran.code, 3, "{answer:#}");
    let told = answer["not_evaluated"].to_string();
    assert!(
        told.contains("iam:GetAccountAuthorizationDetails"),
        "{told}"
    );
}

#[test]
fn a_person_reads_it_and_programs_draw_it() {
    let mut out = String::new();
    for arguments in [
        &[
            "--from",
            "k8s://prod/checkout/ServiceAccount/checkout-api",
            "--to",
            "cluster-admin",
            "-k",
            "2",
        ][..],
        &[
            "--from",
            "user/teo.rossi",
            "--to",
            "cluster-admin/prod",
            "-k",
            "1",
        ],
        &[
            "--from",
            "user/teo.rossi",
            "--to",
            "cluster-admin/prod",
            "-k",
            "1",
            "-o",
            "dot",
        ],
        &[
            "--from",
            "user/teo.rossi",
            "--to",
            "cluster-admin/prod",
            "-k",
            "1",
            "-o",
            "mermaid",
        ],
        &[
            "--from",
            "k8s://prod/payments/ServiceAccount/payments-api",
            "--to",
            "cluster-admin/staging",
        ],
    ] {
        let mut all = vec!["paths"];
        all.extend(arguments);
        all.extend(["--input", acme_snapshot()]);
        let ran = run(&all);
        out.push_str(&format!(
            "$ eks-auditor paths {}\n{}[{}]\n\n",
            arguments.join(" "),
            ran.stdout,
            ran.code
        ));
    }
    insta::assert_snapshot!("paths_text", out);
}

/// A page of paths.
fn page(arguments: &[&str], input: &str) -> Ran {
    let mut all = vec!["paths"];
    all.extend(arguments);
    all.extend(["-o", "html", "--input", input]);
    run(&all)
}

/// Holds that each element is one of ours and closed where it should be, and that none loads or runs anything.
fn is_well_formed(page: &str) {
    let known = [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "h1",
        "h2",
        "p",
        "time",
        "section",
        "ul",
        "ol",
        "li",
        "b",
        "bdi",
        "small",
        "span",
        "div",
        "code",
        "figure",
        "figcaption",
        "svg",
        "g",
        "rect",
        "path",
        "text",
        "footer",
    ];
    let mut open: Vec<&str> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece
            .split_once('>')
            .unwrap_or_else(|| panic!("no end: <{piece}"));
        let is_style = open.last() == Some(&"style");
        assert!(is_style || !text.contains('>'), "> in the text of <{piece}");
        if tag.starts_with("!DOCTYPE") {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(
                open.pop(),
                Some(name),
                "</{name}> ends another, with {open:?}"
            );
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(known.contains(&name), "<{tag}>");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        for attribute in [
            " src",
            " href",
            " on",
            " style=",
            "javascript",
            "url(",
            "http:",
            "https:",
        ] {
            assert!(!tag.contains(attribute), "{attribute} in <{tag}>");
        }
        if !tag.ends_with('/') && name != "meta" {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "not ended");
    let policy = "content=\"default-src 'none'; style-src 'sha256-";
    assert!(page.contains(policy), "{page}");
}

#[test]
fn a_page_with_a_drawing_and_each_path() {
    let from = ["--from", "user/teo.rossi", "--to", "cluster-admin/prod"];
    let ran = page(&[&from[..], &["-k", "2"]].concat(), acme_snapshot());
    assert_eq!(ran.code, 0, "{ran:#?}");
    is_well_formed(&ran.stdout);
    // What it looks like changes more often than what it says.
    let (head, rest) = ran.stdout.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let head = head.split("sha256-").next().unwrap();
    insta::assert_snapshot!("paths_html", format!("{head}…{body}"));
}

#[test]
fn pages_of_many_paths_of_none_and_of_what_was_not_read() {
    let acme = acme_snapshot();
    let kubernetes = "prod=examples/acme/clusters/prod/kubernetes";
    for (what, from, to, input, drawings, code) in [
        ("many", "any-pod", "account-admin", acme, 1, 0),
        ("from the internet", "internet", "cluster-admin", acme, 1, 0),
        (
            "none",
            "k8s://prod/payments/ServiceAccount/payments-api",
            "cluster-admin/staging",
            acme,
            0,
            0,
        ),
        (
            "it has that already",
            "role/acme-break-glass",
            "account-admin",
            acme,
            1,
            0,
        ),
        ("not read", "any-pod", "cluster-admin", kubernetes, 1, 3),
    ] {
        let ran = page(&["--from", from, "--to", to, "-k", "200"], input);
        assert_eq!(ran.code, code, "{what}: {}", ran.stderr);
        is_well_formed(&ran.stdout);
        let found = ran.stdout.matches("<svg").count();
        assert_eq!(found, drawings, "{what}: {}", ran.stdout);
        let unread = ran.stdout.find("Not read: there may be more");
        assert_eq!(unread.is_some(), code == 3, "{what}");
        let figure = ran.stdout.find("<figure>");
        assert!(
            unread.is_none() || unread < figure,
            "{what}: it comes first"
        );
    }
}

#[test]
fn hostile_names_are_only_names_on_a_page() {
    let long = format!("a{}", "-long".repeat(200));
    let names = [
        "<script>alert(1)</script>",
        "\"><svg onload=x>",
        "' onclick='x",
        "</title></style><img src=x>",
        "\u{202e}txt.exe",
        "مستخدم",
        "]]>&amp;",
        &long,
    ];
    let subjects: Vec<Value> = names
        .iter()
        .map(|name| json!({"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}))
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "<b>all"},
         "rules": [{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users", "groups"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "\"><svg onload=x>"},
         "roleRef": {"kind": "ClusterRole", "name": "<b>all"}, "subjects": subjects}]});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.json");
    std::fs::write(&path, list.to_string()).unwrap();
    let input = format!("prod={}", path.display());
    for name in names {
        let id = format!("User/{name}");
        let ran = page(&["--from", &id, "--to", "cluster-admin"], &input);
        assert!(ran.stdout.contains("<svg"), "{name}: {ran:#?}");
        is_well_formed(&ran.stdout);
        for tag in ["<script", "<img", "<svg on", "\u{202e}"] {
            assert!(!ran.stdout.contains(tag), "{tag} in {}", ran.stdout);
        }
    }
}
