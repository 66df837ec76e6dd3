//! NetworkPolicy semantics: where a pod may connect to, and who may connect to it.
//!
//! Semantics: <https://kubernetes.io/docs/concepts/services-networking/network-policies/> and the API reference of
//! `NetworkPolicy` (networking.k8s.io/v1). Whether anything enforces a policy is not decided here.

mod block;
mod egress;
mod ingress;
mod port;
pub mod selector;

pub use egress::{Egress, Policies};
pub use ingress::{Ingress, IngressPolicies, Peer, Pod};
