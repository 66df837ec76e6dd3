//! Reading of files: dumps of the AWS CLI and kubectl, manifests, snapshots.
//!
//! A document is recognised by its shape (`print::Shape`), read into typed data, and then given
//! its place:
//! - *Account and region* of an AWS print come from the ARNs in it, else from the registry's id,
//!   else from its envelope, else they are the only ones that all files together name (a caller
//!   identity is enough); where no file names any they are `-`, and where several do the print is
//!   left out with a warning that shows the envelope. Of something of a repository the region is
//!   also known where only one region has a repository of that name; of a list of clusters, where
//!   the clusters lie that it names.
//! - *The cluster* of an EKS print is the one that it names; where it names none, and for
//!   Kubernetes objects, it is the one of `NAME=PATH`, else that of the nearest folder which holds
//!   exactly one `describe-cluster` print directly, else the only one known, else `-`. `NAME` may
//!   be a cluster's name or, where the path holds one `describe-cluster` print, any word.
//! - *The time* is the one asked for, else a snapshot's own, else the latest observation.
//!
//! Files are taken in the order of their paths, whatever the order in which they were given.

mod account_facts;
mod book;
mod closing;
mod cluster_facts;
mod document;
mod documents;
mod ec2;
mod ecr;
mod eks;
mod error;
mod facts;
mod foreign;
mod iam;
mod kms;
mod kubernetes;
mod kubernetes_kinds;
mod network;
mod organizations;
mod place;
mod print;
mod recognise;
mod secretsmanager;
mod services;
mod source;
mod ssm;
mod store;
mod store_cluster;
mod store_ec2;
mod store_iam;
mod store_kms;
mod store_network;
mod store_organizations;
mod store_region;
mod store_services;
mod store_ssm;
mod stored;
mod stored_facts;
mod text;
mod times;
mod yaml;
mod yaml_outline;

use std::path::PathBuf;

use crate::snapshot::Snapshot;
use crate::snapshot::time::Time;

pub use documents::{Document, documents};
pub use error::{FileError, InputError, Warning};
pub(in crate::collect) use stored::private_file;
pub use stored::{merge, write_snapshot};

use print::{Found, Print};
use store::Store;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Files, folders and `-` for standard input, each perhaps given to a cluster: `NAME=PATH`.
    pub paths: Vec<(Option<String>, PathBuf)>,
    /// The time of the audit, where the user sets it.
    pub as_of: Option<Time>,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The facts.
    pub snapshot: Snapshot,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// What was recognised and is broken; the rest was read all the same.
    pub errors: Vec<FileError>,
    /// Where the time of the audit comes from: `the latest time found in the files`.
    pub time_source: String,
    /// Whether any time was given or found; if not, it is 1970.
    pub time_is_known: bool,
}

/// Reads files into a snapshot.
///
/// # Errors
/// A path cannot be read, nothing in the files is recognised, or Kubernetes objects could belong
/// to several clusters.
pub fn read(inputs: &Inputs) -> Result<Read, InputError> {
    read_with(inputs, None)
}

/// Reads files, and these bytes where a path is `-`; `None`: standard input.
///
/// # Errors
/// As [`read`].
pub fn read_with(inputs: &Inputs, stdin: Option<&[u8]>) -> Result<Read, InputError> {
    let mut store = Store::default();
    store.files = source::list(&inputs.paths, &mut store.warnings)?;
    let mut errors = Vec::new();
    let mut found = Vec::new();
    for at in 0..store.files.len() {
        recognise::file(&mut store, at, stdin, &mut found, &mut errors);
    }
    if found.is_empty() {
        let errors = errors.iter().map(ToString::to_string);
        let warnings = store.warnings.iter().map(ToString::to_string);
        return Err(InputError::Nothing {
            details: errors.chain(warnings).collect(),
        });
    }
    let snapshot = match only_snapshot(&mut found) {
        Some(mut snapshot) => {
            store.taken.push(snapshot.taken_at);
            for (label, why) in &store.skipped {
                let skipped = crate::snapshot::coverage::Status::Skipped;
                snapshot
                    .coverage
                    .record("file", label, skipped, 0, Some(why.clone()));
            }
            snapshot.sort();
            snapshot
        }
        None => {
            store.file_all(found)?;
            store.warn_of_unread();
            store.finish()
        }
    };
    Ok(timed(inputs, store, snapshot, errors))
}

/// A snapshot alone is the facts as they are.
fn only_snapshot(found: &mut Vec<Found>) -> Option<Snapshot> {
    if !matches!(
        found.as_slice(),
        [Found {
            print: Print::Snapshot(_),
            ..
        }]
    ) {
        return None;
    }
    match found.pop().map(|one| one.print) {
        Some(Print::Snapshot(snapshot)) => Some(*snapshot),
        _ => None,
    }
}

fn timed(inputs: &Inputs, store: Store, mut snapshot: Snapshot, errors: Vec<FileError>) -> Read {
    let taken = store.taken.iter().max().copied();
    let (time, source) = match (inputs.as_of, taken, store.latest) {
        (Some(asked), ..) => (Some(asked), "--as-of"),
        (None, Some(taken), _) => (Some(taken), "the snapshot's own time"),
        (None, None, Some(latest)) => (Some(latest), "the latest time found in the files"),
        (None, None, None) => (None, "no time in the files; --as-of TIME sets one"),
    };
    snapshot.taken_at = time.unwrap_or_default();
    Read {
        time_source: source.to_owned(),
        time_is_known: time.is_some(),
        snapshot,
        warnings: store.warnings,
        errors,
    }
}
