//! Flags that several commands share: what is read, what is asked, what is shown.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::Request;
use crate::checks;
use crate::checks::finding::Severity;
use crate::checks::remedy::quoted;
use crate::checks::run::Selection;
use crate::collect::services::Offer;
use crate::graph::Scope;
use crate::report::filter::Filter;
use crate::snapshot::time::Time;

use super::config::Config;

/// Where facts come from.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Sources {
    /// Read files instead of AWS and clusters: files, folders, `-` for stdin; NAME=PATH says that
    /// the Kubernetes objects in PATH are of the cluster NAME
    #[arg(short, long, value_name = "[NAME=]PATH", num_args = 1..)]
    pub(super) input: Vec<String>,
    /// Read only this side live, and with --input this side all the same
    #[arg(long, value_name = "SIDE")]
    pub(super) live: Option<Side>,
    /// The time of the audit, as 2026-11-24 or 2026-11-24T18:00:00Z; default: now, or for files the
    /// latest time found in them
    #[arg(long, value_name = "TIME", value_parser = Time::parse)]
    pub(super) as_of: Option<Time>,
    #[command(flatten)]
    pub(super) aws: Aws,
    #[command(flatten)]
    pub(super) kubernetes: Kubernetes,
}

/// A side that can be read live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Side {
    /// The AWS account.
    Aws,
    /// The clusters' API servers.
    Kubernetes,
}

/// How AWS is reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct Aws {
    /// Use this profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Look at these regions, or at `all-enabled`; default: the profile's
    #[arg(long, value_name = "REGION", num_args = 1.., value_delimiter = ',')]
    pub(super) region: Vec<String>,
    /// Assume this role first
    #[arg(long, value_name = "ARN")]
    pub(super) role_arn: Option<String>,
    /// Assume the role with this external id
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub(super) external_id: Option<String>,
    /// Read the organisation's policies (SCPs and RCPs) too. Only its management account or a
    /// delegated administrator may: this account, or the one that assumes --role-arn
    #[arg(long)]
    pub(super) organization: bool,
    /// Read these services too (lambda, glue, cloudformation, …): methods of privilege escalation
    /// that take over what runs there are then certain where it does
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = service)]
    pub(super) services: Vec<String>,
}

/// A service's name, as it is known.
fn service(name: &str) -> Result<String, String> {
    Offer::named(name).map(|offer| offer.name.to_owned())
}

/// How clusters are reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Kubernetes")]
pub(super) struct Kubernetes {
    /// Read Kubernetes through this kubeconfig instead of the clusters of the regions
    #[arg(long, value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub(super) context: Option<String>,
    /// Read the cluster that this process runs in
    #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
    pub(super) in_cluster: bool,
    /// Let the kubeconfig run its own programs
    #[arg(long)]
    pub(super) allow_exec: bool,
    /// Read the metadata of Secrets too. The right to list them gives their values to whoever steals
    /// the scanner's token
    #[arg(long)]
    pub(super) with_secrets: bool,
}

/// How much is looked at: this decides which findings there are.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Extent {
    /// Look only at these clusters
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub(super) cluster: Vec<String>,
    /// Look at these IAM principals; default: `reachable` where there is a cluster, else `account`
    #[arg(long, value_name = "SCOPE")]
    pub(super) scope: Option<WhichPrincipals>,
}

/// What is asked and shown.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Asked {
    #[command(flatten)]
    pub(super) extent: Extent,
    /// Ask only these checks, by id or area
    #[arg(long, value_name = "CHECK", num_args = 1.., value_delimiter = ',')]
    pub(super) check: Vec<String>,
    /// Do not ask these checks, by id or area
    #[arg(long, value_name = "CHECK", num_args = 1.., value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// Show only findings at least this bad
    #[arg(long, value_name = "SEVERITY")]
    pub(super) min_severity: Option<Least>,
    /// Show only findings that have to do with these namespaces
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub(super) namespace: Vec<String>,
}

/// A severity on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Least {
    Critical,
    High,
    Medium,
    Low,
    Info,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Self {
        match least {
            Least::Critical => Self::Critical,
            Least::High => Self::High,
            Least::Medium => Self::Medium,
            Least::Low => Self::Low,
            Least::Info => Self::Info,
        }
    }
}

/// A scope on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WhichPrincipals {
    /// Those that a cluster can reach or that can reach it.
    Reachable,
    /// All of the account.
    Account,
}

impl Sources {
    /// What was not typed is taken from the configuration: the way to live sources only where one
    /// is read.
    pub(super) fn fill(&mut self, config: &Config) {
        fill(&mut self.input, &config.input);
        if self.only_files() {
            return;
        }
        fill(&mut self.aws.region, &config.region);
        let aws = &mut self.aws;
        aws.profile = aws.profile.take().or_else(|| config.profile.clone());
        aws.role_arn = aws.role_arn.take().or_else(|| config.role_arn.clone());
        aws.external_id = aws
            .external_id
            .take()
            .or_else(|| config.external_id.clone());
        self.aws.organization |= config.organization.unwrap_or(false);
        fill(&mut self.aws.services, &config.services);
        self.kubernetes.with_secrets |= config.with_secrets.unwrap_or(false);
    }

    /// Whether a path is standard input, which cannot be read a second time.
    pub(super) fn reads_stdin(&self) -> bool {
        self.input
            .iter()
            .any(|path| path == "-" || path.ends_with("=-"))
    }

    fn only_files(&self) -> bool {
        !self.input.is_empty() && self.live.is_none()
    }

    /// Flags of a live scan that were given and that nothing heeds.
    pub(super) fn idle(&self) -> Vec<&'static str> {
        let (aws, kubernetes) = (&self.aws, &self.kubernetes);
        // A cluster is reached with AWS credentials too.
        let no_aws = self.only_files();
        let no_kubernetes = no_aws || self.live == Some(Side::Aws);
        [
            ("--profile", no_aws && aws.profile.is_some()),
            ("--region", no_aws && !aws.region.is_empty()),
            ("--role-arn", no_aws && aws.role_arn.is_some()),
            (
                "--organization",
                (no_aws || self.live == Some(Side::Kubernetes)) && aws.organization,
            ),
            (
                "--services",
                (no_aws || self.live == Some(Side::Kubernetes)) && !aws.services.is_empty(),
            ),
            (
                "--kubeconfig",
                no_kubernetes && kubernetes.kubeconfig.is_some(),
            ),
            ("--context", no_kubernetes && kubernetes.context.is_some()),
            ("--in-cluster", no_kubernetes && kubernetes.in_cluster),
            ("--allow-exec", no_kubernetes && kubernetes.allow_exec),
            ("--with-secrets", no_kubernetes && kubernetes.with_secrets),
        ]
        .into_iter()
        .filter_map(|(flag, idle)| idle.then_some(flag))
        .collect()
    }

    /// The same sources as flags of another command, each with a blank before it.
    pub(super) fn flags(&self) -> String {
        let (aws, kubernetes) = (&self.aws, &self.kubernetes);
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let live = self.live.and_then(|side| side.to_possible_value());
        let as_of = self.as_of.map(|time| time.to_string());
        let mut flags = String::new();
        for input in &self.input {
            flags += &flag("input", Some(input));
        }
        for region in &aws.region {
            flags += &flag("region", Some(region));
        }
        for service in &aws.services {
            flags += &flag("services", Some(service));
        }
        for (name, value) in [
            ("live", live.map(|side| side.get_name().to_owned())),
            ("as-of", as_of),
            ("profile", aws.profile.clone()),
            ("role-arn", aws.role_arn.clone()),
            ("external-id", aws.external_id.clone()),
            ("kubeconfig", path(&kubernetes.kubeconfig)),
            ("context", kubernetes.context.clone()),
        ] {
            if let Some(value) = value {
                flags += &flag(name, Some(&value));
            }
        }
        for (name, set) in [
            ("organization", aws.organization),
            ("in-cluster", kubernetes.in_cluster),
            ("allow-exec", kubernetes.allow_exec),
            ("with-secrets", kubernetes.with_secrets),
        ] {
            if set {
                flags += &flag(name, None);
            }
        }
        flags
    }
}

/// A flag with its value, quoted for a POSIX shell where it has to be, and a blank before it.
pub(super) fn flag(name: &str, value: Option<&str>) -> String {
    match value {
        None => format!(" --{name}"),
        Some(value) => format!(" --{name} {}", quoted(value)),
    }
}

impl Extent {
    /// What was not typed is taken from the configuration.
    pub(super) fn fill(&mut self, config: &Config) {
        fill(&mut self.cluster, &config.cluster);
        self.scope = self.scope.or(config.scope);
    }

    /// The same as flags of another command.
    pub(super) fn flags(&self) -> String {
        let scope = self.scope.and_then(|scope| scope.to_possible_value());
        let scope = scope.map(|scope| flag("scope", Some(scope.get_name())));
        let clusters = self.cluster.iter().map(|name| flag("cluster", Some(name)));
        scope.into_iter().chain(clusters).collect()
    }

    /// The request for an audit of this much, with every check asked and every finding shown.
    pub(super) fn request(&self) -> Request {
        Request {
            scope: self.scope.map(|scope| match scope {
                WhichPrincipals::Reachable => Scope::Reachable,
                WhichPrincipals::Account => Scope::Account,
            }),
            ..Request::default()
        }
    }
}

impl Asked {
    /// What was not typed is taken from the configuration.
    pub(super) fn fill(&mut self, config: &Config) {
        self.extent.fill(config);
        fill(&mut self.check, &config.check);
        fill(&mut self.skip, &config.skip);
        fill(&mut self.namespace, &config.namespace);
        self.min_severity = self.min_severity.or(config.min_severity);
    }

    /// Which findings are shown, in words; empty where all are.
    pub(super) fn chosen(&self) -> String {
        let least = self
            .min_severity
            .and_then(|least| least.to_possible_value());
        let least = least.map(|least| format!("{} and worse", least.get_name()));
        let namespaces = (!self.namespace.is_empty())
            .then(|| format!("what has to do with {}", self.namespace.join(", ")));
        let parts: Vec<String> = least.into_iter().chain(namespaces).collect();
        parts.join(", ")
    }

    /// The request for an audit.
    ///
    /// # Errors
    /// A name is no check and no area.
    pub(super) fn request(&self) -> Result<Request> {
        for name in self.check.iter().chain(&self.skip) {
            let known = checks::CHECKS
                .iter()
                .any(|registered| registered.id == name || registered.area == name);
            anyhow::ensure!(
                known,
                "no check or area is called `{name}`; `eks-auditor checks` lists them"
            );
        }
        Ok(Request {
            selection: Selection {
                only: self.check.clone(),
                skip: self.skip.clone(),
            },
            filter: Filter {
                min_severity: self.min_severity.map(Into::into),
                namespaces: self.namespace.clone(),
                clusters: self.extent.cluster.clone(),
            },
            ..self.extent.request()
        })
    }
}

fn fill(typed: &mut Vec<String>, configured: &[String]) {
    if typed.is_empty() {
        typed.extend_from_slice(configured);
    }
}
