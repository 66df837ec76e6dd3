//! What the AWS CLI prints of Organizations.
//!
//! Shapes: AWS CLI Command Reference, `organizations describe-organization`, `list-accounts`,
//! `describe-account`, `list-parents`, `list-policies-for-target`, `describe-policy`. The lists of
//! parents and policies do not name whose they are: the request of their envelope does.

use serde::Deserialize;

use crate::snapshot::organizations::{
    Attached, Organization, OrganizationAccount, Parent, Parents, Policy, PolicySummary,
};

use super::document::Doc;
use super::error::Fault;
use super::print::{Page, Print as AnyPrint, Shape, or_fault};

/// What a document says of an organisation.
#[derive(Debug)]
pub(super) enum Print {
    /// `describe-organization`; none where an envelope says that the account is in none.
    Organization(Option<Organization>),
    /// `list-accounts`, or `describe-account`.
    Accounts(Vec<OrganizationAccount>),
    /// `list-parents`; the child is empty where no envelope gives it.
    Parents(Parents),
    /// `list-policies-for-target`; the target is empty where no envelope gives it.
    Attached(Attached, Page),
    /// `describe-policy`.
    Policy(Box<Policy>),
}

/// The shapes of this service.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "organizations:DescribeOrganization",
        keys: &["Organization"],
        fits: |doc| {
            doc.inner("Organization")
                .is_some_and(|one| one.has("Id") && one.has("MasterAccountId"))
        },
        read: |doc, faults| {
            let organization = match doc.raw("Organization") {
                Some(_) => Some(or_fault(doc.get("Organization"), faults)?),
                None => None,
            };
            wrap(Print::Organization(organization))
        },
    },
    Shape {
        source: "organizations:ListAccounts",
        keys: &["Accounts"],
        fits: |doc| holds(doc, "Accounts", ":account/o-"),
        read: |doc, faults| wrap(Print::Accounts(doc.list("Accounts", faults))),
    },
    Shape {
        source: "organizations:DescribeAccount",
        keys: &[],
        fits: |doc| {
            doc.inner("Account").is_some_and(|one| {
                one.word("Arn")
                    .is_some_and(|arn| arn.contains(":account/o-"))
            })
        },
        read: |doc, faults| {
            let account = or_fault(doc.get("Account"), faults)?;
            wrap(Print::Accounts(vec![account]))
        },
    },
    Shape {
        source: "organizations:ListParents",
        keys: &["Parents"],
        fits: |doc| {
            doc.raw("Parents").is_some_and(|list| {
                let list = list.get();
                list.contains("\"ORGANIZATIONAL_UNIT\"") || list.contains("\"ROOT\"")
            })
        },
        read: |doc, faults| {
            let parents: Vec<Parent> = doc.list("Parents", faults);
            wrap(Print::Parents(Parents {
                child_id: asked(doc, "ChildId"),
                parents,
            }))
        },
    },
    Shape {
        source: "organizations:ListPoliciesForTarget",
        keys: &[],
        fits: |doc| holds(doc, "Policies", ":organizations:"),
        read: attached,
    },
    Shape {
        source: "organizations:DescribePolicy",
        keys: &[],
        fits: |doc| {
            doc.inner("Policy")
                .is_some_and(|policy| policy.has("PolicySummary"))
        },
        read: policy,
    },
];

fn wrap(print: Print) -> Option<AnyPrint> {
    Some(AnyPrint::Organizations(print))
}

fn holds(doc: &Doc, key: &str, text: &str) -> bool {
    doc.raw(key)
        .is_some_and(|list| list.get().starts_with('[') && list.get().contains(text))
}

fn asked(doc: &Doc, parameter: &str) -> String {
    doc.envelope.asked(parameter).unwrap_or_default().to_owned()
}

/// The type is the one asked for, else that of the policies themselves.
fn attached(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let before = faults.len();
    let policies: Vec<PolicySummary> = doc.list("Policies", faults);
    let page = Page::of(doc, faults.len() - before);
    let mut filter = asked(doc, "Filter");
    if let (true, Some(first)) = (filter.is_empty(), policies.first()) {
        filter = first.r#type.clone();
    }
    let attached = Attached {
        target_id: asked(doc, "TargetId"),
        filter,
        policies,
    };
    wrap(Print::Attached(attached, page))
}

fn policy(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Printed {
        policy: Policy,
    }
    let printed: Printed = or_fault(doc.whole(), faults)?;
    wrap(Print::Policy(Box::new(printed.policy)))
}
