//! Account Management: which regions are enabled. AWS Account Management Reference Guide,
//! `ListRegions`.

use aws_sdk_account::Client;
use aws_sdk_account::types::RegionOptStatus;

use super::failure::Failure;
use super::read::pages;
use crate::collect::call::AwsCall;
use crate::collect::live::{LiveError, Unknown};
use crate::snapshot::coverage::Status;

/// What this file calls.
pub const CALLS: &[AwsCall] = &[AwsCall::on_request(
    "account:ListRegions",
    "the regions of --region all-enabled, and whether --services saw all",
)];

/// The names of the regions that are enabled, sorted.
pub(in crate::collect) async fn enabled_regions(client: &Client) -> Result<Vec<String>, LiveError> {
    let read = pages(|token| async move {
        let answer = client
            .list_regions()
            .max_results(50)
            .region_opt_status_contains(RegionOptStatus::Enabled)
            .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of("account:ListRegions", &error))?;
        let regions = answer.regions.unwrap_or_default();
        let names: Vec<String> = regions
            .into_iter()
            .filter_map(|of| of.region_name)
            .collect();
        Ok((names, answer.next_token))
    })
    .await;
    if let Some(failure) = read.cut {
        return Err(LiveError::Regions(Unknown {
            status: failure.status,
            detail: failure.detail,
        }));
    }
    let mut names: Vec<String> = read.pages.into_iter().flatten().collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(LiveError::Regions(Unknown {
            status: Status::Failed,
            detail: "account:ListRegions: no region is enabled".to_owned(),
        }));
    }
    Ok(names)
}
