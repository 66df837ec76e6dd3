//! What AWS decides itself, whatever the policies say.

use super::Request;
use crate::iam::arn;
use crate::iam::principal::{Caller, Principal};

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

/// The actions that a caller may always do, as [`fixed`] has it.
pub(in crate::iam) fn always_allowed(principal: &Principal) -> &'static [&'static str] {
    match principal.caller {
        _ if !principal.has_identity() => &[],
        Caller::User | Caller::Root => &["sts:getcalleridentity", "sts:getsessiontoken"],
        _ => &["sts:getcalleridentity"],
    }
}

/// The actions that are refused a caller, with the patterns of the resources on which they are; what it may
/// always do aside.
pub(in crate::iam) fn refused(
    principal: &Principal,
) -> Vec<(Vec<String>, &'static [&'static str])> {
    let of = |service: &str, actions: &[&str]| -> Vec<String> {
        actions.iter().map(|a| format!("{service}:{a}")).collect()
    };
    let sts: &[&str] = match principal.caller {
        _ if !principal.has_identity() => &[],
        Caller::FederatedUser => &["*"],
        Caller::Role | Caller::Session { .. } => &["getsessiontoken", "getfederationtoken"],
        Caller::Root => &["assumerole"],
        _ => &[],
    };
    vec![
        (of("sts", sts), &["*"]),
        (
            of("iam", CHANGES_OF_ROLES),
            &[
                "arn:*:iam:*:*:role/aws-service-role/*",
                "arn:*:iam:*:*:role/aws-reserved/*",
            ],
        ),
        (
            of("iam", CHANGES_OF_POLICIES),
            &["arn:*:iam:*:aws:policy/*"],
        ),
        (
            of("kms", CHANGES_OF_ALIASES),
            &["arn:*:kms:*:*:alias/aws/*"],
        ),
    ]
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
    use crate::iam::glob::Pattern;
    use crate::iam::principal::Principal;

    use super::{Fixed, always_allowed, fixed, refused};

    /// Requests of all kinds of callers: the lists say what the answer says.
    #[test]
    fn the_lists_are_the_answers() {
        let arns = [
            "arn:aws:iam::111122223333:user/u",
            "arn:aws:iam::111122223333:role/r",
            "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:assumed-role/r/s",
            "arn:aws:sts::111122223333:federated-user/f",
        ];
        let callers = arns.iter().map(|a| Principal::from_arn(a).unwrap());
        let callers = callers.chain([
            Principal::service("ec2.amazonaws.com"),
            Principal::unnamed("111122223333"),
        ]);
        let actions = [
            "sts:getcalleridentity",
            "sts:getsessiontoken",
            "sts:getfederationtoken",
            "sts:assumerole",
            "sts:x",
            "iam:deleterole",
            "iam:putrolepolicy",
            "iam:getrole",
            "iam:deletepolicy",
            "kms:deletealias",
            "kms:decrypt",
        ];
        let resources = [
            "*",
            "arn:aws:iam::111122223333:role/r",
            "arn:aws:iam::111122223333:role/aws-service-role/a/b",
            "arn:aws:iam::111122223333:role/aws-reserved/a/b",
            "arn:aws:iam::aws:policy/p",
            "arn:aws:iam::111122223333:policy/p",
            "arn:aws:kms:eu-west-1:111122223333:alias/aws/a",
            "arn:aws:kms:eu-west-1:111122223333:alias/a",
        ];
        let context = Context::complete();
        for principal in callers {
            for (action, resource) in actions.iter().flat_map(|a| resources.map(|r| (*a, r))) {
                let request = Request::new(&principal, action, resource, &context);
                let any =
                    |list: &[&str], text: &str| list.iter().any(|p| Pattern::new(p).matches(text));
                let is_refused = refused(&principal).iter().any(|(actions, resources)| {
                    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
                    any(&actions, action) && any(resources, resource)
                });
                let listed = match (always_allowed(&principal).contains(&action), is_refused) {
                    (true, _) => "allowed",
                    (false, true) => "refused",
                    (false, false) => "open",
                };
                let answer = match fixed(&request) {
                    Some(Fixed::Allowed) => "allowed",
                    Some(Fixed::Refused(_)) => "refused",
                    None => "open",
                };
                assert_eq!(listed, answer, "{action} on {resource} by {principal:?}");
            }
        }
    }

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
