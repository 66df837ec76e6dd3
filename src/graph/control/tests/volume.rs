//! Over volumes that several workloads mount: who writes what whom reads.

use serde_json::{Value, json};

use super::{CLUSTER, Estate};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

/// A pod with one volume of this source, mounted so.
fn pod(namespace: &str, name: &str, source: &Value, mount: &Value) -> Value {
    let mut volume = json!({"name": "v"});
    let mut mounted = json!({"name": "v", "mountPath": "/data"});
    for (into, from) in [(&mut volume, source), (&mut mounted, mount)] {
        for (key, value) in from.as_object().unwrap() {
            into[key] = value.clone();
        }
    }
    json!({"metadata": {"name": name, "namespace": namespace, "uid": name},
        "spec": {"volumes": [volume], "containers": [{"name": "c", "image": "i", "volumeMounts": [mounted]}]},
        "status": {"phase": "Running"}})
}

fn claim(name: &str) -> Value {
    json!({"persistentVolumeClaim": {"claimName": name}})
}

/// What the way from the pod shop/a to the pod b depends on, if there is one.
fn way(estate: &Estate, to: &str) -> Option<String> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end(&format!("k8s://{CLUSTER}/shop/Pod/a")).ok()?;
    let to = control.end(to).ok()?;
    let toward = control.toward(&to.numbers, false);
    let way = control.way(&toward, *from.numbers.first()?)?;
    let kinds: Vec<&str> = way.path.iter().map(|one| one.step.edge.as_str()).collect();
    assert_eq!(kinds, ["writes-volume", "reads-volume"], "{way:?}");
    let certain = control.toward(&to.numbers, true);
    assert!(
        control.way(&certain, *from.numbers.first()?).is_none(),
        "what is done with what is read is never known"
    );
    Some(way.open().join(", "))
}

const TRUSTS: &str = "runs or trusts what it finds there";

#[test]
fn a_claim_leads_to_the_other_pods_that_mount_it_where_it_may_be_written() {
    let b = format!("k8s://{CLUSTER}/shop/Pod/b");
    let (plain, read_only) = (json!({}), json!({"readOnly": true}));
    let data = claim("data");
    let only_read = json!({"persistentVolumeClaim": {"claimName": "data", "readOnly": true}});
    let part = |path: &str| json!({"subPath": path});
    for (what, a, its_mount, other, other_mount, expected) in [
        ("both write", &data, &plain, &data, &plain, Some(TRUSTS)),
        ("it reads", &data, &plain, &data, &read_only, Some(TRUSTS)),
        (
            "it reads the volume",
            &data,
            &plain,
            &only_read,
            &plain,
            Some(TRUSTS),
        ),
        (
            "only read by the mount",
            &data,
            &read_only,
            &data,
            &plain,
            None,
        ),
        (
            "only read by the volume",
            &only_read,
            &plain,
            &data,
            &plain,
            None,
        ),
        (
            "another claim",
            &data,
            &plain,
            &claim("other"),
            &plain,
            None,
        ),
        ("other parts", &data, &part("a"), &data, &part("b"), None),
        (
            "names that begin alike",
            &data,
            &part("a"),
            &data,
            &part("ab"),
            None,
        ),
        (
            "a part within",
            &data,
            &plain,
            &data,
            &part("a"),
            Some(TRUSTS),
        ),
        (
            "the part around",
            &data,
            &part("a/b/"),
            &data,
            &part("./a"),
            Some(TRUSTS),
        ),
        (
            "by variables",
            &data,
            &json!({"subPathExpr": "$(POD)"}),
            &data,
            &part("a"),
            Some("depends on $(POD)"),
        ),
        (
            "no claim",
            &json!({"emptyDir": {}}),
            &plain,
            &json!({"emptyDir": {}}),
            &plain,
            None,
        ),
        (
            "a directory of an NFS server",
            &json!({"nfs": {"server": "files", "path": "/a"}}),
            &plain,
            &json!({"nfs": {"server": "files", "path": "/a", "readOnly": true}}),
            &plain,
            Some(TRUSTS),
        ),
        (
            "only read from an NFS server",
            &json!({"nfs": {"server": "files", "path": "/a", "readOnly": true}}),
            &plain,
            &json!({"nfs": {"server": "files", "path": "/a"}}),
            &plain,
            None,
        ),
    ] {
        let pods = [
            pod("shop", "a", a, its_mount),
            pod("shop", "b", other, other_mount),
        ];
        let found = way(&Estate::new().kubernetes(json!({"pods": pods})), &b);
        let fits = match (&found, expected) {
            (None, None) => true,
            (Some(found), Some(expected)) => found.contains(expected) && found.contains(TRUSTS),
            _ => false,
        };
        assert!(fits, "{what}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn access_modes_keep_out_where_they_are_enforced_and_are_missed_where_they_were_not_read() {
    let b = format!("k8s://{CLUSTER}/shop/Pod/b");
    let pods = [
        pod("shop", "a", &claim("data"), &json!({})),
        pod("shop", "b", &claim("data"), &json!({})),
    ];
    let estate = |modes: Value| {
        Estate::new().kubernetes(json!({"pods": pods, "persistent_volume_claims": [
            {"metadata": {"name": "data", "namespace": "shop"}, "spec": {"accessModes": modes}}]}))
    };
    for (modes, says) in [
        (
            json!(["ReadWriteOncePod"]),
            Some("which is ReadWriteOncePod"),
        ),
        (json!(["ReadOnlyMany"]), Some("ReadOnlyMany does not say")),
        (json!(["ReadOnlyMany", "ReadWriteMany"]), None),
        (json!(["ReadWriteOnce"]), None),
        (json!(["ReadWriteMany"]), None),
    ] {
        let found = way(&estate(modes.clone()), &b).unwrap();
        match says {
            Some(says) => assert!(found.contains(says), "{modes}: {found}"),
            None => assert!(
                found.starts_with("only if it runs or trusts"),
                "{modes}: {found}"
            ),
        }
    }
    let unread = Estate::new().kubernetes(json!({"pods": pods}));
    let found = way(&unread.denied(Source::PERSISTENT_VOLUME_CLAIMS), &b).unwrap();
    assert!(
        found.contains("persistentvolumeclaims was not read"),
        "{found}"
    );
}

#[test]
fn a_claim_is_its_namespaces_unless_volumes_are_the_same() {
    let b = format!("k8s://{CLUSTER}/other/Pod/b");
    let pods = [
        pod("shop", "a", &claim("data"), &json!({})),
        pod("other", "b", &claim("data"), &json!({})),
    ];
    let claim = |namespace: &str, volume: &str| {
        json!({"metadata": {"name": "data", "namespace": namespace},
            "spec": {"accessModes": ["ReadWriteMany"], "volumeName": volume}})
    };
    let volume = |name: &str, spec: Value| json!({"metadata": {"name": name}, "spec": spec});
    let handle =
        |handle: &str| json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": handle}});
    let nfs = |path: &str| json!({"nfs": {"server": "files", "path": path}});
    for (of_a, of_b, expected) in [
        (handle("fs-1"), handle("fs-1"), true),
        (handle("fs-1::fsap-1"), handle("fs-1::fsap-1"), true),
        (handle("fs-1::fsap-1"), handle("fs-1::fsap-2"), false),
        (handle("fs-1"), handle("fs-2"), false),
        (nfs("/a"), nfs("/a"), true),
        (nfs("/a"), nfs("/b"), false),
        (nfs("/a"), handle("fs-1"), false),
        (json!({}), json!({}), false),
    ] {
        let estate = Estate::new().kubernetes(json!({"pods": pods,
            "persistent_volume_claims": [claim("shop", "one"), claim("other", "two")],
            "persistent_volumes": [volume("one", of_a.clone()), volume("two", of_b.clone())]}));
        assert_eq!(way(&estate, &b).is_some(), expected, "{of_a} {of_b}");
    }
}

#[test]
fn whoever_has_the_namespace_has_its_workloads() {
    let estate = Estate::new().kubernetes(json!({
        "namespaces": [{"metadata": {"name": "shop"}}, {"metadata": {"name": "ci"}}],
        "pods": [pod("shop", "a", &claim("data"), &json!({})), pod("shop", "b", &claim("data"), &json!({}))],
        "service_accounts": [{"metadata": {"name": "runner", "namespace": "ci"}}],
        "roles": [{"kind": "Role", "metadata": {"name": "all", "namespace": "shop"},
            "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
        "role_bindings": [{"kind": "RoleBinding", "metadata": {"name": "runner", "namespace": "shop"},
            "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}],
            "roleRef": {"kind": "Role", "name": "all", "apiGroup": "rbac.authorization.k8s.io"}}]}));
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end("system:serviceaccount:ci:runner").unwrap();
    let found = control.reach(&from.numbers);
    let pod = found.iter().find(|one| one.id.ends_with("/shop/Pod/a"));
    assert!(pod.is_some_and(|pod| pod.is_certain), "{found:#?}");
}
