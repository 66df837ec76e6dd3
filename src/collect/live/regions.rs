//! What a live scan reads in each region, beside its clusters.

use futures::StreamExt;

use super::aws::{REGIONS_AT_ONCE, Scan};
use crate::collect::aws::{absorb, ec2, ecr, elbv2, secretsmanager, services, ssm};
use crate::collect::services::item::Place;
use crate::snapshot::Region;
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::services::Services;

/// Services of a region read at once, of those that are asked for.
const SERVICES_AT_ONCE: usize = 3;

impl Scan<'_> {
    /// What is in each region, but for its clusters.
    pub(super) async fn regions(&self) -> Vec<(String, Region, Coverage)> {
        futures::stream::iter(&self.regions)
            .map(|name| async move {
                let scope = &self.scope(name);
                let progress = self.progress;
                let (ecr, secrets) = (self.session.ecr(name), self.session.secretsmanager(name));
                let ec2 = self.session.endpoint(&ec2::SERVICE, name);
                let elbv2 = self.session.endpoint(&elbv2::SERVICE, name);
                let ssm = self.session.endpoint(&ssm::SERVICE, name);
                let place = self.place(name);
                let ((ecr, mut coverage), secretsmanager, ec2, elbv2, ssm) = tokio::join!(
                    ecr::collect(&ecr, scope, progress),
                    secretsmanager::collect(&secrets, scope, progress),
                    ec2::collect(&ec2, scope, progress),
                    elbv2::collect(&elbv2, scope, progress),
                    ssm::collect(&ssm, place, progress),
                );
                let (services, services_coverage) = self.services(name).await;
                let parts = [&secretsmanager.1, &ec2.1, &elbv2.1, &ssm.1];
                let parts = parts.into_iter().chain([&services_coverage]);
                parts.for_each(|part| absorb(&mut coverage, part));
                let region = Region {
                    ec2: ec2.0,
                    ecr,
                    elbv2: elbv2.0,
                    secretsmanager: secretsmanager.0,
                    ssm: ssm.0,
                    services,
                    ..Region::default()
                };
                (name.clone(), region, coverage)
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .collect()
            .await
    }

    fn place<'p>(&'p self, region: &'p str) -> Place<'p> {
        Place {
            account: &self.account,
            region,
        }
    }

    /// What there is of the services that are asked for, in a region.
    async fn services(&self, region: &str) -> (Services, Coverage) {
        let place = self.place(region);
        let read: Vec<(Services, Coverage)> = futures::stream::iter(&self.options.services)
            .map(|offer| async move {
                let endpoint = self.session.endpoint(&offer.service, region);
                services::collect(&endpoint, offer, place, self.progress).await
            })
            .buffer_unordered(SERVICES_AT_ONCE)
            .collect()
            .await;
        let (mut all, mut coverage) = (Services::new(), Coverage::default());
        for (services, part) in read {
            all.extend(services);
            absorb(&mut coverage, &part);
        }
        (all, coverage)
    }

    /// The launch templates that the node groups which were read name.
    pub(super) async fn launch_templates(&mut self) {
        let this = &*self;
        let read: Vec<_> = futures::stream::iter(&this.regions)
            .map(|name| async move {
                let scope = this.scope(name);
                let endpoint = this.session.endpoint(&ec2::SERVICE, name);
                let wanted = this.templates(name, &scope);
                let read = ec2::launch_templates(&endpoint, &scope, wanted, this.progress).await;
                (name.clone(), read)
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .collect()
            .await;
        let account = self.snapshot.accounts.entry(self.account.clone());
        let account = account.or_default();
        for (name, (versions, coverage)) in read {
            let region = account.regions.entry(name).or_default();
            region.ec2.launch_template_versions = versions;
            absorb(&mut self.snapshot.coverage, &coverage);
        }
    }

    /// The launch templates that a region's node groups name.
    fn templates(&self, region: &str, scope: &str) -> ec2::Templates {
        let mut wanted = ec2::Templates::default();
        let coverage = &self.snapshot.coverage;
        let listed = coverage.entry(Source::CLUSTERS.name, scope);
        if listed.is_some_and(|entry| !matches!(entry.status, Status::Complete | Status::Skipped)) {
            wanted.missed("not asked of all: some clusters are not known");
        }
        for (key, cluster) in &self.snapshot.clusters {
            if cluster.region.as_deref() == Some(region) {
                wanted.add(key, &cluster.eks, coverage);
            }
        }
        wanted
    }
}
