//! Ids of resources: ARNs, and references to objects of a cluster.

use std::fmt;

/// The six parts of an ARN, borrowed: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// The service's prefix: `iam`, `eks`, …
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits, or empty, or `aws` for AWS managed policies.
    pub account: &'a str,
    /// All that follows the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of this text, if it is an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// The last segment of the resource: a role's name without its path.
    pub fn name(&self) -> &'a str {
        self.resource.rsplit('/').next().unwrap_or(self.resource)
    }
}

/// An object of a cluster, as reports name it: `k8s://CLUSTER/NAMESPACE/Kind/NAME`.
///
/// A cluster-scoped object has an empty namespace: `k8s://prod//ClusterRole/admin`.
pub fn object_id(cluster: &str, namespace: &str, kind: &str, name: &str) -> String {
    format!("k8s://{cluster}/{namespace}/{kind}/{name}")
}

/// The parts of an object's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectId<'a> {
    /// The EKS cluster's name, `-` where it is not known.
    pub cluster: &'a str,
    /// Empty for cluster-scoped objects, users and groups.
    pub namespace: &'a str,
    /// `Pod`, `ServiceAccount`, `User`, …
    pub kind: &'a str,
    /// May hold more slashes (users).
    pub name: &'a str,
}

impl<'a> ObjectId<'a> {
    /// The parts of this id, if it is one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("k8s://")?.splitn(4, '/');
        Some(Self {
            cluster: parts.next()?,
            namespace: parts.next()?,
            kind: parts.next()?,
            name: parts.next()?,
        })
    }
}

impl fmt::Display for ObjectId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "k8s://{}/{}/{}/{}",
            self.cluster, self.namespace, self.kind, self.name
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_arn_falls_into_six_parts() {
        let arn = Arn::parse("arn:aws:iam::111122223333:role/team/app").unwrap();
        assert_eq!((arn.service, arn.region), ("iam", ""));
        assert_eq!(arn.name(), "app");
        assert_eq!(Arn::parse("arn:aws:iam"), None);
        let log = Arn::parse("arn:aws:logs:eu-west-1:1:log-group:a:*").unwrap();
        assert_eq!(log.resource, "log-group:a:*");
    }

    #[test]
    fn only_the_first_three_slashes_part_an_object_id() {
        let id = "k8s://prod//User/arn:aws:iam::1:user/jane";
        let parts = ObjectId::parse(id).unwrap();
        assert_eq!(parts.name, "arn:aws:iam::1:user/jane");
        assert_eq!(parts.to_string(), id);
    }
}
