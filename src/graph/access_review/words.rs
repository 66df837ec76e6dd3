//! What rules let somebody do, in a few sentences: the powers, most dangerous first, then what is read and changed.
//!
//! The sentences leave out which of several rules it is, and what a power has told already; the rules themselves stand
//! beside them in JSON.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::wording::{all_of, some_of};
use crate::rbac::power::Reach;
use crate::rbac::{Power, is_discovery_only, powers_of, resources};
use crate::snapshot::kubernetes_rbac::PolicyRule;

/// One sentence of what rules allow, without its begin and without where it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Saying {
    /// Its place: the most dangerous is first.
    pub rank: u8,
    /// The power, as it is written in JSON; none where it is no known power.
    pub power: Option<&'static str>,
    /// `reads Secrets`, `changes configmaps, services and 3 more kinds`.
    pub what: String,
    /// Whether it holds in namespaces: `runs pods` does, `approves certificates` does not.
    pub placed: bool,
}

/// The rank of what is no power.
const OTHER: u8 = 100;

/// How a power is told: how dangerous it is (0 is the most), its name in JSON, its words, whether it is in namespaces.
fn told(power: Power) -> (u8, &'static str, &'static str, bool) {
    match power {
        Power::Everything => (0, "everything", "may do everything", true),
        Power::Impersonate => (
            1,
            "impersonate",
            "acts in the name of other users, groups or service accounts",
            true,
        ),
        Power::EscalateRoles => (
            2,
            "escalate-roles",
            "writes rules into roles that it does not hold itself",
            true,
        ),
        Power::BindRoles => (
            3,
            "bind-roles",
            "binds roles that it does not hold itself",
            true,
        ),
        Power::ReachKubelets => (
            4,
            "reach-kubelets",
            "runs commands in any pod by the kubelets (nodes/proxy)",
            false,
        ),
        Power::SignCertificates => (5, "sign-certificates", "signs client certificates", false),
        Power::ApproveCertificates => (
            6,
            "approve-certificates",
            "approves client certificates",
            false,
        ),
        Power::ChangeWebhooks => (
            7,
            "change-webhooks",
            "sees and changes what others send to the API server (admission webhooks)",
            false,
        ),
        Power::CreatePersistentVolumes => (
            8,
            "create-persistent-volumes",
            "mounts any path of a node (PersistentVolumes)",
            false,
        ),
        Power::RunPods => (
            9,
            "run-pods",
            "runs pods, as any service account there",
            true,
        ),
        Power::EnterPods => (10, "enter-pods", "runs commands in pods", true),
        Power::IssueTokens => (
            11,
            "issue-tokens",
            "issues tokens of service accounts",
            true,
        ),
        Power::ReadSecrets => (12, "read-secrets", "reads Secrets", true),
        Power::DeleteEverything => (13, "delete-everything", "deletes anything", true),
    }
}

/// What a power has told already: its verbs' word and its kinds. The other kinds are told beside it.
const TOLD: &[(Power, &str, &[&str])] = &[
    (Power::ReadSecrets, "reads", &["secrets"]),
    (Power::EnterPods, "creates", &["pods/exec", "pods/attach"]),
    (Power::EnterPods, "reads", &["pods/exec", "pods/attach"]),
    (Power::EnterPods, "changes", &["pods/ephemeralcontainers"]),
    (Power::IssueTokens, "creates", &["serviceaccounts/token"]),
    (Power::ReachKubelets, "creates", &["nodes/proxy"]),
    (Power::ReachKubelets, "reads", &["nodes/proxy"]),
    (Power::DeleteEverything, "deletes", &["everything"]),
    (
        Power::Impersonate,
        "may impersonate",
        &["users", "groups", "serviceaccounts"],
    ),
    (
        Power::EscalateRoles,
        "may escalate",
        &[
            "roles.rbac.authorization.k8s.io",
            "clusterroles.rbac.authorization.k8s.io",
        ],
    ),
    (
        Power::BindRoles,
        "may bind",
        &[
            "roles.rbac.authorization.k8s.io",
            "clusterroles.rbac.authorization.k8s.io",
        ],
    ),
    (
        Power::ApproveCertificates,
        "may approve",
        &["signers.certificates.k8s.io"],
    ),
    (
        Power::SignCertificates,
        "may sign",
        &["signers.certificates.k8s.io"],
    ),
];

/// The sentences of all rules that hold in one place.
pub fn sayings(rules: &[PolicyRule], reach: Reach) -> Vec<Saying> {
    let powers: Vec<Power> = powers_of(rules, reach)
        .into_iter()
        .map(|(power, _)| power)
        .collect();
    // Who may do everything has every other power too.
    if powers.contains(&Power::Everything) {
        return vec![of_power(Power::Everything)];
    }
    let mut all: Vec<Saying> = powers.iter().map(|power| of_power(*power)).collect();
    all.extend(others(rules, reach, &powers));
    all.extend(paths(rules, reach));
    all.sort();
    all
}

fn of_power(power: Power) -> Saying {
    let (rank, id, what, placed) = told(power);
    Saying {
        rank,
        power: Some(id),
        what: what.to_owned(),
        placed,
    }
}

/// A verb as it is told: its word, and its rank among the others.
type Word = (u8, String);

fn word(verb: &str) -> Word {
    match verb {
        "*" => (0, "may do everything with".to_owned()),
        "update" | "patch" => (1, CHANGES.to_owned()),
        "create" => (2, "creates".to_owned()),
        "delete" | "deletecollection" => (3, "deletes".to_owned()),
        "get" | "list" | "watch" => (5, "reads".to_owned()),
        other => (4, format!("may {other}")),
    }
}

const CHANGES: &str = "changes";

/// The kinds of rules, each with the names that it is limited to and the words of its verbs.
fn words_of(rules: &[PolicyRule], reach: Reach) -> BTreeMap<(String, Vec<String>), BTreeSet<Word>> {
    let mut found: BTreeMap<(String, Vec<String>), BTreeSet<Word>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| !is_discovery(rule)) {
        let mut names = rule.resource_names.clone();
        names.sort_unstable();
        names.dedup();
        for verb in &rule.verbs {
            let word = word(verb);
            for kind in kinds(rule, verb, reach) {
                let words = found.entry((kind, names.clone())).or_default();
                words.insert(word.clone());
            }
        }
    }
    found
}

/// What is no power: verbs with their kinds.
fn others(rules: &[PolicyRule], reach: Reach, powers: &[Power]) -> Vec<Saying> {
    let found = words_of(rules, reach);
    let mut sayings: BTreeMap<(Word, &[String]), Vec<&str>> = BTreeMap::new();
    for ((kind, names), words) in &found {
        // What is true of all objects, by every verb or of every kind need not be said of some again.
        let of = |kind: &str, names: &[String], word: &Word| {
            let words = found.get(&(kind.to_owned(), names.to_vec()));
            words.is_some_and(|words| words.contains(word))
        };
        let every = word("*");
        let is_said = |word: &Word| {
            let wider = [(kind.as_str(), &names[..]), (kind, &[]), (EVERYTHING, &[])];
            wider.into_iter().enumerate().any(|(at, (other, limit))| {
                let is_itself = at == 0 || (other == kind && limit == names);
                (!is_itself && of(other, limit, word))
                    || (*word != every && of(other, limit, &every))
            })
        };
        let told = |word: &Word| names.is_empty() && is_told(powers, &word.1, kind);
        let untold = words.iter().filter(|word| !told(word)).cloned().collect();
        for word in folded(&untold) {
            if !is_said(&word) {
                sayings.entry((word, names)).or_default().push(kind);
            }
        }
    }
    sayings
        .into_iter()
        .map(|((word, names), mut kinds)| {
            kinds.sort_by_cached_key(|kind| place(kind));
            of_kinds(&word, &kinds, names)
        })
        .collect()
}

/// Creating, changing and deleting is changing.
fn folded(words: &BTreeSet<Word>) -> Vec<Word> {
    let writes = |word: &&Word| (1..=3).contains(&word.0);
    let folded = words.iter().filter(writes).count() > 1;
    let changes = folded.then(|| (1, CHANGES.to_owned()));
    let others = words.iter().filter(|word| !(folded && writes(word)));
    changes.into_iter().chain(others.cloned()).collect()
}

/// A kind that every server has, with its place among them.
fn known(kind: &str) -> Option<(usize, &'static resources::ApiResource)> {
    let (kind, _) = kind.split_once('/').unwrap_or((kind, ""));
    let (name, group) = kind.split_once('.').unwrap_or((kind, ""));
    let known = resources::named(name, Some(group))?;
    let at = resources::names().position(|one| one == known.name)?;
    Some((at, known))
}

/// Where a kind stands among others: those that every server has first, as `kubectl api-resources` has them, then
/// subresources.
fn place(kind: &str) -> (bool, usize, String) {
    let at = known(kind).map_or(usize::MAX, |(at, _)| at);
    (kind.contains('/'), at, kind.to_owned())
}

const EVERYTHING: &str = "everything";

fn is_discovery(rule: &PolicyRule) -> bool {
    is_discovery_only(std::slice::from_ref(rule))
}

fn of_kinds(word: &Word, kinds: &[&str], names: &[String]) -> Saying {
    let shown: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let named = match names {
        [] => String::new(),
        names => format!(" named {}", some_of(names)),
    };
    let more = match shown.len() {
        0..=3 => all_of(&shown),
        _ => format!("{} kinds", some_of(&shown)),
    };
    let placed = |kind: &&str| known(kind).is_none_or(|(_, known)| known.namespaced);
    Saying {
        rank: OTHER + word.0,
        power: None,
        what: format!("{} {more}{named}", word.1),
        placed: kinds.iter().any(placed),
    }
}

/// The kinds of a rule, `pods`, `deployments.apps`, `pods/log`; those that a RoleBinding gives nothing on are left out.
fn kinds<'r>(
    rule: &'r PolicyRule,
    verb: &'r str,
    reach: Reach,
) -> impl Iterator<Item = String> + 'r {
    rule.resources.iter().flat_map(move |resource| {
        let groups = rule.api_groups.iter();
        groups
            .filter(move |group| reach == Reach::Cluster || is_in_namespaces(resource, group, verb))
            .map(move |group| kind(resource, group))
    })
}

/// Whether a RoleBinding gives something on a resource: requests for cluster-scoped ones carry no namespace, but for
/// a Namespace its own, and `bind` is asked in the namespace of the RoleBinding that is made.
pub(super) fn is_in_namespaces(resource: &str, group: &str, verb: &str) -> bool {
    let parent = resource.split('/').next().unwrap_or(resource);
    let known = resources::named(parent, Some(group));
    verb == "bind"
        || parent == "namespaces"
        || known.is_none_or(|known| known.namespaced || known.name != parent)
}

/// `pods`, `deployments.apps`, `deployments.apps/scale`, `everything`.
pub(super) fn kind(resource: &str, group: &str) -> String {
    match (resource, group) {
        ("*", "*") => EVERYTHING.to_owned(),
        ("*", "") => "everything of the core group".to_owned(),
        ("*", group) => format!("everything of {group}"),
        (resource, "") => resource.to_owned(),
        (resource, group) => match resource.split_once('/') {
            Some((parent, sub)) => format!("{parent}.{group}/{sub}"),
            None => format!("{resource}.{group}"),
        },
    }
}

fn is_told(powers: &[Power], word: &str, kind: &str) -> bool {
    TOLD.iter().any(|(power, verb, kinds)| {
        powers.contains(power) && *verb == word && kinds.contains(&kind)
    })
}

/// Paths that are no resources, but those that everyone may read.
fn paths(rules: &[PolicyRule], reach: Reach) -> Option<Saying> {
    if reach == Reach::Namespace {
        return None;
    }
    let own = rules.iter().filter(|rule| !is_discovery(rule));
    let paths: BTreeSet<&String> = own.flat_map(|rule| &rule.non_resource_urls).collect();
    let what = match paths.iter().any(|path| *path == "*") {
        true => "every path of the API server".to_owned(),
        false => format!(
            "the paths {}",
            some_of(&paths.iter().map(|path| (*path).clone()).collect::<Vec<_>>())
        ),
    };
    (!paths.is_empty()).then(|| Saying {
        rank: OTHER + 9,
        power: None,
        what: format!("asks {what}"),
        placed: false,
    })
}

#[cfg(test)]
mod tests;
