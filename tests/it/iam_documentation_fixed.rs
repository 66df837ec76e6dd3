//! What holds whatever the policies say: which credentials may ask for others, what AWS keeps for itself (IAM
//! User Guide, STS, IAM and S3 API references).

use super::iam_documentation::*;
use serde_json::{Value, json};

const TARGET: &str = "arn:aws:iam::111111111111:role/target";

fn none() -> Value {
    json!({})
}

#[test]
fn which_credentials_may_ask_for_others() {
    let ask = |caller: &str, action: &str, identity: Value| json!({"CallerArn": caller, "ActionNames": [action], "ResourceArns": ["*"], "PolicyInputList": identity});
    let (all, no) = (json!([allow("*")]), json!([deny("*")]));
    let scp = json!({"ServiceControlPolicyInputList": [[deny("*")]]});
    check(
        "id_credentials_temp_request#stsapi_comparison, API_GetCallerIdentity, API_GetSessionToken, API_GetFederationToken",
        &[
            (
                "GetCallerIdentity needs no permission",
                ask(SESSION, "sts:GetCallerIdentity", json!([])),
                none(),
                YES,
            ),
            (
                "… and no deny takes it away",
                ask(USER, "sts:GetCallerIdentity", no.clone()),
                scp.clone(),
                YES,
            ),
            (
                "… nor from a federated user",
                ask(FEDERATED, "sts:GetCallerIdentity", no.clone()),
                none(),
                YES,
            ),
            (
                "GetSessionToken needs no permission",
                ask(USER, "sts:GetSessionToken", json!([])),
                none(),
                YES,
            ),
            (
                "… and policies do not control it",
                ask(USER, "sts:GetSessionToken", no),
                none(),
                YES,
            ),
            (
                "a role's session cannot ask for it",
                ask(SESSION, "sts:GetSessionToken", all.clone()),
                none(),
                NO,
            ),
            (
                "GetFederationToken needs a permission",
                ask(USER, "sts:GetFederationToken", json!([])),
                none(),
                NO,
            ),
            (
                "… and has it",
                ask(USER, "sts:GetFederationToken", all.clone()),
                none(),
                YES,
            ),
            (
                "a role cannot ask for it",
                ask(ROLE, "sts:GetFederationToken", all.clone()),
                none(),
                NO,
            ),
            (
                "a federated user cannot",
                ask(FEDERATED, "sts:GetFederationToken", all),
                json!({"SessionPolicyInputList": [allow("*")]}),
                NO,
            ),
        ],
    );
}

#[test]
fn what_aws_keeps_for_itself() {
    let linked = "arn:aws:iam::111111111111:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
    let reserved =
        "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123";
    let managed = "arn:aws:iam::aws:policy/AdministratorAccess";
    let own = "arn:aws:iam::111111111111:policy/own";
    let ask = |action: &str, resource: &str| json!({"ActionNames": [action], "ResourceArns": [resource], "PolicyInputList": [allow("*")]});
    let root = json!({"CallerArn": ROOT});
    let mut rows: Vec<Row<'_>> = Vec::new();
    for action in [
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:DeleteRole",
        "iam:PutRolePermissionsBoundary",
    ] {
        rows.push((action, ask(action, linked), none(), NO));
        rows.push((action, ask(action, reserved), none(), NO));
        rows.push((action, ask(action, linked), root.clone(), NO));
        rows.push((action, ask(action, TARGET), none(), YES));
    }
    rows.extend([
        (
            "its description can be edited",
            ask("iam:UpdateRoleDescription", linked),
            none(),
            YES,
        ),
        (
            "its deletion can be asked for",
            ask("iam:DeleteServiceLinkedRole", linked),
            none(),
            YES,
        ),
        ("it can be read", ask("iam:GetRole", linked), none(), YES),
    ]);
    check(
        "id_roles_create-service-linked-role, API_PutRolePolicy#API_PutRolePolicy_Errors",
        &rows,
    );
    check(
        "access_policies_managed-vs-inline#aws-managed-policies",
        &[
            (
                "nobody writes a version of an AWS managed policy",
                ask("iam:CreatePolicyVersion", managed),
                none(),
                NO,
            ),
            (
                "nor chooses one",
                ask("iam:SetDefaultPolicyVersion", managed),
                none(),
                NO,
            ),
            ("nor deletes it", ask("iam:DeletePolicy", managed), root, NO),
            (
                "it can be read",
                ask("iam:GetPolicyVersion", managed),
                none(),
                YES,
            ),
            (
                "a policy of one's own is one's own",
                ask("iam:CreatePolicyVersion", own),
                none(),
                YES,
            ),
        ],
    );
    let bucket = |caller: &str, action: &str| {
        json!({"CallerArn": caller, "ActionNames": [action], "ResourceArns": ["arn:aws:s3:::b"],
        "ResourcePolicy": closed_to(json!("*")), "PolicyInputList": [allow("*")]})
    };
    let scp = json!({"ServiceControlPolicyInputList": [[allow("*"), deny("s3:*")]]});
    check(
        "API_DeleteBucketPolicy, API_PutBucketPolicy",
        &[
            (
                "a deny of everybody does not lock the root user out of the policy",
                bucket(ROOT, "s3:DeleteBucketPolicy"),
                none(),
                YES,
            ),
            (
                "… only out of the rest",
                bucket(ROOT, "s3:GetObject"),
                none(),
                DENIED,
            ),
            (
                "… and administrators out of the policy too",
                bucket(USER, "s3:DeleteBucketPolicy"),
                none(),
                DENIED,
            ),
            (
                "SCPs can",
                bucket(ROOT, "s3:DeleteBucketPolicy"),
                scp,
                DENIED,
            ),
        ],
    );
}
