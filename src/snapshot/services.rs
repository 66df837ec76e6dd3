//! What runs in a region by other services: functions, jobs, stacks, …, each with the role that it runs with.
//!
//! Read on request, for it is asked only by the methods of privilege escalation (`docs/escalation.md`). Of an API's
//! answer nothing else is kept: environment variables, parameters and arguments may hold secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// Something that runs, or that code is run by.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Running {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: Option<String>,
    /// The ARN of the role that it runs with, where it has one and that was read.
    pub role: Option<String>,
}

/// By the call that lists them (`lambda:ListFunctions`): what it listed, sorted by ARN.
pub type Services = BTreeMap<String, Vec<Running>>;
