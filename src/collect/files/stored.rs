//! Snapshots as files: written by `collect --out`, read back whole, joined with other files or
//! with a live scan.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::snapshot::coverage::{ScopeKind, Source};
use crate::snapshot::{Account, Cluster, Region, SCHEMA, Snapshot};

use super::document::Doc;
use super::error::{Fault, Warning};
use super::place::{Hint, UNKNOWN};
use super::print::Print;
use super::source::File;
use super::store::Store;
use super::store_aws::add;

/// What the `schema` of every version begins with.
const FAMILY: &str = "eks-auditor/snapshot/";

/// Whether a document is a snapshot, of whatever version.
pub(super) fn fits(doc: &Doc) -> bool {
    doc.word("schema")
        .is_some_and(|schema| schema.starts_with(FAMILY))
}

/// Reads a snapshot.
pub(super) fn read(doc: &Doc, faults: &mut Vec<Fault>) -> Option<Print> {
    let schema = doc.word("schema").unwrap_or_default();
    if schema != SCHEMA {
        let message = format!(
            "{schema} is not a version that this program reads: it reads {SCHEMA}; use the release that wrote it, or a newer one"
        );
        faults.push(doc.fault("schema", doc.raw, 1, &message));
        return None;
    }
    match doc.parse_strictly("", doc.raw) {
        Ok(snapshot) => Some(Print::Snapshot(Box::new(snapshot))),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// Joins two snapshots, so that `--input PATH --live aws` sees what both saw. Where both tell of
/// one thing, the one that was taken later counts, and its time stays. Objects of an unnamed
/// cluster go to the only named one, if there is just one.
pub fn merge(into: &mut Snapshot, other: Snapshot) -> Vec<Warning> {
    let first = std::mem::replace(into, Snapshot::new(other.taken_at));
    let (earlier, later) = match first.taken_at <= other.taken_at {
        true => (first, other),
        false => (other, first),
    };
    let taken_at = later.taken_at;
    let label =
        |snapshot: &Snapshot| File::named(&format!("what was seen as of {}", snapshot.taken_at));
    let mut store = Store {
        files: vec![label(&earlier), label(&later)],
        ..Store::default()
    };
    let named: std::collections::BTreeMap<&String, &Cluster> = earlier
        .clusters
        .iter()
        .chain(&later.clusters)
        .filter(|(key, _)| *key != UNKNOWN)
        .collect();
    if let (1, Some((_, cluster))) = (named.len(), named.first_key_value()) {
        store.home = Some((cluster.name.clone(), place_of(cluster)));
    }
    store.add_snapshot(0, earlier);
    store.add_snapshot(1, later);
    let mut joined = store.finish();
    joined.taken_at = taken_at;
    *into = joined;
    store.warnings
}

fn place_of(cluster: &Cluster) -> Hint {
    Hint {
        account: cluster.account.clone(),
        region: cluster.region.clone(),
    }
}

impl Store {
    /// Adds all facts of a snapshot.
    pub(super) fn add_snapshot(&mut self, file: usize, snapshot: Snapshot) {
        self.taken.push(snapshot.taken_at);
        let mut slots = std::collections::BTreeMap::new();
        for (key, cluster) in snapshot.clusters {
            let at = match self.home.clone() {
                Some((name, place)) if key == UNKNOWN => self.slot(&name, &place),
                _ => self.slot(&cluster.name, &place_of(&cluster)),
            };
            slots.insert(key, at);
            self.add_cluster(file, at, cluster);
        }
        for (id, account) in snapshot.accounts {
            self.known.note(&Hint::account(&id));
            self.add_account(file, &id, account);
        }
        for entry in snapshot.coverage.entries() {
            let of_cluster = Source::named(&entry.source).map_or_else(
                || entry.source.starts_with("eks:") || entry.source.starts_with("kubernetes:"),
                |source| matches!(source.scope, ScopeKind::Cluster | ScopeKind::Kubernetes),
            );
            let at = slots.get(&entry.scope).copied().filter(|_| of_cluster);
            self.prior.push((entry.clone(), at));
        }
    }

    fn add_account(&mut self, file: usize, id: &str, account: Account) {
        macro_rules! all {
            ($list:ident, $kind:literal, $values:expr, $key:expr) => {
                for value in $values {
                    let key = $key(&value);
                    add!(self, self.account(id).$list, $kind, key, value, file);
                }
            };
        }
        let iam = account.iam;
        // The account itself is a fact, even where it is empty.
        self.account(id);
        all!(caller, "caller", account.caller.into_iter(), |_: &_| id
            .to_owned());
        all!(
            users,
            "user",
            iam.users,
            |user: &crate::snapshot::iam::User| user.arn.clone()
        );
        all!(
            groups,
            "group",
            iam.groups,
            |group: &crate::snapshot::iam::Group| group.arn.clone()
        );
        all!(
            roles,
            "role",
            iam.roles,
            |role: &crate::snapshot::iam::Role| role.arn.clone()
        );
        all!(
            policies,
            "policy",
            iam.policies,
            |policy: &crate::snapshot::iam::ManagedPolicy| policy.arn.clone()
        );
        all!(
            providers,
            "OIDC provider",
            iam.oidc_providers,
            |one: &crate::snapshot::iam::OidcProvider| one.arn.clone()
        );
        all!(
            report,
            "credential report of",
            iam.credential_report,
            |row: &crate::snapshot::iam::CredentialReportRow| row.user.clone()
        );
        all!(
            keys,
            "access key",
            iam.access_keys,
            |key: &crate::snapshot::iam::AccessKey| key.access_key_id.clone()
        );
        all!(
            profiles,
            "instance profile",
            iam.instance_profiles,
            |one: &crate::snapshot::iam::InstanceProfile| one.arn.clone()
        );
        all!(
            last_accessed,
            "last accessed details of",
            iam.last_accessed,
            |one: &crate::snapshot::iam::LastAccessed| one.arn.clone()
        );
        for (name, region) in account.regions {
            self.known.note(&Hint {
                account: Some(id.to_owned()),
                region: Some(name.clone()),
            });
            self.add_region(file, &(id.to_owned(), name), region);
        }
    }

    fn add_region(&mut self, file: usize, place: &(String, String), region: Region) {
        macro_rules! all {
            ($list:ident, $kind:literal, $values:expr, $key:expr) => {
                for value in $values {
                    let key = $key(&value);
                    add!(self, self.region(place).$list, $kind, key, value, file);
                }
            };
        }
        use crate::snapshot::{ecr, eks, secretsmanager as sm};
        self.region(place);
        for repository in &region.ecr.repositories {
            self.known
                .note_repository(&place.0, &repository.repository_name, &place.1);
        }
        all!(
            repositories,
            "repository",
            region.ecr.repositories,
            |one: &ecr::Repository| one.repository_name.clone()
        );
        all!(
            scanning,
            "registry",
            region.ecr.scanning.into_iter(),
            |_: &_| format!("{}/{}", place.0, place.1)
        );
        all!(
            images,
            "image",
            region.ecr.images,
            |one: &ecr::Image| format!("{}@{}", one.repository_name, one.image_digest)
        );
        all!(
            findings,
            "scan findings of",
            region.ecr.findings,
            |one: &ecr::ImageFindings| {
                let id = one
                    .image_id
                    .image_digest
                    .as_deref()
                    .or(one.image_id.image_tag.as_deref());
                format!("{}@{}", one.repository_name, id.unwrap_or_default())
            }
        );
        all!(
            policies,
            "policy of repository",
            region.ecr.policies,
            |one: &ecr::RepositoryPolicy| one.repository_name.clone()
        );
        all!(
            lifecycle,
            "lifecycle policy of repository",
            region.ecr.lifecycle_policies,
            |one: &ecr::RepositoryPolicy| one.repository_name.clone()
        );
        // A snapshot knows of a secret what all prints together know, as one description does.
        all!(
            described,
            "secret",
            region.secretsmanager.secrets,
            |one: &sm::Secret| one.arn.clone()
        );
        all!(
            secret_policies,
            "policy of secret",
            region.secretsmanager.policies,
            |one: &sm::SecretPolicy| one.arn.clone()
        );
        all!(
            cluster_versions,
            "Kubernetes version",
            region.cluster_versions,
            |one: &eks::ClusterVersion| one.cluster_version.clone()
        );
    }

    fn add_cluster(&mut self, file: usize, at: usize, cluster: Cluster) {
        use super::eks::Part;
        let eks = cluster.eks;
        if let Some(settings) = eks.cluster {
            self.add_fact(at, |facts, conflicts| {
                facts
                    .settings
                    .add("cluster", settings.name.clone(), settings, file, conflicts);
            });
        }
        let parts = eks
            .nodegroups
            .into_iter()
            .map(Part::Nodegroup)
            .chain(eks.fargate_profiles.into_iter().map(Part::FargateProfile))
            .chain(eks.addons.into_iter().map(Part::Addon))
            .chain(eks.pod_identity.into_iter().map(Part::PodIdentity))
            .chain(
                eks.identity_providers
                    .into_iter()
                    .map(Part::IdentityProvider),
            )
            .chain(std::iter::once(Part::Insights(
                eks.insights,
                Default::default(),
            )))
            .chain(eks.access.into_iter().flat_map(|access| {
                let principal = access.entry.principal_arn.clone();
                [
                    Part::AccessEntry(access.entry),
                    Part::AccessPolicies(principal, access.policies, Default::default()),
                ]
            }));
        for part in parts {
            self.add_fact(at, |facts, conflicts| facts.add(part, file, conflicts));
        }
        self.add_fact(at, |facts, conflicts| {
            facts.objects.add_all(cluster.kubernetes, file, conflicts);
        });
    }
}

/// Writes a snapshot to a file, compressed where its name ends in `.zst`. It tells an attacker
/// what to attack: only its owner may read it. It is there whole or not at all.
///
/// # Errors
/// The file or its folder cannot be written.
pub fn write_snapshot(snapshot: &Snapshot, path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("not the name of a file"))?;
    let mut partial = name.to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial: PathBuf = folder.join(partial);
    let written = write_to(
        snapshot,
        &partial,
        path.extension().is_some_and(|ext| ext == "zst"),
    )
    .and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // What is left of a failed try is of no use to anybody.
        let _ = fs::remove_file(&partial);
    }
    written
}

fn write_to(snapshot: &Snapshot, path: &Path, compress: bool) -> io::Result<()> {
    let file = private_file(path)?;
    let mut out = io::BufWriter::new(file);
    if compress {
        let mut encoder = zstd::stream::write::Encoder::new(&mut out, 3)?;
        serde_json::to_writer(&mut encoder, snapshot)?;
        encoder.finish()?;
    } else {
        serde_json::to_writer(&mut out, snapshot)?;
        out.write_all(b"\n")?;
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()
}

/// A new file that only its owner may read and write.
pub(in crate::collect) fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
