//! Signed requests to services that have no client of the SDK here: over the same connections as the clients, with
//! the same credentials, time limits and retries, and with failures of the same kind.
//!
//! A client of EC2 takes 8 GB of memory to compile, and those of the services that are read on request would double
//! the time of a build, for a handful of lists. The SDK's own runtime does all but the shapes.

mod answer;
mod host;
mod tree;
pub(super) mod xml;

use std::fmt;

use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, SensitiveOutput};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::answer::ServiceError;
use super::count::CallCounts;
use super::empty::NoEmptyAnswers;
use super::failure::Failure;
use crate::collect::services::wire::{Protocol, Service};

/// One request, before it is signed.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    operation: &'static str,
    method: &'static str,
    path: String,
    query: Vec<(&'static str, String)>,
    body: String,
}

/// A parameter's value: one, or a list of them.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// One.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Ask {
    /// A form; members of lists are named one by one: `InstanceId.1`.
    pub(super) fn form(operation: &'static str, parameters: &[(&'static str, String)]) -> Self {
        Self {
            operation,
            method: "POST",
            path: "/".to_owned(),
            body: encoded(parameters),
            ..Self::default()
        }
    }

    /// A request in the protocol of a service: of a REST API by method and path, with the parameters in its query.
    pub(super) fn of(
        service: &Service,
        operation: &'static str,
        path: Option<(&'static str, String)>,
        parameters: Vec<(&'static str, Given)>,
    ) -> Self {
        let one = |(name, given): (&'static str, Given)| match given {
            Given::One(value) => Some((name, value)),
            Given::Many(_) => None,
        };
        if let Some((method, path)) = path {
            return Self {
                operation,
                method,
                path,
                query: parameters.into_iter().filter_map(one).collect(),
                body: String::new(),
            };
        }
        if let Protocol::Query(_) = service.protocol {
            let parameters: Vec<_> = parameters.into_iter().filter_map(one).collect();
            return Self::form(operation, &parameters);
        }
        let members = parameters.into_iter().map(|(name, given)| {
            let value = match given {
                Given::One(text) => text
                    .parse::<u32>()
                    .map_or_else(|_| text.into(), Value::from),
                Given::Many(texts) => texts.into(),
            };
            (name.to_owned(), value)
        });
        Self {
            operation,
            method: "POST",
            path: "/".to_owned(),
            query: Vec::new(),
            body: Value::Object(members.collect()).to_string(),
        }
    }

    fn request(&self, service: &Service) -> Result<HttpRequest, BoxError> {
        let mut uri = self.path.clone();
        if !self.query.is_empty() {
            uri.push('?');
            uri.push_str(&encoded(&self.query));
        }
        let mut request = http::Request::builder().method(self.method).uri(uri);
        let mut body = self.body.clone();
        match service.protocol {
            Protocol::Query(version) => {
                request = request.header("content-type", "application/x-www-form-urlencoded");
                let operation = [("Action", self.operation.to_owned())];
                let version = [("Version", version.to_owned())];
                let parts = [encoded(&operation), encoded(&version), body];
                let parts = parts.iter().filter(|part| !part.is_empty());
                body = parts.map(String::as_str).collect::<Vec<_>>().join("&");
            }
            Protocol::Json(version, prefix) => {
                request = request
                    .header("content-type", format!("application/x-amz-json-{version}"))
                    .header("x-amz-target", format!("{prefix}.{}", self.operation));
            }
            Protocol::Rest if !body.is_empty() => {
                request = request.header("content-type", "application/json");
            }
            Protocol::Rest => {}
        }
        if !body.is_empty() {
            request = request.header("content-length", body.len());
        }
        Ok(request.body(SdkBody::from(body))?.try_into()?)
    }
}

/// What a form and a query leave as it is (RFC 3986).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encoded(parameters: &[(&'static str, String)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| {
        let name = utf8_percent_encode(name, UNRESERVED);
        format!("{name}={}", utf8_percent_encode(value, UNRESERVED))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A service in a region.
#[derive(Clone)]
pub(in crate::collect) struct Endpoint {
    service: &'static Service,
    config: SdkConfig,
    counts: CallCounts,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("service", &self.service.id)
            .field("region", &self.config.region())
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// By the configuration of the region's clients.
    pub(super) fn new(service: &'static Service, config: SdkConfig, counts: CallCounts) -> Self {
        Self {
            service,
            config,
            counts,
        }
    }

    /// The answer to a request of XML.
    pub(super) async fn xml<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, Failure> {
        let call = self.call(&ask);
        let body = self.bytes(ask).await?;
        let text = String::from_utf8_lossy(&body);
        quick_xml::de::from_str(&text).map_err(|error| unreadable(&call, &error))
    }

    /// The answer to a request as JSON, whatever the protocol.
    pub(super) async fn value(&self, ask: Ask) -> Result<Value, Failure> {
        let (call, operation) = (self.call(&ask), ask.operation);
        let body = self.bytes(ask).await?;
        if !matches!(self.service.protocol, Protocol::Query(_)) {
            return serde_json::from_slice(&body).map_err(|error| unreadable(&call, &error));
        }
        let text = String::from_utf8_lossy(&body);
        let mut answer = tree::value(&text).map_err(|error| unreadable(&call, &error))?;
        let result = answer.get_mut(format!("{operation}Result"));
        let result = result.map(Value::take);
        result.ok_or_else(|| unreadable(&call, &"it has no result"))
    }

    /// How the service is spoken to.
    pub(super) fn service(&self) -> &'static Service {
        self.service
    }

    /// The call as IAM writes it.
    fn call(&self, ask: &Ask) -> String {
        format!("{}:{}", self.service.prefix, ask.operation)
    }

    async fn bytes(&self, ask: Ask) -> Result<Vec<u8>, Failure> {
        let call = self.call(&ask);
        let service = self.service;
        let region = self.config.region().map_or("", |region| region.as_ref());
        let mut operation = Operation::builder()
            .service_name(service.prefix)
            .operation_name(ask.operation)
            .endpoint_url(&host::url(service, &self.config))
            .runtime_plugin(self.plugin(region))
            .interceptor(self.counts.clone())
            .interceptor(NoEmptyAnswers);
        if let Some(version) = self.config.behavior_version() {
            operation = operation.behavior_version(version);
        }
        if let Some(client) = self.config.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(timeouts) = self.config.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = self.config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(time) = self.config.time_source() {
            operation = operation.time_source(time);
        }
        operation = match self.config.retry_config() {
            Some(retries) => operation.standard_retry(retries),
            None => operation.no_retry(),
        };
        let operation = operation
            .serializer(move |ask: Ask| ask.request(service))
            .deserializer(answer::read)
            .build();
        let answer = operation.invoke(ask).await;
        answer.map_err(|error| Failure::of(&call, &error))
    }

    /// Signing, and what the SDK's clients tell of themselves and look at.
    fn plugin(&self, region: &str) -> StaticRuntimePlugin {
        let service = self.service;
        let mut layer = Layer::new("request");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigningName::from_static(service.signs_as));
        layer.store_put(SigningRegion::from(aws_config::Region::new(
            region.to_owned(),
        )));
        let mut options = SigningOptions::default();
        options.double_uri_encode = true;
        options.normalize_uri_path = true;
        layer.store_put(SigV4OperationSigningConfig {
            signing_options: options,
            ..SigV4OperationSigningConfig::default()
        });
        layer.store_put(ApiMetadata::new(
            service.signs_as,
            env!("CARGO_PKG_VERSION"),
        ));
        layer.store_put(RetryPartition::new(format!("{}-{region}", service.prefix)));
        // Answers hold user data and environment variables, which nobody's log is to have.
        layer.store_put(SensitiveOutput);
        if let Some(name) = self.config.app_name() {
            layer.store_put(name.clone());
        }
        let mut parts = RuntimeComponentsBuilder::new("request");
        let scheme = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        parts
            .set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(scheme)))
            .push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            // The session's credentials are kept by their provider.
            .set_identity_cache(Some(IdentityCache::no_cache()))
            .push_retry_classifier(HttpStatusCodeClassifier::default())
            .push_retry_classifier(TransientErrorClassifier::<ServiceError>::new())
            .push_retry_classifier(AwsErrorCodeClassifier::<ServiceError>::new())
            .push_retry_classifier(ServiceClockSkewClassifier::<ServiceError>::new())
            .push_interceptor(ConnectionPoisoningInterceptor::new())
            .push_interceptor(ServiceClockSkewInterceptor::new())
            .push_interceptor(RequestInfoInterceptor::new())
            .push_interceptor(UserAgentInterceptor::new())
            .push_interceptor(InvocationIdInterceptor::new());
        if let Some(credentials) = self.config.credentials_provider() {
            let resolver = SharedIdentityResolver::new(credentials);
            parts.set_identity_resolver(SCHEME_ID, resolver);
        }
        StaticRuntimePlugin::new()
            .with_config(layer.freeze())
            .with_runtime_components(parts)
    }
}

/// An answer that is not what the service's documentation says.
fn unreadable(call: &str, error: &dyn fmt::Display) -> Failure {
    Failure::plain(format!("{call}: the answer could not be read: {error}"))
}
