//! What we saw: plain facts, one file a source.
pub mod kubernetes_rbac;
