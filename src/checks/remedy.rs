//! Parts of remedies that several checks share.

use serde_json::json;

use crate::graph::Graph;
use crate::graph::irsa::ClusterTrust;
use crate::graph::principal::Principal;
use crate::rbac::authorizer::Grant;
use crate::rbac::defaults::is_system_role;
use crate::rbac::identity::SubjectId;
use crate::snapshot::Cluster;
use crate::snapshot::iam::Role;

/// A text as a shell takes it: in quotes where it has to be.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// `kubectl` for this cluster. `aws eks update-kubeconfig` calls a context by the cluster's ARN;
/// where somebody calls it otherwise the command fails, and changes no other cluster.
pub fn kubectl(cluster: &Cluster) -> String {
    let arn = cluster.eks.cluster.as_ref().map(|eks| eks.arn.as_str());
    match arn.filter(|arn| !arn.is_empty()) {
        Some(arn) => format!("kubectl --context {}", quoted(arn)),
        None => "kubectl".to_owned(),
    }
}

/// Opens the ConfigMap aws-auth of this cluster in an editor.
pub fn edit_aws_auth(cluster: &Cluster) -> String {
    format!(
        "{} -n kube-system edit configmap aws-auth",
        kubectl(cluster)
    )
}

/// Keeps a binding, and takes what it gives out of its role. The roles of Kubernetes and EKS are
/// everybody's and are put back at the next upgrade: of those the binding is narrowed.
pub fn narrow_grant(cluster: &Cluster, subject: &SubjectId, grant: &Grant<'_>) -> Vec<String> {
    let kubectl = kubectl(cluster);
    let (name, role) = (quoted(&grant.binding.metadata.name), grant.role);
    let role_name = quoted(&role.metadata.name);
    let binding = match grant.binding.namespace() {
        None => format!("clusterrolebinding {name}"),
        Some(namespace) => format!("rolebinding {name} -n {}", quoted(namespace)),
    };
    let keep = format!("{kubectl} get {binding} -o yaml > binding.yaml");
    match role.namespace() {
        _ if is_system_role(role) => vec![
            keep,
            format!(
                "{kubectl} create rolebinding {name} -n NAMESPACE --clusterrole={role_name} {}",
                subject_flag(subject)
            ),
            format!("{kubectl} edit {binding}"),
        ],
        "" => vec![keep, format!("{kubectl} edit clusterrole {role_name}")],
        namespace => vec![
            keep,
            format!("{kubectl} edit role {role_name} -n {}", quoted(namespace)),
        ],
    }
}

/// The access entry of a principal, as flags of `aws eks`.
pub fn entry_flags(cluster: &Cluster, principal: &str) -> String {
    let region = match &cluster.region {
        Some(region) => format!(" --region {}", quoted(region)),
        None => String::new(),
    };
    format!(
        "--cluster-name {} --principal-arn {}{region}",
        quoted(&cluster.name),
        quoted(principal)
    )
}

/// Limits an access policy of an entry to some namespaces, whatever its scope was.
pub fn narrow_access_policy(cluster: &Cluster, principal: &str, policy: &str) -> Vec<String> {
    let entry = entry_flags(cluster, principal);
    vec![
        format!("aws eks list-associated-access-policies {entry}"),
        format!(
            "aws eks associate-access-policy {entry} --policy-arn {} --access-scope type=namespace,namespaces=NAMESPACE",
            quoted(policy)
        ),
    ]
}

/// A subject as `kubectl create rolebinding` takes it.
fn subject_flag(subject: &SubjectId) -> String {
    match subject {
        SubjectId::User(name) => format!("--user={}", quoted(name)),
        SubjectId::Group(name) => format!("--group={}", quoted(name)),
        SubjectId::ServiceAccount { namespace, name } => {
            format!(
                "--serviceaccount={}",
                quoted(&format!("{namespace}:{name}"))
            )
        }
    }
}

/// The condition that a trust in a cluster's tokens should have: the service accounts of the
/// cluster that are annotated with the role, or a place to name one.
pub fn trust_condition(
    graph: &Graph<'_>,
    trust: &ClusterTrust<'_>,
    role: &Principal<'_>,
) -> String {
    let mut subjects: Vec<String> = graph
        .workloads
        .annotated_with(role.arn)
        .filter(|account| Some(account.cluster) == trust.cluster)
        .map(|account| account.subject())
        .collect();
    subjects.sort();
    trust_condition_for(trust.issuer, &subjects, "sts.amazonaws.com")
}

/// The condition that admits these subjects and this audience; with no subject, a place for one.
pub fn trust_condition_for(issuer: &str, subjects: &[String], audience: &str) -> String {
    let subject = match subjects {
        [] => json!("system:serviceaccount:NAMESPACE:NAME"),
        [one] => json!(one),
        several => json!(several),
    };
    json!({"StringEquals": {
        format!("{issuer}:aud"): audience,
        format!("{issuer}:sub"): subject,
    }})
    .to_string()
}

/// Takes a role's trust policy, to be changed by hand, and puts it back.
pub fn change_trust(role: &Principal<'_>) -> [String; 3] {
    let name = quoted(role.name);
    [
        format!(
            "aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument --output json > trust.json"
        ),
        "${EDITOR:-vi} trust.json".to_owned(),
        format!(
            "aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json"
        ),
    ]
}

/// Shows each policy of a role.
pub fn show_policies(role: &Role) -> Vec<String> {
    let name = quoted(&role.role_name);
    let inline = role.role_policy_list.iter().map(|policy| {
        format!(
            "aws iam get-role-policy --role-name {name} --policy-name {}",
            quoted(&policy.policy_name)
        )
    });
    let attached = (!role.attached_managed_policies.is_empty())
        .then(|| format!("aws iam list-attached-role-policies --role-name {name}"));
    inline.chain(attached).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (text, shown) in [
            ("team+app=x,y.z@w-1", "team+app=x,y.z@w-1"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$(id)", "'$(id)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }
}
