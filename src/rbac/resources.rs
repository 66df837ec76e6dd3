//! The resources that every API server has: their group, whether they are in namespaces, and their short
//! names, as `kubectl api-resources` of Kubernetes v1.33 to v1.36 lists them.

/// A resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiResource {
    /// The plural name.
    pub name: &'static str,
    /// The API group; empty is the core group.
    pub group: &'static str,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// Other names that kubectl takes: the singular, and abbreviations.
    pub short: &'static [&'static str],
}

macro_rules! resources {
    ($($group:literal, $scope:ident: $($name:literal $([$($short:literal),*])?),+;)*) => {
        &[$($(ApiResource { name: $name, group: $group, namespaced: scope!($scope), short: &[$($($short),*)?] }),+),*]
    };
}

macro_rules! scope {
    (namespace) => {
        true
    };
    (cluster) => {
        false
    };
}

/// All of them. Of two with one name the first is meant where no group is given.
#[rustfmt::skip]
const RESOURCES: &[ApiResource] = resources![
    "", namespace:
        "pods" ["pod", "po"], "services" ["service", "svc"], "secrets" ["secret"], "configmaps" ["configmap", "cm"],
        "serviceaccounts" ["serviceaccount", "sa"], "persistentvolumeclaims" ["persistentvolumeclaim", "pvc"],
        "endpoints" ["ep"], "events" ["event", "ev"], "limitranges" ["limitrange", "limits"],
        "podtemplates" ["podtemplate"], "replicationcontrollers" ["replicationcontroller", "rc"],
        "resourcequotas" ["resourcequota", "quota"], "bindings" ["binding"];
    "", cluster:
        "nodes" ["node", "no"], "namespaces" ["namespace", "ns"], "persistentvolumes" ["persistentvolume", "pv"],
        "componentstatuses" ["componentstatus", "cs"], "users" ["user"], "groups" ["group"];
    "apps", namespace:
        "deployments" ["deployment", "deploy"], "daemonsets" ["daemonset", "ds"], "statefulsets" ["statefulset", "sts"],
        "replicasets" ["replicaset", "rs"], "controllerrevisions" ["controllerrevision"];
    "batch", namespace: "jobs" ["job"], "cronjobs" ["cronjob", "cj"];
    "autoscaling", namespace: "horizontalpodautoscalers" ["horizontalpodautoscaler", "hpa"];
    "policy", namespace: "poddisruptionbudgets" ["poddisruptionbudget", "pdb"];
    "networking.k8s.io", namespace: "networkpolicies" ["networkpolicy", "netpol"], "ingresses" ["ingress", "ing"];
    "networking.k8s.io", cluster: "ingressclasses" ["ingressclass"], "ipaddresses" ["ipaddress", "ip"], "servicecidrs" ["servicecidr"];
    "discovery.k8s.io", namespace: "endpointslices" ["endpointslice"];
    "coordination.k8s.io", namespace: "leases" ["lease"];
    "rbac.authorization.k8s.io", namespace: "roles" ["role"], "rolebindings" ["rolebinding"];
    "rbac.authorization.k8s.io", cluster: "clusterroles" ["clusterrole"], "clusterrolebindings" ["clusterrolebinding"];
    "storage.k8s.io", namespace: "csistoragecapacities" ["csistoragecapacity"];
    "storage.k8s.io", cluster: "storageclasses" ["storageclass", "sc"], "volumeattachments" ["volumeattachment"],
        "csidrivers" ["csidriver"], "csinodes" ["csinode"], "volumeattributesclasses" ["volumeattributesclass", "vac"];
    "scheduling.k8s.io", cluster: "priorityclasses" ["priorityclass", "pc"];
    "node.k8s.io", cluster: "runtimeclasses" ["runtimeclass"];
    "certificates.k8s.io", cluster: "certificatesigningrequests" ["certificatesigningrequest", "csr"],
        "clustertrustbundles" ["clustertrustbundle"], "signers" ["signer"];
    "admissionregistration.k8s.io", cluster: "mutatingwebhookconfigurations" ["mutatingwebhookconfiguration"],
        "validatingwebhookconfigurations" ["validatingwebhookconfiguration"],
        "validatingadmissionpolicies" ["validatingadmissionpolicy"],
        "validatingadmissionpolicybindings" ["validatingadmissionpolicybinding"];
    "apiextensions.k8s.io", cluster: "customresourcedefinitions" ["customresourcedefinition", "crd", "crds"];
    "apiregistration.k8s.io", cluster: "apiservices" ["apiservice"];
    "flowcontrol.apiserver.k8s.io", cluster: "flowschemas" ["flowschema"],
        "prioritylevelconfigurations" ["prioritylevelconfiguration"];
    "authentication.k8s.io", cluster: "tokenreviews" ["tokenreview"], "selfsubjectreviews" ["selfsubjectreview"],
        "uids" ["uid"], "userextras" ["userextra"];
    "authorization.k8s.io", cluster: "subjectaccessreviews" ["subjectaccessreview"],
        "selfsubjectaccessreviews" ["selfsubjectaccessreview"], "selfsubjectrulesreviews" ["selfsubjectrulesreview"];
    "authorization.k8s.io", namespace: "localsubjectaccessreviews" ["localsubjectaccessreview"];
    "events.k8s.io", namespace: "events";
    "resource.k8s.io", namespace: "resourceclaims" ["resourceclaim"], "resourceclaimtemplates" ["resourceclaimtemplate"];
    "resource.k8s.io", cluster: "deviceclasses" ["deviceclass"], "resourceslices" ["resourceslice"];
    "metrics.k8s.io", namespace: "pods";
    "metrics.k8s.io", cluster: "nodes";
];

/// The second parts of `pods/log`: what stands there is a subresource, anything else a name.
const SUBRESOURCES: &[&str] = &[
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "resize",
    "scale",
    "status",
    "token",
];

/// The resource of a name, a short name or a singular, in a group where one is given.
pub fn named(name: &str, group: Option<&str>) -> Option<&'static ApiResource> {
    RESOURCES.iter().find(|one| {
        group.is_none_or(|group| one.group == group)
            && (one.name == name || one.short.contains(&name))
    })
}

/// Whether the text is the name of a subresource.
pub fn is_subresource(text: &str) -> bool {
    SUBRESOURCES.contains(&text)
}

/// The plural names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    RESOURCES.iter().map(|one| one.name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_as_kubectl_takes_them() {
        for (name, group, found) in [
            ("po", None, Some(("pods", "", true))),
            ("deploy", None, Some(("deployments", "apps", true))),
            (
                "clusterroles",
                None,
                Some(("clusterroles", "rbac.authorization.k8s.io", false)),
            ),
            (
                "pods",
                Some("metrics.k8s.io"),
                Some(("pods", "metrics.k8s.io", true)),
            ),
            ("deployments", Some("extensions"), None),
            ("applications", None, None),
        ] {
            let resource = named(name, group);
            assert_eq!(
                resource.map(|r| (r.name, r.group, r.namespaced)),
                found,
                "{name} {group:?}"
            );
        }
    }

    #[test]
    fn no_short_name_means_two_things() {
        for one in RESOURCES {
            for short in one.short {
                assert!(names().all(|name| name != *short), "{short}");
                let meant = RESOURCES
                    .iter()
                    .filter(|other| other.short.contains(short))
                    .count();
                assert_eq!(meant, 1, "{short}");
            }
        }
    }
}
