//! `plan`: the fewest changes that cut the ways to what is worth protecting, proved.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::advise::plan::{Asked, plan};
use crate::report::render::plan::{json, text};

use super::joined::{Facts, Read};
use super::{Exit, output};

/// The fewest changes that cut the ways from pods to administrators, each as the edit to make, and proved
///
/// The changes are made to a copy of what was read, and everything is evaluated again: what is said to be cut is cut there.
/// Ends with 0, also where there is nothing to cut, and with 3 where what would tell was not read.
#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    /// Where ways begin: an ARN, role/NAME, pod/NS/NAME, a k8s:// id, any-pod, namespace/NAME; may be repeated
    #[arg(long, value_name = "FROM", default_value = "any-pod")]
    from: Vec<String>,
    /// Where they end: the same, or cluster-admin[/CLUSTER], account-admin[/ACCOUNT], secret/*, secret/NAME; may be
    /// repeated; without it what is there of cluster-admin, account-admin and jewels
    #[arg(long, value_name = "TO")]
    to: Vec<String>,
    /// Change nothing of this: a role, policy or workload by its id, a binding by NAME or NAMESPACE/NAME; may be repeated
    #[arg(long, value_name = "ID")]
    keep: Vec<String>,
    /// Cut only ways that depend on nothing that is not known
    #[arg(long)]
    certain: bool,
    /// Evaluate everything again at most so often in search of the fewest changes; then any that cut the ways are taken
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    evaluations: usize,
    /// Write the answer so
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: Form,
    #[command(flatten)]
    facts: Facts,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    Table,
    /// For a program.
    Json,
}

impl PlanArguments {
    pub(super) fn run(self) -> Result<Exit> {
        let read = self.facts.read()?;
        let asked = Asked {
            from: self.from,
            to: goals(self.to, &read),
            keep: self.keep,
            certain: self.certain,
            treasure: read.config.jewels.clone(),
            evaluations: self.evaluations,
        };
        let found = plan(read.snapshot(), &asked)?;
        let shown = match self.output {
            Form::Table => text(&asked, &found, output::width().into()),
            Form::Json => format!("{:#}\n", json(&asked, &found)),
        };
        read.answer(&shown, &found.unread)
    }
}

/// What was named; without that the administrators of what was read, and the jewels of the configuration.
fn goals(named: Vec<String>, read: &Read) -> Vec<String> {
    if !named.is_empty() {
        return named;
    }
    let cluster = (!read.snapshot().clusters.is_empty()).then_some("cluster-admin");
    let account = (!read.snapshot().accounts.is_empty()).then_some("account-admin");
    let jewels = (!read.config.jewels.is_empty()).then_some("jewels");
    let all = cluster.into_iter().chain(account).chain(jewels);
    all.map(str::to_owned).collect()
}
