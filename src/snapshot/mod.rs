//! What we saw: plain data, one file a source. Nothing here decides anything.

pub mod coverage;
pub mod credential;
pub mod ec2;
pub mod ecr;
pub mod eks;
pub mod elbv2;
pub mod iam;
pub mod id;
pub mod kms;
pub mod kubernetes;
pub mod kubernetes_meta;
pub mod kubernetes_rbac;
pub mod organizations;
pub mod secretsmanager;
pub mod services;
pub mod ssm;
pub mod time;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use coverage::Coverage;
use organizations::{Membership, Organizations};
use time::Time;

/// The version of the snapshot's form.
pub const SCHEMA: &str = "eks-auditor/snapshot/v1";

/// All that the collectors saw, at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The time of the audit.
    pub taken_at: Time,
    /// What was asked, and how much of the answer came.
    pub coverage: Coverage,
    /// AWS accounts, by id.
    pub accounts: BTreeMap<String, Account>,
    /// Clusters, by key: the cluster's name; where two of a name were seen,
    /// `NAME@REGION@ACCOUNT`; `-` for objects whose cluster is not known.
    pub clusters: BTreeMap<String, Cluster>,
    /// What stands above the accounts.
    #[serde(default, skip_serializing_if = "Organizations::is_empty")]
    pub organizations: Organizations,
}

/// An AWS account.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Who the scanner was.
    pub caller: Option<iam::CallerIdentity>,
    /// Whether it is in an organisation, where it was asked.
    pub organization: Option<Membership>,
    /// Its enabled regions, where it was asked for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enabled_regions: Vec<String>,
    /// IAM.
    pub iam: iam::Iam,
    /// Regions, by name.
    pub regions: BTreeMap<String, Region>,
}

/// A region of an account.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Region {
    /// EC2.
    pub ec2: ec2::Ec2,
    /// ECR.
    pub ecr: ecr::Ecr,
    /// Elastic Load Balancing.
    #[serde(skip_serializing_if = "elbv2::Elbv2::is_empty")]
    pub elbv2: elbv2::Elbv2,
    /// KMS.
    #[serde(skip_serializing_if = "kms::Kms::is_empty")]
    pub kms: kms::Kms,
    /// Secrets Manager.
    pub secretsmanager: secretsmanager::SecretsManager,
    /// Parameters of Systems Manager.
    #[serde(skip_serializing_if = "ssm::Ssm::is_empty")]
    pub ssm: ssm::Ssm,
    /// What runs there by other services, where that was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: services::Services,
    /// Kubernetes versions that EKS knows.
    pub cluster_versions: Vec<eks::ClusterVersion>,
}

/// A cluster, as AWS and as its API server show it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// The EKS cluster's name, or what the user called it.
    pub name: String,
    /// Its account, where known.
    pub account: Option<String>,
    /// Its region, where known.
    pub region: Option<String>,
    /// What EKS says.
    pub eks: eks::Eks,
    /// What its API server says.
    pub kubernetes: kubernetes::Kubernetes,
}

impl Cluster {
    /// Its OIDC issuer without `https://`.
    pub fn issuer(&self) -> Option<&str> {
        let issuer = self
            .eks
            .cluster
            .as_ref()?
            .identity
            .as_ref()?
            .oidc
            .as_ref()?
            .issuer
            .as_deref()?;
        Some(issuer.strip_prefix("https://").unwrap_or(issuer))
    }

    /// The scope of its account's sources: `111122223333/eu-west-1`.
    pub fn region_scope(&self) -> Option<String> {
        Some(format!(
            "{}/{}",
            self.account.as_ref()?,
            self.region.as_ref()?
        ))
    }
}

impl Snapshot {
    /// An empty one.
    pub fn new(taken_at: Time) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at,
            coverage: Coverage::default(),
            accounts: BTreeMap::new(),
            clusters: BTreeMap::new(),
            organizations: Organizations::default(),
        }
    }

    /// Sorts every list, so that the order of files and answers does not show.
    pub fn sort(&mut self) {
        for account in self.accounts.values_mut() {
            account.sort();
        }
        for cluster in self.clusters.values_mut() {
            cluster.sort();
        }
        self.organizations.sort();
    }
}

impl Account {
    fn sort(&mut self) {
        self.enabled_regions.sort();
        let iam = &mut self.iam;
        iam.users.sort_by(|a, b| a.arn.cmp(&b.arn));
        iam.groups.sort_by(|a, b| a.arn.cmp(&b.arn));
        iam.roles.sort_by(|a, b| a.arn.cmp(&b.arn));
        iam.policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        iam.oidc_providers.sort_by(|a, b| a.arn.cmp(&b.arn));
        iam.credential_report.sort_by(|a, b| a.user.cmp(&b.user));
        iam.access_keys
            .sort_by(|a, b| a.access_key_id.cmp(&b.access_key_id));
        iam.instance_profiles.sort_by(|a, b| a.arn.cmp(&b.arn));
        iam.last_accessed.sort_by(|a, b| a.arn.cmp(&b.arn));
        for region in self.regions.values_mut() {
            region.sort();
        }
    }
}

impl Region {
    fn sort(&mut self) {
        let ec2 = &mut self.ec2;
        ec2.instances
            .sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
        ec2.launch_template_versions.sort_by(|a, b| {
            (&a.launch_template_id, a.version_number)
                .cmp(&(&b.launch_template_id, b.version_number))
        });
        ec2.security_groups
            .sort_by(|a, b| a.group_id.cmp(&b.group_id));
        ec2.subnets.sort_by(|a, b| a.subnet_id.cmp(&b.subnet_id));
        ec2.route_tables
            .sort_by(|a, b| a.route_table_id.cmp(&b.route_table_id));
        let elbv2 = &mut self.elbv2;
        elbv2
            .load_balancers
            .sort_by(|a, b| a.load_balancer_arn.cmp(&b.load_balancer_arn));
        elbv2
            .listeners
            .sort_by(|a, b| a.listener_arn.cmp(&b.listener_arn));
        self.kms.sort();
        let ecr = &mut self.ecr;
        ecr.repositories
            .sort_by(|a, b| a.repository_name.cmp(&b.repository_name));
        ecr.images.sort_by(|a, b| {
            (&a.repository_name, &a.image_digest).cmp(&(&b.repository_name, &b.image_digest))
        });
        ecr.findings.sort_by(|a, b| {
            (&a.repository_name, &a.image_id.image_digest)
                .cmp(&(&b.repository_name, &b.image_id.image_digest))
        });
        ecr.policies
            .sort_by(|a, b| a.repository_name.cmp(&b.repository_name));
        ecr.lifecycle_policies
            .sort_by(|a, b| a.repository_name.cmp(&b.repository_name));
        let secrets = &mut self.secretsmanager;
        secrets.secrets.sort_by(|a, b| a.arn.cmp(&b.arn));
        secrets.policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        secrets.versions.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.ssm.parameters.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.services.values_mut().for_each(|list| list.sort());
        self.cluster_versions
            .sort_by(|a, b| a.cluster_version.cmp(&b.cluster_version));
    }
}

impl Cluster {
    fn sort(&mut self) {
        let eks = &mut self.eks;
        eks.nodegroups
            .sort_by(|a, b| a.nodegroup_name.cmp(&b.nodegroup_name));
        eks.fargate_profiles
            .sort_by(|a, b| a.fargate_profile_name.cmp(&b.fargate_profile_name));
        eks.addons.sort_by(|a, b| a.addon_name.cmp(&b.addon_name));
        eks.access
            .sort_by(|a, b| a.entry.principal_arn.cmp(&b.entry.principal_arn));
        for access in &mut eks.access {
            access
                .policies
                .sort_by(|a, b| a.policy_arn.cmp(&b.policy_arn));
        }
        eks.pod_identity.sort_by(|a, b| {
            (&a.namespace, &a.service_account).cmp(&(&b.namespace, &b.service_account))
        });
        eks.identity_providers.sort_by(|a, b| {
            a.identity_provider_config_name
                .cmp(&b.identity_provider_config_name)
        });
        eks.insights.sort_by(|a, b| a.id.cmp(&b.id));
        let objects = &mut self.kubernetes;
        macro_rules! by_name {
            ($($list:ident),*) => {
                $(objects.$list.sort_by(|a, b| {
                    (a.metadata.namespace(), &a.metadata.name)
                        .cmp(&(b.metadata.namespace(), &b.metadata.name))
                });)*
            };
        }
        by_name!(
            namespaces,
            service_accounts,
            pods,
            cron_jobs,
            secrets,
            config_maps,
            config_map_keys,
            persistent_volume_claims,
            persistent_volumes,
            network_policies,
            services,
            ingresses,
            endpoint_slices,
            ingress_classes,
            gateway_classes,
            gateways,
            load_balancer_configurations,
            nodes,
            secret_provider_classes,
            secret_provider_class_pod_statuses,
            external_secrets,
            cluster_external_secrets,
            push_secrets,
            certificates,
            roles,
            role_bindings
        );
        objects.ingress_class_params.sort_by(|a, b| {
            (&a.api_group, &a.metadata.name).cmp(&(&b.api_group, &b.metadata.name))
        });
        objects.secret_stores.sort_by(|a, b| {
            (&a.kind, a.metadata.namespace(), &a.metadata.name).cmp(&(
                &b.kind,
                b.metadata.namespace(),
                &b.metadata.name,
            ))
        });
        objects.routes.sort_by(|a, b| {
            (&a.kind, a.metadata.namespace(), &a.metadata.name).cmp(&(
                &b.kind,
                b.metadata.namespace(),
                &b.metadata.name,
            ))
        });
        objects.controllers.sort_by(|a, b| {
            (&a.kind, a.metadata.namespace(), &a.metadata.name).cmp(&(
                &b.kind,
                b.metadata.namespace(),
                &b.metadata.name,
            ))
        });
    }
}
