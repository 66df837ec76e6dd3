//! Every action that the code and the documentation name is one that AWS has, on what it can be allowed on.

use std::fs;
use std::path::{Path, PathBuf};

use eks_auditor::iam::escalation::{Target, methods};
use eks_auditor::iam::glob::Pattern;
use eks_auditor::iam::services::table;
use eks_auditor::iam::simulate::simulate;
use serde_json::{Value, json};

/// Beginnings of names, and names that are wrong on purpose.
const NO_ACTIONS: &[&str] = &["eks:List"];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let is = |end: &str| path.extension().is_some_and(|e| e == end);
        if path.is_dir() {
            files(&path, into);
        } else if is("rs") || is("md") {
            into.push(path);
        }
    }
}

/// The words of a line that are written like a service's action: `s3:Get*`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let word = |c: char| c.is_ascii_alphanumeric() || "-:*?_/.".contains(c);
    let trimmed = line
        .split(move |c| !word(c))
        .map(|w| w.trim_end_matches(['.', ':', '/', '_']));
    trimmed.filter(|word| {
        word.split_once(':').is_some_and(|(service, name)| {
            let first = name.chars().next();
            table()
                .service(service)
                .is_some_and(|s| s.prefix == service)
                && first.is_some_and(|c| c.is_ascii_uppercase())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "*?".contains(c))
        })
    })
}

/// Condition keys are written the same way.
fn is_known(word: &str) -> bool {
    let spelled = |name: &str| {
        table()
            .action(name)
            .map(|a| a.to_string())
            .is_none_or(|own| own == name)
    };
    let action = table().knows(&Pattern::lowercase(word)) && spelled(word);
    action
        || table()
            .condition_key(word)
            .or_else(|| table().condition_key(&format!("{word}/tag")))
            .is_some_and(|key| key.name().split('/').next() == Some(word) || key.name() == word)
}

#[test]
fn actions_are_spelt_as_aws_spells_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = vec![root.join("README.md")];
    files(&root.join("src"), &mut all);
    files(&root.join("docs"), &mut all);
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in all
        .iter()
        .filter(|f| !f.ends_with("src/iam/services/tests.rs"))
    {
        for (at, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
            for word in named(line).filter(|w| !NO_ACTIONS.contains(w)) {
                seen += 1;
                if !is_known(word) {
                    wrong.push(format!("{}:{}: {word}", file.display(), at + 1));
                }
            }
        }
    }
    assert!(seen > 300, "only {seen} were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_misspelt_action_would_be_noticed() {
    let words = |line| named(line).collect::<Vec<_>>();
    assert_eq!(
        words(r#"need("iam:PutRolPolicy", Target::Role)"#),
        ["iam:PutRolPolicy"]
    );
    assert_eq!(
        words("`s3:Get*`, ec2:DescribeInstances. k8s:Pod"),
        ["s3:Get*", "ec2:DescribeInstances"]
    );
    for (word, known) in [
        ("iam:PutRolPolicy", false),
        ("iam:putRolePolicy", false),
        ("iam:PutRolePolicy", true),
        ("ec2:Describe*", true),
        ("ec2:Describ?x*", false),
        ("sts:ExternalId", true),
        ("sts:ExternalID", false),
    ] {
        assert_eq!(is_known(word), known, "{word}");
    }
}

/// A method that asked for an action on a kind of resource that the action does not have would never be held.
#[test]
fn methods_of_escalation_ask_for_actions_on_what_they_are_about() {
    let mut wrong = Vec::new();
    for method in methods() {
        for need in method.needs {
            let (service, rest) = match need.on {
                Target::Role | Target::PassedRole(_) | Target::GivenRole(_) => ("iam", "role/*"),
                Target::Iam("instance-profile") => ("iam", "instance-profile/*"),
                Target::Iam(_) => ("iam", "oidc-provider/*"),
                Target::User => ("iam", "user/*"),
                Target::Group => ("iam", "group/*"),
                Target::Policy => ("iam", "policy/*"),
                Target::Resource(service, rest) => (service, rest),
                Target::RunDocument => ("ssm", "document/*"),
                Target::Launched => ("ec2", "instance/*"),
                Target::All => ("", ""),
            };
            let region = if service == "iam" { "" } else { "*" };
            let asked = Pattern::new(&format!("arn:aws:{service}:{region}:111122223333:{rest}"));
            let Some(action) = table()
                .action(need.action)
                .filter(|a| a.to_string() == need.action)
            else {
                wrong.push(format!("{}: {} is no action", method.id, need.action));
                continue;
            };
            if need.on == Target::All {
                if !action.needs_star() {
                    wrong.push(format!(
                        "{}: {} is on single resources",
                        method.id, need.action
                    ));
                }
                continue;
            }
            let kinds: Vec<&Pattern> = action
                .on_types()
                .map(|on| on.resource_type.pattern())
                .collect();
            if !kinds.iter().any(|kind| kind.overlaps(&asked)) {
                let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
                wrong.push(format!(
                    "{}: {} on {asked}, but it is on {kinds:?}",
                    method.id, need.action
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn simulated(context: &Value, condition: &Value) -> Value {
    let request = json!({
        "PolicyInputList": [{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": condition}}],
        "CallerArn": "arn:aws:iam::111122223333:role/app",
        "ActionNames": ["ec2:CreateTags"],
        "ResourceArns": ["arn:aws:ec2:eu-west-1:111122223333:instance/i-0"],
        "ContextEntries": [context],
        "ContextComplete": true,
    });
    simulate(&request).unwrap()["EvaluationResults"][0]["EvalDecision"].take()
}

/// IAM User Guide, "Single-valued vs. multivalued context keys": "Multivalued context keys require a condition
/// set operator." A key is one by its type, whatever number of values this request has.
#[test]
fn a_multivalued_key_needs_a_set_operator_also_with_one_value() {
    let entry = |key: &str, kind: Option<&str>| {
        let mut entry = json!({"ContextKeyName": key, "ContextKeyValues": ["team"]});
        if let Some(kind) = kind {
            entry["ContextKeyType"] = kind.into();
        }
        entry
    };
    for (operator, key, kind, want) in [
        ("StringEquals", "aws:TagKeys", None, "implicitDeny"),
        ("StringLike", "AWS:tagkeys", None, "implicitDeny"),
        ("StringNotEquals", "aws:TagKeys", None, "implicitDeny"),
        ("ForAnyValue:StringEquals", "aws:TagKeys", None, "allowed"),
        ("ForAllValues:StringEquals", "aws:TagKeys", None, "allowed"),
        (
            "StringEquals",
            "aws:PrincipalOrgPaths",
            None,
            "implicitDeny",
        ),
        (
            "ForAnyValue:StringEquals",
            "aws:PrincipalOrgPaths",
            None,
            "allowed",
        ),
        (
            "StringEquals",
            "aws:TagKeys",
            Some("stringList"),
            "implicitDeny",
        ),
        // What the context says of itself goes before the table.
        ("StringEquals", "aws:TagKeys", Some("string"), "allowed"),
        (
            "StringEquals",
            "aws:RequestTag/x",
            Some("stringList"),
            "implicitDeny",
        ),
        ("StringEquals", "aws:RequestTag/x", None, "allowed"),
        ("StringEquals", "aws:SourceVpce", None, "allowed"),
        (
            "StringEquals",
            "oidc.eks.eu-west-1.amazonaws.com/id/X:aud",
            None,
            "allowed",
        ),
        ("StringEquals", "noservice:Keys", None, "allowed"),
    ] {
        let got = simulated(&entry(key, kind), &json!({operator: {key: "team"}}));
        assert_eq!(got, want, "{operator} on {key}, given as {kind:?}");
    }
}

/// An action that the table does not have is remarked, and judged as it stands.
#[test]
fn unknown_actions_are_remarked_and_judged() {
    let ask = |action: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": "*"}]});
        simulate(
            &json!({"PolicyInputList": [policy], "ServiceControlPolicyInputList": [[policy]],
            "CallerArn": "arn:aws:iam::111122223333:role/app", "ActionNames": [action]}),
        )
        .unwrap()
    };
    let answer = ask("s3:GetObjekt");
    assert_eq!(answer["EvaluationResults"][0]["EvalDecision"], "allowed");
    let reason = format!(
        "s3:GetObjekt: no such action in the service authorization data of {}",
        table().source().date
    );
    let remark = |kind: &str| json!({"SourcePolicyType": kind, "SourcePolicyIndex": 0, "StatementIndex": 0, "Reason": reason});
    assert_eq!(
        answer["Remarks"],
        json!([remark("identity"), remark("scp")])
    );
    assert_eq!(answer.get("InvalidStatements"), None);
    assert_eq!(ask("s3:GetObject").get("Remarks"), None);
}
