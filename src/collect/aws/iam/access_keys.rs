//! Whose an access key is whose id was found in a cluster.

use std::collections::BTreeSet;

use aws_sdk_iam::Client;

use super::super::failure::Failure;
use super::super::read::{Tally, pages};
use super::super::value::time;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::iam::{AccessKey, Iam};

/// Finds the owners of these key ids among the users that have a key that works.
///
/// An id whose account can be read off it and is another's is nobody's here. `calls_left` calls
/// may be made at most: candidates beyond it go into the coverage as not asked.
pub(in crate::collect) async fn collect(
    client: &Client,
    account: &str,
    ids: &BTreeSet<String>,
    iam: &Iam,
    calls_left: u32,
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> Vec<AccessKey> {
    let mut wanted: BTreeSet<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| account_of_key(id).is_none_or(|owner| owner == account))
        .collect();
    let source = Source::ACCESS_KEYS;
    if wanted.is_empty() {
        Tally::default().record(coverage, source, account);
        return Vec::new();
    }
    if !coverage.complete(Source::CREDENTIAL_REPORT, account) {
        let detail = "not asked: the credential report was not read, which says who has keys";
        coverage.record(source.name, account, Status::Failed, 0, Some(detail.into()));
        return Vec::new();
    }
    let candidates = users_with_active_keys(iam);
    let mut tally = Tally::default();
    let mut found = Vec::new();
    let mut unasked = 0_usize;
    let mut left = calls_left;
    for user in candidates {
        if wanted.is_empty() {
            break;
        }
        if left == 0 {
            unasked += 1;
            continue;
        }
        left -= 1;
        let keys = keys_of(client, user).await;
        if let Ok(Some(keys)) = &keys {
            for key in keys {
                wanted.remove(key.access_key_id.as_str());
            }
        }
        found.extend(
            tally
                .take(vec![(user.to_owned(), keys)])
                .into_iter()
                .flatten(),
        );
    }
    if unasked > 0 {
        tally.missed(
            "other users".to_owned(),
            Failure::plain(format!(
                "{unasked} users with keys were not asked, to stay within {} calls of IAM",
                super::CALL_BUDGET
            )),
        );
    }
    progress.read(source.name, account, found.len() as u64);
    tally.record(coverage, source, account);
    found
}

/// Users that have a working key, in the report's order of names.
fn users_with_active_keys(iam: &Iam) -> BTreeSet<&str> {
    iam.credential_report
        .iter()
        .filter(|row| row.user != "<root_account>")
        .filter(|row| row.access_keys.iter().any(|key| key.active))
        .map(|row| row.user.as_str())
        .collect()
}

async fn keys_of(client: &Client, user: &str) -> Result<Option<Vec<AccessKey>>, Failure> {
    let read = pages(|marker| async move {
        let answer = client
            .list_access_keys()
            .user_name(user)
            .set_marker(marker)
            .send()
            .await
            .map_err(|error| Failure::of("iam:ListAccessKeys", &error))?;
        let next = answer.marker.filter(|_| answer.is_truncated);
        Ok((answer.access_key_metadata, next))
    })
    .await;
    if let Some(failure) = read.cut {
        return Err(failure);
    }
    let keys = read.pages.into_iter().flatten().map(|key| AccessKey {
        user_name: key.user_name.unwrap_or_default(),
        access_key_id: key.access_key_id.unwrap_or_default(),
        status: key
            .status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        create_date: time(key.create_date),
    });
    Ok(Some(keys.collect()))
}

/// The account that an access key's id names: after the prefix the id is base32, and its first
/// 48 bits hold the account's number between two others. Ids that start with `AKIAI` and
/// `AKIAJ` are older than this form and name none. (AWS documents that `sts:GetAccessKeyInfo`
/// answers this; asked of the id itself it costs no call.)
fn account_of_key(id: &str) -> Option<String> {
    let body = id.strip_prefix("AKIA")?;
    if body.len() != 16 || body.starts_with(['I', 'J']) {
        return None;
    }
    // Ten characters of five bits are 50 bits; the first 48 are wanted.
    let mut bits: u64 = 0;
    for letter in body.bytes().take(10) {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u64::from(value);
    }
    let account = ((bits >> 2) & 0x7fff_ffff_ff80) >> 7;
    Some(format!("{account:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::iam::{AccessKeyAge, CredentialReportRow};

    #[test]
    fn an_id_of_the_newer_form_names_its_account() {
        for (id, account) in [
            // Made up: 111122223333 << 7 with the top bit set, in base32, as the form has it.
            (key_id_of(111_122_223_333), Some("111122223333")),
            (key_id_of(5), Some("000000000005")),
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), None),
            ("AKIAJOSFODNN7EXAMPLE".to_owned(), None),
            ("AKIA1111111111111111".to_owned(), None),
            ("ASIAQNZGKIQY56JQ7WML".to_owned(), None),
            // The published example of this form.
            ("AKIAQNZGKIQY56JQ7WML".to_owned(), Some("029608264753")),
        ] {
            assert_eq!(account_of_key(&id).as_deref(), account, "{id}");
        }
    }

    fn key_id_of(account: u64) -> String {
        let bits = ((1_u64 << 47) | (account << 7)) << 2;
        let mut id = "AKIA".to_owned();
        for at in (0..10).rev() {
            let value = u8::try_from((bits >> (at * 5)) & 31).unwrap_or_default();
            id.push(char::from(if value < 26 {
                b'A' + value
            } else {
                b'2' + value - 26
            }));
        }
        id.push_str("AAAAAA");
        id
    }

    #[test]
    fn only_users_with_a_working_key_are_candidates() {
        let row = |user: &str, active: bool| CredentialReportRow {
            user: user.to_owned(),
            access_keys: vec![AccessKeyAge {
                number: 1,
                active,
                ..AccessKeyAge::default()
            }],
            ..CredentialReportRow::default()
        };
        let iam = Iam {
            credential_report: vec![
                row("<root_account>", true),
                row("b", true),
                row("a", true),
                row("old", false),
                CredentialReportRow::default(),
            ],
            ..Iam::default()
        };
        let users: Vec<_> = users_with_active_keys(&iam).into_iter().collect();
        assert_eq!(users, ["a", "b"]);
    }
}
