//! A method of the catalogue: what it requires, what it gives, where that is documented.

use crate::rbac::Permission;

use super::{
    admission, aws_auth, build::Build, certificates, enter, impersonate, machines, operators, own,
    tokens, workloads,
};

/// Verbs on resources: any of the verbs on any of the resources.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Any of these.
    pub verbs: &'static [&'static str],
    /// API groups (empty is the core group) with resources of each, `pods` or `pods/exec`.
    pub of: &'static [(&'static str, &'static [&'static str])],
    /// Whether requests for it carry a namespace, so that a RoleBinding gives it.
    pub namespaced: bool,
}

impl Ask {
    /// Of resources in namespaces.
    pub const fn namespaced(
        verbs: &'static [&'static str],
        of: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        Self {
            verbs,
            of,
            namespaced: true,
        }
    }

    /// Of resources of the cluster.
    pub const fn cluster(
        verbs: &'static [&'static str],
        of: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        Self {
            verbs,
            of,
            namespaced: false,
        }
    }

    /// Each permission that it stands for.
    pub(super) fn permissions(&self) -> impl Iterator<Item = Permission<'static>> {
        let verbs = self.verbs;
        self.of.iter().flat_map(move |(group, resources)| {
            let resources = resources.iter();
            resources.flat_map(move |resource| {
                let verbs = verbs.iter();
                verbs.map(move |verb| Permission::new(verb, group, resource))
            })
        })
    }
}

/// What kind of permission a method turns on. The order is that in which ways are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Writes rules into a role that it does not hold itself.
    Escalate,
    /// Binds a role that it does not hold itself.
    Bind,
    /// Acts as another user, group or service account.
    Impersonate,
    /// Has a token made for a service account.
    IssueTokens,
    /// Creates pods, or what makes pods.
    CreatePods,
    /// Acts inside pods.
    EnterPods,
    /// Runs commands in pods by their kubelet.
    ReachKubelets,
    /// Changes pods, or what makes pods.
    ChangePods,
    /// Reads Secrets.
    ReadSecrets,
    /// Maps IAM principals to anything, by the ConfigMap aws-auth.
    AwsAuth,
    /// Has an operator act that may do more.
    Operators,
    /// Runs a pod that becomes its node.
    BecomeNode,
    /// Moves others' pods.
    StealPods,
    /// Changes what others send to the API server.
    ChangeWebhooks,
    /// Has client certificates made.
    Certificates,
}

/// What a method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The whole cluster.
    ClusterAdmin,
    /// The whole cluster, or everything in a namespace, or what a role allows.
    Permissions,
    /// Another subject.
    Subject,
    /// A node, and with it the tokens of its pods.
    Node,
    /// Nobody's power: it is listed so that nobody takes it for one. Why.
    Nothing(&'static str),
}

/// One way by which a permission gives control of more than it says.
#[derive(Debug)]
pub struct Method {
    /// Its id, never changed.
    pub id: &'static str,
    /// What kind it is.
    pub family: Family,
    /// What it takes: all of these. Where a request names the object, a rule that is limited by
    /// `resourceNames` counts for these names only.
    pub asks: &'static [Ask],
    /// What it gives.
    pub gives: Gives,
    /// What is done with it, after `and so`: `{}` is who or what is gained, `{at}` by which object,
    /// `{with}` the second permission.
    pub does: &'static str,
    /// Where that is documented.
    pub source: &'static str,
    /// Adds its edges.
    pub(super) derive: fn(&mut Build<'_>, &'static Method),
}

/// "Role Based Access Control Good Practices", privilege escalation risks.
pub(super) const GOOD_PRACTICES: &str =
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks";

/// Every method, by family.
pub fn catalogue() -> impl Iterator<Item = &'static Method> {
    [
        own::METHODS,
        impersonate::METHODS,
        tokens::METHODS,
        workloads::METHODS,
        enter::METHODS,
        aws_auth::METHODS,
        operators::METHODS,
        machines::METHODS,
        admission::METHODS,
        certificates::METHODS,
        machines::STEALING,
    ]
    .into_iter()
    .flatten()
}

/// Adds nothing: of methods that give nothing.
pub(super) fn nothing(_: &mut Build<'_>, _: &'static Method) {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_method_has_an_id_of_its_own_and_a_source() {
        let mut ids = BTreeSet::new();
        for method in catalogue() {
            assert!(ids.insert(method.id), "{} is there twice", method.id);
            assert!(method.source.starts_with("https://"), "{method:?}");
            assert!(!method.asks.is_empty(), "{method:?}");
            let is_nothing = matches!(method.gives, Gives::Nothing(_));
            assert_eq!(method.does.is_empty(), is_nothing, "{method:?}");
        }
        assert!(ids.len() > 25, "{ids:?}");
    }
}
