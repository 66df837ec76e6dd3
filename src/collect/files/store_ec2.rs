//! Where prints of EC2 go, and what of them is missing.

use std::collections::BTreeSet;

use crate::snapshot::coverage::Source;
use crate::snapshot::ec2::LaunchTemplateVersion;

use super::ec2::Print;
use super::place::{Hint, Unplaced};
use super::store::{Slot, Store};
use super::store_region::{Place, scope};

impl Store {
    pub(super) fn note_ec2(&mut self, print: &Print) {
        match print {
            Print::Instances(instances, _) => {
                instances.iter().for_each(|(hint, _)| self.known.note(hint));
            }
            Print::Templates(_, versions, _) => {
                versions.iter().for_each(|one| self.known.note(&maker(one)));
            }
        }
    }

    pub(super) fn file_ec2(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        let mut places = BTreeSet::new();
        let (source, subject, page) = match print {
            Print::Instances(instances, page) => {
                for (hint, instance) in instances {
                    let place = self.known.region(&hint.or(around))?;
                    let (region, conflicts) = self.region(&place);
                    let key = instance.instance_id.clone();
                    let list = &mut region.instances;
                    list.add("instance", key, instance, file, conflicts);
                    places.insert(place);
                }
                (Source::INSTANCES, String::new(), page)
            }
            Print::Templates(subject, versions, page) => {
                for version in versions {
                    let place = self.known.region(&around.clone().or(&maker(&version)))?;
                    let (region, conflicts) = self.region(&place);
                    let list = &mut region.launch_templates;
                    let kind = "launch template version";
                    list.add(kind, template_key(&version), version, file, conflicts);
                    places.insert(place);
                }
                (Source::LAUNCH_TEMPLATES, subject, page)
            }
        };
        if places.is_empty() {
            places.insert(self.known.region(around)?);
        }
        for place in places {
            self.book.page(source, &scope(&place), &subject, &page);
        }
        Ok(())
    }

    /// Counts, and holds what was given against the nodes and node groups of the region's clusters.
    pub(super) fn close_ec2(&mut self) {
        for (id, account) in &self.accounts {
            for (name, region) in &account.regions {
                let place = (id.clone(), name.clone());
                let of_region = scope(&place);
                let (instances, templates) = (&region.instances, &region.launch_templates);
                self.book
                    .count(Source::INSTANCES, &of_region, instances.len());
                self.book
                    .count(Source::LAUNCH_TEMPLATES, &of_region, templates.len());
                let here = || self.slots.iter().filter(|slot| is_in(slot, &place));
                if self.book.has(Source::INSTANCES, &of_region) {
                    let nodes = here().flat_map(|slot| slot.facts.objects.nodes.iter());
                    let ids: BTreeSet<&str> = nodes
                        .filter_map(|node| node.spec.instance_id())
                        .filter(|id| !instances.has(id))
                        .collect();
                    let source = Source::INSTANCES;
                    self.book
                        .missing(source, &of_region, "describe-instances", ids);
                }
                if self.book.has(Source::LAUNCH_TEMPLATES, &of_region) {
                    let groups = here().flat_map(|slot| slot.facts.nodegroups.iter());
                    let used = groups.filter_map(|group| group.launch_template.as_ref());
                    let absent: BTreeSet<&str> = used
                        .filter(|used| !templates.iter().any(|one| used.is(one)))
                        .filter_map(|used| used.id.as_deref().or(used.name.as_deref()))
                        .collect();
                    let source = Source::LAUNCH_TEMPLATES;
                    let what = "describe-launch-template-versions";
                    self.book.missing(source, &of_region, what, absent);
                }
            }
        }
    }
}

/// Whoever made a version did so in the template's account.
fn maker(version: &LaunchTemplateVersion) -> Hint {
    let by = version.created_by.as_deref().unwrap_or_default();
    Hint {
        region: None,
        ..Hint::arn(by)
    }
}

/// The identity of a version.
pub(super) fn template_key(version: &LaunchTemplateVersion) -> String {
    format!("{}/{}", version.launch_template_id, version.version_number)
}

fn is_in(slot: &Slot, place: &Place) -> bool {
    slot.place.account.as_ref() == Some(&place.0) && slot.place.region.as_ref() == Some(&place.1)
}
