//! What there is in an account to escalate to, and who does.

use crate::iam::escalation::{Existing, RoleFacts};
use crate::snapshot::coverage::Source;

use super::Graph;

impl Graph<'_> {
    /// What there is in an account to escalate to, where its IAM was read whole.
    pub fn existing(&self, account: &str) -> Existing {
        if !self.saw(Source::IAM, account) {
            return Existing::unseen();
        }
        let principals = || {
            self.principals
                .iter()
                .filter(|(_, one)| one.account == account)
        };
        let roles = principals().filter_map(|(_, role)| {
            let trust = &role.trust.as_ref()?.document;
            Some(RoleFacts {
                arn: role.arn,
                trust,
            })
        });
        let users = principals()
            .filter(|(_, one)| one.role().is_none())
            .map(|(_, user)| user.arn);
        let existing = Existing::unseen().with_roles(roles).with_users(users);
        match self.snapshot.accounts.get(account) {
            Some(facts) => existing
                .with_groups(facts.iam.groups.iter().map(|group| group.arn.as_str()))
                .with_policies(facts.iam.policies.iter().map(|policy| policy.arn.as_str())),
            None => existing,
        }
    }
}
