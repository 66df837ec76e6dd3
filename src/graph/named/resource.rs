//! What is meant by the name of an AWS resource.

use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::near::near;
use super::{Graph, Unnamed, Who, unknown};

/// What an IAM action is asked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Anything: nothing was named.
    Any,
    /// Everything that a pattern matches.
    Pattern(String),
    /// One resource.
    One(String),
}

impl What {
    /// As it is shown.
    pub fn text(&self) -> &str {
        match self {
            Self::Any => "*",
            Self::Pattern(text) | Self::One(text) => text,
        }
    }
}

impl Graph<'_> {
    /// The AWS resource of a name; without a name any.
    ///
    /// # Errors
    /// There is none, there are several, or where it would be was not read.
    pub fn what(&self, name: Option<&str>) -> Result<What, Unnamed> {
        let Some(name) = name else {
            return Ok(What::Any);
        };
        if name.contains(['*', '?']) {
            let is_pattern = name == "*" || name.starts_with("arn:");
            return match is_pattern {
                true => Ok(What::Pattern(name.to_owned())),
                false => Err(unknown(format!(
                    "`{name}` is no pattern of ARNs: it begins with arn:, or is *"
                ))),
            };
        }
        if Arn::parse(name).is_some() {
            return Ok(What::One(name.to_owned()));
        }
        match name.split_once('/') {
            Some((kind @ ("role" | "user"), rest)) => {
                let who = self.iam(kind, rest)?;
                Ok(What::One(self.id_of(&who)))
            }
            Some(("secret", rest)) => self.secret(rest),
            Some(("k8s-secret", _)) => Err(unknown(format!(
                "{name} is a Kubernetes Secret, which an IAM action does not know; ask with a verb: get"
            ))),
            _ => Err(unknown(format!(
                "`{name}` names no AWS resource: give an ARN (with * or ?: a pattern), role/NAME, user/NAME or secret/NAME"
            ))),
        }
    }

    /// A secret by its name, in whichever account and region. A replica is a secret of its own.
    fn secret(&self, name: &str) -> Result<What, Unnamed> {
        let secrets = || {
            let accounts = self.snapshot.accounts.values();
            accounts.flat_map(|account| {
                let regions = account.regions.values();
                regions.flat_map(|region| &region.secretsmanager.secrets)
            })
        };
        let found: Vec<&str> = secrets()
            .filter(|secret| secret.name == name)
            .map(|secret| secret.arn.as_str())
            .collect();
        match found.as_slice() {
            [one] => Ok(What::One((*one).to_owned())),
            [] => {
                let read = self.snapshot.coverage.entries().iter();
                let mut read = read.filter(|entry| entry.source == Source::SECRETS.name);
                let near = near(name, secrets().map(|secret| secret.name.as_str()));
                let seen = match read.next() {
                    Some(_) => "",
                    None => " (secretsmanager:ListSecrets was not read; give its ARN)",
                };
                Err(unknown(format!("there is no secret/{name}{seen}{near}")))
            }
            several => Err(Unnamed::Ambiguous {
                name: format!("secret/{name}"),
                ids: several.iter().map(|arn| (*arn).to_owned()).collect(),
            }),
        }
    }
}

/// Whether an IAM principal was named, for callers that only take those.
impl Who {
    /// The place of the IAM principal, if it is one.
    pub fn iam(&self) -> Option<usize> {
        match self {
            Self::Iam { at, .. } => Some(*at),
            _ => None,
        }
    }
}
