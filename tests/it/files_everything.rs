//! One print of everything that is read: all of it lands, and a raw dump of it is read back into
//! the same facts.

use std::path::{Path, PathBuf};

use eks_auditor::collect::files::{Inputs, Read, merge, read, write_snapshot};
use eks_auditor::collect::raw;
use eks_auditor::snapshot::Snapshot;
use eks_auditor::snapshot::coverage::{Entry, Source, Status};
use eks_auditor::snapshot::time::Time;

fn everything() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/files/everything")
}

fn read_all(paths: &[&Path]) -> Read {
    let paths = paths
        .iter()
        .map(|path| (None, path.to_path_buf()))
        .collect();
    read(&Inputs { paths, as_of: None }).unwrap()
}

fn entries(snapshot: &Snapshot) -> Vec<&Entry> {
    snapshot.coverage.entries().iter().collect()
}

/// The facts alone, as text that shows where two differ.
fn facts(snapshot: &Snapshot) -> String {
    let facts = (
        &snapshot.accounts,
        &snapshot.clusters,
        &snapshot.organizations,
    );
    serde_json::to_string_pretty(&facts).unwrap()
}

fn assert_same_facts(a: &Snapshot, b: &Snapshot) {
    let (a, b) = (facts(a), facts(b));
    let differ = a
        .lines()
        .zip(b.lines())
        .enumerate()
        .find(|(_, (a, b))| a != b);
    assert!(
        a == b,
        "they differ first at {differ:?}, of {} and {} lines",
        a.lines().count(),
        b.lines().count()
    );
}

#[test]
fn every_print_lands_without_a_word() {
    let read = read_all(&[&everything()]);
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    let account = &read.snapshot.accounts["111122223333"];
    let iam = &account.iam;
    let counts = [
        iam.users.len(),
        iam.groups.len(),
        iam.roles.len(),
        iam.policies.len(),
        iam.oidc_providers.len(),
        iam.credential_report.len(),
        iam.access_keys.len(),
        iam.instance_profiles.len(),
        iam.last_accessed.len(),
    ];
    assert_eq!(counts, [1, 1, 2, 1, 1, 1, 1, 1, 1]);
    assert_eq!(
        iam.oidc_providers[0].url.as_deref(),
        Some(iam.oidc_providers[0].issuer())
    );
    assert_eq!(
        iam.users[0].user_policy_list[0].policy_document.as_str(),
        r#"{"Statement":[],"Version":"2012-10-17"}"#
    );
    let region = &account.regions["eu-west-1"];
    let ecr = &region.ecr;
    let counts = [
        ecr.repositories.len(),
        ecr.images.len(),
        ecr.findings.len(),
        ecr.policies.len(),
        ecr.lifecycle_policies.len(),
    ];
    assert_eq!(counts, [2, 1, 1, 1, 1]);
    let counts = [
        region.ec2.security_groups.len(),
        region.ec2.security_groups[0].ip_permissions.len(),
        region.elbv2.load_balancers.len(),
        region.elbv2.listeners.len(),
    ];
    assert_eq!(counts, [1, 1, 1, 1], "of its network");
    let kms = &region.kms;
    let counts = [
        kms.keys.len(),
        kms.policies.len(),
        kms.grants.len(),
        kms.rotation.len(),
        kms.aliases.len(),
    ];
    assert_eq!(counts, [1, 1, 1, 1, 2], "of its keys");
    assert_eq!(
        kms.policies[0].key_id, kms.keys[0].arn,
        "the only key that is known"
    );
    let secrets = &region.secretsmanager;
    assert_eq!(
        (
            secrets.secrets.len(),
            secrets.policies.len(),
            region.cluster_versions.len()
        ),
        (2, 1, 1)
    );
    let counts = [secrets.versions.len(), region.ssm.parameters.len()];
    assert_eq!(counts, [2, 1], "versions and parameters");
    assert_eq!(secrets.secrets[0].replication_status.len(), 1, "described");
    assert_eq!(
        secrets.secrets[1].secret_versions_to_stages.len(),
        1,
        "a version without a stage is left out"
    );
    let above = &read.snapshot.organizations;
    let counts = [
        above.organizations.len(),
        above.accounts.len(),
        above.parents.len(),
        above.attached.len(),
        above.policies.len(),
    ];
    assert_eq!(counts, [1, 3, 2, 6, 3]);
    let membership = account.organization.as_ref();
    assert_eq!(
        membership.and_then(|one| one.organization_id.as_deref()),
        Some("o-exampleorg"),
        "the only account that is audited"
    );
    let cluster = &read.snapshot.clusters["prod"];
    assert_eq!(
        (cluster.account.as_deref(), cluster.region.as_deref()),
        (Some("111122223333"), Some("eu-west-1"))
    );
    let eks = &cluster.eks;
    let counts = [
        eks.nodegroups.len(),
        eks.fargate_profiles.len(),
        eks.addons.len(),
        eks.access.len(),
        eks.access[0].policies.len(),
        eks.pod_identity.len(),
        eks.identity_providers.len(),
        eks.insights.len(),
    ];
    assert_eq!(counts, [1, 1, 1, 2, 1, 1, 1, 1]);
    let objects = &cluster.kubernetes;
    let counts = [
        objects.external_secrets.len(),
        objects.cluster_external_secrets.len(),
        objects.secret_stores.len(),
        objects.push_secrets.len(),
        objects.secret_provider_classes.len(),
        objects.secret_provider_class_pod_statuses.len(),
        objects.certificates.len(),
    ];
    assert_eq!(counts, [1, 1, 2, 1, 1, 1, 1], "from outside the cluster");
    let keys = &objects.secrets[0].metadata.managed_fields[0];
    assert_eq!(
        (keys.data_keys.as_slice(), &keys.manager),
        (["password".to_owned()].as_slice(), &None)
    );
    assert_eq!(
        objects.config_maps.len(),
        1,
        "no ConfigMap but the two is kept"
    );
}

#[test]
fn the_time_is_the_latest_observation_and_no_plan() {
    let read = read_all(&[&everything()]);
    // A node's heartbeat; a rotation is planned and support ends later.
    assert_eq!(read.snapshot.taken_at.to_string(), "2026-11-23T06:30:00Z");
    assert_eq!(read.time_source, "the latest time found in the files");
    let as_of = Time::parse("2027-01-01").ok();
    let inputs = Inputs {
        paths: vec![(None, everything())],
        as_of,
    };
    let read = eks_auditor::collect::files::read(&inputs).unwrap();
    assert_eq!(
        (Some(read.snapshot.taken_at), read.time_source.as_str()),
        (as_of, "--as-of")
    );
}

#[test]
fn all_of_it_is_covered_and_only_what_is_not_there_is_named() {
    let read = read_all(&[&everything()]);
    let whole = |name: &str| !name.starts_with("iam:GetAccountAuthorizationDetails");
    for entry in entries(&read.snapshot) {
        if whole(&entry.source) {
            assert_eq!(
                (entry.status, &entry.detail),
                (Status::Complete, &None),
                "{entry:?}"
            );
        }
    }
    // A role is known by get-role alone: its policies are not.
    let iam = read
        .snapshot
        .coverage
        .entry(Source::IAM.name, "111122223333")
        .unwrap();
    assert_eq!((iam.status, iam.items), (Status::Skipped, 5), "{iam:?}");
    let count = |source: Source, scope: &str| {
        read.snapshot
            .coverage
            .entry(source.name, scope)
            .unwrap()
            .items
    };
    assert_eq!(count(Source::ACCESS_ENTRIES, "prod"), 2);
    assert_eq!(
        count(Source::VPC_CNI, "prod"),
        0,
        "kube-system was listed, and has none"
    );
    assert_eq!(count(Source::AWS_AUTH, "prod"), 1);
    let of_account = |source: Source| count(source, "111122223333");
    assert_eq!(of_account(Source::ORGANIZATION), 1);
    assert_eq!(of_account(Source::ORGANIZATION_PARENTS), 2);
    assert_eq!(of_account(Source::ORGANIZATION_ATTACHED), 8);
    assert_eq!(of_account(Source::ORGANIZATION_POLICIES), 3);
    assert!(
        read.snapshot
            .coverage
            .entry(Source::DAEMON_SETS.name, "prod")
            .is_none()
    );
}

#[test]
fn no_value_of_a_secret_or_a_key_gets_in() {
    let text = serde_json::to_string(&read_all(&[&everything()]).snapshot).unwrap();
    for value in [
        "hunter2",
        "aHVudGVyMg",
        "certificate\"",
        "dropped",
        "\"live\"",
    ] {
        assert!(!text.contains(value), "{value} is in the snapshot");
    }
}

#[test]
fn a_raw_dump_is_read_back_into_the_same_facts() {
    let first = read_all(&[&everything()]).snapshot;
    let dir = tempfile::tempdir().unwrap();
    raw::write(&first, dir.path()).unwrap();
    let again = read_all(&[dir.path()]);
    assert!(
        again.errors.is_empty() && again.warnings.is_empty(),
        "{:?} {:?}",
        again.errors,
        again.warnings
    );
    assert_same_facts(&first, &again.snapshot);
    let missing: Vec<_> = entries(&first)
        .into_iter()
        .filter(|entry| entry.status == Status::Complete)
        .filter(|entry| {
            let other = again.snapshot.coverage.entry(&entry.source, &entry.scope);
            other.is_none_or(|other| (other.status, other.items) != (entry.status, entry.items))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_snapshot_is_private_whole_and_the_same_after_a_round() {
    let first = read_all(&[&everything()]).snapshot;
    let dir = tempfile::tempdir().unwrap();
    for name in ["s.json", "s.json.zst"] {
        let path = dir.path().join(name);
        write_snapshot(&first, &path).unwrap();
        assert_eq!(read_all(&[&path]).snapshot, first, "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
    let packed = std::fs::read(dir.path().join("s.json.zst")).unwrap();
    assert!(packed.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        2,
        "nothing is left over"
    );
    assert!(write_snapshot(&first, &dir.path().join("no/such/folder.json")).is_err());
}

#[test]
fn a_snapshot_beside_the_same_files_adds_nothing() {
    let first = read_all(&[&everything()]).snapshot;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.json");
    write_snapshot(&first, &path).unwrap();
    let both = read_all(&[&path, &everything()]);
    assert!(both.warnings.is_empty(), "{:?}", both.warnings);
    assert_same_facts(&first, &both.snapshot);
    assert_eq!(both.snapshot.taken_at, first.taken_at, "the snapshot's own");
    let mut joined = first.clone();
    assert_eq!(merge(&mut joined, first.clone()), []);
    assert_eq!(joined, first, "joined with itself");
}

#[test]
fn objects_of_an_unnamed_cluster_join_the_one_that_the_other_side_saw() {
    let all = read_all(&[&everything()]).snapshot;
    let objects = read_all(&[&everything().join("prod/objects.yaml")]).snapshot;
    let aws = read_all(&[
        &everything().join("organizations.jsonl"),
        &everything().join("aws.jsonl"),
        &everything().join("prod/cluster.json"),
        &everything().join("prod/eks.jsonl"),
    ])
    .snapshot;
    assert_eq!(objects.clusters.keys().collect::<Vec<_>>(), ["-"]);
    for (into, other) in [(&objects, &aws), (&aws, &objects)] {
        let mut joined = into.clone();
        assert_eq!(merge(&mut joined, other.clone()), []);
        assert_same_facts(&all, &joined);
        assert_eq!(joined.taken_at, all.taken_at, "the later one");
        assert!(
            joined.coverage.complete(Source::PODS, "prod"),
            "the scope moves too"
        );
    }
}
