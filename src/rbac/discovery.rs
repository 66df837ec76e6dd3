//! What everyone may know of a cluster and of oneself.

use crate::snapshot::kubernetes_rbac::PolicyRule;

/// Paths that tell nothing but versions, health, and what kinds the server knows. The default roles
/// `system:discovery`, `system:public-info-viewer` and `system:service-account-issuer-discovery` hold these.
const DISCOVERY_PATHS: &[&str] = &[
    "/api",
    "/apis",
    "/healthz",
    "/livez",
    "/readyz",
    "/version",
    "/openapi",
    "/openid",
    "/.well-known",
];

/// Reviews of one's own rights and identity, which `system:basic-user` holds.
const SELF_REVIEWS: &[(&str, &str)] = &[
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
];

/// Whether rules give no more than discovery: what everyone may know about a cluster and about oneself
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles>).
pub fn is_discovery_only(rules: &[PolicyRule]) -> bool {
    rules
        .iter()
        .all(|rule| paths_are_discovery(rule) && resources_are_self_reviews(rule))
}

fn paths_are_discovery(rule: &PolicyRule) -> bool {
    let read = rule
        .verbs
        .iter()
        .all(|verb| verb == "get" || verb == "head");
    rule.non_resource_urls.is_empty()
        || (read
            && rule
                .non_resource_urls
                .iter()
                .all(|url| is_discovery_path(url)))
}

/// The path itself, or below it: `/apis*` would also match `/apisecret`, which no server has.
fn is_discovery_path(url: &str) -> bool {
    DISCOVERY_PATHS.iter().any(|path| {
        url.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest == "*" || rest.starts_with('/'))
    })
}

fn resources_are_self_reviews(rule: &PolicyRule) -> bool {
    let create = rule.verbs.iter().all(|verb| verb == "create");
    rule.resources.is_empty()
        || (create
            && rule.api_groups.iter().all(|group| {
                rule.resources
                    .iter()
                    .all(|resource| SELF_REVIEWS.contains(&(group.as_str(), resource.as_str())))
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
        let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        PolicyRule {
            verbs: owned(verbs),
            api_groups: owned(groups),
            resources: owned(resources),
            resource_names: owned(names),
            non_resource_urls: Vec::new(),
        }
    }

    #[test]
    fn discovery_and_what_is_more() {
        let paths = |verbs: &[&str], urls: &[&str]| PolicyRule {
            non_resource_urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            ..rule(verbs, &[], &[], &[])
        };
        let cases = [
            (
                paths(
                    &["get"],
                    &[
                        "/api",
                        "/apis/*",
                        "/version/",
                        "/openid/v1/jwks",
                        "/.well-known/*",
                    ],
                ),
                true,
            ),
            (paths(&["get"], &["*"]), false),
            (paths(&["get"], &["/metrics"]), false),
            (paths(&["get"], &["/logs/*"]), false),
            (paths(&["post"], &["/api"]), false),
            (
                rule(
                    &["create"],
                    &["authorization.k8s.io"],
                    &["selfsubjectaccessreviews"],
                    &[],
                ),
                true,
            ),
            (
                rule(
                    &["create"],
                    &["authorization.k8s.io"],
                    &["subjectaccessreviews"],
                    &[],
                ),
                false,
            ),
            (rule(&["get"], &[""], &["pods"], &[]), false),
        ];
        for (rule, expected) in cases {
            assert_eq!(
                is_discovery_only(std::slice::from_ref(&rule)),
                expected,
                "{rule:?}"
            );
        }
    }
}
