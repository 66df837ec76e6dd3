//! Runs the program as a user would, in an environment that says nothing of the machine.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Inputs that others wrote, beside the checkout; tests that want them are skipped without.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// The program, without any variable of AWS, Kubernetes or the terminal.
pub fn eks_auditor() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eks-auditor"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_uppercase();
        let ours = ["AWS_", "KUBE", "NO_COLOR", "COLUMNS", "RUST_LOG"];
        let proxy = text.ends_with("_PROXY");
        if proxy || ours.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
        .env("HOME", root().join("tests/fixtures/empty-home"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("COLUMNS", "100")
        .current_dir(root());
    command
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program with these arguments.
pub fn run(arguments: &[&str]) -> Ran {
    ran(eks_auditor().args(arguments))
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the program starts");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// Runs an audit with these further arguments and reads its JSON.
pub fn audit(arguments: &[&str]) -> (serde_json::Value, Ran) {
    let mut all = vec!["audit", "-o", "json"];
    all.extend(arguments);
    let ran = run(&all);
    let report = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error} in the report of {all:?}: {ran:#?}"));
    (report, ran)
}

/// The example, collected once into a snapshot: reading that is much quicker than reading its files.
pub fn acme_snapshot() -> &'static str {
    static MADE: OnceLock<(tempfile::TempDir, String)> = OnceLock::new();
    let (_, path) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acme.json");
        let path = path.to_str().expect("a path in UTF-8").to_owned();
        let ran = run(&["collect", "--input", "examples/acme", "--out", &path]);
        assert_eq!(ran.code, 0, "{ran:#?}");
        (folder, path)
    });
    path
}
