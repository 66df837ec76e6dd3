//! The tests of the access policies.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::rbac::attributes::ResourceAttributes;
use crate::rbac::{Identity, Permission, Within};

fn association(name: &str, namespaces: Option<&[&str]>) -> AssociatedAccessPolicy {
    serde_json::from_value(serde_json::json!({
        "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
        "accessScope": {"type": if namespaces.is_some() { "namespace" } else { "cluster" },
            "namespaces": namespaces.unwrap_or_default()},
    }))
    .unwrap()
}

fn request<'a>(verb: &'a str, resource: &'a str, namespace: &'a str) -> Attributes<'a> {
    let (group, resource) = match resource.split_once('!') {
        Some((group, resource)) => (group, resource),
        None => ("", resource),
    };
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Attributes::Resource(ResourceAttributes {
        verb,
        group,
        resource,
        subresource,
        name: "",
        namespace,
    })
}

#[test]
fn what_the_page_says_of_each_policy() {
    let everywhere = |name: &str, verb: &str, resource: &str| match answer(
        &association(name, None),
        &request(verb, resource, "web"),
    ) {
        Answer::Allowed(_) => true,
        Answer::No => false,
        Answer::Unknown => panic!("{name} is not known"),
    };
    // Policy, request, whether the page's tables have it.
    let cases = [
        ("AmazonEKSViewPolicy", "list", "pods", true),
        ("AmazonEKSViewPolicy", "get", "pods/log", true),
        ("AmazonEKSViewPolicy", "get", "secrets", false),
        ("AmazonEKSViewPolicy", "get", "pods/exec", false),
        ("AmazonEKSViewPolicy", "create", "pods", false),
        ("AmazonEKSViewPolicy", "get", "nodes", false),
        (
            "AmazonEKSViewPolicy",
            "get",
            "rbac.authorization.k8s.io!roles",
            false,
        ),
        ("AmazonEKSEditPolicy", "get", "secrets", true),
        ("AmazonEKSEditPolicy", "create", "secrets", true),
        ("AmazonEKSEditPolicy", "create", "pods/exec", true),
        (
            "AmazonEKSEditPolicy",
            "impersonate",
            "serviceaccounts",
            true,
        ),
        ("AmazonEKSEditPolicy", "impersonate", "users", false),
        (
            "AmazonEKSEditPolicy",
            "create",
            "serviceaccounts/token",
            false,
        ),
        ("AmazonEKSEditPolicy", "create", "batch!cronjobs", true),
        (
            "AmazonEKSEditPolicy",
            "create",
            "rbac.authorization.k8s.io!rolebindings",
            false,
        ),
        ("AmazonEKSEditPolicy", "create", "namespaces", false),
        (
            "AmazonEKSAdminPolicy",
            "create",
            "rbac.authorization.k8s.io!rolebindings",
            true,
        ),
        (
            "AmazonEKSAdminPolicy",
            "create",
            "rbac.authorization.k8s.io!clusterrolebindings",
            false,
        ),
        (
            "AmazonEKSAdminPolicy",
            "bind",
            "rbac.authorization.k8s.io!roles",
            false,
        ),
        (
            "AmazonEKSAdminPolicy",
            "create",
            "authorization.k8s.io!localsubjectaccessreviews",
            true,
        ),
        ("AmazonEKSAdminPolicy", "delete", "namespaces", false),
        ("AmazonEKSAdminViewPolicy", "get", "secrets", true),
        ("AmazonEKSAdminViewPolicy", "get", "nodes/proxy", true),
        ("AmazonEKSAdminViewPolicy", "create", "pods", false),
        ("AmazonEKSSecretReaderPolicy", "watch", "secrets", true),
        ("AmazonEKSSecretReaderPolicy", "get", "configmaps", false),
        ("AmazonEKSHybridPolicy", "list", "nodes", true),
        ("AmazonEKSHybridPolicy", "get", "nodes", false),
        (
            "AmazonEKSClusterAdminPolicy",
            "delete",
            "any.group!thing",
            true,
        ),
    ];
    for (policy, verb, resource, expected) in cases {
        assert_eq!(
            everywhere(policy, verb, resource),
            expected,
            "{policy}: {verb} {resource}"
        );
    }
    // Every policy whose rules are published was asked something.
    let asked = |name: &str| cases.iter().any(|(policy, ..)| *policy == name);
    let silent: Vec<&str> = all()
        .filter(|policy| policy.known == Known::Rules && !asked(policy.name))
        .map(|policy| policy.name)
        .collect();
    assert!(silent.is_empty(), "not asked: {silent:?}");
}

#[test]
fn paths_are_the_cluster_admins_alone() {
    let path = Attributes::NonResource {
        verb: "get",
        path: "/metrics",
    };
    for (policy, namespaces, expected) in [
        ("AmazonEKSClusterAdminPolicy", None, true),
        ("AmazonEKSClusterAdminPolicy", Some(&["*"][..]), false),
        ("AmazonEKSAdminViewPolicy", None, false),
    ] {
        let found = answer(&association(policy, namespaces), &path) != Answer::No;
        assert_eq!(found, expected, "{policy} in {namespaces:?}");
    }
}

#[test]
fn a_scope_of_namespaces_is_no_scope_of_the_cluster() {
    let dev = association("AmazonEKSClusterAdminPolicy", Some(&["dev-*", "ops"]));
    for (namespace, expected) in [
        ("dev-1", true),
        ("ops", true),
        ("prod", false),
        // Cluster-scoped resources, and all namespaces at once.
        ("", false),
    ] {
        let found = answer(&dev, &request("list", "pods", namespace)) != Answer::No;
        assert_eq!(found, expected, "{namespace:?}");
    }
}

#[test]
fn what_is_not_published_is_unknown_and_not_no() {
    for name in ["AmazonEKSAutoNodePolicy", "AmazonEKSOfTomorrowPolicy"] {
        let all = association(name, None);
        assert_eq!(
            answer(&all, &request("get", "secrets", "web")),
            Answer::Unknown,
            "{name}"
        );
        let some = association(name, Some(&["dev"]));
        assert_eq!(
            answer(&some, &request("get", "secrets", "web")),
            Answer::No,
            "{name}"
        );
    }
}

#[test]
fn associations_are_bindings_of_their_principals() {
    let arn = "arn:aws:iam::111122223333:role/ops";
    let policies = [
        association("AmazonEKSViewPolicy", None),
        association("AmazonEKSEditPolicy", Some(&["dev-*", "later"])),
    ];
    let all = authorizer([(arn, &policies[..])].into_iter(), &["dev-1", "prod"]);
    let places: Vec<_> = all.bindings().iter().map(RoleBinding::namespace).collect();
    assert_eq!(places, [None, Some("dev-1"), Some("later")]);
    let who = Identity::user::<&str>(arn, &[]);
    let secrets = |namespace| all.secret_grants(&who, Within::Namespace(namespace)).len();
    assert_eq!(
        (secrets("dev-1"), secrets("prod"), secrets("later")),
        (1, 0, 1)
    );
    assert!(all.may_read_secrets_cluster_wide(&who).is_empty());
    let holders = all.who_can(&Permission::new("list", "", "pods").within(Within::Cluster));
    let name = &holders.first().unwrap().grant.binding.metadata.name;
    assert_eq!(
        name,
        &format!("{arn}+arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy")
    );
}
