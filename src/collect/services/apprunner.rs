//! App Runner: services. AWS App Runner API Reference, `ListServices`, `DescribeService`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{By, Describe, Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "apprunner",
    service: Service {
        prefix: "apprunner",
        id: "AppRunner",
        host: "apprunner",
        signs_as: "apprunner",
        protocol: Protocol::Json("1.0", "AppRunner"),
    },
    kinds: &[Kind {
        source: Source::APP_RUNNER_SERVICES,
        why: "App Runner services and their roles",
        list: List {
            path: None,
            parameters: &[("MaxResults", "20")],
            token: ("NextToken", "NextToken"),
            key: "ServiceSummaryList",
            within: None,
            item: Item {
                id: Id::Arn("ServiceArn"),
                name: "ServiceName",
                role: "",
            },
        },
        each: Each::One(Describe {
            call: "apprunner:DescribeService",
            by: By::Arn,
            path: None,
            parameter: "ServiceArn",
            key: "Service",
            item: Item {
                id: Id::Arn("ServiceArn"),
                name: "ServiceName",
                role: "/InstanceConfiguration/InstanceRoleArn",
            },
        }),
    }],
};
