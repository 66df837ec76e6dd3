//! Snapshots as files: written by `collect --out`, read back whole, joined with other files or
//! with a live scan.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::snapshot::{Cluster, SCHEMA, Snapshot};

use super::document::Doc;
use super::error::{Fault, Warning};
use super::place::{Hint, UNKNOWN};
use super::print::Print;
use super::source::File;
use super::store::Store;

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

/// The place of a cluster of a snapshot.
pub(super) fn place_of(cluster: &Cluster) -> Hint {
    Hint {
        account: cluster.account.clone(),
        region: cluster.region.clone(),
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
