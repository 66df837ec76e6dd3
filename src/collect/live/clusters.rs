//! The clusters' own API servers: which, by which way in, and under which key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tokio::sync::OnceCell;

use super::LiveError;
use crate::collect::aws::absorb;
use crate::collect::aws::session::{AwsOptions, Regions, Session};
use crate::collect::aws::token::EksTokens;
use crate::collect::kubernetes::{
    self, ApiServer, EksTokenRequest, KubernetesOptions, Token, TokenSource,
};
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::kubernetes::Kubernetes;
use crate::snapshot::{Cluster, Snapshot};

/// Clusters read at once.
const CLUSTERS_AT_ONCE: usize = 4;

/// How the API servers are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WayIn {
    /// Those of the EKS clusters that were found, with tokens that this tool signs.
    #[default]
    Eks,
    /// The one that a kubeconfig names.
    Kubeconfig {
        /// The file; else `KUBECONFIG`, else `~/.kube/config`.
        path: Option<PathBuf>,
        /// The context; else the current one.
        context: Option<String>,
        /// Whether its programs may run.
        allow_exec: bool,
    },
    /// The one of the cluster that this process runs in.
    InCluster,
}

/// What was read of one cluster.
type Part = (String, Kubernetes, Coverage, BTreeMap<&'static str, u64>);

/// How often each source was asked.
pub(super) type Calls = BTreeMap<String, u64>;

/// Reads the API servers of all clusters that AWS told of.
pub(super) async fn eks(
    session: &Session,
    partition: &str,
    options: &KubernetesOptions,
    snapshot: &mut Snapshot,
    progress: &dyn Progress,
) -> Calls {
    let servers: Vec<(String, Result<ApiServer, String>)> = snapshot
        .clusters
        .iter()
        .map(|(key, cluster)| (key.clone(), server(session, partition, cluster)))
        .collect();
    let parts: Vec<Part> = futures::stream::iter(servers)
        .map(|(key, server)| async move {
            match server {
                Ok(api) => {
                    let (objects, coverage) =
                        kubernetes::collect(&api, options, &key, progress).await;
                    (key, objects, coverage, api.calls())
                }
                Err(why) => {
                    progress.note(&format!("{key}: {why}"));
                    let coverage = nothing(&key, &why);
                    (key, Kubernetes::default(), coverage, BTreeMap::new())
                }
            }
        })
        .buffer_unordered(CLUSTERS_AT_ONCE)
        .collect()
        .await;
    keep(parts, snapshot)
}

/// Reads one API server that AWS did not tell of.
///
/// # Errors
/// The kubeconfig or the pod's service account cannot be read.
pub(super) async fn one(
    way_in: &WayIn,
    aws: &AwsOptions,
    options: &KubernetesOptions,
    wanted: &[String],
    snapshot: &mut Snapshot,
    progress: &dyn Progress,
) -> Result<Calls, LiveError> {
    let tokens = |request: EksTokenRequest| -> Arc<dyn TokenSource> {
        Arc::new(Later {
            request,
            aws: aws.clone(),
            signer: OnceCell::new(),
        })
    };
    let api = match way_in {
        WayIn::Kubeconfig {
            path,
            context,
            allow_exec,
        } => ApiServer::kubeconfig(
            path.as_deref(),
            context.as_deref(),
            *allow_exec,
            Some(&tokens),
        ),
        _ => ApiServer::in_cluster(),
    }
    .map_err(|error| LiveError::Access(error.to_string()))?;
    let key = key_of(&api, wanted, snapshot);
    progress.note(&format!("reading cluster {key} at {}", api.endpoint()));
    let (objects, coverage) = kubernetes::collect(&api, options, &key, progress).await;
    Ok(keep(vec![(key, objects, coverage, api.calls())], snapshot))
}

/// The key of the cluster behind an API server: that of the EKS cluster which a kubeconfig names or
/// which has its endpoint, the one that was asked for, the only one there is; else `-`.
fn key_of(api: &ApiServer, wanted: &[String], snapshot: &Snapshot) -> String {
    let endpoint = api.endpoint();
    let by_endpoint = snapshot.clusters.iter().find(|(_, cluster)| {
        let known = cluster.eks.cluster.as_ref();
        known
            .and_then(|known| known.endpoint.as_deref())
            .is_some_and(|known| known.trim_end_matches('/').eq_ignore_ascii_case(&endpoint))
    });
    if let Some((key, _)) = by_endpoint {
        return key.clone();
    }
    if let Some(cluster) = api.eks_cluster() {
        return cluster.name.clone();
    }
    let mut keys = snapshot.clusters.keys();
    match (wanted, keys.next(), keys.next()) {
        ([only], _, _) => only.clone(),
        (_, Some(only), None) => only.clone(),
        _ => "-".to_owned(),
    }
}

/// The API server of a cluster, by what `DescribeCluster` says of it.
fn server(session: &Session, partition: &str, cluster: &Cluster) -> Result<ApiServer, String> {
    let unknown = || {
        "its endpoint is not known, since eks:DescribeCluster did not answer; --kubeconfig is another way in"
            .to_owned()
    };
    let eks = cluster.eks.cluster.as_ref().ok_or_else(unknown)?;
    let endpoint = eks.endpoint.as_deref().ok_or_else(unknown)?;
    let authority = eks
        .certificate_authority
        .as_ref()
        .and_then(|authority| authority.data.as_deref())
        .ok_or_else(|| "eks:DescribeCluster gave no certificate authority".to_owned())?;
    let region = cluster.region.as_deref().unwrap_or_default();
    let tokens = EksTokens::new(session.credentials(), &cluster.name, region, partition);
    ApiServer::eks(endpoint, authority, Arc::new(tokens)).map_err(|error| error.to_string())
}

/// The coverage of a cluster that could not even be asked.
fn nothing(key: &str, why: &str) -> Coverage {
    let mut coverage = Coverage::default();
    for source in Source::ALL {
        if source.name.starts_with("kubernetes:") {
            coverage.record(source.name, key, Status::Failed, 0, Some(why.to_owned()));
        }
    }
    coverage
}

fn keep(parts: Vec<Part>, snapshot: &mut Snapshot) -> Calls {
    let mut calls = Calls::new();
    for (key, objects, coverage, asked) in parts {
        absorb(&mut snapshot.coverage, &coverage);
        let cluster = snapshot
            .clusters
            .entry(key.clone())
            .or_insert_with(|| Cluster {
                name: key,
                ..Cluster::default()
            });
        cluster.kubernetes = objects;
        for (source, count) in asked {
            *calls.entry(source.to_owned()).or_default() += count;
        }
    }
    calls
}

impl TokenSource for EksTokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        async {
            let (secret, end) = self.sign_now().await?;
            Ok(Token {
                secret,
                expires_at: Some(end),
            })
        }
        .boxed()
    }
}

/// Signs tokens as a kubeconfig asks for them; credentials are looked for with the first one.
struct Later {
    request: EksTokenRequest,
    aws: AwsOptions,
    signer: OnceCell<EksTokens>,
}

impl Later {
    async fn open(&self) -> Result<EksTokens, String> {
        let request = &self.request;
        let regions = match &request.region {
            Some(region) => Regions::Named(vec![region.clone()]),
            None => self.aws.regions.clone(),
        };
        let options = AwsOptions {
            profile: request.profile.clone().or_else(|| self.aws.profile.clone()),
            regions,
            role_arn: request.role_arn.clone().or_else(|| self.aws.role_arn.clone()),
            external_id: match request.role_arn {
                Some(_) => request.external_id.clone(),
                None => self.aws.external_id.clone(),
            },
        };
        let session = Session::open(&options).await.map_err(|error| error.to_string())?;
        let region = session.region().to_owned();
        Ok(EksTokens::new(
            session.credentials(),
            &request.cluster,
            &region,
            partition_of(&region),
        ))
    }
}

/// The partition that a region lies in (AWS General Reference, "AWS service endpoints").
fn partition_of(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

impl TokenSource for Later {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        async { self.signer.get_or_try_init(|| self.open()).await?.token().await }.boxed()
    }
}
