//! Systems Manager: the parameters of a region. Never a value.
//!
//! AWS Systems Manager API Reference, `DescribeParameters`.

use serde::Deserialize;

use super::failure::Failure;
use super::read::{Tally, distinct, pages};
use super::request::{Ask, Endpoint, Given};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::collect::services::item::Place;
use crate::collect::services::wire::{Protocol, Service};
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::ssm::{Parameter, Ssm};

/// What this file calls.
pub const CALLS: &[AwsCall] = &[AwsCall::always(
    "ssm:DescribeParameters",
    "parameters, their keys and dates",
)];

/// How it is spoken to.
pub(in crate::collect) static SERVICE: Service = Service {
    prefix: "ssm",
    id: "SSM",
    host: "ssm",
    signs_as: "ssm",
    protocol: Protocol::Json("1.1", "AmazonSSM"),
};

/// The largest page.
const PAGE: &str = "50";

/// Reads the parameters of a region.
pub(in crate::collect) async fn collect(
    endpoint: &Endpoint,
    place: Place<'_>,
    progress: &dyn Progress,
) -> (Ssm, Coverage) {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        parameters: Vec<Parameter>,
        next_token: Option<String>,
    }
    let source = Source::PARAMETERS;
    let scope = &format!("{}/{}", place.account, place.region);
    let read = pages(|token| async move {
        let mut parameters = vec![("MaxResults", Given::One(PAGE.to_owned()))];
        parameters.extend(token.map(|token| ("NextToken", Given::One(token))));
        let ask = Ask::of(&SERVICE, "DescribeParameters", None, parameters);
        let answer = endpoint.value(ask).await?;
        let page: Page = serde_json::from_value(answer).map_err(|error| {
            let call = source.name;
            Failure::plain(format!("{call}: the answer could not be read: {error}"))
        })?;
        progress.read(source.name, scope, page.parameters.len() as u64);
        let all = page.parameters.into_iter().map(|mut parameter| {
            if parameter.arn.is_empty() {
                parameter.arn = place.parameter(&parameter.name);
            }
            parameter
        });
        Ok((all.collect(), page.next_token))
    })
    .await;
    let pages = read.pages.len();
    let parameters = distinct(read.pages, |one: &Parameter| &one.arn);
    let mut coverage = Coverage::default();
    let tally = Tally::of_list(pages, read.cut, parameters.len());
    tally.record(&mut coverage, source, scope);
    (Ssm { parameters }, coverage)
}
