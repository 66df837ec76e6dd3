//! What stands above an account, read from the prints of Organizations.

use std::fs;

use eks_auditor::collect::files::{Inputs, Read, read};
use eks_auditor::collect::raw;
use eks_auditor::graph::Graph;
use eks_auditor::snapshot::Snapshot;
use eks_auditor::snapshot::coverage::{Source, Status};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

fn caller() -> Value {
    json!({"UserId": "A", "Account": ACCOUNT, "Arn": format!("arn:aws:iam::{ACCOUNT}:user/a")})
}

fn organization() -> Value {
    json!({"Organization": {"Id": "o-a1", "Arn": "arn:aws:organizations::999988887777:organization/o-a1",
        "FeatureSet": "ALL", "MasterAccountId": "999988887777"}})
}

fn envelope(call: &str, request: Value, response: Value) -> Value {
    json!({"source": format!("organizations:{call}"), "request": request, "response": response})
}

fn parents(child: &str, parent: &str) -> Value {
    let kind = match parent.starts_with("r-") {
        true => "ROOT",
        false => "ORGANIZATIONAL_UNIT",
    };
    let response = json!({"Parents": [{"Id": parent, "Type": kind}]});
    envelope("ListParents", json!({"ChildId": child}), response)
}

fn summary(id: &str, kind: &str) -> Value {
    json!({"Id": id, "Name": id, "Type": kind, "AwsManaged": false, "Description": "",
        "Arn": format!("arn:aws:organizations::999988887777:policy/o-a1/{}/{id}", kind.to_lowercase())})
}

fn attached(target: &str, kind: &str, ids: &[&str]) -> Value {
    let policies: Vec<Value> = ids.iter().map(|id| summary(id, kind)).collect();
    let request = json!({"TargetId": target, "Filter": kind});
    envelope(
        "ListPoliciesForTarget",
        request,
        json!({"Policies": policies}),
    )
}

fn policy(id: &str, kind: &str) -> Value {
    let content =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    json!({"Policy": {"PolicySummary": summary(id, kind), "Content": content}})
}

fn take(prints: &[Value]) -> Read {
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<String> = prints.iter().map(Value::to_string).collect();
    let path = dir.path().join("all.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let paths = vec![(None, path)];
    let read = read(&Inputs { paths, as_of: None }).unwrap();
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    read
}

fn status(snapshot: &Snapshot, source: Source) -> Option<(Status, u64, String)> {
    let entry = snapshot.coverage.entry(source.name, ACCOUNT)?;
    let detail = entry.detail.clone().unwrap_or_default();
    Some((entry.status, entry.items, detail))
}

/// All that stands above the account, in one unit under the root.
fn whole() -> Vec<Value> {
    let mut prints = vec![
        caller(),
        organization(),
        parents(ACCOUNT, "ou-1"),
        parents("ou-1", "r-1"),
        policy("p-all", SCP),
        policy("p-rcp", RCP),
    ];
    for target in [ACCOUNT, "ou-1", "r-1"] {
        prints.push(attached(target, SCP, &["p-all"]));
        prints.push(attached(target, RCP, &["p-rcp"]));
    }
    prints
}

#[test]
fn all_that_stands_above_an_account_is_complete() {
    let read = take(&whole());
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    for (source, items) in [
        (Source::ORGANIZATION, 1),
        (Source::ORGANIZATION_PARENTS, 2),
        (Source::ORGANIZATION_ATTACHED, 6),
        (Source::ORGANIZATION_POLICIES, 2),
    ] {
        let got = status(&read.snapshot, source);
        let want = Some((Status::Complete, items, String::new()));
        assert_eq!(got, want, "{}", source.name);
    }
    let graph = Graph::build(&read.snapshot, None);
    assert_eq!(graph.organizations.unseen(ACCOUNT), None);
}

/// Each print that is left out is named, and nothing passes for complete.
#[test]
fn what_was_not_given_is_named() {
    let names = |print: &Value, text: &str| print.to_string().contains(text);
    for (left_out, source, named) in [
        (
            r#""ChildId":"ou-1""#,
            Source::ORGANIZATION_PARENTS,
            "no list-parents print of ou-1 was given",
        ),
        (
            r#""Filter":"SERVICE_CONTROL_POLICY","TargetId":"ou-1""#,
            Source::ORGANIZATION_ATTACHED,
            "no list-policies-for-target print of ou-1 (SERVICE_CONTROL_POLICY) was given",
        ),
        (
            r#""Content""#,
            Source::ORGANIZATION_POLICIES,
            "no describe-policy print of arn:aws:organizations::999988887777:policy/o-a1/resource_control_policy/p-rcp and 1 more was given",
        ),
    ] {
        let mut prints = whole();
        prints.retain(|print| !names(print, left_out));
        assert!(prints.len() < whole().len(), "{left_out}");
        let read = take(&prints);
        let (status, _, detail) = status(&read.snapshot, source).unwrap();
        assert_eq!(status, Status::Skipped, "{detail}");
        assert!(detail.contains(named), "{detail}");
        let graph = Graph::build(&read.snapshot, None);
        let unseen = graph.organizations.unseen(ACCOUNT);
        assert!(unseen.is_some(), "without {left_out}");
    }
}

/// A list of parents or policies alone may be of anything: the warning shows the way out.
#[test]
fn a_print_that_does_not_name_its_subject_is_skipped_with_the_envelope() {
    for (print, source, parameter) in [
        (
            parents(ACCOUNT, "r-1")["response"].clone(),
            "organizations:ListParents",
            "ChildId",
        ),
        (
            attached("r-1", SCP, &["p-all"])["response"].clone(),
            "organizations:ListPoliciesForTarget",
            "TargetId and Filter",
        ),
        (
            envelope("ListPoliciesForTarget", json!({}), json!({"Policies": []})),
            "organizations:ListPoliciesForTarget",
            "TargetId and Filter",
        ),
    ] {
        let read = take(&[caller(), print]);
        let warnings: Vec<String> = read.warnings.iter().map(ToString::to_string).collect();
        let envelope = format!(r#"{{"source":"{source}""#);
        for part in [parameter, envelope.as_str()] {
            assert!(
                warnings.iter().any(|text| text.contains(part)),
                "{part}: {warnings:?}"
            );
        }
        assert!(read.snapshot.organizations.is_empty(), "{source}");
        assert!(status(&read.snapshot, Source::ORGANIZATION_PARENTS).is_none());
        assert!(status(&read.snapshot, Source::ORGANIZATION_ATTACHED).is_none());
    }
}

/// A list that ends before it is over would pass for all that is attached.
#[test]
fn pages_are_joined_and_a_list_without_its_end_does_not_count() {
    let page = |ids: &[&str], next: Option<&str>, asked: Option<&str>| {
        let mut print = attached("r-1", SCP, ids);
        if let Some(next) = next {
            print["response"]["NextToken"] = json!(next);
        }
        if let Some(asked) = asked {
            print["request"]["NextToken"] = json!(asked);
        }
        print
    };
    let with = |pages: &[Value]| {
        let mut prints = whole();
        prints.retain(|print| {
            !print
                .to_string()
                .contains(r#""Filter":"SERVICE_CONTROL_POLICY","TargetId":"r-1""#)
        });
        prints.extend_from_slice(pages);
        take(&prints)
    };
    let first = page(&["p-all"], Some("t"), None);
    let second = page(&["p-more"], None, Some("t"));
    let both = with(&[first.clone(), second]);
    let root = both.snapshot.organizations.attached_to("r-1", SCP).unwrap();
    assert_eq!(root.len(), 2);
    let cut = with(&[first]);
    assert!(cut.snapshot.organizations.attached_to("r-1", SCP).is_none());
    let (status, _, detail) = status(&cut.snapshot, Source::ORGANIZATION_ATTACHED).unwrap();
    assert_eq!(status, Status::Partial, "{detail}");
}

#[test]
fn an_account_in_no_organisation_has_nothing_above_it() {
    let mut none = envelope("DescribeOrganization", json!({}), Value::Null);
    none["account"] = json!(ACCOUNT);
    let first = take(&[caller(), none]).snapshot;
    for source in [
        Source::ORGANIZATION,
        Source::ORGANIZATION_PARENTS,
        Source::ORGANIZATION_ATTACHED,
        Source::ORGANIZATION_POLICIES,
    ] {
        let want = Some((Status::Complete, 0, String::new()));
        assert_eq!(status(&first, source), want, "{}", source.name);
    }
    let graph = Graph::build(&first, None);
    assert_eq!(graph.organizations.unseen(ACCOUNT), None);
    let dir = tempfile::tempdir().unwrap();
    raw::write(&first, dir.path()).unwrap();
    let paths = vec![(None, dir.path().to_owned())];
    let again = read(&Inputs { paths, as_of: None }).unwrap();
    assert_eq!(again.snapshot.accounts, first.accounts);
}

/// Of two accounts an organisation's own print says neither; where they are tells.
#[test]
fn an_organisation_that_names_no_account_still_tells_of_itself() {
    let other = json!({"UserId": "B", "Account": "222233334444", "Arn": "arn:aws:iam::222233334444:user/b"});
    let mut prints = whole();
    prints.push(other);
    let read = take(&prints);
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    assert_eq!(read.snapshot.organizations.organizations.len(), 1);
    assert_eq!(read.snapshot.accounts[ACCOUNT].organization, None);
    let graph = Graph::build(&read.snapshot, None);
    let organizations = &graph.organizations;
    assert_eq!(
        organizations.unseen(ACCOUNT),
        None,
        "{:?}",
        organizations.above(ACCOUNT)
    );
    assert!(organizations.unseen("222233334444").is_some());
}

#[test]
fn policies_of_other_types_are_named_and_left_out() {
    let mut prints = whole();
    prints.push(policy("p-tags", "TAG_POLICY"));
    prints.push(attached("r-1", "TAG_POLICY", &["p-tags"]));
    let read = take(&prints);
    let warnings: Vec<String> = read.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().all(|text| text.contains("TAG_POLICY")));
    assert_eq!(read.snapshot.organizations.policies.len(), 2);
}
