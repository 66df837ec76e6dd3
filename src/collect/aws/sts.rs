//! STS: who the scanner is. IAM User Guide: no policy can take `sts:GetCallerIdentity` away, so
//! where it fails the credentials or the way to AWS are at fault.

use aws_sdk_sts::Client;

use super::failure::Failure;
use crate::collect::call::AwsCall;
use crate::collect::live::LiveError;
use crate::snapshot::iam::CallerIdentity;

/// What this file and the session call.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always("sts:GetCallerIdentity", "who the scanner is"),
    AwsCall::on_request("sts:AssumeRole", "the role given by --role-arn"),
];

/// The caller, or why nothing can be asked of AWS.
pub(in crate::collect) async fn caller(client: &Client) -> Result<CallerIdentity, LiveError> {
    let answer = client
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| error_of(&Failure::of("sts:GetCallerIdentity", &error)))?;
    let (Some(account), Some(arn)) = (answer.account, answer.arn) else {
        return Err(LiveError::Caller(
            "sts:GetCallerIdentity: the answer names no account".to_owned(),
        ));
    };
    Ok(CallerIdentity {
        account,
        arn,
        user_id: answer.user_id.unwrap_or_default(),
    })
}

fn error_of(failure: &Failure) -> LiveError {
    if failure.refused_credentials() {
        let code = failure.code.as_deref().unwrap_or_default();
        let expired = code.starts_with("Expired") || code == "RequestExpired";
        return LiveError::Credentials(if expired {
            format!(
                "the AWS credentials have expired ({code}): sign in again and run the scan again"
            )
        } else {
            format!(
                "AWS does not accept the credentials ({code}): check the profile, the keys, the clock and that the region is enabled"
            )
        });
    }
    LiveError::Caller(failure.detail.clone())
}
