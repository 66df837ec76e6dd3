//! What goes wrong costs its own source, is told in one sentence, and is never taken for absence.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eks_auditor::collect::kubernetes::{ApiServer, KubernetesOptions, READS};
use eks_auditor::snapshot::coverage::Status;

use crate::kubernetes_server::http::{Reply, Request};
use crate::kubernetes_server::objects::{Objects, object};
use crate::kubernetes_server::{options, scan, scan_as, serve};

const PODS: &str = "/api/v1/pods";

/// A fault on the pods that `page` picks.
fn on_pods(
    picks: impl Fn(&Request) -> bool + Send + Sync + 'static,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static {
    move |request| (request.path == PODS && picks(request)).then(&reply)
}

fn one_sentence(detail: &str) {
    assert!(
        !detail.is_empty() && !detail.contains('\n') && !detail.ends_with('.'),
        "{detail:?}"
    );
}

#[tokio::test]
async fn a_refused_list_names_the_user_and_the_way_out() {
    let words = "pods is forbidden: User \"arn:aws:iam::111122223333:role/audit\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let server = serve(
        Objects::small(),
        on_pods(|_| true, move || Reply::status(403, words)),
    );
    let seen = scan(&server, &options()).await;
    let (status, items, detail) = seen.brief("pods");
    assert_eq!((status, items), (Status::Denied, 0));
    assert!(
        detail.contains("role/audit") && detail.contains("eks-auditor permissions"),
        "{detail}"
    );
    one_sentence(&detail);
    assert_eq!(seen.gaps(), ["pods"]);
    assert_eq!(
        server.requests_for(PODS).len(),
        1,
        "a refusal is not asked for twice"
    );
}

#[tokio::test]
async fn each_source_in_turn_costs_only_itself() {
    let named = |read: &'static eks_auditor::collect::call::KubernetesRead| match read.names {
        [name] => format!("configmaps/{name}"),
        // There are two of that name.
        _ if read.group == "eks.amazonaws.com" => format!("{}.{}", read.resource, read.group),
        _ => read.resource.to_owned(),
    };
    let options = KubernetesOptions {
        with_secrets: true,
        ..options()
    };
    for read in READS {
        let name = named(read);
        for (fault, status) in [
            (Reply::status(403, "forbidden"), Status::Denied),
            (Reply::status(500, "etcd"), Status::Failed),
            (Reply::new(200, "{\"kind\":\"Pod"), Status::Failed),
            (
                Reply::new(200, "{\"kind\": \"PodList\"}").cut_at(3),
                Status::Failed,
            ),
        ] {
            // Broken off on the first list it is taken for an unreachable server.
            if read.resource == "namespaces" && fault.cut.is_some() {
                continue;
            }
            let (suffix, group) = match read.names {
                [name] => (format!("/configmaps/{name}"), ""),
                _ => (format!("/{}", read.resource), read.group),
            };
            let group = match group {
                "" => "/api/".to_owned(),
                group => format!("/apis/{group}/"),
            };
            let reply = fault.clone();
            let server = serve(Objects::small(), move |request| {
                let path = &request.path;
                (path.starts_with(&group) && path.ends_with(&suffix)).then(|| reply.clone())
            });
            let seen = scan(&server, &options).await;
            assert_eq!(
                seen.gaps(),
                [name.as_str()],
                "{fault:?}: {:?}",
                seen.coverage
            );
            assert_eq!(
                (seen.of(&name).status, seen.of(&name).items),
                (status, 0),
                "{name} {fault:?}"
            );
            one_sentence(&seen.brief(&name).2);
        }
    }
}

#[tokio::test]
async fn a_list_that_expired_is_read_again_from_its_start() {
    let times = AtomicUsize::new(0);
    let expired = move |request: &Request| {
        let third = request.path == PODS && request.parameter("continue") == Some("1000");
        (third && times.fetch_add(1, Ordering::SeqCst) == 0)
            .then(|| Reply::status(410, "The provided continue parameter is too old"))
    };
    let server = serve(Objects::small().pods(1203), expired);
    let seen = scan(&server, &options()).await;
    assert_eq!(seen.brief("pods"), (Status::Complete, 1203, String::new()));
    assert_eq!(
        seen.objects.pods.len(),
        1203,
        "the pages before are not counted twice"
    );
    assert_eq!(server.requests_for(PODS).len(), 6);
}

#[tokio::test]
async fn a_list_that_expires_twice_is_a_part() {
    let gone = || Reply::status(410, "too old");
    let server = serve(Objects::small().pods(1203), on_pods(Request::goes_on, gone));
    let seen = scan(&server, &options()).await;
    let (status, items, detail) = seen.brief("pods");
    assert_eq!(
        (status, items, seen.objects.pods.len()),
        (Status::Partial, 500, 500)
    );
    assert!(detail.contains("410"), "{detail}");
    one_sentence(&detail);
    assert_eq!(server.requests_for(PODS).len(), 4);
}

#[tokio::test]
async fn a_list_without_end_ends() {
    // The server does not know `continue`: it sends the first page again and again.
    let first = Objects::small().pods(700);
    let server = serve(Objects::small(), move |request| {
        let mut request = request.clone();
        (request.path == PODS).then(|| {
            request.query.remove("continue");
            first.answer(&request)
        })
    });
    let seen = scan(&server, &options()).await;
    let (status, items, detail) = seen.brief("pods");
    assert_eq!((status, items), (Status::Partial, 500), "{detail}");
    assert!(detail.contains("circle"), "{detail}");
    assert_eq!(server.requests_for(PODS).len(), 2);
}

#[tokio::test]
async fn a_throttled_page_waits_as_long_as_it_is_told() {
    let times = AtomicUsize::new(0);
    let busy = move |request: &Request| {
        (request.path == PODS && times.fetch_add(1, Ordering::SeqCst) == 0)
            .then(|| Reply::status(429, "too many requests").with("Retry-After", "1"))
    };
    let server = serve(Objects::small(), busy);
    let start = Instant::now();
    let seen = scan(&server, &options()).await;
    assert!(
        start.elapsed() >= Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(seen.brief("pods"), (Status::Complete, 2, String::new()));
    assert_eq!(server.requests_for(PODS).len(), 2);
}

#[tokio::test]
async fn throttling_has_its_bounds() {
    for (after, requests) in [
        (Some("3600"), 1),
        (Some("18446744073709551615"), 1),
        (Some("0"), 5),
        (None, 5),
    ] {
        let busy = move || {
            let reply = Reply::status(429, "too many requests");
            after.map_or(reply.clone(), |after| reply.with("Retry-After", after))
        };
        let server = serve(Objects::small(), on_pods(|_| true, busy));
        let start = Instant::now();
        let seen = scan(&server, &options()).await;
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{:?}",
            start.elapsed()
        );
        let (status, _, detail) = seen.brief("pods");
        assert_eq!(status, Status::Failed);
        assert!(detail.contains("too many requests"), "{detail}");
        one_sentence(&detail);
        assert_eq!(
            server.requests_for(PODS).len(),
            requests,
            "Retry-After: {after:?}"
        );
        assert_eq!(seen.gaps(), ["pods"]);
    }
}

#[tokio::test]
async fn a_server_that_stumbles_once_is_asked_again() {
    for fault in [
        Reply::status(503, "unavailable"),
        Reply::new(200, "{\"kind\"").cut_at(2),
    ] {
        let times = AtomicUsize::new(0);
        let once = fault.clone();
        let server = serve(Objects::small(), move |request| {
            (request.path == PODS && times.fetch_add(1, Ordering::SeqCst) == 0)
                .then(|| once.clone())
        });
        let seen = scan(&server, &options()).await;
        assert_eq!(
            seen.brief("pods"),
            (Status::Complete, 2, String::new()),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_later_page_that_fails_leaves_a_part() {
    for (fault, says) in [
        (
            Reply::new(200, "{\"kind\":\"PodList\",\"items\":[").cut_at(9),
            "ended before",
        ),
        (
            Reply::new(200, "{\"kind\":\"PodList\",\"items\":["),
            "too early",
        ),
        (Reply::new(200, "<html>log in</html>"), "no JSON"),
        (Reply::status(403, "forbidden"), "forbidden"),
        (Reply::status(500, "etcd"), "500"),
    ] {
        let reply = fault.clone();
        let server = serve(
            Objects::small().pods(700),
            on_pods(Request::goes_on, move || reply.clone()),
        );
        let seen = scan(&server, &options()).await;
        let (status, items, detail) = seen.brief("pods");
        assert_eq!(
            (status, items, seen.objects.pods.len()),
            (Status::Partial, 500, 500),
            "{fault:?}"
        );
        assert!(
            detail.contains(says) && !detail.contains("log in"),
            "{detail} lacks {says}"
        );
        one_sentence(&detail);
    }
}

#[tokio::test]
async fn one_object_that_cannot_be_read_makes_a_part() {
    let bad = object(
        "app",
        "bad",
        serde_json::json!({"spec": {"containers": "hidden"}}),
    );
    let good = object("app", "good", serde_json::json!({}));
    let server = serve(Objects::small().list(PODS, "Pod", vec![bad, good]), |_| {
        None
    });
    let seen = scan(&server, &options()).await;
    let (status, items, detail) = seen.brief("pods");
    assert_eq!((status, items), (Status::Partial, 1));
    assert!(
        detail.contains("app/bad") && detail.contains("spec.containers"),
        "{detail}"
    );
    assert!(!detail.contains("hidden"), "{detail}");
}

#[tokio::test]
async fn a_slow_list_costs_itself() {
    let slow = || Reply::new(200, "{}").after(Duration::from_secs(4));
    let server = serve(Objects::small(), on_pods(|_| true, slow));
    let options = KubernetesOptions {
        request_timeout: Duration::from_millis(700),
        ..options()
    };
    let start = Instant::now();
    let seen = scan(&server, &options).await;
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    let (status, _, detail) = seen.brief("pods");
    assert_eq!(status, Status::Failed);
    assert!(detail.contains("no answer within 0.7 s"), "{detail}");
    assert_eq!(seen.gaps(), ["pods"]);
}

#[tokio::test]
async fn nobody_there_is_found_out_once() {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let api = ApiServer::with_token(&format!("http://{free}"), "t".to_owned().into()).unwrap();
    let start = Instant::now();
    let seen = scan_as(&api, &options()).await;
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(
        seen.gaps().len(),
        READS.len() - 1,
        "all but the Secrets, which were not asked for"
    );
    let (status, _, detail) = seen.brief("pods");
    assert_eq!(status, Status::Failed);
    assert!(
        detail.contains(&free.to_string()) && detail.contains("VPN"),
        "{detail}"
    );
    one_sentence(&detail);
    assert_eq!(seen.brief("nodes"), seen.brief("pods"));
    assert_eq!(seen.told.notes.lock().unwrap().len(), 1);
    assert_eq!(
        api.calls().values().sum::<u64>(),
        2,
        "one try, and one more"
    );
}

#[tokio::test]
async fn a_server_that_takes_connections_and_is_silent_is_found_out_once() {
    let server = serve(Objects::small(), |_| {
        Some(Reply::new(200, "").after(Duration::from_secs(30)))
    });
    let options = KubernetesOptions {
        request_timeout: Duration::from_millis(500),
        ..options()
    };
    let start = Instant::now();
    let seen = scan(&server, &options).await;
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(seen.gaps().len(), READS.len() - 1);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_goes_away_ends_the_scan() {
    // Whoever is unknown is unknown everywhere, also in the middle.
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = serve(Objects::small(), move |request| {
        counted.fetch_add(1, Ordering::SeqCst);
        (request.path != "/api/v1/namespaces").then(|| Reply::status(401, "Unauthorized"))
    });
    let seen = scan(&server, &options()).await;
    assert_eq!(seen.brief("namespaces").0, Status::Complete);
    assert_eq!(
        seen.gaps().len(),
        READS.len() - 2,
        "all but namespaces and the Secrets"
    );
    assert!(
        seen.coverage
            .gaps()
            .all(|entry| entry.status == Status::Denied)
    );
    // Four at once, each with one new token.
    assert!(
        count.load(Ordering::SeqCst) <= 1 + 4 * 2,
        "{count:?} requests"
    );
}
