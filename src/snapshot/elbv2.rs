//! What Elastic Load Balancing says of load balancers, in the field names of its API.
//!
//! Shapes: Elastic Load Balancing API Reference, version 2015-12-01, data types `LoadBalancer`, `Listener`. Classic Load
//! Balancers are in an API of their own, which is not read.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// A load balancer: in `describe-load-balancers`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoadBalancer {
    /// Its ARN.
    pub load_balancer_arn: String,
    /// Its name.
    #[serde(rename = "DNSName")]
    pub dns_name: Option<String>,
    /// `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// `application`, `network`, `gateway`.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// Its security groups; a Network Load Balancer may have none.
    #[serde(default)]
    pub security_groups: Vec<String>,
}

/// A listener: in `describe-listeners`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listener {
    /// Its ARN.
    pub listener_arn: String,
    /// The load balancer.
    #[serde(default)]
    pub load_balancer_arn: String,
    /// The port.
    pub port: Option<i64>,
    /// `HTTPS`, `TCP`, …
    pub protocol: Option<String>,
}

/// All that was read of Elastic Load Balancing in a region. Lists are sorted by ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Elbv2 {
    /// Load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Their listeners.
    pub listeners: Vec<Listener>,
}

impl Elbv2 {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.load_balancers.is_empty() && self.listeners.is_empty()
    }
}
