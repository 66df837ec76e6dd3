//! The checks of RBAC on clusters and manifests that others wrote: what they must find, and where
//! they must be silent.

use eks_auditor::checks::outcome::Outcome;
use eks_auditor::checks::run::{Answered, Selection, run};
use eks_auditor::graph::Graph;
use eks_auditor::snapshot::coverage::{ScopeKind, Source, Status};
use eks_auditor::snapshot::kubernetes_rbac::{Role, RoleBinding};
use eks_auditor::snapshot::time::Time;
use eks_auditor::snapshot::{Cluster, Snapshot};

use super::rbac_inputs::{list, manifests, shared};

const CLUSTER: &str = "real";

/// What all checks of the area `rbac` say of one cluster with these objects, all of it read.
fn asked(roles: Vec<Role>, role_bindings: Vec<RoleBinding>) -> Answered {
    let mut snapshot = Snapshot::new(Time::parse("2026-11-24").expect("a time"));
    let mut cluster = Cluster::default();
    cluster.kubernetes.roles = roles;
    cluster.kubernetes.role_bindings = role_bindings;
    snapshot.clusters.insert(CLUSTER.to_owned(), cluster);
    for source in Source::ALL {
        if source.scope == ScopeKind::Kubernetes {
            let coverage = &mut snapshot.coverage;
            coverage.record(source.name, CLUSTER, Status::Complete, 0, None);
        }
    }
    snapshot.sort();
    let selection = Selection {
        only: vec!["rbac".to_owned()],
        skip: Vec::new(),
    };
    run(&Graph::build(&snapshot, None), &selection)
}

/// Check and resource of each finding, sorted.
fn found(answered: &Answered) -> Vec<(&str, &str)> {
    let mut found: Vec<_> = answered
        .findings
        .iter()
        .map(|finding| (finding.check.as_str(), finding.resource.id.as_str()))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn a_new_cluster_passes_every_check_of_rbac() {
    let Some(text) = shared("real/kubernetes-bootstrap-rbac/objects.json") else {
        return;
    };
    let (roles, bindings) = list(&text);
    let answered = asked(roles, bindings);
    assert_eq!(found(&answered), [], "{:#?}", answered.findings);
    assert!(answered.results.len() >= 4, "{:#?}", answered.results);
    for result in &answered.results {
        assert_eq!(result.outcome, Outcome::Pass, "{result:#?}");
    }
}

#[test]
fn argo_cd_is_found_where_it_is_dangerous_and_nowhere_else() {
    let Some((roles, bindings)) = manifests("real/argo-cd", "argocd") else {
        return;
    };
    let answered = asked(roles, bindings);
    let expected = [
        (
            "cluster-admin-binding",
            "k8s://real//ClusterRoleBinding/argocd-application-controller",
        ),
        // Its ClusterRole names Secrets outright.
        (
            "rbac-secrets-cluster-wide",
            "k8s://real/argocd/ServiceAccount/argocd-applicationset-controller",
        ),
        (
            "rbac-secrets-cluster-wide",
            "k8s://real/argocd/ServiceAccount/argocd-server",
        ),
        ("rbac-wildcard", "k8s://real//ClusterRole/argocd-server"),
    ];
    assert_eq!(found(&answered), expected, "{:#?}", answered.findings);
}

#[test]
fn the_ebs_csi_driver_raises_nothing() {
    let Some((roles, mut bindings)) = manifests("real/aws-ebs-csi-driver", "kube-system") else {
        return;
    };
    // The overlay that installs it sets the namespace of the subjects too.
    for subject in bindings
        .iter_mut()
        .flat_map(|binding| &mut binding.subjects)
    {
        let namespace = &mut subject.namespace;
        namespace.get_or_insert_with(|| "kube-system".to_owned());
    }
    let answered = asked(roles, bindings);
    assert_eq!(found(&answered), [], "{:#?}", answered.findings);
}
