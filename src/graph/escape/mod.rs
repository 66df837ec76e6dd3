//! Out of a container onto its node: what its pod's spec grants, each grant with a verdict and its source.
//!
//! Kubernetes documentation, "Pod Security Standards", "Configure a Security Context" and "User Namespaces"; Linux
//! man-pages, capabilities(7), ptrace(2), core(5); KubeHound's attack reference for what has been done in practice.

mod capability;
mod host_path;
#[cfg(test)]
mod tests;

use crate::snapshot::kubernetes::{Container, PodSpec, SecurityContext};

const STANDARDS: &str = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
const HOST_PROCESS: &str =
    "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/";
const PTRACE: &str = "https://man7.org/linux/man-pages/man2/ptrace.2.html";

/// What is gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gives {
    /// The node.
    Node,
    /// The tokens of the pods on the node.
    Tokens,
}

/// Whether it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is.
    Certain,
    /// It is, if this holds, which is not known.
    Conditional(String),
    /// It is not, because of this.
    No(&'static str),
}

/// Something that a spec grants, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// What, and to whom: `its container main is privileged`.
    pub what: String,
    /// What is gained.
    pub gives: Gives,
    /// Whether it is, where nothing on the node resists.
    pub verdict: Verdict,
    /// What may keep it from that, where a node enforces it.
    pub resisted: Resisted,
    /// What says so.
    pub source: &'static str,
}

/// What may keep a container from what it is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resisted {
    /// Nothing does.
    No,
    /// SELinux alone: it has no AppArmor profile.
    BySelinux,
    /// AppArmor or SELinux.
    ByEither,
}

/// What a node runs, as far as it resists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Amazon Linux: no AppArmor, and SELinux is off (2) or only writes down (2023) ("Setting SELinux modes for
    /// AL2023").
    Amazon,
    /// Bottlerocket: SELinux is enforced, always (its SECURITY_FEATURES).
    Bottlerocket,
    /// Another, or not known.
    Other,
}

impl System {
    /// By the name that a node gives.
    pub fn of(os_image: Option<&str>) -> Self {
        match os_image {
            Some(name) if name.starts_with("Amazon Linux") => Self::Amazon,
            Some(name) if name.starts_with("Bottlerocket") => Self::Bottlerocket,
            _ => Self::Other,
        }
    }
}

impl Escape {
    /// Whether it is on a node of this system.
    pub fn on(&self, system: System) -> Verdict {
        let resists = match system {
            System::Amazon => None,
            System::Bottlerocket => Some("unless SELinux refuses it, which Bottlerocket enforces"),
            System::Other => Some("unless AppArmor or SELinux refuses it on the node"),
        };
        let resists = resists.filter(|_| match self.resisted {
            Resisted::No => false,
            Resisted::BySelinux => system == System::Bottlerocket,
            Resisted::ByEither => true,
        });
        match (resists, &self.verdict) {
            (Some(resists), Verdict::Certain) => Verdict::Conditional(resists.to_owned()),
            (Some(resists), Verdict::Conditional(open)) => {
                Verdict::Conditional(format!("{open}, {resists}"))
            }
            (_, verdict) => verdict.clone(),
        }
    }
}

/// All that a spec grants which might lead onto the node, of every container; also what is worth nothing.
pub fn escapes(spec: &PodSpec) -> Vec<Escape> {
    let running = spec.containers.iter().chain(&spec.ephemeral_containers);
    let running = running.map(|container| (container, false));
    let initial = spec.init_containers.iter().map(|one| (one, true));
    let mut all = Vec::new();
    for (container, initial) in running.chain(initial) {
        let view = View {
            spec,
            container,
            initial,
        };
        view.judge(&mut all);
    }
    if spec.host_network == Some(true) {
        all.push(Escape {
            what: "it is in the node's network".to_owned(),
            gives: Gives::Node,
            verdict: Verdict::No("a network is not the node"),
            resisted: Resisted::No,
            source: STANDARDS,
        });
    }
    all
}

/// As whom a container runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum User {
    Root,
    /// Root, unless its image says otherwise.
    OfImage,
    NotRoot,
}

/// A container in its pod.
struct View<'c> {
    spec: &'c PodSpec,
    container: &'c Container,
    /// Whether it runs before the others.
    initial: bool,
}

impl<'c> View<'c> {
    fn judge(&self, all: &mut Vec<Escape>) {
        if self.is_host_process() {
            let open = match self.windows_user() {
                Some("NT AUTHORITY\\SYSTEM" | "NT AUTHORITY\\System") => Vec::new(),
                _ => vec!["if its user is an administrator of the node".to_owned()],
            };
            all.push(self.escape(
                "is a HostProcess container",
                Gives::Node,
                Ok(open),
                HOST_PROCESS,
            ));
            return;
        }
        if self.is_privileged() {
            all.push(self.escape("is privileged", Gives::Node, self.by_power(), STANDARDS));
        } else {
            self.capabilities(all);
            all.extend(self.unmasked());
            all.extend(self.unconfined());
        }
        if self.spec.host_pid == Some(true) {
            all.push(self.processes());
        }
        self.host_paths(all);
    }

    /// What it is worth to have something: on no conditions it is certain.
    fn escape(
        &self,
        does: &str,
        gives: Gives,
        open: Result<Vec<String>, &'static str>,
        source: &'static str,
    ) -> Escape {
        let verdict = match open {
            Err(why) => Verdict::No(why),
            Ok(mut open) => {
                if self.initial {
                    open.push("as long as it runs, before the others".to_owned());
                }
                match open.is_empty() {
                    true => Verdict::Certain,
                    false => Verdict::Conditional(open.join(", ")),
                }
            }
        };
        let kind = if self.initial {
            "init container"
        } else {
            "container"
        };
        Escape {
            what: format!("its {kind} {} {does}", self.container.name),
            gives,
            verdict,
            resisted: Resisted::No,
            source,
        }
    }

    /// The container's word counts before the pod's.
    fn setting<T>(&self, get: impl Fn(&'c SecurityContext) -> Option<T>) -> Option<T> {
        let own = self.container.security_context.as_ref().and_then(&get);
        own.or_else(|| self.spec.security_context.as_ref().and_then(&get))
    }

    fn is_privileged(&self) -> bool {
        let own = self.container.security_context.as_ref();
        own.and_then(|own| own.privileged) == Some(true)
    }

    fn is_host_process(&self) -> bool {
        self.setting(|one| one.windows_options.as_ref()?.host_process) == Some(true)
    }

    fn windows_user(&self) -> Option<&str> {
        self.setting(|one| one.windows_options.as_ref()?.run_as_user_name.as_deref())
    }

    fn user(&self) -> User {
        let never = self.setting(|one| one.run_as_non_root) == Some(true);
        match self.setting(|one| one.run_as_user) {
            Some(0) => User::Root,
            Some(_) => User::NotRoot,
            None if never => User::NotRoot,
            None => User::OfImage,
        }
    }

    /// What it takes that its capabilities count on the node. Who is not root has them only by a program of the
    /// image that makes it root, and by none where it may not gain privileges; Kubernetes lets a privileged container,
    /// and one with SYS_ADMIN, always gain them ("Configure a Security Context").
    fn by_power(&self) -> Result<Vec<String>, &'static str> {
        if self.spec.host_users == Some(false) {
            return Err("root in it is nobody on the node (hostUsers: false)");
        }
        let gains = self.setting(|one| one.allow_privilege_escalation) != Some(false)
            || self.is_privileged()
            || self.has("SYS_ADMIN");
        match self.user() {
            User::Root => Ok(Vec::new()),
            User::OfImage => Ok(vec![
                "if it runs as root, which its image decides".to_owned(),
            ]),
            User::NotRoot if gains => Ok(vec![
                "only if a program in it makes its user, which is not root, root".to_owned(),
            ]),
            User::NotRoot => Err(
                "its user is not root, and no program makes it so (allowPrivilegeEscalation: false)",
            ),
        }
    }

    /// What it takes that it reads and writes the node's files as root does. The volumes of a pod with users of its
    /// own are mapped to the node's, where the file system can ("User Namespaces").
    fn by_files(&self) -> Vec<String> {
        let mut open = Vec::new();
        if self.spec.host_users == Some(false) {
            open.push("if the volume maps its users to the node's (hostUsers: false)".to_owned());
        }
        match self.user() {
            User::Root => {}
            User::OfImage => open.push("if it runs as root, which its image decides".to_owned()),
            User::NotRoot => {
                open.push("as far as files are open to its user, which is not root".to_owned());
            }
        }
        open
    }

    /// It sees the node's processes. Of those that have its user and no capability that it lacks it reads the files
    /// and the environment; with SYS_PTRACE it is any of them (ptrace(2), "Ptrace access mode checking").
    fn processes(&self) -> Escape {
        let sees = "sees the node's processes (hostPID)";
        if self.is_privileged() || self.has("SYS_PTRACE") {
            let with = match self.is_privileged() {
                true => "and is privileged",
                false => "and may attach to them (SYS_PTRACE)",
            };
            let does = format!("{sees} {with}");
            return Escape {
                resisted: self.resisted(),
                ..self.escape(&does, Gives::Node, self.by_power(), PTRACE)
            };
        }
        let mut open =
            vec!["of pods that run as the same user with no more capabilities".to_owned()];
        if self.user() == User::NotRoot {
            open.push("as far as their tokens are open to a user that is not root".to_owned());
        }
        Escape {
            resisted: self.resisted(),
            ..self.escape(sees, Gives::Tokens, Ok(open), PTRACE)
        }
    }

    /// Kubernetes up to 1.32 drops the field unless a feature gate is set, and since asks for a user namespace of
    /// the pod's own ("Pod Security Standards"; API reference, `procMount`).
    fn unmasked(&self) -> Option<Escape> {
        let unmasked = self.setting(|one| one.proc_mount.as_deref()) == Some("Unmasked");
        let open = || {
            let mut open = self.by_power()?;
            open.push("if the cluster keeps procMount without users of the pod's own".to_owned());
            Ok(open)
        };
        unmasked.then(|| {
            self.escape(
                "writes the kernel's settings (procMount: Unmasked)",
                Gives::Node,
                open(),
                "https://man7.org/linux/man-pages/man5/core.5.html",
            )
        })
    }

    /// A privileged container has no profile, whatever it asks for.
    fn resisted(&self) -> Resisted {
        match (self.is_privileged(), self.is_unconfined()) {
            (true, _) => Resisted::No,
            (false, true) => Resisted::BySelinux,
            (false, false) => Resisted::ByEither,
        }
    }

    fn is_unconfined(&self) -> bool {
        let profile = self.setting(|one| one.app_armor_profile.as_ref());
        profile.is_some_and(|profile| profile.kind == "Unconfined")
    }

    /// Without a profile what it may do is not narrowed; that gives it no more than it may.
    fn unconfined(&self) -> Option<Escape> {
        let seccomp = self.setting(|one| one.seccomp_profile.as_ref());
        let seccomp = seccomp.is_some_and(|profile| profile.kind == "Unconfined");
        (seccomp || self.is_unconfined()).then(|| {
            self.escape(
                "has no seccomp or AppArmor profile (Unconfined)",
                Gives::Node,
                Err("a profile narrows what is granted, and without one nothing is"),
                STANDARDS,
            )
        })
    }
}
