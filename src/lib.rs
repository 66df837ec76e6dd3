//! eks-auditor

pub mod iam;
