//! What each Linux capability is worth to a container.

use super::{Escape, Gives, View};

const CAPABILITIES: &str = "https://man7.org/linux/man-pages/man7/capabilities.7.html";
const BY_HANDLE: &str = "https://man7.org/linux/man-pages/man2/open_by_handle_at.2.html";

/// What the container runtime gives where nothing is said (containerd, `oci.defaultUnixCaps`).
const DEFAULT: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// A capability, beside the default ones.
struct Capability {
    name: &'static str,
    does: &'static str,
    gives: Gives,
    worth: Worth,
    source: &'static str,
}

enum Worth {
    Certain,
    If(&'static str),
    With(&'static str, &'static str),
    No(&'static str),
}

const fn capability(name: &'static str, does: &'static str, worth: Worth) -> Capability {
    Capability {
        name,
        does,
        gives: Gives::Node,
        worth,
        source: CAPABILITIES,
    }
}

const ALL: &[Capability] = &[
    // It mounts /proc/sys anew, and names the program that the kernel starts as root (core(5)).
    capability("SYS_ADMIN", "mounts what it likes", Worth::Certain),
    capability("SYS_MODULE", "loads kernel modules", Worth::Certain),
    Capability {
        source: BY_HANDLE,
        ..capability(
            "DAC_READ_SEARCH",
            "opens any file of the node's disk by its handle",
            Worth::Certain,
        )
    },
    capability(
        "SYS_RAWIO",
        "reaches ports and memory of the machine",
        Worth::If("if the kernel and the device rules let it at the memory"),
    ),
    Capability {
        gives: Gives::Tokens,
        ..capability(
            "BPF",
            "traces the kernel",
            Worth::With(
                "PERFMON",
                "reading memory takes PERFMON too, which it has not",
            ),
        )
    },
    capability(
        "SYS_PTRACE",
        "attaches to processes",
        Worth::No("it sees the processes of its own pod alone, without hostPID"),
    ),
    capability(
        "NET_ADMIN",
        "sets up its network",
        Worth::No("it is a network, and no more of the node"),
    ),
    capability(
        "PERFMON",
        "measures performance",
        Worth::No("it reads no memory without BPF"),
    ),
    capability(
        "SYSLOG",
        "reads the kernel's messages",
        Worth::No("they hold no way onto the node"),
    ),
    capability(
        "SYS_TIME",
        "sets the clock",
        Worth::No("a clock is no way onto the node"),
    ),
    capability(
        "SYS_RESOURCE",
        "goes over its limits",
        Worth::No("it costs the node, and gives nothing of it"),
    ),
    capability(
        "SYS_NICE",
        "sets priorities",
        Worth::No("it costs the node, and gives nothing of it"),
    ),
    capability(
        "IPC_LOCK",
        "locks memory",
        Worth::No("it costs the node, and gives nothing of it"),
    ),
];

impl View<'_> {
    /// Whether it has a capability: by name before `ALL`, and what is dropped by name last of all (containerd,
    /// `WithCapabilities`).
    pub(super) fn has(&self, name: &str) -> bool {
        let context = self.container.security_context.as_ref();
        let Some(lists) = context.and_then(|context| context.capabilities.as_ref()) else {
            return DEFAULT.contains(&name);
        };
        let names = |list: &[String], name: &str| {
            let plain = |one: &String| one.to_ascii_uppercase();
            list.iter()
                .map(plain)
                .any(|one| one.strip_prefix("CAP_").unwrap_or(&one) == name)
        };
        if names(&lists.drop, name) {
            return false;
        }
        names(&lists.add, name)
            || !names(&lists.drop, "ALL") && (names(&lists.add, "ALL") || DEFAULT.contains(&name))
    }

    pub(super) fn capabilities(&self, all: &mut Vec<Escape>) {
        for one in ALL.iter().filter(|one| self.has(one.name)) {
            // With it goes what hostPID gives.
            if one.name == "SYS_PTRACE" && self.spec.host_pid == Some(true) {
                continue;
            }
            let open = self.by_power().and_then(|mut open| match one.worth {
                Worth::Certain => Ok(open),
                Worth::If(what) => {
                    open.push(what.to_owned());
                    Ok(open)
                }
                Worth::With(other, _) if self.has(other) => {
                    open.push("as far as it finds them in memory".to_owned());
                    Ok(open)
                }
                Worth::With(_, why) | Worth::No(why) => Err(why),
            });
            let does = format!("{} ({})", one.does, one.name);
            all.push(Escape {
                resisted: self.resisted(),
                ..self.escape(&does, one.gives, open, one.source)
            });
        }
    }
}
