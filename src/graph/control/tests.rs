//! Who becomes cluster-admin from AWS: for each way what it takes, and what is missing where it is not one.
#![allow(clippy::unwrap_used)]

mod chains;
mod changed;
mod drawn;
mod instance;
mod internet;
mod jewels;
mod method;
mod origins;
mod search;
mod static_key;
mod things;
mod volume;

use serde_json::{Value, json};

use crate::checks::testing::{ACCOUNT, CLUSTER, Estate, ISSUER, allow, role, role_arn};
use crate::graph::Graph;
use crate::graph::jewel::Admin;
use crate::snapshot::Snapshot;

/// Whom nobody but a test's own statement lets in.
fn nobody() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A role `ops` with these statements.
fn ops(statements: &Value) -> Estate {
    Estate::new().iam(json!({"roles": [role("ops", &nobody(), &policy(statements))]}))
}

fn may(actions: &[&str]) -> Value {
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}

fn found(snapshot: &Snapshot, id: &str) -> Option<Admin> {
    let graph = Graph::build(snapshot, None);
    let admins = graph.cluster_admins();
    admins.admins.into_iter().find(|admin| admin.id == id)
}

/// How the role `ops` becomes cluster-admin: its steps, whether for certain, and the way in one line.
fn way(estate: &Estate) -> Option<(usize, bool, String)> {
    let admin = found(&estate.snapshot(), &role_arn("ops"))?;
    let path: Vec<String> = admin
        .path
        .iter()
        .map(|taken| format!("{} {}", taken.step.edge.as_str(), taken.step.to))
        .collect();
    Some((admin.steps, admin.certain, path.join("; ")))
}

#[track_caller]
fn expect(estate: &Estate, what: &str, expected: Option<(usize, bool)>) {
    let found = way(estate);
    let gist = found.as_ref().map(|(steps, certain, _)| (*steps, *certain));
    assert_eq!(gist, expected, "{what}: {found:?}");
}

/// A group that is bound to cluster-admin.
fn bound_group(name: &str) -> Value {
    json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"},
            "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
        "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "all-of-it"},
            "subjects": [{"kind": "Group", "name": name, "apiGroup": "rbac.authorization.k8s.io"}],
            "roleRef": {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": "rbac.authorization.k8s.io"}}]})
}

fn mode(mode: &str) -> Value {
    json!({"cluster": {"accessConfig": {"authenticationMode": mode}}})
}

fn own_entry() -> Value {
    json!({"access": [{"entry": {"principalArn": role_arn("ops"), "createdAt": "2026-01-01T00:00:00Z",
        "type": "STANDARD", "kubernetesGroups": ["readers"]}, "policies": []}]})
}

#[test]
fn an_entry_with_an_access_policy() {
    let both = ["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"];
    let with_mode = |actions: &[&str], name: &str| ops(&may(actions)).eks(mode(name));
    let all = [
        "eks:CreateAccessEntry",
        "eks:AssociateAccessPolicy",
        "eks:UpdateClusterConfig",
    ];
    for (what, estate, expected) in [
        ("both", ops(&may(&both)), Some((1, true))),
        ("API", with_mode(&both, "API"), Some((1, true))),
        ("the entry alone", ops(&may(&both[..1])), None),
        (
            "the policy alone, with no entry",
            ops(&may(&both[1..])),
            None,
        ),
        (
            "the policy alone, with an entry",
            ops(&may(&both[1..])).eks(own_entry()),
            Some((1, true)),
        ),
        ("CONFIG_MAP", with_mode(&both, "CONFIG_MAP"), None),
        (
            "CONFIG_MAP that it changes",
            with_mode(&all, "CONFIG_MAP"),
            Some((1, true)),
        ),
        (
            "changing the mode alone",
            with_mode(&all[2..], "CONFIG_MAP"),
            None,
        ),
    ] {
        expect(&estate, what, expected);
    }
}

#[test]
fn conditions_limit_entries_and_policies() {
    let arn = |name: &str| format!("arn:aws:eks::aws:cluster-access-policy/{name}");
    let with = |create: Value, associate: Value| {
        ops(&json!([
            {"Effect": "Allow", "Action": "eks:CreateAccessEntry", "Resource": "*", "Condition": create},
            {"Effect": "Allow", "Action": "eks:AssociateAccessPolicy", "Resource": "*", "Condition": associate}]))
    };
    let none = || json!({});
    let policy = |name: &str| json!({"ArnEquals": {"eks:policyArn": arn(name)}});
    let scope = |namespace: &str| {
        json!({"StringEquals": {"eks:accessScope": "namespace"},
            "ForAllValues:StringEquals": {"eks:namespaces": [namespace]}})
    };
    for (what, create, associate, expected) in [
        (
            "this policy",
            none(),
            policy("AmazonEKSClusterAdminPolicy"),
            Some((1, true)),
        ),
        ("to view alone", none(), policy("AmazonEKSViewPolicy"), None),
        ("in one namespace", none(), scope("dev"), None),
        (
            "in that of the controllers",
            none(),
            scope("kube-system"),
            Some((1, true)),
        ),
        (
            "for itself",
            json!({"ArnEquals": {"eks:principalArn": role_arn("ops")}}),
            none(),
            Some((1, true)),
        ),
        (
            "for another",
            json!({"ArnEquals": {"eks:principalArn": role_arn("dev")}}),
            none(),
            Some((1, false)),
        ),
        (
            "for nodes alone",
            json!({"StringEquals": {"eks:accessEntryType": "EC2_LINUX"}}),
            none(),
            None,
        ),
        (
            "in another region",
            json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),
            none(),
            None,
        ),
        (
            "with MFA, which a session of a role has not",
            none(),
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            None,
        ),
        (
            "from one network",
            none(),
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            Some((1, false)),
        ),
    ] {
        expect(&with(create, associate), what, expected);
    }
}

#[test]
fn the_resources_of_the_actions_are_the_cluster_and_the_entry() {
    let on = |cluster: &str, entry: &str| {
        ops(&json!([
            {"Effect": "Allow", "Action": "eks:CreateAccessEntry",
                "Resource": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/{cluster}")},
            {"Effect": "Allow", "Action": "eks:AssociateAccessPolicy",
                "Resource": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:access-entry/{entry}")}]))
    };
    let own = format!("{CLUSTER}/role/{ACCOUNT}/ops/*");
    expect(&on(CLUSTER, &own), "its own entry", Some((1, true)));
    expect(
        &on(CLUSTER, &format!("{CLUSTER}/role/{ACCOUNT}/dev/*")),
        "another's entry",
        None,
    );
    expect(&on("other", &own), "another cluster", None);
}

#[test]
fn a_group_or_user_name_that_has_power() {
    let create = ["eks:CreateAccessEntry"];
    let group = |name: &str| bound_group(name);
    let only = |name: &str| {
        ops(
            &json!([{"Effect": "Allow", "Action": "eks:CreateAccessEntry", "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"eks:kubernetesGroups": [name]}}}]),
        )
    };
    for (what, estate, expected) in [
        (
            "a group of one's own",
            ops(&may(&create)).kubernetes(group("ops")),
            Some((1, true)),
        ),
        (
            "one that EKS refuses",
            ops(&may(&create)).kubernetes(group("system:ops")),
            None,
        ),
        (
            "a condition that leaves it",
            only("ops").kubernetes(group("ops")),
            Some((1, true)),
        ),
        (
            "a condition that leaves another",
            only("dev").kubernetes(group("ops")),
            None,
        ),
        (
            "an entry that it changes",
            ops(&may(&["eks:UpdateAccessEntry"]))
                .eks(own_entry())
                .kubernetes(group("ops")),
            Some((1, true)),
        ),
        (
            "no entry to change",
            ops(&may(&["eks:UpdateAccessEntry"])).kubernetes(group("ops")),
            None,
        ),
    ] {
        expect(&estate, what, expected);
    }
}

/// A role `admin` that comes in as cluster-admin, with this trust policy.
fn admin_role(trust: &Value) -> Estate {
    Estate::new()
        .iam(json!({"roles": [role("admin", trust, &policy(&json!([])))]}))
        .eks(json!({"access": [{"entry": {"principalArn": role_arn("admin"), "type": "STANDARD",
            "createdAt": "2026-01-01T00:00:00Z"},
            "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                "accessScope": {"type": "cluster"}}]}]}))
}

fn with_ops(estate: Estate, statements: &Value) -> Estate {
    estate.iam(json!({"roles": [role("ops", &nobody(), &policy(statements))]}))
}

#[test]
fn a_role_that_comes_in_as_cluster_admin() {
    let trusts = |principal: &Value, action: &Value| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}]});
    let account = trusts(
        &json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}),
        &json!("sts:AssumeRole"),
    );
    let itself = trusts(&json!({"AWS": role_arn("ops")}), &json!("sts:AssumeRole"));
    let pods = trusts(
        &json!({"Service": "pods.eks.amazonaws.com"}),
        &json!(["sts:AssumeRole", "sts:TagSession"]),
    );
    let none = json!([]);
    let assume = may(&["sts:AssumeRole"]);
    let rewrite = may(&["iam:UpdateAssumeRolePolicy"]);
    let pass = may(&["iam:PassRole", "eks:CreatePodIdentityAssociation"]);
    let update = may(&["iam:PassRole", "eks:UpdatePodIdentityAssociation"]);
    for (what, trust, statements, expected) in [
        (
            "the account is trusted and it may assume",
            &account,
            &assume,
            Some((1, true)),
        ),
        (
            "the account is trusted and it may not",
            &account,
            &none,
            None,
        ),
        ("it is trusted itself", &itself, &none, Some((1, true))),
        ("it may assume and is not trusted", &pods, &assume, None),
        (
            "it rewrites the trust policy",
            &pods,
            &rewrite,
            Some((1, true)),
        ),
        ("it passes the role to pods", &pods, &pass, Some((1, false))),
        (
            "it changes an association",
            &pods,
            &update,
            Some((1, false)),
        ),
        (
            "it passes a role that does not trust pods",
            &account,
            &pass,
            None,
        ),
    ] {
        expect(&with_ops(admin_role(trust), statements), what, expected);
    }
    let held =
        admin_role(&pods)
            .pod("ci", "runner")
            .irsa_role("ops", "ci", "runner", policy(&pass));
    expect(
        &held,
        "it passes the role, and is a pod's itself",
        Some((1, true)),
    );
}

/// A cluster whose one node runs a pod that is cluster-admin; the node is of a group.
fn with_node(ami: &str, node_policy: Value) -> Estate {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    Estate::new()
        .iam(json!({"roles": [role("node", &trust, &node_policy)]}))
        .eks(json!({"nodegroups": [{"nodegroupName": "workers", "nodeRole": role_arn("node"), "amiType": ami}]}))
        .kubernetes(json!({
            "nodes": [{"metadata": {"name": "n1", "labels": {"eks.amazonaws.com/nodegroup": "workers"}},
                "spec": {"providerID": "aws:///eu-west-1a/i-0aaaaaaaaaaaaaaaa"}}],
            "namespaces": [{"metadata": {"name": "ci"}}],
            "service_accounts": [{"metadata": {"name": "runner", "namespace": "ci"}}],
            "pods": [{"metadata": {"name": "runner-0", "namespace": "ci", "uid": "u"},
                "spec": {"serviceAccountName": "runner", "nodeName": "n1", "containers": [{"name": "main",
                    "image": format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/runner:1")}]},
                "status": {"phase": "Running"}}],
            "roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"},
                "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "runner"},
                "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}],
                "roleRef": {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": "rbac.authorization.k8s.io"}}],
        }))
}

/// Of two groups one has the agent; what is worth something is on the other's node.
#[test]
fn the_agent_of_one_node_is_none_of_another() {
    let sessions = policy(&may(&["ssm:StartSession"]));
    let one = with_node("CUSTOM", allow("ssmmessages:*", "*"))
        .iam(json!({"roles": [role("ops", &nobody(), &sessions)]}));
    expect(&one, "one group", Some((2, false)));
    let two = one
        .eks(
            json!({"nodegroups": [{"nodegroupName": "others", "nodeRole": role_arn("node"),
            "amiType": "AL2023_x86_64_STANDARD"}]}),
        )
        .kubernetes(json!({"nodes": [{"metadata": {"name": "n2",
            "labels": {"eks.amazonaws.com/nodegroup": "others"}},
            "spec": {"providerID": "aws:///eu-west-1a/i-0cccccccccccccccc"}}]}));
    expect(&two, "two groups", Some((2, false)));
}

#[test]
fn into_a_node_by_systems_manager() {
    let managed = || allow("ssmmessages:*", "*");
    let on = |resource: &str| {
        json!([{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": [resource,
            "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"]}])
    };
    let instance = |id: &str| format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{id}");
    let node = || with_node("AL2023_x86_64_STANDARD", managed());
    for (what, estate, statements, expected) in [
        ("every instance", node(), on("*"), Some((2, true))),
        (
            "this one",
            node(),
            on(&instance("i-0aaaaaaaaaaaaaaaa")),
            Some((2, true)),
        ),
        (
            "another",
            node(),
            on(&instance("i-0bbbbbbbbbbbbbbbb")),
            None,
        ),
        (
            "every instance but this one",
            node(),
            json!([{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*"},
                {"Effect": "Deny", "Action": "ssm:SendCommand", "Resource": instance("i-0aaaaaaaaaaaaaaaa")}]),
            None,
        ),
        (
            "a session",
            node(),
            may(&["ssm:StartSession"]),
            Some((2, true)),
        ),
        (
            "no document",
            node(),
            json!([{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": instance("*")}]),
            None,
        ),
        (
            "an image of one's own",
            with_node("CUSTOM", managed()),
            on("*"),
            Some((2, false)),
        ),
        (
            "a role that Systems Manager does not reach",
            with_node("AL2023_x86_64_STANDARD", allow("ec2:Describe*", "*")),
            on("*"),
            Some((2, false)),
        ),
        (
            "a key for SSH",
            node(),
            may(&["ec2-instance-connect:SendSSHPublicKey"]),
            Some((2, false)),
        ),
        (
            "a start script",
            node(),
            may(&[
                "ec2:ModifyInstanceAttribute",
                "ec2:StopInstances",
                "ec2:StartInstances",
            ]),
            Some((2, false)),
        ),
        (
            "half of that",
            node(),
            may(&["ec2:ModifyInstanceAttribute", "ec2:StopInstances"]),
            None,
        ),
        (
            "a node of one's own",
            node(),
            may(&["iam:PassRole", "ec2:RunInstances"]),
            Some((2, false)),
        ),
    ] {
        expect(&with_ops(estate, &statements), what, expected);
    }
}

#[test]
fn into_nodes_by_their_launch_template() {
    let group = json!({"nodegroups": [{"nodegroupName": "workers", "nodeRole": role_arn("node"),
        "nodegroupArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:nodegroup/{CLUSTER}/workers/a-1"),
        "launchTemplate": {"id": "lt-0aaa", "version": "3"}}]});
    let estate = || with_node("CUSTOM", policy(&json!([]))).eks(group.clone());
    let on = |template: &str| {
        json!([{"Effect": "Allow", "Action": "eks:UpdateNodegroupVersion", "Resource": "*"},
            {"Effect": "Allow", "Action": "ec2:CreateLaunchTemplateVersion",
                "Resource": format!("arn:aws:ec2:*:*:launch-template/{template}")}])
    };
    for (what, statements, expected) in [
        ("this template", on("lt-0aaa"), Some((2, false))),
        ("another template", on("lt-0bbb"), None),
        (
            "a version that no node takes",
            may(&["ec2:CreateLaunchTemplateVersion"]),
            None,
        ),
        (
            "a new start with what is there",
            may(&["eks:UpdateNodegroupVersion"]),
            None,
        ),
    ] {
        expect(&with_ops(estate(), &statements), what, expected);
    }
}

#[test]
fn an_image_under_a_tag_that_pods_run() {
    let push = [
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
    ];
    let repository = |mutability: &str| {
        json!({"ecr": {"repositories": [{"repositoryName": "runner", "registryId": ACCOUNT,
            "repositoryArn": format!("arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/runner"),
            "imageTagMutability": mutability}]}})
    };
    let node = || with_node("AL2023_x86_64_STANDARD", policy(&json!([])));
    for (what, mutability, actions, expected) in [
        ("all that it takes", "MUTABLE", &push[..], Some((1, false))),
        ("tags that cannot be moved", "IMMUTABLE", &push[..], None),
        ("without the last", "MUTABLE", &push[..3], None),
    ] {
        expect(
            &with_ops(node().region(repository(mutability)), &may(actions)),
            what,
            expected,
        );
    }
    let excluding = |mutability: &str, filter: &str| {
        let mut region = repository(mutability);
        region["ecr"]["repositories"][0]["imageTagMutabilityExclusionFilters"] =
            json!([{"filterType": "WILDCARD", "filter": filter}]);
        region
    };
    // The pods run the tag `1`.
    for (mutability, filter, expected) in [
        ("IMMUTABLE_WITH_EXCLUSION", "1*", Some((1, false))),
        ("IMMUTABLE_WITH_EXCLUSION", "dev-*", None),
        ("MUTABLE_WITH_EXCLUSION", "1", None),
        ("MUTABLE_WITH_EXCLUSION", "v*", Some((1, false))),
    ] {
        let estate = with_ops(node().region(excluding(mutability, filter)), &may(&push));
        expect(&estate, &format!("{mutability} {filter}"), expected);
    }
    // The repository's own policy gives and takes away.
    let own = |effect: &str, principal: Value| {
        let statement = json!({"Effect": effect, "Principal": principal, "Action": push});
        let text = policy(&json!([statement])).to_string();
        let mut region = repository("MUTABLE");
        region["ecr"]["policies"] = json!([{"repositoryName": "runner", "policyText": text}]);
        region
    };
    let ops = json!({"AWS": role_arn("ops")});
    let other = json!({"AWS": role_arn("other")});
    for (what, region, actions, expected) in [
        (
            "given by the repository",
            own("Allow", ops.clone()),
            &push[..0],
            Some((1, false)),
        ),
        (
            "given to somebody else",
            own("Allow", other.clone()),
            &push[..0],
            None,
        ),
        ("taken away", own("Deny", ops), &push[..], None),
        (
            "taken away from somebody else",
            own("Deny", other),
            &push[..],
            Some((1, false)),
        ),
    ] {
        let actions = match actions.is_empty() {
            true => &["s3:GetObject"][..],
            false => actions,
        };
        expect(
            &with_ops(node().region(region), &may(actions)),
            what,
            expected,
        );
    }
}

/// How the workload `web/api` becomes cluster-admin: its steps, whether for certain, and the kinds of its edges.
fn workload_way(estate: &Estate) -> Option<(usize, bool, Vec<&'static str>)> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let control = graph.control();
    let mut workloads = graph.workloads.workloads.iter();
    let at = workloads.position(|one| (one.namespace, one.name.as_str()) == ("web", "api"))?;
    let from = control.nodes().workload(at)?;
    let goal = control.nodes().cluster(CLUSTER)?;
    let certain = control.toward(&[goal], true);
    let all = control.toward(&[goal], false);
    let toward = match certain.steps(from) {
        Some(_) => &certain,
        None => &all,
    };
    let way = control.way(toward, from)?;
    let first = way.path.first()?;
    assert_eq!(first.step.from, format!("k8s://{CLUSTER}/web/Pod/api"));
    let kinds = way.path.iter().map(|taken| taken.step.edge.as_str());
    Some((way.steps, way.open().is_empty(), kinds.collect()))
}

/// The pod `web/api` of this spec, beside a pod that is cluster-admin, on nodes of these names and this system.
fn beside(spec: &Value, on: &str, other: &str, system: &str) -> Estate {
    let mut pod = json!({"serviceAccountName": "api", "automountServiceAccountToken": false, "nodeName": on,
        "containers": [{"name": "main", "image": "i"}]});
    for (key, value) in spec.as_object().unwrap() {
        pod[key] = value.clone();
    }
    let node = |name: &str| json!({"metadata": {"name": name}, "status": {"nodeInfo": {"osImage": system}}});
    Estate::new().kubernetes(json!({
        "nodes": [node("n1"), node("n2")],
        "namespaces": [{"metadata": {"name": "ci"}}, {"metadata": {"name": "web"}}],
        "service_accounts": [{"metadata": {"name": "runner", "namespace": "ci"}},
            {"metadata": {"name": "api", "namespace": "web"}}],
        "pods": [{"metadata": {"name": "runner-0", "namespace": "ci", "uid": "u"},
            "spec": {"serviceAccountName": "runner", "nodeName": other, "containers": [{"name": "main"}]},
            "status": {"phase": "Running"}},
            {"metadata": {"name": "api", "namespace": "web", "uid": "w"}, "spec": pod, "status": {"phase": "Running"}}],
        "roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"},
            "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
        "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "runner"},
            "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}],
            "roleRef": {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": "rbac.authorization.k8s.io"}}],
    }))
}

#[test]
fn out_of_a_container_onto_its_node() {
    const AMAZON: &str = "Amazon Linux 2023.6.20250101";
    let of = |settings: Value| json!({"containers": [{"name": "main", "image": "i", "securityContext": settings}]});
    let privileged = || of(json!({"privileged": true, "runAsUser": 0}));
    let mounting = |path: &str, read_only: bool| {
        json!({"securityContext": {"runAsUser": 0}, "volumes": [{"name": "v", "hostPath": {"path": path}}],
            "containers": [{"name": "main", "image": "i",
                "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": read_only}]}]})
    };
    let module = || of(json!({"runAsUser": 0, "capabilities": {"add": ["SYS_MODULE"]}}));
    let onto = vec!["escapes-to-node", "hosts-pod", "bound-to"];
    let tokens = vec!["reads-pod-tokens", "bound-to"];
    for (what, estate, expected) in [
        ("plain", beside(&json!({}), "n1", "n1", AMAZON), None),
        (
            "privileged",
            beside(&privileged(), "n1", "n1", AMAZON),
            Some((true, &onto)),
        ),
        (
            "on another node",
            beside(&privileged(), "n2", "n1", AMAZON),
            None,
        ),
        (
            "on Fargate",
            beside(&privileged(), "fargate-ip-1", "fargate-ip-1", AMAZON),
            None,
        ),
        (
            "on no node yet",
            beside(&privileged(), "", "n1", AMAZON),
            Some((false, &onto)),
        ),
        (
            "as its image has it",
            beside(&of(json!({"privileged": true})), "n1", "n1", AMAZON),
            Some((false, &onto)),
        ),
        (
            "a capability",
            beside(&module(), "n1", "n1", AMAZON),
            Some((true, &onto)),
        ),
        (
            "a capability on Bottlerocket",
            beside(&module(), "n1", "n1", "Bottlerocket OS 1.30"),
            Some((false, &onto)),
        ),
        (
            "another capability",
            beside(
                &of(json!({"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}})),
                "n1",
                "n1",
                AMAZON,
            ),
            None,
        ),
        (
            "the files of the node",
            beside(&mounting("/etc", false), "n1", "n1", AMAZON),
            Some((true, &onto)),
        ),
        (
            "the same to read",
            beside(&mounting("/etc", true), "n1", "n1", AMAZON),
            None,
        ),
        (
            "the volumes of pods",
            beside(&mounting("/var/lib/kubelet/pods", true), "n1", "n1", AMAZON),
            Some((true, &tokens)),
        ),
        (
            "those of another node",
            beside(&mounting("/var/lib/kubelet/pods", true), "n2", "n1", AMAZON),
            None,
        ),
    ] {
        let found = workload_way(&estate);
        let gist = found.as_ref().map(|(_, certain, kinds)| (*certain, kinds));
        assert_eq!(gist, expected, "{what}: {found:?}");
    }
}

#[test]
fn a_workload_has_the_token_of_its_account() {
    let bound = json!({"role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "api"},
        "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"}],
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": "rbac.authorization.k8s.io"}}]});
    let token = |audience: Option<&str>| json!({"volumes": [{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "audience": audience}}]}}]});
    let runs_as = vec!["runs-as"];
    for (what, spec, expected) in [
        (
            "mounted",
            json!({"automountServiceAccountToken": true}),
            Some(&runs_as),
        ),
        ("not mounted", json!({}), None),
        ("projected", token(None), Some(&runs_as)),
        (
            "projected for others",
            token(Some("sts.amazonaws.com")),
            None,
        ),
    ] {
        let estate = beside(&spec, "n1", "n2", "Amazon Linux 2023").kubernetes(bound.clone());
        let found = workload_way(&estate);
        let kinds = found.as_ref().map(|(.., kinds)| kinds);
        let kinds = kinds.map(|kinds| kinds.iter().take(1).copied().collect::<Vec<_>>());
        assert_eq!(kinds.as_ref(), expected, "{what}: {found:?}");
    }
}

#[test]
fn a_role_comes_without_the_clusters_own_token() {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{ISSUER}:sub"): "system:serviceaccount:web:api"}}}]});
    for (annotated, expected) in [(true, true), (false, false)] {
        let annotations = match annotated {
            true => json!({"eks.amazonaws.com/role-arn": role_arn("admin")}),
            false => json!({}),
        };
        let estate = admin_role(&trust).kubernetes(json!({
            "namespaces": [{"metadata": {"name": "web"}}],
            "service_accounts": [{"metadata": {"name": "api", "namespace": "web", "annotations": annotations},
                "automountServiceAccountToken": false}],
            "pods": [{"metadata": {"name": "api", "namespace": "web", "uid": "w"},
                "spec": {"serviceAccountName": "api", "containers": [{"name": "main"}]}, "status": {"phase": "Running"}}]}));
        let found = workload_way(&estate);
        let first = found
            .as_ref()
            .and_then(|(.., kinds)| kinds.first().copied());
        assert_eq!(
            first,
            expected.then_some("assume-role-web-identity"),
            "annotated {annotated}: {found:?}"
        );
    }
}

#[test]
fn out_of_the_cluster_and_back() {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{ISSUER}:sub"): "system:serviceaccount:web:api"}}}]});
    let estate = admin_role(&trust).pod("web", "api");
    let admin = found(
        &estate.snapshot(),
        &format!("k8s://{CLUSTER}/web/ServiceAccount/api"),
    )
    .unwrap();
    assert_eq!((admin.steps, admin.certain), (1, true), "{admin:#?}");
    assert_eq!(
        admin.path.len(),
        2,
        "by its role, which comes in: {admin:#?}"
    );
}
