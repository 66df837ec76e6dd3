//! Who assumes which role: both sides, the conditions of trust policies, sessions of EKS Pod Identity.
//!
//! IAM User Guide, "Cross account resource access in IAM", "AWS JSON policy elements: Principal", "Access to AWS accounts
//! owned by third parties", "Monitor and control actions taken with assumed roles", "Configuring MFA-protected API
//! access", "Pass session tags in AWS STS"; EKS User Guide, "Grant Pods access to AWS resources based on tags".

use serde_json::{Value, json};

use super::{ACCOUNT, Estate, allow, nobody, policy, role, role_arn};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

const OTHER: &str = "222233334444";

/// How a case ends.
#[derive(Debug, PartialEq, Eq)]
enum Ends {
    No,
    Yes,
    /// Conditional; the words are in the condition.
    If(&'static str),
}

use Ends::{If, No, Yes};

fn other_arn(name: &str) -> String {
    role_arn(name).replace(ACCOUNT, OTHER)
}

fn root() -> Value {
    json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})
}

fn itself() -> Value {
    json!({"AWS": role_arn("ops")})
}

fn trust(principal: &Value, condition: &Value) -> Value {
    trust_of(&json!("sts:AssumeRole"), principal, condition)
}

fn trust_of(action: &Value, principal: &Value, condition: &Value) -> Value {
    policy(
        &json!([{"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}]),
    )
}

fn may_assume() -> Value {
    allow("sts:AssumeRole", "*")
}

fn nothing() -> Value {
    policy(&json!([]))
}

/// The role `ops` with a policy, and `target` beside it.
fn here(own: &Value, trust: &Value) -> Estate {
    Estate::new()
        .iam(json!({"roles": [role("ops", &nobody(), own), role("target", trust, &nothing())]}))
}

/// The same with the target in another account.
fn there(own: &Value, trust: &Value) -> Estate {
    let mut target = role("target", trust, &nothing());
    target["Arn"] = json!(other_arn("target"));
    Estate::new()
        .iam(json!({"roles": [role("ops", &nobody(), own)]}))
        .with(json!({"accounts": {OTHER: {"iam": {"roles": [target]}}}}))
}

/// Whether a principal assumes a role.
#[track_caller]
fn expect(what: &str, estate: &Estate, from: &str, to: &str, ends: Ends) {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let control = graph.control();
    let at = |arn: &str| graph.principals.by_arn(arn).unwrap();
    let (from, to) = (at(from), at(to));
    let found = control.assume.edge(from, to);
    let asked = control.assume.may_ask(from, to);
    assert!(
        asked || found.is_none(),
        "{what}: it is not asked: {found:?}"
    );
    let right = match (&ends, &found) {
        (No, None) => true,
        (Yes, Some(found)) => found.open.is_none() && !found.evidence.is_empty(),
        (If(says), Some(found)) => found.open.as_ref().is_some_and(|open| open.contains(says)),
        _ => false,
    };
    assert!(right, "{what}: expected {ends:?}, found {found:?}");
}

#[test]
fn in_one_account_and_across() {
    let none = json!({});
    let service = json!({"Service": "ec2.amazonaws.com"});
    let gone = json!({"AWS": "AROAEXAMPLEDELETED123"});
    let mut target = role_arn("target");
    for (account, build) in [
        ("here", here as fn(&Value, &Value) -> Estate),
        ("there", there),
    ] {
        let far = account == "there";
        if far {
            target = other_arn("target");
        }
        for (what, own, principal, ends) in [
            ("the account, and it may", may_assume(), root(), Yes),
            ("the account, and it may not", nothing(), root(), No),
            ("itself, and it may", may_assume(), itself(), Yes),
            // In one account the trust policy is enough where it names the role.
            (
                "itself, and nothing of its own",
                nothing(),
                itself(),
                if far { No } else { Yes },
            ),
            ("a service", may_assume(), service.clone(), No),
            ("a role that was deleted", may_assume(), gone.clone(), No),
            (
                "another role",
                may_assume(),
                json!({"AWS": role_arn("else")}),
                No,
            ),
            (
                "another resource",
                allow("sts:AssumeRole", &role_arn("else")),
                root(),
                No,
            ),
            ("anybody, and it may", may_assume(), json!("*"), Yes),
        ] {
            let estate = build(&own, &trust(&principal, &none));
            expect(
                &format!("{account}: {what}"),
                &estate,
                &role_arn("ops"),
                &target,
                ends,
            );
        }
    }
}

#[test]
fn a_deny_on_either_side() {
    let none = json!({});
    let mut refused = trust(&itself(), &none);
    let deny = json!({"Effect": "Deny", "Principal": itself(), "Action": "sts:*"});
    refused["Statement"].as_array_mut().unwrap().push(deny);
    let may_not = policy(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}]));
    let (ops, target) = (role_arn("ops"), role_arn("target"));
    expect("trust", &here(&may_assume(), &refused), &ops, &target, No);
    expect(
        "own",
        &here(&may_not, &trust(&itself(), &none)),
        &ops,
        &target,
        No,
    );
}

#[test]
fn what_a_trust_policy_asks_for() {
    let id = json!({"StringEquals": {"sts:ExternalId": "acme-17"}});
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let mfa_if = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}});
    let source = json!({"StringLike": {"sts:SourceIdentity": "*@acme.com"}});
    let session = json!({"StringLike": {"sts:RoleSessionName": "ci-*"}});
    let address = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
    let (ops, target) = (role_arn("ops"), role_arn("target"));
    let both = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
    let one = json!("sts:AssumeRole");
    let reads = policy(
        &json!([{"Effect": "Allow", "Action": ["sts:AssumeRole", "iam:GetRole"], "Resource": "*"}]),
    );
    for (what, own, action, condition, ends) in [
        (
            "an external id",
            may_assume(),
            &one,
            &id,
            If("the external id"),
        ),
        ("an external id that it reads", reads, &one, &id, Yes),
        (
            "MFA: a role's session has none",
            may_assume(),
            &one,
            &mfa,
            No,
        ),
        (
            "MFA where there is such a key",
            may_assume(),
            &one,
            &mfa_if,
            Yes,
        ),
        (
            "a source identity that it may not set",
            may_assume(),
            &one,
            &source,
            No,
        ),
        (
            "a source identity that it may set",
            may_assume(),
            &both,
            &source,
            Yes,
        ),
        (
            "a name of the session that it chooses",
            may_assume(),
            &one,
            &session,
            Yes,
        ),
        (
            "an address",
            may_assume(),
            &one,
            &address,
            If("only from 192.0.2.0/24"),
        ),
    ] {
        let estate = here(&own, &trust_of(action, &itself(), condition));
        expect(what, &estate, &ops, &target, ends);
    }
    let user = format!("arn:aws:iam::{ACCOUNT}:user/jane");
    let users = json!({"users": [{"UserName": "jane", "UserId": "AIDA", "Path": "/", "Arn": user,
        "CreateDate": "2024-01-01T00:00:00Z"}]});
    let trusted = trust(&json!({"AWS": user}), &mfa);
    let estate = here(&nothing(), &trusted).iam(users);
    expect(
        "MFA: a user may have it",
        &estate,
        &user,
        &target,
        If("only with MFA"),
    );
}

#[test]
fn the_organisation_that_it_asks_for() {
    let (ops, target) = (role_arn("ops"), role_arn("target"));
    let of = |id: &str| {
        let condition = json!({"StringEquals": {"aws:PrincipalOrgID": id}});
        here(&may_assume(), &trust(&json!({"AWS": "*"}), &condition))
    };
    let read = json!({"accounts": {ACCOUNT: {"organization": {"OrganizationId": "o-a1"}}}});
    expect(
        "it is in it",
        &of("o-a1").with(read.clone()),
        &ops,
        &target,
        Yes,
    );
    expect(
        "it is in another",
        &of("o-b2").with(read),
        &ops,
        &target,
        No,
    );
    let unread = of("o-a1").denied(Source::ORGANIZATION);
    expect(
        "it was not read",
        &unread,
        &ops,
        &target,
        If("of organisation o-a1"),
    );
}

/// The role `ops` by EKS Pod Identity for web/api, with tags or without.
fn by_pod_identity(trust: &Value, without: bool) -> Estate {
    let pods = policy(
        &json!([{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"]}]),
    );
    let own = policy(
        &json!([{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}]),
    );
    Estate::new()
        .pod("web", "api")
        .iam(json!({"roles": [role("ops", &pods, &own), role("target", trust, &nothing())]}))
        .eks(json!({"pod_identity": [{"clusterName": "prod", "namespace": "web", "serviceAccount": "api",
            "roleArn": role_arn("ops"), "associationId": "a-1", "disableSessionTags": without,
            "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/prod/a-1")}]}))
}

#[test]
fn the_tags_of_a_session_go_on() {
    let (ops, target) = (role_arn("ops"), role_arn("target"));
    let tags = json!(["sts:AssumeRole", "sts:TagSession"]);
    let one = json!("sts:AssumeRole");
    let asks = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let namespace = "aws:PrincipalTag/kubernetes-namespace";
    for (what, action, condition, without, ends) in [
        ("tags may be passed", &tags, json!({}), false, Yes),
        (
            "tags may not be passed",
            &one,
            json!({}),
            false,
            If("sts:TagSession"),
        ),
        ("there are none to pass", &one, json!({}), true, Yes),
        (
            "its namespace",
            &tags,
            asks(namespace, "web"),
            false,
            If("gives web/api, by its tags"),
        ),
        (
            "another namespace",
            &tags,
            asks(namespace, "pay"),
            false,
            No,
        ),
        (
            "its namespace, with no tags",
            &tags,
            asks(namespace, "web"),
            true,
            No,
        ),
        (
            "its namespace, not passed",
            &one,
            asks(namespace, "web"),
            false,
            No,
        ),
        (
            "its cluster",
            &tags,
            asks("aws:PrincipalTag/eks-cluster-name", "prod"),
            false,
            If("gives web/api"),
        ),
        (
            "another cluster",
            &tags,
            asks("aws:PrincipalTag/eks-cluster-name", "staging"),
            false,
            No,
        ),
        (
            "its pod, whose name is not known",
            &tags,
            asks("aws:PrincipalTag/kubernetes-pod-name", "api-0"),
            false,
            If("kubernetes-pod-name"),
        ),
    ] {
        let estate = by_pod_identity(&trust_of(action, &itself(), &condition), without);
        expect(what, &estate, &ops, &target, ends);
    }
}

#[test]
fn a_role_that_names_itself_leads_nowhere_new() {
    let own = role("ops", &trust(&itself(), &json!({})), &may_assume());
    let snapshot = Estate::new().iam(json!({"roles": [own]})).snapshot();
    let graph = Graph::build(&snapshot, None);
    let control = graph.control();
    let ops = graph.principals.by_arn(&role_arn("ops")).unwrap();
    assert!(!control.assume.may_ask(ops, ops), "it asks itself");
    assert!(
        control.reach(&[ops]).is_empty(),
        "{:?}",
        control.reach(&[ops])
    );
}

#[test]
fn a_session_policy_narrows_the_first_step_and_so_the_chain() {
    let narrow = policy(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]));
    let estate = by_pod_identity(&trust(&itself(), &json!({})), true).with(json!({}));
    let mut snapshot = estate.snapshot();
    for cluster in snapshot.clusters.values_mut() {
        for association in &mut cluster.eks.pod_identity {
            association.policy = Some(narrow.to_string());
        }
    }
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end("system:serviceaccount:web:api").unwrap();
    let reached = control.reach(&from.numbers);
    let target = reached
        .iter()
        .find(|one| one.id == role_arn("target"))
        .unwrap();
    assert!(!target.is_certain, "{reached:#?}");
}
