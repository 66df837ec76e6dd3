//! The server against boto3, a parser of the wire formats that others wrote.

use serde_json::{Value, json};

use super::account::Account;
use super::pages::Paging;
use super::{AwsServer, Settings};
use crate::python;

/// Where two values differ, by path.
fn differences(path: &str, seen: &Value, given: &Value, out: &mut Vec<String>) {
    match (seen, given) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                differences(&format!("{path}/{key}"), &seen[key], &given[key], out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}/{at}"), a, b, out);
            }
        }
        _ if seen == given => {}
        _ => out.push(format!("{path}: boto3 saw {seen}, the account has {given}")),
    }
}

fn read_back(settings: Settings, page: Option<usize>) -> AwsServer {
    let account = settings.account.clone();
    let server = AwsServer::start(settings);
    let mut environment = server.environment();
    if let Some(page) = page {
        environment.push(("PAGE", page.to_string()));
    }
    let printed = python::run("tests/python/read_back.py", &environment, "");
    let seen: Value = serde_json::from_str(&printed).unwrap();
    let mut found = Vec::new();
    let mut given = account.value().clone();
    // The AWS CLI reads these, in `live_parity`.
    given.as_object_mut().unwrap().remove("services");
    differences("", &seen, &given, &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen == given);
    server
}

/// How often an operation was asked.
fn count(server: &AwsServer, action: &str) -> usize {
    let log = server.log();
    log.iter()
        .filter(|logged| logged.action() == action)
        .count()
}

#[test]
fn boto3_sees_the_account_in_one_page() {
    let server = read_back(Settings::default(), None);
    for action in [
        "iam:GetAccountAuthorizationDetails",
        "secretsmanager:ListSecrets",
    ] {
        assert_eq!(count(&server, action), 1, "{action}");
    }
    assert!(server.log().iter().all(|logged| logged.status != 0));
    assert_eq!(server.most_at_once("iam"), 1);
}

#[test]
fn boto3_sees_the_same_in_pages_of_the_size_it_asks_for() {
    let server = read_back(Settings::default(), Some(3));
    // 3 users, 2 groups, 14 roles and 11 policies.
    assert_eq!(count(&server, "iam:GetAccountAuthorizationDetails"), 10);
    assert_eq!(count(&server, "secretsmanager:ListSecrets"), 2);
    assert_eq!(count(&server, "ecr:DescribeRepositories"), 2);
}

#[test]
fn boto3_sees_the_same_in_smaller_pages_than_asked_for_and_empty_ones_between() {
    let settings = Settings {
        paging: Paging {
            largest: Some(1),
            empty_between: true,
            ..Paging::default()
        },
        report_takes: 3,
        ..Settings::default()
    };
    let server = read_back(settings, Some(50));
    assert_eq!(count(&server, "secretsmanager:ListSecrets"), 12);
    // STARTED, three times INPROGRESS, COMPLETE.
    assert_eq!(count(&server, "iam:GenerateCredentialReport"), 5);
}

#[test]
fn boto3_sees_what_a_test_changes_and_any_date() {
    let mut account = Account::fixture();
    account.list_mut("/iam/RoleDetailList").truncate(2);
    let bob = account.item_mut("/iam/UserDetailList", "UserName", "bob");
    bob["CreateDate"] = json!("2007-02-28T23:59:59Z");
    let smtp = account.item_mut("/secretsmanager/secrets", "Name", "legacy/smtp");
    smtp["LastAccessedDate"] = json!("2031-12-31T00:00:00Z");
    smtp["CreatedDate"] = json!("2018-04-04T10:11:12.345Z");
    account.item_mut("/ecr/repositories", "repositoryName", "base/java")["createdAt"] =
        json!("2015-12-21T00:00:00Z");
    let settings = Settings {
        account,
        ..Settings::default()
    };
    read_back(settings, None);
}
