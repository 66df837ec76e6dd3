//! Each source of a live scan goes wrong in turn: the audit ends, says what it did not see, and no
//! check that needed it passes.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use crate::aws_server::Logged;
use crate::aws_server::faults::{Fault, Faults};
use crate::kubernetes_server::http::Reply;
use crate::program::ran;
use crate::site::{Site, Weather, blind_passes, gaps};

/// Not a source: without it there is nothing to audit.
const FIRST: &str = "sts:GetCallerIdentity";

fn with(faults: Faults) -> Site {
    let weather = Weather {
        faults,
        ..Weather::default()
    };
    Site::start(weather, |_| None)
}

/// The actions of a whole scan.
fn actions() -> BTreeSet<String> {
    let site = Site::fair();
    site.audit(&[]);
    let log = site.aws.log();
    log.iter()
        .map(Logged::action)
        .filter(|action| action != FIRST)
        .collect()
}

/// What is wrong with how an audit bore a fault.
fn borne(what: &str, site: &Site) -> Vec<String> {
    let (report, ran) = site.audit(&[]);
    let gaps = gaps(&report);
    let mut wrong = Vec::new();
    if ran.code != 3 {
        wrong.push(format!("{what}: ended with {}", ran.code));
    }
    if gaps.is_empty() {
        wrong.push(format!("{what}: nothing is said to be missing"));
    }
    wrong.extend(
        blind_passes(&report, &gaps)
            .into_iter()
            .map(|one| format!("{what}: {one}")),
    );
    wrong
}

/// Tries each of some cases, several at once, since a scan mostly waits; gives all that is wrong.
fn tried<T: Send + Sync>(cases: &[T], case: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    const AT_ONCE: usize = 4;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|first| {
                let case = &case;
                scope.spawn(move || {
                    cases
                        .iter()
                        .skip(first)
                        .step_by(AT_ONCE)
                        .flat_map(case)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a case panicked"))
            .collect()
    })
}

fn each_action_is_borne(fault: &Fault) {
    let actions: Vec<String> = actions().into_iter().collect();
    let wrong = tried(&actions, |action| {
        let (service, operation) = action.split_once(':').unwrap();
        let site = with(Faults::default().always(service, operation, fault.clone()));
        borne(&format!("{action} {fault:?}"), &site)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_denied_call_costs_its_own_source() {
    each_action_is_borne(&Fault::Deny);
}

#[test]
fn a_call_that_is_throttled_to_the_end_costs_its_own_source() {
    each_action_is_borne(&Fault::Throttle);
}

#[test]
fn a_body_that_is_cut_costs_its_own_source() {
    each_action_is_borne(&Fault::CutBody);
}

#[test]
fn what_a_service_does_not_implement_is_not_nothing() {
    each_action_is_borne(&Fault::NotImplemented);
}

#[test]
fn a_slow_service_is_waited_for() {
    let slow = Fault::Slow(Duration::from_millis(700));
    let site = with(Faults::default().always("eks", "DescribeCluster", slow));
    let (report, ran) = site.audit(&[]);
    assert_eq!(
        (gaps(&report), ran.code),
        (BTreeSet::new(), 0),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_throttled_call_is_tried_again() {
    let twice = Faults::default().times("ecr", "DescribeRepositories", 2, Fault::Throttle);
    let site = with(twice);
    let mut command = site.program();
    command.env_remove("AWS_MAX_ATTEMPTS");
    let ended = ran(command.args(["audit", "-o", "json", "--with-secrets"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn one_denied_list_of_a_cluster_costs_its_own_source() {
    let lists = [
        "pods",
        "serviceaccounts",
        "deployments",
        "clusterroles",
        "clusterrolebindings",
        "roles",
        "rolebindings",
        "secrets",
        "networkpolicies",
        "nodes",
        "aws-auth",
        "cronjobs",
    ];
    let wrong = tried(&lists, |list| {
        let list = *list;
        let site = Site::start(Weather::default(), move |request| {
            let asked = request.path.rsplit('/').next() == Some(list);
            asked.then(|| Reply::status(403, "no"))
        });
        borne(list, &site)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_any_access_to_the_cluster_aws_is_audited_all_the_same() {
    let unauthorized = Site::start(Weather::default(), |_| {
        Some(Reply::status(401, "Unauthorized"))
    });
    let forbidden = Site::start(Weather::default(), |_| {
        Some(Reply::status(403, "forbidden"))
    });
    for (what, site) in [("401", unauthorized), ("403", forbidden)] {
        let (report, ran) = site.audit(&[]);
        assert_eq!(ran.code, 3, "{what}: {}", ran.stderr);
        let denied = gaps(&report);
        assert!(denied.contains("kubernetes:pods"), "{what}: {denied:?}");
        assert!(
            !denied.contains("iam:GetAccountAuthorizationDetails"),
            "{what}: {denied:?}"
        );
        let findings = report["findings"].as_array().unwrap();
        assert!(!findings.is_empty(), "{what}: nothing of AWS is found");
        assert!(blind_passes(&report, &denied).is_empty(), "{what}");
        let mut command = site.program();
        let shown = crate::program::ran(command.arg("audit"));
        assert!(
            shown.stdout.contains("NOT EVERYTHING WAS SEEN"),
            "{what}: {}",
            shown.stdout
        );
        assert!(
            shown.stdout.contains("access entry"),
            "{what}: no way out in {}",
            shown.stdout
        );
    }
}
