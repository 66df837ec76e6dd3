//! When a secret of Secrets Manager was last read, wherever it has replicas.
//!
//! AWS Secrets Manager API Reference, `SecretListEntry`, `ReplicationStatusType`: each region tells the day of its own
//! last read.

use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::time::Time;

use super::Graph;

/// Whether a secret is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRead {
    /// It was, not long ago, or it is too young to tell.
    InUse,
    /// It was not since: its last read, or its creation where there was none.
    Unused(Time),
    /// It was not, but it has replicas, and these were not seen.
    ReplicasUnseen,
    /// It never was, and when it was made is not known.
    Undated,
}

/// The last read of a secret or of one of its replicas.
pub fn last_read(secret: &Secret) -> Option<Time> {
    let replicas = secret.replication_status.iter();
    let all = replicas.filter_map(|replica| replica.last_accessed_date);
    all.chain(secret.last_accessed_date).max()
}

/// Whether a day is more than so many days ago. The read may have been at its end.
pub fn is_long_ago(since: Time, now: Time, days: i64) -> bool {
    since.days_until(now) > days
}

impl Graph<'_> {
    /// Whether a secret of an account and a region is read.
    pub fn secret_use(&self, (account, region): (&str, &str), secret: &Secret) -> LastRead {
        let Some(since) = last_read(secret).or(secret.created_date) else {
            return LastRead::Undated;
        };
        if !is_long_ago(since, self.snapshot.taken_at, self.limits_of(secret).unused) {
            return LastRead::InUse;
        }
        match self.replicas_seen((account, region), secret) {
            true => LastRead::Unused(since),
            false => LastRead::ReplicasUnseen,
        }
    }

    /// Whether all replicas of a secret are known: the list names none, only that the secret is the primary of some.
    pub fn replicas_seen(&self, (account, region): (&str, &str), secret: &Secret) -> bool {
        let listed = !secret.replication_status.is_empty();
        let scope = || format!("{account}/{region}");
        secret.primary_region.is_none() || listed || self.saw(Source::SECRET_DETAILS, &scope())
    }
}
