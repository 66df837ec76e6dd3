//! What we can see: live from AWS and Kubernetes, or from files. All of it ends in a snapshot.

pub mod call;
mod credential_report;
pub mod files;
pub mod progress;
pub mod raw;
pub mod services;

#[cfg(feature = "live")]
pub mod aws;
#[cfg(feature = "live")]
pub mod kubernetes;
#[cfg(feature = "live")]
pub mod live;
