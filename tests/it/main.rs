//! What a user would do, from the outside. One binary: each links the SDK again.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[cfg(feature = "live")]
mod kubernetes_access;
#[cfg(feature = "live")]
mod kubernetes_faults;
#[cfg(feature = "live")]
mod kubernetes_lists;
#[cfg(feature = "live")]
mod kubernetes_server;
#[cfg(feature = "live")]
mod kubernetes_tls;
