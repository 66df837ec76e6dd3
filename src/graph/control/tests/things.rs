//! What runs already: for each method that takes it over, where it is there, where it is not, where it was not read.

use serde_json::{Value, json};

use super::{ACCOUNT, Estate, may, nobody, policy, role, role_arn};
use crate::graph::Graph;
use crate::iam::escalation::{Gives, Method, Prerequisite, SERVICES, Target, Thing, methods};
use crate::snapshot::coverage::Source;

/// The methods that take over what runs already, and what that is.
fn taking_over() -> impl Iterator<Item = (&'static Method, Thing)> {
    let all = methods().filter(|method| method.gives == Gives::Workload);
    all.filter_map(|method| {
        let thing = method.thing()?;
        Thing::RUNNING.contains(&thing).then_some((method, thing))
    })
}

/// The role `ops` with these statements, and two roles that every service may assume.
fn around(statements: &Value) -> Estate {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": *SERVICES}, "Action": "sts:AssumeRole"}]});
    let runs = |name: &str| {
        let mut one = role(name, &trust, &policy(&may(&["s3:GetObject"])));
        let arn = format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}");
        one["InstanceProfileList"] = json!([{"InstanceProfileName": name, "Arn": arn}]);
        one
    };
    Estate::new().iam(json!({
        "roles": [role("ops", &nobody(), &policy(statements)), runs("its-role"), runs("idle")],
    }))
}

/// Such a thing in the region that is read, with the role `its-role`.
fn one(method: &Method, thing: Thing) -> Value {
    if let Thing::Instance | Thing::ManagedInstance = thing {
        let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/its-role");
        return json!({
            "ec2": {"instances": [{"InstanceId": "i-1", "IamInstanceProfile": {"Arn": profile}}]},
            "services": {"ssm:DescribeInstanceInformation": [{"arn": arn(method)}]},
        });
    }
    json!({"services": {thing.source(): [{"arn": arn(method), "role": role_arn("its-role")}]}})
}

/// An ARN of the kind that a method's first permission is on.
fn arn(method: &Method) -> String {
    match method.needs.first().map(|need| need.on) {
        Some(Target::Resource("ec2", _)) => format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"),
        Some(Target::Resource(service, rest)) => {
            let rest = rest.replace('*', "one");
            format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{rest}")
        }
        other => panic!("{}: {other:?}", method.id),
    }
}

fn enabled(regions: &[&str]) -> Value {
    json!({"accounts": {ACCOUNT: {"enabled_regions": regions}}})
}

/// How `ops` comes to a role by a method: for certain or not, and what is open.
fn way(estate: &Estate, to: &str) -> Option<bool> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let control = graph.control();
    let from = graph.principals.by_arn(&role_arn("ops")).unwrap();
    let all = control.reach(&[from]);
    let found = all.iter().find(|one| one.id == role_arn(to));
    found.map(|one| one.is_certain)
}

fn statements(method: &Method, resource: &str) -> Value {
    let needs = method.needs.iter();
    let all: Vec<Value> = needs
        .map(|need| {
            let on = match need.on {
                Target::Resource("ec2" | "lambda", _) => resource,
                _ => "*",
            };
            json!({"Effect": "Allow", "Action": need.action, "Resource": on})
        })
        .collect();
    all.into()
}

#[test]
fn each_method_is_certain_of_what_is_seen_and_nothing_where_all_was_read() {
    let mut tried = 0;
    for (method, thing) in taking_over() {
        let certain = !method
            .when
            .iter()
            .any(|one| matches!(one, Prerequisite::Said(_)));
        let base = || around(&statements(method, "*"));
        let seen = || base().region(one(method, thing));
        let (here, everywhere) = (["eu-west-1"], ["eu-west-1", "us-east-1"]);
        let source = Source::named(thing.source()).unwrap();
        for (what, estate, its_role, idle) in [
            (
                "seen, all regions read",
                seen().with(enabled(&here)),
                Some(certain),
                None,
            ),
            (
                "seen, a region not read",
                seen().with(enabled(&everywhere)),
                Some(certain),
                Some(false),
            ),
            (
                "seen, regions not known",
                seen(),
                Some(certain),
                Some(false),
            ),
            (
                "none, all regions read",
                base().with(enabled(&here)),
                None,
                None,
            ),
            (
                "none, a region not read",
                base().with(enabled(&everywhere)),
                Some(false),
                Some(false),
            ),
            ("denied", base().denied(source), Some(false), Some(false)),
        ] {
            assert_eq!(way(&estate, "its-role"), its_role, "{}: {what}", method.id);
            assert_eq!(way(&estate, "idle"), idle, "{}: {what}", method.id);
            tried += 1;
        }
    }
    assert!(tried > 60, "only {tried} cases");
}

/// What it may take over in regions that were read is known, whatever is in the others.
#[test]
fn a_permission_in_regions_that_were_read_leaves_nothing_open() {
    let find = |id: &str| taking_over().find(|(method, _)| method.id == id).unwrap();
    for id in ["update-function-code-invoke", "modify-instance-attribute"] {
        let (method, thing) = find(id);
        let own = arn(method);
        let other = own.replace("one", "two").replace("i-1", "i-2");
        let abroad = own.replace("eu-west-1", "us-east-1");
        let any_region = own.replace("eu-west-1", "*");
        for (resource, its_role, idle) in [
            (own.as_str(), Some(true), None),
            (other.as_str(), None, None),
            (abroad.as_str(), Some(false), Some(false)),
            (any_region.as_str(), Some(true), Some(false)),
        ] {
            let estate = around(&statements(method, resource)).region(one(method, thing));
            let estate = estate.with(enabled(&["eu-west-1", "us-east-1"]));
            assert_eq!(way(&estate, "its-role"), its_role, "{id} on {resource}");
            assert_eq!(way(&estate, "idle"), idle, "{id} on {resource}");
        }
    }
}

/// Systems Manager User Guide, "Setting up Run Command": the document and the instance both have to be allowed.
#[test]
fn a_command_is_asked_on_the_document_and_on_the_instance() {
    let (method, thing) = taking_over()
        .find(|(method, _)| method.id == "ssm-send-command")
        .unwrap();
    let script = "arn:aws:ssm:*::document/AWS-RunShellScript";
    let instances = format!("arn:aws:ec2:*:{ACCOUNT}:instance/*");
    for (resources, expected) in [
        (json!(["*"]), Some(true)),
        (json!([script, instances]), Some(true)),
        (json!(["arn:aws:ssm:*:*:document/*", instances]), Some(true)),
        (json!([script]), None),
        (json!([instances]), None),
        (
            json!(["arn:aws:ssm:*::document/AWS-UpdateSSMAgent", instances]),
            Some(false),
        ),
        (
            json!([
                format!("arn:aws:ssm:eu-west-1:{ACCOUNT}:document/own"),
                instances
            ]),
            Some(false),
        ),
        (
            json!([script, format!("arn:aws:ec2:*:{ACCOUNT}:instance/i-2")]),
            None,
        ),
    ] {
        let statements =
            json!([{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": resources}]);
        let estate = around(&statements).region(one(method, thing));
        let estate = estate.with(enabled(&["eu-west-1"]));
        assert_eq!(way(&estate, "its-role"), expected, "{resources}");
    }
}

/// The reason names what was not read, and where.
#[test]
fn what_is_open_says_which_regions_were_not_read() {
    let (method, _) = taking_over()
        .find(|(method, _)| method.id == "update-function-code-invoke")
        .unwrap();
    let base = || around(&statements(method, "*"));
    for (estate, reason) in [
        (
            base().with(enabled(&["eu-west-1", "us-east-1", "us-east-2"])),
            "lambda:ListFunctions was not read in us-east-1, us-east-2",
        ),
        (
            base().with(enabled(&["eu-west-1", "a", "b", "c", "d"])),
            "lambda:ListFunctions was not read in a, b, c and 1 more regions",
        ),
        (
            base(),
            "lambda:ListFunctions was read in eu-west-1 alone, and account:ListRegions, which tells the other regions, was not",
        ),
        (
            base().denied(Source::FUNCTIONS),
            "lambda:ListFunctions was not read",
        ),
    ] {
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let existing = graph.existing(ACCOUNT);
        let open = existing.unread(Prerequisite::Thing(Thing::Function));
        assert_eq!(open, format!("only if there is a function: {reason}"));
    }
}
