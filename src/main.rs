//! eks-auditor
fn main() {}
