//! Client certificates, in anybody's name.
//!
//! A certificate names its user and groups; the API server signs none for `system:masters`
//! (<https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/>). EKS signs no client
//! certificates at all (EKS User Guide, "Secure workloads with Kubernetes certificates"), so in a cluster that
//! is known to be of EKS the method gives nothing.

use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Name, SubjectId};

use super::build::{Build, Taken};
use super::method::{Ask, Family, Gives, Method};
use super::node::{Node, Set};

const GROUP: &str = "certificates.k8s.io";
const SIGNERS: [&str; 2] = ["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"];

pub(super) const METHODS: &[Method] = &[Method {
    id: "client-certificate",
    family: Family::Certificates,
    asks: &[
        Ask::cluster(&["create"], &[(GROUP, &["certificatesigningrequests"])]),
        Ask::cluster(
            &["patch", "update"],
            &[(GROUP, &["certificatesigningrequests/approval"])],
        ),
        Ask::cluster(&["approve"], &[(GROUP, &["signers"])]),
    ],
    gives: Gives::Subject,
    does: "has a certificate made in the name of {}",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
    derive,
}];

fn derive(build: &mut Build<'_>, method: &'static Method) {
    if build.place.node.cluster.eks.cluster.is_some() {
        return;
    }
    for (at, all) in build.holders_of_all(method) {
        let [creates, approvals, signers] = all.as_slice() else {
            continue;
        };
        let mut creates = creates.iter().filter(|held| held.covers(Name::Every));
        let mut approvals = approvals.iter().filter(|held| held.covers(Name::Every));
        let mut signers = signers.iter().filter(|held| {
            let mut names = SIGNERS.iter();
            names.any(|name| held.covers(Name::Exact(name)))
        });
        let (Some(create), Some(_), Some(signer)) =
            (creates.next(), approvals.next(), signers.next())
        else {
            continue;
        };
        let open = "if the cluster signs client certificates, as EKS does not".to_owned();
        for set in [Set::Users, Set::Groups] {
            let taken = Taken::by(*create).with(*signer).open(Some(open.clone()));
            build.by_method(at, method, taken, Node::Set(set));
        }
    }
}

/// Whether a certificate can be made out to a subject.
pub(super) fn may_name(subject: &SubjectId) -> bool {
    *subject != SubjectId::Group(SYSTEM_MASTERS.to_owned())
}
