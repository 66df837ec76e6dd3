//! What runs in an account, region by region: instances, functions, jobs, stacks, ….
//!
//! What was seen is there. That there is nothing else holds only if all enabled regions were read, as
//! `account:ListRegions` names them; else it is open whether there is more, and the reason says where.

use std::collections::BTreeMap;

use crate::graph::{Graph, profile};
use crate::iam::escalation::{Elsewhere, Existing, Thing};
use crate::snapshot::Account;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

/// No sentence names more regions than these.
const NAMED: usize = 3;

/// What was seen of a kind, by ARN, each with its role.
type Seen = BTreeMap<String, Option<String>>;

impl Graph<'_> {
    /// Adds what runs in an account, as far as it was read.
    pub(super) fn with_what_runs(&self, existing: Existing, id: &str, facts: &Account) -> Existing {
        let kinds = Thing::RUNNING.iter();
        kinds.fold(existing, |existing, thing| {
            let Some(source) = Source::named(thing.source()) else {
                return existing;
            };
            let seen = match thing {
                Thing::Instance => instances(id, facts),
                Thing::ManagedInstance => managed(source, id, facts),
                _ => listed(source, facts),
            };
            let regions = facts.regions.keys();
            let whole = |region: &&String| self.saw(source, &format!("{id}/{region}"));
            let read: Vec<String> = regions.filter(whole).cloned().collect();
            if seen.is_empty() && read.is_empty() {
                return existing;
            }
            let enabled = self.saw(Source::ENABLED_REGIONS, id);
            let enabled = facts.enabled_regions.iter().filter(|_| enabled);
            let elsewhere = not_read(source, enabled, &read).map(|why| Elsewhere { read, why });
            let all = seen
                .iter()
                .map(|(arn, role)| (arn.as_str(), role.as_deref()));
            existing.with_things_of(*thing, all, elsewhere)
        })
    }
}

/// What was not read and where; nothing where all enabled regions were.
fn not_read<'r>(
    source: Source,
    enabled: impl Iterator<Item = &'r String>,
    read: &[String],
) -> Option<String> {
    let name = source.name;
    let enabled: Vec<&String> = enabled.collect();
    if enabled.is_empty() && read.is_empty() {
        return Some(format!("{name} was not read whole in any region"));
    }
    if enabled.is_empty() {
        return Some(format!(
            "{name} was read in {} alone, and account:ListRegions, which tells the other regions, was not",
            some(read)
        ));
    }
    let missing = enabled.into_iter().filter(|one| !read.contains(one));
    let missing: Vec<String> = missing.cloned().collect();
    (!missing.is_empty()).then(|| format!("{name} was not read in {}", some(&missing)))
}

/// Some names of a list.
fn some(names: &[String]) -> String {
    match (names.len(), names.get(..NAMED)) {
        (0, _) => "no region".to_owned(),
        (count, Some(first)) if count > NAMED => {
            format!("{} and {} more regions", first.join(", "), count - NAMED)
        }
        _ => names.join(", "),
    }
}

/// What a list of a service named, in all regions.
fn listed(source: Source, facts: &Account) -> Seen {
    let lists = facts.regions.values();
    let all = lists.filter_map(|region| region.services.get(source.name));
    all.flatten()
        .map(|one| (one.arn.clone(), one.role.clone()))
        .collect()
}

/// The instances of all regions, with the roles of their instance profiles.
fn instances(account: &str, facts: &Account) -> Seen {
    let roles = profile::roles(&facts.iam);
    let mut seen = Seen::new();
    for (name, region) in &facts.regions {
        for one in &region.ec2.instances {
            let profile = one.iam_instance_profile.as_ref();
            let role = profile.and_then(|profile| roles.get(profile.arn.as_deref()?));
            let partition = partition(facts, name);
            let arn = format!(
                "arn:{partition}:ec2:{name}:{account}:instance/{}",
                one.instance_id
            );
            seen.insert(arn, role.map(|role| (*role).to_owned()));
        }
    }
    seen
}

/// The instances that Systems Manager manages; their roles are known where the instances were read.
fn managed(source: Source, account: &str, facts: &Account) -> Seen {
    let instances = instances(account, facts);
    let mut seen = listed(source, facts);
    for (arn, role) in &mut seen {
        if let Some(own) = instances.get(arn) {
            role.clone_from(own);
        }
    }
    seen
}

/// The partition of an account's ARNs: that of its caller, else that of its roles, else as the region's name tells.
fn partition<'a>(facts: &'a Account, region: &str) -> &'a str {
    let caller = facts.caller.as_ref().map(|caller| caller.arn.as_str());
    let role = facts.iam.roles.first().map(|role| role.arn.as_str());
    let known = caller.or(role).and_then(Arn::parse);
    match known {
        Some(arn) => arn.partition,
        None if region.starts_with("cn-") => "aws-cn",
        None if region.starts_with("us-gov-") => "aws-us-gov",
        None => "aws",
    }
}
