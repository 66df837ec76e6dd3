//! Where prints of IAM and STS go.

use std::collections::BTreeSet;

use crate::snapshot::coverage::Source;
use crate::snapshot::iam::{
    AccessKey, CredentialReportRow, LastAccessed, OidcProvider, ServiceLastAccessed,
};
use crate::snapshot::time::Time;

use super::book::{INSTANCE_PROFILES, LAST_ACCESSED, Scope};
use super::iam::{Details, Print};
use super::place::{Hint, Unplaced};
use super::print::Page;
use super::store::Store;

impl Store {
    pub(super) fn file_iam(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        match print {
            Print::Caller(caller) => {
                let id = caller.account.clone();
                self.book.given(Source::CALLER, &Scope::Account(id.clone()));
                let (account, conflicts) = self.account(&id);
                account.caller.add("caller", id, caller, file, conflicts);
            }
            Print::Details(details) => self.file_details(file, around, *details)?,
            Print::Providers(arns) => {
                let hint = arns.first().map(|arn| Hint::arn(arn)).unwrap_or_default();
                let id = self.known.account(&hint.or(around))?;
                self.book
                    .given(Source::OIDC_PROVIDERS, &Scope::Account(id.clone()));
                self.account(&id).0.listed_providers.extend(arns);
            }
            Print::Provider(provider) => self.file_provider(file, around, provider)?,
            Print::Role(role) => {
                let id = self.known.account(&Hint::arn(&role.arn).or(around))?;
                let (account, conflicts) = self.account(&id);
                account
                    .single_roles
                    .add("role", role.arn.clone(), *role, file, conflicts);
            }
            Print::Report(rows, at) => self.file_report(file, around, rows, at)?,
            Print::Keys(user, keys, page) => self.file_keys(file, around, (user, keys), &page)?,
            Print::Profiles(profiles, page) => {
                let first = profiles.first().map(|profile| Hint::arn(&profile.arn));
                let id = self.known.account(&first.unwrap_or_default().or(around))?;
                self.book
                    .page(INSTANCE_PROFILES, &Scope::Account(id.clone()), "", &page);
                let (account, conflicts) = self.account(&id);
                let key = |profile: &crate::snapshot::iam::InstanceProfile| profile.arn.clone();
                account
                    .profiles
                    .add_all("instance profile", profiles, key, (file, conflicts));
            }
            Print::LastAccessed(used, page) => {
                self.file_last_accessed(file, around, used, &page)?
            }
        }
        Ok(())
    }

    fn file_details(
        &mut self,
        file: usize,
        around: &Hint,
        details: Details,
    ) -> Result<(), Unplaced> {
        let id = self.known.account(&details.hint().or(around))?;
        self.book
            .page(Source::IAM, &Scope::Account(id.clone()), "", &details.page);
        let missing: BTreeSet<&'static str> = details.missing.into_iter().collect();
        let (account, conflicts) = self.account(&id);
        account.missing_lists = Some(match account.missing_lists.take() {
            Some(before) => before.intersection(&missing).copied().collect(),
            None => missing,
        });
        account.users.add_all(
            "user",
            details.users,
            |user| user.arn.clone(),
            (file, conflicts),
        );
        account.groups.add_all(
            "group",
            details.groups,
            |group| group.arn.clone(),
            (file, conflicts),
        );
        account.roles.add_all(
            "role",
            details.roles,
            |role| role.arn.clone(),
            (file, conflicts),
        );
        account.policies.add_all(
            "policy",
            details.policies,
            |policy| policy.arn.clone(),
            (file, conflicts),
        );
        Ok(())
    }

    /// A provider's ARN is the listed one that ends in its issuer, or follows from the account.
    fn file_provider(
        &mut self,
        file: usize,
        around: &Hint,
        mut provider: OidcProvider,
    ) -> Result<(), Unplaced> {
        if provider.arn.is_empty() {
            let url = provider.url.as_deref().unwrap_or_default();
            let ends = format!(":oidc-provider/{url}");
            let listed = self
                .accounts
                .values()
                .flat_map(|account| &account.listed_providers);
            let mut listed = listed.filter(|arn| arn.ends_with(&ends));
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
        let (account, conflicts) = self.account(&id);
        account.providers.add(
            "OIDC provider",
            provider.arn.clone(),
            provider,
            file,
            conflicts,
        );
        Ok(())
    }

    /// The partition of an account, by what is known of it.
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

    fn file_report(
        &mut self,
        file: usize,
        around: &Hint,
        rows: Vec<CredentialReportRow>,
        at: Option<Time>,
    ) -> Result<(), Unplaced> {
        let hint = rows
            .first()
            .map(|row| Hint::arn(&row.arn))
            .unwrap_or_default();
        let id = self.known.account(&hint.or(around))?;
        self.book
            .given(Source::CREDENTIAL_REPORT, &Scope::Account(id.clone()));
        self.latest = self.latest.max(at);
        let (account, conflicts) = self.account(&id);
        let user = |row: &CredentialReportRow| row.user.clone();
        account
            .report
            .add_all("credential report of", rows, user, (file, conflicts));
        Ok(())
    }

    fn file_keys(
        &mut self,
        file: usize,
        around: &Hint,
        (user, keys): (String, Vec<AccessKey>),
        page: &Page,
    ) -> Result<(), Unplaced> {
        let id = self.known.user(around, &user)?;
        self.book.page(
            Source::ACCESS_KEYS,
            &Scope::Account(id.clone()),
            &user,
            page,
        );
        let (account, conflicts) = self.account(&id);
        let key = |key: &AccessKey| key.access_key_id.clone();
        account
            .keys
            .add_all("access key", keys, key, (file, conflicts));
        Ok(())
    }

    /// Details of one entity may come in pages.
    fn file_last_accessed(
        &mut self,
        file: usize,
        around: &Hint,
        used: LastAccessed,
        page: &Page,
    ) -> Result<(), Unplaced> {
        if used.arn.is_empty() {
            let why = "does not say whose it is: the Arn of the request does";
            return Err(Unplaced(why.to_owned()));
        }
        let id = self.known.account(&Hint::arn(&used.arn).or(around))?;
        self.book
            .page(LAST_ACCESSED, &Scope::Account(id.clone()), &used.arn, page);
        let paged = page.cut || page.asked.is_some();
        let (account, conflicts) = self.account(&id);
        if paged && let Some(known) = account.last_accessed.get_mut(&used.arn) {
            let name = |old: &ServiceLastAccessed| old.service_namespace.clone();
            let old: BTreeSet<String> = known.services.iter().map(name).collect();
            let fresh = |new: &ServiceLastAccessed| !old.contains(&new.service_namespace);
            known
                .services
                .extend(used.services.into_iter().filter(fresh));
            return Ok(());
        }
        let kind = "last accessed details of";
        account
            .last_accessed
            .add(kind, used.arn.clone(), used, file, conflicts);
        Ok(())
    }
}
