//! What the AWS CLI prints of security groups, subnets, route tables and load balancers.
//!
//! Shapes: AWS CLI Command Reference, `ec2 describe-security-groups`, `ec2 describe-subnets`, `ec2 describe-route-tables`,
//! `elbv2 describe-load-balancers`, `elbv2 describe-listeners`.

use crate::snapshot::ec2::{RouteTable, SecurityGroup, Subnet};
use crate::snapshot::elbv2::{Listener, LoadBalancer};

use super::document::Doc;
use super::error::Fault;
use super::print::{Page, Print as AnyPrint, Shape};

/// What a document says of them.
#[derive(Debug)]
pub(super) enum Print {
    /// `ec2 describe-security-groups`.
    Groups(Vec<SecurityGroup>, Page),
    /// `ec2 describe-subnets`.
    Subnets(Vec<Subnet>, Page),
    /// `ec2 describe-route-tables`.
    RouteTables(Vec<RouteTable>, Page),
    /// `elbv2 describe-load-balancers`.
    Balancers(Vec<LoadBalancer>, Page),
    /// `elbv2 describe-listeners`, and of which load balancer.
    Listeners(String, Vec<Listener>, Page),
}

/// The shapes of these.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "ec2:DescribeSecurityGroups",
        keys: &["SecurityGroups"],
        fits: |doc| doc.starts("SecurityGroups", '['),
        read: |doc, faults| {
            let (groups, page) = list(doc, "SecurityGroups", faults);
            Some(AnyPrint::Network(Print::Groups(groups, page)))
        },
    },
    Shape {
        source: "ec2:DescribeSubnets",
        keys: &["Subnets"],
        fits: |doc| doc.starts("Subnets", '['),
        read: |doc, faults| {
            let (subnets, page) = list(doc, "Subnets", faults);
            Some(AnyPrint::Network(Print::Subnets(subnets, page)))
        },
    },
    Shape {
        source: "ec2:DescribeRouteTables",
        keys: &["RouteTables"],
        fits: |doc| doc.starts("RouteTables", '['),
        read: |doc, faults| {
            let (tables, page) = list(doc, "RouteTables", faults);
            Some(AnyPrint::Network(Print::RouteTables(tables, page)))
        },
    },
    Shape {
        source: "elasticloadbalancing:DescribeLoadBalancers",
        keys: &["LoadBalancers"],
        fits: |doc| doc.starts("LoadBalancers", '['),
        read: |doc, faults| {
            let (balancers, page) = list(doc, "LoadBalancers", faults);
            Some(AnyPrint::Network(Print::Balancers(balancers, page)))
        },
    },
    Shape {
        source: "elasticloadbalancing:DescribeListeners",
        keys: &["Listeners"],
        fits: |doc| doc.starts("Listeners", '['),
        read: |doc, faults| {
            let (listeners, page): (Vec<Listener>, Page) = list(doc, "Listeners", faults);
            let asked = doc.envelope.asked("LoadBalancerArn").map(str::to_owned);
            let first = listeners.first().map(|one| one.load_balancer_arn.clone());
            let of = asked.or(first).unwrap_or_default();
            Some(AnyPrint::Network(Print::Listeners(of, listeners, page)))
        },
    },
];

fn list<T: serde::de::DeserializeOwned>(
    doc: &Doc,
    key: &str,
    faults: &mut Vec<Fault>,
) -> (Vec<T>, Page) {
    let before = faults.len();
    let items = doc.list(key, faults);
    let page = Page::of(doc, faults.len() - before);
    (items, page)
}
