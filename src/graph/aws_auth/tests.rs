//! The tests of what the authenticator makes of aws-auth.

#![allow(clippy::unwrap_used)]

use super::*;

fn read(fields: &[(&str, &str)]) -> AwsAuth {
    let data = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    AwsAuth::read(&data.collect())
}

fn roles(text: &str) -> AwsAuth {
    read(&[("mapRoles", text)])
}

const ROLE: &str = "arn:aws:iam::111122223333:role/ops";

#[test]
fn which_arns_can_match_a_caller() {
    for (arn, counts) in [
        ("arn:aws:iam::111122223333:role/r", true),
        ("arn:aws:iam::111122223333:role/R+=,.@-_", true),
        ("arn:aws:iam::111122223333:role/team/r", false),
        ("arn:aws:iam::111122223333:role/*", false),
        ("arn:aws:iam::111122223333:role/", false),
        ("arn:aws:iam::111122223333:role", false),
        ("arn:aws:iam::111122223333:user/team/jane", true),
        ("arn:aws:iam::111122223333:user/jane", true),
        ("arn:aws:iam::111122223333:root", true),
        ("arn:aws:iam::111122223333:group/devs", false),
        ("arn:aws:sts::111122223333:federated-user/bob", true),
        ("arn:aws:sts::111122223333:assumed-role/r/s1", false),
        ("arn:aws:iam::1111:role/r", false),
        ("arn:aws:iam::{{AccountID}}:role/r", false),
        ("role/r", false),
        (" arn:aws:iam::111122223333:role/r", false),
        ("arn:aws-cn:iam::111122223333:role/r", true),
        ("arn:aws:iam::111122223333:Role/r", true),
    ] {
        // The field does not matter: both are compared with the caller's ARN.
        for (field, name) in [("mapRoles", "rolearn"), ("mapUsers", "userarn")] {
            let text = format!("- {name}: '{arn}'\n  groups: [g]\n");
            let found = read(&[(field, &text)]);
            assert_eq!(
                found.mappings.len() == 1,
                counts,
                "{field}: {arn}: {found:#?}"
            );
            assert_eq!(found.idle.len() == 1, !counts, "{field}: {arn}: {found:#?}");
        }
    }
}

#[test]
fn what_is_malformed_is_left_out_and_the_rest_counts() {
    // Text, mappings that count with their groups, whether anything is a problem.
    type Counts<'a> = Vec<(&'a str, Vec<&'a str>)>;
    let cases: [(&str, Counts<'_>, bool); 11] = [
        (
            "- rolearn: @\n  groups: [a, b]\n",
            vec![("", vec!["a", "b"])],
            false,
        ),
        // A text where a list belongs: the mapping counts, without groups.
        (
            "- rolearn: @\n  username: u\n  groups: system:masters\n",
            vec![("u", vec![])],
            false,
        ),
        (
            "- rolearn: @\n  username: 7\n  groups: [a, 5, b]\n",
            vec![("", vec!["a", "b"])],
            false,
        ),
        // One element that is no mapping costs itself alone.
        (
            "- nonsense\n- rolearn: @\n  groups: [a]\n",
            vec![("", vec!["a"])],
            false,
        ),
        (
            "- username: nobody\n- rolearn: @\n",
            vec![("", vec![])],
            false,
        ),
        // A broken field is dropped whole.
        ("- rolearn: @\n  groups: [a\n", vec![], true),
        ("rolearn: @\n", vec![], true),
        // Names of members in any case.
        (
            "- RoleARN: @\n  Username: u\n  GROUPS: [a]\n",
            vec![("u", vec!["a"])],
            false,
        ),
        // JSON is YAML.
        (
            r#"[{"rolearn": "@", "groups": ["a"]}]"#,
            vec![("", vec!["a"])],
            false,
        ),
        ("``", vec![], false),
        ("[]", vec![], false),
    ];
    for (text, expected, is_problem) in cases {
        let found = roles(&text.replace('@', ROLE));
        let mappings: Vec<_> = found
            .mappings
            .iter()
            .map(|m| {
                (
                    m.username.as_str(),
                    m.groups.iter().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(mappings, expected, "{text}: {found:#?}");
        assert_eq!(!found.problems.is_empty(), is_problem, "{text}: {found:#?}");
    }
    // A field costs itself alone.
    let found = read(&[
        ("mapRoles", "nonsense: ["),
        (
            "mapUsers",
            "- userarn: arn:aws:iam::111122223333:user/jane\n",
        ),
    ]);
    assert_eq!(
        (found.mappings.len(), found.problems.len()),
        (1, 1),
        "{found:#?}"
    );
}

#[test]
fn of_two_of_one_arn_the_last_counts_and_roles_before_users() {
    let upper = ROLE
        .to_uppercase()
        .replace("ARN:AWS:IAM", "arn:aws:iam")
        .replace("ROLE/", "role/");
    let twice =
        format!("- rolearn: {ROLE}\n  groups: [first]\n- rolearn: {upper}\n  groups: [last]\n");
    let found = roles(&twice);
    assert_eq!(found.mappings.len(), 1, "{found:#?}");
    assert_eq!(found.mappings[0].groups, ["last"]);
    assert_eq!(found.idle[0].1, Idle::Overridden("mapRoles", 2));
    // Asked first, whatever it is of.
    let users = format!("- userarn: {ROLE}\n  groups: [user]\n");
    let both = read(&[
        (
            "mapRoles",
            &format!("- rolearn: {ROLE}\n  groups: [role]\n"),
        ),
        ("mapUsers", &users),
    ]);
    assert_eq!(both.mappings[0].groups, ["role"], "{both:#?}");
    assert_eq!(both.idle[0].1, Idle::Overridden("mapRoles", 1));
    // One that never matches overrides nothing.
    let sso = "sso: {permissionSetName: Admin, accountID: '111122223333'}";
    let refused = format!("- rolearn: {ROLE}\n  groups: [first]\n- rolearn: {ROLE}\n  {sso}\n");
    assert_eq!(roles(&refused).mappings[0].groups, ["first"]);
}

#[test]
fn users_that_differ_in_case_are_either() {
    let jane = "arn:aws:iam::111122223333:user/jane";
    let text = format!(
        "- userarn: {jane}\n  groups: [a]\n- userarn: {}\n  groups: [b]\n",
        jane.replace("jane", "Jane")
    );
    let found = read(&[("mapUsers", &text)]);
    assert_eq!(
        (found.mappings.len(), found.problems.len()),
        (2, 1),
        "{found:#?}"
    );
    let same = format!("- userarn: {jane}\n  groups: [a]\n- userarn: {jane}\n  groups: [b]\n");
    let found = read(&[("mapUsers", &same)]);
    assert_eq!(
        (found.mappings.len(), found.problems.len()),
        (1, 0),
        "{found:#?}"
    );
}

#[test]
fn permission_sets_are_not_matched_by_eks() {
    let found = roles(
        "- sso: {permissionSetName: Admin, accountID: '111122223333'}\n  groups: [system:masters]\n",
    );
    assert!(found.mappings.is_empty(), "{found:#?}");
    assert_eq!(
        found.idle[0].1,
        Idle::Never("EKS does not match SSO permission sets")
    );
}

#[test]
fn accounts_with_and_without_quotes() {
    for text in [
        "- \"111122223333\"\n",
        "- 111122223333\n",
        "['111122223333']",
    ] {
        assert_eq!(
            read(&[("mapAccounts", text)]).accounts,
            ["111122223333"],
            "{text}"
        );
    }
    assert_eq!(
        read(&[("mapAccounts", "- 011122223333\n")]).accounts,
        ["011122223333"]
    );
    let broken = read(&[("mapAccounts", "accounts: 1")]);
    assert_eq!((broken.accounts.len(), broken.problems.len()), (0, 1));
}
