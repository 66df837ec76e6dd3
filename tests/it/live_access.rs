//! How a live scan comes in, from outside: whose credentials, whose token, through which proxy;
//! and what is said where there is no way in.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::aws_server::faults::{Fault, Faults};
use crate::aws_server::{ACCESS_KEY, Logged};
use crate::kubernetes_server::http::{Reply, tunnel_to};
use crate::kubernetes_server::serve_well;
use crate::kubernetes_tls::{authority, serve_with};
use crate::program::{Ran, eks_auditor, ran};
use crate::site::{Site, Weather, blind_passes, gaps, objects};

fn no_access(weather: Weather, status: Option<u16>) -> Site {
    Site::start(weather, move |_| {
        status.map(|status| Reply::status(status, "no"))
    })
}

fn at(endpoint: &str) -> Weather {
    Weather {
        endpoint: Some(endpoint.to_owned()),
        ..Weather::default()
    }
}

/// AWS is audited and reported all the same, soon, with the way out.
#[test]
fn without_any_access_to_the_cluster_aws_is_audited_all_the_same() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("https://{}", silent.local_addr().unwrap());
    // The discard service: nobody listens there.
    let closed = "https://127.0.0.1:9";
    for (what, site, way_out) in [
        (
            "401",
            no_access(Weather::default(), Some(401)),
            "access entry",
        ),
        (
            "403",
            no_access(Weather::default(), Some(403)),
            "eks-auditor permissions",
        ),
        ("closed", no_access(at(closed), None), "public access CIDRs"),
        (
            "silent",
            no_access(at(&silent), None),
            "public access CIDRs",
        ),
    ] {
        let started = Instant::now();
        let file = tempfile::NamedTempFile::new().unwrap();
        let to_file = format!("json={}", file.path().display());
        let mut command = site.program();
        command.env_remove("AWS_MAX_ATTEMPTS").env("COLUMNS", "400");
        let ended = ran(command.args(["audit", "-o", "terminal", "-o", &to_file]));
        let report: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
        assert_eq!(ended.code, 3, "{what}: {}", ended.stderr);
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{what}: {:?}",
            started.elapsed()
        );
        let gaps = gaps(&report);
        assert!(gaps.contains("kubernetes:pods"), "{what}: {gaps:?}");
        let of_aws = gaps.iter().find(|gap| !gap.starts_with("kubernetes:"));
        assert_eq!(of_aws, None, "{what}");
        let findings = report["findings"].as_array().unwrap();
        let of_iam = |one: &&Value| one["resource"]["id"].to_string().contains(":iam::");
        assert!(
            findings.iter().any(|one| of_iam(&one)),
            "{what}: nothing of IAM is found"
        );
        assert_eq!(blind_passes(&report, &gaps), Vec::<String>::new(), "{what}");
        let top = ended.stdout.split("\n\n").nth(1).unwrap_or_default();
        assert!(
            top.starts_with("NOT EVERYTHING WAS SEEN"),
            "{what}: {}",
            ended.stdout
        );
        assert!(top.contains(way_out), "{what}: no way out in {top}");
    }
}

/// Ends at once with one sentence on stderr that has these words, and nothing on stdout.
fn refused(what: &str, ended: &Ran, words: &[&str]) {
    assert_eq!(ended.code, 2, "{what}: {ended:#?}");
    assert!(ended.stdout.is_empty(), "{what}: {ended:#?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{what}: {}", ended.stderr);
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "{what}: no {word} in {}",
            ended.stderr
        );
    }
}

#[test]
fn whoever_cannot_be_the_caller_is_told_why_in_one_sentence() {
    let expired = Faults::default().always("sts", "GetCallerIdentity", Fault::Expired);
    let broken = Faults::default().always("sts", "GetCallerIdentity", Fault::HangUp);
    let role = "arn:aws:iam::111122223333:role/eks-auditor";
    for (faults, arguments, words) in [
        (expired, &[][..], &["expired"][..]),
        (broken, &[], &["sts:GetCallerIdentity"]),
        (
            Faults::default(),
            &["--role-arn", role],
            &[role, "--external-id"],
        ),
        (Faults::default(), &["--profile", "nobody"], &["nobody"]),
        (
            Faults::default().always("account", "ListRegions", Fault::Deny),
            &["--region", "all-enabled"],
            &["--region", "account:ListRegions"],
        ),
        (
            Faults::default(),
            &["--cluster", "staging"],
            &["no EKS cluster named staging"],
        ),
    ] {
        let weather = Weather {
            faults,
            ..Weather::default()
        };
        let site = Site::start(weather, |_| None);
        let mut command = site.program();
        let mut ended = ran(command.arg("audit").args(arguments));
        // What is said of the account and its clusters before is no error.
        let said = |line: &&str| !line.starts_with("reading ") && !line.starts_with("EKS clusters");
        ended.stderr = ended
            .stderr
            .lines()
            .filter(said)
            .collect::<Vec<_>>()
            .join("\n");
        refused(&format!("{arguments:?}"), &ended, words);
    }
}

#[test]
fn a_role_is_taken_with_its_external_id_and_clusters_are_read_as_it() {
    let site = Site::fair();
    let role = "arn:aws:iam::111122223333:role/eks-auditor";
    let external_id = site_external_id();
    let (report, ended) = site.audit(&["--role-arn", role, "--external-id", &external_id]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("assumed-role/eks-auditor"),
        "{}",
        ended.stderr
    );
    assert_eq!(report["clusters"][0]["name"], "prod");
    let log = site.aws.log();
    let by_user = log.iter().filter(|one| signed_by(one) == ACCESS_KEY);
    let actions: Vec<String> = by_user.map(Logged::action).collect();
    assert_eq!(
        actions,
        ["sts:AssumeRole"],
        "the user's own keys are for that alone"
    );
    for request in site.kubernetes.requests() {
        let signed = token_url(request.header("authorization"));
        assert!(!signed.contains(ACCESS_KEY), "{signed}");
        assert!(signed.contains("X-Amz-Security-Token="), "{signed}");
    }
}

/// The external id that the fixture's role asks for.
fn site_external_id() -> String {
    let account = crate::aws_server::account::Account::fixture();
    let mut roles = account.list("/iam/RoleDetailList").iter();
    let role = roles
        .find(|role| role["RoleName"] == "eks-auditor")
        .unwrap();
    let id =
        role.pointer("/AssumeRolePolicyDocument/Statement/0/Condition/StringEquals/sts:ExternalId");
    id.unwrap().as_str().unwrap().to_owned()
}

/// The access key that a request is signed with.
fn signed_by(logged: &Logged) -> &str {
    let header = logged
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    let text = header.map_or("", |(_, value)| value.as_str());
    let after = text.split_once("Credential=").map_or("", |(_, rest)| rest);
    after.split('/').next().unwrap_or_default()
}

#[test]
fn all_enabled_regions_are_asked_and_no_other() {
    let site = Site::fair();
    let (report, ended) = site.audit(&["--region", "all-enabled"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut asked: Vec<String> = site
        .aws
        .log()
        .iter()
        .filter(|one| one.action() == "eks:ListClusters")
        .map(|one| one.call.region.clone())
        .collect();
    asked.sort();
    assert_eq!(asked, ["eu-central-2", "eu-west-1", "us-east-1"]);
    assert_eq!(report["clusters"].as_array().unwrap().len(), 1);
}

/// The URL in a token of ours.
fn token_url(authorization: &str) -> String {
    let token = authorization.strip_prefix("Bearer k8s-aws-v1.");
    let token = token.unwrap_or_else(|| panic!("no token of ours: {authorization}"));
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).unwrap()).unwrap()
}

/// A kubeconfig for a server whose user runs this command.
fn kubeconfig(folder: &Path, server: &str, command: &str, arguments: &[&str]) -> String {
    let path = folder.join("config");
    let arguments = serde_json::to_string(arguments).unwrap();
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      \
         interactiveMode: Never\n      command: {command}\n      args: {arguments}\n"
    );
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A program of this name that leaves a mark when it runs, and gives a token of its own.
fn plant(folder: &Path, name: &str) -> std::path::PathBuf {
    let (program, mark) = (folder.join(name), folder.join("it-ran"));
    let credential = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"from-a-program"}}"#;
    let script = format!(
        "#!/bin/sh\necho ran >'{}'\necho '{credential}'\n",
        mark.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    mark
}

#[test]
fn a_kubeconfig_that_wants_a_token_of_eks_gets_ours_and_runs_no_program() {
    for (program, arguments, cluster) in [
        (
            "aws",
            &[
                "--region",
                "eu-west-1",
                "eks",
                "get-token",
                "--cluster-name",
                "prod",
                "--output",
                "json",
            ][..],
            "prod",
        ),
        ("aws-iam-authenticator", &["token", "-i", "prod"], "prod"),
    ] {
        let site = Site::fair();
        let server = serve_well(objects());
        let folder = tempfile::tempdir().unwrap();
        let mark = plant(folder.path(), program);
        let config = kubeconfig(folder.path(), &server.address(), program, arguments);
        let mut command = site.program();
        command.env("PATH", folder.path());
        command.args([
            "audit",
            "-o",
            "json",
            "--with-secrets",
            "--kubeconfig",
            &config,
        ]);
        let ended = ran(&mut command);
        assert_eq!(ended.code, 0, "{program}: {}", ended.stderr);
        assert!(!mark.exists(), "{program} was run");
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        let clusters = report["clusters"].as_array().unwrap();
        assert_eq!(clusters.len(), 1, "{clusters:?}");
        assert_eq!(clusters[0]["name"], cluster, "the cluster that EKS knows");
        assert!(
            site.kubernetes.requests().is_empty(),
            "the kubeconfig's server alone is read"
        );
        let requests = server.requests();
        assert!(requests.len() > 20, "{} requests", requests.len());
        let mut tokens: Vec<&str> = requests
            .iter()
            .map(|one| one.header("authorization"))
            .collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "one token serves all");
        let url = token_url(tokens[0]);
        for part in [
            "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            &format!("X-Amz-Credential={ACCESS_KEY}%2F"),
            "%2Feu-west-1%2Fsts%2Faws4_request",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
            "X-Amz-Signature=",
        ] {
            assert!(url.contains(part), "{program}: no {part} in {url}");
        }
    }
}

#[test]
fn another_program_runs_only_where_that_is_allowed() {
    let site = Site::fair();
    let server = serve_well(objects());
    let folder = tempfile::tempdir().unwrap();
    let mark = plant(folder.path(), "login");
    let program = folder.path().join("login");
    let config = kubeconfig(
        folder.path(),
        &server.address(),
        program.to_str().unwrap(),
        &[],
    );
    let audit = |more: &[&str]| {
        let mut command = site.program();
        command.args([
            "audit",
            "-o",
            "json",
            "--with-secrets",
            "--kubeconfig",
            &config,
        ]);
        ran(command.args(more))
    };
    refused(
        "not allowed",
        &audit(&[]),
        &["`u`", "--allow-exec", "login"],
    );
    assert!(!mark.exists(), "it was run");
    assert!(site.aws.log().is_empty(), "nothing is asked before");
    assert!(server.requests().is_empty());
    let ended = audit(&["--allow-exec"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let tokens = server.requests();
    let own = tokens
        .iter()
        .all(|one| one.header("authorization") == "Bearer from-a-program");
    assert!(mark.exists() && own, "{tokens:?}");
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_one_sentence() {
    let site = Site::fair();
    let folder = tempfile::tempdir().unwrap();
    let config = kubeconfig(
        folder.path(),
        "https://127.0.0.1:9",
        "aws",
        &["eks", "get-token"],
    );
    let missing = folder.path().join("missing");
    for (arguments, words) in [
        (
            &["--kubeconfig", missing.to_str().unwrap()][..],
            &["missing"][..],
        ),
        (&["--kubeconfig", &config, "--context", "prod"], &["prod"]),
        (&["--kubeconfig", &config], &["--allow-exec", "no cluster"]),
        (&["--in-cluster"], &["in-cluster"]),
    ] {
        let mut command = site.program();
        let ended = ran(command.arg("audit").args(arguments));
        refused(&format!("{arguments:?}"), &ended, words);
    }
    assert!(
        site.aws.log().is_empty(),
        "what was given is looked at before anything is asked"
    );
}

/// No endpoint is set: the name that the SDK chose is asked of the proxy.
#[test]
fn aws_is_asked_through_the_proxy_of_the_environment() {
    let own = authority();
    let server = serve_with(&own, "sts.eu-west-1.amazonaws.com", |_| {
        Reply::new(403, "no")
    });
    let (proxy, tunnels) = tunnel_to(server.socket());
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    fs::write(&bundle, own.pem()).unwrap();
    let mut command = eks_auditor();
    command
        .env("HTTPS_PROXY", format!("http://{proxy}"))
        .env("AWS_CA_BUNDLE", &bundle)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env("AWS_MAX_ATTEMPTS", "1");
    let ended = ran(command.arg("audit"));
    refused("403", &ended, &["sts:GetCallerIdentity"]);
    let tunnels = tunnels.lock().unwrap();
    let asked: Vec<&str> = tunnels.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(asked, ["sts.eu-west-1.amazonaws.com:443"]);
    // How often is the client's affair: it sends again what a closing connection may have lost.
    assert!(!server.requests().is_empty(), "{ended:#?}");
}
