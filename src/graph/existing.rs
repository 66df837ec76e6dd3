//! What there is in an account to escalate to, and who does.

mod things;

use std::collections::HashMap;

use crate::iam::arn;
use crate::iam::escalation::{Existing, GroupFacts, PolicyFacts, RoleFacts, Thing, UserFacts};
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::{AttachedPolicy, CredentialReportRow, Iam, ManagedPolicy, Role};

use super::Graph;
use super::principal::PrincipalKind;

impl Graph<'_> {
    /// What there is in an account to escalate to, where its IAM was read whole.
    pub fn existing(&self, account: &str) -> Existing {
        if !self.saw(Source::IAM, account) {
            return Existing::unseen();
        }
        let Some(facts) = self.snapshot.accounts.get(account) else {
            return Existing::unseen();
        };
        let iam = &facts.iam;
        let principals = || {
            self.principals
                .iter()
                .filter(|(_, one)| one.account == account)
        };
        let in_profiles = in_profiles(iam);
        let roles = principals().filter_map(|(_, one)| {
            let trust = &one.trust.as_ref()?.document;
            let role = one.role()?;
            let listed = in_profiles.contains_key(one.arn).then_some(true);
            Some(RoleFacts {
                arn: one.arn,
                trust,
                in_profile: in_profile(role).or(listed),
                is_bounded: role.permissions_boundary.is_some(),
            })
        });
        let report = self.saw(Source::CREDENTIAL_REPORT, account);
        let rows = iam.credential_report.iter().filter(|_| report);
        let rows: HashMap<&str, &CredentialReportRow> =
            rows.map(|row| (row.arn.as_str(), row)).collect();
        let users = principals().filter_map(|(_, one)| {
            let PrincipalKind::User(user) = one.kind else {
                return None;
            };
            let row = rows.get(one.arn);
            Some(UserFacts {
                arn: one.arn,
                is_bounded: user.permissions_boundary.is_some(),
                keys: row.map(|row| row.access_keys.len()),
                has_password: row.and_then(|row| row.password_enabled),
            })
        });
        let holders = Holders::of(iam);
        let groups = iam.groups.iter().map(|group| GroupFacts {
            arn: &group.arn,
            members: holders.in_group(&group.group_name),
        });
        let policies = iam.policies.iter().map(|policy| PolicyFacts {
            arn: &policy.arn,
            holders: holders.of_policy(&policy.arn),
            groups: holders.groups_with(&policy.arn),
            versions: other_versions(policy),
            count: Some(policy.policy_version_list.len()).filter(|count| *count > 0),
        });
        let existing = Existing::unseen()
            .with_roles(roles)
            .with_users(users)
            .with_groups(groups)
            .with_policies(policies);
        let existing = self.with_what_runs(existing, account, facts);
        // That there are none is not known: a cluster elsewhere may have some.
        let addons = self.addons(account);
        match addons.is_empty() {
            true => existing,
            false => existing.with_things(Thing::Addon, addons.into_iter().map(|arn| (arn, None))),
        }
    }

    /// The add-ons of an account's clusters, by ARN.
    fn addons(&self, account: &str) -> Vec<&str> {
        let clusters = self.clusters.iter().map(|node| &node.cluster.eks);
        let here = clusters.filter(|eks| {
            let cluster = eks.cluster.as_ref();
            cluster.and_then(|one| arn::account(&one.arn)) == Some(account)
        });
        let addons = here.flat_map(|eks| &eks.addons);
        let arns = addons.map(|addon| addon.addon_arn.as_str());
        arns.filter(|arn| !arn.is_empty()).collect()
    }
}

/// Whether a role is in an instance profile, which the authorization details tell of each role.
fn in_profile(role: &Role) -> Option<bool> {
    let list = role.instance_profile_list.as_ref()?;
    Some(!list.is_empty())
}

/// The roles of the instance profiles that were listed, by ARN.
fn in_profiles(iam: &Iam) -> HashMap<&str, ()> {
    let roles = iam.instance_profiles.iter().flat_map(|one| &one.roles);
    roles.map(|role| (role.arn.as_str(), ())).collect()
}

/// The documents of a policy's versions that are not in force and say something else. One that was not read is empty.
fn other_versions(policy: &ManagedPolicy) -> Vec<&str> {
    let in_force = policy.document();
    let others = policy.policy_version_list.iter().filter(|version| {
        !version.is_default_version
            && version.version_id != policy.default_version_id
            && (version.document.is_none() || version.document.as_ref() != in_force)
    });
    others
        .map(|version| version.document.as_ref().map_or("", |text| text.as_str()))
        .collect()
}

/// Who has which policy and is in which group, by ARN.
struct Holders<'s> {
    in_group: HashMap<&'s str, Vec<&'s str>>,
    of_policy: HashMap<&'s str, Vec<&'s str>>,
    groups_with: HashMap<&'s str, Vec<&'s str>>,
}

impl<'s> Holders<'s> {
    fn of(iam: &'s Iam) -> Self {
        let mut all = Self {
            in_group: HashMap::new(),
            of_policy: HashMap::new(),
            groups_with: HashMap::new(),
        };
        for user in &iam.users {
            for name in &user.group_list {
                all.in_group.entry(name).or_default().push(&user.arn);
            }
        }
        let mut attach = |policies: &'s [AttachedPolicy], who: &[&'s str]| {
            for policy in policies {
                let holders = all.of_policy.entry(&policy.policy_arn).or_default();
                holders.extend(who);
            }
        };
        for role in &iam.roles {
            attach(&role.attached_managed_policies, &[&role.arn]);
        }
        for user in &iam.users {
            attach(&user.attached_managed_policies, &[&user.arn]);
        }
        for group in &iam.groups {
            let members = all.in_group.get(group.group_name.as_str());
            attach(
                &group.attached_managed_policies,
                members.map_or(&[], Vec::as_slice),
            );
        }
        for group in &iam.groups {
            for policy in &group.attached_managed_policies {
                let with = all.groups_with.entry(&policy.policy_arn).or_default();
                with.push(&group.arn);
            }
        }
        all
    }

    fn in_group(&self, name: &str) -> Vec<&'s str> {
        self.in_group.get(name).cloned().unwrap_or_default()
    }

    fn of_policy(&self, arn: &str) -> Vec<&'s str> {
        self.of_policy.get(arn).cloned().unwrap_or_default()
    }

    fn groups_with(&self, policy: &str) -> Vec<&'s str> {
        self.groups_with.get(policy).cloned().unwrap_or_default()
    }
}
