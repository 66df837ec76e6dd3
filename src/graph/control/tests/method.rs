//! What each method of escalation leads to, and what it does not.

mod groups;
mod versions;

use serde_json::{Value, json};

use super::{ACCOUNT, Estate, ISSUER, may, nobody, policy, role, role_arn};

use crate::graph::Graph;
use crate::iam::escalation::{Gives, Method, Prerequisite, SERVICES, Target, methods};
use crate::snapshot::coverage::Source;

const ROOT: &str = "arn:aws:iam::111122223333:root";

fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

/// A role `ops` with these statements, and around it what methods need: a role `target` that trusts every service, and
/// users.
fn around(statements: &Value) -> Estate {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": *SERVICES}, "Action": "sts:AssumeRole"}]});
    let mut target = role("target", &trust, &policy(&may(&["s3:GetObject"])));
    target["InstanceProfileList"] = json!([{"InstanceProfileName": "target", "Arn": "arn:aws:iam::111122223333:instance-profile/target"}]);
    let user = |name: &str| json!({"UserName": name, "Arn": user_arn(name), "Path": "/", "GroupList": ["staff"]});
    let row = |name: &str, keys: usize, password: bool| {
        let keys: Vec<Value> = (0..keys)
            .map(|at| json!({"number": at + 1, "active": true}))
            .collect();
        json!({"user": name, "arn": user_arn(name), "password_enabled": password, "access_keys": keys})
    };
    Estate::new().iam(json!({
        "roles": [role("ops", &nobody(), &policy(statements)), target],
        "users": [user("ann"), user("bob")],
        "groups": [{"GroupName": "staff", "Arn": format!("arn:aws:iam::{ACCOUNT}:group/staff"), "Path": "/"}],
        "credential_report": [row("ann", 1, true), row("bob", 2, false)],
    }))
}

/// What the role `ops` comes to control: whether this is among it, and for certain.
fn reaches(estate: &Estate, what: &str) -> Option<bool> {
    reaches_from(estate, &role_arn("ops"), what)
}

fn reaches_from(estate: &Estate, from: &str, what: &str) -> Option<bool> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let control = graph.control();
    let from = graph.principals.by_arn(from).unwrap();
    let all = control.reach(&[from]);
    all.iter()
        .find(|one| one.id == what)
        .map(|one| one.is_certain)
}

#[track_caller]
fn expect(what: &str, estate: &Estate, to: &str, expected: Option<bool>) {
    assert_eq!(reaches(estate, to), expected, "{what} to {to}");
}

fn statements(method: &Method, but: Option<usize>) -> Value {
    let needs = method.needs.iter().enumerate();
    let needs = needs.filter(|(at, _)| Some(*at) != but);
    let actions: Vec<&str> = needs.map(|(_, need)| need.action).collect();
    may(&actions)
}

#[test]
fn a_method_leads_to_what_it_gives_and_without_one_of_its_permissions_to_nothing() {
    for method in methods() {
        let on = method.needs.first().map(|need| need.on);
        let said = method
            .when
            .iter()
            .any(|one| matches!(one, Prerequisite::Said(_)));
        let is_pods = method.service() == Some("pods.eks.amazonaws.com");
        let (to, certain) = match (method.gives, on) {
            (Gives::PassedRole, _) => (
                role_arn("target"),
                !said && !is_pods && method.thing().is_none(),
            ),
            (Gives::Workload, _) => (role_arn("target"), false),
            (Gives::Principal, Some(Target::Role)) => (role_arn("target"), true),
            (Gives::Principal, Some(Target::User)) => {
                let other = method
                    .when
                    .iter()
                    .any(|one| matches!(one, Prerequisite::TwoKeys | Prerequisite::NoPassword));
                (user_arn(if other { "bob" } else { "ann" }), true)
            }
            // Its own policies: a role's, or those of the users whose key it makes.
            (Gives::Permissions, Some(Target::Role)) if method.becomes().is_none() => {
                (ROOT.to_owned(), true)
            }
            (Gives::Permissions, Some(Target::User)) => {
                (ROOT.to_owned(), method.becomes().is_some())
            }
            (Gives::Permissions, Some(Target::Group)) => (ROOT.to_owned(), false),
            // The others have tables of their own.
            _ => continue,
        };
        let found = reaches(&around(&statements(method, None)), &to);
        assert_eq!(found, Some(certain), "{} to {to}", method.id);
        for missing in 0..method.needs.len() {
            let (needed, left) = (&method.needs, statements(method, Some(missing)));
            let mut others = needed.iter().enumerate().filter(|(at, _)| *at != missing);
            // Two of its permissions are the same action.
            if others
                .any(|(_, one)| Some(one.action) == needed.get(missing).map(|need| need.action))
            {
                continue;
            }
            // What is left may be another method.
            let less = methods().any(|other| {
                other.id != method.id
                    && other.needs.iter().all(|need| {
                        let mut kept = method.needs.iter().enumerate();
                        kept.any(|(at, one)| at != missing && one == need)
                    })
            });
            if !less {
                expect(method.id, &around(&left), &to, None);
            }
        }
    }
}

#[test]
fn named_targets_alone_are_led_to() {
    let on = |action: &str, resource: &str| json!([{"Effect": "Allow", "Action": action, "Resource": resource}]);
    let any = "arn:aws:iam::111122223333:role/other";
    for (action, resource, to, expected) in [
        (
            "iam:UpdateAssumeRolePolicy",
            role_arn("target"),
            role_arn("target"),
            Some(true),
        ),
        (
            "iam:UpdateAssumeRolePolicy",
            any.to_owned(),
            role_arn("target"),
            None,
        ),
        (
            "iam:CreateAccessKey",
            user_arn("ann"),
            user_arn("ann"),
            Some(true),
        ),
        (
            "iam:CreateAccessKey",
            user_arn("ann"),
            user_arn("bob"),
            None,
        ),
        (
            "iam:PutRolePolicy",
            role_arn("ops"),
            ROOT.to_owned(),
            Some(true),
        ),
        (
            "iam:PutRolePolicy",
            role_arn("target"),
            ROOT.to_owned(),
            Some(false),
        ),
        ("iam:PutRolePolicy", any.to_owned(), ROOT.to_owned(), None),
    ] {
        expect(
            &format!("{action} on {resource}"),
            &around(&on(action, &resource)),
            &to,
            expected,
        );
    }
    // A role passed by name, and a function only under a name.
    let pass = |function: &str| {
        json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": function}])
    };
    let named = around(&pass("arn:aws:lambda:*:*:function:mail-*"));
    expect(
        "functions of some names",
        &named,
        &role_arn("target"),
        Some(false),
    );
}

/// A managed policy of the account with versions, the first of them in force.
fn managed(versions: &[Value]) -> Value {
    let versions = versions.iter().enumerate().map(|(at, statements)| {
        json!({"VersionId": format!("v{}", at + 1), "IsDefaultVersion": at == 0, "Document": policy(statements)})
    });
    json!({"policies": [{"PolicyName": "own", "Arn": format!("arn:aws:iam::{ACCOUNT}:policy/own"), "Path": "/",
        "DefaultVersionId": "v1", "PolicyVersionList": versions.collect::<Vec<_>>()}]})
}

/// A role that has the managed policy, beside these statements, let in by this trust policy.
fn with_managed(name: &str, trust: &Value, statements: &Value) -> Value {
    let mut one = role(name, trust, &policy(statements));
    one["AttachedManagedPolicies"] =
        json!([{"PolicyName": "own", "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/own")}]);
    json!({"roles": [one]})
}

fn trusting_ops() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": role_arn("ops")}, "Action": "sts:AssumeRole"}]})
}

#[test]
fn a_new_version_counts_where_the_policy_is_attached() {
    let write = may(&["iam:CreatePolicyVersion"]);
    let both = may(&["iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy"]);
    let plain = managed(&[may(&["s3:GetObject"])]);
    let alone = |statements: &Value| {
        Estate::new().iam(json!({"roles": [role("ops", &nobody(), &policy(statements))]}))
    };
    let own = Estate::new().iam(with_managed("ops", &nobody(), &write));
    expect("its own", &own.iam(plain.clone()), ROOT, Some(true));
    expect("nobody's", &alone(&write).iam(plain.clone()), ROOT, None);
    let other = |statements: &Value, trust: &Value| {
        let statements = alone(statements).iam(with_managed("dev", trust, &json!([])));
        statements.iam(plain.clone())
    };
    expect("another's", &other(&write, &nobody()), ROOT, Some(false));
    expect(
        "of one that it may assume",
        &other(&write, &trusting_ops()),
        ROOT,
        Some(true),
    );
    expect(
        "of one that it lets itself into",
        &other(&both, &nobody()),
        ROOT,
        Some(true),
    );
}

#[test]
fn another_version_gives_what_it_allows() {
    let set = may(&["iam:SetDefaultPolicyVersion"]);
    let of = |other: Value| {
        let own = Estate::new().iam(with_managed("ops", &nobody(), &set));
        own.iam(managed(&[may(&["s3:GetObject"]), other]))
            .iam(json!({"users": [
            {"UserName": "ann", "Arn": user_arn("ann"), "Path": "/"}]}))
    };
    expect("everything", &of(may(&["*"])), ROOT, Some(true));
    expect("less", &of(may(&["s3:GetObject"])), ROOT, None);
    expect("something", &of(may(&["sqs:*"])), ROOT, None);
    let rewrite = of(may(&["iam:UpdateLoginProfile"]));
    expect(
        "a user whom the report does not have",
        &rewrite,
        &user_arn("ann"),
        Some(false),
    );
    let rewrite = rewrite.iam(json!({"credential_report": [{"user": "ann", "arn": user_arn("ann"), "password_enabled": true}]}));
    expect("another method", &rewrite, &user_arn("ann"), Some(true));
}

/// A role `ops` with a boundary.
fn bounded(statements: &Value, boundary: &Value) -> Estate {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/boundary");
    let mut ops = role("ops", &nobody(), &policy(statements));
    ops["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": arn});
    Estate::new().iam(json!({"roles": [ops],
        "users": [{"UserName": "ann", "Arn": user_arn("ann"), "Path": "/"}],
        "credential_report": [{"user": "ann", "arn": user_arn("ann"), "password_enabled": true}],
        "policies": [{"PolicyName": "boundary", "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(boundary)}]}]}))
}

#[test]
fn what_is_written_counts_up_to_the_boundary() {
    let write = may(&["iam:PutRolePolicy"]);
    for (what, boundary, to, expected) in [
        ("a wide boundary", may(&["*"]), ROOT.to_owned(), Some(true)),
        (
            "a narrow one",
            may(&["iam:PutRolePolicy", "s3:*"]),
            ROOT.to_owned(),
            None,
        ),
        (
            "one that leaves a way",
            may(&["iam:PutRolePolicy", "iam:UpdateLoginProfile"]),
            user_arn("ann"),
            Some(true),
        ),
        (
            "one that leaves the boundary itself",
            may(&["iam:PutRolePolicy", "iam:DeleteRolePermissionsBoundary"]),
            ROOT.to_owned(),
            Some(true),
        ),
    ] {
        expect(what, &bounded(&write, &boundary), &to, expected);
    }
}

#[test]
fn without_its_boundary_it_has_what_its_policies_allow() {
    for action in [
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePermissionsBoundary",
    ] {
        let limit = may(&[action]);
        let admin = bounded(&may(&["*"]), &limit);
        expect(action, &admin, ROOT, Some(true));
        let way = bounded(&may(&[action, "iam:UpdateLoginProfile"]), &limit);
        expect(action, &way, &user_arn("ann"), Some(true));
        expect(action, &way, ROOT, None);
        // It may not take it off.
        let kept = bounded(&may(&["*"]), &may(&["s3:*"]));
        expect("a boundary that stays", &kept, ROOT, None);
    }
}

#[test]
fn a_trust_policy_is_brought_back_to_life() {
    const GONE: &str = "oidc.eks.eu-west-1.amazonaws.com/id/BBBB2222";
    let trust = |issuer: &str, audience: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}")},
            "Condition": {"StringEquals": {format!("{issuer}:aud"): audience}}}]})
    };
    let estate = |issuer: &str, audience: &str, statements: &Value| {
        Estate::new().iam(
            json!({"roles": [role("ops", &nobody(), &policy(statements)),
            role("app", &trust(issuer, audience), &policy(&json!([])))]}),
        )
    };
    let create = || may(&["iam:CreateOpenIDConnectProvider"]);
    let admit = || may(&["iam:AddClientIDToOpenIDConnectProvider"]);
    let here = ISSUER;
    let sts = "sts.amazonaws.com";
    for (what, issuer, audience, statements, expected) in [
        ("the provider is gone", GONE, sts, create(), Some(false)),
        ("it is there", here, sts, create(), None),
        (
            "it may not make it",
            GONE,
            sts,
            may(&["iam:TagOpenIDConnectProvider"]),
            None,
        ),
        (
            "the audience is not admitted",
            here,
            "vault",
            admit(),
            Some(false),
        ),
        ("it is admitted", here, sts, admit(), None),
        (
            "there is no provider to admit it",
            GONE,
            "vault",
            admit(),
            None,
        ),
    ] {
        let estate = estate(issuer, audience, &statements);
        expect(what, &estate, &role_arn("app"), expected);
    }
    let unread = estate(GONE, sts, &create());
    let unread = unread
        .denied(Source::OIDC_PROVIDERS)
        .denied(Source::OIDC_PROVIDER);
    expect(
        "providers that were not read",
        &unread,
        &role_arn("app"),
        None,
    );
}

#[test]
fn what_was_not_read_makes_it_open_and_names_the_source() {
    let unseen = around(&may(&["iam:CreateAccessKey"])).denied(Source::CREDENTIAL_REPORT);
    expect(
        "keys that were not read",
        &unseen,
        &user_arn("ann"),
        Some(false),
    );
    let snapshot = unseen.snapshot();
    let graph = Graph::build(&snapshot, None);
    let control = graph.control();
    let from = graph.principals.by_arn(&role_arn("ops")).unwrap();
    let to = graph.principals.by_arn(&user_arn("ann")).unwrap();
    let toward = control.toward(&[to], false);
    let way = control.way(&toward, from).unwrap();
    assert!(
        way.open()
            .iter()
            .any(|open| open.contains("iam:GetCredentialReport")),
        "{way:#?}"
    );
}

/// A group gives what it gives to whoever comes to be in it, though nobody is in it yet.
#[test]
fn who_may_put_itself_into_a_group_has_what_the_group_gives() {
    let group = |name: &str, actions: &[&str]| {
        json!({"GroupName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:group/{name}"), "Path": "/",
            "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(&may(actions))}]})
    };
    let all = |groups: &[&str]| -> Value {
        let arns = groups
            .iter()
            .map(|name| format!("arn:aws:iam::{ACCOUNT}:group/{name}"));
        json!([{"Effect": "Allow", "Action": "iam:AddUserToGroup", "Resource": arns.collect::<Vec<_>>()}])
    };
    let denied = |what: &str| json!({"Effect": "Deny", "Action": what, "Resource": "*"});
    let with = |mut statements: Value, more: Value| {
        statements.as_array_mut().unwrap().push(more);
        statements
    };
    for (what, statements, expected) in [
        ("an administrator's", all(&["admins"]), Some(true)),
        ("any", may(&["iam:AddUserToGroup"]), Some(true)),
        ("one that gives little", all(&["readers"]), None),
        (
            "one that lets it into the other",
            all(&["doors"]),
            Some(true),
        ),
        (
            "one that is denied",
            with(all(&["admins"]), denied("iam:AddUserToGroup")),
            None,
        ),
        (
            "the administrator's, with all denied",
            with(all(&["admins"]), denied("iam:*")),
            None,
        ),
    ] {
        let user = json!({"UserName": "eve", "Arn": user_arn("eve"), "Path": "/",
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(&statements)}]});
        let estate = Estate::new().iam(json!({"users": [user], "groups": [group("admins", &["*"]),
            group("readers", &["s3:GetObject"]), group("doors", &["iam:AddUserToGroup"])]}));
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let control = graph.control();
        let from = graph.principals.by_arn(&user_arn("eve")).unwrap();
        let reached = control.reach(&[from]);
        let found = reached.iter().find(|one| one.id == ROOT);
        assert_eq!(
            found.map(|one| one.is_certain),
            expected,
            "{what}: {reached:#?}"
        );
    }
}
