//! eks-auditor
pub mod rbac;
pub mod snapshot;
