//! IAM User Guide, "IAM JSON policy elements": Action, NotAction, Resource, NotResource.

use super::iam_documentation::*;
use serde_json::{Value, json};

fn none() -> Value {
    json!({})
}

fn action(element: &str, pattern: Value, asked: &str) -> Value {
    json!({"ActionNames": [asked], "PolicyInputList": [policy(json!([{"Effect": "Allow", element: pattern, "Resource": "*"}]))]})
}

fn resource(element: &str, pattern: Value, asked: &str) -> Value {
    json!({"ResourceArns": [asked], "PolicyInputList": [policy(json!([{"Effect": "Allow", "Action": "*", element: pattern}]))]})
}

#[test]
fn actions() {
    let is = |pattern: &str, asked: &str| action("Action", json!(pattern), asked);
    let not = |pattern: Value, asked: &str| action("NotAction", pattern, asked);
    check(
        "reference_policies_elements_action",
        &[
            ("an action", is("s3:GetObject", "s3:GetObject"), none(), YES),
            ("another", is("s3:GetObject", "s3:PutObject"), none(), NO),
            (
                "prefix and name are without regard to case",
                is("S3:GETOBJECT", "s3:GetObject"),
                none(),
                YES,
            ),
            (
                "… asked in another case",
                is("s3:GetObject", "S3:getobject"),
                none(),
                YES,
            ),
            (
                "* at the end",
                is("iam:*AccessKey*", "iam:CreateAccessKey"),
                none(),
                YES,
            ),
            ("* in the middle", is("s3:G*t", "s3:GetObject"), none(), YES),
            (
                "? is one character",
                is("s3:GetObjec?", "s3:GetObject"),
                none(),
                YES,
            ),
            (
                "… not none",
                is("s3:GetObject?", "s3:GetObject"),
                none(),
                NO,
            ),
            ("* alone", is("*", "s3:GetObject"), none(), YES),
            ("*:* is the same", is("*:*", "s3:GetObject"), none(), YES),
            (
                "no wildcard for the service",
                is("*:GetObject", "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "… nor in part of it",
                is("s*:GetObject", "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "a service alone is no action",
                is("s3", "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "a list",
                action(
                    "Action",
                    json!(["sqs:SendMessage", "s3:Get*"]),
                    "s3:GetObject",
                ),
                none(),
                YES,
            ),
            (
                "an empty list",
                action("Action", json!([]), "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "a comma makes no list",
                is("s3:GetObject,s3:PutObject", "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "a blank before it",
                is(" s3:GetObject", "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "a blank behind it",
                is("s3:GetObject ", "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "… with a wildcard",
                is("s3:Get* ", "s3:GetObject"),
                none(),
                NO,
            ),
        ],
    );
    check(
        "reference_policies_elements_notaction",
        &[
            (
                "all but what is listed",
                not(json!("iam:*"), "s3:GetObject"),
                none(),
                YES,
            ),
            (
                "what is listed is not allowed",
                not(json!("iam:*"), "iam:GetRole"),
                none(),
                NO,
            ),
            (
                "… nor denied",
                not(json!("iam:*"), "iam:GetRole"),
                none(),
                NO,
            ),
            (
                "every one of a list is out",
                not(json!(["iam:*", "s3:Get*"]), "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "without regard to case",
                not(json!("S3:*"), "s3:GetObject"),
                none(),
                NO,
            ),
            (
                "a comma or a blank leaves nothing out",
                not(json!("s3:GetObject, s3:PutObject"), "s3:GetObject"),
                none(),
                YES,
            ),
            (
                "with Deny all others are denied",
                json!({"PolicyInputList": [allow("*"), policy(json!([{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]))]}),
                none(),
                DENIED,
            ),
            (
                "… but what is listed is not",
                json!({"ActionNames": ["iam:GetRole"], "PolicyInputList": [allow("*"), policy(json!([{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]))]}),
                none(),
                YES,
            ),
        ],
    );
}

#[test]
fn resources() {
    let is = |pattern: &str, asked: &str| resource("Resource", json!(pattern), asked);
    let not = |pattern: Value, asked: &str| resource("NotResource", pattern, asked);
    let table = "arn:aws:dynamodb:us-east-2:111111111111:table/books";
    check(
        "reference_policies_elements_resource",
        &[
            (
                "an ARN",
                is("arn:aws:s3:::b/k", "arn:aws:s3:::b/k"),
                none(),
                YES,
            ),
            (
                "a bucket is not its objects",
                is("arn:aws:s3:::b", "arn:aws:s3:::b/k"),
                none(),
                NO,
            ),
            (
                "objects are not the bucket",
                is("arn:aws:s3:::b/*", "arn:aws:s3:::b"),
                none(),
                NO,
            ),
            (
                "* matches nothing, too",
                is("arn:aws:s3:::b*", "arn:aws:s3:::b"),
                none(),
                YES,
            ),
            (
                "* goes over slashes",
                is("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1/2/test/3/4"),
                none(),
                YES,
            ),
            (
                "? is one character",
                is("arn:aws:s3:::b?", "arn:aws:s3:::bx"),
                none(),
                YES,
            ),
            (
                "… not none",
                is("arn:aws:s3:::b?", "arn:aws:s3:::b"),
                none(),
                NO,
            ),
            (
                "* in a field",
                is("arn:aws:dynamodb:*:111111111111:table/*", table),
                none(),
                YES,
            ),
            (
                "* goes over colons",
                is("arn:aws:dynamodb:*:table/*", table),
                none(),
                YES,
            ),
            (
                "another region",
                is("arn:aws:dynamodb:us-east-1:111111111111:table/*", table),
                none(),
                NO,
            ),
            (
                "with regard to case",
                is("arn:aws:dynamodb:us-east-2:111111111111:table/Books", table),
                none(),
                NO,
            ),
            (
                "a list",
                resource(
                    "Resource",
                    json!(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
                    "arn:aws:s3:::b/k",
                ),
                none(),
                YES,
            ),
            (
                "one that all resources are meant by",
                is("*", table),
                none(),
                YES,
            ),
            (
                "an action on no resource needs *",
                is("arn:aws:s3:::*", "*"),
                none(),
                NO,
            ),
            ("… and has it", is("*", "*"), none(), YES),
            // Not documented, observed.
            (
                "a short ARN stands for the rest",
                is("arn:aws:dynamodb", table),
                none(),
                YES,
            ),
            ("… of its own service", is("arn:aws:sqs", table), none(), NO),
            (
                "… also with a region",
                is("arn:aws:dynamodb:us-east-2", table),
                none(),
                YES,
            ),
            (
                "six fields are not short",
                is("arn:aws:dynamodb:us-east-2:111111111111:table", table),
                none(),
                NO,
            ),
        ],
    );
    check(
        "reference_policies_elements_notresource",
        &[
            (
                "all but what is listed",
                not(json!("arn:aws:s3:::hr/*"), "arn:aws:s3:::b/k"),
                none(),
                YES,
            ),
            (
                "what is listed is not allowed",
                not(json!("arn:aws:s3:::b/*"), "arn:aws:s3:::b/k"),
                none(),
                NO,
            ),
            (
                "every one of a list is out",
                not(
                    json!(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
                    "arn:aws:s3:::b/k",
                ),
                none(),
                NO,
            ),
            (
                "other services are in",
                not(json!("arn:aws:s3:::b/*"), table),
                none(),
                YES,
            ),
            (
                "with Deny all others are denied",
                json!({"PolicyInputList": [allow("*"), policy(json!([{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::c/*"}]))]}),
                none(),
                DENIED,
            ),
        ],
    );
}
