//! Files that are broken, cut off, of another kind or oddly packed.

use std::fs;
use std::io::Write;

use eks_auditor::collect::files::{InputError, Inputs, Read, read, read_with};
use eks_auditor::snapshot::coverage::Status;

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"good","namespace":"n","creationTimestamp":"2026-01-01T00:00:00Z"}}"#;

fn read_bytes(files: &[(&str, &[u8])]) -> Result<Read, InputError> {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    read(&Inputs {
        paths: vec![(None, dir.path().to_path_buf())],
        as_of: None,
    })
}

/// Reads a text beside a good pod.
fn beside(text: &str) -> Read {
    read_bytes(&[("a-good.json", POD.as_bytes()), ("b.txt", text.as_bytes())]).unwrap()
}

fn pods(read: &Read) -> Vec<&str> {
    let cluster = read.snapshot.clusters.values().next();
    cluster.map_or(Vec::new(), |cluster| {
        cluster
            .kubernetes
            .pods
            .iter()
            .map(|pod| pod.metadata.name.as_str())
            .collect()
    })
}

#[test]
fn what_is_recognised_and_broken_is_named_by_line_and_field_and_the_rest_is_read() {
    for (text, line, field, message) in [
        (
            "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[\n{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}},\n{\"metadata\":{\"name\":\"b\"},\n\"spec\":{\"containers\":7}}]}",
            4,
            "items[1].spec.containers",
            "expected a sequence, found integer",
        ),
        (
            "{\n \"cluster\": {\n  \"name\": \"prod\",\n  \"endpoint\": \"https://x\",\n  \"createdAt\": \"soon\"\n }\n}",
            5,
            "cluster.createdAt",
            "`soon` is not a time like 2026-11-24T00:00:00Z",
        ),
        (
            "{\"RoleDetailList\":[\n{\"RoleName\":\"a\",\"Arn\":\"arn:aws:iam::1:role/a\"},\n{\"RoleName\":\"b\"}],\n\"UserDetailList\":[],\"GroupDetailList\":[],\"Policies\":[]}",
            3,
            "RoleDetailList[1]",
            "missing field `Arn`",
        ),
        (
            "kind: RoleBinding\napiVersion: rbac.authorization.k8s.io/v1\nmetadata:\n  name: b\nroleRef:\n  apiGroup: x\n  kind: Role\n  name:\n  - a\n",
            9,
            "roleRef.name",
            "expected a string, found sequence",
        ),
        (
            "# first\n---\nkind: Pod\napiVersion: v1\nmetadata: {namespace: n}\n",
            5,
            "metadata.name",
            "is missing",
        ),
        (
            "{\"UserDetailList\":[],\n\"RoleDetailList\":[{\"Ro",
            2,
            "",
            "EOF while parsing a string",
        ),
        (
            "{\"schema\":\"eks-auditor/snapshot/v2\"}",
            1,
            "schema",
            "eks-auditor/snapshot/v2 is not a version that this program reads: it reads eks-auditor/snapshot/v1; use the release that wrote it, or a newer one",
        ),
        (
            "{\"source\":\"eks:DescribeCluster\",\"response\":{\"cluster\":{\"version\":\"1\"}}}",
            1,
            "response.cluster",
            "missing field `name`",
        ),
        (
            "{\"Content\":\"!\",\"ReportFormat\":\"text/csv\"}",
            1,
            "Content",
            "is not base64",
        ),
    ] {
        let read = beside(text);
        let [error] = read.errors.as_slice() else {
            panic!("{text}: {:?} {:?}", read.errors, read.warnings);
        };
        assert!(error.file.ends_with("b.txt"), "{error}");
        assert_eq!(
            (error.line, error.field.as_str(), error.message.as_str()),
            (line, field, message),
            "{text}"
        );
        assert!(pods(&read).contains(&"good"), "{text}: the rest is read");
    }
}

#[test]
fn a_broken_item_makes_its_source_a_part() {
    let read = beside(
        r#"{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"}},{"metadata":7}]}"#,
    );
    let entry = read
        .snapshot
        .coverage
        .entry("kubernetes:pods", "-")
        .unwrap();
    assert_eq!(
        (entry.status, entry.items),
        (Status::Partial, 2),
        "{entry:?}"
    );
}

#[test]
fn a_broken_line_of_many_costs_itself_alone() {
    let read = beside(&format!(
        "{}\n{}\n{}",
        POD.replace("good", "a"),
        "{\"kind\":\"Pod\",\"apiVersion\":",
        POD.replace("good", "c")
    ));
    assert_eq!(read.errors.len(), 1, "{:?}", read.errors);
    assert_eq!(
        read.errors[0].line, 3,
        "the value that is missing was looked for there"
    );
    assert_eq!(pods(&read), ["a", "c", "good"]);
}

#[test]
fn no_message_repeats_a_value_of_a_secret() {
    for text in [
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":"hunter2"}"#,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":["hunter2"]}"#,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: hunter2\n",
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"s"},"spec":{"containers":[{"name":"c","env":[{"name":"A","value":["hunter2"]}]}]}}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"s"},"spec":{"containers":[{"name":"c","env":"hunter2"}]}}"#,
        r#"{"ARN":"arn:aws:secretsmanager:r:1:secret:a-bcdefg","Name":"a","SecretString":"hunter2","VersionId":"v"}"#,
    ] {
        let read = beside(text);
        let told = format!("{:?} {:?} {:?}", read.errors, read.warnings, read.snapshot);
        assert!(!told.contains("hunter2"), "{text}: {told}");
    }
}

#[test]
fn what_is_not_recognised_is_named_once_and_changes_nothing_else() {
    for (text, message) in [
        (
            "# Title\n\nSome prose: with `code`.\n\n```yaml\napiVersion: v1\nkind: Pod\nmetadata: [\n```\n---\nmore\n---\nand: more\n",
            "not recognised, skipped",
        ),
        ("import os\nprint('x')\n", "not "),
        ("", "empty, skipped"),
        (
            "{\"compilerOptions\": {}, // a comment\n}",
            "not recognised, skipped (line 1",
        ),
        (
            "{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n",
            "not recognised, skipped (it has a)",
        ),
        ("[{\"vuln\":1}]", "not recognised"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n",
            "a template, skipped",
        ),
        (
            "{\"logGroups\":[]}",
            "logs describe-log-groups is recognised, and not read yet in this version",
        ),
        (
            "{\"source\":\"kms:ListKeys\",\"response\":{\"Keys\":[]}}",
            "kms:ListKeys is recognised",
        ),
        ("{\"schema\":\"eks-auditor/report/v1\"}", "not recognised"),
    ] {
        let read = beside(text);
        assert!(read.errors.is_empty(), "{text}: {:?}", read.errors);
        let [warning] = read.warnings.as_slice() else {
            panic!("{text}: {:?}", read.warnings);
        };
        assert!(warning.message.starts_with(message), "{text}: {warning}");
        let entry = read.snapshot.coverage.entry("file", &warning.file).unwrap();
        assert_eq!(entry.status, Status::Skipped);
        assert_eq!(pods(&read), ["good"]);
    }
}

#[test]
fn objects_that_no_check_asks_for_are_told_in_one_sentence() {
    let read = beside(
        "apiVersion: v1\nkind: Event\n---\napiVersion: v1\nkind: Event\n---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\n",
    );
    assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
    assert!(
        read.warnings[0].message.ends_with("2 Event, 1 Service"),
        "{:?}",
        read.warnings
    );
}

#[test]
fn nothing_to_read_says_why() {
    let error = read_bytes(&[("x.md", b"prose\n")]).unwrap_err();
    assert!(
        error.to_string().contains("x.md: not JSON or YAML"),
        "{error}"
    );
    assert!(read_bytes(&[]).is_err(), "an empty folder");
}

#[test]
fn packed_and_streamed_texts_are_read_by_what_they_are() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(POD.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let zst = zstd::encode_all(POD.as_bytes(), 3).unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(POD.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (name, bytes) in [
        ("gzip", gz.as_slice()),
        ("zstd", &zst),
        ("utf-16", &utf16),
        ("crlf", POD.replace(',', ",\r\n").as_bytes()),
    ] {
        let read = read_bytes(&[("x", bytes)]).unwrap();
        assert_eq!(pods(&read), ["good"], "{name}");
    }
    let cut = read_bytes(&[("a", POD.as_bytes()), ("b", &gz[..gz.len() / 2])]).unwrap();
    assert_eq!(cut.errors.len(), 1, "{:?}", cut.errors);
    let stdin = Inputs {
        paths: vec![(Some("prod".into()), "-".into())],
        as_of: None,
    };
    let read = read_with(&stdin, Some(POD.as_bytes())).unwrap();
    assert_eq!(read.snapshot.clusters.keys().collect::<Vec<_>>(), ["prod"]);
}

#[test]
fn kubectl_and_the_api_itself_are_read_alike() {
    let kubectl = r#"{"kind":"List","apiVersion":"v1","items":[{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"r","namespace":"n"},"rules":null}]}"#;
    let api = r#"{"kind":"RoleList","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"continue":""},"items":[{"metadata":{"name":"r","namespace":"n"},"rules":null}]}"#;
    let envelope = r#"{"source":"kubernetes:roles","response":{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"r","namespace":"n"}}]}}"#;
    let array = format!("[{}]", kubectl);
    let roles = |text: &str| {
        read_bytes(&[("x", text.as_bytes())])
            .unwrap()
            .snapshot
            .clusters["-"]
            .kubernetes
            .roles
            .clone()
    };
    for other in [api, envelope, &array] {
        assert_eq!(roles(kubectl), roles(other), "{other}");
    }
    let empty = read_bytes(&[(
        "x",
        br#"{"kind":"RoleList","apiVersion":"rbac.authorization.k8s.io/v1","items":null}"#,
    )])
    .unwrap();
    let entry = empty
        .snapshot
        .coverage
        .entry("kubernetes:roles", "-")
        .unwrap();
    assert_eq!((entry.status, entry.items), (Status::Complete, 0));
    let cut = read_bytes(&[(
        "x",
        api.replace(r#""continue":"""#, r#""continue":"t""#)
            .as_bytes(),
    )])
    .unwrap();
    assert_eq!(
        cut.snapshot
            .coverage
            .entry("kubernetes:roles", "-")
            .unwrap()
            .status,
        Status::Partial
    );
}

#[test]
fn manifests_stand_where_kubectl_would_put_them() {
    let read = beside(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: []}}}\n",
    );
    let cluster = &read.snapshot.clusters["-"];
    assert_eq!(
        cluster.kubernetes.controllers[0].metadata.namespace(),
        "default"
    );
    let alone = read_bytes(&[(
        "x",
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
    )])
    .unwrap();
    assert_eq!(
        alone
            .snapshot
            .coverage
            .entry("kubernetes:pods", "-")
            .unwrap()
            .status,
        Status::Complete,
        "its controllers stand for its pods"
    );
    assert!(!alone.time_is_known);
}

/// Any cut of a good file is an error or a warning, and never a crash.
#[test]
fn any_cut_of_a_file_ends_well() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/files/everything");
    for name in [
        "aws.jsonl",
        "prod/cluster.json",
        "prod/eks.jsonl",
        "prod/objects.yaml",
    ] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let stdin = Inputs {
            paths: vec![(None, "-".into())],
            as_of: None,
        };
        for cut in (0..text.len())
            .step_by(97)
            .filter(|cut| text.is_char_boundary(*cut))
        {
            let _ = read_with(&stdin, Some(&text.as_bytes()[..cut]));
            let _ = read_with(&stdin, Some(&text.as_bytes()[cut..]));
        }
    }
}
