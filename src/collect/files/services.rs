//! What the AWS CLI prints of the services that are read on request, and of enabled regions.
//!
//! Shapes: as `collect/services/` has them of each service; `account list-regions`.

use serde::Deserialize;
use serde_json::Value;

use super::document::Doc;
use super::error::Fault;
use super::print::{Page, Print as AnyPrint, Shape};
use crate::collect::services::item::Id;
use crate::collect::services::{By, Kind, kinds};

/// What a document says of them.
#[derive(Debug)]
pub(super) enum Print {
    /// A list of things of a kind, and of what it is asked.
    Listed(&'static Kind, Option<String>, Vec<Value>, Page),
    /// What is told of single ones.
    Described(&'static Kind, Vec<Value>),
    /// The enabled regions, and whether they are all of them.
    Regions(Vec<String>, bool, Page),
}

macro_rules! shapes {
    ($($source:literal, $key:literal;)*) => {
        &[$(Shape {
            source: $source,
            keys: &[$key],
            fits: |doc| fits($source, doc),
            read: |doc, faults| read($source, doc, faults),
        },)*]
    };
}

/// The shapes of them. A kind that is told of one by one has two.
pub(super) const SHAPES: &[Shape] = shapes! {
    "account:ListRegions", "Regions";
    "apprunner:ListServices", "ServiceSummaryList";
    "apprunner:DescribeService", "Service";
    "bedrock-agentcore:ListCodeInterpreters", "codeInterpreterSummaries";
    "bedrock-agentcore:GetCodeInterpreter", "codeInterpreterArn";
    "cloudformation:DescribeStacks", "Stacks";
    "cloudformation:ListStackSets", "Summaries";
    "cloudformation:DescribeStackSet", "StackSet";
    "codebuild:ListProjects", "projects";
    "codebuild:BatchGetProjects", "projects";
    "ecs:ListClusters", "clusterArns";
    "ecs:ListContainerInstances", "containerInstanceArns";
    "glue:GetDevEndpoints", "DevEndpoints";
    "glue:GetJobs", "Jobs";
    "lambda:ListFunctions", "Functions";
    "sagemaker:ListNotebookInstances", "NotebookInstances";
    "sagemaker:DescribeNotebookInstance", "NotebookInstanceArn";
    "ssm:DescribeInstanceInformation", "InstanceInformationList";
};

/// The kind that a call lists or describes, and whether it describes.
fn kind(call: &str) -> Option<(&'static Kind, bool)> {
    kinds().find_map(|kind| {
        let describes = kind.describe().is_some_and(|one| one.call == call);
        (describes || kind.source.name == call).then_some((kind, describes))
    })
}

/// Whether a document is a print of a call: by its key, and by the member that tells a thing's identity.
fn fits(call: &str, doc: &Doc) -> bool {
    if call == "account:ListRegions" {
        return doc
            .raw("Regions")
            .is_some_and(|raw| raw.get().contains("\"RegionOptStatus\""));
    }
    let Some((kind, describes)) = kind(call) else {
        return false;
    };
    let Some(describe) = kind.describe().filter(|_| describes) else {
        let item = &kind.list.item;
        let raw = doc.raw(kind.list.key).map(|raw| raw.get());
        return doc.starts(kind.list.key, '[') && raw.is_some_and(|raw| item.fits(raw));
    };
    let (Id::Arn(id) | Id::Named(id, ..)) = describe.item.id else {
        return false;
    };
    match (describe.key, describe.by) {
        ("", By::Arn | By::Name | By::Id) => doc.starts(id, '"'),
        (key, _) => doc
            .raw(key)
            .is_some_and(|raw| raw.get().contains(&format!("\"{id}\""))),
    }
}

fn read(call: &str, doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let print = if call == "account:ListRegions" {
        regions(doc, faults)
    } else {
        let (kind, describes) = kind(call)?;
        match kind.describe().filter(|_| describes) {
            None => {
                let before = faults.len();
                let items = doc.list(kind.list.key, faults);
                let page = Page::of(doc, faults.len() - before);
                let of = kind
                    .list
                    .within
                    .and_then(|(_, parameter)| doc.envelope.asked(parameter).map(str::to_owned));
                Print::Listed(kind, of, items, page)
            }
            Some(describe) if describe.key.is_empty() => {
                let whole = super::print::or_fault(doc.whole(), faults)?;
                Print::Described(kind, vec![whole])
            }
            Some(describe) if doc.starts(describe.key, '[') => {
                Print::Described(kind, doc.list(describe.key, faults))
            }
            Some(describe) => {
                let one = super::print::or_fault(doc.get(describe.key), faults)?;
                Print::Described(kind, vec![one])
            }
        }
    };
    Some(AnyPrint::Services(print))
}

/// Account Management Reference Guide, `ListRegions`.
fn regions(doc: &Doc, faults: &mut Vec<Fault>) -> Print {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Region {
        region_name: String,
        #[serde(default)]
        region_opt_status: String,
    }
    let before = faults.len();
    let all: Vec<Region> = doc.list("Regions", faults);
    let page = Page::of(doc, faults.len() - before);
    // Every account has some that are enabled by default: a list without them was asked for others alone.
    let is_whole = all
        .iter()
        .any(|region| region.region_opt_status == "ENABLED_BY_DEFAULT");
    let enabled = all.into_iter().filter(|region| {
        matches!(
            region.region_opt_status.as_str(),
            "ENABLED" | "ENABLED_BY_DEFAULT"
        )
    });
    let names = enabled.map(|region| region.region_name);
    Print::Regions(names.collect(), is_whole, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_every_service_has_a_shape() {
        let calls = kinds().flat_map(|kind| {
            let described = kind.describe().map(|one| one.call);
            std::iter::once(kind.source.name).chain(described)
        });
        for call in calls {
            let has = SHAPES.iter().any(|shape| shape.source == call);
            assert!(has, "{call} has no shape");
        }
    }
}
