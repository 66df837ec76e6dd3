//! Each source of a live scan goes wrong in turn: the audit ends, its top says what it did not
//! see, and no check that needed it passes.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use eks_auditor::collect::kubernetes::READS;
use eks_auditor::snapshot::coverage::{ScopeKind, Source};
use serde_json::Value;

use crate::aws_server::Logged;
use crate::aws_server::faults::{Fault, Faults};
use crate::aws_server::pages::Paging;
use crate::kubernetes_server::http::{Reply, Request};
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

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn kubernetes_sources() -> BTreeSet<String> {
    let all = Source::ALL.iter();
    all.filter(|source| source.scope == ScopeKind::Kubernetes)
        .map(|source| source.name.to_owned())
        .collect()
}

/// The actions of a whole scan.
fn actions() -> BTreeSet<String> {
    let site = Site::fair();
    site.audit(&[]);
    let log = site.aws.log();
    let made: BTreeSet<String> = log
        .iter()
        .map(Logged::action)
        .filter(|action| action != FIRST)
        .collect();
    for action in eks_auditor::collect::aws::calls() {
        let known = action.optional || made.contains(action.action) || action.action == FIRST;
        assert!(known, "{} is declared, and never made here", action.action);
    }
    made
}

/// The sources that an action costs when it fails: those that it is asked for, and nothing else.
fn costs(action: &str) -> BTreeSet<String> {
    match action {
        // Without the report nobody is known to have a key, so whose it is cannot be asked.
        "iam:GenerateCredentialReport" | "iam:GetCredentialReport" => {
            set(&["iam:GetCredentialReport", "iam:ListAccessKeys"])
        }
        "iam:ListOpenIDConnectProviders" => set(&[action, "iam:GetOpenIDConnectProvider"]),
        // Nobody knows which launch templates are used.
        "eks:ListClusters" | "eks:DescribeNodegroup" => {
            set(&[action, "ec2:DescribeLaunchTemplateVersions"])
        }
        "eks:ListNodegroups" => set(&[
            "eks:DescribeNodegroup",
            "ec2:DescribeLaunchTemplateVersions",
        ]),
        "elasticloadbalancing:DescribeLoadBalancers" => {
            set(&[action, "elasticloadbalancing:DescribeListeners"])
        }
        "eks:ListFargateProfiles" => set(&["eks:DescribeFargateProfile"]),
        "eks:ListAddons" => set(&["eks:DescribeAddon"]),
        "eks:ListPodIdentityAssociations" => set(&["eks:DescribePodIdentityAssociation"]),
        "eks:ListIdentityProviderConfigs" => set(&["eks:DescribeIdentityProviderConfig"]),
        "eks:ListAccessEntries" => set(&[
            "eks:DescribeAccessEntry",
            "eks:ListAssociatedAccessPolicies",
        ]),
        // Nothing tells how to come in.
        "eks:DescribeCluster" => &kubernetes_sources() | &set(&[action]),
        "ecr:DescribeRepositories" => set(&[
            action,
            "ecr:DescribeImages",
            "ecr:GetRepositoryPolicy",
            "ecr:GetLifecyclePolicy",
        ]),
        "secretsmanager:ListSecrets" => set(&[
            action,
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:ListSecretVersionIds",
        ]),
        "kms:DescribeKey" => set(&[
            action,
            "kms:GetKeyPolicy",
            "kms:ListGrants",
            "kms:GetKeyRotationStatus",
        ]),
        // Nobody knows what stands above, so neither what is attached there.
        "organizations:ListParents" => set(&[
            action,
            "organizations:ListPoliciesForTarget",
            "organizations:DescribePolicy",
        ]),
        "organizations:ListPoliciesForTarget" => set(&[action, "organizations:DescribePolicy"]),
        _ => set(&[action]),
    }
}

/// What is wrong with how an audit bore a fault that costs these sources.
fn borne(what: &str, site: &Site, costs: &BTreeSet<String>, denied: bool) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let to_file = format!("json={}", file.path().display());
    let mut command = site.program();
    let wide = command.env("COLUMNS", "400");
    let ended = ran(wide.args([
        "audit",
        "--with-secrets",
        "--organization",
        "--all",
        "-o",
        "terminal",
        "-o",
        &to_file,
    ]));
    let mut wrong = Vec::new();
    if ended.code != 3 {
        wrong.push(format!("ended with {}: {}", ended.code, ended.stderr));
    }
    let Ok(report) = serde_json::from_slice::<Value>(&fs::read(file.path()).unwrap()) else {
        return vec![format!("{what}: no report: {}", ended.stderr)];
    };
    let gaps = gaps(&report);
    if gaps != *costs {
        wrong.push(format!("the gaps are {gaps:?} and not {costs:?}"));
    }
    for entry in report["coverage"].as_array().unwrap() {
        let told = !entry["detail"].is_null() || entry["status"] == "complete";
        if !told || denied && entry["status"] == "failed" && !is_beside(entry) {
            wrong.push(format!("{entry}"));
        }
    }
    wrong.extend(blind_passes(&report, costs));
    let top = ended.stdout.split("\n\n").nth(1).unwrap_or_default();
    if !top.starts_with("NOT EVERYTHING WAS SEEN") {
        wrong.push(format!("the report begins with {}", ended.stdout));
    }
    let mut unsaid = costs.iter().filter(|source| !top.contains(source.as_str()));
    wrong.extend(
        unsaid
            .next()
            .map(|source| format!("{source} is not in {top}")),
    );
    wrong.iter().map(|one| format!("{what}: {one}")).collect()
}

/// Whether a source was not asked because another was denied.
fn is_beside(entry: &Value) -> bool {
    entry["detail"]
        .as_str()
        .unwrap_or_default()
        .starts_with("not asked")
}

/// Tries each of some cases, several at once, since a scan mostly waits; gives all that is wrong.
fn tried<T: Send + Sync>(cases: &[T], case: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    const AT_ONCE: usize = 8;
    assert!(!cases.is_empty(), "nothing is tried");
    thread::scope(|scope| {
        let case = &case;
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|first| {
                let own = cases.iter().skip(first).step_by(AT_ONCE);
                scope.spawn(move || own.flat_map(case).collect::<Vec<_>>())
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
        let what = format!("{action} {fault:?}");
        borne(&what, &site, &costs(action), *fault == Fault::Deny)
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

/// One operation of each protocol: the ways that are left to go wrong.
#[test]
fn whatever_goes_wrong_costs_its_own_source() {
    let mut cases = Vec::new();
    for action in [
        "iam:GetAccountAuthorizationDetails",
        "ec2:DescribeInstances",
        "elasticloadbalancing:DescribeLoadBalancers",
        "eks:ListNodegroups",
        "ecr:DescribeImages",
        "secretsmanager:ListSecrets",
    ] {
        for fault in [
            Fault::Broken,
            Fault::Garbage,
            Fault::HangUp,
            Fault::Expired,
            Fault::LoopToken,
        ] {
            cases.push((action, fault));
        }
    }
    let wrong = tried(&cases, |(action, fault)| {
        let (service, operation) = action.split_once(':').unwrap();
        let site = with(Faults::default().always(service, operation, fault.clone()));
        borne(&format!("{action} {fault:?}"), &site, &costs(action), false)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What came before a page that failed is reported, and is not taken for all.
#[test]
fn a_later_page_that_fails_leaves_a_part() {
    let cases = [
        "iam:GetAccountAuthorizationDetails",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
        "elasticloadbalancing:DescribeListeners",
        "ecr:DescribeRepositories",
        "secretsmanager:ListSecrets",
        "eks:ListAccessEntries",
    ];
    let wrong = tried(&cases, |action| {
        let (service, operation) = action.split_once(':').unwrap();
        let weather = Weather {
            faults: Faults::default().nth(service, operation, 2, Fault::Deny),
            paging: Paging {
                largest: Some(2),
                ..Paging::default()
            },
            ..Weather::default()
        };
        let site = Site::start(weather, |_| None);
        let (report, ended) = site.audit(&[]);
        let gaps = gaps(&report);
        let mut wrong = blind_passes(&report, &costs(action));
        if gaps != costs(action) || ended.code != 3 {
            wrong.push(format!("{} and {gaps:?}", ended.code));
        }
        for entry in report["coverage"].as_array().unwrap() {
            let of_it = entry["source"] == *action;
            if of_it && (entry["status"] != "partial" || entry["items"] == 0) {
                wrong.push(entry.to_string());
            }
        }
        wrong.iter().map(|one| format!("{action}: {one}")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A session that ends while the scan runs: what was read stays, the rest is not seen.
#[test]
fn a_session_that_ends_meanwhile_costs_what_is_left() {
    let faults = ["ecr", "secretsmanager"]
        .iter()
        .fold(Faults::default(), |faults, service| {
            faults.always(service, "*", Fault::Expired)
        });
    let costs: BTreeSet<String> = Source::ALL
        .iter()
        .map(|source| source.name.to_owned())
        .filter(|name| name.starts_with("ecr:") || name.starts_with("secretsmanager:"))
        // No image is known to be there, so none is asked for.
        .filter(|name| name != "ecr:DescribeImageScanFindings")
        .collect();
    let wrong = borne("expired", &with(faults), &costs, false);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The last call of its service: the SDK's adaptive mode is slow for a while after that.
#[test]
fn a_throttled_call_is_tried_again() {
    let once = Faults::default().times("iam", "ListAccessKeys", 1, Fault::Throttle);
    let site = with(once);
    let mut command = site.program();
    command.env_remove("AWS_MAX_ATTEMPTS");
    let ended = ran(command.args(["audit", "-o", "json", "--with-secrets"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let log = site.aws.log();
    let asked = log
        .iter()
        .filter(|one| one.action() == "iam:ListAccessKeys");
    assert!(asked.count() > 1);
}

/// Whether a request is for what is read by this declaration.
fn asks_for(request: &Request, group: &str, resource: &str, name: Option<&str>) -> bool {
    let mut parts = request.path.rsplit('/');
    match name {
        Some(name) => parts.next() == Some(name),
        None => {
            let of_group = group.is_empty() || request.path.contains(&format!("/{group}/"));
            of_group && parts.next() == Some(resource)
        }
    }
}

fn each_list_is_borne(fault: &str, reply: impl Fn() -> Reply + Send + Sync + Clone + 'static) {
    let wrong = tried(READS, |read| {
        let (group, resource) = (read.group, read.resource);
        let name = read.names.first().copied();
        let source = match (name, group) {
            (Some(name), _) => format!("kubernetes:{resource}/{name}"),
            // There are two of that name.
            (None, "eks.amazonaws.com") => format!("kubernetes:{resource}.{group}"),
            (None, _) => format!("kubernetes:{resource}"),
        };
        let reply = reply.clone();
        let site = Site::start(Weather::default(), move |request| {
            asks_for(request, group, resource, name).then(&reply)
        });
        let costs = match (resource, fault) {
            // The first list tells whether there is anybody to ask.
            ("namespaces", "cut") => kubernetes_sources(),
            _ => BTreeSet::from([source]),
        };
        borne(
            &format!("{resource} {fault}"),
            &site,
            &costs,
            fault == "denied",
        )
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_denied_list_of_a_cluster_costs_its_own_source() {
    each_list_is_borne("denied", || Reply::status(403, "no"));
}

#[test]
fn a_list_of_a_cluster_that_is_throttled_to_the_end_costs_its_own_source() {
    each_list_is_borne("throttled", || {
        Reply::status(429, "too many").with("Retry-After", "60")
    });
}

#[test]
fn a_list_of_a_cluster_that_is_cut_costs_its_own_source() {
    let long = format!(r#"{{"kind": "List", "items": [{}"#, " ".repeat(500));
    each_list_is_borne("cut", move || Reply::new(200, long.clone()).cut_at(100));
}

#[test]
fn an_answer_of_a_cluster_that_is_no_list_costs_its_own_source() {
    each_list_is_borne("garbage", || Reply::new(200, "<html>Sign in</html>"));
}

/// Time limits are as they are for a user: an attempt has 20 seconds. What is only slow is waited
/// for. (An API server that is silent: `kubernetes_faults`.)
#[test]
fn who_never_answers_is_not_waited_for() {
    let (never, late) = (Duration::from_secs(30), Duration::from_millis(700));
    let faults = Faults::default()
        .always("ecr", "DescribeImages", Fault::Slow(never))
        .always("eks", "DescribeAddon", Fault::Slow(late));
    let started = Instant::now();
    let wrong = borne(
        "silence",
        &with(faults),
        &set(&["ecr:DescribeImages"]),
        false,
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let took = started.elapsed();
    assert!(took < Duration::from_secs(28), "{took:?}");
}
