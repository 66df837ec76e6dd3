//! The Kubernetes half of a live scan: which API servers are asked, and which EKS cluster each is.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::StreamExt;

use super::aws::Scan;
use super::tokens::KubeconfigTokens;
use super::{Entrance, LiveOptions, Which};
use crate::collect::aws::absorb;
use crate::collect::aws::count::CallCount;
use crate::collect::aws::token::EksTokens;
use crate::collect::kubernetes::{self, AccessError, ApiServer, EksCluster, TokenSource};
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, ScopeKind, Source, Status};
use crate::snapshot::kubernetes::Kubernetes;
use crate::snapshot::{Cluster, Snapshot};

/// Clusters read at once.
const AT_ONCE: usize = 4;

/// The key of a cluster that nothing names.
const UNKNOWN: &str = "-";

/// Where a pod finds its token, which names the cluster's issuer.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The API server that the user gave, if one.
pub(super) fn given(options: &LiveOptions<'_>) -> Result<Option<ApiServer>, AccessError> {
    if options.which == Which::Aws {
        return Ok(None);
    }
    match &options.entrance {
        Entrance::Eks => Ok(None),
        Entrance::InCluster => ApiServer::in_cluster().map(Some),
        Entrance::Kubeconfig {
            path,
            context,
            allow_exec,
        } => {
            let tokens = |request| -> Arc<dyn TokenSource> {
                Arc::new(KubeconfigTokens::new(request, &options.aws))
            };
            let (path, context) = (path.as_deref(), context.as_deref());
            ApiServer::kubeconfig(path, context, *allow_exec, Some(&tokens)).map(Some)
        }
    }
}

/// Reads the API server that the user gave, into the EKS cluster that it is, or a new one.
pub(super) async fn read_given(
    options: &LiveOptions<'_>,
    api: &ApiServer,
    snapshot: &mut Snapshot,
    calls: &mut BTreeMap<String, CallCount>,
    progress: &dyn Progress,
) {
    let issuer = match options.entrance {
        Entrance::InCluster => issuer_of_this_pod(),
        _ => None,
    };
    let eks = api.eks_cluster();
    let key = match same_cluster(snapshot, &api.endpoint(), issuer.as_deref(), eks) {
        Some(key) => key,
        None => add_cluster(snapshot, eks),
    };
    progress.note(&format!("reading {} as the cluster {key}", api.endpoint()));
    let (objects, coverage) = kubernetes::collect(api, &options.kubernetes, &key, progress).await;
    absorb(&mut snapshot.coverage, &coverage);
    count(api, calls);
    let others: Vec<String> = snapshot.clusters.keys().cloned().collect();
    for other in others.iter().filter(|other| **other != key) {
        let why = "not asked: only the given API server is read";
        record_all(&mut snapshot.coverage, other, Status::Skipped, why);
    }
    snapshot.clusters.entry(key).or_default().kubernetes = objects;
}

/// The key of the EKS cluster that an API server is: by its address, by the issuer of its
/// tokens, else by the name that the kubeconfig has for it.
fn same_cluster(
    snapshot: &Snapshot,
    endpoint: &str,
    issuer: Option<&str>,
    named: Option<&EksCluster>,
) -> Option<String> {
    let by = |same: &dyn Fn(&Cluster) -> bool| {
        let mut keys = snapshot
            .clusters
            .iter()
            .filter(|(_, cluster)| same(cluster));
        // Two that match are no answer.
        let key = keys.next().map(|(key, _)| key.clone());
        key.filter(|_| keys.next().is_none())
    };
    by(&|cluster| {
        let eks = cluster.eks.cluster.as_ref();
        eks.and_then(|eks| eks.endpoint.as_deref())
            .is_some_and(|of| of.trim_end_matches('/').eq_ignore_ascii_case(endpoint))
    })
    .or_else(|| issuer.and_then(|issuer| by(&|cluster| cluster.issuer() == Some(issuer))))
    .or_else(|| {
        let named = named?;
        let agrees = |said: &Option<String>, known: &Option<String>| {
            said.is_none() || known.is_none() || said == known
        };
        by(&|cluster| {
            cluster.name == named.name
                && agrees(&named.region, &cluster.region)
                && agrees(&named.account, &cluster.account)
        })
    })
}

/// A place for a cluster that AWS did not list, by the name that the kubeconfig has for it.
fn add_cluster(snapshot: &mut Snapshot, named: Option<&EksCluster>) -> String {
    let cluster = match named {
        Some(named) => Cluster {
            name: named.name.clone(),
            account: named.account.clone(),
            region: named.region.clone(),
            ..Cluster::default()
        },
        None => Cluster {
            name: UNKNOWN.to_owned(),
            ..Cluster::default()
        },
    };
    let key = if snapshot.clusters.contains_key(&cluster.name) {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        let (region, account) = (part(&cluster.region), part(&cluster.account));
        format!("{}@{region}@{account}", cluster.name)
    } else {
        cluster.name.clone()
    };
    snapshot.clusters.insert(key.clone(), cluster);
    key
}

/// The issuer in the token of this pod, without `https://`. The token is not verified: it is
/// this process's own.
fn issuer_of_this_pod() -> Option<String> {
    issuer_of(&std::fs::read_to_string(POD_TOKEN).ok()?)
}

fn issuer_of(token: &str) -> Option<String> {
    let payload = token.trim().split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    let issuer = claims.get("iss")?.as_str()?;
    Some(issuer.strip_prefix("https://").unwrap_or(issuer).to_owned())
}

/// Writes the same word for every source of a cluster's API server.
fn record_all(coverage: &mut Coverage, key: &str, status: Status, why: &str) {
    for source in Source::ALL {
        if source.scope == ScopeKind::Kubernetes {
            coverage.record(source.name, key, status, 0, Some(why.to_owned()));
        }
    }
}

fn count(api: &ApiServer, calls: &mut BTreeMap<String, CallCount>) {
    for (source, requests) in api.calls() {
        let count = calls.entry(source.to_owned()).or_default();
        count.calls += requests;
        count.requests += requests;
    }
}

impl Scan<'_> {
    /// Reads the API server of each cluster that EKS described, by tokens signed here.
    pub(super) async fn read_clusters(&mut self, calls: &mut BTreeMap<String, CallCount>) {
        let this = &*self;
        let read: Vec<_> = futures::stream::iter(&this.snapshot.clusters)
            .map(|(key, cluster)| async move {
                let answer = match this.api_server(cluster) {
                    Ok(api) => {
                        let options = &this.options.kubernetes;
                        let (objects, coverage) =
                            kubernetes::collect(&api, options, key, this.progress).await;
                        Ok((api, objects, coverage))
                    }
                    Err(why) => Err(why),
                };
                (key.clone(), answer)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (key, answer) in read {
            match answer {
                Ok((api, objects, coverage)) => {
                    count(&api, calls);
                    absorb(&mut self.snapshot.coverage, &coverage);
                    self.keep_objects(&key, objects);
                }
                Err(why) => {
                    self.progress.note(&format!("{key}: {why}"));
                    record_all(&mut self.snapshot.coverage, &key, Status::Failed, &why);
                }
            }
        }
    }

    fn keep_objects(&mut self, key: &str, objects: Kubernetes) {
        if let Some(cluster) = self.snapshot.clusters.get_mut(key) {
            cluster.kubernetes = objects;
        }
    }

    /// The API server that `DescribeCluster` names, or why it names none.
    fn api_server(&self, cluster: &Cluster) -> Result<ApiServer, String> {
        let eks = cluster
            .eks
            .cluster
            .as_ref()
            .ok_or("not asked: eks:DescribeCluster gave nothing to come in by")?;
        let status = eks.status.as_deref().unwrap_or("unknown");
        let endpoint = eks.endpoint.as_deref().ok_or_else(|| {
            format!("not asked: the cluster has no endpoint, its status is {status}")
        })?;
        let authority = eks
            .certificate_authority
            .as_ref()
            .and_then(|authority| authority.data.as_deref())
            .unwrap_or_default();
        let region = cluster.region.as_deref().unwrap_or_default();
        let credentials = self.session.credentials();
        // A local cluster on an Outpost is known to its authenticator by its id (EKS API
        // Reference, `Cluster`, "id").
        let name = eks.id.as_deref().unwrap_or(&cluster.name);
        let tokens = EksTokens::new(credentials, name, region, &self.partition);
        ApiServer::eks(endpoint, authority, Arc::new(tokens)).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::eks;
    use crate::snapshot::time::Time;

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::new(Time::default());
        for (key, name, region) in [
            ("a", "a", "r1"),
            ("b@r1@1", "b", "r1"),
            ("b@r2@1", "b", "r2"),
        ] {
            let mut cluster = Cluster {
                name: name.into(),
                account: Some("1".into()),
                region: Some(region.into()),
                ..Cluster::default()
            };
            cluster.eks.cluster = Some(eks::Cluster {
                endpoint: Some(format!("https://{key}.example.com")),
                identity: Some(eks::Identity {
                    oidc: Some(eks::Oidc {
                        issuer: Some(format!("https://oidc/{key}")),
                    }),
                }),
                ..eks::Cluster::default()
            });
            snapshot.clusters.insert(key.into(), cluster);
        }
        snapshot
    }

    fn named(name: &str, region: Option<&str>) -> EksCluster {
        EksCluster {
            name: name.into(),
            region: region.map(str::to_owned),
            account: None,
        }
    }

    #[test]
    fn an_api_server_is_known_by_address_issuer_or_name() {
        let snapshot = snapshot();
        for (endpoint, issuer, by_name, expected) in [
            ("https://A.example.com", None, None, Some("a")),
            (
                "https://10.0.0.1",
                Some("oidc/b@r1@1"),
                None,
                Some("b@r1@1"),
            ),
            ("https://tunnel", None, Some(named("a", None)), Some("a")),
            (
                "https://tunnel",
                None,
                Some(named("b", Some("r2"))),
                Some("b@r2@1"),
            ),
            ("https://tunnel", None, Some(named("b", None)), None),
            ("https://tunnel", None, Some(named("a", Some("r9"))), None),
            ("https://tunnel", Some("oidc/z"), None, None),
        ] {
            assert_eq!(
                same_cluster(&snapshot, endpoint, issuer, by_name.as_ref()).as_deref(),
                expected,
                "{endpoint} {issuer:?} {by_name:?}"
            );
        }
    }

    #[test]
    fn another_cluster_of_the_same_name_gets_a_key_of_its_own() {
        let mut snapshot = snapshot();
        for (by_name, key) in [
            (Some(named("a", Some("r9"))), "a@r9@-"),
            (Some(named("c", None)), "c"),
            (None, "-"),
        ] {
            assert_eq!(add_cluster(&mut snapshot, by_name.as_ref()), key);
            assert!(snapshot.clusters.contains_key(key), "{key}");
        }
    }

    #[test]
    fn a_token_names_its_issuer() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://oidc.example.com/id/1"}"#);
        let token = format!("x.{payload}.y\n");
        assert_eq!(issuer_of(&token).as_deref(), Some("oidc.example.com/id/1"));
        assert_eq!(issuer_of("opaque"), None);
    }
}
