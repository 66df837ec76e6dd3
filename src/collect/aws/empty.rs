//! An answer of no bytes is no answer.
//!
//! The SDK reads an empty body as an empty object, and so a list that was cut off before its
//! first byte as a list without items. Every call that a scan makes is answered with something.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Fails calls whose success has no bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoEmptyAnswers;

impl Intercept for NoEmptyAnswers {
    fn name(&self) -> &'static str {
        "NoEmptyAnswers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let bytes = response.body().bytes();
        if response.status().is_success() && bytes.is_some_and(<[u8]>::is_empty) {
            return Err("the answer is empty".into());
        }
        Ok(())
    }
}
