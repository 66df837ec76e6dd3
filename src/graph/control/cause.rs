//! On which facts a way rests, of those that somebody can take away: statements, bindings, associations, fields.

use std::collections::BTreeSet;

use super::edge::Rests;
use super::search::{Toward, Via};
use super::{Control, Node};
use crate::graph::escalation::{By, Edge as InsideEdge, Node as InsideNode};
use crate::graph::exposure::Opener;
use crate::graph::hold::Hold;
use crate::graph::path::EdgeKind;
use crate::iam::document::Effect;
use crate::iam::evaluate::{MatchedStatement, PolicyKind};
use crate::rbac::access_policy::scope_text;
use crate::rbac::{Grant, SubjectId};

/// A fact on which a step rests. Clusters are named by their keys, statements by their place in their document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A statement of a policy that a principal holds.
    Statement {
        /// The principal's ARN.
        holder: String,
        /// The policy's ARN, or `inline NAME`.
        policy: String,
        /// The statement.
        statement: usize,
    },
    /// A statement of a role's trust policy.
    Trust {
        /// The role's ARN.
        role: String,
        /// The statement.
        statement: usize,
    },
    /// A Pod Identity association.
    Association {
        /// The cluster.
        cluster: String,
        /// The service account's namespace.
        namespace: String,
        /// The service account.
        service_account: String,
        /// The ARN of the role that it gives in the end.
        role: String,
    },
    /// A subject of a binding.
    Binding {
        /// The cluster.
        cluster: String,
        /// The namespace of a RoleBinding; none: it is a ClusterRoleBinding.
        namespace: Option<String>,
        /// The binding's name.
        name: String,
        /// The subject.
        subject: SubjectId,
    },
    /// An access entry.
    AccessEntry {
        /// The cluster.
        cluster: String,
        /// The ARN of its principal.
        principal: String,
    },
    /// An access policy of an access entry.
    AccessPolicy {
        /// The cluster.
        cluster: String,
        /// The ARN of the entry's principal.
        principal: String,
        /// The policy's ARN.
        policy: String,
    },
    /// A mapping in the ConfigMap aws-auth.
    Mapping {
        /// The cluster.
        cluster: String,
        /// The ARN that is mapped.
        arn: String,
    },
    /// What a workload's pod spec grants.
    Spec {
        /// The workload's id.
        workload: String,
    },
    /// A static access key.
    Key {
        /// The ARN of its user.
        user: String,
        /// Its id.
        id: String,
    },
    /// Metadata services of nodes that answer pods, all by options that were seen.
    Metadata {
        /// The cluster.
        cluster: String,
    },
    /// A load balancer on the internet.
    Exposed {
        /// The cluster.
        cluster: String,
        /// Whose it is.
        opener: Opener,
    },
    /// Tags of a repository that can be moved.
    Tags {
        /// The repository's ARN.
        repository: String,
    },
}

impl Control<'_, '_> {
    /// On what the shortest way from a node to the goal of a search rests, as far as it can be taken away: with any of
    /// these gone, this way is gone.
    pub fn causes(&self, toward: &Toward, from: usize) -> BTreeSet<Cause> {
        let mut causes = BTreeSet::new();
        let mut at = from;
        while let Some((next, via)) = toward.at(at).and_then(|found| found.next) {
            self.add_causes(next, via, &mut causes);
            at = next;
        }
        causes
    }

    fn add_causes(&self, to: usize, via: Via, causes: &mut BTreeSet<Cause>) {
        match via {
            Via::Own(of, number) => {
                if let Some(edge) = self.own_edges(of).get(number) {
                    self.resting(of, to, &edge.rests, causes);
                }
            }
            Via::Assume(of, role) => {
                if let Some(decision) = self.assume.decide(of, role) {
                    self.statements(of, role, &decision.because, causes);
                }
            }
            Via::Inside(cluster, at, number) => {
                let Some(inside) = self.nodes.clusters.get(cluster) else {
                    return;
                };
                if let Some(edge) = inside.escalation.edges_of(at).get(number) {
                    let of = inside.escalation.nodes().get(at);
                    inside_causes(inside.node.key, of, edge, causes);
                }
            }
        }
    }

    fn resting(&self, of: usize, to: usize, rests: &Rests, causes: &mut BTreeSet<Cause>) {
        match rests {
            Rests::Nothing => {}
            Rests::Statements(because) => self.statements(of, to, because, causes),
            Rests::Hold(at) => {
                if let Some(hold) = self.graph.holds.get(*at) {
                    self.hold_causes(hold, causes);
                }
            }
            Rests::Fact(cause) => {
                causes.insert((**cause).clone());
            }
        }
    }

    /// Statements that allow: of the policies of who goes, and of the trust policy of the role that it goes to.
    fn statements(
        &self,
        of: usize,
        to: usize,
        because: &[MatchedStatement],
        causes: &mut BTreeSet<Cause>,
    ) {
        for matched in because.iter().filter(|one| one.effect == Effect::Allow) {
            let cause = match matched.kind {
                PolicyKind::Identity => self.principal(of).map(|holder| Cause::Statement {
                    holder,
                    policy: matched.name.to_string(),
                    statement: matched.statement,
                }),
                PolicyKind::Resource => self.principal(to).map(|role| Cause::Trust {
                    role,
                    statement: matched.statement,
                }),
                // What bounds permissions gives none.
                _ => None,
            };
            causes.extend(cause);
        }
    }

    fn principal(&self, number: usize) -> Option<String> {
        match self.nodes.get(number) {
            Node::Principal(at) => Some(self.graph.principals.get(at)?.arn.to_owned()),
            _ => None,
        }
    }

    fn hold_causes(&self, hold: &Hold, causes: &mut BTreeSet<Cause>) {
        let Some(role) = self.graph.principals.get(hold.role) else {
            return;
        };
        let allows = hold.decision.because.iter();
        let trust =
            allows.filter(|one| one.kind == PolicyKind::Resource && one.effect == Effect::Allow);
        causes.extend(trust.map(|one| Cause::Trust {
            role: role.arn.to_owned(),
            statement: one.statement,
        }));
        let account = self.graph.holder(hold);
        if let Some(account) = account.filter(|_| hold.way != EdgeKind::AssumeRoleWebIdentity) {
            causes.insert(Cause::Association {
                cluster: account.cluster.to_owned(),
                namespace: account.namespace.to_owned(),
                service_account: account.name.to_owned(),
                role: role.arn.to_owned(),
            });
        }
    }
}

/// What an edge inside a cluster rests on: the bindings and access policies that give its permissions.
fn inside_causes(
    cluster: &str,
    of: Option<&InsideNode>,
    edge: &InsideEdge<'_>,
    causes: &mut BTreeSet<Cause>,
) {
    let grants: Vec<&Grant<'_>> = match &edge.by {
        By::Method { held, with, .. } => {
            let with = with.as_ref().and_then(|with| with.grant.as_ref());
            held.grant.iter().chain(with).collect()
        }
        By::Admin(grant) => grant.iter().collect(),
        By::Member | By::Among | By::All | By::OnMachine => Vec::new(),
    };
    causes.extend(
        grants
            .into_iter()
            .filter_map(|grant| of_grant(cluster, of, grant)),
    );
}

fn of_grant(cluster: &str, of: Option<&InsideNode>, grant: &Grant<'_>) -> Option<Cause> {
    if scope_text(grant).is_some() {
        let Some(InsideNode::Principal(principal)) = of else {
            return None;
        };
        return Some(Cause::AccessPolicy {
            cluster: cluster.to_owned(),
            principal: principal.clone(),
            policy: grant.role.metadata.name.clone(),
        });
    }
    Some(Cause::Binding {
        cluster: cluster.to_owned(),
        namespace: grant.binding.namespace().map(str::to_owned),
        name: grant.binding.metadata.name.clone(),
        subject: SubjectId::of(grant.subject, grant.binding)?,
    })
}
