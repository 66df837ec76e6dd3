//! The policy language of AWS: documents, patterns, conditions, and the decision for a request.
//!
//! Nothing here knows a snapshot. Policies are compiled once ([`document`]) and asked many times
//! ([`evaluate`]); what cannot be known makes a decision conditional, never a silent yes or no.

pub mod admin;
pub mod arn;
pub mod condition;
pub mod context;
pub mod document;
pub mod escalation;
pub mod evaluate;
pub mod glob;
pub mod grants;
pub mod index;
pub mod permissions;
pub mod principal;
pub mod services;
pub mod simulate;
pub mod trust;
pub mod truth;
pub mod variable;
