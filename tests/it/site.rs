//! An account and its cluster, both on loopback, and the program scanning them live.

use std::collections::BTreeSet;

use assert_cmd::Command;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eks_auditor::checks::CHECKS;
use serde_json::{Value, json};

use crate::aws_server::faults::Faults;
use crate::aws_server::pages::Paging;
use crate::aws_server::{AwsServer, Settings};
use crate::kubernetes_server::http::{Reply, Request, Server};
use crate::kubernetes_server::objects::{Objects, object};
use crate::kubernetes_tls::{authority, serve_with};
use crate::program::{Ran, eks_auditor, ran};

/// Both servers.
pub struct Site {
    pub aws: AwsServer,
    pub kubernetes: Server,
}

/// The small cluster with pods of the account: of its images, with its service accounts, with a
/// key of one of its users.
pub fn objects() -> Objects {
    let pod = |name: &str, account: &str, image: &str, env: Value| {
        let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{image}");
        let containers = json!([{"name": "c", "image": image, "env": env}]);
        let spec = json!({"serviceAccountName": account, "containers": containers});
        object(
            "shop",
            name,
            json!({"spec": spec, "status": {"phase": "Running"}}),
        )
    };
    let account = |name: &str, role: &str| {
        let role = format!("arn:aws:iam::111122223333:role/apps/{role}");
        let annotations = json!({"eks.amazonaws.com/role-arn": role});
        object(
            "shop",
            name,
            json!({"metadata": {"annotations": annotations}}),
        )
    };
    let key = json!([{"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7BOBKEY1"}]);
    let pods = vec![
        pod("checkout", "checkout", "shop/checkout:2.8.1", json!([])),
        pod("reports", "reports", "shop/reports:latest", json!([])),
        pod("etl", "default", "batch/etl:1.4.0", key),
    ];
    let accounts = vec![
        account("checkout", "shop-checkout"),
        object("shop", "reports", json!({})),
        object("shop", "default", json!({})),
    ];
    Objects::small()
        .more("/api/v1/namespaces", vec![object("", "shop", json!({}))])
        .more("/api/v1/pods", pods)
        .more("/api/v1/serviceaccounts", accounts)
}

/// How the servers behave.
#[derive(Default)]
pub struct Weather {
    pub faults: Faults,
    pub paging: Paging,
    /// More objects, or others.
    pub objects: Option<Objects>,
    /// What DescribeCluster says in the place of the API server's address.
    pub endpoint: Option<String>,
}

impl Site {
    /// Where all goes well.
    pub fn fair() -> Self {
        Self::start(Weather::default(), |_| None)
    }

    /// With faults of AWS, and answers of the API server that `fault` gives instead of its own.
    pub fn start(
        weather: Weather,
        fault: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let authority = authority();
        let objects = weather.objects.unwrap_or_else(objects);
        let kubernetes = serve_with(&authority, "127.0.0.1", move |request| {
            fault(request).unwrap_or_else(|| objects.answer(request))
        });
        let mut settings = Settings {
            faults: weather.faults,
            paging: weather.paging,
            report_takes: 0,
            ..Settings::default()
        };
        let endpoint = weather
            .endpoint
            .unwrap_or_else(|| kubernetes.address().replace("http://", "https://"));
        let cluster = &mut settings.account.list_mut("/eks")[0]["cluster"];
        cluster["endpoint"] = json!(endpoint);
        cluster["certificateAuthority"]["data"] = json!(STANDARD.encode(authority.pem()));
        Self {
            aws: AwsServer::start(settings),
            kubernetes,
        }
    }

    /// The program, pointed at the servers; each call is made once.
    pub fn program(&self) -> Command {
        let mut command = eks_auditor();
        command
            .envs(self.aws.environment())
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    /// An audit with these further arguments: its report and how it ended.
    pub fn audit(&self, arguments: &[&str]) -> (Value, Ran) {
        let mut command = self.program();
        command.args(["audit", "-o", "json", "--with-secrets", "--organization"]);
        let ran = ran(command.args(arguments));
        let report = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error} in the report: {ran:#?}"));
        (report, ran)
    }
}

/// The sources that did not come whole.
pub fn gaps(report: &Value) -> BTreeSet<String> {
    report["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["status"] != "complete" && entry["status"] != "skipped")
        .map(|entry| entry["source"].as_str().unwrap().to_owned())
        .collect()
}

/// The checks that say pass or not applicable though one of these sources, which they need, did
/// not come whole.
pub fn blind_passes(report: &Value, gaps: &BTreeSet<String>) -> Vec<String> {
    let outcome = |id: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == id).unwrap();
        check["outcome"].as_str().unwrap().to_owned()
    };
    CHECKS
        .iter()
        .filter(|one| one.check.needs.iter().any(|need| gaps.contains(need.name)))
        .map(|one| (one.id, outcome(one.id)))
        .filter(|(_, outcome)| outcome == "pass" || outcome == "not_applicable")
        .map(|(id, outcome)| format!("{id} says {outcome}"))
        .collect()
}
