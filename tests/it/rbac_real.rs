//! Clusters and manifests that others wrote: what must be found, and what must stay silent.

use std::collections::BTreeSet;

use eks_auditor::rbac::defaults::{is_system_binding, is_system_role, outside_subjects};
use eks_auditor::rbac::{Authorizer, Identity, Name, Permission, Power, Within, is_discovery_only};

use super::rbac_inputs::{list, manifests, shared};

/// Who holds a permission, as text, each once.
fn who(authorizer: &Authorizer, permission: &Permission<'_>) -> BTreeSet<String> {
    authorizer
        .who_can(permission)
        .iter()
        .map(|holder| holder.subject.to_string())
        .collect()
}

#[test]
fn a_new_cluster_holds_nothing_of_the_user() {
    let Some(text) = shared("real/kubernetes-bootstrap-rbac/objects.json") else {
        return;
    };
    let (roles, bindings) = list(&text);
    let authorizer = Authorizer::new(&roles, &bindings);
    for role in authorizer.roles() {
        assert!(is_system_role(role), "taken for the user's: {role:?}");
    }
    for binding in authorizer.bindings() {
        let role = authorizer.role_of(binding);
        assert!(
            role.is_some() && is_system_binding(binding),
            "taken for the user's: {binding:?}"
        );
        assert!(outside_subjects(binding, role).is_empty(), "{binding:?}");
    }
    assert!(authorizer.dangling().next().is_none());
    for everyone in [
        Identity::anonymous(),
        Identity::group("system:authenticated"),
    ] {
        for held in authorizer.rules_of(&everyone) {
            let rules = &held.role.expect("a role").rules;
            assert!(is_discovery_only(rules), "{everyone:?} holds {rules:?}");
        }
    }
}

#[test]
fn who_can_still_knows_the_system() {
    let Some(text) = shared("real/kubernetes-bootstrap-rbac/objects.json") else {
        return;
    };
    let (roles, bindings) = list(&text);
    let authorizer = Authorizer::new(&roles, &bindings);
    let masters = "Group/system:masters";
    let aggregation = "ServiceAccount/kube-system/clusterrole-aggregation-controller";
    let garbage = "ServiceAccount/kube-system/generic-garbage-collector";
    let namespaces = "ServiceAccount/kube-system/namespace-controller";
    let rbac = "rbac.authorization.k8s.io";
    let cases: [(Permission<'_>, BTreeSet<&str>); 4] = [
        (
            Permission::new("escalate", rbac, "clusterroles"),
            BTreeSet::from([masters, aggregation]),
        ),
        (Permission::new("delete", "", "secrets"), BTreeSet::new()),
        (
            Permission::new("delete", "example.com", "widgets"),
            BTreeSet::from([masters, garbage, namespaces]),
        ),
        // Everything with get on all resources reaches a kubelet: these two sweep over all kinds.
        (
            Permission::new("get", "", "nodes/proxy"),
            BTreeSet::from([masters, garbage, namespaces]),
        ),
    ];
    for (permission, expected) in cases {
        let found = who(&authorizer, &permission);
        let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
        if expected.is_empty() {
            assert!(
                found.contains(garbage) && found.contains(masters),
                "{permission:?}: {found:?}"
            );
        } else {
            assert_eq!(found, expected, "{permission:?}");
        }
    }
    let controller = Identity::service_account("kube-system", "clusterrole-aggregation-controller");
    let powers: Vec<Power> = authorizer
        .powers(&controller)
        .into_iter()
        .map(|(power, _)| power)
        .collect();
    assert_eq!(powers, [Power::EscalateRoles]);
}

#[test]
fn argo_cd_is_admin_by_its_controller_and_reads_all_by_its_server() {
    let Some((roles, bindings)) = manifests("real/argo-cd", "argocd") else {
        return;
    };
    let authorizer = Authorizer::new(&roles, &bindings);
    let account = |name: &str| Identity::service_account("argocd", name);
    let admin = |name: &str| authorizer.cluster_admin(&account(name)).len();
    let secrets = |name: &str| {
        authorizer
            .may_read_secrets_cluster_wide(&account(name))
            .len()
    };
    assert_eq!(admin("argocd-application-controller"), 1);
    for name in [
        "argocd-server",
        "argocd-applicationset-controller",
        "argocd-dex-server",
        "argocd-redis",
    ] {
        assert_eq!(admin(name), 0, "{name} is taken for cluster-admin");
    }
    assert_eq!(
        secrets("argocd-server"),
        1,
        "get on * is get on every Secret"
    );
    for name in [
        "argocd-dex-server",
        "argocd-redis",
        "argocd-repo-server",
        "argocd-commit-server",
    ] {
        assert_eq!(
            secrets(name),
            0,
            "{name} is taken for a reader of all Secrets"
        );
        let wide: Vec<_> = authorizer
            .rules_of(&account(name))
            .into_iter()
            .filter(|held| held.binding.namespace().is_none())
            .collect();
        assert!(wide.is_empty(), "{name} holds cluster-wide: {wide:?}");
    }
    // dex reads the Secrets of its own namespace, and of no other.
    let own = authorizer.secret_grants(&account("argocd-dex-server"), Within::Namespace("argocd"));
    assert_eq!(own.len(), 1);
    assert!(
        authorizer
            .secret_grants(&account("argocd-dex-server"), Within::Namespace("default"))
            .is_empty()
    );
    let server: BTreeSet<Power> = authorizer
        .powers(&account("argocd-server"))
        .into_iter()
        .map(|(power, _)| power)
        .collect();
    for power in [
        Power::DeleteEverything,
        Power::ReadSecrets,
        Power::RunPods,
        Power::ReachKubelets,
    ] {
        assert!(
            server.contains(&power),
            "argocd-server lacks {power:?}: {server:?}"
        );
    }
    assert!(
        !server.contains(&Power::Everything) && !server.contains(&Power::EscalateRoles),
        "{server:?}"
    );
}

#[test]
fn the_ebs_csi_driver_is_the_systems_own() {
    let Some((roles, mut bindings)) = manifests("real/aws-ebs-csi-driver", "kube-system") else {
        return;
    };
    // The overlay that installs it sets the namespace of the subjects too.
    for subject in bindings
        .iter_mut()
        .flat_map(|binding| &mut binding.subjects)
    {
        subject
            .namespace
            .get_or_insert_with(|| "kube-system".to_owned());
    }
    assert!(
        roles.len() >= 6 && bindings.len() >= 6,
        "{} roles, {} bindings",
        roles.len(),
        bindings.len()
    );
    for role in &roles {
        assert!(is_system_role(role), "taken for the user's: {role:?}");
    }
    for binding in &bindings {
        assert!(
            is_system_binding(binding),
            "taken for the user's: {binding:?}"
        );
    }
    let authorizer = Authorizer::new(&roles, &bindings);
    let any_secret = Permission::new("get", "", "secrets")
        .named(Name::Any)
        .within(Within::Anywhere);
    assert!(who(&authorizer, &any_secret).is_empty());
}
