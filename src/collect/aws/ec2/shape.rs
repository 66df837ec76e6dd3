//! Answers of EC2 as they are on the wire, in the names of its XML, and as the snapshot has them. What is not named
//! here, user data among it, is passed over.

use serde::Deserialize;

use crate::collect::aws::request::xml::{Items, items};
use crate::snapshot::ec2 as facts;
use crate::snapshot::iam;

macro_rules! shapes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub(super) struct $name { $($(#[$field_meta])* pub(super) $field: Option<$type>,)* }
        )*
    };
}

shapes! {
    /// `DescribeInstancesResponse`.
    Instances {
        reservation_set: Items<Reservation>,
        next_token: String,
    }
    Reservation {
        instances_set: Items<Instance>,
    }
    Instance {
        instance_id: String,
        private_dns_name: String,
        placement: Placement,
        iam_instance_profile: Profile,
        metadata_options: MetadataOptions,
        ip_address: String,
        subnet_id: String,
        vpc_id: String,
        group_set: Items<Group>,
        tag_set: Items<Tag>,
    }
    Placement {
        availability_zone: String,
    }
    Profile {
        arn: String,
        name: String,
    }
    MetadataOptions {
        http_tokens: String,
        http_put_response_hop_limit: i64,
        http_endpoint: String,
        http_protocol_ipv6: String,
    }
    Group {
        group_id: String,
    }
    Tag {
        key: String,
        value: String,
    }
    /// `DescribeSecurityGroupsResponse`.
    SecurityGroups {
        security_group_info: Items<SecurityGroup>,
        next_token: String,
    }
    SecurityGroup {
        group_id: String,
        group_name: String,
        security_group_arn: String,
        owner_id: String,
        vpc_id: String,
        ip_permissions: Items<IpPermission>,
        tag_set: Items<Tag>,
    }
    IpPermission {
        ip_protocol: String,
        from_port: i64,
        to_port: i64,
        ip_ranges: Items<IpRange>,
        ipv6_ranges: Items<Ipv6Range>,
        prefix_list_ids: Items<PrefixList>,
    }
    IpRange {
        cidr_ip: String,
    }
    Ipv6Range {
        cidr_ipv6: String,
    }
    PrefixList {
        prefix_list_id: String,
    }
    /// `DescribeSubnetsResponse`.
    Subnets {
        subnet_set: Items<Subnet>,
        next_token: String,
    }
    Subnet {
        subnet_id: String,
        subnet_arn: String,
        owner_id: String,
        vpc_id: String,
    }
    /// `DescribeRouteTablesResponse`.
    RouteTables {
        route_table_set: Items<RouteTable>,
        next_token: String,
    }
    RouteTable {
        route_table_id: String,
        owner_id: String,
        vpc_id: String,
        association_set: Items<Association>,
        route_set: Items<Route>,
    }
    Association {
        main: bool,
        subnet_id: String,
    }
    Route {
        destination_cidr_block: String,
        destination_ipv6_cidr_block: String,
        destination_prefix_list_id: String,
        gateway_id: String,
        network_interface_id: String,
        state: String,
    }
    /// `DescribeLaunchTemplateVersionsResponse`.
    LaunchTemplateVersions {
        launch_template_version_set: Items<LaunchTemplateVersion>,
        next_token: String,
    }
    LaunchTemplateVersion {
        launch_template_id: String,
        launch_template_name: String,
        version_number: i64,
        default_version: bool,
        created_by: String,
        launch_template_data: LaunchTemplateData,
    }
    LaunchTemplateData {
        metadata_options: MetadataOptions,
        iam_instance_profile: Profile,
    }
}

/// All of a list, as the snapshot has it.
pub(super) fn all<T, F: From<T>>(list: Option<Items<T>>) -> Vec<F> {
    items(list).into_iter().map(F::from).collect()
}

impl From<Instance> for facts::Instance {
    fn from(of: Instance) -> Self {
        Self {
            instance_id: of.instance_id.unwrap_or_default(),
            private_dns_name: of.private_dns_name,
            placement: of.placement.map(|placement| facts::Placement {
                availability_zone: placement.availability_zone,
            }),
            iam_instance_profile: of.iam_instance_profile.map(Into::into),
            metadata_options: of.metadata_options.map(Into::into),
            public_ip_address: of.ip_address,
            subnet_id: of.subnet_id,
            vpc_id: of.vpc_id,
            security_groups: all(of.group_set),
            tags: all(of.tag_set),
        }
    }
}

impl From<Profile> for facts::ProfileReference {
    fn from(of: Profile) -> Self {
        Self {
            arn: of.arn,
            name: of.name,
        }
    }
}

impl From<MetadataOptions> for facts::MetadataOptions {
    fn from(of: MetadataOptions) -> Self {
        Self {
            http_tokens: of.http_tokens,
            http_put_response_hop_limit: of.http_put_response_hop_limit,
            http_endpoint: of.http_endpoint,
            http_protocol_ipv6: of.http_protocol_ipv6,
        }
    }
}

impl From<Group> for facts::GroupReference {
    fn from(of: Group) -> Self {
        Self {
            group_id: of.group_id.unwrap_or_default(),
        }
    }
}

impl From<Tag> for iam::Tag {
    fn from(of: Tag) -> Self {
        Self {
            key: of.key.unwrap_or_default(),
            value: of.value.unwrap_or_default(),
        }
    }
}

impl From<SecurityGroup> for facts::SecurityGroup {
    fn from(of: SecurityGroup) -> Self {
        Self {
            group_id: of.group_id.unwrap_or_default(),
            group_name: of.group_name,
            security_group_arn: of.security_group_arn,
            owner_id: of.owner_id.unwrap_or_default(),
            vpc_id: of.vpc_id,
            ip_permissions: all(of.ip_permissions),
            tags: all(of.tag_set),
        }
    }
}

impl From<IpPermission> for facts::IpPermission {
    fn from(of: IpPermission) -> Self {
        Self {
            ip_protocol: of.ip_protocol.unwrap_or_default(),
            from_port: of.from_port,
            to_port: of.to_port,
            ip_ranges: all(of.ip_ranges),
            ipv6_ranges: all(of.ipv6_ranges),
            prefix_list_ids: all(of.prefix_list_ids),
        }
    }
}

impl From<IpRange> for facts::IpRange {
    fn from(of: IpRange) -> Self {
        Self {
            cidr_ip: of.cidr_ip.unwrap_or_default(),
        }
    }
}

impl From<Ipv6Range> for facts::Ipv6Range {
    fn from(of: Ipv6Range) -> Self {
        Self {
            cidr_ipv6: of.cidr_ipv6.unwrap_or_default(),
        }
    }
}

impl From<PrefixList> for facts::PrefixList {
    fn from(of: PrefixList) -> Self {
        Self {
            prefix_list_id: of.prefix_list_id.unwrap_or_default(),
        }
    }
}

impl From<Subnet> for facts::Subnet {
    fn from(of: Subnet) -> Self {
        Self {
            subnet_id: of.subnet_id.unwrap_or_default(),
            subnet_arn: of.subnet_arn,
            owner_id: of.owner_id.unwrap_or_default(),
            vpc_id: of.vpc_id,
        }
    }
}

impl From<RouteTable> for facts::RouteTable {
    fn from(of: RouteTable) -> Self {
        Self {
            route_table_id: of.route_table_id.unwrap_or_default(),
            owner_id: of.owner_id.unwrap_or_default(),
            vpc_id: of.vpc_id,
            associations: all(of.association_set),
            routes: all(of.route_set),
        }
    }
}

impl From<Association> for facts::RouteTableAssociation {
    fn from(of: Association) -> Self {
        Self {
            main: of.main,
            subnet_id: of.subnet_id,
        }
    }
}

impl From<Route> for facts::Route {
    fn from(of: Route) -> Self {
        Self {
            destination_cidr_block: of.destination_cidr_block,
            destination_ipv6_cidr_block: of.destination_ipv6_cidr_block,
            destination_prefix_list_id: of.destination_prefix_list_id,
            gateway_id: of.gateway_id,
            network_interface_id: of.network_interface_id,
            state: of.state,
        }
    }
}

impl From<LaunchTemplateVersion> for facts::LaunchTemplateVersion {
    fn from(of: LaunchTemplateVersion) -> Self {
        let data = of.launch_template_data;
        Self {
            launch_template_id: of.launch_template_id.unwrap_or_default(),
            launch_template_name: of.launch_template_name,
            version_number: of.version_number.unwrap_or_default(),
            default_version: of.default_version,
            created_by: of.created_by,
            launch_template_data: data.map_or_else(Default::default, Into::into),
        }
    }
}

impl From<LaunchTemplateData> for facts::LaunchTemplateData {
    fn from(of: LaunchTemplateData) -> Self {
        Self {
            metadata_options: of.metadata_options.map(Into::into),
            iam_instance_profile: of.iam_instance_profile.map(Into::into),
        }
    }
}
