//! What a user would do, from the outside. One binary: every other one would link everything again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod checks_real;
mod iam_golden_trust;
mod rbac_golden;
mod rbac_inputs;
mod rbac_property;
mod rbac_real;
