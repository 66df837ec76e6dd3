//! The compiled authorizer against a plain one, written from the Kubernetes documentation alone, over random objects.

use eks_auditor::rbac::{
    Attributes, Authorizer, Identity, Name, Permission, ResourceAttributes, Within,
};
use eks_auditor::snapshot::kubernetes_rbac::{
    BindingKind, PolicyRule, Role, RoleBinding, RoleKind, RoleRef, Subject,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "deletecollection",
    "*",
    "get*",
];
const GROUPS: &[&str] = &["", "apps", "*"];
const RULE_RESOURCES: &[&str] = &[
    "pods", "pods/log", "pods/*", "*", "*/log", "*/*", "secrets", "Pods", "pods/", "/log",
];
const RESOURCES: &[&str] = &["pods", "secrets", "pods/log", "*", "Pods", ""];
const SUBRESOURCES: &[&str] = &["", "log", "*", "exec"];
const NAMES: &[&str] = &["", "a", "b", "*"];
const URLS: &[&str] = &[
    "/healthz",
    "/healthz/*",
    "/health*",
    "*",
    "/*/x",
    "/api**",
    "",
];
const PATHS: &[&str] = &[
    "/healthz",
    "/healthz/etcd",
    "/health",
    "*",
    "/a/x",
    "/apis",
    "",
];
const NAMESPACES: &[&str] = &["one", "two"];
const PEOPLE: &[&str] = &["jane", "system:serviceaccount:one:app", "system:anonymous"];
const TEAMS: &[&str] = &[
    "devs",
    "system:serviceaccounts",
    "system:serviceaccounts:one",
    "system:authenticated",
    "system:unauthenticated",
];
const ROLES: &[&str] = &["r0", "r1", "gone"];

fn texts(of: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(of).prop_map(str::to_owned), 0..=most)
}

fn rule() -> impl Strategy<Value = PolicyRule> {
    (
        texts(VERBS, 2),
        texts(GROUPS, 2),
        texts(RULE_RESOURCES, 3),
        texts(NAMES, 1),
        texts(URLS, 2),
    )
        .prop_map(
            |(verbs, api_groups, resources, resource_names, non_resource_urls)| PolicyRule {
                verbs,
                api_groups,
                resources,
                resource_names,
                non_resource_urls,
            },
        )
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    let all: Vec<(RoleKind, Option<&str>, &str)> = [None, Some("one"), Some("two")]
        .into_iter()
        .flat_map(|place| ["r0", "r1"].map(|name| (place, name)))
        .map(|(place, name)| {
            (
                if place.is_some() {
                    RoleKind::Role
                } else {
                    RoleKind::ClusterRole
                },
                place,
                name,
            )
        })
        .collect();
    let rules = prop::collection::vec(prop::collection::vec(rule(), 0..3), all.len());
    rules.prop_map(move |rules| {
        let of =
            |((kind, place, name), rules): (&(RoleKind, Option<&str>, &str), Vec<PolicyRule>)| {
                let mut role = Role {
                    kind: *kind,
                    metadata: Default::default(),
                    rules,
                    aggregation_rule: None,
                };
                role.metadata.name = (*name).to_owned();
                role.metadata.namespace = place.map(str::to_owned);
                role
            };
        all.iter().zip(rules).map(of).collect()
    })
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        select(PEOPLE).prop_map(|name| ("User", name, None)),
        select(TEAMS).prop_map(|name| ("Group", name, None)),
        prop::option::of(select(&["one", "two", ""][..])).prop_map(|place| (
            "ServiceAccount",
            "app",
            place
        )),
        Just(("user", "jane", None)),
    ]
    .prop_map(|(kind, name, namespace)| Subject {
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        ..Subject::default()
    })
}

fn binding() -> impl Strategy<Value = RoleBinding> {
    let place = prop::option::of(select(NAMESPACES));
    let subjects = prop::collection::vec(subject(), 0..3);
    (place, any::<bool>(), select(ROLES), subjects, 0..1000u32).prop_map(
        |(place, cluster_role, role, subjects, n)| {
            let role_kind = if place.is_none() || cluster_role {
                "ClusterRole"
            } else {
                "Role"
            };
            let mut binding = RoleBinding {
                kind: if place.is_some() {
                    BindingKind::RoleBinding
                } else {
                    BindingKind::ClusterRoleBinding
                },
                metadata: Default::default(),
                subjects,
                role_ref: RoleRef {
                    kind: role_kind.to_owned(),
                    name: role.to_owned(),
                    ..RoleRef::default()
                },
            };
            binding.metadata.name = format!("b{n}");
            binding.metadata.namespace = place.map(str::to_owned);
            binding
        },
    )
}

#[derive(Debug, Clone)]
struct Request {
    user: String,
    groups: Vec<String>,
    path: Option<&'static str>,
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
    name: &'static str,
    namespace: &'static str,
}

impl Request {
    fn attributes(&self) -> Attributes<'_> {
        match self.path {
            Some(path) => Attributes::NonResource {
                verb: self.verb,
                path,
            },
            None => Attributes::Resource(ResourceAttributes {
                verb: self.verb,
                group: self.group,
                resource: self.resource,
                subresource: self.subresource,
                name: self.name,
                namespace: self.namespace,
            }),
        }
    }
}

fn request() -> impl Strategy<Value = Request> {
    let who = (
        select(
            &[
                "jane",
                "system:serviceaccount:one:app",
                "system:serviceaccount:two:app",
                "system:anonymous",
                "joe",
            ][..],
        ),
        texts(TEAMS, 3),
    );
    let place = select(&["", "one", "two", "three"][..]);
    let what = (
        select(VERBS),
        select(GROUPS),
        select(RESOURCES),
        select(SUBRESOURCES),
        select(NAMES),
        place,
    );
    (who, what, prop::option::weighted(0.25, select(PATHS))).prop_map(
        |((user, groups), (verb, group, resource, subresource, name, namespace), path)| Request {
            user: user.to_owned(),
            groups,
            path,
            verb,
            group,
            resource,
            subresource,
            name,
            namespace,
        },
    )
}

/// The documented rules, one after the other: every binding, every subject, every rule.
fn plainly_allowed(roles: &[Role], bindings: &[RoleBinding], request: &Request) -> bool {
    if request.groups.iter().any(|group| group == "system:masters") {
        return true;
    }
    bindings.iter().any(|binding| {
        let place = binding.metadata.namespace.as_deref();
        let in_scope = match place {
            None => true,
            Some(place) => request.path.is_none() && place == request.namespace,
        };
        in_scope
            && binding
                .subjects
                .iter()
                .any(|subject| is_subject(subject, place, request))
            && roles
                .iter()
                .filter(|role| {
                    let referred = match binding.role_ref.kind.as_str() {
                        "Role" => {
                            role.kind == RoleKind::Role
                                && role.metadata.namespace.as_deref() == place
                        }
                        _ => role.kind == RoleKind::ClusterRole,
                    };
                    referred && role.metadata.name == binding.role_ref.name
                })
                .any(|role| role.rules.iter().any(|rule| rule_matches(rule, request)))
    })
}

fn is_subject(subject: &Subject, place: Option<&str>, request: &Request) -> bool {
    match subject.kind.as_str() {
        "User" => subject.name == request.user,
        "Group" => request.groups.contains(&subject.name),
        "ServiceAccount" => {
            let own = subject
                .namespace
                .as_deref()
                .filter(|namespace| !namespace.is_empty());
            own.or(place).is_some_and(|place| {
                request.user == format!("system:serviceaccount:{place}:{}", subject.name)
            })
        }
        _ => false,
    }
}

fn rule_matches(rule: &PolicyRule, request: &Request) -> bool {
    let listed = |list: &[String], item: &str| list.iter().any(|one| one == "*" || one == item);
    if !listed(&rule.verbs, request.verb) {
        return false;
    }
    if let Some(path) = request.path {
        return rule.non_resource_urls.iter().any(|url| {
            url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
        });
    }
    let asked = match request.subresource {
        "" => request.resource.to_owned(),
        sub => format!("{}/{sub}", request.resource),
    };
    let resource = rule.resources.iter().any(|one| {
        let any_parent =
            !request.subresource.is_empty() && *one == format!("*/{}", request.subresource);
        one == "*" || *one == asked || any_parent
    });
    listed(&rule.api_groups, request.group)
        && resource
        && (rule.resource_names.is_empty()
            || rule.resource_names.iter().any(|name| name == request.name))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn compiled_and_plain_agree(
        roles in roles(),
        bindings in prop::collection::vec(binding(), 0..8),
        requests in prop::collection::vec(request(), 16),
    ) {
        let authorizer = Authorizer::new(&roles, &bindings);
        for request in &requests {
            let verdict = authorizer.authorize(&request.user, &request.groups, &request.attributes());
            prop_assert_eq!(verdict.allowed, plainly_allowed(&roles, &bindings, request), "{:?}", request);
            prop_assert_eq!(verdict.grant.is_some(), verdict.allowed);
            if let Some(grant) = verdict.grant {
                let rule = &grant.role.rules[grant.rule];
                prop_assert!(rule_matches(rule, request), "{:?} by {:?}", request, rule);
                let place = grant.binding.metadata.namespace.as_deref();
                prop_assert!(is_subject(grant.subject, place, request), "{:?} by {:?}", request, grant.subject);
            }
        }
    }

    #[test]
    fn who_can_and_grants_of_agree_with_authorize(
        roles in roles(),
        bindings in prop::collection::vec(binding(), 0..8),
        requests in prop::collection::vec(request(), 8),
    ) {
        let authorizer = Authorizer::new(&roles, &bindings);
        for request in requests.iter().filter(|request| request.path.is_none()) {
            let within = if request.namespace.is_empty() { Within::Cluster } else { Within::Namespace(request.namespace) };
            let permission = Permission {
                verb: request.verb,
                group: request.group,
                resource: request.resource,
                subresource: request.subresource,
                name: Name::Exact(request.name),
                within,
            };
            let allowed = authorizer.authorize(&request.user, &request.groups, &request.attributes()).allowed;
            let identity = Identity { user: Some(request.user.clone()), groups: request.groups.clone() };
            prop_assert_eq!(!authorizer.grants_of(&identity, &permission).is_empty(), allowed, "{:?}", request);
            let listed = authorizer.who_can(&permission).iter().any(|holder| {
                is_subject(holder.grant.subject, holder.grant.namespace(), request)
            });
            prop_assert_eq!(listed, allowed, "{:?}", request);
        }
    }

    #[test]
    fn order_of_objects_does_not_matter(roles in roles(), bindings in prop::collection::vec(binding(), 0..6), request in request()) {
        // Two bindings of one name would be two versions of one object: a reader warns of that before.
        let mut seen = std::collections::BTreeSet::new();
        let bindings: Vec<RoleBinding> = bindings
            .into_iter()
            .filter(|binding| seen.insert((binding.metadata.namespace.clone(), binding.metadata.name.clone())))
            .collect();
        let forward = Authorizer::new(&roles, &bindings);
        let (mut roles, mut bindings) = (roles.clone(), bindings.clone());
        roles.reverse();
        bindings.reverse();
        let backward = Authorizer::new(&roles, &bindings);
        let ask = |authorizer: &Authorizer| {
            let verdict = authorizer.authorize(&request.user, &request.groups, &request.attributes());
            (verdict.allowed, verdict.reason())
        };
        prop_assert_eq!(ask(&forward), ask(&backward));
    }
}
