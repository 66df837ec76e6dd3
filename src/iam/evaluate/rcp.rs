//! Which requests RCPs bind.
//!
//! Organizations User Guide, "Resource control policies (RCPs)": the list of services that support RCPs,
//! as of November 2026, and what they do not restrict. What a caller of [`super::evaluate`] has to leave
//! out itself: the RCPs over a management account's resources, and over calls of service-linked roles.

/// Whether RCPs bind requests for this action, in lower case.
pub(super) fn binds(action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    action != "kms:retiregrant" && SERVICES.binary_search(&service).is_ok()
}

/// The services' prefixes, sorted.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_that_rcps_cover() {
        assert!(SERVICES.is_sorted(), "the list is searched");
        for (action, want) in [
            ("s3:getobject", true),
            ("sts:assumerolewithwebidentity", true),
            ("kms:decrypt", true),
            ("kms:retiregrant", false),
            ("secretsmanager:getsecretvalue", true),
            ("ecr:batchgetimage", true),
            ("ec2:startinstances", false),
            ("iam:passrole", false),
            ("eks:describecluster", false),
        ] {
            assert_eq!(binds(action), want, "{action}");
        }
    }
}
