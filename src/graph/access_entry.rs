//! What an access entry makes of its principal inside the cluster, by its type.
//!
//! EKS User Guide, "Create access entries" (types, and the user name that EKS sets for each), "Prepare cluster access
//! for hybrid nodes" and "Grant IAM users access to Kubernetes with a ConfigMap" (the groups of nodes); EKS API
//! Reference, CreateAccessEntry (types).

use crate::rbac::identity::NODES;
use crate::snapshot::eks::AccessEntry;
use crate::snapshot::id::Arn;

/// The type of people and pipelines; all others are of nodes.
pub const STANDARD: &str = "STANDARD";

/// The group of kube-proxy, in which Fargate's pod execution role is.
pub const NODE_PROXIER: &str = "system:node-proxier";

const BOOTSTRAPPERS: &str = "system:bootstrappers";
const WINDOWS_PROXY: &str = "eks:kube-proxy-windows";

/// The groups that nodes are put into, by entries and in aws-auth.
pub const NODE_GROUPS: [&str; 4] = [BOOTSTRAPPERS, NODES, NODE_PROXIER, WINDOWS_PROXY];

/// What user names and groups of an entry of type STANDARD must not begin with.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];

/// The type of an entry; STANDARD where it says none.
pub fn kind(entry: &AccessEntry) -> &str {
    entry.kind.as_deref().unwrap_or(STANDARD)
}

/// The template of the user name: the entry's own, or what EKS sets.
pub fn username(entry: &AccessEntry) -> String {
    if let Some(own) = entry.username.as_ref().filter(|name| !name.is_empty()) {
        return own.clone();
    }
    match kind(entry) {
        STANDARD => standard_username(&entry.principal_arn),
        "FARGATE_LINUX" | "HYBRID_LINUX" | "HYPERPOD_LINUX" => {
            "system:node:{{SessionName}}".to_owned()
        }
        _ => "system:node:{{EC2PrivateDNSName}}".to_owned(),
    }
}

/// A user's ARN; of a role that of its sessions, without the role's path.
fn standard_username(principal: &str) -> String {
    match Arn::parse(principal) {
        Some(arn) if arn.resource.starts_with("role/") => format!(
            "arn:{}:sts::{}:assumed-role/{}/{{{{SessionName}}}}",
            arn.partition,
            arn.account,
            arn.name()
        ),
        _ => principal.to_owned(),
    }
}

/// The groups: the entry's own, and of a node's entry those that EKS puts nodes into.
pub fn groups(entry: &AccessEntry) -> Vec<String> {
    let built_in: &[&str] = match kind(entry) {
        STANDARD => &[],
        "EC2_WINDOWS" => &[BOOTSTRAPPERS, NODES, WINDOWS_PROXY],
        "FARGATE_LINUX" => &[BOOTSTRAPPERS, NODES, NODE_PROXIER],
        _ => &[BOOTSTRAPPERS, NODES],
    };
    let mut groups = entry.kubernetes_groups.clone();
    if groups.is_empty() {
        groups.extend(built_in.iter().map(|group| (*group).to_owned()));
    }
    groups
}

/// A name of an entry that EKS refuses, so that EKS did not print the entry like this.
pub fn refused_name(entry: &AccessEntry) -> Option<&str> {
    let is_reserved = |name: &&str| !may_give(name);
    let groups = entry.kubernetes_groups.iter().map(String::as_str);
    let mut names = groups.chain(entry.username.as_deref());
    match kind(entry) {
        STANDARD => names.find(is_reserved),
        _ => None,
    }
}

/// Whether an entry may give this name to a user or group (EKS User Guide, "Set a custom username for EKS access
/// entries" and "Create access entries").
pub fn may_give(name: &str) -> bool {
    !RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry(kind: Option<&str>, principal: &str) -> AccessEntry {
        AccessEntry {
            principal_arn: format!("arn:aws:iam::111122223333:{principal}"),
            kind: kind.map(str::to_owned),
            ..AccessEntry::default()
        }
    }

    #[test]
    fn what_eks_sets_by_the_type() {
        let session = "arn:aws:sts::111122223333:assumed-role/ops/{{SessionName}}";
        let (node, named) = (
            "system:node:{{EC2PrivateDNSName}}",
            "system:node:{{SessionName}}",
        );
        let of_nodes = "system:bootstrappers system:nodes";
        for (kind, principal, user, groups) in [
            (None, "role/ops", session, String::new()),
            (Some("STANDARD"), "role/team/ops", session, String::new()),
            (
                Some("STANDARD"),
                "user/team/jane",
                "arn:aws:iam::111122223333:user/team/jane",
                String::new(),
            ),
            (Some("EC2_LINUX"), "role/node", node, of_nodes.to_owned()),
            (
                Some("EC2_WINDOWS"),
                "role/node",
                node,
                format!("{of_nodes} eks:kube-proxy-windows"),
            ),
            (Some("EC2"), "role/node", node, of_nodes.to_owned()),
            (
                Some("FARGATE_LINUX"),
                "role/pods",
                named,
                format!("{of_nodes} system:node-proxier"),
            ),
            (
                Some("HYBRID_LINUX"),
                "role/node",
                named,
                of_nodes.to_owned(),
            ),
            (
                Some("HYPERPOD_LINUX"),
                "role/node",
                named,
                of_nodes.to_owned(),
            ),
        ] {
            let entry = entry(kind, principal);
            assert_eq!(username(&entry), user, "{kind:?} {principal}");
            assert_eq!(
                super::groups(&entry).join(" "),
                groups,
                "{kind:?} {principal}"
            );
        }
        let mut own = entry(None, "role/ops");
        own.username = Some("ops:{{SessionName}}".to_owned());
        own.kubernetes_groups = vec!["devs".to_owned()];
        assert_eq!(username(&own), "ops:{{SessionName}}");
        assert_eq!(super::groups(&own), ["devs"]);
    }

    #[test]
    fn eks_refuses_reserved_names_of_people_and_not_of_nodes() {
        for (kind, group, refused) in [
            ("STANDARD", "system:masters", true),
            ("STANDARD", "eks:admins", true),
            ("STANDARD", "admins:system:masters", false),
            ("EC2_LINUX", "system:nodes", false),
        ] {
            let mut entry = entry(Some(kind), "role/ops");
            entry.kubernetes_groups = vec![group.to_owned()];
            assert_eq!(refused_name(&entry).is_some(), refused, "{kind} {group}");
        }
    }
}
