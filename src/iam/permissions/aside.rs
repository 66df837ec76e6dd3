//! What AWS decides itself whatever the policies say, as areas of requests.

use std::borrow::Cow;

use super::search::Area;
use super::side::Side;
use crate::iam::evaluate::fixed;
use crate::iam::glob::Pattern;
use crate::iam::principal::Principal;

/// Actions and resources that are not left to policies.
pub(super) struct Aside {
    everything: Side<'static>,
    /// The actions that are always allowed, on everything.
    always: Vec<Side<'static>>,
    /// What is always refused.
    refused: Vec<(Side<'static>, Side<'static>)>,
    /// An alias named for a key: KMS authorizes it by the key, so the key is what is to be asked for.
    aliases: (Side<'static>, Side<'static>),
    own_aliases: (Side<'static>, Side<'static>),
    keys: (Side<'static>, Side<'static>),
    /// What RCPs do not bind.
    unbound: Vec<(Side<'static>, Side<'static>)>,
}

fn side<'t>(texts: impl IntoIterator<Item = &'t str>) -> Side<'static> {
    Side::of(
        texts
            .into_iter()
            .map(|t| Cow::Owned(Pattern::new(t)))
            .collect(),
    )
}

fn area<'s>(sides: &'s (Side<'static>, Side<'static>)) -> Area<'s> {
    Area {
        actions: &sides.0,
        resources: &sides.1,
    }
}

impl Aside {
    pub(super) fn new(principal: &Principal) -> Self {
        let always = fixed::always_allowed(principal).iter();
        let refused = fixed::refused(principal).into_iter();
        let refused = refused.map(|(actions, resources)| {
            (
                side(actions.iter().map(String::as_str)),
                side(resources.iter().copied()),
            )
        });
        let own = ["kms:createalias", "kms:updatealias", "kms:deletealias"];
        let aliases = "arn:*:kms:*:*:alias/*";
        Self {
            everything: Side::everything(),
            always: always.map(|a| side([*a])).collect(),
            refused: refused.collect(),
            aliases: (side(["kms:*"]), side([aliases])),
            own_aliases: (side(own), side([aliases])),
            keys: (side(["kms:*"]), side(["arn:*:kms:*:*:key/*"])),
            unbound: vec![
                (side(["kms:retiregrant"]), Side::everything()),
                (
                    Side::everything(),
                    side(["arn:*:iam:*:*:role/aws-service-role/*"]),
                ),
            ],
        }
    }

    /// The areas of what is always allowed.
    pub(super) fn always(&self) -> impl Iterator<Item = Area<'_>> {
        self.always.iter().map(|actions| Area {
            actions,
            resources: &self.everything,
        })
    }

    /// The areas of what is always refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = Area<'_>> {
        self.refused.iter().map(area)
    }

    /// KMS's requests that name an alias.
    pub(super) fn aliases(&self) -> Area<'_> {
        area(&self.aliases)
    }

    /// Those among them that mean the alias itself.
    pub(super) fn own_aliases(&self) -> Area<'_> {
        area(&self.own_aliases)
    }

    /// The requests that name a key.
    pub(super) fn keys(&self) -> Area<'_> {
        area(&self.keys)
    }

    /// The requests that RCPs do not bind though their service is one of theirs.
    pub(super) fn unbound(&self) -> impl Iterator<Item = Area<'_>> {
        self.unbound.iter().map(area)
    }

    /// All that AWS decides itself.
    pub(super) fn fixed(&self) -> impl Iterator<Item = Area<'_>> {
        self.always().chain(self.refused())
    }
}
