//! From the internet: to pods, over what they hold, and to what an API server does for anybody.

use serde_json::{Value, json};

use super::{ACCOUNT, CLUSTER, Estate, allow};
use crate::graph::Graph;
use crate::graph::control::Wanted;
use crate::snapshot::id::object_id;

/// The shortest way from the internet to a goal: whether it is certain, and its steps in a line.
fn way(estate: &Estate, to: &str, certain: bool) -> Option<String> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end("internet").unwrap();
    let to = control.end(to).unwrap();
    let wanted = Wanted {
        most: 1,
        certain,
        ..Wanted::default()
    };
    let paths = control.paths(&from.numbers, &to.numbers, &wanted);
    let way = paths.ways.into_iter().next()?;
    let steps = way.path.iter().map(|taken| {
        let open = taken.open.as_ref().map(|open| format!(" ({open})"));
        let step = &taken.step;
        format!(
            "{} -{}-> {}{}",
            step.from,
            step.edge.as_str(),
            step.to,
            open.unwrap_or_default()
        )
    });
    Some(steps.collect::<Vec<_>>().join("\n"))
}

fn exposed() -> Estate {
    Estate::new()
        .irsa_role("app", "shop", "web", allow("*", "*"))
        .kubernetes(json!({
            "service_accounts": [{"metadata": {"name": "web", "namespace": "shop"}}],
            "pods": [{"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "labels": {"app": "web"}},
                "spec": {"serviceAccountName": "web", "containers": [{"name": "c", "image": "web:1"}]},
                "status": {"phase": "Running"}}],
            "services": [{"metadata": {"name": "web", "namespace": "shop", "uid": "s"},
                "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
                "status": {"loadBalancer": {"ingress": [{"hostname": "a.elb.amazonaws.com"}]}}}]}))
}

#[test]
fn over_a_pod_to_what_it_holds() {
    let expected = format!(
        "internet -exposes-> {pod} (only if what listens there can be taken over (no scan of its images was seen))\n\
         {pod} -runs-as-> {account}\n\
         {account} -assume-role-web-identity-> arn:aws:iam::{ACCOUNT}:role/app",
        pod = object_id(CLUSTER, "shop", "Pod", "web-0"),
        account = object_id(CLUSTER, "shop", "ServiceAccount", "web"),
    );
    let found = way(&exposed(), "account-admin", false).unwrap();
    assert!(found.starts_with(&expected), "{found}\nexpected {expected}");
    assert_eq!(
        way(&exposed(), "account-admin", true),
        None,
        "that it is reached does not say that it is taken"
    );
    let inside = exposed()
        .kubernetes(json!({"services": [{"metadata": {"name": "other", "namespace": "shop"}}]}));
    assert!(
        way(&inside, "account-admin", false).is_some(),
        "another Service changes nothing"
    );
    let estate = Estate::new()
        .irsa_role("app", "shop", "web", allow("*", "*"))
        .pod("shop", "web");
    assert_eq!(
        way(&estate, "account-admin", false),
        None,
        "nothing leads to the pod"
    );
}

#[test]
fn nothing_leads_to_the_internet_and_without_a_cluster_there_is_nothing_to_reach() {
    let mut snapshot = exposed().snapshot();
    snapshot.clusters.clear();
    let graph = Graph::build(&snapshot, None);
    assert!(graph.control().end("internet").is_err());
}

#[test]
fn anonymous_requests_do_what_a_binding_gives_to_anybody() {
    let open = |subject: Value, version: &str, ranges: &[&str]| {
        Estate::new()
            .eks(json!({"cluster": {"version": version, "resourcesVpcConfig": {
                "endpointPublicAccess": true, "publicAccessCidrs": ranges}}}))
            .kubernetes(json!({
                "roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"},
                    "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
                "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "open"}, "subjects": [subject],
                    "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]}))
    };
    let group = json!({"kind": "Group", "name": "system:unauthenticated"});
    let user = json!({"kind": "User", "name": "system:anonymous"});
    let others = json!({"kind": "Group", "name": "system:authenticated"});
    let everywhere: &[&str] = &["0.0.0.0/0"];
    let office: &[&str] = &["203.0.113.0/24"];
    for (subject, version, ranges, any, certain) in [
        (&group, "1.31", everywhere, true, true),
        (&user, "1.31", everywhere, true, true),
        (&group, "1.31", office, true, false),
        (&group, "1.32", everywhere, false, false),
        (&others, "1.31", everywhere, false, false),
    ] {
        let estate = open(subject.clone(), version, ranges);
        for (only_certain, expected) in [(false, any), (true, certain)] {
            let found = way(&estate, "cluster-admin", only_certain);
            assert_eq!(
                found.is_some(),
                expected,
                "{subject} {version} {ranges:?}: {found:?}"
            );
            let is_anonymous =
                found.is_none_or(|found| found.starts_with("internet -anonymous-> "));
            assert!(is_anonymous, "{subject} {version} {ranges:?}");
        }
    }
}
