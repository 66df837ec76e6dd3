//! Which credentials an AWS SDK in a pod takes by itself, of those that whoever controls the pod can get.
//!
//! AWS SDKs and Tools Reference Guide, "Standardized credential providers" (the default chain: keys in the environment,
//! then a web identity, then a container's credentials, then the instance metadata service; the first that is set up
//! ends it); EKS User Guide, "Learn how EKS Pod Identity grants Pods access to AWS services" (credentials that come earlier
//! in the chain go on being used beside an association; the variables are put in when a pod is made) and "Configure Pods
//! to use a Kubernetes service account" (the same of the annotation); "Use EKS Pod Identity with the AWS SDK" (an older
//! SDK does not know the agent). The chain only says what a workload uses: every role that its service account gets is
//! to be had by whoever controls it.

use std::collections::BTreeSet;

use crate::snapshot::credential::EnvValue;
use crate::snapshot::kubernetes::{Container, PodSpec};

use super::Graph;
use super::hold::Hold;
use super::path::EdgeKind;
use super::workload::{Account, Workload, account_name};

/// Where the chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// Keys in the environment.
    Keys,
    /// The token for IRSA.
    WebIdentity,
    /// The EKS Pod Identity Agent, or another that gives a container's credentials.
    Container,
    /// The node's metadata service, as far as the pod reaches it.
    Metadata,
}

/// What an SDK in some containers takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Takes {
    /// Where the chain ends.
    pub provider: Provider,
    /// The places of the roles that it may be, where one is known.
    pub roles: Vec<usize>,
    /// What shows it.
    pub why: String,
}

impl Takes {
    /// Whether it is the role that a hold gives.
    pub fn is(&self, hold: &Hold) -> bool {
        self.roles.contains(&hold.role)
    }
}

/// What a container's environment sets of the chain.
#[derive(Clone, Copy, Debug, Default)]
struct Set {
    keys: bool,
    web_identity: bool,
    container: bool,
}

impl Set {
    fn of(container: &Container) -> Self {
        // One of them alone, or empty, sets nothing up.
        let has = |name: &str| {
            let mut variables = container.env.iter();
            variables.any(|one| {
                one.name == name && (one.value_from.is_some() || one.value != EnvValue::Absent)
            })
        };
        Self {
            keys: has("AWS_ACCESS_KEY_ID") && has("AWS_SECRET_ACCESS_KEY"),
            web_identity: has("AWS_ROLE_ARN") && has("AWS_WEB_IDENTITY_TOKEN_FILE"),
            container: has("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                || has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        }
    }
}

impl Graph<'_> {
    /// What SDKs in a workload's containers take: of its pods by what their environment has; where none was seen, of its
    /// template by what will be put into it. Several, where containers or pods differ.
    pub fn sdk(&self, workload: &Workload<'_>) -> Vec<Takes> {
        let mut found = BTreeSet::new();
        for pod in &workload.pods {
            // An environment with variables that only EKS puts in, or without them, is that of a pod that was made.
            self.of_spec(workload, &pod.spec, true, &mut found);
        }
        if let (true, Some(template)) = (workload.pods.is_empty(), workload.template) {
            self.of_spec(workload, template, false, &mut found);
        }
        found.into_iter().collect()
    }

    fn of_spec(
        &self,
        workload: &Workload<'_>,
        spec: &PodSpec,
        is_made: bool,
        found: &mut BTreeSet<Takes>,
    ) {
        let name = account_name(spec);
        let at = self
            .workloads
            .service_account(workload.cluster, workload.namespace, name);
        let Some((at, account)) =
            at.and_then(|at| Some((at, self.workloads.service_accounts.get(at)?)))
        else {
            return;
        };
        let holds: Vec<&Hold> = self.got_by(at).collect();
        for container in &spec.containers {
            found.insert(self.takes(account, &holds, Set::of(container), is_made));
        }
    }

    fn takes(&self, account: &Account<'_>, holds: &[&Hold], set: Set, is_made: bool) -> Takes {
        let annotated = account.annotated_role();
        let annotated_at = annotated.and_then(|arn| self.principals.by_arn(arn));
        let pods: Vec<usize> = holds
            .iter()
            .filter(|hold| hold.way != EdgeKind::AssumeRoleWebIdentity)
            .map(|hold| hold.role)
            .collect();
        let takes = |provider, roles: Vec<usize>, why: String| Takes {
            provider,
            roles,
            why,
        };
        if set.keys {
            let why = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are in the environment";
            return takes(Provider::Keys, Vec::new(), why.to_owned());
        }
        let expected = !is_made && annotated.is_some();
        if set.web_identity || expected {
            let why = match set.web_identity {
                true => "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are in the environment",
                false => "the annotation of its service account puts AWS_ROLE_ARN into its pods",
            };
            let refused =
                annotated_at.is_some_and(|role| !holds.iter().any(|hold| hold.role == role));
            let refused = match refused {
                true => ", though the role's trust policy refuses it",
                false => "",
            };
            let roles = annotated_at.into_iter().collect();
            return takes(Provider::WebIdentity, roles, format!("{why}{refused}"));
        }
        if set.container || (!is_made && !pods.is_empty()) {
            let why = match set.container {
                true => "AWS_CONTAINER_CREDENTIALS_FULL_URI is in the environment",
                false => "its association puts AWS_CONTAINER_CREDENTIALS_FULL_URI into its pods",
            };
            let why = format!(
                "{why}; an SDK that is older than EKS Pod Identity asks the metadata service"
            );
            return takes(Provider::Container, pods, why);
        }
        // Nothing was put in, though there is something to be: the pod was made before.
        let older = match (annotated.is_some(), pods.is_empty()) {
            (true, _) => {
                "; it was made before its service account was annotated, or without the webhook"
            }
            (false, false) => "; it was made before its association",
            (false, true) => "",
        };
        let why = format!("no credentials are set up in the environment{older}");
        takes(Provider::Metadata, Vec::new(), why)
    }

    /// What a workload's SDKs take, for a step's evidence, where that is not the one role that there is.
    pub(super) fn sdk_text(&self, workload: &Workload<'_>) -> Option<String> {
        let at = workload.service_account;
        let holds: Vec<&Hold> = self.got_by(at).collect();
        if holds.is_empty() {
            return None;
        }
        let all = self.sdk(workload);
        let plain = all.iter().all(|one| holds.iter().all(|hold| one.is(hold)));
        if plain || all.is_empty() {
            return None;
        }
        let told: Vec<String> = all
            .iter()
            .map(|one| {
                let roles = one
                    .roles
                    .iter()
                    .filter_map(|role| self.principals.get(*role));
                let roles: Vec<&str> = roles.map(|role| role.name).collect();
                let what = match (one.provider, roles.is_empty()) {
                    (Provider::Keys, _) => "the keys of its environment".to_owned(),
                    (Provider::Metadata, _) => "what the metadata service gives".to_owned(),
                    (_, true) => "a role that was not read".to_owned(),
                    (_, false) => roles.join(" or "),
                };
                format!("{what} ({})", one.why)
            })
            .collect();
        Some(format!("an SDK in them takes {}", told.join(", or ")))
    }
}

#[cfg(test)]
mod tests;
