//! Volumes that several workloads mount, of which one may write what another reads.
//!
//! Kubernetes documentation, "Persistent Volumes": a claim is used by pods of its namespace; access modes other than
//! ReadWriteOncePod say how a volume may be attached and do not keep pods from writing; "Volumes": `readOnly` of the volume
//! or of a mount does, and `subPath` shows a part of it. What was written stays, so that pods which are never there at once
//! (on two nodes, one after the other) share it as well.
//!
//! Two claims lead to the same volume where their persistent volumes have the same handle of the same driver, or the same
//! directory of the same NFS server; a handle of Amazon EFS is the same in all clusters (Amazon EFS CSI driver, "Static
//! provisioning": `FILE_SYSTEM[:PATH][:ACCESS_POINT]`). Handles that differ are not compared further: that one access
//! point's directory is within another's is not seen. Paths of the node are in [`super::escape`], and block devices are not read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::image::containers;
use super::workload::Workload;
use super::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::{PersistentVolume, PersistentVolumeClaim, PodSpec, Volume};

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Backing {
    /// A claim whose volume was not seen: its id.
    Claim(String),
    /// A volume of a CSI driver: where handles are its own, the cluster; the driver and the handle.
    Handle(Option<String>, String, String),
    /// A directory of an NFS server, as a cluster names it.
    Nfs(String, String, String),
}

impl Backing {
    /// What it is called: `volume://efs.csi.aws.com/fs-1`.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Claim(id) => id.clone(),
            Self::Handle(cluster, driver, handle) => {
                let cluster = cluster
                    .as_ref()
                    .map_or(String::new(), |one| format!("{one}/"));
                format!("volume://{cluster}{driver}/{handle}")
            }
            Self::Nfs(cluster, server, path) => {
                let path = path.trim_start_matches('/');
                format!("volume://{cluster}/nfs/{server}/{path}")
            }
        }
    }
}

/// A mount of a volume in a workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mount {
    /// What is mounted.
    pub(super) backing: Backing,
    /// The part of it, in its components; none: all.
    pub(super) part: Vec<String>,
    /// By what, and where: `the claim shop/data at /var/data`.
    pub(super) what: String,
    /// Whether it can be written.
    pub(super) writes: bool,
    /// What keeps its pods from writing, if that holds.
    pub(super) open_to_write: Option<String>,
    /// What keeps them from having it at all, if that holds.
    pub(super) open: Option<String>,
}

impl Mount {
    /// Whether what is written in another's part is seen in this one.
    pub(super) fn sees(&self, part: &[String]) -> bool {
        self.part.iter().zip(part).all(|(own, other)| own == other)
    }
}

/// What claims of a cluster lead to.
#[derive(Debug)]
struct Claims<'s> {
    cluster: &'s str,
    claims: HashMap<(&'s str, &'s str), &'s PersistentVolumeClaim>,
    volumes: HashMap<&'s str, &'s PersistentVolume>,
    claims_seen: bool,
}

impl<'s> Claims<'s> {
    fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        let objects = &node.cluster.kubernetes;
        let claims = objects.persistent_volume_claims.iter();
        let volumes = objects.persistent_volumes.iter();
        Self {
            cluster: node.key,
            claims: claims
                .map(|one| {
                    let namespace = super::workload::namespace(&one.metadata);
                    ((namespace, one.metadata.name.as_str()), one)
                })
                .collect(),
            volumes: volumes
                .map(|one| (one.metadata.name.as_str(), one))
                .collect(),
            claims_seen: graph.saw(Source::PERSISTENT_VOLUME_CLAIMS, node.key),
        }
    }

    /// The mounts of a pod.
    fn mounts(&self, namespace: &str, spec: &PodSpec) -> Vec<Mount> {
        let mut found = Vec::new();
        for volume in &spec.volumes {
            let Some(shared) = self.shared(namespace, volume) else {
                continue;
            };
            let all = containers(spec).flat_map(|one| &one.volume_mounts);
            for mount in all.filter(|mount| mount.name == volume.name) {
                let by_variables = mount.sub_path_expr.as_deref().map(|expression| {
                    format!("only if their paths in the volume meet, which depends on {expression}")
                });
                let open = [shared.open.clone(), by_variables];
                let open: Vec<String> = open.into_iter().flatten().collect();
                let part = mount.sub_path.as_deref().unwrap_or_default().split('/');
                let part = part.filter(|one| !one.is_empty() && *one != ".");
                found.push(Mount {
                    backing: shared.backing.clone(),
                    part: part.map(str::to_owned).collect(),
                    what: format!("{} at {}", shared.what, mount.mount_path),
                    writes: !shared.is_read_only && mount.read_only != Some(true),
                    open_to_write: shared.open_to_write.clone(),
                    open: (!open.is_empty()).then(|| open.join(", ")),
                });
            }
        }
        found
    }

    fn shared(&self, namespace: &str, volume: &Volume) -> Option<Shared> {
        if let Some(nfs) = &volume.nfs {
            let (server, path) = (nfs.server.clone(), nfs.path.clone());
            return Some(Shared {
                what: format!("{path} of the NFS server {server}"),
                backing: Backing::Nfs(self.cluster.to_owned(), server, path),
                is_read_only: nfs.read_only == Some(true),
                open_to_write: None,
                open: None,
            });
        }
        let named = volume.persistent_volume_claim.as_ref()?;
        let name = named.claim_name.as_str();
        let claim = self.claims.get(&(namespace, name));
        let bound = claim.and_then(|one| one.spec.volume_name.as_deref());
        let bound = bound.and_then(|name| self.volumes.get(name));
        let nfs = bound.and_then(|one| one.spec.nfs.as_ref());
        let modes = claim.map_or(&[][..], |one| one.spec.access_modes.as_slice());
        let only = |mode: &str| !modes.is_empty() && modes.iter().all(|one| one == mode);
        let open = match claim {
            Some(_) if only("ReadWriteOncePod") => {
                Some("only once no other pod has its claim, which is ReadWriteOncePod".to_owned())
            }
            None if !self.claims_seen => Some(format!(
                "unless its claim is for one pod alone: {} was not read",
                Source::PERSISTENT_VOLUME_CLAIMS.name
            )),
            _ => None,
        };
        let open_to_write = only("ReadOnlyMany").then(|| {
            "only if the volume itself can be written, which its access mode ReadOnlyMany does not say".to_owned()
        });
        Some(Shared {
            backing: self.backing(namespace, name, bound.copied()),
            what: format!("the claim {namespace}/{name}"),
            is_read_only: named.read_only == Some(true)
                || nfs.is_some_and(|nfs| nfs.read_only == Some(true)),
            open_to_write,
            open,
        })
    }

    fn backing(&self, namespace: &str, claim: &str, bound: Option<&PersistentVolume>) -> Backing {
        let cluster = self.cluster.to_owned();
        if let Some(csi) = bound.and_then(|one| one.spec.csi.as_ref()) {
            let everywhere = csi.driver == "efs.csi.aws.com";
            let cluster = (!everywhere).then_some(cluster);
            return Backing::Handle(cluster, csi.driver.clone(), csi.volume_handle.clone());
        }
        if let Some(nfs) = bound.and_then(|one| one.spec.nfs.as_ref()) {
            return Backing::Nfs(cluster, nfs.server.clone(), nfs.path.clone());
        }
        Backing::Claim(object_id(
            self.cluster,
            namespace,
            "PersistentVolumeClaim",
            claim,
        ))
    }
}

/// A volume of a pod that others may have too.
struct Shared {
    backing: Backing,
    what: String,
    is_read_only: bool,
    open_to_write: Option<String>,
    open: Option<String>,
}

/// The mounts of one volume: those of several workloads, each with its place.
pub(super) type Mounted = BTreeMap<Backing, BTreeSet<(usize, Mount)>>;

impl Graph<'_> {
    /// The volumes that a workload may write and another one mounts.
    pub(super) fn shared_volumes(&self) -> Mounted {
        let mut all = Mounted::new();
        for node in &self.clusters {
            let claims = Claims::of(self, node);
            let workloads = self.workloads.workloads.iter().enumerate();
            for (at, workload) in workloads.filter(|(_, one)| one.cluster == node.key) {
                for mount in of_workload(&claims, workload) {
                    let known = all.entry(mount.backing.clone()).or_default();
                    known.insert((at, mount));
                }
            }
        }
        all.retain(|_, mounts| {
            let mut writers = mounts.iter().filter(|(_, mount)| mount.writes);
            let several = |(at, _): &(usize, Mount)| mounts.iter().any(|(other, _)| other != at);
            writers.any(several)
        });
        all
    }
}

fn of_workload(claims: &Claims<'_>, workload: &Workload<'_>) -> Vec<Mount> {
    let mut found = Vec::new();
    for spec in workload.specs() {
        found.extend(claims.mounts(workload.namespace, spec));
    }
    if workload.pods.is_empty() {
        for mount in &mut found {
            let once = "only once a pod of it runs".to_owned();
            mount.open = Some(match mount.open.take() {
                Some(open) => format!("{open}, {once}"),
                None => once,
            });
        }
    }
    found
}
