//! The prints of a cluster, of EKS and of its API server.

mod doors;
mod external;

use std::io;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::Place;
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::Eks;
use crate::snapshot::kubernetes::Kubernetes;
use crate::snapshot::{Cluster, Snapshot};

pub(super) fn write(
    snapshot: &Snapshot,
    key: &str,
    cluster: &Cluster,
    dir: &Path,
) -> io::Result<()> {
    let place = Place {
        snapshot,
        dir: dir.to_owned(),
        account: cluster.account.as_deref(),
        region: cluster.region.as_deref(),
        scope: key.to_owned(),
    };
    eks(&place, cluster)?;
    access(&place, &cluster.name, &cluster.eks)?;
    let objects = Objects {
        // The print of the cluster beside them gives the objects to it; without one each list
        // says its cluster.
        named: cluster
            .eks
            .cluster
            .is_none()
            .then_some(cluster.name.as_str()),
        place: Place {
            dir: dir.join("kubernetes"),
            scope: key.to_owned(),
            ..place
        },
    };
    objects.write(&cluster.kubernetes)
}

fn settings(place: &Place, eks: &Eks) -> io::Result<()> {
    let Some(settings) = &eks.cluster else {
        return Ok(());
    };
    let print = json!({"cluster": settings});
    match settings.arn.is_empty() {
        true => place.print(
            "cluster.json",
            &place.envelope(Source::CLUSTER.name, json!({}), print)?,
        ),
        false => place.print("cluster.json", &print),
    }
}

fn eks(place: &Place, cluster: &Cluster) -> io::Result<()> {
    let eks = &cluster.eks;
    settings(place, eks)?;
    let items = Items {
        place,
        cluster: &cluster.name,
    };
    items.write(
        Source::NODEGROUPS,
        "nodegroup",
        &eks.nodegroups,
        "eks:ListNodegroups",
        "nodegroups",
    )?;
    let (list, empty) = ("eks:ListFargateProfiles", "fargateProfileNames");
    items.write(
        Source::FARGATE_PROFILES,
        "fargateProfile",
        &eks.fargate_profiles,
        list,
        empty,
    )?;
    items.write(
        Source::ADDONS,
        "addon",
        &eks.addons,
        "eks:ListAddons",
        "addons",
    )?;
    let (list, empty) = ("eks:ListPodIdentityAssociations", "associations");
    items.write(
        Source::POD_IDENTITY,
        "association",
        &eks.pod_identity,
        list,
        empty,
    )?;
    let providers: Vec<Value> = eks
        .identity_providers
        .iter()
        .map(|one| json!({"oidc": one}))
        .collect();
    let (list, empty) = ("eks:ListIdentityProviderConfigs", "identityProviderConfigs");
    items.write(
        Source::IDENTITY_PROVIDERS,
        "identityProviderConfig",
        &providers,
        list,
        empty,
    )?;
    insights(place, cluster)
}

fn insights(place: &Place, cluster: &Cluster) -> io::Result<()> {
    let eks = &cluster.eks;
    if eks.insights.is_empty() {
        return Ok(());
    }
    let print = json!({"insights": eks.insights});
    let print = place.envelope(
        "eks:ListInsights",
        json!({"clusterName": cluster.name}),
        print,
    )?;
    place.print("insights.json", &print)
}

fn access(place: &Place, cluster: &str, eks: &Eks) -> io::Result<()> {
    let items = Items { place, cluster };
    let entries: Vec<_> = eks.access.iter().map(|access| &access.entry).collect();
    items.write(
        Source::ACCESS_ENTRIES,
        "accessEntry",
        &entries,
        "eks:ListAccessEntries",
        "accessEntries",
    )?;
    let mut prints = Vec::new();
    for access in &eks.access {
        if access.policies.is_empty() && !place.complete(Source::ACCESS_POLICIES) {
            continue;
        }
        let print = json!({
            "clusterName": cluster,
            "principalArn": access.entry.principal_arn,
            "associatedAccessPolicies": access.policies,
        });
        let request = json!({"clusterName": cluster, "principalArn": access.entry.principal_arn});
        prints.push(place.envelope(Source::ACCESS_POLICIES.name, request, print)?);
    }
    place.lines("associated-access-policies.jsonl", prints)
}

/// Things of a cluster that are described one by one.
struct Items<'p> {
    place: &'p Place<'p>,
    cluster: &'p str,
}

impl Items<'_> {
    fn write<T: Serialize>(
        &self,
        source: Source,
        key: &str,
        items: &[T],
        list: &str,
        names: &str,
    ) -> io::Result<()> {
        let request = json!({"clusterName": self.cluster});
        let mut prints = Vec::new();
        for item in items {
            let print = json!({(key): item});
            prints.push(self.place.envelope(source.name, request.clone(), print)?);
        }
        if prints.is_empty() && self.place.complete(source) {
            // That there is none, only the list can say.
            prints.push(self.place.envelope(list, request, json!({(names): []}))?);
        }
        self.place.lines(&format!("{names}.jsonl"), prints)
    }
}

struct Objects<'s> {
    place: Place<'s>,
    named: Option<&'s str>,
}

impl Objects<'_> {
    fn write(&self, all: &Kubernetes) -> io::Result<()> {
        let core = "v1";
        self.list(Source::NAMESPACES, core, "Namespace", &all.namespaces)?;
        self.list(
            Source::SERVICE_ACCOUNTS,
            core,
            "ServiceAccount",
            &all.service_accounts,
        )?;
        self.list(Source::PODS, core, "Pod", &all.pods)?;
        self.list(Source::KUBERNETES_SECRETS, core, "Secret", &all.secrets)?;
        self.list(Source::SERVICES, core, "Service", &all.services)?;
        self.list(Source::NODES, core, "Node", &all.nodes)?;
        self.controllers(all)?;
        self.list(Source::CRON_JOBS, "batch/v1", "CronJob", &all.cron_jobs)?;
        self.rbac(all)?;
        self.storage(all)?;
        let networking = "networking.k8s.io/v1";
        self.list(
            Source::NETWORK_POLICIES,
            networking,
            "NetworkPolicy",
            &all.network_policies,
        )?;
        self.list(Source::INGRESSES, networking, "Ingress", &all.ingresses)?;
        doors::write(self, all)?;
        external::write(self, all)?;
        for (source, name) in [
            (Source::AWS_AUTH, "aws-auth"),
            (Source::VPC_CNI, "amazon-vpc-cni"),
        ] {
            let named: Vec<_> = all
                .config_maps
                .iter()
                .filter(|map| map.metadata.name == name)
                .collect();
            self.in_envelope(
                source,
                "v1",
                "ConfigMap",
                &named,
                &format!("configmap-{name}.json"),
            )?;
        }
        Ok(())
    }

    fn storage(&self, all: &Kubernetes) -> io::Result<()> {
        let core = "v1";
        // Only an envelope tells these from a list of kube-system's.
        self.in_envelope(
            Source::CONFIG_MAPS,
            core,
            "ConfigMap",
            &all.config_map_keys,
            "configmaps.json",
        )?;
        self.list(
            Source::PERSISTENT_VOLUME_CLAIMS,
            core,
            "PersistentVolumeClaim",
            &all.persistent_volume_claims,
        )?;
        self.list(
            Source::PERSISTENT_VOLUMES,
            core,
            "PersistentVolume",
            &all.persistent_volumes,
        )
    }

    fn controllers(&self, all: &Kubernetes) -> io::Result<()> {
        let core = "v1";
        for (source, api_version, kind) in [
            (
                Source::REPLICATION_CONTROLLERS,
                core,
                "ReplicationController",
            ),
            (Source::DEPLOYMENTS, "apps/v1", "Deployment"),
            (Source::REPLICA_SETS, "apps/v1", "ReplicaSet"),
            (Source::STATEFUL_SETS, "apps/v1", "StatefulSet"),
            (Source::DAEMON_SETS, "apps/v1", "DaemonSet"),
            (Source::JOBS, "batch/v1", "Job"),
        ] {
            let of_kind: Vec<_> = all
                .controllers
                .iter()
                .filter(|one| one.kind == kind)
                .collect();
            self.list(source, api_version, kind, &of_kind)?;
        }
        Ok(())
    }

    fn rbac(&self, all: &Kubernetes) -> io::Result<()> {
        let api_version = "rbac.authorization.k8s.io/v1";
        for (source, kind) in [
            (Source::ROLES, "Role"),
            (Source::CLUSTER_ROLES, "ClusterRole"),
        ] {
            let of_kind: Vec<_> = all
                .roles
                .iter()
                .filter(|role| role.kind.as_str() == kind)
                .collect();
            self.list(source, api_version, kind, &of_kind)?;
        }
        for (source, kind) in [
            (Source::ROLE_BINDINGS, "RoleBinding"),
            (Source::CLUSTER_ROLE_BINDINGS, "ClusterRoleBinding"),
        ] {
            let of_kind: Vec<_> = all
                .role_bindings
                .iter()
                .filter(|one| one.kind.as_str() == kind)
                .collect();
            self.list(source, api_version, kind, &of_kind)?;
        }
        Ok(())
    }

    /// A list as the API gives it. An empty one is written where the source was read whole.
    fn list<T: Serialize>(
        &self,
        source: Source,
        api_version: &str,
        kind: &str,
        items: &[T],
    ) -> io::Result<()> {
        let name = format!(
            "{}.json",
            source.name.strip_prefix("kubernetes:").unwrap_or(kind)
        );
        if self.named.is_some() {
            return self.in_envelope(source, api_version, kind, items, &name);
        }
        if items.is_empty() && !self.place.complete(source) {
            return Ok(());
        }
        self.place.print(&name, &list(api_version, kind, items))
    }

    /// A list whose kind or cluster only an envelope tells.
    fn in_envelope<T: Serialize>(
        &self,
        source: Source,
        api_version: &str,
        kind: &str,
        items: &[T],
        name: &str,
    ) -> io::Result<()> {
        if items.is_empty() && !self.place.complete(source) {
            return Ok(());
        }
        let request = self
            .named
            .map_or_else(|| json!({}), |name| json!({"clusterName": name}));
        let print = self
            .place
            .envelope(source.name, request, list(api_version, kind, items))?;
        self.place.print(name, &print)
    }
}

/// A list as the API prints it.
fn list<T: Serialize>(api_version: &str, kind: &str, items: &[T]) -> Value {
    json!({"apiVersion": api_version, "kind": format!("{kind}List"), "metadata": {}, "items": items})
}
