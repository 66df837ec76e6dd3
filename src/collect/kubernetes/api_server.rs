//! An API server, and how to come in: its address, whom to trust, and whose token is sent.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use kube::Config;
use secrecy::SecretString;

use super::certificate;
use super::proxy::ProxyVariables;
use super::token::{Bearer, FixedToken, TokenFile, TokenSource};

/// Where a pod finds its token (Kubernetes documentation, "Accessing the Kubernetes API from a
/// Pod").
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Why an API server cannot even be asked.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The address is no URL.
    #[error("the API server's address `{0}` is no URL")]
    Address(String),
    /// The certificate authority cannot be read.
    #[error("the certificate authority of the API server in {origin} cannot be used: {reason}")]
    Authority {
        /// Where it stands.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A proxy's address cannot be read.
    #[error("{0}")]
    Proxy(String),
    /// The kubeconfig cannot be read.
    #[error("{0}")]
    Kubeconfig(String),
    /// The kubeconfig would have a program run.
    #[error(
        "the kubeconfig's user `{user}` gets its credentials from a program, and no program is run without --allow-exec ({reason})"
    )]
    Program {
        /// The user's name in the kubeconfig.
        user: String,
        /// What the program is, or why it is not answered by the tool itself.
        reason: String,
    },
    /// This is not a pod.
    #[error("there is no in-cluster configuration: {0}")]
    NotInCluster(String),
}

/// From where the access came: it decides what is advised when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `DescribeCluster`, or a kubeconfig whose token the tool signs.
    Eks,
    /// A kubeconfig.
    Kubeconfig,
    /// A pod's service account.
    Pod,
    /// An address and a token.
    Given,
}

/// An API server, and how to come in.
pub struct ApiServer {
    pub(super) config: Config,
    pub(super) bearer: Option<Bearer>,
    pub(super) origin: Origin,
    /// The EKS cluster it is said to be.
    cluster: Option<EksCluster>,
    /// How many requests were sent for each source.
    calls: Mutex<BTreeMap<&'static str, u64>>,
}

/// An EKS cluster, as far as a kubeconfig names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksCluster {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: Option<String>,
    /// Its account.
    pub account: Option<String>,
}

impl ApiServer {
    /// An EKS cluster's, by what `DescribeCluster` says of it.
    ///
    /// A proxy that opens TLS shows a certificate of its own: its authority is trusted where
    /// `AWS_CA_BUNDLE` names it, as that vouches for the answer of `DescribeCluster` already.
    ///
    /// # Errors
    /// The endpoint, the certificate or the environment's proxy cannot be read.
    pub fn eks(
        endpoint: &str,
        ca_base64: &str,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, AccessError> {
        let mut config = config(endpoint)?;
        let authority = |origin: &str, reason| AccessError::Authority {
            origin: origin.to_owned(),
            reason,
        };
        let mut roots = certificate::from_base64_pem(ca_base64)
            .map_err(|reason| authority("eks:DescribeCluster", reason))?;
        if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
            let more =
                bundle(Path::new(&path)).map_err(|reason| authority("AWS_CA_BUNDLE", reason))?;
            roots.extend(more);
        }
        config.root_cert = Some(roots);
        Ok(Self::new(config, Some(tokens), Origin::Eks, None))
    }

    /// One at an address, with a token, and the system's authorities.
    ///
    /// # Errors
    /// The address is no URL, or the environment's proxy cannot be read.
    pub fn with_token(address: &str, token: SecretString) -> Result<Self, AccessError> {
        let tokens = Arc::new(FixedToken::new(token));
        Self::with_tokens(address, tokens)
    }

    /// One at an address, with a source of tokens, and the system's authorities.
    ///
    /// # Errors
    /// The address is no URL, or the environment's proxy cannot be read.
    pub fn with_tokens(address: &str, tokens: Arc<dyn TokenSource>) -> Result<Self, AccessError> {
        let config = config(address)?;
        Ok(Self::new(config, Some(tokens), Origin::Given, None))
    }

    /// The one of the cluster that this process runs in, with its pod's service account.
    ///
    /// # Errors
    /// This process runs in no pod, or its service account's files are missing.
    pub fn in_cluster() -> Result<Self, AccessError> {
        let mut config = Config::incluster().map_err(|error| {
            let source = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            AccessError::NotInCluster(format!("{error}{}", source.unwrap_or_default()))
        })?;
        config.auth_info = kube::config::AuthInfo::default();
        config.proxy_url = proxy(&config.cluster_url)?;
        let tokens: Arc<dyn TokenSource> = Arc::new(TokenFile::new(POD_TOKEN.into()));
        Ok(Self::new(config, Some(tokens), Origin::Pod, None))
    }

    pub(super) fn new(
        mut config: Config,
        tokens: Option<Arc<dyn TokenSource>>,
        origin: Origin,
        cluster: Option<EksCluster>,
    ) -> Self {
        // Retries are this crate's: kube's wait as long as the server asks.
        config.default_retry = false;
        config.connect_timeout = Some(super::CONNECT_TIMEOUT);
        Self {
            config,
            bearer: tokens.map(Bearer::new),
            origin,
            cluster,
            calls: Mutex::default(),
        }
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        self.config
            .cluster_url
            .to_string()
            .trim_end_matches('/')
            .to_owned()
    }

    /// The EKS cluster that a kubeconfig says it is.
    pub fn eks_cluster(&self) -> Option<&EksCluster> {
        self.cluster.as_ref()
    }

    /// How many requests were sent so far, by source.
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn count(&self, source: &'static str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(source).or_default() += 1;
    }
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer")
            .field("endpoint", &self.endpoint())
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// A configuration of an address, with the environment's proxy.
pub(super) fn config(address: &str) -> Result<Config, AccessError> {
    let url: Uri = address
        .trim()
        .parse()
        .ok()
        .filter(|url: &Uri| {
            matches!(url.scheme_str(), Some("http" | "https"))
                && url.host().is_some_and(|host| !host.is_empty())
        })
        .ok_or_else(|| AccessError::Address(address.to_owned()))?;
    let mut config = Config::new(url);
    config.proxy_url = proxy(&config.cluster_url)?;
    Ok(config)
}

fn proxy(server: &Uri) -> Result<Option<Uri>, AccessError> {
    ProxyVariables::of_environment()
        .proxy_for(server)
        .map_err(AccessError::Proxy)
}

fn bundle(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    certificate::from_pem(&String::from_utf8_lossy(&text))
        .map_err(|reason| format!("{}: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_http_addresses_are_taken() {
        for address in ["", "prod", "ftp://prod", "https://", "/api"] {
            let error = config(address).unwrap_err().to_string();
            assert!(error.contains("no URL"), "{address}: {error}");
        }
        assert_eq!(
            config("https://a.example.com ").unwrap().cluster_url,
            "https://a.example.com/"
        );
    }

    #[test]
    fn a_token_is_not_shown_and_a_broken_authority_is_said() {
        let server = ApiServer::with_token("http://127.0.0.1:1", "hidden".to_owned().into());
        assert!(!format!("{:?}", server.unwrap()).contains("hidden"));
        let tokens = Arc::new(FixedToken::new("t".to_owned().into()));
        let error = ApiServer::eks("https://a.example.com", "!", tokens).unwrap_err();
        assert!(error.to_string().contains("DescribeCluster"), "{error}");
    }
}
