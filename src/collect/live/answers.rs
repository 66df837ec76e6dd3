//! The AWS half of a scan over canned answers: what is read, and what goes into the coverage when
//! one call is answered otherwise.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

use super::canned::{ACCOUNT, Account, Reply, typed, xml};
use super::{Entrance, LiveOptions, Which, aws};
use crate::collect::aws::calls;
use crate::collect::aws::session::{AwsOptions, Session};
use crate::collect::progress::Silent;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Status::{self, Complete, Denied, Failed, Partial, Skipped};
use crate::snapshot::time::Time;

const REGION: &str = "111122223333/eu-west-1";

/// A pod that runs the image and holds a key.
fn pods() -> Snapshot {
    let mut given = Snapshot::new(Time::default());
    given.clusters.entry("prod".into()).or_default().kubernetes =
        serde_json::from_value(serde_json::json!({"pods": [{"metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c",
                "image": format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/app:v1"),
                "env": [{"name": "K", "value": "AKIAIOSFODNN7EXAMPLA"}]}]}}]}))
        .unwrap();
    given
}

/// Scans the account; gives what was seen and which calls were made.
fn scan(fault: Option<(&'static str, Reply)>) -> (Snapshot, Vec<String>) {
    let account = Account {
        fault,
        asked: Arc::default(),
    };
    let connector = SharedHttpConnector::new(account.clone());
    let session = Session::of_test(http_client_fn(move |_, _| connector.clone()));
    let given = pods();
    let options = LiveOptions {
        which: Which::Aws,
        aws: AwsOptions::default(),
        organization: false,
        services: Vec::new(),
        clusters: Vec::new(),
        entrance: Entrance::Eks,
        kubernetes: crate::collect::kubernetes::KubernetesOptions::default(),
        taken_at: Time::default(),
        given: Some(&given),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let snapshot = runtime.block_on(async {
        let mut scan = aws::begin(&options, &session, &Silent).await.unwrap();
        scan.read().await.unwrap();
        scan.read_what_runs(options.given).await;
        scan.snapshot
    });
    let asked = account.asked.lock().unwrap().clone();
    (snapshot, asked)
}

#[test]
fn a_whole_scan_sees_all_and_asks_each_fact_once() {
    let (snapshot, asked) = scan(None);
    let gaps: Vec<_> = snapshot.coverage.gaps().collect();
    assert!(gaps.is_empty(), "{gaps:#?}");
    let account = snapshot.accounts.get(ACCOUNT).unwrap();
    let region = account.regions.get("eu-west-1").unwrap();
    let cluster = snapshot.clusters.get("prod").unwrap();
    let seen = [
        ("roles", account.iam.roles.len(), 2),
        ("providers", account.iam.oidc_providers.len(), 1),
        ("report rows", account.iam.credential_report.len(), 1),
        ("keys", account.iam.access_keys.len(), 1),
        ("repositories", region.ecr.repositories.len(), 1),
        ("images", region.ecr.images.len(), 1),
        ("findings", region.ecr.findings.len(), 1),
        ("repository policies", region.ecr.policies.len(), 0),
        ("secrets", region.secretsmanager.secrets.len(), 1),
        (
            "replicas",
            region.secretsmanager.secrets[0].replication_status.len(),
            1,
        ),
        ("instances", region.ec2.instances.len(), 2),
        ("security groups", region.ec2.security_groups.len(), 1),
        (
            "launch templates",
            region.ec2.launch_template_versions.len(),
            1,
        ),
        ("versions", region.secretsmanager.versions.len(), 1),
        ("parameters", region.ssm.parameters.len(), 1),
        ("keys", region.kms.keys.len(), 1),
        ("key policies", region.kms.policies.len(), 1),
        ("grants", region.kms.grants.len(), 1),
        ("rotation", region.kms.rotation.len(), 1),
        ("aliases", region.kms.aliases.len(), 1),
        ("load balancers", region.elbv2.load_balancers.len(), 1),
        ("listeners", region.elbv2.listeners.len(), 1),
        ("node groups", cluster.eks.nodegroups.len(), 1),
        ("access policies", cluster.eks.access[0].policies.len(), 1),
    ];
    for (what, count, expected) in seen {
        assert_eq!(count, expected, "{what}");
    }
    let mut once = asked.clone();
    once.sort();
    once.dedup();
    // The authorization details come in two pages.
    assert_eq!(asked.len(), once.len() + 1, "{asked:#?}");
    for call in &once {
        assert!(
            calls().iter().any(|declared| declared.action == call),
            "{call} is not declared"
        );
    }
    let iam = asked.iter().filter(|call| call.starts_with("iam:")).count();
    assert!(
        iam <= 2 + 6 + 1,
        "{iam} calls of IAM: two pages, six, one provider"
    );
}

#[test]
fn what_ec2_says_is_read_as_the_cli_prints_it_and_user_data_is_not() {
    let (snapshot, _) = scan(None);
    let region = &snapshot.accounts.get(ACCOUNT).unwrap().regions["eu-west-1"];
    let printed = serde_json::json!({
        "instances": [
            {"InstanceId": "i-1", "Placement": {"AvailabilityZone": "eu-west-1a"},
             "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
             "SecurityGroups": [], "Tags": [{"Key": "a", "Value": ""}]},
            {"InstanceId": "i-2", "SecurityGroups": [{"GroupId": "sg-1"}]},
        ],
        "security_groups": [{"GroupId": "sg-1", "OwnerId": "1", "IpPermissions": [{"IpProtocol": "tcp",
            "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "PrefixListIds": [{"PrefixListId": "pl-1"}]}]}],
        "subnets": [{"SubnetId": "subnet-1", "OwnerId": "1", "VpcId": "vpc-1"}],
        "route_tables": [{"RouteTableId": "rtb-1", "OwnerId": "1", "VpcId": "vpc-1", "Associations": [{"Main": true}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}],
        "launch_template_versions": [{"LaunchTemplateId": "lt-1", "VersionNumber": 3, "DefaultVersion": true,
            "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}}}],
    });
    assert_eq!(region.ec2, serde_json::from_value(printed).unwrap());
    let printed = serde_json::json!({
        "load_balancers": [{"LoadBalancerArn": "arn:lb", "DNSName": "a.elb", "Scheme": "internet-facing",
            "Type": "network", "SecurityGroups": ["sg-1"]}],
        "listeners": [{"ListenerArn": "arn:li", "LoadBalancerArn": "arn:lb", "Port": 443, "Protocol": "TLS"}],
    });
    assert_eq!(region.elbv2, serde_json::from_value(printed).unwrap());
    let text = serde_json::to_string(&snapshot).unwrap();
    assert!(!text.contains("c2VjcmV0"), "{text}");
}

#[test]
fn an_odd_answer_costs_its_source_and_is_never_nothing() {
    let html = || (404, "<html>404 Not Found</html>".to_owned());
    let denied = || typed("AccessDeniedException");
    let query = |code: &str| {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        (403, body)
    };
    let nothing = || (200, String::new());
    let ec2 = |status: u16, code: &str| {
        let error = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        (
            status,
            format!("<Response><Errors>{error}</Errors></Response>"),
        )
    };
    let cases: Vec<(&str, Reply, &str, &str, Status)> = vec![
        (
            "ec2:DescribeInstances",
            ec2(403, "UnauthorizedOperation"),
            "ec2:DescribeInstances",
            REGION,
            Denied,
        ),
        (
            "ec2:DescribeInstances",
            ec2(503, "RequestLimitExceeded"),
            "ec2:DescribeInstances",
            REGION,
            Failed,
        ),
        (
            "ec2:DescribeInstances",
            html(),
            "ec2:DescribeInstances",
            REGION,
            Failed,
        ),
        (
            "ec2:DescribeInstances",
            nothing(),
            "ec2:DescribeInstances",
            REGION,
            Failed,
        ),
        (
            "ec2:DescribeSecurityGroups",
            (
                200,
                "<DescribeSecurityGroupsResponse><securityGroupInfo>".into(),
            ),
            "ec2:DescribeSecurityGroups",
            REGION,
            Failed,
        ),
        (
            "ec2:DescribeLaunchTemplateVersions",
            ec2(403, "UnauthorizedOperation"),
            "ec2:DescribeLaunchTemplateVersions",
            REGION,
            Denied,
        ),
        (
            "ec2:DescribeLaunchTemplateVersions",
            ec2(400, "InvalidLaunchTemplateId.NotFound"),
            "ec2:DescribeLaunchTemplateVersions",
            REGION,
            Complete,
        ),
        (
            "eks:ListNodegroups",
            denied(),
            "ec2:DescribeLaunchTemplateVersions",
            REGION,
            Failed,
        ),
        (
            "elasticloadbalancing:DescribeLoadBalancers",
            query("AccessDenied"),
            "elasticloadbalancing:DescribeListeners",
            REGION,
            Denied,
        ),
        (
            "elasticloadbalancing:DescribeListeners",
            query("LoadBalancerNotFound"),
            "elasticloadbalancing:DescribeListeners",
            REGION,
            Complete,
        ),
        (
            "elasticloadbalancing:DescribeListeners",
            html(),
            "elasticloadbalancing:DescribeListeners",
            REGION,
            Failed,
        ),
        (
            "iam:GetAccountAuthorizationDetails",
            query("AccessDenied"),
            "iam:GetAccountAuthorizationDetails",
            ACCOUNT,
            Denied,
        ),
        (
            "iam:GetAccountAuthorizationDetails",
            nothing(),
            "iam:GetAccountAuthorizationDetails",
            ACCOUNT,
            Failed,
        ),
        (
            "iam:ListOpenIDConnectProviders",
            query("AccessDenied"),
            "iam:GetOpenIDConnectProvider",
            ACCOUNT,
            Denied,
        ),
        (
            "iam:GetOpenIDConnectProvider",
            query("ExpiredToken"),
            "iam:GetOpenIDConnectProvider",
            ACCOUNT,
            Failed,
        ),
        (
            "iam:GenerateCredentialReport",
            query("AccessDenied"),
            "iam:GetCredentialReport",
            ACCOUNT,
            Denied,
        ),
        (
            "iam:GetCredentialReport",
            query("AccessDenied"),
            "iam:ListAccessKeys",
            ACCOUNT,
            Failed,
        ),
        (
            "ecr:DescribeRepositories",
            html(),
            "ecr:DescribeRepositories",
            REGION,
            Failed,
        ),
        (
            "ecr:DescribeRepositories",
            denied(),
            "ecr:DescribeImages",
            REGION,
            Denied,
        ),
        (
            "ecr:DescribeImages",
            nothing(),
            "ecr:DescribeImages",
            REGION,
            Failed,
        ),
        (
            "ecr:GetRepositoryPolicy",
            html(),
            "ecr:GetRepositoryPolicy",
            REGION,
            Failed,
        ),
        (
            "ecr:GetRepositoryPolicy",
            denied(),
            "ecr:GetRepositoryPolicy",
            REGION,
            Denied,
        ),
        (
            "ecr:GetRepositoryPolicy",
            typed("RepositoryNotFoundException"),
            "ecr:GetRepositoryPolicy",
            REGION,
            Complete,
        ),
        (
            "ecr:DescribeImageScanFindings",
            typed("ScanNotFoundException"),
            "ecr:DescribeImageScanFindings",
            REGION,
            Complete,
        ),
        (
            "ecr:DescribeImageScanFindings",
            typed("ThrottlingException"),
            "ecr:DescribeImageScanFindings",
            REGION,
            Failed,
        ),
        (
            "secretsmanager:ListSecrets",
            nothing(),
            "secretsmanager:GetResourcePolicy",
            REGION,
            Failed,
        ),
        (
            "secretsmanager:GetResourcePolicy",
            typed("ResourceNotFoundException"),
            "secretsmanager:GetResourcePolicy",
            REGION,
            Complete,
        ),
        (
            "secretsmanager:ListSecretVersionIds",
            denied(),
            "secretsmanager:ListSecretVersionIds",
            REGION,
            Denied,
        ),
        (
            "secretsmanager:ListSecretVersionIds",
            typed("ResourceNotFoundException"),
            "secretsmanager:ListSecretVersionIds",
            REGION,
            Complete,
        ),
        (
            "ssm:DescribeParameters",
            html(),
            "ssm:DescribeParameters",
            REGION,
            Failed,
        ),
        (
            "ssm:DescribeParameters",
            denied(),
            "kms:GetKeyPolicy",
            REGION,
            Skipped,
        ),
        (
            "kms:DescribeKey",
            denied(),
            "kms:GetKeyPolicy",
            REGION,
            Denied,
        ),
        (
            "kms:DescribeKey",
            typed("NotFoundException"),
            "kms:DescribeKey",
            REGION,
            Complete,
        ),
        (
            "kms:ListGrants",
            (
                200,
                r#"{"Grants":[],"Truncated":true,"NextMarker":"m"}"#.into(),
            ),
            "kms:ListGrants",
            REGION,
            Failed,
        ),
        (
            "kms:GetKeyRotationStatus",
            (200, "{}".into()),
            "kms:GetKeyRotationStatus",
            REGION,
            Failed,
        ),
        (
            "kms:ListAliases",
            denied(),
            "kms:ListAliases",
            REGION,
            Denied,
        ),
        (
            "secretsmanager:DescribeSecret",
            denied(),
            "secretsmanager:DescribeSecret",
            REGION,
            Denied,
        ),
        (
            "eks:ListClusters",
            (200, r#"{"clusters":["prod"],"nextToken":"t"}"#.into()),
            "eks:ListClusters",
            REGION,
            Partial,
        ),
        (
            "eks:DescribeCluster",
            (200, "{}".into()),
            "eks:DescribeCluster",
            "prod",
            Failed,
        ),
        (
            "eks:ListAddons",
            html(),
            "eks:DescribeAddon",
            "prod",
            Failed,
        ),
        (
            "eks:ListAddons",
            (500, "oops".into()),
            "eks:DescribeAddon",
            "prod",
            Failed,
        ),
        (
            "eks:DescribeNodegroup",
            typed("ResourceNotFoundException"),
            "eks:DescribeNodegroup",
            "prod",
            Complete,
        ),
        (
            "eks:ListAccessEntries",
            denied(),
            "eks:ListAssociatedAccessPolicies",
            "prod",
            Denied,
        ),
        (
            "eks:ListAssociatedAccessPolicies",
            denied(),
            "eks:ListAssociatedAccessPolicies",
            "prod",
            Denied,
        ),
    ];
    for (call, reply, source, scope, status) in cases {
        let (snapshot, _) = scan(Some((call, reply.clone())));
        let entry = snapshot.coverage.entry(source, scope).unwrap();
        assert_eq!(
            entry.status, status,
            "{call} answered by {reply:?}: {entry:?}"
        );
        let told = status == Complete || entry.detail.is_some();
        assert!(told, "{entry:?} does not say why");
    }
}

#[test]
fn pages_that_came_before_a_failure_are_kept() {
    // A marker that is given again and again: the second page is the last that is asked for.
    let again = xml(
        "iam:GetAccountAuthorizationDetails",
        "<IsTruncated>true</IsTruncated><Marker>m</Marker><UserDetailList><member><Arn>u</Arn></member></UserDetailList>",
    );
    let (snapshot, asked) = scan(Some(("iam:GetAccountAuthorizationDetails", (200, again))));
    let calls = asked
        .iter()
        .filter(|call| call.ends_with("AuthorizationDetails"));
    assert_eq!(calls.count(), 2);
    let entry = snapshot
        .coverage
        .entry("iam:GetAccountAuthorizationDetails", ACCOUNT)
        .unwrap();
    assert_eq!((entry.status, entry.items), (Partial, 1), "{entry:?}");
}
