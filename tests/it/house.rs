//! The house: which folder may import which, and that the pure part touches nothing outside.

use std::fs;
use std::path::{Path, PathBuf};

/// Each folder of `src/`, with those that it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("snapshot", &["snapshot"]),
    ("collect", &["collect", "snapshot"]),
    ("iam", &["iam", "snapshot"]),
    ("rbac", &["rbac", "snapshot"]),
    ("netpol", &["netpol", "snapshot"]),
    ("graph", &["graph", "iam", "netpol", "rbac", "snapshot"]),
    (
        "checks",
        &["checks", "graph", "iam", "netpol", "rbac", "snapshot"],
    ),
    (
        "advise",
        &[
            "advise", "checks", "graph", "iam", "netpol", "rbac", "snapshot",
        ],
    ),
    (
        "report",
        &[
            "report", "advise", "checks", "graph", "iam", "netpol", "rbac", "snapshot",
        ],
    ),
    ("history", &["history", "report", "snapshot"]),
];

/// The folders that are pure, and what they must not name.
const PURE: &[&str] = &[
    "iam", "rbac", "netpol", "graph", "checks", "advise", "report",
];
const IMPURE: &[&str] = &[
    "tokio",
    "aws_config",
    "aws_credential_types",
    "aws_sdk",
    "aws_sigv4",
    "aws_smithy",
    "kube::",
    "std::fs",
    "std::net",
    "std::env",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "rand::",
];

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            into.push(path);
        }
    }
}

/// The lines of a file that are code of the product: no comments, nothing after its tests begin.
fn code(path: &Path) -> Vec<(usize, String)> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("").to_owned()))
        .collect()
}

fn files_of(folder: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src.join(folder), &mut files);
    let own_file = src.join(format!("{folder}.rs"));
    if own_file.is_file() {
        files.push(own_file);
    }
    files.sort();
    files
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (folder, allowed) in MAY_IMPORT {
        for file in files_of(folder) {
            for (line, text) in code(&file) {
                for used in text.split("crate::").skip(1) {
                    let module: String = used
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    if !module.is_empty() && !allowed.contains(&module.as_str()) {
                        wrong.push(format!("{}:{line} imports {module}", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_part_names_no_clock_disk_or_network() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for folder in PURE {
        for file in files_of(folder) {
            seen += 1;
            for (line, text) in code(&file) {
                for name in IMPURE.iter().filter(|name| text.contains(*name)) {
                    wrong.push(format!("{}:{line} names {name}", file.display()));
                }
            }
        }
    }
    assert!(seen > 40, "only {seen} files were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_its_subject() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let silent: Vec<_> = files
        .iter()
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "no leading //! line: {silent:#?}");
}

/// A file that no module declaration names is compiled by nobody, and its tests never run.
#[test]
fn every_test_file_is_a_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(root.join("main.rs")).unwrap();
    let named: Vec<&str> = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let mut forgotten: Vec<String> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("snapshots"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "main" && !named.contains(&name.as_str()))
        .collect();
    forgotten.sort();
    assert_eq!(forgotten, Vec::<String>::new(), "not in tests/it/main.rs");
}
