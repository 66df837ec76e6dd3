//! What a path of the node is worth to the container that mounts it.
//!
//! Kubernetes documentation, "Volumes" (hostPath; read-only mounts: what is mounted beneath stays as it is).

use super::{Escape, Gives, View};

const HOST_PATH: &str = "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath";
const HOST_WRITE: &str = "https://kubehound.io/reference/attacks/EXPLOIT_HOST_WRITE/";
const HOST_READ: &str = "https://kubehound.io/reference/attacks/EXPLOIT_HOST_READ/";
const SOCKET: &str = "https://kubehound.io/reference/attacks/EXPLOIT_CONTAINERD_SOCK/";
const CORE: &str = "https://man7.org/linux/man-pages/man5/core.5.html";
const LOGS: &str = "https://kubehound.io/reference/attacks/CE_VAR_LOG_SYMLINK/";
const PROC: &str = "https://man7.org/linux/man-pages/man5/proc.5.html";

/// A path that is worth something, to who has it or a folder that it lies in.
struct Place {
    path: &'static str,
    /// Whether it takes writing.
    writes: bool,
    gives: Gives,
    open: Option<&'static str>,
    /// What is beneath it is worth the same, if this holds.
    beneath: Option<&'static str>,
    does: &'static str,
    source: &'static str,
}

const fn place(
    path: &'static str,
    gives: Gives,
    open: Option<&'static str>,
    does: &'static str,
    source: &'static str,
) -> Place {
    Place {
        path,
        writes: false,
        gives,
        open,
        beneath: None,
        does,
        source,
    }
}

const fn written(
    path: &'static str,
    open: Option<&'static str>,
    beneath: Option<&'static str>,
    does: &'static str,
) -> Place {
    Place {
        path,
        writes: true,
        gives: Gives::Node,
        open,
        beneath,
        does,
        source: HOST_WRITE,
    }
}

const PART: Option<&str> = Some("only if the node runs or trusts what is put there");
const ANEW: &str = "once the node starts anew";

/// For a mount that has several of them, of each gain the surest counts, and of those the first here.
const PLACES: &[Place] = &[
    place(
        "/run/containerd/containerd.sock",
        Gives::Node,
        None,
        "talks to containerd, which starts any container",
        SOCKET,
    ),
    place(
        "/run/docker.sock",
        Gives::Node,
        Some("if Docker runs on the node, as it does not on EKS's own images since 1.24"),
        "talks to Docker, which starts any container",
        SOCKET,
    ),
    place(
        "/run/crio/crio.sock",
        Gives::Node,
        Some("if CRI-O runs on the node"),
        "talks to CRI-O, which starts any container",
        SOCKET,
    ),
    place(
        "/run/dbus/system_bus_socket",
        Gives::Node,
        Some("if systemd lets it start units"),
        "talks to systemd",
        HOST_PATH,
    ),
    place(
        "/run/systemd/private",
        Gives::Node,
        Some("if systemd lets it start units"),
        "talks to systemd",
        HOST_PATH,
    ),
    written(
        "/usr",
        None,
        PART,
        "puts other programs in the place of the node's",
    ),
    written("/etc", None, PART, "changes what the node is set up to run"),
    written(
        "/opt/cni/bin",
        None,
        None,
        "changes the network plugins, which run as root at every pod's start",
    ),
    written(
        "/opt",
        PART,
        PART,
        "puts other programs in the place of the node's",
    ),
    Place {
        source: CORE,
        ..written(
            "/proc/sys/kernel/core_pattern",
            None,
            None,
            "names the program that the kernel starts as root at a crash",
        )
    },
    written(
        "/sys/kernel/uevent_helper",
        Some("if the kernel still starts a helper"),
        None,
        "names the program that the kernel starts as root",
    ),
    written(
        "/root",
        Some("once root logs in, or where SSH lets root in by a key"),
        Some("once root logs in, or where SSH lets root in by a key"),
        "changes what root runs at its login",
    ),
    written(
        "/home",
        Some("if SSH lets in by a key a user that may become root"),
        Some("if SSH lets in by a key a user that may become root"),
        "adds a key for SSH",
    ),
    written(
        "/boot",
        Some(ANEW),
        Some(ANEW),
        "changes what the node starts",
    ),
    written(
        "/var/lib/cloud",
        Some(ANEW),
        Some(ANEW),
        "changes the script that the node starts with",
    ),
    written(
        "/var/spool/cron",
        Some("if cron runs on the node"),
        Some("if cron runs on the node"),
        "has cron run what it likes",
    ),
    written(
        "/var/lib/kubelet",
        Some("once the kubelet starts anew"),
        None,
        "changes the kubelet's settings",
    ),
    written(
        "/var/lib/containerd",
        Some("if a privileged container runs what is put into it"),
        Some("if a privileged container runs what is put into it"),
        "changes the files of other containers",
    ),
    written(
        "/var/lib/docker",
        Some("if a privileged container runs what is put into it"),
        Some("if a privileged container runs what is put into it"),
        "changes the files of other containers",
    ),
    place(
        "/var/lib/kubelet/pods",
        Gives::Tokens,
        None,
        "reads the volumes of the node's pods",
        HOST_READ,
    ),
    Place {
        beneath: Some("of the pods whose part of it it is"),
        ..place(
            "/var/lib/kubelet/pods",
            Gives::Tokens,
            None,
            "reads the volumes of a pod of the node",
            HOST_READ,
        )
    },
    Place {
        gives: Gives::Tokens,
        ..written(
            "/var/lib/kubelet/plugins_registry",
            Some("if the kubelet takes a storage driver that it registers"),
            None,
            "registers a driver, which the kubelet hands tokens of pods",
        )
    },
    place(
        "/proc",
        Gives::Tokens,
        Some("of pods that run as the same user with no more capabilities"),
        "reads the files of the node's processes",
        PROC,
    ),
    Place {
        gives: Gives::Tokens,
        source: LOGS,
        ..written(
            "/var/log",
            Some("if somebody has it read by the kubelet as a log: a link there leads to any file"),
            Some("if somebody has it read by the kubelet as a log: a link there leads to any file"),
            "puts links among the logs",
        )
    },
];

/// How a mount has a place.
fn reaches(mount: &str, place: &Place) -> Option<Option<&'static str>> {
    if within(place.path, mount) {
        return Some(place.open);
    }
    place
        .beneath
        .filter(|_| within(mount, place.path))
        .map(Some)
}

/// Whether a path is a folder or lies in it.
fn within(path: &str, folder: &str) -> bool {
    folder == "/"
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path as the node has it: these are links on every distribution that systemd starts (file-hierarchy(7)).
fn plain(path: &str, sub_path: Option<&str>) -> String {
    let parts = path.split('/').chain(sub_path.unwrap_or("").split('/'));
    let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
    let path = format!("/{}", parts.join("/"));
    for (link, to) in [
        ("/var/run", "/run"),
        ("/bin", "/usr/bin"),
        ("/sbin", "/usr/sbin"),
        ("/lib", "/usr/lib"),
        ("/lib64", "/usr/lib64"),
    ] {
        if within(&path, link) {
            return path.replacen(link, to, 1);
        }
    }
    path
}

impl View<'_> {
    pub(super) fn host_paths(&self, all: &mut Vec<Escape>) {
        for mount in &self.container.volume_mounts {
            let volume = self.spec.volumes.iter().find(|one| one.name == mount.name);
            let Some(host) = volume.and_then(|volume| volume.host_path.as_ref()) else {
                continue;
            };
            let writes = mount.read_only != Some(true);
            if let Some(escape) = self.windows_path(&host.path) {
                all.push(escape);
                continue;
            }
            self.host_path(&plain(&host.path, mount.sub_path.as_deref()), writes, all);
        }
    }

    fn host_path(&self, path: &str, writes: bool, all: &mut Vec<Escape>) {
        let as_what = if writes { "" } else { ", read-only" };
        let mut found: Vec<(Gives, Option<&str>, &Place)> = PLACES
            .iter()
            .filter(|place| writes || !place.writes)
            .filter_map(|place| Some((place.gives, reaches(path, place)?, place)))
            .collect();
        // It is stable, so the first of equals stays first.
        found.sort_by_key(|(gives, open, _)| (*gives, open.is_some()));
        found.dedup_by_key(|(gives, ..)| *gives);
        for (gives, open, place) in &found {
            let mut conditions = self.by_files();
            conditions.extend(open.map(str::to_owned));
            let does = format!("{} (hostPath {path}{as_what})", place.does);
            all.push(Escape {
                resisted: self.resisted(),
                ..self.escape(&does, *gives, Ok(conditions), place.source)
            });
        }
        if found.is_empty() {
            let why = match within(path, "/dev") {
                true => "the container's device rules keep it from opening the node's devices",
                false => "nothing is known there that leads onto the node",
            };
            let does = format!("mounts the node's {path} (hostPath{as_what})");
            all.push(self.escape(&does, Gives::Node, Err(why), HOST_PATH));
        }
    }

    /// Paths and pipes of a Windows node.
    fn windows_path(&self, path: &str) -> Option<Escape> {
        let path_of_drive = path.as_bytes().get(1) == Some(&b':');
        if !path_of_drive && !path.starts_with("\\\\") {
            return None;
        }
        let open = vec!["if its user may change there what the node runs".to_owned()];
        let does = format!("mounts the Windows node's {path} (hostPath)");
        Some(self.escape(&does, Gives::Node, Ok(open), HOST_PATH))
    }
}
