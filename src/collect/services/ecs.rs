//! ECS: clusters and their instances. Amazon ECS API Reference, `ListClusters`, `ListContainerInstances`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "ecs",
    service: Service {
        prefix: "ecs",
        id: "ECS",
        host: "ecs",
        signs_as: "ecs",
        protocol: Protocol::Json("1.1", "AmazonEC2ContainerServiceV20141113"),
    },
    kinds: &[
        Kind {
            source: Source::ECS_CLUSTERS,
            why: "ECS clusters",
            list: List {
                path: None,
                parameters: &[("maxResults", "100")],
                token: ("nextToken", "nextToken"),
                key: "clusterArns",
                within: None,
                item: Item {
                    id: Id::ItIsArn,
                    name: "",
                    role: "",
                },
            },
            each: Each::Nothing,
        },
        Kind {
            source: Source::CONTAINER_INSTANCES,
            why: "instances of ECS clusters",
            list: List {
                path: None,
                parameters: &[("maxResults", "100")],
                token: ("nextToken", "nextToken"),
                key: "containerInstanceArns",
                within: Some((Source::ECS_CLUSTERS, "cluster")),
                item: Item {
                    id: Id::ItIsArn,
                    name: "",
                    role: "",
                },
            },
            each: Each::Nothing,
        },
    ],
};
