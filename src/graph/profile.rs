//! Which role an instance profile gives.

use std::collections::BTreeMap;

use crate::snapshot::iam::Iam;

/// The ARNs of roles by those of their instance profiles. The authorization details tell them at each role
/// (`InstanceProfileList`), `iam list-instance-profiles` at each profile.
pub(super) fn roles(iam: &Iam) -> BTreeMap<&str, &str> {
    let listed = iam.instance_profiles.iter().filter_map(|profile| {
        let role = profile.roles.first()?;
        Some((profile.arn.as_str(), role.arn.as_str()))
    });
    let of_roles = iam.roles.iter().flat_map(|role| {
        let profiles = role.instance_profile_list.iter().flatten();
        profiles.map(|profile| (profile.arn.as_str(), role.arn.as_str()))
    });
    of_roles.chain(listed).collect()
}
