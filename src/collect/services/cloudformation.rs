//! CloudFormation: stacks and stack sets. AWS CloudFormation API Reference, version 2010-05-15, `DescribeStacks`,
//! `ListStackSets`, `DescribeStackSet`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{By, Describe, Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "cloudformation",
    service: Service {
        prefix: "cloudformation",
        id: "CloudFormation",
        host: "cloudformation",
        signs_as: "cloudformation",
        protocol: Protocol::Query("2010-05-15"),
    },
    kinds: &[
        Kind {
            source: Source::STACKS,
            why: "stacks and their roles",
            list: List {
                path: None,
                parameters: &[],
                token: ("NextToken", "NextToken"),
                key: "Stacks",
                within: None,
                item: Item {
                    id: Id::Arn("StackId"),
                    name: "StackName",
                    role: "/RoleARN",
                },
            },
            each: Each::Nothing,
        },
        Kind {
            source: Source::STACK_SETS,
            why: "stack sets and their roles",
            list: List {
                path: None,
                parameters: &[("Status", "ACTIVE"), ("MaxResults", "100")],
                token: ("NextToken", "NextToken"),
                key: "Summaries",
                within: None,
                item: Item {
                    id: Id::Named("StackSetId", "cloudformation", "stackset/"),
                    name: "StackSetId",
                    role: "",
                },
            },
            each: Each::One(Describe {
                call: "cloudformation:DescribeStackSet",
                by: By::Name,
                path: None,
                parameter: "StackSetName",
                key: "StackSet",
                item: Item {
                    id: Id::Named("StackSetId", "cloudformation", "stackset/"),
                    name: "StackSetId",
                    role: "/AdministrationRoleARN",
                },
            }),
        },
    ],
};
