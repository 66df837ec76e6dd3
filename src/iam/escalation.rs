//! Which known methods of privilege escalation a principal's policies hold.

mod beyond;
mod catalogue;
mod existing;
mod held;
mod launch;
mod needs;
mod part;
mod version;

pub use catalogue::{Gives, Method, Need, Prerequisite, Target, Thing, methods, unfit};
pub use existing::{
    Elsewhere, Existing, GroupFacts, MOST_VERSIONS, PolicyFacts, RoleFacts, UserFacts,
};
pub use held::{Held, NO_USER, NOT_ITS_OWN, methods_held};
pub use launch::{Launch, launches};
pub use needs::{SERVICES, trusted_services, trusts_service};
pub use part::Targets;
pub use version::{may_allow_more, with_version};

#[cfg(test)]
mod tests;
