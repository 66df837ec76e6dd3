//! Systems Manager: the instances that it manages. AWS Systems Manager API Reference, `DescribeInstanceInformation`.
//! Their roles are those of their instance profiles.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "ssm",
    service: Service {
        prefix: "ssm",
        id: "SSM",
        host: "ssm",
        signs_as: "ssm",
        protocol: Protocol::Json("1.1", "AmazonSSM"),
    },
    kinds: &[Kind {
        source: Source::MANAGED_INSTANCES,
        why: "instances that Systems Manager manages",
        list: List {
            path: None,
            parameters: &[("MaxResults", "50")],
            token: ("NextToken", "NextToken"),
            key: "InstanceInformationList",
            within: None,
            item: Item {
                id: Id::Named("InstanceId", "ec2", "instance/"),
                name: "InstanceId",
                role: "",
            },
        },
        each: Each::Nothing,
    }],
};
