//! What a user would do, from the outside. One binary: every other one would link everything again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs
)]

mod acme;
mod aws_server;
mod commands;
mod escalation_property;
mod files_everything;
mod files_faults;
mod files_input;
mod files_places;
mod house;
mod iam_golden_trust;
#[cfg(feature = "live")]
mod kubernetes_access;
#[cfg(feature = "live")]
mod kubernetes_faults;
#[cfg(feature = "live")]
mod kubernetes_lists;
#[cfg(feature = "live")]
mod kubernetes_server;
#[cfg(feature = "live")]
mod kubernetes_tls;
#[cfg(feature = "live")]
mod live_access;
mod live_demo;
#[cfg(feature = "live")]
mod live_emulators;
#[cfg(feature = "live")]
mod live_faults;
#[cfg(feature = "live")]
mod live_marks;
#[cfg(feature = "live")]
mod live_parity;
#[cfg(feature = "live")]
mod live_scan;
#[cfg(feature = "live")]
mod live_transport;
mod program;
mod python;
mod rbac_golden;
mod rbac_inputs;
mod rbac_property;
mod rbac_real;
mod real;
#[cfg(feature = "live")]
mod site;
