//! A live scan: who am I, then all of AWS at once, then the clusters' own API servers, then what
//! only they could tell to ask for (findings of the images that run, owners of access keys).
//!
//! A source that fails costs itself alone: it goes into the coverage. An error is only what
//! leaves nothing to ask: no credentials, no region.

mod aws;
mod clusters;
mod pods;

pub use clusters::WayIn;

use crate::collect::aws::session::{AwsOptions, Session};
use crate::collect::kubernetes::KubernetesOptions;
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
    /// How the API servers are reached.
    pub way_in: WayIn,
    /// How they are read.
    pub kubernetes: KubernetesOptions,
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
    pub calls: Vec<(String, u64)>,
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
    /// The kubeconfig, or the pod's service account, is no way in.
    #[error("{0}")]
    Access(String),
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
    // A kubeconfig alone needs no AWS, unless it asks for a token.
    if options.which == Which::Kubernetes && options.way_in != WayIn::Eks {
        let mut snapshot = Snapshot::new(options.taken_at);
        let calls = one(options, &mut snapshot, progress).await?;
        snapshot.sort();
        return Ok(Live { snapshot, calls: calls.into_iter().collect() });
    }
    let session = Session::open(&options.aws).await?;
    let mut scan = aws::begin(options, &session, progress).await?;
    scan.read().await?;
    let asked = match (options.which, &options.way_in) {
        (Which::Aws, _) => clusters::Calls::new(),
        (_, WayIn::Eks) => {
            let partition = scan.partition.clone();
            let (how, into) = (&options.kubernetes, &mut scan.snapshot);
            clusters::eks(&session, &partition, how, into, progress).await
        }
        _ => one(options, &mut scan.snapshot, progress).await?,
    };
    scan.read_what_runs(options.given).await;
    let mut snapshot = scan.snapshot;
    snapshot.sort();
    let counts = session.counts().counts();
    let calls = counts.into_iter().map(|(call, count)| (call, count.calls));
    Ok(Live {
        snapshot,
        calls: calls.chain(asked).collect(),
    })
}

/// The one API server of a kubeconfig or of the own cluster.
async fn one(
    options: &LiveOptions<'_>,
    snapshot: &mut Snapshot,
    progress: &dyn Progress,
) -> Result<clusters::Calls, LiveError> {
    let (way_in, wanted) = (&options.way_in, &options.clusters);
    clusters::one(way_in, &options.aws, &options.kubernetes, wanted, snapshot, progress).await
}
