#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;
use crate::checks::testing::{ACCOUNT, CLUSTER, Estate, allow, irsa_trust, role, role_arn};
use crate::graph::Graph;
use crate::graph::named::Who;
use crate::snapshot::coverage::Source;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
const READ: &str = "secretsmanager:GetSecretValue";

/// The answer for the principal of a name; no resource is any.
fn aws(estate: &Estate, principal: &str, action: &str, resource: Option<&str>) -> Answer {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let who = graph.who(principal, false).unwrap();
    let what = graph.what(resource).unwrap();
    graph.may_aws(&who, &graph.deciding(action, &what))
}

/// The decision, and why not, in short.
fn short(answer: &Answer) -> (Decision, Vec<&str>) {
    (
        answer.decision,
        answer.why_not.iter().map(|why| why.kind).collect(),
    )
}

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn app(policy: &Value) -> Estate {
    Estate::new().iam(json!({"roles": [role("app", &irsa_trust(&json!({})), policy)]}))
}

/// The same with a boundary.
fn bounded(policy: &Value, boundary: &Value) -> Estate {
    let guard = format!("arn:aws:iam::{ACCOUNT}:policy/guard");
    let mut facts = role("app", &irsa_trust(&json!({})), policy);
    facts["PermissionsBoundary"] =
        json!({"PermissionsBoundaryArn": guard, "PermissionsBoundaryType": "Policy"});
    Estate::new().iam(json!({"roles": [facts], "policies": [{"Arn": guard, "PolicyName": "guard",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": boundary}]}]}))
}

#[test]
fn a_no_says_what_blocks() {
    let all = || allow("*", "*");
    let cases = [
        (app(&allow("s3:*", "*")), vec!["no-allow"]),
        (app(&document(&[])), vec!["no-allow"]),
        (
            app(&allow(READ, "arn:aws:secretsmanager:*:*:secret:other-*")),
            vec!["no-allow"],
        ),
        (
            app(&document(&[
                statement("Allow", "*", "*"),
                statement("Deny", "secretsmanager:*", "*"),
            ])),
            vec!["deny"],
        ),
        (bounded(&all(), &allow("s3:*", "*")), vec!["boundary"]),
        (
            bounded(
                &all(),
                &document(&[statement("Allow", "*", "*"), statement("Deny", READ, "*")]),
            ),
            vec!["deny"],
        ),
    ];
    for (estate, kinds) in &cases {
        for resource in [
            Some(SECRET),
            Some("arn:aws:secretsmanager:eu-west-1:*:secret:db-*"),
            None,
        ] {
            let answer = aws(estate, "role/app", READ, resource);
            let open = kinds == &["no-allow"] && resource.is_none();
            if open && answer.decision == Decision::Allowed {
                // On another secret.
                continue;
            }
            let (decision, found) = short(&answer);
            assert_eq!(
                decision,
                Decision::Denied,
                "{kinds:?} on {resource:?}: {answer:#?}"
            );
            // For any resource a deny in a boundary shows as the boundary.
            let same = found == *kinds || (kinds == &["deny"] && found == ["boundary"]);
            assert!(same, "{kinds:?} on {resource:?}: {answer:#?}");
        }
    }
}

#[test]
fn a_pattern_is_allowed_in_all_in_part_or_not_at_all() {
    let team = "arn:aws:secretsmanager:*:*:secret:team/*";
    let policy = document(&[
        statement("Allow", READ, team),
        statement("Deny", "*", "arn:aws:secretsmanager:*:*:secret:team/top-*"),
    ]);
    let pattern = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{name}");
    for (resource, decision, share) in [
        (Some(pattern("team/a*")), Decision::Allowed, Share::All),
        (Some(pattern("team/*")), Decision::Conditional, Share::Some),
        (Some(pattern("*")), Decision::Conditional, Share::Some),
        (Some(pattern("team/top-*")), Decision::Denied, Share::None),
        (Some(pattern("other/*")), Decision::Denied, Share::None),
        (Some("*".to_owned()), Decision::Conditional, Share::Some),
        (None, Decision::Allowed, Share::Some),
    ] {
        let answer = aws(&app(&policy), "role/app", READ, resource.as_deref());
        assert_eq!(
            (answer.decision, answer.share),
            (decision, Some(share)),
            "{resource:?}: {answer:#?}"
        );
    }
}

fn with_policy(policy: &Value) -> Value {
    json!({"secretsmanager": {"secrets": [{"ARN": SECRET, "Name": "db", "Tags": [{"Key": "team", "Value": "red"}]}],
        "policies": [{"ARN": SECRET, "Name": "db", "ResourcePolicy": policy.to_string()}]}})
}

#[test]
fn a_secrets_own_policy_and_its_tags_count() {
    let principal = |effect: &str, principal: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Principal": {"AWS": principal},
            "Action": READ, "Resource": "*"}]})
    };
    let own = role_arn("app");
    let by_tag = |value: &str| {
        let mut one = statement("Allow", READ, "*");
        one["Condition"] = json!({"StringEquals": {"aws:ResourceTag/team": value}});
        document(&[one])
    };
    let nothing = || allow("s3:*", "*");
    for (identity, resource, decision) in [
        // Its policy alone lets a principal of its account in.
        (nothing(), principal("Allow", &own), Decision::Allowed),
        (nothing(), principal("Allow", ACCOUNT), Decision::Denied),
        (allow(READ, "*"), principal("Deny", &own), Decision::Denied),
        (
            allow(READ, "*"),
            principal("Allow", "arn:aws:iam::222233334444:root"),
            Decision::Allowed,
        ),
        (
            by_tag("red"),
            principal("Allow", "222233334444"),
            Decision::Allowed,
        ),
        (
            by_tag("blue"),
            principal("Allow", "222233334444"),
            Decision::Denied,
        ),
    ] {
        let estate = app(&identity).region(with_policy(&resource));
        let answer = aws(&estate, "role/app", READ, Some("secret/db"));
        assert_eq!(
            answer.decision, decision,
            "{identity} {resource}: {answer:#?}"
        );
        assert!(
            of_policies(&answer).is_empty(),
            "its policy was read: {answer:#?}"
        );
    }
    // On any secret: this one is enough.
    let estate = app(&nothing()).region(with_policy(&principal("Allow", &own)));
    assert_eq!(
        aws(&estate, "role/app", READ, None).decision,
        Decision::Allowed
    );
}

/// The remarks, but that the account's SCPs were not read.
fn of_policies(answer: &Answer) -> Vec<&String> {
    let remarks = answer.remarks.iter();
    remarks
        .filter(|text| !text.contains("service control policies"))
        .collect()
}

#[test]
fn a_policy_that_was_not_read_is_a_remark_and_across_accounts_a_condition() {
    let bucket = "arn:aws:s3:::bucket/key";
    let answer = aws(
        &app(&allow("s3:*", "*")),
        "role/app",
        "s3:GetObject",
        Some(bucket),
    );
    assert_eq!(answer.decision, Decision::Allowed);
    assert!(answer.remarks[0].contains("could deny"), "{answer:#?}");
    let answer = aws(
        &app(&allow("ec2:*", "*")),
        "role/app",
        "s3:GetObject",
        Some(bucket),
    );
    assert_eq!(answer.decision, Decision::Denied);
    assert!(answer.remarks[0].contains("could allow"), "{answer:#?}");
    for resource in [
        "arn:aws:sqs:eu-west-1:222233334444:queue",
        "arn:aws:iam::222233334444:role/other",
        // Nothing but its own policy opens a key.
        "arn:aws:kms:eu-west-1:111122223333:key/1",
    ] {
        let action = match resource {
            sqs if sqs.contains("sqs") => "sqs:SendMessage",
            iam if iam.contains("iam") => "sts:AssumeRole",
            _ => "kms:Decrypt",
        };
        let answer = aws(&app(&allow("*", "*")), "role/app", action, Some(resource));
        assert_eq!(
            answer.decision,
            Decision::Conditional,
            "{resource}: {answer:#?}"
        );
        let none = aws(
            &app(&allow("ec2:*", "*")),
            "role/app",
            action,
            Some(resource),
        );
        let open = resource.contains("kms");
        // The key's policy could name the role itself.
        assert_eq!(
            none.decision == Decision::Conditional,
            open,
            "{resource}: {none:#?}"
        );
    }
    let ec2 = aws(
        &app(&allow("*", "*")),
        "role/app",
        "ec2:StopInstances",
        Some("arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
    );
    assert_eq!(
        (ec2.decision, of_policies(&ec2).len()),
        (Decision::Allowed, 0),
        "{ec2:#?}"
    );
}

/// What lies in another account is open to nobody by the caller's own policies alone ("Cross-account policy
/// evaluation logic"), nor is a key in any ("Key policies in AWS KMS", "Grants in AWS KMS").
#[test]
fn of_many_resources_the_policies_count_that_every_one_of_them_needs() {
    use Decision::{Allowed, Conditional, Denied};
    let secret = |account: &str| format!("arn:aws:secretsmanager:*:{account}:secret:*");
    let (there, here, wherever) = (secret("999999999999"), secret(ACCOUNT), secret("*"));
    let other =
        "as the resources' own policies in account 999999999999, which were not seen, have it";
    let keys = "as the keys' policies and grants, which were not seen, have it";
    let key = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/k");
    let alias = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/a*");
    let denied = document(&[
        statement("Allow", "kms:*", "*"),
        statement("Deny", "kms:Decrypt", "*"),
    ]);
    let cases = [
        (
            allow(READ, "*"),
            READ,
            Some(&there),
            Conditional,
            Some(other),
        ),
        (
            allow(READ, &there),
            READ,
            Some(&there),
            Conditional,
            Some(other),
        ),
        (
            allow(READ, &there),
            READ,
            Some(&wherever),
            Conditional,
            Some(other),
        ),
        (allow(READ, &there), READ, None, Conditional, Some(other)),
        (allow(READ, &here), READ, Some(&there), Denied, None),
        (allow(READ, "*"), READ, Some(&here), Allowed, None),
        (allow(READ, "*"), READ, None, Allowed, None),
        (
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READ, "Resource": [there, here]}]}),
            READ,
            None,
            Allowed,
            None,
        ),
        (
            allow("kms:*", "*"),
            "kms:Decrypt",
            None,
            Conditional,
            Some(keys),
        ),
        (
            allow("kms:*", "*"),
            "kms:newthing",
            None,
            Conditional,
            Some(keys),
        ),
        (
            allow("s3:*", "*"),
            "kms:Decrypt",
            None,
            Conditional,
            Some(keys),
        ),
        (denied, "kms:Decrypt", None, Denied, None),
        (allow("kms:*", "*"), "kms:ListKeys", None, Allowed, None),
        (allow("s3:*", "*"), "kms:ListKeys", None, Denied, None),
        (
            allow("kms:*", "*"),
            "kms:CreateAlias",
            Some(&alias),
            Allowed,
            None,
        ),
        (
            allow("s3:*", "*"),
            "kms:Decrypt",
            Some(&key),
            Conditional,
            Some("as the key's policy and grants, which were not seen, have it"),
        ),
    ];
    for (policy, action, resource, decision, condition) in cases {
        let answer = aws(
            &app(&policy),
            "role/app",
            action,
            resource.map(String::as_str),
        );
        assert_eq!(
            (
                answer.decision,
                answer.conditions.first().map(String::as_str)
            ),
            (decision, condition),
            "{policy}: {action} on {resource:?}: {answer:?}"
        );
    }
}

#[test]
fn what_was_not_seen_of_many_resources_policies_is_a_remark() {
    for (policy, action, word) in [
        (allow("s3:*", "*"), "s3:GetObject", Some("deny")),
        (allow("s3:*", "*"), "sqs:SendMessage", Some("allow")),
        (allow("s3:*", "*"), "s3:ListAllMyBuckets", None),
        (allow("*", "*"), "ec2:RunInstances", None),
    ] {
        let answer = aws(&app(&policy), "role/app", action, None);
        let want = word
            .map(|word| format!("The resources' own policies were not seen and could {word} it."));
        let said = answer
            .remarks
            .iter()
            .find(|one| one.starts_with("The resources"));
        assert_eq!(said, want.as_ref(), "{action}: {answer:?}");
    }
}

#[test]
fn a_role_is_opened_by_its_trust_policy() {
    let trusting = |principal: &str, condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": principal}, "Condition": condition}]})
    };
    let estate = |own: &Value, trust: &Value| {
        let roles = json!({"roles": [role("app", &irsa_trust(&json!({})), own), role("target", trust, &allow("s3:*", "*"))]});
        Estate::new().iam(roles)
    };
    let may = allow("sts:AssumeRole", "*");
    let nothing = allow("s3:*", "*");
    let own = role_arn("app");
    let external = json!({"StringEquals": {"sts:ExternalId": "x"}});
    let inside = json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}});
    for (identity, trust, decision, kinds) in [
        (
            &may,
            trusting(ACCOUNT, json!({})),
            Decision::Allowed,
            vec![],
        ),
        (
            &nothing,
            trusting(ACCOUNT, json!({})),
            Decision::Denied,
            vec!["no-allow"],
        ),
        (
            &nothing,
            trusting(&own, json!({})),
            Decision::Allowed,
            vec![],
        ),
        (
            &may,
            trusting("222233334444", json!({})),
            Decision::Denied,
            vec!["resource"],
        ),
        (&may, trusting(&own, inside), Decision::Conditional, vec![]),
        (&may, trusting(&own, external), Decision::Allowed, vec![]),
    ] {
        let estate = estate(identity, &trust);
        let answer = aws(&estate, "role/app", "sts:AssumeRole", Some("role/target"));
        let (found, why) = short(&answer);
        assert_eq!(
            (found, why),
            (decision, kinds.clone()),
            "{identity} {trust}: {answer:#?}"
        );
        assert_eq!(
            answer.chosen.is_empty(),
            !trust.to_string().contains("ExternalId"),
            "{answer:#?}"
        );
        // Any role: other accounts' too, where its own policies let it ask.
        let any = aws(&estate, "role/app", "sts:AssumeRole", None).decision;
        let elsewhere = if *identity == may {
            Decision::Conditional
        } else {
            Decision::Denied
        };
        assert_eq!(any, decision.max(elsewhere), "{identity} {trust}");
    }
    // Another action on a role does not ask whom it trusts.
    let estate = estate(
        &allow("iam:PassRole", "*"),
        &trusting("222233334444", json!({})),
    );
    let pass = aws(&estate, "role/app", "iam:PassRole", Some("role/target"));
    assert_eq!(pass.decision, Decision::Allowed, "{pass:#?}");
    let estate = app(&may);
    let gone = aws(
        &estate,
        "role/app",
        "sts:AssumeRole",
        Some(&role_arn("gone")),
    );
    assert!(gone.why_not[0].text.contains("no role"), "{gone:#?}");
}

#[test]
fn of_all_roles_of_a_service_account_the_best_counts() {
    let estate = Estate::new()
        .pod("a", "b")
        .irsa_role("one", "a", "b", allow("s3:*", "*"))
        .irsa_role("two", "a", "b", allow(READ, "*"));
    let answer = aws(&estate, "sa/a/b", READ, Some(SECRET));
    assert_eq!(answer.decision, Decision::Allowed);
    let roles: Vec<&Because> = answer
        .because
        .iter()
        .filter(|one| matches!(one, Because::Role { .. }))
        .collect();
    let [Because::Role { role, .. }] = roles.as_slice() else {
        panic!("one role: {answer:#?}");
    };
    assert_eq!(*role, role_arn("two"));
    let no = aws(&estate, "pod/a/b-0", "ec2:RunInstances", None);
    assert_eq!(
        short(&no),
        (Decision::Denied, vec!["no-allow", "no-allow"]),
        "{no:#?}"
    );
    // What could give it another role was not read.
    for source in [Source::IAM, Source::POD_IDENTITY] {
        let unread = aws(
            &estate.clone().denied(source),
            "sa/a/b",
            "ec2:RunInstances",
            None,
        );
        assert!(unread.is_not_evaluated(), "{source:?}: {unread:#?}");
        let known = aws(&estate.clone().denied(source), "sa/a/b", READ, Some(SECRET));
        assert_eq!(known.decision, Decision::Allowed, "{source:?}: {known:#?}");
    }
    // A provider that was not read makes the hold, and so the answer, conditional.
    let open = estate
        .denied(Source::OIDC_PROVIDERS)
        .denied(Source::OIDC_PROVIDER);
    let mut snapshot = open.snapshot();
    let account = snapshot.accounts.get_mut(ACCOUNT).unwrap();
    account.iam.oidc_providers.clear();
    let graph = Graph::build(&snapshot, None);
    let what = graph.what(Some(SECRET)).unwrap();
    let who = graph.who("sa/a/b", false).unwrap();
    let answer = graph.may_aws(&who, &graph.deciding(READ, &what));
    assert_eq!(answer.decision, Decision::Conditional, "{answer:#?}");
}

#[test]
fn a_policy_of_the_principal_that_was_not_seen_may_do_either() {
    let mut facts = role("app", &irsa_trust(&json!({})), &allow(READ, "*"));
    facts["AttachedManagedPolicies"] =
        json!([{"PolicyName": "x", "PolicyArn": "arn:aws:iam::aws:policy/x"}]);
    let estate = Estate::new().iam(json!({"roles": [facts]}));
    for (action, resource) in [(READ, Some(SECRET)), ("ec2:RunInstances", None)] {
        let answer = aws(&estate, "role/app", action, resource);
        assert_eq!(
            answer.decision,
            Decision::Conditional,
            "{action}: {answer:#?}"
        );
        assert!(
            answer.conditions.iter().any(|one| one.contains("policy/x")),
            "{answer:#?}"
        );
    }
}

#[test]
fn a_session_is_its_role_under_its_own_name() {
    let trust = irsa_trust(&json!({}));
    let mut by_session = statement("Allow", "s3:*", "*");
    by_session["Condition"] = json!({"ArnLike": {"aws:PrincipalArn": role_arn("app")}});
    let estate =
        Estate::new().iam(json!({"roles": [role("app", &trust, &document(&[by_session]))]}));
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/s1");
    let answer = aws(&estate, &session, "s3:GetObject", Some("arn:aws:s3:::b/k"));
    assert_eq!(answer.decision, Decision::Allowed, "{answer:#?}");
}

/// The answer for a verb in the cluster.
fn kubernetes(
    estate: &Estate,
    principal: &str,
    verb: &str,
    resource: &str,
    namespace: Option<&str>,
) -> Answer {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let node = graph.cluster(CLUSTER).unwrap();
    let who: Who = graph.who(principal, true).unwrap();
    let request = Request::parse(node, verb, Some(resource), namespace).unwrap();
    graph.may_kubernetes(node, &who, &request)
}

fn bound(rule: Value, namespace: Option<&str>) -> Estate {
    let kind = namespace.map_or("ClusterRoleBinding", |_| "RoleBinding");
    Estate::new().pod("a", "b").kubernetes(json!({
        "roles": [{"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [rule]}],
        "role_bindings": [{"kind": kind, "metadata": {"name": "x", "namespace": namespace},
            "subjects": [{"kind": "ServiceAccount", "name": "b", "namespace": "a"}],
            "roleRef": {"kind": "ClusterRole", "name": "r"}}]}))
}

#[test]
fn verbs_by_name_and_namespace() {
    let rule = |verb: &str, names: Value| json!({"verbs": [verb], "apiGroups": [""], "resources": ["secrets"], "resourceNames": names});
    for (rule, bound_in, verb, resource, namespace, decision) in [
        (
            rule("get", json!([])),
            None,
            "get",
            "secrets",
            None,
            Decision::Allowed,
        ),
        (
            rule("get", json!([])),
            Some("web"),
            "get",
            "secrets",
            None,
            Decision::Conditional,
        ),
        (
            rule("get", json!([])),
            Some("web"),
            "get",
            "secrets",
            Some("web"),
            Decision::Allowed,
        ),
        (
            rule("get", json!([])),
            Some("web"),
            "get",
            "secrets",
            Some("a"),
            Decision::Denied,
        ),
        (
            rule("get", json!(["x"])),
            None,
            "get",
            "secrets",
            Some("web"),
            Decision::Conditional,
        ),
        (
            rule("get", json!(["x"])),
            None,
            "get",
            "secrets/x",
            Some("web"),
            Decision::Allowed,
        ),
        (
            rule("get", json!(["x"])),
            None,
            "get",
            "k8s-secret/web/x",
            None,
            Decision::Allowed,
        ),
        (
            rule("get", json!(["x"])),
            None,
            "get",
            "secrets/y",
            Some("web"),
            Decision::Denied,
        ),
        // A create has no name; a list may have one by a field selector.
        (
            rule("create", json!(["x"])),
            None,
            "create",
            "secrets",
            Some("web"),
            Decision::Denied,
        ),
        (
            rule("list", json!(["x"])),
            None,
            "list",
            "secrets",
            Some("web"),
            Decision::Conditional,
        ),
        (
            rule("get", json!([])),
            None,
            "get",
            "nodes",
            None,
            Decision::Denied,
        ),
    ] {
        let estate = bound(rule.clone(), bound_in);
        let answer = kubernetes(&estate, "sa/a/b", verb, resource, namespace);
        assert_eq!(
            answer.decision, decision,
            "{rule} in {bound_in:?}: {verb} {resource} in {namespace:?}: {answer:#?}"
        );
    }
}

#[test]
fn a_role_that_does_not_exist_is_told() {
    let estate = Estate::new().pod("a", "b").kubernetes(json!({"role_bindings": [{"kind": "ClusterRoleBinding",
        "metadata": {"name": "x"}, "subjects": [{"kind": "ServiceAccount", "name": "b", "namespace": "a"}],
        "roleRef": {"kind": "ClusterRole", "name": "gone"}}]}));
    let answer = kubernetes(&estate, "sa/a/b", "get", "pods", None);
    assert_eq!(answer.decision, Decision::Denied);
    assert!(answer.remarks[0].contains("does not exist"), "{answer:#?}");
}

#[test]
fn what_a_person_types_for_a_resource() {
    let snapshot = bound(
        json!({"verbs": ["get"], "apiGroups": ["argoproj.io"], "resources": ["applications"]}),
        None,
    )
    .snapshot();
    let graph = Graph::build(&snapshot, None);
    let node = graph.cluster(CLUSTER).unwrap();
    for (typed, namespace, shown) in [
        ("secrets", Some("a"), Some(("core/secrets", Some("a")))),
        ("secret/db", None, Some(("core/secrets/db", None))),
        ("core/secrets/db", None, Some(("core/secrets/db", None))),
        ("pods/exec", Some("a"), Some(("core/pods/exec", Some("a")))),
        (
            "pods/web/exec",
            Some("a"),
            Some(("core/pods/exec/web", Some("a"))),
        ),
        (
            "pods/exec/web",
            Some("a"),
            Some(("core/pods/exec/web", Some("a"))),
        ),
        ("pod/a/web", None, Some(("core/pods/web", Some("a")))),
        (
            "k8s://prod/a/Pod/web",
            None,
            Some(("core/pods/web", Some("a"))),
        ),
        ("deployments", None, Some(("apps/deployments", None))),
        (
            "deployments.apps/web",
            None,
            Some(("apps/deployments/web", None)),
        ),
        (
            "apps/deployments/web",
            None,
            Some(("apps/deployments/web", None)),
        ),
        (
            "apps/deployments/scale/web",
            None,
            Some(("apps/deployments/scale/web", None)),
        ),
        // In no namespace.
        ("nodes", Some("a"), Some(("core/nodes", None))),
        (
            "clusterroles",
            None,
            Some(("rbac.authorization.k8s.io/clusterroles", None)),
        ),
        // Only a rule knows it, or nobody does.
        (
            "applications",
            None,
            Some(("argoproj.io/applications", None)),
        ),
        (
            "argoproj.io/applications/web",
            None,
            Some(("argoproj.io/applications/web", None)),
        ),
        (
            "widgets.example.com",
            None,
            Some(("example.com/widgets", None)),
        ),
        ("widgets", None, None),
        ("pods//x", None, None),
        ("a/b/c/d/e", None, None),
        ("*", None, Some(("*/*", None))),
        ("/metrics", None, Some(("/metrics", None))),
    ] {
        let request = Request::parse(node, "get", Some(typed), namespace);
        let found = request
            .as_ref()
            .ok()
            .map(|request| (request.text(), request.namespace()));
        let found = found
            .as_ref()
            .map(|(text, namespace)| (text.as_str(), *namespace));
        assert_eq!(found, shown, "{typed} in {namespace:?}: {request:?}");
    }
}
