//! Client certificates, in anybody's name.
//!
//! A certificate names its user and groups; the API server signs none for `system:masters`
//! (<https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/>). EKS signs no client
//! certificates at all (EKS User Guide, "Secure workloads with Kubernetes certificates"), so in a cluster that
//! is known to be of EKS the method gives nothing.

use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Name, SubjectId};

use super::build::{Build, Taken};
use super::held::Held;
use super::method::{Ask, Family, Gives, Method};
use super::node::{Node, Set};

const GROUP: &str = "certificates.k8s.io";
const SOURCE: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/";
const ASKS: &[Ask] = &[
    Ask::cluster(&["create"], &[(GROUP, &["certificatesigningrequests"])]),
    Ask::cluster(
        &["patch", "update"],
        &[(GROUP, &["certificatesigningrequests/approval"])],
    ),
    Ask::cluster(&["approve"], &[(GROUP, &["signers"])]),
];

/// For whom the API server takes a certificate, by its signer: anybody's name, or a kubelet's. Those of the
/// other signers (`kubelet-serving`, `legacy-unknown`) name nobody to it.
const ANYBODY: &str = "kubernetes.io/kube-apiserver-client";
const KUBELET: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const EVERY_SIGNER: &str = "kubernetes.io/*";

pub(super) const METHODS: &[Method] = &[
    Method {
        id: "client-certificate",
        family: Family::Certificates,
        asks: ASKS,
        gives: Gives::Subject,
        does: "has a certificate made in the name of {}",
        source: SOURCE,
        derive: of_anybody,
    },
    Method {
        id: "kubelet-certificate",
        family: Family::Certificates,
        asks: ASKS,
        gives: Gives::Node,
        does: "has a certificate made in the name of the kubelet of {}",
        source: SOURCE,
        derive: of_kubelets,
    },
];

fn of_anybody(build: &mut Build<'_>, method: &'static Method) {
    let sets = [Node::Set(Set::Users), Node::Set(Set::Groups)];
    derive(build, method, ANYBODY, &sets);
}

/// The API server gives a kubelet the tokens of its pods, and its Secrets (Kubernetes documentation, "Using
/// Node Authorization").
fn of_kubelets(build: &mut Build<'_>, method: &'static Method) {
    derive(build, method, KUBELET, &[Node::AnyMachine]);
}

fn derive(build: &mut Build<'_>, method: &'static Method, signer: &str, gained: &[Node]) {
    if build.place.node.cluster.eks.cluster.is_some() {
        return;
    }
    let every = |held: &&Held<'_>| held.covers(Name::Every);
    let signs = |held: &&Held<'_>| {
        [signer, EVERY_SIGNER]
            .iter()
            .any(|name| held.covers(Name::Exact(name)))
    };
    for (at, all) in build.holders_of_all(method) {
        let [creates, approvals, signers] = all.as_slice() else {
            continue;
        };
        let found = (
            creates.iter().find(every),
            approvals.iter().find(every),
            signers.iter().find(signs),
        );
        let (Some(create), Some(_), Some(signer)) = found else {
            continue;
        };
        let open = "if the cluster signs client certificates, as EKS does not".to_owned();
        for node in gained {
            let taken = Taken::by(*create).with(*signer).open(Some(open.clone()));
            build.by_method(at, method, taken, node.clone());
        }
    }
}

/// Whether a certificate can be made out to a subject.
pub(super) fn may_name(subject: &SubjectId) -> bool {
    *subject != SubjectId::Group(SYSTEM_MASTERS.to_owned())
}
