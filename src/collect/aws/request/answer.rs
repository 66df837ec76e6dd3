//! Answers before their shape: what is an error, and which.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::Deserialize;
use serde_json::Value;

/// An error that a service told.
#[derive(Debug)]
pub(super) struct ServiceError(ErrorMetadata);

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for ServiceError {}

impl ProvideErrorMetadata for ServiceError {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// The body of an answer, or the error that it is.
pub(super) fn read(response: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<ServiceError>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(body.to_vec());
    }
    let header = response.headers().get("x-amzn-errortype");
    Err(OrchestratorError::operation(ServiceError(
        told(header, body).unwrap_or_default(),
    )))
}

/// Code and message of an error. Services of JSON tell the code in a header or in the body, with a namespace before
/// `#` or an address behind `:` (Smithy, "AWS JSON 1.1 protocol", "Operation error serialization"). What is in no
/// format has no code, and so is no word of the service.
fn told(header: Option<&str>, body: &[u8]) -> Option<ErrorMetadata> {
    let text = String::from_utf8_lossy(body);
    let (code, message) = match serde_json::from_str::<Value>(&text) {
        Ok(body) => {
            let field = |names: &[&str]| {
                let mut found = names.iter().filter_map(|name| body.get(name)?.as_str());
                found.next().map(str::to_owned)
            };
            let code = header.map(str::to_owned);
            let code = code.or_else(|| field(&["__type", "code", "Code"]))?;
            (code, field(&["message", "Message", "errorMessage"]))
        }
        Err(_) => match (header, of_xml(&text)) {
            (Some(code), _) => (code.to_owned(), None),
            (None, error) => error?,
        },
    };
    let code = code.rsplit('#').next().unwrap_or(&code);
    let code = code.split(':').next().unwrap_or(code);
    if code.is_empty() {
        return None;
    }
    let mut builder = ErrorMetadata::builder().code(code);
    if let Some(message) = message {
        builder = builder.message(message);
    }
    Some(builder.build())
}

/// The error in XML: `ErrorResponse` has it in itself, EC2's `Response` in a list.
fn of_xml(text: &str) -> Option<(String, Option<String>)> {
    #[derive(Deserialize)]
    struct Response {
        #[serde(rename = "Error")]
        error: Option<Told>,
        #[serde(rename = "Errors")]
        errors: Option<Errors>,
    }
    #[derive(Deserialize)]
    struct Errors {
        #[serde(rename = "Error")]
        error: Option<Told>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Told {
        code: String,
        message: Option<String>,
    }
    let response: Response = quick_xml::de::from_str(text).ok()?;
    let told = response.error.or_else(|| response.errors?.error)?;
    Some((told.code, told.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_the_form_of_its_protocol() {
        let ec2 = "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You &lt;may&gt; not</Message></Error></Errors><RequestID>1</RequestID></Response>";
        let query = "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>";
        for (header, body, code, message) in [
            (
                None,
                ec2,
                Some("UnauthorizedOperation"),
                Some("You <may> not"),
            ),
            (None, query, Some("AccessDenied"), Some("no")),
            (
                None,
                r#"{"__type": "AccessDeniedException", "Message": "no"}"#,
                Some("AccessDeniedException"),
                Some("no"),
            ),
            (
                None,
                r#"{"__type": "com.amazon.coral.service#ThrottlingException"}"#,
                Some("ThrottlingException"),
                None,
            ),
            (
                Some("AccessDeniedException:http://internal.amazon.com/"),
                r#"{"message": "no"}"#,
                Some("AccessDeniedException"),
                Some("no"),
            ),
            (Some("InternalFailure"), "", Some("InternalFailure"), None),
            (
                None,
                "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>",
                None,
                None,
            ),
            (None, "<html><body><h1>503</h1></body></html>", None, None),
            (None, "", None, None),
            (None, "{}", None, None),
            (None, "<Response><Errors/></Response>", None, None),
        ] {
            let told = told(header, body.as_bytes());
            let told = told.as_ref();
            assert_eq!(
                (
                    told.and_then(|one| one.code()),
                    told.and_then(|one| one.message())
                ),
                (code, message),
                "{header:?} {body}"
            );
        }
    }
}
