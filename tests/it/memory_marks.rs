//! Values that are secret and stand in files are in no memory of the program once they were read: what is freed is
//! cleared, and nothing of them is kept.
//!
//! The program is held at its end, where it prints a report that nobody reads, and its memory is looked through as the
//! kernel shows it (proc(5), `/proc/PID/maps` and `/proc/PID/mem`): that is what a core would hold.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{eks_auditor, root};

/// What must not be found.
const MARK: &str = "PlantedMark7XqZ";

/// The name of an object, which is kept: if this is not found, the search finds nothing.
const NAME: &str = "name-that-is-kept-7xqz";

/// A list of objects with the mark wherever a value may stand.
fn planted() -> Value {
    let metadata = |name: &str| {
        json!({"name": name, "namespace": "payments", "uid": name, "annotations": {
            "note": MARK, "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"data\":\"{MARK}\"}}")}})
    };
    let container = json!({"name": "main", "image": "app:1", "command": ["run", MARK], "args": [format!("--password={MARK}")],
        "env": [{"name": "PASSWORD", "value": MARK}, {"name": "URL", "value": format!("https://user:{MARK}@host/{MARK}")}]});
    json!({"kind": "List", "apiVersion": "v1", "items": [
        {"kind": "Secret", "apiVersion": "v1", "metadata": metadata(NAME), "type": "Opaque",
            "data": {"password": MARK}, "stringData": {"password": MARK}},
        {"kind": "Secret", "apiVersion": "v1", "metadata": metadata("sh.helm.release.v1.app.v1"),
            "type": "helm.sh/release.v1", "data": {"release": MARK.repeat(5000)}},
        {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata("settings"), "data": {"password": MARK}},
        {"kind": "Pod", "apiVersion": "v1", "metadata": metadata("marked-0"),
            "spec": {"containers": [container], "initContainers": [container]},
            "status": {"phase": "Running", "message": MARK}},
    ]})
}

/// Waits until the program has begun to print, and waits for somebody to read the rest.
pub fn held(program: &mut Child) -> u32 {
    let id = program.id();
    let printed = program
        .stdout
        .as_mut()
        .expect("what it prints is read here");
    let first = printed.read(&mut [0]).expect("the first of it can be read");
    assert_eq!(first, 1, "it printed nothing");
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let status = program.try_wait().expect("the program can be asked");
        assert!(
            status.is_none(),
            "it ended before its report was read: {status:?}"
        );
        let waits = fs::read_to_string(format!("/proc/{id}/wchan")).unwrap_or_default();
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let is_asleep = stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('S'));
        if waits.contains("pipe_write") || (waits.trim() == "0" && is_asleep) {
            return id;
        }
        assert!(
            Instant::now() < end,
            "it never came to print: it waits in {waits:?}, {stat}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// Where texts are in what a process may write to, by the names of its maps, with what stands around the first.
pub fn found(id: u32, texts: &[&str]) -> Vec<Vec<String>> {
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).expect("its maps");
    let mut memory = File::open(format!("/proc/{id}/mem")).expect("its memory");
    let mut found = vec![Vec::new(); texts.len()];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line
            .split_once(' ')
            .and_then(|(range, _)| range.split_once('-'))
            .expect("a range");
        let number = |text: &str| u64::from_str_radix(text, 16).expect("an address");
        let (from, to) = (number(from), number(to));
        let mut bytes = vec![0; usize::try_from(to - from).expect("a size")];
        let read = memory
            .seek(SeekFrom::Start(from))
            .and_then(|_| memory.read_exact(&mut bytes));
        if read.is_err() {
            continue;
        }
        for (text, places) in texts.iter().zip(&mut found) {
            let mut windows = bytes.windows(text.len());
            if let Some(at) = windows.position(|window| window == text.as_bytes()) {
                let around = bytes.get(at.saturating_sub(80)..bytes.len().min(at + 120));
                let around = String::from_utf8_lossy(around.unwrap_or_default()).into_owned();
                places.push(format!("{line}: {around:?}"));
            }
        }
    }
    found
}

fn searched(planted: &Path) {
    let asked = eks_auditor();
    let mut program = Command::new(asked.get_program())
        .args(["audit", "-o", "json", "--input", "examples/acme", "--input"])
        .arg(format!("prod={}", planted.display()))
        .current_dir(root())
        .env_clear()
        .env("HOME", root().join("tests/fixtures/empty-home"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let id = held(&mut program);
    let places = found(id, &[NAME, MARK]);
    program.kill().expect("it can be stopped");
    program.wait().expect("it ends");
    assert!(
        !places[0].is_empty(),
        "the search does not even find a name that is kept"
    );
    assert!(places[1].is_empty(), "a value is left in {:#?}", places[1]);
}

#[test]
fn values_in_files_are_in_no_memory_once_they_were_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let objects = planted();
    fs::write(at.join("objects.json"), objects.to_string()).expect("a file");
    searched(folder.path());
    // The same as people write it.
    fs::remove_file(at.join("objects.json")).expect("it goes");
    let items = objects["items"].as_array().expect("items");
    let documents: Vec<String> = items.iter().map(Value::to_string).collect();
    fs::write(at.join("objects.yaml"), documents.join("\n---\n")).expect("a file");
    searched(folder.path());
}
