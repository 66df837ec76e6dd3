//! A certificate ends and is not renewed
//!
//! A certificate that has ended is refused by every client that looks, all at once. One that cert-manager should have
//! renewed and did not is on its way there: somebody took away a right, a DNS record or an issuer.
//!
//! What counts is what cert-manager tells of its Certificates; certificates and keys themselves are never read. One counts
//! that has ended; one whose time to be renewed is past by more than a day; and one that ends within 14 days where it is
//! not ready, or where no time to be renewed is told. One that ends soon and is to be renewed before that is as it should
//! be: short-lived certificates always end soon. What was never issued has no end. The finding names what uses its Secret;
//! where something does, one that has ended is worse. A Secret that is used, and whose Certificate is gone, counts too: it
//! stays, and nothing renews it. Secrets that people fill themselves tell no end, and are not judged.
//!
//! Known false positives: a Certificate that was left behind, whose Secret nothing uses. Delete it.
//!
//! To fix it, look why its last request failed, and renew it.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::certificate::Keeping;
use crate::graph::lineage::{Consumer, Lineage};
use crate::graph::wording::some_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::Certificate;
use crate::snapshot::time::Time;

/// So long before its end a certificate that nobody renews is told.
const SOON_DAYS: i64 = 14;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::CERTIFICATES],
    controls: &[],
    since: "0.1.0",
    run,
};

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It ended.
    Ended(Time),
    /// It should have been renewed, and ends.
    Late { due: Time, end: Time },
    /// It ends, and nothing renews it.
    Ending(Time),
}

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let lineage = answers.shared.lineage();
    for (cluster, facts) in &graph.snapshot.clusters {
        for certificate in &facts.kubernetes.certificates {
            answers.examined();
            let (namespace, name) = (certificate.metadata.namespace(), &certificate.metadata.name);
            match fault(certificate, graph.snapshot.taken_at) {
                Ok(None) => {}
                Ok(Some(fault)) => {
                    let users = users(lineage, cluster, certificate);
                    report(
                        answers,
                        (cluster, &kubectl(facts)),
                        certificate,
                        fault,
                        &users,
                    );
                }
                Err(why) => answers.unjudged(format!(
                    "Certificate {namespace}/{name} of {cluster}: {why}"
                )),
            }
        }
    }
    left_behind(graph, lineage, answers);
}

/// Secrets that workloads and others take, and whose Certificate is gone.
fn left_behind(graph: &Graph<'_>, lineage: &Lineage<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        for kept in lineage.kept.iter().filter(|kept| kept.cluster == node.key) {
            let (Some(secret), [first, ..]) = (kept.object, kept.consumers.as_slice()) else {
                continue;
            };
            let Keeping::Gone(certificate) = graph.certificate_of(node, secret) else {
                continue;
            };
            answers.examined();
            let (namespace, name) = (kept.namespace, kept.name);
            let kubectl = kubectl(node.cluster);
            answers
                .finding(Resource::of(object_id(node.key, namespace, "Secret", name)), "")
                .title(format!("Nothing renews the certificate in the Secret {namespace}/{name}"))
                .message(format!(
                    "The Secret {namespace}/{name} of {} was kept by the Certificate {certificate}, which is gone, and {} still gets it. When it ends is not told: certificates are never read.",
                    node.key,
                    first.label()
                ))
                .fix(
                    "Make the Certificate again, or let its users take another one and delete the Secret.",
                    [format!("{kubectl} -n {} describe secret {}", quoted(namespace), quoted(name))],
                )
                .report();
        }
    }
}

fn is_ready(certificate: &Certificate) -> Option<bool> {
    let mut conditions = certificate.status.conditions.iter();
    let ready = conditions.find(|condition| condition.kind == "Ready")?;
    Some(ready.status == "True")
}

/// What is wrong with a certificate; an error where nothing tells.
fn fault(certificate: &Certificate, now: Time) -> Result<Option<Fault>, &'static str> {
    let status = &certificate.status;
    let ready = is_ready(certificate);
    let Some(end) = status.not_after else {
        return match ready {
            // It was never issued, or the issuer tells no end.
            Some(false) => Ok(None),
            Some(true) | None => Err("when it ends is not told"),
        };
    };
    let is_soon = end < now.plus_days(SOON_DAYS);
    let fault = match status.renewal_time {
        _ if end <= now => Some(Fault::Ended(end)),
        Some(due) if due.plus_days(1) < now => Some(Fault::Late { due, end }),
        Some(_) if is_soon && ready == Some(false) => Some(Fault::Ending(end)),
        None if is_soon => Some(Fault::Ending(end)),
        Some(_) | None => None,
    };
    Ok(fault)
}

/// What uses the Secret of a certificate.
fn users(lineage: &Lineage<'_>, cluster: &str, certificate: &Certificate) -> Vec<String> {
    let place = (
        cluster,
        certificate.metadata.namespace(),
        certificate.spec.secret_name.as_str(),
    );
    let mut kept = lineage.kept.iter();
    let kept = kept.find(|kept| (kept.cluster, kept.namespace, kept.name) == place);
    let consumers = kept.into_iter().flat_map(|kept| &kept.consumers);
    consumers.map(Consumer::label).collect()
}

fn report(
    answers: &mut Answers,
    (cluster, kubectl): (&str, &str),
    certificate: &Certificate,
    fault: Fault,
    users: &[String],
) {
    let (namespace, name) = (
        certificate.metadata.namespace(),
        certificate.metadata.name.as_str(),
    );
    let secret = &certificate.spec.secret_name;
    let (short, state) = match fault {
        Fault::Ended(end) => ("has ended".to_owned(), format!("ended on {}", end.date())),
        Fault::Late { due, end } => (
            "is not renewed".to_owned(),
            format!(
                "should have been renewed on {} and ends on {}",
                due.date(),
                end.date()
            ),
        ),
        Fault::Ending(end) => (
            format!("ends on {}", end.date()),
            format!(
                "ends on {}, and nothing shows that it will be renewed",
                end.date()
            ),
        ),
    };
    let ready = match is_ready(certificate) {
        Some(false) => " cert-manager says that it is not ready.",
        Some(true) | None => "",
    };
    let (used, severity) = match (users, fault) {
        ([], _) => ("nothing that was read uses".to_owned(), Severity::Medium),
        (users, Fault::Ended(_)) => (format!("{} gets it by", some_of(users)), Severity::High),
        (users, _) => (format!("{} gets it by", some_of(users)), Severity::Medium),
    };
    let issuer = &certificate.spec.issuer_ref;
    let kind = issuer.kind.as_deref().unwrap_or("Issuer");
    let (in_namespace, quoted_name) = (quoted(namespace), quoted(name));
    answers
        .finding(Resource::of(object_id(cluster, namespace, "Certificate", name)), "")
        .severity(severity)
        .title(format!("The certificate {namespace}/{name} {short}"))
        .message(format!(
            "The certificate {namespace}/{name} of {cluster}, which {kind} {} signs, {state}; {used} the Secret {secret}.{ready}",
            issuer.name
        ))
        .related(Resource::of(object_id(cluster, namespace, "Secret", secret)))
        .fix(
            "Read why its last request failed, mend that (the issuer, its rights, a DNS record), and have it renewed.",
            [
                format!("{kubectl} -n {in_namespace} describe certificate {quoted_name}"),
                format!("{kubectl} -n {in_namespace} get certificaterequests,orders,challenges"),
                format!("cmctl renew {quoted_name} -n {in_namespace}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "tls-certificate-expiring";

    /// A certificate that ends and is renewed on these days; the audit is of 24 November.
    fn certificate(end: Value, renewal: Value, ready: &str) -> Estate {
        Estate::new().kubernetes(json!({"certificates": [{"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"secretName": "web-tls", "issuerRef": {"name": "ca", "kind": "ClusterIssuer"}},
            "status": {"notAfter": end, "renewalTime": renewal, "conditions": [{"type": "Ready", "status": ready}]}}]}))
    }

    #[test]
    fn one_that_ended_or_is_not_renewed_is_found() {
        for (end, renewal, ready, says) in [
            (
                json!("2026-11-20T00:00:00Z"),
                json!("2026-10-20T00:00:00Z"),
                "False",
                "ended on 2026-11-20",
            ),
            (
                json!("2026-12-20T00:00:00Z"),
                json!("2026-11-20T00:00:00Z"),
                "True",
                "renewed on 2026-11-20 and ends on 2026-12-20",
            ),
            (
                json!("2026-12-01T00:00:00Z"),
                json!(null),
                "True",
                "ends on 2026-12-01, and nothing shows",
            ),
            (
                json!("2026-12-01T00:00:00Z"),
                json!("2026-11-26T00:00:00Z"),
                "False",
                "is not ready",
            ),
        ] {
            let asked = certificate(end, renewal, ready).ask(ID);
            asked.finds(&[&object("shop", "Certificate", "web")]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{says}: {message}");
            assert!(
                message.contains("nothing that was read uses the Secret web-tls"),
                "{message}"
            );
            assert_eq!(asked.findings[0].severity, Severity::Medium);
        }
    }

    #[test]
    fn what_uses_it_is_named_and_makes_it_worse() {
        let ingress = json!({"ingresses": [{"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"tls": [{"secretName": "web-tls"}]}}]});
        let ended =
            certificate(json!("2026-11-20T00:00:00Z"), json!(null), "False").kubernetes(ingress);
        let asked = ended.ask(ID);
        let finding = &asked.findings[0];
        assert!(
            finding
                .message
                .contains("Ingress shop/web gets it by the Secret web-tls"),
            "{finding:?}"
        );
        assert_eq!(finding.severity, Severity::High);
    }

    #[test]
    fn one_that_ends_soon_and_is_renewed_before_passes() {
        for (end, renewal, ready) in [
            // Of a day, renewed each night.
            (
                json!("2026-11-24T08:00:00Z"),
                json!("2026-11-24T04:00:00Z"),
                "True",
            ),
            // Its time came an hour ago.
            (
                json!("2026-12-24T00:00:00Z"),
                json!("2026-11-23T23:00:00Z"),
                "True",
            ),
            (json!("2027-01-24T00:00:00Z"), json!(null), "True"),
            // Never issued: there is nothing that ends.
            (json!(null), json!(null), "False"),
        ] {
            certificate(end, renewal, ready).ask(ID).passes();
        }
    }

    #[test]
    fn one_whose_certificate_is_gone_is_found_where_it_is_used() {
        let secret = json!({"secrets": [{"type": "kubernetes.io/tls", "metadata": {"name": "web-tls", "namespace": "shop",
            "annotations": {"cert-manager.io/certificate-name": "web"}}}]});
        let ingress = || json!({"ingresses": [{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"tls": [{"secretName": "web-tls"}]}}]});
        let alone = Estate::new().kubernetes(secret.clone());
        alone.ask(ID).is_not_applicable();
        let asked = alone.kubernetes(ingress()).ask(ID);
        asked.finds(&[&object("shop", "Secret", "web-tls")]);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("Ingress shop/web still gets it"),
            "{message}"
        );
        let good = certificate(json!("2027-01-24T00:00:00Z"), json!(null), "True");
        good.kubernetes(secret)
            .kubernetes(ingress())
            .ask(ID)
            .passes();
    }

    #[test]
    fn what_is_not_told_is_not_passed() {
        certificate(json!(null), json!(null), "True")
            .ask(ID)
            .is_not_evaluated();
        let good = certificate(json!("2027-01-24T00:00:00Z"), json!(null), "True");
        good.denied(Source::CERTIFICATES).ask(ID).is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
