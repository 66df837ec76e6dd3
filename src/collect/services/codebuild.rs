//! CodeBuild: projects. AWS CodeBuild API Reference, `ListProjects`, `BatchGetProjects`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{By, Describe, Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "codebuild",
    service: Service {
        prefix: "codebuild",
        id: "CodeBuild",
        host: "codebuild",
        signs_as: "codebuild",
        protocol: Protocol::Json("1.1", "CodeBuild_20161006"),
    },
    kinds: &[Kind {
        source: Source::BUILD_PROJECTS,
        why: "build projects and their roles",
        list: List {
            path: None,
            parameters: &[],
            token: ("nextToken", "nextToken"),
            key: "projects",
            within: None,
            item: Item {
                id: Id::ItIsName("codebuild", "project/"),
                name: "",
                role: "",
            },
        },
        each: Each::Many(
            Describe {
                call: "codebuild:BatchGetProjects",
                by: By::Name,
                path: None,
                parameter: "names",
                key: "projects",
                item: Item {
                    id: Id::Arn("arn"),
                    name: "name",
                    role: "/serviceRole",
                },
            },
            100,
        ),
    }],
};
