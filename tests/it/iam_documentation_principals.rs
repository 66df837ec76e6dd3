//! IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal", "IAM identifiers".

use super::iam_documentation::*;
use serde_json::{Value, json};

fn none() -> Value {
    json!({})
}

/// Whether a resource's policy for a principal is enough for a caller.
fn open(principal: Value, caller: &str) -> Value {
    json!({"ResourcePolicy": open_to(principal), "CallerArn": caller})
}

#[test]
fn forms_of_the_principal() {
    let page = "reference_policies_elements_principal";
    let service = |principal: Value| json!({"ResourcePolicy": open_to(principal), "CallerService": "sns.amazonaws.com"});
    let anonymous =
        |principal: Value| json!({"ResourcePolicy": open_to(principal), "CallerAnonymous": true});
    check(
        page,
        &[
            (
                "a list means each",
                open(json!({"AWS": [OTHER, USER]}), USER),
                none(),
                YES,
            ),
            (
                "kinds stand beside each other",
                open(json!({"Service": "sns.amazonaws.com", "AWS": USER}), USER),
                none(),
                YES,
            ),
            (
                "* alone and in AWS mean everybody",
                open(json!({"AWS": [OTHER, "*"]}), USER),
                none(),
                YES,
            ),
            (
                "* is anonymous callers too",
                anonymous(json!("*")),
                none(),
                YES,
            ),
            (
                "… as is {AWS: *}",
                anonymous(json!({"AWS": "*"})),
                none(),
                YES,
            ),
            (
                "an account is not",
                anonymous(json!({"AWS": ACCOUNT})),
                none(),
                NO,
            ),
            (
                "no wildcard in part of an ARN: roles",
                open(json!({"AWS": "arn:aws:iam::111111111111:role/*"}), SESSION),
                none(),
                NO,
            ),
            (
                "… users",
                open(json!({"AWS": "arn:aws:iam::111111111111:user/a*"}), USER),
                none(),
                NO,
            ),
            (
                "… sessions",
                open(
                    json!({"AWS": "arn:aws:sts::111111111111:assumed-role/app/*"}),
                    SESSION,
                ),
                none(),
                NO,
            ),
            (
                "… accounts",
                open(json!({"AWS": "arn:aws:iam::*:root"}), SESSION),
                json!({"PolicyInputList": [allow("ec2:*")]}),
                NO,
            ),
            (
                "a group is no principal",
                open(json!({"AWS": "arn:aws:iam::111111111111:group/dev"}), USER),
                none(),
                NO,
            ),
            (
                "an id left behind",
                open(json!({"AWS": "AIDAABCDEFGHIJKLMNOPQ"}), USER),
                none(),
                NO,
            ),
            (
                "ARNs are with regard to case",
                open(
                    json!({"AWS": "arn:aws:iam::111111111111:role/App"}),
                    SESSION,
                ),
                none(),
                NO,
            ),
            (
                "a path is part of it",
                open(
                    json!({"AWS": "arn:aws:iam::111111111111:user/team/ann"}),
                    USER,
                ),
                none(),
                NO,
            ),
            (
                "a service",
                service(json!({"Service": "sns.amazonaws.com"})),
                none(),
                YES,
            ),
            ("* is services too", service(json!("*")), none(), YES),
            (
                "an account is no service",
                service(json!({"AWS": ACCOUNT})),
                none(),
                NO,
            ),
            (
                "a canonical user is none of ours",
                open(
                    json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
                    USER,
                ),
                none(),
                NO,
            ),
            (
                "an empty list means nobody",
                open(json!({"AWS": []}), USER),
                none(),
                NO,
            ),
            (
                "the root user is its account",
                open(json!({"AWS": ACCOUNT}), ROOT),
                none(),
                YES,
            ),
            (
                "nobody in particular, by *",
                json!({"ResourcePolicy": open_to(json!("*")), "CallerArn": null}),
                none(),
                YES,
            ),
        ],
    );
    check(
        page,
        &[
            (
                "AWS refuses one in an identity policy, which is judged without it",
                json!({"PolicyInputList": [open_to(json!("*"))]}),
                none(),
                YES,
            ),
            (
                "a resource's statement without one means nobody",
                json!({"ResourcePolicy": allow("*")}),
                none(),
                NO,
            ),
        ],
    );
}

#[test]
fn everybody_but() {
    let page = "reference_policies_elements_notprincipal";
    let denied_but = |listed: Value, caller: &str| {
        json!({"CallerArn": caller, "PolicyInputList": [allow("*")], "ResourcePolicy": policy(json!([
            {"Effect": "Deny", "NotPrincipal": listed, "Action": "*", "Resource": "*"}]))})
    };
    let aws = |listed: &[&str]| json!({ "AWS": listed });
    let boundary = json!({"PermissionsBoundaryPolicyInputList": [allow("*")]});
    let service = json!({"CallerService": "sns.amazonaws.com", "ResourcePolicy": policy(json!([
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"Service": "sns.amazonaws.com"}, "Action": "*", "Resource": "*"}]))});
    let mut other_service = service.clone();
    other_service["CallerService"] = json!("sqs.amazonaws.com");
    let anonymous = json!({"CallerAnonymous": true, "ResourcePolicy": policy(json!([
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": [USER, ROOT]}, "Action": "*", "Resource": "*"}]))});
    check(
        page,
        &[
            (
                "whoever is not listed is denied",
                denied_but(aws(&[USER, ROOT]), "arn:aws:iam::111111111111:user/bob"),
                none(),
                DENIED,
            ),
            (
                "the user with its account is not",
                denied_but(aws(&[USER, ROOT]), USER),
                none(),
                YES,
            ),
            (
                "the account may also be its id",
                denied_but(aws(&[USER, ACCOUNT]), USER),
                none(),
                YES,
            ),
            (
                "without the account AWS might deny",
                denied_but(aws(&[USER]), USER),
                none(),
                OPEN,
            ),
            (
                "session, role and account",
                denied_but(aws(&[SESSION, ROLE, ROOT]), SESSION),
                none(),
                YES,
            ),
            (
                "without the role AWS might deny",
                denied_but(aws(&[SESSION, ROOT]), SESSION),
                none(),
                OPEN,
            ),
            (
                "another session",
                denied_but(
                    aws(&[SESSION, ROOT]),
                    "arn:aws:sts::111111111111:assumed-role/b/s",
                ),
                none(),
                DENIED,
            ),
            (
                "the account alone leaves out the root user",
                denied_but(aws(&[ROOT]), ROOT),
                none(),
                YES,
            ),
            (
                "whoever has a boundary is always denied",
                denied_but(aws(&[USER, ROOT]), USER),
                boundary,
                DENIED,
            ),
            ("a service that is listed", service, none(), YES),
            ("one that is not", other_service, none(), DENIED),
            (
                "anonymous callers are not listed",
                anonymous,
                none(),
                DENIED,
            ),
        ],
    );
}
