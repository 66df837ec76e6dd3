//! eks-auditor
