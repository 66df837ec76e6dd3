//! A secret that is scheduled for deletion is still used
//!
//! From the moment a deletion is scheduled nobody reads the secret any more, though it can still be brought back. Whoever
//! needs it fails when it next asks: at night, at the next start, in the middle of a rollout.
//!
//! A secret of Secrets Manager counts that is scheduled for deletion and that an ExternalSecret or a SecretProviderClass
//! asks for; the finding names what they feed. Where nothing asks for it, it counts (as less) when its value was read within the
//! seven days before the deletion was scheduled: Secrets Manager tells the day of the last read. Secrets that a service
//! owns, and replicas, are left out.
//!
//! Known false positives: the last read was that of whoever deleted it, to keep a copy.
//!
//! To fix it, bring the secret back, or take away what asks for it.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::lineage::{Brought, Consumer, Entry, Lineage, Vault};
use crate::graph::rotation::{Keeper, keeper};
use crate::graph::secret_last_read::last_read;
use crate::graph::wording::{all_of, some_of};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::time::Time;

/// So many days before the deletion a read counts.
const RECENT_DAYS: i64 = 7;

/// The recovery window, in days (AWS Secrets Manager API Reference, `DeleteSecret`).
const WINDOW: [i64; 2] = [7, 30];

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[
        Source::SECRETS,
        Source::EXTERNAL_SECRETS,
        Source::SECRET_PROVIDER_CLASSES,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

/// What still uses a secret.
struct Use {
    severity: Severity,
    certain: bool,
    /// As a sentence, without its end.
    text: String,
    related: Vec<Resource>,
}

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let lineage = answers.shared.lineage();
    for entry in &lineage.entries {
        let Vault::Secret(secret) = entry.vault else {
            continue;
        };
        let Some(deleted) = secret.deleted_date else {
            continue;
        };
        if keeper(secret, entry.region) != Keeper::Account {
            continue;
        }
        answers.examined();
        let used = asked_for(graph, lineage, entry).or_else(|| read_of_late(secret, deleted));
        if let Some(used) = used {
            report(answers, entry, (secret, deleted), used);
        }
    }
}

/// What brings it into clusters, and whom that feeds.
fn asked_for(graph: &Graph<'_>, lineage: &Lineage<'_>, entry: &Entry<'_>) -> Option<Use> {
    let certain = lineage.bringers(entry).any(|(_, sure)| sure);
    let mut asking = Vec::new();
    let mut related = Vec::new();
    for (by, sure) in lineage.bringers(entry) {
        if sure != certain {
            continue;
        }
        let name = format!("{} {}/{}", by.bringer.kind(), by.namespace, by.name);
        let fed = fed(graph, lineage, by);
        asking.push(match fed.is_empty() {
            true => name,
            false => format!("{name} (for {})", some_of(&fed)),
        });
        let id = object_id(by.cluster, by.namespace, by.bringer.kind(), by.name);
        related.push(Resource::of(id));
    }
    let still = match (asking.len(), certain) {
        (0, _) => return None,
        (1, true) => "still asks for it",
        (_, true) => "still ask for it",
        (1, false) => {
            "still asks for a secret of this name, in this account if its store or its pods' role is of here"
        }
        (_, false) => {
            "still ask for a secret of this name, in this account if their stores or their pods' roles are of here"
        }
    };
    Some(Use {
        severity: Severity::High,
        certain,
        text: format!("{} {still}", all_of(&asking)),
        related,
    })
}

/// The workloads and other objects that get what it brings.
fn fed(graph: &Graph<'_>, lineage: &Lineage<'_>, by: &Brought<'_>) -> Vec<String> {
    let mounting = by.mounted_by.iter();
    let mounting = mounting.filter_map(|at| graph.workloads.workloads.get(*at));
    let made = lineage.made(by).flat_map(|made| &made.consumers);
    let mut fed: Vec<String> = mounting
        .map(|workload| workload.label())
        .chain(made.map(Consumer::label))
        .collect();
    fed.sort();
    fed.dedup();
    fed
}

/// A read shortly before the deletion was scheduled.
fn read_of_late(secret: &Secret, deleted: Time) -> Option<Use> {
    let read = last_read(secret)?;
    (read.days_until(deleted) <= RECENT_DAYS).then(|| Use {
        severity: Severity::Medium,
        certain: true,
        text: format!("it was read until {}", read.date()),
        related: Vec::new(),
    })
}

fn report(
    answers: &mut Answers<'_>,
    entry: &Entry<'_>,
    (secret, deleted): (&Secret, Time),
    used: Use,
) {
    let name = &secret.name;
    let [first, last] = WINDOW.map(|days| deleted.plus_days(days).date());
    let command = format!(
        "aws secretsmanager restore-secret --secret-id {} --region {}",
        quoted(&secret.arn),
        entry.region
    );
    answers
        .finding(Resource::of(&secret.arn), "")
        .severity(used.severity)
        .certainty(match used.certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("The secret {name} is about to be deleted and still used"))
        .message(format!(
            "The deletion of {name} was scheduled on {}, and {}. Nobody can read it now; it is gone for good on {first} at the earliest, on {last} at the latest.",
            deleted.date(),
            used.text,
        ))
        .related_all(used.related)
        .fix(
            "Bring the secret back, move what uses it elsewhere, and see by its last read that nobody comes any more before it is deleted again.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "secret-deleted-but-used";
    const DB: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    /// A secret that was read long ago and is scheduled for deletion.
    fn estate(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": DB, "Name": "db", "DeletedDate": "2026-11-20T10:00:00Z",
            "LastAccessedDate": "2026-06-20"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    /// An ExternalSecret of this store that asks for a name, and the Deployment that it feeds.
    fn external(key: &str, stores: &Value) -> Value {
        json!({"secret_stores": stores,
            "external_secrets": [{"metadata": {"name": "sync", "namespace": "pay"}, "spec": {"target": {"name": "made"},
                "secretStoreRef": {"kind": "SecretStore", "name": "vault"}, "data": [{"remoteRef": {"key": key}}]}}],
            "controllers": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "pay"}, "spec": {"template":
                {"spec": {"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "made"}}]}]}}}}]})
    }

    fn store() -> Value {
        json!([{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
            "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}}}])
    }

    #[test]
    fn what_is_asked_for_is_found_with_what_it_feeds() {
        let asked = estate(&json!({}))
            .kubernetes(external("db", &store()))
            .ask(ID);
        asked.finds(&[DB]);
        let finding = &asked.findings[0];
        assert_eq!(finding.certainty, Certainty::Certain);
        let says = "ExternalSecret pay/sync (for Deployment pay/api) still asks for it";
        assert!(finding.message.contains(says), "{finding:#?}");
        assert!(finding.message.contains("2026-11-27"), "{finding:#?}");
        assert_eq!(
            finding.related[0].id,
            object("pay", "ExternalSecret", "sync")
        );
        // Its store was not seen, and may be of elsewhere.
        let unsure = estate(&json!({}))
            .kubernetes(external("db", &json!([])))
            .ask(ID);
        assert_eq!(unsure.findings[0].certainty, Certainty::Conditional);
    }

    #[test]
    fn a_class_that_pods_mount_asks_for_it_too() {
        let class = json!({
            "secret_provider_classes": [{"metadata": {"name": "db", "namespace": "pay"}, "spec": {"provider": "aws",
                "parameters": {"objects": "- objectName: \"db\"\n  objectType: \"secretsmanager\"\n"}}}],
            "pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"}, "spec": {"containers": [{"name": "main"}],
                "volumes": [{"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io",
                    "volumeAttributes": {"secretProviderClass": "db"}}}]}}]});
        let asked = estate(&json!({})).kubernetes(class).ask(ID);
        asked.finds(&[DB]);
        let message = &asked.findings[0].message;
        assert!(message.contains("(for Pod pay/api-0)"), "{message}");
    }

    #[test]
    fn a_read_in_the_days_before_is_found_and_an_older_one_is_not() {
        for (read, found) in [
            ("2026-11-20", true),
            ("2026-11-13", true),
            ("2026-11-12", false),
        ] {
            let asked = estate(&json!({"LastAccessedDate": read})).ask(ID);
            assert_eq!(!asked.findings.is_empty(), found, "{read}: {asked:#?}");
            assert!(
                asked
                    .findings
                    .iter()
                    .all(|one| one.severity == Severity::Medium)
            );
        }
    }

    #[test]
    fn what_looks_used_and_is_not_passes() {
        for (what, asks) in [
            ("another name", external("db2", &store())),
            (
                "a store of another region",
                external(
                    "db",
                    &json!([{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
                    "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "us-east-1"}}}}]),
                ),
            ),
            (
                "a store of parameters",
                external(
                    "db",
                    &json!([{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
                    "spec": {"provider": {"aws": {"service": "ParameterStore", "region": "eu-west-1"}}}}]),
                ),
            ),
        ] {
            let asked = estate(&json!({})).kubernetes(asks).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.passes();
        }
        for facts in [
            json!({"DeletedDate": null}),
            json!({"OwningService": "rds"}),
        ] {
            estate(&facts).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn without_the_lists_it_is_not_passed() {
        for source in [
            Source::SECRETS,
            Source::EXTERNAL_SECRETS,
            Source::SECRET_PROVIDER_CLASSES,
        ] {
            estate(&json!({})).denied(source).ask(ID).is_not_evaluated();
        }
    }
}
