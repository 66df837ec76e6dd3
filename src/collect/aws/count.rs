//! How many calls a scan makes, by call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// How often one call was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Calls that the scan made.
    pub calls: u64,
    /// Requests that went out for them; more than the calls where some were tried again.
    pub requests: u64,
}

/// Counts the calls of the clients that it is given to.
#[derive(Clone, Debug, Default)]
pub struct CallCounts {
    counts: Arc<Mutex<BTreeMap<String, CallCount>>>,
}

impl CallCounts {
    /// The counts so far, by `service:Operation`.
    pub fn counts(&self) -> Vec<(String, CallCount)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(call, n)| (call.clone(), *n)).collect()
    }

    fn add(&self, config: &ConfigBag, add: impl FnOnce(&mut CallCount)) {
        let Some(metadata) = config.load::<Metadata>() else {
            return;
        };
        // `Secrets Manager` is `secretsmanager` in IAM's actions; the other ids have no blanks.
        let service = metadata.service().replace(' ', "").to_lowercase();
        let call = format!("{service}:{}", metadata.name());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        add(counts.entry(call).or_default());
    }
}

impl Intercept for CallCounts {
    fn name(&self) -> &'static str {
        "CallCounts"
    }

    // Not `read_before_execution`: the operation's name is not in the configuration by then.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.add(config, |count| count.calls += 1);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.add(config, |count| count.requests += 1);
        Ok(())
    }
}
