//! What a change takes from those who use it, as far as that is known.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::graph::decision::Asker;
use crate::graph::last_use::{DAYS, LastUsed};
use crate::graph::principal::Principal;
use crate::graph::wording::short;
use crate::iam::glob::{Colons, Pattern};
use crate::iam::permissions::PermissionSet;
use crate::iam::truth::Truth;
use crate::snapshot::iam::LastAccessed;

use super::change::Change;

/// Something that is lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Whether it is known to have been used of late.
    pub is_used: bool,
    /// In words: `service account web/api of prod loses the role web, last used on 2026-11-20`.
    pub text: String,
}

/// What is lost between two graphs that a change lies between: roles that service accounts got, services that
/// principals used. Of what nothing tells the use, that is said.
pub fn losses(before: &Graph<'_>, after: &Graph<'_>, change: &Change) -> Vec<Loss> {
    let mut all = roles(before, after);
    all.extend(services(before, after));
    all.extend(untold(before, change));
    all.sort();
    all.dedup();
    all
}

/// The roles that service accounts of running workloads got, and get no more.
fn roles(before: &Graph<'_>, after: &Graph<'_>) -> Vec<Loss> {
    let held = |graph: &Graph<'_>| -> BTreeMap<(String, String), bool> {
        let holds = graph.holds.iter().filter_map(|hold| {
            let account = graph.holder(hold)?;
            let role = graph.principals.get(hold.role)?;
            let runs = graph
                .workloads
                .of_account(hold.service_account)
                .next()
                .is_some();
            Some(((account.id.clone(), role.arn.to_owned()), runs))
        });
        holds.collect()
    };
    let after = held(after);
    let lost = held(before)
        .into_iter()
        .filter(|(key, runs)| *runs && !after.contains_key(key));
    lost.filter_map(|((account, arn), _)| {
        let role = before.principals.get(before.principals.by_arn(&arn)?)?;
        let (is_used, when) = used(before, role);
        Some(Loss {
            is_used,
            text: format!("{account} loses {}, {when}", short(&arn)),
        })
    })
    .collect()
}

/// Whether a role was used of late, and in words when.
fn used(graph: &Graph<'_>, role: &Principal<'_>) -> (bool, String) {
    match graph.last_used(role) {
        LastUsed::At(at, _) => (
            at.days_until(graph.snapshot.taken_at) <= DAYS,
            format!("last used on {}", at.date()),
        ),
        LastUsed::NotSeen(why) => (false, format!("whose use IAM has {why}")),
        LastUsed::Unknown => (false, "whose last use was not read".to_owned()),
    }
}

/// The services that a principal used of late, by its service last accessed details, and may use no more.
fn services(before: &Graph<'_>, after: &Graph<'_>) -> Vec<Loss> {
    let mut lost = Vec::new();
    let accounts = before.snapshot.accounts.values();
    for details in accounts.flat_map(|account| &account.iam.last_accessed) {
        let at = |graph: &Graph<'_>| graph.principals.by_arn(&details.arn);
        let (Some(then), Some(now)) = (at(before), at(after)) else {
            continue;
        };
        for (service, text) in recent(before, details) {
            if may_use(before, then, &service) && !may_use(after, now, &service) {
                lost.push(Loss {
                    is_used: true,
                    text: format!(
                        "{} may no longer use {service}, {text}",
                        short(&details.arn)
                    ),
                });
            }
        }
    }
    lost
}

fn recent(graph: &Graph<'_>, details: &LastAccessed) -> Vec<(String, String)> {
    let now = graph.snapshot.taken_at;
    let services = details.services.iter().filter_map(|service| {
        let at = service.last_authenticated?;
        (at.days_until(now) <= DAYS).then(|| {
            let name = service.service_namespace.to_ascii_lowercase();
            (name, format!("which it did on {}", at.date()))
        })
    });
    services.collect()
}

fn may_use(graph: &Graph<'_>, at: usize, service: &str) -> bool {
    let Some(asker) = graph
        .principals
        .get(at)
        .and_then(|one| Asker::new(one, None))
    else {
        return false;
    };
    let context = asker.context(graph);
    let policies = asker.policies(graph);
    let set = PermissionSet::new(&asker.caller, &policies, &context);
    let action = Pattern::new(&format!("{service}:*"));
    let may = set.may_any(&action, &Pattern::new("*"), Colons::Any);
    may.truth != Truth::No
}

/// What no source tells the use of.
fn untold(graph: &Graph<'_>, change: &Change) -> Option<Loss> {
    let text = match change {
        Change::Subject { .. }
        | Change::AccessEntry { .. }
        | Change::AccessPolicy { .. }
        | Change::Mapping { .. } => {
            "no audit log was read: see there whether it is used".to_owned()
        }
        Change::TrustStatement { role, .. } => format!(
            "{}; by whom CloudTrail tells (sts:AssumeRole)",
            of_role(graph, role)?
        ),
        Change::Baseline { .. } => "see whether its processes need the node".to_owned(),
        Change::Key { id, .. } => format!(
            "all that use the key elsewhere lose it too: aws iam get-access-key-last-used --access-key-id {id} tells of its last use"
        ),
        Change::Internal { .. } => {
            "nobody on the internet reaches it any more: see that none of its users comes from there".to_owned()
        }
        Change::Metadata { .. } => {
            "pods that live on their node's role lose it: give those a role of their own first"
                .to_owned()
        }
        Change::Tags { .. } => {
            "pushing an image under a tag that is there fails from then on".to_owned()
        }
        Change::InlineStatement { holder, .. } | Change::Attachment { holder, .. } => {
            let accounts = graph.snapshot.accounts.values();
            let mut details = accounts.flat_map(|account| &account.iam.last_accessed);
            if details.any(|one| one.arn == *holder) {
                return None;
            }
            let when = of_role(graph, holder).map_or(String::new(), |text| format!("{text}; "));
            format!(
                "{when}which services it used was not read (iam get-service-last-accessed-details)"
            )
        }
        Change::ManagedStatement { .. } => {
            "which services those that hold it used was not read in full".to_owned()
        }
        Change::Association { .. } => return None,
    };
    Some(Loss {
        is_used: false,
        text,
    })
}

/// When a principal was last used.
fn of_role(graph: &Graph<'_>, arn: &str) -> Option<String> {
    let principal = graph.principals.get(graph.principals.by_arn(arn)?)?;
    let (_, when) = used(graph, principal);
    let when = when.strip_prefix("whose ").unwrap_or(&when).to_owned();
    let when = when
        .strip_prefix("last used")
        .map_or(when.clone(), |rest| format!("it was last used{rest}"));
    Some(format!("{}: {when}", short(arn)))
}
