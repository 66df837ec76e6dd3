//! What `can` and `who-can` share: how they answer, and what they are asked about.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::graph::named::{Unnamed, Who};
use crate::graph::{ClusterNode, Graph, Scope};
use crate::snapshot::Snapshot;

use super::arguments::{Extent, Sources, WhichPrincipals, flag};
use super::config::Config;
use super::gather::{self, Gathered};
use super::{Exit, output};

/// Where facts come from, and how the answer is shown.
#[derive(Debug, Args)]
pub(super) struct Question {
    /// Ask about this namespace; only of Kubernetes verbs
    #[arg(short, long, value_name = "NAME")]
    pub(super) namespace: Option<String>,
    /// Write the answer so
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    extent: Extent,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

impl Question {
    /// Reads what the arguments name.
    pub(super) fn gather(&mut self) -> Result<Gathered> {
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        self.extent.fill(&config);
        gather::gather(&self.sources, &self.extent.cluster)
    }

    /// Joins it. All principals are asked about, unless less was said.
    pub(super) fn graph<'s>(&self, snapshot: &'s Snapshot) -> Graph<'s> {
        let scope = match self.extent.scope {
            Some(WhichPrincipals::Reachable) => Scope::Reachable,
            Some(WhichPrincipals::Account) | None => Scope::Account,
        };
        Graph::build(snapshot, Some(scope))
    }

    /// The flags of another command that asks the same facts; nothing where they cannot be read again.
    pub(super) fn again(&self) -> Option<String> {
        let flags = || self.sources.flags() + &self.extent.flags();
        (!self.sources.reads_stdin()).then(flags)
    }

    /// The flag of the namespace, where one was named.
    pub(super) fn namespace_flag(&self) -> String {
        self.namespace
            .as_ref()
            .map_or(String::new(), |name| flag("namespace", Some(name)))
    }

    /// Writes an answer.
    pub(super) fn write(&self, json: &Value, text: &str) -> Result<()> {
        match self.output {
            Form::Text => output::write(text, None),
            Form::Json => output::write(&format!("{json:#}\n"), None),
        }
    }
}

/// Whether an action is IAM's; the others are Kubernetes verbs.
///
/// # Errors
/// It has wildcards: what is asked is one action.
pub(super) fn is_iam(action: &str) -> Result<bool> {
    let iam = action.contains(':');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
    anyhow::ensure!(
        !iam || (action.chars().all(plain) && !action.starts_with(':') && !action.ends_with(':')),
        "`{action}` is no single action, as s3:GetObject is; `can --list PRINCIPAL --service SERVICE` shows all of them"
    );
    Ok(iam)
}

/// The cluster that a question is put to.
///
/// # Errors
/// There is none, or several and it was not said which.
pub(super) fn cluster<'g, 's>(
    graph: &'g Graph<'s>,
    who: &Who,
) -> Result<&'g ClusterNode<'s>, Unnamed> {
    let key = match who {
        Who::Account { at, .. } => graph
            .workloads
            .service_accounts
            .get(*at)
            .map(|account| account.cluster),
        Who::Subject { cluster, .. } => Some(cluster.as_str()),
        Who::Iam { .. } => None,
    };
    if let Some(node) = key.and_then(|key| graph.cluster(key)) {
        return Ok(node);
    }
    match graph.clusters.as_slice() {
        [one] => Ok(one),
        [] => Err(Unnamed::Unread("no cluster was read".to_owned())),
        several => {
            let names: Vec<&str> = several.iter().map(|node| node.key).collect();
            Err(Unnamed::Unknown(format!(
                "there are several clusters; say which with --cluster: {}",
                names.join(", ")
            )))
        }
    }
}

/// How well a command ends: only a broken file outranks its answer. A source that did not come whole has
/// already made the answer what it is.
pub(super) fn ended(answer: Exit, gathered: Exit) -> Exit {
    match gathered {
        Exit::Usage => Exit::Usage,
        _ => answer,
    }
}
