//! Lists in answers of XML.

use serde::Deserialize;

/// A list of EC2: an element for each item.
#[derive(Debug, Deserialize)]
pub(in crate::collect::aws) struct Items<T> {
    #[serde(default = "Vec::new")]
    item: Vec<T>,
}

/// A list of a service of the Query protocol.
#[derive(Debug, Deserialize)]
pub(in crate::collect::aws) struct Members<T> {
    #[serde(default = "Vec::new")]
    member: Vec<T>,
}

/// What is in a list that an answer may leave out.
pub(in crate::collect::aws) fn items<T>(list: Option<Items<T>>) -> Vec<T> {
    list.map_or_else(Vec::new, |list| list.item)
}

/// What is in a list that an answer may leave out.
pub(in crate::collect::aws) fn members<T>(list: Option<Members<T>>) -> Vec<T> {
    list.map_or_else(Vec::new, |list| list.member)
}
