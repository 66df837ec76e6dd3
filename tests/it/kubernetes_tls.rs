//! TLS to an API server: its own authority is trusted, and no other.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eks_auditor::collect::kubernetes::{ApiServer, FixedToken};
use eks_auditor::snapshot::coverage::Status;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::kubernetes_server::http::{Reply, Request, Server};
use crate::kubernetes_server::objects::Objects;
use crate::kubernetes_server::{options, scan_as};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server of the small cluster, with a certificate for this name.
fn serve(authority: &Authority, name: &str) -> Server {
    let objects = Objects::small();
    serve_with(authority, name, move |request| objects.answer(request))
}

/// A server with a certificate for this name.
pub fn serve_with(
    authority: &Authority,
    name: &str,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> Server {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    Server::start_with(Some(Arc::new(config)), answer)
}

/// Access as `DescribeCluster` gives it.
fn access(server: &Server, authority: &Authority) -> ApiServer {
    let endpoint = server.address().replace("http://", "https://");
    let tokens = Arc::new(FixedToken::new("t".to_owned().into()));
    ApiServer::eks(&endpoint, &STANDARD.encode(authority.pem()), tokens).unwrap()
}

#[tokio::test]
async fn the_clusters_own_authority_is_trusted() {
    let authority = authority();
    let server = serve(&authority, "127.0.0.1");
    let seen = scan_as(&access(&server, &authority), &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
}

#[tokio::test]
async fn another_authority_and_another_name_are_not() {
    let own = authority();
    for (signer, name) in [(authority(), "127.0.0.1"), (own, "api.example.com")] {
        let server = serve(&signer, name);
        let trusted = if name == "127.0.0.1" {
            &authority()
        } else {
            &signer
        };
        let seen = scan_as(&access(&server, trusted), &options()).await;
        let (status, _, detail) = seen.brief("pods");
        assert_eq!(status, Status::Failed, "{name}");
        assert!(
            detail.contains("certificate") && detail.contains("AWS_CA_BUNDLE"),
            "{detail}"
        );
        assert_eq!(
            server.requests().len(),
            0,
            "the token is not sent to a stranger"
        );
    }
}

#[tokio::test]
async fn a_kubeconfig_names_the_server_that_its_certificate_is_for() {
    let authority = authority();
    let server = serve(&authority, "api.example.com");
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), authority.pem()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters:\n- name: c\n  cluster: {{server: '{}', certificate-authority: '{}', tls-server-name: api.example.com}}\n\
         users: [{{name: u, user: {{token: t}}}}]\n",
        server.address().replace("http://", "https://"),
        ca.path().display()
    );
    std::fs::write(file.path(), text).unwrap();
    let api = ApiServer::kubeconfig(Some(file.path()), None, false, None).unwrap();
    let seen = scan_as(&api, &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
}
