//! Changes, each by the way that it parts, the edit that it is, and where it stands among others.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Change, apply};
use crate::checks::testing::{ACCOUNT, CLUSTER, Estate, allow, irsa_trust, role, role_arn};
use crate::graph::{Graph, Scope};
use crate::snapshot::Snapshot;

/// The changes that part the shortest way, as what they are told as; nothing: there is no way.
fn cuts(snapshot: &Snapshot, from: &str, to: &str) -> Option<BTreeSet<Change>> {
    let graph = Graph::build(snapshot, Some(Scope::Account));
    let mut control = graph.control();
    let from = control.end(from).ok()?.numbers;
    let goals = control.end(to).ok()?.numbers;
    let toward = control.toward(&goals, false);
    let from = from.into_iter().find(|at| toward.steps(*at).is_some())?;
    let causes = control.causes(&toward, from);
    let changes = causes.iter().flat_map(|cause| Change::of(cause, &graph));
    Some(changes.collect())
}

/// Holds that these changes part the only way, each alone, and that the edits are those.
#[track_caller]
fn parts(what: &str, estate: &Estate, from: &str, to: &str, titles: &[&str]) -> Vec<String> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account));
    let all = cuts(&snapshot, from, to).unwrap_or_else(|| panic!("{what}: no way"));
    let told: Vec<String> = all.iter().map(|one| one.edit(&graph).title).collect();
    assert_eq!(told, titles, "{what}");
    for change in &all {
        let changed = apply(&graph, &BTreeSet::from([change.clone()]));
        assert_ne!(changed, snapshot, "{what}: {change:?} changes nothing");
        let left = cuts(&changed, from, to);
        assert_eq!(left, None, "{what}: {change:?} leaves the way");
    }
    let edits = all.iter().flat_map(|one| one.edit(&graph).commands);
    edits.collect()
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn admin() -> Value {
    allow("*", "*")
}

fn nobody() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
}

fn trusts(arn: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn},
        "Action": "sts:AssumeRole"}]})
}

#[test]
fn a_statement_of_an_inline_policy() {
    let estate = Estate::new().iam(json!({"roles": [role("ops", &nobody(), &admin())]}));
    let title = "take statement 1 out of the inline policy inline of role ops";
    let commands = parts(
        "the only statement",
        &estate,
        "role/ops",
        "account-admin",
        &[title],
    );
    assert_eq!(
        commands,
        ["aws iam delete-role-policy --role-name ops --policy-name inline"]
    );

    let two = policy(&json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "In", "Effect": "Allow", "Action": "eks:*AccessEntry", "Resource": "*"},
        {"Effect": "Allow", "Action": "eks:AssociateAccessPolicy", "Resource": "*"}]));
    let estate = Estate::new().iam(json!({"roles": [role("ops", &nobody(), &two)]}));
    let titles = [
        "take statement In out of the inline policy inline of role ops",
        "take statement 3 out of the inline policy inline of role ops",
    ];
    let commands = parts(
        "two of three",
        &estate,
        "role/ops",
        "cluster-admin",
        &titles,
    );
    assert_eq!(
        commands[1],
        "aws iam put-role-policy --role-name ops --policy-name inline --policy-document \
         '{\"Statement\":[{\"Action\":\"s3:GetObject\",\"Effect\":\"Allow\",\"Resource\":\"*\"},\
         {\"Action\":\"eks:*AccessEntry\",\"Effect\":\"Allow\",\"Resource\":\"*\",\"Sid\":\"In\"}],\
         \"Version\":\"2012-10-17\"}'"
    );
}

fn managed(arn: &str, document: &Value) -> Value {
    json!({"PolicyName": arn.rsplit('/').next(), "Arn": arn, "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]})
}

fn attached(name: &str, arn: &str) -> Value {
    let mut one = role(name, &nobody(), &Value::Null);
    one["RolePolicyList"] = json!([]);
    one["AttachedManagedPolicies"] = json!([{"PolicyArn": arn, "PolicyName": "p"}]);
    one
}

#[test]
fn a_managed_policy_is_detached_or_loses_a_statement() {
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    let estate = Estate::new().iam(json!({"roles": [attached("ops", arn)],
        "policies": [managed(arn, &admin())]}));
    let title = "detach policy AdministratorAccess from role ops";
    let commands = parts("AWS's own", &estate, "role/ops", "account-admin", &[title]);
    assert_eq!(
        commands,
        [
            "aws iam detach-role-policy --role-name ops --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
        ]
    );

    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/team/deploy");
    let two = policy(&json!([
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": role_arn("ops")},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
    let estate = Estate::new().iam(json!({"roles": [attached("ops", &arn)],
        "policies": [managed(&arn, &two)]}));
    let titles = [
        "take statement 1 out of policy team/deploy, for all that hold it",
        "detach policy team/deploy from role ops",
    ];
    let commands = parts(
        "the account's own",
        &estate,
        "role/ops",
        "account-admin",
        &titles,
    );
    assert!(
        commands[0].starts_with("aws iam create-policy-version"),
        "{commands:?}"
    );
}

/// What was in force before is still there, for whoever may put it back.
#[test]
fn a_shortened_policy_can_be_put_back() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/deploy");
    let two = policy(&json!([
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": role_arn("ops")},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
    let change = Change::ManagedStatement {
        policy: arn.clone(),
        statement: 0,
    };
    for (action, stays) in [
        ("iam:SetDefaultPolicyVersion", true),
        ("iam:GetPolicyVersion", false),
    ] {
        let mut ops = attached("ops", &arn);
        ops["RolePolicyList"] =
            json!([{"PolicyName": "own", "PolicyDocument": allow(action, "*")}]);
        let estate = Estate::new().iam(json!({"roles": [ops], "policies": [managed(&arn, &two)]}));
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, Some(Scope::Account));
        let changed = apply(&graph, &BTreeSet::from([change.clone()]));
        let left = cuts(&changed, "role/ops", "account-admin");
        assert_eq!(left.is_some(), stays, "{action}: {left:#?}");
    }
}

#[test]
fn a_policy_with_as_many_versions_as_there_can_be_loses_the_oldest_first() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/deploy");
    let two = policy(&json!([
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": role_arn("ops")},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
    for (versions, expected) in [
        (vec![9, 10, 11, 12], None),
        (vec![9, 10, 11, 8, 12], Some("v8")),
    ] {
        let last = versions.len() - 1;
        let list: Vec<Value> = versions
            .iter()
            .enumerate()
            .map(|(at, one)| json!({"VersionId": format!("v{one}"), "IsDefaultVersion": at == last, "Document": two}))
            .collect();
        let mut deploy = managed(&arn, &two);
        deploy["DefaultVersionId"] = json!("v12");
        deploy["PolicyVersionList"] = json!(list);
        let estate =
            Estate::new().iam(json!({"roles": [attached("ops", &arn)], "policies": [deploy]}));
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, Some(Scope::Account));
        let change = Change::ManagedStatement {
            policy: arn.clone(),
            statement: 0,
        };
        let commands = change.edit(&graph).commands;
        let delete = expected.map(|one| {
            format!("aws iam delete-policy-version --policy-arn {arn} --version-id {one}")
        });
        assert_eq!(
            commands.len(),
            1 + usize::from(delete.is_some()),
            "{commands:#?}"
        );
        assert!(
            delete.iter().all(|one| commands.first() == Some(one)),
            "{commands:#?}"
        );
        let changed = apply(&graph, &BTreeSet::from([change]));
        let policies = &changed.accounts[ACCOUNT].iam.policies;
        let mut now: Vec<&str> = policies[0]
            .policy_version_list
            .iter()
            .map(|one| one.version_id.as_str())
            .collect();
        now.sort_unstable();
        assert_eq!(now, ["v10", "v11", "v12", "v13", "v9"], "{versions:?}");
    }
}

/// Both statements go, one after the other.
#[test]
fn a_managed_policy_that_loses_its_last_statement_is_detached() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/deploy");
    let estate = Estate::new().iam(json!({"roles": [attached("a", &arn), attached("b", &arn)],
        "policies": [managed(&arn, &admin())]}));
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account));
    let change = Change::ManagedStatement {
        policy: arn.clone(),
        statement: 0,
    };
    let detach =
        |name: &str| format!("aws iam detach-role-policy --role-name {name} --policy-arn {arn}");
    assert_eq!(change.edit(&graph).commands, [detach("a"), detach("b")]);
}

#[test]
fn the_account_is_named_where_there_are_several() {
    let change = Change::InlineStatement {
        holder: role_arn("ops"),
        policy: "inline".to_owned(),
        statement: 0,
    };
    let estate = Estate::new().iam(json!({"roles": [role("ops", &nobody(), &admin())]}));
    let mut snapshot = estate.snapshot();
    for (several, expected) in [
        (
            false,
            "take statement 1 out of the inline policy inline of role ops",
        ),
        (
            true,
            "take statement 1 out of the inline policy inline of role ops, in account 111122223333",
        ),
    ] {
        if several {
            let other = snapshot.accounts[ACCOUNT].clone();
            snapshot.accounts.insert("222233334444".to_owned(), other);
        }
        let graph = Graph::build(&snapshot, Some(Scope::Account));
        assert_eq!(change.edit(&graph).title, expected);
    }
}

#[test]
fn a_policy_of_a_users_group() {
    let estate = Estate::new().iam(json!({
        "users": [{"UserName": "ann", "UserId": "AIDAA", "Path": "/", "GroupList": ["admins"],
            "Arn": format!("arn:aws:iam::{ACCOUNT}:user/ann")}],
        "groups": [{"GroupName": "admins", "GroupId": "AGPA", "Path": "/",
            "Arn": format!("arn:aws:iam::{ACCOUNT}:group/admins"),
            "GroupPolicyList": [{"PolicyName": "all", "PolicyDocument": admin()}]}]}));
    let title = "take statement 1 out of the inline policy all of group admins";
    let commands = parts("a group's", &estate, "user/ann", "account-admin", &[title]);
    assert_eq!(
        commands,
        ["aws iam delete-group-policy --group-name admins --policy-name all"]
    );
}

#[test]
fn a_trust_policy() {
    let estate = Estate::new().iam(json!({"roles": [
        role("app", &nobody(), &allow("s3:GetObject", "*")),
        role("deploy", &trusts(&role_arn("app")), &admin())]}));
    let titles = [
        "take statement 1 out of the inline policy inline of role deploy",
        "turn the only statement of the trust policy of role deploy into a denial",
    ];
    let commands = parts("by name", &estate, "role/app", "account-admin", &titles);
    assert!(commands[1].contains("\"Effect\":\"Deny\""), "{commands:?}");
}

#[test]
fn what_a_service_account_gets() {
    let by_token = Estate::new()
        .pod("web", "api")
        .irsa_role("api", "web", "api", admin());
    let titles = [
        "take statement 1 out of the inline policy inline of role api",
        "turn the only statement of the trust policy of role api into a denial",
    ];
    parts("IRSA", &by_token, "sa/web/api", "account-admin", &titles);

    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    let by_association = Estate::new()
        .pod("web", "api")
        .iam(json!({"roles": [role("api", &trust, &admin())]}))
        .eks(json!({"pod_identity": [{"clusterName": CLUSTER, "namespace": "web", "serviceAccount": "api",
            "roleArn": role_arn("api"), "associationId": "a-1"}]}));
    let titles = [
        "take statement 1 out of the inline policy inline of role api",
        "turn the only statement of the trust policy of role api into a denial",
        "delete the Pod Identity association of service account web/api in prod",
    ];
    let commands = parts(
        "Pod Identity",
        &by_association,
        "sa/web/api",
        "account-admin",
        &titles,
    );
    assert_eq!(
        commands[2],
        "aws eks delete-pod-identity-association --cluster-name prod --association-id a-1 --region eu-west-1"
    );
}

/// A ClusterRoleBinding to all there is.
fn bound(subjects: &Value) -> Value {
    json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "all"},
            "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
        "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "team"}, "subjects": subjects,
            "roleRef": {"kind": "ClusterRole", "name": "all", "apiGroup": "rbac.authorization.k8s.io"}}]})
}

#[test]
fn a_subject_of_a_binding() {
    let api = json!({"kind": "ServiceAccount", "name": "api", "namespace": "web"});
    let title = "take the service account web/api out of the ClusterRoleBinding team in prod";
    let context = "kubectl --context arn:aws:eks:eu-west-1:111122223333:cluster/prod";
    // What is at a place is tested before it is removed, the last place first.
    let patched = |operations: &[(&str, usize, &str, Option<&str>)]| {
        let operations = operations.iter().map(|(op, at, field, value)| {
            let mut one = json!({"op": op, "path": format!("/subjects/{at}{field}")});
            if let Some(value) = value {
                one["value"] = json!(value);
            }
            one
        });
        let operations = Value::Array(operations.collect());
        format!("{context} patch clusterrolebinding team --type=json -p '{operations}'")
    };
    for (what, subjects, command) in [
        (
            "alone",
            json!([api]),
            format!("{context} delete clusterrolebinding team"),
        ),
        (
            "beside another",
            json!([{"kind": "User", "name": "jane"}, api]),
            patched(&[
                ("test", 1, "/kind", Some("ServiceAccount")),
                ("test", 1, "/name", Some("api")),
                ("test", 1, "/namespace", Some("web")),
                ("remove", 1, "", None),
            ]),
        ),
        (
            "twice beside another",
            json!([api, {"kind": "User", "name": "jane"}, api]),
            patched(&[
                ("test", 2, "/kind", Some("ServiceAccount")),
                ("test", 2, "/name", Some("api")),
                ("test", 2, "/namespace", Some("web")),
                ("remove", 2, "", None),
                ("test", 0, "/kind", Some("ServiceAccount")),
                ("test", 0, "/name", Some("api")),
                ("test", 0, "/namespace", Some("web")),
                ("remove", 0, "", None),
            ]),
        ),
    ] {
        let estate = Estate::new().pod("web", "api").kubernetes(bound(&subjects));
        let commands = parts(what, &estate, "sa/web/api", "cluster-admin", &[title]);
        assert_eq!(commands, [command], "{what}");
    }
}

#[test]
fn how_a_principal_comes_in() {
    let ops = || {
        Estate::new().iam(json!({"roles": [role("ops", &nobody(), &allow("s3:GetObject", "*"))]}))
    };
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    let by_entry = ops().eks(
        json!({"access": [{"entry": {"principalArn": role_arn("ops"), "type": "STANDARD"},
        "policies": [{"policyArn": policy, "accessScope": {"type": "cluster"}}]}]}),
    );
    let title = "delete the access entry of role ops in prod";
    let commands = parts(
        "by an entry",
        &by_entry,
        "role/ops",
        "cluster-admin",
        &[title],
    );
    assert!(
        commands[0].starts_with("aws eks delete-access-entry --cluster-name prod"),
        "{commands:?}"
    );

    let map = format!(
        "- rolearn: {}\n  username: ops\n  groups: [system:masters]\n",
        role_arn("ops")
    );
    let by_map = ops().kubernetes(json!({"config_maps": [
        {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": map}}]}));
    let title = "take the mapping of role ops out of aws-auth in prod";
    parts(
        "by aws-auth",
        &by_map,
        "role/ops",
        "cluster-admin",
        &[title],
    );
}

#[test]
fn a_pod_that_gets_onto_its_node() {
    let pod = |spec: Value| {
        json!({"nodes": [{"metadata": {"name": "n1"}}],
        "pods": [{"metadata": {"name": "agent-0", "namespace": "web"}, "status": {"phase": "Running"}, "spec": spec}]})
    };
    let estate = Estate::new().kubernetes(pod(json!({"nodeName": "n1", "hostPID": true,
        "containers": [{"name": "main", "image": "a:1", "securityContext": {"privileged": true},
            "volumeMounts": [{"name": "root", "mountPath": "/host"}]}],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}]})));
    let title = "hold the pods of Pod web/agent-0 to the Pod Security Standard baseline";
    parts(
        "a privileged pod",
        &estate,
        "pod/web/agent-0",
        "node/n1",
        &[title],
    );
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account));
    let change = cuts(&snapshot, "pod/web/agent-0", "node/n1").unwrap();
    let edit = change.first().unwrap().edit(&graph);
    assert_eq!(
        edit.by_hand,
        [
            "spec.hostPID: false",
            "no volume root (hostPath /)",
            "container main: privileged: false",
            "all in changed.yaml, between the commands: the second deletes the Pod and makes it again"
        ]
    );
    // A pod's spec cannot be edited.
    let last = edit.commands.last().unwrap();
    assert!(
        last.ends_with("replace --force -f changed.yaml"),
        "{edit:#?}"
    );
}

#[test]
fn a_static_key() {
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    let estate = |keys: Value, env: Value| {
        Estate::new()
            .iam(json!({"users": [{"UserName": "ci", "UserId": "AIDA", "Path": "/",
                "Arn": format!("arn:aws:iam::{ACCOUNT}:user/ci"),
                "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": admin()}]}], "access_keys": keys}))
            .kubernetes(json!({"pods": [{"metadata": {"name": "job", "namespace": "web"},
                "spec": {"containers": [{"name": "main", "image": "a:1", "env": env}]}, "status": {"phase": "Running"}}]}))
    };
    let key = |id: &str| json!({"UserName": "ci", "AccessKeyId": id, "Status": "Active"});
    let env = |id: &str| json!({"name": format!("KEY_{}", id.len()), "value": id});
    let titles = [
        "take statement 1 out of the inline policy all of user ci",
        "make the access key AKIA…MPLE of user ci inactive",
    ];
    let one = estate(json!([key(KEY)]), json!([env(KEY)]));
    let commands = parts("one key", &one, "pod/web/job", "account-admin", &titles);
    assert_eq!(
        commands[1],
        format!("aws iam update-access-key --user-name ci --access-key-id {KEY} --status Inactive")
    );
    // The key that it does not have stays as it is.
    let other = "AKIAI44QH8DHBEXAMPLE";
    let two = estate(json!([key(KEY), key(other)]), json!([env(KEY)]));
    parts(
        "one of two keys",
        &two,
        "pod/web/job",
        "account-admin",
        &titles,
    );
}

/// A node with the role of nodes, who is administrator, and a pod on it.
fn on_a_node(options: &Value, template: &Value, spec: &Value) -> Estate {
    let mut pod = json!({"nodeName": "n", "containers": [{"name": "c", "image": "i"}]});
    for (key, value) in spec.as_object().unwrap() {
        pod[key] = value.clone();
    }
    Estate::new()
        .iam(json!({"roles": [role("nodes", &nobody(), &admin())]}))
        .eks(json!({"cluster": {"kubernetesNetworkConfig": {"ipFamily": "ipv4"}}, "nodegroups": [{"nodegroupName": "g",
            "nodeRole": role_arn("nodes"), "launchTemplate": {"name": "t", "id": "lt-1", "version": "2"}}]}))
        .region(json!({"ec2": {"instances": [{"InstanceId": "i-1", "MetadataOptions": options}],
            "launch_template_versions": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "t", "VersionNumber": 2,
                "LaunchTemplateData": {"MetadataOptions": template}}]}}))
        .kubernetes(json!({
            "nodes": [{"metadata": {"name": "n", "labels": {"eks.amazonaws.com/nodegroup": "g"}},
                "spec": {"providerID": "aws:///eu-west-1a/i-1"}}],
            "service_accounts": [{"metadata": {"name": "x", "namespace": "a"}}],
            "pods": [{"metadata": {"name": "x", "namespace": "a"}, "spec": pod, "status": {"phase": "Running"}}]}))
}

#[test]
fn the_metadata_services_of_nodes() {
    let open = json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 2});
    let closed = json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 1});
    let account = json!({"serviceAccountName": "x"});
    let of_host = json!({"serviceAccountName": "x", "hostNetwork": true});
    let role = "take statement 1 out of the inline policy inline of role nodes";
    let imds = "require IMDSv2 with hop limit 1 on the nodes of prod";
    for (what, options, template, spec, titles, commands) in [
        (
            "by its instance",
            &open,
            &closed,
            &account,
            &[role, imds][..],
            2,
        ),
        (
            "by its launch template",
            &Value::Null,
            &open,
            &account,
            &[role, imds],
            2,
        ),
        (
            "by both",
            &json!({"HttpTokens": "optional"}),
            &open,
            &account,
            &[role, imds],
            3,
        ),
        (
            "nothing was seen of it",
            &Value::Null,
            &Value::Null,
            &account,
            &[role],
            1,
        ),
        (
            "it shares the node's network",
            &open,
            &closed,
            &of_host,
            &[role],
            1,
        ),
    ] {
        let estate = on_a_node(options, template, spec);
        let found = parts(what, &estate, "sa/a/x", "account-admin", titles);
        assert_eq!(found.len(), commands, "{what}: {found:?}");
    }
    let commands = parts(
        "as commands",
        &on_a_node(&open, &open, &account),
        "sa/a/x",
        "account-admin",
        &[role, imds],
    );
    assert_eq!(
        commands[1..],
        [
            "aws ec2 modify-instance-metadata-options --instance-id i-1 --http-tokens required \
             --http-put-response-hop-limit 1 --region eu-west-1",
            "aws ec2 create-launch-template-version --launch-template-id lt-1 --source-version 2 --launch-template-data \
             '{\"MetadataOptions\":{\"HttpPutResponseHopLimit\":1,\"HttpTokens\":\"required\"}}' --region eu-west-1",
        ]
    );
}

/// A pod whose role is administrator, behind a Service with these annotations, and an Ingress with those.
fn behind(service: &Value, ingress: Option<&Value>, more: &Value) -> Estate {
    let kind = if ingress.is_some() {
        "ClusterIP"
    } else {
        "LoadBalancer"
    };
    let elb = |name: &str| json!({"loadBalancer": {"ingress": [{"hostname": name}]}});
    let ingresses: Vec<Value> = ingress
        .iter()
        .map(|annotations| {
            json!({"metadata": {"name": "front", "namespace": "shop", "uid": "i", "annotations": annotations},
                "spec": {"ingressClassName": "alb", "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
                "status": elb("b.elb.amazonaws.com")})
        })
        .collect();
    Estate::new()
        .irsa_role("app", "shop", "web", admin())
        .region(more.clone())
        .kubernetes(json!({
            "nodes": [{"metadata": {"name": "n1"}, "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}}],
            "service_accounts": [{"metadata": {"name": "web", "namespace": "shop"}}],
            "pods": [{"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "labels": {"app": "web"}},
                "spec": {"serviceAccountName": "web", "nodeName": "n1", "containers": [{"name": "c", "image": "web:1"}]},
                "status": {"phase": "Running"}}],
            "ingresses": ingresses,
            "services": [{"metadata": {"name": "web", "namespace": "shop", "uid": "s", "annotations": service},
                "spec": {"type": kind, "selector": {"app": "web"}, "ports": [{"port": 80}]},
                "status": elb("a.elb.amazonaws.com")}]}))
}

#[test]
fn what_the_internet_reaches() {
    let role = [
        "take statement 1 out of the inline policy inline of role app",
        "turn the only statement of the trust policy of role app into a denial",
    ];
    let service = "make the load balancer of the Service shop/web in prod internal";
    let ingress = "make the load balancer of the Ingress shop/front in prod internal";
    let facing = json!({"alb.ingress.kubernetes.io/scheme": "internet-facing"});
    let grouped = json!({"alb.ingress.kubernetes.io/scheme": "internet-facing", "alb.ingress.kubernetes.io/group.name": "g"});
    let controller = json!({"service.beta.kubernetes.io/aws-load-balancer-type": "external",
        "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"});
    let read = json!({"elbv2": {"load_balancers": [{"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/a/1",
        "DNSName": "a.elb.amazonaws.com", "Scheme": "internet-facing"}]}});
    let none = json!({});
    for (what, estate, last) in [
        ("a Service", behind(&none, None, &none), Some(service)),
        (
            "one of the controller's",
            behind(&controller, None, &none),
            Some(service),
        ),
        (
            "an Ingress",
            behind(&none, Some(&facing), &none),
            Some(ingress),
        ),
        (
            "one of a group",
            behind(&none, Some(&grouped), &none),
            Some(ingress),
        ),
        (
            "one that its class opens",
            behind(&none, Some(&none), &none),
            None,
        ),
        (
            "AWS tells that it is open",
            behind(&none, None, &read),
            None,
        ),
    ] {
        let titles: Vec<&str> = role.into_iter().chain(last).collect();
        parts(what, &estate, "internet", "account-admin", &titles);
    }
    let commands = parts(
        "as commands",
        &behind(&none, Some(&facing), &none),
        "internet",
        "account-admin",
        &[role[0], role[1], ingress],
    );
    assert_eq!(
        commands[2],
        "kubectl --context arn:aws:eks:eu-west-1:111122223333:cluster/prod annotate ingress front -n shop --overwrite \
         alb.ingress.kubernetes.io/scheme=internal"
    );
}

#[test]
fn what_is_not_the_users_to_change() {
    // Nodes come in by it.
    let estate = Estate::new()
        .iam(json!({"roles": [role("nodes", &nobody(), &allow("s3:GetObject", "*"))]}))
        .eks(json!({"access": [{"entry": {"principalArn": role_arn("nodes"), "type": "EC2_LINUX",
            "username": "system:node:{{EC2PrivateDNSName}}", "kubernetesGroups": ["system:nodes"]}, "policies": []}]}));
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account));
    let entry = crate::graph::control::Cause::AccessEntry {
        cluster: CLUSTER.to_owned(),
        principal: role_arn("nodes"),
    };
    assert_eq!(Change::of(&entry, &graph), [], "the entry of nodes");
    // Its policies are its permission set's.
    let reserved = format!(
        "arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"
    );
    let trust = crate::graph::control::Cause::Trust {
        role: reserved,
        statement: 0,
    };
    assert_eq!(
        Change::of(&trust, &graph),
        [],
        "the trust of a reserved role"
    );
}

#[test]
fn statements_move_up_when_those_before_them_go() {
    let of = |statement| Change::InlineStatement {
        holder: role_arn("ops"),
        policy: "p".to_owned(),
        statement,
    };
    let other = Change::InlineStatement {
        holder: role_arn("ops"),
        policy: "q".to_owned(),
        statement: 0,
    };
    let made = BTreeSet::from([of(0), of(2), other]);
    for (then, now) in [(1, 0), (3, 1), (4, 2)] {
        assert_eq!(of(then).now(&made), of(now), "{then} is {now}");
        assert_eq!(of(now).before(&made), of(then), "{now} was {then}");
    }
    // Both gone, the others are as they were.
    let three = policy(&json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]));
    let mut ops = role("ops", &irsa_trust(&json!({})), &three);
    ops["RolePolicyList"][0]["PolicyName"] = json!("p");
    let snapshot = Estate::new().iam(json!({"roles": [ops]})).snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account));
    let changed = apply(&graph, &made);
    let left = changed.accounts[ACCOUNT].iam.roles[0].role_policy_list[0]
        .policy_document
        .as_str();
    assert!(
        left.contains("ec2:*") && !left.contains("s3:*") && !left.contains("sqs:*"),
        "{left}"
    );
}
