//! How old credentials may get before they are stale: the user's words, `[secrets]` in the configuration.
//!
//! PCI DSS v4.0.1, 8.3.9 (a password that is the only factor is changed every 90 days), 8.2.6 (what was not used for 90 days
//! is disabled), 8.6.3 (those of applications are changed as a risk analysis has it; 90 days unless the user says another
//! period). CIS AWS Foundations Benchmark v3.0.0, 1.12 (credentials that were not used for 45 days are disabled), 1.14
//! (access keys are renewed every 90 days). NIST SP 800-53 rev. 5, IA-5 (f): a period that the organisation sets, so that its
//! preset brings the control and leaves the days as they are.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::Graph;
use crate::iam::glob::Pattern;
use crate::snapshot::kubernetes::Secret as KubernetesSecret;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::ssm::Parameter;

/// So many days without a read are unused.
const UNUSED_DAYS: u16 = 90;
/// A secret that is new may first be put to use.
const NEW_DAYS: u16 = 30;
/// So long may a value stay the same.
const MAX_AGE_DAYS: u16 = 365;

/// Whose rules are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// CIS AWS Foundations Benchmark.
    Cis,
    /// PCI DSS.
    PciDss,
    /// NIST SP 800-53.
    Nist,
}

/// `[secrets]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Thresholds {
    /// What is said here goes before it.
    pub preset: Option<Preset>,
    /// After so many days without a read a secret is unused.
    pub unused_days: Option<Days>,
    /// For so many days nobody expects a new secret to be rotated.
    pub new_days: Option<Days>,
    /// For so many days a value may stay the same.
    pub max_age_days: Option<Days>,
    /// Other limits for some secrets: the first rule that fits and says it counts.
    pub rule: Vec<Rule>,
}

/// `[[secrets.rule]]`: limits of the secrets that fit all that it names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Their names, with `*` and `?`; of Kubernetes Secrets without the namespace.
    #[serde(default)]
    pub name: Option<String>,
    /// Their tags, of Kubernetes Secrets their labels; `*` is any value.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The namespaces that Kubernetes Secrets are in, or that secrets of the vault are brought into: one is enough.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// As in `[secrets]`.
    #[serde(default)]
    pub unused_days: Option<Days>,
    /// As in `[secrets]`.
    #[serde(default)]
    pub new_days: Option<Days>,
    /// As in `[secrets]`.
    #[serde(default)]
    pub max_age_days: Option<Days>,
}

/// Days, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "i64")]
pub struct Days(u16);

impl TryFrom<i64> for Days {
    type Error = String;

    fn try_from(days: i64) -> Result<Self, String> {
        let days = u16::try_from(days).ok().filter(|days| *days > 0);
        let wrong = || format!("days are 1 to {}", u16::MAX);
        days.map(Self).ok_or_else(wrong)
    }
}

/// What is known of a secret that limits are for.
#[derive(Clone, Debug, Default)]
pub struct Known<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its tags or labels.
    pub tags: Vec<(&'s str, &'s str)>,
    /// Its namespaces.
    pub namespaces: Vec<&'s str>,
}

/// The limits of one secret, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So long without a read is unused.
    pub unused: i64,
    /// For so long it is new.
    pub new: i64,
    /// So long may its value stay the same.
    pub max_age: i64,
}

impl Thresholds {
    /// The limits of a secret.
    pub fn of(&self, secret: &Known<'_>) -> Limits {
        let fitting: Vec<&Rule> = self.rule.iter().filter(|rule| rule.fits(secret)).collect();
        let limit = |of: &dyn Fn(&Rule) -> Option<Days>, whole: Option<Days>, otherwise: u16| {
            let mut said = fitting.iter().filter_map(|rule| of(rule));
            let days = said.next().or(whole).map_or(otherwise, |days| days.0);
            i64::from(days)
        };
        let (unused, max_age) = match self.preset {
            Some(Preset::Cis) => (45, 90),
            Some(Preset::PciDss) => (90, 90),
            Some(Preset::Nist) | None => (UNUSED_DAYS, MAX_AGE_DAYS),
        };
        Limits {
            unused: limit(&|rule| rule.unused_days, self.unused_days, unused),
            new: limit(&|rule| rule.new_days, self.new_days, NEW_DAYS),
            max_age: limit(&|rule| rule.max_age_days, self.max_age_days, max_age),
        }
    }
}

impl Graph<'_> {
    /// The limits of a secret of Secrets Manager.
    pub fn limits_of(&self, secret: &Secret) -> Limits {
        let tags = secret.tags.iter();
        self.thresholds.of(&Known {
            name: &secret.name,
            tags: tags.map(|tag| (&*tag.key, &*tag.value)).collect(),
            namespaces: self.brought_into(&secret.arn),
        })
    }

    /// The limits of a parameter, whose tags are not read.
    pub fn limits_of_parameter(&self, parameter: &Parameter) -> Limits {
        self.thresholds.of(&Known {
            name: &parameter.name,
            tags: Vec::new(),
            namespaces: self.brought_into(&parameter.arn),
        })
    }

    /// The limits of a Kubernetes Secret.
    pub fn limits_of_kept(&self, secret: &KubernetesSecret) -> Limits {
        let labels = secret.metadata.labels.iter();
        self.thresholds.of(&Known {
            name: &secret.metadata.name,
            tags: labels.map(|(key, value)| (&**key, &**value)).collect(),
            namespaces: vec![secret.metadata.namespace()],
        })
    }

    /// The namespaces that an entry of the vault is brought into, where some rule asks.
    fn brought_into(&self, arn: &str) -> Vec<&str> {
        let mut rules = self.thresholds.rule.iter();
        if rules.all(|rule| rule.namespaces.is_empty()) {
            return Vec::new();
        }
        let all = self.brought_into.get_or_init(|| {
            let lineage = self.lineage();
            let mut all: HashMap<String, Vec<String>> = HashMap::new();
            for entry in &lineage.entries {
                let namespaces = lineage.bringers(entry);
                let mut namespaces: Vec<String> =
                    namespaces.map(|(by, _)| by.namespace.to_owned()).collect();
                namespaces.sort_unstable();
                namespaces.dedup();
                all.insert(entry.vault.arn().to_owned(), namespaces);
            }
            all
        });
        let own = all.get(arn).into_iter().flatten();
        own.map(String::as_str).collect()
    }
}

impl Rule {
    fn fits(&self, secret: &Known<'_>) -> bool {
        let name = self.name.as_deref();
        let is_named = name.is_none_or(|name| Pattern::new(name).matches(secret.name));
        let is_tagged = self.tags.iter().all(|(key, value)| {
            let mut tags = secret.tags.iter();
            tags.any(|(own, is)| own == key && (value == "*" || is == value))
        });
        let mut own = secret.namespaces.iter();
        let is_there = self.namespaces.is_empty()
            || own.any(|one| self.namespaces.iter().any(|named| named == one));
        is_named && is_tagged && is_there
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn limits(text: &str, name: &str, tags: &[(&str, &str)], namespaces: &[&str]) -> [i64; 3] {
        let thresholds: Thresholds = toml::from_str(text).unwrap();
        let limits = thresholds.of(&Known {
            name,
            tags: tags.to_vec(),
            namespaces: namespaces.to_vec(),
        });
        [limits.unused, limits.new, limits.max_age]
    }

    #[test]
    fn what_is_said_nearest_counts() {
        let text = r#"
            preset = "pci-dss"
            new-days = 7
            [[rule]]
            name = "prod/legacy/*"
            max-age-days = 700
            [[rule]]
            tags = { class = "restricted", team = "*" }
            max-age-days = 30
            unused-days = 10
            [[rule]]
            namespaces = ["pay", "shop"]
            unused-days = 20
        "#;
        let restricted = [("class", "restricted"), ("team", "x")];
        for (name, tags, namespaces, expected) in [
            ("db", &[][..], &[][..], [90, 7, 90]),
            ("prod/legacy/ftp", &[], &[], [90, 7, 700]),
            ("prod/legacyftp", &[], &[], [90, 7, 90]),
            ("db", &restricted, &[], [10, 7, 30]),
            ("db", &restricted[..1], &[], [90, 7, 90]),
            (
                "db",
                &[("class", "public"), ("team", "x")],
                &[],
                [90, 7, 90],
            ),
            ("db", &[], &["shop"], [20, 7, 90]),
            ("db", &[], &["web"], [90, 7, 90]),
            // The first that fits says the age, the next one more.
            ("prod/legacy/ftp", &restricted, &["pay"], [10, 7, 700]),
        ] {
            let found = limits(text, name, tags, namespaces);
            assert_eq!(found, expected, "{name} {tags:?} {namespaces:?}");
        }
    }

    #[test]
    fn presets_are_what_their_frameworks_say() {
        for (text, expected) in [
            ("", [90, 30, 365]),
            ("preset = \"cis\"", [45, 30, 90]),
            ("preset = \"pci-dss\"", [90, 30, 90]),
            ("preset = \"nist\"", [90, 30, 365]),
            ("preset = \"nist\"\nmax-age-days = 60", [90, 30, 60]),
        ] {
            assert_eq!(limits(text, "db", &[], &[]), expected, "{text}");
        }
    }
}
