//! How requests of a live scan reach AWS: TLS by an authority of one's own, and a proxy.

use std::fs;

use crate::aws_server::ACCESS_KEY;
use crate::kubernetes_server::http::{Reply, tunnel_to};
use crate::kubernetes_tls::{authority, serve_with};
use crate::live_access::refused;
use crate::program::{eks_auditor, ran};

/// A build without a TLS connector compiles and fails only when it runs: a real request proves it.
#[test]
fn aws_is_asked_over_tls_with_the_authority_of_the_bundle() {
    let own = authority();
    let server = serve_with(&own, "127.0.0.1", |_| Reply::new(403, "no"));
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    for (pem, requests) in [(authority().pem(), false), (own.pem(), true)] {
        fs::write(&bundle, pem).unwrap();
        let ended = ran(eks_auditor()
            .env(
                "AWS_ENDPOINT_URL",
                server.address().replace("http://", "https://"),
            )
            .env("AWS_CA_BUNDLE", &bundle)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "A")
            .env("AWS_SECRET_ACCESS_KEY", "B")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("NO_PROXY", "127.0.0.1")
            .arg("audit"));
        assert_eq!(ended.code, 2, "{ended:#?}");
        assert_eq!(!server.requests().is_empty(), requests, "{ended:#?}");
    }
}

/// No endpoint is set: the name that the SDK chose is asked of the proxy.
#[test]
fn aws_is_asked_through_the_proxy_of_the_environment() {
    let own = authority();
    let server = serve_with(&own, "sts.eu-west-1.amazonaws.com", |_| {
        Reply::new(403, "no")
    });
    let (proxy, tunnels) = tunnel_to(server.socket());
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    fs::write(&bundle, own.pem()).unwrap();
    let mut command = eks_auditor();
    command
        .env("HTTPS_PROXY", format!("http://{proxy}"))
        .env("AWS_CA_BUNDLE", &bundle)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env("AWS_MAX_ATTEMPTS", "1");
    let ended = ran(command.arg("audit"));
    refused("403", &ended, &["sts:GetCallerIdentity"]);
    let tunnels = tunnels.lock().unwrap();
    let asked: Vec<&str> = tunnels.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(asked, ["sts.eu-west-1.amazonaws.com:443"]);
    // How often is the client's affair: it sends again what a closing connection may have lost.
    assert!(!server.requests().is_empty(), "{ended:#?}");
}
