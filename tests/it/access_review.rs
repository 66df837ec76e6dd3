//! `access-review` from outside: its forms over the example, hostile names, duties, exit codes.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::can::follows;
use crate::program::{Ran, acme_snapshot, audit, run};

fn review(arguments: &[&str]) -> Ran {
    let mut all = vec!["access-review"];
    all.extend(arguments);
    run(&all)
}

fn as_json(arguments: &[&str]) -> (Value, Ran) {
    let mut all = vec!["-o", "json"];
    all.extend(arguments);
    let ran = review(&all);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {all:?}: {ran:#?}"));
    follows(&value, "access-review-v1.json");
    (value, ran)
}

fn row<'v>(value: &'v Value, cluster: &str, name: &str) -> &'v Value {
    let mut rows = value["rows"].as_array().unwrap().iter();
    rows.find(|row| row["cluster"] == cluster && row["name"] == name)
        .unwrap_or_else(|| panic!("no {name} of {cluster} in {value:#}"))
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["text"].as_str().unwrap()).collect()
}

#[test]
fn the_review_for_a_person() {
    let ran = review(&["--input", acme_snapshot(), "--cluster", "staging"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("access_review_table", ran.stdout);
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    for form in ["table", "csv", "json", "html"] {
        let arguments = ["--all", "-o", form, "--input", acme_snapshot()];
        let (one, two) = (review(&arguments), review(&arguments));
        assert!(one.stdout.len() > 1000, "{form}: {one:#?}");
        assert!(one.stdout == two.stdout, "{form} differs");
    }
}

#[test]
fn who_may_do_what_in_the_example() {
    let (value, ran) = as_json(&["--input", acme_snapshot()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let oncall = row(&value, "prod", "oncall-engineer");
    assert_eq!(oncall["cluster_admin"]["steps"], 0, "{oncall:#}");
    assert_eq!(
        texts(&oncall["may"])[0],
        "may do everything in the whole cluster"
    );
    assert_eq!(
        oncall["last_used"]["at"].as_str().unwrap().get(..4),
        Some("2026")
    );
    let group = row(&value, "prod", "acme:oncall");
    assert_eq!(
        group["comes_in"][0]["from"],
        "arn:aws:iam::111122223333:role/oncall-engineer"
    );
    // Its mapping outlived the user.
    let gone = row(&value, "staging", "petra.kovac");
    assert_eq!(gone["certainty"], "conditional", "{gone:#}");
    let unused = row(&value, "prod", "contractor-readonly");
    assert_eq!(unused["last_used"]["status"], "not-seen");
    let foreign = row(&value, "prod", "central-ci");
    assert_eq!(foreign["last_used"]["status"], "unknown");
    // The rules are all there.
    let rules = foreign["grants"].as_array().unwrap().iter();
    let rules: usize = rules
        .map(|one| one["rules"].as_array().unwrap().len())
        .sum();
    assert!(rules > 10, "{foreign:#}");
}

#[test]
fn rows_that_are_left_out_are_counted_and_all_shows_them() {
    let (some, _) = as_json(&["--input", acme_snapshot()]);
    let (all, _) = as_json(&["--all", "--input", acme_snapshot()]);
    let count = |value: &Value, part: &str| {
        let rows = value["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["part"] == part).count()
    };
    for part in ["service-accounts", "controllers", "system"] {
        assert_eq!(count(&some, part), 0, "{part}");
        assert!(count(&all, part) > 0, "{part}");
        assert_eq!(some["left_out"][part], count(&all, part), "{part}");
    }
    assert_eq!(count(&some, "people"), count(&all, "people"));
    assert_eq!(all["left_out"], json!({}));
}

/// The administrators of `who-can --cluster-admin` and of the review are the same.
#[test]
fn the_administrators_are_those_of_who_can() {
    let ran = run(&[
        "who-can",
        "--cluster-admin",
        "-o",
        "json",
        "--input",
        acme_snapshot(),
    ]);
    let who: Value = serde_json::from_str(&ran.stdout).unwrap();
    let (review, _) = as_json(&["--all", "--input", acme_snapshot()]);
    let mut missing = Vec::new();
    for one in who["principals"].as_array().unwrap() {
        let mut rows = review["rows"].as_array().unwrap().iter();
        let found = rows.find(|row| row["id"] == one["id"] && row["cluster"] == one["cluster"]);
        // Who assumes an administrator's role does not come in itself.
        let admin = found.map(|row| &row["cluster_admin"]["steps"]);
        if one["steps"] == 0 && admin != Some(&json!(0)) {
            missing.push(format!("{} {admin:?}", one["id"]));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Reads RFC 4180, strictly.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if cell.is_empty() => loop {
                match letters.next() {
                    Some('"') if letters.peek() == Some(&'"') => {
                        letters.next();
                        cell.push('"');
                    }
                    Some('"') => break,
                    Some(inside) => cell.push(inside),
                    None => panic!("a quotation does not end"),
                }
            },
            '"' => panic!("a quote inside a plain cell: {cell}"),
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' => {
                assert_eq!(letters.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\n' => panic!("a bare line break"),
            letter => cell.push(letter),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "the last line ends");
    rows
}

/// A cluster whose names are an attack.
fn hostile(folder: &Path) -> String {
    let subjects: Vec<Value> = [
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://x\",\"y\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "a,\"b\"\nc",
        "\u{202e}txt",
    ]
    .iter()
    .map(|name| json!({"kind": "Group", "name": name, "apiGroup": "rbac.authorization.k8s.io"}))
    .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "=r<b>"},
         "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["<img src=x onerror=y>", "=cmd()"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "\"><svg onload=x>"},
         "roleRef": {"kind": "ClusterRole", "name": "=r<b>"}, "subjects": subjects}]});
    let path = folder.join("objects.json");
    fs::write(&path, list.to_string()).unwrap();
    path.display().to_string()
}

#[test]
fn hostile_names_are_only_names_in_html() {
    let folder = tempfile::tempdir().unwrap();
    let input = hostile(folder.path());
    let page = review(&["-o", "html", "--input", &input]).stdout;
    for tag in ["<script", "<img", "<svg", "\u{202e}"] {
        assert!(!page.contains(tag), "{tag} in {page}");
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{page}"
    );
    // Every element is one of ours.
    let known = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2",
        "p", "time", "section", "ul", "li", "b", "small", "table", "thead", "tbody", "tr", "th",
        "td", "span", "code", "br", "footer",
    ];
    for piece in page.split('<').skip(1) {
        let name: String = piece
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '!')
            .collect();
        assert!(known.contains(&name.as_str()), "<{piece}");
    }
    assert!(
        page.contains("content=\"default-src 'none'; style-src 'sha256-"),
        "{page}"
    );
    // And none loads or runs anything.
    for piece in page.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap();
        for attribute in [
            " src",
            " href",
            " on",
            "javascript",
            "url(",
            "http:",
            "https:",
        ] {
            assert!(!tag.contains(attribute), "{attribute} in <{tag}>");
        }
    }
}

#[test]
fn hostile_names_are_no_formulas_in_csv() {
    let folder = tempfile::tempdir().unwrap();
    let input = hostile(folder.path());
    let rows = read_csv(&review(&["-o", "csv", "--input", &input]).stdout);
    assert_eq!(rows[0].len(), 16, "{:?}", rows[0]);
    for row in &rows {
        assert_eq!(row.len(), rows[0].len(), "{row:?}");
        for cell in row {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
    let names: Vec<&str> = rows.iter().map(|row| row[3].as_str()).collect();
    for name in [
        "'=HYPERLINK(\"http://x\",\"y\")",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "a,\"b\"\nc",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

#[test]
fn what_was_not_read_is_said_first_and_ends_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let input = hostile(folder.path());
    let table = review(&["--input", &input]);
    assert_eq!(table.code, 3, "{table:#?}");
    let unread = table.stdout.find("NOT EVALUATED").unwrap();
    assert!(
        unread < table.stdout.find("PEOPLE").unwrap(),
        "{}",
        table.stdout
    );
    let page = review(&["-o", "html", "--input", &input]).stdout;
    let unread = page.find("Not read: there may be more").unwrap();
    assert!(unread < page.find("<table>").unwrap());
    let rows = read_csv(&review(&["-o", "csv", "--input", &input]).stdout);
    assert_eq!(rows[1][1], "not read", "{:?}", rows[1]);
    // Nothing at all.
    let empty = folder.path().join("empty.json");
    fs::write(
        &empty,
        "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}",
    )
    .unwrap();
    let (value, ran) = as_json(&["--input", &empty.display().to_string()]);
    assert_eq!(ran.code, 3, "{value:#}");
}

#[test]
fn several_forms_at_once_and_wrong_ones() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("review.html").display().to_string();
    let ran = review(&[
        "-o",
        "csv",
        "-o",
        &format!("html={page}"),
        "--input",
        acme_snapshot(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("cluster,part,"), "{}", ran.stdout);
    assert!(
        fs::read_to_string(&page)
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
    for wrong in [
        &["-o", "pdf"][..],
        &["-o", "html="],
        &["-o", "csv", "-o", "json"],
        &["-o", "html=/no/such/folder/x"],
        &["--cluster", "nowhere"],
    ] {
        let mut all = wrong.to_vec();
        all.extend(["--input", acme_snapshot()]);
        let ran = review(&all);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{wrong:?}: {ran:#?}"
        );
    }
}

const DUTIES: &str = r#"
[[duty]]
subject = "arn:aws:iam::111122223333:role/oncall-engineer"
verbs = ["get", "list", "watch"]
namespaces = ["*"]

[[duty]]
subject = "Group/acme:tenant-a"
cluster = "prod"
verbs = ["*"]
namespaces = ["tenant-a"]

[[duty]]
subject = "Group/acme:tenant-a"
cluster = "prod"
verbs = ["get", "list", "watch"]
namespaces = ["*"]

[[duty]]
subject = "User/nobody"
verbs = ["get"]
namespaces = ["web"]
"#;

#[test]
fn duties_mark_what_is_beyond_them() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("duties.toml").display().to_string();
    fs::write(&config, DUTIES).unwrap();
    let arguments = ["--config", &config, "--input", acme_snapshot()];
    let (value, ran) = as_json(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let oncall = row(&value, "prod", "oncall-engineer");
    let beyond = texts(&oncall["beyond_duty"]);
    assert!(
        beyond.contains(&"every verb on everything in the whole cluster"),
        "{beyond:?}"
    );
    assert_eq!(
        row(&value, "prod", "acme:tenant-a")["beyond_duty"],
        json!([])
    );
    assert_eq!(
        row(&value, "prod", "acme:oncall")["beyond_duty"],
        Value::Null
    );
    let remarks: Vec<&str> = value["remarks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        remarks
            .iter()
            .any(|text| text.contains("the duty of User/nobody is nobody's")),
        "{remarks:?}"
    );
    let table = review(&arguments).stdout;
    assert!(
        table.contains("BEYOND ITS DUTY: every verb on everything"),
        "{table}"
    );
    assert!(table.contains("within its duty"), "{table}");

    let mut all = vec!["--check", "access-exceeds-duty"];
    all.extend(arguments);
    let (report, ran) = audit(&all);
    let found = report["findings"].as_array().unwrap().iter();
    let found: Vec<(&str, &str)> = found
        .map(|one| {
            (
                one["resource"]["id"].as_str().unwrap(),
                one["severity"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("arn:aws:iam::111122223333:role/oncall-engineer", "medium"),
            ("k8s://-//User/nobody", "low"),
        ],
        "{}",
        ran.stderr
    );
    // What the report says leads on.
    let fingerprint = report["findings"][0]["fingerprint"].as_str().unwrap();
    let mut all = vec!["explain", fingerprint];
    all.extend(arguments);
    assert_eq!(run(&all).code, 0);
}

#[test]
fn without_duties_the_check_does_not_apply() {
    let (report, _) = audit(&["--check", "access-exceeds-duty", "--input", acme_snapshot()]);
    assert_eq!(
        report["checks"][0]["outcome"], "not_applicable",
        "{report:#}"
    );
}

#[test]
fn a_wrong_duty_names_file_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("duties.toml").display().to_string();
    for (text, line, field) in [
        ("[[duty]]\nsubject = \"ops\"\n", "line 2", "subject"),
        (
            "[[duty]]\nsubject = \"Group/ops\"\nverb = [\"get\"]\n",
            "line 3",
            "verb",
        ),
        (
            "[[duty]]\nsubject = \"Group/ops\"\nverbs = [\"get\"]\nnamespaces = \"web\"\n",
            "line 4",
            "namespaces",
        ),
        (
            "[[duty]]\nsubject = \"Group/ops\"\nverbs = []\n",
            "line 1",
            "namespaces",
        ),
    ] {
        fs::write(&config, text).unwrap();
        let ran = review(&["--config", &config, "--input", acme_snapshot()]);
        assert_eq!(ran.code, 2, "{text}: {ran:#?}");
        for part in [config.as_str(), line, field] {
            assert!(
                ran.stderr.contains(part),
                "{part} of {text}: {}",
                ran.stderr
            );
        }
    }
}
