//! Tokens that a kubeconfig asks a program for, signed here instead.

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::collect::aws::session::{AwsOptions, Regions, Session};
use crate::collect::aws::token::{EksTokens, partition_of};
use crate::collect::kubernetes::{EksTokenRequest, Token, TokenSource};

/// Looks for credentials when the first token is wanted: a kubeconfig may need none.
pub(super) struct KubeconfigTokens {
    request: EksTokenRequest,
    options: AwsOptions,
    signer: OnceCell<EksTokens>,
}

impl KubeconfigTokens {
    /// For what the kubeconfig asks. Its own profile and role say whose token it is; the scan's
    /// profile stands in where it names none, and the scan's role does not, as for kubectl.
    pub(super) fn new(request: EksTokenRequest, scan: &AwsOptions) -> Self {
        let regions = match &request.region {
            Some(region) => Regions::Named(vec![region.clone()]),
            None => scan.regions.clone(),
        };
        let options = AwsOptions {
            profile: request.profile.clone().or_else(|| scan.profile.clone()),
            regions,
            role_arn: request.role_arn.clone(),
            external_id: request.external_id.clone(),
            session_name: request.session_name.clone(),
        };
        Self {
            request,
            options,
            signer: OnceCell::new(),
        }
    }

    async fn signer(&self) -> Result<EksTokens, String> {
        let session = Session::open(&self.options)
            .await
            .map_err(|error| error.to_string())?;
        let region = session.region();
        let (credentials, partition) = (session.credentials(), partition_of(region));
        Ok(EksTokens::new(
            credentials,
            &self.request.cluster,
            region,
            partition,
        ))
    }
}

impl TokenSource for KubeconfigTokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        async {
            let signer = self.signer.get_or_try_init(|| self.signer()).await?;
            signer.token().await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubeconfig_says_whose_token_it_is() {
        let scan = AwsOptions {
            profile: Some("scan".into()),
            role_arn: Some("arn:aws:iam::111122223333:role/audit".into()),
            regions: Regions::Named(vec!["eu-west-1".into()]),
            ..AwsOptions::default()
        };
        let bare = EksTokenRequest {
            cluster: "prod".into(),
            ..EksTokenRequest::default()
        };
        let options = KubeconfigTokens::new(bare.clone(), &scan).options;
        assert_eq!(
            (options.profile.as_deref(), options.role_arn),
            (Some("scan"), None)
        );
        assert_eq!(options.regions, scan.regions);
        let full = EksTokenRequest {
            region: Some("us-east-1".into()),
            profile: Some("admin".into()),
            role_arn: Some("arn:aws:iam::111122223333:role/admin".into()),
            ..bare
        };
        let options = KubeconfigTokens::new(full, &scan).options;
        assert_eq!(options.profile.as_deref(), Some("admin"));
        assert_eq!(
            options.role_arn.as_deref(),
            Some("arn:aws:iam::111122223333:role/admin")
        );
        assert_eq!(options.regions, Regions::Named(vec!["us-east-1".into()]));
    }
}
