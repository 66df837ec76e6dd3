//! What resourceNames can and cannot limit, request by request, as the Kubernetes documentation has it.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources>: `create` and
//! `deletecollection` cannot be limited by name, `list` and `watch` only where the request selects by name.

use eks_auditor::rbac::{Attributes, Authorizer, ResourceAttributes};
use serde_json::json;

fn allowed(names: &[&str], verb: &str, asked: &str, name: &str) -> bool {
    let role = json!({"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [{"verbs": ["*"], "apiGroups": [""],
        "resources": ["secrets", "pods/log"], "resourceNames": names}]});
    let binding = json!({"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "subjects": [{"kind": "User", "name": "jane"}],
        "roleRef": {"kind": "ClusterRole", "name": "r"}});
    let roles = [serde_json::from_value(role).unwrap()];
    let bindings = [serde_json::from_value(binding).unwrap()];
    let authorizer = Authorizer::new(&roles, &bindings);
    let (resource, subresource) = asked.split_once('/').unwrap_or((asked, ""));
    let request = Attributes::Resource(ResourceAttributes {
        verb,
        group: "",
        resource,
        subresource,
        name,
        namespace: "web",
    });
    authorizer.authorize::<&str>("jane", &[], &request).allowed
}

#[test]
fn a_rule_with_names_allows_requests_of_these_names_alone() {
    let cases = [
        ("get", "secrets", "a", true),
        ("get", "secrets", "b", false),
        ("update", "secrets", "a", true),
        // A collection has no name, unless the request selects one.
        ("list", "secrets", "", false),
        ("list", "secrets", "a", true),
        ("watch", "secrets", "", false),
        ("watch", "secrets", "a", true),
        ("watch", "secrets", "b", false),
        ("deletecollection", "secrets", "", false),
        // The name of what is not there yet is not known.
        ("create", "secrets", "", false),
        // A subresource has the name of its object.
        ("get", "pods/log", "a", true),
        ("get", "pods/log", "b", false),
        ("create", "pods/log", "a", true),
        // `*` is no wildcard for names.
        ("get", "pods", "a", false),
    ];
    for (verb, resource, name, expected) in cases {
        assert_eq!(
            allowed(&["a"], verb, resource, name),
            expected,
            "{verb} {resource} {name:?}"
        );
    }
    for (names, name, expected) in [
        (&["*"][..], "a", false),
        (&["*"], "*", true),
        (&["a", "b"], "b", true),
        (&[], "anything", true),
        (&[], "", true),
    ] {
        assert_eq!(
            allowed(names, "get", "secrets", name),
            expected,
            "{names:?} for {name:?}"
        );
    }
    println!("{} requests", cases.len() + 5);
}
