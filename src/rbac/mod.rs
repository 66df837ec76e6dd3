//! Kubernetes authorization: what the RBAC authorizer of a kube-apiserver (v1.36) answers, and why.
//!
//! Semantics: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/> and
//! <https://kubernetes.io/docs/reference/access-authn-authz/authorization/>.
//! Rules only ever allow; what no rule allows is denied. `system:masters` is let through before RBAC is asked.

pub mod access_policy;
pub mod aggregation;
pub mod attributes;
pub mod authorizer;
mod built_in;
mod compiled;
pub mod defaults;
pub mod discovery;
pub mod holdings;
pub mod identity;
pub mod known_controllers;
pub mod power;
mod reason;
pub mod resources;
pub mod review;
pub mod rule;
mod subject_index;
pub mod who_can;
pub mod wildcard;

pub use attributes::{Attributes, Name, Permission, ResourceAttributes, Within};
pub use authorizer::{Authorizer, Grant, Held, Verdict};
pub use discovery::is_discovery_only;
pub use identity::{Identity, SubjectId};
pub use power::{Power, is_cluster_admin, powers_of};
pub use who_can::Holder;
pub use wildcard::{Wildcard, wildcards};
