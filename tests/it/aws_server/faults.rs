//! What goes wrong, and when: faults by service, operation and number of the call.

use std::time::Duration;

use super::wire::{ApiError, Call};

/// One way to go wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The caller may not.
    Deny,
    /// Too many calls.
    Throttle,
    /// The caller's session has ended.
    Expired,
    /// The service broke: 500.
    Broken,
    /// An error of one's own.
    Error(ApiError),
    /// A page of HTML with status 404, as an emulator answers what it does not serve.
    NotImplemented,
    /// Half of the body, then the connection ends.
    CutBody,
    /// A body that is in no format.
    Garbage,
    /// The connection ends without an answer.
    HangUp,
    /// The right answer, late.
    Slow(Duration),
    /// The first page again and again, always with the same token.
    LoopToken,
}

/// How a service tells of denied, throttled, expired and broken: status and code.
type Forms = [(u16, &'static str); 4];

fn forms(service: &str) -> Forms {
    const DENIED: &str = "AccessDeniedException";
    const EXPIRED: &str = "ExpiredTokenException";
    let json = |broken| {
        [
            (400, DENIED),
            (400, "ThrottlingException"),
            (400, EXPIRED),
            (500, broken),
        ]
    };
    let rest = |broken| {
        [
            (403, DENIED),
            (429, "TooManyRequestsException"),
            (403, EXPIRED),
            (500, broken),
        ]
    };
    let query = |broken| {
        [
            (403, "AccessDenied"),
            (400, "Throttling"),
            (403, "ExpiredToken"),
            (500, broken),
        ]
    };
    match service {
        "account" => rest("InternalServerException"),
        // Amazon EC2 API Reference, "Error codes for the Amazon EC2 API".
        "ec2" => [
            (403, "UnauthorizedOperation"),
            (503, "RequestLimitExceeded"),
            (400, "RequestExpired"),
            (500, "InternalError"),
        ],
        "ecr" => json("ServerException"),
        "eks" => rest("ServerException"),
        "iam" => query("ServiceFailure"),
        "kms" => json("KMSInternalException"),
        "organizations" => json("ServiceException"),
        "secretsmanager" => json("InternalServiceError"),
        "apprunner" | "codebuild" | "ecs" | "glue" | "sagemaker" | "ssm" => {
            json("InternalServerError")
        }
        "bedrock-agentcore" | "lambda" => rest("ServiceException"),
        _ => query("InternalFailure"),
    }
}

impl Fault {
    /// The error that it is for a call, where it is one.
    pub fn error(&self, call: &Call) -> Option<ApiError> {
        let [deny, throttle, expired, broken] = forms(&call.service);
        let action = format!("{}:{}", call.service, call.operation);
        let denial = format!(
            "User: arn:aws:iam::111122223333:user/people/alice is not authorized to perform: {action} \
             because no identity-based policy allows the {action} action"
        );
        let ((status, code), message) = match self {
            Self::Deny => (deny, denial.as_str()),
            Self::Throttle => (throttle, "Rate exceeded"),
            Self::Expired => (
                expired,
                "The security token included in the request is expired",
            ),
            Self::Broken => (broken, "The service failed"),
            Self::Error(error) => return Some(error.clone()),
            _ => return None,
        };
        Some(ApiError::new(status, code, message))
    }
}

/// When a fault strikes.
#[derive(Clone, Debug)]
struct Rule {
    service: String,
    operation: String,
    about: Option<String>,
    first: usize,
    last: usize,
    seen: usize,
    fault: Fault,
}

/// The faults of a server. Of several rules for a call, the first that strikes wins.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    /// Every call of an operation; `*` is every operation of the service.
    pub fn always(self, service: &str, operation: &str, fault: Fault) -> Self {
        self.between(service, operation, 1, usize::MAX, fault)
    }

    /// The first calls of an operation, so many.
    pub fn times(self, service: &str, operation: &str, count: usize, fault: Fault) -> Self {
        self.between(service, operation, 1, count, fault)
    }

    /// The nth call of an operation alone, counted from 1.
    pub fn nth(self, service: &str, operation: &str, nth: usize, fault: Fault) -> Self {
        self.between(service, operation, nth, nth, fault)
    }

    /// Narrows the last rule to calls that have this value among their parameters.
    pub fn about(mut self, value: &str) -> Self {
        if let Some(rule) = self.rules.last_mut() {
            rule.about = Some(value.to_owned());
        }
        self
    }

    fn between(
        mut self,
        service: &str,
        operation: &str,
        first: usize,
        last: usize,
        fault: Fault,
    ) -> Self {
        self.rules.push(Rule {
            service: service.to_owned(),
            operation: operation.to_owned(),
            about: None,
            first,
            last,
            seen: 0,
            fault,
        });
        self
    }

    /// Counts a call and gives the fault that strikes it.
    pub fn strike(&mut self, call: &Call) -> Option<Fault> {
        let mut struck = None;
        for rule in &mut self.rules {
            let operation = rule.operation == "*" || rule.operation == call.operation;
            let about = rule.about.as_ref().is_none_or(|about| {
                let mut values = call.parameters.values();
                values.any(|value| value.as_str() == Some(about.as_str()))
            });
            if rule.service != call.service || !operation || !about {
                continue;
            }
            rule.seen += 1;
            if struck.is_none() && (rule.first..=rule.last).contains(&rule.seen) {
                struck = Some(rule.fault.clone());
            }
        }
        struck
    }
}
