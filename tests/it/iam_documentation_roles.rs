//! Roles: trust policies, tokens, services and the tags of sessions (IAM User Guide, "IAM roles", "Passing
//! session tags in AWS STS"; STS API reference).

use super::iam_documentation::*;
use serde_json::{Value, json};

const TARGET: &str = "arn:aws:iam::111111111111:role/target";
const PROVIDER: &str =
    "arn:aws:iam::111111111111:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AAAA";

fn none() -> Value {
    json!({})
}

/// `sts:AssumeRole` on the target, by its trust policy and the caller's policies.
fn assume(caller: &str, trust: Value, identity: Value) -> Value {
    json!({"CallerArn": caller, "ActionNames": ["sts:AssumeRole"], "ResourceArns": [TARGET], "ResourcePolicy": trust,
        "PolicyInputList": identity})
}

fn by(principal: Value) -> Value {
    trust(principal, "sts:AssumeRole")
}

#[test]
fn trust_policies() {
    let all = || json!([allow("*")]);
    let nothing = || json!([]);
    let aws = |name: &str| by(json!({ "AWS": name }));
    let silent = json!({"PermissionsBoundaryPolicyInputList": [allow("ec2:*")]});
    let deny_trust = policy(
        json!([{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"}]),
    );
    check(
        "id_roles_compare-resource-policies, id_roles_terms-and-concepts",
        &[
            (
                "an identity policy is never enough",
                assume(SESSION, Value::Null, all()),
                none(),
                NO,
            ),
            (
                "the trust names the role",
                assume(SESSION, aws(ROLE), nothing()),
                none(),
                YES,
            ),
            (
                "the trust names the session",
                assume(SESSION, aws(SESSION), nothing()),
                none(),
                YES,
            ),
            (
                "the trust names the user",
                assume(USER, aws(USER), nothing()),
                none(),
                YES,
            ),
            (
                "the trust names the account alone",
                assume(SESSION, aws(ROOT), nothing()),
                none(),
                NO,
            ),
            (
                "… and the identity policy allows",
                assume(SESSION, aws(ROOT), all()),
                none(),
                YES,
            ),
            (
                "… on this role",
                assume(
                    SESSION,
                    aws(ACCOUNT),
                    json!([policy(
                        json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": TARGET}])
                    )]),
                ),
                none(),
                YES,
            ),
            (
                "… on another role",
                assume(
                    SESSION,
                    aws(ACCOUNT),
                    json!([policy(
                        json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}])
                    )]),
                ),
                none(),
                NO,
            ),
            (
                "a role has to trust itself",
                assume(
                    "arn:aws:sts::111111111111:assumed-role/target/s",
                    aws(OTHER),
                    all(),
                ),
                none(),
                NO,
            ),
            (
                "the boundary binds a role that is named",
                assume(SESSION, aws(ROLE), nothing()),
                silent.clone(),
                NO,
            ),
            (
                "… not a user that is",
                assume(USER, aws(USER), nothing()),
                silent,
                YES,
            ),
            (
                "a deny in the trust",
                assume(SESSION, deny_trust, all()),
                none(),
                DENIED,
            ),
            (
                "a deny in the identity policy",
                assume(SESSION, aws(ROLE), json!([deny("sts:*")])),
                none(),
                DENIED,
            ),
            (
                "everybody",
                assume(SESSION, by(json!("*")), nothing()),
                none(),
                YES,
            ),
            (
                "another account's role, both allow",
                assume(OTHER, aws(OTHER), all()),
                none(),
                YES,
            ),
            (
                "another account's role, its own policy is silent",
                assume(OTHER, aws(OTHER), nothing()),
                none(),
                NO,
            ),
            (
                "another account, both allow",
                assume(OTHER, aws("222222222222"), all()),
                none(),
                YES,
            ),
            (
                "the root user cannot assume roles",
                assume(ROOT, aws(ROOT), all()),
                none(),
                NO,
            ),
            (
                "what is left of a deleted role names nobody",
                assume(SESSION, aws("AROAABCDEFGHIJKLMNOPQ"), all()),
                none(),
                NO,
            ),
            (
                "a federated user cannot call STS",
                assume(FEDERATED, by(json!("*")), all()),
                json!({"SessionPolicyInputList": [allow("*")]}),
                NO,
            ),
        ],
    );
}

#[test]
fn external_ids_and_names_of_sessions() {
    let with = |condition: Value| {
        policy(
            json!([{"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole", "Condition": condition}]),
        )
    };
    let ask = |condition: Value, entries: Value| {
        let mut request = assume(OTHER, with(condition), json!([allow("sts:*")]));
        request["ContextEntries"] = keys(entries)["ContextEntries"].clone();
        request
    };
    let id = json!({"StringEquals": {"sts:ExternalId": "12345"}});
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let unknown = json!({"ContextComplete": false});
    check(
        "id_roles_common-scenarios_third-party, id_credentials_mfa_configure-api-require",
        &[
            (
                "the external id",
                ask(id.clone(), json!({"sts:ExternalId": "12345"})),
                none(),
                YES,
            ),
            (
                "another",
                ask(id.clone(), json!({"sts:ExternalId": "12346"})),
                none(),
                NO,
            ),
            ("none", ask(id.clone(), json!({})), none(), NO),
            ("one that is not known", ask(id, json!({})), unknown, OPEN),
            (
                "a role's session has no MFA",
                ask(mfa.clone(), json!({})),
                none(),
                NO,
            ),
            (
                "… and with one",
                ask(mfa, json!({"aws:MultiFactorAuthPresent": "true"})),
                none(),
                YES,
            ),
            (
                "the name of a session",
                ask(
                    json!({"StringLike": {"sts:RoleSessionName": "${aws:username}"}}),
                    json!({"sts:RoleSessionName": "x"}),
                ),
                none(),
                NO,
            ),
        ],
    );
}

#[test]
fn tokens_and_services() {
    let token = |caller: &str, document: Value| json!({"CallerFederated": caller, "ActionNames": ["sts:AssumeRoleWithWebIdentity"], "ResourceArns": [TARGET], "ResourcePolicy": document});
    let web = |provider: &str| {
        trust(
            json!({ "Federated": provider }),
            "sts:AssumeRoleWithWebIdentity",
        )
    };
    let service = |caller: &str, action: &str, document: Value| json!({"CallerService": caller, "ActionNames": [action], "ResourceArns": [TARGET], "ResourcePolicy": document});
    let pods = "pods.eks.amazonaws.com";
    let both = policy(
        json!([{"Effect": "Allow", "Principal": {"Service": pods}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]),
    );
    let other = "arn:aws:iam::222222222222:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AAAA";
    let scp = json!({"ServiceControlPolicyInputList": [[]]});
    check(
        "id_roles_providers_create_oidc, reference_policies_elements_principal#principal-services",
        &[
            ("the provider", token(PROVIDER, web(PROVIDER)), none(), YES),
            (
                "another provider",
                token(PROVIDER, web("arn:aws:iam::111111111111:oidc-provider/x")),
                none(),
                NO,
            ),
            (
                "another account's provider",
                token(other, web(other)),
                none(),
                NO,
            ),
            (
                "sts:AssumeRole is another action",
                token(
                    PROVIDER,
                    trust(json!({"Federated": PROVIDER}), "sts:AssumeRole"),
                ),
                none(),
                NO,
            ),
            (
                "sts:AssumeRole* is both",
                token(
                    PROVIDER,
                    trust(json!({"Federated": PROVIDER}), "sts:AssumeRole*"),
                ),
                none(),
                YES,
            ),
            (
                "the account's principals are not its tokens",
                token(PROVIDER, trust(json!({"AWS": ACCOUNT}), "sts:*")),
                none(),
                NO,
            ),
            (
                "SCPs do not bind tokens",
                token(PROVIDER, web(PROVIDER)),
                scp,
                YES,
            ),
            (
                "a service",
                service(pods, "sts:AssumeRole", both.clone()),
                none(),
                YES,
            ),
            (
                "… passing tags",
                service(pods, "sts:TagSession", both),
                none(),
                YES,
            ),
            (
                "… without leave to",
                service(pods, "sts:TagSession", by(json!({"Service": pods}))),
                none(),
                NO,
            ),
            (
                "another service",
                service(
                    "ec2.amazonaws.com",
                    "sts:AssumeRole",
                    by(json!({"Service": pods})),
                ),
                none(),
                NO,
            ),
            (
                "several services are one list",
                service(
                    "ec2.amazonaws.com",
                    "sts:AssumeRole",
                    by(json!({"Service": [pods, "ec2.amazonaws.com"]})),
                ),
                none(),
                YES,
            ),
        ],
    );
}

#[test]
fn tags_and_identities_of_sessions() {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for action in ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"] {
        let ask = |document: Value| {
            let mut request = assume(SESSION, document, json!([allow("*")]));
            request["ActionNames"] = json!([action]);
            request
        };
        rows.push((action, ask(by(json!({"AWS": ROLE}))), none(), NO));
        rows.push((
            action,
            ask(trust(json!({"AWS": ROLE}), action)),
            none(),
            YES,
        ));
    }
    check(
        "id_session-tags#id_session-tags_permissions-required, id_credentials_temp_control-access_monitor",
        &rows,
    );
}
