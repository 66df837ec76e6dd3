//! eks-auditor: see everything once, join it into one graph, ask it questions, show the answers.

pub mod collect;
pub mod rbac;
pub mod snapshot;
