//! How services are spoken to.

/// A service, as requests to it are made.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in IAM's actions: `elasticloadbalancing`.
    pub prefix: &'static str,
    /// Its id in the SDKs, after which `AWS_ENDPOINT_URL_…` is named: `Elastic Load Balancing v2`.
    pub id: &'static str,
    /// What its hosts begin with.
    pub host: &'static str,
    /// Its name in signatures.
    pub signs_as: &'static str,
    /// Its protocol.
    pub protocol: Protocol,
}

/// Protocols, as Smithy specifies them: "AWS query protocol", "AWS EC2 query protocol", "AWS JSON 1.0 and 1.1
/// protocols", "AWS restJson1 protocol".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Forms in, XML out, of this version of the API.
    Query(&'static str),
    /// A JSON object in and out, of this version of the protocol and with this prefix of operations' names.
    Json(&'static str, &'static str),
    /// REST with JSON bodies.
    Rest,
}
