//! Lambda: functions. AWS Lambda API Reference, `ListFunctions`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "lambda",
    service: Service {
        prefix: "lambda",
        id: "Lambda",
        host: "lambda",
        signs_as: "lambda",
        protocol: Protocol::Rest,
    },
    kinds: &[Kind {
        source: Source::FUNCTIONS,
        why: "functions and their roles",
        list: List {
            path: Some(("GET", "/2015-03-31/functions")),
            parameters: &[("MaxItems", "50")],
            token: ("Marker", "NextMarker"),
            key: "Functions",
            within: None,
            item: Item {
                id: Id::Arn("FunctionArn"),
                name: "FunctionName",
                role: "/Role",
            },
        },
        each: Each::Nothing,
    }],
};
