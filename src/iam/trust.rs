//! Who may get a role: the trust policy, asked by a web identity, by EKS Pod Identity, by a principal.
//!
//! EKS User Guide, "IAM roles for service accounts" and "EKS Pod Identity"; STS API reference,
//! `AssumeRoleWithWebIdentity` and `AssumeRole`.

mod chosen;
mod subject;

pub use subject::{Limit, LimitKind, ProviderStatement, subject_conditions};

use super::arn;
use super::context::Context;
use super::document::PolicyDocument;
use super::evaluate::{Decision, NamedPolicy, Policies, Request, ResourcePolicy, Verdict};
use super::principal::Principal;
use crate::snapshot::id::Arn;

/// The service that gets credentials for pods by Pod Identity.
pub const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// A service account's token, as STS sees it.
#[derive(Debug, Clone, Copy)]
pub struct WebIdentity<'a> {
    /// The ARN of the OIDC provider in the role's account.
    pub provider: &'a str,
    /// `system:serviceaccount:NAMESPACE:NAME`.
    pub subject: &'a str,
    /// `sts.amazonaws.com`, or what the service account is annotated with.
    pub audience: &'a str,
}

/// What the Pod Identity service says of the pod, as session tags.
#[derive(Debug, Clone, Copy)]
pub struct PodIdentity<'a> {
    /// The cluster's ARN.
    pub cluster_arn: &'a str,
    /// The cluster's name.
    pub cluster_name: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The service account.
    pub service_account: &'a str,
    /// The pod's name and uid; `None` where any pod of the service account is meant.
    pub pod: Option<(&'a str, &'a str)>,
    /// Whether the association sends tags at all.
    pub tags: bool,
}

/// What the role is, besides its trust policy.
#[derive(Debug, Clone, Copy)]
pub struct Role<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its trust policy.
    pub trust: &'a NamedPolicy,
    /// The RCPs that bind its account.
    pub rcps: &'a [Vec<NamedPolicy>],
}

/// The host and path of a provider's issuer: what stands behind `oidc-provider/`.
pub fn issuer_of(provider: &str) -> Option<&str> {
    Arn::parse(provider)?
        .resource
        .strip_prefix("oidc-provider/")
}

/// Whether an issuer is an EKS cluster's.
pub fn is_eks_issuer(issuer: &str) -> bool {
    issuer.starts_with("oidc.eks.") && issuer.contains(".amazonaws.com") && issuer.contains("/id/")
}

/// Whether the trust policy lets a token have the role. `known` holds what else is known of the request.
pub fn web_identity(role: &Role<'_>, token: &WebIdentity<'_>, known: &Context) -> Decision {
    Tokens::of(*role, token.provider, known).may(token.subject, token.audience)
}

/// The tokens of one provider before one role: what is the same for all of them is said once.
#[derive(Debug)]
pub struct Tokens<'a> {
    role: Role<'a>,
    principal: Principal,
    /// The keys of a token's subject and audience.
    claims: [String; 2],
    context: Context,
}

impl<'a> Tokens<'a> {
    /// `known` holds what else is known of the requests.
    pub fn of(role: Role<'a>, provider: &str, known: &Context) -> Self {
        let issuer = issuer_of(provider).unwrap_or_default().to_lowercase();
        let mut context = known.clone();
        absent_claims(&mut context, &role.trust.document, &issuer);
        // The call is not signed: there is no principal yet, no MFA, no tags but those of a token's own claim,
        // which the tokens of Kubernetes do not have.
        for key in [
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalOrgID",
            "aws:PrincipalOrgPaths",
            "aws:PrincipalIsAWSService",
            "aws:MultiFactorAuthPresent",
            "aws:TagKeys",
        ] {
            context.set_absent(key);
        }
        encrypted(&mut context);
        context
            .set_absent_under("aws:RequestTag/")
            .set_absent_under("aws:PrincipalTag/");
        context.set("aws:FederatedProvider", provider);
        in_its_account(&role, &mut context);
        Self {
            role,
            principal: Principal::federated(provider),
            claims: ["sub", "aud"].map(|claim| format!("{issuer}:{claim}")),
            context: context.shared(),
        }
    }

    /// Whether the trust policy lets the token of a subject for an audience have the role.
    pub fn may(&self, subject: &str, audience: &str) -> Decision {
        let mut context = self.context.clone();
        let [sub, aud] = &self.claims;
        context.set(sub, subject).set(aud, audience);
        let action = "sts:assumerolewithwebidentity";
        ask(&self.role, &self.principal, action, &context)
    }
}

/// Whether the trust policy lets a service account have the role that no policy names: any of the
/// cluster's, or any of a namespace. The audience is STS's.
pub fn any_service_account(
    role: &Role<'_>,
    provider: &str,
    namespace: Option<&str>,
    known: &Context,
) -> Decision {
    // A character that no Kubernetes name has: no pattern matches it but by a wildcard.
    let unnamed = "\u{10FFFF}";
    let subject = format!(
        "system:serviceaccount:{}:{unnamed}",
        namespace.unwrap_or(unnamed)
    );
    let token = WebIdentity {
        provider,
        subject: &subject,
        audience: "sts.amazonaws.com",
    };
    web_identity(role, &token, known)
}

/// Whether the trust policy lets the Pod Identity service have the role: `sts:AssumeRole`, and
/// `sts:TagSession` where tags are sent, since both are one call.
pub fn pod_identity(role: &Role<'_>, pod: &PodIdentity<'_>, known: &Context) -> Decision {
    let principal = Principal::service(POD_IDENTITY);
    let mut context = known.clone();
    absent_claims(&mut context, &role.trust.document, "");
    context
        .set_absent("aws:MultiFactorAuthPresent")
        .set_absent("aws:PrincipalOrgID")
        .set_absent("aws:PrincipalOrgPaths")
        .set("aws:PrincipalIsAWSService", "true");
    encrypted(&mut context);
    in_its_account(role, &mut context);
    context.set("aws:SourceArn", pod.cluster_arn);
    if let Some(account) = arn::account(pod.cluster_arn) {
        context.set("aws:SourceAccount", account);
    }
    context
        .set_absent_under("aws:RequestTag/")
        .set_absent_under("aws:PrincipalTag/");
    if !pod.tags {
        context.set_absent("aws:TagKeys");
        return ask(role, &principal, "sts:assumerole", &context);
    }
    let tags = [
        ("eks-cluster-arn", Some(pod.cluster_arn)),
        ("eks-cluster-name", Some(pod.cluster_name)),
        ("kubernetes-namespace", Some(pod.namespace)),
        ("kubernetes-service-account", Some(pod.service_account)),
        ("kubernetes-pod-name", pod.pod.map(|p| p.0)),
        ("kubernetes-pod-uid", pod.pod.map(|p| p.1)),
    ];
    for (tag, value) in tags {
        let key = format!("aws:RequestTag/{tag}");
        match value {
            Some(value) => context.set(&key, value),
            None => context.set_unknown(&key),
        };
    }
    context.set_list("aws:TagKeys", tags.map(|t| t.0));
    let assume = ask(role, &principal, "sts:assumerole", &context);
    both(assume, ask(role, &principal, "sts:tagsession", &context))
}

/// Whether a principal may assume the role: its own policies and the trust policy together. `tags` says
/// whether its session has transitive tags, which need `sts:TagSession` too.
pub fn principal(
    role: &Role<'_>,
    principal: &Principal,
    own: &Policies<'_>,
    known: &Context,
    tags: bool,
) -> Decision {
    let mut context = known.clone();
    absent_claims(&mut context, &role.trust.document, "");
    principal.fill(&mut context);
    // A role has no MFA device ("Configuring MFA-protected API access").
    if principal.is_session() {
        context.set_absent("aws:MultiFactorAuthPresent");
    }
    encrypted(&mut context);
    // A principal's own call.
    context
        .set("aws:PrincipalIsAWSService", "false")
        .set("aws:ViaAWSService", "false");
    let policies = Policies {
        resource: ResourcePolicy::Given(role.trust),
        rcps: role.rcps,
        ..*own
    };
    let chosen = [
        "sts:rolesessionname",
        "sts:sourceidentity",
        "sts:externalid",
        "sts:durationseconds",
    ];
    let one = |action, context: &Context| {
        let request = Request::new(principal, action, role.arn, context);
        chosen::evaluate_chosen(&request, &policies, &chosen)
    };
    let mut assume = one("sts:assumerole", &context);
    if assume
        .chosen
        .iter()
        .any(|key| key.eq_ignore_ascii_case("sts:SourceIdentity"))
    {
        // Whoever sets one needs a permission of its own for that ("Monitor and control actions taken with assumed
        // roles"); whoever needs none sets none.
        let mut without = context.clone();
        without.set_absent("sts:SourceIdentity");
        let plain = one("sts:assumerole", &without);
        assume = match plain.is_allowed() {
            true => plain,
            false => both(assume, one("sts:setsourceidentity", &context)),
        };
    }
    if tags {
        both(assume, one("sts:tagsession", &context))
    } else {
        assume
    }
}

/// Whether it comes by TLS is the caller's choice.
fn encrypted(context: &mut Context) {
    if !context.has("aws:SecureTransport") {
        context.set("aws:SecureTransport", "true");
    }
}

/// The role is what is asked for.
fn in_its_account(role: &Role<'_>, context: &mut Context) {
    let account = arn::account(role.arn).unwrap_or_default();
    context.set("aws:ResourceAccount", account);
}

/// Asks the trust policy alone.
fn ask(role: &Role<'_>, principal: &Principal, action: &str, context: &Context) -> Decision {
    let request = Request {
        principal,
        action,
        resource: role.arn,
        resource_account: arn::account(role.arn).unwrap_or_default(),
        context,
    };
    let policies = Policies {
        resource: ResourcePolicy::Given(role.trust),
        rcps: role.rcps,
        ..Policies::default()
    };
    // The Pod Identity service chooses for itself; whoever has a token chooses these.
    let chosen: &[&str] = match action {
        "sts:assumerolewithwebidentity" => &["sts:rolesessionname", "sts:durationseconds"],
        _ => &[],
    };
    chosen::evaluate_chosen(&request, &policies, chosen)
}

/// Both have to be allowed.
fn both(mut one: Decision, other: Decision) -> Decision {
    if one.is_denied() || (other.is_allowed() && !one.is_denied()) {
        return one;
    }
    if other.is_denied() || one.is_allowed() {
        return other;
    }
    one.verdict = Verdict::Conditional;
    for condition in other.conditions {
        if !one.conditions.contains(&condition) {
            one.conditions.push(condition);
        }
    }
    one
}

/// The claims of other providers' tokens are not in the request, and an EKS cluster's tokens have no
/// claims but `sub` and `aud` that STS knows.
fn absent_claims(context: &mut Context, trust: &PolicyDocument, issuer: &str) {
    for condition in trust.statements.iter().flat_map(|s| &s.conditions) {
        let Some((prefix, _)) = condition.key.rsplit_once(':') else {
            continue;
        };
        let provider = prefix.contains(['.', '/']) && !prefix.contains(':');
        if provider && (prefix != issuer || is_eks_issuer(issuer)) {
            context.set_absent(&condition.key);
        }
    }
}

#[cfg(test)]
mod tests;
