//! Who holds a permission: one pass over the bindings, each role judged once.

use super::attributes::{Permission, Within};
use super::authorizer::{Authorizer, Grant};
use super::compiled::Question;
use super::identity::SubjectId;
use crate::snapshot::kubernetes_rbac::RoleBinding;

/// A subject that holds a permission.
#[derive(Debug, Clone)]
pub struct Holder<'a> {
    /// The subject. A group stands for its members, whoever they are.
    pub subject: SubjectId,
    /// What gives it.
    pub grant: Grant<'a>,
}

impl Authorizer {
    /// Every grant of a permission, in the order of bindings and subjects. A subject that holds it in several ways is
    /// listed for each. `system:masters` always holds it, and is listed only where a binding names it.
    pub fn who_can(&self, permission: &Permission<'_>) -> Vec<Holder<'_>> {
        self.holders(&self.question(permission), permission.within)
    }

    /// The same for a method on a path that is no resource, which only ClusterRoleBindings give.
    pub fn who_can_path(&self, verb: &str, path: &str) -> Vec<Holder<'_>> {
        self.holders(&self.path_question(verb, path), Within::Cluster)
    }

    fn holders(&self, question: &Question<'_>, within: Within<'_>) -> Vec<Holder<'_>> {
        let judged: Vec<Option<usize>> = self
            .targets
            .iter()
            .map(|target| target.first_that_allows(question))
            .collect();
        let mut holders = Vec::new();
        for (at, (binding, &target)) in self.bindings().iter().zip(&self.target_of).enumerate() {
            let Some(Some(rule)) = judged.get(target) else {
                continue;
            };
            if !lies_within(binding, within) {
                continue;
            }
            for (place, subject) in binding.subjects.iter().enumerate() {
                let subject = SubjectId::of(subject, binding);
                if let (Some(subject), Some(grant)) = (subject, self.grant(at, place, *rule)) {
                    holders.push(Holder { subject, grant });
                }
            }
        }
        holders
    }
}

fn lies_within(binding: &RoleBinding, within: Within<'_>) -> bool {
    match (binding.namespace(), within) {
        (None, _) | (Some(_), Within::Anywhere) => true,
        (Some(namespace), Within::Namespace(asked)) => namespace == asked,
        (Some(_), Within::Cluster) => false,
    }
}
