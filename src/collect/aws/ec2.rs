//! EC2: instances, security groups, subnets and their routes, and the launch templates of node groups. Never user data.
//!
//! Amazon EC2 API Reference, version 2016-11-15: `DescribeInstances`, `DescribeSecurityGroups`, `DescribeSubnets`,
//! `DescribeRouteTables`, `DescribeLaunchTemplateVersions`. A launch template's user data comes unasked, may hold secrets, and is passed over
//! while the answer is parsed.

mod shape;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::failure::{Failure, or_none};
use super::read::{Tally, distinct, each, pages};
use super::request::xml::items;
use super::request::{Ask, Endpoint};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::collect::services::wire::{Protocol, Service};
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::ec2::{
    Ec2, Instance, LaunchTemplateVersion, RouteTable, SecurityGroup, Subnet,
};
use crate::snapshot::eks::{Eks, LaunchTemplate};

/// What this file calls.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always(
        "ec2:DescribeInstances",
        "how the nodes' metadata services answer, and their roles",
    ),
    AwsCall::always("ec2:DescribeSecurityGroups", "what is open to the internet"),
    AwsCall::always("ec2:DescribeSubnets", "which subnet a node is in"),
    AwsCall::always(
        "ec2:DescribeRouteTables",
        "which subnets have a way to the internet",
    ),
    AwsCall::always(
        "ec2:DescribeLaunchTemplateVersions",
        "what node groups start their nodes with",
    ),
];

/// How it is spoken to.
pub(in crate::collect) static SERVICE: Service = Service {
    prefix: "ec2",
    id: "EC2",
    host: "ec2",
    signs_as: "ec2",
    protocol: Protocol::Query("2016-11-15"),
};

/// Calls at once in a region.
const AT_ONCE: usize = 4;

/// A template, or a version of it, that was deleted since the node group got it.
const GONE: &[&str] = &[
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.VersionNotFound",
    "InvalidLaunchTemplateName.NotFoundException",
];

/// Reads all of a region but launch templates.
pub(in crate::collect) async fn collect(
    endpoint: &Endpoint,
    scope: &str,
    progress: &dyn Progress,
) -> (Ec2, Coverage) {
    let lists = Lists {
        endpoint,
        scope,
        progress,
    };
    let (instances, security_groups, subnets, route_tables) = tokio::join!(
        lists.read(INSTANCES),
        lists.read(SECURITY_GROUPS),
        lists.read(SUBNETS),
        lists.read(ROUTE_TABLES),
    );
    let mut coverage = Coverage::default();
    let parts = [
        &instances.1,
        &security_groups.1,
        &subnets.1,
        &route_tables.1,
    ];
    parts
        .iter()
        .for_each(|part| super::absorb(&mut coverage, part));
    let ec2 = Ec2 {
        instances: instances.0,
        security_groups: security_groups.0,
        subnets: subnets.0,
        route_tables: route_tables.0,
        ..Ec2::default()
    };
    (ec2, coverage)
}

/// A list: its call, its largest page, what a page holds, and what an item is known by.
struct List<P, T> {
    source: Source,
    operation: &'static str,
    page: u32,
    items: fn(P) -> (Vec<T>, Option<String>),
    key: fn(&T) -> &String,
}

const INSTANCES: List<shape::Instances, Instance> = List {
    source: Source::INSTANCES,
    operation: "DescribeInstances",
    page: 1000,
    items: |page| {
        let reservations = items(page.reservation_set).into_iter();
        let all = reservations.flat_map(|one| items(one.instances_set));
        (all.map(Instance::from).collect(), page.next_token)
    },
    key: |one| &one.instance_id,
};

const SECURITY_GROUPS: List<shape::SecurityGroups, SecurityGroup> = List {
    source: Source::SECURITY_GROUPS,
    operation: "DescribeSecurityGroups",
    page: 1000,
    items: |page| (shape::all(page.security_group_info), page.next_token),
    key: |one| &one.group_id,
};

const SUBNETS: List<shape::Subnets, Subnet> = List {
    source: Source::SUBNETS,
    operation: "DescribeSubnets",
    page: 1000,
    items: |page| (shape::all(page.subnet_set), page.next_token),
    key: |one| &one.subnet_id,
};

const ROUTE_TABLES: List<shape::RouteTables, RouteTable> = List {
    source: Source::ROUTE_TABLES,
    operation: "DescribeRouteTables",
    page: 100,
    items: |page| (shape::all(page.route_table_set), page.next_token),
    key: |one| &one.route_table_id,
};

/// The lists of a region.
struct Lists<'a> {
    endpoint: &'a Endpoint,
    scope: &'a str,
    progress: &'a dyn Progress,
}

impl Lists<'_> {
    async fn read<P: DeserializeOwned, T>(&self, list: List<P, T>) -> (Vec<T>, Coverage) {
        let list = &list;
        let read = pages(|token| async move {
            let mut parameters = vec![("MaxResults", list.page.to_string())];
            parameters.extend(token.map(|token| ("NextToken", token)));
            let ask = Ask::form(list.operation, &parameters);
            let (all, next) = (list.items)(self.endpoint.xml(ask).await?);
            let count = all.len() as u64;
            self.progress.read(list.source.name, self.scope, count);
            Ok((all, next))
        })
        .await;
        let pages = read.pages.len();
        let all = distinct(read.pages, list.key);
        let mut coverage = Coverage::default();
        let tally = Tally::of_list(pages, read.cut, all.len());
        tally.record(&mut coverage, list.source, self.scope);
        (all, coverage)
    }
}

/// The versions of launch templates that node groups name, and whether all node groups are known.
#[derive(Debug, Default)]
pub(in crate::collect) struct Templates {
    used: BTreeSet<Version>,
    /// Why some node groups are not known.
    unknown: Option<String>,
}

/// A template's id, or its name where the node group has no id, and the version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    by: &'static str,
    template: String,
    version: String,
}

/// Its name in messages.
impl AsRef<str> for Version {
    fn as_ref(&self) -> &str {
        &self.template
    }
}

impl Version {
    fn of(named: &LaunchTemplate) -> Option<Self> {
        let (by, template) = match (&named.id, &named.name) {
            (Some(id), _) => ("LaunchTemplateId", id),
            (None, Some(name)) => ("LaunchTemplateName", name),
            (None, None) => return None,
        };
        Some(Self {
            by,
            template: template.clone(),
            version: named.version.clone().unwrap_or("$Default".to_owned()),
        })
    }
}

impl Templates {
    /// Adds those of a cluster's node groups, as the coverage tells how they were read.
    pub(in crate::collect) fn add(&mut self, key: &str, eks: &Eks, coverage: &Coverage) {
        let named = eks.nodegroups.iter().filter_map(|group| {
            let template = group.launch_template.as_ref()?;
            Version::of(template)
        });
        self.used.extend(named);
        let entry = coverage.entry(Source::NODEGROUPS.name, key);
        if entry.is_none_or(|entry| entry.status != Status::Complete) {
            self.missed(&format!(
                "not asked of all: some node groups of {key} are not known"
            ));
        }
    }

    /// Says that some node groups are not known.
    pub(in crate::collect) fn missed(&mut self, why: &str) {
        self.unknown.get_or_insert_with(|| why.to_owned());
    }
}

/// Reads the versions of launch templates that node groups name.
pub(in crate::collect) async fn launch_templates(
    endpoint: &Endpoint,
    scope: &str,
    wanted: Templates,
    progress: &dyn Progress,
) -> (Vec<LaunchTemplateVersion>, Coverage) {
    let source = Source::LAUNCH_TEMPLATES;
    let answers = each(wanted.used, AT_ONCE, |wanted| async move {
        let answer = or_none(version(endpoint, &wanted).await, GONE)?;
        Ok(answer.flatten())
    })
    .await;
    let mut tally = Tally::of_items(wanted.unknown.map(Failure::plain));
    let mut versions = tally.take(answers);
    let key = |one: &LaunchTemplateVersion| (one.launch_template_id.clone(), one.version_number);
    versions.sort_by_key(key);
    // The default one may be named by its number too.
    versions.dedup_by_key(|one| key(one));
    progress.read(source.name, scope, versions.len() as u64);
    let mut coverage = Coverage::default();
    tally.record(&mut coverage, source, scope);
    (versions, coverage)
}

/// What a version says.
async fn version(
    endpoint: &Endpoint,
    wanted: &Version,
) -> Result<Option<LaunchTemplateVersion>, Failure> {
    let read = pages(|token| async move {
        let mut parameters = vec![
            (wanted.by, wanted.template.clone()),
            ("LaunchTemplateVersion.1", wanted.version.clone()),
        ];
        parameters.extend(token.map(|token| ("NextToken", token)));
        let ask = Ask::form("DescribeLaunchTemplateVersions", &parameters);
        let answer: shape::LaunchTemplateVersions = endpoint.xml(ask).await?;
        Ok((items(answer.launch_template_version_set), answer.next_token))
    })
    .await;
    let found = read.pages.into_iter().flatten().next();
    match (found, read.cut) {
        (None, Some(failure)) => Err(failure),
        (found, _) => Ok(found.map(LaunchTemplateVersion::from)),
    }
}
