//! The known methods, as data: one entry a method. What makes an entry one of its own is the set of permissions that it
//! needs; the ids under which it is published drift from list to list, and are its aliases.
//!
//! Sources: the catalogue at pathfinding.cloud (65 ids in December 2025), Rhino Security Labs' list (the names of their
//! tool Pacu, module `iam__privesc_scan`), and AWS's own guides for what neither has. Left out of Rhino's list are the
//! three of CodeStar, which AWS shut down on 31 July 2024.

mod compute;
mod data;
mod deploy;
mod eks;
mod iam;
mod prerequisite;

pub use prerequisite::{Prerequisite, Thing, unfit};

/// A known way from some permissions to more.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name here.
    pub id: &'static str,
    /// What it does, in a few words that complete "it can …".
    pub title: &'static str,
    /// All of these are needed. The first says what the method is about.
    pub needs: &'static [Need],
    /// What has to be there besides.
    pub when: &'static [Prerequisite],
    /// What it gives.
    pub gives: Gives,
    /// Its names in published lists: `pathfinding:iam-001`, `rhino:CreateNewPolicyVersion`.
    pub aliases: &'static [&'static str],
    /// Where it is described.
    pub source: &'static str,
}

impl Method {
    /// Whether the first permission has to be held on what is changed, and a further one on the same thing, by which
    /// its holder becomes it, a role or a user, or comes to be in it, a group.
    pub fn becomes(&self) -> Option<&'static Need> {
        let mut further = self.needs.iter().skip(1);
        further.find(|need| {
            let on = need.on;
            self.gives == Gives::Permissions
                && matches!(on, Target::Role | Target::User | Target::Group)
        })
    }

    /// Whether its holder puts a user into a group.
    pub fn joins(&self) -> bool {
        let last = self.needs.last();
        last.is_some_and(|need| need.action == "iam:AddUserToGroup")
    }

    /// What has to be there, if it is a thing that runs with a role.
    pub fn thing(&self) -> Option<Thing> {
        self.when.iter().find_map(|one| match one {
            Prerequisite::Thing(thing) => Some(*thing),
            _ => None,
        })
    }

    /// The service that a role is passed to.
    pub fn service(&self) -> Option<&'static str> {
        self.needs.iter().find_map(|need| match need.on {
            Target::PassedRole(service) | Target::GivenRole(service) => Some(service),
            _ => None,
        })
    }
}

/// A permission that a method needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Need {
    /// The action, as IAM writes it.
    pub action: &'static str,
    /// On what.
    pub on: Target,
}

/// The kind of resource that a permission has to be held on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A role that the account can change.
    Role,
    /// A user.
    User,
    /// A group.
    Group,
    /// A policy of the account's own.
    Policy,
    /// A role that is passed to this service, which trusts it.
    PassedRole(&'static str),
    /// A role that trusts this service and that EKS hands over to it: `iam:PassedToService` is not documented.
    GivenRole(&'static str),
    /// Another thing of IAM: the pattern behind the account.
    Iam(&'static str),
    /// A resource of a service: its name in ARNs and the pattern behind the account.
    Resource(&'static str, &'static str),
    /// A document of Systems Manager that runs commands of the caller's choice: `AWS-RunShellScript`, or another.
    RunDocument,
    /// An instance with all that it is started with.
    Launched,
    /// No single resource: the action can only be allowed on `*`.
    All,
}

/// What a method gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The permissions that the holder chooses, up to the boundary and the SCPs of what it changes.
    Permissions,
    /// What another version of a policy allows.
    Version,
    /// What the identity policies allow once the boundary is gone.
    Unbounded,
    /// The permissions of a user, group or role that it reaches.
    Principal,
    /// The permissions of a role that it can pass to a service.
    PassedRole,
    /// The permissions of whatever runs there already.
    Workload,
    /// A Kubernetes cluster.
    Cluster,
    /// This, which is asked where the facts for it are: of each trust policy, access entry, node and provider.
    There(&'static str),
}

const fn need(action: &'static str, on: Target) -> Need {
    Need { action, on }
}

const fn pass(service: &'static str) -> Need {
    need("iam:PassRole", Target::PassedRole(service))
}

const fn on(action: &'static str, service: &'static str, resource: &'static str) -> Need {
    need(action, Target::Resource(service, resource))
}

const fn on_all(action: &'static str) -> Need {
    need(action, Target::All)
}

macro_rules! method {
    ($id:literal, $title:literal, $gives:expr, [$($need:expr),+ $(,)?], [$($when:expr),* $(,)?], [$($alias:literal),* $(,)?], $source:expr) => {
        Method { id: $id, title: $title, gives: $gives, needs: &[$($need),+], when: &[$($when),*], aliases: &[$($alias),*], source: $source }
    };
}

macro_rules! published {
    ($id:literal) => {
        concat!("https://pathfinding.cloud/paths/", $id)
    };
}

use {method, published};

/// The list in which Rhino Security Labs published theirs first.
const RHINO: &str =
    "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/";

/// All of them, by what they use.
pub fn methods() -> impl Iterator<Item = &'static Method> {
    [
        iam::METHODS,
        compute::METHODS,
        data::METHODS,
        deploy::METHODS,
        eks::METHODS,
    ]
    .into_iter()
    .flatten()
}
