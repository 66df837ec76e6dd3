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

/// Who consumes a Secret, of a cluster of these objects.
fn consumers(objects: Value, namespace: &str, name: &str) -> Vec<String> {
    let snapshot = Estate::new().kubernetes(objects).snapshot();
    let graph = Graph::build(&snapshot, None);
    let lineage = graph.lineage();
    let mut own = lineage.kept.iter();
    let own = own.find(|one| (one.namespace, one.name) == (namespace, name));
    own.into_iter()
        .flat_map(|one| &one.consumers)
        .map(Consumer::label)
        .collect()
}

#[test]
fn gateways_take_certificates_from_their_namespace_and_by_grant_from_others() {
    let gateway = |references: Value| {
        json!({"gateways": [{"metadata": {"name": "web", "namespace": "edge"}, "spec": {"listeners":
            [{"name": "https", "port": 443, "tls": {"certificateRefs": references}}]}}]})
    };
    for (reference, namespace, expected) in [
        (json!([{"name": "tls"}]), "edge", "Gateway edge/web"),
        (
            json!([{"name": "tls", "namespace": "pay", "kind": "Secret", "group": ""}]),
            "pay",
            "Gateway edge/web (only if a ReferenceGrant in that namespace lets it)",
        ),
    ] {
        assert_eq!(consumers(gateway(reference), namespace, "tls"), [expected]);
    }
    let other = gateway(json!([{"name": "tls", "kind": "AcmCertificate", "group": "example.com"}]));
    assert!(
        consumers(other, "edge", "tls").is_empty(),
        "another kind is no Secret"
    );
}

#[test]
fn annotations_of_ingresses_and_services_name_secrets() {
    let annotated = |kind: &str, key: &str, value: &str| json!({kind: [{"metadata": {"name": "web", "namespace": "pay", "annotations": {key: value}}}]});
    let oidc = r#"{"issuer": "https://login.example.com", "secretName": "login"}"#;
    for (objects, namespace, name, expected) in [
        (
            annotated(
                "ingresses",
                "nginx.ingress.kubernetes.io/auth-secret",
                "users",
            ),
            "pay",
            "users",
            "Ingress pay/web",
        ),
        (
            annotated(
                "ingresses",
                "nginx.ingress.kubernetes.io/auth-tls-secret",
                "edge/ca",
            ),
            "edge",
            "ca",
            "Ingress pay/web",
        ),
        (
            annotated(
                "ingresses",
                "nginx.ingress.kubernetes.io/proxy-ssl-secret",
                "pay/ssl",
            ),
            "pay",
            "ssl",
            "Ingress pay/web",
        ),
        (
            annotated("ingresses", "alb.ingress.kubernetes.io/auth-idp-oidc", oidc),
            "pay",
            "login",
            "Ingress pay/web",
        ),
        (
            annotated("services", "alb.ingress.kubernetes.io/auth-idp-oidc", oidc),
            "pay",
            "login",
            "Service pay/web",
        ),
    ] {
        assert_eq!(consumers(objects, namespace, name), [expected], "{name}");
    }
    let kind = annotated(
        "ingresses",
        "nginx.ingress.kubernetes.io/auth-secret-type",
        "auth-map",
    );
    assert!(consumers(kind, "pay", "auth-map").is_empty());
    let broken = annotated(
        "ingresses",
        "alb.ingress.kubernetes.io/auth-idp-oidc",
        "login",
    );
    assert!(consumers(broken, "pay", "login").is_empty());
}

#[test]
fn pushes_by_label_and_volumes_name_secrets() {
    let pushed = json!({
        "secrets": [{"metadata": {"name": "db", "namespace": "pay", "labels": {"push": "yes"}}},
            {"metadata": {"name": "other", "namespace": "pay"}},
            {"metadata": {"name": "db", "namespace": "shop", "labels": {"push": "yes"}}}],
        "push_secrets": [{"metadata": {"name": "all", "namespace": "pay"}, "spec": {"selector": {"secret":
            {"selector": {"matchLabels": {"push": "yes"}}}}}}],
        "persistent_volumes": [{"metadata": {"name": "pv-1"}, "spec": {"csi": {"driver": "d", "volumeHandle": "h",
            "nodeStageSecretRef": {"name": "stage", "namespace": "storage"}}}}],
    });
    assert_eq!(
        consumers(pushed.clone(), "pay", "db"),
        ["PushSecret pay/all"]
    );
    assert!(consumers(pushed.clone(), "pay", "other").is_empty());
    assert!(consumers(pushed.clone(), "shop", "db").is_empty());
    assert_eq!(
        consumers(pushed, "storage", "stage"),
        ["PersistentVolume pv-1"]
    );
}

#[test]
fn some_secrets_say_themselves_who_has_them() {
    for (name, kind, annotations, expected) in [
        (
            "t",
            "kubernetes.io/service-account-token",
            json!({"kubernetes.io/service-account.name": "ci"}),
            "ServiceAccount pay/ci",
        ),
        (
            "sh.helm.release.v1.shop.v12",
            "helm.sh/release.v1",
            json!({}),
            "Helm release pay/shop",
        ),
        (
            "sh.helm.release.v1.a.v1.b.v2",
            "other",
            json!({}),
            "Helm release pay/a.v1.b",
        ),
        (
            "bootstrap-token-abcdef",
            "bootstrap.kubernetes.io/token",
            json!({}),
            "bootstrap of nodes",
        ),
    ] {
        let objects = json!({"secrets": [{"type": kind, "metadata":
            {"name": name, "namespace": "pay", "annotations": annotations}}]});
        assert_eq!(consumers(objects, "pay", name), [expected]);
    }
    let plain = json!({"secrets": [{"type": "Opaque", "metadata": {"name": "release.v1", "namespace": "pay"}}]});
    assert!(consumers(plain, "pay", "release.v1").is_empty());
}

#[test]
fn entries_that_are_looked_for_are_brought() {
    let found = "prod/db → ExternalSecret db → Secret db → Deployment pay/api";
    let unsure = "prod/db → ExternalSecret db? → Secret db → Deployment pay/api";
    let find =
        |find: Value| json!({"secretStoreRef": {"name": "vault"}, "dataFrom": [{"find": find}]});
    for (spec, expected) in [
        (find(json!({"name": {"regexp": "^prod/"}})), found),
        (
            find(json!({"path": "prod", "name": {"regexp": "db$"}})),
            found,
        ),
        (find(json!({"name": {"regexp": "("}})), unsure),
        (find(json!({"name": {"regexp": "^db"}})), "prod/db"),
    ] {
        let objects = json!({"secret_stores": [store(json!({"service": "SecretsManager", "region": "eu-west-1"}))],
            "external_secrets": [external(spec.clone())]});
        assert_eq!(shown(&estate(&by_env(), objects))[0], expected, "{spec}");
    }
}

#[test]
fn a_store_reads_the_account_of_its_service_account_or_of_the_operator() {
    let data = json!({"secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "p", "remoteRef": {"key": "prod/db"}}]});
    let account = |name: &str, account: &str| {
        json!({"metadata": {"name": name, "namespace": "pay", "annotations":
            {"eks.amazonaws.com/role-arn": format!("arn:aws:iam::{account}:role/r")}}})
    };
    let jwt = json!({"service": "SecretsManager", "region": "eu-west-1",
        "auth": {"jwt": {"serviceAccountRef": {"name": "reader"}}}});
    let own = json!({"service": "SecretsManager", "region": "eu-west-1"});
    let operator = json!({"metadata": {"name": "eso", "namespace": "pay", "uid": "u"}, "spec": {"serviceAccountName": "eso",
        "containers": [{"name": "main", "image": "ghcr.io/external-secrets/external-secrets:v1"}]}});
    let found = "prod/db → ExternalSecret db → Secret db → Deployment pay/api";
    for (what, aws, accounts, pods, expected) in [
        (
            "its own account",
            jwt.clone(),
            json!([account("reader", ACCOUNT)]),
            json!([]),
            found,
        ),
        (
            "another account",
            jwt.clone(),
            json!([account("reader", "444455556666")]),
            json!([]),
            "prod/db",
        ),
        (
            "a service account without a role",
            jwt,
            json!([]),
            json!([]),
            "prod/db → ExternalSecret db? → Secret db → Deployment pay/api",
        ),
        (
            "the operator here",
            own.clone(),
            json!([account("eso", ACCOUNT)]),
            json!([operator]),
            found,
        ),
        (
            "the operator elsewhere",
            own,
            json!([account("eso", "444455556666")]),
            json!([operator]),
            "prod/db",
        ),
    ] {
        let objects = json!({"secret_stores": [store(aws)], "external_secrets": [external(data.clone())],
            "service_accounts": accounts, "pods": pods});
        assert_eq!(shown(&estate(&by_env(), objects))[0], expected, "{what}");
    }
}
