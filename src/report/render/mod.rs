//! One file a format. A renderer takes a report and gives text; it decides nothing.

pub mod access_review;
pub mod answer;
pub mod blast_radius;
pub mod catalogue;
pub mod explain;
pub mod json;
pub mod listing;
pub mod neutral;
mod page;
pub mod paths;
pub mod plan;
pub mod secrets;
pub mod terminal;
pub mod who_can;
