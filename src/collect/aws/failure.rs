//! A call that did not work, as the coverage tells it.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::snapshot::coverage::Status;

/// Error codes that say "you may not". IAM User Guide, "Troubleshoot access denied error
/// messages"; each service spells it its own way.
const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "UnauthorizedException",
    "Forbidden",
    "ForbiddenException",
];

/// Error codes that say "I do not know you": no word on what the scanner may do. General
/// Reference, "Common errors".
const REFUSED_CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "UnrecognizedClient",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "AuthFailure",
    "OptInRequired",
];

/// Longer texts of services are cut here.
const MESSAGE_LIMIT: usize = 400;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failure {
    /// `Denied` or `Failed`.
    pub(super) status: Status,
    /// The service's error code, where the answer had one.
    pub(super) code: Option<String>,
    /// One sentence: the call, the code, what the service said.
    pub(super) detail: String,
}

impl Failure {
    /// The failure of this call.
    pub(super) fn of<E>(call: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let http = error.raw_response().map(|raw| raw.status().as_u16());
        let SdkError::ServiceError(context) = error else {
            let at = http.map_or(String::new(), |status| format!(" (HTTP {status})"));
            return Self::plain(format!("{call}: {}{at}", outside_the_service(error)));
        };
        let Some(code) = context.err().code() else {
            // HTML of a proxy or of an emulator that lacks the call, an empty body, broken JSON.
            let status = if http == Some(403) {
                Status::Denied
            } else {
                Status::Failed
            };
            let http = http.unwrap_or_default();
            return Self {
                status,
                code: None,
                detail: format!("{call}: HTTP {http} with no answer in the service's format"),
            };
        };
        Self::of_code(call, code, context.err().message(), http)
    }

    /// The failure that an error code stands for.
    fn of_code(call: &str, code: &str, message: Option<&str>, http: Option<u16>) -> Self {
        let refused = REFUSED_CREDENTIALS.contains(&code);
        let denied = DENIALS.contains(&code) || (matches!(http, Some(401 | 403)) && !refused);
        let mut detail = format!("{call}: {code}");
        if let Some(message) = message.map(one_line).filter(|text| !text.is_empty()) {
            detail.push_str(": ");
            detail.push_str(&message);
        }
        if refused {
            detail.push_str(
                " (the credentials were refused: expired, or the region is not enabled for the account)",
            );
        }
        Self {
            status: if denied {
                Status::Denied
            } else {
                Status::Failed
            },
            code: Some(code.to_owned()),
            detail,
        }
    }

    /// A failure that no service reported.
    pub(super) fn plain(detail: impl Into<String>) -> Self {
        Self {
            status: Status::Failed,
            code: None,
            detail: detail.into(),
        }
    }

    /// Whether the service gave one of these codes. An answer without a code never does, so a
    /// 404 that is no answer of the service is not taken for "there is none".
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }

    /// Whether the service did not accept the credentials at all.
    pub(super) fn refused_credentials(&self) -> bool {
        self.is(REFUSED_CREDENTIALS)
    }
}

/// `Ok(None)` where the service says by a code of its own that there is none.
pub(super) fn or_none<T>(answer: Result<T, Failure>, none: &[&str]) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.is(none) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What went wrong before or after the service spoke: the innermost cause says it best.
fn outside_the_service<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + 'static,
{
    let what = match error {
        SdkError::TimeoutError(_) => return "timed out".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "timed out",
        SdkError::ConstructionFailure(_) => "the request could not be made",
        SdkError::DispatchFailure(_) => "no answer",
        _ => "the answer could not be read",
    };
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let cause = one_line(&cause.to_string());
    let hint = if cause.contains("UnknownIssuer") {
        " (AWS_CA_BUNDLE names a file of private authorities to trust)"
    } else {
        ""
    };
    format!("{what}: {cause}{hint}")
}

/// An error with its causes on one line, each said once.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = one_line(&error.to_string());
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    one_line(&parts.join(": "))
}

/// Text of others on one line, cut where it is long.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if let Some((at, _)) = line.char_indices().nth(MESSAGE_LIMIT) {
        line.truncate(at);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_http_status_decide_between_denied_and_failed() {
        for (code, http, status) in [
            ("AccessDenied", 403, Status::Denied),
            ("AccessDeniedException", 400, Status::Denied),
            ("UnauthorizedOperation", 403, Status::Denied),
            ("SomethingNew", 403, Status::Denied),
            ("ExpiredTokenException", 403, Status::Failed),
            ("UnrecognizedClientException", 400, Status::Failed),
            ("InvalidClientTokenId", 403, Status::Failed),
            ("ThrottlingException", 400, Status::Failed),
            ("InternalFailure", 500, Status::Failed),
            ("ResourceNotFoundException", 404, Status::Failed),
        ] {
            let failure = Failure::of_code("a:B", code, Some("no\n way"), Some(http));
            assert_eq!(failure.status, status, "{code} with HTTP {http}");
            assert!(
                failure.detail.starts_with(&format!("a:B: {code}: no way")),
                "{}",
                failure.detail
            );
        }
    }

    #[test]
    fn only_a_code_of_the_service_means_none() {
        let none = &["ResourceNotFoundException"];
        let typed = Failure::of_code("a:B", "ResourceNotFoundException", None, Some(404));
        assert_eq!(or_none::<()>(Err(typed), none), Ok(None));
        let html = Failure::plain("a:B: HTTP 404 with no answer in the service's format");
        assert_eq!(or_none::<()>(Err(html.clone()), none), Err(html));
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let text = one_line(&"ä".repeat(1000));
        assert_eq!(text.chars().count(), MESSAGE_LIMIT + 1);
    }
}
