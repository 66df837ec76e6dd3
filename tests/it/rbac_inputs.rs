//! Roles and bindings from the shared inputs, for the tests of RBAC.

use std::path::Path;

use eks_auditor::snapshot::kubernetes_rbac::{Role, RoleBinding};
use serde_json::Value;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

/// The text of a shared file; a line and nothing where it is not there.
pub fn shared(path: &str) -> Option<String> {
    let path = Path::new(SHARED).join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}

/// The roles and bindings among objects.
pub fn sort(objects: impl IntoIterator<Item = Value>) -> (Vec<Role>, Vec<RoleBinding>) {
    let (mut roles, mut bindings) = (Vec::new(), Vec::new());
    for object in objects {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        let shown = object.to_string();
        match kind.as_str() {
            "Role" | "ClusterRole" => roles
                .push(serde_json::from_value(object).unwrap_or_else(|e| panic!("{e}: {shown}"))),
            "RoleBinding" | "ClusterRoleBinding" => bindings
                .push(serde_json::from_value(object).unwrap_or_else(|e| panic!("{e}: {shown}"))),
            _ => {}
        }
    }
    (roles, bindings)
}

/// The roles and bindings of a `kubectl get -o json` list.
pub fn list(text: &str) -> (Vec<Role>, Vec<RoleBinding>) {
    let list: Value = serde_json::from_str(text).expect("a kubectl list");
    sort(list["items"].as_array().expect("items").iter().cloned())
}

/// The roles and bindings of a shared folder of YAML manifests, whose objects without a namespace are applied to one.
pub fn manifests(folder: &str, namespace: &str) -> Option<(Vec<Role>, Vec<RoleBinding>)> {
    let path = Path::new(SHARED).join(folder);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    let mut objects = Vec::new();
    for entry in std::fs::read_dir(&path).expect("a folder") {
        let file = entry.expect("an entry").path();
        if file
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let text = std::fs::read_to_string(&file).expect("a file");
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            objects.extend(documents);
        }
    }
    let (mut roles, mut bindings) = sort(objects);
    for meta in roles
        .iter_mut()
        .map(|role| &mut role.metadata)
        .chain(bindings.iter_mut().map(|binding| &mut binding.metadata))
    {
        meta.namespace.get_or_insert_with(|| namespace.to_owned());
    }
    Some((roles, bindings))
}
