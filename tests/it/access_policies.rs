//! Access policies asked in two ways: request by request, and as bindings of an authorizer. Both must agree, and with the
//! page's rules read plainly.

use eks_auditor::rbac::access_policy::{Answer, Known, all, answer, authorizer};
use eks_auditor::rbac::{Attributes, Identity, Name, Permission, ResourceAttributes, Within};
use eks_auditor::snapshot::eks::AssociatedAccessPolicy;
use eks_auditor::snapshot::kubernetes_rbac::PolicyRule;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::json;

const WHO: &str = "arn:aws:iam::111122223333:role/ops";
const NAMESPACES: [&str; 4] = ["dev-1", "dev-2", "prod", "kube-system"];
const SCOPES: &[&str] = &["dev-*", "prod", "*", "d??-1", "later", "kube-*"];

fn association() -> impl Strategy<Value = AssociatedAccessPolicy> {
    let names: Vec<&str> = all()
        .filter(|policy| policy.known == Known::Rules)
        .map(|policy| policy.name)
        .collect();
    let scope = prop::option::of(prop::collection::vec(select(SCOPES), 1..3));
    (select(names), scope).prop_map(|(name, namespaces)| {
        let kind = if namespaces.is_some() {
            "namespace"
        } else {
            "cluster"
        };
        serde_json::from_value(json!({
            "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
            "accessScope": {"type": kind, "namespaces": namespaces.unwrap_or_default()},
        }))
        .unwrap()
    })
}

#[derive(Debug, Clone)]
struct Request {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
    namespace: &'static str,
}

fn request() -> impl Strategy<Value = Request> {
    let verbs = &[
        "get",
        "list",
        "create",
        "delete",
        "impersonate",
        "bind",
        "patch",
    ][..];
    let groups = &["", "apps", "batch", "rbac.authorization.k8s.io", "acme.com"][..];
    let resources = &[
        "pods",
        "secrets",
        "deployments",
        "roles",
        "nodes",
        "serviceaccounts",
        "namespaces",
        "jobs",
    ][..];
    let subresources = &["", "exec", "log", "status", "token", "scale"][..];
    let namespaces = &["", "dev-1", "dev-2", "prod", "kube-system"][..];
    (
        select(verbs),
        select(groups),
        select(resources),
        select(subresources),
        select(namespaces),
    )
        .prop_map(|(verb, group, resource, subresource, namespace)| Request {
            verb,
            group,
            resource,
            subresource,
            namespace,
        })
}

/// A row of the page, read as it stands.
fn row_allows(rule: &PolicyRule, request: &Request) -> bool {
    let lists = |list: &[String], item: &str| list.iter().any(|one| one == "*" || one == item);
    let asked = match request.subresource {
        "" => request.resource.to_owned(),
        sub => format!("{}/{sub}", request.resource),
    };
    lists(&rule.verbs, request.verb)
        && lists(&rule.api_groups, request.group)
        && lists(&rule.resources, &asked)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn each_way_to_ask_gives_the_same_answer(
        associations in prop::collection::vec(association(), 0..4),
        requests in prop::collection::vec(request(), 24),
    ) {
        let as_bindings = authorizer([(WHO, associations.as_slice())].into_iter(), &NAMESPACES);
        for request in &requests {
            let attributes = Attributes::Resource(ResourceAttributes {
                verb: request.verb,
                group: request.group,
                resource: request.resource,
                subresource: request.subresource,
                name: "",
                namespace: request.namespace,
            });
            let one_by_one = associations
                .iter()
                .any(|association| matches!(answer(association, &attributes), Answer::Allowed(_)));
            let bound = as_bindings.authorize::<&str>(WHO, &[], &attributes).allowed;
            prop_assert_eq!(one_by_one, bound, "{:?} with {:?}", request, associations);
            let plainly = associations.iter().any(|association| {
                let scope = &association.access_scope;
                let here = scope.kind == "cluster"
                    || !request.namespace.is_empty()
                        && scope.namespaces.iter().any(|pattern| {
                            eks_auditor::rbac::access_policy::names_namespace(pattern, request.namespace)
                        });
                let policy = eks_auditor::rbac::access_policy::of_arn(&association.policy_arn);
                here && policy.is_some_and(|policy| policy.role.rules.iter().any(|rule| row_allows(rule, request)))
            });
            prop_assert_eq!(one_by_one, plainly, "{:?} with {:?}", request, associations);
            // As `who-can` asks.
            let within = match request.namespace {
                "" => Within::Cluster,
                namespace => Within::Namespace(namespace),
            };
            let permission = Permission {
                verb: request.verb,
                group: request.group,
                resource: request.resource,
                subresource: request.subresource,
                name: Name::Every,
                within,
            };
            prop_assert_eq!(!as_bindings.who_can(&permission).is_empty(), bound, "{:?}", request);
            let grants = as_bindings.grants_of(&Identity::user::<&str>(WHO, &[]), &permission);
            prop_assert_eq!(!grants.is_empty(), bound, "{:?}", request);
        }
    }
}
