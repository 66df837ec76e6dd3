//! What resource control policies bind.

use super::Request;
use crate::iam::arn;

/// The services that RCPs apply to, by the prefix of their actions, sorted (Organizations User Guide,
/// "Resource control policies", "List of AWS services that support RCPs", as of 2026-09-26).
#[rustfmt::skip]
const SERVICES: &[&str] = &[
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory",
    "cloudfront", "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit",
    "codepipeline", "cognito-identity", "cognito-idp", "comprehend", "comprehendmedical",
    "compute-optimizer", "cost-optimization-hub", "dax", "dsql", "dynamodb", "ecr", "ecr-public", "events",
    "firehose", "fis", "fms", "gamelift", "health", "inspector-scan", "kendra", "kinesisvideo", "kms",
    "logs", "memorydb", "networkmonitor", "notifications", "opensearch", "pca-connector-ad", "personalize",
    "polly", "pricing", "resource-groups", "rolesanywhere", "s3", "secretsmanager", "servicediscovery",
    "signin", "sqs", "sts", "support", "swf", "textract", "timestream-influxdb", "transcribe", "transfer",
    "translate", "wafv2", "workspaces", "xray",
];

/// Whether RCPs count for the actions of a service, given by their prefix in lower case.
pub fn rcps_cover(service: &str) -> bool {
    SERVICES.binary_search(&service).is_ok()
}

/// Whether RCPs count for an action: its service is one of theirs, and it does not retire a grant of a key.
pub fn rcps_bind(action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    rcps_cover(service) && action != "kms:retiregrant"
}

/// Whether RCPs bind a request: its service supports them, neither caller nor resource is a
/// service-linked role, and it does not retire a grant of a key ("Resources and entities not
/// restricted by RCPs" on the same page). That the resource is the management account's, or an AWS
/// managed key, whoever asks has to know.
pub(in crate::iam) fn bind(request: &Request<'_>) -> bool {
    let exempt = |arn: &str| arn::is_service_linked_role(arn);
    rcps_bind(request.action)
        && !exempt(request.resource)
        && !request.principal.principal_arn().is_some_and(exempt)
}

/// The prefixes of the services that RCPs apply to.
pub(in crate::iam) fn services() -> &'static [&'static str] {
    SERVICES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_what_workloads_use() {
        assert!(SERVICES.is_sorted());
        for (service, covered) in [
            ("s3", true),
            ("sts", true),
            ("kms", true),
            ("sqs", true),
            ("secretsmanager", true),
            ("ecr", true),
            ("xray", true),
            ("iam", false),
            ("ec2", false),
            ("eks", false),
            ("ssm", false),
            ("lambda", false),
        ] {
            assert_eq!(rcps_cover(service), covered, "{service}");
        }
    }
}
