//! Inputs that others wrote: what is found in them, and where there is silence.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::program::{audit, shared};

/// The report on a folder of such inputs; nothing where they are not there.
fn report(folder: &str) -> Option<Value> {
    let path = shared(&format!("real/{folder}"))?;
    let (report, ran) = audit(&["--input", path.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{folder}: {}", ran.stderr);
    Some(report)
}

/// Holds that these findings, as check and resource, and no others are in a report.
#[track_caller]
fn finds(report: &Value, expected: &[(&str, &str)]) {
    let found: BTreeSet<(&str, &str)> = findings(report)
        .iter()
        .map(|finding| {
            let check = finding["check"].as_str().unwrap();
            (check, finding["resource"]["id"].as_str().unwrap())
        })
        .collect();
    let expected: BTreeSet<(&str, &str)> = expected.iter().copied().collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "not found: {missing:#?}\nfound and fine: {more:#?}"
    );
    assert_eq!(
        findings(report).len(),
        expected.len(),
        "one finding is there twice"
    );
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().unwrap()
}

/// The one finding of a check.
#[track_caller]
fn finding<'r>(report: &'r Value, check: &str) -> &'r Value {
    let mut of_check = findings(report)
        .iter()
        .filter(|finding| finding["check"] == check);
    let found = of_check.next().unwrap();
    assert!(of_check.next().is_none(), "{check} is there more than once");
    found
}

#[track_caller]
fn says(finding: &Value, text: &str) {
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains(text), "{text:?} is not in: {message}");
}

#[test]
fn the_roles_of_a_new_cluster_raise_nothing() {
    let Some(report) = report("kubernetes-bootstrap-rbac") else {
        return;
    };
    finds(&report, &[]);
    // Nor is silence for want of looking.
    let read = report["coverage"].as_array().unwrap();
    let roles = read
        .iter()
        .find(|entry| entry["source"] == "kubernetes:clusterroles")
        .unwrap();
    assert!(roles["items"].as_u64().unwrap() > 50, "{roles}");
}

/// What EKS itself puts into a cluster beside those, by its user guide and the manifests of its add-ons: the roles of
/// its control plane, which only its own users are bound to, and those of the add-ons that every cluster starts with.
fn eks_own() -> Value {
    let rule = |verbs: &[&str], group: &str, resources: &[&str]| json!({"verbs": verbs, "apiGroups": [group], "resources": resources});
    let read = &["get", "list", "watch"][..];
    let everything = &["*"][..];
    let control_plane = [
        (
            "eks:addon-manager",
            vec![
                rule(everything, "apps", &["daemonsets", "deployments"]),
                rule(everything, "", &["configmaps"]),
            ],
        ),
        (
            "eks:certificate-controller-signer",
            vec![rule(&["sign"], "certificates.k8s.io", &["signers"])],
        ),
        (
            "eks:cloud-controller-manager",
            vec![
                rule(everything, "", &["nodes"]),
                rule(&["create"], "", &["serviceaccounts/token"]),
            ],
        ),
        (
            "eks:kms-storage-migrator",
            vec![rule(&["get", "list", "patch"], "", &["secrets"])],
        ),
        (
            "eks:node-manager",
            vec![rule(&["get", "update", "patch"], "", &["configmaps"])],
        ),
        (
            "eks:pod-identity-mutating-webhook",
            vec![rule(read, "", &["serviceaccounts"])],
        ),
    ];
    let addons = [
        (
            "aws-node",
            "aws-node",
            vec![
                rule(read, "", &["namespaces", "pods", "nodes"]),
                rule(&["create", "patch"], "", &["events"]),
            ],
        ),
        (
            "system:coredns",
            "coredns",
            vec![rule(
                &["list", "watch"],
                "",
                &["endpoints", "services", "pods", "namespaces"],
            )],
        ),
        (
            "vpc-resource-controller-role",
            "eks-vpc-resource-controller",
            vec![rule(
                &["update", "get", "list", "watch", "patch"],
                "",
                &["nodes/status"],
            )],
        ),
        (
            "eks:tagging-controller",
            "tagging-controller",
            vec![rule(read, "", &["nodes"])],
        ),
    ];
    let role = |name: &str, rules: &[Value]| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name, "uid": "u"}, "rules": rules})
    };
    let bound = |name: &str, role: &str, subject: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding", "metadata": {"name": name, "uid": "u"}, "subjects": [subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}})
    };
    let user = |name: &str| json!({"kind": "User", "name": name});
    let account =
        |name: &str| json!({"kind": "ServiceAccount", "name": name, "namespace": "kube-system"});
    let mut items = vec![
        role(
            "eks:node-bootstrapper",
            &[rule(
                &["create"],
                "certificates.k8s.io",
                &["certificatesigningrequests/selfnodeserver"],
            )],
        ),
        bound(
            "eks:node-bootstrapper",
            "eks:node-bootstrapper",
            json!({"kind": "Group", "name": "system:nodes"}),
        ),
        bound(
            "eks:addon-cluster-admin",
            "cluster-admin",
            user("eks:addon-manager"),
        ),
        bound(
            "eks:kube-proxy",
            "system:node-proxier",
            account("kube-proxy"),
        ),
        bound(
            "eks:kube-proxy-windows",
            "system:node-proxier",
            json!({"kind": "Group", "name": "eks:kube-proxy-windows"}),
        ),
    ];
    for (name, rules) in &control_plane {
        let who = name.trim_end_matches("-signer");
        items.extend([role(name, rules), bound(name, name, user(who))]);
    }
    for (name, who, rules) in &addons {
        let binding = match *name {
            "vpc-resource-controller-role" => "vpc-resource-controller-rolebinding",
            name => name,
        };
        items.extend([role(name, rules), bound(binding, name, account(who))]);
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

#[test]
fn a_new_eks_cluster_raises_nothing() {
    let Some(bootstrap) = shared("real/kubernetes-bootstrap-rbac") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ask = |own: &Value| {
        let path = folder.path().join("eks.json");
        std::fs::write(&path, own.to_string()).unwrap();
        let inputs = [&bootstrap, &path].map(|path| path.to_str().unwrap());
        let (report, ran) = audit(&["--input", inputs[0], "--input", inputs[1]]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        report
    };
    let mut own = eks_own();
    finds(&ask(&own), &[]);
    // The same roles in other hands are somebody's.
    for item in own["items"].as_array_mut().unwrap() {
        if item["metadata"]["name"] == "eks:kms-storage-migrator"
            && item["kind"] == "ClusterRoleBinding"
        {
            item["subjects"][0]["name"] = json!("jane");
        }
    }
    let report = ask(&own);
    let finding = finding(&report, "rbac-secrets-cluster-wide");
    assert_eq!(
        finding["resource"]["id"], "k8s://-//User/jane",
        "{finding:#}"
    );
}

#[test]
fn argo_cd_is_cluster_admin_once_and_in_two_steps() {
    let Some(report) = report("argo-cd") else {
        return;
    };
    finds(
        &report,
        &[
            (
                "cluster-admin-binding",
                "k8s://-//ClusterRoleBinding/argocd-application-controller",
            ),
            (
                "rbac-secrets-cluster-wide",
                "k8s://-/argocd/ServiceAccount/argocd-applicationset-controller",
            ),
            (
                "rbac-secrets-cluster-wide",
                "k8s://-/argocd/ServiceAccount/argocd-server",
            ),
            // It creates Applications, which the application controller applies as itself.
            (
                "rbac-takeover",
                "k8s://-/argocd/ServiceAccount/argocd-applicationset-controller",
            ),
            (
                "rbac-takeover",
                "k8s://-/argocd/ServiceAccount/argocd-server",
            ),
            ("rbac-wildcard", "k8s://-//ClusterRole/argocd-server"),
        ],
    );
    says(
        finding(&report, "cluster-admin-binding"),
        "the service account argocd/argocd-application-controller",
    );
    // All of it is Argo CD's own by design.
    for finding in findings(&report) {
        let known = finding["message"]
            .as_str()
            .unwrap()
            .contains("known and expected");
        assert_eq!(known, finding["check"] != "rbac-wildcard", "{finding:#}");
        assert_eq!(known, finding["severity"] == "info", "{finding:#}");
    }
    // Which steps, and with what.
    let takeover = findings(&report)
        .iter()
        .find(|finding| {
            finding["check"] == "rbac-takeover"
                && finding["resource"]["id"] == "k8s://-/argocd/ServiceAccount/argocd-server"
        })
        .unwrap();
    says(takeover, "can become cluster-admin in 2 steps");
    says(
        takeover,
        "create jobs in every namespace (ClusterRoleBinding argocd-server of argocd-server, rule 6)",
    );
    says(takeover, "patch pods in every namespace");
    says(
        takeover,
        "argocd/argocd-application-controller is cluster-admin by ClusterRoleBinding argocd-application-controller",
    );
    says(
        finding(&report, "rbac-wildcard"),
        "delete, get, patch on every resource of every group",
    );
    for silent in ["dex", "redis", "repo-server", "commit-server"] {
        let named = findings(&report)
            .iter()
            .find(|finding| finding.to_string().contains(silent));
        assert!(named.is_none(), "{silent}: {named:#?}");
    }
}

#[test]
fn the_ebs_csi_drivers_service_accounts_raise_nothing() {
    let Some(report) = report("aws-ebs-csi-driver") else {
        return;
    };
    finds(&report, &[]);
}

#[test]
fn controllers_roles_open_what_their_policies_leave_open() {
    let Some(report) = report("controllers-account") else {
        return;
    };
    let balancers = "arn:aws:iam::111122223333:role/aws-load-balancer-controller";
    let volumes = "arn:aws:iam::111122223333:role/ebs-csi-controller";
    finds(
        &report,
        &[
            ("role-opens-security-groups", balancers),
            ("role-removes-edge-protection", balancers),
            ("role-attaches-any-volume", volumes),
        ],
    );
    let groups = finding(&report, "role-opens-security-groups");
    says(
        groups,
        "ec2:AuthorizeSecurityGroupIngress (inline controller, statement 4)",
    );
    says(groups, "no condition on tags or the VPC");
    let edge = finding(&report, "role-removes-edge-protection");
    says(edge, "wafv2:DisassociateWebACL");
    says(edge, "shield:DeleteProtection");
    let disks = finding(&report, "role-attaches-any-volume");
    says(disks, "no condition asks for a tag of the volume");
    says(disks, "ec2:DetachVolume");
    for finding in findings(&report) {
        assert_eq!(finding["certainty"], "certain", "{finding:#}");
        assert_ne!(finding["severity"], "critical", "{finding:#}");
    }
}
