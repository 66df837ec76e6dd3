//! A live scan: who am I, then all of AWS at once, then the clusters' own API servers, then what
//! only they could tell to ask for (findings of the images that run, owners of access keys).
//!
//! A source that fails costs itself alone: it goes into the coverage. An error is only what
//! leaves nothing to ask: no credentials, no region.

mod aws;
mod pods;

use crate::collect::aws::count::CallCount;
use crate::collect::aws::session::{AwsOptions, Session};
use crate::collect::progress::Progress;
use crate::snapshot::Snapshot;
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

/// What a live scan looks at, and how it comes in.
pub struct LiveOptions<'a> {
    /// Which halves.
    pub which: Which,
    /// Into AWS.
    pub aws: AwsOptions,
    /// Only the clusters of these names; empty: all.
    pub clusters: Vec<String>,
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    Regions(String),
    /// The certificate bundle cannot be used.
    #[error("{0}")]
    Certificates(String),
    /// A cluster that was asked for by name is not there.
    #[error("there is no EKS cluster named {name} in {regions}")]
    NoSuchCluster {
        /// The name.
        name: String,
        /// Where it was looked for.
        regions: String,
    },
}

/// Reads it all.
///
/// # Errors
/// Nothing can be asked at all; see [`LiveError`].
pub async fn collect(
    options: &LiveOptions<'_>,
    progress: &dyn Progress,
) -> Result<Live, LiveError> {
    let session = Session::open(&options.aws).await?;
    let mut scan = aws::begin(options, &session, progress).await?;
    scan.read().await?;
    scan.read_what_runs(options.given).await;
    let mut snapshot = scan.snapshot;
    snapshot.sort();
    Ok(Live {
        snapshot,
        calls: session.counts().counts(),
    })
}
