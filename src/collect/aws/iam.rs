//! IAM: the account's authorization details, OIDC providers, the credential report, and whose
//! access keys are that were found in a cluster.
//!
//! IAM API Reference, `GetAccountAuthorizationDetails`, `ListOpenIDConnectProviders`,
//! `GetOpenIDConnectProvider`, `GenerateCredentialReport`, `GetCredentialReport`,
//! `ListAccessKeys`. IAM throttles per account, so besides the pages of the authorization
//! details and one call a provider a scan makes at most `CALL_BUDGET` calls.

mod access_keys;
mod credential_report;
mod map;

use aws_sdk_iam::Client;

use super::failure::Failure;
use super::read::{Tally, distinct, each, pages};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::iam::{Iam, OidcProvider};

pub(in crate::collect) use access_keys::collect as access_keys;

/// What this file and its parts call.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always(
        "iam:GetAccountAuthorizationDetails",
        "users, groups, roles and policies",
    ),
    AwsCall::always("iam:ListOpenIDConnectProviders", "OIDC providers"),
    AwsCall::always(
        "iam:GetOpenIDConnectProvider",
        "their audiences and thumbprints",
    ),
    AwsCall::always(
        "iam:GenerateCredentialReport",
        "users' keys, their age and last use",
    ),
    AwsCall::always(
        "iam:GetCredentialReport",
        "users' keys, their age and last use",
    ),
    AwsCall::always(
        "iam:ListAccessKeys",
        "whose an access key is that a pod has",
    ),
];

/// Calls of a scan besides the pages of the authorization details and one a provider.
pub(in crate::collect) const CALL_BUDGET: u32 = 6;

/// The largest page that the authorization details come in.
const PAGE: i32 = 1000;

/// Providers asked for at once.
const AT_ONCE: usize = 4;

/// What was read, and how many calls of the budget are left.
pub(in crate::collect) struct Read {
    pub(in crate::collect) iam: Iam,
    pub(in crate::collect) coverage: Coverage,
    pub(in crate::collect) calls_left: u32,
}

/// Reads the account's IAM, but for access keys.
pub(in crate::collect) async fn collect(
    client: &Client,
    account: &str,
    progress: &dyn Progress,
) -> Read {
    let (mut details, mut providers, mut report) = Default::default();
    let (mut iam, oidc_providers, (credential_report, used)) = tokio::join!(
        authorization_details(client, account, &mut details, progress),
        oidc_providers(client, account, &mut providers, progress),
        credential_report::collect(client, account, &mut report, progress),
    );
    iam.oidc_providers = oidc_providers;
    iam.credential_report = credential_report;
    let mut coverage = details;
    super::absorb(&mut coverage, &providers);
    super::absorb(&mut coverage, &report);
    Read {
        iam,
        coverage,
        // One call listed the providers.
        calls_left: CALL_BUDGET.saturating_sub(1 + used),
    }
}

async fn authorization_details(
    client: &Client,
    account: &str,
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> Iam {
    let read = pages(|marker| async move {
        let answer = client
            .get_account_authorization_details()
            .max_items(PAGE)
            .set_marker(marker)
            .send()
            .await
            .map_err(|error| Failure::of("iam:GetAccountAuthorizationDetails", &error))?;
        let next = answer.marker.clone();
        let truncated = answer.is_truncated;
        let page = map::details(answer);
        progress.read(Source::IAM.name, account, entities(&page));
        match (truncated, next) {
            (true, None) => Err(Failure::plain(
                "iam:GetAccountAuthorizationDetails: there is more, but no marker to ask for it",
            )),
            (true, next) => Ok((page, next)),
            (false, _) => Ok((page, None)),
        }
    })
    .await;
    let count = read.pages.len();
    let (mut users, mut groups, mut roles, mut policies) = (vec![], vec![], vec![], vec![]);
    for page in read.pages {
        users.push(page.users);
        groups.push(page.groups);
        roles.push(page.roles);
        policies.push(page.policies);
    }
    let all = Iam {
        users: distinct(users, |of| &of.arn),
        groups: distinct(groups, |of| &of.arn),
        roles: distinct(roles, |of| &of.arn),
        policies: distinct(policies, |of| &of.arn),
        ..Iam::default()
    };
    let items = usize::try_from(entities(&all)).unwrap_or(usize::MAX);
    Tally::of_list(count, read.cut, items).record(coverage, Source::IAM, account);
    all
}

/// How many entities a page has.
fn entities(page: &Iam) -> u64 {
    (page.users.len() + page.groups.len() + page.roles.len() + page.policies.len()) as u64
}

async fn oidc_providers(
    client: &Client,
    account: &str,
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> Vec<OidcProvider> {
    let list = client
        .list_open_id_connect_providers()
        .send()
        .await
        .map_err(|error| Failure::of("iam:ListOpenIDConnectProviders", &error));
    let (arns, cut) = match list {
        Ok(answer) => {
            let providers = answer.open_id_connect_provider_list.unwrap_or_default();
            let arns: Vec<String> = providers.into_iter().filter_map(|p| p.arn).collect();
            (arns, None)
        }
        Err(failure) => (Vec::new(), Some(failure)),
    };
    progress.read(Source::OIDC_PROVIDERS.name, account, arns.len() as u64);
    let mut listed = Tally::of_items(cut);
    listed.take(arns.iter().map(|arn| (arn.clone(), Ok(Some(())))).collect());
    let mut got = listed.of_its_items();
    listed.record(coverage, Source::OIDC_PROVIDERS, account);
    let answers = each(&arns, AT_ONCE, |arn| async move {
        let answer = client
            .get_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .send()
            .await
            .map_err(|error| Failure::of("iam:GetOpenIDConnectProvider", &error))?;
        Ok(Some(map::oidc_provider(arn, answer)))
    })
    .await;
    let mut providers = got.take(answers);
    progress.read(Source::OIDC_PROVIDER.name, account, providers.len() as u64);
    got.record(coverage, Source::OIDC_PROVIDER, account);
    // A provider whose details did not come is still there: its ARN has the issuer.
    for arn in &arns {
        if !providers.iter().any(|provider| provider.arn == *arn) {
            providers.push(map::bare_oidc_provider(arn));
        }
    }
    providers
}
