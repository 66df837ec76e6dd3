//! What brings secrets into a cluster, as kubectl prints it: the external-secrets operator and the secrets-store CSI driver.

use eks_auditor::collect::files::{Inputs, Read, read_with};
use eks_auditor::collect::raw;
use eks_auditor::snapshot::coverage::{Source, Status};
use eks_auditor::snapshot::kubernetes::Kubernetes;
use serde_json::{Value, json};

/// The mark of what must not be kept.
const VALUE: &str = "hunter2";

fn given(objects: &[Value]) -> Read {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let inputs = Inputs {
        paths: vec![(None, "-".into())],
        as_of: None,
    };
    read_with(&inputs, Some(list.to_string().as_bytes())).unwrap()
}

fn objects(read: &Read) -> &Kubernetes {
    &read.snapshot.clusters["-"].kubernetes
}

fn object(group: &str, kind: &str, namespace: &str, name: &str, body: Value) -> Value {
    let mut object = json!({"apiVersion": group, "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "uid": "u"}});
    for (key, value) in body.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn external(kind: &str, name: &str, body: Value) -> Value {
    object("external-secrets.io/v1", kind, "shop", name, body)
}

/// One of each, with all that is read of it, and values where there could be some.
fn one_of_each() -> Vec<Value> {
    let ready = json!([{"type": "Ready", "status": "False", "reason": "SecretSyncedError",
        "message": VALUE, "lastTransitionTime": "2026-10-01T08:00:00Z"}]);
    let spec = json!({
        "refreshInterval": "1h0m0s",
        "refreshPolicy": "Periodic",
        "secretStoreRef": {"name": "aws", "kind": "ClusterSecretStore"},
        "target": {"name": "db", "creationPolicy": "Merge", "deletionPolicy": "Retain",
            "template": {"data": {"password": VALUE}}},
        "data": [{"secretKey": "password", "remoteRef": {"key": "prod/db", "property": "password"},
            "sourceRef": {"storeRef": {"name": "other", "kind": "SecretStore"}}}],
        "dataFrom": [
            {"extract": {"key": "prod/all"}},
            {"find": {"path": "prod/", "name": {"regexp": "^db-"}, "tags": {"team": "shop"}}},
            {"sourceRef": {"generatorRef": {"apiVersion": "generators.external-secrets.io/v1alpha1",
                "kind": "ECRAuthorizationToken", "name": "ecr"}}},
        ],
    });
    let auth = json!({"jwt": {"serviceAccountRef": {"name": "reader", "namespace": "shop", "audiences": ["x"]}}});
    let keys = json!({"secretRef": {
        "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
        "secretAccessKeySecretRef": {"name": "keys", "key": "secret"}}});
    let class = json!({"provider": "aws", "parameters": {
        "region": "eu-west-1", "usePodIdentity": "true",
        "objects": "- objectName: prod/db\n  objectType: secretsmanager\n  jmesPath:\n  - {path: username, objectAlias: user}\n",
    }, "secretObjects": [{"secretName": "db", "type": "Opaque",
        "data": [{"objectName": "user", "key": "username"}]}]});
    vec![
        external(
            "ExternalSecret",
            "db",
            json!({"spec": spec, "status": {
            "refreshTime": "2026-10-01T08:00:00Z", "syncedResourceVersion": "3-abc",
            "binding": {"name": "db"}, "conditions": ready}}),
        ),
        external(
            "ClusterExternalSecret",
            "db",
            json!({"spec": {"externalSecretName": "db",
            "externalSecretSpec": spec, "namespaces": ["a"],
            "namespaceSelectors": [{"matchLabels": {"team": "shop"}}]},
            "status": {"provisionedNamespaces": ["a"], "conditions": ready,
                "failedNamespaces": [{"namespace": "b", "reason": VALUE}]}}),
        ),
        external(
            "SecretStore",
            "other",
            json!({"spec": {"provider": {"aws": {
            "service": "ParameterStore", "region": "eu-west-1", "auth": keys}}}}),
        ),
        external(
            "ClusterSecretStore",
            "aws",
            json!({"spec": {
            "conditions": [{"namespaces": ["shop"]}],
            "provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1",
                "role": "arn:aws:iam::111122223333:role/reader", "externalID": "e", "auth": auth}}},
            "status": {"capabilities": "ReadWrite", "conditions": ready}}),
        ),
        external(
            "SecretStore",
            "fake",
            json!({"spec": {"provider": {"fake": {
            "data": [{"key": "k", "value": VALUE}]}}}}),
        ),
        object(
            "external-secrets.io/v1alpha1",
            "PushSecret",
            "shop",
            "db",
            json!({"spec": {
            "refreshInterval": "10m", "deletionPolicy": "Delete", "updatePolicy": "Replace",
            "secretStoreRefs": [{"name": "aws", "kind": "ClusterSecretStore"}],
            "selector": {"secret": {"name": "db"}},
            "template": {"data": {"password": VALUE}},
            "data": [{"match": {"secretKey": "password", "remoteRef":
                {"remoteKey": "prod/copy", "property": "password"}}, "metadata": {"note": VALUE}}]},
            "status": {"refreshTime": "2026-10-01T08:00:00Z", "conditions": ready}}),
        ),
        object(
            "secrets-store.csi.x-k8s.io/v1",
            "SecretProviderClass",
            "shop",
            "db",
            json!({"spec": class}),
        ),
        object(
            "secrets-store.csi.x-k8s.io/v1",
            "SecretProviderClassPodStatus",
            "shop",
            "web-1-shop-db",
            json!({"status": {"podName": "web-1", "secretProviderClassName": "db", "mounted": true,
                "targetPath": "/var/lib/kubelet/x", "objects": [{"id": "prod/db", "version": "v1"}]}}),
        ),
        object(
            "cert-manager.io/v1",
            "Certificate",
            "shop",
            "web",
            json!({"spec": {"secretName": "web-tls", "renewBefore": "360h", "issuerRef": {"name": "ca", "kind": "ClusterIssuer"},
                "keystores": {"jks": {"create": true, "password": VALUE}}, "secretTemplate": {"annotations": {"note": VALUE}}},
                "status": {"notBefore": "2026-09-01T08:00:00Z", "notAfter": "2026-11-30T08:00:00Z",
                    "renewalTime": "2026-11-15T08:00:00Z", "conditions": ready}}),
        ),
    ]
}

#[test]
fn all_of_it_lands_and_is_covered() {
    let read = given(&one_of_each());
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    for (source, items) in [
        (Source::EXTERNAL_SECRETS, 1),
        (Source::CLUSTER_EXTERNAL_SECRETS, 1),
        (Source::SECRET_STORES, 2),
        (Source::CLUSTER_SECRET_STORES, 1),
        (Source::PUSH_SECRETS, 1),
        (Source::SECRET_PROVIDER_CLASSES, 1),
        (Source::SECRET_PROVIDER_CLASS_POD_STATUSES, 1),
        (Source::CERTIFICATES, 1),
    ] {
        let entry = read.snapshot.coverage.entry(source.name, "-");
        let found = entry.map(|entry| (entry.status, entry.items));
        assert_eq!(found, Some((Status::Complete, items)), "{}", source.name);
    }
}

#[test]
fn of_an_external_secret_its_sources_its_target_and_its_state_are_kept() {
    let read = given(&one_of_each());
    let all = objects(&read);
    let one = &all.external_secrets[0];
    let target = one.spec.target.as_ref().unwrap();
    assert_eq!(target.creation_policy.as_deref(), Some("Merge"));
    let from = one.spec.data[0].source_ref.as_ref().unwrap();
    let store = from.store_ref.as_ref().unwrap();
    assert_eq!(store.name.as_deref(), Some("other"));
    let [extract, find, generated] = one.spec.data_from.as_slice() else {
        panic!("{:?}", one.spec.data_from);
    };
    assert_eq!(
        extract.extract.as_ref().unwrap().key.as_deref(),
        Some("prod/all")
    );
    let find = find.find.as_ref().unwrap();
    assert_eq!(find.name.as_ref().unwrap().regexp.as_deref(), Some("^db-"));
    assert_eq!(find.tags.as_ref().unwrap()["team"], "shop");
    let generator = generated
        .source_ref
        .as_ref()
        .unwrap()
        .generator_ref
        .as_ref();
    assert_eq!(
        generator.unwrap().kind.as_deref(),
        Some("ECRAuthorizationToken")
    );
    let condition = &one.status.conditions[0];
    let told = (condition.kind.as_str(), condition.status.as_str());
    assert_eq!(told, ("Ready", "False"));
    assert_eq!(condition.reason.as_deref(), Some("SecretSyncedError"));
    assert!(condition.last_transition_time.is_some());
    let many = &all.cluster_external_secrets[0];
    assert_eq!(many.metadata.namespace, None, "it is of the cluster");
    assert_eq!(many.spec.external_secret_spec, one.spec);
    assert_eq!(many.status.provisioned_namespaces, ["a"]);
    assert_eq!(many.status.failed_namespaces[0].namespace, "b");
    let pushed = &all.push_secrets[0].spec;
    assert_eq!(
        pushed.selector.secret.as_ref().unwrap().name.as_deref(),
        Some("db")
    );
    let remote = &pushed.data[0].matched.remote_ref;
    assert_eq!(remote.remote_key.as_deref(), Some("prod/copy"));
}

#[test]
fn of_a_store_is_kept_where_it_reads_and_as_whom() {
    let read = given(&one_of_each());
    let stores = &objects(&read).secret_stores;
    let named = |name: &str| stores.iter().find(|one| one.metadata.name == name).unwrap();
    let cluster = named("aws");
    assert_eq!(
        (cluster.kind.as_str(), &cluster.metadata.namespace),
        ("ClusterSecretStore", &None)
    );
    let aws = cluster.spec.provider.aws.as_ref().unwrap();
    assert_eq!(
        aws.role.as_deref(),
        Some("arn:aws:iam::111122223333:role/reader")
    );
    let jwt = aws.auth.as_ref().unwrap().jwt.as_ref().unwrap();
    let account = jwt.service_account_ref.as_ref().unwrap();
    assert_eq!(
        (account.name.as_str(), account.namespace.as_deref()),
        ("reader", Some("shop"))
    );
    assert_eq!(cluster.spec.conditions[0].namespaces, ["shop"]);
    let aws = named("other").spec.provider.aws.as_ref().unwrap();
    assert_eq!(aws.service.as_deref(), Some("ParameterStore"));
    let keys = aws.auth.as_ref().unwrap().secret_ref.as_ref().unwrap();
    assert_eq!(
        keys.access_key_id.as_ref().unwrap().key.as_deref(),
        Some("id")
    );
    let fake = &named("fake").spec.provider;
    assert_eq!(
        (&fake.aws, fake.others.as_slice()),
        (&None, ["fake".to_owned()].as_slice())
    );
}

#[test]
fn of_a_class_is_kept_what_it_mounts_and_a_broken_list_is_a_fact_of_the_cluster() {
    let read = given(&one_of_each());
    let all = objects(&read);
    let spec = &all.secret_provider_classes[0].spec;
    assert_eq!(spec.parameters.use_pod_identity.as_deref(), Some("true"));
    let object = &spec.parameters.objects.all[0];
    assert_eq!(
        (object.object_name.as_str(), object.jmes_path.len()),
        ("prod/db", 1)
    );
    assert_eq!(
        spec.secret_objects[0].data[0].key.as_deref(),
        Some("username")
    );
    let mounted = &all.secret_provider_class_pod_statuses[0].status;
    assert_eq!(mounted.pod_name.as_deref(), Some("web-1"));
    assert_eq!(
        (mounted.mounted, mounted.objects[0].version.as_str()),
        (Some(true), "v1")
    );
    let broken = object_of_class("- objectName: [hunter2\n");
    let read = given(&[broken]);
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    let objects = &objects(&read).secret_provider_classes[0]
        .spec
        .parameters
        .objects;
    let told = objects.broken.as_deref().unwrap();
    assert!(
        objects.all.is_empty() && told.contains("not YAML"),
        "{objects:?}"
    );
    assert!(!format!("{read:?}").contains(VALUE), "{read:?}");
}

fn object_of_class(objects: &str) -> Value {
    let spec = json!({"spec": {"provider": "aws", "parameters": {"objects": objects}}});
    object(
        "secrets-store.csi.x-k8s.io/v1",
        "SecretProviderClass",
        "shop",
        "bad",
        spec,
    )
}

#[test]
fn of_a_certificate_its_dates_are_kept_and_none_of_them_is_the_day_of_the_audit() {
    let read = given(&one_of_each());
    let one = &objects(&read).certificates[0];
    assert_eq!(one.spec.secret_name, "web-tls");
    assert_eq!(one.spec.issuer_ref.kind.as_deref(), Some("ClusterIssuer"));
    let end = one.status.not_after.map(|time| time.date());
    assert_eq!(end.as_deref(), Some("2026-11-30"));
    assert_eq!(one.status.conditions[0].status, "False");
    assert_eq!(
        read.snapshot.taken_at.date(),
        "2026-10-01",
        "the last observation"
    );
}

#[test]
fn no_value_gets_in_and_a_raw_dump_says_the_same() {
    let mut all = one_of_each();
    all.push(object_of_class(
        "- objectType: secretsmanager\n- objectName: x\n",
    ));
    let read = given(&all);
    let text = serde_json::to_string(&read.snapshot).unwrap();
    assert!(!text.contains(VALUE), "{text}");
    let dir = tempfile::tempdir().unwrap();
    raw::write(&read.snapshot, dir.path()).unwrap();
    let inputs = Inputs {
        paths: vec![(None, dir.path().to_path_buf())],
        as_of: None,
    };
    let again = eks_auditor::collect::files::read(&inputs).unwrap();
    assert!(again.errors.is_empty(), "{:?}", again.errors);
    assert_eq!(again.snapshot.clusters, read.snapshot.clusters);
}

#[test]
fn what_is_no_such_object_is_left_alone() {
    let foreign = [
        ("example.com/v1", "SecretStore"),
        ("generators.external-secrets.io/v1alpha1", "Password"),
        ("secrets-store.csi.x-k8s.io/v1", "ExternalSecret"),
    ];
    let objects_of = foreign
        .map(|(group, kind)| object(group, kind, "shop", "x", json!({"spec": {"length": VALUE}})));
    let read = given(&objects_of);
    let told = format!("{:?}", read.warnings);
    assert!(
        told.contains("1 SecretStore") && told.contains("1 Password"),
        "{told}"
    );
    assert!(!format!("{read:?}").contains(VALUE), "{read:?}");
}
