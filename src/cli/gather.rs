//! From arguments to a snapshot: files, live sources, or both.

use std::collections::BTreeSet;
use std::path::PathBuf;

#[cfg(feature = "live")]
use anyhow::Context;
use anyhow::Result;

#[cfg(feature = "live")]
use crate::collect::aws::session::{AwsOptions, Regions};
use crate::collect::files;
#[cfg(feature = "live")]
use crate::collect::kubernetes::KubernetesOptions;
#[cfg(feature = "live")]
use crate::collect::live::Entrance;
use crate::rbac::aggregation;
use crate::report::render::neutral::for_terminal;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;
#[cfg(feature = "live")]
use crate::snapshot::time::Time;

#[cfg(feature = "live")]
use super::arguments::Side;
use super::arguments::Sources;
#[cfg(feature = "live")]
use super::watch::Watch;
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
    for flag in sources.idle() {
        output::say(&format!(
            "warning: {flag} changes nothing: that side is not read live"
        ));
    }
    let mut gathered = match sources.input.is_empty() {
        true => live(sources, clusters, None)?,
        false => from_files(sources)?,
    };
    if !sources.input.is_empty() && sources.live.is_some() {
        let more = live(sources, clusters, Some(&gathered.snapshot))?;
        for warning in files::merge(&mut gathered.snapshot, more.snapshot) {
            output::say(&format!("warning: {warning}"));
        }
        gathered.exit = gathered.exit.max(more.exit);
        gathered.calls = more.calls;
    }
    only(&mut gathered.snapshot, clusters)?;
    log_coverage(&gathered.snapshot);
    warn_of_drift(&gathered.snapshot);
    if gathered.snapshot.coverage.gaps().next().is_some() {
        gathered.exit = gathered.exit.max(Exit::Incomplete);
    }
    Ok(gathered)
}

/// Says of aggregated ClusterRoles of a server whose stored rules, which count, are not what their
/// selectors gather.
fn warn_of_drift(snapshot: &Snapshot) {
    for (key, cluster) in &snapshot.clusters {
        for drift in aggregation::drift(&cluster.kubernetes.roles) {
            let warning = format!(
                "warning: the stored rules of the ClusterRole {} of {key} are not what it aggregates ({} not stored, {} not gathered): the stored ones count",
                drift.role,
                drift.not_stored.len(),
                drift.not_gathered.len()
            );
            output::say(&for_terminal(&warning));
        }
    }
}

/// The coverage, for the log.
fn log_coverage(snapshot: &Snapshot) {
    for entry in snapshot.coverage.entries() {
        let text = format!(
            "{} {}: {:?}, {} items {}",
            entry.source,
            entry.scope,
            entry.status,
            entry.items,
            entry.detail.as_deref().unwrap_or_default()
        );
        tracing::info!("{}", for_terminal(text.trim_end()));
    }
}

/// Says of which namespaces that are asked for nothing was read: a name that is mistyped would
/// hide every finding.
pub(super) fn warn_of_namespaces(snapshot: &Snapshot, wanted: &[String]) {
    let seen: BTreeSet<&str> = snapshot
        .clusters
        .values()
        .flat_map(|cluster| {
            let objects = &cluster.kubernetes;
            let names = objects
                .namespaces
                .iter()
                .map(|one| one.metadata.name.as_str());
            let accounts = objects.service_accounts.iter().map(|one| &one.metadata);
            let pods = objects.pods.iter().map(|one| &one.metadata);
            let controllers = objects.controllers.iter().map(|one| &one.metadata);
            let within = accounts.chain(pods).chain(controllers);
            names.chain(within.filter_map(|metadata| metadata.namespace.as_deref()))
        })
        .collect();
    for name in wanted.iter().filter(|name| !seen.contains(name.as_str())) {
        output::say(&format!(
            "warning: nothing of a namespace `{name}` was read"
        ));
    }
}

/// Leaves only the clusters of these names.
fn only(snapshot: &mut Snapshot, clusters: &[String]) -> Result<()> {
    if clusters.is_empty() {
        return Ok(());
    }
    let known: Vec<&str> = snapshot.clusters.keys().map(String::as_str).collect();
    let known = match known.is_empty() {
        true => "none was".to_owned(),
        false => format!("there are: {}", known.join(", ")),
    };
    for name in clusters {
        anyhow::ensure!(
            snapshot.clusters.contains_key(name),
            "no cluster `{name}` was read; {known}"
        );
    }
    snapshot.clusters.retain(|key, _| clusters.contains(key));
    let why = format!("only {} was asked for", clusters.join(", "));
    snapshot.coverage.narrow(Source::CLUSTERS, &why);
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
    // Beside a live side the scan's own time counts.
    if sources.live.is_none() {
        let (time, source) = (read.snapshot.taken_at, &read.time_source);
        let warning = match read.time_is_known {
            true => "",
            false => "warning: ",
        };
        output::say(&format!("{warning}as of {time} ({source})"));
    }
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
fn live(_sources: &Sources, _clusters: &[String], _given: Option<&Snapshot>) -> Result<Gathered> {
    anyhow::bail!(
        "this build has no live scan (it was made without the feature `live`): give --input PATH"
    )
}

/// Reads the live sides. The clock is read here, once.
#[cfg(feature = "live")]
fn live(sources: &Sources, clusters: &[String], given: Option<&Snapshot>) -> Result<Gathered> {
    use crate::collect::live;
    use crate::collect::services::Offer;

    let services = sources.aws.services.iter();
    let services: Result<Vec<_>, String> = services.map(|name| Offer::named(name)).collect();
    let options = live::LiveOptions {
        which: match (sources.input.is_empty(), sources.live) {
            (_, Some(Side::Aws)) => live::Which::Aws,
            (_, Some(Side::Kubernetes)) => live::Which::Kubernetes,
            (_, None) => live::Which::Both,
        },
        aws: aws_options(sources),
        organization: sources.aws.organization,
        // A name of the configuration was not looked at before.
        services: services.map_err(anyhow::Error::msg)?,
        entrance: entrance(sources),
        kubernetes: KubernetesOptions {
            with_secrets: sources.kubernetes.with_secrets,
            ..KubernetesOptions::default()
        },
        clusters: clusters.to_vec(),
        taken_at: sources.as_of.unwrap_or_else(now),
        given,
    };
    let watch = Watch::new();
    let read = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads that read")?
        .block_on(live::collect(&options, &watch));
    watch.end();
    let read = read?;
    Ok(Gathered {
        snapshot: read.snapshot,
        exit: Exit::Done,
        calls: read
            .calls
            .into_iter()
            .map(|(call, count)| (call, count.calls))
            .collect(),
    })
}

/// The time, to the second.
#[cfg(feature = "live")]
fn now() -> Time {
    let now = jiff::Timestamp::now();
    Time(jiff::Timestamp::from_second(now.as_second()).unwrap_or(now))
}

#[cfg(feature = "live")]
fn aws_options(sources: &Sources) -> AwsOptions {
    let regions = match sources.aws.region.as_slice() {
        [] => Regions::Configured,
        [one] if one == "all-enabled" => Regions::AllEnabled,
        many => Regions::Named(many.to_vec()),
    };
    AwsOptions {
        profile: sources.aws.profile.clone(),
        regions,
        role_arn: sources.aws.role_arn.clone(),
        external_id: sources.aws.external_id.clone(),
        session_name: None,
    }
}

#[cfg(feature = "live")]
fn entrance(sources: &Sources) -> Entrance {
    let kubernetes = &sources.kubernetes;
    if kubernetes.in_cluster {
        Entrance::InCluster
    } else if kubernetes.kubeconfig.is_some() || kubernetes.context.is_some() {
        Entrance::Kubeconfig {
            path: kubernetes.kubeconfig.clone(),
            context: kubernetes.context.clone(),
            allow_exec: kubernetes.allow_exec,
        }
    } else {
        Entrance::Eks
    }
}
