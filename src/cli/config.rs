//! `eks-auditor.toml`: what is given each time.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::graph::duty::Duty;
use crate::graph::limits::Thresholds;
use crate::graph::treasure::Treasure;

use super::arguments::{Least, WhichPrincipals};
use super::output;

/// The name under which it is found in the working folder.
const NAME: &str = "eks-auditor.toml";

/// Each key is the flag of its name; what is typed outranks it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Config {
    pub(super) input: Vec<String>,
    pub(super) profile: Option<String>,
    pub(super) region: Vec<String>,
    pub(super) role_arn: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) organization: Option<bool>,
    pub(super) services: Vec<String>,
    pub(super) with_secrets: Option<bool>,
    pub(super) check: Vec<String>,
    pub(super) skip: Vec<String>,
    pub(super) namespace: Vec<String>,
    pub(super) cluster: Vec<String>,
    pub(super) min_severity: Option<Least>,
    pub(super) scope: Option<WhichPrincipals>,
    pub(super) fail_on: Option<Least>,
    /// No flag: what somebody is there to do.
    pub(super) duty: Vec<Duty>,
    /// No flag: what is worth protecting.
    pub(super) jewels: Treasure,
    /// No flag: how old credentials may get.
    pub(super) secrets: Thresholds,
}

impl Config {
    /// The configuration of this path; without one that of the working folder, if there is one,
    /// which stderr then says.
    ///
    /// # Errors
    /// The file cannot be read, or has a key or value that is not known: the message names line
    /// and key.
    pub(super) fn load(path: Option<&Path>) -> Result<Self> {
        let found = PathBuf::from(NAME);
        let path = match path {
            Some(path) => path,
            None if found.is_file() => {
                output::say(&format!("using {NAME} of this folder"));
                &found
            }
            None => return Ok(Self::default()),
        };
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        // The TOML error shows the line, and below it the key.
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_duty_that_is_wrong_is_an_error_that_names_line_and_key() {
        let duty = "[[duty]]\nsubject = \"Group/ops\"\nverbs = [\"get\"]\nnamespaces = [\"web\"]\n";
        let config = toml::from_str::<Config>(duty).unwrap();
        assert_eq!(config.duty.len(), 1);
        for (from, to, line, key) in [
            ("Group/ops", "ops", "line 2", "subject"),
            ("[\"get\"]", "\"get\"", "line 3", "verbs"),
            ("namespaces", "namespace", "line 4", "namespace"),
            ("namespaces = [\"web\"]\n", "", "line 1", "namespaces"),
        ] {
            let text = duty.replace(from, to);
            let error = toml::from_str::<Config>(&text).unwrap_err().to_string();
            assert!(error.contains(line) && error.contains(key), "{text}{error}");
        }
    }

    #[test]
    fn a_jewel_that_is_wrong_is_an_error_that_names_line_and_key() {
        let jewels = "[jewels]\narns = [\"arn:aws:s3:::pay\"]\nnamespaces = [\"web\"]\ntags = { data = \"pii\" }\n";
        assert!(toml::from_str::<Config>(jewels).is_ok(), "{jewels}");
        for (from, to, line, text) in [
            ("arn:aws:s3:::pay", "pay", "line 2", "no ARN"),
            (
                "arn:aws:s3:::pay",
                "arn:aws:ec2:::x",
                "line 2",
                "the services are",
            ),
            ("namespaces", "namespace", "line 3", "namespace"),
            ("{ data = \"pii\" }", "\"pii\"", "line 4", "tags"),
        ] {
            let wrong = jewels.replace(from, to);
            let error = toml::from_str::<Config>(&wrong).unwrap_err().to_string();
            assert!(
                error.contains(line) && error.contains(text),
                "{wrong}{error}"
            );
        }
    }

    #[test]
    fn a_limit_that_is_wrong_is_an_error_that_names_line_and_key() {
        let limits = "[secrets]\npreset = \"pci-dss\"\nunused-days = 30\n[[secrets.rule]]\nname = \"prod/*\"\nmax-age-days = 60\n";
        assert!(toml::from_str::<Config>(limits).is_ok(), "{limits}");
        for (from, to, line, text) in [
            ("pci-dss", "pci", "line 2", "pci-dss"),
            ("30", "0", "line 3", "days are 1 to"),
            ("unused-days", "unused", "line 3", "unused"),
            ("60", "-1", "line 6", "days are 1 to"),
            ("name", "names", "line 5", "names"),
        ] {
            let wrong = limits.replace(from, to);
            let error = toml::from_str::<Config>(&wrong).unwrap_err().to_string();
            assert!(
                error.contains(line) && error.contains(text),
                "{wrong}{error}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_line_and_key() {
        let error =
            toml::from_str::<Config>("check = [\"rbac\"]\nfail-onn = \"high\"\n").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("line 2") && text.contains("fail-onn"),
            "{text}"
        );
    }
}
