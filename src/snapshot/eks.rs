//! What EKS says of a cluster, in the field names of its API.
//!
//! Shapes: Amazon EKS API Reference, data types `Cluster`, `Nodegroup`, `FargateProfile`,
//! `Addon`, `AccessEntry`, `AssociatedAccessPolicy`, `PodIdentityAssociation`,
//! `OidcIdentityProviderConfig`, `InsightSummary`, `ClusterVersionInformation`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::ec2::LaunchTemplateVersion;
use super::time::Time;

/// Free-form tags.
pub type Tags = BTreeMap<String, String>;

macro_rules! shapes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[skip_serializing_none]
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
        )*
    };
}
pub(super) use shapes;

shapes! {
    /// A cluster: `describe-cluster`.
    Cluster {
        /// Its name, unique in account and region.
        name: String,
        /// Its ARN.
        #[serde(default)]
        arn: String,
        /// When it was made.
        created_at: Option<Time>,
        /// `1.33`, …
        version: Option<String>,
        /// The API server's URL.
        endpoint: Option<String>,
        /// The role that the control plane has.
        role_arn: Option<String>,
        /// Subnets, security groups and the endpoint's reach.
        resources_vpc_config: Option<VpcConfig>,
        /// Service address ranges, Auto Mode's load balancing.
        kubernetes_network_config: Option<NetworkConfig>,
        /// Which control plane logs are written.
        logging: Option<Logging>,
        /// The OIDC issuer.
        identity: Option<Identity>,
        /// `ACTIVE`, …
        status: Option<String>,
        /// The CA of the API server.
        certificate_authority: Option<CertificateAuthority>,
        /// `eks.12`, …
        platform_version: Option<String>,
        /// Tags.
        #[serde(default)]
        tags: Tags,
        /// Envelope encryption of Kubernetes objects.
        #[serde(default)]
        encryption_config: Vec<EncryptionConfig>,
        /// How IAM principals come in.
        access_config: Option<AccessConfig>,
        /// `STANDARD` or `EXTENDED`.
        upgrade_policy: Option<UpgradePolicy>,
        /// Whether zonal shift is on.
        zonal_shift_config: Option<Toggle>,
        /// Auto Mode's nodes.
        compute_config: Option<ComputeConfig>,
        /// Auto Mode's storage.
        storage_config: Option<StorageConfig>,
        /// Whether it can be deleted.
        deletion_protection: Option<bool>,
        /// Hybrid nodes' networks.
        remote_network_config: Option<RemoteNetworkConfig>,
        /// The cluster's own id on Outposts.
        id: Option<String>,
    }
    /// Where a cluster's network interfaces are.
    VpcConfig {
        /// Subnets.
        #[serde(default)]
        subnet_ids: Vec<String>,
        /// Security groups that the user gave.
        #[serde(default)]
        security_group_ids: Vec<String>,
        /// The security group that EKS made.
        cluster_security_group_id: Option<String>,
        /// The VPC.
        vpc_id: Option<String>,
        /// Whether the endpoint is on the internet.
        endpoint_public_access: Option<bool>,
        /// Whether the endpoint is in the VPC.
        endpoint_private_access: Option<bool>,
        /// From where the public endpoint may be reached.
        #[serde(default)]
        public_access_cidrs: Vec<String>,
    }
    /// Service addresses.
    NetworkConfig {
        /// IPv4 range of services.
        service_ipv4_cidr: Option<String>,
        /// IPv6 range of services.
        service_ipv6_cidr: Option<String>,
        /// `ipv4` or `ipv6`.
        ip_family: Option<String>,
        /// Auto Mode's load balancers.
        elastic_load_balancing: Option<Toggle>,
    }
    /// Something on or off.
    Toggle {
        /// On?
        enabled: Option<bool>,
    }
    /// Control plane logs.
    Logging {
        /// One entry for those that are on, one for those that are off.
        #[serde(default)]
        cluster_logging: Vec<LogSetup>,
    }
    /// Some control plane logs.
    LogSetup {
        /// `api`, `audit`, `authenticator`, `controllerManager`, `scheduler`.
        #[serde(default)]
        types: Vec<String>,
        /// Written?
        enabled: Option<bool>,
    }
    /// A cluster's identity.
    Identity {
        /// Its OIDC issuer.
        oidc: Option<Oidc>,
    }
    /// An OIDC issuer.
    Oidc {
        /// With `https://`.
        issuer: Option<String>,
    }
    /// The API server's CA.
    CertificateAuthority {
        /// PEM in base64.
        data: Option<String>,
    }
    /// Envelope encryption.
    EncryptionConfig {
        /// `secrets`.
        #[serde(default)]
        resources: Vec<String>,
        /// With which key.
        provider: Option<KeyProvider>,
    }
    /// A KMS key.
    KeyProvider {
        /// Its ARN.
        key_arn: Option<String>,
    }
    /// How IAM principals come in.
    AccessConfig {
        /// Whether the creator became admin.
        bootstrap_cluster_creator_admin_permissions: Option<bool>,
        /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
        authentication_mode: Option<String>,
    }
    /// Support after the end of standard support.
    UpgradePolicy {
        /// `STANDARD` or `EXTENDED`.
        support_type: Option<String>,
    }
    /// Auto Mode's nodes.
    ComputeConfig {
        /// On?
        enabled: Option<bool>,
        /// Built-in node pools.
        #[serde(default)]
        node_pools: Vec<String>,
        /// The role of its nodes.
        node_role_arn: Option<String>,
    }
    /// Auto Mode's storage.
    StorageConfig {
        /// Block storage.
        block_storage: Option<Toggle>,
    }
    /// Networks of hybrid nodes.
    RemoteNetworkConfig {
        /// Of nodes.
        #[serde(default)]
        remote_node_networks: Vec<RemoteNetwork>,
        /// Of pods.
        #[serde(default)]
        remote_pod_networks: Vec<RemoteNetwork>,
    }
    /// Address ranges.
    RemoteNetwork {
        /// CIDRs.
        #[serde(default)]
        cidrs: Vec<String>,
    }
    /// A managed node group: `describe-nodegroup`.
    Nodegroup {
        /// Its name.
        nodegroup_name: String,
        /// Its ARN.
        #[serde(default)]
        nodegroup_arn: String,
        /// Its cluster's name.
        #[serde(default)]
        cluster_name: String,
        /// Kubernetes version.
        version: Option<String>,
        /// AMI release.
        release_version: Option<String>,
        /// When it was made.
        created_at: Option<Time>,
        /// `ACTIVE`, …
        status: Option<String>,
        /// `ON_DEMAND` or `SPOT`.
        capacity_type: Option<String>,
        /// Subnets of its nodes.
        #[serde(default)]
        subnets: Vec<String>,
        /// SSH.
        remote_access: Option<RemoteAccess>,
        /// `AL2023_x86_64_STANDARD`, …
        ami_type: Option<String>,
        /// The nodes' role.
        node_role: Option<String>,
        /// Labels of its nodes.
        #[serde(default)]
        labels: Tags,
        /// The launch template.
        launch_template: Option<LaunchTemplate>,
        /// Tags.
        #[serde(default)]
        tags: Tags,
    }
    /// SSH to a node group.
    RemoteAccess {
        /// The key pair.
        ec2_ssh_key: Option<String>,
        /// From where.
        #[serde(default)]
        source_security_groups: Vec<String>,
    }
    /// A launch template.
    LaunchTemplate {
        /// Its name.
        name: Option<String>,
        /// Its version.
        version: Option<String>,
        /// Its id.
        id: Option<String>,
    }
    /// A Fargate profile: `describe-fargate-profile`.
    FargateProfile {
        /// Its name.
        fargate_profile_name: String,
        /// Its ARN.
        #[serde(default)]
        fargate_profile_arn: String,
        /// Its cluster's name.
        #[serde(default)]
        cluster_name: String,
        /// When it was made.
        created_at: Option<Time>,
        /// The role that pulls images.
        pod_execution_role_arn: Option<String>,
        /// Subnets.
        #[serde(default)]
        subnets: Vec<String>,
        /// Which pods.
        #[serde(default)]
        selectors: Vec<FargateSelector>,
        /// `ACTIVE`, …
        status: Option<String>,
    }
    /// Which pods run on Fargate.
    FargateSelector {
        /// Their namespace; may have wildcards.
        namespace: Option<String>,
        /// Their labels; may have wildcards.
        #[serde(default)]
        labels: Tags,
    }
    /// An add-on: `describe-addon`.
    Addon {
        /// `vpc-cni`, …
        addon_name: String,
        /// Its cluster's name.
        #[serde(default)]
        cluster_name: String,
        /// `ACTIVE`, …
        status: Option<String>,
        /// `v1.20.1-eksbuild.1`, …
        addon_version: Option<String>,
        /// Its ARN.
        #[serde(default)]
        addon_arn: String,
        /// When it was made.
        created_at: Option<Time>,
        /// Its role by IRSA.
        service_account_role_arn: Option<String>,
        /// Its configuration as JSON or YAML text.
        configuration_values: Option<String>,
        /// Its Pod Identity associations' ARNs.
        #[serde(default)]
        pod_identity_associations: Vec<String>,
    }
    /// An IAM principal that may come in: `describe-access-entry`.
    AccessEntry {
        /// Its cluster's name.
        #[serde(default)]
        cluster_name: String,
        /// The principal.
        principal_arn: String,
        /// Groups it is in inside the cluster.
        #[serde(default)]
        kubernetes_groups: Vec<String>,
        /// The entry's ARN.
        access_entry_arn: Option<String>,
        /// When it was made.
        created_at: Option<Time>,
        /// When it was changed.
        modified_at: Option<Time>,
        /// Its name inside the cluster; may have `{{SessionName}}`.
        username: Option<String>,
        /// `STANDARD`, `EC2_LINUX`, `FARGATE_LINUX`, …
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    /// An access policy of an entry: in `list-associated-access-policies`.
    AssociatedAccessPolicy {
        /// `arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`, …
        policy_arn: String,
        /// Where it holds.
        access_scope: AccessScope,
        /// When it was associated.
        associated_at: Option<Time>,
        /// When it was changed.
        modified_at: Option<Time>,
    }
    /// Where an access policy holds.
    AccessScope {
        /// `cluster` or `namespace`.
        #[serde(rename = "type")]
        #[serde(default)]
        kind: String,
        /// Namespaces; may have wildcards.
        #[serde(default)]
        namespaces: Vec<String>,
    }
    /// A service account's role by EKS Pod Identity: `describe-pod-identity-association`.
    PodIdentityAssociation {
        /// Its cluster's name.
        #[serde(default)]
        cluster_name: String,
        /// The service account's namespace.
        namespace: String,
        /// The service account.
        service_account: String,
        /// The role.
        role_arn: String,
        /// Its ARN.
        #[serde(default)]
        association_arn: String,
        /// `a-…`.
        #[serde(default)]
        association_id: String,
        /// When it was made.
        created_at: Option<Time>,
        /// The add-on that owns it.
        owner_arn: Option<String>,
        /// Whether session tags are off.
        disable_session_tags: Option<bool>,
        /// The role that the first role assumes for the pod.
        target_role_arn: Option<String>,
        /// Given when the target is assumed.
        external_id: Option<String>,
        /// A session policy, as text.
        policy: Option<String>,
    }
    /// An OIDC provider for people: `describe-identity-provider-config`.
    IdentityProvider {
        /// Its name.
        identity_provider_config_name: String,
        /// Its ARN.
        identity_provider_config_arn: Option<String>,
        /// Its cluster's name.
        #[serde(default)]
        cluster_name: String,
        /// The issuer.
        issuer_url: Option<String>,
        /// The audience.
        client_id: Option<String>,
        /// Which claim is the user's name.
        username_claim: Option<String>,
        /// Put before it.
        username_prefix: Option<String>,
        /// Which claim has the groups.
        groups_claim: Option<String>,
        /// Put before each.
        groups_prefix: Option<String>,
        /// Claims that a token must have.
        #[serde(default)]
        required_claims: Tags,
        /// `ACTIVE`, …
        status: Option<String>,
    }
    /// An insight of EKS on a cluster: in `list-insights`.
    Insight {
        /// Its id.
        id: String,
        /// What it is about.
        name: Option<String>,
        /// `UPGRADE_READINESS` or `MISCONFIGURATION`.
        category: Option<String>,
        /// For which version.
        kubernetes_version: Option<String>,
        /// When it was last looked at.
        last_refresh_time: Option<Time>,
        /// What it means.
        description: Option<String>,
        /// Its verdict.
        insight_status: Option<InsightStatus>,
    }
    /// An insight's verdict.
    InsightStatus {
        /// `PASSING`, `WARNING`, `ERROR` or `UNKNOWN`.
        status: Option<String>,
        /// Why.
        reason: Option<String>,
    }
    /// A Kubernetes version of EKS: in `describe-cluster-versions`.
    ClusterVersion {
        /// `1.33`, …
        cluster_version: String,
        /// The newest platform version.
        default_platform_version: Option<String>,
        /// When it came.
        release_date: Option<Time>,
        /// When standard support ends.
        end_of_standard_support_date: Option<Time>,
        /// When extended support ends.
        end_of_extended_support_date: Option<Time>,
        /// `STANDARD_SUPPORT`, …
        version_status: Option<String>,
    }
}

impl LaunchTemplate {
    /// Whether a version is the one that is named. EKS names versions by number; `$Latest` is never sure.
    pub fn is(&self, version: &LaunchTemplateVersion) -> bool {
        let named = match (&self.id, &self.name) {
            (Some(id), _) => *id == version.launch_template_id,
            (None, name) => name.is_some() && *name == version.launch_template_name,
        };
        named
            && match self.version.as_deref() {
                None | Some("$Default") => version.default_version == Some(true),
                Some(number) => number.parse() == Ok(version.version_number),
            }
    }
}

/// An access entry with what it grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Access {
    /// The entry.
    pub entry: AccessEntry,
    /// Its access policies; empty too where they could not be read (see the coverage).
    pub policies: Vec<AssociatedAccessPolicy>,
}

/// All that EKS says of one cluster. Lists are sorted by name or ARN.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Eks {
    /// Its settings.
    pub cluster: Option<Cluster>,
    /// Managed node groups.
    pub nodegroups: Vec<Nodegroup>,
    /// Fargate profiles.
    pub fargate_profiles: Vec<FargateProfile>,
    /// Add-ons.
    pub addons: Vec<Addon>,
    /// Who may come in.
    pub access: Vec<Access>,
    /// Roles by Pod Identity.
    pub pod_identity: Vec<PodIdentityAssociation>,
    /// OIDC providers for people.
    pub identity_providers: Vec<IdentityProvider>,
    /// Insights.
    pub insights: Vec<Insight>,
}
