//! Where the reference is known to be wrong, each with the sentence of AWS's documentation that says so.
//!
//! A group does not excuse a disagreement: it rewrites the request so that the reference's fault no longer
//! shows, and the reference has to agree on what is left. Whatever it still says otherwise is a failure.

use serde_json::Value;

use super::undo;

/// A fault of the reference.
pub struct Group {
    pub name: &'static str,
    /// The documentation that judges it.
    #[allow(dead_code, reason = "to be read with the source")]
    pub judge: &'static str,
    /// Rewrites a request; says whether there was something to rewrite.
    pub rewrite: fn(&mut Value) -> bool,
}

/// The faults, in the order in which they are undone.
pub const GROUPS: &[Group] = &[
    Group {
        name: "variables in old versions",
        judge: "IAM User Guide, Variables and tags: \"Earlier versions of the policy language don't support \
                policy variables … variables like ${aws:username} are treated as literal strings\". The \
                reference replaces them.",
        rewrite: undo::old_versions,
    },
    Group {
        name: "variables without a value",
        judge: "IAM User Guide, Policy variables with no value: \"Inverted condition operators like \
                StringNotEquals or StringNotLike do match against a null value\"; in Resource and \
                NotResource \"the resource that includes a policy variable with no value will not match any \
                resource\". The reference lets the whole statement not match.",
        rewrite: undo::no_value,
    },
    Group {
        name: "escapes in exact comparisons",
        judge: "IAM User Guide, Variables and tags: \"These predefined policy variables can be used in any string \
                where you can use regular policy variables.\" The reference reads ${*} as ${*} in StringEquals.",
        rewrite: undo::escapes,
    },
    Group {
        name: "IfExists with ForAnyValue",
        judge: "IAM User Guide, Condition operators: \"You can add IfExists to the end of any condition \
                operator name except the Null condition … If the key is not present, evaluate the condition \
                element as true.\" The reference has it false.",
        rewrite: undo::if_exists,
    },
    Group {
        name: "addresses without a prefix",
        judge: "IAM User Guide, IP address condition operators: \"NotIpAddress: all IP addresses except the \
                specified IP address or range\". The reference has NotIpAddress false where the request's \
                address is of the other family, and compares IPv6 addresses as texts.",
        rewrite: undo::addresses,
    },
    Group {
        name: "the range of all addresses",
        judge: "RFC 4632, named by IAM User Guide, IP address condition operators: a prefix of no bits has \
                every address in it. The reference's 0.0.0.0/0 has 0.0.0.0 alone.",
        rewrite: undo::all_addresses,
    },
    Group {
        name: "dates as epoch seconds",
        judge: "IAM User Guide, Date condition operators: \"W3C implementations of the ISO 8601 date formats \
                or in epoch (UNIX) time\", which counts seconds. The reference takes them for milliseconds.",
        rewrite: undo::epochs,
    },
    Group {
        name: "wildcards across colons",
        judge: "IAM User Guide, Resource: \"If the * wildcard is the last character of a resource ARN \
                segment, it can expand to match beyond the colon boundaries.\" The reference keeps it within \
                the segment.",
        rewrite: undo::across_colons,
    },
    Group {
        name: "short ARNs in NotResource",
        judge: "IAM User Guide, NotResource: \"matches every resource except those specified\". The \
                reference lets no resource match beside a short ARN that does not.",
        rewrite: undo::short_not_resource,
    },
    Group {
        name: "variables at the start of a resource",
        judge: "IAM User Guide, Variables and tags: a variable stands \"in the resource portion of the ARN\", \
                that is \"after the fifth colon\". The reference takes a colon or slash in the variable's name \
                for the end of the resource's type.",
        rewrite: undo::first_variables,
    },
    Group {
        name: "principals of endpoint policies",
        judge: "AWS PrivateLink Guide, Control access to VPC endpoints using endpoint policies: Principal is \
                \"the principal that can perform the action\"; IAM User Guide, NotPrincipal: with Deny it means \
                whoever has a permissions boundary. The reference does not look at either.",
        rewrite: undo::endpoint_principals,
    },
    Group {
        name: "accounts in NotPrincipal",
        judge: "IAM User Guide, NotPrincipal: \"deny access to all principals except the principal \
                specified\", where the account's ARN is listed beside the principal's. The reference leaves \
                out everybody of the account; its authors say that they have yet to test it.",
        rewrite: undo::not_principal_account,
    },
    Group {
        name: "tokens that an account's deny meets",
        judge: "STS API Reference, AssumeRoleWithWebIdentity: \"does not require the use of AWS security \
                credentials\": the caller is of no account. The reference takes the provider's.",
        rewrite: undo::token_account,
    },
    Group {
        name: "roles with a path",
        judge: "IAM User Guide, IAM identifiers: the path is part of a role's ARN, and Principal wants the \
                full ARN. The reference compares the role's name alone.",
        rewrite: undo::role_path,
    },
    Group {
        name: "SCPs on services",
        judge: "AWS Organizations User Guide, SCPs: \"affect only IAM users and roles that are managed by \
                accounts that are part of the organization\". The reference applies them to services and \
                tokens.",
        rewrite: undo::scps_on_services,
    },
    Group {
        name: "roles without a trust policy",
        judge: "IAM User Guide, Roles terms and concepts: a role's trust policy is \"a required \
                resource-based policy\". The reference, given none, asks the identity policies alone.",
        rewrite: undo::no_trust,
    },
    Group {
        name: "credentials that get no role",
        judge: "AWS STS API Reference, AssumeRole: \"You cannot call AssumeRole by using AWS account root user \
                credentials\"; IAM User Guide, Compare AWS STS credentials: a federated user's session calls \
                nothing of STS but GetCallerIdentity. The reference asks the policies.",
        rewrite: undo::no_credentials,
    },
    Group {
        name: "federated users without a session policy",
        judge: "IAM User Guide, How AWS enforcement code logic evaluates requests: where there is no session \
                policy \"if the principal is a role session, then the request is Allowed. Otherwise, the \
                request is implicitly denied\". The reference lets the user's policies through.",
        rewrite: undo::federated_alone,
    },
    Group {
        name: "RCPs on services that they do not cover",
        judge: "AWS Organizations User Guide, Resource control policies: RCPs apply to the resources of the \
                services in the list there. The reference applies them to all.",
        rewrite: undo::rcps_elsewhere,
    },
];

/// The last to be undone, each for one verdict here alone: the rewritten request is another one for the others.
pub const LAST: &[(&str, Group)] = &[
    (
        "allowed",
        Group {
            name: "sessions named by the resource",
            judge: "IAM User Guide, Session policies: \"A resource-based policy can specify the ARN of the session \
                    as a principal … The resource-based policy permissions are not limited by the session \
                    policy.\" The reference wants the session policy's allow always.",
            rewrite: undo::session_named,
        },
    ),
    (
        "explicitDeny",
        Group {
            name: "denies of what cannot be changed",
            judge: "IAM User Guide, Policy evaluation logic: \"an explicit deny in any of these policies overrides \
                    the allow\", and is one. The reference calls it implicit where the policy or role is AWS's.",
            rewrite: undo::fixed,
        },
    ),
];
