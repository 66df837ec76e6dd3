//! `simulate` from outside: one line out for each in, errors in their place, streams.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::program::{Ran, eks_auditor, ran, root, run, shared};

const ALLOWED: &str = r#"{"ActionNames":["s3:GetObject","s3:PutObject"],"ResourceArns":["arn:aws:s3:::b/k"],"CallerArn":"arn:aws:iam::111122223333:role/app","PolicyInputList":[{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}]}"#;

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}")))
        .collect()
}

fn simulate_stdin(text: &[u8]) -> Ran {
    ran(eks_auditor().args(["simulate", "-"]).write_stdin(text))
}

#[test]
fn each_line_has_its_answer_in_order_and_errors_stand_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.jsonl");
    let text = format!("{ALLOWED}\n\n  \nnonsense\n{{\"PolicyInputList\":[]}}\n{ALLOWED}");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let ran = run(&["simulate", path]);
    let answers = lines(&ran);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert_eq!(answers.len(), 4, "{ran:#?}");
    for answer in [&answers[0], &answers[3]] {
        let results = answer["EvaluationResults"].as_array().unwrap();
        let found: Vec<&str> = results
            .iter()
            .map(|result| result["EvalDecision"].as_str().unwrap())
            .collect();
        assert_eq!(found, ["allowed", "implicitDeny"], "{answer}");
        assert_eq!(results[0]["MatchedStatements"][0]["Sid"], "Read");
    }
    let error = |at: usize| answers[at]["Error"].as_str().unwrap().to_owned();
    assert!(
        error(1).starts_with(&format!("{path}, line 4: not JSON")),
        "{}",
        error(1)
    );
    assert_eq!(error(2), format!("{path}, line 5: ActionNames is missing"));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.jsonl");
    fs::write(&path, format!("{ALLOWED}\n")).unwrap();
    let there = path.to_str().unwrap();
    let is_folder = folder.path().to_str().unwrap();
    let ran = run(&["simulate", "no/such/file", is_folder, there]);
    assert_eq!((ran.code, lines(&ran).len()), (2, 1), "{ran:#?}");
    for told in ["no/such/file", "is a folder"] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    let ran = run(&["simulate", there]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(run(&["simulate"]).code, 2, "no file");
}

#[test]
fn odd_bytes_are_no_end() {
    let mut text = b"\xef\xbb\xbf".to_vec();
    text.extend(ALLOWED.as_bytes());
    text.extend(b"\r\n\xff\xfe\n");
    text.extend(ALLOWED.as_bytes());
    let ran = simulate_stdin(&text);
    let answers = lines(&ran);
    assert_eq!((ran.code, answers.len()), (2, 3), "{ran:#?}");
    assert!(answers[0]["EvaluationResults"].is_array(), "{ran:#?}");
    let error = answers[1]["Error"].as_str().unwrap();
    assert!(error.starts_with("stdin, line 2: not JSON"), "{error}");
    let empty = simulate_stdin(b"");
    assert_eq!((empty.code, empty.stdout.as_str()), (0, ""));
}

#[test]
fn fields_that_are_wrong_are_named() {
    let with = |field: &str, value: Value| {
        let mut request: Value = serde_json::from_str(ALLOWED).unwrap();
        request[field] = value;
        request.to_string()
    };
    for (line, field) in [
        (with("ActionNames", json!([])), "ActionNames"),
        (with("ResourceArns", json!({})), "ResourceArns"),
        (with("PolicyInputList", json!(["{"])), "PolicyInputList[0]"),
        (
            with("ContextEntries", json!([{"ContextKeyValues": []}])),
            "ContextEntries[0]",
        ),
        (with("CallerArn", json!("jane")), "CallerArn"),
        (with("ContextComplete", json!("yes")), "ContextComplete"),
    ] {
        let ran = simulate_stdin(line.as_bytes());
        let error = lines(&ran)[0]["Error"].as_str().unwrap().to_owned();
        assert!(error.contains(field), "{line}: {error}");
        assert_eq!(ran.code, 2);
    }
}

#[test]
fn an_answer_comes_before_the_next_request_does() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_eks-auditor"))
        .args(["simulate", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut requests = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for turn in 0..3 {
        writeln!(requests, "{ALLOWED}").unwrap();
        requests.flush().unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert!(line.contains("\"allowed\""), "turn {turn}: {line}");
    }
    drop(requests);
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_answers_follow_their_schema() {
    let text = fs::read_to_string(root().join("reports/schema/simulate-v1.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let refused = r#"{"ActionNames":["s3:GetObject"],"PolicyInputList":[{"Statement":[{"Effect":"Allow","Action":"a b","Resource":"*"}]}]}"#;
    let mut text = format!("{ALLOWED}\nnonsense\n{refused}\n");
    if let Some(path) = shared("golden/iam/eks-trust.jsonl") {
        for line in fs::read_to_string(path).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            text += &format!("{}\n", case["request"]);
        }
    }
    let ran = simulate_stdin(text.as_bytes());
    let answers = lines(&ran);
    assert_eq!(answers.len(), text.lines().count());
    for answer in answers {
        let errors: Vec<String> = validator
            .iter_errors(&answer)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{answer}: {errors:?}");
    }
}
