//! Bedrock AgentCore: code interpreters of the account's own. Amazon Bedrock AgentCore Control Plane API Reference,
//! `ListCodeInterpreters`, `GetCodeInterpreter`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{By, Describe, Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "bedrock-agentcore",
    service: Service {
        prefix: "bedrock-agentcore",
        id: "Bedrock AgentCore Control",
        host: "bedrock-agentcore-control",
        signs_as: "bedrock-agentcore",
        protocol: Protocol::Rest,
    },
    kinds: &[Kind {
        source: Source::CODE_INTERPRETERS,
        why: "code interpreters and their roles",
        list: List {
            path: Some(("POST", "/code-interpreters")),
            parameters: &[("maxResults", "100"), ("type", "CUSTOM")],
            token: ("nextToken", "nextToken"),
            key: "codeInterpreterSummaries",
            within: None,
            item: Item {
                id: Id::Arn("codeInterpreterArn"),
                name: "name",
                role: "",
            },
        },
        each: Each::One(Describe {
            call: "bedrock-agentcore:GetCodeInterpreter",
            by: By::Id,
            path: Some(("GET", "/code-interpreters/{}")),
            parameter: "codeInterpreterId",
            key: "",
            item: Item {
                id: Id::Arn("codeInterpreterArn"),
                name: "name",
                role: "/executionRoleArn",
            },
        }),
    }],
};
