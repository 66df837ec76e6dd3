//! SageMaker: notebook instances. Amazon SageMaker API Reference, `ListNotebookInstances`, `DescribeNotebookInstance`.

use super::item::{Id, Item};
use super::wire::{Protocol, Service};
use super::{By, Describe, Each, Kind, List, Offer};
use crate::snapshot::coverage::Source;

pub(super) static OFFER: Offer = Offer {
    name: "sagemaker",
    service: Service {
        prefix: "sagemaker",
        id: "SageMaker",
        host: "api.sagemaker",
        signs_as: "sagemaker",
        protocol: Protocol::Json("1.1", "SageMaker"),
    },
    kinds: &[Kind {
        source: Source::NOTEBOOKS,
        why: "notebook instances and their roles",
        list: List {
            path: None,
            parameters: &[("MaxResults", "100")],
            token: ("NextToken", "NextToken"),
            key: "NotebookInstances",
            within: None,
            item: Item {
                id: Id::Arn("NotebookInstanceArn"),
                name: "NotebookInstanceName",
                role: "",
            },
        },
        each: Each::One(Describe {
            call: "sagemaker:DescribeNotebookInstance",
            by: By::Name,
            path: None,
            parameter: "NotebookInstanceName",
            key: "",
            item: Item {
                id: Id::Arn("NotebookInstanceArn"),
                name: "NotebookInstanceName",
                role: "/RoleArn",
            },
        }),
    }],
};
