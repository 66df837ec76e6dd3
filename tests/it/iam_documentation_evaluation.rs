//! IAM User Guide, "Policy evaluation logic" and its pages, and those on boundaries, session policies and
//! cross-account requests: one row for each sentence that makes a claim.

use super::iam_documentation::*;
use serde_json::{Value, json};

fn none() -> Value {
    json!({})
}

fn identity(documents: Value) -> Value {
    json!({ "PolicyInputList": documents })
}

#[test]
fn denies_and_allows() {
    let of_resource = |document: Value| json!({ "ResourcePolicy": document });
    check(
        "reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay",
        &[
            ("a request is denied by default", none(), none(), NO),
            (
                "… but for the root user",
                none(),
                json!({"CallerArn": ROOT}),
                YES,
            ),
            (
                "an allow of an identity policy overrides it",
                identity(json!([allow("s3:*")])),
                none(),
                YES,
            ),
            (
                "an allow of the resource's policy does",
                of_resource(open_to(json!({"AWS": ROLE}))),
                none(),
                YES,
            ),
            (
                "one of several policies is enough",
                identity(json!([allow("ec2:*"), allow("s3:*")])),
                none(),
                YES,
            ),
            (
                "a deny overrides an allow in one policy",
                identity(json!([policy(
                    json!([{"Effect": "Allow", "Action": "*", "Resource": "*"},
                    {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}])
                )])),
                none(),
                DENIED,
            ),
            (
                "the order does not matter",
                identity(json!([deny("s3:*"), allow("s3:*")])),
                none(),
                DENIED,
            ),
            (
                "a deny elsewhere does nothing",
                identity(json!([deny("ec2:*"), allow("s3:*")])),
                none(),
                YES,
            ),
            (
                "a deny in the resource's policy",
                of_resource(closed_to(json!("*"))),
                identity(json!([allow("*")])),
                DENIED,
            ),
            (
                "a deny of somebody else does nothing",
                of_resource(closed_to(json!({"AWS": OTHER}))),
                identity(json!([allow("*")])),
                YES,
            ),
            (
                "a deny without any allow is explicit",
                identity(json!([deny("*")])),
                none(),
                DENIED,
            ),
        ],
    );
}

#[test]
fn every_kind_of_policy_may_deny() {
    let everything = json!("*");
    let kinds = [
        ("PolicyInputList", json!([allow("*"), deny("*")])),
        (
            "PermissionsBoundaryPolicyInputList",
            json!([allow("*"), deny("*")]),
        ),
        ("SessionPolicyInputList", json!([allow("*"), deny("*")])),
        (
            "ServiceControlPolicyInputList",
            json!([[allow("*"), deny("*")]]),
        ),
        (
            "ResourceControlPolicyInputList",
            json!([[closed_to(everything.clone())]]),
        ),
        (
            "VpcEndpointPolicyInputList",
            json!([policy(json!([
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]))]),
        ),
        ("ResourcePolicy", closed_to(everything)),
    ];
    let rows: Vec<Row<'_>> = kinds
        .into_iter()
        .map(|(field, value)| {
            (
                field,
                json!({field: value}),
                identity(json!([allow("*")])),
                DENIED,
            )
        })
        .collect();
    check(
        "reference_policies_evaluation-logic_policy-eval-denyallow",
        &rows,
    );
}

#[test]
fn every_limit_has_to_allow() {
    let limits = [
        (
            "PermissionsBoundaryPolicyInputList",
            json!([allow("ec2:*")]),
        ),
        ("SessionPolicyInputList", json!([allow("ec2:*")])),
        ("ServiceControlPolicyInputList", json!([[allow("ec2:*")]])),
        (
            "VpcEndpointPolicyInputList",
            json!([open_to(json!({"AWS": OTHER}))]),
        ),
    ];
    let rows: Vec<Row<'_>> = limits
        .into_iter()
        .map(|(field, value)| {
            (
                field,
                json!({field: value}),
                identity(json!([allow("*")])),
                NO,
            )
        })
        .collect();
    check(
        "reference_policies_evaluation-logic_policy-eval-denyallow",
        &rows,
    );
    let all = json!({"PermissionsBoundaryPolicyInputList": [allow("s3:*")], "SessionPolicyInputList": [allow("s3:Get*")],
        "ServiceControlPolicyInputList": [[allow("*")], [allow("s3:*")]]});
    check(
        "access_policies_boundaries",
        &[
            (
                "allowed where boundary, SCP, session and identity policy all allow",
                all.clone(),
                identity(json!([allow("s3:*")])),
                YES,
            ),
            ("none of them grants by itself", all.clone(), none(), NO),
            (
                "the boundary limits, it does not grant",
                json!({"PermissionsBoundaryPolicyInputList": [allow("iam:*")]}),
                json!({"ActionNames": ["iam:CreateUser"], "CallerArn": USER}),
                NO,
            ),
            (
                "what a policy allows beyond the boundary fails",
                json!({"PermissionsBoundaryPolicyInputList": [allow("s3:*")]}),
                json!({"ActionNames": ["iam:CreateUser"], "CallerArn": USER, "PolicyInputList": [allow("iam:*")]}),
                NO,
            ),
            (
                "an SCP's allow grants nothing",
                json!({"ServiceControlPolicyInputList": [[allow("*")]]}),
                none(),
                NO,
            ),
        ],
    );
}

/// The table "Resource-based policies and implicit denies in other policy types (same account)": who is
/// named, who calls; with no more, with a boundary that is silent, with a session policy that is silent.
#[test]
fn the_table_of_implicit_denies() {
    let page = "reference_policies_evaluation-logic_policy-eval-basics-id-rdp";
    let boundary = json!({"PermissionsBoundaryPolicyInputList": [allow("ec2:*")]});
    let session = json!({"SessionPolicyInputList": [allow("ec2:*")]});
    let open_session = json!({"SessionPolicyInputList": [allow("s3:*")]});
    let table = [
        ("the user itself", USER, USER, [YES, YES, YES]),
        ("the role, its session calls", ROLE, SESSION, [YES, NO, NO]),
        ("the role session itself", SESSION, SESSION, [YES, YES, YES]),
        (
            "the federated session itself",
            FEDERATED,
            FEDERATED,
            [YES, YES, YES],
        ),
        ("the account, a user calls", ROOT, USER, [NO, NO, NO]),
        ("the account, a session calls", ROOT, SESSION, [NO, NO, NO]),
        ("the account by its id", ACCOUNT, SESSION, [NO, NO, NO]),
        ("everybody, a user calls", "*", USER, [YES, YES, YES]),
        ("everybody, a session calls", "*", SESSION, [YES, YES, YES]),
        (
            "everybody, a federated session calls",
            "*",
            FEDERATED,
            [YES, YES, YES],
        ),
        // Which user federated is not in the session's ARN. Limits bind what is granted to the user.
        (
            "a user, a federated session calls",
            USER,
            FEDERATED,
            [NO, NO, NO],
        ),
        (
            "another session of the role",
            "arn:aws:sts::111111111111:assumed-role/app/s2",
            SESSION,
            [NO, NO, NO],
        ),
        (
            "another user",
            "arn:aws:iam::111111111111:user/bob",
            USER,
            [NO, NO, NO],
        ),
        (
            "user names are with regard to case",
            "arn:aws:iam::111111111111:user/Ann",
            USER,
            [NO, NO, NO],
        ),
    ];
    for (claim, named, caller, want) in table {
        let request =
            json!({"CallerArn": caller, "ResourcePolicy": open_to(json!({"AWS": named}))});
        let more = [none(), boundary.clone(), session.clone()];
        for (more, want) in more.into_iter().zip(want) {
            check(page, &[(claim, request.clone(), more, want)]);
        }
    }
    let of_user = json!({"CallerArn": FEDERATED, "ResourcePolicy": open_to(json!({"AWS": USER}))});
    check(
        page,
        &[(
            "a user, a federated session with a session policy calls",
            of_user,
            open_session,
            OPEN,
        )],
    );
}

#[test]
fn what_grants_past_a_boundary_does_not_pass_a_deny() {
    let direct = json!({"ResourcePolicy": open_to(json!({"AWS": SESSION}))});
    let by_arn = policy(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}]),
    );
    let silent = json!({"PermissionsBoundaryPolicyInputList": [allow("ec2:*")]});
    check(
        "reference_policies_elements_principal",
        &[
            (
                "a deny in the boundary",
                direct.clone(),
                json!({"PermissionsBoundaryPolicyInputList": [allow("*"), deny("s3:*")]}),
                DENIED,
            ),
            (
                "a deny in the session policy",
                direct.clone(),
                json!({"SessionPolicyInputList": [deny("s3:*")]}),
                DENIED,
            ),
            (
                "a silent SCP",
                direct.clone(),
                json!({"ServiceControlPolicyInputList": [[allow("ec2:*")]]}),
                NO,
            ),
            (
                "a deny in the identity policy",
                direct,
                identity(json!([deny("s3:GetObject")])),
                DENIED,
            ),
            (
                "* with aws:PrincipalArn is not limited by a boundary",
                json!({"ResourcePolicy": by_arn}),
                silent.clone(),
                YES,
            ),
            (
                "… for that role alone",
                json!({"ResourcePolicy": by_arn, "CallerArn": "arn:aws:sts::111111111111:assumed-role/b/s"}),
                silent,
                NO,
            ),
        ],
    );
}

#[test]
fn sessions_of_federated_users() {
    let federated = |more: Value| {
        let mut request = more;
        request["CallerArn"] = json!(FEDERATED);
        request
    };
    let own = json!([allow("*")]);
    check(
        "id_credentials_temp_control-access_getfederationtoken",
        &[
            (
                "without a session policy there are no permissions",
                federated(identity(own.clone())),
                none(),
                NO,
            ),
            (
                "with one, both have to allow",
                federated(identity(own.clone())),
                json!({"SessionPolicyInputList": [allow("s3:*")]}),
                YES,
            ),
            (
                "it gives nothing that the user lacks",
                federated(none()),
                json!({"SessionPolicyInputList": [allow("s3:*")]}),
                NO,
            ),
            (
                "what it lacks is missing",
                federated(identity(own.clone())),
                json!({"SessionPolicyInputList": [allow("ec2:*")]}),
                NO,
            ),
            (
                "a resource's policy that names the session is enough",
                federated(none()),
                json!({"ResourcePolicy": open_to(json!({"AWS": FEDERATED}))}),
                YES,
            ),
            (
                "another federated session is not meant",
                federated(none()),
                json!({"ResourcePolicy": open_to(json!({"AWS": "arn:aws:sts::111111111111:federated-user/bob"}))}),
                NO,
            ),
        ],
    );
    check(
        "access_policies#policies_session",
        &[(
            "a role's session without a session policy has what the role has",
            identity(own),
            none(),
            YES,
        )],
    );
}

#[test]
fn requests_across_accounts() {
    let page = "reference_policies_evaluation-logic-cross-account";
    let other = |identity: Value, resource: Value| json!({"CallerArn": OTHER, "PolicyInputList": identity, "ResourcePolicy": resource});
    let session = "arn:aws:sts::222222222222:assumed-role/other/s";
    let from_session = |named: &str, more: Value| {
        let mut request = json!({"CallerArn": session, "PolicyInputList": [allow("*")], "ResourcePolicy": open_to(json!({"AWS": named}))});
        for (key, value) in more.as_object().unwrap() {
            request[key] = value.clone();
        }
        request
    };
    let boundary = json!({"PermissionsBoundaryPolicyInputList": [allow("ec2:*")]});
    let rows: [Row<'_>; 15] = [
        (
            "both sides",
            other(json!([allow("*")]), open_to(json!({"AWS": OTHER}))),
            none(),
            YES,
        ),
        (
            "the account is named",
            other(json!([allow("*")]), open_to(json!({"AWS": "222222222222"}))),
            none(),
            YES,
        ),
        (
            "the account's root is named",
            other(
                json!([allow("*")]),
                open_to(json!({"AWS": "arn:aws:iam::222222222222:root"})),
            ),
            none(),
            YES,
        ),
        (
            "only the resource's side",
            other(json!([]), open_to(json!({"AWS": OTHER}))),
            none(),
            NO,
        ),
        (
            "everybody is named, the own side is silent",
            other(json!([]), open_to(json!("*"))),
            none(),
            NO,
        ),
        (
            "only the own side",
            other(json!([allow("*")]), Value::Null),
            none(),
            NO,
        ),
        (
            "the resource's own account is named",
            other(json!([allow("*")]), open_to(json!({"AWS": ACCOUNT}))),
            none(),
            NO,
        ),
        (
            "a deny on the own side",
            other(
                json!([allow("*"), deny("s3:*")]),
                open_to(json!({"AWS": OTHER})),
            ),
            none(),
            DENIED,
        ),
        (
            "a deny on the resource's side",
            other(json!([allow("*")]), closed_to(json!({"AWS": OTHER}))),
            none(),
            DENIED,
        ),
        (
            "the caller's SCPs bind",
            other(json!([allow("*")]), open_to(json!({"AWS": OTHER}))),
            json!({"ServiceControlPolicyInputList": [[allow("ec2:*")]]}),
            NO,
        ),
        (
            "the session is named",
            from_session(session, none()),
            none(),
            YES,
        ),
        (
            "… and its boundary binds across accounts",
            from_session(session, boundary.clone()),
            none(),
            NO,
        ),
        (
            "the session's role is named",
            from_session(OTHER, none()),
            none(),
            YES,
        ),
        (
            "the other account's root has to be let in too",
            json!({"CallerArn": "arn:aws:iam::222222222222:root", "ResourcePolicy": open_to(json!({"AWS": OTHER}))}),
            none(),
            NO,
        ),
        (
            "… and is, by its account",
            json!({"CallerArn": "arn:aws:iam::222222222222:root", "ResourcePolicy": open_to(json!({"AWS": "222222222222"}))}),
            none(),
            YES,
        ),
    ];
    check(page, &rows);
}
