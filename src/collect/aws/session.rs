//! Who asks AWS, and where: credentials, regions, retries, timeouts.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use super::count::CallCounts;
use super::empty::NoEmptyAnswers;
use super::failure::causes;
use super::request::Endpoint;
use super::transport;
use crate::collect::live::LiveError;
use crate::collect::services::wire::Service;

/// How a scan comes into AWS.
#[derive(Clone, Debug, Default)]
pub struct AwsOptions {
    /// A profile of the shared configuration; else the default chain.
    pub profile: Option<String>,
    /// Where to look.
    pub regions: Regions,
    /// A role to assume with the credentials found.
    pub role_arn: Option<String>,
    /// Given when the role is assumed.
    pub external_id: Option<String>,
    /// Names the session of the role; else the tool's name.
    pub session_name: Option<String>,
}

/// Regions to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Regions {
    /// The one of the environment or the profile.
    #[default]
    Configured,
    /// These.
    Named(Vec<String>),
    /// All that are enabled for the account, as `account:ListRegions` says.
    AllEnabled,
}

/// Names the scan in CloudTrail.
const SESSION_NAME: &str = "eks-auditor";

/// Asked first where all enabled regions are wanted and none is configured.
const FIRST_REGION: &str = "us-east-1";

/// The SDK's own number of attempts, and ours: IAM throttles large accounts for longer.
const SDK_ATTEMPTS: u32 = 3;
const ATTEMPTS: u32 = 5;

/// The SDK's defaults that this was written for.
const VERSION: fn() -> BehaviorVersion = BehaviorVersion::v2026_01_12;

/// Credentials are renewed this long before they end.
const MARGIN: Duration = Duration::from_secs(300);

/// Credentials and a configuration that clients are made from.
#[derive(Clone, Debug)]
pub(in crate::collect) struct Session {
    config: SdkConfig,
    region: String,
    credentials: SharedCredentialsProvider,
    /// Those that assume the role, where one is assumed.
    before: Option<SharedCredentialsProvider>,
    counts: CallCounts,
}

impl Session {
    /// Finds credentials and a region. No call but those of the credentials' own sources is made.
    pub(in crate::collect) async fn open(options: &AwsOptions) -> Result<Self, LiveError> {
        let http = transport::client().map_err(LiveError::Certificates)?;
        let mut loader = aws_config::defaults(VERSION())
            .http_client(http)
            .timeout_config(timeouts());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Regions::Named(regions) = &options.regions
            && let Some(first) = regions.first()
        {
            loader = loader.region(Region::new(first.clone()));
        }
        let loaded = loader.load().await;
        let region = match (loaded.region(), &options.regions) {
            (Some(region), _) => region.clone(),
            (None, Regions::AllEnabled) => Region::from_static(FIRST_REGION),
            (None, _) => return Err(LiveError::NoRegion),
        };
        let retries = retries(&loaded);
        let config = loaded
            .into_builder()
            .region(region.clone())
            .retry_config(retries)
            .build();
        let Found { provider, before } = credentials(&config, options).await?;
        let credentials = SharedCredentialsProvider::new(Kept::new(provider));
        credentials
            .provide_credentials()
            .await
            .map_err(|error| LiveError::Credentials(no_credentials(&error, options)))?;
        let config = config
            .into_builder()
            .credentials_provider(credentials.clone())
            .build();
        Ok(Self {
            config,
            region: region.as_ref().to_owned(),
            credentials,
            before,
            counts: CallCounts::default(),
        })
    }

    /// One of fixed credentials, over a client that gives the answers of a test.
    #[cfg(test)]
    pub(in crate::collect) fn of_test(
        http: impl aws_smithy_runtime_api::client::http::HttpClient + 'static,
    ) -> Self {
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        let config = SdkConfig::builder()
            .behavior_version(VERSION())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(credentials.clone())
            .retry_config(RetryConfig::disabled())
            .http_client(http)
            .build();
        Self {
            config,
            region: "eu-west-1".to_owned(),
            credentials,
            before: None,
            counts: CallCounts::default(),
        }
    }

    /// The region that was asked for first.
    pub(in crate::collect) fn region(&self) -> &str {
        &self.region
    }

    /// The credentials, renewed as they end.
    pub(in crate::collect) fn credentials(&self) -> SharedCredentialsProvider {
        self.credentials.clone()
    }

    /// The calls made so far.
    pub(in crate::collect) fn counts(&self) -> &CallCounts {
        &self.counts
    }

    /// The same with the credentials that assume the role, where one is assumed: an account of an
    /// organisation cannot ask what stands above it, the one that its role is assumed from may.
    pub(in crate::collect) fn before_the_role(&self) -> Option<Self> {
        let credentials = self.before.clone()?;
        let config = self
            .config
            .to_builder()
            .credentials_provider(credentials.clone())
            .build();
        Some(Self {
            config,
            credentials,
            before: None,
            ..self.clone()
        })
    }

    /// A service without a client, in a region.
    pub(in crate::collect) fn endpoint(&self, service: &'static Service, region: &str) -> Endpoint {
        Endpoint::new(service, self.at(region), self.counts.clone())
    }

    fn at(&self, region: &str) -> SdkConfig {
        self.config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .build()
    }
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $sdk:ident;)*) => {
        impl Session {
            $($(#[$doc])* pub(in crate::collect) fn $name(&self, region: &str) -> $sdk::Client {
                let config = $sdk::config::Builder::from(&self.at(region))
                    .interceptor(self.counts.clone())
                    .interceptor(NoEmptyAnswers)
                    .build();
                $sdk::Client::from_conf(config)
            })*
        }
    };
}

clients! {
    /// A client of STS.
    sts: aws_sdk_sts;
    /// A client of Account Management, which is global.
    account: aws_sdk_account;
    /// A client of IAM, which is global.
    iam: aws_sdk_iam;
    /// A client of ECR.
    ecr: aws_sdk_ecr;
    /// A client of EKS.
    eks: aws_sdk_eks;
    /// A client of Organizations, which is global.
    organizations: aws_sdk_organizations;
    /// A client of Secrets Manager.
    secretsmanager: aws_sdk_secretsmanager;
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(20))
        .operation_timeout(Duration::from_secs(60))
        .build()
}

/// Adaptive, with the attempts of `AWS_MAX_ATTEMPTS` or the profile, where they say something.
fn retries(config: &SdkConfig) -> RetryConfig {
    let said = config.retry_config().map(RetryConfig::max_attempts);
    let attempts = match said {
        Some(attempts) if attempts != SDK_ATTEMPTS => attempts,
        Some(attempts) if std::env::var_os("AWS_MAX_ATTEMPTS").is_some() => attempts,
        _ => ATTEMPTS,
    };
    RetryConfig::adaptive()
        .with_max_attempts(attempts)
        .with_max_backoff(Duration::from_secs(10))
}

/// The credentials that a scan has.
struct Found {
    provider: SharedCredentialsProvider,
    /// Those that assume the role, where one is assumed.
    before: Option<SharedCredentialsProvider>,
}

/// The credentials of the chain, or of the role that is assumed with them.
async fn credentials(config: &SdkConfig, options: &AwsOptions) -> Result<Found, LiveError> {
    let base = match &options.profile {
        Some(profile) => SharedCredentialsProvider::new(of_profile(config, profile)),
        None => config
            .credentials_provider()
            .ok_or_else(|| LiveError::Credentials("no AWS credentials were found".to_owned()))?,
    };
    let Some(role) = &options.role_arn else {
        return Ok(Found {
            provider: base,
            before: None,
        });
    };
    let mut builder = AssumeRoleProvider::builder(role)
        .session_name(options.session_name.as_deref().unwrap_or(SESSION_NAME))
        .configure(config);
    if let Some(id) = &options.external_id {
        builder = builder.external_id(id);
    }
    let assumed = builder.build_from_provider(base.clone()).await;
    Ok(Found {
        provider: SharedCredentialsProvider::new(assumed),
        before: Some(base),
    })
}

/// The credentials of a profile that was named. As with the AWS CLI, keys in the environment do
/// not outrank it; in the SDK's own chain they do.
fn of_profile(config: &SdkConfig, profile: &str) -> ProfileFileCredentialsProvider {
    let mut provider = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_behavior_version(Some(VERSION()))
        .with_timeout_config(timeouts());
    if let Some(http) = config.http_client() {
        provider = provider.with_http_client(http);
    }
    if let Some(retries) = config.retry_config() {
        provider = provider.with_retry_config(retries.clone());
    }
    ProfileFileCredentialsProvider::builder()
        .profile_name(profile)
        .configure(&provider)
        .build()
}

/// Why there are no credentials, and what to do, in one sentence.
fn no_credentials(error: &CredentialsError, options: &AwsOptions) -> String {
    let why = causes(error);
    let lower = why.to_lowercase();
    match (error, &options.role_arn, &options.profile) {
        // The SDK's own text speaks of its providers here, and lists all of them there.
        (CredentialsError::CredentialsNotLoaded(_), _, Some(profile)) => format!(
            "there is no profile {profile} in the AWS configuration, or it has no credentials: see \
             `aws configure list --profile {profile}`"
        ),
        (CredentialsError::CredentialsNotLoaded(_), _, None) => "no AWS credentials were found: \
            give --profile or set AWS_PROFILE, or export AWS_ACCESS_KEY_ID and \
            AWS_SECRET_ACCESS_KEY"
            .to_owned(),
        _ if lower.contains("sso") => {
            let profile = options.profile.as_ref();
            let profile = profile.map_or(String::new(), |name| format!(" --profile {name}"));
            format!(
                "the sign-in with IAM Identity Center has expired ({why}): run `aws sso login{profile}`"
            )
        }
        (_, Some(role), _) => format!(
            "the role {role} cannot be assumed ({why}): check its trust policy, and --external-id if it wants one"
        ),
        (_, None, Some(profile)) => {
            format!("the profile {profile} gives no AWS credentials ({why})")
        }
        (_, None, None) => format!("the AWS credentials cannot be had ({why})"),
    }
}

/// A provider whose credentials are kept until they are about to end, for the clients and for
/// the tokens that are signed beside them.
struct Kept {
    provider: SharedCredentialsProvider,
    held: Mutex<Option<Credentials>>,
}

impl Kept {
    fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            held: Mutex::default(),
        }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.as_ref().filter(|held| holds(held)) {
            return Ok(credentials.clone());
        }
        let credentials = self.provider.provide_credentials().await?;
        *held = Some(credentials.clone());
        Ok(credentials)
    }
}

/// Whether credentials hold for a while. Those without an end are a user's own keys.
fn holds(credentials: &Credentials) -> bool {
    credentials
        .expiry()
        .is_none_or(|end| SystemTime::now() + MARGIN < end)
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug)]
    struct Numbered(Arc<AtomicU64>, Duration);

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            let end = SystemTime::now() + self.1;
            let made = Credentials::new(format!("AKID{n}"), "secret", None, Some(end), "test");
            future::ProvideCredentials::ready(Ok(made))
        }
    }

    #[tokio::test]
    async fn credentials_are_renewed_before_they_end_and_not_sooner() {
        for (lifetime, asked) in [(3600, 1), (200, 3)] {
            let calls = Arc::new(AtomicU64::new(0));
            let provider = Numbered(calls.clone(), Duration::from_secs(lifetime));
            let kept = Kept::new(SharedCredentialsProvider::new(provider));
            for _ in 0..3 {
                kept.provide_credentials().await.unwrap();
            }
            assert_eq!(calls.load(Ordering::SeqCst), asked, "{lifetime} s");
        }
    }

    #[test]
    fn a_missing_credential_says_the_way_out() {
        let missing = CredentialsError::not_loaded("nothing in the chain");
        let text = no_credentials(&missing, &AwsOptions::default());
        assert!(text.contains("--profile"), "{text}");
        let broken = CredentialsError::provider_error("AccessDenied: not you");
        let options = AwsOptions {
            role_arn: Some("arn:aws:iam::111122223333:role/audit".into()),
            ..AwsOptions::default()
        };
        let text = no_credentials(&broken, &options);
        assert!(
            text.contains("role/audit") && text.contains("trust policy"),
            "{text}"
        );
        let expired = CredentialsError::invalid_configuration("the SSO session has expired");
        let text = no_credentials(&expired, &AwsOptions::default());
        assert!(text.contains("aws sso login"), "{text}");
    }
}
