//! Glue: development endpoints and jobs. AWS Glue Web API Reference, `GetDevEndpoints`, `GetJobs`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "glue",
    service: Service {
        prefix: "glue",
        id: "Glue",
        host: "glue",
        signs_as: "glue",
        protocol: Protocol::Json("1.1", "AWSGlue"),
    },
    kinds: &[
        Kind {
            source: Source::GLUE_ENDPOINTS,
            why: "Glue development endpoints and their roles",
            list: List {
                path: None,
                parameters: &[("MaxResults", "100")],
                token: ("NextToken", "NextToken"),
                key: "DevEndpoints",
                within: None,
                item: Item {
                    id: Id::Named("EndpointName", "glue", "devEndpoint/"),
                    name: "EndpointName",
                    role: "/RoleArn",
                },
            },
            each: Each::Nothing,
        },
        Kind {
            source: Source::GLUE_JOBS,
            why: "Glue jobs and their roles",
            list: List {
                path: None,
                parameters: &[("MaxResults", "100")],
                token: ("NextToken", "NextToken"),
                key: "Jobs",
                within: None,
                item: Item {
                    id: Id::Named("Name", "glue", "job/"),
                    name: "Name",
                    role: "/Role",
                },
            },
            each: Each::Nothing,
        },
    ],
};
