//! From the vault into the process: what is found of each kind of way, and what looks like one and is none.

use serde_json::{Value, json};

use super::*;
use crate::checks::testing::{ACCOUNT, Estate};

const DB: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";
const KEY: &str = "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/key";

/// A secret and a parameter; a Deployment of the namespace `pay` with this pod spec.
fn estate(spec: &Value, objects: Value) -> Estate {
    Estate::new()
        .region(json!({
            "secretsmanager": {"secrets": [{"ARN": DB, "Name": "prod/db"}]},
            "ssm": {"parameters": [{"ARN": KEY, "Name": "/prod/key", "Type": "SecureString"},
                {"ARN": "arn:aws:ssm:eu-west-1:111122223333:parameter/plain", "Name": "/plain", "Type": "String"}]},
        }))
        .kubernetes(json!({"controllers": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "pay"},
            "spec": {"template": {"spec": spec}}}]}))
        .kubernetes(objects)
}

fn store(aws: Value) -> Value {
    json!({"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"}, "spec": {"provider": {"aws": aws}}})
}

fn external(spec: Value) -> Value {
    json!({"metadata": {"name": "db", "namespace": "pay"}, "spec": spec, "status": {"refreshTime": "2026-11-20T00:00:00Z",
        "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn by_env() -> Value {
    json!({"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "db"}}]}]})
}

/// Each entry with what brings it, what that makes, and who consumes that: `prod/db ← ExternalSecret db → pay/db → …`.
fn shown(estate: &Estate) -> Vec<String> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let lineage = graph.lineage();
    let mut lines = Vec::new();
    for entry in &lineage.entries {
        let name = entry.vault.name();
        if entry.by.is_empty() {
            lines.push(name.to_owned());
        }
        for (by, sure) in lineage.bringers(entry) {
            let sure = if sure { "" } else { "?" };
            let mut line = format!("{name} → {} {}{sure}", by.bringer.kind(), by.name);
            for made in lineage.made(by) {
                let consumers: Vec<String> = made.consumers.iter().map(Consumer::label).collect();
                line += &format!(" → Secret {} → {}", made.name, consumers.join(", "));
            }
            for at in &by.mounted_by {
                line += &format!(" → {}", graph.workloads.workloads[*at].label());
            }
            lines.push(line);
        }
    }
    lines
}

#[test]
fn an_external_secret_is_followed_through_its_store() {
    let data = |key: &str| json!({"secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "p", "remoteRef": {"key": key}}]});
    let extract =
        json!({"secretStoreRef": {"name": "vault"}, "dataFrom": [{"extract": {"key": "prod/db"}}]});
    let found = "prod/db → ExternalSecret db → Secret db → Deployment pay/api";
    let home = json!({"service": "SecretsManager", "region": "eu-west-1"});
    for (what, aws, spec, expected) in [
        ("by name", home.clone(), data("prod/db"), found),
        ("whole", home.clone(), extract, found),
        ("by its ARN", home.clone(), data(DB), found),
        (
            "by its ARN without the end",
            home.clone(),
            data("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db"),
            found,
        ),
        (
            "with the store's prefix",
            json!({"service": "SecretsManager", "region": "eu-west-1", "prefix": "prod/"}),
            data("db"),
            found,
        ),
        ("another name", home.clone(), data("prod/db2"), "prod/db"),
        (
            "another region",
            json!({"service": "SecretsManager", "region": "us-east-1"}),
            data("prod/db"),
            "prod/db",
        ),
        (
            "another account",
            json!({"service": "SecretsManager", "region": "eu-west-1", "role": "arn:aws:iam::444455556666:role/r"}),
            data("prod/db"),
            "prod/db",
        ),
        (
            "a parameter",
            json!({"service": "ParameterStore", "region": "eu-west-1"}),
            data("prod/db"),
            "prod/db",
        ),
    ] {
        let objects = json!({"secret_stores": [store(aws)], "external_secrets": [external(spec)]});
        assert_eq!(shown(&estate(&by_env(), objects))[0], expected, "{what}");
    }
    let parameter = json!({"secret_stores": [store(json!({"service": "ParameterStore", "region": "eu-west-1"}))],
        "external_secrets": [external(data("/prod/key"))]});
    let lines = shown(&estate(&by_env(), parameter));
    let expected = [
        "prod/db",
        "/prod/key → ExternalSecret db → Secret db → Deployment pay/api",
    ];
    assert_eq!(
        lines, expected,
        "a parameter that is encrypted, and none that is not"
    );
}

#[test]
fn a_store_that_was_not_seen_may_be_at_home_and_one_of_another_vault_is_not() {
    let spec = json!({"secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "p", "remoteRef": {"key": "prod/db"}}]});
    let unseen = estate(
        &by_env(),
        json!({"external_secrets": [external(spec.clone())]}),
    );
    assert_eq!(
        shown(&unseen)[0],
        "prod/db → ExternalSecret db? → Secret db → Deployment pay/api"
    );
    let other = json!({"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
        "spec": {"provider": {"vault": {"server": "s"}}}});
    let elsewhere = estate(
        &by_env(),
        json!({"secret_stores": [other], "external_secrets": [external(spec)]}),
    );
    assert_eq!(shown(&elsewhere)[0], "prod/db");
}

#[test]
fn a_class_is_followed_into_the_pods_that_mount_it() {
    let class = |objects: &str| {
        json!({"secret_provider_classes": [{"metadata": {"name": "class", "namespace": "pay"}, "spec": {"provider": "aws",
            "parameters": {"objects": objects}, "secretObjects": [{"secretName": "db"}]}}]})
    };
    let mounts = json!({"containers": [{"name": "main"}], "volumes": [{"name": "v", "csi":
        {"driver": "secrets-store.csi.k8s.io", "volumeAttributes": {"secretProviderClass": "class"}}}]});
    let named = "- objectName: prod/db\n  objectType: secretsmanager\n";
    for (what, spec, objects, expected) in [
        (
            "mounted",
            &mounts,
            named,
            "prod/db → SecretProviderClass class? → Secret db →  → Deployment pay/api",
        ),
        (
            "not mounted",
            &json!({"containers": []}),
            named,
            "prod/db → SecretProviderClass class? → Secret db → ",
        ),
        (
            "by its ARN",
            &mounts,
            &format!("- objectName: {DB}\n") as &str,
            "prod/db → SecretProviderClass class → Secret db →  → Deployment pay/api",
        ),
        (
            "a parameter of that name",
            &mounts,
            "- objectName: prod/db\n  objectType: ssmparameter\n",
            "prod/db",
        ),
    ] {
        assert_eq!(shown(&estate(spec, class(objects)))[0], expected, "{what}");
    }
}

#[test]
fn every_consumer_of_a_kubernetes_secret_counts() {
    let objects = json!({
        "secrets": [{"metadata": {"name": "db", "namespace": "pay"}}, {"metadata": {"name": "db", "namespace": "shop"}}],
        "service_accounts": [{"metadata": {"name": "sa", "namespace": "pay"}, "imagePullSecrets": [{"name": "db"}]}],
        "ingresses": [{"metadata": {"name": "web", "namespace": "pay"}, "spec": {"tls": [{"secretName": "db"}]}}],
        "secret_stores": [{"kind": "ClusterSecretStore", "metadata": {"name": "all"}, "spec": {"provider": {"aws":
            {"auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "db", "namespace": "pay", "key": "id"}}}}}}}],
        "push_secrets": [{"metadata": {"name": "push", "namespace": "pay"}, "spec": {"selector": {"secret": {"name": "db"}}}}],
    });
    let snapshot = estate(&by_env(), objects).snapshot();
    let graph = Graph::build(&snapshot, None);
    let lineage = graph.lineage();
    let of = |namespace: &str| {
        let mut kept = lineage.kept.iter();
        let one = kept.find(|one| one.namespace == namespace && one.name == "db");
        let consumers = one.into_iter().flat_map(|one| &one.consumers);
        consumers.map(Consumer::label).collect::<Vec<_>>()
    };
    let expected = [
        "Deployment pay/api",
        "ClusterSecretStore all",
        "Ingress pay/web",
        "PushSecret pay/push",
        "ServiceAccount pay/sa",
    ];
    assert_eq!(of("pay"), expected);
    assert!(
        of("shop").is_empty(),
        "a Secret of another namespace is another"
    );
    assert!(snapshot.accounts.contains_key(ACCOUNT));
}
