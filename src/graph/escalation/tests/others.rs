//! Admission, certificates, aws-auth, operators.

use super::*;

#[test]
#[rustfmt::skip]
fn what_stands_between_requests_and_what_is_stored() {
    let hook = |verb: &str, kind: &str| rule(&[verb], "admissionregistration.k8s.io", &[kind]);
    let mutating = "mutatingwebhookconfigurations";
    let (policy, policy_binding) = ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings");
    let all: &[&str] = &[
        "the service account closed/app?",
        "the service account ops/root?",
        "the service account web/api?",
    ];
    holds(&[
        ("mutating-webhook", None, vec![hook("create", mutating)], all),
        ("mutating-webhook", None, vec![named(hook("patch", mutating), &["mine"])], all),
        ("mutating-webhook", None, vec![named(hook("create", mutating), &["mine"])], &[]),
        ("mutating-webhook", None, vec![hook("get", mutating)], &[]),
        ("mutating-policy", None, vec![hook("create", policy), hook("create", policy_binding)], all),
        ("mutating-policy", None, vec![hook("patch", policy), hook("create", policy_binding)], all),
        // A policy without a binding does nothing.
        ("mutating-policy", None, vec![hook("create", policy)], &[]),
        ("mutating-policy", None, vec![hook("create", policy_binding)], &[]),
        ("mutating-policy", None, vec![hook("create", policy), named(hook("create", policy_binding), &["x"])], &[]),
        ("validating-webhook", None, vec![hook("create", "validatingwebhookconfigurations")], &[]),
        ("api-service", None, vec![rule(&["create"], "apiregistration.k8s.io", &["apiservices"])], &[]),
        ("custom-resource-definition", None,
            vec![rule(&["create"], "apiextensions.k8s.io", &["customresourcedefinitions"])], &[]),
    ]);
}

#[test]
fn mutating_policies_begin_with_1_36() {
    let kinds = [
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ];
    let rules = [rule(&["create"], "admissionregistration.k8s.io", &kinds)];
    for (version, expected) in [("1.35", 0), ("1.36", 3)] {
        let estate = estate(None, &rules).eks(json!({"cluster": {"version": version}}));
        let found = gains(&estate.snapshot());
        assert_eq!(found.len(), expected, "{version}: {found:?}");
    }
}

#[test]
fn certificates_are_signed_elsewhere_and_not_by_eks() {
    let group = "certificates.k8s.io";
    let rules = |signer: &str| {
        vec![
            rule(&["create"], group, &["certificatesigningrequests"]),
            rule(&["update"], group, &["certificatesigningrequests/approval"]),
            named(rule(&["approve"], group, &["signers"]), &[signer]),
        ]
    };
    let none: &[&str] = &[];
    for (signer, eks, expected) in [
        (
            "kubernetes.io/kube-apiserver-client",
            false,
            &["client-certificate"][..],
        ),
        (
            "kubernetes.io/kube-apiserver-client-kubelet",
            false,
            &["kubelet-certificate"],
        ),
        (
            "kubernetes.io/*",
            false,
            &["client-certificate", "kubelet-certificate"],
        ),
        ("kubernetes.io/kubelet-serving", false, none),
        ("kubernetes.io/legacy-unknown", false, none),
        ("example.com/*", false, none),
        ("kubernetes.io/kube-apiserver-client", true, none),
        ("kubernetes.io/kube-apiserver-client-kubelet", true, none),
    ] {
        let mut snapshot = estate(None, &rules(signer)).snapshot();
        if !eks {
            for cluster in snapshot.clusters.values_mut() {
                cluster.eks.cluster = None;
            }
        }
        let found = gains(&snapshot);
        let methods: BTreeSet<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(methods, expected, "{signer}, EKS {eks}: {found:?}");
        assert!(
            found.iter().all(|(_, node)| node.ends_with('?')),
            "{found:?}"
        );
    }
    holds(&[("client-certificate", None, rules("kubernetes.io/*"), &[])]);
}

#[test]
#[rustfmt::skip]
fn aws_auth_counts_where_it_is_read() {
    let write = |verb: &str| rule(&[verb], "", &["configmaps"]);
    let map = json!({"config_maps": [{"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {}}]});
    let auth = |mode: &str| json!({"cluster": {"accessConfig": {"authenticationMode": mode}}});
    for (mode, there, namespace, rule, expected) in [
        ("CONFIG_MAP", true, None, write("patch"), true),
        ("API_AND_CONFIG_MAP", true, Some("kube-system"), write("update"), true),
        ("API_AND_CONFIG_MAP", true, None, named(write("update"), &["aws-auth"]), true),
        ("API_AND_CONFIG_MAP", true, None, named(write("update"), &["coredns"]), false),
        ("API_AND_CONFIG_MAP", true, Some("web"), write("patch"), false),
        ("API", true, None, write("patch"), false),
        ("API_AND_CONFIG_MAP", true, None, write("create"), false),
        ("API_AND_CONFIG_MAP", false, None, write("create"), true),
        ("API_AND_CONFIG_MAP", false, None, write("patch"), false),
        ("API_AND_CONFIG_MAP", true, None, write("get"), false),
    ] {
        let estate = estate(namespace, std::slice::from_ref(&rule)).eks(auth(mode));
        let estate = if there {
            estate.kubernetes(map.clone())
        } else {
            estate
        };
        let found = gains(&estate.snapshot());
        let expected: BTreeSet<(String, String)> = expected
            .then(|| ("aws-auth".to_owned(), CLUSTER.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(
            found, expected,
            "{mode}, there {there}, in {namespace:?}: {rule}"
        );
    }
}

#[test]
#[rustfmt::skip]
fn operators_act_where_they_run_and_as_far_as_they_may() {
    let running = |namespace: &str, name: &str, rules: &[Value]| {
        json!({"service_accounts": [{"metadata": {"name": name, "namespace": namespace}}],
            "roles": [role("ClusterRole", None, "operator", rules)],
            "role_bindings": [binding(None, "operator", ("ClusterRole", "operator"), account(namespace, name))]})
    };
    let all = || [rule(&["*"], "*", &["*"])];
    let token = || [rule(&["create"], "", &["serviceaccounts/token"])];
    let write = |group: &str, resource: &str| rule(&["create"], group, &[resource]);
    let (argo, controller) = ("argocd", "argocd-application-controller");
    let (kustomize, helm, store) = (
        "kustomize.toolkit.fluxcd.io",
        "helm.toolkit.fluxcd.io",
        "external-secrets.io",
    );
    for (method, namespace, rule, operator, expected) in [
        ("argo-cd-application", None, write("argoproj.io", "applications"), Some(running(argo, controller, &all())),
            "the service account argocd/argocd-application-controller?"),
        ("argo-cd-application", Some("web"), write("argoproj.io", "applications"),
            Some(running(argo, controller, &all())), ""),
        ("argo-cd-application", None, write("argoproj.io", "applications"), None, ""),
        ("argo-cd-application", None, write("argoproj.io", "workflows"), Some(running(argo, controller, &all())), ""),
        ("flux-kustomization", Some("web"), write(kustomize, "kustomizations"),
            Some(running("flux-system", "kustomize-controller", &all())), "the service account flux-system/kustomize-controller?"),
        ("flux-kustomization", Some("web"), write(kustomize, "kustomizations"), None, ""),
        ("flux-helm-release", Some("web"), write(helm, "helmreleases"),
            Some(running("flux-system", "helm-controller", &all())), "the service account flux-system/helm-controller?"),
        ("flux-helm-release", Some("web"), rule(&["get"], helm, &["helmreleases"]),
            Some(running("flux-system", "helm-controller", &all())), ""),
        ("external-secrets-store", Some("ops"), write(store, "secretstores"),
            Some(running("external-secrets", "external-secrets", &token())), "the service account ops/root?"),
        // Without the right to ask for tokens it gives none.
        ("external-secrets-store", Some("ops"), write(store, "secretstores"),
            Some(running("external-secrets", "external-secrets", &[])), ""),
        ("external-secrets-cluster-store", Some("ops"), write(store, "clustersecretstores"),
            Some(running("external-secrets", "external-secrets", &token())), ""),
        ("external-secret", None, write(store, "externalsecrets"),
            Some(running("external-secrets", "external-secrets", &token())), ""),
    ] {
        let estate = estate(namespace, std::slice::from_ref(&rule));
        let estate = operator.map_or(estate.clone(), |operator| estate.kubernetes(operator));
        let found = gains(&estate.snapshot());
        let found: Vec<&str> = found
            .iter()
            .filter(|(id, _)| id == method)
            .map(|(_, node)| node.as_str())
            .collect();
        let expected: Vec<&str> = Some(expected)
            .filter(|text| !text.is_empty())
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{method} in {namespace:?} by {rule}");
    }
    let all = running("external-secrets", "external-secrets", &token());
    let estate = estate(None, &[write(store, "clustersecretstores")]).kubernetes(all);
    let found = gains(&estate.snapshot());
    let root = (
        "external-secrets-cluster-store".to_owned(),
        "the service account ops/root?".to_owned(),
    );
    assert!(found.contains(&root), "{found:?}");
}
