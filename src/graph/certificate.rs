//! Secrets that cert-manager keeps, and those that it left behind.
//!
//! cert-manager, "Certificate resource: Cleaning up Secrets when Certificates are deleted": a Secret stays when its
//! Certificate goes, and nothing renews it any more.

use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Secret;

use super::{ClusterNode, Graph};

/// The annotation that names the Certificate that a Secret was made for.
const CERTIFICATE: &str = "cert-manager.io/certificate-name";

/// What cert-manager does with a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping<'s> {
    /// Nothing.
    Not,
    /// A Certificate keeps it, or may: they were not read.
    Kept,
    /// It was made for this Certificate, which is gone.
    Gone(&'s str),
}

impl Graph<'_> {
    /// What cert-manager does with a Secret of a cluster. One that is copied from another namespace has the annotation of
    /// the Certificate there.
    pub fn certificate_of<'a>(&self, node: &ClusterNode<'_>, secret: &'a Secret) -> Keeping<'a> {
        let metadata = &secret.metadata;
        let Some(name) = metadata.annotations.get(CERTIFICATE) else {
            return Keeping::Not;
        };
        let mut all = node.cluster.kubernetes.certificates.iter();
        let is_there = all.any(|one| {
            let here = one.metadata.namespace() == metadata.namespace();
            one.metadata.name == *name && (here || one.spec.secret_name == metadata.name)
        });
        match is_there || !self.saw(Source::CERTIFICATES, node.key) {
            true => Keeping::Kept,
            false => Keeping::Gone(name),
        }
    }
}
