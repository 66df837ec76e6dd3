//! Who calls.

mod element;

pub use element::{Meant, Named, PrincipalSet, Principals};

use serde_json::Value;

use super::arn;
use super::context::Context;
use crate::snapshot::id::Arn;

/// What kind of principal calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An IAM user.
    User,
    /// A role, standing for any session of it.
    Role,
    /// One session of a role; the role's ARN, with its path where it is known.
    Session {
        /// The role.
        role: Box<str>,
    },
    /// A session of `GetFederationToken`.
    FederatedUser,
    /// An account's root user.
    Root,
    /// A principal of the account that no `Principal` element but `*` names.
    Unnamed,
    /// An AWS service, `pods.eks.amazonaws.com`.
    Service,
    /// Whoever shows a token of this OIDC or SAML provider.
    Federated,
    /// Nobody.
    Anonymous,
}

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its kind.
    pub caller: Caller,
    /// Its ARN, service name or provider ARN; empty where there is none.
    pub arn: Box<str>,
    /// Its account, empty where there is none.
    pub account: Box<str>,
    /// Its unique id (`AROA…`, `AIDA…`), where it is known.
    pub unique_id: Option<Box<str>>,
}

impl Principal {
    /// The principal with this ARN: user, role, session, federated user or root.
    pub fn from_arn(text: &str) -> Option<Self> {
        let arn = Arn::parse(text)?;
        let kind = arn.resource.split(['/', ':']).next().unwrap_or_default();
        let caller = match (arn.service, kind) {
            ("iam", "user") => Caller::User,
            ("iam", "role") => Caller::Role,
            ("iam", "root") => Caller::Root,
            ("sts", "federated-user") => Caller::FederatedUser,
            ("sts", "assumed-role") => {
                let (_, rest) = arn.resource.split_once('/')?;
                let (role, _session) = rest.split_once('/')?;
                let role = format!("arn:{}:iam::{}:role/{role}", arn.partition, arn.account);
                Caller::Session { role: role.into() }
            }
            _ => return None,
        };
        Some(Self {
            caller,
            arn: text.into(),
            account: arn.account.into(),
            unique_id: None,
        })
    }

    /// A session of a role, whose ARN may have a path.
    pub fn session(session_arn: &str, role_arn: &str) -> Option<Self> {
        let mut principal = Self::from_arn(session_arn)?;
        principal.caller = Caller::Session {
            role: role_arn.into(),
        };
        Some(principal)
    }

    /// An AWS service.
    pub fn service(name: &str) -> Self {
        Self {
            caller: Caller::Service,
            arn: name.into(),
            account: "".into(),
            unique_id: None,
        }
    }

    /// Whoever shows a token of the provider with this ARN.
    pub fn federated(provider: &str) -> Self {
        let account = arn::account(provider).unwrap_or_default().into();
        Self {
            caller: Caller::Federated,
            arn: provider.into(),
            account,
            unique_id: None,
        }
    }

    /// Nobody: a request without credentials.
    pub fn anonymous() -> Self {
        Self {
            caller: Caller::Anonymous,
            arn: "".into(),
            account: "".into(),
            unique_id: None,
        }
    }

    /// Some principal of an account that no policy names.
    pub fn unnamed(account: &str) -> Self {
        Self {
            caller: Caller::Unnamed,
            arn: "".into(),
            account: account.into(),
            unique_id: None,
        }
    }

    /// A user of an account.
    pub fn user_of(partition: &str, account: &str, name: &str) -> Self {
        let arn = format!("arn:{partition}:iam::{account}:user/{name}");
        Self {
            caller: Caller::User,
            arn: arn.into(),
            account: account.into(),
            unique_id: None,
        }
    }

    /// Whether identity policies, boundaries and SCPs can bind it: it is a principal of an account.
    pub fn has_identity(&self) -> bool {
        !matches!(
            self.caller,
            Caller::Service | Caller::Federated | Caller::Anonymous
        )
    }

    /// Whether it acts with a role's session.
    pub fn is_session(&self) -> bool {
        matches!(self.caller, Caller::Role | Caller::Session { .. })
    }

    /// Gives the context the keys that follow from the caller's ARN, where it does not have them.
    pub fn fill(&self, context: &mut Context) {
        let account = Some(&*self.account).filter(|a| !a.is_empty() && self.has_identity());
        let known = [
            ("aws:PrincipalArn", self.principal_arn()),
            ("aws:PrincipalAccount", account),
            ("aws:PrincipalType", self.principal_type()),
        ];
        for (key, value) in known {
            if let (Some(value), false) = (value, context.has(key)) {
                context.set(key, value);
            }
        }
    }

    /// What is known of any request that the principal makes itself from a time on, with the principal's
    /// tags: a session's tags among them, if it has some. The rest stays unknown.
    pub fn context<'t>(
        &self,
        from: jiff::Timestamp,
        tags: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Context {
        let mut context = Context::partial();
        self.fill(&mut context);
        context.set_time(from, self.is_session());
        for (key, value) in tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value);
        }
        context.set_absent_under("aws:PrincipalTag/");
        match (&self.caller, self.arn.rsplit_once('/')) {
            (Caller::User, Some((_, name))) => context.set("aws:username", name),
            _ => context.set_absent("aws:username"),
        };
        // The caller's choice, and its own call.
        context
            .set("aws:SecureTransport", "true")
            .set("aws:PrincipalIsAWSService", "false");
        context.set("aws:ViaAWSService", "false");
        self.fill_id(&mut context);
        // "The temporary credentials returned by AssumeRole do not include MFA information in the context"
        // ("Configuring MFA-protected API access"), nor do those for tokens.
        let no_mfa = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"];
        let of_sessions = ["aws:SourceIdentity", "aws:FederatedProvider"];
        let absent = if self.is_session() {
            no_mfa
        } else {
            of_sessions
        };
        for key in ABSENT_FROM_OWN_CALLS.iter().chain(&absent) {
            context.set_absent(key);
        }
        context
    }

    /// What is known of `aws:userid` ("IAM policy elements: Variables and tags", "Principal key values").
    fn fill_id(&self, context: &mut Context) {
        let name = self.arn.rsplit_once('/').map_or("", |(_, name)| name);
        match (&self.caller, self.unique_id.as_deref()) {
            (Caller::User, Some(id)) => context.set("aws:userid", id),
            (Caller::Role, Some(id)) => context.set_beginning("aws:userid", &format!("{id}:")),
            (Caller::Session { .. }, Some(id)) => {
                context.set("aws:userid", &format!("{id}:{name}"))
            }
            (Caller::Root, _) => context.set("aws:userid", &self.account),
            (Caller::FederatedUser, _) => {
                context.set("aws:userid", &format!("{}:{name}", self.account))
            }
            _ => context,
        };
    }

    /// The value of `aws:PrincipalArn`: of a session its role's.
    pub fn principal_arn(&self) -> Option<&str> {
        match &self.caller {
            Caller::Session { role } => Some(role),
            Caller::User | Caller::Role | Caller::Root | Caller::FederatedUser => Some(&self.arn),
            _ => None,
        }
    }

    /// The value of `aws:PrincipalType`.
    pub fn principal_type(&self) -> Option<&'static str> {
        match self.caller {
            Caller::User => Some("User"),
            Caller::Role | Caller::Session { .. } => Some("AssumedRole"),
            Caller::FederatedUser => Some("FederatedUser"),
            Caller::Root => Some("Account"),
            Caller::Anonymous => Some("Anonymous"),
            _ => None,
        }
    }
}

/// Keys that only calls by services, or through services, have ("AWS global condition context keys").
const ABSENT_FROM_OWN_CALLS: &[&str] = &[
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

/// One or many texts.
pub(crate) fn strings(value: &Value) -> Vec<Box<str>> {
    match value {
        Value::String(text) => vec![text.as_str().into()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Number(number) => vec![number.to_string().into()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::iam::context::Lookup;

    #[test]
    fn principals_by_their_arns() {
        for (arn, caller) in [
            (
                "arn:aws:iam::111122223333:user/team/ann",
                Some(Caller::User),
            ),
            ("arn:aws-cn:iam::111122223333:role/app", Some(Caller::Role)),
            ("arn:aws:iam::111122223333:root", Some(Caller::Root)),
            (
                "arn:aws:sts::111122223333:federated-user/x",
                Some(Caller::FederatedUser),
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/app/s1",
                Some(Caller::Session {
                    role: "arn:aws:iam::111122223333:role/app".into(),
                }),
            ),
            ("arn:aws:sts::111122223333:assumed-role/app", None),
            ("arn:aws:s3:::bucket", None),
            ("ann", None),
        ] {
            assert_eq!(Principal::from_arn(arn).map(|p| p.caller), caller, "{arn}");
        }
    }

    #[test]
    fn what_is_known_of_its_requests() {
        let from = "2026-11-24T00:00:00Z".parse().unwrap();
        let role = Principal::from_arn("arn:aws:iam::111122223333:role/team/app").unwrap();
        let context = role.context(from, [("team", "red")]);
        assert!(matches!(
            context.get("aws:principaltag/team"),
            Lookup::Values { .. }
        ));
        assert_eq!(context.get("aws:principaltag/other"), Lookup::Absent);
        assert_eq!(context.get("aws:username"), Lookup::Absent);
        assert_eq!(context.get("aws:tokenissuetime"), Lookup::NotBefore(from));
        assert_eq!(context.get("aws:sourcevpc"), Lookup::Unknown);
        for key in [
            "aws:multifactorauthpresent",
            "aws:sourceaccount",
            "aws:calledvia",
            "aws:principalservicename",
        ] {
            assert_eq!(context.get(key), Lookup::Absent, "{key}");
        }
        assert_eq!(context.get("aws:userid"), Lookup::Unknown);
        let known = Principal {
            unique_id: Some("AROA1".into()),
            ..role
        };
        assert_eq!(
            known.context(from, []).get("aws:userid"),
            Lookup::Beginning("AROA1:")
        );
        let user = Principal::from_arn("arn:aws:iam::111122223333:user/team/ann")
            .unwrap()
            .context(from, []);
        assert_eq!(user.get("aws:tokenissuetime"), Lookup::Absent);
        assert_eq!(user.get("aws:multifactorauthpresent"), Lookup::Unknown);
        assert!(
            matches!(user.get("aws:username"), Lookup::Values { values: [v], .. } if **v == *"ann")
        );
    }
}
