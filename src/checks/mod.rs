//! What is wrong: questions to the graph, one file a check, in a folder an area.
//!
//! A check is registered by being there: `build.rs` finds its file, whose name is its id and
//! whose leading comment is its documentation.

pub mod check;
pub mod expected;
pub mod finding;
pub mod outcome;
pub mod preset;
pub mod remedy;
pub mod run;
pub mod shared;
#[cfg(test)]
pub(crate) mod testing;

use check::Registered;

include!(concat!(env!("OUT_DIR"), "/checks.rs"));

/// The check of this id.
pub fn named(id: &str) -> Option<&'static Registered> {
    CHECKS.iter().find(|registered| registered.id == id)
}
