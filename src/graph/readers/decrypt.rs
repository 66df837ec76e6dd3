//! Whom the key of a secret lets decrypt it: without the key there is no value.
//!
//! AWS Secrets Manager User Guide, "Secret encryption and decryption": Secrets Manager asks KMS on behalf of the caller
//! (`kms:ViaService`), with the secret's ARN and version as encryption context; whoever may use Secrets Manager in the
//! account may use the AWS managed key `aws/secretsmanager`, and nobody of another account may. AWS KMS Developer Guide,
//! "How Parameter Store uses AWS KMS": the same for parameters, with `PARAMETER_ARN`.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::vault::{Found, Row};
use crate::graph::Graph;
use crate::graph::decision::{Deciding, Decision};
use crate::graph::lineage::{Entry, Vault};
use crate::graph::named::What;
use crate::graph::resource_policy::Own;
use crate::graph::secret_key::SecretKey;
use crate::iam::context::Context;
use crate::iam::document::{Effect, PolicyDocument};
use crate::iam::evaluate::NamedPolicy;
use crate::iam::index::Places;
use crate::iam::truth::Truth;

const DECRYPT: &str = "kms:decrypt";
const CONTEXT: &str = "kms:encryptioncontext";

/// The keys, each asked once of each row.
pub(super) struct Locks<'a, 'g, 's> {
    graph: &'a Graph<'s>,
    rows: &'a [Row<'g, 's>],
    /// By the rows: whether a policy leans on what is encrypted.
    lean: Vec<bool>,
    known: HashMap<(String, String), Lock>,
}

/// What a key says to the rows.
struct Lock {
    /// Those that were asked.
    asked: Places,
    certain: Places,
    possible: Places,
    /// Whether its policy leans on what is encrypted.
    leans: bool,
}

/// The service that asks a key, and for what.
struct Via<'e> {
    service: String,
    /// The key of the encryption context that names the entry.
    names: &'static str,
    arn: &'e str,
}

impl<'a, 'g, 's> Locks<'a, 'g, 's> {
    pub(super) fn of(graph: &'a Graph<'s>, rows: &'a [Row<'g, 's>]) -> Self {
        let leaning = |row: &Row<'_, '_>| {
            let own = [
                row.policies.identity,
                row.policies.boundary,
                row.policies.session,
            ];
            let levels = row.policies.scps.iter().map(Vec::as_slice);
            own.into_iter()
                .chain(levels)
                .any(|list| list.iter().any(leans))
        };
        Self {
            graph,
            rows,
            lean: rows.iter().map(leaning).collect(),
            known: HashMap::new(),
        }
    }

    /// Leaves of those who may ask for an entry's value those who may decrypt it.
    pub(super) fn keep(&mut self, entry: &Entry<'_>, found: &mut Found) {
        let region = entry.region;
        let via = match entry.vault {
            Vault::Secret(secret) => Via {
                service: format!("secretsmanager.{region}.amazonaws.com"),
                names: "SecretARN",
                arn: &secret.arn,
            },
            Vault::Parameter(parameter) => Via {
                service: format!("ssm.{region}.amazonaws.com"),
                names: "PARAMETER_ARN",
                arn: &parameter.arn,
            },
        };
        match self.key(entry) {
            Key::Managed => self.by_managed(entry, &via, found),
            Key::Own(arn) => self.by_own(&arn, &via, found),
            Key::Unknown => {
                found.open.join(&found.certain);
                found.certain = Places::none(self.rows.len());
                found.outside.iter_mut().for_each(|one| one.1 = false);
            }
        }
    }

    /// The key of an entry.
    fn key(&self, entry: &Entry<'_>) -> Key {
        let named = match entry.vault {
            Vault::Secret(secret) => secret.kms_key_id.as_deref(),
            Vault::Parameter(parameter) => parameter.key_id.as_deref(),
        };
        match self.graph.secret_key((entry.account, entry.region), named) {
            SecretKey::Managed => Key::Managed,
            SecretKey::Seen(key) => Key::Own(key.arn.clone()),
            SecretKey::Unread(name) if name.contains("alias/") => Key::Unknown,
            SecretKey::Unread(arn) if arn.starts_with("arn:") => Key::Own(arn.to_owned()),
            SecretKey::Unread(id) => Key::Own(whole(id, entry)),
        }
    }

    /// By the AWS managed key: all of the account, but whom a policy of their own denies it.
    fn by_managed(&self, entry: &Entry<'_>, via: &Via<'_>, found: &mut Found) {
        found.outside.clear();
        let mut all = found.certain.clone();
        all.join(&found.open);
        for at in all.iter() {
            let Some(row) = self.rows.get(at) else {
                continue;
            };
            let is_home = row.asker.principal.account == entry.account;
            match is_home {
                true => match denied(row, via, entry) {
                    Truth::No => {}
                    Truth::Unknown => {
                        found.certain.remove(at);
                        found.open.add(at);
                    }
                    Truth::Yes => {
                        found.certain.remove(at);
                        found.open.remove(at);
                    }
                },
                false => {
                    found.certain.remove(at);
                    found.open.remove(at);
                }
            }
        }
    }

    /// By a key of the account's own, or of another account.
    fn by_own(&mut self, key: &str, via: &Via<'_>, found: &mut Found) {
        let what = What::One(key.to_owned());
        let graph = self.graph;
        let deciding = OnceCell::new();
        let deciding = || deciding.get_or_init(|| graph.deciding("kms:Decrypt", &what));
        let rows = self.rows.len();
        let place = (key.to_owned(), via.service.clone());
        let lock = self.known.entry(place).or_insert_with(|| Lock {
            asked: Places::none(rows),
            certain: Places::none(rows),
            possible: Places::none(rows),
            leans: matches!(deciding().own(), Own::Given(policy) if leans(policy)),
        });
        let mut all = found.certain.clone();
        all.join(&found.open);
        let mut apart = Vec::new();
        for at in all.iter() {
            let Some(row) = self.rows.get(at) else {
                continue;
            };
            if lock.leans || self.lean.get(at) == Some(&true) {
                apart.push((at, ask(graph, row, deciding(), via, true)));
                continue;
            }
            if lock.asked.has(at) {
                continue;
            }
            lock.asked.add(at);
            let decision = ask(graph, row, deciding(), via, false);
            if decision != Decision::Denied {
                lock.possible.add(at);
            }
            if decision == Decision::Allowed {
                lock.certain.add(at);
            }
        }
        let before = found.certain.clone();
        found.certain.keep(&lock.certain);
        found.open = all;
        found.open.keep(&lock.possible);
        for (at, decision) in apart {
            match decision {
                Decision::Denied => {}
                Decision::Allowed if before.has(at) => found.certain.add(at),
                Decision::Allowed | Decision::Conditional => found.open.add(at),
            }
        }
        found.open.take(&found.certain);
        if !found.outside.is_empty() {
            outside(graph, deciding(), found);
        }
    }
}

/// Of those outside, whom the key's policy lets in too.
fn outside(graph: &Graph<'_>, deciding: &Deciding<'_>, found: &mut Found) {
    let let_in: HashMap<String, Decision> = graph
        .outsiders(deciding)
        .into_iter()
        .map(|one| (one.id, one.answer.decision))
        .collect();
    let is_seen = matches!(deciding.own(), Own::Given(_));
    found.outside.retain_mut(|(id, is_certain)| {
        let decision = let_in.get(id).or_else(|| let_in.get("*"));
        *is_certain &= decision == Some(&Decision::Allowed);
        decision.is_some() || !is_seen
    });
}

/// What is known of a decryption by way of a service.
fn ask(
    graph: &Graph<'_>,
    row: &Row<'_, '_>,
    deciding: &Deciding<'_>,
    via: &Via<'_>,
    names_it: bool,
) -> Decision {
    let asker = row.asker.knowing(graph, |context| {
        know(context, via, row.asker.principal.account);
        if names_it {
            let key = ["kms", "EncryptionContext", via.names].join(":");
            context.set(&key, via.arn);
        }
    });
    graph.asked(&asker, deciding).decision
}

fn know(context: &mut Context, via: &Via<'_>, account: &str) {
    context
        .set("kms:ViaService", &via.service)
        .set("kms:CallerAccount", account);
}

/// Whether a policy of the row's own denies it the AWS managed key.
fn denied(row: &Row<'_, '_>, via: &Via<'_>, entry: &Entry<'_>) -> Truth {
    let policies = &row.policies;
    let own = [policies.identity, policies.boundary, policies.session];
    let levels = policies.scps.iter().map(Vec::as_slice);
    let statements = own.into_iter().chain(levels).flatten();
    let statements = statements.flat_map(|policy| &policy.document.statements);
    let mut denied = Truth::No;
    for statement in statements {
        if statement.effect != Effect::Deny || !statement.has_action(DECRYPT) {
            continue;
        }
        let mut context = row.context.clone();
        know(&mut context, via, entry.account);
        // No id that somebody would write is that of this key.
        let key = format!(
            "arn:aws:kms:{}:{}:key/\u{10FFFF}",
            entry.region, entry.account
        );
        let applies = statement.has_resource(&key, true, &context);
        denied = denied.or(applies.and(statement.holds(&context)));
    }
    denied
}

/// Whether a policy asks what is encrypted.
fn leans(policy: &NamedPolicy) -> bool {
    let document: &PolicyDocument = &policy.document;
    let conditions = document.statements.iter().flat_map(|one| &one.conditions);
    conditions
        .into_iter()
        .any(|one| one.key.to_lowercase().starts_with(CONTEXT))
}

/// The key of an entry.
enum Key {
    /// The AWS managed one of the service.
    Managed,
    /// This one.
    Own(String),
    /// An alias that was not read.
    Unknown,
}

/// The ARN of a key of the entry's own account and region.
fn whole(id: &str, entry: &Entry<'_>) -> String {
    let partition = entry.vault.arn().split(':').nth(1).unwrap_or("aws");
    format!(
        "arn:{partition}:kms:{}:{}:key/{id}",
        entry.region, entry.account
    )
}
