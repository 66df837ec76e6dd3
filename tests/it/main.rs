//! What a user would do, from the outside, and the stand-ins that it takes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aws_server;
mod live_demo;
mod python;
