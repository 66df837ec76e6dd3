//! eks-auditor: see everything once, join it into one graph, ask it questions, show the answers.

pub mod checks;
pub mod collect;
pub mod graph;
pub mod iam;
pub mod rbac;
pub mod snapshot;
