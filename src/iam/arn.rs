//! What a principal's ARN says of it.

use crate::snapshot::id::Arn;

/// Whether the text is an account id: twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The account in an ARN, or the text itself where it is an account id.
pub fn account(text: &str) -> Option<&str> {
    if is_account_id(text) {
        return Some(text);
    }
    Arn::parse(text)
        .map(|arn| arn.account)
        .filter(|a| !a.is_empty())
}

/// Whether the ARN is an IAM role's.
pub fn is_role(text: &str) -> bool {
    Arn::parse(text).is_some_and(|a| a.service == "iam" && a.resource.starts_with("role/"))
}

/// Whether the ARN is a service-linked role's: neither SCPs nor RCPs bind it (Organizations User
/// Guide, "Service control policies" and "Resource control policies").
pub fn is_service_linked_role(text: &str) -> bool {
    Arn::parse(text)
        .is_some_and(|a| a.service == "iam" && a.resource.starts_with("role/aws-service-role/"))
}

/// Whether AWS keeps the role for itself: service-linked roles and those under `/aws-reserved/`
/// cannot be changed by the account (IAM User Guide, "Create a service-linked role").
pub fn is_reserved_role(text: &str) -> bool {
    let kept = |a: Arn<'_>| a.service == "iam" && a.resource.starts_with("role/aws-reserved/");
    is_service_linked_role(text) || Arn::parse(text).is_some_and(kept)
}

/// Whether the ARN is an AWS managed policy's, which no account can change.
pub fn is_aws_managed_policy(text: &str) -> bool {
    Arn::parse(text).is_some_and(|a| {
        a.service == "iam" && a.account == "aws" && a.resource.starts_with("policy/")
    })
}

/// Whether the ARN is that of an AWS managed key's alias.
pub fn is_aws_alias(text: &str) -> bool {
    Arn::parse(text).is_some_and(|a| a.service == "kms" && a.resource.starts_with("alias/aws/"))
}
