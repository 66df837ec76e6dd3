//! The API server of a cluster: who reaches it, and what it does for requests without any credential.
//!
//! Amazon EKS User Guide, "Cluster API server endpoint" (a public endpoint takes requests from everywhere unless
//! `publicAccessCidrs` says otherwise) and the release notes of Kubernetes 1.32 there (from that version on anonymous
//! requests are taken at `/healthz`, `/livez` and `/readyz` alone; all others are answered with 401).

use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;

use super::door::Lets;
use super::range::hold_internet;

/// The first version of which EKS takes anonymous requests for health alone.
const RESTRICTED: (u32, u32) = (1, 32);

/// From where an API server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint<'s> {
    /// From everywhere on the internet.
    Internet,
    /// From these ranges of addresses.
    Ranges(&'s [String]),
    /// From its VPC alone.
    Private,
    /// It is not known.
    Unknown,
}

/// What is known of the API server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiServer<'s> {
    /// From where it is reached.
    pub endpoint: Endpoint<'s>,
    /// Whether it takes anonymous requests beyond those for its health; none: it is not known.
    pub takes_anonymous: Option<bool>,
}

impl<'s> Graph<'s> {
    /// The API server of a cluster.
    pub fn api_server(&self, node: &ClusterNode<'s>) -> ApiServer<'s> {
        let cluster = node.cluster.eks.cluster.as_ref();
        let version = cluster.and_then(|one| one.version.as_deref());
        let network = cluster.and_then(|one| one.resources_vpc_config.as_ref());
        let endpoint = match network.and_then(|one| Some((one, one.endpoint_public_access?))) {
            None => Endpoint::Unknown,
            Some((_, false)) => Endpoint::Private,
            Some((network, true)) => {
                let ranges = network.public_access_cidrs.as_slice();
                let is_open = ranges.is_empty() || hold_internet(ranges.iter().map(String::as_str));
                match is_open {
                    true => Endpoint::Internet,
                    false => Endpoint::Ranges(ranges),
                }
            }
        };
        ApiServer {
            endpoint,
            takes_anonymous: version.and_then(parsed).map(|version| version < RESTRICTED),
        }
    }
}

fn parsed(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

impl ApiServer<'_> {
    /// From where requests come, to stand behind `the endpoint takes requests`: `from everywhere`.
    pub fn reach(&self) -> String {
        match &self.endpoint {
            Endpoint::Internet => "from everywhere".to_owned(),
            Endpoint::Ranges(ranges) => format!("from {}", ranges.join(", ")),
            Endpoint::Private => "from its VPC alone".to_owned(),
            Endpoint::Unknown => "from where is not known".to_owned(),
        }
    }

    /// Whether somebody on the internet is heard without any credential; what that depends on, nothing where it is
    /// certain. Else none.
    pub fn hears_anybody(&self) -> Option<Vec<String>> {
        let endpoint = match &self.endpoint {
            Endpoint::Internet => Lets::In,
            Endpoint::Ranges(_) => Lets::If(format!("only {}", self.reach())),
            Endpoint::Private => Lets::No,
            Endpoint::Unknown => Lets::If(format!(
                "only if the API server is on the internet: {} was not read",
                Source::CLUSTER.name
            )),
        };
        let anonymous = match self.takes_anonymous {
            Some(true) => Lets::In,
            Some(false) => Lets::No,
            None => Lets::If("only if its version is before 1.32".to_owned()),
        };
        endpoint.and(anonymous).conditions()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::Estate;

    #[test]
    fn anonymous_requests_are_heard_on_a_public_endpoint_of_an_old_version() {
        let public =
            |ranges: Value| json!({"endpointPublicAccess": true, "publicAccessCidrs": ranges});
        for (version, network, expected) in [
            ("1.31", public(json!(["0.0.0.0/0"])), Some("")),
            ("1.31", public(json!([])), Some("")),
            ("1.29", public(json!(["10.0.0.0/8", "0.0.0.0/0"])), Some("")),
            (
                "1.31",
                public(json!(["203.0.113.0/24"])),
                Some("only from 203.0.113.0/24"),
            ),
            ("1.31", json!({"endpointPublicAccess": false}), None),
            (
                "1.31",
                json!({}),
                Some("only if the API server is on the internet: eks:DescribeCluster was not read"),
            ),
            ("1.32", public(json!(["0.0.0.0/0"])), None),
            ("1.34", public(json!(["0.0.0.0/0"])), None),
            (
                "",
                public(json!(["0.0.0.0/0"])),
                Some("only if its version is before 1.32"),
            ),
        ] {
            let cluster = json!({"version": version, "resourcesVpcConfig": network});
            let snapshot = Estate::new().eks(json!({"cluster": cluster})).snapshot();
            let graph = Graph::build(&snapshot, None);
            let hears = graph
                .clusters
                .first()
                .and_then(|node| graph.api_server(node).hears_anybody());
            let hears = hears.map(|open| open.join(", "));
            assert_eq!(hears.as_deref(), expected, "{version} {network}");
        }
    }
}
