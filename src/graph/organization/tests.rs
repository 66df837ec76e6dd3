//! An account under two units under the root, and what each level takes away.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use super::*;
use crate::checks::testing::{ACCOUNT, CLUSTER, Estate, allow, irsa_trust, role, role_arn};
use crate::graph::Graph;
use crate::iam::context::Lookup;
use crate::iam::evaluate::{Policies, Request, ResourcePolicy, evaluate};
use crate::iam::principal::Principal as Caller;

const MANAGEMENT: &str = "999988887777";
const WAY: [&str; 4] = ["r-x", "ou-a", "ou-b", ACCOUNT];

fn deny(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]})
}

fn rcp(action: Value, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition}]})
}

/// The policies of a level: ids with their documents; `null`: AWS's own, by its id.
type Level = Vec<(&'static str, Value)>;

fn full() -> Level {
    vec![("p-FullAWSAccess", Value::Null)]
}

fn summary(id: &str, kind: &str) -> Value {
    json!({"Id": id, "Name": id, "Type": kind,
        "Arn": format!("arn:aws:organizations::{MANAGEMENT}:policy/o-a1/{kind}/{id}")})
}

/// An organisation in which the account stands where [`WAY`] says, with these levels of a type.
fn organization(kind: &str, levels: &[Level]) -> Value {
    let mut policies = Vec::new();
    let mut attached = Vec::new();
    for (target, level) in WAY.iter().zip(levels) {
        let list: Vec<Value> = level.iter().map(|(id, _)| summary(id, kind)).collect();
        attached.push(json!({"TargetId": target, "Filter": kind, "Policies": list}));
        let documents = level.iter().filter(|(_, document)| !document.is_null());
        policies.extend(documents.map(
            |(id, document)| json!({"PolicySummary": summary(id, kind), "Content": document}),
        ));
    }
    let parents: Vec<Value> = WAY
        .windows(2)
        .map(|pair| {
            let kind = if pair[0].starts_with("r-") {
                "ROOT"
            } else {
                "ORGANIZATIONAL_UNIT"
            };
            json!({"ChildId": pair[1], "Parents": [{"Id": pair[0], "Type": kind}]})
        })
        .collect();
    json!({"organizations": {
        "organizations": [{"Id": "o-a1", "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT}],
        "parents": parents, "attached": attached, "policies": policies}})
}

/// An administrator by IRSA.
fn estate() -> Estate {
    Estate::new()
        .pod("a", "app")
        .irsa_role("app", "a", "app", allow("*", "*"))
}

fn admin_is_found(estate: &Estate) -> bool {
    !estate.ask("workload-role-admin").findings.is_empty()
}

#[test]
fn an_administrator_is_one_only_as_far_as_every_level_allows() {
    let levels = |at: usize, level: Level| {
        let mut levels = vec![full(); 4];
        levels[at] = level;
        levels
    };
    for (what, levels, found) in [
        ("allowed everywhere", vec![full(); 4], true),
        (
            "a deny of sts:AssumeRole at the root",
            levels(0, [full(), vec![("p-1", deny("sts:*"))]].concat()),
            false,
        ),
        (
            "a deny of iam:* in a unit",
            levels(1, [full(), vec![("p-1", deny("iam:*"))]].concat()),
            false,
        ),
        (
            "a deny of something else",
            levels(2, [full(), vec![("p-1", deny("ec2:*"))]].concat()),
            true,
        ),
        (
            "a unit that allows S3 alone",
            levels(2, vec![("p-1", allow("s3:*", "*"))]),
            false,
        ),
        (
            "an account that allows S3 beside everything",
            levels(3, [full(), vec![("p-1", allow("s3:*", "*"))]].concat()),
            true,
        ),
        ("a level without a policy", levels(3, Vec::new()), false),
        ("a type that is not in force", vec![Vec::new(); 4], true),
    ] {
        let estate = estate().with(organization(SCP, &levels));
        assert_eq!(admin_is_found(&estate), found, "{what}");
    }
}

#[test]
fn what_is_denied_leaves_a_finding_that_is_certain() {
    let outside = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:ResourceOrgID": "o-a1"}}},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*",
         "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*",
         "Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-a1/r-x/ou-a/*"}}}]});
    let levels = vec![
        [full(), vec![("p-1", outside)]].concat(),
        full(),
        full(),
        full(),
    ];
    let asked = estate()
        .with(organization(SCP, &levels))
        .ask("workload-role-admin");
    asked.finds(&[&role_arn("app")]);
    let certain = crate::checks::finding::Certainty::Certain;
    assert_eq!(asked.findings[0].certainty, certain, "{asked:#?}");
}

#[test]
fn some_are_bound_by_no_scp() {
    let levels = vec![vec![("p-1", deny("*"))], full(), full(), full()];
    let bound = organization(SCP, &levels);
    assert!(!admin_is_found(&estate().with(bound.clone())));
    let manages = json!({"organizations": {"organizations": [
        {"Id": "o-a1", "FeatureSet": "ALL", "MasterAccountId": ACCOUNT}]}});
    let mut managing = bound.clone();
    managing["organizations"]["organizations"] = json!([]);
    let managing = estate().with(managing).with(manages);
    // Its own description outranks the ARNs of its policies.
    let managing =
        managing.with(json!({"accounts": {ACCOUNT: {"organization": {"OrganizationId": "o-a1"}}}}));
    assert!(admin_is_found(&managing), "the management account");
    let mut billing = bound.clone();
    billing["organizations"]["organizations"][0]["FeatureSet"] = json!("CONSOLIDATED_BILLING");
    assert!(admin_is_found(&estate().with(billing)), "no policies");
    let outside = json!({"accounts": {ACCOUNT: {"organization": {}}}});
    assert!(
        admin_is_found(&estate().with(bound.clone()).with(outside)),
        "in none"
    );
    let snapshot = estate()
        .iam(json!({"roles": [{"Path": "/aws-service-role/eks.amazonaws.com/", "RoleName": "AWSServiceRoleForAmazonEKS",
            "RoleId": "AROA", "CreateDate": "2024-01-01T00:00:00Z", "AssumeRolePolicyDocument": {},
            "Arn": format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS")}]}))
        .with(bound)
        .snapshot();
    let graph = Graph::build(&snapshot, None);
    let levels = |name: &str| {
        let at = graph.principals.role_named(ACCOUNT, name).unwrap();
        graph.principals.get(at).unwrap().policies().scps.len()
    };
    assert_eq!(
        (levels("app"), levels("AWSServiceRoleForAmazonEKS")),
        (4, 0)
    );
}

/// What was not seen takes nothing away and is told; what was seen counts all the same.
#[test]
fn what_was_not_seen_is_told_and_takes_nothing_away() {
    let whole = organization(SCP, &[full(), full(), full(), full()]);
    let without = |list: &str, name: &str| {
        let mut part = whole.clone();
        let all = part["organizations"][list].as_array_mut().unwrap();
        let before = all.len();
        all.retain(|one| !one.to_string().contains(name));
        assert!(all.len() < before, "{list} {name}");
        part
    };
    let unread = [vec![("p-own", Value::Null)], full(), full(), full()];
    for (what, facts, told) in [
        ("nothing", json!({}), Some("were not seen")),
        ("all of it", whole.clone(), None),
        (
            "no root",
            without("parents", r#""ChildId":"ou-a""#),
            Some("what stands above ou-a"),
        ),
        (
            "no list of a unit",
            without("attached", r#""TargetId":"ou-b""#),
            Some("what is attached to ou-b"),
        ),
        (
            "no document",
            organization(SCP, &unread),
            Some("p-own was not read"),
        ),
        (
            "not who manages it",
            {
                let mut part = whole.clone();
                part["organizations"]["organizations"] = json!([]);
                let text = part
                    .to_string()
                    .replace(&format!("::{MANAGEMENT}:"), "::aws:");
                serde_json::from_str(&text).unwrap()
            },
            Some("which account manages"),
        ),
    ] {
        let estate = estate().with(facts);
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let unseen = graph.organizations.unseen(ACCOUNT);
        match told {
            None => assert_eq!(unseen, None, "{what}"),
            Some(told) => assert!(unseen.unwrap().contains(told), "{what}: {unseen:?}"),
        }
        let asked = estate.ask("workload-role-admin");
        asked.finds(&[&role_arn("app")]);
        let certain = crate::checks::finding::Certainty::Certain;
        assert_eq!(asked.findings[0].certainty, certain, "{what}");
    }
    let part = without("attached", r#""TargetId":"ou-b""#);
    let deny = json!({"organizations": {
        "attached": [{"TargetId": "ou-b", "Filter": SCP, "Policies": [summary("p-1", SCP)]}],
        "policies": [{"PolicySummary": summary("p-1", SCP), "Content": deny("*")}]}});
    assert!(!admin_is_found(&estate().with(part).with(deny)));
}

/// The values of a key, or what else is known of it.
fn value(context: &Context, key: &str) -> String {
    match context.get(key) {
        Lookup::Values { values, .. } => values.join(" "),
        Lookup::Absent => "absent".to_owned(),
        _ => "unknown".to_owned(),
    }
}

#[test]
fn keys_tell_where_an_account_is() {
    let outside = json!({"accounts": {ACCOUNT: {"organization": {}}}});
    for (facts, id, path) in [
        (organization(SCP, &[]), "o-a1", "o-a1/r-x/ou-a/ou-b/"),
        (outside, "absent", "absent"),
        (json!({}), "unknown", "unknown"),
        (
            json!({"accounts": {ACCOUNT: {"organization": {"OrganizationId": "o-b2"}}}}),
            "o-b2",
            "unknown",
        ),
    ] {
        let snapshot = estate().with(facts).snapshot();
        let graph = Graph::build(&snapshot, None);
        let at = graph.principals.by_arn(&role_arn("app")).unwrap();
        let role = graph.principals.get(at).unwrap();
        let context = graph.context_at_home(role, None);
        for side in ["principal", "resource"] {
            let got = (
                value(&context, &format!("aws:{side}orgid")),
                value(&context, &format!("aws:{side}orgpaths")),
            );
            assert_eq!(got, (id.to_owned(), path.to_owned()), "{side}");
        }
    }
}

/// Pods that get a role by their own token and by EKS Pod Identity.
fn two_ways() -> Estate {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    estate()
        .pod("b", "pod")
        .iam(json!({"roles": [role("pod", &trust, &allow("s3:GetObject", "*"))]}))
        .eks(json!({"pod_identity": [{"clusterName": CLUSTER, "namespace": "b", "serviceAccount": "pod",
            "roleArn": role_arn("pod"), "associationId": "a-1",
            "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/{CLUSTER}/a-1")}]}))
}

/// The roles that are held, each with whether for certain.
fn held(estate: &Estate) -> Vec<(String, bool)> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    graph
        .held_roles()
        .flat_map(|(_, role, holds)| {
            let holds = holds.into_iter();
            holds.map(|hold| (role.name.to_owned(), hold.is_certain()))
        })
        .collect()
}

/// AWS's examples of RCPs for a data perimeter, by what they do: identities of the organisation or
/// services alone, services only in its name (AWS samples, "Resource control policy examples").
#[test]
fn rcps_bind_who_may_get_a_role() {
    let ours = |org: &str| {
        rcp(
            json!(["s3:*", "sts:AssumeRole", "sts:TagSession"]),
            json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
        )
    };
    let deputies = |org: &str| {
        rcp(
            json!("sts:*"),
            json!({"StringNotEqualsIfExists": {"aws:SourceOrgID": org}, "Null": {"aws:SourceAccount": "false"},
                "Bool": {"aws:PrincipalIsAWSService": "true"}}),
        )
    };
    let tls = rcp(
        json!("*"),
        json!({"BoolIfExists": {"aws:SecureTransport": "false"}}),
    );
    let tokens = rcp(json!("sts:AssumeRoleWithWebIdentity"), json!({}));
    let certain = |names: &[&str]| -> Vec<(String, bool)> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), true))
            .collect()
    };
    for (what, document, roles) in [
        (
            "identities of the organisation",
            ours("o-a1"),
            &["app", "pod"][..],
        ),
        ("services in its name", deputies("o-a1"), &["app", "pod"]),
        ("services in another's name", deputies("o-b2"), &["app"]),
        ("TLS", tls, &["app", "pod"]),
        ("no tokens", tokens, &["pod"]),
        (
            "another service",
            rcp(json!("ec2:*"), json!({})),
            &["app", "pod"],
        ),
        ("nobody", rcp(json!("*"), json!({})), &[]),
    ] {
        let levels = vec![vec![("p-1", document)], Vec::new(), Vec::new(), Vec::new()];
        let estate = two_ways().with(organization(RCP, &levels));
        assert_eq!(held(&estate), certain(roles), "{what}");
    }
    let levels = vec![
        vec![("p-1", rcp(json!("*"), json!({})))],
        Vec::new(),
        Vec::new(),
        Vec::new(),
    ];
    let mut managing = organization(RCP, &levels);
    managing["organizations"]["organizations"][0]["MasterAccountId"] = json!(ACCOUNT);
    assert_eq!(
        held(&two_ways().with(managing)),
        certain(&["app", "pod"]),
        "the management account"
    );
}

/// An RCP counts for whoever calls: of another organisation, of none, nobody.
#[test]
fn rcps_block_strangers() {
    let perimeter = rcp(
        json!("s3:*"),
        json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
    );
    let levels = vec![vec![("p-1", perimeter)], Vec::new(), Vec::new(), Vec::new()];
    let snapshot = estate().with(organization(RCP, &levels)).snapshot();
    let graph = Graph::build(&snapshot, None);
    let open = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]});
    let open = NamedPolicy::new("bucket", PolicyDocument::from_value(&open).unwrap());
    let own = NamedPolicy::new("own", PolicyDocument::from_value(&allow("*", "*")).unwrap());
    let stranger = Caller::from_arn("arn:aws:iam::222233334444:role/x").unwrap();
    let colleague = Caller::from_arn(&role_arn("app")).unwrap();
    for (caller, organization, allowed) in [
        (&stranger, Some("o-b2"), false),
        (&stranger, None, false),
        (&Caller::anonymous(), None, false),
        (&colleague, Some("o-a1"), true),
    ] {
        let mut context = Context::complete();
        caller.fill(&mut context);
        if let Some(id) = organization {
            context.set("aws:PrincipalOrgID", id);
        }
        let request = Request {
            principal: caller,
            action: "s3:getobject",
            resource: "arn:aws:s3:::b/k",
            resource_account: ACCOUNT,
            context: &context,
        };
        let policies = Policies {
            identity: std::slice::from_ref(&own),
            rcps: graph.organizations.rcps(ACCOUNT),
            resource: ResourcePolicy::Given(&open),
            ..Policies::default()
        };
        let decision = evaluate(&request, &policies);
        assert_eq!(
            decision.is_allowed(),
            allowed,
            "{caller:?} {organization:?}: {decision:?}"
        );
        assert_eq!(
            decision.is_denied(),
            !allowed,
            "{caller:?} {organization:?}: {decision:?}"
        );
        let without = Policies {
            rcps: &[],
            ..policies
        };
        assert!(evaluate(&request, &without).is_allowed(), "{caller:?}");
    }
}

/// An RCP takes away from "any secret" as it does from one; what it does not bind it leaves.
#[test]
fn rcps_count_where_any_resource_is_asked() {
    use crate::graph::decision::{Answer, Decision};
    let ask = |estate: Estate, action: &str, resource: Option<&str>| -> Answer {
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let who = graph.who("role/app", false).unwrap();
        let what = graph.what(resource).unwrap();
        graph.may_aws(&who, &graph.deciding(action, &what))
    };
    let levels =
        |document: Value| vec![vec![("p-1", document)], Vec::new(), Vec::new(), Vec::new()];
    let read = "secretsmanager:GetSecretValue";
    let secrets = format!("arn:aws:secretsmanager:*:{ACCOUNT}:secret:*");
    let all = || rcp(json!("*"), json!({}));
    let inside = rcp(
        json!("*"),
        json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
    );
    for (document, action, resource, decision) in [
        (all(), read, None, Decision::Denied),
        (all(), read, Some(secrets.as_str()), Decision::Denied),
        (inside, read, Some(&secrets), Decision::Conditional),
        (
            rcp(json!("s3:*"), json!({})),
            read,
            Some(&secrets),
            Decision::Allowed,
        ),
        (all(), "ec2:RunInstances", None, Decision::Allowed),
    ] {
        let estate = estate().with(organization(RCP, &levels(document.clone())));
        let answer = ask(estate, action, resource);
        assert_eq!(
            answer.decision, decision,
            "{document}, {action}: {answer:?}"
        );
        if decision == Decision::Denied {
            let why: Vec<&str> = answer.why_not.iter().map(|why| why.kind).collect();
            assert_eq!(why, ["deny"], "{answer:?}");
            assert!(answer.why_not[0].text.contains("its RCP,"), "{answer:?}");
        }
    }
    let mut managing = organization(RCP, &levels(all()));
    managing["organizations"]["organizations"][0]["MasterAccountId"] = json!(ACCOUNT);
    let answer = ask(estate().with(managing), read, Some(&secrets));
    assert_eq!(answer.decision, Decision::Allowed, "the management account");
}

/// The list of all that a role may do is less what RCPs deny, where they bind.
#[test]
fn rcps_count_in_lists() {
    use crate::graph::named::Who;
    for (role, action, condition, rows) in [
        (
            "*",
            "secretsmanager:*",
            json!({}),
            vec!["* but secretsmanager:* on *"],
        ),
        ("*", "ec2:*", json!({}), vec!["* on *"]),
        ("secretsmanager:*", "*", json!({}), vec![]),
        ("ec2:*", "*", json!({}), vec!["ec2:* on *"]),
        (
            "*",
            "*",
            json!({}),
            vec!["* on * except * on * where RCPs bind the service"],
        ),
        (
            "s3:*",
            "*",
            json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
            vec!["s3:* on *, denied not from vpc-1"],
        ),
    ] {
        let levels = vec![
            vec![("p-1", rcp(json!(action), condition))],
            Vec::new(),
            Vec::new(),
            Vec::new(),
        ];
        let estate = Estate::new()
            .pod("a", "app")
            .irsa_role("app", "a", "app", allow(role, "*"))
            .with(organization(RCP, &levels));
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let at = graph.principals.by_arn(&role_arn("app")).unwrap();
        let held = graph.list_aws(&Who::Iam { at, session: None }, None);
        let shown: Vec<String> = held[0]
            .rows
            .iter()
            .map(|row| {
                let conditions = row.conditions.iter().map(|one| format!(", {one}"));
                let except = row.except.iter().map(|one| format!(" except {one}"));
                let more: String = conditions.chain(except).collect();
                format!("{} on {}{more}", row.actions[0], row.resources[0])
            })
            .collect();
        assert_eq!(shown, rows, "{role} under {action}");
    }
}

/// A trust that a person wrote for a cluster's tokens is judged under the RCPs of the role's account.
#[test]
fn an_open_trust_is_none_where_an_rcp_closes_it() {
    let estate = Estate::new()
        .pod("a", "app")
        .iam(json!({"roles": [role("app", &irsa_trust(&json!({})), &allow("*", "*"))]}));
    let id = "irsa-trust-any-service-account";
    estate.ask(id).finds(&[&role_arn("app")]);
    let levels = vec![
        vec![(
            "p-1",
            rcp(json!("sts:AssumeRoleWithWebIdentity"), json!({})),
        )],
        Vec::new(),
        Vec::new(),
        Vec::new(),
    ];
    let asked = estate.with(organization(RCP, &levels)).ask(id);
    assert!(asked.findings.is_empty(), "{asked:#?}");
}
