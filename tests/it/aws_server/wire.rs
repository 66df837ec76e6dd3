//! The wire formats: how a call is told from a request, and how answers and errors are put.
//!
//! AWS JSON 1.1, REST JSON, the Query protocol and that of EC2 as Smithy specifies them ("AWS JSON
//! 1.1 protocol", "AWS restJson1 protocol", "AWS query protocol", "AWS EC2 query protocol").

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::http::{HttpRequest, HttpResponse, form};
use super::{ec2, eks, operations};

/// How a service talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.1: ECR, KMS, Organizations, Systems Manager and Secrets Manager.
    Json,
    /// REST with JSON bodies: EKS and Account Management.
    Rest,
    /// Forms in, XML out: IAM, STS and Elastic Load Balancing.
    Query,
    /// The same with other names: EC2.
    Ec2,
}

impl Protocol {
    /// The protocol of a service, by its name in the credential scope.
    pub fn of(service: &str) -> Option<Self> {
        match service {
            "apprunner" | "codebuild" | "ecr" | "ecs" | "glue" | "kms" | "organizations"
            | "sagemaker" | "secretsmanager" | "ssm" => Some(Self::Json),
            "account" | "bedrock-agentcore" | "eks" | "lambda" => Some(Self::Rest),
            "cloudformation" | "elasticloadbalancing" | "iam" | "sts" => Some(Self::Query),
            "ec2" => Some(Self::Ec2),
            _ => None,
        }
    }
}

/// A call: one operation of one service.
#[derive(Clone, Debug)]
pub struct Call {
    /// As the credential scope names it: `ecr`, `iam`, …
    pub service: String,
    /// `DescribeImages`, …; `-` where the server knows no such operation.
    pub operation: String,
    /// From path, query and body together. Numbers of forms stay text.
    pub parameters: Map<String, Value>,
    /// The region of the credential scope.
    pub region: String,
    /// Whose key signed.
    pub access_key: String,
    /// The session's token, where the key is a session's.
    pub session_token: Option<String>,
}

impl Call {
    /// The call that a request makes; `None` where it is not signed or of no known service.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let [access_key, _date, region, service, _end] = scope(request)?;
        let (operation, parameters) = match Protocol::of(&service)? {
            Protocol::Json => {
                let target = request.header("x-amz-target").unwrap_or("-");
                let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
                (operation, object(&request.body))
            }
            Protocol::Rest => eks::route(request)?,
            Protocol::Query | Protocol::Ec2 => query(request),
        };
        let known = operations::parameters(&service, &operation).is_some();
        Some(Self {
            operation: if known { operation } else { "-".to_owned() },
            service,
            parameters,
            region,
            access_key,
            session_token: request.header("x-amz-security-token").map(str::to_owned),
        })
    }

    /// A parameter that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }

    /// A parameter that is a number, also as text.
    pub fn number(&self, name: &str) -> Option<usize> {
        let value = self.parameters.get(name)?;
        let text = value.as_str().map(str::to_owned);
        text.unwrap_or_else(|| value.to_string()).parse().ok()
    }
}

/// Key, date, region, service and end of the credential, from the header or a presigned query.
fn scope(request: &HttpRequest) -> Option<[String; 5]> {
    let credential = match request.header("authorization") {
        Some(header) => header.split_once("Credential=")?.1.split(',').next()?,
        None => request
            .query
            .iter()
            .find(|(key, _)| key == "X-Amz-Credential")
            .map(|(_, value)| value.as_str())?,
    };
    let parts: Vec<String> = credential.split('/').map(str::to_owned).collect();
    parts.try_into().ok()
}

/// A JSON body's members; none where it is empty or no object.
pub fn object(body: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// Operation and parameters of a form; `Filter.member.1`, `.2`, … become one list, and so do EC2's
/// `InstanceId.1`, `.2`, ….
fn query(request: &HttpRequest) -> (String, Map<String, Value>) {
    let mut pairs = form(&String::from_utf8_lossy(&request.body));
    pairs.extend(request.query.iter().cloned());
    let mut operation = "-".to_owned();
    let mut parameters = Map::new();
    for (key, value) in pairs {
        let list = key.split_once(".member.").or_else(|| {
            let (list, number) = key.rsplit_once('.')?;
            number.parse::<u32>().ok().map(|_| (list, number))
        });
        match list {
            _ if key == "Action" => operation = value,
            _ if key == "Version" || key.starts_with("X-Amz-") => {}
            Some((list, _)) => {
                let list = parameters.entry(list).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(value.into());
                }
            }
            None => {
                parameters.insert(key, value.into());
            }
        }
    }
    (operation, parameters)
}

/// An error as a service tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// `AccessDeniedException`, …
    pub code: String,
    /// For people.
    pub message: String,
}

impl ApiError {
    /// An error of these parts.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// The answer to a call in its service's form.
pub fn answer(protocol: Protocol, call: &Call, result: &Value) -> HttpResponse {
    let mut result = result.clone();
    to_wire(&mut result, protocol);
    match protocol {
        Protocol::Json => plain(200, "application/x-amz-json-1.1", result.to_string()),
        Protocol::Rest => plain(200, "application/json", result.to_string()),
        Protocol::Query => {
            let name = &call.operation;
            let mut body = format!("<{name}Response xmlns=\"{}\">", namespace(&call.service));
            xml(&mut body, &format!("{name}Result"), "member", &result);
            body.push_str(&format!(
                "<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
            ));
            plain(200, "text/xml", body)
        }
        Protocol::Ec2 => {
            let name = format!("{}Response", call.operation);
            let mut result = ec2::on_wire(&result);
            result["requestId"] = REQUEST_ID.into();
            let mut body = String::new();
            xml(&mut body, &name, "item", &result);
            let namespace = format!("<{name} xmlns=\"{}\">", namespace(&call.service));
            let body = body.replacen(&format!("<{name}>"), &namespace, 1);
            plain(200, "text/xml;charset=UTF-8", body)
        }
    }
}

const REQUEST_ID: &str = "7a62c49f-347e-4fc4-9331-6e8e00000000";

fn plain(status: u16, content_type: &'static str, body: String) -> HttpResponse {
    HttpResponse {
        status,
        content_type,
        headers: vec![("x-amzn-requestid", REQUEST_ID.to_owned())],
        body: body.into_bytes(),
    }
}

fn namespace(service: &str) -> &'static str {
    match service {
        "ec2" => "http://ec2.amazonaws.com/doc/2016-11-15/",
        "elasticloadbalancing" => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        "cloudformation" => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
        "sts" => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "https://iam.amazonaws.com/doc/2010-05-08/",
    }
}

/// An error in a service's form.
pub fn failure(protocol: Protocol, service: &str, error: &ApiError) -> HttpResponse {
    let ApiError {
        status,
        code,
        message,
    } = error;
    match protocol {
        Protocol::Json => {
            let body = json!({"__type": code, "Message": message, "message": message});
            plain(*status, "application/x-amz-json-1.1", body.to_string())
        }
        Protocol::Rest => {
            let body = json!({"message": message}).to_string();
            let mut response = plain(*status, "application/json", body);
            response.headers.push(("x-amzn-errortype", code.clone()));
            response
        }
        Protocol::Query => {
            let kind = if *status < 500 { "Sender" } else { "Receiver" };
            let mut body = format!("<ErrorResponse xmlns=\"{}\">", namespace(service));
            let error = json!({"Type": kind, "Code": code, "Message": message});
            xml(&mut body, "Error", "member", &error);
            body.push_str(&format!(
                "<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
            ));
            plain(*status, "text/xml", body)
        }
        Protocol::Ec2 => {
            let error = json!({"Code": code, "Message": message});
            let told = json!({"Errors": {"Error": error}, "RequestID": REQUEST_ID});
            let mut body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
            xml(&mut body, "Response", "item", &told);
            plain(*status, "text/xml;charset=UTF-8", body)
        }
    }
}

/// Members whose value is a document in the fixture and text on the wire.
const DOCUMENTS: [&str; 9] = [
    "AssumeRolePolicyDocument",
    "Content",
    "Document",
    "PolicyDocument",
    "ResourcePolicy",
    "configurationValues",
    "lifecyclePolicyText",
    "policy",
    "policyText",
];

/// IAM encodes policies by RFC 3986.
const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Documents become text (URL-encoded in IAM's XML), times become seconds (JSON only).
fn to_wire(value: &mut Value, protocol: Protocol) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if member.is_object() && DOCUMENTS.contains(&name.as_str()) {
                    let text = member.to_string();
                    *member = match protocol {
                        Protocol::Query => utf8_percent_encode(&text, RFC_3986).to_string().into(),
                        Protocol::Json | Protocol::Rest | Protocol::Ec2 => text.into(),
                    };
                } else {
                    to_wire(member, protocol);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| to_wire(item, protocol)),
        Value::String(text) if matches!(protocol, Protocol::Json | Protocol::Rest) => {
            if let Some(seconds) = seconds(text) {
                *value = seconds.into();
            }
        }
        _ => {}
    }
}

/// Seconds since 1970 of a text that is wholly a time in UTC: `2026-11-24T00:00:00Z`.
fn seconds(text: &str) -> Option<f64> {
    let timed = text.ends_with('Z') && text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T');
    let time: jiff::Timestamp = timed.then(|| text.parse().ok()).flatten()?;
    Some(time.as_millisecond() as f64 / 1000.0)
}

/// An element; lists hold elements of one name.
fn xml(out: &mut String, name: &str, item: &str, value: &Value) {
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                xml(out, key, item, value);
            }
        }
        Value::Array(items) => items.iter().for_each(|one| xml(out, item, item, one)),
        Value::String(text) => {
            for character in text.chars() {
                match character {
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '&' => out.push_str("&amp;"),
                    '"' => out.push_str("&quot;"),
                    other => out.push(other),
                }
            }
        }
        other => out.push_str(&other.to_string()),
    }
    out.push_str(&format!("</{name}>"));
}
