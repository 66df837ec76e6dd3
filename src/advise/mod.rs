//! What to change: each piece of advice is tried on a copy of the snapshot, and everything is asked again.

pub mod change;
pub mod hitting;
pub mod loss;
pub mod plan;
