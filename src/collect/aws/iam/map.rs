//! IAM's answers in the SDK's types as the snapshot's: the same fields, by the same names.

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use aws_sdk_iam::types as sdk;

use super::super::value::{count, time};
use crate::snapshot::iam as seen;
use crate::snapshot::iam::PolicyText;

/// A page of `GetAccountAuthorizationDetails`.
pub(super) fn details(of: GetAccountAuthorizationDetailsOutput) -> seen::Iam {
    seen::Iam {
        users: all(of.user_detail_list, user),
        groups: all(of.group_detail_list, group),
        roles: all(of.role_detail_list, role),
        policies: all(of.policies, managed_policy),
        ..seen::Iam::default()
    }
}

fn all<A, B>(list: Option<Vec<A>>, map: impl Fn(A) -> B) -> Vec<B> {
    list.unwrap_or_default().into_iter().map(map).collect()
}

fn user(of: sdk::UserDetail) -> seen::User {
    seen::User {
        path: of.path.unwrap_or_default(),
        user_name: of.user_name.unwrap_or_default(),
        user_id: of.user_id.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        create_date: time(of.create_date),
        user_policy_list: inline(of.user_policy_list),
        group_list: of.group_list.unwrap_or_default(),
        attached_managed_policies: attached(of.attached_managed_policies),
        permissions_boundary: boundary(of.permissions_boundary),
        tags: all(of.tags, tag),
    }
}

fn group(of: sdk::GroupDetail) -> seen::Group {
    seen::Group {
        path: of.path.unwrap_or_default(),
        group_name: of.group_name.unwrap_or_default(),
        group_id: of.group_id.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        create_date: time(of.create_date),
        group_policy_list: inline(of.group_policy_list),
        attached_managed_policies: attached(of.attached_managed_policies),
    }
}

fn role(of: sdk::RoleDetail) -> seen::Role {
    seen::Role {
        path: of.path.unwrap_or_default(),
        role_name: of.role_name.unwrap_or_default(),
        role_id: of.role_id.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        create_date: time(of.create_date),
        assume_role_policy_document: document(of.assume_role_policy_document),
        role_policy_list: inline(of.role_policy_list),
        attached_managed_policies: attached(of.attached_managed_policies),
        permissions_boundary: boundary(of.permissions_boundary),
        tags: all(of.tags, tag),
        role_last_used: of.role_last_used.map(|used| seen::RoleLastUsed {
            last_used_date: time(used.last_used_date),
            region: used.region,
        }),
        instance_profile_list: of.instance_profile_list.map(|list| {
            let profiles = list.into_iter().map(|profile| seen::ProfileOfRole {
                instance_profile_name: profile.instance_profile_name,
                arn: profile.arn,
            });
            profiles.collect()
        }),
    }
}

fn managed_policy(of: sdk::ManagedPolicyDetail) -> seen::ManagedPolicy {
    seen::ManagedPolicy {
        policy_name: of.policy_name.unwrap_or_default(),
        arn: of.arn.unwrap_or_default(),
        path: of.path.unwrap_or_default(),
        default_version_id: of.default_version_id.unwrap_or_default(),
        attachment_count: count(of.attachment_count),
        permissions_boundary_usage_count: count(of.permissions_boundary_usage_count),
        create_date: time(of.create_date),
        update_date: time(of.update_date),
        policy_version_list: all(of.policy_version_list, |version| seen::PolicyVersion {
            document: document(version.document),
            version_id: version.version_id.unwrap_or_default(),
            is_default_version: version.is_default_version,
            create_date: time(version.create_date),
        }),
    }
}

/// Documents come URL-encoded (RFC 3986).
fn document(text: Option<String>) -> Option<PolicyText> {
    text.map(|text| PolicyText::from_text(&text))
}

fn inline(list: Option<Vec<sdk::PolicyDetail>>) -> Vec<seen::InlinePolicy> {
    all(list, |policy| seen::InlinePolicy {
        policy_name: policy.policy_name.unwrap_or_default(),
        policy_document: PolicyText::from_text(&policy.policy_document.unwrap_or_default()),
    })
}

fn attached(list: Option<Vec<sdk::AttachedPolicy>>) -> Vec<seen::AttachedPolicy> {
    all(list, |policy| seen::AttachedPolicy {
        policy_name: policy.policy_name.unwrap_or_default(),
        policy_arn: policy.policy_arn.unwrap_or_default(),
    })
}

fn boundary(of: Option<sdk::AttachedPermissionsBoundary>) -> Option<seen::PermissionsBoundary> {
    of.and_then(|boundary| boundary.permissions_boundary_arn)
        .map(|permissions_boundary_arn| seen::PermissionsBoundary {
            permissions_boundary_arn,
        })
}

fn tag(of: sdk::Tag) -> seen::Tag {
    seen::Tag {
        key: of.key,
        value: of.value,
    }
}

/// `GetOpenIDConnectProvider`, which does not repeat the ARN.
pub(super) fn oidc_provider(arn: &str, of: GetOpenIdConnectProviderOutput) -> seen::OidcProvider {
    // AWS gives the issuer without its scheme; some stand-ins give it back as it was created.
    let issuer = |url: String| {
        url.strip_prefix("https://")
            .map_or(url.clone(), str::to_owned)
    };
    seen::OidcProvider {
        arn: arn.to_owned(),
        url: of.url.map(issuer),
        client_ids: of.client_id_list.unwrap_or_default(),
        thumbprints: of.thumbprint_list.unwrap_or_default(),
        create_date: time(of.create_date),
    }
}

/// A provider of which only the list is known.
pub(super) fn bare_oidc_provider(arn: &str) -> seen::OidcProvider {
    seen::OidcProvider {
        arn: arn.to_owned(),
        url: None,
        client_ids: Vec::new(),
        thumbprints: Vec::new(),
        create_date: None,
    }
}
