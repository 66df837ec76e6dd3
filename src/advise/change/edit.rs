//! A change as the edit to make: what is taken away, in words, and the commands that do it.

use serde_json::{Value, json};

use crate::checks::remedy::{edit_aws_auth, entry_flags, kubectl, quoted};
use crate::graph::Graph;
use crate::graph::static_key::shortened;
use crate::graph::wording::short;
use crate::rbac::SubjectId;
use crate::snapshot::Cluster;
use crate::snapshot::iam::{InlinePolicy, ManagedPolicy, PolicyText};
use crate::snapshot::id::Arn;
use crate::snapshot::kubernetes_rbac::Subject;

use super::Change;
use super::baseline::hold_to_baseline;
use super::policy::{holders, in_the_way, managed, statements, trust_without, without};
use super::{internal, metadata};

/// A change as the edit to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// What is done: `take statement 2 out of the inline policy deploy of role ci`.
    pub title: String,
    /// What is taken away, where that is a statement.
    pub taken: Option<Value>,
    /// What is to be edited by hand, a line each.
    pub by_hand: Vec<String>,
    /// The commands.
    pub commands: Vec<String>,
}

impl Change {
    /// As the edit to make of the account and clusters as they are.
    pub fn edit(&self, graph: &Graph<'_>) -> Edit {
        let mut edit = self.of_one(graph);
        // Names are an account's own: the same command does something else in another.
        let several = graph.snapshot.accounts.len() > 1;
        if let Some(account) = self.account(graph).filter(|_| several) {
            edit.title.push_str(&format!(", in account {account}"));
        }
        edit
    }

    /// The account that its commands of AWS are for.
    fn account<'a>(&'a self, graph: &Graph<'a>) -> Option<&'a str> {
        match self {
            Self::InlineStatement { holder: arn, .. }
            | Self::ManagedStatement { policy: arn, .. }
            | Self::Attachment { holder: arn, .. }
            | Self::TrustStatement { role: arn, .. }
            | Self::Key { user: arn, .. }
            | Self::Tags { repository: arn } => crate::iam::arn::account(arn),
            Self::Association { cluster, .. }
            | Self::Metadata { cluster }
            | Self::AccessEntry { cluster, .. }
            | Self::AccessPolicy { cluster, .. } => {
                graph.snapshot.clusters.get(cluster)?.account.as_deref()
            }
            Self::Subject { .. }
            | Self::Mapping { .. }
            | Self::Baseline { .. }
            | Self::Internal { .. } => None,
        }
    }

    fn of_one(&self, graph: &Graph<'_>) -> Edit {
        match self {
            Self::InlineStatement {
                holder,
                policy,
                statement,
            } => inline(graph, holder, policy, *statement),
            Self::ManagedStatement { policy, statement } => of_managed(graph, policy, *statement),
            Self::Attachment { holder, policy } => Edit {
                title: format!("detach {} from {}", short(policy), short(holder)),
                commands: vec![detach(holder, policy)],
                ..Edit::default()
            },
            Self::TrustStatement { role, statement } => trust(graph, role, *statement),
            Self::Baseline { workload } => baseline(graph, workload),
            Self::Key { user, id } => key(user, id),
            Self::Internal { cluster, opener } => internal::edit(graph, cluster, opener),
            Self::Metadata { cluster } => metadata::edit(graph, cluster),
            Self::Tags { repository } => tags(repository),
            Self::Association { cluster, .. }
            | Self::Subject { cluster, .. }
            | Self::AccessEntry { cluster, .. }
            | Self::AccessPolicy { cluster, .. }
            | Self::Mapping { cluster, .. } => {
                let cluster = graph.snapshot.clusters.get(cluster);
                cluster.map_or_else(Edit::default, |cluster| self.in_cluster(cluster))
            }
        }
    }

    fn in_cluster(&self, cluster: &Cluster) -> Edit {
        let name = &cluster.name;
        match self {
            Self::Association {
                namespace,
                service_account,
                ..
            } => {
                let mut all = cluster.eks.pod_identity.iter();
                let id = all
                    .find(|one| {
                        one.namespace == *namespace && one.service_account == *service_account
                    })
                    .map_or("", |one| one.association_id.as_str());
                Edit {
                    title: format!(
                        "delete the Pod Identity association of service account {namespace}/{service_account} in {name}"
                    ),
                    commands: vec![format!(
                        "aws eks delete-pod-identity-association --cluster-name {} --association-id {}{}",
                        quoted(name),
                        quoted(id),
                        region(cluster)
                    )],
                    ..Edit::default()
                }
            }
            Self::Subject {
                namespace,
                binding,
                subject,
                ..
            } => without_subject(cluster, namespace.as_deref(), binding, subject),
            Self::AccessEntry { principal, .. } => Edit {
                title: format!("delete the access entry of {} in {name}", short(principal)),
                commands: vec![format!(
                    "aws eks delete-access-entry {}",
                    entry_flags(cluster, principal)
                )],
                ..Edit::default()
            },
            Self::AccessPolicy {
                principal, policy, ..
            } => Edit {
                title: format!(
                    "take {} from the access entry of {} in {name}",
                    short(policy),
                    short(principal)
                ),
                commands: vec![format!(
                    "aws eks disassociate-access-policy {} --policy-arn {}",
                    entry_flags(cluster, principal),
                    quoted(policy)
                )],
                ..Edit::default()
            },
            Self::Mapping { arn, .. } => Edit {
                title: format!(
                    "take the mapping of {} out of aws-auth in {name}",
                    short(arn)
                ),
                by_hand: vec![format!("delete the item whose ARN is {arn}")],
                commands: vec![edit_aws_auth(cluster)],
                taken: None,
            },
            _ => Edit::default(),
        }
    }
}

pub(super) fn region(cluster: &Cluster) -> String {
    let region = cluster.region.as_ref();
    region.map_or(String::new(), |region| {
        format!(" --region {}", quoted(region))
    })
}

/// `statement 2`, `statement AllowDeploy`.
fn named(text: Option<&PolicyText>, statement: usize) -> String {
    let all = text.and_then(statements).unwrap_or_default();
    let sid = all.get(statement).and_then(|one| one.get("Sid"));
    match sid.and_then(Value::as_str).filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("statement {sid}"),
        None => format!("statement {}", statement + 1),
    }
}

fn taken(text: Option<&PolicyText>, statement: usize) -> Option<Value> {
    text.and_then(statements)?.into_iter().nth(statement)
}

/// `role-policy --role-name ci`: the command's object, and whose it is.
fn flags(holder: &str, what: &str) -> String {
    let resource = Arn::parse(holder).map_or("", |arn| arn.resource);
    let kind = resource.split('/').next().unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    format!("{kind}-{what} --{kind}-name {}", quoted(name))
}

fn detach(holder: &str, policy: &str) -> String {
    format!(
        "aws iam detach-{} --policy-arn {}",
        flags(holder, "policy"),
        quoted(policy)
    )
}

/// A managed policy that loses its last statement is detached from all that hold it.
fn of_managed(graph: &Graph<'_>, arn: &str, statement: usize) -> Edit {
    let policy = managed(graph, arn);
    let text = policy.and_then(ManagedPolicy::document);
    let oldest = policy.and_then(in_the_way).map(|oldest| {
        format!(
            "aws iam delete-policy-version --policy-arn {} --version-id {}",
            quoted(arn),
            quoted(&oldest.version_id)
        )
    });
    let commands = match text.and_then(|text| without(text, statement)) {
        Some(shorter) => {
            let create = format!(
                "aws iam create-policy-version --policy-arn {} --set-as-default --policy-document {}",
                quoted(arn),
                quoted(shorter.as_str())
            );
            oldest.into_iter().chain([create]).collect()
        }
        None => {
            let holders = holders(graph, arn).into_iter();
            holders.map(|holder| detach(holder, arn)).collect()
        }
    };
    Edit {
        title: format!(
            "take {} out of {}, for all that hold it",
            named(text, statement),
            short(arn)
        ),
        taken: taken(text, statement),
        by_hand: Vec::new(),
        commands,
    }
}

/// An inline policy of a user, group or role.
fn inline_of<'s>(graph: &Graph<'s>, holder: &str, policy: &str) -> Option<&'s InlinePolicy> {
    let account = graph
        .snapshot
        .accounts
        .get(crate::iam::arn::account(holder)?)?;
    let iam = &account.iam;
    let roles = iam.roles.iter().filter(|one| one.arn == holder);
    let users = iam.users.iter().filter(|one| one.arn == holder);
    let groups = iam.groups.iter().filter(|one| one.arn == holder);
    let all = roles
        .flat_map(|one| &one.role_policy_list)
        .chain(users.flat_map(|one| &one.user_policy_list))
        .chain(groups.flat_map(|one| &one.group_policy_list));
    let mut named = all.filter(|one| one.policy_name == policy);
    named.next()
}

fn inline(graph: &Graph<'_>, holder: &str, policy: &str, statement: usize) -> Edit {
    let text = inline_of(graph, holder, policy).map(|one| &one.policy_document);
    let command = match text.and_then(|text| without(text, statement)) {
        Some(shorter) => format!(
            "aws iam put-{} --policy-name {} --policy-document {}",
            flags(holder, "policy"),
            quoted(policy),
            quoted(shorter.as_str())
        ),
        None => format!(
            "aws iam delete-{} --policy-name {}",
            flags(holder, "policy"),
            quoted(policy)
        ),
    };
    Edit {
        title: format!(
            "take {} out of the inline policy {policy} of {}",
            named(text, statement),
            short(holder)
        ),
        taken: taken(text, statement),
        by_hand: Vec::new(),
        commands: vec![command],
    }
}

fn trust(graph: &Graph<'_>, role: &str, statement: usize) -> Edit {
    let at = graph.principals.by_arn(role);
    let found = at.and_then(|at| graph.principals.get(at)?.role());
    let text = found.and_then(|one| one.assume_role_policy_document.as_ref());
    let shorter = text.and_then(|text| trust_without(text, statement));
    let is_last = text.and_then(statements).is_some_and(|all| all.len() == 1);
    let name = named(text, statement);
    Edit {
        title: match is_last {
            true => format!(
                "turn the only statement of the trust policy of {} into a denial",
                short(role)
            ),
            false => format!("take {name} out of the trust policy of {}", short(role)),
        },
        taken: taken(text, statement),
        by_hand: Vec::new(),
        commands: shorter
            .map(|shorter| {
                let resource = Arn::parse(role).map_or("", |arn| arn.name());
                format!(
                    "aws iam update-assume-role-policy --role-name {} --policy-document {}",
                    quoted(resource),
                    quoted(shorter.as_str())
                )
            })
            .into_iter()
            .collect(),
    }
}

fn without_subject(
    cluster: &Cluster,
    namespace: Option<&str>,
    binding: &str,
    subject: &SubjectId,
) -> Edit {
    let mut all = cluster.kubernetes.role_bindings.iter();
    let found = all.find(|one| one.metadata.name == binding && one.namespace() == namespace);
    let (kind, flag) = match namespace {
        None => ("clusterrolebinding", String::new()),
        Some(namespace) => ("rolebinding", format!(" -n {}", quoted(namespace))),
    };
    let kubectl = kubectl(cluster);
    let place = found.and_then(|one| {
        let held = one.subjects.iter();
        let places: Vec<usize> = held
            .enumerate()
            .filter(|(_, held)| SubjectId::of(held, one).as_ref() == Some(subject))
            .map(|(at, _)| at)
            .collect();
        (one.subjects.len() > places.len()).then_some(places)
    });
    let command = match place {
        Some(places) => {
            let subjects = found.map_or(&[][..], |one| &one.subjects);
            let removed = places.iter().rev();
            let operations: Vec<Value> = removed
                .filter_map(|at| Some(subject_removed(*at, subjects.get(*at)?)))
                .flatten()
                .collect();
            format!(
                "{kubectl} patch {kind} {}{flag} --type=json -p {}",
                quoted(binding),
                quoted(&Value::Array(operations).to_string())
            )
        }
        None => format!("{kubectl} delete {kind} {}{flag}", quoted(binding)),
    };
    let whose = match namespace {
        None => format!("the ClusterRoleBinding {binding}"),
        Some(namespace) => format!("the RoleBinding {namespace}/{binding}"),
    };
    Edit {
        title: format!(
            "take {} out of {whose} in {}",
            crate::graph::rbac_subject::subject_text(subject),
            cluster.name
        ),
        commands: vec![command],
        ..Edit::default()
    }
}

/// The operations that take out the subject at a place, if it is still there: where the binding was changed in between,
/// another may be in its place, and then nothing is changed (RFC 6902, 4.6 "test" and 5 "Error Handling"). The fields are
/// asked one by one, for the API server writes the API group of a subject that has none.
fn subject_removed(at: usize, subject: &Subject) -> Vec<Value> {
    let path = format!("/subjects/{at}");
    let fields = [
        ("kind", Some(&subject.kind)),
        ("name", Some(&subject.name)),
        ("namespace", subject.namespace.as_ref()),
    ];
    let known = fields
        .into_iter()
        .filter_map(|(field, value)| Some((field, value?)));
    let tests = known.map(
        |(field, value)| json!({"op": "test", "path": format!("{path}/{field}"), "value": value}),
    );
    tests
        .chain([json!({"op": "remove", "path": path})])
        .collect()
}

fn baseline(graph: &Graph<'_>, id: &str) -> Edit {
    let mut workloads = graph.workloads.workloads.iter();
    let Some(workload) = workloads.find(|one| one.id == id) else {
        return Edit::default();
    };
    let mut fields: Vec<String> = Vec::new();
    for spec in workload.specs() {
        for field in hold_to_baseline(&mut spec.clone()) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    let cluster = graph.snapshot.clusters.get(workload.cluster);
    let object = format!(
        "{} {} -n {}",
        workload.kind.to_lowercase(),
        quoted(&workload.name),
        quoted(workload.namespace)
    );
    // The spec of a pod, and the template of a Job, cannot be changed (Kubernetes documentation, "Pods", "Pod update and
    // replacement", and "Jobs").
    let is_fixed = matches!(&*workload.kind, "Pod" | "Job");
    if is_fixed {
        fields.push(format!(
            "all in changed.yaml, between the commands: the second deletes the {} and makes it again",
            workload.kind
        ));
    }
    let commands = cluster.map(kubectl).map(|kubectl| match is_fixed {
        true => vec![
            format!("{kubectl} get {object} -o yaml > changed.yaml"),
            format!("{kubectl} replace --force -f changed.yaml"),
        ],
        false => vec![format!("{kubectl} edit {object}")],
    });
    Edit {
        title: format!(
            "hold the pods of {} to the Pod Security Standard baseline",
            workload.label()
        ),
        taken: None,
        by_hand: fields,
        commands: commands.unwrap_or_default(),
    }
}

fn key(user: &str, id: &str) -> Edit {
    let name = Arn::parse(user).map_or("", |arn| arn.name());
    Edit {
        title: format!(
            "make the access key {} of {} inactive",
            shortened(id),
            short(user)
        ),
        commands: vec![format!(
            "aws iam update-access-key --user-name {} --access-key-id {} --status Inactive",
            quoted(name),
            quoted(id)
        )],
        ..Edit::default()
    }
}

fn tags(repository: &str) -> Edit {
    let arn = Arn::parse(repository);
    let name = arn.map_or("", |arn| {
        arn.resource.split_once('/').map_or("", |(_, name)| name)
    });
    let region = arn.map_or("", |arn| arn.region);
    Edit {
        title: format!("make the tags of the image repository {name} immutable"),
        commands: vec![format!(
            "aws ecr put-image-tag-mutability --repository-name {} --image-tag-mutability IMMUTABLE --region {}",
            quoted(name),
            quoted(region)
        )],
        ..Edit::default()
    }
}
