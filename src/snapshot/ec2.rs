//! What EC2 says of instances, launch templates, security groups and subnets, in the field names of its API. Never user data.
//!
//! Shapes: Amazon EC2 API Reference, data types `Instance`, `InstanceMetadataOptionsResponse`,
//! `LaunchTemplateVersion`, `ResponseLaunchTemplateData`, `SecurityGroup`, `IpPermission`, `Subnet`, `RouteTable`.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::iam::Tag;

macro_rules! shapes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[skip_serializing_none]
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "PascalCase")]
            pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
        )*
    };
}

shapes! {
    /// An instance: in `describe-instances`.
    Instance {
        /// `i-…`.
        instance_id: String,
        /// `ip-10-0-1-2.eu-west-1.compute.internal`.
        private_dns_name: Option<String>,
        /// Where it is.
        placement: Option<Placement>,
        /// The instance profile, which holds its role.
        iam_instance_profile: Option<ProfileReference>,
        /// How its metadata service answers.
        metadata_options: Option<MetadataOptions>,
        /// Its address on the internet.
        public_ip_address: Option<String>,
        /// Its subnet.
        subnet_id: Option<String>,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its security groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        security_groups: Vec<GroupReference>,
        /// Tags.
        #[serde(default)]
        tags: Vec<Tag>,
    }
    /// A security group, by its id.
    GroupReference {
        /// `sg-…`.
        group_id: String,
    }
    /// A security group: in `describe-security-groups`.
    SecurityGroup {
        /// `sg-…`.
        group_id: String,
        /// Its name.
        group_name: Option<String>,
        /// Its ARN.
        security_group_arn: Option<String>,
        /// Its account.
        #[serde(default)]
        owner_id: String,
        /// Its VPC.
        vpc_id: Option<String>,
        /// What it lets in.
        #[serde(default)]
        ip_permissions: Vec<IpPermission>,
        /// Tags.
        #[serde(default)]
        tags: Vec<Tag>,
    }
    /// What a security group lets in.
    IpPermission {
        /// `tcp`, `udp`, `-1`: all, or a number.
        #[serde(default)]
        ip_protocol: String,
        /// The first port.
        from_port: Option<i64>,
        /// The last port.
        to_port: Option<i64>,
        /// From these ranges.
        #[serde(default)]
        ip_ranges: Vec<IpRange>,
        /// From these ranges of IPv6.
        #[serde(default)]
        ipv6_ranges: Vec<Ipv6Range>,
        /// From what these prefix lists hold.
        #[serde(default)]
        prefix_list_ids: Vec<PrefixList>,
    }
    /// A range of addresses.
    IpRange {
        /// `0.0.0.0/0`.
        cidr_ip: String,
    }
    /// A range of addresses of IPv6.
    Ipv6Range {
        /// `::/0`.
        cidr_ipv6: String,
    }
    /// A prefix list, by its id.
    PrefixList {
        /// `pl-…`.
        prefix_list_id: String,
    }
    /// A subnet: in `describe-subnets`.
    Subnet {
        /// `subnet-…`.
        subnet_id: String,
        /// Its ARN.
        subnet_arn: Option<String>,
        /// Its account.
        #[serde(default)]
        owner_id: String,
        /// Its VPC.
        vpc_id: Option<String>,
    }
    /// A route table: in `describe-route-tables`.
    RouteTable {
        /// `rtb-…`.
        route_table_id: String,
        /// Its account.
        #[serde(default)]
        owner_id: String,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Whose it is.
        #[serde(default)]
        associations: Vec<RouteTableAssociation>,
        /// Its routes.
        #[serde(default)]
        routes: Vec<Route>,
    }
    /// Whose a route table is.
    RouteTableAssociation {
        /// Whether it is the VPC's main one: that of all subnets that have none of their own.
        main: Option<bool>,
        /// The subnet.
        subnet_id: Option<String>,
    }
    /// A route.
    Route {
        /// For this range.
        destination_cidr_block: Option<String>,
        /// For this range of IPv6.
        destination_ipv6_cidr_block: Option<String>,
        /// For what this prefix list holds.
        destination_prefix_list_id: Option<String>,
        /// To `igw-…`, `vpce-…`, `local`, …
        gateway_id: Option<String>,
        /// To a machine: `eni-…`.
        network_interface_id: Option<String>,
        /// `active`, or `blackhole`: it leads nowhere.
        state: Option<String>,
    }
    /// Where an instance is.
    Placement {
        /// `eu-west-1a`.
        availability_zone: Option<String>,
    }
    /// An instance profile, by ARN or name.
    ProfileReference {
        /// Its ARN.
        arn: Option<String>,
        /// Its name; only launch templates have it.
        name: Option<String>,
    }
    /// How a metadata service answers.
    MetadataOptions {
        /// `optional`, or `required`: by IMDSv2 alone.
        http_tokens: Option<String>,
        /// How many hops the answer with the token of IMDSv2 may go.
        http_put_response_hop_limit: Option<i64>,
        /// `enabled` or `disabled`.
        http_endpoint: Option<String>,
        /// Whether fd00:ec2::254 answers too: `enabled` or `disabled`.
        http_protocol_ipv6: Option<String>,
    }
    /// A version of a launch template: in `describe-launch-template-versions`.
    LaunchTemplateVersion {
        /// `lt-…`.
        launch_template_id: String,
        /// Its name.
        launch_template_name: Option<String>,
        /// The version.
        version_number: i64,
        /// Whether it is the default one.
        default_version: Option<bool>,
        /// Who made it.
        created_by: Option<String>,
        /// What instances are launched with.
        #[serde(default)]
        launch_template_data: LaunchTemplateData,
    }
    /// What instances are launched with.
    LaunchTemplateData {
        /// How their metadata services answer; what is absent is decided elsewhere.
        metadata_options: Option<MetadataOptions>,
        /// Their instance profile.
        iam_instance_profile: Option<ProfileReference>,
    }
}

/// All that was read of EC2 in a region. Lists are sorted by id, and version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Ec2 {
    /// Instances.
    pub instances: Vec<Instance>,
    /// Versions of launch templates.
    pub launch_template_versions: Vec<LaunchTemplateVersion>,
    /// Security groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<SecurityGroup>,
    /// Subnets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Subnet>,
    /// Route tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub route_tables: Vec<RouteTable>,
}
