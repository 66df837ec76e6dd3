//! HTTPS to AWS: the system's certificates and `AWS_CA_BUNDLE`, `HTTPS_PROXY` and `NO_PROXY`.
//!
//! AWS SDKs and Tools Reference Guide, "General configuration settings" (`ca_bundle`): the Rust
//! SDK does not read it by itself. The bundle is trusted beside the system's own certificates,
//! so that one of a proxy alone is enough.

use std::ffi::OsString;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Names the file of further certificate authorities.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// The client that all calls go through.
///
/// # Errors
/// The certificate bundle cannot be used; the sentence says why.
pub(super) fn client() -> Result<SharedHttpClient, String> {
    let bundle = match std::env::var_os(CA_BUNDLE).filter(|path| !path.is_empty()) {
        Some(path) => Some(bundle(&path)?),
        None => None,
    };
    with_bundle(bundle)
}

fn with_bundle(bundle: Option<Vec<u8>>) -> Result<SharedHttpClient, String> {
    let mut store = TrustStore::default();
    if let Some(bundle) = bundle {
        store = store.with_pem_certificate(bundle);
    }
    let tls = TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(
        Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
            connector
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(tls.clone())
                .build()
        }),
    )
}

/// The bundle's text, looked at here: the SDK panics on one that it cannot use.
fn bundle(path: &OsString) -> Result<Vec<u8>, String> {
    let shown = path.to_string_lossy();
    let pem = std::fs::read(path).map_err(|error| format!("{CA_BUNDLE} {shown}: {error}"))?;
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{CA_BUNDLE} {shown}: not a PEM file: {error}"))?;
    if certificates.is_empty() {
        return Err(format!(
            "{CA_BUNDLE} {shown}: there is no certificate in it"
        ));
    }
    let mut roots = rustls::RootCertStore::empty();
    for (at, certificate) in certificates.into_iter().enumerate() {
        roots
            .add(certificate)
            .map_err(|error| format!("{CA_BUNDLE} {shown}: certificate {}: {error}", at + 1))?;
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    #[test]
    fn a_broken_bundle_is_a_sentence_and_no_panic() {
        for (content, expected) in [
            ("", "no certificate"),
            ("hello", "no certificate"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "certificate 1",
            ),
            ("-----BEGIN CERTIFICATE-----\n!\n", "not a PEM file"),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            let error = bundle(&file.path().as_os_str().to_owned()).unwrap_err();
            assert!(error.contains(expected), "{content:?}: {error}");
        }
        let error = bundle(&OsString::from("/no/such/file")).unwrap_err();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
