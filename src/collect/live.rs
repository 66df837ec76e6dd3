//! A live scan: who am I, then all of AWS at once, then the clusters' own API servers, then what
//! only they could tell to ask for (findings of the images that run, owners of access keys).
//!
//! A source that fails costs itself alone: it goes into the coverage. An error is only what
//! leaves nothing to ask: no credentials, no region.

#[cfg(test)]
mod answers;
mod aws;
#[cfg(test)]
mod canned;
mod clusters;
mod keys;
mod pods;
mod regions;
mod tokens;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::collect::aws::count::CallCount;
use crate::collect::aws::session::{AwsOptions, Session};
use crate::collect::kubernetes::{AccessError, KubernetesOptions};
use crate::collect::progress::Progress;
use crate::collect::services::Offer;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Status;
use crate::snapshot::time::Time;

/// Which halves are read live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// AWS alone.
    Aws,
    /// The clusters' API servers alone; AWS is asked only how to come into them.
    Kubernetes,
    /// Both.
    #[default]
    Both,
}

/// How a scan comes into the clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Entrance {
    /// Into each cluster that EKS lists, by a token that is signed here.
    #[default]
    Eks,
    /// Into the one that a kubeconfig names.
    Kubeconfig {
        /// The file; else where kubectl looks.
        path: Option<PathBuf>,
        /// The context; else the current one.
        context: Option<String>,
        /// Whether a program that it names may be run.
        allow_exec: bool,
    },
    /// Into the one that the scan runs in.
    InCluster,
}

/// What a live scan looks at, and how it comes in.
pub struct LiveOptions<'a> {
    /// Which halves.
    pub which: Which,
    /// Into AWS.
    pub aws: AwsOptions,
    /// Only the clusters of these names; empty: all.
    pub clusters: Vec<String>,
    /// Whether the organisation is asked what stands above the account.
    pub organization: bool,
    /// Services that are read besides.
    pub services: Vec<&'static Offer>,
    /// Into the clusters.
    pub entrance: Entrance,
    /// How their objects are read.
    pub kubernetes: KubernetesOptions,
    /// The time of the scan, read once by the caller.
    pub taken_at: Time,
    /// What files told: their pods run images and hold keys, too.
    pub given: Option<&'a Snapshot>,
}

/// What a live scan saw.
#[derive(Debug)]
pub struct Live {
    /// The facts.
    pub snapshot: Snapshot,
    /// How often each call was made.
    pub calls: Vec<(String, CallCount)>,
}

/// Why a live scan has nothing to show. Each is one sentence with the way out.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// No credentials, or none that AWS takes.
    #[error("{0}")]
    Credentials(String),
    /// No region.
    #[error(
        "no AWS region is configured: give --region, set AWS_REGION, or set a region in the profile"
    )]
    NoRegion,
    /// AWS did not say who the caller is.
    #[error("AWS cannot be asked who the caller is: {0}")]
    Caller(String),
    /// The enabled regions are not known.
    #[error("the enabled regions are not known, name them with --region: {0}")]
    Regions(Unknown),
    /// The certificate bundle cannot be used.
    #[error("{0}")]
    Certificates(String),
    /// The kubeconfig or the pod's own access cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A cluster that was asked for by name is not there.
    #[error("there is no EKS cluster named {name} in {regions}")]
    NoSuchCluster {
        /// The name.
        name: String,
        /// Where it was looked for.
        regions: String,
    },
}

/// Why the enabled regions are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unknown {
    /// `Denied` or `Failed`.
    pub status: Status,
    /// The call and what the service said.
    pub detail: String,
}

/// Reads it all.
///
/// # Errors
/// Nothing can be asked at all; see [`LiveError`].
pub async fn collect(
    options: &LiveOptions<'_>,
    progress: &dyn Progress,
) -> Result<Live, LiveError> {
    // What the user gave is looked at before anything is asked.
    let given = clusters::given(options)?;
    let mut calls: BTreeMap<String, CallCount> = BTreeMap::new();
    let mut snapshot = match given {
        Some(given) if options.which == Which::Kubernetes => {
            let mut snapshot = Snapshot::new(options.taken_at);
            clusters::read_given(options, &given, &mut snapshot, &mut calls, progress).await;
            snapshot
        }
        given => {
            let session = Session::open(&options.aws).await?;
            let mut scan = aws::begin(options, &session, progress).await?;
            scan.read().await?;
            if options.which != Which::Aws {
                let snapshot = &mut scan.snapshot;
                match given {
                    Some(given) => {
                        clusters::read_given(options, &given, snapshot, &mut calls, progress).await;
                    }
                    None => scan.read_clusters(&mut calls).await,
                }
            }
            scan.read_what_runs(options.given).await;
            calls.extend(session.counts().counts());
            scan.snapshot
        }
    };
    snapshot.sort();
    Ok(Live {
        snapshot,
        calls: calls.into_iter().collect(),
    })
}
