//! The regions of all accounts.

use crate::snapshot::Region;
use crate::snapshot::id::Arn;

use super::Graph;

impl<'s> Graph<'s> {
    /// Each region that was looked at, with its account and its name.
    pub fn regions(&self) -> impl Iterator<Item = (&'s str, &'s str, &'s Region)> {
        self.snapshot.accounts.iter().flat_map(|(account, facts)| {
            let regions = facts.regions.iter();
            regions.map(move |(region, facts)| (account.as_str(), region.as_str(), facts))
        })
    }

    /// A region of an account.
    pub fn region_of(&self, account: &str, region: &str) -> Option<&'s Region> {
        self.snapshot.accounts.get(account)?.regions.get(region)
    }

    /// The region that something is in.
    pub(super) fn region(&self, arn: &Arn<'_>) -> Option<&'s Region> {
        self.region_of(arn.account, arn.region)
    }
}
