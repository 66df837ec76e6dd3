//! What the AWS CLI prints of IAM and STS.
//!
//! Shapes: AWS CLI Command Reference, `iam get-account-authorization-details`,
//! `list-open-id-connect-providers`, `get-open-id-connect-provider`, `get-role`,
//! `get-credential-report`, `list-access-keys`, `list-instance-profiles`,
//! `get-service-last-accessed-details`, `sts get-caller-identity`.

use serde::Deserialize;

use crate::collect::credential_report;
use crate::snapshot::iam::{
    AccessKey, CallerIdentity, CredentialReportRow, Group, InstanceProfile, LastAccessed,
    ManagedPolicy, OidcProvider, Role, ServiceLastAccessed, User,
};
use crate::snapshot::time::Time;

use super::document::Doc;
use super::error::Fault;
use super::place::Hint;
use super::print::{Page, Print as AnyPrint, Shape, or_fault};

/// What a document says of IAM.
#[derive(Debug)]
pub(super) enum Print {
    /// `sts get-caller-identity`.
    Caller(CallerIdentity),
    /// `iam get-account-authorization-details`, or a page of it.
    Details(Box<Details>),
    /// The ARNs of `iam list-open-id-connect-providers`.
    Providers(Vec<String>),
    /// `iam get-open-id-connect-provider`; the print has no ARN.
    Provider(OidcProvider),
    /// `iam get-role`.
    Role(Box<Role>),
    /// `iam get-credential-report`.
    Report(Vec<CredentialReportRow>, Option<Time>),
    /// `iam list-access-keys` of the named user.
    Keys(String, Vec<AccessKey>, Page),
    /// `iam list-instance-profiles`.
    Profiles(Vec<InstanceProfile>, Page),
    /// `iam get-service-last-accessed-details`; the ARN is empty where no envelope gives it.
    LastAccessed(LastAccessed, Page),
}

/// A page of `get-account-authorization-details`.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub roles: Vec<Role>,
    pub policies: Vec<ManagedPolicy>,
    /// Which of the four lists the print does not have.
    pub missing: Vec<&'static str>,
    pub page: Page,
}

impl Details {
    /// The account, from the first ARN that has one.
    pub fn hint(&self) -> Hint {
        let users = self.users.iter().map(|user| user.arn.as_str());
        let groups = self.groups.iter().map(|group| group.arn.as_str());
        let roles = self.roles.iter().map(|role| role.arn.as_str());
        let policies = self.policies.iter().map(|policy| policy.arn.as_str());
        roles
            .chain(users)
            .chain(groups)
            .chain(policies)
            .map(Hint::arn)
            .find(|hint| hint.account.is_some())
            .unwrap_or_default()
    }
}

const LISTS: [&str; 4] = [
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
];

/// The shapes of this service.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "iam:GetAccountAuthorizationDetails",
        keys: &["UserDetailList", "GroupDetailList", "RoleDetailList"],
        fits: |doc| {
            LISTS.iter().take(3).any(|list| doc.starts(list, '['))
                || doc
                    .raw("Policies")
                    .is_some_and(|list| list.get().contains("\"PolicyVersionList\""))
        },
        read: details,
    },
    Shape {
        source: "sts:GetCallerIdentity",
        keys: &["UserId", "Account"],
        fits: |doc| doc.has("UserId") && doc.has("Account") && doc.has("Arn"),
        read: |doc, faults| wrap(Print::Caller(or_fault(doc.whole(), faults)?)),
    },
    Shape {
        source: "iam:ListOpenIDConnectProviders",
        keys: &["OpenIDConnectProviderList"],
        fits: |doc| doc.has("OpenIDConnectProviderList"),
        read: |doc, faults| {
            #[derive(Deserialize)]
            struct Listed {
                #[serde(rename = "Arn")]
                arn: String,
            }
            let listed: Vec<Listed> = doc.list("OpenIDConnectProviderList", faults);
            wrap(Print::Providers(
                listed.into_iter().map(|provider| provider.arn).collect(),
            ))
        },
    },
    Shape {
        source: "iam:GetOpenIDConnectProvider",
        keys: &["ThumbprintList", "ClientIDList"],
        fits: |doc| {
            doc.starts("Url", '"') && (doc.has("ThumbprintList") || doc.has("ClientIDList"))
        },
        read: provider,
    },
    Shape {
        source: "iam:GetRole",
        keys: &["Role"],
        fits: |doc| {
            doc.inner("Role")
                .is_some_and(|role| role.has("RoleName") && role.has("Arn"))
        },
        read: |doc, faults| wrap(Print::Role(or_fault(doc.get("Role"), faults)?)),
    },
    Shape {
        source: "iam:GetCredentialReport",
        keys: &["Content", "ReportFormat"],
        fits: |doc| doc.starts("Content", '"') && doc.has("ReportFormat"),
        read: report,
    },
    Shape {
        source: "iam:ListAccessKeys",
        keys: &["AccessKeyMetadata"],
        fits: |doc| doc.has("AccessKeyMetadata"),
        read: |doc, faults| {
            let before = faults.len();
            let keys: Vec<AccessKey> = doc.list("AccessKeyMetadata", faults);
            let page = Page::of(doc, faults.len() - before);
            let user = keys.first().map(|key| key.user_name.clone());
            let user = user.or_else(|| doc.envelope.asked("UserName").map(str::to_owned));
            wrap(Print::Keys(user.unwrap_or_default(), keys, page))
        },
    },
    Shape {
        source: "iam:ListInstanceProfiles",
        keys: &["InstanceProfiles"],
        fits: |doc| doc.has("InstanceProfiles"),
        read: |doc, faults| {
            let before = faults.len();
            let profiles = doc.list("InstanceProfiles", faults);
            wrap(Print::Profiles(
                profiles,
                Page::of(doc, faults.len() - before),
            ))
        },
    },
    Shape {
        source: "iam:GetServiceLastAccessedDetails",
        keys: &["ServicesLastAccessed"],
        fits: |doc| doc.has("ServicesLastAccessed"),
        read: last_accessed,
    },
];

fn wrap(print: Print) -> Option<AnyPrint> {
    Some(AnyPrint::Iam(print))
}

fn details(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let before = faults.len();
    let mut details = Details {
        users: doc.list("UserDetailList", faults),
        groups: doc.list("GroupDetailList", faults),
        roles: doc.list("RoleDetailList", faults),
        policies: doc.list("Policies", faults),
        missing: LISTS.into_iter().filter(|list| !doc.has(list)).collect(),
        page: Page::default(),
    };
    details.page = Page::of(doc, faults.len() - before);
    wrap(Print::Details(Box::new(details)))
}

/// The print gives the issuer; the ARN is the envelope's, or made of the account and the issuer
/// (IAM User Guide, "IAM identifiers": `arn:aws:iam::ACCOUNT:oidc-provider/ISSUER`).
fn provider(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    #[derive(Deserialize)]
    struct Printed {
        #[serde(rename = "Url")]
        url: String,
        #[serde(rename = "ClientIDList", default)]
        client_ids: Vec<String>,
        #[serde(rename = "ThumbprintList", default)]
        thumbprints: Vec<String>,
        #[serde(rename = "CreateDate")]
        create_date: Option<Time>,
    }
    let printed: Printed = or_fault(doc.whole(), faults)?;
    let url = printed.url.strip_prefix("https://").unwrap_or(&printed.url);
    wrap(Print::Provider(OidcProvider {
        arn: doc
            .envelope
            .asked("OpenIDConnectProviderArn")
            .unwrap_or_default()
            .to_owned(),
        url: Some(url.to_owned()),
        client_ids: printed.client_ids,
        thumbprints: printed.thumbprints,
        create_date: printed.create_date,
    }))
}

fn report(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let content: String = or_fault(doc.get("Content"), faults)?;
    let at: Option<Time> = match doc.raw("GeneratedTime") {
        Some(_) => or_fault(doc.get("GeneratedTime"), faults),
        None => None,
    };
    let rows = credential_report::decode(&content).and_then(|csv| credential_report::parse(&csv));
    match rows {
        Ok(rows) => wrap(Print::Report(rows, at)),
        Err(message) => {
            let raw = doc.raw("Content").map_or(doc.raw, |raw| raw.get());
            faults.push(doc.fault("Content", raw, 1, &message));
            None
        }
    }
}

fn last_accessed(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let before = faults.len();
    let services: Vec<ServiceLastAccessed> = doc.list("ServicesLastAccessed", faults);
    let completed = match doc.raw("JobCompletionDate") {
        Some(_) => or_fault(doc.get("JobCompletionDate"), faults),
        None => None,
    };
    let arn = doc.envelope.asked("Arn").unwrap_or_default().to_owned();
    let page = Page::of(doc, faults.len() - before);
    wrap(Print::LastAccessed(
        LastAccessed {
            arn,
            completed,
            services,
        },
        page,
    ))
}
