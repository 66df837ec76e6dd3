//! What a collector declares that it calls. The permissions that a scan needs are printed from
//! these declarations, and a test holds a whole scan's requests against them.

/// An AWS API call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsCall {
    /// The IAM action that it needs: `iam:GetAccountAuthorizationDetails`.
    pub action: &'static str,
    /// Why the scan makes it, in a few words.
    pub why: &'static str,
    /// Whether it is made only where the user asks for it (`account:ListRegions`).
    pub optional: bool,
    /// The service of `--services` that it is made for, if it is.
    pub service: Option<&'static str>,
}

impl AwsCall {
    /// A call that every scan makes, where there is something to ask.
    pub const fn always(action: &'static str, why: &'static str) -> Self {
        Self {
            action,
            why,
            optional: false,
            service: None,
        }
    }

    /// A call that is made only where the user asks for it.
    pub const fn on_request(action: &'static str, why: &'static str) -> Self {
        Self {
            action,
            why,
            optional: true,
            service: None,
        }
    }

    /// A call that is made only where the user asks for this service.
    pub const fn of_service(
        action: &'static str,
        why: &'static str,
        service: &'static str,
    ) -> Self {
        Self {
            service: Some(service),
            ..Self::on_request(action, why)
        }
    }
}

/// A read of a Kubernetes resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KubernetesRead {
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The resource in plural.
    pub resource: &'static str,
    /// `get`, `list`.
    pub verb: &'static str,
    /// Only the objects of these names; empty: all.
    pub names: &'static [&'static str],
    /// Only in this namespace; empty: all.
    pub namespace: &'static str,
    /// Whether the right to it would give a thief of the scanner's token secret values, so that
    /// it is asked for only on request.
    pub sensitive: bool,
}
