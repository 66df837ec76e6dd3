//! Facts of an account and of its regions, by the print that they come from.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::ec2::{
    Ec2, Instance, LaunchTemplateVersion, RouteTable, SecurityGroup, Subnet,
};
use crate::snapshot::ecr::{self, Ecr};
use crate::snapshot::eks::ClusterVersion;
use crate::snapshot::elbv2::{Elbv2, Listener, LoadBalancer};
use crate::snapshot::iam::{
    AccessKey, CallerIdentity, CredentialReportRow, Group, Iam, InstanceProfile, LastAccessed,
    ManagedPolicy, OidcProvider, Role, User,
};
use crate::snapshot::organizations::Membership;
use crate::snapshot::secretsmanager::{Secret, SecretPolicy, SecretVersions, SecretsManager};
use crate::snapshot::services::Running;
use crate::snapshot::ssm::{Parameter, Ssm};
use crate::snapshot::{Account, Region};

use super::facts::{Conflicts, Facts};
use super::store_kms::KmsFacts;

/// Facts of an account.
#[derive(Debug, Default)]
pub(super) struct AccountFacts {
    pub caller: Facts<CallerIdentity>,
    pub organization: Facts<Membership>,
    pub users: Facts<User>,
    pub groups: Facts<Group>,
    pub roles: Facts<Role>,
    /// Of `get-role`, which knows no policies.
    pub single_roles: Facts<Role>,
    pub policies: Facts<ManagedPolicy>,
    /// The lists of the details that no page had.
    pub missing_lists: Option<BTreeSet<&'static str>>,
    /// ARNs of the list of providers.
    pub listed_providers: BTreeSet<String>,
    pub providers: Facts<OidcProvider>,
    pub report: Facts<CredentialReportRow>,
    pub keys: Facts<AccessKey>,
    pub profiles: Facts<InstanceProfile>,
    pub last_accessed: Facts<LastAccessed>,
    /// The enabled regions, of all prints of them.
    pub enabled_regions: BTreeSet<String>,
    pub regions: BTreeMap<String, RegionFacts>,
}

/// Facts of a region.
#[derive(Debug, Default)]
pub(super) struct RegionFacts {
    pub instances: Facts<Instance>,
    pub launch_templates: Facts<LaunchTemplateVersion>,
    pub security_groups: Facts<SecurityGroup>,
    pub subnets: Facts<Subnet>,
    pub route_tables: Facts<RouteTable>,
    pub load_balancers: Facts<LoadBalancer>,
    pub listeners: Facts<Listener>,
    pub repositories: Facts<ecr::Repository>,
    pub scanning: Facts<ecr::RegistryScanning>,
    pub images: Facts<ecr::Image>,
    /// How many prints of images name no repository: it has none.
    pub repositories_without_images: usize,
    /// The repositories that images were printed of.
    pub printed_images: BTreeSet<String>,
    pub findings: Facts<ecr::ImageFindings>,
    pub policies: Facts<ecr::RepositoryPolicy>,
    pub lifecycle: Facts<ecr::RepositoryPolicy>,
    pub secrets: Facts<Secret>,
    pub described: Facts<Secret>,
    pub versions: Facts<Secret>,
    /// Of snapshots among the files.
    pub stored_secrets: Facts<Secret>,
    pub secret_policies: Facts<SecretPolicy>,
    pub secret_versions: Facts<SecretVersions>,
    pub parameters: Facts<Parameter>,
    pub kms: KmsFacts,
    pub cluster_versions: Facts<ClusterVersion>,
    /// What services listed, by the call that lists it.
    pub services: BTreeMap<&'static str, Facts<Running>>,
    /// What was told of single things of them.
    pub services_told: BTreeMap<&'static str, Facts<Running>>,
    /// Of what lists were printed that are lists of something: names of ECS clusters.
    pub services_within: BTreeSet<String>,
}

impl AccountFacts {
    /// The account as the snapshot has it.
    pub fn into_account(mut self, conflicts: &mut Conflicts) -> Account {
        self.roles.overlay(self.single_roles, "role", conflicts);
        for arn in self.listed_providers {
            if !self.providers.has(&arn) {
                let provider = OidcProvider {
                    arn: arn.clone(),
                    url: None,
                    client_ids: Vec::new(),
                    thumbprints: Vec::new(),
                    create_date: None,
                };
                self.providers
                    .add("OIDC provider", arn, provider, 0, conflicts);
            }
        }
        let iam = Iam {
            users: self.users.into_vec(),
            groups: self.groups.into_vec(),
            roles: self.roles.into_vec(),
            policies: self.policies.into_vec(),
            oidc_providers: self.providers.into_vec(),
            credential_report: self.report.into_vec(),
            access_keys: self.keys.into_vec(),
            instance_profiles: self.profiles.into_vec(),
            last_accessed: self.last_accessed.into_vec(),
        };
        let regions = self.regions.into_iter();
        Account {
            caller: self.caller.into_vec().pop(),
            organization: self.organization.into_vec().pop(),
            enabled_regions: self.enabled_regions.into_iter().collect(),
            iam,
            regions: regions
                .map(|(name, region)| (name, region.into_region(conflicts)))
                .collect(),
        }
    }
}

impl RegionFacts {
    /// The region as the snapshot has it.
    fn into_region(mut self, conflicts: &mut Conflicts) -> Region {
        for other in [self.described, self.versions, self.stored_secrets] {
            self.secrets.overlay(other, "secret", conflicts);
        }
        for (source, told) in self.services_told {
            let listed = self.services.entry(source).or_default();
            listed.overlay(told, "thing", conflicts);
        }
        let services = self.services.into_iter();
        let services = services.map(|(source, all)| (source.to_owned(), all.into_vec()));
        let mut policies = self.secret_policies.into_vec();
        policies.retain(|policy| policy.resource_policy.is_some());
        Region {
            ec2: Ec2 {
                instances: self.instances.into_vec(),
                launch_template_versions: self.launch_templates.into_vec(),
                security_groups: self.security_groups.into_vec(),
                subnets: self.subnets.into_vec(),
                route_tables: self.route_tables.into_vec(),
            },
            elbv2: Elbv2 {
                load_balancers: self.load_balancers.into_vec(),
                listeners: self.listeners.into_vec(),
            },
            ecr: Ecr {
                repositories: self.repositories.into_vec(),
                scanning: self.scanning.into_vec().pop(),
                images: self.images.into_vec(),
                findings: self.findings.into_vec(),
                policies: self.policies.into_vec(),
                lifecycle_policies: self.lifecycle.into_vec(),
            },
            secretsmanager: SecretsManager {
                secrets: self.secrets.into_vec(),
                policies,
                versions: self.secret_versions.into_vec(),
            },
            ssm: Ssm {
                parameters: self.parameters.into_vec(),
            },
            kms: self.kms.into_kms(),
            services: services.filter(|(_, all)| !all.is_empty()).collect(),
            cluster_versions: self.cluster_versions.into_vec(),
        }
    }
}

/// The identity of an image.
pub(super) fn image_key(image: &ecr::Image) -> String {
    format!("{}@{}", image.repository_name, image.image_digest)
}

/// The identity of an image's findings.
pub(super) fn findings_key(findings: &ecr::ImageFindings) -> String {
    let id = &findings.image_id;
    let id = id.image_digest.as_deref().or(id.image_tag.as_deref());
    format!("{}@{}", findings.repository_name, id.unwrap_or_default())
}
