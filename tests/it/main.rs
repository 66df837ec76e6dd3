//! What a user would do, from the outside. One binary: every other one would link everything again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs
)]

mod access_policies;
mod access_review;
mod acme;
mod aws_server;
mod blast_radius;
mod can;
mod commands;
mod eks_facts;
mod eks_facts_nodes;
mod eks_facts_pods;
mod escalation_catalogue;
mod escalation_property;
mod exposure;
mod files_everything;
mod files_external;
mod files_faults;
mod files_input;
mod files_kms;
mod files_organizations;
mod files_places;
mod files_services;
mod files_ssm;
mod house;
mod iam_differential;
mod iam_documentation;
mod iam_documentation_conditions;
mod iam_documentation_elements;
mod iam_documentation_evaluation;
mod iam_documentation_fixed;
mod iam_documentation_guardrails;
mod iam_documentation_keys;
mod iam_documentation_kms;
mod iam_documentation_principals;
mod iam_documentation_roles;
mod iam_documentation_variables;
mod iam_documentation_words;
mod iam_evaluation;
mod iam_golden_trust;
mod iam_properties;
mod iam_real;
mod iam_services;
mod iam_simulate;
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
mod live_memory;
#[cfg(feature = "live")]
mod live_organizations;
#[cfg(feature = "live")]
mod live_parity;
#[cfg(feature = "live")]
mod live_scan;
#[cfg(feature = "live")]
mod live_services;
#[cfg(feature = "live")]
mod live_transport;
#[cfg(target_os = "linux")]
mod memory_marks;
mod paths;
mod plan;
mod program;
mod python;
mod rbac_golden;
mod rbac_inputs;
mod rbac_names;
mod rbac_property;
mod rbac_real;
mod real;
mod review;
mod secrets;
#[cfg(feature = "live")]
mod site;
mod who_can;
