//! Since when the value of a secret is the same.
//!
//! AWS Secrets Manager API Reference, `SecretListEntry`: `LastChangedDate` counts a change of the tags too, so it tells only
//! by when the value was last changed at the latest; the current version's `CreatedDate` and `LastRotatedDate` tell of the value. AWS
//! Systems Manager API Reference, `ParameterMetadata`. Kubernetes: the managed fields, see [`super::secret_use`].

use crate::snapshot::kubernetes::Secret as KubernetesSecret;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::ssm::Parameter;
use crate::snapshot::time::Time;

use super::Graph;
use super::secret_use::last_write;

/// Types of Kubernetes Secrets that hold what somebody put there; certificates and tokens have rules of their own.
const BY_HAND: [&str; 5] = [
    "Opaque",
    "kubernetes.io/basic-auth",
    "kubernetes.io/ssh-auth",
    "kubernetes.io/dockercfg",
    "kubernetes.io/dockerconfigjson",
];

/// How old a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Within the limits, or judged by another rule.
    Fine,
    /// The same since then at the latest, which is too long.
    Old(Time),
    /// That was not seen.
    Unknown,
}

impl Graph<'_> {
    /// How old the value of a secret is.
    pub fn age_of_secret(&self, secret: &Secret) -> Age {
        let limit = self.limits_of(secret).max_age;
        let mut versions = self.versions_of(secret).iter();
        let current = versions.find(|version| version.has_stage("AWSCURRENT"));
        let changed = current.and_then(|version| version.created_date);
        if let Some(changed) = changed {
            return self.aged(changed, limit);
        }
        // It was changed no later than that.
        let any = secret.last_changed_date.or(secret.created_date);
        match any.map(|any| self.aged(any, limit)) {
            Some(Age::Old(since)) => return Age::Old(since),
            Some(_) => {}
            None => return Age::Unknown,
        }
        let at_least = secret.last_rotated_date.max(secret.created_date);
        match at_least.map(|at_least| self.aged(at_least, limit)) {
            Some(Age::Fine) => Age::Fine,
            _ => Age::Unknown,
        }
    }

    /// How old the value of a parameter is.
    pub fn age_of_parameter(&self, parameter: &Parameter) -> Age {
        let limit = self.limits_of_parameter(parameter).max_age;
        let changed = parameter.last_modified_date;
        changed.map_or(Age::Unknown, |changed| self.aged(changed, limit))
    }

    /// How old the value of a Kubernetes Secret is that somebody put there.
    pub fn age_of_kept(&self, secret: &KubernetesSecret) -> Age {
        let by_hand = secret
            .kind
            .as_deref()
            .is_none_or(|kind| BY_HAND.contains(&kind));
        if !by_hand || !secret.metadata.owner_references.is_empty() {
            return Age::Fine;
        }
        let limit = self.limits_of_kept(secret).max_age;
        let write = last_write(secret, None).map(|(time, _)| time);
        if let Some(write) = write {
            return self.aged(write, limit);
        }
        // It is no older than the object.
        let created = secret.metadata.creation_timestamp;
        match created.map(|created| self.aged(created, limit)) {
            Some(Age::Fine) => Age::Fine,
            _ => Age::Unknown,
        }
    }

    fn aged(&self, changed: Time, limit: i64) -> Age {
        match changed.days_until(self.snapshot.taken_at) > limit {
            true => Age::Old(changed),
            false => Age::Fine,
        }
    }
}
