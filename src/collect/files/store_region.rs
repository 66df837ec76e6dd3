//! Where prints of ECR and Secrets Manager go.

use std::collections::BTreeSet;

use crate::snapshot::coverage::Source;
use crate::snapshot::ecr;
use crate::snapshot::secretsmanager::{Secret, SecretVersions};

use super::account_facts::{RegionFacts, findings_key, image_key};
use super::book::Scope;
use super::facts::{Conflicts, Facts};
use super::place::{Hint, Unplaced};
use super::print::Page;
use super::store::Store;
use super::{ecr as ecr_prints, secretsmanager as secret_prints};

/// An account and a region of it.
pub(super) type Place = (String, String);

/// The scope of a region's sources.
pub(super) fn scope(place: &Place) -> Scope {
    Scope::Region(place.0.clone(), place.1.clone())
}

impl Store {
    /// The facts of a region.
    pub(super) fn region(&mut self, place: &Place) -> (&mut RegionFacts, &mut Conflicts) {
        let (account, conflicts) = self.account(&place.0);
        (
            account.regions.entry(place.1.clone()).or_default(),
            conflicts,
        )
    }

    pub(super) fn note_ecr(&mut self, print: &ecr_prints::Print) {
        let ecr_prints::Print::Repositories(repositories, _) = print else {
            return;
        };
        for repository in repositories {
            let hint = Hint::arn(&repository.repository_arn);
            if let (Some(account), Some(region)) = (&hint.account, &hint.region) {
                self.known
                    .note_repository(account, &repository.repository_name, region);
            }
            self.known.note(&hint);
        }
    }

    pub(super) fn note_secrets(&mut self, print: &secret_prints::Print) {
        use secret_prints::Print;
        let mut note = |arn: &str| self.known.note(&Hint::arn(arn));
        match print {
            Print::Secrets(secrets, _) => secrets.iter().for_each(|secret| note(&secret.arn)),
            Print::Secret(secret) => note(&secret.arn),
            Print::Versions(versions, _) => note(&versions.arn),
            Print::NoVersions => {}
            Print::Policy(policy) => note(&policy.arn),
        }
    }

    pub(super) fn file_ecr(
        &mut self,
        file: usize,
        around: &Hint,
        print: ecr_prints::Print,
    ) -> Result<(), Unplaced> {
        use ecr_prints::Print;
        match print {
            Print::Repositories(repositories, page) => {
                self.file_repositories(file, around, repositories, &page)?;
            }
            Print::Images(name, images, page) => {
                self.file_images(file, around, (name, images), &page)?
            }
            Print::Findings(hint, findings, page) => {
                let name = &findings.repository_name;
                let place = self.known.repository(&hint.or(around), name)?;
                self.file_findings(file, &place, *findings, &page);
            }
            Print::Scanning(hint, scanning) => {
                let place = self.known.region(&hint.or(around))?;
                self.book.given(Source::REGISTRY_SCANNING, &scope(&place));
                let (region, conflicts) = self.region(&place);
                region
                    .scanning
                    .add("registry", place.1.clone(), scanning, file, conflicts);
            }
            Print::Policy(hint, policy) => {
                let place = self.policy_place(&hint.or(around), policy.as_ref())?;
                self.book.given(Source::REPOSITORY_POLICIES, &scope(&place));
                let (region, conflicts) = self.region(&place);
                let kind = "policy of repository";
                region
                    .policies
                    .add_all(kind, policy, repository_of, (file, conflicts));
            }
            Print::Lifecycle(hint, policy) => {
                let place = self.policy_place(&hint.or(around), policy.as_ref())?;
                self.book.given(Source::LIFECYCLE_POLICIES, &scope(&place));
                let (region, conflicts) = self.region(&place);
                let kind = "lifecycle policy of repository";
                region
                    .lifecycle
                    .add_all(kind, policy, repository_of, (file, conflicts));
            }
        }
        Ok(())
    }

    fn file_repositories(
        &mut self,
        file: usize,
        around: &Hint,
        repositories: Vec<ecr::Repository>,
        page: &Page,
    ) -> Result<(), Unplaced> {
        let mut places = BTreeSet::new();
        if repositories.is_empty() {
            places.insert(self.known.region(around)?);
        }
        for repository in repositories {
            let hint = Hint::arn(&repository.repository_arn)
                .or(&Hint::account(&repository.registry_id))
                .or(around);
            let place = self.known.region(&hint)?;
            let (region, conflicts) = self.region(&place);
            let key = repository.repository_name.clone();
            region
                .repositories
                .add("repository", key, repository, file, conflicts);
            places.insert(place);
        }
        for place in places {
            self.book
                .page(Source::REPOSITORIES, &scope(&place), "", page);
        }
        Ok(())
    }

    fn policy_place(
        &self,
        hint: &Hint,
        policy: Option<&ecr::RepositoryPolicy>,
    ) -> Result<Place, Unplaced> {
        match policy {
            Some(policy) => self.known.repository(hint, &policy.repository_name),
            None => self.known.region(hint),
        }
    }

    fn file_images(
        &mut self,
        file: usize,
        around: &Hint,
        (name, images): (String, Vec<ecr::Image>),
        page: &Page,
    ) -> Result<(), Unplaced> {
        let registry = images
            .first()
            .map(|image| Hint::account(&image.registry_id));
        let hint = registry.unwrap_or_default().or(around);
        let place = self.known.repository(&hint, &name)?;
        self.book.page(Source::IMAGES, &scope(&place), &name, page);
        let (region, conflicts) = self.region(&place);
        if name.is_empty() {
            region.repositories_without_images += 1;
        } else {
            region.printed_images.insert(name);
        }
        region
            .images
            .add_all("image", images, image_key, (file, conflicts));
        Ok(())
    }

    /// Findings of one image may come in pages.
    fn file_findings(
        &mut self,
        file: usize,
        place: &Place,
        findings: ecr::ImageFindings,
        page: &Page,
    ) {
        let key = findings_key(&findings);
        self.book
            .page(Source::SCAN_FINDINGS, &scope(place), &key, page);
        let paged = page.cut || page.asked.is_some();
        let (region, conflicts) = self.region(place);
        match region.findings.get_mut(&key).filter(|_| paged) {
            Some(known) => append(known, findings),
            None => region
                .findings
                .add("scan findings of", key, findings, file, conflicts),
        }
    }

    pub(super) fn file_secrets(
        &mut self,
        file: usize,
        around: &Hint,
        print: secret_prints::Print,
    ) -> Result<(), Unplaced> {
        use secret_prints::Print;
        match print {
            Print::Secrets(secrets, page) => self.file_listed(file, around, secrets, &page)?,
            Print::Secret(secret) => {
                let place = self.known.region(&Hint::arn(&secret.arn).or(around))?;
                self.book.given(Source::SECRET_DETAILS, &scope(&place));
                let (region, conflicts) = self.region(&place);
                add_secret(&mut region.described, *secret, file, conflicts);
            }
            Print::Versions(versions, page) => {
                let place = self.known.region(&Hint::arn(&versions.arn).or(around))?;
                self.file_versions(file, &place, versions, &page);
            }
            Print::NoVersions => {
                let place = self.known.region(around)?;
                self.book.given(Source::SECRET_VERSIONS, &scope(&place));
            }
            Print::Policy(policy) => {
                let place = self.known.region(&Hint::arn(&policy.arn).or(around))?;
                self.book.given(Source::SECRET_POLICIES, &scope(&place));
                let (region, conflicts) = self.region(&place);
                let key = policy.arn.clone();
                region
                    .secret_policies
                    .add("policy of secret", key, policy, file, conflicts);
            }
        }
        Ok(())
    }

    /// The versions of one secret may come in pages.
    fn file_versions(&mut self, file: usize, place: &Place, versions: SecretVersions, page: &Page) {
        let arn = versions.arn.clone();
        let (source, of_region) = (Source::SECRET_VERSIONS, scope(place));
        let open = self.book.is_open(source, &of_region, &arn);
        self.book.page(source, &of_region, &arn, page);
        let paged = open || page.cut || page.asked.is_some();
        let (region, conflicts) = self.region(place);
        let of_secret = secret_prints::staged(&versions);
        match region.versions.get_mut(&arn).filter(|_| paged) {
            Some(known) => known
                .secret_versions_to_stages
                .extend(of_secret.secret_versions_to_stages),
            None => add_secret(&mut region.versions, of_secret, file, conflicts),
        }
        match region.secret_versions.get_mut(&arn).filter(|_| paged) {
            Some(known) => {
                let new = versions.versions.into_iter();
                let new: Vec<_> = new.filter(|one| !known.versions.contains(one)).collect();
                known.versions.extend(new);
                known.sort();
            }
            None => {
                let kind = "versions of secret";
                let list = &mut region.secret_versions;
                list.add(kind, arn, versions, file, conflicts);
            }
        }
    }

    fn file_listed(
        &mut self,
        file: usize,
        around: &Hint,
        secrets: Vec<Secret>,
        page: &Page,
    ) -> Result<(), Unplaced> {
        let mut places = BTreeSet::new();
        if secrets.is_empty() {
            places.insert(self.known.region(around)?);
        }
        for secret in secrets {
            let place = self.known.region(&Hint::arn(&secret.arn).or(around))?;
            let (region, conflicts) = self.region(&place);
            add_secret(&mut region.secrets, secret, file, conflicts);
            places.insert(place);
        }
        for place in places {
            self.book.page(Source::SECRETS, &scope(&place), "", page);
        }
        Ok(())
    }
}

fn add_secret(facts: &mut Facts<Secret>, secret: Secret, file: usize, conflicts: &mut Conflicts) {
    facts.add("secret", secret.arn.clone(), secret, file, conflicts);
}

/// The identity of a repository's policy.
pub(super) fn repository_of(policy: &ecr::RepositoryPolicy) -> String {
    policy.repository_name.clone()
}

/// Adds a page of an image's findings to those that are known.
fn append(known: &mut ecr::ImageFindings, page: ecr::ImageFindings) {
    let (Some(known), Some(page)) = (&mut known.image_scan_findings, page.image_scan_findings)
    else {
        return;
    };
    for finding in page.findings {
        if !known.findings.contains(&finding) {
            known.findings.push(finding);
        }
    }
    for finding in page.enhanced_findings {
        if !known.enhanced_findings.contains(&finding) {
            known.enhanced_findings.push(finding);
        }
    }
}
