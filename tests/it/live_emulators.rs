//! Live scans of stand-ins that others wrote, and what the AWS CLI prints of the same account.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ran, eks_auditor, ran};
use crate::python::{Emulator, command, program};
use crate::site::{blind_passes, gaps};

const KUBERNETES: &str = "examples/live-demo/kubernetes";
const TIME: &str = "2026-11-24T00:00:00Z";

/// EKS always tells it, moto does not, and the SDK then says `false`.
const OMITTED: &str =
    "/clusters/demo/eks/cluster/resourcesVpcConfig/endpointPrivateAccess: live false";

/// Runs the program with these arguments against an emulator.
fn scan(emulator: &Emulator, arguments: &[&str]) -> Ran {
    let mut command = eks_auditor();
    command
        .envs(emulator.environment())
        .env("AWS_MAX_ATTEMPTS", "1");
    ran(command.args(arguments))
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

fn live(emulator: &Emulator) -> (Value, Ran) {
    let ran = scan(
        emulator,
        &[
            "audit", "-o", "json", "--live", "aws", "--as-of", TIME, "--input", KUBERNETES,
        ],
    );
    (report(&ran), ran)
}

fn found(report: &Value, check: &str) -> bool {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().any(|finding| finding["check"] == check)
}

#[test]
fn moto_is_audited_and_what_it_does_not_serve_is_named() {
    let moto = Emulator::moto();
    moto.seed();
    let (report, ran) = live(&moto);
    let gaps = gaps(&report);
    let expected = [
        "eks:DescribeAccessEntry",
        "eks:DescribeAddon",
        "eks:DescribeIdentityProviderConfig",
        "eks:DescribePodIdentityAssociation",
        "eks:ListAssociatedAccessPolicies",
    ];
    assert_eq!(gaps, expected.map(str::to_owned).into(), "{}", ran.stderr);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(blind_passes(&report, &gaps), Vec::<String>::new());
    for check in [
        "workload-role-admin",
        "image-critical-findings",
        "workload-role-reads-any-secret",
    ] {
        assert!(found(&report, check), "no {check} in {report:#}");
    }
}

#[test]
fn ministack_is_audited_and_shows_what_moto_does_not_serve() {
    let ministack = Emulator::ministack();
    ministack.seed();
    let (report, ran) = live(&ministack);
    let gaps = gaps(&report);
    assert!(ran.code == 0 || ran.code == 3, "{ran:#?}");
    assert_eq!(ran.code == 3, !gaps.is_empty(), "{gaps:?}");
    for source in [
        "eks:DescribeAccessEntry",
        "eks:DescribeAddon",
        "eks:DescribePodIdentityAssociation",
    ] {
        assert!(!gaps.contains(source), "{source}: {}", report["coverage"]);
    }
    assert_eq!(blind_passes(&report, &gaps), Vec::<String>::new());
    assert!(found(&report, "cluster-admin-from-aws"), "{report:#}");
}

/// The AWS CLI, printing into files.
struct Cli<'a> {
    emulator: &'a Emulator,
    folder: &'a Path,
    files: usize,
}

impl Cli<'_> {
    /// What the CLI prints; `None` where the service says that there is nothing of that kind.
    fn ask(&self, arguments: &[&str]) -> Option<Value> {
        let mut aws = command(&program("aws"));
        aws.envs(self.emulator.environment())
            .args(arguments)
            .args(["--output", "json"]);
        let output = aws.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        if error.contains("NotFoundException") {
            return None;
        }
        assert!(output.status.success(), "aws {arguments:?}: {error}");
        Some(serde_json::from_slice(&output.stdout).unwrap())
    }

    fn keep(&mut self, print: &Value) {
        self.files += 1;
        let path = self.folder.join(format!("{:03}.json", self.files));
        fs::write(path, print.to_string()).unwrap();
    }

    /// Asks, keeps the print as it is, and gives it.
    fn dump(&mut self, arguments: &[&str]) -> Value {
        let print = self.ask(arguments);
        print.iter().for_each(|print| self.keep(print));
        print.unwrap_or_default()
    }

    /// Keeps a print that does not name its subject in an envelope.
    fn envelope(
        &mut self,
        source: &str,
        region: Option<&str>,
        request: Value,
        arguments: &[&str],
    ) -> Value {
        let Some(print) = self.ask(arguments) else {
            return Value::Null;
        };
        self.keep(
            &json!({"source": source, "account": "111122223333", "region": region,
            "request": request, "response": print}),
        );
        print
    }
}

fn texts<'v>(print: &'v Value, list: &str, member: &str) -> Vec<&'v str> {
    let items = print[list].as_array().map_or(&[][..], Vec::as_slice);
    items
        .iter()
        .map(|item| {
            if member.is_empty() {
                item
            } else {
                &item[member]
            }
        })
        .filter_map(Value::as_str)
        .collect()
}

/// All of an account that the demo's scan reads and moto serves.
fn dump_account(cli: &mut Cli<'_>) {
    let region = Some("eu-west-1");
    cli.dump(&["sts", "get-caller-identity"]);
    let account = cli.dump(&["iam", "get-account-authorization-details"]);
    for user in texts(&account, "UserDetailList", "UserName") {
        let keys = cli.ask(&["iam", "list-access-keys", "--user-name", user]);
        // A print without a key names nobody.
        keys.iter()
            .filter(|print| !texts(print, "AccessKeyMetadata", "UserName").is_empty())
            .for_each(|print| cli.keep(print));
    }
    let providers = cli.dump(&["iam", "list-open-id-connect-providers"]);
    for arn in texts(&providers, "OpenIDConnectProviderList", "Arn") {
        let request = json!({"OpenIDConnectProviderArn": arn});
        let arguments = [
            "iam",
            "get-open-id-connect-provider",
            "--open-id-connect-provider-arn",
            arn,
        ];
        cli.envelope("iam:GetOpenIDConnectProvider", None, request, &arguments);
    }
    cli.ask(&["iam", "generate-credential-report"]);
    cli.dump(&["iam", "get-credential-report"]);
    let clusters = cli.envelope(
        "eks:ListClusters",
        region,
        json!({}),
        &["eks", "list-clusters"],
    );
    for name in texts(&clusters, "clusters", "") {
        let of = ["--cluster-name", name];
        cli.dump(&["eks", "describe-cluster", "--name", name]);
        for (list, describe, member, flag) in [
            (
                "list-nodegroups",
                "describe-nodegroup",
                "nodegroups",
                "--nodegroup-name",
            ),
            (
                "list-fargate-profiles",
                "describe-fargate-profile",
                "fargateProfileNames",
                "--fargate-profile-name",
            ),
        ] {
            let names = cli.ask(&[&["eks", list][..], &of].concat()).unwrap();
            for one in texts(&names, member, "") {
                cli.dump(&[&["eks", describe][..], &of, &[flag, one]].concat());
            }
        }
    }
    cli.envelope(
        "ecr:GetRegistryScanningConfiguration",
        region,
        json!({}),
        &["ecr", "get-registry-scanning-configuration"],
    );
    let repositories = cli.dump(&["ecr", "describe-repositories"]);
    for name in texts(&repositories, "repositories", "repositoryName") {
        let of = ["--repository-name", name];
        let images = cli.dump(&[&["ecr", "describe-images"][..], &of].concat());
        cli.dump(&[&["ecr", "get-repository-policy"][..], &of].concat());
        cli.dump(&[&["ecr", "get-lifecycle-policy"][..], &of].concat());
        for digest in texts(&images, "imageDetails", "imageDigest") {
            let image = format!("imageDigest={digest}");
            cli.dump(
                &[
                    &["ecr", "describe-image-scan-findings"][..],
                    &of,
                    &["--image-id", &image],
                ]
                .concat(),
            );
        }
    }
    let secrets = cli.dump(&[
        "secretsmanager",
        "list-secrets",
        "--include-planned-deletion",
    ]);
    for arn in texts(&secrets, "SecretList", "ARN") {
        cli.dump(&["secretsmanager", "get-resource-policy", "--secret-id", arn]);
    }
}

#[test]
fn what_the_aws_cli_prints_gives_the_facts_and_findings_of_a_live_scan() {
    let moto = Emulator::moto();
    moto.seed();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    fs::create_dir(&dump).unwrap();
    dump_account(&mut Cli {
        emulator: &moto,
        folder: &dump,
        files: 0,
    });
    let dump = dump.to_str().unwrap();

    let (scanned, _) = live(&moto);
    let from_files = ran(eks_auditor().args([
        "audit", "-o", "json", "--as-of", TIME, "--input", dump, KUBERNETES,
    ]));
    let printed = report(&from_files);
    let gist = |report: &Value| -> BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|one| format!("{} {}", one["check"], one["resource"]["id"]))
            .collect()
    };
    assert_eq!(gist(&scanned), gist(&printed), "{}", from_files.stderr);
    assert_eq!(scanned["findings"], printed["findings"]);

    let snapshot = |name: &str, run: &dyn Fn(&str) -> Ran| -> Value {
        let path = folder.path().join(name);
        let ended = run(path.to_str().unwrap());
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {ended:#?}"));
        serde_json::from_str(&text).unwrap()
    };
    let of_scan = snapshot("scan.json", &|out| {
        scan(
            &moto,
            &[
                "collect", "--live", "aws", "--as-of", TIME, "--input", KUBERNETES, "--out", out,
            ],
        )
    });
    let of_print = snapshot("print.json", &|out| {
        ran(eks_auditor().args([
            "collect", "--as-of", TIME, "--input", dump, KUBERNETES, "--out", out,
        ]))
    });
    for part in [
        "/accounts/111122223333/iam",
        "/accounts/111122223333/regions",
        "/clusters",
    ] {
        let (scanned, printed) = (
            of_scan.pointer(part).unwrap(),
            of_print.pointer(part).unwrap(),
        );
        let mut differences = differences(scanned, printed, part);
        differences.retain(|one| !one.starts_with(OMITTED));
        assert_eq!(differences, Vec::<String>::new());
    }
}

/// Where two values differ, at most ten places.
fn differences(one: &Value, other: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let null = &Value::Null;
                let (a, b) = (a.get(key).unwrap_or(null), b.get(key).unwrap_or(null));
                found.extend(differences(a, b, &format!("{at}/{key}")));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                found.extend(differences(a, b, &format!("{at}/{index}")));
            }
        }
        _ if one == other => {}
        _ => {
            let short = |value: &Value| value.to_string().chars().take(200).collect::<String>();
            found.push(format!(
                "{at}: live {} and printed {}",
                short(one),
                short(other)
            ));
        }
    }
    found.truncate(10);
    found
}
