//! For each grant what it is worth, and when it is worth nothing.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{Escape, Gives, System, Verdict, escapes};

/// A pod with one container, of these settings.
fn pod(container: Value, spec: Value) -> Value {
    let mut pod = json!({"containers": [{"name": "main", "image": "i"}]});
    for (key, value) in container.as_object().unwrap() {
        pod["containers"][0][key] = value.clone();
    }
    for (key, value) in spec.as_object().unwrap() {
        pod[key] = value.clone();
    }
    pod
}

fn of(pod: &Value) -> Vec<Escape> {
    escapes(&serde_json::from_value(pod.clone()).unwrap())
}

/// The surest that a pod gets on Amazon Linux: `certain node`, `conditional tokens`, `none`, or nothing at all.
fn worth(pod: &Value) -> String {
    let found = of(pod);
    let rank = |escape: &Escape| match escape.on(System::Amazon) {
        Verdict::Certain => 0,
        Verdict::Conditional(_) => 1,
        Verdict::No(_) => 2,
    };
    let best = found.iter().min_by_key(|one| (rank(one), one.gives));
    let Some(best) = best else {
        return "nothing".to_owned();
    };
    let gives = match best.gives {
        Gives::Node => "node",
        Gives::Tokens => "tokens",
    };
    match rank(best) {
        0 => format!("certain {gives}"),
        1 => format!("conditional {gives}"),
        _ => "none".to_owned(),
    }
}

#[track_caller]
fn check(cases: &[(&str, Value, &str)]) {
    for (what, pod, expected) in cases {
        assert_eq!(worth(pod), *expected, "{what}: {:#?}", of(pod));
    }
    for escape in cases.iter().flat_map(|(_, pod, _)| of(pod)) {
        assert!(escape.source.starts_with("https://"), "{escape:?}");
    }
}

/// As root, with these settings more.
fn root(settings: Value) -> Value {
    let mut all = json!({"runAsUser": 0});
    for (key, value) in settings.as_object().unwrap() {
        all[key] = value.clone();
    }
    json!({"securityContext": all})
}

fn add(names: &[&str]) -> Value {
    root(json!({"capabilities": {"add": names}}))
}

#[test]
fn privileged_and_who_it_runs_as() {
    let with = |settings: Value| json!({"securityContext": settings});
    check(&[
        ("nothing said", pod(json!({}), json!({})), "nothing"),
        (
            "as root",
            pod(root(json!({"privileged": true})), json!({})),
            "certain node",
        ),
        (
            "as the image has it",
            pod(with(json!({"privileged": true})), json!({})),
            "conditional node",
        ),
        (
            "as somebody",
            pod(
                with(json!({"privileged": true, "runAsUser": 1000})),
                json!({}),
            ),
            "conditional node",
        ),
        (
            "never as root",
            pod(
                with(json!({"privileged": true, "runAsNonRoot": true})),
                json!({}),
            ),
            "conditional node",
        ),
        (
            "root by the pod",
            pod(
                with(json!({"privileged": true})),
                json!({"securityContext": {"runAsUser": 0}}),
            ),
            "certain node",
        ),
        (
            "the container before the pod",
            pod(
                with(json!({"privileged": true, "runAsUser": 7})),
                json!({"securityContext": {"runAsUser": 0}}),
            ),
            "conditional node",
        ),
        (
            "with users of its own",
            pod(
                root(json!({"privileged": true})),
                json!({"hostUsers": false}),
            ),
            "none",
        ),
        (
            "said not to be",
            pod(root(json!({"privileged": false})), json!({})),
            "nothing",
        ),
        (
            "an init container",
            json!({"containers": [{"name": "main"}], "initContainers": [
            {"name": "setup", "securityContext": {"privileged": true, "runAsUser": 0}}]}),
            "conditional node",
        ),
        (
            "an ephemeral one",
            json!({"containers": [{"name": "main"}], "ephemeralContainers": [
            {"name": "debug", "securityContext": {"privileged": true, "runAsUser": 0}}]}),
            "certain node",
        ),
    ]);
}

#[test]
fn capabilities_by_name() {
    let none = || json!({});
    let somebody = |escalates: bool, name: &str| {
        json!({"securityContext": {"runAsUser": 1000, "allowPrivilegeEscalation": escalates,
            "capabilities": {"add": [name]}}})
    };
    check(&[
        (
            "SYS_ADMIN",
            pod(add(&["SYS_ADMIN"]), none()),
            "certain node",
        ),
        (
            "in its long form",
            pod(add(&["CAP_SYS_ADMIN"]), none()),
            "certain node",
        ),
        (
            "SYS_MODULE",
            pod(add(&["SYS_MODULE"]), none()),
            "certain node",
        ),
        (
            "DAC_READ_SEARCH",
            pod(add(&["DAC_READ_SEARCH"]), none()),
            "certain node",
        ),
        (
            "SYS_RAWIO",
            pod(add(&["SYS_RAWIO"]), none()),
            "conditional node",
        ),
        ("BPF", pod(add(&["BPF"]), none()), "none"),
        (
            "BPF and PERFMON",
            pod(add(&["BPF", "PERFMON"]), none()),
            "conditional tokens",
        ),
        ("PERFMON", pod(add(&["PERFMON"]), none()), "none"),
        ("NET_ADMIN", pod(add(&["NET_ADMIN"]), none()), "none"),
        ("SYS_PTRACE", pod(add(&["SYS_PTRACE"]), none()), "none"),
        (
            "a default one",
            pod(add(&["NET_BIND_SERVICE", "MKNOD"]), none()),
            "nothing",
        ),
        ("all", pod(add(&["ALL"]), none()), "certain node"),
        (
            "all but all",
            pod(
                root(json!({"capabilities": {"add": ["ALL"], "drop": ["ALL"]}})),
                none(),
            ),
            "nothing",
        ),
        (
            "one of none",
            pod(
                root(json!({"capabilities": {"add": ["SYS_MODULE"], "drop": ["ALL"]}})),
                none(),
            ),
            "certain node",
        ),
        (
            "added and dropped",
            pod(
                root(json!({"capabilities": {"add": ["SYS_ADMIN"], "drop": ["SYS_ADMIN"]}})),
                none(),
            ),
            "nothing",
        ),
        (
            "not root, and may gain",
            pod(somebody(true, "SYS_MODULE"), none()),
            "conditional node",
        ),
        (
            "not root, and may not",
            pod(somebody(false, "SYS_MODULE"), none()),
            "none",
        ),
        (
            "with users of its own",
            pod(add(&["SYS_ADMIN"]), json!({"hostUsers": false})),
            "none",
        ),
    ]);
}

#[test]
fn processes_profiles_and_networks() {
    let none = || json!({});
    check(&[
        (
            "hostPID",
            pod(root(none()), json!({"hostPID": true})),
            "conditional tokens",
        ),
        (
            "hostPID false",
            pod(root(none()), json!({"hostPID": false})),
            "nothing",
        ),
        (
            "hostPID, SYS_PTRACE",
            pod(add(&["SYS_PTRACE"]), json!({"hostPID": true})),
            "certain node",
        ),
        (
            "hostPID, SYS_ADMIN",
            pod(add(&["SYS_ADMIN"]), json!({"hostPID": true})),
            "certain node",
        ),
        (
            "hostPID, privileged",
            pod(root(json!({"privileged": true})), json!({"hostPID": true})),
            "certain node",
        ),
        (
            "hostNetwork",
            pod(root(none()), json!({"hostNetwork": true})),
            "none",
        ),
        (
            "hostIPC",
            pod(root(none()), json!({"hostIPC": true})),
            "nothing",
        ),
        (
            "Unmasked",
            pod(root(json!({"procMount": "Unmasked"})), none()),
            "conditional node",
        ),
        (
            "Unmasked with users of its own",
            pod(
                root(json!({"procMount": "Unmasked"})),
                json!({"hostUsers": false}),
            ),
            "none",
        ),
        (
            "Default",
            pod(root(json!({"procMount": "Default"})), none()),
            "nothing",
        ),
        (
            "no seccomp",
            pod(
                root(json!({"seccompProfile": {"type": "Unconfined"}})),
                none(),
            ),
            "none",
        ),
        (
            "no AppArmor",
            pod(
                root(json!({"appArmorProfile": {"type": "Unconfined"}})),
                none(),
            ),
            "none",
        ),
        (
            "HostProcess as SYSTEM",
            pod(
                json!({"securityContext": {"windowsOptions":
            {"hostProcess": true, "runAsUserName": "NT AUTHORITY\\SYSTEM"}}}),
                none(),
            ),
            "certain node",
        ),
        (
            "HostProcess as a local service",
            pod(
                json!({}),
                json!({"securityContext": {"windowsOptions":
            {"hostProcess": true, "runAsUserName": "NT AUTHORITY\\Local service"}}}),
            ),
            "conditional node",
        ),
        (
            "no HostProcess",
            pod(
                json!({"securityContext": {"windowsOptions": {"hostProcess": false}}}),
                none(),
            ),
            "nothing",
        ),
    ]);
}

fn mounted(path: &str, mount: Value, settings: Value) -> Value {
    let mut one = json!({"name": "v", "mountPath": "/host"});
    for (key, value) in mount.as_object().unwrap() {
        one[key] = value.clone();
    }
    let mut container = json!({"volumeMounts": [one]});
    container["securityContext"] = settings;
    pod(
        container,
        json!({"volumes": [{"name": "v", "hostPath": {"path": path}}]}),
    )
}

#[test]
fn paths_of_the_node() {
    const CASES: &[(&str, &str, &str)] = &[
        // The path, what it is worth when it can be written, and when it cannot.
        ("/", "certain node", "certain node"),
        ("/etc", "certain node", "none"),
        ("/etc/", "certain node", "none"),
        ("/etcetera", "none", "none"),
        ("/etc/ssl/certs", "conditional node", "none"),
        ("/usr", "certain node", "none"),
        ("/bin", "conditional node", "none"),
        ("/lib/modules", "conditional node", "none"),
        ("/opt/cni", "certain node", "none"),
        ("/opt/cni/bin", "certain node", "none"),
        ("/opt/data", "conditional node", "none"),
        ("/root", "conditional node", "none"),
        ("/root/.ssh", "conditional node", "none"),
        ("/home", "conditional node", "none"),
        ("/boot", "conditional node", "none"),
        ("/var", "certain tokens", "certain tokens"),
        ("/var/lib/kubelet", "certain tokens", "certain tokens"),
        ("/var/lib/kubelet/pods", "certain tokens", "certain tokens"),
        (
            "/var/lib/kubelet/pods/u/volumes",
            "conditional tokens",
            "conditional tokens",
        ),
        (
            "/var/lib/kubelet/plugins_registry",
            "conditional tokens",
            "none",
        ),
        ("/var/lib/kubelet/device-plugins", "none", "none"),
        ("/var/lib/containerd", "conditional node", "none"),
        ("/var/run", "certain node", "certain node"),
        ("/run/containerd", "certain node", "certain node"),
        (
            "/run/containerd/containerd.sock",
            "certain node",
            "certain node",
        ),
        (
            "/var/run/docker.sock",
            "conditional node",
            "conditional node",
        ),
        (
            "/run/crio/crio.sock",
            "conditional node",
            "conditional node",
        ),
        ("/run/xtables.lock", "none", "none"),
        ("/proc", "certain node", "conditional tokens"),
        ("/proc/sys", "certain node", "none"),
        ("/proc/cpuinfo", "none", "none"),
        ("/sys", "conditional node", "none"),
        ("/sys/fs/cgroup", "none", "none"),
        ("/dev", "none", "none"),
        ("/var/log", "conditional tokens", "none"),
        ("/var/log/pods", "conditional tokens", "none"),
        ("/mnt/data", "none", "none"),
        ("C:\\", "conditional node", "conditional node"),
    ];
    let as_root = || json!({"runAsUser": 0});
    for (path, writable, readable) in CASES {
        check(&[
            (path, mounted(path, json!({}), as_root()), writable),
            (
                path,
                mounted(path, json!({"readOnly": true}), as_root()),
                readable,
            ),
        ]);
    }
    check(&[
        (
            "a part of it",
            mounted("/", json!({"subPath": "mnt/data"}), as_root()),
            "none",
        ),
        (
            "a part that is worth it",
            mounted("/", json!({"subPath": "etc"}), as_root()),
            "certain node",
        ),
        (
            "as the image has it",
            mounted("/etc", json!({}), json!({})),
            "conditional node",
        ),
        (
            "not as root",
            mounted("/etc", json!({}), json!({"runAsUser": 7})),
            "conditional node",
        ),
        (
            "not mounted",
            pod(
                root(json!({})),
                json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}),
            ),
            "nothing",
        ),
        (
            "another volume",
            pod(
                json!({"volumeMounts": [{"name": "v", "mountPath": "/x"}]}),
                json!({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
            ),
            "nothing",
        ),
    ]);
}

#[test]
fn what_resists_on_a_node() {
    let certain = |pod: &Value, system: System| {
        let mut all = of(pod).into_iter();
        all.any(|escape| escape.on(system) == Verdict::Certain)
    };
    let unconfined = root(
        json!({"capabilities": {"add": ["SYS_ADMIN"]}, "appArmorProfile": {"type": "Unconfined"}}),
    );
    for (what, pod, expected) in [
        (
            "privileged",
            pod(root(json!({"privileged": true})), json!({})),
            [true, true, true],
        ),
        (
            "SYS_ADMIN",
            pod(add(&["SYS_ADMIN"]), json!({})),
            [true, false, false],
        ),
        (
            "SYS_ADMIN without AppArmor",
            pod(unconfined, json!({})),
            [true, false, true],
        ),
        (
            "a path",
            mounted("/etc", json!({}), json!({"runAsUser": 0})),
            [true, false, false],
        ),
    ] {
        let names = [
            "Amazon Linux 2023.6",
            "Bottlerocket OS 1.30",
            "Ubuntu 24.04",
        ];
        let found = names.map(|name| certain(&pod, System::of(Some(name))));
        assert_eq!(found, expected, "{what}");
    }
}
