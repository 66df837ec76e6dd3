//! Which account, region and cluster a document belongs to.

use std::fs;
use std::path::PathBuf;

use eks_auditor::collect::files::{InputError, Inputs, Read, read};
use eks_auditor::snapshot::coverage::{Source, Status};

const CLUSTER: &str = r#"{"cluster":{"name":"NAME","arn":"arn:aws:eks:REGION:111122223333:cluster/NAME","endpoint":"https://x","createdAt":"2026-01-01T00:00:00Z"}}"#;
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME","namespace":"n"},"spec":{"containers":[]}}"#;

fn cluster(name: &str, region: &str) -> String {
    CLUSTER.replace("NAME", name).replace("REGION", region)
}

fn pod(name: &str) -> String {
    POD.replace("NAME", name)
}

fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn inputs(dir: &tempfile::TempDir, paths: &[&str]) -> Inputs {
    let path = |text: &&str| match text.split_once('=') {
        Some((name, path)) => (Some(name.to_owned()), dir.path().join(path)),
        None => (None, dir.path().join(text)),
    };
    Inputs {
        paths: paths.iter().map(path).collect(),
        as_of: None,
    }
}

fn get(dir: &tempfile::TempDir, paths: &[&str]) -> Read {
    let read = read(&inputs(dir, paths)).unwrap();
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    read
}

/// The pods of each cluster.
fn pods(read: &Read) -> Vec<String> {
    read.snapshot
        .clusters
        .iter()
        .map(|(key, cluster)| {
            let pods: Vec<&str> = cluster
                .kubernetes
                .pods
                .iter()
                .map(|pod| pod.metadata.name.as_str())
                .collect();
            format!("{key}: {}", pods.join(" "))
        })
        .collect()
}

#[test]
fn objects_belong_to_the_nearest_folder_with_one_cluster() {
    let dir = folder(&[
        ("prod/cluster.json", cluster("prod", "eu-west-1")),
        ("prod/deep/er/pods.json", pod("a")),
        ("prod/dev/cluster.json", cluster("dev", "eu-west-1")),
        ("prod/dev/pods.json", pod("b")),
        ("prod/two/1.json", cluster("x", "eu-west-1")),
        ("prod/two/2.json", cluster("y", "eu-west-1")),
        ("prod/two/pods.json", pod("c")),
    ]);
    assert_eq!(
        pods(&get(&dir, &[""])),
        ["dev: b", "prod: a c", "x: ", "y: "]
    );
}

#[test]
fn unclaimed_objects_belong_to_the_only_cluster_or_to_none() {
    let dir = folder(&[
        ("a/pods.json", pod("a")),
        ("b/cluster.json", cluster("prod", "eu-west-1")),
    ]);
    assert_eq!(pods(&get(&dir, &["a"])), ["-: a"]);
    assert_eq!(pods(&get(&dir, &["a", "b"])), ["prod: a"]);
    assert_eq!(pods(&get(&dir, &["dev=a"])), ["dev: a"]);
    assert_eq!(pods(&get(&dir, &["dev=a", "b"])), ["dev: a", "prod: "]);
    assert_eq!(pods(&get(&dir, &["prod=a", "b"])), ["prod: a"]);
}

#[test]
fn several_clusters_and_unclaimed_objects_are_told_with_files_and_the_way_out() {
    let dir = folder(&[
        ("pods.json", pod("a")),
        ("1/cluster.json", cluster("prod", "eu-west-1")),
        ("2/cluster.json", cluster("dev", "eu-west-1")),
    ]);
    let error = read(&inputs(&dir, &[""])).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, InputError::WhichCluster { .. }), "{text}");
    for part in ["dev, prod", "pods.json", "--input dev=PATH"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert_eq!(
        pods(&get(&dir, &["", "prod=pods.json"])),
        ["dev: ", "prod: a"]
    );
}

#[test]
fn a_users_own_word_stands_for_the_cluster_in_its_path() {
    let dir = folder(&[
        ("p/cluster.json", cluster("acme-prod", "eu-west-1")),
        ("p/pods.json", pod("a")),
        ("d/pods.json", pod("b")),
    ]);
    assert_eq!(
        pods(&get(&dir, &["prod=p", "dev=d"])),
        ["acme-prod: a", "dev: b"]
    );
}

#[test]
fn two_clusters_of_one_name_are_told_apart() {
    let dir = folder(&[
        ("p/cluster.json", cluster("main", "eu-west-1")),
        ("p/pods.json", pod("a")),
        ("d/cluster.json", cluster("main", "us-east-1")),
        ("d/pods.json", pod("b")),
        (
            "d/nodegroup.json",
            r#"{"nodegroup":{"nodegroupName":"g","clusterName":"main"}}"#.to_owned(),
        ),
        ("e/pods.json", pod("c")),
    ]);
    let (eu, us) = ("main@eu-west-1@111122223333", "main@us-east-1@111122223333");
    let both = get(&dir, &["p", "d"]);
    assert_eq!(pods(&both), [format!("{eu}: a"), format!("{us}: b")]);
    assert_eq!(
        both.snapshot.clusters[us].eks.nodegroups.len(),
        1,
        "the folder tells which"
    );
    assert_eq!(both.snapshot.clusters[us].name, "main");
    let error = read(&inputs(&dir, &["p", "d", "main=e"])).unwrap_err();
    assert!(error.to_string().contains(eu), "{error}");
    let keyed = get(&dir, &["p", "d", &format!("{us}=e")]);
    assert_eq!(pods(&keyed), [format!("{eu}: a"), format!("{us}: b c")]);
}

#[test]
fn a_print_that_does_not_say_its_place_is_inferred_or_left_out_with_the_envelope_shown() {
    let keys =
        r#"{"AccessKeyMetadata":[{"UserName":"jane","AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}]}"#;
    let caller = |account: &str| {
        format!(r#"{{"UserId":"a","Account":"{account}","Arn":"arn:aws:iam::{account}:user/x"}}"#)
    };
    let images = r#"{"imageDetails":[{"registryId":"1","repositoryName":"app","imageDigest":"sha256:a","imagePushedAt":"2026-01-01T00:00:00Z"}]}"#;
    let repository = |region: &str, name: &str| {
        format!(
            r#"{{"repositories":[{{"repositoryArn":"arn:aws:ecr:{region}:1:repository/{name}","registryId":"1","repositoryName":"{name}","repositoryUri":"u"}}]}}"#
        )
    };
    let dir = folder(&[
        ("keys.json", keys.to_owned()),
        ("1.json", caller("1")),
        ("2.json", caller("2")),
        ("images.json", images.to_owned()),
        ("r1.json", repository("r1", "app")),
        ("r2.json", repository("r2", "web")),
        ("r3.json", repository("r3", "app")),
    ]);
    let account_of_key = |read: &Read| {
        let holds = |id: &&String| !read.snapshot.accounts[*id].iam.access_keys.is_empty();
        read.snapshot.accounts.keys().find(holds).cloned()
    };
    assert_eq!(
        account_of_key(&get(&dir, &["keys.json"])).as_deref(),
        Some("-")
    );
    assert_eq!(
        account_of_key(&get(&dir, &["keys.json", "1.json"])).as_deref(),
        Some("1")
    );
    let two = get(&dir, &["keys.json", "1.json", "2.json"]);
    assert_eq!(account_of_key(&two), None);
    assert!(
        two.warnings[0]
            .to_string()
            .contains(r#"{"source":"iam:ListAccessKeys","account":"…""#),
        "{:?}",
        two.warnings
    );
    let label = dir.path().join("keys.json").display().to_string();
    assert_eq!(
        two.snapshot
            .coverage
            .entry("file", &label)
            .map(|entry| entry.status),
        Some(Status::Skipped)
    );
    let region_of_image = |paths: &[&str]| {
        let read = get(&dir, paths);
        let regions = &read.snapshot.accounts["1"].regions;
        regions
            .iter()
            .find(|(_, region)| !region.ecr.images.is_empty())
            .map(|(name, _)| name.clone())
    };
    assert_eq!(region_of_image(&["images.json"]).as_deref(), Some("-"));
    assert_eq!(
        region_of_image(&["images.json", "r1.json", "r2.json"]).as_deref(),
        Some("r1")
    );
    assert_eq!(
        region_of_image(&["images.json", "r1.json", "r3.json"]),
        None,
        "replicated"
    );
}

#[test]
fn the_order_of_arguments_does_not_show() {
    let dir = folder(&[
        (
            "a.json",
            pod("x").replace(
                "\"containers\":[]",
                "\"containers\":[],\"nodeName\":\"first\"",
            ),
        ),
        (
            "b.json",
            pod("x").replace(
                "\"containers\":[]",
                "\"containers\":[],\"nodeName\":\"second\"",
            ),
        ),
        ("c.json", cluster("prod", "eu-west-1")),
    ]);
    let forth = get(&dir, &["a.json", "b.json", "c.json", ""]);
    let back = get(&dir, &["", "c.json", "b.json", "a.json"]);
    assert_eq!(forth.snapshot, back.snapshot);
    assert_eq!(forth.warnings, back.warnings);
    let kept = &forth.snapshot.clusters["prod"].kubernetes.pods[0];
    assert_eq!(
        kept.spec.node_name.as_deref(),
        Some("second"),
        "the later path counts"
    );
    let told = forth
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect::<String>();
    assert!(
        told.contains("a.json and ") && told.contains("b.json differ on pod n/x"),
        "{told}"
    );
}

#[test]
fn a_list_that_names_more_than_was_given_lets_nothing_pass() {
    let dir = folder(&[
        ("c.json", cluster("prod", "eu-west-1")),
        (
            "l.json",
            r#"{"accessEntries":["arn:aws:iam::1:role/a","arn:aws:iam::1:role/b"]}"#.to_owned(),
        ),
        (
            "e.json",
            r#"{"accessEntry":{"clusterName":"prod","principalArn":"arn:aws:iam::1:role/a"}}"#
                .to_owned(),
        ),
        ("n.json", r#"{"nodegroups":[]}"#.to_owned()),
        ("k.json", r#"{"clusters":["prod","dev"]}"#.to_owned()),
    ]);
    let read = get(&dir, &[""]);
    let entry = |source: Source, scope: &str| {
        let entry = read.snapshot.coverage.entry(source.name, scope).unwrap();
        (
            entry.status,
            entry.items,
            entry.detail.clone().unwrap_or_default(),
        )
    };
    let (status, items, detail) = entry(Source::ACCESS_ENTRIES, "prod");
    assert_eq!((status, items), (Status::Skipped, 1));
    assert!(detail.contains("role/b"), "{detail}");
    assert_eq!(
        entry(Source::NODEGROUPS, "prod"),
        (Status::Complete, 0, String::new())
    );
    let (status, _, detail) = entry(Source::CLUSTERS, "111122223333/eu-west-1");
    assert!(
        status == Status::Skipped && detail.contains("dev"),
        "{status:?} {detail}"
    );
    assert!(
        read.snapshot
            .coverage
            .entry(Source::ADDONS.name, "prod")
            .is_none(),
        "nothing was given"
    );
    assert_eq!(
        read.snapshot.coverage.gaps().count(),
        0,
        "what was not given was not asked for"
    );
}

#[test]
fn pages_are_whole_with_the_last_one() {
    let page = |role: &str, rest: &str| {
        format!(
            r#"{{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{{"RoleName":"{role}","Arn":"arn:aws:iam::1:role/{role}","CreateDate":"2026-01-01T00:00:00Z"}}],"Policies":[]{rest}}}"#
        )
    };
    let dir = folder(&[
        ("1.json", page("a", r#","IsTruncated":true,"Marker":"m""#)),
        ("2.json", page("b", r#","IsTruncated":false"#)),
        ("3.json", r#"{"RoleDetailList":[{"RoleName":"a","Arn":"arn:aws:iam::2:role/a","CreateDate":"2026-01-01T00:00:00Z"}]}"#.to_owned()),
    ]);
    let status = |paths: &[&str], account: &str| {
        let read = get(&dir, paths);
        let entry = read
            .snapshot
            .coverage
            .entry(Source::IAM.name, account)
            .unwrap();
        (entry.status, entry.items)
    };
    assert_eq!(status(&["1.json"], "1"), (Status::Partial, 1));
    assert_eq!(status(&["1.json", "2.json"], "1"), (Status::Complete, 2));
    assert_eq!(
        status(&["3.json"], "2"),
        (Status::Partial, 1),
        "no users were printed"
    );
}

#[test]
fn a_loop_of_links_ends() {
    let dir = folder(&[("a/pod.json", pod("a"))]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(dir.path().join("a"), dir.path().join("a/again")).unwrap();
    let read = get(&dir, &[""]);
    assert_eq!(pods(&read), ["-: a"]);
    let missing = read_missing(PathBuf::from("/no/such/path"));
    assert!(missing.contains("cannot read /no/such/path"), "{missing}");
}

fn read_missing(path: PathBuf) -> String {
    read(&Inputs {
        paths: vec![(None, path)],
        as_of: None,
    })
    .unwrap_err()
    .to_string()
}
