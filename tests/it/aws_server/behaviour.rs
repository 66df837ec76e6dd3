//! Faults, refusals and filters of the server, as boto3 meets them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::faults::{Fault, Faults};
use super::wire::ApiError;
use super::{ACCESS_KEY, AwsServer, Settings};
use crate::python;

/// How calls ended, in their order.
fn ask(server: &AwsServer, calls: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = calls.iter().map(Value::to_string).collect();
    let printed = python::run(
        "tests/python/ask.py",
        &server.environment(),
        &lines.join("\n"),
    );
    let outcomes: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(outcomes.len(), calls.len(), "{printed}");
    outcomes
}

fn with_faults(faults: Faults) -> AwsServer {
    AwsServer::start(Settings {
        faults,
        ..Settings::default()
    })
}

/// One call of each service, that needs no parameter.
fn one_of_each() -> Vec<Value> {
    [
        ("account", "ListRegions"),
        ("ec2", "DescribeInstances"),
        ("ecr", "DescribeRepositories"),
        ("eks", "ListClusters"),
        ("elbv2", "DescribeLoadBalancers"),
        ("iam", "GetAccountAuthorizationDetails"),
        ("secretsmanager", "ListSecrets"),
        ("sts", "GetCallerIdentity"),
    ]
    .map(|(service, operation)| json!({"service": service, "operation": operation}))
    .to_vec()
}

/// A service's name in the credential scope, by its name in boto3.
fn scope(call: &Value) -> &str {
    match call["service"].as_str() {
        Some("elbv2") => "elasticloadbalancing",
        name => name.unwrap(),
    }
}

#[test]
fn each_fault_is_told_in_the_form_of_each_service() {
    // In the order of `one_of_each`: the codes that boto3 reads, and the statuses.
    let own = Fault::Error(ApiError::new(418, "TeapotException", "short & <stout>"));
    let cases: [(Fault, [(&str, u16); 8]); 6] = [
        (
            Fault::Deny,
            [
                ("AccessDeniedException", 403),
                ("UnauthorizedOperation", 403),
                ("AccessDeniedException", 400),
                ("AccessDeniedException", 403),
                ("AccessDenied", 403),
                ("AccessDenied", 403),
                ("AccessDeniedException", 400),
                ("AccessDenied", 403),
            ],
        ),
        (
            Fault::Throttle,
            [
                ("TooManyRequestsException", 429),
                ("RequestLimitExceeded", 503),
                ("ThrottlingException", 400),
                ("TooManyRequestsException", 429),
                ("Throttling", 400),
                ("Throttling", 400),
                ("ThrottlingException", 400),
                ("Throttling", 400),
            ],
        ),
        (
            Fault::Expired,
            [
                ("ExpiredTokenException", 403),
                ("RequestExpired", 400),
                ("ExpiredTokenException", 400),
                ("ExpiredTokenException", 403),
                ("ExpiredToken", 403),
                ("ExpiredToken", 403),
                ("ExpiredTokenException", 400),
                ("ExpiredToken", 403),
            ],
        ),
        (
            Fault::Broken,
            [
                ("InternalServerException", 500),
                ("InternalError", 500),
                ("ServerException", 500),
                ("ServerException", 500),
                ("InternalFailure", 500),
                ("ServiceFailure", 500),
                ("InternalServiceError", 500),
                ("InternalFailure", 500),
            ],
        ),
        (own, [("TeapotException", 418); 8]),
        (Fault::NotImplemented, [("404", 404); 8]),
    ];
    for (fault, wanted) in cases {
        let mut faults = Faults::default();
        for call in one_of_each() {
            faults = faults.always(scope(&call), "*", fault.clone());
        }
        let server = with_faults(faults);
        let outcomes = ask(&server, &one_of_each());
        for ((call, outcome), (code, status)) in one_of_each().iter().zip(outcomes).zip(wanted) {
            if fault == Fault::NotImplemented {
                // Clients make different things of a page of HTML; none takes it for an answer.
                assert!(outcome.get("answer").is_none(), "{call}: {outcome}");
                continue;
            }
            let wanted = json!({"error": code, "status": status});
            assert_eq!(outcome, wanted, "{fault:?} of {call}");
        }
    }
}

#[test]
fn broken_connections_and_bodies_are_no_answers() {
    for fault in [Fault::CutBody, Fault::Garbage, Fault::HangUp] {
        let mut faults = Faults::default();
        for call in one_of_each() {
            faults = faults.always(scope(&call), "*", fault.clone());
        }
        let server = with_faults(faults);
        for (call, outcome) in one_of_each().iter().zip(ask(&server, &one_of_each())) {
            // boto3 takes what is no JSON for an answer without members.
            let members = outcome["answer"].as_object().into_iter().flatten();
            let nothing = !members.into_iter().any(|(_, member)| !member.is_string());
            let broken = outcome.get("broken").is_some();
            assert!(
                broken || (nothing && fault == Fault::Garbage),
                "{fault:?} of {call}: {outcome}"
            );
        }
        let unanswered = server.log().iter().all(|logged| logged.status == 0);
        assert_eq!(unanswered, fault == Fault::HangUp, "{fault:?}");
    }
}

#[test]
fn a_fault_strikes_the_calls_it_is_set_for() {
    let faults = Faults::default()
        .times("eks", "ListClusters", 2, Fault::Throttle)
        .nth("sts", "GetCallerIdentity", 2, Fault::Expired)
        .always("ecr", "DescribeImages", Fault::Deny)
        .about("batch/etl");
    let server = with_faults(faults);
    let clusters = json!({"service": "eks", "operation": "ListClusters"});
    let caller = json!({"service": "sts", "operation": "GetCallerIdentity"});
    let images = |name: &str| json!({"service": "ecr", "operation": "DescribeImages", "parameters": {"repositoryName": name}});
    let calls = [
        clusters.clone(),
        clusters.clone(),
        clusters,
        caller.clone(),
        caller.clone(),
        caller,
        images("batch/etl"),
        images("base/java"),
        images("batch/etl"),
    ];
    let errors: Vec<_> = ask(&server, &calls)
        .iter()
        .map(|outcome| outcome["error"].as_str().unwrap_or("-").to_owned())
        .collect();
    let wanted = [
        "TooManyRequestsException",
        "TooManyRequestsException",
        "-",
        "-",
        "ExpiredToken",
        "-",
        "AccessDeniedException",
        "-",
        "AccessDeniedException",
    ];
    assert_eq!(errors, wanted);
}

#[test]
fn a_looping_token_is_given_again_and_again() {
    let server = with_faults(Faults::default().always("ecr", "*", Fault::LoopToken));
    let once = json!({"service": "ecr", "operation": "DescribeRepositories", "parameters": {"maxResults": 2}});
    let all = json!({"service": "ecr", "operation": "DescribeRepositories", "pages": true});
    let outcomes = ask(&server, &[once, all]);
    assert_eq!(outcomes[0]["answer"]["nextToken"], "the-same-token");
    assert_eq!(outcomes[1], json!({"broken": "PaginationError"}));
}

#[test]
fn a_role_is_assumed_with_its_external_id_and_its_session_has_its_name() {
    let server = with_faults(Faults::default());
    let assume = |role: &str, id: Option<&str>| {
        let mut parameters = json!({
            "RoleArn": format!("arn:aws:iam::111122223333:role/{role}"),
            "RoleSessionName": "scan",
        });
        if let Some(id) = id {
            parameters["ExternalId"] = json!(id);
        }
        json!({"service": "sts", "operation": "AssumeRole", "parameters": parameters})
    };
    let caller = json!({"service": "sts", "operation": "GetCallerIdentity"});
    let calls = [
        caller.clone(),
        assume("nobody", None),
        assume("eks-auditor", None),
        assume("eks-auditor", Some("wrong")),
        assume("eks-auditor", Some("audit-7f3a")),
        caller,
    ];
    let outcomes = ask(&server, &calls);
    let arns: Vec<_> = [0, 5]
        .map(|at| outcomes[at]["answer"]["Arn"].clone())
        .to_vec();
    let alice = "arn:aws:iam::111122223333:user/people/alice";
    let session = "arn:aws:sts::111122223333:assumed-role/eks-auditor/scan";
    assert_eq!(arns, [json!(alice), json!(session)]);
    for at in [1, 2, 3] {
        assert_eq!(outcomes[at]["error"], "AccessDenied", "{}", calls[at]);
    }
}

#[test]
fn what_is_not_there_or_not_known_is_an_error() {
    let server = with_faults(Faults::default());
    let case = |service: &str, operation: &str, parameters: Value, error: &str| {
        let call = json!({"service": service, "operation": operation, "parameters": parameters});
        (call, error.to_owned())
    };
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:old/token-Wn77Xr";
    let untagged = json!({"repositoryName": "batch/etl", "imageId": {"imageTag": "none"}});
    let unscanned = json!({"repositoryName": "base/java", "imageId": {"imageTag": "21"}});
    let cases = [
        case(
            "eks",
            "DescribeCluster",
            json!({"name": "none"}),
            "ResourceNotFoundException",
        ),
        case(
            "eks",
            "DescribeAddon",
            json!({"clusterName": "prod", "addonName": "none"}),
            "ResourceNotFoundException",
        ),
        case(
            "eks",
            "ListClusters",
            json!({"nextToken": "ListAddons/1/true"}),
            "InvalidParameterException",
        ),
        case(
            "ecr",
            "DescribeImages",
            json!({"repositoryName": "none"}),
            "RepositoryNotFoundException",
        ),
        case(
            "ecr",
            "GetRepositoryPolicy",
            json!({"repositoryName": "batch/etl"}),
            "RepositoryPolicyNotFoundException",
        ),
        case(
            "ecr",
            "GetLifecyclePolicy",
            json!({"repositoryName": "batch/etl"}),
            "LifecyclePolicyNotFoundException",
        ),
        case(
            "ecr",
            "DescribeImageScanFindings",
            untagged,
            "ImageNotFoundException",
        ),
        case(
            "ecr",
            "DescribeImageScanFindings",
            unscanned,
            "ScanNotFoundException",
        ),
        case("iam", "GetCredentialReport", json!({}), "ReportNotPresent"),
        case(
            "iam",
            "ListAccessKeys",
            json!({"UserName": "none"}),
            "NoSuchEntity",
        ),
        case(
            "iam",
            "GetOpenIDConnectProvider",
            json!({"OpenIDConnectProviderArn": "arn:aws:iam::1:oidc-provider/none"}),
            "NoSuchEntity",
        ),
        case(
            "secretsmanager",
            "DescribeSecret",
            json!({"SecretId": "none"}),
            "ResourceNotFoundException",
        ),
        case(
            "secretsmanager",
            "GetResourcePolicy",
            json!({"SecretId": secret}),
            "InvalidRequestException",
        ),
        // A parameter that the server does not look at.
        case(
            "secretsmanager",
            "ListSecrets",
            json!({"SortOrder": "asc"}),
            "ValidationException",
        ),
    ];
    let calls: Vec<_> = cases.iter().map(|(call, _)| call.clone()).collect();
    for ((call, wanted), outcome) in cases.iter().zip(ask(&server, &calls)) {
        assert_eq!(outcome["error"], *wanted, "{call}: {outcome}");
    }
    // An operation that it does not have at all, and least of all this one.
    let value = json!({"service": "secretsmanager", "operation": "GetSecretValue", "parameters": {"SecretId": "old/token"}});
    let outcome = &ask(&server, &[value])[0];
    assert!(outcome.get("answer").is_none(), "{outcome}");
    let last = server.log().pop().unwrap();
    assert_eq!(
        (last.action().as_str(), last.status),
        ("secretsmanager:-", 404)
    );
}

#[test]
fn another_region_is_empty_and_filters_are_heeded() {
    let server = with_faults(Faults::default());
    let abroad = |service: &str, operation: &str| json!({"service": service, "operation": operation, "region": "us-east-1"});
    let calls = [
        abroad("eks", "ListClusters"),
        abroad("ecr", "DescribeRepositories"),
        abroad("ecr", "GetRegistryScanningConfiguration"),
        abroad("secretsmanager", "ListSecrets"),
        abroad("iam", "ListOpenIDConnectProviders"),
        json!({"service": "account", "operation": "ListRegions", "parameters": {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}}),
        json!({"service": "iam", "operation": "GetAccountAuthorizationDetails", "parameters": {"Filter": ["Group", "LocalManagedPolicy"]}}),
        json!({"service": "secretsmanager", "operation": "ListSecrets"}),
    ];
    let outcomes = ask(&server, &calls);
    let length = |at: usize, list: &str| outcomes[at]["answer"][list].as_array().map(Vec::len);
    assert_eq!(length(0, "clusters"), Some(0));
    assert_eq!(length(1, "repositories"), Some(0));
    assert_eq!(
        outcomes[2]["answer"]["scanningConfiguration"]["scanType"],
        "BASIC"
    );
    assert_eq!(length(3, "SecretList"), Some(0));
    assert_eq!(length(4, "OpenIDConnectProviderList"), Some(2));
    assert_eq!(length(5, "Regions"), Some(3));
    let kinds = [
        "UserDetailList",
        "GroupDetailList",
        "RoleDetailList",
        "Policies",
    ];
    assert_eq!(kinds.map(|kind| length(6, kind)), [0, 2, 0, 2].map(Some));
    assert_eq!(
        length(7, "SecretList"),
        Some(5),
        "not the one that is scheduled for deletion"
    );
    let logged = &server.log()[6];
    assert_eq!(
        logged.call.parameters["Filter"],
        json!(["Group", "LocalManagedPolicy"])
    );
    assert!(
        logged.headers.iter().any(|(name, _)| name == "user-agent"),
        "{logged:?}"
    );
}

/// Speaks to the server without a client: a call of ECR, signed by `key`.
fn by_hand(server: &AwsServer, key: &str) -> String {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nX-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeRepositories\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={key}/20261124/eu-west-1/ecr/aws4_request, Signature=0\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn calls_that_wait_are_counted_together() {
    let slow = Fault::Slow(Duration::from_millis(500));
    let server = with_faults(Faults::default().always("ecr", "*", slow));
    let barrier = Barrier::new(4);
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                let answer = by_hand(&server, ACCESS_KEY);
                assert!(answer.contains("\"base/java\""), "{answer}");
            });
        }
    });
    assert!(begin.elapsed() >= Duration::from_millis(500));
    assert!(
        server.most_at_once("ecr") >= 2,
        "{}",
        server.most_at_once("ecr")
    );
    assert_eq!(server.most_at_once("eks"), 0);
}

#[test]
fn a_key_that_is_not_known_is_refused() {
    let answer = by_hand(&with_faults(Faults::default()), "AKIASOMEBODYELSE0000");
    assert!(answer.contains("UnrecognizedClientException"), "{answer}");
}
