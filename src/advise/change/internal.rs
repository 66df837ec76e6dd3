//! The load balancer of a Service or Ingress, made internal.
//!
//! cloud-provider-aws, "The Service Controller" (`aws-load-balancer-internal`); AWS Load Balancer Controller, guide,
//! "Network Load Balancer" and "Ingress annotations" (`aws-load-balancer-scheme`, `scheme`; all Ingresses of a group have
//! one load balancer, and may not differ on it).

use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::exposure::Opener;
use crate::graph::workload::namespace;
use crate::snapshot::kubernetes::{Ingress, Kubernetes};
use crate::snapshot::kubernetes_meta::Metadata;

use super::edit::Edit;

/// Each controller has its own; the other's is nothing to it.
const OF_SERVICE: [(&str, &str); 2] = [
    (
        "service.beta.kubernetes.io/aws-load-balancer-internal",
        "true",
    ),
    (
        "service.beta.kubernetes.io/aws-load-balancer-scheme",
        "internal",
    ),
];
const OF_INGRESS: (&str, &str) = ("alb.ingress.kubernetes.io/scheme", "internal");
const GROUP: &str = "alb.ingress.kubernetes.io/group.name";

/// Annotates it. The load balancer that an Ingress has now goes.
pub(super) fn make(objects: &mut Kubernetes, opener: &Opener) {
    match opener {
        Opener::Service(space, name) => {
            let services = objects.services.iter_mut().map(|one| &mut one.metadata);
            for one in services.filter(|one| namespace(one) == space && one.name == *name) {
                let words = OF_SERVICE.map(|(key, value)| (key.to_owned(), value.to_owned()));
                one.annotations.extend(words);
            }
        }
        Opener::Ingress(space, name) => {
            let (key, value) = OF_INGRESS;
            let group = group(&objects.ingresses, space, name);
            for one in &mut objects.ingresses {
                if is_one(&one.metadata, space, name, group.as_deref()) {
                    let annotations = &mut one.metadata.annotations;
                    annotations.insert(key.to_owned(), value.to_owned());
                    one.status = Default::default();
                }
            }
        }
    }
}

/// The group of an Ingress.
fn group(all: &[Ingress], space: &str, name: &str) -> Option<String> {
    let mut all = all.iter().map(|one| &one.metadata);
    let own = all.find(|one| namespace(one) == space && one.name == name)?;
    own.annotations.get(GROUP).cloned()
}

/// Whether it is that Ingress, or another of its group.
fn is_one(metadata: &Metadata, space: &str, name: &str, group: Option<&str>) -> bool {
    let own = metadata.annotations.get(GROUP).map(String::as_str);
    (namespace(metadata) == space && metadata.name == name) || (group.is_some() && own == group)
}

/// The edit.
pub(super) fn edit(graph: &Graph<'_>, cluster: &str, opener: &Opener) -> Edit {
    let Some(cluster) = graph.snapshot.clusters.get(cluster) else {
        return Edit::default();
    };
    let kubectl = kubectl(cluster);
    let annotate = |kind: &str, space: &str, name: &str, words: &[(&str, &str)]| {
        let words = words.iter().map(|(key, value)| format!(" {key}={value}"));
        format!(
            "{kubectl} annotate {kind} {} -n {} --overwrite{}",
            quoted(name),
            quoted(space),
            words.collect::<String>()
        )
    };
    let (whose, commands) = match opener {
        Opener::Service(space, name) => (
            format!("Service {space}/{name}"),
            vec![annotate("service", space, name, &OF_SERVICE)],
        ),
        Opener::Ingress(space, name) => {
            let all = &cluster.kubernetes.ingresses;
            let group = group(all, space, name);
            let all = all.iter().map(|one| &one.metadata);
            let all = all.filter(|one| is_one(one, space, name, group.as_deref()));
            let commands =
                all.map(|one| annotate("ingress", namespace(one), &one.name, &[OF_INGRESS]));
            (format!("Ingress {space}/{name}"), commands.collect())
        }
    };
    Edit {
        title: format!("make the load balancer of the {whose} in {} internal", cluster.name),
        taken: None,
        by_hand: vec![
            "see that the controller makes a new load balancer, under a name of its own, and have DNS name that one".to_owned(),
        ],
        commands,
    }
}
