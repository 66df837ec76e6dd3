//! Controllers that everybody runs, and the power that is theirs by design.
//!
//! Data: what each project documents for its own installation. A name alone proves nothing, so a service
//! account is taken for one only in its namespace, with no more powers than that controller has, and, where
//! its pods are seen, with its image.

use super::authorizer::Authorizer;
use super::identity::{Identity, SubjectId};
use super::power::Power;

/// A controller that everybody runs.
#[derive(Debug)]
pub struct Known {
    /// Its id.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Where its documentation installs it.
    namespaces: &'static [&'static str],
    /// Its service accounts; `*-x` also stands for what a Helm release puts before.
    names: &'static [&'static str],
    /// Parts of the images that it runs.
    images: &'static [&'static str],
    /// What it may hold.
    powers: Powers,
}

/// What a controller may hold.
#[derive(Debug)]
enum Powers {
    /// Everything: it applies whatever it is given.
    Any,
    /// These.
    Only(&'static [Power]),
}

use Power::{
    ApproveCertificates, ChangeWebhooks, CreatePersistentVolumes, DeleteEverything, EnterPods,
    IssueTokens, ReachKubelets, ReadSecrets, RunPods, SignCertificates,
};
use Powers::{Any, Only};

const fn known(
    id: &'static str,
    title: &'static str,
    namespaces: &'static [&'static str],
    names: &'static [&'static str],
    images: &'static [&'static str],
    powers: Powers,
) -> Known {
    Known {
        id,
        title,
        namespaces,
        names,
        images,
        powers,
    }
}

/// In the order of the alphabet.
#[rustfmt::skip]
const TABLE: &[Known] = &[
    known("argo-cd-application-controller", "Argo CD's application controller", &["argocd", "argo-cd"], &["argocd-application-controller", "*-argocd-application-controller"], &["argocd"], Any),
    known("argo-cd-applicationset-controller", "Argo CD's ApplicationSet controller", &["argocd", "argo-cd"], &["argocd-applicationset-controller", "*-argocd-applicationset-controller"], &["argocd"], Only(&[ReadSecrets])),
    known("argo-cd-server", "Argo CD's API server", &["argocd", "argo-cd"], &["argocd-server", "*-argocd-server"], &["argocd"], Only(&[DeleteEverything, ReadSecrets, RunPods, EnterPods, ReachKubelets, ChangeWebhooks])),
    known("aws-load-balancer-controller", "the AWS Load Balancer Controller", &["kube-system"], &["aws-load-balancer-controller"], &["aws-load-balancer-controller"], Only(&[ReadSecrets])),
    known("cert-manager", "cert-manager", &["cert-manager"], &["cert-manager", "cert-manager-cainjector", "cert-manager-webhook"], &["cert-manager"], Only(&[ReadSecrets, RunPods, ApproveCertificates, SignCertificates, ChangeWebhooks])),
    known("cluster-autoscaler", "the Cluster Autoscaler", &["kube-system"], &["cluster-autoscaler", "*-cluster-autoscaler"], &["cluster-autoscaler"], Only(&[])),
    known("crossplane", "Crossplane", &["crossplane-system"], &["crossplane"], &["crossplane"], Any),
    known("ebs-csi-driver", "the Amazon EBS CSI driver", &["kube-system"], &["ebs-csi-controller-sa", "ebs-csi-node-sa"], &["ebs-csi"], Only(&[CreatePersistentVolumes, ReadSecrets])),
    known("efs-csi-driver", "the Amazon EFS CSI driver", &["kube-system"], &["efs-csi-controller-sa", "efs-csi-node-sa"], &["efs-csi"], Only(&[CreatePersistentVolumes, ReadSecrets])),
    known("external-secrets", "External Secrets", &["external-secrets"], &["external-secrets"], &["external-secrets"], Only(&[ReadSecrets, IssueTokens])),
    known("flux-helm-controller", "Flux's Helm controller", &["flux-system"], &["helm-controller"], &["helm-controller"], Any),
    known("flux-kustomize-controller", "Flux's Kustomize controller", &["flux-system"], &["kustomize-controller"], &["kustomize-controller"], Any),
    known("gatekeeper", "Gatekeeper", &["gatekeeper-system"], &["gatekeeper-admin"], &["gatekeeper"], Only(&[ReadSecrets, EnterPods, ReachKubelets, ChangeWebhooks])),
    known("ingress-nginx", "ingress-nginx", &["ingress-nginx"], &["ingress-nginx", "ingress-nginx-admission"], &["ingress-nginx"], Only(&[ReadSecrets, ChangeWebhooks])),
    known("istiod", "Istio's control plane", &["istio-system"], &["istiod", "istiod-service-account"], &["istio", "pilot"], Only(&[ReadSecrets, IssueTokens, ApproveCertificates, ChangeWebhooks, RunPods])),
    known("karpenter", "Karpenter", &["kube-system", "karpenter"], &["karpenter"], &["karpenter"], Only(&[])),
    known("keda", "KEDA", &["keda"], &["keda-operator"], &["keda"], Only(&[ReadSecrets, RunPods, ChangeWebhooks])),
    known("kyverno", "Kyverno", &["kyverno"], &["kyverno-admission-controller", "kyverno-background-controller", "kyverno-cleanup-controller", "kyverno-reports-controller"], &["kyverno"], Only(&[ReadSecrets, EnterPods, ReachKubelets, ChangeWebhooks])),
    known("prometheus-operator", "the Prometheus Operator", &["monitoring", "prometheus", "kube-prometheus-stack"], &["prometheus-operator", "*-kube-prometheus-operator", "*-operator"], &["prometheus-operator"], Only(&[ReadSecrets, RunPods, ChangeWebhooks])),
    known("sealed-secrets", "Sealed Secrets", &["kube-system", "sealed-secrets"], &["sealed-secrets", "sealed-secrets-controller"], &["sealed-secrets"], Only(&[ReadSecrets])),
    known("secrets-store-csi-driver", "the Secrets Store CSI driver", &["kube-system"], &["secrets-store-csi-driver"], &["csi-secrets-store", "secrets-store-csi"], Only(&[ReadSecrets, IssueTokens])),
    known("velero", "Velero", &["velero"], &["velero", "velero-server"], &["velero"], Any),
];

impl Known {
    /// Whether a service account is named and placed as this controller's.
    pub fn is_named(&self, namespace: &str, name: &str) -> bool {
        let fits = |pattern: &&&str| match pattern.strip_prefix('*') {
            Some(end) => name.ends_with(end),
            None => name == **pattern,
        };
        self.namespaces.contains(&namespace) && self.names.iter().find(fits).is_some()
    }

    fn may_hold(&self, power: Power) -> bool {
        match self.powers {
            Any => true,
            Only(powers) => powers.contains(&power),
        }
    }
}

/// The controller of an id.
pub fn named(id: &str) -> Option<&'static Known> {
    TABLE.iter().find(|known| known.id == id)
}

/// The controller that a subject is, by its name, its namespace, what it holds itself, and the images of its
/// pods, where there are any.
pub fn of(rbac: &Authorizer, subject: &SubjectId, images: &[&str]) -> Option<&'static Known> {
    let SubjectId::ServiceAccount { namespace, name } = subject else {
        return None;
    };
    let found = TABLE.iter().find(|known| known.is_named(namespace, name))?;
    let runs = |image: &&str| found.images.iter().any(|part| image.contains(part));
    let own = Identity {
        user: Some(subject.user_name()),
        groups: Vec::new(),
    };
    let held = rbac.powers(&own);
    let fits = held.iter().all(|(power, _)| found.may_hold(*power));
    (fits && (images.is_empty() || images.iter().any(runs))).then_some(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::kubernetes_rbac::{Role, RoleBinding};

    fn who(namespace: &str, name: &str, rules: Value, images: &[&str]) -> Option<&'static str> {
        let roles: Vec<Role> = serde_json::from_value(
            json!([{"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": rules}]),
        )
        .unwrap();
        let bindings: Vec<RoleBinding> =
            serde_json::from_value(json!([{"kind": "ClusterRoleBinding",
            "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]}]))
            .unwrap();
        let rbac = Authorizer::new(&roles, &bindings);
        of(&rbac, &SubjectId::service_account(namespace, name), images).map(|known| known.id)
    }

    #[test]
    fn a_name_alone_makes_no_controller() {
        let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
        let secrets = json!([{"verbs": ["list"], "apiGroups": [""], "resources": ["secrets"]}]);
        let velero = ["velero/velero:v1.16"];
        for (namespace, name, rules, images, expected) in [
            ("velero", "velero", &everything, &velero[..], Some("velero")),
            ("velero", "velero", &everything, &[], Some("velero")),
            ("velero", "velero", &everything, &["busybox"], None),
            ("other", "velero", &everything, &velero, None),
            ("velero", "velero2", &everything, &velero, None),
            (
                "external-secrets",
                "external-secrets",
                &secrets,
                &[],
                Some("external-secrets"),
            ),
            (
                "external-secrets",
                "external-secrets",
                &everything,
                &[],
                None,
            ),
        ] {
            let found = who(namespace, name, rules.clone(), images);
            assert_eq!(found, expected, "{namespace}/{name} {rules} {images:?}");
        }
    }

    #[test]
    fn ids_are_in_order_and_there_once() {
        assert!(TABLE.is_sorted_by(|a, b| a.id < b.id));
    }
}
