//! A small account whose services answer in their wire formats, for tests.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

/// The account.
pub(super) const ACCOUNT: &str = "111122223333";
/// An answer: HTTP status and body.
pub(super) type Reply = (u16, String);

/// Answers each call, by one fault and else as a small account would; keeps who asked what.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) fault: Option<(&'static str, Reply)>,
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = call_of(&request);
        self.asked.lock().unwrap().push(call.clone());
        let (status, body) = match &self.fault {
            Some((faulty, reply)) if *faulty == call => reply.clone(),
            _ => usual(&call, &request),
        };
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// `service:Operation`, from the target header, the Query protocol's body, or EKS's path.
fn call_of(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        let (service, operation) = target.split_once('.').unwrap();
        let service = match service {
            "secretsmanager" => "secretsmanager",
            "TrentService" => "kms",
            "AmazonSSM" => "ssm",
            _ => "ecr",
        };
        return format!("{service}:{operation}");
    }
    let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
    if let Some(rest) = body.strip_prefix("Action=") {
        let hosts = ["sts", "ec2", "elasticloadbalancing"];
        let host = hosts
            .iter()
            .find(|host| request.uri().contains(&format!("//{host}.")));
        let service = host.unwrap_or(&"iam");
        return format!("{service}:{}", rest.split('&').next().unwrap());
    }
    let uri = request.uri();
    let path = uri
        .split_once(".amazonaws.com")
        .map_or(uri, |(_, path)| path);
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let operation = match parts.as_slice() {
        ["clusters"] => "ListClusters",
        ["clusters", _] => "DescribeCluster",
        [.., "node-groups"] => "ListNodegroups",
        [.., "node-groups", _] => "DescribeNodegroup",
        [.., "fargate-profiles"] => "ListFargateProfiles",
        [.., "addons"] => "ListAddons",
        [.., "access-entries"] => "ListAccessEntries",
        [.., "access-entries", _] => "DescribeAccessEntry",
        [.., "access-policies"] => "ListAssociatedAccessPolicies",
        [.., "pod-identity-associations"] => "ListPodIdentityAssociations",
        [.., "identity-provider-configs"] => "ListIdentityProviderConfigs",
        _ => panic!("{uri}"),
    };
    format!("eks:{operation}")
}

/// An answer of the Query protocol.
pub(super) fn xml(call: &str, inner: &str) -> String {
    let name = call.split_once(':').unwrap().1;
    format!("<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>")
}

/// An answer of EC2.
fn ec2(call: &str, inner: &str) -> String {
    let name = call.split_once(':').unwrap().1;
    format!(
        "<?xml version=\"1.0\"?>\n<{name}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">{inner}</{name}Response>"
    )
}

/// A small account: two roles on two pages, a provider, one repository, one secret, one cluster, two
/// instances, one security group, one load balancer.
fn usual(call: &str, request: &HttpRequest) -> Reply {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let role = |name: &str| {
        format!(
            "<RoleDetailList><member><RoleName>{name}</RoleName><Arn>arn:aws:iam::{ACCOUNT}:role/{name}</Arn>\
             <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>\
             </member></RoleDetailList>"
        )
    };
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.com/id/1");
    let answer = match call {
        "sts:GetCallerIdentity" => xml(
            call,
            &format!("<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/a</Arn>"),
        ),
        "iam:GetAccountAuthorizationDetails" if body.contains("Marker=m") => {
            xml(call, &format!("<IsTruncated>false</IsTruncated>{}", role("b")))
        }
        "iam:GetAccountAuthorizationDetails" => xml(
            call,
            &format!("<IsTruncated>true</IsTruncated><Marker>m</Marker>{}", role("a")),
        ),
        "iam:ListOpenIDConnectProviders" => xml(
            call,
            &format!(
                "<OpenIDConnectProviderList><member><Arn>{provider}</Arn></member></OpenIDConnectProviderList>"
            ),
        ),
        "iam:GetOpenIDConnectProvider" => xml(call, "<Url>oidc.example.com/id/1</Url>"),
        "iam:GenerateCredentialReport" => xml(call, "<State>COMPLETE</State>"),
        // user,arn,access_key_1_active / ci,arn:aws:iam::111122223333:user/ci,true
        "iam:GetCredentialReport" => xml(
            call,
            "<Content>dXNlcixhcm4sYWNjZXNzX2tleV8xX2FjdGl2ZQpjaSxhcm46YXdzOmlhbTo6MTExMTIyMjIzMzMzOnVzZXIvY2ksdHJ1ZQo=</Content>",
        ),
        "iam:ListAccessKeys" => xml(
            call,
            "<IsTruncated>false</IsTruncated><AccessKeyMetadata><member><UserName>ci</UserName>\
             <AccessKeyId>AKIAIOSFODNN7EXAMPLA</AccessKeyId><Status>Active</Status></member></AccessKeyMetadata>",
        ),
        "ec2:DescribeInstances" => ec2(
            call,
            "<reservationSet><item><ownerId>1</ownerId><instancesSet>\
             <item><instanceId>i-1</instanceId><placement><availabilityZone>eu-west-1a</availabilityZone></placement>\
             <metadataOptions><httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit></metadataOptions>\
             <groupSet/><tagSet><item><key>a</key><value/></item></tagSet></item>\
             <item><instanceId>i-2</instanceId><groupSet><item><groupId>sg-1</groupId></item></groupSet></item>\
             </instancesSet></item></reservationSet>",
        ),
        "ec2:DescribeSecurityGroups" => ec2(
            call,
            "<securityGroupInfo><item><groupId>sg-1</groupId><ownerId>1</ownerId><ipPermissions><item>\
             <ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><groups/>\
             <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>\
             <ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges>\
             <prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds>\
             </item></ipPermissions></item></securityGroupInfo>",
        ),
        "ec2:DescribeSubnets" => ec2(
            call,
            "<subnetSet><item><subnetId>subnet-1</subnetId><ownerId>1</ownerId><vpcId>vpc-1</vpcId></item></subnetSet>",
        ),
        "ec2:DescribeRouteTables" => ec2(
            call,
            "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><ownerId>1</ownerId>\
             <routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId>\
             <state>active</state></item></routeSet><associationSet><item><main>true</main></item></associationSet>\
             </item></routeTableSet>",
        ),
        "ec2:DescribeLaunchTemplateVersions" => ec2(
            call,
            "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId><versionNumber>3</versionNumber>\
             <defaultVersion>true</defaultVersion><launchTemplateData><userData>c2VjcmV0</userData>\
             <metadataOptions><httpTokens>optional</httpTokens></metadataOptions></launchTemplateData></item>\
             </launchTemplateVersionSet>",
        ),
        "elasticloadbalancing:DescribeLoadBalancers" => xml(
            call,
            "<LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn><DNSName>a.elb</DNSName>\
             <Scheme>internet-facing</Scheme><Type>network</Type><SecurityGroups><member>sg-1</member></SecurityGroups>\
             </member></LoadBalancers>",
        ),
        "elasticloadbalancing:DescribeListeners" => xml(
            call,
            "<Listeners><member><ListenerArn>arn:li</ListenerArn><LoadBalancerArn>arn:lb</LoadBalancerArn>\
             <Port>443</Port><Protocol>TLS</Protocol></member></Listeners>",
        ),
        "ecr:DescribeRepositories" => r#"{"repositories":[{"repositoryName":"app"}]}"#.into(),
        "ecr:GetRegistryScanningConfiguration" => {
            r#"{"scanningConfiguration":{"scanType":"BASIC","rules":[]}}"#.into()
        }
        "ecr:DescribeImages" => {
            r#"{"imageDetails":[{"repositoryName":"app","imageDigest":"sha256:1","imageTags":["v1"]}]}"#
                .into()
        }
        "ecr:DescribeImageScanFindings" => {
            r#"{"repositoryName":"app","imageId":{"imageDigest":"sha256:1"},"imageScanFindings":{}}"#
                .into()
        }
        "ecr:GetRepositoryPolicy" => return typed("RepositoryPolicyNotFoundException"),
        "ecr:GetLifecyclePolicy" => return typed("LifecyclePolicyNotFoundException"),
        "secretsmanager:ListSecrets" => format!(
            r#"{{"SecretList":[{{"ARN":"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s-1","Name":"s","PrimaryRegion":"eu-west-1"}}]}}"#
        ),
        "secretsmanager:GetResourcePolicy" => r#"{"Name":"s"}"#.into(),
        "secretsmanager:ListSecretVersionIds" => {
            r#"{"Name":"s","Versions":[{"VersionId":"v","VersionStages":["AWSCURRENT"]}]}"#.into()
        }
        "ssm:DescribeParameters" => {
            r#"{"Parameters":[{"Name":"/a/b","Type":"SecureString","KeyId":"alias/x","Value":"c2VjcmV0"}]}"#
                .into()
        }
        "kms:ListAliases" => format!(
            r#"{{"Aliases":[{{"AliasName":"alias/x","AliasArn":"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/x","TargetKeyId":"k"}}],"Truncated":false}}"#
        ),
        "kms:DescribeKey" => format!(
            r#"{{"KeyMetadata":{{"KeyId":"k","Arn":"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k","KeyState":"Enabled"}}}}"#
        ),
        "kms:GetKeyPolicy" => r#"{"Policy":"{\"Statement\":[]}","PolicyName":"default"}"#.into(),
        "kms:ListGrants" => format!(
            r#"{{"Grants":[{{"KeyId":"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k","GrantId":"g","Operations":["Decrypt"]}}],"Truncated":false}}"#
        ),
        "kms:GetKeyRotationStatus" => r#"{"KeyRotationEnabled":true}"#.into(),
        "secretsmanager:DescribeSecret" => {
            r#"{"Name":"s","ReplicationStatus":[{"Region":"eu-north-1"}]}"#.into()
        }
        "eks:ListClusters" => r#"{"clusters":["prod"]}"#.into(),
        "eks:DescribeCluster" => r#"{"cluster":{"name":"prod","version":"1.33"}}"#.into(),
        "eks:ListNodegroups" => r#"{"nodegroups":["a"]}"#.into(),
        "eks:DescribeNodegroup" => r#"{"nodegroup":{"nodegroupName":"a","launchTemplate":{"id":"lt-1","version":"3"}}}"#.into(),
        "eks:ListFargateProfiles" => r#"{"fargateProfileNames":[]}"#.into(),
        "eks:ListAddons" => r#"{"addons":[]}"#.into(),
        "eks:ListAccessEntries" => {
            format!(r#"{{"accessEntries":["arn:aws:iam::{ACCOUNT}:role/a"]}}"#)
        }
        "eks:DescribeAccessEntry" => {
            format!(r#"{{"accessEntry":{{"principalArn":"arn:aws:iam::{ACCOUNT}:role/a"}}}}"#)
        }
        "eks:ListAssociatedAccessPolicies" => {
            r#"{"associatedAccessPolicies":[{"policyArn":"arn:p","accessScope":{"type":"cluster"}}]}"#
                .into()
        }
        "eks:ListPodIdentityAssociations" => r#"{"associations":[]}"#.into(),
        "eks:ListIdentityProviderConfigs" => r#"{"identityProviderConfigs":[]}"#.into(),
        _ => panic!("nobody should ask {call}"),
    };
    (200, answer)
}

/// An error of a service that speaks JSON.
pub(super) fn typed(code: &str) -> Reply {
    (400, format!(r#"{{"__type":"{code}","message":"no"}}"#))
}
