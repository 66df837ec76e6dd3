//! What the AWS CLI prints of parameters of Systems Manager. A print of their values is never read.
//!
//! Shapes: AWS CLI Command Reference, `ssm describe-parameters`.

use crate::snapshot::ssm::Parameter;

use super::document::Doc;
use super::print::{Page, Print as AnyPrint, Shape};

/// What a document says of them: `describe-parameters`.
#[derive(Debug)]
pub(super) struct Print(pub Vec<Parameter>, pub Page);

/// The shape of this print. Databases have parameters too, by other members, and so do CloudFormation's templates.
pub(super) const SHAPES: &[Shape] = &[Shape {
    source: "ssm:DescribeParameters",
    keys: &[],
    fits: |doc| {
        let raw = doc.raw("Parameters").map_or("", |raw| raw.get());
        let of_ours = raw.contains("\"Name\"") && raw.contains("\"Type\"");
        let empty = raw.starts_with('[') && raw.trim_matches(['[', ']', ' ', '\n']).is_empty();
        doc.starts("Parameters", '[') && (of_ours || empty)
    },
    read: |doc, faults| {
        let before = faults.len();
        let parameters = doc.list("Parameters", faults);
        let page = Page::of(doc, faults.len() - before);
        Some(AnyPrint::Ssm(Print(parameters, page)))
    },
}];

/// Whether a document holds values of parameters (`get-parameter`, `get-parameters`, `get-parameters-by-path`,
/// `get-parameter-history`): it is left alone.
pub(super) fn holds_value(doc: &Doc) -> bool {
    let named = |key| {
        let raw = doc.raw(key).map_or("", |raw| raw.get());
        raw.contains("\"Value\"") && raw.contains("\"Name\"")
    };
    let of_ours = doc.starts("Parameters", '[') || doc.starts("Parameter", '{');
    of_ours && (named("Parameters") || named("Parameter"))
}
