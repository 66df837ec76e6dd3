//! The latest observation in the files: creation, last use, status, managed fields. Plans (the
//! next rotation, a scheduled deletion, the end of support) are no observations.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::snapshot::kms::Kms;
use crate::snapshot::time::Time;
use crate::snapshot::{Account, Cluster, Region, Snapshot};

/// The latest time seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Latest {
    time: Option<Time>,
    /// Its first 19 characters: text is compared before anything is parsed.
    text: String,
}

impl Latest {
    /// The time.
    pub fn time(&self) -> Option<Time> {
        self.time
    }

    /// Looks at a time.
    pub fn see(&mut self, time: Option<Time>) {
        if time > self.time {
            self.time = time;
            self.text = time
                .map(|time| time.to_string().chars().take(19).collect())
                .unwrap_or_default();
        }
    }

    /// Looks at an object's metadata and status. Only where it holds a later time at all is it
    /// looked at closer.
    pub fn object(&mut self, raw: &str) {
        if stamps(raw).any(|stamp| stamp > self.text.as_str()) {
            let found = observed_in(raw);
            self.see(found);
        }
    }
}

/// All that looks like `2026-11-24T00:00:00Z`, as Kubernetes prints times, without the `Z`.
fn stamps(raw: &str) -> impl Iterator<Item = &str> {
    raw.match_indices('Z').filter_map(|(at, _)| {
        // A quote, 19 characters, perhaps a fraction of a second.
        let near = at.saturating_sub(31);
        let quote = raw
            .as_bytes()
            .get(near..at)?
            .iter()
            .rposition(|byte| *byte == b'"')?;
        let stamp = raw.get(near + quote + 1..)?.get(..19)?;
        (stamp.as_bytes().get(10) == Some(&b'T')).then_some(stamp)
    })
}

fn observed_in(raw: &str) -> Option<Time> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Object<'a> {
        #[serde(borrow)]
        status: Option<&'a RawValue>,
        metadata: Metadata,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Metadata {
        creation_timestamp: Option<Time>,
        managed_fields: Option<Vec<Write>>,
    }
    // The end of a certificate, and when it is renewed.
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Plans {
        not_after: Option<String>,
        renewal_time: Option<String>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Write {
        time: Option<Time>,
    }
    let object: Object = serde_json::from_str(raw).unwrap_or_default();
    let status = object.status.map_or("", |status| status.get());
    let plans: Plans = serde_json::from_str(status).unwrap_or_default();
    let plans = [plans.not_after, plans.renewal_time];
    let is_plan = |stamp: &str| plans.iter().flatten().any(|plan| plan.starts_with(stamp));
    let writes = object.metadata.managed_fields.unwrap_or_default();
    stamps(status)
        .filter(|stamp| !is_plan(stamp))
        .filter_map(|stamp| Time::parse(&format!("{stamp}Z")).ok())
        .chain(writes.into_iter().filter_map(|write| write.time))
        .chain(object.metadata.creation_timestamp)
        .max()
}

/// The latest observation among the facts of AWS.
pub(super) fn latest(snapshot: &Snapshot) -> Option<Time> {
    let mut latest = Latest::default();
    for account in snapshot.accounts.values() {
        of_account(account, &mut latest);
        for region in account.regions.values() {
            of_region(region, &mut latest);
        }
    }
    for cluster in snapshot.clusters.values() {
        of_cluster(cluster, &mut latest);
    }
    latest.time()
}

fn of_account(account: &Account, latest: &mut Latest) {
    let iam = &account.iam;
    iam.users
        .iter()
        .for_each(|user| latest.see(user.create_date));
    iam.groups
        .iter()
        .for_each(|group| latest.see(group.create_date));
    for role in &iam.roles {
        latest.see(role.create_date);
        latest.see(
            role.role_last_used
                .as_ref()
                .and_then(|used| used.last_used_date),
        );
    }
    for policy in &iam.policies {
        latest.see(policy.create_date);
        latest.see(policy.update_date);
        policy
            .policy_version_list
            .iter()
            .for_each(|version| latest.see(version.create_date));
    }
    iam.oidc_providers
        .iter()
        .for_each(|provider| latest.see(provider.create_date));
    for row in &iam.credential_report {
        latest.see(row.password_last_used);
        for key in &row.access_keys {
            latest.see(key.last_rotated);
            latest.see(key.last_used);
        }
    }
    iam.access_keys
        .iter()
        .for_each(|key| latest.see(key.create_date));
    for used in &iam.last_accessed {
        latest.see(used.completed);
        for service in &used.services {
            latest.see(service.last_authenticated);
            for action in &service.tracked_actions_last_accessed {
                latest.see(action.last_accessed_time);
            }
        }
    }
}

fn of_region(region: &Region, latest: &mut Latest) {
    let ecr = &region.ecr;
    ecr.repositories
        .iter()
        .for_each(|repository| latest.see(repository.created_at));
    for image in &ecr.images {
        latest.see(image.image_pushed_at);
        latest.see(image.last_recorded_pull_time);
        if let Some(summary) = &image.image_scan_findings_summary {
            latest.see(summary.image_scan_completed_at);
            latest.see(summary.vulnerability_source_updated_at);
        }
    }
    for findings in ecr
        .findings
        .iter()
        .filter_map(|image| image.image_scan_findings.as_ref())
    {
        latest.see(findings.image_scan_completed_at);
        latest.see(findings.vulnerability_source_updated_at);
        for finding in &findings.enhanced_findings {
            latest.see(finding.first_observed_at);
            latest.see(finding.last_observed_at);
        }
    }
    of_kms(&region.kms, latest);
    for parameter in &region.ssm.parameters {
        latest.see(parameter.last_modified_date);
    }
    let versions = region.secretsmanager.versions.iter();
    for version in versions.flat_map(|secret| &secret.versions) {
        latest.see(version.created_date);
        latest.see(version.last_accessed_date);
    }
    for secret in &region.secretsmanager.secrets {
        latest.see(secret.created_date);
        latest.see(secret.last_changed_date);
        latest.see(secret.last_rotated_date);
        latest.see(secret.last_accessed_date);
        secret
            .replication_status
            .iter()
            .for_each(|replica| latest.see(replica.last_accessed_date));
    }
}

fn of_kms(kms: &Kms, latest: &mut Latest) {
    kms.keys
        .iter()
        .for_each(|key| latest.see(key.creation_date));
    kms.grants
        .iter()
        .for_each(|grant| latest.see(grant.creation_date));
    kms.rotation
        .iter()
        .for_each(|rotation| latest.see(rotation.on_demand_rotation_start_date));
    for alias in &kms.aliases {
        latest.see(alias.creation_date);
        latest.see(alias.last_updated_date);
    }
}

fn of_cluster(cluster: &Cluster, latest: &mut Latest) {
    let eks = &cluster.eks;
    latest.see(eks.cluster.as_ref().and_then(|cluster| cluster.created_at));
    eks.nodegroups
        .iter()
        .for_each(|group| latest.see(group.created_at));
    eks.fargate_profiles
        .iter()
        .for_each(|profile| latest.see(profile.created_at));
    eks.addons
        .iter()
        .for_each(|addon| latest.see(addon.created_at));
    for access in &eks.access {
        latest.see(access.entry.created_at);
        latest.see(access.entry.modified_at);
        for policy in &access.policies {
            latest.see(policy.associated_at);
            latest.see(policy.modified_at);
        }
    }
    eks.pod_identity
        .iter()
        .for_each(|one| latest.see(one.created_at));
    eks.insights
        .iter()
        .for_each(|insight| latest.see(insight.last_refresh_time));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_observations_of_an_object_count() {
        let mut latest = Latest::default();
        for (raw, want) in [
            (
                r#"{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"}}"#,
                "2026-01-01",
            ),
            (
                r#"{"metadata":{"annotations":{"a":"2027-01-01T00:00:00Z"},"deletionTimestamp":"2026-12-01T00:00:00Z"},"spec":{"x":"2027-01-01T00:00:00Z"}}"#,
                "2026-01-01",
            ),
            (
                r#"{"status":{"conditions":[{"lastTransitionTime":"2026-02-01T00:00:00.123456Z"}]}}"#,
                "2026-02-01",
            ),
            (
                r#"{"metadata":{"managedFields":[{"time":"2026-03-01T00:00:00Z"}]}}"#,
                "2026-03-01",
            ),
            (
                r#"{"metadata":{"managedFields":null,"creationTimestamp":null}}"#,
                "2026-03-01",
            ),
        ] {
            latest.object(raw);
            assert_eq!(latest.time().unwrap().date(), want, "{raw}");
        }
    }
}
