//! What AWS decides itself, whatever the policies say.

use super::Request;
use crate::iam::arn;
use crate::iam::principal::Caller;

/// An answer that no policy changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixed {
    /// Allowed.
    Allowed,
    /// Refused, for this reason.
    Refused(&'static str),
}

/// The answer that holds whatever the policies say, if there is one.
pub(super) fn fixed(request: &Request<'_>) -> Option<Fixed> {
    if let Some(action) = request.action.strip_prefix("sts:") {
        let caller = &request.principal.caller;
        return of_credentials(action, caller).filter(|_| request.principal.has_identity());
    }
    let resource = request.resource;
    let kept = match request.action.split_once(':')? {
        ("iam", action) => {
            (CHANGES_OF_ROLES.contains(&action) && arn::is_reserved_role(resource))
                || (CHANGES_OF_POLICIES.contains(&action) && arn::is_aws_managed_policy(resource))
        }
        ("kms", action) => CHANGES_OF_ALIASES.contains(&action) && arn::is_aws_alias(resource),
        _ => false,
    };
    kept.then_some(Fixed::Refused("AWS keeps it for itself"))
}

/// What `GetCallerIdentity` and `GetSessionToken` need is nothing, "and a deny does not take it away";
/// which credentials may ask for others stands in "Comparing the AWS STS API operations" (IAM User Guide)
/// and for the root user in the STS API reference of `AssumeRole`.
fn of_credentials(action: &str, caller: &Caller) -> Option<Fixed> {
    let session = matches!(
        caller,
        Caller::Role | Caller::Session { .. } | Caller::FederatedUser
    );
    match (action, caller) {
        ("getcalleridentity", _) => Some(Fixed::Allowed),
        ("getsessiontoken", Caller::User | Caller::Root) => Some(Fixed::Allowed),
        ("getsessiontoken" | "getfederationtoken", _) if session => Some(Fixed::Refused(
            "a session cannot ask for a session of a user",
        )),
        (_, Caller::FederatedUser) => {
            Some(Fixed::Refused("a federated user's session cannot call STS"))
        }
        ("assumerole", Caller::Root) => Some(Fixed::Refused("the root user cannot assume roles")),
        _ => None,
    }
}

/// Whether the root user of the bucket's account asks for the bucket's policy: no deny in that policy
/// keeps it out (S3 API reference, `PutBucketPolicy`, `GetBucketPolicy`, `DeleteBucketPolicy`).
pub(super) fn opens_its_bucket(request: &Request<'_>) -> bool {
    let actions = [
        "s3:getbucketpolicy",
        "s3:putbucketpolicy",
        "s3:deletebucketpolicy",
    ];
    request.principal.caller == Caller::Root
        && request.same_account()
        && actions.contains(&request.action)
}

/// Of a service-linked role only the description can be edited, by `UpdateRoleDescription`, and only its
/// service deletes it (IAM User Guide, "Create a service-linked role"; IAM API reference,
/// `UnmodifiableEntity`). `DeleteServiceLinkedRole` asks the service for that.
const CHANGES_OF_ROLES: &[&str] = &[
    "addroletoinstanceprofile",
    "attachrolepolicy",
    "deleterole",
    "deleterolepermissionsboundary",
    "deleterolepolicy",
    "detachrolepolicy",
    "putrolepermissionsboundary",
    "putrolepolicy",
    "removerolefrominstanceprofile",
    "updateassumerolepolicy",
];

/// "You cannot change the permissions defined in AWS managed policies" (IAM User Guide, "Managed policies
/// and inline policies").
const CHANGES_OF_POLICIES: &[&str] = &[
    "createpolicyversion",
    "deletepolicy",
    "deletepolicyversion",
    "setdefaultpolicyversion",
    "tagpolicy",
    "untagpolicy",
];

/// Aliases that begin with `alias/aws/` are those of AWS managed keys (AWS KMS API reference,
/// `CreateAlias`).
const CHANGES_OF_ALIASES: &[&str] = &["createalias", "deletealias", "updatealias"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use crate::iam::context::Context;
    use crate::iam::document::PolicyDocument;
    use crate::iam::evaluate::{NamedPolicy, Policies, Request, Verdict, evaluate};
    use crate::iam::principal::Principal;

    #[test]
    fn an_administrator_cannot_change_what_is_aws_s() {
        let admin = Principal::user_of("aws", "111122223333", "ann");
        let all = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*"});
        let allow = json!({"Statement": [all("Allow")]});
        let denies = json!({"Statement": [all("Allow"), all("Deny")]});
        let ask = |action: &str, resource: &str, document: &serde_json::Value| {
            let document = PolicyDocument::from_value(document).unwrap();
            let identity = [NamedPolicy::new("p", document)];
            let policies = Policies {
                identity: &identity,
                ..Policies::default()
            };
            let context = Context::complete();
            let request = Request {
                principal: &admin,
                action,
                resource,
                resource_account: "111122223333",
                context: &context,
            };
            evaluate(&request, &policies).verdict
        };
        let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        let sso = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x";
        let linked = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForEKS";
        let alias = |name: &str| format!("arn:aws:kms:eu-west-1:111122223333:alias/{name}");
        for (action, resource) in [
            ("iam:createpolicyversion", managed),
            ("iam:setdefaultpolicyversion", managed),
            ("iam:deleterole", sso),
            ("iam:putrolepolicy", linked),
            ("iam:updateassumerolepolicy", linked),
            ("kms:updatealias", &*alias("aws/s3")),
        ] {
            let implicit = Verdict::Deny { explicit: false };
            let explicit = Verdict::Deny { explicit: true };
            assert_eq!(
                ask(action, resource, &allow),
                implicit,
                "{action} {resource}"
            );
            assert_eq!(
                ask(action, resource, &denies),
                explicit,
                "{action} {resource}"
            );
        }
        for (action, resource) in [
            ("iam:getpolicy", managed),
            (
                "iam:createpolicyversion",
                "arn:aws:iam::111122223333:policy/own",
            ),
            ("iam:deleterole", "arn:aws:iam::111122223333:role/own"),
            ("iam:updateroledescription", linked),
            ("kms:updatealias", &*alias("app")),
        ] {
            assert_eq!(
                ask(action, resource, &allow),
                Verdict::Allow,
                "{action} {resource}"
            );
        }
    }
}
