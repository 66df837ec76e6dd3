//! Values that are secret are planted wherever a live scan could come by them, and are found
//! nowhere in what it writes: snapshot, raw files, reports, logs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::aws_server::ACCESS_KEY;
use crate::kubernetes_server::objects::{Objects, VALUE};
use crate::program::ran;
use crate::site::{Site, Weather, objects};

pub const MARK: &str = "PlantedMark7XqZ";

/// The secret of the access key that the program is given.
const OWN_SECRET: &str = "OwnSecret/7Xq";

/// Every object with the mark where a value may stand that nobody but its owner should see.
pub fn planted() -> Objects {
    let mut planted = objects().each(|kind, object| {
        plant_in_pods(object);
        object["metadata"]["annotations"]["note"] = MARK.into();
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            MARK.into();
        object["metadata"]["managedFields"] = json!([{"manager": "m", "operation": "Update",
            "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:data": {MARK: {}}}}]);
        match kind {
            "Secret" => object["stringData"] = json!({"password": MARK}),
            "ExternalSecret" => {
                object["spec"]["target"] = json!({"template": {"data": {"password": MARK}}});
            }
            "SecretStore" | "ClusterSecretStore" => {
                object["spec"]["provider"]["fake"] = json!({"data": [{"key": "k", "value": MARK}]});
            }
            "PushSecret" => {
                object["spec"]["template"] = json!({"data": {"password": MARK}});
                object["spec"]["data"] = json!([{"match": {"secretKey": "k", "remoteRef":
                    {"remoteKey": "r"}}, "metadata": {"note": MARK}}]);
            }
            "Certificate" => {
                object["spec"]["keystores"] = json!({"jks": {"create": true, "password": MARK}});
                object["status"]["conditions"] =
                    json!([{"type": "Ready", "status": "False", "message": MARK}]);
            }
            "Pod" => {
                object["status"]["containerStatuses"] = json!([{"name": "c",
                    "lastState": {"terminated": {"message": MARK, "exitCode": 1}}}]);
            }
            _ => {}
        }
    });
    // Whole Secrets come where only their metadata was asked for.
    planted.ignores_accept = true;
    planted
}

/// Plants it in every list of containers below.
fn plant_in_pods(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plant_in_pods),
        Value::Object(members) => {
            if let Some(containers) = members.get_mut("containers") {
                containers
                    .as_array_mut()
                    .unwrap()
                    .iter_mut()
                    .for_each(plant_in);
                let copy = containers.clone();
                members.insert("initContainers".to_owned(), copy.clone());
                members.insert("ephemeralContainers".to_owned(), copy);
            }
            members.values_mut().for_each(plant_in_pods);
        }
        _ => {}
    }
}

fn plant_in(container: &mut Value) {
    // Of the shape of a secret access key.
    let key = format!("{MARK}0aA+/0aA+/0aA+/0aA+/0aA+/");
    container["env"] = json!([{"name": "PASSWORD", "value": MARK},
        {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7BOBKEY1"},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": key}]);
    container["command"] = json!(["run", MARK]);
    container["args"] = json!([format!("--password={MARK}")]);
    container["livenessProbe"] = json!({"exec": {"command": ["check", MARK]}});
    container["readinessProbe"] =
        json!({"httpGet": {"port": 1, "httpHeaders": [{"name": "Authorization", "value": MARK}]}});
    container["lifecycle"] = json!({"postStart": {"exec": {"command": ["start", MARK]}}});
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn marked_values_are_found_nowhere() {
    let weather = Weather {
        objects: Some(planted()),
        ..Weather::default()
    };
    let site = Site::start(weather, |_| None);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (snapshot, raw) = (at("snapshot.json"), at("raw"));
    let report = format!("json={}", at("report.json"));
    let mut places = Vec::new();
    for (log, arguments) in [
        (
            "",
            &[
                "-vv",
                "collect",
                "--with-secrets",
                "--out",
                &snapshot,
                "--raw",
                &raw,
            ][..],
        ),
        (
            "trace",
            &[
                "audit",
                "--with-secrets",
                "--all",
                "-o",
                &report,
                "-o",
                "terminal",
            ],
        ),
        (
            "",
            &[
                "-vv",
                "explain",
                "workload-static-aws-key",
                "--with-secrets",
            ],
        ),
    ] {
        let mut command = site.program();
        command.env("AWS_SECRET_ACCESS_KEY", OWN_SECRET);
        if !log.is_empty() {
            command.env("RUST_LOG", log);
        }
        let ended = ran(command.args(arguments));
        // Some of what is planted is no good object: it may be left out, and that said.
        assert!(
            ended.code == 0 || ended.code == 3,
            "{arguments:?}: {}",
            ended.stderr
        );
        places.push((format!("what {arguments:?} printed"), ended.stdout));
        places.push((format!("what {arguments:?} said"), ended.stderr));
    }
    for file in files(folder.path()) {
        places.push((
            file.display().to_string(),
            fs::read_to_string(&file).unwrap(),
        ));
    }
    assert!(
        places.len() > 30,
        "only {} places were searched",
        places.len()
    );
    let trace = &places[3].1;
    assert!(
        trace.contains("TRACE") && trace.contains("hyper"),
        "no log to look at: {trace}"
    );
    let report = fs::read_to_string(at("report.json")).unwrap();
    assert!(
        report.contains("static AWS key"),
        "the keys themselves are found: {report}"
    );

    let tokens: Vec<String> = site
        .kubernetes
        .requests()
        .iter()
        .take(1)
        .map(|request| request.header("authorization").replace("Bearer ", ""))
        .collect();
    assert!(tokens[0].starts_with("k8s-aws-v1."), "{tokens:?}");
    let mut hidden = vec![MARK, VALUE, OWN_SECRET, "k8s-aws-v1.", "X-Amz-Signature="];
    hidden.extend(tokens.iter().map(String::as_str));
    let found: Vec<String> = places
        .iter()
        .flat_map(|(place, text)| {
            let told = |what: &&&str| text.contains(**what);
            hidden.iter().filter(told).map(move |what| {
                let line = text
                    .lines()
                    .find(|line| line.contains(what))
                    .unwrap_or_default();
                let line: String = line.chars().take(300).collect();
                format!("{what} is in {place}: {line}")
            })
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(site.aws.log().iter().any(|one| {
        one.headers
            .iter()
            .any(|(_, value)| value.contains(ACCESS_KEY))
    }));
}
