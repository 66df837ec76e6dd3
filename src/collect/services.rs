//! The services that are read on request (`--services`), for the methods of privilege escalation that need something
//! which runs already. A service is one small file of data: which calls, which lists, which fields are ARN and role.
//!
//! The answers of the APIs and the prints of the AWS CLI have the same names, so the data serves both.

mod apprunner;
mod bedrock_agentcore;
mod cloudformation;
mod codebuild;
mod ecs;
mod glue;
pub mod item;
mod lambda;
mod sagemaker;
mod ssm;
pub mod wire;

use self::item::Item;
use self::wire::Service;
use super::call::AwsCall;
use crate::snapshot::coverage::Source;

/// A service that is read on request.
#[derive(Debug)]
pub struct Offer {
    /// Its name on the command line.
    pub name: &'static str,
    /// How it is spoken to.
    pub service: Service,
    /// What there is of it. A kind that is asked for the things of another stands behind that.
    pub kinds: &'static [Kind],
}

/// Things of one kind.
#[derive(Debug)]
pub struct Kind {
    /// The call that lists them.
    pub source: Source,
    /// What they are to the audit, in a few words.
    pub why: &'static str,
    /// How they are listed.
    pub list: List,
    /// How their roles are told, where the list does not.
    pub each: Each,
}

/// A list of an API.
#[derive(Debug)]
pub struct List {
    /// Method and path of a REST API; of others nothing.
    pub path: Option<(&'static str, &'static str)>,
    /// Parameters that are always given.
    pub parameters: &'static [(&'static str, &'static str)],
    /// The parameter with the token of the page that is wanted, and the member with that of the next.
    pub token: (&'static str, &'static str),
    /// The member that is the list.
    pub key: &'static str,
    /// The kind whose things it is asked for one by one, and by which parameter.
    pub within: Option<(Source, &'static str)>,
    /// An item of it.
    pub item: Item,
}

/// How more is learnt of the things of a list.
#[derive(Debug)]
pub enum Each {
    /// The list says all.
    Nothing,
    /// One call for each.
    One(Describe),
    /// One call for so many of them.
    Many(Describe, usize),
}

/// A call that tells of things.
#[derive(Debug)]
pub struct Describe {
    /// The call, as IAM writes it.
    pub call: &'static str,
    /// What it is called by.
    pub by: By,
    /// Method and path of a REST API, with `{}` for the id; of others nothing.
    pub path: Option<(&'static str, &'static str)>,
    /// The parameter.
    pub parameter: &'static str,
    /// The member that tells; empty: the whole answer.
    pub key: &'static str,
    /// What is in it.
    pub item: Item,
}

/// What a thing is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Its ARN.
    Arn,
    /// Its name.
    Name,
    /// What its ARN ends with, behind the last slash.
    Id,
}

/// All of them, by name.
pub static OFFERED: &[&Offer] = &[
    &apprunner::OFFER,
    &bedrock_agentcore::OFFER,
    &cloudformation::OFFER,
    &codebuild::OFFER,
    &ecs::OFFER,
    &glue::OFFER,
    &lambda::OFFER,
    &sagemaker::OFFER,
    &ssm::OFFER,
];

/// The kinds of all services.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    OFFERED.iter().flat_map(|offer| offer.kinds)
}

impl Kind {
    /// How more is told of each.
    pub fn describe(&self) -> Option<&Describe> {
        match &self.each {
            Each::Nothing => None,
            Each::One(describe) | Each::Many(describe, _) => Some(describe),
        }
    }
}

impl Offer {
    /// The service of this name.
    ///
    /// # Errors
    /// There is none; the sentence names all that there are.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        let found = OFFERED.iter().find(|offer| offer.name == name).copied();
        found.ok_or_else(|| {
            let all: Vec<&str> = OFFERED.iter().map(|offer| offer.name).collect();
            format!("no service {name} is read; there are {}", all.join(", "))
        })
    }

    /// What it calls.
    pub fn calls(&self) -> impl Iterator<Item = AwsCall> {
        self.kinds.iter().flat_map(|kind| {
            let described = kind.describe().map(|one| one.call);
            let calls = std::iter::once(kind.source.name).chain(described);
            calls.map(|action| AwsCall::of_service(action, kind.why, self.name))
        })
    }
}
