//! What the organisation above an account leaves it: SCPs and RCPs, level by level from the root
//! down, and the condition keys that tell where the account is.
//!
//! Organizations User Guide, "SCP evaluation", "Service control policies" ("SCPs don't affect users
//! or roles in the management account", nor service-linked roles) and "Resource control policies"
//! (the same for resources); IAM User Guide, "AWS global condition context keys".
//!
//! What was seen counts. What was not seen counts as if it allowed everything, and is told of by
//! [`Organizations::unseen`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::iam::arn;
use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::NamedPolicy;
use crate::snapshot::Snapshot;
use crate::snapshot::organizations::{
    self as facts, Organizations as Facts, PolicySummary, RCP, SCP, aws_managed,
};

/// Policies, one list a level from the root down to the account.
pub type Levels = Arc<[Vec<NamedPolicy>]>;

/// Whether an account is in an organisation, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// It is not known.
    #[default]
    Unknown,
    /// It is in none.
    Outside,
    /// It is in this one.
    Inside {
        /// `o-…`, where known.
        id: Option<String>,
        /// `o-…/r-…/ou-…/`, where known.
        path: Option<String>,
        /// Whether it is the management account, where known.
        management: Option<bool>,
    },
}

/// What the organisation says of one account.
#[derive(Clone, Debug, Default)]
pub struct Above {
    /// Where it is.
    pub place: Place,
    scps: Levels,
    rcps: Levels,
    unseen: Option<String>,
}

/// What stands above each account of the snapshot.
#[derive(Debug, Default)]
pub struct Organizations<'s> {
    accounts: BTreeMap<&'s str, Above>,
}

impl<'s> Organizations<'s> {
    /// Compiles what was seen, for the accounts of the snapshot and those that their organisations
    /// name.
    pub(super) fn of(snapshot: &'s Snapshot) -> Self {
        let all = &snapshot.organizations;
        let listed = all.accounts.iter().map(|one| one.id.as_str());
        let placed = all.parents.iter().map(|one| one.child_id.as_str());
        let ids: BTreeSet<&str> = snapshot
            .accounts
            .keys()
            .map(String::as_str)
            .chain(listed)
            .chain(placed.filter(|id| arn::is_account_id(id)))
            .collect();
        let compiler = Compiler::new(all);
        let accounts = ids.into_iter();
        Self {
            accounts: accounts
                .map(|id| (id, above(snapshot, id, &compiler)))
                .collect(),
        }
    }

    /// What stands above an account.
    pub fn above(&self, account: &str) -> Option<&Above> {
        self.accounts.get(account)
    }

    /// The SCPs that bind a principal: none where it is of the management account or a
    /// service-linked role.
    pub fn scps(&self, account: &str, principal: &str) -> Levels {
        let above = self.above(account).filter(|above| above.binds());
        above
            .filter(|_| !arn::is_service_linked_role(principal))
            .map(|above| Arc::clone(&above.scps))
            .unwrap_or_default()
    }

    /// The RCPs that bind the resources of an account: none where it is the management account.
    pub fn rcps(&self, account: &str) -> &[Vec<NamedPolicy>] {
        self.above(account)
            .filter(|above| above.binds())
            .map_or(&[], |above| &above.rcps)
    }

    /// The RCPs that bind what a principal asks of its own account: none where it is a service-linked role.
    pub fn rcps_for(&self, account: &str, principal: &str) -> Levels {
        let above = self.above(account).filter(|above| above.binds());
        above
            .filter(|_| !arn::is_service_linked_role(principal))
            .map(|above| Arc::clone(&above.rcps))
            .unwrap_or_default()
    }

    /// The RCPs that bind a role as a resource: none where it is service-linked.
    pub fn rcps_of_role(&self, account: &str, role: &str) -> &[Vec<NamedPolicy>] {
        match arn::is_service_linked_role(role) {
            true => &[],
            false => self.rcps(account),
        }
    }

    /// What of the SCPs of an account was not seen, as a sentence; nothing where all were, or where
    /// none can bind it. They could only take away.
    pub fn unseen(&self, account: &str) -> Option<&str> {
        match self.above(account) {
            Some(above) => above.unseen.as_deref(),
            None => Some("the service control policies of its account were not seen"),
        }
    }

    /// Gives the context the keys that tell where the caller's account is. They hold for requests
    /// that are signed with a principal's credentials.
    pub fn fill_principal(&self, account: &str, context: &mut Context) {
        self.fill("aws:PrincipalOrg", account, context);
    }

    /// Gives the context the keys that tell where the resource's account is.
    pub fn fill_resource(&self, account: &str, context: &mut Context) {
        self.fill("aws:ResourceOrg", account, context);
    }

    /// Gives the context the keys that tell where the account is in whose name a service calls.
    pub fn fill_source(&self, account: &str, context: &mut Context) {
        self.fill("aws:SourceOrg", account, context);
    }

    fn fill(&self, keys: &str, account: &str, context: &mut Context) {
        let (id_key, path_key) = (format!("{keys}ID"), format!("{keys}Paths"));
        match self.above(account).map(|above| &above.place) {
            Some(Place::Outside) => {
                context.set_absent(&id_key).set_absent(&path_key);
            }
            Some(Place::Inside { id, path, .. }) => {
                if let Some(id) = id {
                    context.set(&id_key, id);
                }
                if let Some(path) = path {
                    context.set_list(&path_key, [path.as_str()]);
                }
            }
            _ => {}
        }
    }
}

impl Above {
    /// Whether the organisation's policies bind the account, for certain.
    fn binds(&self) -> bool {
        let member = Some(false);
        matches!(&self.place, Place::Inside { management, .. } if *management == member)
    }

    /// The SCPs, whomever they bind.
    pub fn scps(&self) -> &[Vec<NamedPolicy>] {
        &self.scps
    }
}

/// What stands above an account, with its policies compiled.
fn above(snapshot: &Snapshot, account: &str, compiler: &Compiler<'_>) -> Above {
    let all = &snapshot.organizations;
    let membership = snapshot
        .accounts
        .get(account)
        .and_then(|one| one.organization.as_ref());
    if membership.is_some_and(|one| one.organization_id.is_none()) {
        return Above {
            place: Place::Outside,
            ..Above::default()
        };
    }
    let (mut way, reached) = all.way_up(account);
    way.reverse();
    let known = membership.and_then(|one| one.organization_id.as_deref());
    let (id, master) = organization(all, account, known, &way);
    if id.is_none() && master.is_none() && way.len() == 1 && !is_target(all, account) {
        let unseen = format!("the service control policies of account {account} were not seen");
        return Above {
            unseen: Some(unseen),
            ..Above::default()
        };
    }
    let management = master.map(|master| master == account);
    let path = id.filter(|_| reached).map(|id| path_of(id, &way));
    let place = Place::Inside {
        id: id.map(str::to_owned),
        path,
        management,
    };
    let features = id.and_then(|id| {
        let mut organizations = all.organizations.iter();
        organizations
            .find(|one| one.id == id)?
            .feature_set
            .as_deref()
    });
    // Consolidated billing knows no policies, and they do not bind the management account.
    if features == Some("CONSOLIDATED_BILLING") || management == Some(true) {
        return Above {
            place,
            ..Above::default()
        };
    }
    let mut unseen = Vec::new();
    if !reached {
        let last = way.first().copied().unwrap_or(account);
        unseen.push(format!("what stands above {last}"));
    }
    if management.is_none() {
        unseen.push("which account manages the organisation".to_owned());
    }
    let scps = compiler.levels(&way, SCP, &mut unseen);
    let rcps = compiler.levels(&way, RCP, &mut Vec::new());
    let unseen = (!unseen.is_empty()).then(|| {
        let parts = unseen.join(", ");
        format!("the service control policies of account {account} were not all seen: {parts}")
    });
    Above {
        place,
        scps: scps.into(),
        rcps: rcps.into(),
        unseen,
    }
}

fn is_target(all: &Facts, account: &str) -> bool {
    all.attached.iter().any(|one| one.target_id == account)
}

/// `o-a1/r-ab12/ou-ab12-1/`, of a way down; the account itself is no part of it.
fn path_of(id: &str, way: &[&str]) -> String {
    let units = way.iter().filter(|part| !arn::is_account_id(part));
    let mut path = format!("{id}/");
    for unit in units {
        path.push_str(unit);
        path.push('/');
    }
    path
}

/// The organisation's id and management account, as far as anything tells: the organisation's own
/// description, the account's ARN in it, the ARNs of policies attached above.
fn organization<'a>(
    all: &'a Facts,
    account: &str,
    known: Option<&'a str>,
    way: &[&str],
) -> (Option<&'a str>, Option<&'a str>) {
    let own = all.accounts.iter().find(|one| one.id == account);
    let own = own.and_then(|one| facts::owner(&one.arn));
    let manages = |one: &&facts::Organization| one.master_account_id.as_deref() == Some(account);
    let managed = all.organizations.iter().find(manages);
    let attached = all
        .attached
        .iter()
        .filter(|one| way.contains(&one.target_id.as_str()))
        .flat_map(|one| &one.policies)
        .find_map(|policy| facts::owner(&policy.arn));
    // One that is described alone is that of the accounts whose place is known.
    let only = match all.organizations.as_slice() {
        [one] if way.len() > 1 => Some(one.id.as_str()),
        _ => None,
    };
    let id = known
        .or(own.map(|(_, id)| id))
        .or(managed.map(|one| one.id.as_str()))
        .or(attached.map(|(_, id)| id))
        .or(only);
    let described = id.and_then(|id| all.organizations.iter().find(|one| one.id == id));
    let master = described
        .and_then(|one| {
            let told = one.master_account_id.as_deref();
            told.or(facts::owner(&one.arn).map(|(master, _)| master))
        })
        .or(own.map(|(master, _)| master))
        .or(attached.map(|(master, _)| master));
    (id, master)
}

/// Compiles each policy once, however often it is attached.
struct Compiler<'s> {
    attached: HashMap<(&'s str, &'s str), &'s [PolicySummary]>,
    compiled: HashMap<&'s str, Result<Arc<PolicyDocument>, String>>,
    /// A document that allows everything.
    everything: Option<Arc<PolicyDocument>>,
}

impl<'s> Compiler<'s> {
    fn new(all: &'s Facts) -> Self {
        let attached = all.attached.iter().map(|one| {
            let list = (one.target_id.as_str(), one.filter.as_str());
            (list, one.policies.as_slice())
        });
        let compiled = all.policies.iter().map(|policy| {
            let document = PolicyDocument::parse(policy.content.as_str());
            let document = document.map(Arc::new).map_err(|error| error.to_string());
            (policy.policy_summary.key(), document)
        });
        Self {
            attached: attached.collect(),
            compiled: compiled.collect(),
            everything: of_aws("p-FullAWSAccess"),
        }
    }

    /// The levels of a type. Where every list is empty the type is not in force: AWS keeps at
    /// least one policy attached everywhere while it is (Organizations User Guide, "Quotas and
    /// service limits", minimum of attached policies). A level that was not seen is left out.
    fn levels(
        &self,
        way: &[&str],
        filter: &str,
        unseen: &mut Vec<String>,
    ) -> Vec<Vec<NamedPolicy>> {
        let mut levels = Vec::new();
        for target in way {
            match self.attached.get(&(*target, filter)) {
                Some(list) => levels.push(self.level(list, unseen)),
                None => unseen.push(format!("what is attached to {target}")),
            }
        }
        match levels.iter().all(Vec::is_empty) {
            true => Vec::new(),
            false => levels,
        }
    }

    /// One level. A policy that was not seen may allow anything, so it stands there as if it did.
    fn level(&self, list: &[PolicySummary], unseen: &mut Vec<String>) -> Vec<NamedPolicy> {
        let policies = list.iter().filter_map(|summary| {
            let name = summary.name.as_deref().unwrap_or(&summary.id);
            let document = self.document(summary).unwrap_or_else(|why| {
                unseen.push(format!("{name} {why}"));
                self.everything.clone()
            });
            Some(NamedPolicy {
                name: name.into(),
                document: document?,
            })
        });
        policies.collect()
    }

    fn document(&self, summary: &PolicySummary) -> Result<Option<Arc<PolicyDocument>>, String> {
        match self.compiled.get(summary.key()) {
            Some(Ok(document)) => Ok(Some(Arc::clone(document))),
            Some(Err(error)) => Err(format!("cannot be read ({error})")),
            None => match of_aws(&summary.id) {
                Some(document) => Ok(Some(document)),
                None => Err("was not read".to_owned()),
            },
        }
    }
}

/// A policy that AWS attaches by itself.
fn of_aws(id: &str) -> Option<Arc<PolicyDocument>> {
    let text = aws_managed(id)?;
    PolicyDocument::parse(text.as_str()).ok().map(Arc::new)
}

#[cfg(test)]
mod tests;
