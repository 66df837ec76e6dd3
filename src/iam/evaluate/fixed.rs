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
    if !request.principal.has_identity() {
        return None;
    }
    if let Some(action) = request.action.strip_prefix("sts:") {
        return of_credentials(action, &request.principal.caller);
    }
    let action = request.action.strip_prefix("iam:")?;
    let role = CHANGES_OF_ROLES.contains(&action) && arn::is_reserved_role(request.resource);
    let policy =
        CHANGES_OF_POLICIES.contains(&action) && arn::is_aws_managed_policy(request.resource);
    (role || policy).then_some(Fixed::Refused("AWS keeps it for itself"))
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
];
