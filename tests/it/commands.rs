//! The commands from outside: exit codes, flags, the configuration, what goes to which stream.

use std::fs;

use crate::program::{audit, eks_auditor, ran, root, run};

const ACME: &str = "examples/acme";

#[test]
fn findings_change_the_exit_code_only_when_asked() {
    for (flags, code) in [
        (&["--fail-on", "critical"][..], 1),
        (
            &["--fail-on", "low", "--check", "irsa-trust-no-audience"],
            1,
        ),
        (
            &["--fail-on", "critical", "--check", "irsa-trust-no-audience"],
            0,
        ),
        (
            &[
                "--fail-on",
                "critical",
                "--skip",
                "identity,iam,access,rbac,secrets,paths",
            ],
            0,
        ),
    ] {
        let mut arguments = vec!["audit", "--input", ACME];
        arguments.extend(flags);
        let ran = run(&arguments);
        assert_eq!(ran.code, code, "{flags:?}: {}", ran.stderr);
    }
}

#[test]
fn wrong_usage_and_unreadable_input_end_with_2() {
    for arguments in [
        &["audit", "--input", "no/such/path"][..],
        &["audit", "--input", ACME, "--check", "no-such-check"],
        &["audit", "--input", ACME, "-o", "papyrus"],
        &["audit", "--input", ACME, "--cluster", "nowhere"],
        &["explain", "no-such-thing"],
        &["no-such-command"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:#?}");
        assert!(
            ran.stdout.is_empty(),
            "{arguments:?} printed {}",
            ran.stdout
        );
        assert!(
            ran.stderr.contains("error"),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_broken_file_costs_itself_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("account.json"),
        fs::read(root().join("tests/fixtures/small/account.json")).unwrap(),
    )
    .unwrap();
    fs::write(
        folder.path().join("broken.json"),
        "{\"secretList\": 1, \"SecretList\": [{\"ARN\": 7}]}",
    )
    .unwrap();
    let path = folder.path().to_str().unwrap();
    let (report, ran) = audit(&["--input", path]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("broken.json"), "{}", ran.stderr);
    assert_eq!(report["accounts"][0], "111122223333", "{}", ran.stderr);
}

#[test]
fn filters_choose_what_is_shown() {
    let (report, _) = audit(&["--input", ACME, "--min-severity", "critical"]);
    let severities: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["severity"].clone())
        .collect();
    assert!(
        !severities.is_empty() && severities.iter().all(|s| s == "critical"),
        "{severities:?}"
    );
    let (report, _) = audit(&["--input", ACME, "--namespace", "payments"]);
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding.to_string().contains("/payments/"), "{finding:#}");
    }
    let (report, _) = audit(&["--input", ACME, "--cluster", "staging"]);
    let clusters = report["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 1, "{clusters:?}");
    assert_eq!(clusters[0]["name"], "staging");
}

#[test]
fn a_configuration_is_read_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eks-auditor.toml");
    let acme = root().join(ACME);
    fs::write(
        &path,
        format!("input = [{acme:?}]\nmin-severity = \"critical\"\nfail-on = \"critical\"\n"),
    )
    .unwrap();
    let configured = ran(eks_auditor().current_dir(folder.path()).args(["audit"]));
    assert_eq!(configured.code, 1, "{configured:#?}");
    fs::write(&path, "fail-on = \"critical\"\nfial-on = \"low\"\n").unwrap();
    let broken = ran(eks_auditor().current_dir(folder.path()).args(["audit"]));
    assert_eq!(broken.code, 2, "{broken:#?}");
    for part in ["eks-auditor.toml", "line 2", "fial-on"] {
        assert!(
            broken.stderr.contains(part),
            "no {part} in {}",
            broken.stderr
        );
    }
}

#[test]
fn several_outputs_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let to_file = format!("json={}", path.display());
    let ran = run(&["audit", "--input", ACME, "-o", &to_file, "-o", "terminal"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("eks-auditor"), "{}", ran.stdout);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(report["schema"], "eks-auditor/report/v1");
}

#[test]
fn a_finding_and_a_check_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let to_file = format!("json={}", path.display());
    run(&["audit", "--input", ACME, "-o", &to_file]);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let fingerprint = report["findings"][0]["fingerprint"].as_str().unwrap();
    let from_file = run(&["explain", fingerprint, "--report", path.to_str().unwrap()]);
    let again = run(&["explain", fingerprint, "--input", ACME]);
    assert_eq!(from_file.code, 0, "{}", from_file.stderr);
    assert_eq!(from_file.stdout, again.stdout);
    for part in ["Resource: ", "Path", "Fix", fingerprint] {
        assert!(
            from_file.stdout.contains(part),
            "no {part} in {}",
            from_file.stdout
        );
    }
    let check = run(&["explain", "workload-role-admin"]);
    assert!(
        check
            .stdout
            .contains("Needs: iam:GetAccountAuthorizationDetails"),
        "{check:#?}"
    );
}

/// What the report says to type next is typed, word by word as a shell takes it.
#[test]
fn the_next_command_of_a_report_works() {
    let folder = tempfile::tempdir().unwrap();
    let spaced = folder.path().join("a b's");
    fs::create_dir(&spaced).unwrap();
    let to_file = format!("json={}", spaced.join("report.json").display());
    for arguments in [
        &["audit", "--input", ACME][..],
        &[
            "audit",
            "--input",
            ACME,
            "--scope",
            "account",
            "--cluster",
            "prod",
        ],
        &["audit", "--input", ACME, "-o", "terminal", "-o", &to_file],
        // What is overdue by then, and was not.
        &[
            "audit",
            "--input",
            ACME,
            "--as-of",
            "2027-06-01",
            "--check",
            "secret-rotation-overdue",
        ],
    ] {
        let shown = run(arguments);
        let next = shown.stdout.lines().last().unwrap_or_default();
        let typed = next
            .strip_prefix("Next: eks-auditor ")
            .unwrap_or_else(|| panic!("{next}"));
        let words = std::process::Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' {typed}")])
            .output()
            .unwrap();
        let words = String::from_utf8(words.stdout).unwrap();
        let words: Vec<&str> = words.lines().collect();
        let explained = run(&words);
        assert_eq!(explained.code, 0, "{words:?}: {}", explained.stderr);
        assert!(
            explained.stdout.contains(words[1]),
            "{words:?}: {}",
            explained.stdout
        );
    }
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.json"), "{}").unwrap();
    let full = folder.path().to_str().unwrap();
    for (arguments, says) in [
        (
            &["audit", "-o", "json=no/such/folder/r.json"][..],
            "no/such/folder",
        ),
        (&["audit", "-o", "json=docs"], "is a folder"),
        (&["audit", "-o", "json", "-o", "terminal"], "share stdout"),
        (&["audit", "-o", "json=x", "-o", "terminal=x"], "share x"),
        (
            &["collect", "--out", "no/such/folder/s.json"],
            "no/such/folder",
        ),
        (&["collect", "--out", "snapshot.json.gz"], "FILE.json.zst"),
        (&["collect", "--raw", full], "has files"),
        (&["collect", "--raw", "README.md"], "no folder"),
    ] {
        let ran = run(&[arguments, &["--input", ACME]].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:#?}");
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("as of"),
            "{arguments:?} read first: {}",
            ran.stderr
        );
    }
}

#[test]
fn what_changes_nothing_or_hides_everything_is_said() {
    let idle = ["--profile", "x", "--with-secrets", "--namespace", "paymnts"];
    let ran = run(&[&["audit", "--input", ACME][..], &idle].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in [
        "--profile changes nothing",
        "--with-secrets changes nothing",
        "`paymnts`",
    ] {
        assert!(ran.stderr.contains(part), "no {part} in {}", ran.stderr);
    }
    assert!(
        ran.stdout.contains("Shown: what has to do with paymnts"),
        "{}",
        ran.stdout
    );
    let nowhere = run(&["checks", "--area", "nowhere"]);
    assert!(
        nowhere.stderr.contains("identity, images"),
        "{}",
        nowhere.stderr
    );
}

#[test]
fn a_finding_that_the_configuration_hides_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    fs::write(
        &config,
        "min-severity = \"critical\"\nnamespace = [\"ci\"]\n",
    )
    .unwrap();
    let (report, _) = audit(&["--input", ACME, "--min-severity", "high"]);
    let last = report["findings"].as_array().and_then(|all| all.last());
    let fingerprint = last.unwrap()["fingerprint"].as_str().unwrap();
    let explained = run(&[
        "explain",
        fingerprint,
        "--input",
        ACME,
        "--config",
        config.to_str().unwrap(),
    ]);
    assert_eq!(explained.code, 0, "{}", explained.stderr);
    assert!(
        explained.stdout.contains(fingerprint),
        "{}",
        explained.stdout
    );
}

#[test]
fn the_log_says_what_was_read() {
    let ran = run(&["-v", "audit", "--input", ACME]);
    assert!(
        ran.stderr.contains("kubernetes:pods prod: Complete"),
        "{}",
        ran.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn readers_that_go_away_end_it_quietly() {
    use std::process::{Command, Stdio};
    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let start = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eks-auditor"));
        command.current_dir(root()).args(arguments);
        command
    };
    // Nobody listens on stderr: the report comes all the same.
    let output = start(&["audit", "--input", ACME])
        .stderr(full())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.starts_with(b"eks-auditor"), "{output:?}");
    // The reader of stdout has gone.
    let mut child = start(&["checks", "--markdown"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let code = output.status.code();
    assert_eq!((code, output.stderr.as_slice()), (Some(0), &b""[..]));
    // The disk is full: that is an error.
    let output = start(&["checks"]).stdout(full()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot write to stdout"), "{said}");
}

#[test]
fn the_catalogue_lists_every_check() {
    let ran = run(&["checks"]);
    for registered in eks_auditor::checks::CHECKS {
        assert!(
            ran.stdout.contains(registered.id),
            "no {} in {}",
            registered.id,
            ran.stdout
        );
        assert!(
            !registered.documentation.is_empty(),
            "{} says nothing",
            registered.id
        );
    }
}

#[cfg(feature = "live")]
#[test]
fn the_permissions_have_two_tiers_and_never_a_value() {
    let default = run(&["permissions"]);
    assert_eq!(default.code, 0, "{}", default.stderr);
    let with = run(&["permissions", "--with-secrets"]);
    assert!(
        !default.stdout.contains("\"secrets\""),
        "{}",
        default.stdout
    );
    assert!(with.stdout.contains("\"secrets\""), "{}", with.stdout);
    assert!(with.stdout.contains("WARNING"), "{}", with.stdout);
    let policy = run(&["permissions", "--only", "iam-policy"]);
    let policy: serde_json::Value = serde_json::from_str(&policy.stdout).unwrap();
    let read = policy["Statement"][0]["Action"].to_string();
    assert!(
        read.contains("iam:GetAccountAuthorizationDetails"),
        "{read}"
    );
    assert!(!read.contains("SecretValue"), "{read}");
}

#[test]
fn a_collected_snapshot_gives_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    let direct = run(&["audit", "-o", "json", "--input", ACME]);
    for name in ["snapshot.json", "snapshot.json.zst"] {
        let path = folder.path().join(name);
        let path = path.to_str().unwrap();
        let collected = run(&["collect", "--input", ACME, "--out", path]);
        assert_eq!(collected.code, 0, "{}", collected.stderr);
        let from_snapshot = run(&["audit", "-o", "json", "--input", path]);
        assert!(
            from_snapshot.stdout == direct.stdout,
            "{name} gives another report"
        );
    }
}

#[test]
fn raw_files_give_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let (direct, _) = audit(&["--input", ACME]);
    let collected = run(&["collect", "--input", ACME, "--raw", path]);
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    let (raw, _) = audit(&["--input", path, "--as-of", "2026-11-24T00:00:00Z"]);
    assert_eq!(direct["findings"], raw["findings"]);
}

#[test]
fn the_catalogue_in_the_documentation_is_the_checks_own() {
    let printed = run(&["checks", "--markdown"]).stdout;
    let written = fs::read_to_string(root().join("docs/checks.md")).unwrap();
    assert!(
        printed == written,
        "docs/checks.md is old: `cargo run -- checks --markdown > docs/checks.md` writes it"
    );
}

#[test]
fn one_cluster_alone_keeps_its_findings_and_calls_no_other_gone() {
    let (report, ran) = audit(&["--input", "examples/acme", "--cluster", "prod"]);
    let checks = report["checks"].as_array().unwrap();
    let of = |id: &str| checks.iter().find(|one| one["id"] == id).unwrap();
    let shown = |id: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().filter(|one| one["check"] == id).count()
    };
    for id in ["cluster-admin-from-aws", "access-entry-principal-missing"] {
        assert!(shown(id) > 0, "{id}: {}", of(id));
        assert_eq!(of(id)["findings"], shown(id), "{id}: {}", of(id));
    }
    // The other clusters were read and left out: their providers are no orphans.
    let orphaned = of("oidc-provider-orphaned");
    assert_eq!(orphaned["outcome"], "not_evaluated", "{orphaned}");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
