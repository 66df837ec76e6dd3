//! Who may come into a cluster by access entries, and what those grant.
//!
//! EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries": they exist
//! where the cluster's authentication mode has `API` in it. In mode `CONFIG_MAP` the service
//! refuses the list, so it is not asked for.

use std::collections::BTreeMap;

use super::super::failure::{Failure, or_none};
use super::super::read::{Pages, Tally, each, pages};
use super::{AT_ONCE, Asked, GONE, PAGE, empty, flat_names, map};
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::eks::{Access, AccessEntry, AssociatedAccessPolicy, Cluster};

impl Asked<'_> {
    /// Access entries with their policies.
    pub(super) async fn access(
        &self,
        cluster: Option<&Cluster>,
        coverage: &mut Coverage,
    ) -> Vec<Access> {
        if only_config_map(cluster) {
            for source in [Source::ACCESS_ENTRIES, Source::ACCESS_POLICIES] {
                Tally::default().record(coverage, source, self.key);
            }
            return Vec::new();
        }
        let (arns, list) = flat_names(
            listed!(
                self,
                "eks:ListAccessEntries",
                list_access_entries,
                access_entries
            )
            .await,
        );
        let ask = described!(
            self,
            "eks:DescribeAccessEntry",
            describe_access_entry,
            principal_arn,
            access_entry,
            map::access_entry
        );
        let policies_tally = list.of_its_items();
        let answers = each(arns, AT_ONCE, ask).await;
        let entries = self.settle(
            list.of_its_items(),
            Source::ACCESS_ENTRIES,
            answers,
            coverage,
        );
        self.access_policies(entries, policies_tally, coverage)
            .await
    }

    async fn access_policies(
        &self,
        entries: Vec<AccessEntry>,
        mut tally: Tally,
        coverage: &mut Coverage,
    ) -> Vec<Access> {
        let arns: Vec<&str> = entries.iter().map(|e| e.principal_arn.as_str()).collect();
        let answers = each(arns, AT_ONCE, |arn| async move {
            let read = self.associated_policies(arn).await;
            match read.cut {
                None => Ok(Some((
                    arn.to_owned(),
                    read.pages.into_iter().flatten().collect(),
                ))),
                Some(failure) => or_none(Err(failure), GONE),
            }
        })
        .await;
        let mut policies: BTreeMap<String, Vec<AssociatedAccessPolicy>> =
            tally.take(answers).into_iter().collect();
        let read = policies.values().map(Vec::len).sum::<usize>() as u64;
        let source = Source::ACCESS_POLICIES;
        self.reader.progress.read(source.name, self.key, read);
        tally.record(coverage, source, self.key);
        let joined = entries.into_iter().map(|entry| Access {
            policies: policies.remove(&entry.principal_arn).unwrap_or_default(),
            entry,
        });
        joined.collect()
    }

    async fn associated_policies(&self, arn: &str) -> Pages<Vec<AssociatedAccessPolicy>> {
        pages(|token| async move {
            let _permit = self.reader.gate.acquire().await;
            let answer = self
                .reader
                .client
                .list_associated_access_policies()
                .cluster_name(self.name)
                .principal_arn(arn)
                .max_results(PAGE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Failure::of("eks:ListAssociatedAccessPolicies", &error))?;
            let policies = answer.associated_access_policies.unwrap_or_default();
            let policies = policies.into_iter().map(map::access_policy).collect();
            Ok((policies, answer.next_token))
        })
        .await
    }
}

/// Whether the cluster admits by the `aws-auth` ConfigMap alone.
fn only_config_map(cluster: Option<&Cluster>) -> bool {
    cluster
        .and_then(|cluster| cluster.access_config.as_ref())
        .and_then(|access| access.authentication_mode.as_deref())
        == Some("CONFIG_MAP")
}
