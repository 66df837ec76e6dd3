//! Powers over RBAC itself, others' names, tokens.

use super::*;

#[test]
#[rustfmt::skip]
fn power_over_rbac_itself() {
    let (roles, local) = (["clusterroles"], ["roles"]);
    let own = |verbs: &[&str], resources: &[&str]| rule(verbs, RBAC, resources);
    let bindings = |verbs: &[&str]| own(verbs, &["clusterrolebindings"]);
    holds(&[
        ("escalate-cluster-role", None, vec![own(&["escalate", "patch"], &roles)], &[CLUSTER]),
        ("escalate-cluster-role", None, vec![named(own(&["escalate", "update"], &roles), &["limited"])], &[CLUSTER]),
        ("escalate-cluster-role", None, vec![named(own(&["escalate", "update"], &roles), &["reader"])], &[]),
        ("escalate-cluster-role", None, vec![own(&["escalate"], &roles)], &[]),
        ("escalate-cluster-role", None, vec![own(&["patch", "create"], &roles)], &[]),
        // A RoleBinding gives nothing on ClusterRoles.
        ("escalate-cluster-role", Some("web"), vec![own(&["escalate", "patch"], &roles)], &[]),
        // Roles of a namespace are written with it, and jane has none.
        ("escalate-role", Some("web"), vec![own(&["escalate", "patch"], &local)], &[]),
        ("escalate-aggregated-role", None, vec![own(&["escalate", "create"], &roles)], &[]),
        ("bind-cluster-wide", None, vec![own(&["bind"], &roles), bindings(&["create"])], &[CLUSTER]),
        ("bind-cluster-wide", None, vec![named(own(&["bind"], &roles), &["reader"]), bindings(&["create"])],
            &["the ClusterRole reader"]),
        ("bind-cluster-wide", None, vec![named(own(&["bind"], &roles), &["none"]), bindings(&["create"])], &[]),
        ("bind-cluster-wide", None, vec![own(&["bind"], &roles), named(bindings(&["patch"]), &["root"])], &[CLUSTER]),
        ("bind-cluster-wide", None, vec![own(&["bind"], &roles), named(bindings(&["patch"]), &["max"])],
            &["the ClusterRole reader"]),
        ("bind-cluster-wide", None, vec![own(&["bind"], &roles)], &[]),
        // Without bind one binds what one has.
        ("bind-cluster-wide", None, vec![bindings(&["create", "patch", "update"])], &[]),
        // A binding cannot be created under a name that a rule is limited to.
        ("bind-cluster-wide", None, vec![own(&["bind"], &roles), named(bindings(&["create"]), &["x"])], &[]),
        ("bind-cluster-role-in-namespace", Some("web"),
            vec![own(&["bind"], &roles), own(&["create"], &["rolebindings"])], &["everything in web"]),
        ("bind-cluster-role-in-namespace", Some("web"),
            vec![named(own(&["bind"], &roles), &["reader"]), own(&["create"], &["rolebindings"])], &["the ClusterRole reader in web"]),
        ("bind-cluster-role-in-namespace", Some("web"), vec![own(&["create"], &["rolebindings"])], &[]),
        ("bind-role", Some("web"), vec![own(&["bind"], &local), own(&["create"], &["rolebindings"])],
            &["the Role web/writer"]),
        ("bind-role", Some("ops"), vec![own(&["bind"], &local), own(&["create"], &["rolebindings"])], &[]),
        ("bind-role", Some("web"), vec![own(&["bind"], &local), own(&["patch"], &["rolebindings"])],
            &["the Role web/writer"]),
    ]);
}

#[test]
fn roles_that_one_is_bound_to_are_written_and_gathered_into() {
    let escalate = [rule(
        &["escalate", "patch", "create"],
        RBAC,
        &["roles", "clusterroles"],
    )];
    let more = json!({
        "roles": [role("Role", Some("web"), "mine", &[rule(&["get"], "", &["pods"])]),
            json!({"kind": "ClusterRole", "metadata": {"name": "gathered"}, "rules": [],
                "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}})],
        "role_bindings": [binding(Some("web"), "mine", ("Role", "mine"), user("jane")),
            binding(Some("ops"), "gathered", ("ClusterRole", "gathered"), user("jane"))]});
    let found = gains(&estate(None, &escalate).kubernetes(more).snapshot());
    for expected in [
        ("escalate-role", "everything in web"),
        ("escalate-aggregated-role", "everything in ops"),
        ("escalate-cluster-role", "everything in ops"),
        ("escalate-cluster-role", CLUSTER),
    ] {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(found.contains(&expected), "{expected:?}: {found:?}");
    }
}

/// A role of another name is written, with the labels that are gathered.
#[test]
fn a_role_that_is_gathered_may_be_an_old_one() {
    let gathers = json!({"kind": "ClusterRole", "metadata": {"name": "gathered"}, "rules": [],
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let more = json!({"roles": [gathers],
        "role_bindings": [binding(Some("ops"), "gathered", ("ClusterRole", "gathered"), user("jane"))]});
    for (escalate, write, expected) in [
        (&["reader"][..], &["reader"][..], true),
        (&[], &["reader"], true),
        (&["reader"], &[], true),
        (&["reader"], &["limited"], false),
        (&["gone"], &["gone"], false),
    ] {
        let of = |verb: &str, names: &[&str]| {
            let rule = rule(&[verb], RBAC, &["clusterroles"]);
            if names.is_empty() {
                rule
            } else {
                named(rule, names)
            }
        };
        let rules = [of("escalate", escalate), of("patch", write)];
        let found = gains(&estate(None, &rules).kubernetes(more.clone()).snapshot());
        let gained = found.iter().any(|(method, node)| {
            method == "escalate-aggregated-role" && node == "everything in ops"
        });
        assert_eq!(gained, expected, "{escalate:?}, {write:?}: {found:?}");
    }
}

#[test]
#[rustfmt::skip]
fn acting_in_anothers_name() {
    let act = |resources: &[&str]| rule(&["impersonate"], "", resources);
    holds(&[
        ("impersonate-user", None, vec![act(&["users"])], &["the user max", "the user jane"]),
        ("impersonate-user", None, vec![named(act(&["users"]), &["max", "nobody"])], &["the user max"]),
        // That name is asked as a service account.
        ("impersonate-user", None, vec![named(act(&["users"]), &["system:serviceaccount:ops:root"])], &[]),
        ("impersonate-user", Some("ops"), vec![act(&["users"])], &[]),
        ("impersonate-service-account", None, vec![act(&["serviceaccounts"])], &[ROOT, API, APP, GONE]),
        // Nobody has to be there for a name to be taken.
        ("impersonate-service-account", Some("web"), vec![act(&["serviceaccounts"])], &[API, GONE]),
        ("impersonate-service-account", None, vec![named(act(&["serviceaccounts"]), &["root"])], &[ROOT]),
        ("impersonate-service-account", None, vec![rule(&["get"], "", &["serviceaccounts"])], &[]),
        ("impersonate-group-as-user", None, vec![act(&["groups", "users"])], &["the group system:masters"]),
        ("impersonate-group-as-user", None, vec![named(act(&["groups"]), &["x"]), act(&["users"])], &[]),
        ("impersonate-group-as-user", None, vec![act(&["groups"])], &[]),
        ("impersonate-group-as-service-account", None, vec![act(&["groups", "serviceaccounts"])],
            &["the group system:masters"]),
        ("impersonate-group-as-service-account", None, vec![act(&["groups"])], &[]),
        ("impersonate-uid", None, vec![rule(&["impersonate"], "authentication.k8s.io", &["uids"])], &[]),
        ("impersonate-extra", None, vec![rule(&["impersonate"], "authentication.k8s.io", &["userextras/scopes"])],
            &[]),
    ]);
}

#[test]
#[rustfmt::skip]
fn tokens_made_and_read() {
    let token = || rule(&["create"], "", &["serviceaccounts/token"]);
    let secrets = |verbs: &[&str]| rule(verbs, "", &["secrets"]);
    holds(&[
        ("token-request", None, vec![token()], &[ROOT, API, APP]),
        ("token-request", Some("web"), vec![token()], &[API]),
        ("token-request", None, vec![named(token(), &["root"])], &[ROOT]),
        // None is made for what is not there.
        ("token-request", None, vec![named(token(), &["gone"])], &[]),
        ("token-request", None, vec![rule(&["create"], "", &["serviceaccounts"])], &[]),
        ("read-token-secret", None, vec![secrets(&["get"])], &[ROOT]),
        ("read-token-secret", Some("ops"), vec![named(secrets(&["list"]), &["root-token"])], &[ROOT]),
        ("read-token-secret", Some("ops"), vec![named(secrets(&["get"]), &["other"])], &[]),
        ("read-token-secret", Some("web"), vec![secrets(&["get", "list", "watch"])], &[]),
        ("make-token-secret", Some("web"), vec![secrets(&["get", "create"])], &[API]),
        ("make-token-secret", None, vec![secrets(&["create"])], &[]),
        ("make-token-secret", None, vec![secrets(&["get", "update"])], &[]),
        // Under a name that is free it is made and read; under one that is taken it is not.
        ("make-token-secret", Some("ops"), vec![secrets(&["create"]), named(secrets(&["get"]), &["free"])], &[ROOT]),
        ("make-token-secret", Some("ops"), vec![secrets(&["create"]), named(secrets(&["get"]), &["root-token"])],
            &[]),
        ("make-token-secret", Some("ops"), vec![named(secrets(&["create", "get"]), &["free"])], &[]),
    ]);
}
