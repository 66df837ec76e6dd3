//! Which users workloads have the static keys of.

use serde_json::{Value, json};

use super::{ACCOUNT, CLUSTER, Estate};
use crate::graph::Graph;
use crate::graph::path::EdgeKind;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// The pod web/api with this container, and the key of the user ci with this status.
fn estate(container: &Value, status: &Value) -> Estate {
    let mut main = json!({"name": "main", "image": "i"});
    for (key, value) in container.as_object().unwrap() {
        main[key] = value.clone();
    }
    Estate::new()
        .iam(json!({"users": [{"UserName": "ci", "UserId": "AIDA", "Path": "/",
                "Arn": format!("arn:aws:iam::{ACCOUNT}:user/ci"), "CreateDate": "2024-01-01T00:00:00Z"}],
            "access_keys": [{"UserName": "ci", "AccessKeyId": KEY, "Status": status,
                "CreateDate": "2026-11-14T00:00:00Z"}]}))
        .kubernetes(json!({"namespaces": [{"metadata": {"name": "web"}}],
            "service_accounts": [{"metadata": {"name": "api", "namespace": "web"}}],
            "pods": [{"metadata": {"name": "api", "namespace": "web", "uid": "u"},
                "spec": {"serviceAccountName": "api", "containers": [main]}, "status": {"phase": "Running"}}]}))
}

/// The edge from web/api to a user: whose, the evidence and what is open.
fn edge(estate: &Estate) -> Option<(String, String, Option<String>)> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control
        .end(&format!("k8s://{CLUSTER}/web/Pod/api"))
        .unwrap();
    let found = control.reach(&from.numbers);
    let user = found.iter().find(|one| one.id.contains(":user/"))?;
    let toward = control.toward(&[user.number], false);
    let way = control.way(&toward, from.numbers[0]).unwrap();
    let taken = way.path.last().unwrap();
    assert_eq!(taken.step.edge, EdgeKind::StaticKey, "{way:?}");
    Some((
        taken.step.to.clone(),
        taken.step.evidence.clone(),
        taken.open.clone(),
    ))
}

fn secret() -> Value {
    json!({"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": {"secretKeyRef": {"name": "aws", "key": "k"}}})
}

#[test]
fn a_key_leads_to_its_user() {
    let id = json!({"name": "AWS_ACCESS_KEY_ID", "value": KEY});
    let active = json!("Active");
    let whole = json!({"env": [id, secret()]});
    let (to, evidence, open) = edge(&estate(&whole, &active)).unwrap();
    assert_eq!(
        (to.as_str(), open),
        ("arn:aws:iam::111122223333:user/ci", None)
    );
    assert_eq!(
        evidence,
        "AWS_ACCESS_KEY_ID in its environment is AKIA…MPLE, a key of the user ci, made on 2026-11-14, 10 days before \
         the audit, active"
    );
    for (what, container, status, open) in [
        (
            "no secret part",
            json!({"env": [id]}),
            &active,
            "the secret part",
        ),
        (
            "an argument",
            json!({"args": [format!("--key={KEY}")]}),
            &active,
            "the secret part",
        ),
        (
            "no status",
            whole.clone(),
            &json!(""),
            "if the key is active",
        ),
    ] {
        let found = edge(&estate(&container, status));
        let says = found.as_ref().and_then(|(.., open)| open.as_deref());
        assert!(
            says.is_some_and(|says| says.contains(open)),
            "{what}: {found:?}"
        );
    }
}

/// Of a ConfigMap that it takes the ids count, and whether the secret part is beside them.
#[test]
fn a_key_in_a_config_map_leads_to_its_user() {
    let both = format!(
        "aws_access_key_id={KEY}\naws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL3KEY"
    );
    let map = json!({"config_map_keys": [{"metadata": {"name": "tools", "namespace": "web"},
        "data": {"id": KEY, "credentials": both}}]});
    let one = |key: &str| json!({"env": [{"name": "K", "valueFrom": {"configMapKeyRef": {"name": "tools", "key": key}}}]});
    let all = json!({"envFrom": [{"configMapRef": {"name": "tools"}}]});
    for (container, place, is_open) in [
        (one("id"), "the key id of its ConfigMap tools", true),
        (
            one("credentials"),
            "the key credentials of its ConfigMap tools",
            false,
        ),
        (all, "of its ConfigMap tools", false),
    ] {
        let (_, evidence, open) =
            edge(&estate(&container, &json!("Active")).kubernetes(map.clone())).unwrap();
        assert!(evidence.contains(place), "{container}: {evidence}");
        assert_eq!(open.is_some(), is_open, "{container}: {open:?}");
    }
    for other in [
        one("other"),
        json!({"envFrom": [{"configMapRef": {"name": "others"}}]}),
        json!({}),
    ] {
        let found = edge(&estate(&other, &json!("Active")).kubernetes(map.clone()));
        assert_eq!(found, None, "{other}");
    }
}

#[test]
fn no_other_key_leads_anywhere() {
    let env = |id: &str| json!({"env": [{"name": "AWS_ACCESS_KEY_ID", "value": id}, secret()]});
    for (what, container, status) in [
        ("inactive", env(KEY), "Inactive"),
        ("another's", env("AKIAIOSFODNN7EXAMPL3"), "Active"),
        ("no key", env("minio"), "Active"),
        ("only the secret part", json!({"env": [secret()]}), "Active"),
    ] {
        let found = edge(&estate(&container, &json!(status)));
        assert_eq!(found, None, "{what}");
    }
}

#[test]
fn whoever_has_the_namespace_has_the_key() {
    let whole = json!({"env": [{"name": "AWS_ACCESS_KEY_ID", "value": KEY}, secret()]});
    let estate = estate(&whole, &json!("Active")).kubernetes(json!({
        "namespaces": [{"metadata": {"name": "ci"}}],
        "service_accounts": [{"metadata": {"name": "runner", "namespace": "ci"}}],
        "roles": [{"kind": "Role", "metadata": {"name": "all", "namespace": "web"},
            "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
        "role_bindings": [{"kind": "RoleBinding", "metadata": {"name": "runner", "namespace": "web"},
            "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}],
            "roleRef": {"kind": "Role", "name": "all", "apiGroup": "rbac.authorization.k8s.io"}}]}));
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end("system:serviceaccount:ci:runner").unwrap();
    let found = control.reach(&from.numbers);
    let user = found.iter().find(|one| one.id.ends_with(":user/ci"));
    assert!(user.is_some_and(|user| user.is_certain), "{found:#?}");
}
