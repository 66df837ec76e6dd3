//! What we can see: live from AWS and Kubernetes, or from files. All of it ends in a snapshot.

mod credential_report;
pub mod files;
pub mod progress;
pub mod raw;

#[cfg(feature = "live")]
pub mod aws;
#[cfg(feature = "live")]
pub mod call;
#[cfg(feature = "live")]
pub mod kubernetes;
#[cfg(feature = "live")]
pub mod live;
