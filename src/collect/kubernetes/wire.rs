//! Items of lists whose snapshot form names their kind: a list leaves it out of them.

use serde::Deserialize;

use crate::snapshot::kubernetes::Controller;
use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::kubernetes_rbac::{
    AggregationRule, BindingKind, PolicyRule, Role, RoleBinding, RoleKind, RoleRef, Subject,
};

/// These controllers with their kind.
pub(super) fn controllers(
    kind: &'static str,
    items: Vec<Controller>,
) -> impl Iterator<Item = Controller> {
    items.into_iter().map(move |mut item| {
        item.kind = kind.to_owned();
        item
    })
}

/// A Role or ClusterRole in a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleItem {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<PolicyRule>,
    aggregation_rule: Option<AggregationRule>,
}

impl RoleItem {
    pub(super) fn of_kind(self, kind: RoleKind) -> Role {
        Role {
            kind,
            metadata: self.metadata,
            rules: self.rules,
            aggregation_rule: self.aggregation_rule,
        }
    }
}

/// A RoleBinding or ClusterRoleBinding in a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BindingItem {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    subjects: Vec<Subject>,
    role_ref: RoleRef,
}

impl BindingItem {
    pub(super) fn of_kind(self, kind: BindingKind) -> RoleBinding {
        RoleBinding {
            kind,
            metadata: self.metadata,
            subjects: self.subjects,
            role_ref: self.role_ref,
        }
    }
}
