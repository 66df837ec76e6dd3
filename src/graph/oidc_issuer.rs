//! Who can sign tokens for the issuer of an OIDC provider, by what its URL tells.
//!
//! IAM reads the signing keys at the issuer's URL each time that it validates a token (IAM User Guide, "Create an OpenID
//! Connect identity provider in IAM"; OpenID Connect Discovery 1.0, section 4): whoever writes there issues tokens. A
//! bucket's URL is as Amazon S3 User Guide, "Virtual hosting of buckets", "Amazon S3 dual-stack endpoints", and General
//! Reference, "Amazon Simple Storage Service endpoints and quotas", have it.

use crate::iam::trust::is_eks_issuer;
use crate::snapshot::Snapshot;

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer<'a> {
    /// EKS, for the cluster of this key.
    Cluster(&'a str),
    /// EKS, for a cluster that was not seen or is gone. AWS gives the ids, and none twice.
    UnseenCluster,
    /// Whoever writes to this S3 bucket.
    Bucket(&'a str),
    /// Whoever has the host.
    Other,
}

impl<'s> Signer<'s> {
    /// Of an issuer without its scheme.
    pub fn of(snapshot: &'s Snapshot, issuer: &'s str) -> Self {
        let mut clusters = snapshot.clusters.iter();
        let own = clusters.find(|(_, cluster)| cluster.issuer() == Some(issuer));
        match (own, bucket(issuer)) {
            (Some((key, _)), _) => Self::Cluster(key),
            (None, _) if is_eks_issuer(issuer) => Self::UnseenCluster,
            (None, Some(bucket)) => Self::Bucket(bucket),
            (None, None) => Self::Other,
        }
    }
}

/// The S3 bucket that an issuer is in: `BUCKET.s3.REGION.amazonaws.com/…` or `s3.REGION.amazonaws.com/BUCKET/…`. Endpoints
/// of websites speak no TLS, which an issuer needs.
pub fn bucket(issuer: &str) -> Option<&str> {
    let (host, path) = issuer.split_once('/').unwrap_or((issuer, ""));
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let host = host.strip_suffix(".amazonaws.com")?;
    if is_endpoint(host) {
        let name = path.split('/').next()?;
        return (!name.is_empty()).then_some(name);
    }
    // A bucket's name may have dots, and `s3` between them.
    let mut dots = host.match_indices('.').map(|(at, _)| at);
    let at = dots.find(|at| host.get(at + 1..).is_some_and(is_endpoint))?;
    host.get(..at).filter(|name| !name.is_empty())
}

/// `s3`, `s3.REGION`, `s3-REGION`, `s3.dualstack.REGION`, without `.amazonaws.com`.
fn is_endpoint(host: &str) -> bool {
    let region = |text: &str| !text.is_empty() && !text.contains('.') && text.contains('-');
    match host {
        "s3" | "s3-external-1" => true,
        _ => {
            let old = host.strip_prefix("s3-");
            let old = old.filter(|rest| !rest.starts_with("website"));
            let dual = host
                .strip_prefix("s3.dualstack.")
                .or_else(|| host.strip_prefix("s3-fips."))
                .or_else(|| host.strip_prefix("s3-fips.dualstack."));
            let plain = host.strip_prefix("s3.");
            [old, dual, plain].into_iter().flatten().any(region)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_told_by_its_url() {
        for (issuer, name) in [
            ("my-oidc.s3.amazonaws.com", Some("my-oidc")),
            ("my-oidc.s3.eu-west-1.amazonaws.com", Some("my-oidc")),
            ("my-oidc.s3.eu-west-1.amazonaws.com/k8s", Some("my-oidc")),
            ("my-oidc.s3-eu-west-1.amazonaws.com/k8s", Some("my-oidc")),
            ("a.b.s3.dualstack.eu-west-1.amazonaws.com", Some("a.b")),
            ("a.s3.b.s3.eu-west-1.amazonaws.com", Some("a.s3.b")),
            ("my-oidc.s3.cn-north-1.amazonaws.com.cn", Some("my-oidc")),
            (
                "s3.eu-west-1.amazonaws.com/my-oidc/cluster",
                Some("my-oidc"),
            ),
            ("s3-eu-west-1.amazonaws.com/my-oidc", Some("my-oidc")),
            ("s3.amazonaws.com/my-oidc", Some("my-oidc")),
            ("s3.amazonaws.com", None),
            // No bucket of S3, and no TLS.
            ("oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111", None),
            ("my-oidc.s3-website-eu-west-1.amazonaws.com", None),
            ("my-oidc.s3.example.com", None),
            ("s3.amazonaws.com.example.com/my-oidc", None),
            ("d111111abcdef8.cloudfront.net", None),
            ("token.actions.githubusercontent.com", None),
        ] {
            assert_eq!(bucket(issuer), name, "{issuer}");
        }
    }
}
