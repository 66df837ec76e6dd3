//! One read after the other from an API server: tokens, waits, retries, and what a status means.
//!
//! Statuses and `Retry-After`: Kubernetes API conventions, "HTTP Status codes"; 429 comes from
//! API priority and fairness. A retry repeats a request that got no answer, never one that did.

use std::error::Error as StdError;
use std::io::Read as _;
use std::sync::OnceLock;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, RETRY_AFTER, USER_AGENT,
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;

use super::KubernetesOptions;
use super::api_server::ApiServer;
use super::failure::Failure;
use crate::snapshot::coverage::Source;

/// No page of 500 objects is this large: what is, is not an answer.
const LARGEST_BODY: usize = 256 << 20;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;

/// How often after a failure that is not the server's own word.
const BLIND_ATTEMPTS: u32 = 2;

/// In what form the answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Objects.
    Whole,
    /// A list of their metadata, without anything else (Kubernetes API concepts,
    /// "Metadata-only fetches").
    MetadataList,
}

impl Form {
    fn media_type(self) -> &'static str {
        match self {
            Self::Whole => "application/json",
            Self::MetadataList => {
                "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
            }
        }
    }
}

/// An API server that is being read.
pub(super) struct Connection<'a> {
    pub(super) api: &'a ApiServer,
    options: &'a KubernetesOptions,
    client: Result<Client, Failure>,
    /// What ended all reads.
    over: OnceLock<Failure>,
}

/// An answer before its status is looked at.
struct Answer {
    status: StatusCode,
    wait: Option<Duration>,
    body: Vec<u8>,
}

/// What came of one attempt.
enum Attempt {
    Answered(Answer),
    /// The token of this turn was refused.
    TokenRefused(u64, String),
}

impl<'a> Connection<'a> {
    /// Makes a client; nothing is sent yet.
    pub(super) async fn open(api: &'a ApiServer, options: &'a KubernetesOptions) -> Self {
        let config = api.config.clone();
        // A program that gives credentials is run while the client is made, and waited for.
        let client = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
        let client = match client {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(Failure::NoCredentials(root_cause(&error))),
            Err(error) => Err(Failure::NoCredentials(error.to_string())),
        };
        Self {
            api,
            options,
            client,
            over: OnceLock::new(),
        }
    }

    /// Ends all further reads with this failure.
    pub(super) fn end(&self, failure: &Failure) {
        let _ = self.over.set(failure.clone());
    }

    /// The body of an answer that is 200.
    pub(super) async fn get(
        &self,
        source: Source,
        path: &str,
        form: Form,
    ) -> Result<Vec<u8>, Failure> {
        if let Some(failure) = self.over.get() {
            return Err(failure.clone());
        }
        let result = self.persist(source, path, form).await;
        if let Err(failure) = &result
            && failure.ends_all()
        {
            self.end(failure);
        }
        result
    }

    /// Sends until there is an answer, or no point in going on.
    async fn persist(&self, source: Source, path: &str, form: Form) -> Result<Vec<u8>, Failure> {
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        let mut refused = None;
        loop {
            attempt += 1;
            let (failure, wait) = match self.attempt(source, path, form, refused).await {
                Ok(Attempt::TokenRefused(turn, words)) => {
                    // One new token, one more try.
                    if refused.replace(turn).is_some() || self.api.bearer.is_none() {
                        return Err(Failure::Unauthorized(words));
                    }
                    continue;
                }
                Ok(Attempt::Answered(answer)) if answer.status == StatusCode::OK => {
                    return Ok(answer.body);
                }
                Ok(Attempt::Answered(answer)) => (failure_of(&answer), answer.wait),
                Err(failure) => (failure, None),
            };
            if attempt >= attempts(&failure) {
                return Err(failure);
            }
            // Longer each time, and never shorter than the server asks.
            let doubled = self.options.first_wait * (1 << (attempt - 1).min(6));
            let wait = wait.unwrap_or_default().max(doubled);
            waited = waited.saturating_add(wait);
            if waited > self.options.longest_wait {
                return Err(failure);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends once.
    async fn attempt(
        &self,
        source: Source,
        path: &str,
        form: Form,
        refused: Option<u64>,
    ) -> Result<Attempt, Failure> {
        let limit = self.options.request_timeout;
        let sent = async {
            let (request, turn) = self.request(path, form, refused).await?;
            self.api.count(source.name);
            let client = self.client.as_ref().map_err(Clone::clone)?;
            let response = client
                .send(request)
                .await
                .map_err(|error| no_answer(&error))?;
            let answer = read(response).await?;
            Ok(match (answer.status, turn) {
                (StatusCode::UNAUTHORIZED, turn) => {
                    Attempt::TokenRefused(turn.unwrap_or_default(), words(&answer))
                }
                _ => Attempt::Answered(answer),
            })
        };
        tokio::time::timeout(limit, sent)
            .await
            .unwrap_or(Err(Failure::Late(limit)))
    }

    async fn request(
        &self,
        path: &str,
        form: Form,
        refused: Option<u64>,
    ) -> Result<(Request<Body>, Option<u64>), Failure> {
        let mut request = Request::get(path)
            .header(ACCEPT, form.media_type())
            .header(ACCEPT_ENCODING, "gzip")
            .header(
                USER_AGENT,
                concat!("eks-auditor/", env!("CARGO_PKG_VERSION")),
            );
        let mut turn = None;
        if let Some(bearer) = &self.api.bearer {
            let ticket = bearer
                .ticket(refused)
                .await
                .map_err(Failure::NoCredentials)?;
            request = request.header(AUTHORIZATION, ticket.header);
            turn = Some(ticket.turn);
        }
        let request = request
            .body(Body::empty())
            .map_err(|error| Failure::Broken(error.to_string()))?;
        Ok((request, turn))
    }
}

/// How often a request that ended so is sent.
fn attempts(failure: &Failure) -> u32 {
    match failure {
        Failure::Throttled(_) => ATTEMPTS,
        Failure::Refused(500 | 502 | 503 | 504, _) => 3,
        // A connection that was not made in time is not made the next time either.
        Failure::Unreachable { late: true, .. } => 1,
        Failure::Unreachable { .. } | Failure::Cut(_) => BLIND_ATTEMPTS,
        _ => 1,
    }
}

async fn read(response: Response<Body>) -> Result<Answer, Failure> {
    let (parts, body) = response.into_parts();
    let header = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    // In seconds; the other form, a date, is not used by API servers.
    let wait = header(RETRY_AFTER)
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let zipped = header(CONTENT_ENCODING).is_some_and(|value| value.eq_ignore_ascii_case("gzip"));
    let body = Limited::new(body, LARGEST_BODY)
        .collect()
        .await
        .map_err(|error| Failure::Cut(root_cause(error.as_ref())))?
        .to_bytes();
    let body = if zipped { unzip(&body)? } else { body.into() };
    Ok(Answer {
        status: parts.status,
        wait,
        body,
    })
}

fn unzip(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(body).take(LARGEST_BODY as u64 + 1);
    reader
        .read_to_end(&mut text)
        .map_err(|error| Failure::Broken(format!("it cannot be unzipped: {error}")))?;
    if text.len() > LARGEST_BODY {
        return Err(Failure::Broken(format!(
            "it is over {} MiB",
            LARGEST_BODY >> 20
        )));
    }
    Ok(text)
}

/// What a status other than 200 means.
fn failure_of(answer: &Answer) -> Failure {
    match answer.status {
        StatusCode::FORBIDDEN => Failure::Forbidden(words(answer)),
        StatusCode::NOT_FOUND => Failure::NotFound,
        StatusCode::GONE => Failure::Gone,
        StatusCode::TOO_MANY_REQUESTS => Failure::Throttled(answer.wait),
        status => Failure::Refused(status.as_u16(), words(answer)),
    }
}

/// The message of the `Status` that an API server answers, on one line; else the status itself.
/// Other bodies are not shown: they are a proxy's page.
fn words(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Message {
        kind: String,
        message: Option<String>,
    }
    let status = answer
        .status
        .canonical_reason()
        .unwrap_or("without a reason");
    serde_json::from_slice::<Message>(&answer.body)
        .ok()
        .filter(|message| message.kind == "Status")
        .and_then(|message| message.message)
        .map(|message| message.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|message| !message.is_empty())
        .unwrap_or_else(|| status.to_owned())
}

/// A request that got no answer at all.
fn no_answer(error: &kube::Error) -> Failure {
    if chain(error).any(|error| error.is::<kube::client::AuthError>()) {
        return Failure::NoCredentials(root_cause(error));
    }
    let connecting = chain(error)
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect);
    if !connecting {
        return Failure::Cut(root_cause(error));
    }
    let late = chain(error)
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::TimedOut);
    let cause = if late {
        format!(
            "no connection within {} s",
            super::CONNECT_TIMEOUT.as_secs()
        )
    } else {
        root_cause(error)
    };
    Failure::Unreachable { cause, late }
}

/// An error, its cause, the cause of that, …
fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The last error of a chain, on one line.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let last = chain(error).last().unwrap_or(error).to_string();
    last.split_whitespace().collect::<Vec<_>>().join(" ")
}
