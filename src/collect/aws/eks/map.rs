//! EKS's answers in the SDK's types as the snapshot's: the same fields, by the same names.

use aws_sdk_eks::types as sdk;

use super::super::value::{name, sorted, time};
use crate::snapshot::eks as seen;

/// `Cluster`.
pub(super) fn cluster(of: sdk::Cluster) -> seen::Cluster {
    seen::Cluster {
        name: of.name.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        created_at: time(of.created_at),
        version: of.version,
        endpoint: of.endpoint,
        role_arn: of.role_arn,
        resources_vpc_config: of.resources_vpc_config.map(vpc),
        kubernetes_network_config: of.kubernetes_network_config.map(network),
        logging: of.logging.map(logging),
        identity: of.identity.map(|identity| seen::Identity {
            oidc: identity.oidc.map(|oidc| seen::Oidc {
                issuer: oidc.issuer,
            }),
        }),
        status: name(of.status),
        certificate_authority: of
            .certificate_authority
            .map(|ca| seen::CertificateAuthority { data: ca.data }),
        platform_version: of.platform_version,
        tags: sorted(of.tags),
        encryption_config: of
            .encryption_config
            .unwrap_or_default()
            .into_iter()
            .map(encryption)
            .collect(),
        access_config: of.access_config.map(|access| seen::AccessConfig {
            bootstrap_cluster_creator_admin_permissions: access
                .bootstrap_cluster_creator_admin_permissions,
            authentication_mode: name(access.authentication_mode),
        }),
        upgrade_policy: of.upgrade_policy.map(|policy| seen::UpgradePolicy {
            support_type: name(policy.support_type),
        }),
        zonal_shift_config: of.zonal_shift_config.map(|config| toggle(config.enabled)),
        compute_config: of.compute_config.map(|compute| seen::ComputeConfig {
            enabled: compute.enabled,
            node_pools: compute.node_pools.unwrap_or_default(),
            node_role_arn: compute.node_role_arn,
        }),
        storage_config: of.storage_config.map(|storage| seen::StorageConfig {
            block_storage: storage.block_storage.map(|block| toggle(block.enabled)),
        }),
        deletion_protection: of.deletion_protection,
        remote_network_config: of.remote_network_config.map(remote_networks),
        id: of.id,
    }
}

fn toggle(enabled: Option<bool>) -> seen::Toggle {
    seen::Toggle { enabled }
}

fn vpc(of: sdk::VpcConfigResponse) -> seen::VpcConfig {
    seen::VpcConfig {
        subnet_ids: of.subnet_ids.unwrap_or_default(),
        security_group_ids: of.security_group_ids.unwrap_or_default(),
        cluster_security_group_id: of.cluster_security_group_id,
        vpc_id: of.vpc_id,
        endpoint_public_access: Some(of.endpoint_public_access),
        endpoint_private_access: Some(of.endpoint_private_access),
        public_access_cidrs: of.public_access_cidrs.unwrap_or_default(),
    }
}

fn network(of: sdk::KubernetesNetworkConfigResponse) -> seen::NetworkConfig {
    seen::NetworkConfig {
        service_ipv4_cidr: of.service_ipv4_cidr,
        service_ipv6_cidr: of.service_ipv6_cidr,
        ip_family: name(of.ip_family),
        elastic_load_balancing: of
            .elastic_load_balancing
            .map(|balancing| toggle(balancing.enabled)),
    }
}

fn logging(of: sdk::Logging) -> seen::Logging {
    let setups = of.cluster_logging.unwrap_or_default().into_iter();
    seen::Logging {
        cluster_logging: setups
            .map(|setup| seen::LogSetup {
                types: setup
                    .types
                    .unwrap_or_default()
                    .iter()
                    .map(|kind| kind.as_str().to_owned())
                    .collect(),
                enabled: setup.enabled,
            })
            .collect(),
    }
}

// EKS encrypts all objects by now; older clusters still say what was asked for.
#[allow(deprecated)]
fn encryption(of: sdk::EncryptionConfig) -> seen::EncryptionConfig {
    seen::EncryptionConfig {
        resources: of.resources.unwrap_or_default(),
        provider: of.provider.map(|provider| seen::KeyProvider {
            key_arn: provider.key_arn,
        }),
    }
}

fn remote_networks(of: sdk::RemoteNetworkConfigResponse) -> seen::RemoteNetworkConfig {
    let network = |cidrs: Option<Vec<String>>| seen::RemoteNetwork {
        cidrs: cidrs.unwrap_or_default(),
    };
    seen::RemoteNetworkConfig {
        remote_node_networks: of
            .remote_node_networks
            .unwrap_or_default()
            .into_iter()
            .map(|nodes| network(nodes.cidrs))
            .collect(),
        remote_pod_networks: of
            .remote_pod_networks
            .unwrap_or_default()
            .into_iter()
            .map(|pods| network(pods.cidrs))
            .collect(),
    }
}

/// `Nodegroup`.
pub(super) fn nodegroup(of: sdk::Nodegroup) -> seen::Nodegroup {
    seen::Nodegroup {
        nodegroup_name: of.nodegroup_name.unwrap_or_default(),
        nodegroup_arn: of.nodegroup_arn.unwrap_or_default(),
        cluster_name: of.cluster_name.unwrap_or_default(),
        version: of.version,
        release_version: of.release_version,
        created_at: time(of.created_at),
        status: name(of.status),
        capacity_type: name(of.capacity_type),
        subnets: of.subnets.unwrap_or_default(),
        remote_access: of.remote_access.map(|access| seen::RemoteAccess {
            ec2_ssh_key: access.ec2_ssh_key,
            source_security_groups: access.source_security_groups.unwrap_or_default(),
        }),
        ami_type: name(of.ami_type),
        node_role: of.node_role,
        labels: sorted(of.labels),
        launch_template: of.launch_template.map(|template| seen::LaunchTemplate {
            name: template.name,
            version: template.version,
            id: template.id,
        }),
        tags: sorted(of.tags),
    }
}

/// `FargateProfile`.
pub(super) fn fargate_profile(of: sdk::FargateProfile) -> seen::FargateProfile {
    let selectors = of.selectors.unwrap_or_default().into_iter();
    seen::FargateProfile {
        fargate_profile_name: of.fargate_profile_name.unwrap_or_default(),
        fargate_profile_arn: of.fargate_profile_arn.unwrap_or_default(),
        cluster_name: of.cluster_name.unwrap_or_default(),
        created_at: time(of.created_at),
        pod_execution_role_arn: of.pod_execution_role_arn,
        subnets: of.subnets.unwrap_or_default(),
        selectors: selectors
            .map(|selector| seen::FargateSelector {
                namespace: selector.namespace,
                labels: sorted(selector.labels),
            })
            .collect(),
        status: name(of.status),
    }
}

/// `Addon`.
pub(super) fn addon(of: sdk::Addon) -> seen::Addon {
    seen::Addon {
        addon_name: of.addon_name.unwrap_or_default(),
        cluster_name: of.cluster_name.unwrap_or_default(),
        status: name(of.status),
        addon_version: of.addon_version,
        addon_arn: of.addon_arn.unwrap_or_default(),
        created_at: time(of.created_at),
        service_account_role_arn: of.service_account_role_arn,
        configuration_values: of.configuration_values,
        pod_identity_associations: of.pod_identity_associations.unwrap_or_default(),
    }
}

/// `AccessEntry`.
pub(super) fn access_entry(of: sdk::AccessEntry) -> seen::AccessEntry {
    seen::AccessEntry {
        cluster_name: of.cluster_name.unwrap_or_default(),
        principal_arn: of.principal_arn.unwrap_or_default(),
        kubernetes_groups: of.kubernetes_groups.unwrap_or_default(),
        access_entry_arn: of.access_entry_arn,
        created_at: time(of.created_at),
        modified_at: time(of.modified_at),
        username: of.username,
        kind: of.r#type,
    }
}

/// `AssociatedAccessPolicy`.
pub(super) fn access_policy(of: sdk::AssociatedAccessPolicy) -> seen::AssociatedAccessPolicy {
    let scope = of.access_scope.map(|scope| seen::AccessScope {
        kind: name(scope.r#type).unwrap_or_default(),
        namespaces: scope.namespaces.unwrap_or_default(),
    });
    seen::AssociatedAccessPolicy {
        policy_arn: of.policy_arn.unwrap_or_default(),
        access_scope: scope.unwrap_or_default(),
        associated_at: time(of.associated_at),
        modified_at: time(of.modified_at),
    }
}

/// `PodIdentityAssociation`.
pub(super) fn pod_identity(of: sdk::PodIdentityAssociation) -> seen::PodIdentityAssociation {
    seen::PodIdentityAssociation {
        cluster_name: of.cluster_name.unwrap_or_default(),
        namespace: of.namespace.unwrap_or_default(),
        service_account: of.service_account.unwrap_or_default(),
        role_arn: of.role_arn.unwrap_or_default(),
        association_arn: of.association_arn.unwrap_or_default(),
        association_id: of.association_id.unwrap_or_default(),
        created_at: time(of.created_at),
        owner_arn: of.owner_arn,
        disable_session_tags: of.disable_session_tags,
        target_role_arn: of.target_role_arn,
        external_id: of.external_id,
        policy: of.policy,
    }
}

/// `OidcIdentityProviderConfig`.
pub(super) fn identity_provider(of: sdk::OidcIdentityProviderConfig) -> seen::IdentityProvider {
    seen::IdentityProvider {
        identity_provider_config_name: of.identity_provider_config_name.unwrap_or_default(),
        identity_provider_config_arn: of.identity_provider_config_arn,
        cluster_name: of.cluster_name.unwrap_or_default(),
        issuer_url: of.issuer_url,
        client_id: of.client_id,
        username_claim: of.username_claim,
        username_prefix: of.username_prefix,
        groups_claim: of.groups_claim,
        groups_prefix: of.groups_prefix,
        required_claims: sorted(of.required_claims),
        status: name(of.status),
    }
}
