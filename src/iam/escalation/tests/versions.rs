//! A managed policy has at most five versions: whoever writes a sixth has to delete one.

use super::*;

const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const CREATE: &str = "iam:CreatePolicyVersion";
const DELETE: &str = "iam:DeletePolicyVersion";

/// A policy of the role `app` with this many versions, and one of the role `dev` with that many.
fn policies(own: Option<usize>, other: Option<usize>) -> Existing {
    let trust = trust("ec2.amazonaws.com");
    let role = |arn| RoleFacts {
        arn,
        trust: &trust,
        in_profile: None,
        is_bounded: false,
    };
    let policy = |arn, holder, count| PolicyFacts {
        arn,
        holders: vec![holder],
        count,
        ..PolicyFacts::default()
    };
    Existing::unseen()
        .with_roles([role(ROLE), role(DEV)])
        .with_policies([
            policy(OWN, ROLE, own),
            policy("arn:aws:iam::111122223333:policy/theirs", DEV, other),
        ])
}

/// What the role `app` holds by the policy that is its own.
fn held_by_one(statements: &Value, existing: &Existing) -> Vec<Held> {
    held_by(&[named(OWN, statements)], existing)
}

fn gist(held: &[Held]) -> Vec<(&'static str, bool, bool)> {
    let gist = held
        .iter()
        .map(|held| (held.method.id, held.is_own, held.certain));
    gist.collect()
}

#[test]
fn a_sixth_version_needs_the_deletion_of_one() {
    let both = json!([CREATE, DELETE]);
    let own = |certain| ("create-policy-version", true, certain);
    let replaced = ("replace-policy-version", true, true);
    for (what, count, actions, expected) in [
        ("one", Some(1), json!(CREATE), vec![own(true)]),
        ("four", Some(4), json!(CREATE), vec![own(true)]),
        ("four, and delete", Some(4), both.clone(), vec![own(true)]),
        ("five", Some(5), json!(CREATE), vec![]),
        ("five, and delete", Some(5), both.clone(), vec![replaced]),
        ("five, and only delete", Some(5), json!(DELETE), vec![]),
        ("unread", None, json!(CREATE), vec![own(false)]),
        ("unread, and delete", None, both, vec![own(false), replaced]),
    ] {
        for resource in [OWN, "*"] {
            let existing = policies(count, Some(5));
            let held = held_by_one(&allow(actions.clone(), resource), &existing);
            // What it may change of the other's is not asked here.
            let own: Vec<_> = gist(&held).into_iter().filter(|one| one.1).collect();
            assert_eq!(own, expected, "{what} on {resource}: {held:#?}");
        }
    }
}

#[test]
fn how_many_versions_there_are_is_asked_of_the_policy_that_is_its_own() {
    for (own, other, expected) in [
        (5, 1, vec![("create-policy-version", false, false)]),
        (1, 5, vec![("create-policy-version", true, true)]),
        (5, 5, vec![]),
    ] {
        let existing = policies(Some(own), Some(other));
        let held = held_by_one(&allow(json!(CREATE), "*"), &existing);
        assert_eq!(gist(&held), expected, "{own} and {other}: {held:#?}");
    }
}

#[test]
fn one_is_deleted_of_the_policy_that_is_written() {
    let two = |delete: &str| {
        json!([{"Effect": "Allow", "Action": CREATE, "Resource": OWN},
            {"Effect": "Allow", "Action": DELETE, "Resource": delete}])
    };
    let existing = policies(Some(5), Some(5));
    for (delete, expected) in [
        (OWN, vec![("replace-policy-version", true, true)]),
        ("arn:aws:iam::111122223333:policy/theirs", vec![]),
    ] {
        let held = held_by_one(&two(delete), &existing);
        assert_eq!(gist(&held), expected, "{delete}: {held:#?}");
    }
}

#[test]
fn the_policy_of_a_role_that_it_becomes_has_at_most_five_too() {
    for (becomes, short) in [
        ("sts:AssumeRole", "assume-role"),
        ("iam:UpdateAssumeRolePolicy", "trust"),
    ] {
        let create = format!("create-policy-version-{short}");
        let replace = format!("replace-policy-version-{short}");
        // A trust policy has to let it in, which is open.
        let yes = short == "trust";
        let plain = json!([CREATE, becomes]);
        let delete = json!([CREATE, DELETE, becomes]);
        for (what, count, actions, expected) in [
            ("one", Some(1), &plain, vec![(create.as_str(), yes)]),
            ("five", Some(5), &plain, vec![]),
            ("five, and delete", Some(5), &delete, vec![(&*replace, yes)]),
            ("unread", None, &plain, vec![(&*create, false)]),
            (
                "unread, and delete",
                None,
                &delete,
                vec![(&*create, false), (&*replace, yes)],
            ),
        ] {
            let existing = policies(Some(5), count);
            let held = held_by_one(&allow(actions.clone(), "*"), &existing);
            let found = held.iter().filter(|held| held.method.id.ends_with(short));
            let found = found.filter(|held| held.method.id.contains("version"));
            let found: Vec<(&str, bool)> =
                found.map(|held| (held.method.id, held.certain)).collect();
            assert_eq!(found, expected, "{what}, {becomes}: {held:#?}");
        }
    }
}

#[test]
fn what_was_not_read_is_said_in_words() {
    let unread = policies(None, Some(5));
    let unseen = Existing::unseen();
    for (what, existing, source) in [
        ("versions", &unread, "did not tell"),
        ("the account", &unseen, "was not read"),
    ] {
        let held = held_by_one(&allow(json!(CREATE), OWN), existing);
        let said = held.iter().flat_map(|held| &held.conditions);
        let said = said.filter(|one| one.contains("fewer than five versions"));
        let said: Vec<&String> = said.filter(|one| one.ends_with(source)).collect();
        assert_eq!(said.len(), 1, "{what}: {held:#?}");
    }
}
