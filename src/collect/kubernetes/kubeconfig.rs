//! Access to an API server as a kubeconfig describes it.
//!
//! Its form is that of kubectl (Kubernetes documentation, "kubeconfig (v1)"). Tokens are sent by
//! this crate, so that a file is read again and an EKS token is signed anew; client certificates,
//! passwords and, where they are allowed, programs are kube's.

use std::path::Path;
use std::sync::Arc;

use kube::Config;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, Kubeconfig, KubeconfigError};

use super::api_server::{AccessError, ApiServer, EksCluster, Origin, config};
use super::certificate;
use super::exec::{EksTokenRequest, Exec, region_of};
use super::proxy;
use super::token::{FixedToken, TokenFile, TokenSource};
use crate::snapshot::id::Arn;

/// Makes the source of the tokens that a kubeconfig asks for.
pub type EksTokens<'a> = &'a dyn Fn(EksTokenRequest) -> Arc<dyn TokenSource>;

impl ApiServer {
    /// One that a kubeconfig names: of the given context, else of the current one. Without a
    /// path, `KUBECONFIG` and then `~/.kube/config` are read.
    ///
    /// An exec section that asks for an EKS token is answered by `eks_tokens`; any other program
    /// runs only if `allow_exec` is set.
    ///
    /// # Errors
    /// The file, its context or what they name cannot be read, or a program would have to run.
    pub fn kubeconfig(
        path: Option<&Path>,
        context: Option<&str>,
        allow_exec: bool,
        eks_tokens: Option<EksTokens<'_>>,
    ) -> Result<Self, AccessError> {
        let file = match path {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        }
        .map_err(|error| AccessError::Kubeconfig(said(&error)))?;
        let chosen = Chosen::of(file, context)?;
        let mut config = chosen.config()?;
        let credentials = chosen.credentials(&mut config, allow_exec, eks_tokens)?;
        let origin = match credentials.request {
            Some(_) => Origin::Eks,
            None => Origin::Kubeconfig,
        };
        let cluster = chosen.eks_cluster(credentials.request);
        Ok(Self::new(config, credentials.tokens, origin, cluster))
    }
}

/// An error of the file. A broken one is named by its place: its lines may hold a token.
fn said(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(cause) => match cause.location() {
            Some(place) => format!(
                "the kubeconfig is broken at line {}, column {}",
                place.line(),
                place.column()
            ),
            None => "the kubeconfig is no YAML of the expected form".to_owned(),
        },
        KubeconfigError::ReadConfig(cause, path) => {
            format!("the kubeconfig {} cannot be read: {cause}", path.display())
        }
        KubeconfigError::FindPath => {
            "there is no kubeconfig: name one with --kubeconfig".to_owned()
        }
        other => format!("the kubeconfig cannot be used: {other}"),
    }
}

/// Who comes in, where this crate sends the token.
#[derive(Default)]
struct Credentials {
    tokens: Option<Arc<dyn TokenSource>>,
    /// What was asked for, where it is an EKS token.
    request: Option<EksTokenRequest>,
}

impl Credentials {
    fn of(tokens: impl TokenSource + 'static) -> Self {
        Self {
            tokens: Some(Arc::new(tokens)),
            request: None,
        }
    }
}

/// What a context names.
struct Chosen {
    cluster_name: String,
    cluster: Cluster,
    user_name: String,
    user: AuthInfo,
}

impl Chosen {
    fn of(file: Kubeconfig, context: Option<&str>) -> Result<Self, AccessError> {
        let error = |text: String| AccessError::Kubeconfig(text);
        let name = context
            .map(str::to_owned)
            .or_else(|| file.current_context.clone().filter(|name| !name.is_empty()))
            .ok_or_else(|| {
                error("the kubeconfig has no current context: name one with --context".to_owned())
            })?;
        let context = file
            .contexts
            .iter()
            .find(|named| named.name == name)
            .and_then(|named| named.context.clone())
            .ok_or_else(|| {
                let known: Vec<_> = file.contexts.iter().map(|c| c.name.as_str()).collect();
                let known = known.join(", ");
                error(format!(
                    "the kubeconfig has no context `{name}`, only: {known}"
                ))
            })?;
        let cluster = file
            .clusters
            .into_iter()
            .find(|named| named.name == context.cluster)
            .and_then(|named| named.cluster)
            .ok_or_else(|| {
                let cluster = &context.cluster;
                error(format!("the kubeconfig's context `{name}` names a cluster `{cluster}` that is not there"))
            })?;
        // kubectl takes an absent user for nobody.
        let user_name = context.user.unwrap_or_default();
        let user = file
            .auth_infos
            .into_iter()
            .find(|named| named.name == user_name)
            .and_then(|named| named.auth_info)
            .unwrap_or_default();
        Ok(Self {
            cluster_name: context.cluster,
            cluster,
            user_name,
            user,
        })
    }

    /// Address, trust and proxy.
    fn config(&self) -> Result<Config, AccessError> {
        let server = self.cluster.server.as_deref().unwrap_or_default();
        let mut config = config(server)?;
        config.accept_invalid_certs = self.cluster.insecure_skip_tls_verify.unwrap_or(false);
        config.tls_server_name = self.cluster.tls_server_name.clone();
        config.root_cert = self.authority().map_err(|reason| AccessError::Authority {
            origin: format!("the kubeconfig's cluster `{}`", self.cluster_name),
            reason,
        })?;
        // It outranks HTTPS_PROXY, and NO_PROXY does not touch it.
        if let Some(url) = self
            .cluster
            .proxy_url
            .as_deref()
            .filter(|url| !url.is_empty())
        {
            let parsed = proxy::parse(url).ok_or_else(|| {
                let cluster = &self.cluster_name;
                AccessError::Proxy(format!(
                    "the proxy-url of the kubeconfig's cluster `{cluster}` is no URL"
                ))
            })?;
            config.proxy_url = Some(parsed);
        }
        Ok(config)
    }

    fn authority(&self) -> Result<Option<Vec<Vec<u8>>>, String> {
        if let Some(data) = &self.cluster.certificate_authority_data {
            return certificate::from_base64_pem(data).map(Some);
        }
        let Some(path) = &self.cluster.certificate_authority else {
            return Ok(None);
        };
        let text = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        certificate::from_pem(&String::from_utf8_lossy(&text))
            .map(Some)
            .map_err(|reason| format!("{path}: {reason}"))
    }

    /// Who comes in. What kube sends itself goes into the configuration.
    fn credentials(
        &self,
        config: &mut Config,
        allow_exec: bool,
        eks_tokens: Option<EksTokens<'_>>,
    ) -> Result<Credentials, AccessError> {
        let mut user = self.user.clone();
        let (token, file) = (user.token.take(), user.token_file.take());
        let exec = user.exec.take();
        // The command of an old auth-provider is a program too.
        let provider = user.auth_provider.as_ref();
        if let Some(provider) = provider.filter(|p| p.config.contains_key("cmd-path")) {
            self.allow(allow_exec, format!("auth-provider `{}`", provider.name))?;
        }
        config.auth_info = user;
        if let Some(secret) = token {
            return Ok(Credentials::of(FixedToken::new(secret)));
        }
        if let Some(path) = file {
            return Ok(Credentials::of(TokenFile::new(path.into())));
        }
        let Some(mut exec) = exec else {
            return Ok(Credentials::default());
        };
        let reason = match (Exec::of(&exec), eks_tokens) {
            (Exec::Token(mut request), Some(tokens)) => {
                request.region = request
                    .region
                    .take()
                    .or_else(|| region_of(config.cluster_url.host()?));
                return Ok(Credentials {
                    tokens: Some(tokens(request.clone())),
                    request: Some(request),
                });
            }
            (Exec::Token(_), None) => "no AWS credentials are in use".to_owned(),
            (Exec::Program(reason), _) => reason,
        };
        self.allow(allow_exec, reason)?;
        if exec.provide_cluster_info {
            let cluster = ExecAuthCluster::try_from(&self.cluster)
                .map_err(|error| AccessError::Kubeconfig(said(&error)))?;
            exec.cluster = Some(cluster);
        }
        config.auth_info.exec = Some(exec);
        Ok(Credentials::default())
    }

    /// Refuses a program that nobody allowed.
    fn allow(&self, allow_exec: bool, reason: String) -> Result<(), AccessError> {
        if allow_exec {
            return Ok(());
        }
        Err(AccessError::Program {
            user: self.user_name.clone(),
            reason,
        })
    }

    /// `aws eks update-kubeconfig` names the entry of a cluster by its ARN.
    fn eks_cluster(&self, request: Option<EksTokenRequest>) -> Option<EksCluster> {
        let arn = Arn::parse(&self.cluster_name)
            .filter(|arn| arn.service == "eks" && arn.resource.starts_with("cluster/"));
        let account = arn.map(|arn| arn.account.to_owned());
        match request {
            Some(request) => Some(EksCluster {
                account: account.filter(|_| arn.is_some_and(|arn| arn.name() == request.cluster)),
                name: request.cluster,
                region: request.region,
            }),
            None => arn.map(|arn| EksCluster {
                name: arn.name().to_owned(),
                region: Some(arn.region.to_owned()),
                account,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::sync::Mutex;

    use secrecy::ExposeSecret;

    use super::*;

    const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";

    /// A kubeconfig of one cluster, with these lines about the cluster and the user.
    fn file(cluster: &str, user: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             contexts:\n- name: here\n  context: {{cluster: \"{ARN}\", user: me}}\n\
             clusters:\n- name: \"{ARN}\"\n  cluster:\n    server: https://ID.gr7.eu-west-1.eks.amazonaws.com\n{cluster}\
             users:\n- name: me\n  user:\n{user}"
        );
        std::fs::write(file.path(), text).unwrap();
        file
    }

    const EXEC: &str = "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      \
        command: aws\n      args: [eks, get-token, --cluster-name, prod]\n      env:\n      - {name: AWS_PROFILE, value: audit}\n";

    #[test]
    fn an_eks_exec_section_is_answered_by_the_tools_own_token() {
        let asked = Mutex::new(None);
        let tokens = |request: EksTokenRequest| -> Arc<dyn TokenSource> {
            *asked.lock().unwrap() = Some(request);
            Arc::new(FixedToken::new("own".to_owned().into()))
        };
        let file = file("", EXEC);
        let server = ApiServer::kubeconfig(Some(file.path()), None, false, Some(&tokens)).unwrap();
        let request = asked.lock().unwrap().clone().unwrap();
        assert_eq!(
            request.region.as_deref(),
            Some("eu-west-1"),
            "from the endpoint"
        );
        assert_eq!(request.profile.as_deref(), Some("audit"));
        let cluster = server.eks_cluster().unwrap();
        assert_eq!(
            (cluster.name.as_str(), cluster.account.as_deref()),
            ("prod", Some("111122223333"))
        );
        assert!(
            server.config.auth_info.exec.is_none(),
            "nothing is left for kube to run"
        );
        assert_eq!(server.origin, Origin::Eks);
    }

    #[test]
    fn another_program_runs_only_where_it_is_allowed() {
        let user = "    exec: {apiVersion: client.authentication.k8s.io/v1, command: corp-login, provideClusterInfo: true}\n";
        let file = file("", user);
        let error = ApiServer::kubeconfig(Some(file.path()), None, false, None).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("--allow-exec") && said.contains("corp-login") && said.contains("`me`"),
            "{said}"
        );
        let server = ApiServer::kubeconfig(Some(file.path()), None, true, None).unwrap();
        let exec = server.config.auth_info.exec.unwrap();
        assert!(
            exec.cluster.is_some(),
            "the program is told of the cluster where it asks for it"
        );

        let provider = "    auth-provider: {name: gcp, config: {cmd-path: /bin/gcloud}}\n";
        let file = self::file("", provider);
        let error = ApiServer::kubeconfig(Some(file.path()), None, false, None).unwrap_err();
        assert!(matches!(error, AccessError::Program { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_token_file_beside_the_kubeconfig_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "from-file\n").unwrap();
        let file = file("", "    tokenFile: secret\n");
        let path = folder.path().join("config");
        std::fs::copy(file.path(), &path).unwrap();
        let server = ApiServer::kubeconfig(Some(&path), None, false, None).unwrap();
        let ticket = server.bearer.unwrap().ticket(None).await.unwrap();
        assert_eq!(ticket.header, "Bearer from-file");
    }

    #[test]
    fn the_clusters_settings_reach_the_client() {
        let lines = "    proxy-url: http://proxy.example.com:3128\n    tls-server-name: inner\n    insecure-skip-tls-verify: true\n";
        let file = file(lines, "    token: t\n    as: auditor\n");
        let server = ApiServer::kubeconfig(Some(file.path()), None, false, None).unwrap();
        let config = &server.config;
        assert_eq!(
            config.proxy_url.clone().unwrap(),
            "http://proxy.example.com:3128/"
        );
        assert_eq!(config.tls_server_name.as_deref(), Some("inner"));
        assert!(config.accept_invalid_certs);
        assert_eq!(config.auth_info.impersonate.as_deref(), Some("auditor"));
        assert!(
            config
                .auth_info
                .token
                .as_ref()
                .is_none_or(|t| t.expose_secret().is_empty())
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_the_files_lines() {
        let broken = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            broken.path(),
            "users:\n- name: me\n  user: {token: [hidden}\n",
        )
        .unwrap();
        let good = file("    certificate-authority-data: '!'\n", "    {}\n");
        for (path, context, says) in [
            (broken.path(), None, "broken at line"),
            (Path::new("/nowhere/config"), None, "/nowhere/config"),
            (good.path(), Some("there"), "no context `there`, only: here"),
            (good.path(), None, "certificate authority"),
        ] {
            let error = ApiServer::kubeconfig(Some(path), context, false, None).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(says) && !said.contains("hidden"), "{said}");
        }
    }
}
