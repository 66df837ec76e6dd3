//! What stands between a request and what is stored: webhooks and aggregated APIs.

use super::build::{Build, Taken};
use super::held::Held;
use super::method::{Ask, Family, GOOD_PRACTICES, Gives, Method, nothing};
use super::node::{Node, Set};
use crate::rbac::Name;

const WRITE: &[&str] = &["create", "patch", "update"];
const ADMISSION: &str = "admissionregistration.k8s.io";

pub(super) const METHODS: &[Method] = &[
    Method {
        id: "mutating-webhook",
        family: Family::ChangeWebhooks,
        asks: &[Ask::cluster(
            WRITE,
            &[(ADMISSION, &["mutatingwebhookconfigurations"])],
        )],
        gives: Gives::Subject,
        does: "changes the pods of {} as they are made",
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks",
        derive: webhooks,
    },
    Method {
        id: "mutating-policy",
        family: Family::ChangeWebhooks,
        asks: &[
            Ask::cluster(WRITE, &[(ADMISSION, &["mutatingadmissionpolicies"])]),
            Ask::cluster(WRITE, &[(ADMISSION, &["mutatingadmissionpolicybindings"])]),
        ],
        gives: Gives::Subject,
        does: "changes the pods of {} as they are made (it may {with})",
        source: "https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/",
        derive: policies,
    },
    Method {
        id: "validating-webhook",
        family: Family::ChangeWebhooks,
        asks: &[Ask::cluster(
            WRITE,
            &[(ADMISSION, &["validatingwebhookconfigurations"])],
        )],
        gives: Gives::Nothing(
            "reads what is written from then on, Secrets too, and refuses it; acts as nobody",
        ),
        does: "",
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks",
        derive: nothing,
    },
    Method {
        id: "api-service",
        family: Family::ChangeWebhooks,
        asks: &[Ask::cluster(
            WRITE,
            &[("apiregistration.k8s.io", &["apiservices"])],
        )],
        gives: Gives::Nothing(
            "answers requests for an API group in the place of its server; the requests carry no credential",
        ),
        does: "",
        source: "https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/",
        derive: nothing,
    },
    Method {
        id: "custom-resource-definition",
        family: Family::ChangeWebhooks,
        asks: &[Ask::cluster(
            WRITE,
            &[("apiextensions.k8s.io", &["customresourcedefinitions"])],
        )],
        gives: Gives::Nothing("defines objects; what acts on them is another's power"),
        does: "",
        source: GOOD_PRACTICES,
        derive: nothing,
    },
];

/// The pods of everybody are among what is created. Those that are limited to a name change a configuration
/// that there is to mean anything; which there are is not read.
fn webhooks(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        if held.permission.verb == "create" && !held.covers(Name::Every) {
            continue;
        }
        let open = match held.names() {
            None => "once one is made",
            Some(_) => "once one is made, if the configuration that it may change is there",
        };
        let taken = Taken::by(held).open(Some(open.to_owned()));
        build.by_method(at, method, taken, Node::Set(Set::Accounts(None)));
    }
}

/// What a webhook does, without a server. A policy does nothing without a binding: both are made, or what is
/// there is changed. They are served by default from 1.36 on; EKS sets no feature gates for anybody.
fn policies(build: &mut Build<'_>, method: &'static Method) {
    let open = match build.place.minor {
        Some(minor) if minor < 36 => return,
        Some(_) => "once one is made".to_owned(),
        None => "once one is made, if the cluster is 1.36 or newer, which was not read".to_owned(),
    };
    let writes = |held: &&Held<'_>| held.permission.verb != "create" || held.covers(Name::Every);
    for (at, all) in build.holders_of_all(method) {
        let [policies, bindings] = all.as_slice() else {
            continue;
        };
        let found = (policies.iter().find(writes), bindings.iter().find(writes));
        if let (Some(policy), Some(binding)) = found {
            let taken = Taken::by(*policy).with(*binding).open(Some(open.clone()));
            build.by_method(at, method, taken, Node::Set(Set::Accounts(None)));
        }
    }
}
