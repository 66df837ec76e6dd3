//! What we can see: live from AWS and Kubernetes, or from files. All of it ends in a snapshot.

pub mod progress;

#[cfg(feature = "live")]
pub mod aws;
#[cfg(feature = "live")]
pub mod call;
#[cfg(feature = "live")]
pub mod kubernetes;
#[cfg(feature = "live")]
pub mod live;
