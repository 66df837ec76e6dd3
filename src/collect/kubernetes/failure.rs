//! What can go wrong with a read, and how it is told: one sentence with the way out.

use std::time::Duration;

use super::api_server::{ApiServer, Origin};
use crate::snapshot::coverage::Status;

/// Why a read did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no connection: the cause, and whether it was the time limit.
    Unreachable {
        /// Why.
        cause: String,
        /// Whether nobody answered at all, so that there is no point in another try.
        late: bool,
    },
    /// There is no token, or no way to send one: the cause.
    NoCredentials(String),
    /// 401: the API server's words.
    Unauthorized(String),
    /// 403: the API server's words, which name the user.
    Forbidden(String),
    /// 404: nothing there.
    NotFound,
    /// 410: the list has moved on since its last page.
    Gone,
    /// 429 to the end; the wait that was asked for last.
    Throttled(Option<Duration>),
    /// Another status, and the API server's words.
    Refused(u16, String),
    /// No answer within this time.
    Late(Duration),
    /// The connection ended before the answer did: the cause.
    Cut(String),
    /// The answer is not what was asked for.
    Broken(String),
}

impl Failure {
    /// How the coverage calls it.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Unauthorized(_) | Self::Forbidden(_) => Status::Denied,
            _ => Status::Failed,
        }
    }

    /// Whether every other read would end like this one.
    pub(super) fn ends_all(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::NoCredentials(_) | Self::Unauthorized(_)
        )
    }

    /// One sentence, with the way out.
    pub(super) fn sentence(&self, api: &ApiServer) -> String {
        let endpoint = api.endpoint();
        match self {
            Self::Unreachable { cause, .. } => unreachable(&endpoint, cause),
            Self::NoCredentials(cause) => {
                format!("there are no credentials for the API server {endpoint}: {cause}")
            }
            Self::Unauthorized(words) => unauthorized(api.origin, words),
            Self::Forbidden(words) => format!(
                "{words}: bind that user to the ClusterRole that `eks-auditor permissions` prints"
            ),
            Self::NotFound => "the API server does not serve it (404)".to_owned(),
            Self::Gone => "the list changed faster than it could be read (410 Gone, twice): run \
                           the scan again"
                .to_owned(),
            Self::Throttled(asked) => throttled(*asked),
            Self::Refused(status, words) => format!("the API server answered {status}: {words}"),
            Self::Late(limit) => {
                format!(
                    "the API server gave no answer within {} s",
                    limit.as_secs_f32()
                )
            }
            Self::Cut(cause) => format!("the connection ended before the answer did: {cause}"),
            Self::Broken(what) => format!("the answer cannot be read: {what}"),
        }
    }
}

fn unreachable(endpoint: &str, cause: &str) -> String {
    if cause.contains("certificate") {
        return format!(
            "the certificate of the API server {endpoint} is not trusted ({cause}): where a proxy \
             opens TLS, name its authority in AWS_CA_BUNDLE or in the kubeconfig"
        );
    }
    format!(
        "the API server {endpoint} cannot be reached ({cause}): run this where it can be (for a \
         private endpoint: in its VPC, or over a VPN or HTTPS_PROXY), or add this address to the \
         cluster's public access CIDRs"
    )
}

fn unauthorized(origin: Origin, words: &str) -> String {
    let way_out = match origin {
        Origin::Eks => {
            "give its IAM principal an access entry with the commands that `eks-auditor \
             permissions` prints, or a line in the ConfigMap aws-auth"
        }
        Origin::Kubeconfig => "log in again, or choose another context with --context",
        Origin::Pod => "check the service account of this pod, whose token was refused",
        Origin::Given => "check the token that was given",
    };
    format!("the API server does not know this caller (401 {words}): {way_out}")
}

fn throttled(asked: Option<Duration>) -> String {
    match asked {
        Some(asked) => format!(
            "the API server had too many requests and asked to wait {} s: run the scan again later",
            asked.as_secs()
        ),
        None => "the API server had too many requests: run the scan again later".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_failure_is_one_sentence() {
        let api = ApiServer::with_token("https://a.example.com", "t".to_owned().into()).unwrap();
        let cause = || "cause".to_owned();
        let unreachable = |cause: &str| Failure::Unreachable {
            cause: cause.to_owned(),
            late: false,
        };
        for (failure, says) in [
            (unreachable("cause"), "public access CIDRs"),
            (
                unreachable("invalid peer certificate: UnknownIssuer"),
                "AWS_CA_BUNDLE",
            ),
            (Failure::NoCredentials(cause()), "no credentials"),
            (
                Failure::Unauthorized("Unauthorized".into()),
                "401 Unauthorized",
            ),
            (Failure::Forbidden(cause()), "eks-auditor permissions"),
            (Failure::NotFound, "404"),
            (Failure::Gone, "410"),
            (Failure::Throttled(Some(Duration::from_secs(90))), "90 s"),
            (Failure::Throttled(None), "too many"),
            (Failure::Refused(500, cause()), "500: cause"),
            (Failure::Late(Duration::from_millis(1500)), "1.5 s"),
            (Failure::Cut(cause()), "cause"),
            (Failure::Broken(cause()), "cause"),
        ] {
            let sentence = failure.sentence(&api);
            assert!(sentence.contains(says), "{sentence} lacks {says}");
            assert!(
                !sentence.contains('\n') && !sentence.ends_with('.'),
                "{sentence}"
            );
        }
    }

    #[test]
    fn who_has_no_access_entry_is_told_of_it() {
        let sentence = unauthorized(Origin::Eks, "Unauthorized");
        assert!(sentence.contains("access entry"), "{sentence}");
        for origin in [Origin::Kubeconfig, Origin::Pod, Origin::Given] {
            assert!(
                !unauthorized(origin, "").contains("access entry"),
                "{origin:?}"
            );
        }
    }
}
