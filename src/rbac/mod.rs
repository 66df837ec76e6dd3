//! Kubernetes authorization: what the RBAC authorizer of a kube-apiserver (v1.36) answers, and why.
//!
//! Semantics: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/> and
//! <https://kubernetes.io/docs/reference/access-authn-authz/authorization/>.
//! Rules only ever allow; what no rule allows is denied. `system:masters` is let through before RBAC is asked.

pub mod aggregation;
pub mod attributes;
pub mod authorizer;
mod compiled;
pub mod defaults;
pub mod holdings;
pub mod identity;
pub mod power;
mod reason;
pub mod review;
pub mod rule;
pub mod who_can;

pub use attributes::{Attributes, Name, Permission, ResourceAttributes, Within};
pub use authorizer::{Authorizer, Grant, Held, Verdict};
pub use identity::{Identity, SubjectId};
pub use power::Power;
pub use who_can::Holder;
