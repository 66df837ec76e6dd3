//! Who and what is meant by a name that a person gives: an id, or the short forms.

mod near;
mod resource;

pub use resource::What;

use crate::rbac::SubjectId;
use crate::rbac::identity::{
    ANONYMOUS, AUTHENTICATED, NODE_USER, NODES, SERVICE_ACCOUNTS, SYSTEM_MASTERS, UNAUTHENTICATED,
};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::{Arn, ObjectId, object_id};

use super::rbac_subject::subject_id;
use super::user_template::Match;
use super::{ClusterNode, Graph};

pub(super) use near::near;

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An IAM role or user.
    Iam {
        /// Its place among the principals.
        at: usize,
        /// The ARN of one session of the role, where that is meant.
        session: Option<String>,
    },
    /// A service account, or a workload that runs as it.
    Account {
        /// The place of the service account.
        at: usize,
        /// The id of what was named.
        id: String,
    },
    /// A user or group of a cluster, or a service account that only bindings know.
    Subject {
        /// The cluster's key.
        cluster: String,
        /// Who.
        subject: SubjectId,
    },
}

/// Why a name says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unnamed {
    /// There is nobody of that name.
    #[error("{0}")]
    Unknown(String),
    /// Several are of that name.
    #[error("there are several `{name}`; name one by its id: {}", ids.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The ids of all of them.
        ids: Vec<String>,
    },
    /// Where it would be was not read.
    #[error("{0}")]
    Unread(String),
}

/// The forms of a principal's name, for an error.
const FORMS: &str = "an ARN, role/NAME, user/NAME, pod/NAMESPACE/NAME, sa/NAMESPACE/NAME, \
    system:serviceaccount:NAMESPACE:NAME, User/NAME, Group/NAME, or a k8s:// id";

impl Graph<'_> {
    /// The principal of a name. For a Kubernetes verb `user/NAME` may also be a cluster's user.
    ///
    /// # Errors
    /// There is none, there are several, or where it would be was not read.
    pub fn who(&self, name: &str, kubernetes: bool) -> Result<Who, Unnamed> {
        if name.starts_with("k8s://") {
            return self.by_id(name);
        }
        if name.starts_with("arn:") {
            return self.by_arn(name);
        }
        if let SubjectId::ServiceAccount { namespace, name } = SubjectId::user(name) {
            return self.account(&namespace, &name, None, kubernetes);
        }
        let Some((kind, rest)) = name.split_once('/').filter(|(_, rest)| !rest.is_empty()) else {
            return Err(unknown(format!(
                "`{name}` names no principal: give {FORMS}"
            )));
        };
        match (kind, rest.split_once('/')) {
            ("pod", Some((namespace, pod))) => self.pod(namespace, pod, None),
            ("sa" | "serviceaccount", Some((namespace, account))) => {
                self.account(namespace, account, None, kubernetes)
            }
            ("role", _) => self.iam("role", rest),
            ("user", _) => match self.iam("user", rest) {
                Err(Unnamed::Unknown(_) | Unnamed::Unread(_)) if kubernetes => {
                    self.subject(&SubjectId::user(rest), None)
                }
                found => found,
            },
            ("User", _) => self.subject(&SubjectId::user(rest), None),
            ("Group" | "group", _) => self.subject(&SubjectId::Group(rest.to_owned()), None),
            _ => Err(unknown(format!(
                "`{name}` names no principal: give {FORMS}"
            ))),
        }
    }

    /// The id of who is asked about.
    pub fn id_of(&self, who: &Who) -> String {
        match who {
            Who::Iam {
                session: Some(arn), ..
            } => arn.clone(),
            Who::Iam { at, .. } => self
                .principals
                .get(*at)
                .map_or(String::new(), |p| p.arn.to_owned()),
            Who::Account { id, .. } => id.clone(),
            Who::Subject { cluster, subject } => subject_id(cluster, subject),
        }
    }

    fn by_id(&self, id: &str) -> Result<Who, Unnamed> {
        let Some(object) = ObjectId::parse(id) else {
            return Err(unknown(format!(
                "`{id}` is no id: k8s://CLUSTER/NAMESPACE/Kind/NAME"
            )));
        };
        let cluster = Some(object.cluster);
        if self.cluster(object.cluster).is_none() {
            let known: Vec<&str> = self.clusters.iter().map(|node| node.key).collect();
            let text = format!(
                "no cluster `{}` was read{}",
                object.cluster,
                near(object.cluster, known)
            );
            return Err(unknown(text));
        }
        match object.kind {
            "ServiceAccount" => self.account(object.namespace, object.name, cluster, true),
            "Pod" => self.pod(object.namespace, object.name, cluster),
            "User" => self.subject(&SubjectId::user(object.name), cluster),
            "Group" => self.subject(&SubjectId::Group(object.name.to_owned()), cluster),
            _ => {
                let workloads = &self.workloads.workloads;
                let found = workloads.iter().find(|workload| workload.id == id);
                let ids = workloads.iter().map(|workload| workload.id.as_str());
                let at = found
                    .ok_or_else(|| unknown(format!("nobody has the id `{id}`{}", near(id, ids))))?;
                Ok(Who::Account {
                    at: at.service_account,
                    id: id.to_owned(),
                })
            }
        }
    }

    fn by_arn(&self, name: &str) -> Result<Who, Unnamed> {
        let Some(arn) = Arn::parse(name) else {
            return Err(unknown(format!("`{name}` is no whole ARN")));
        };
        if let Some(at) = self.principals.by_arn(name) {
            return Ok(Who::Iam { at, session: None });
        }
        let session = arn
            .resource
            .strip_prefix("assumed-role/")
            .and_then(|rest| rest.split_once('/'));
        if let (Some((role, _)), "sts") = (session, arn.service)
            && let Some(at) = self.principals.role_named(arn.account, role)
        {
            return Ok(Who::Iam {
                at,
                session: Some(name.to_owned()),
            });
        }
        if arn.resource == "root" {
            return Err(unknown(format!(
                "{name} is the root user, who may do all that no SCP takes away; ask about a role or a user"
            )));
        }
        if arn.service != "iam" && arn.service != "sts" {
            return Err(unknown(format!("{name} is no principal: give {FORMS}")));
        }
        if !self.saw(Source::IAM, arn.account) {
            return Err(unread_iam(name, arn.account));
        }
        let arns = self.principals.iter().map(|(_, principal)| principal.arn);
        Err(unknown(format!(
            "there is no principal {name}{}",
            near(name, arns)
        )))
    }

    /// A role or user by its name, in whichever account.
    fn iam(&self, kind: &str, name: &str) -> Result<Who, Unnamed> {
        let of_kind = || {
            self.principals
                .iter()
                .filter(|(_, principal)| principal.role().is_some() == (kind == "role"))
        };
        // Names are unique without regard to case (IAM User Guide, "IAM and AWS STS quotas"); a path may
        // stand before one.
        let last = name.rsplit('/').next().unwrap_or(name);
        let path = format!("/{name}");
        let found: Vec<(usize, &str)> = of_kind()
            .filter(|(_, one)| one.name.eq_ignore_ascii_case(last))
            .filter(|(_, one)| last == name || one.arn.ends_with(&path))
            .map(|(at, one)| (at, one.arn))
            .collect();
        match found.as_slice() {
            [(at, _)] => Ok(Who::Iam {
                at: *at,
                session: None,
            }),
            [] => Err(self.no_iam(kind, name, of_kind().map(|(_, one)| one.name))),
            several => Err(Unnamed::Ambiguous {
                name: format!("{kind}/{name}"),
                ids: several.iter().map(|(_, arn)| (*arn).to_owned()).collect(),
            }),
        }
    }

    fn no_iam<'n>(&self, kind: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Unnamed {
        let unread: Vec<&str> = self
            .snapshot
            .accounts
            .keys()
            .map(String::as_str)
            .filter(|account| !self.saw(Source::IAM, account))
            .collect();
        let shown = format!("{kind}/{name}");
        if self.snapshot.accounts.is_empty() {
            return unread_iam(&shown, "any account");
        }
        match unread.as_slice() {
            [] => unknown(format!("there is no {shown}{}", near(name, names))),
            unread => unread_iam(&shown, &unread.join(", ")),
        }
    }

    fn nodes<'g>(&'g self, cluster: Option<&'g str>) -> impl Iterator<Item = &'g ClusterNode<'g>> {
        self.clusters
            .iter()
            .filter(move |node| cluster.is_none_or(|key| key == node.key))
    }

    fn account(
        &self,
        namespace: &str,
        name: &str,
        cluster: Option<&str>,
        kubernetes: bool,
    ) -> Result<Who, Unnamed> {
        let shown = format!("sa/{namespace}/{name}");
        let id = |key: &str| object_id(key, namespace, "ServiceAccount", name);
        let known = self.nodes(cluster).filter_map(|node| {
            let at = self.workloads.service_account(node.key, namespace, name)?;
            Some((
                Who::Account {
                    at,
                    id: id(node.key),
                },
                id(node.key),
            ))
        });
        if let Some(found) = only(&shown, known.collect())? {
            return Ok(found);
        }
        let unread: Vec<&str> = self
            .nodes(cluster)
            .map(|node| node.key)
            .filter(|key| !self.saw(Source::SERVICE_ACCOUNTS, key))
            .collect();
        match unread.as_slice() {
            // RBAC goes by the name alone.
            [one] if kubernetes && self.nodes(cluster).count() == 1 => Ok(Who::Subject {
                cluster: (*one).to_owned(),
                subject: SubjectId::service_account(namespace, name),
            }),
            [] if !self.clusters.is_empty() => {
                let all = self.workloads.service_accounts.iter();
                let labels: Vec<String> = all
                    .map(|account| format!("sa/{}", account.label()))
                    .collect();
                let near = near(&shown, labels.iter().map(String::as_str));
                Err(unknown(format!("there is no {shown}{near}")))
            }
            unread => Err(unread_kubernetes(&shown, Source::SERVICE_ACCOUNTS, unread)),
        }
    }

    fn pod(&self, namespace: &str, name: &str, cluster: Option<&str>) -> Result<Who, Unnamed> {
        let shown = format!("pod/{namespace}/{name}");
        let pods = || {
            self.nodes(cluster).flat_map(|node| {
                let pods = &node.cluster.kubernetes.pods;
                pods.iter().map(move |pod| (node.key, pod))
            })
        };
        let found = pods()
            .filter(|(_, pod)| {
                pod.metadata.name == name && super::workload::namespace(&pod.metadata) == namespace
            })
            .filter_map(|(key, pod)| {
                let id = object_id(key, namespace, "Pod", name);
                let account = super::workload::account_name(&pod.spec);
                let at = self.workloads.service_account(key, namespace, account)?;
                Some((Who::Account { at, id: id.clone() }, id))
            });
        if let Some(found) = only(&shown, found.collect())? {
            return Ok(found);
        }
        let unread: Vec<&str> = self
            .nodes(cluster)
            .map(|node| node.key)
            .filter(|key| !self.saw(Source::PODS, key))
            .collect();
        if unread.is_empty() && !self.clusters.is_empty() {
            let label = |metadata| format!("pod/{}/", super::workload::namespace(metadata));
            let names: Vec<String> = pods()
                .map(|(_, pod)| label(&pod.metadata) + &pod.metadata.name)
                .collect();
            let near = near(&shown, names.iter().map(String::as_str));
            return Err(unknown(format!("there is no {shown} that runs{near}")));
        }
        Err(unread_kubernetes(&shown, Source::PODS, &unread))
    }

    /// A user or group. It stands in no object of its own: it is known where something names it.
    fn subject(&self, subject: &SubjectId, cluster: Option<&str>) -> Result<Who, Unnamed> {
        let id = |node: &ClusterNode<'_>| subject_id(node.key, subject);
        let who = |node: &ClusterNode<'_>| Who::Subject {
            cluster: node.key.to_owned(),
            subject: subject.clone(),
        };
        let known = self.nodes(cluster).filter(|node| knows(node, subject));
        let known = known.map(|node| (who(node), id(node))).collect();
        if let Some(found) = only(&subject.to_string(), known)? {
            return Ok(found);
        }
        let unread: Vec<&str> = self
            .nodes(cluster)
            .map(|node| node.key)
            .filter(|key| {
                let sources = [Source::CLUSTER_ROLE_BINDINGS, Source::ROLE_BINDINGS];
                sources.iter().any(|source| !self.saw(*source, key))
            })
            .collect();
        if !unread.is_empty() || self.clusters.is_empty() {
            let source = Source::CLUSTER_ROLE_BINDINGS;
            return Err(unread_kubernetes(&subject.to_string(), source, &unread));
        }
        let names: Vec<String> = self
            .nodes(cluster)
            .flat_map(|node| node.rbac.bindings())
            .flat_map(|binding| {
                binding
                    .subjects
                    .iter()
                    .filter_map(|one| SubjectId::of(one, binding))
            })
            .map(|one| one.to_string())
            .collect();
        let near = near(&subject.to_string(), names.iter().map(String::as_str));
        Err(unknown(format!(
            "no binding and no way in from AWS names {subject}{near}"
        )))
    }
}

/// Whether a cluster's objects, or Kubernetes itself, name a subject.
fn knows(node: &ClusterNode<'_>, subject: &SubjectId) -> bool {
    let by_itself = match subject {
        SubjectId::Group(name) => {
            [SYSTEM_MASTERS, AUTHENTICATED, UNAUTHENTICATED, NODES].contains(&name.as_str())
                || name.starts_with(SERVICE_ACCOUNTS)
        }
        SubjectId::User(name) => {
            let node_name = name.strip_prefix(NODE_USER);
            let nodes = &node.cluster.kubernetes.nodes;
            name == ANONYMOUS
                || node_name.is_some_and(|name| nodes.iter().any(|one| one.metadata.name == name))
        }
        SubjectId::ServiceAccount { .. } => false,
    };
    let bound = || {
        node.rbac.bindings().iter().any(|binding| {
            let mut subjects = binding.subjects.iter();
            subjects.any(|one| SubjectId::of(one, binding).as_ref() == Some(subject))
        })
    };
    let comes_in = || {
        node.access.all.iter().any(|access| match subject {
            SubjectId::Group(name) => access.is_in(name) != Match::No,
            SubjectId::User(name) => access.is_user(name) != Match::No,
            SubjectId::ServiceAccount { .. } => false,
        })
    };
    by_itself || bound() || comes_in()
}

/// The only one found, if there is one.
fn only(name: &str, found: Vec<(Who, String)>) -> Result<Option<Who>, Unnamed> {
    if found.len() > 1 {
        return Err(Unnamed::Ambiguous {
            name: name.to_owned(),
            ids: found.into_iter().map(|(_, id)| id).collect(),
        });
    }
    Ok(found.into_iter().next().map(|(who, _)| who))
}

fn unknown(text: String) -> Unnamed {
    Unnamed::Unknown(text)
}

fn unread_iam(name: &str, account: &str) -> Unnamed {
    Unnamed::Unread(format!(
        "{name} is not known: {} of {account} was not read whole",
        Source::IAM.name
    ))
}

fn unread_kubernetes(name: &str, source: Source, clusters: &[&str]) -> Unnamed {
    let of = match clusters {
        [] => "any cluster".to_owned(),
        clusters => clusters.join(", "),
    };
    Unnamed::Unread(format!(
        "{name} is not known: {} of {of} was not read whole",
        source.name
    ))
}
