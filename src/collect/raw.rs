//! Writes a snapshot as the AWS CLI and kubectl would print it, for people and other tools to
//! read, and for `--input` to read back into the same facts.
//!
//! A print that does not say its account, region or cluster is put into an envelope; so is the
//! answer that there is nothing. Environment variables stay what the snapshot keeps of them.

mod aws;
mod cluster;
mod kms;
mod organizations;
mod services;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::files::private_file;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::{Source, Status};

/// Writes all of a snapshot under a folder, which is made where it is not there. Only the owner
/// may read the files.
///
/// # Errors
/// A file or folder cannot be written.
pub fn write(snapshot: &Snapshot, dir: &Path) -> io::Result<()> {
    for (id, account) in &snapshot.accounts {
        aws::write(snapshot, id, account, &dir.join("aws").join(plain(id)))?;
    }
    organizations::write(snapshot, &dir.join("organizations"))?;
    for (key, cluster) in &snapshot.clusters {
        cluster::write(
            snapshot,
            key,
            cluster,
            &dir.join("clusters").join(plain(key)),
        )?;
    }
    Ok(())
}

/// A folder's name for an id: `-` alone would be read as standard input by some programs, and a
/// leading dot would hide it.
fn plain(id: &str) -> String {
    let name: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '.') {
                c
            } else {
                '_'
            }
        })
        .collect();
    match name.as_str() {
        "-" => "unknown".to_owned(),
        _ if name.starts_with('.') => format!("_{name}"),
        _ => name,
    }
}

/// Where the prints of one place go, and what is said around them where they do not say it.
struct Place<'s> {
    snapshot: &'s Snapshot,
    dir: PathBuf,
    account: Option<&'s str>,
    region: Option<&'s str>,
    /// The scope of its sources in the coverage.
    scope: String,
}

impl Place<'_> {
    /// One print in a file.
    fn print(&self, name: &str, print: &impl Serialize) -> io::Result<()> {
        self.lines(name, [print])
    }

    /// Prints in a file, one a line; no file where there are none.
    fn lines<T: Serialize>(
        &self,
        name: &str,
        prints: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        let mut prints = prints.into_iter().peekable();
        if prints.peek().is_none() {
            return Ok(());
        }
        fs::create_dir_all(&self.dir)?;
        let mut out = io::BufWriter::new(private_file(&self.dir.join(name))?);
        for print in prints {
            serde_json::to_writer(&mut out, &print)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// A print with what it does not say around it.
    fn envelope(
        &self,
        source: &str,
        request: Value,
        response: impl Serialize,
    ) -> io::Result<Value> {
        let mut envelope = json!({
            "source": source,
            "request": request,
            "response": serde_json::to_value(response)?,
        });
        for (key, part) in [("account", self.account), ("region", self.region)] {
            if let (Some(part), Some(object)) =
                (part.filter(|part| *part != "-"), envelope.as_object_mut())
            {
                object.insert(key.to_owned(), part.into());
            }
        }
        Ok(envelope)
    }

    /// Whether a source was read whole here.
    fn complete(&self, source: Source) -> bool {
        self.snapshot.coverage.complete(source, &self.scope)
    }

    /// Whether any of a source was read here.
    fn read(&self, source: Source) -> bool {
        let entry = self.snapshot.coverage.entry(source.name, &self.scope);
        entry.is_some_and(|entry| matches!(entry.status, Status::Complete | Status::Partial))
    }
}
