//! The credential report: asked for, waited for, read.
//!
//! IAM User Guide, "Generate credential reports for your AWS account": IAM makes a new one if
//! the last is older than four hours, in the background.

use std::time::Duration;

use aws_sdk_iam::Client;

use super::super::failure::Failure;
use super::super::read::Tally;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::iam::{AccessKeyAge, CredentialReportRow};
use crate::snapshot::time::Time;

/// How long to wait before each time that the report is asked for, where it is not ready at
/// once. The rest of the scan goes on meanwhile.
const WAITS: &[Duration] = &[
    Duration::from_secs(1),
    Duration::from_secs(6),
    Duration::from_secs(15),
];

/// "It is still being made", as the API Reference and as the wire have it.
const NOT_READY: &[&str] = &["ReportInProgress", "CredentialReportNotReadyException"];

/// The rows, and how many calls it took.
pub(super) async fn collect(
    client: &Client,
    account: &str,
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> (Vec<CredentialReportRow>, u32) {
    let mut calls = 0;
    let answer = report(client, &mut calls).await.and_then(|text| {
        rows(&text).map_err(|why| Failure::plain(format!("iam:GetCredentialReport: {why}")))
    });
    let rows = answer.as_ref().map(Vec::len).unwrap_or_default();
    progress.read(Source::CREDENTIAL_REPORT.name, account, rows as u64);
    let mut tally = Tally::default();
    let rows = match answer {
        Ok(rows) => tally.take(
            rows.into_iter()
                .map(|row| (row.arn.clone(), Ok(Some(row))))
                .collect(),
        ),
        Err(failure) => {
            tally = Tally::of_items(Some(failure));
            Vec::new()
        }
    };
    tally.record(coverage, Source::CREDENTIAL_REPORT, account);
    (rows, calls)
}

async fn report(client: &Client, calls: &mut u32) -> Result<String, Failure> {
    *calls += 1;
    let state = client
        .generate_credential_report()
        .send()
        .await
        .map_err(|error| Failure::of("iam:GenerateCredentialReport", &error))?
        .state;
    let ready = state.is_some_and(|state| state.as_str() == "COMPLETE");
    let mut last = Failure::plain("iam:GetCredentialReport: not asked");
    for (at, wait) in WAITS.iter().enumerate() {
        if at > 0 || !ready {
            tokio::time::sleep(*wait).await;
        }
        *calls += 1;
        let answer = client
            .get_credential_report()
            .send()
            .await
            .map_err(|error| Failure::of("iam:GetCredentialReport", &error));
        match answer {
            Ok(answer) => {
                let content = answer.content.unwrap_or_else(|| Vec::new().into());
                return String::from_utf8(content.into_inner())
                    .map_err(|_| Failure::plain("iam:GetCredentialReport: no UTF-8 text"));
            }
            Err(failure) if failure.is(NOT_READY) => last = failure,
            Err(failure) => return Err(failure),
        }
    }
    last.detail
        .push_str(" (IAM is still making it: run the scan again in a minute)");
    Err(last)
}

/// The rows of a report. Columns are found by their names: AWS has added some over time.
fn rows(text: &str) -> Result<Vec<CredentialReportRow>, String> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    for needed in ["user", "arn", "access_key_1_active"] {
        if !header.contains(&needed) {
            return Err(format!("the report has no column {needed}"));
        }
    }
    let filled = lines.filter(|line| !line.trim().is_empty());
    Ok(filled.map(|line| row(&header, line)).collect())
}

fn row(header: &[&str], line: &str) -> CredentialReportRow {
    // No value of a report has a comma: names of users cannot be quoted, and `+=,.@-` of them
    // may hold one, but then the ARN tells where the name ends.
    let cells = cells(header.len(), line);
    let cell = |column: &str| -> Option<&str> {
        let at = header.iter().position(|name| *name == column)?;
        cells.get(at).map(String::as_str)
    };
    CredentialReportRow {
        user: cell("user").unwrap_or_default().to_owned(),
        arn: cell("arn").unwrap_or_default().to_owned(),
        password_enabled: cell("password_enabled").and_then(truth),
        password_last_used: cell("password_last_used").and_then(when),
        mfa_active: cell("mfa_active").and_then(truth),
        access_keys: (1..=2)
            .filter_map(|number| {
                let key = |what: &str| cell(&format!("access_key_{number}_{what}"));
                let age = AccessKeyAge {
                    number,
                    active: key("active").and_then(truth)?,
                    last_rotated: key("last_rotated").and_then(when),
                    last_used: key("last_used_date").and_then(when),
                };
                // A key that never was: not active, never made.
                (age.active || age.last_rotated.is_some()).then_some(age)
            })
            .collect(),
    }
}

/// The cells of a line. A user's name may have commas (IAM User Guide, "IAM and AWS STS
/// quotas": `+=,.@-_`), which the report does not quote: each makes one cell more in the name
/// and one more in the ARN, and all other cells have none.
fn cells(columns: usize, line: &str) -> Vec<String> {
    let parts: Vec<&str> = line.split(',').collect();
    let extra = parts.len().saturating_sub(columns);
    if extra == 0 || !extra.is_multiple_of(2) {
        return parts.into_iter().map(str::to_owned).collect();
    }
    let span = extra / 2 + 1;
    let mut cells: Vec<String> = parts.chunks(span).take(2).map(|c| c.join(",")).collect();
    cells.extend(parts.iter().skip(2 * span).map(|part| (*part).to_owned()));
    cells
}

/// `true`, `false`; `not_supported` (the root user's password) and `N/A` are not known.
fn truth(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A time; `N/A`, `no_information` and `not_supported` are none.
fn when(cell: &str) -> Option<Time> {
    Time::parse(cell).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
        password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
        access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
        access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,\
        access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
        cert_2_last_rotated";

    #[test]
    fn rows_are_read_by_their_columns() {
        let text = format!(
            "{HEADER}\n\
             <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,\
             2026-01-01T00:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,\
             false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n\
             ci,arn:aws:iam::111122223333:user/ci,2020-01-01T00:00:00+00:00,false,N/A,N/A,N/A,\
             false,true,2024-02-03T04:05:06+00:00,2026-11-01T00:00:00+00:00,eu-west-1,s3,false,\
             2023-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A\n"
        );
        let rows = rows(&text).unwrap();
        let [root, ci] = rows.as_slice() else {
            panic!("{rows:#?}")
        };
        assert_eq!(root.user, "<root_account>");
        assert_eq!((root.password_enabled, root.mfa_active), (None, Some(true)));
        assert!(root.access_keys.is_empty(), "{root:?}");
        let keys: Vec<_> = ci
            .access_keys
            .iter()
            .map(|key| {
                let date = |time: Option<Time>| time.map(Time::date);
                (
                    key.number,
                    key.active,
                    date(key.last_rotated),
                    date(key.last_used),
                )
            })
            .collect();
        let date = |text: &str| Some(text.to_owned());
        assert_eq!(
            keys,
            [
                (1, true, date("2024-02-03"), date("2026-11-01")),
                (2, false, date("2023-01-01"), None)
            ]
        );
    }

    #[test]
    fn a_comma_in_a_name_moves_no_column() {
        let line = "a,b,arn:aws:iam::1:user/a,b,true";
        assert_eq!(cells(3, line), ["a,b", "arn:aws:iam::1:user/a,b", "true"]);
    }

    #[test]
    fn a_report_without_its_columns_is_an_error() {
        assert!(rows("<html>").is_err());
        assert!(rows("").is_err());
    }
}
