//! The credential report: asked for and waited for.
//!
//! IAM User Guide, "Generate credential reports for your AWS account": IAM makes a new one if
//! the last is older than four hours, in the background.

use std::time::Duration;

use aws_sdk_iam::Client;

use super::super::failure::Failure;
use super::super::read::Tally;
use crate::collect::credential_report;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::iam::CredentialReportRow;

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
        credential_report::parse(&text)
            .map_err(|why| Failure::plain(format!("iam:GetCredentialReport: {why}")))
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
