//! What is within a duty, and whose a duty is.
#![allow(clippy::unwrap_used)]
use super::*;
use serde_json::json;

fn duty(verbs: &[&str], namespaces: &[&str], resources: Option<&[&str]>) -> Duty {
    serde_json::from_value(
        json!({"subject": "Group/ops", "verbs": verbs, "namespaces": namespaces,
        "resources": resources}),
    )
    .unwrap()
}

#[test]
fn what_is_within_a_duty_and_what_is_not() {
    use Thing::{Path, Resource};
    let read: &[&str] = &["get", "list"];
    let (any, none) = (&["*"][..], None);
    for (verbs, namespaces, resources, within, verb, thing, covered) in [
        (
            read,
            &["web"][..],
            none,
            Some("web"),
            "get",
            Resource("pods", ""),
            true,
        ),
        (
            read,
            &["web"],
            none,
            Some("api"),
            "get",
            Resource("pods", ""),
            false,
        ),
        (
            read,
            &["web"],
            none,
            None,
            "get",
            Resource("pods", ""),
            false,
        ),
        (
            read,
            &["web"],
            none,
            Some("web"),
            "create",
            Resource("pods", ""),
            false,
        ),
        (
            read,
            &["web"],
            none,
            Some("web"),
            "*",
            Resource("pods", ""),
            false,
        ),
        (any, any, none, None, "*", Resource("*", "*"), true),
        (any, any, none, None, "get", Path("/metrics"), true),
        (
            any,
            &["team-*"],
            none,
            Some("team-a"),
            "delete",
            Resource("pods", ""),
            true,
        ),
        (
            any,
            &["team-*"],
            none,
            Some("team-*"),
            "get",
            Resource("pods", ""),
            true,
        ),
        (
            any,
            &["team-a"],
            none,
            Some("team-*"),
            "get",
            Resource("pods", ""),
            false,
        ),
        (
            any,
            any,
            Some(&["pods"][..]),
            None,
            "get",
            Resource("pods", ""),
            true,
        ),
        (
            any,
            any,
            Some(&["pods"]),
            None,
            "get",
            Resource("pods/exec", ""),
            false,
        ),
        (
            any,
            any,
            Some(&["pods/*"]),
            None,
            "get",
            Resource("pods/exec", ""),
            true,
        ),
        (
            any,
            any,
            Some(&["pods"]),
            None,
            "get",
            Resource("*", ""),
            false,
        ),
        (
            any,
            any,
            Some(&["deployments.apps"]),
            None,
            "get",
            Resource("deployments", "apps"),
            true,
        ),
        (
            any,
            any,
            Some(&["deployments"]),
            None,
            "get",
            Resource("deployments", "apps"),
            true,
        ),
        (
            any,
            any,
            Some(&["deployments.apps"]),
            None,
            "get",
            Resource("deployments", "*"),
            false,
        ),
        (
            any,
            any,
            Some(&["pods.core"]),
            None,
            "get",
            Resource("pods", ""),
            true,
        ),
        (
            any,
            any,
            Some(&["pods.core"]),
            None,
            "get",
            Resource("pods", "metrics.k8s.io"),
            false,
        ),
        (
            any,
            any,
            Some(&["*"]),
            None,
            "get",
            Resource("*", "*"),
            true,
        ),
        (
            any,
            any,
            Some(&["*.apps"]),
            None,
            "get",
            Resource("*", "apps"),
            true,
        ),
        (
            any,
            any,
            Some(&["*.apps"]),
            None,
            "get",
            Resource("*", "*"),
            false,
        ),
        (
            any,
            any,
            Some(&["/metrics*"]),
            None,
            "get",
            Path("/metrics/slis"),
            true,
        ),
        (any, any, Some(&["/metrics"]), None, "get", Path("*"), false),
        (
            any,
            any,
            Some(&["pods"]),
            None,
            "get",
            Path("/metrics"),
            false,
        ),
    ] {
        let duty = duty(verbs, namespaces, resources);
        assert_eq!(
            duty.covers(within, verb, &thing),
            covered,
            "{duty:?} {within:?} {verb} {thing:?}"
        );
    }
}

#[test]
fn whose_a_duty_is() {
    for (subject, cluster, id, is) in [
        ("Group/ops", None, "k8s://prod//Group/ops", true),
        ("Group/ops", Some("dev"), "k8s://prod//Group/ops", false),
        ("Group/ops", None, "k8s://prod//User/ops", false),
        ("User/a/b", None, "k8s://prod//User/a/b", true),
        (
            "sa/web/api",
            None,
            "k8s://prod/web/ServiceAccount/api",
            true,
        ),
        ("k8s://prod//User/jane", None, "k8s://prod//User/jane", true),
        ("k8s://dev//User/jane", None, "k8s://prod//User/jane", false),
        ("arn:aws:iam::1:role/x", None, "arn:aws:iam::1:role/x", true),
        (
            "arn:aws:iam::1:role/x",
            Some("dev"),
            "arn:aws:iam::1:role/x",
            false,
        ),
    ] {
        let duty: Duty = serde_json::from_value(json!({"subject": subject, "cluster": cluster,
            "verbs": [], "namespaces": []}))
        .unwrap();
        assert_eq!(duty.is_of(id, "prod"), is, "{subject} {cluster:?} {id}");
    }
    for wrong in ["jane", "Group/", "sa/web", "sa//api", "pod/a/b", ""] {
        assert!(Whose::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}
