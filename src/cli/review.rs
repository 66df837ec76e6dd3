//! `review`: SubjectAccessReviews over a snapshot, answered as the cluster's authorizers would.

use std::io::{self, BufRead, Read, Write};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::collect::files::documents;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::review::{Review as Asked, Status};
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;

use super::arguments::Sources;
use super::config::Config;
use super::requests::{self, Requests};
use super::{Exit, gather, output};

/// Answer SubjectAccessReview objects as a cluster would: by RBAC, and by EKS access policies where
/// the user is one that an access entry gives
#[derive(Debug, Args)]
pub(super) struct Review {
    /// Files of SubjectAccessReviews: JSON lines, a JSON list, YAML documents; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The cluster; needed where several are read
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Ask RBAC alone, as a server does where somebody else posts the review
    #[arg(long)]
    rbac_only: bool,
    #[command(flatten)]
    sources: Sources,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
}

impl Review {
    pub(super) fn run(mut self) -> Result<Exit> {
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        let reads_stdin = self.files.iter().filter(|file| *file == "-").count();
        anyhow::ensure!(
            reads_stdin + usize::from(self.sources.reads_stdin()) < 2,
            "stdin can be read once: as FILE or as --input"
        );
        let wanted = match &self.cluster {
            Some(name) => vec![name.clone()],
            None => config.cluster.clone(),
        };
        let gathered = gather::gather(&self.sources, &wanted)?;
        let key = only_cluster(&gathered.snapshot)?;
        let graph = Graph::build(&gathered.snapshot, None);
        let node = graph
            .cluster(&key)
            .with_context(|| format!("no cluster `{key}` was read"))?;
        let unread = unread(&graph, node);
        for source in &unread {
            output::say(&format!(
                "warning: {source} of {key} was not read whole: what is not allowed here may be allowed there"
            ));
        }
        let judge = Judge {
            graph: &graph,
            node,
            rbac_only: self.rbac_only,
            unread: unread.first().copied(),
        };
        let exit = match unread.is_empty() {
            true => gathered.exit,
            false => gathered.exit.max(Exit::Incomplete),
        };
        let answered = requests::each(&self.files, |reader, file, out| {
            judge.file(reader, file, out)
        })?;
        Ok(exit.max(answered))
    }
}

/// The only cluster.
fn only_cluster(snapshot: &Snapshot) -> Result<String> {
    let keys: Vec<&str> = snapshot.clusters.keys().map(String::as_str).collect();
    match keys.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => anyhow::bail!("no cluster was read: give its Kubernetes objects with --input"),
        many => anyhow::bail!(
            "several clusters were read ({}); say which is meant: --cluster NAME",
            many.join(", ")
        ),
    }
}

/// What of RBAC was not read whole.
fn unread(graph: &Graph<'_>, node: &ClusterNode<'_>) -> Vec<&'static str> {
    let sources = [
        Source::ROLES,
        Source::CLUSTER_ROLES,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
    ];
    let unread = sources
        .into_iter()
        .filter(|source| !graph.saw(*source, node.key));
    unread.map(|source| source.name).collect()
}

/// What answers.
struct Judge<'g> {
    graph: &'g Graph<'g>,
    node: &'g ClusterNode<'g>,
    rbac_only: bool,
    /// Of RBAC: then a denial is none.
    unread: Option<&'static str>,
}

impl Judge<'_> {
    /// Answers a file. JSON lines are answered one by one as they come.
    fn file(&self, mut reader: Requests, file: &str, out: &mut impl Write) -> Result<Exit> {
        let mut first = Vec::new();
        let mut number = 0_u64;
        while first.trim_ascii().is_empty() {
            first.clear();
            number += 1;
            match reader.read_until(b'\n', &mut first) {
                Ok(0) => return Ok(Exit::Done),
                Ok(_) => {}
                Err(error) => return Ok(unreadable(file, number, &error)),
            }
        }
        let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first);
        match serde_json::from_slice::<Value>(text) {
            Ok(value) => {
                let place = format!("{file}, line {number}");
                let exit = self.value(value, &place, out)?;
                Ok(exit.max(self.lines(reader, file, number, out)?))
            }
            Err(_) => self.text(text.to_vec(), reader, file, number, out),
        }
    }

    fn lines(
        &self,
        mut reader: Requests,
        file: &str,
        first: u64,
        out: &mut impl Write,
    ) -> Result<Exit> {
        let mut exit = Exit::Done;
        let mut line = Vec::new();
        for number in first + 1.. {
            // Whoever waits for an answer before the next review gets it.
            if reader.buffer().is_empty() {
                out.flush().context("cannot write to stdout")?;
            }
            line.clear();
            match reader.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Ok(unreadable(file, number, &error)),
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = format!("{file}, line {number}");
            let answered = match serde_json::from_slice::<Value>(&line) {
                Ok(value) => self.value(value, &place, out)?,
                Err(error) => wrong(&place, &not_json(&error), out)?,
            };
            exit = exit.max(answered);
        }
        Ok(exit)
    }

    /// Anything else: JSON over many lines, YAML.
    fn text(
        &self,
        mut text: Vec<u8>,
        mut reader: Requests,
        file: &str,
        first: u64,
        out: &mut impl Write,
    ) -> Result<Exit> {
        if let Err(error) = reader.read_to_end(&mut text) {
            return Ok(unreadable(file, first, &error));
        }
        let Ok(text) = String::from_utf8(text) else {
            return wrong(file, "it is not text in UTF-8", out);
        };
        let mut exit = Exit::Done;
        for document in documents(&text) {
            let place = format!("{file}, line {}", document.line + first - 1);
            exit = exit.max(match document.value {
                Ok(value) => self.value(value, &place, out)?,
                Err(error) => wrong(&place, &error, out)?,
            });
        }
        Ok(exit)
    }

    /// Answers an object, or each object of a list.
    fn value(&self, value: Value, place: &str, out: &mut impl Write) -> Result<Exit> {
        let items = match value {
            Value::Array(items) => items,
            Value::Object(mut list) if list.get("items").is_some_and(Value::is_array) => {
                match list.remove("items") {
                    Some(Value::Array(items)) => items,
                    _ => Vec::new(),
                }
            }
            one => return self.object(one, place, out),
        };
        let mut exit = Exit::Done;
        for (at, item) in items.into_iter().enumerate() {
            let answered = self.object(item, &format!("{place}, item {}", at + 1), out)?;
            exit = exit.max(answered);
        }
        Ok(exit)
    }

    fn object(&self, object: Value, place: &str, out: &mut impl Write) -> Result<Exit> {
        let asked = match Asked::of(&object) {
            Ok(asked) => asked,
            Err(error) => return wrong(place, &error.to_string(), out),
        };
        let mut status = match self.rbac_only {
            true => Status::by_rbac(&self.node.rbac, &asked),
            false => self.graph.review(self.node, &asked),
        };
        if let (false, Some(source)) = (status.allowed, self.unread) {
            let why = format!(
                "this is no denial: {source} of {} was not read whole",
                self.node.key
            );
            status.evaluation_error.get_or_insert(why);
        }
        writeln!(out, "{}", status.put_into(object)).context("cannot write to stdout")?;
        Ok(Exit::Done)
    }
}

/// What stands in the place of an answer.
fn wrong(place: &str, why: &str, out: &mut impl Write) -> Result<Exit> {
    let error = json!({ "Error": format!("{place}: {why}") });
    writeln!(out, "{error}").context("cannot write to stdout")?;
    Ok(Exit::Usage)
}

fn unreadable(file: &str, line: u64, error: &io::Error) -> Exit {
    output::say(&format!("error: cannot read {file}, line {line}: {error}"));
    Exit::Usage
}

/// serde_json counts lines within the line, which would only mislead.
fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (what, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    format!("not JSON: {what} (column {})", error.column())
}
