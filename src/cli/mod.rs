//! The commands, one file each. The only place that prints, exits or reads the clock.

mod access_review;
mod arguments;
mod audit;
mod blast_radius;
mod can;
mod checks;
mod collect;
mod config;
mod exit;
mod explain;
mod gather;
mod joined;
mod log;
mod output;
mod paths;
#[cfg(feature = "live")]
mod permissions;
mod plan;
mod question;
mod requests;
mod review;
mod secrets;
mod simulate;
#[cfg(feature = "live")]
mod watch;
mod who_can;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::Exit;

/// A live auditor for Amazon EKS: which pod can really do what, in AWS and in the cluster.
#[derive(Debug, Parser)]
#[command(name = "eks-auditor", version, max_term_width = 100)]
struct Cli {
    /// Log what was read to stderr; twice: each page as it comes
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Collect, join, check and report
    Audit(Box<audit::Audit>),
    /// Only collect, into a snapshot or raw answers
    Collect(Box<collect::Collect>),
    /// Show a check by its id, or a finding by its fingerprint, with all evidence
    Explain(Box<explain::Explain>),
    /// May PRINCIPAL do ACTION on RESOURCE, in AWS or in a cluster, and why
    Can(Box<can::Can>),
    /// Everybody who can do ACTION on RESOURCE, or is or becomes administrator, and why
    WhoCan(Box<who_can::WhoCanArguments>),
    /// How FROM comes to control TO, over AWS and the clusters, step by step
    Paths(Box<paths::PathsArguments>),
    /// The fewest changes that cut the ways to administrators, each as the edit to make, and proved
    Plan(Box<plan::PlanArguments>),
    /// All that falls with a principal, pod, node or image
    BlastRadius(Box<blast_radius::BlastRadiusArguments>),
    /// Who may do what in the clusters, since when, how and last used when; for owners to confirm or revoke
    AccessReview(Box<access_review::AccessReview>),
    /// Every secret: its age, its rotation, who uses it, and what is stale about it
    Secrets(Box<secrets::SecretsArguments>),
    /// Decide IAM requests, one JSON object a line; no account is needed
    Simulate(simulate::Simulate),
    /// Answer Kubernetes SubjectAccessReviews
    Review(Box<review::Review>),
    /// List the checks
    Checks(checks::Checks),
    /// Print the least IAM policy and ClusterRole that a live scan needs
    #[cfg(feature = "live")]
    Permissions(permissions::Permissions),
}

/// Runs the program and says how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap says which stream each goes to.
            let exit = match error.use_stderr() {
                true => Exit::Usage,
                false => Exit::Done,
            };
            // A reader that went away has seen enough.
            let _ = error.print();
            return exit.into();
        }
    };
    log::start(cli.verbose);
    let result = match cli.command {
        Command::Audit(command) => command.run(),
        Command::Collect(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Can(command) => command.run(),
        Command::WhoCan(command) => command.run(),
        Command::Paths(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::BlastRadius(command) => command.run(),
        Command::AccessReview(command) => command.run(),
        Command::Secrets(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Review(command) => command.run(),
        Command::Checks(command) => command.run(),
        #[cfg(feature = "live")]
        Command::Permissions(command) => command.run(),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            output::error(&error);
            Exit::Usage.into()
        }
    }
}
