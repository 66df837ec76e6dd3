//! Steps by which control of one thing gives control of another.

use serde::{Deserialize, Serialize};

/// A kind of edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// A workload has the token of its service account.
    RunsAs,
    /// A service account gets a role by its token: IRSA.
    AssumeRoleWebIdentity,
    /// A service account gets a role by EKS Pod Identity.
    PodIdentity,
    /// A role that Pod Identity gave assumes the association's target role.
    PodIdentityTarget,
    /// An IAM principal assumes a role.
    AssumeRole,
    /// An IAM principal gives itself more by a known method.
    Escalates,
    /// A node has the role of its instance profile.
    NodeRole,
    /// A workload has a static access key of an IAM user.
    StaticKey,
    /// An IAM principal comes into a cluster by an access entry.
    AccessEntry,
    /// An IAM principal comes into a cluster by the ConfigMap aws-auth.
    AwsAuth,
    /// A subject has the rules of a role by a binding.
    BoundTo,
    /// A role's rules let their holder act as another subject: by its token, in its pods, in its name.
    ActsAs,
    /// A subject is surely in a group.
    MemberOf,
    /// Permissions give their holder more: a role, everything in a namespace, the cluster.
    GivesItself,
    /// Permissions let their holder run what becomes a node of the cluster.
    ControlsNode,
    /// A container's spec lets it out onto its node.
    EscapesToNode,
    /// A container's spec lets it read the tokens of the pods on its node.
    ReadsPodTokens,
    /// A node has the tokens of the pods on it.
    HostsPod,
    /// It is in a set that is reached as a whole.
    Among,
    /// A workload gets a Kubernetes Secret.
    ReadsSecret,
    /// A workload may write a volume.
    WritesVolume,
    /// A workload mounts a volume.
    ReadsVolume,
    /// A workload runs an image.
    RunsImage,
    /// Requests from the internet come to a workload.
    Exposes,
    /// Requests without any credential come to an API server.
    Anonymous,
}

impl EdgeKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::RunsAs,
        Self::AssumeRoleWebIdentity,
        Self::PodIdentity,
        Self::PodIdentityTarget,
        Self::AssumeRole,
        Self::Escalates,
        Self::NodeRole,
        Self::StaticKey,
        Self::AccessEntry,
        Self::AwsAuth,
        Self::BoundTo,
        Self::ActsAs,
        Self::MemberOf,
        Self::GivesItself,
        Self::ControlsNode,
        Self::EscapesToNode,
        Self::ReadsPodTokens,
        Self::HostsPod,
        Self::Among,
        Self::ReadsSecret,
        Self::WritesVolume,
        Self::ReadsVolume,
        Self::RunsImage,
        Self::Exposes,
        Self::Anonymous,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunsAs => "runs-as",
            Self::AssumeRoleWebIdentity => "assume-role-web-identity",
            Self::PodIdentity => "pod-identity",
            Self::PodIdentityTarget => "pod-identity-target",
            Self::AssumeRole => "assume-role",
            Self::Escalates => "escalates",
            Self::NodeRole => "node-role",
            Self::StaticKey => "static-key",
            Self::AccessEntry => "access-entry",
            Self::AwsAuth => "aws-auth",
            Self::BoundTo => "bound-to",
            Self::ActsAs => "acts-as",
            Self::MemberOf => "member-of",
            Self::GivesItself => "gives-itself",
            Self::ControlsNode => "controls-node",
            Self::EscapesToNode => "escapes-to-node",
            Self::ReadsPodTokens => "reads-pod-tokens",
            Self::HostsPod => "hosts-pod",
            Self::Among => "among",
            Self::ReadsSecret => "reads-secret",
            Self::WritesVolume => "writes-volume",
            Self::ReadsVolume => "reads-volume",
            Self::RunsImage => "runs-image",
            Self::Exposes => "exposes",
            Self::Anonymous => "anonymous",
        }
    }
}

/// One step of a path, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who has control before.
    pub from: String,
    /// What control is gained of.
    pub to: String,
    /// By what.
    pub edge: EdgeKind,
    /// What shows it: the policy and statement, the binding, the field.
    pub evidence: String,
}

impl Step {
    /// A step.
    pub fn new(
        from: impl Into<String>,
        edge: EdgeKind,
        to: impl Into<String>,
        evidence: impl Into<String>,
    ) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
            edge,
            evidence: evidence.into(),
        }
    }
}
