//! What no policy of the account's can allow, since it is AWS's to change.

use super::Request;
use crate::iam::arn;
use crate::snapshot::id::Arn;

/// What changes a role, but for its description and tags.
const OF_ROLES: &[&str] = &[
    "iam:attachrolepolicy",
    "iam:createrole",
    "iam:deleterole",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:detachrolepolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:updateassumerolepolicy",
];
const OF_POLICIES: &[&str] = &[
    "iam:createpolicy",
    "iam:createpolicyversion",
    "iam:deletepolicy",
    "iam:deletepolicyversion",
    "iam:setdefaultpolicyversion",
    "iam:tagpolicy",
    "iam:untagpolicy",
];
const OF_ALIASES: &[&str] = &["kms:createalias", "kms:deletealias", "kms:updatealias"];

impl Request<'_> {
    /// Whether the action would change what the account cannot change: "You cannot change the permissions
    /// defined in AWS managed policies" (IAM User Guide, "Managed policies and inline policies"); a
    /// service-linked role's policies and trust are the service's ("Create a service-linked role"), those
    /// under `/aws-reserved/` IAM Identity Center's; aliases under `alias/aws/` are AWS's (AWS KMS API
    /// Reference, `CreateAlias`).
    pub(super) fn changes_the_fixed(&self) -> bool {
        (OF_ROLES.contains(&self.action) && arn::is_reserved_role(self.resource))
            || (OF_POLICIES.contains(&self.action) && arn::is_aws_managed_policy(self.resource))
            || (OF_ALIASES.contains(&self.action)
                && Arn::parse(self.resource)
                    .is_some_and(|a| a.service == "kms" && a.resource.starts_with("alias/aws/")))
    }
}

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
