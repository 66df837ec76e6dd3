//! The policy of an AWS resource itself, as far as it was read.

use std::collections::HashMap;

use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, ResourcePolicy};
use crate::iam::glob::Pattern;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::{PolicyText, Tag};
use crate::snapshot::id::Arn;
use crate::snapshot::secretsmanager::{Secret, SecretPolicy, SecretVersions};

use super::Graph;
use super::principal::PrincipalKind;

/// Services whose resources may have a policy of their own (IAM User Guide, "AWS services that work with
/// IAM", the column "Resource-based policies").
const WITH_POLICIES: &[&str] = &[
    "acm-pca",
    "apigateway",
    "aoss",
    "artifact",
    "backup",
    "bedrock",
    "cloudtrail",
    "codeartifact",
    "codebuild",
    "dataexchange",
    "dynamodb",
    "ecr",
    "ecr-public",
    "elasticfilesystem",
    "es",
    "events",
    "execute-api",
    "glacier",
    "glue",
    "imagebuilder",
    "iot",
    "iotevents",
    "kinesis",
    "kms",
    "lambda",
    "lex",
    "logs",
    "mediastore",
    "network-firewall",
    "organizations",
    "qldb",
    "ram",
    "redshift-serverless",
    "rekognition",
    "resiliencehub",
    "rolesanywhere",
    "route53",
    "s3",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "s3tables",
    "schemas",
    "secretsmanager",
    "serverlessrepo",
    "ses",
    "signer",
    "sns",
    "sqs",
    "ssm",
    "ssm-contacts",
    "ssm-incidents",
    "vpc-lattice",
    "wisdom",
];

/// What is known of a resource's own policy.
#[derive(Clone, Debug)]
pub enum Own {
    /// It has none.
    None,
    /// It may have one that was not read; why.
    Unseen(String),
    /// This one.
    Given(NamedPolicy),
}

impl Own {
    /// As an evaluation takes it.
    pub fn policy(&self) -> ResourcePolicy<'_> {
        match self {
            Self::None => ResourcePolicy::None,
            Self::Unseen(_) => ResourcePolicy::Unseen,
            Self::Given(policy) => ResourcePolicy::Given(policy),
        }
    }
}

impl Graph<'_> {
    /// The policy of a resource.
    pub fn own_policy(&self, resource: &str) -> Own {
        let Some(arn) = Arn::parse(resource) else {
            return Own::None;
        };
        match arn.service {
            "iam" if arn.resource.starts_with("role/") => self.trust_policy(resource, &arn),
            "secretsmanager" => self.secret_policy(resource, &arn),
            "ecr" if arn.resource.starts_with("repository/") => self.repository_policy(&arn),
            "kms" if arn.resource.starts_with("key/") => self.key_policy(resource),
            service if WITH_POLICIES.contains(&service) => {
                Own::Unseen(format!("policies of {service} resources are not read"))
            }
            _ => Own::None,
        }
    }

    fn trust_policy(&self, resource: &str, arn: &Arn<'_>) -> Own {
        let role = self
            .principals
            .by_arn(resource)
            .and_then(|at| self.principals.get(at));
        match role {
            Some(role) => match &role.trust {
                Some(trust) => Own::Given(trust.clone()),
                None => Own::Unseen(format!("the trust policy of {resource} was not read")),
            },
            None if self.saw(Source::IAM, arn.account) => Own::None,
            None => Own::Unseen(format!(
                "{} of {}, where the role's trust policy is, was not read",
                Source::IAM.name,
                arn.account
            )),
        }
    }

    fn secret_policy(&self, resource: &str, arn: &Arn<'_>) -> Own {
        match self.secret_policies.get(resource) {
            Some(policy) => match &policy.resource_policy {
                Some(text) => compiled(text),
                None => Own::None,
            },
            None => self.absent(Source::SECRET_POLICIES, arn),
        }
    }

    fn repository_policy(&self, arn: &Arn<'_>) -> Own {
        let name = arn.resource.strip_prefix("repository/").unwrap_or_default();
        let region = self.region(arn).map(|region| &region.ecr);
        let found = region.and_then(|one| {
            one.policies
                .iter()
                .find(|policy| policy.repository_name == name)
        });
        match found {
            Some(policy) => compiled(&policy.policy_text),
            None => self.absent(Source::REPOSITORY_POLICIES, arn),
        }
    }

    /// Whether all policies of an account's resources of a service were read, if they can have any: in the
    /// regions of a pattern.
    pub(super) fn read_policies_of(&self, service: &str, account: &str, region: &str) -> bool {
        let source = match service {
            "secretsmanager" => Source::SECRET_POLICIES,
            "ecr" => Source::REPOSITORY_POLICIES,
            service => return !WITH_POLICIES.contains(&service),
        };
        let asked = Pattern::new(region);
        let regions = self.snapshot.accounts.get(account).map(|one| &one.regions);
        let regions = regions.into_iter().flat_map(|regions| regions.keys());
        let mut scopes = regions
            .filter(|region| asked.matches(region))
            .map(|region| format!("{account}/{region}"))
            .peekable();
        scopes.peek().is_some() && scopes.all(|scope| self.saw(source, &scope))
    }

    /// Nothing was found where a source would have it.
    fn absent(&self, source: Source, arn: &Arn<'_>) -> Own {
        let scope = format!("{}/{}", arn.account, arn.region);
        match self.saw(source, &scope) {
            true => Own::None,
            false => Own::Unseen(format!("{} of {scope} was not read whole", source.name)),
        }
    }

    /// The resources of a service that were seen with a policy of their own: those that are roles for
    /// `sts`.
    pub fn resources_with_policies(&self, service: &str) -> Vec<String> {
        let regions = || {
            let accounts = self.snapshot.accounts.values();
            accounts.flat_map(|account| account.regions.values())
        };
        match service {
            "sts" => self
                .principals
                .iter()
                .filter(|(_, principal)| principal.role().is_some())
                .map(|(_, role)| role.arn.to_owned())
                .collect(),
            "secretsmanager" => regions()
                .flat_map(|region| &region.secretsmanager.policies)
                .filter(|policy| policy.resource_policy.is_some())
                .map(|policy| policy.arn.clone())
                .collect(),
            "kms" => regions()
                .flat_map(|region| &region.kms.policies)
                .map(|policy| policy.key_id.clone())
                .collect(),
            "ecr" => regions()
                .flat_map(|region| {
                    let with = |name: &str| {
                        region
                            .ecr
                            .policies
                            .iter()
                            .any(|p| p.repository_name == name)
                    };
                    let all = region.ecr.repositories.iter();
                    all.filter(move |one| with(&one.repository_name))
                })
                .map(|repository| repository.repository_arn.clone())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What is known of every request on a resource: its account, its region, its tags.
    pub fn know_resource(&self, resource: &str, context: &mut Context) {
        let Some(arn) = Arn::parse(resource) else {
            return;
        };
        if !arn.account.is_empty() {
            context.set("aws:ResourceAccount", arn.account);
            self.organizations.fill_resource(arn.account, context);
        }
        // IAM's calls all go to us-east-1 (IAM User Guide, "AWS global condition context keys",
        // aws:RequestedRegion).
        let region = match (arn.service, arn.partition) {
            ("iam", "aws") => "us-east-1",
            _ => arn.region,
        };
        if !region.is_empty() {
            context.set("aws:RequestedRegion", region);
        }
        if let Some(secret) = self.secrets.get(resource) {
            let key = "secretsmanager:resource/AllowRotationLambdaArn";
            match &secret.rotation_lambda_arn {
                Some(function) => context.set(key, function),
                None => context.set_absent(key),
            };
        }
        let Some((tags, prefixes)) = self.tags(resource, &arn) else {
            return;
        };
        for prefix in prefixes {
            for tag in tags {
                context.set(&format!("{prefix}{}", tag.key), &tag.value);
            }
            context.set_absent_under(prefix);
        }
    }

    /// The tags of a resource that was seen, and the keys that they come under.
    fn tags(&self, resource: &str, arn: &Arn<'_>) -> Option<(&[Tag], &'static [&'static str])> {
        match arn.service {
            "iam" => {
                let principal = self.principals.get(self.principals.by_arn(resource)?)?;
                let tags = match principal.kind {
                    PrincipalKind::Role(role) => &role.tags,
                    PrincipalKind::User(user) => &user.tags,
                };
                Some((tags, &["aws:ResourceTag/", "iam:ResourceTag/"]))
            }
            "secretsmanager" => {
                let secret = self.secrets.get(resource)?;
                Some((
                    &secret.tags,
                    &["aws:ResourceTag/", "secretsmanager:ResourceTag/"],
                ))
            }
            _ => None,
        }
    }
}

/// The secrets of all accounts and regions by ARN.
pub(super) fn secrets(snapshot: &Snapshot) -> HashMap<&str, &Secret> {
    let accounts = snapshot.accounts.values();
    let regions = accounts.flat_map(|account| account.regions.values());
    let secrets = regions.flat_map(|region| &region.secretsmanager.secrets);
    secrets
        .map(|secret| (secret.arn.as_str(), secret))
        .collect()
}

/// The policies of the secrets of all accounts and regions by the secret's ARN.
pub(super) fn secret_policies(snapshot: &Snapshot) -> HashMap<&str, &SecretPolicy> {
    let accounts = snapshot.accounts.values();
    let regions = accounts.flat_map(|account| account.regions.values());
    let policies = regions.flat_map(|region| &region.secretsmanager.policies);
    policies
        .map(|policy| (policy.arn.as_str(), policy))
        .collect()
}

/// The versions of the secrets of all accounts and regions by the secret's ARN.
pub(super) fn secret_versions(snapshot: &Snapshot) -> HashMap<&str, &SecretVersions> {
    let accounts = snapshot.accounts.values();
    let regions = accounts.flat_map(|account| account.regions.values());
    let versions = regions.flat_map(|region| &region.secretsmanager.versions);
    versions
        .map(|versions| (versions.arn.as_str(), versions))
        .collect()
}

/// A document that cannot be read may say anything.
pub(super) fn compiled(text: &PolicyText) -> Own {
    match PolicyDocument::parse(text.as_str()) {
        Ok(document) => Own::Given(NamedPolicy::new("the resource's policy", document)),
        Err(error) => Own::Unseen(format!("the resource's policy cannot be read: {error}")),
    }
}
