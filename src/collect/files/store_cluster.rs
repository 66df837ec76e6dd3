//! Where prints of EKS and Kubernetes objects go.

use std::collections::BTreeSet;

use crate::snapshot::coverage::Source;

use super::book::{CLUSTER_VERSIONS, INSIGHTS, Scope};
use super::cluster_facts::ClusterFacts;
use super::eks::{ClusterHint, Part, Print};
use super::error::InputError;
use super::facts::Conflicts;
use super::kubernetes::Objects;
use super::place::{Hint, UNKNOWN, Unplaced};
use super::print::{Found, Print as AnyPrint};
use super::store::Store;
use super::store_region::scope;

impl Store {
    pub(super) fn file_eks(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        match print {
            Print::Cluster(cluster) => {
                let at = self.slot(&cluster.name, &Hint::arn(&cluster.arn).or(around));
                self.book.given(Source::CLUSTER, &Scope::Cluster(at));
                let key = cluster.name.clone();
                self.add_fact(at, |facts, conflicts| {
                    facts
                        .settings
                        .add("cluster", key, *cluster, file, conflicts);
                });
            }
            Print::Clusters(names, page) => {
                let place = self.listed_place(around, &names)?;
                self.book.page(Source::CLUSTERS, &scope(&place), "", &page);
                self.listed_clusters.entry(place).or_default().extend(names);
            }
            Print::Versions(versions, page) => {
                let place = self.known.region(around)?;
                self.book.page(CLUSTER_VERSIONS, &scope(&place), "", &page);
                let (region, conflicts) = self.region(&place);
                let key = |version: &crate::snapshot::eks::ClusterVersion| {
                    version.cluster_version.clone()
                };
                let list = &mut region.cluster_versions;
                list.add_all("Kubernetes version", versions, key, (file, conflicts));
            }
            Print::Of(hint, part) => {
                let at = self.cluster_of(file, &hint)?;
                self.file_part(file, at, *part);
            }
        }
        Ok(())
    }

    /// The region of a list of clusters: where those are that it names, if that is one place.
    fn listed_place(&self, around: &Hint, names: &[String]) -> Result<(String, String), Unplaced> {
        let places: BTreeSet<&Hint> = names
            .iter()
            .flat_map(|name| self.named(name))
            .filter_map(|at| self.slots.get(at).map(|slot| &slot.place))
            .collect();
        match (places.len(), places.first()) {
            (1, Some(only)) => self.known.region(&around.clone().or(only)),
            _ => self.known.region(around),
        }
    }

    /// The cluster that a print of EKS is of.
    fn cluster_of(&mut self, file: usize, hint: &ClusterHint) -> Result<usize, Unplaced> {
        if let Some(name) = &hint.name {
            let known = self.named(name);
            let fits: Vec<usize> = known
                .into_iter()
                .filter(|at| {
                    self.slots
                        .get(*at)
                        .is_some_and(|slot| slot.place.agrees(&hint.place))
                })
                .collect();
            return match fits.as_slice() {
                [] => Ok(self.slot(name, &hint.place)),
                [only] => Ok(*only),
                _ => self
                    .files
                    .get(file)
                    .and_then(|file| self.known.folder(file))
                    .filter(|at| fits.contains(at))
                    .ok_or_else(|| Unplaced(format!("could be of several clusters named {name}"))),
            };
        }
        match self.cluster_of_file(file) {
            Some(at) => Ok(at),
            None if self.slots.len() == 1 => Ok(0),
            None => Err(Unplaced("does not say its cluster".to_owned())),
        }
    }

    /// The cluster that the user or a folder gives a file to. A claimed name may be the
    /// cluster's, or the user's own for the cluster that the path holds a print of.
    fn cluster_of_file(&mut self, file: usize) -> Option<usize> {
        let file = self.files.get(file)?;
        let Some(claim) = file.claim.clone() else {
            return self.known.folder(file);
        };
        if let Some(at) = self.known.claimed(&claim) {
            return Some(at);
        }
        let by_key = (0..self.slots.len()).find(|at| self.key(*at) == claim);
        match by_key {
            Some(at) => Some(at),
            // Several of that name: see `file_objects`.
            None if self.named(&claim).len() > 1 => None,
            None => Some(self.slot(&claim, &Hint::default())),
        }
    }

    pub(super) fn add_fact(
        &mut self,
        at: usize,
        add: impl FnOnce(&mut ClusterFacts, &mut Conflicts),
    ) {
        if let Some(slot) = self.slots.get_mut(at) {
            add(&mut slot.facts, &mut self.conflicts);
        }
    }

    fn file_part(&mut self, file: usize, at: usize, part: Part) {
        let scope = Scope::Cluster(at);
        let source = match &part {
            Part::Nodegroup(_) => Some(Source::NODEGROUPS),
            Part::FargateProfile(_) => Some(Source::FARGATE_PROFILES),
            Part::Addon(_) => Some(Source::ADDONS),
            Part::AccessEntry(_) => Some(Source::ACCESS_ENTRIES),
            Part::PodIdentity(_) => Some(Source::POD_IDENTITY),
            Part::IdentityProvider(_) => Some(Source::IDENTITY_PROVIDERS),
            Part::AccessPolicies(principal, _, page) => {
                self.book
                    .page(Source::ACCESS_POLICIES, &scope, principal, page);
                None
            }
            Part::Insights(_, page) => {
                self.book.page(INSIGHTS, &scope, "", page);
                None
            }
            Part::Names(source, _, page) => {
                self.book.page(*source, &scope, "list", page);
                None
            }
        };
        if let Some(source) = source {
            self.book.given(source, &scope);
        }
        self.add_fact(at, |facts, conflicts| facts.add(part, file, conflicts));
    }

    /// Gives Kubernetes objects to their clusters.
    pub(super) fn file_objects(&mut self, found: Vec<Found>) -> Result<(), InputError> {
        let mut unclaimed = Vec::new();
        let mut placed = Vec::new();
        for one in found {
            let AnyPrint::Objects(objects) = one.print else {
                continue;
            };
            self.latest = self.latest.max(objects.latest);
            self.count_unread(&objects);
            if objects.given.is_empty() && !objects.lists_config_maps {
                continue;
            }
            let file = one.file;
            if let Some(claim) = self.files.get(file).and_then(|file| file.claim.clone()) {
                self.check_claim(&claim)?;
            }
            let named = objects.cluster.clone();
            let at = match named {
                Some(name) => Some(self.called(&name, &Hint::envelope(&one.envelope))),
                None => self.cluster_of_file(file),
            };
            match at {
                Some(at) => placed.push((at, file, objects)),
                None => unclaimed.push((file, objects)),
            }
        }
        if !unclaimed.is_empty() {
            let at = self.only_cluster(&unclaimed)?;
            placed.extend(
                unclaimed
                    .into_iter()
                    .map(|(file, objects)| (at, file, objects)),
            );
        }
        // In path order again: of facts that differ the later counts.
        placed.sort_by_key(|(_, file, _)| *file);
        for (at, file, objects) in placed {
            self.add_objects(at, file, objects);
        }
        Ok(())
    }

    /// The cluster that an envelope names, by its key or its name.
    fn called(&mut self, name: &str, place: &Hint) -> usize {
        let by_key = (0..self.slots.len()).find(|at| self.key(*at) == name);
        by_key.unwrap_or_else(|| self.slot(name, place))
    }

    fn check_claim(&self, claim: &str) -> Result<(), InputError> {
        let named = self.named(claim);
        if named.len() > 1 && self.known.claimed(claim).is_none() {
            return Err(InputError::SeveralOfThatName {
                name: claim.to_owned(),
                clusters: named.into_iter().map(|at| self.key(at)).collect(),
            });
        }
        Ok(())
    }

    /// The cluster of objects that nothing gives to one: the only one known, or `-`.
    fn only_cluster(&mut self, unclaimed: &[(usize, Objects)]) -> Result<usize, InputError> {
        match self.slots.len() {
            0 => Ok(self.slot(UNKNOWN, &Hint::default())),
            1 => Ok(0),
            _ => {
                let files: BTreeSet<&str> = unclaimed
                    .iter()
                    .map(|(file, _)| self.label(*file))
                    .collect();
                let mut clusters: Vec<String> =
                    (0..self.slots.len()).map(|at| self.key(at)).collect();
                clusters.sort();
                Err(InputError::WhichCluster {
                    files: files.into_iter().map(str::to_owned).collect(),
                    clusters,
                })
            }
        }
    }

    fn count_unread(&mut self, objects: &Objects) {
        for (kind, count) in &objects.unread {
            *self.unread.entry(kind.clone()).or_default() += count;
        }
    }

    fn add_objects(&mut self, at: usize, file: usize, objects: Objects) {
        let scope = Scope::Cluster(at);
        for (source, page) in &objects.given {
            if let Some(source) = Source::named(source) {
                self.book.page(source, &scope, "", page);
            }
        }
        self.add_fact(at, |facts, conflicts| {
            facts.lists_config_maps |= objects.lists_config_maps;
            for object in objects.objects {
                facts.objects.add(object, file, conflicts);
            }
        });
    }
}
