//! How a scan comes in: tokens that end, callers that are unknown, kubeconfigs, proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use eks_auditor::collect::kubernetes::{ApiServer, EksTokenRequest, READS, Token, TokenSource};
use eks_auditor::snapshot::coverage::Status;
use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::kubernetes_server::http::{Reply, tunnel_to};
use crate::kubernetes_server::objects::Objects;
use crate::kubernetes_server::{options, scan_as, serve, serve_well};

/// Gives `t1`, `t2`, …, or none at all after so many.
struct Numbered {
    given: AtomicU64,
    lifetime: Duration,
    most: u64,
}

impl Numbered {
    fn new(lifetime: u64, most: u64) -> Arc<Self> {
        Arc::new(Self {
            given: AtomicU64::new(0),
            lifetime: Duration::from_secs(lifetime),
            most,
        })
    }
}

impl TokenSource for Numbered {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        let token = Token {
            secret: format!("t{number}").into(),
            expires_at: Some(SystemTime::now() + self.lifetime),
        };
        let answer = if number > self.most {
            Err("the session has expired: run `aws sso login`".to_owned())
        } else {
            Ok(token)
        };
        futures::future::ready(answer).boxed()
    }
}

#[tokio::test]
async fn a_token_that_holds_is_made_once() {
    let server = serve_well(Objects::small().pods(1203));
    let tokens = Numbered::new(840, 99);
    let api = ApiServer::with_tokens(&server.address(), tokens.clone()).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps(), [""; 0]);
    assert_eq!(tokens.given.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_that_ends_in_a_long_scan_is_replaced() {
    let server = serve_well(Objects::small().pods(1203));
    // With less than a minute left each is replaced before it is sent again.
    let tokens = Numbered::new(30, 99);
    let api = ApiServer::with_tokens(&server.address(), tokens.clone()).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps(), [""; 0]);
    let requests = server.requests().len() as u64;
    assert_eq!(tokens.given.load(Ordering::SeqCst), requests);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all_requests() {
    let server = serve(Objects::small(), |request| {
        (request.header("authorization") == "Bearer t1").then(|| Reply::status(401, "Unauthorized"))
    });
    let tokens = Numbered::new(840, 99);
    let api = ApiServer::with_tokens(&server.address(), tokens.clone()).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
    assert_eq!(tokens.given.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_is_unknown_is_denied_everywhere_and_told_the_way_in() {
    let server = serve(Objects::small(), |_| {
        Some(Reply::status(401, "Unauthorized"))
    });
    let tokens = Numbered::new(840, 99);
    let file = kubeconfig(&server.address(), "", EKS_EXEC);
    let make = |_: EksTokenRequest| -> Arc<dyn TokenSource> { tokens.clone() };
    let api = ApiServer::kubeconfig(Some(file.path()), None, false, Some(&make)).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps().len(), READS.len() - 1);
    let (status, _, detail) = seen.brief("pods");
    assert_eq!(status, Status::Denied);
    assert!(
        detail.contains("access entry") && detail.contains("eks-auditor permissions"),
        "{detail}"
    );
    assert_eq!(seen.told.notes.lock().unwrap().len(), 1);
    assert_eq!(server.requests().len(), 2, "one token, and one new one");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let server = serve_well(Objects::small());
    let api = ApiServer::with_tokens(&server.address(), Numbered::new(840, 0)).unwrap();
    let seen = scan_as(&api, &options()).await;
    let (status, _, detail) = seen.brief("pods");
    assert_eq!(status, Status::Failed);
    assert!(detail.contains("aws sso login"), "{detail}");
    assert_eq!(server.requests().len(), 0);
}

const EKS_EXEC: &str = "    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [--region, eu-west-1, eks, get-token, --cluster-name, prod]}\n";

fn kubeconfig(server: &str, cluster: &str, user: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         contexts:\n- name: c\n  context: {{cluster: c, user: u}}\n\
         clusters:\n- name: c\n  cluster:\n    server: {server}\n{cluster}\
         users:\n- name: u\n  user:\n{user}"
    );
    std::fs::write(file.path(), text).unwrap();
    file
}

#[tokio::test]
async fn an_eks_kubeconfig_needs_no_program() {
    let server = serve_well(Objects::small());
    let tokens = Numbered::new(840, 99);
    let make = |request: EksTokenRequest| -> Arc<dyn TokenSource> {
        assert_eq!(
            (request.cluster.as_str(), request.region.as_deref()),
            ("prod", Some("eu-west-1"))
        );
        tokens.clone()
    };
    let file = kubeconfig(&server.address(), "", EKS_EXEC);
    let api = ApiServer::kubeconfig(Some(file.path()), None, false, Some(&make)).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps(), [""; 0]);
    assert!(
        server
            .requests()
            .iter()
            .all(|r| r.header("authorization") == "Bearer t1")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn an_allowed_program_gives_the_token() {
    let credential = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"from-program"}}"#;
    let user = format!(
        "    exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: echo, args: ['{credential}']}}\n"
    );
    let server = serve_well(Objects::small());
    let file = kubeconfig(&server.address(), "", &user);
    let refused = ApiServer::kubeconfig(Some(file.path()), None, false, None).unwrap_err();
    assert!(refused.to_string().contains("--allow-exec"), "{refused}");
    let api = ApiServer::kubeconfig(Some(file.path()), None, true, None).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
    assert!(
        server
            .requests()
            .iter()
            .all(|r| r.header("authorization") == "Bearer from-program")
    );
}

#[tokio::test]
async fn an_allowed_program_that_fails_is_told() {
    let user = "    exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: /nowhere/login}\n";
    let server = serve_well(Objects::small());
    let file = kubeconfig(&server.address(), "", user);
    let api = ApiServer::kubeconfig(Some(file.path()), None, true, None).unwrap();
    let seen = scan_as(&api, &options()).await;
    let (status, _, detail) = seen.brief("pods");
    assert_eq!(status, Status::Failed);
    assert!(detail.contains("no credentials"), "{detail}");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_proxy_url_is_gone_through() {
    let server = serve_well(Objects::small());
    let (proxy, tunnels) = tunnel_to(server.socket());
    let file = kubeconfig(
        "http://api.invalid:8080/base",
        &format!("    proxy-url: http://me:pass@{proxy}\n"),
        "    token: t\n    as: auditor\n",
    );
    let api = ApiServer::kubeconfig(Some(file.path()), None, false, None).unwrap();
    scan_as(&api, &options()).await;
    let tunnels = tunnels.lock().unwrap();
    let first = tunnels.first().expect("the proxy was asked");
    assert_eq!(
        (first.method.as_str(), first.path.as_str()),
        ("CONNECT", "api.invalid:8080")
    );
    assert_eq!(first.header("proxy-authorization"), "Basic bWU6cGFzcw==");
    let request = server.requests().into_iter().next().unwrap();
    assert_eq!(
        request.path, "/base/api/v1/namespaces",
        "a path before the API is kept"
    );
    assert_eq!(request.header("impersonate-user"), "auditor");
}
