//! Elastic Load Balancing: Application and Network Load Balancers with their listeners.
//!
//! Elastic Load Balancing API Reference, version 2015-12-01: `DescribeLoadBalancers`, `DescribeListeners`.

use serde::Deserialize;

use super::read::{PagedAnswer, Tally, distinct, each, pages};
use super::request::xml::{Members, members};
use super::request::{Ask, Endpoint};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::collect::services::wire::{Protocol, Service};
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::elbv2 as facts;

/// What this file calls.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always(
        "elasticloadbalancing:DescribeLoadBalancers",
        "load balancers and whether they face the internet",
    ),
    AwsCall::always(
        "elasticloadbalancing:DescribeListeners",
        "which ports they take",
    ),
];

/// How it is spoken to.
pub(in crate::collect) static SERVICE: Service = Service {
    prefix: "elasticloadbalancing",
    id: "Elastic Load Balancing v2",
    host: "elasticloadbalancing",
    signs_as: "elasticloadbalancing",
    protocol: Protocol::Query("2015-12-01"),
};

/// The largest page.
const PAGE: &str = "400";

/// Calls at once in a region.
const AT_ONCE: usize = 4;

/// A load balancer that was deleted since it was listed.
const GONE: &[&str] = &["LoadBalancerNotFound"];

/// Reads the load balancers of a region.
pub(in crate::collect) async fn collect(
    endpoint: &Endpoint,
    scope: &str,
    progress: &dyn Progress,
) -> (facts::Elbv2, Coverage) {
    let mut coverage = Coverage::default();
    let source = Source::LOAD_BALANCERS;
    let read = pages(|marker| async move {
        let ask = page("DescribeLoadBalancers", marker, &[]);
        let answer: Told<LoadBalancersPage> = endpoint.xml(ask).await?;
        let all = members(answer.result.load_balancers).into_iter();
        let all: Vec<facts::LoadBalancer> = all.map(facts::LoadBalancer::from).collect();
        progress.read(source.name, scope, all.len() as u64);
        Ok((all, answer.result.next_marker))
    })
    .await;
    let pages = read.pages.len();
    let load_balancers = distinct(read.pages, |one| &one.load_balancer_arn);
    let list = Tally::of_list(pages, read.cut, load_balancers.len());
    let mut tally = list.of_its_items();
    list.record(&mut coverage, source, scope);
    let arns = load_balancers.iter().map(|one| &one.load_balancer_arn);
    let answers = each(arns, AT_ONCE, |arn| listeners(endpoint, arn)).await;
    let mut found = Vec::new();
    for (name, answer) in answers {
        let (some, failure) = match answer {
            Ok(read) => read.unwrap_or_default(),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        // A load balancer that was read in part counts as not read, and its listeners are kept.
        tally.count(some.len() as u64, failure.is_none());
        found.push(some);
        if let Some(failure) = failure {
            tally.missed(name, failure);
        }
    }
    let listeners = distinct(found, |one| &one.listener_arn);
    progress.read(Source::LISTENERS.name, scope, listeners.len() as u64);
    tally.record(&mut coverage, Source::LISTENERS, scope);
    let all = facts::Elbv2 {
        load_balancers,
        listeners,
    };
    (all, coverage)
}

/// The listeners of a load balancer, and why they are not all, if so.
async fn listeners(endpoint: &Endpoint, arn: &str) -> PagedAnswer<Vec<facts::Listener>> {
    let read = pages(|marker| async move {
        let of = [("LoadBalancerArn", arn.to_owned())];
        let ask = page("DescribeListeners", marker, &of);
        let answer: Told<ListenersPage> = endpoint.xml(ask).await?;
        let all = members(answer.result.listeners).into_iter();
        let all: Vec<facts::Listener> = all.map(facts::Listener::from).collect();
        Ok((all, answer.result.next_marker))
    })
    .await;
    let all = read.pages.into_iter().flatten().collect();
    match read.cut {
        Some(failure) if failure.is(GONE) => Ok(None),
        cut => Ok(Some((all, cut))),
    }
}

/// A page of a list.
fn page(operation: &'static str, marker: Option<String>, of: &[(&'static str, String)]) -> Ask {
    let mut parameters = of.to_vec();
    parameters.push(("PageSize", PAGE.to_owned()));
    parameters.extend(marker.map(|marker| ("Marker", marker)));
    Ask::form(operation, &parameters)
}

/// An answer of the Query protocol: what was asked for is one element down.
#[derive(Deserialize)]
struct Told<T> {
    #[serde(
        alias = "DescribeLoadBalancersResult",
        alias = "DescribeListenersResult"
    )]
    result: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoadBalancersPage {
    load_balancers: Option<Members<LoadBalancer>>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListenersPage {
    listeners: Option<Members<Listener>>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoadBalancer {
    #[serde(default)]
    load_balancer_arn: String,
    #[serde(rename = "DNSName")]
    dns_name: Option<String>,
    scheme: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    security_groups: Option<Members<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listener {
    #[serde(default)]
    listener_arn: String,
    #[serde(default)]
    load_balancer_arn: String,
    port: Option<i64>,
    protocol: Option<String>,
}

impl From<LoadBalancer> for facts::LoadBalancer {
    fn from(of: LoadBalancer) -> Self {
        Self {
            load_balancer_arn: of.load_balancer_arn,
            dns_name: of.dns_name,
            scheme: of.scheme,
            kind: of.kind,
            security_groups: members(of.security_groups),
        }
    }
}

impl From<Listener> for facts::Listener {
    fn from(of: Listener) -> Self {
        Self {
            listener_arn: of.listener_arn,
            load_balancer_arn: of.load_balancer_arn,
            port: of.port,
            protocol: of.protocol,
        }
    }
}
