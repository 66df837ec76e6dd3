//! What a policy says of actions that the table does not have. AWS accepts and stores such policies, and the
//! table is of some day: it is a remark, and the pattern is judged as it stands.

use super::table;
use crate::iam::document::{Invalid, PolicyDocument};
use crate::iam::glob::Pattern;

/// The patterns of a document that match no known action.
pub fn remarks(document: &PolicyDocument) -> Vec<Invalid> {
    let mut out = Vec::new();
    for statement in &document.statements {
        for pattern in statement
            .actions
            .patterns()
            .iter()
            .filter(|p| !table().knows(p))
        {
            out.push(Invalid {
                statement: Some(statement.index),
                reason: unknown(pattern),
            });
        }
    }
    out
}

fn unknown(pattern: &Pattern) -> String {
    let source = table().source();
    let data = format!("in the service authorization data of {}", source.date);
    match pattern.head().split_once(':') {
        Some((prefix, _)) if table().service(prefix).is_none() => {
            format!("{pattern}: no service has the prefix {prefix} {data}")
        }
        _ if pattern.as_literal().is_some() => format!("{pattern}: no such action {data}"),
        _ => format!("{pattern}: matches no action {data}"),
    }
}
