//! Tokens for the API servers of EKS clusters, signed here: no program is run.
//!
//! The token is a URL of `sts:GetCallerIdentity`, signed by query parameters with the cluster's
//! name in the signed header `x-k8s-aws-id`, in base64url without padding, behind `k8s-aws-v1.`
//! (aws-iam-authenticator, "API Authorization from Outside a Cluster"). The API server's
//! authenticator follows the URL, to a host of AWS only, and so learns who the caller is. It
//! takes a token for 15 minutes after the time of its signature.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::SecretString;

use super::failure::causes;
use crate::collect::kubernetes::{Token, TokenSource};

/// What every token starts with.
const PREFIX: &str = "k8s-aws-v1.";

/// The header that binds a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// What the URL says of itself; the authenticator has its own limit beside it.
const EXPIRES_IN: Duration = Duration::from_secs(60);

/// A new token is signed after so long: five minutes before the authenticator's limit.
const LIFETIME: Duration = Duration::from_secs(600);

/// Signs tokens for one cluster.
#[derive(Clone, Debug)]
pub struct EksTokens {
    credentials: SharedCredentialsProvider,
    cluster: String,
    region: String,
    host: String,
}

impl EksTokens {
    /// For this cluster, in this region and partition, by these credentials.
    pub(in crate::collect) fn new(
        credentials: SharedCredentialsProvider,
        cluster: &str,
        region: &str,
        partition: &str,
    ) -> Self {
        Self {
            credentials,
            cluster: cluster.to_owned(),
            region: region.to_owned(),
            host: sts_host(region, partition),
        }
    }

    async fn sign_now(&self) -> Result<Token, String> {
        let credentials = self
            .credentials
            .provide_credentials()
            .await
            .map_err(|error| {
                format!(
                    "no token for the cluster {} can be signed: {}",
                    self.cluster,
                    causes(&error)
                )
            })?;
        let now = SystemTime::now();
        let token = self.sign(credentials.clone(), now)?;
        // A token dies with the credentials that signed it.
        let end = credentials
            .expiry()
            .map_or(now + LIFETIME, |end| end.min(now + LIFETIME));
        Ok(Token {
            secret: SecretString::from(token),
            expires_at: Some(end),
        })
    }

    fn sign(&self, credentials: Credentials, now: SystemTime) -> Result<String, String> {
        let failed = |what: &str| format!("no token for {} can be signed: {what}", self.cluster);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(EXPIRES_IN);
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        let identity: Identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sts")
            .time(now)
            .settings(settings)
            .build()
            .map_err(|error| failed(&error.to_string()))?
            .into();
        let url = format!(
            "https://{}/?Action=GetCallerIdentity&Version=2011-06-15",
            self.host
        );
        let headers = [
            ("host", self.host.as_str()),
            (CLUSTER_HEADER, self.cluster.as_str()),
        ];
        let request =
            SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(b""))
                .map_err(|error| failed(&causes(&error)))?;
        let (instructions, _) = sign(request, &parameters)
            .map_err(|error| failed(&causes(&error)))?
            .into_parts();
        let mut signed = http::Request::builder()
            .uri(&url)
            .body(())
            .map_err(|error| failed(&error.to_string()))?;
        instructions.apply_to_request_http1x(&mut signed);
        let url = signed.uri().to_string();
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url)))
    }
}

impl TokenSource for EksTokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        self.sign_now().boxed()
    }
}

/// The partition of a region, where no ARN tells it. AWS Fault Isolation Boundaries,
/// "Partitions".
pub(in crate::collect) fn partition_of(region: &str) -> &'static str {
    [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
    ]
    .iter()
    .find(|(prefix, _)| region.starts_with(prefix))
    .map_or("aws", |(_, partition)| partition)
}

/// The regional endpoint of STS. `AWS_ENDPOINT_URL` has no say: the authenticator of a real
/// cluster follows the URL to hosts of AWS alone. General Reference, "AWS STS endpoints".
fn sts_host(region: &str, partition: &str) -> String {
    let suffix = match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    };
    format!("sts.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use secrecy::ExposeSecret;

    /// 2026-11-24T00:00:00Z.
    const NOW: u64 = 1_795_478_400;

    fn tokens(region: &str, partition: &str) -> EksTokens {
        EksTokens::new(
            SharedCredentialsProvider::new(credentials()),
            "prod",
            region,
            partition,
        )
    }

    /// The pair of AWS's documentation.
    fn credentials() -> Credentials {
        Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            Some("session/token+with=signs".to_owned()),
            None,
            "test",
        )
    }

    fn url(tokens: &EksTokens) -> String {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let token = tokens.sign(credentials(), now).unwrap();
        let encoded = token.strip_prefix(PREFIX).unwrap();
        assert!(!encoded.contains('='), "{token}");
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_the_url_that_botocore_signs() {
        let url = url(&tokens("eu-west-1", "aws"));
        let (path, query) = url.split_once('?').unwrap();
        assert_eq!(path, "https://sts.eu-west-1.amazonaws.com/");
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        // Written by botocore 1.43 (RequestSigner.generate_presigned_url) for the same request,
        // credentials and time.
        let mut expected = vec![
            "X-Amz-Signature=4b9b4833ce3e5513414323cc562f3ced3fe982523f2790fc7b022c53c17169eb",
        ];
        expected.extend([
            "Action=GetCallerIdentity",
            "Version=2011-06-15",
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261124%2Feu-west-1%2Fsts%2Faws4_request",
            "X-Amz-Date=20261124T000000Z",
            "X-Amz-Expires=60",
            "X-Amz-Security-Token=session%2Ftoken%2Bwith%3Dsigns",
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
        ]);
        expected.sort_unstable();
        assert_eq!(parameters, expected);
    }

    #[test]
    fn each_partition_has_its_host() {
        for (region, partition, host) in [
            ("eu-west-1", "aws", "sts.eu-west-1.amazonaws.com"),
            ("cn-north-1", "aws-cn", "sts.cn-north-1.amazonaws.com.cn"),
            (
                "us-gov-west-1",
                "aws-us-gov",
                "sts.us-gov-west-1.amazonaws.com",
            ),
        ] {
            assert_eq!(partition_of(region), partition, "{region}");
            let url = url(&tokens(region, partition));
            assert!(url.starts_with(&format!("https://{host}/?")), "{url}");
        }
    }

    #[tokio::test]
    async fn a_token_ends_with_its_credentials() {
        let end = SystemTime::now() + Duration::from_secs(120);
        let short = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, Some(end), "test");
        for (credentials, most) in [(short, 120), (credentials(), 600)] {
            let provider = SharedCredentialsProvider::new(credentials);
            let tokens = EksTokens::new(provider, "prod", "eu-west-1", "aws");
            let token = tokens.token().await.unwrap();
            assert!(token.secret.expose_secret().starts_with(PREFIX));
            let until = token.expires_at.unwrap();
            let left = until.duration_since(SystemTime::now()).unwrap().as_secs();
            assert!(left <= most && left + 5 > most, "{left} of {most}");
        }
    }
}
