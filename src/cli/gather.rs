//! From arguments to a snapshot: files, live sources, or both.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::collect::files;
use crate::snapshot::Snapshot;

use super::arguments::Sources;
#[cfg(feature = "live")]
use super::arguments::Side;
use super::{Exit, output};

/// What was collected, and how well that went.
pub(super) struct Gathered {
    pub(super) snapshot: Snapshot,
    /// [`Exit::Usage`] where a file is broken, [`Exit::Incomplete`] where a source did not come whole.
    pub(super) exit: Exit,
    /// How many calls each source took.
    pub(super) calls: Vec<(String, u64)>,
}

/// Collects what the arguments name.
pub(super) fn gather(sources: &Sources, clusters: &[String]) -> Result<Gathered> {
    let mut gathered = match sources.input.is_empty() {
        true => live(sources, clusters)?,
        false => from_files(sources)?,
    };
    if !sources.input.is_empty() && sources.live.is_some() {
        let more = live(sources, clusters)?;
        files::merge(&mut gathered.snapshot, more.snapshot);
        gathered.exit = gathered.exit.max(more.exit);
        gathered.calls = more.calls;
    }
    only(&mut gathered.snapshot, clusters)?;
    if gathered.snapshot.coverage.gaps().next().is_some() {
        gathered.exit = gathered.exit.max(Exit::Incomplete);
    }
    Ok(gathered)
}

/// Leaves only the clusters of these names.
fn only(snapshot: &mut Snapshot, clusters: &[String]) -> Result<()> {
    if clusters.is_empty() {
        return Ok(());
    }
    for name in clusters {
        anyhow::ensure!(
            snapshot.clusters.contains_key(name),
            "no cluster `{name}` was read; there are: {}",
            snapshot.clusters.keys().cloned().collect::<Vec<_>>().join(", ")
        );
    }
    snapshot.clusters.retain(|key, _| clusters.contains(key));
    Ok(())
}

fn from_files(sources: &Sources) -> Result<Gathered> {
    let read = files::read(&inputs(sources))?;
    for warning in &read.warnings {
        output::say(&format!("warning: {warning}"));
    }
    for error in &read.errors {
        output::say(&format!("error: {error}"));
    }
    output::say(&format!("as of {} ({})", read.snapshot.taken_at, read.time_source));
    let exit = match read.errors.is_empty() {
        true => Exit::Done,
        false => Exit::Usage,
    };
    Ok(Gathered {
        snapshot: read.snapshot,
        exit,
        calls: Vec::new(),
    })
}

/// `PATH` or `NAME=PATH`; a file whose own name has a `=` and that exists is a path.
fn inputs(sources: &Sources) -> files::Inputs {
    let paths = sources
        .input
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, path)) if !PathBuf::from(text).exists() => {
                (Some(name.to_owned()), PathBuf::from(path))
            }
            _ => (None, PathBuf::from(text)),
        })
        .collect();
    files::Inputs {
        paths,
        as_of: sources.as_of,
    }
}

#[cfg(not(feature = "live"))]
fn live(_sources: &Sources, _clusters: &[String]) -> Result<Gathered> {
    Err(anyhow::anyhow!("this build reads files only: give --input PATH"))
        .context("nothing to read")
}

