//! What the AWS CLI prints of KMS.
//!
//! Shapes: AWS CLI Command Reference, `kms describe-key`, `get-key-policy`, `list-grants`, `get-key-rotation-status`,
//! `list-aliases`. A policy and an empty list of grants do not name their key: it is that of the envelope's request, else
//! the only one that is known.

use serde::Deserialize;

use crate::snapshot::coverage::Source;
use crate::snapshot::iam::PolicyText;
use crate::snapshot::kms::{Alias, Grant, Key, KeyRotation};
use crate::snapshot::time::Time;

use super::document::Doc;
use super::error::Fault;
use super::print::{Page, Print as AnyPrint, Shape, or_fault};

/// What a document says of KMS. A key is as the print or its envelope calls it: by ARN, id or alias.
#[derive(Debug)]
pub(super) enum Print {
    /// `describe-key`.
    Key(Box<Key>),
    /// `get-key-policy`, and of which key.
    Policy(Option<String>, PolicyText),
    /// `list-grants`, and of which key.
    Grants(Option<String>, Vec<Grant>, Page),
    /// `get-key-rotation-status`, and of which key.
    Rotation(Option<String>, KeyRotation),
    /// `list-aliases`.
    Aliases(Vec<Alias>, Page),
    /// An envelope that says that there is nothing of a source.
    Nothing(Source),
}

/// The shapes of this service. Other services have policies, grants and aliases too.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "kms:DescribeKey",
        keys: &["KeyMetadata"],
        fits: |doc| doc.starts("KeyMetadata", '{'),
        read: |doc, faults| {
            some(doc, Source::KEYS, || {
                Some(Print::Key(or_fault(doc.get("KeyMetadata"), faults)?))
            })
        },
    },
    Shape {
        source: "kms:GetKeyPolicy",
        keys: &[],
        fits: is_policy,
        read: |doc, faults| {
            some(doc, Source::KEY_POLICIES, || {
                let policy = or_fault(doc.get("Policy"), faults)?;
                Some(Print::Policy(asked(doc), policy))
            })
        },
    },
    Shape {
        source: "kms:ListGrants",
        keys: &["Grants"],
        // A bucket's access control list has grants and an owner.
        fits: |doc| {
            let raw = doc.raw("Grants").map_or("", |raw| raw.get());
            let of_keys = raw.contains("\"GrantId\"") || is_empty(raw);
            of_keys && !doc.has("Owner")
        },
        read: |doc, faults| some(doc, Source::KEY_GRANTS, || Some(grants(doc, faults))),
    },
    Shape {
        source: "kms:GetKeyRotationStatus",
        keys: &["KeyRotationEnabled"],
        fits: |doc| doc.has("KeyRotationEnabled"),
        read: |doc, faults| some(doc, Source::KEY_ROTATION, || rotation(doc, faults)),
    },
    Shape {
        source: "kms:ListAliases",
        keys: &[],
        // Functions have aliases with other members.
        fits: |doc| {
            let raw = doc.raw("Aliases").map_or("", |raw| raw.get());
            raw.contains("\"AliasName\"")
        },
        read: |doc, faults| {
            some(doc, Source::KEY_ALIASES, || {
                let before = faults.len();
                let aliases = doc.list("Aliases", faults);
                let page = Page::of(doc, faults.len() - before);
                Some(Print::Aliases(aliases, page))
            })
        },
    },
];

/// What a print says; an envelope around nothing says that there is nothing.
fn some(doc: &Doc, source: Source, read: impl FnOnce() -> Option<Print>) -> Option<AnyPrint> {
    let nothing = doc.keys().next().is_none();
    let print = match nothing {
        true => Some(Print::Nothing(source)),
        false => read(),
    };
    print.map(AnyPrint::Kms)
}

fn grants(doc: &Doc, faults: &mut Vec<Fault>) -> Print {
    let before = faults.len();
    let grants: Vec<Grant> = doc.list("Grants", faults);
    let page = Page::of(doc, faults.len() - before);
    let first = grants.first().map(|grant| grant.key_id.clone());
    Print::Grants(first.or_else(|| asked(doc)), grants, page)
}

/// The key that the envelope's request names.
fn asked(doc: &Doc) -> Option<String> {
    doc.envelope.asked("KeyId").map(str::to_owned)
}

fn is_empty(list: &str) -> bool {
    let inside = list
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'));
    inside.is_some_and(|inside| inside.trim().is_empty())
}

/// A print with a policy as text is of a key where it names the policy, as the CLI does today, or where the policy is
/// about KMS: a bucket's is printed as bare.
fn is_policy(doc: &Doc) -> bool {
    if doc.keys().any(|key| key != "Policy" && key != "PolicyName") {
        return false;
    }
    let text = doc.word("Policy");
    text.is_some_and(|text| doc.has("PolicyName") || text.contains("\"kms:"))
}

fn rotation(doc: &Doc, faults: &mut Vec<Fault>) -> Option<Print> {
    /// Before 2024 the answer did not name its key.
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Status {
        key_id: Option<String>,
        key_rotation_enabled: bool,
        rotation_period_in_days: Option<i64>,
        next_rotation_date: Option<Time>,
        on_demand_rotation_start_date: Option<Time>,
    }
    let status: Status = or_fault(doc.whole(), faults)?;
    let rotation = KeyRotation {
        key_id: String::new(),
        key_rotation_enabled: status.key_rotation_enabled,
        rotation_period_in_days: status.rotation_period_in_days,
        next_rotation_date: status.next_rotation_date,
        on_demand_rotation_start_date: status.on_demand_rotation_start_date,
    };
    let key = asked(doc).or(status.key_id);
    Some(Print::Rotation(key, rotation))
}
