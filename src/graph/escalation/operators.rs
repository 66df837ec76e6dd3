//! Operators that act for whoever writes their objects: no more than their own service account may, and only
//! where they are seen to run.

use crate::rbac::known_controllers::{self, Known};
use crate::rbac::{Identity, Name, Permission, Within};

use super::build::{Build, Taken};
use super::edge::At;
use super::held::Held;
use super::method::{Ask, Family, Gives, Method};
use super::node::{Node, Set};

const WRITE: &[&str] = &["create", "patch", "update"];

const fn method(
    id: &'static str,
    asks: &'static [Ask],
    does: &'static str,
    source: &'static str,
    derive: fn(&mut Build<'_>, &'static Method),
) -> Method {
    Method {
        id,
        family: Family::Operators,
        asks,
        gives: Gives::Subject,
        does,
        source,
        derive,
    }
}

pub(super) const METHODS: &[Method] = &[
    method(
        "argo-cd-application",
        &[Ask::namespaced(
            WRITE,
            &[("argoproj.io", &["applications", "applicationsets"])],
        )],
        "has what it likes applied as {}",
        "https://argo-cd.readthedocs.io/en/stable/operator-manual/security/",
        argo_cd,
    ),
    method(
        "flux-kustomization",
        &[Ask::namespaced(
            WRITE,
            &[("kustomize.toolkit.fluxcd.io", &["kustomizations"])],
        )],
        "has what it likes applied as {}",
        "https://fluxcd.io/flux/components/kustomize/kustomizations/#role-based-access-control",
        kustomization,
    ),
    method(
        "flux-helm-release",
        &[Ask::namespaced(
            WRITE,
            &[("helm.toolkit.fluxcd.io", &["helmreleases"])],
        )],
        "has what it likes installed as {}",
        "https://fluxcd.io/flux/components/helm/helmreleases/#role-based-access-control",
        helm_release,
    ),
    method(
        "external-secrets-store",
        &[Ask::namespaced(
            WRITE,
            &[("external-secrets.io", &["secretstores"])],
        )],
        "has {at} ask for a token of {} and send it to a server of its own",
        "https://external-secrets.io/latest/guides/security-best-practices/",
        store,
    ),
    method(
        "external-secrets-cluster-store",
        &[Ask::cluster(
            WRITE,
            &[("external-secrets.io", &["clustersecretstores"])],
        )],
        "has {at} ask for a token of {} and send it to a server of its own",
        "https://external-secrets.io/latest/guides/security-best-practices/",
        store,
    ),
    Method {
        id: "external-secret",
        family: Family::Operators,
        asks: &[Ask::namespaced(
            WRITE,
            &[("external-secrets.io", &["externalsecrets", "pushsecrets"])],
        )],
        gives: Gives::Nothing(
            "copies what a store holds into a Secret of the namespace, or a Secret of it into a store; acts as nobody",
        ),
        does: "",
        source: "https://external-secrets.io/latest/api/externalsecret/",
        derive: super::method::nothing,
    },
];

/// Where an operator is seen: its service accounts, by namespace and name.
fn running(build: &Build<'_>, id: &str) -> Vec<(String, String)> {
    let Some(known) = known_controllers::named(id) else {
        return Vec::new();
    };
    let accounts = build.place.accounts.iter();
    accounts
        .filter(|account| account.is_there && runs(known, account))
        .map(|account| (account.namespace.clone(), account.name.clone()))
        .collect()
}

fn runs(known: &Known, account: &super::place::Account<'_>) -> bool {
    known.is_named(&account.namespace, &account.name)
}

/// An Application is read where its controller is; others only where it is told to look.
fn argo_cd(build: &mut Build<'_>, method: &'static Method) {
    let open = |_: &str| "as far as its AppProject, which was not read, lets it".to_owned();
    by_object(build, method, "argo-cd-application-controller", true, open);
}

fn kustomization(build: &mut Build<'_>, method: &'static Method) {
    by_object(build, method, "flux-kustomize-controller", false, flux_open);
}

fn helm_release(build: &mut Build<'_>, method: &'static Method) {
    by_object(build, method, "flux-helm-controller", false, flux_open);
}

fn flux_open(_: &str) -> String {
    "if the controller is not told to use another's service account, and it has a source: neither was read"
        .to_owned()
}

fn by_object(
    build: &mut Build<'_>,
    method: &'static Method,
    id: &str,
    own_namespace: bool,
    open: impl Fn(&str) -> String,
) {
    let controllers = running(build, id);
    for (at, held) in build.holders(method) {
        if held.permission.verb == "create" && !held.covers(Name::Every) {
            continue;
        }
        for (namespace, name) in &controllers {
            if !own_namespace || held.reaches(namespace) {
                let mut open = open(namespace);
                if held.names().is_some() {
                    open.push_str(", and the object that it may change is there");
                }
                let taken = Taken::by(held).open(Some(open));
                build.by_method(at, method, taken, Node::account(namespace, name));
            }
        }
    }
}

/// A store of the provider `kubernetes` names a service account, for which the operator asks for a token, and
/// the server that gets it.
fn store(build: &mut Build<'_>, method: &'static Method) {
    let controllers = running(build, "external-secrets");
    for (at, held) in build.holders(method) {
        if held.permission.verb == "create" && !held.covers(Name::Every) {
            continue;
        }
        for (namespace, name) in &controllers {
            for place in mints(build, &held, (namespace, name)) {
                let open = "if the operator reaches such a server".to_owned();
                let text = format!("the operator {namespace}/{name}");
                let taken = Taken::by(held).at(At::Text(text)).open(Some(open));
                build.by_method(at, method, taken, Node::Set(Set::Accounts(place)));
            }
        }
    }
}

/// Where the operator may ask for tokens, of the namespaces that a store can name.
fn mints(
    build: &Build<'_>,
    held: &Held<'_>,
    (namespace, name): (&str, &str),
) -> Vec<Option<String>> {
    let rbac = &build.place.node.rbac;
    let operator = Identity::service_account(namespace, name);
    let token = Permission::new("create", "", "serviceaccounts/token");
    let everywhere = !rbac.grants_of(&operator, &token).is_empty();
    if everywhere && held.namespace.is_none() {
        return vec![None];
    }
    let within = build.place.within(held.namespace).into_iter();
    within
        .filter(|place| {
            let there = token.within(Within::Namespace(place));
            !rbac.grants_of(&operator, &there).is_empty()
        })
        .map(Some)
        .collect()
}
