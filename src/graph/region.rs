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

    /// The region that something is in.
    pub(super) fn region(&self, arn: &Arn<'_>) -> Option<&'s Region> {
        let account = self.snapshot.accounts.get(arn.account)?;
        account.regions.get(arn.region)
    }
}
