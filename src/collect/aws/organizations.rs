//! Organizations: what stands above an account, and which policies are attached there.
//!
//! AWS Organizations API Reference, `DescribeOrganization`, `ListParents`, `ListPoliciesForTarget`,
//! `DescribePolicy`. Any account of an organisation may describe it; the rest is answered to the
//! management account and to delegated administrators alone, so it is asked on request. Where a
//! role was assumed and its account may not, the account that assumed it is asked.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types as sdk;

use super::failure::{Failure, or_none};
use super::read::{Answer, Tally, each, pages};
use super::value::name;
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::iam::PolicyText;
use crate::snapshot::organizations::{
    Attached, Membership, Organization, Organizations, Parent, Parents, Policy, PolicySummary,
    TYPES,
};

/// What this file calls.
pub const CALLS: &[AwsCall] = &[
    AwsCall::on_request(
        "organizations:DescribeOrganization",
        "the organisation, for --organization",
    ),
    AwsCall::on_request(
        "organizations:ListParents",
        "what stands above the account, for --organization",
    ),
    AwsCall::on_request(
        "organizations:ListPoliciesForTarget",
        "which policies bind the account, for --organization",
    ),
    AwsCall::on_request(
        "organizations:DescribePolicy",
        "what these policies say, for --organization",
    ),
];

/// Calls at once: Organizations answers few a second.
const AT_ONCE: usize = 4;

/// Units under units, and the root (Organizations User Guide, "Quotas": five levels of units). A
/// way that is longer is a loop.
const DEEPEST: usize = 16;

/// The sources of this file.
const SOURCES: [Source; 4] = [
    Source::ORGANIZATION,
    Source::ORGANIZATION_PARENTS,
    Source::ORGANIZATION_ATTACHED,
    Source::ORGANIZATION_POLICIES,
];

/// The account is in no organisation.
const NONE: &[&str] = &["AWSOrganizationsNotInUseException"];

/// The partition or the organisation knows no policies of the type.
const NO_SUCH_TYPE: &[&str] = &[
    "PolicyTypeNotAvailableForOrganizationException",
    "UnsupportedAPIEndpointException",
];

/// What came of it.
#[derive(Debug, Default)]
pub(in crate::collect) struct Seen {
    /// Whether the account is in an organisation.
    pub(in crate::collect) membership: Option<Membership>,
    /// What stands above it.
    pub(in crate::collect) organizations: Organizations,
    /// How much of it came.
    pub(in crate::collect) coverage: Coverage,
}

/// Who asks.
pub(in crate::collect) struct Clients {
    /// With the scan's credentials.
    pub(in crate::collect) own: Client,
    /// With those that assume the scan's role.
    pub(in crate::collect) before: Option<Client>,
}

/// Nobody asked, and how to.
pub(in crate::collect) fn not_asked(account: &str) -> Seen {
    let mut seen = Seen::default();
    for source in SOURCES {
        let why = "not asked: --organization reads what stands above the account, which only its \
                   management account or a delegated administrator may";
        seen.coverage
            .record(source.name, account, Status::Skipped, 0, Some(why.into()));
    }
    seen
}

/// Reads what stands above an account.
pub(in crate::collect) async fn collect(
    clients: Clients,
    account: &str,
    progress: &dyn Progress,
) -> Seen {
    let mut seen = Seen::default();
    let organization = describe(&clients.own).await;
    if matches!(&organization, Ok(None)) {
        seen.membership = Some(Membership::default());
        for source in SOURCES {
            Tally::default().record(&mut seen.coverage, source, account);
        }
        return seen;
    }
    let tally = Tally::of_call(&organization);
    if let Ok(Some(found)) = organization {
        seen.membership = Some(Membership {
            organization_id: Some(found.id.clone()),
        });
        seen.organizations.organizations.push(found);
    }
    let reader = Reader { account, progress };
    tally.record(&mut seen.coverage, Source::ORGANIZATION, account);
    let (client, cut) = reader.parents(clients, &mut seen).await;
    reader.policies(&client, cut, &mut seen).await;
    seen
}

/// The organisation; none where the account is in none.
async fn describe(client: &Client) -> Result<Option<Organization>, Failure> {
    let call = Source::ORGANIZATION.name;
    let answer = client
        .describe_organization()
        .send()
        .await
        .map_err(|error| Failure::of(call, &error));
    let Some(answer) = or_none(answer, NONE)? else {
        return Ok(None);
    };
    let of = answer
        .organization
        .ok_or_else(|| Failure::plain(format!("{call}: the answer names no organisation")))?;
    Ok(Some(Organization {
        id: of.id.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        feature_set: name(of.feature_set),
        master_account_id: of.master_account_id,
    }))
}

/// Reads for one account.
struct Reader<'a> {
    account: &'a str,
    progress: &'a dyn Progress,
}

impl Reader<'_> {
    /// The way up to the root; gives the client that was answered, and why the root was not reached.
    async fn parents(&self, clients: Clients, seen: &mut Seen) -> (Client, Option<Failure>) {
        let Clients { own, mut before } = clients;
        let mut client = own;
        let mut child = self.account.to_owned();
        let mut cut = None;
        let parents = &mut seen.organizations.parents;
        loop {
            let mut answer = parents_of(&client, &child).await;
            if let Err(failure) = &answer
                && failure.status == Status::Denied
                && let Some(other) = before.take()
            {
                client = other;
                answer = parents_of(&client, &child).await;
            }
            match answer {
                Ok(found) if parents.len() < DEEPEST => {
                    let above = found.parents.first().cloned();
                    parents.push(found);
                    match above {
                        Some(parent) if !parent.is_root() => child = parent.id,
                        _ => break,
                    }
                }
                Ok(_) => {
                    cut = Some(Failure::plain("the units above the account have no end"));
                    break;
                }
                Err(failure) => {
                    cut = Some(failure);
                    break;
                }
            }
        }
        let read = parents.len();
        let source = Source::ORGANIZATION_PARENTS;
        self.progress.read(source.name, self.account, read as u64);
        let tally = Tally::of_list(read, cut.clone(), read);
        tally.record(&mut seen.coverage, source, self.account);
        (client, cut)
    }

    /// What is attached to the account and above it, as far up as that is known, and what it says.
    async fn policies(&self, client: &Client, cut: Option<Failure>, seen: &mut Seen) {
        let (way, _) = seen.organizations.way_up(self.account);
        let lists: Vec<Asked> = way
            .iter()
            .flat_map(|target| TYPES.map(|filter| Asked::of(target, filter)))
            .collect();
        let mut tally = Tally::of_items(cut);
        let mut missed = None;
        for (list, answer) in each(lists, AT_ONCE, |list| attached(client, list)).await {
            match answer {
                Ok(found) => {
                    let found: Vec<Attached> = found.into_iter().collect();
                    let policies = found.iter().map(|one| one.policies.len() as u64).sum();
                    tally.count(policies, true);
                    seen.organizations.attached.extend(found);
                }
                Err(failure) => {
                    missed.get_or_insert(failure.clone());
                    tally.missed(list, failure);
                }
            }
        }
        let source = Source::ORGANIZATION_ATTACHED;
        let count = seen.organizations.attached.len() as u64;
        self.progress.read(source.name, self.account, count);
        let mut documents = match missed {
            Some(failure) => Tally::of_items(Some(failure)),
            None => tally.of_its_items(),
        };
        tally.record(&mut seen.coverage, source, self.account);

        let all = seen.organizations.attached.iter();
        let mut ids: Vec<String> = all
            .flat_map(|one| &one.policies)
            .map(|policy| policy.id.clone())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let answers = each(ids, AT_ONCE, |id| policy(client, id)).await;
        let source = Source::ORGANIZATION_POLICIES;
        seen.organizations.policies = documents.take(answers);
        let count = seen.organizations.policies.len() as u64;
        self.progress.read(source.name, self.account, count);
        documents.record(&mut seen.coverage, source, self.account);
    }
}

async fn parents_of(client: &Client, child: &str) -> Result<Parents, Failure> {
    let read = pages(|token| async move {
        let answer = client
            .list_parents()
            .child_id(child)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of(Source::ORGANIZATION_PARENTS.name, &error))?;
        Ok((answer.parents.unwrap_or_default(), answer.next_token))
    })
    .await;
    if let Some(failure) = read.cut {
        return Err(failure);
    }
    let parents: Vec<Parent> = read
        .pages
        .into_iter()
        .flatten()
        .map(|of| Parent {
            id: of.id.unwrap_or_default(),
            r#type: name(of.r#type).unwrap_or_default(),
        })
        .collect();
    if parents.is_empty() {
        let call = Source::ORGANIZATION_PARENTS.name;
        return Err(Failure::plain(format!("{call}: {child} has no parent")));
    }
    Ok(Parents {
        child_id: child.to_owned(),
        parents,
    })
}

/// A list that is asked for, and how it is shown.
struct Asked {
    target: String,
    filter: &'static str,
    shown: String,
}

impl Asked {
    fn of(target: &str, filter: &'static str) -> Self {
        Self {
            target: target.to_owned(),
            filter,
            shown: format!("{target} ({filter})"),
        }
    }
}

impl AsRef<str> for Asked {
    fn as_ref(&self) -> &str {
        &self.shown
    }
}

/// What of a type is attached to a target: a list without its end is none. One of a type that is
/// not there is empty.
async fn attached(client: &Client, list: Asked) -> Answer<Attached> {
    let (target, filter) = (list.target.as_str(), sdk::PolicyType::from(list.filter));
    let filter = &filter;
    let read = pages(|token| async move {
        let answer = client
            .list_policies_for_target()
            .target_id(target)
            .filter(filter.clone())
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of(Source::ORGANIZATION_ATTACHED.name, &error));
        let Some(answer) = or_none(answer, NO_SUCH_TYPE)? else {
            return Ok((Vec::new(), None));
        };
        Ok((answer.policies.unwrap_or_default(), answer.next_token))
    })
    .await;
    if let Some(failure) = read.cut {
        return Err(failure);
    }
    let policies = read.pages.into_iter().flatten();
    Ok(Some(Attached {
        target_id: target.to_owned(),
        filter: list.filter.to_owned(),
        policies: policies.map(summary).collect(),
    }))
}

/// What a policy says. One that is attached cannot be deleted, so it is there.
async fn policy(client: &Client, id: String) -> Answer<Policy> {
    let call = Source::ORGANIZATION_POLICIES.name;
    let answer = client
        .describe_policy()
        .policy_id(&id)
        .send()
        .await
        .map_err(|error| Failure::of(call, &error))?;
    let parts = answer
        .policy
        .and_then(|policy| Some((policy.policy_summary?, policy.content?)));
    let Some((of, content)) = parts else {
        return Err(Failure::plain(format!(
            "{call}: the answer has no document"
        )));
    };
    Ok(Some(Policy {
        policy_summary: summary(of),
        content: PolicyText::from_text(&content),
    }))
}

/// `PolicySummary`.
fn summary(of: sdk::PolicySummary) -> PolicySummary {
    PolicySummary {
        id: of.id.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        name: of.name,
        r#type: name(of.r#type).unwrap_or_default(),
        aws_managed: of.aws_managed,
    }
}
