//! Pods made, changed, entered, moved, and pods that become their node.

use super::*;

#[test]
#[rustfmt::skip]
fn pods_made_changed_and_entered() {
    let on = |verbs: &[&str], group: &str, resource: &str| rule(verbs, group, &[resource]);
    let mut cases: Vec<Case> = vec![
        ("create-pods", Some("closed"), vec![on(&["create"], "", "pods")], &[APP]),
        ("create-pods", None, vec![named(on(&["create"], "", "pods"), &["x"])], &[]),
        ("create-pods", None, vec![on(&["delete", "get"], "", "pods")], &[]),
        ("change-workloads", None, vec![on(&["patch"], "apps", "deployments")], &[ROOT]),
        ("change-workloads", None, vec![named(on(&["patch"], "apps", "deployments"), &["idle"])], &[ROOT]),
        ("change-workloads", None, vec![named(on(&["patch"], "apps", "deployments"), &["other"])], &[]),
        ("change-workloads", Some("web"), vec![on(&["patch"], "apps", "deployments")], &[]),
        ("change-workloads", None, vec![on(&["patch"], "apps", "statefulsets")], &[]),
        ("change-workloads", None, vec![on(&["patch"], "batch", "jobs")], &[]),
        ("change-pods", Some("web"), vec![on(&["update"], "", "pods")], &[API]),
        ("change-pods", None, vec![named(on(&["patch"], "", "pods"), &["root-0"])], &[ROOT]),
        ("change-pods", None, vec![on(&["patch"], "", "pods/status")], &[]),
        ("exec", Some("ops"), vec![on(&["create"], "", "pods/exec")], &[ROOT]),
        ("exec", None, vec![named(on(&["create"], "", "pods/exec"), &["api-0"])], &[API]),
        ("exec", None, vec![on(&["create"], "", "pods/*")], &[]),
        ("exec-by-get", Some("ops"), vec![on(&["get"], "", "pods/exec")], &["the service account ops/root?"]),
        ("exec-by-get", Some("ops"), vec![on(&["get"], "", "pods")], &[]),
        // None of their pods has a stdin.
        ("attach", None, vec![on(&["create"], "", "pods/attach")], &[]),
        ("port-forward", None, vec![on(&["create"], "", "pods/portforward")], &[]),
        ("ephemeral-container", Some("closed"), vec![on(&["patch"], "", "pods/ephemeralcontainers")], &[APP]),
        ("ephemeral-container", None, vec![on(&["get"], "", "pods/ephemeralcontainers")], &[]),
        ("nodes-proxy", None, vec![on(&["get"], "", "nodes/proxy")], &[ROOT, API, APP]),
        ("nodes-proxy", None, vec![named(on(&["get"], "", "nodes/proxy"), &["n-2"])], &[API, APP]),
        ("nodes-proxy", Some("ops"), vec![on(&["get"], "", "nodes/proxy")], &[]),
        ("nodes-proxy", None, vec![on(&["get"], "", "nodes")], &[]),
    ];
    for (group, resource) in [
        ("", "pods"),
        ("", "replicationcontrollers"),
        ("apps", "deployments"),
        ("apps", "daemonsets"),
        ("apps", "statefulsets"),
        ("apps", "replicasets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
    ] {
        cases.push((
            "create-pods",
            Some("web"),
            vec![on(&["create"], group, resource)],
            &[API],
        ));
        cases.push((
            "create-pods",
            Some("web"),
            vec![on(&["create"], "extensions", resource)],
            &[],
        ));
    }
    holds(&cases);
}

#[test]
fn exec_by_get_ends_with_1_35() {
    for (version, expected) in [("1.34", Some(ROOT)), ("1.35", None), ("1.36", None)] {
        let estate = estate(Some("ops"), &[rule(&["get"], "", &["pods/exec"])])
            .eks(json!({"cluster": {"version": version}}));
        let found = gains(&estate.snapshot());
        let found: Vec<&str> = found.iter().map(|(_, node)| node.as_str()).collect();
        assert_eq!(found, Vec::from_iter(expected), "{version}");
    }
}

/// A main process is written to where it has a stdin, and may be no shell.
#[test]
fn attach_counts_where_there_is_a_stdin() {
    let attach = |verb: &str| rule(&[verb], "", &["pods/attach"]);
    let perhaps = "the service account web/api?";
    for (rule, version, expected) in [
        (attach("create"), "1.36", Some(perhaps)),
        (attach("get"), "1.34", Some(perhaps)),
        (attach("get"), "1.36", None),
        (attach("list"), "1.34", None),
        (named(attach("create"), &["api-0"]), "1.36", Some(perhaps)),
        (named(attach("create"), &["root-0"]), "1.36", None),
    ] {
        let estate =
            estate(None, std::slice::from_ref(&rule)).eks(json!({"cluster": {"version": version}}));
        let mut snapshot = estate.snapshot();
        for cluster in snapshot.clusters.values_mut() {
            let pods = cluster.kubernetes.pods.iter_mut();
            for pod in pods.filter(|pod| pod.metadata.name == "api-0") {
                pod.spec.containers[0].stdin = Some(true);
            }
        }
        let found = gains(&snapshot);
        let found: Vec<&str> = found.iter().map(|(_, node)| node.as_str()).collect();
        assert_eq!(found, Vec::from_iter(expected), "{version}: {rule}");
    }
}

#[test]
#[rustfmt::skip]
fn pods_that_become_their_node() {
    let create = || rule(&["create"], "", &["pods"]);
    let label = || rule(&["patch"], "", &["namespaces"]);
    let volumes = || rule(&["create"], "", &["persistentvolumes"]);
    let add = || rule(&["patch"], "", &["pods/ephemeralcontainers"]);
    let unsure: &[&str] = &["the node n-1?", "the node n-2?"];
    holds(&[
        ("privileged-pod", Some("ops"), vec![create()], &NODES),
        ("privileged-pod", Some("web"), vec![create()], &[]),
        ("privileged-pod", Some("closed"), vec![create()], &[]),
        ("privileged-pod", None, vec![create()], &NODES),
        ("privileged-pod", Some("ops"), vec![named(create(), &["x"])], &[]),
        ("privileged-change", None, vec![rule(&["patch"], "apps", &["deployments"])], &NODES),
        ("privileged-change", Some("web"), vec![rule(&["patch"], "apps", &["deployments"])], &[]),
        ("privileged-change", None, vec![named(rule(&["patch"], "apps", &["deployments"]), &["other"])], &[]),
        ("privileged-ephemeral-container", Some("ops"), vec![add()], &["the node n-1"]),
        ("privileged-ephemeral-container", None, vec![named(add(), &["root-0"])], &["the node n-1"]),
        ("privileged-ephemeral-container", Some("web"), vec![add()], &[]),
        ("lower-pod-security", Some("closed"), vec![create(), label()], &NODES),
        ("lower-pod-security", None, vec![create(), named(label(), &["web"])], &NODES),
        ("lower-pod-security", Some("closed"), vec![create(), named(label(), &["web"])], &[]),
        ("lower-pod-security", Some("closed"), vec![create()], &[]),
        ("lower-pod-security", None, vec![label()], &[]),
        ("host-path-volume", None, vec![create(), volumes()], &NODES),
        ("host-path-volume", None, vec![volumes()], &[]),
        ("host-path-volume", None, vec![create(), rule(&["patch"], "", &["persistentvolumes"])], &[]),
        ("host-path-volume", None, vec![create(), rule(&["create"], "", &["persistentvolumeclaims"])], &[]),
        ("host-path-volume", None, vec![create(), named(volumes(), &["one"])], &[]),
        // A RoleBinding gives no PersistentVolumes.
        ("host-path-volume", Some("web"), vec![create(), volumes()], &[]),
    ]);
    let closed = binding(None, "more", ("ClusterRole", "volumes"), user("jane"));
    let more = json!({"role_bindings": [closed], "roles": [role("ClusterRole", None, "volumes",
        &[rule(&["create"], "", &["persistentvolumes"])])]});
    let found = gains(&estate(Some("closed"), &[create()]).kubernetes(more).snapshot());
    let of: Vec<&str> = found
        .iter()
        .filter(|(id, _)| id == "host-path-volume")
        .map(|(_, n)| n.as_str())
        .collect();
    assert_eq!(of, unsure, "restricted: {found:?}");
}

#[test]
#[rustfmt::skip]
fn pods_are_stolen_only_by_who_has_a_node() {
    let evict = |verb: &str, resource: &str| rule(&[verb], "", &[resource]);
    let kubelet = || named(rule(&["get"], "", &["nodes/proxy"]), &["n-2"]);
    let all: &[&str] = &[
        "the service account closed/app?",
        "the service account ops/root?",
        "the service account web/api?",
    ];
    holds(&[
        ("evict-pods", None, vec![kubelet(), evict("create", "pods/eviction")], all),
        ("evict-pods", None, vec![kubelet(), evict("delete", "pods")], all),
        ("evict-pods", None, vec![evict("create", "pods/eviction"), evict("delete", "pods")], &[]),
        ("evict-pods", None, vec![kubelet(), evict("deletecollection", "pods")], all),
        ("evict-pods", None, vec![kubelet(), evict("create", "pods")], &[]),
        ("evict-pods", None, vec![kubelet(), evict("delete", "pods/eviction")], &[]),
        ("evict-pods", None, vec![kubelet(), named(evict("delete", "pods"), &["root-0"])],
            &["the service account ops/root?"]),
        // No name limits it, so under a name it is never given.
        ("evict-pods", None, vec![kubelet(), named(evict("deletecollection", "pods"), &["root-0"])], &[]),
        ("drain-nodes", None, vec![kubelet(), evict("patch", "nodes")], all),
        ("drain-nodes", None, vec![kubelet(), evict("delete", "nodes")], all),
        ("drain-nodes", None, vec![kubelet(), named(evict("patch", "nodes"), &["n-1"])], &["the service account ops/root?"]),
        ("drain-nodes", None, vec![kubelet(), named(evict("patch", "nodes"), &["n-2"])], &[]),
        ("drain-nodes", None, vec![kubelet(), evict("delete", "nodes/status")], &[]),
        ("drain-nodes", None, vec![evict("patch", "nodes")], &[]),
    ]);
}

#[test]
fn a_pod_without_its_token_gives_its_node_alone() {
    let add = rule(&["patch"], "", &["pods/ephemeralcontainers"]);
    for rule in [add.clone(), named(add, &["root-0"])] {
        let mut snapshot = estate(Some("ops"), std::slice::from_ref(&rule)).snapshot();
        for cluster in snapshot.clusters.values_mut() {
            for pod in &mut cluster.kubernetes.pods {
                pod.spec.automount_service_account_token = Some(false);
            }
        }
        let found = gains(&snapshot);
        let certain: Vec<&str> = found
            .iter()
            .map(|(_, node)| node.as_str())
            .filter(|node| !node.ends_with('?'))
            .collect();
        assert_eq!(certain, ["the node n-1"], "{rule}: {found:?}");
    }
}
