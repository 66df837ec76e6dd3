//! The facts of a snapshot, laid beside those of other files.

use std::collections::BTreeMap;

use crate::collect::services::kinds;
use crate::snapshot::coverage::{ScopeKind, Source};
use crate::snapshot::ec2::Ec2;
use crate::snapshot::ecr::Ecr;
use crate::snapshot::elbv2::Elbv2;
use crate::snapshot::iam::Iam;
use crate::snapshot::secretsmanager::SecretsManager;
use crate::snapshot::services::Services;
use crate::snapshot::ssm::Parameter;
use crate::snapshot::{Account, Cluster, Region, Snapshot};

use super::account_facts::{findings_key, image_key};
use super::eks::Part;
use super::place::{Hint, UNKNOWN};
use super::print::Page;
use super::store::Store;
use super::store_ec2::template_key;
use super::store_region::{Place, repository_of};
use super::stored::place_of;

impl Store {
    /// Adds all facts of a snapshot.
    pub(super) fn add_snapshot(&mut self, file: usize, snapshot: Snapshot) {
        self.taken.push(snapshot.taken_at);
        let mut slots = BTreeMap::new();
        for (key, cluster) in snapshot.clusters {
            let at = match self.home.clone() {
                Some((name, place)) if key == UNKNOWN => self.slot(&name, &place),
                _ => self.slot(&cluster.name, &place_of(&cluster)),
            };
            slots.insert(key, at);
            self.add_cluster(file, at, cluster);
        }
        let above = snapshot.organizations;
        self.organizations.add(above, file, &mut self.conflicts);
        for (id, account) in snapshot.accounts {
            self.known.note(&Hint::account(&id));
            self.add_account(file, &id, account);
        }
        for entry in snapshot.coverage.entries() {
            let of_cluster = Source::named(&entry.source).map_or_else(
                || entry.source.starts_with("eks:List"),
                |source| matches!(source.scope, ScopeKind::Cluster | ScopeKind::Kubernetes),
            );
            let at = slots.get(&entry.scope).copied().filter(|_| of_cluster);
            self.prior.push((entry.clone(), at));
        }
    }

    fn add_account(&mut self, file: usize, id: &str, account: Account) {
        // The account itself is a fact, even where nothing is in it.
        let (facts, conflicts) = self.account(id);
        let caller = account.caller;
        facts
            .caller
            .add_all("caller", caller, |_| id.to_owned(), (file, conflicts));
        let kind = "organisation of account";
        let organization = account.organization;
        facts
            .organization
            .add_all(kind, organization, |_| id.to_owned(), (file, conflicts));
        facts.enabled_regions.extend(account.enabled_regions);
        self.add_principals(file, id, account.iam);
        for (name, region) in account.regions {
            let place = (id.to_owned(), name);
            let (account, region_name) = place.clone();
            self.known.note(&Hint {
                account: Some(account),
                region: Some(region_name),
            });
            self.add_region(file, &place, region);
        }
    }

    fn add_principals(&mut self, file: usize, id: &str, iam: Iam) {
        for user in &iam.users {
            self.known.note_user(id, &user.user_name);
        }
        let (to, conflicts) = self.account(id);
        to.users
            .add_all("user", iam.users, |one| one.arn.clone(), (file, conflicts));
        to.groups.add_all(
            "group",
            iam.groups,
            |one| one.arn.clone(),
            (file, conflicts),
        );
        to.roles
            .add_all("role", iam.roles, |one| one.arn.clone(), (file, conflicts));
        to.policies.add_all(
            "policy",
            iam.policies,
            |one| one.arn.clone(),
            (file, conflicts),
        );
        let kind = "OIDC provider";
        to.providers.add_all(
            kind,
            iam.oidc_providers,
            |one| one.arn.clone(),
            (file, conflicts),
        );
        let kind = "credential report of";
        to.report.add_all(
            kind,
            iam.credential_report,
            |one| one.user.clone(),
            (file, conflicts),
        );
        let kind = "access key";
        to.keys.add_all(
            kind,
            iam.access_keys,
            |one| one.access_key_id.clone(),
            (file, conflicts),
        );
        let kind = "instance profile";
        to.profiles.add_all(
            kind,
            iam.instance_profiles,
            |one| one.arn.clone(),
            (file, conflicts),
        );
        let kind = "last accessed details of";
        to.last_accessed.add_all(
            kind,
            iam.last_accessed,
            |one| one.arn.clone(),
            (file, conflicts),
        );
    }

    fn add_region(&mut self, file: usize, place: &Place, region: Region) {
        for repository in &region.ecr.repositories {
            self.known
                .note_repository(&place.0, &repository.repository_name, &place.1);
        }
        self.add_machines(file, place, region.ec2);
        self.add_balancers(file, place, region.elbv2);
        self.add_registry(file, place, region.ecr);
        self.add_secrets(file, place, region.secretsmanager);
        self.add_services(file, place, region.services);
        let (to, conflicts) = self.region(place);
        to.kms.add(region.kms, file, conflicts);
        let (list, parameters) = (&mut to.parameters, region.ssm.parameters);
        let arn = |one: &Parameter| one.arn.clone();
        list.add_all("parameter", parameters, arn, (file, conflicts));
        let kind = "Kubernetes version";
        let (list, versions) = (&mut to.cluster_versions, region.cluster_versions);
        list.add_all(
            kind,
            versions,
            |one| one.cluster_version.clone(),
            (file, conflicts),
        );
    }

    /// Prints beside the snapshot may be of its keys.
    pub(super) fn note_keys(&mut self, snapshot: &Snapshot) {
        let accounts = snapshot.accounts.values();
        let regions = accounts.flat_map(|account| account.regions.values());
        for kms in regions.map(|region| &region.kms) {
            kms.keys
                .iter()
                .for_each(|key| self.known.note_key(&key.arn));
            for alias in &kms.aliases {
                let target = alias.target_key_id.as_deref().unwrap_or_default();
                self.known.note_alias(&alias.alias_arn, target);
            }
        }
    }

    fn add_machines(&mut self, file: usize, place: &Place, ec2: Ec2) {
        let (to, conflicts) = self.region(place);
        to.instances.add_all(
            "instance",
            ec2.instances,
            |one| one.instance_id.clone(),
            (file, conflicts),
        );
        to.launch_templates.add_all(
            "launch template version",
            ec2.launch_template_versions,
            template_key,
            (file, conflicts),
        );
        to.security_groups.add_all(
            "security group",
            ec2.security_groups,
            |one| one.group_id.clone(),
            (file, conflicts),
        );
        to.subnets.add_all(
            "subnet",
            ec2.subnets,
            |one| one.subnet_id.clone(),
            (file, conflicts),
        );
        to.route_tables.add_all(
            "route table",
            ec2.route_tables,
            |one| one.route_table_id.clone(),
            (file, conflicts),
        );
    }

    fn add_balancers(&mut self, file: usize, place: &Place, elbv2: Elbv2) {
        let (to, conflicts) = self.region(place);
        to.load_balancers.add_all(
            "load balancer",
            elbv2.load_balancers,
            |one| one.load_balancer_arn.clone(),
            (file, conflicts),
        );
        to.listeners.add_all(
            "listener",
            elbv2.listeners,
            |one| one.listener_arn.clone(),
            (file, conflicts),
        );
    }

    fn add_registry(&mut self, file: usize, place: &Place, ecr: Ecr) {
        let (to, conflicts) = self.region(place);
        let kind = "repository";
        to.repositories.add_all(
            kind,
            ecr.repositories,
            |one| one.repository_name.clone(),
            (file, conflicts),
        );
        to.scanning.add_all(
            "registry",
            ecr.scanning,
            |_| place.1.clone(),
            (file, conflicts),
        );
        to.images
            .add_all("image", ecr.images, image_key, (file, conflicts));
        to.findings.add_all(
            "scan findings of",
            ecr.findings,
            findings_key,
            (file, conflicts),
        );
        let kind = "policy of repository";
        to.policies
            .add_all(kind, ecr.policies, repository_of, (file, conflicts));
        let kind = "lifecycle policy of repository";
        to.lifecycle.add_all(
            kind,
            ecr.lifecycle_policies,
            repository_of,
            (file, conflicts),
        );
    }

    /// A snapshot knows of things what all prints together know.
    fn add_services(&mut self, file: usize, place: &Place, services: Services) {
        let (to, conflicts) = self.region(place);
        for kind in kinds() {
            let all = services.get(kind.source.name).into_iter().flatten();
            let told = to.services_told.entry(kind.source.name).or_default();
            let all = all.cloned();
            told.add_all("thing", all, |one| one.arn.clone(), (file, conflicts));
        }
    }

    fn add_secrets(&mut self, file: usize, place: &Place, secrets: SecretsManager) {
        let (to, conflicts) = self.region(place);
        // A snapshot knows of a secret what all prints together know.
        let (list, all) = (&mut to.stored_secrets, secrets.secrets);
        list.add_all("secret", all, |one| one.arn.clone(), (file, conflicts));
        let (list, all) = (&mut to.secret_policies, secrets.policies);
        list.add_all(
            "policy of secret",
            all,
            |one| one.arn.clone(),
            (file, conflicts),
        );
        let (list, all) = (&mut to.secret_versions, secrets.versions);
        list.add_all(
            "versions of secret",
            all,
            |one| one.arn.clone(),
            (file, conflicts),
        );
    }

    fn add_cluster(&mut self, file: usize, at: usize, cluster: Cluster) {
        let eks = cluster.eks;
        let whole = Page::default;
        let access = eks.access.into_iter().flat_map(|access| {
            let principal = access.entry.principal_arn.clone();
            [
                Part::AccessEntry(access.entry),
                Part::AccessPolicies(principal, access.policies, whole()),
            ]
        });
        let parts = (eks.nodegroups.into_iter().map(Part::Nodegroup))
            .chain(eks.fargate_profiles.into_iter().map(Part::FargateProfile))
            .chain(eks.addons.into_iter().map(Part::Addon))
            .chain(access)
            .chain(eks.pod_identity.into_iter().map(Part::PodIdentity))
            .chain(
                eks.identity_providers
                    .into_iter()
                    .map(Part::IdentityProvider),
            )
            .chain([Part::Insights(eks.insights, whole())]);
        self.add_fact(at, |facts, conflicts| {
            let settings = eks.cluster;
            facts.settings.add_all(
                "cluster",
                settings,
                |one| one.name.clone(),
                (file, conflicts),
            );
            for part in parts {
                facts.add(part, file, conflicts);
            }
            facts.objects.add_all(cluster.kubernetes, file, conflicts);
        });
    }
}
