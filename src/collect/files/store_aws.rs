//! Facts of accounts and regions: where each print of IAM, ECR and Secrets Manager goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::ecr::{self, Ecr};
use crate::snapshot::eks::ClusterVersion;
use crate::snapshot::iam::{
    AccessKey, CallerIdentity, CredentialReportRow, Group, Iam, InstanceProfile, LastAccessed,
    ManagedPolicy, OidcProvider, Role, User,
};
use crate::snapshot::secretsmanager::{Secret, SecretPolicy, SecretsManager};

use super::book::{INSTANCE_PROFILES, LAST_ACCESSED, Scope};
use super::document::Envelope;
use super::facts::{Conflicts, Facts};
use super::place::{Hint, Unplaced};
use super::print::Page;
use super::store::Store;
use super::{ecr as ecr_prints, iam as iam_prints, secretsmanager as secret_prints};

/// Facts of an account.
#[derive(Debug, Default)]
pub(super) struct AccountFacts {
    pub caller: Facts<CallerIdentity>,
    pub users: Facts<User>,
    pub groups: Facts<Group>,
    pub roles: Facts<Role>,
    /// Of `get-role`, which knows no policies.
    pub single_roles: Facts<Role>,
    pub policies: Facts<ManagedPolicy>,
    /// The lists of the details that no page had.
    pub missing_lists: Option<BTreeSet<&'static str>>,
    /// ARNs of the list of providers.
    pub listed_providers: BTreeSet<String>,
    pub providers: Facts<OidcProvider>,
    pub report: Facts<CredentialReportRow>,
    pub keys: Facts<AccessKey>,
    pub profiles: Facts<InstanceProfile>,
    pub last_accessed: Facts<LastAccessed>,
    pub regions: BTreeMap<String, RegionFacts>,
}

/// Facts of a region.
#[derive(Debug, Default)]
pub(super) struct RegionFacts {
    pub repositories: Facts<ecr::Repository>,
    pub scanning: Facts<ecr::RegistryScanning>,
    pub images: Facts<ecr::Image>,
    /// How many prints of images name no repository: it has none.
    pub repositories_without_images: usize,
    /// The repositories that images were printed of.
    pub printed_images: BTreeSet<String>,
    pub findings: Facts<ecr::ImageFindings>,
    pub policies: Facts<ecr::RepositoryPolicy>,
    pub lifecycle: Facts<ecr::RepositoryPolicy>,
    pub secrets: Facts<Secret>,
    pub described: Facts<Secret>,
    pub versions: Facts<Secret>,
    pub secret_policies: Facts<SecretPolicy>,
    pub cluster_versions: Facts<ClusterVersion>,
}

impl AccountFacts {
    /// The account as the snapshot has it.
    pub fn into_parts(
        mut self,
        conflicts: &mut Conflicts,
    ) -> (Option<CallerIdentity>, Iam, BTreeMap<String, RegionFacts>) {
        self.roles.overlay(self.single_roles, "role", conflicts);
        for arn in self.listed_providers {
            if !self.providers.has(&arn) {
                let provider = OidcProvider {
                    arn: arn.clone(),
                    url: None,
                    client_ids: Vec::new(),
                    thumbprints: Vec::new(),
                    create_date: None,
                };
                self.providers
                    .add("OIDC provider", arn, provider, 0, conflicts);
            }
        }
        let iam = Iam {
            users: self.users.into_vec(),
            groups: self.groups.into_vec(),
            roles: self.roles.into_vec(),
            policies: self.policies.into_vec(),
            oidc_providers: self.providers.into_vec(),
            credential_report: self.report.into_vec(),
            access_keys: self.keys.into_vec(),
            instance_profiles: self.profiles.into_vec(),
            last_accessed: self.last_accessed.into_vec(),
        };
        (self.caller.into_vec().pop(), iam, self.regions)
    }
}

impl RegionFacts {
    /// The region as the snapshot has it.
    pub fn into_parts(
        mut self,
        conflicts: &mut Conflicts,
    ) -> (Ecr, SecretsManager, Vec<ClusterVersion>) {
        self.secrets.overlay(self.described, "secret", conflicts);
        self.secrets.overlay(self.versions, "secret", conflicts);
        let mut policies = self.secret_policies.into_vec();
        policies.retain(|policy| policy.resource_policy.is_some());
        let ecr = Ecr {
            repositories: self.repositories.into_vec(),
            scanning: self.scanning.into_vec().pop(),
            images: self.images.into_vec(),
            findings: self.findings.into_vec(),
            policies: self.policies.into_vec(),
            lifecycle_policies: self.lifecycle.into_vec(),
        };
        let secrets = SecretsManager {
            secrets: self.secrets.into_vec(),
            policies,
        };
        (ecr, secrets, self.cluster_versions.into_vec())
    }
}

/// Adds facts to one list of a place: `add!(self, account 1, users, "user", arn => user, file)`.
macro_rules! add {
    ($store:ident, $facts:expr, $kind:literal, $key:expr, $value:expr, $file:expr) => {{
        let mut conflicts = std::mem::take(&mut $store.conflicts);
        $facts.add($kind, $key, $value, $file, &mut conflicts);
        $store.conflicts = conflicts;
    }};
}
pub(super) use add;

impl Store {
    pub(super) fn file_iam(
        &mut self,
        file: usize,
        envelope: &Envelope,
        print: iam_prints::Print,
    ) -> Result<(), Unplaced> {
        use iam_prints::Print;
        let around = Hint::envelope(envelope);
        match print {
            Print::Caller(caller) => {
                let id = caller.account.clone();
                self.book.given(Source::CALLER, &Scope::Account(id.clone()));
                add!(
                    self,
                    self.account(&id).caller,
                    "caller",
                    id.clone(),
                    caller,
                    file
                );
            }
            Print::Details(details) => self.file_details(file, &around, *details)?,
            Print::Providers(arns) => {
                let hint = arns.first().map(|arn| Hint::arn(arn)).unwrap_or_default();
                let id = self.known.account(&hint.or(&around))?;
                self.book
                    .given(Source::OIDC_PROVIDERS, &Scope::Account(id.clone()));
                self.account(&id).listed_providers.extend(arns);
            }
            Print::Provider(provider) => self.file_provider(file, &around, provider)?,
            Print::Role(role) => {
                let id = self.known.account(&Hint::arn(&role.arn).or(&around))?;
                add!(
                    self,
                    self.account(&id).single_roles,
                    "role",
                    role.arn.clone(),
                    *role,
                    file
                );
            }
            Print::Report(rows, at) => {
                let hint = rows
                    .first()
                    .map(|row| Hint::arn(&row.arn))
                    .unwrap_or_default();
                let id = self.known.account(&hint.or(&around))?;
                self.book
                    .given(Source::CREDENTIAL_REPORT, &Scope::Account(id.clone()));
                self.latest = self.latest.max(at);
                for row in rows {
                    add!(
                        self,
                        self.account(&id).report,
                        "credential report of",
                        row.user.clone(),
                        row,
                        file
                    );
                }
            }
            Print::Keys(user, keys, page) => {
                let id = self.known.user(&around, &user)?;
                self.book.page(
                    Source::ACCESS_KEYS,
                    &Scope::Account(id.clone()),
                    &user,
                    &page,
                );
                for key in keys {
                    add!(
                        self,
                        self.account(&id).keys,
                        "access key",
                        key.access_key_id.clone(),
                        key,
                        file
                    );
                }
            }
            Print::Profiles(profiles, page) => {
                let hint = profiles
                    .first()
                    .map(|profile| Hint::arn(&profile.arn))
                    .unwrap_or_default();
                let id = self.known.account(&hint.or(&around))?;
                self.book
                    .page(INSTANCE_PROFILES, &Scope::Account(id.clone()), "", &page);
                for profile in profiles {
                    add!(
                        self,
                        self.account(&id).profiles,
                        "instance profile",
                        profile.arn.clone(),
                        profile,
                        file
                    );
                }
            }
            Print::LastAccessed(used, page) => {
                if used.arn.is_empty() {
                    return Err(Unplaced(
                        "does not say whose it is: the request's Arn does".to_owned(),
                    ));
                }
                let id = self.known.account(&Hint::arn(&used.arn).or(&around))?;
                self.book
                    .page(LAST_ACCESSED, &Scope::Account(id.clone()), &used.arn, &page);
                self.file_last_accessed(file, &id, used, &page);
            }
        }
        Ok(())
    }

    fn file_details(
        &mut self,
        file: usize,
        around: &Hint,
        details: iam_prints::Details,
    ) -> Result<(), Unplaced> {
        let id = self.known.account(&details.hint().or(around))?;
        self.book
            .page(Source::IAM, &Scope::Account(id.clone()), "", &details.page);
        let missing: BTreeSet<&'static str> = details.missing.into_iter().collect();
        let account = self.account(&id);
        account.missing_lists = Some(match account.missing_lists.take() {
            Some(before) => before.intersection(&missing).copied().collect(),
            None => missing,
        });
        for user in details.users {
            add!(
                self,
                self.account(&id).users,
                "user",
                user.arn.clone(),
                user,
                file
            );
        }
        for group in details.groups {
            add!(
                self,
                self.account(&id).groups,
                "group",
                group.arn.clone(),
                group,
                file
            );
        }
        for role in details.roles {
            add!(
                self,
                self.account(&id).roles,
                "role",
                role.arn.clone(),
                role,
                file
            );
        }
        for policy in details.policies {
            add!(
                self,
                self.account(&id).policies,
                "policy",
                policy.arn.clone(),
                policy,
                file
            );
        }
        Ok(())
    }

    /// A provider's ARN follows from its account and issuer; the partition from what the account
    /// is known by.
    fn file_provider(
        &mut self,
        file: usize,
        around: &Hint,
        mut provider: OidcProvider,
    ) -> Result<(), Unplaced> {
        let url = provider.url.clone().unwrap_or_default();
        if provider.arn.is_empty() {
            let ends = format!(":oidc-provider/{url}");
            let mut listed = self
                .accounts
                .values()
                .flat_map(|account| &account.listed_providers)
                .filter(|arn| arn.ends_with(&ends));
            provider.arn = match (listed.next(), listed.next()) {
                (Some(only), None) => only.clone(),
                _ => {
                    let id = self.known.account(around)?;
                    format!("arn:{}:iam::{id}{ends}", self.partition(&id))
                }
            };
        }
        let id = self.known.account(&Hint::arn(&provider.arn).or(around))?;
        self.book
            .given(Source::OIDC_PROVIDER, &Scope::Account(id.clone()));
        add!(
            self,
            self.account(&id).providers,
            "OIDC provider",
            provider.arn.clone(),
            provider,
            file
        );
        Ok(())
    }

    fn partition(&self, account: &str) -> String {
        let account = self.accounts.get(account);
        let arn = account.and_then(|account| {
            let callers = account.caller.iter().map(|caller| caller.arn.as_str());
            callers
                .chain(account.roles.keys())
                .chain(account.users.keys())
                .next()
        });
        let partition = arn.and_then(|arn| arn.split(':').nth(1));
        partition.unwrap_or("aws").to_owned()
    }

    fn file_last_accessed(&mut self, file: usize, id: &str, used: LastAccessed, page: &Page) {
        let paged = page.cut || page.asked.is_some();
        if paged {
            if let Some(known) = self.account(id).last_accessed.get_mut(&used.arn) {
                let fresh = used.services.into_iter().filter(|service| {
                    !known
                        .services
                        .iter()
                        .any(|old| old.service_namespace == service.service_namespace)
                });
                let fresh: Vec<_> = fresh.collect();
                known.services.extend(fresh);
                return;
            }
        }
        add!(
            self,
            self.account(id).last_accessed,
            "last accessed details of",
            used.arn.clone(),
            used,
            file
        );
    }

    pub(super) fn note_ecr(&mut self, print: &ecr_prints::Print) {
        if let ecr_prints::Print::Repositories(repositories, _) = print {
            for repository in repositories {
                let hint = Hint::arn(&repository.repository_arn);
                if let (Some(account), Some(region)) = (&hint.account, &hint.region) {
                    self.known
                        .note_repository(account, &repository.repository_name, region);
                }
                self.known.note(&hint);
            }
        }
    }

    pub(super) fn note_secrets(&mut self, print: &secret_prints::Print) {
        use secret_prints::Print;
        match print {
            Print::Secrets(secrets, _) => {
                secrets
                    .iter()
                    .for_each(|secret| self.known.note(&Hint::arn(&secret.arn)));
            }
            Print::Secret(secret) | Print::Versions(secret) => {
                self.known.note(&Hint::arn(&secret.arn));
            }
            Print::Policy(policy) => self.known.note(&Hint::arn(&policy.arn)),
        }
    }

    pub(super) fn file_ecr(
        &mut self,
        file: usize,
        envelope: &Envelope,
        print: ecr_prints::Print,
    ) -> Result<(), Unplaced> {
        use ecr_prints::Print;
        let around = Hint::envelope(envelope);
        match print {
            Print::Repositories(repositories, page) => {
                let mut places = BTreeSet::new();
                if repositories.is_empty() {
                    places.insert(self.known.region(&around)?);
                }
                for repository in repositories {
                    let hint = Hint::arn(&repository.repository_arn)
                        .or(&Hint::account(&repository.registry_id))
                        .or(&around);
                    let place = self.known.region(&hint)?;
                    let key = repository.repository_name.clone();
                    add!(
                        self,
                        self.region(&place).repositories,
                        "repository",
                        key,
                        repository,
                        file
                    );
                    places.insert(place);
                }
                for place in places {
                    self.book
                        .page(Source::REPOSITORIES, &scope(&place), "", &page);
                }
            }
            Print::Images(name, images, page) => {
                self.file_images(file, &around, name, images, &page)?
            }
            Print::Findings(hint, findings, page) => {
                let place = self
                    .known
                    .repository(&hint.or(&around), &findings.repository_name)?;
                self.file_findings(file, &place, *findings, &page);
            }
            Print::Scanning(hint, scanning) => {
                let place = self.known.region(&hint.or(&around))?;
                self.book.given(Source::REGISTRY_SCANNING, &scope(&place));
                let key = format!("{}/{}", place.0, place.1);
                add!(
                    self,
                    self.region(&place).scanning,
                    "registry",
                    key,
                    scanning,
                    file
                );
            }
            Print::Policy(hint, policy) => {
                let place = self.policy_place(&hint.or(&around), policy.as_ref())?;
                self.book.given(Source::REPOSITORY_POLICIES, &scope(&place));
                if let Some(policy) = policy {
                    let key = policy.repository_name.clone();
                    add!(
                        self,
                        self.region(&place).policies,
                        "policy of repository",
                        key,
                        policy,
                        file
                    );
                }
            }
            Print::Lifecycle(hint, policy) => {
                let place = self.policy_place(&hint.or(&around), policy.as_ref())?;
                self.book.given(Source::LIFECYCLE_POLICIES, &scope(&place));
                if let Some(policy) = policy {
                    let key = policy.repository_name.clone();
                    add!(
                        self,
                        self.region(&place).lifecycle,
                        "lifecycle policy of repository",
                        key,
                        policy,
                        file
                    );
                }
            }
        }
        Ok(())
    }

    fn policy_place(
        &self,
        hint: &Hint,
        policy: Option<&ecr::RepositoryPolicy>,
    ) -> Result<(String, String), Unplaced> {
        match policy {
            Some(policy) => self.known.repository(hint, &policy.repository_name),
            None => self.known.region(hint),
        }
    }

    fn file_images(
        &mut self,
        file: usize,
        around: &Hint,
        name: String,
        images: Vec<ecr::Image>,
        page: &Page,
    ) -> Result<(), Unplaced> {
        let registry = images
            .first()
            .map(|image| Hint::account(&image.registry_id));
        let hint = registry.unwrap_or_default().or(around);
        let place = self.known.repository(&hint, &name)?;
        self.book.page(Source::IMAGES, &scope(&place), &name, page);
        let region = self.region(&place);
        if name.is_empty() {
            region.repositories_without_images += 1;
        } else {
            region.printed_images.insert(name);
        }
        for image in images {
            let key = format!("{}@{}", image.repository_name, image.image_digest);
            add!(self, self.region(&place).images, "image", key, image, file);
        }
        Ok(())
    }

    /// Findings of one image may come in pages.
    fn file_findings(
        &mut self,
        file: usize,
        place: &(String, String),
        findings: ecr::ImageFindings,
        page: &Page,
    ) {
        let digest = findings.image_id.image_digest.as_deref();
        let id = digest
            .or(findings.image_id.image_tag.as_deref())
            .unwrap_or_default();
        let key = format!("{}@{id}", findings.repository_name);
        let known = self.region(place).findings.get_mut(&key);
        let paged = page.cut || page.asked.is_some();
        if let (Some(known), true) = (known, paged) {
            if let (Some(known), Some(more)) =
                (&mut known.image_scan_findings, findings.image_scan_findings)
            {
                let fresh = |finding: &ecr::BasicFinding| !known.findings.contains(finding);
                let basic: Vec<_> = more.findings.into_iter().filter(fresh).collect();
                known.findings.extend(basic);
                let fresh =
                    |finding: &ecr::EnhancedFinding| !known.enhanced_findings.contains(finding);
                let enhanced: Vec<_> = more.enhanced_findings.into_iter().filter(fresh).collect();
                known.enhanced_findings.extend(enhanced);
            }
        } else {
            add!(
                self,
                self.region(place).findings,
                "scan findings of",
                key.clone(),
                findings,
                file
            );
        }
        self.book
            .page(Source::SCAN_FINDINGS, &scope(place), &key, page);
    }

    pub(super) fn file_secrets(
        &mut self,
        file: usize,
        envelope: &Envelope,
        print: secret_prints::Print,
    ) -> Result<(), Unplaced> {
        use secret_prints::Print;
        let around = Hint::envelope(envelope);
        match print {
            Print::Secrets(secrets, page) => {
                let mut places = BTreeSet::new();
                if secrets.is_empty() {
                    places.insert(self.known.region(&around)?);
                }
                for secret in secrets {
                    let place = self.known.region(&Hint::arn(&secret.arn).or(&around))?;
                    add!(
                        self,
                        self.region(&place).secrets,
                        "secret",
                        secret.arn.clone(),
                        secret,
                        file
                    );
                    places.insert(place);
                }
                for place in places {
                    self.book.page(Source::SECRETS, &scope(&place), "", &page);
                }
            }
            Print::Secret(secret) => {
                let place = self.known.region(&Hint::arn(&secret.arn).or(&around))?;
                self.book.given(Source::SECRET_DETAILS, &scope(&place));
                add!(
                    self,
                    self.region(&place).described,
                    "secret",
                    secret.arn.clone(),
                    *secret,
                    file
                );
            }
            Print::Versions(secret) => {
                let place = self.known.region(&Hint::arn(&secret.arn).or(&around))?;
                add!(
                    self,
                    self.region(&place).versions,
                    "secret",
                    secret.arn.clone(),
                    *secret,
                    file
                );
            }
            Print::Policy(policy) => {
                let place = self.known.region(&Hint::arn(&policy.arn).or(&around))?;
                self.book.given(Source::SECRET_POLICIES, &scope(&place));
                add!(
                    self,
                    self.region(&place).secret_policies,
                    "policy of secret",
                    policy.arn.clone(),
                    policy,
                    file
                );
            }
        }
        Ok(())
    }
}

/// The scope of a region's sources.
pub(super) fn scope(place: &(String, String)) -> Scope {
    Scope::Region(place.0.clone(), place.1.clone())
}
