//! A pod spec held to the Pod Security Standard "baseline".
//!
//! Kubernetes documentation, "Pod Security Standards", baseline: no HostProcess, host namespaces, privileged containers,
//! capabilities beyond a list, hostPath volumes, host ports, unconfined AppArmor and seccomp, unmasked /proc. What is taken
//! is what leads onto a node: host ports and the node's network stay.

use crate::snapshot::kubernetes::{PodSpec, SecurityContext, Volume};

/// What may be added.
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Takes from a spec what the standard refuses, and says what that was, each as the field with its new value.
pub(super) fn hold_to_baseline(spec: &mut PodSpec) -> Vec<String> {
    let mut taken = Vec::new();
    for (field, value) in [
        ("hostPID", &mut spec.host_pid),
        ("hostIPC", &mut spec.host_ipc),
    ] {
        if *value == Some(true) {
            *value = Some(false);
            taken.push(format!("spec.{field}: false"));
        }
    }
    let is_host_path = |volume: &Volume| volume.host_path.is_some();
    for volume in spec.volumes.iter().filter(|one| is_host_path(one)) {
        let path = volume
            .host_path
            .as_ref()
            .map_or("", |one| one.path.as_str());
        taken.push(format!("no volume {} (hostPath {path})", volume.name));
    }
    let gone: Vec<String> = spec
        .volumes
        .iter()
        .filter(|one| is_host_path(one))
        .map(|one| one.name.clone())
        .collect();
    spec.volumes.retain(|volume| !is_host_path(volume));
    if let Some(context) = &mut spec.security_context {
        context_of("spec", context, &mut taken);
    }
    let containers = spec.init_containers.iter_mut().chain(&mut spec.containers);
    for container in containers.chain(&mut spec.ephemeral_containers) {
        container
            .volume_mounts
            .retain(|mount| !gone.contains(&mount.name));
        if let Some(context) = &mut container.security_context {
            let place = format!("container {}", container.name);
            context_of(&place, context, &mut taken);
        }
    }
    taken
}

fn context_of(place: &str, context: &mut SecurityContext, taken: &mut Vec<String>) {
    if context.privileged == Some(true) {
        context.privileged = Some(false);
        taken.push(format!("{place}: privileged: false"));
    }
    if let Some(capabilities) = &mut context.capabilities {
        let allowed = |name: &String| {
            let name = name.to_ascii_uppercase();
            CAPABILITIES.contains(&name.strip_prefix("CAP_").unwrap_or(&name))
        };
        let refused: Vec<String> = capabilities
            .add
            .iter()
            .filter(|name| !allowed(name))
            .cloned()
            .collect();
        if !refused.is_empty() {
            taken.push(format!("{place}: no capabilities {}", refused.join(", ")));
        }
        capabilities.add.retain(allowed);
    }
    if context.proc_mount.as_deref() == Some("Unmasked") {
        context.proc_mount = None;
        taken.push(format!("{place}: procMount: Default"));
    }
    for (name, profile) in [
        ("seccompProfile", &mut context.seccomp_profile),
        ("appArmorProfile", &mut context.app_armor_profile),
    ] {
        if let Some(profile) = profile.as_mut().filter(|one| one.kind == "Unconfined") {
            profile.kind = "RuntimeDefault".to_owned();
            taken.push(format!("{place}: {name}.type: RuntimeDefault"));
        }
    }
    if let Some(windows) = &mut context.windows_options
        && windows.host_process == Some(true)
    {
        windows.host_process = Some(false);
        taken.push(format!("{place}: windowsOptions.hostProcess: false"));
    }
}
