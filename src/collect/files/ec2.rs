//! What the AWS CLI prints of EC2.
//!
//! Shapes: AWS CLI Command Reference, `ec2 describe-instances`, `describe-launch-template-versions`.

use serde::Deserialize;

use crate::snapshot::ec2::{Instance, LaunchTemplateVersion};

use super::document::Doc;
use super::error::Fault;
use super::place::Hint;
use super::print::{Page, Print as AnyPrint, Shape};

/// What a document says of EC2.
#[derive(Debug)]
pub(super) enum Print {
    /// `describe-instances`, each with where it is.
    Instances(Vec<(Hint, Instance)>, Page),
    /// `describe-launch-template-versions`, and of which template.
    Templates(String, Vec<LaunchTemplateVersion>, Page),
}

/// The shapes of this service.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "ec2:DescribeInstances",
        keys: &["Reservations"],
        fits: |doc| doc.starts("Reservations", '['),
        read: instances,
    },
    Shape {
        source: "ec2:DescribeLaunchTemplateVersions",
        keys: &["LaunchTemplateVersions"],
        fits: |doc| doc.starts("LaunchTemplateVersions", '['),
        read: templates,
    },
];

fn instances(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Reservation {
        #[serde(default)]
        owner_id: String,
        #[serde(default)]
        instances: Vec<Instance>,
    }
    let before = faults.len();
    let reservations: Vec<Reservation> = doc.list("Reservations", faults);
    let page = Page::of(doc, faults.len() - before);
    let placed = reservations.into_iter().flat_map(|reservation| {
        let owner = reservation.owner_id;
        let instances = reservation.instances.into_iter();
        instances.map(move |instance| (place(&owner, &instance), instance))
    });
    Some(AnyPrint::Ec2(Print::Instances(placed.collect(), page)))
}

fn templates(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let before = faults.len();
    let versions: Vec<LaunchTemplateVersion> = doc.list("LaunchTemplateVersions", faults);
    let page = Page::of(doc, faults.len() - before);
    let asked = doc.envelope.asked("LaunchTemplateId").map(str::to_owned);
    let first = versions.first().map(|one| one.launch_template_id.clone());
    let subject = asked.or(first).unwrap_or_default();
    Some(AnyPrint::Ec2(Print::Templates(subject, versions, page)))
}

/// An instance tells its account by its reservation and its region by its zone.
fn place(owner: &str, instance: &Instance) -> Hint {
    let zone = instance.placement.as_ref();
    let zone = zone.and_then(|placement| placement.availability_zone.as_deref());
    Hint {
        region: zone.and_then(region_of),
        ..Hint::account(owner)
    }
}

/// The region of a zone: all up to its first number. Local zones go on after that.
fn region_of(zone: &str) -> Option<String> {
    let first = zone.find(|c: char| c.is_ascii_digit())?;
    let rest = zone.get(first..)?;
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    zone.get(..first + digits).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_tells_its_region() {
        for (zone, region) in [
            ("eu-west-1a", Some("eu-west-1")),
            ("us-gov-west-1b", Some("us-gov-west-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("ap-southeast-10c", Some("ap-southeast-10")),
            ("", None),
        ] {
            assert_eq!(region_of(zone).as_deref(), region, "{zone}");
        }
    }
}
