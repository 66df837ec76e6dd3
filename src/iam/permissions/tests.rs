//! The set against the decisions on its members, over random small policies.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use super::*;
use crate::iam::glob::{Colons, Pattern};

const ROLE: &str = "arn:aws:iam::111111111111:role/app";

/// What patterns over these letters can tell apart, and what none names.
const ACTIONS: [&str; 7] = [
    "aa:geta",
    "aa:getb",
    "aa:puta",
    "aa:q",
    "bb:geta",
    "bb:q",
    "sts:getcalleridentity",
];
const RESOURCES: [&str; 12] = [
    "a", "b", "ab", "ba", "aa", "q", "aq", "qb", "qa", "aqb", "*", "q*q",
];

fn one_of(items: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(items).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = (String, String, Vec<String>)> {
    let operators = one_of(&[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringEqualsIfExists",
    ]);
    let values = prop::collection::vec(one_of(&["a", "b", "a*"]), 1..3);
    (
        operators,
        one_of(&["aws:PrincipalTag/a", "aws:username"]),
        values,
    )
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action = (
        one_of(&["Action", "Action", "NotAction"]),
        prop::collection::vec(
            one_of(&[
                "aa:Get*", "*", "aa:GetA", "bb:*", "aa:P*", "aa:*A", "bb:Get?",
            ]),
            1..3,
        ),
    );
    let resource = (
        one_of(&["Resource", "Resource", "NotResource"]),
        prop::collection::vec(
            one_of(&[
                "*",
                "a*",
                "*b",
                "a",
                "?",
                "${aws:username}",
                "${aws:username}*",
            ]),
            1..3,
        ),
    );
    let conditions =
        prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(condition(), 1..3)];
    (effect, action, resource, conditions).prop_map(
        |(effect, (action_element, actions), (resource_element, resources), conditions)| {
            let mut block: Map<String, Value> = Map::new();
            for (operator, key, values) in conditions {
                block.entry(operator).or_insert_with(|| json!({}))[key] = json!(values);
            }
            let mut statement = json!({"Effect": effect, "Condition": block});
            statement[action_element] = json!(actions);
            statement[resource_element] = json!(resources);
            statement
        },
    )
}

fn statements(most: usize) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(), 1..=most)
}

/// Identity policies, boundary, session policies, and SCPs of two levels.
#[derive(Debug, Clone)]
struct World {
    identity: Vec<Value>,
    boundary: Vec<Value>,
    session: Vec<Value>,
    scps: Vec<Vec<Value>>,
}

fn world() -> impl Strategy<Value = World> {
    let optional = || prop_oneof![3 => Just(Vec::new()), 1 => statements(2)];
    let scps = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(statements(2), 1..3)];
    (statements(4), optional(), optional(), scps).prop_map(|(identity, boundary, session, scps)| {
        World {
            identity,
            boundary,
            session,
            scps,
        }
    })
}

/// The policies compiled.
struct Compiled {
    identity: Vec<NamedPolicy>,
    boundary: Vec<NamedPolicy>,
    session: Vec<NamedPolicy>,
    scps: Vec<Vec<NamedPolicy>>,
    principal: Principal,
    context: Context,
}

fn list(statements: &[Value]) -> Vec<NamedPolicy> {
    if statements.is_empty() {
        return Vec::new();
    }
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    vec![NamedPolicy::new(
        "p",
        PolicyDocument::from_value(&document).unwrap(),
    )]
}

impl Compiled {
    fn new(world: &World) -> Self {
        Self {
            identity: list(&world.identity),
            boundary: list(&world.boundary),
            session: list(&world.session),
            scps: world.scps.iter().map(|l| list(l)).collect(),
            principal: Principal::from_arn(ROLE).unwrap(),
            context: Context::partial(),
        }
    }

    fn identity(statements: &Value) -> Self {
        let identity = statements.as_array().unwrap().clone();
        Self::new(&World {
            identity,
            boundary: Vec::new(),
            session: Vec::new(),
            scps: Vec::new(),
        })
    }

    fn policies(&self) -> Policies<'_> {
        Policies {
            identity: &self.identity,
            boundary: &self.boundary,
            session: &self.session,
            scps: &self.scps,
            ..Policies::default()
        }
    }

    fn set(&self) -> PermissionSet<'_> {
        PermissionSet::new(&self.principal, &self.policies(), &self.context)
    }

    fn decide(&self, action: &str, resource: &str, context: &Context) -> Decision {
        let request = Request {
            principal: &self.principal,
            action,
            resource,
            resource_account: &self.principal.account,
            context,
        };
        evaluate(&request, &self.policies())
    }
}

fn universe() -> impl Iterator<Item = (&'static str, &'static str)> {
    ACTIONS
        .iter()
        .flat_map(|a| RESOURCES.iter().map(|r| (*a, *r)))
}

/// Contexts with every value that the conditions tell apart, for both keys, and the beginnings of another.
fn completions(also: &str) -> Vec<Context> {
    let some = ["a", "b", "aa", "c", "", "q", "ab", "ba", "*", "a*"].into_iter();
    let beginnings = also.char_indices().map(|(at, _)| &also[..at]).chain([also]);
    let values: Vec<Option<&str>> = some.chain(beginnings).map(Some).chain([None]).collect();
    let mut out = Vec::new();
    for tag in &values {
        for name in &values {
            let mut context = Context::complete();
            for (key, value) in [("aws:PrincipalTag/a", tag), ("aws:username", name)] {
                if let Some(value) = value {
                    context.set(key, value);
                }
            }
            out.push(context);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn membership_is_the_decision(world in world()) {
        let compiled = Compiled::new(&world);
        let set = compiled.set();
        let entries = set.entries();
        prop_assert!(entries.whole);
        for (action, resource) in universe() {
            let want = compiled.decide(action, resource, &compiled.context);
            prop_assert_eq!(set.decide(action, resource).verdict, want.verdict, "{} on {}", action, resource);
            let truth = set.truth(action, resource);
            prop_assert_eq!(entries.allow(action, resource), truth, "{} on {} in {:?}", action, resource, entries);
            if truth != Truth::Unknown {
                prop_assert_eq!(truth, want.truth(), "{} on {}", action, resource);
            }
        }
    }

    #[test]
    fn any_is_any_of_its_requests(world in world(), action in one_of(&["*", "aa:*", "aa:geta", "*:get*", "sts:*"]), resource in one_of(&["*", "a*", "*b", "a", "?"])) {
        let compiled = Compiled::new(&world);
        let set = compiled.set();
        let (actions, resources) = (Pattern::new(&action), Pattern::new(&resource));
        let may = set.may_any(&actions, &resources, Colons::Any);
        let asked = universe().filter(|(a, r)| actions.matches(a) && resources.matches(r));
        let best = asked.map(|(a, r)| (compiled.decide(a, r, &compiled.context).truth(), a, r)).max();
        let best = best.unwrap_or((Truth::No, "", ""));
        if may.undecided {
            let wild = format!("{world:?}").contains("${");
            prop_assert!(wild, "undecided without variables: {:?}", may);
            return Ok(());
        }
        prop_assert!(may.truth >= best.0, "{:?} but {:?}", may, best);
        if let Some((example, decision)) = &may.example {
            let Example { action, resource } = example;
            prop_assert!(actions.matches(action) && resources.matches(resource), "{}", example);
            prop_assert_eq!(decision.truth(), may.truth);
            let again = compiled.decide(action, resource, &compiled.context).truth();
            prop_assert_eq!(again, may.truth, "{}", example);
        }
        prop_assert_eq!(may.example.is_none(), may.truth == Truth::No);
    }

    #[test]
    fn included_is_included_under_every_value(narrower in world(), wider in world(), more in prop_oneof![Just(true), Just(false)]) {
        let mut wider = wider;
        if more {
            // So that it is included now and then.
            wider.identity.retain(|s| s["Effect"] == "Allow");
            wider.identity.extend(narrower.identity.iter().cloned());
            wider.boundary.clear();
            wider.session.clear();
            wider.scps.clear();
        }
        let (one, other) = (Compiled::new(&narrower), Compiled::new(&wider));
        let compared = compare(&one.set(), &other.set());
        let beyond = |a: &str, r: &str| completions(r).iter().any(|c| one.decide(a, r, c).is_allowed() && !other.decide(a, r, c).is_allowed());
        match &compared {
            Comparison::Included => {
                let counter = universe().find(|(a, r)| beyond(a, r));
                prop_assert_eq!(counter, None);
            }
            Comparison::Not { example, .. } => {
                prop_assert!(beyond(&example.action, &example.resource), "{}", example);
            }
            Comparison::Undecided(_) => {
                let plain = |s: &Value| s["Condition"] == json!({}) && !s.to_string().contains("${");
                let all_plain = [&narrower, &wider].iter().all(|w| {
                    let lists = w.identity.iter().chain(&w.boundary).chain(&w.session);
                    lists.chain(w.scps.iter().flatten()).all(plain)
                });
                prop_assert!(!all_plain, "undecided without conditions: {:?}", compared);
            }
        }
    }

    #[test]
    fn whatever_it_is_it_includes_itself(world in world()) {
        let compiled = Compiled::new(&world);
        let compared = compare(&compiled.set(), &compiled.set());
        prop_assert_eq!(compared, Comparison::Included);
    }
}

fn compared(narrower: Value, wider: Value) -> String {
    let (one, other) = (Compiled::identity(&narrower), Compiled::identity(&wider));
    match compare(&one.set(), &other.set()) {
        Comparison::Included => "included".into(),
        Comparison::Not {
            example,
            conditions,
        } => [vec![example.to_string()], conditions].concat().join(", "),
        Comparison::Undecided(reason) => format!("undecided: {reason}"),
    }
}

#[test]
fn one_policy_in_another() {
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let under = |operator: &str, key: &str, value: &str, mut statement: Value| {
        statement["Condition"] = json!({operator: {key: value}});
        statement
    };
    let deny = |action: &str, resource: &str| json!({"Effect": "Deny", "Action": action, "Resource": resource});
    let bucket = "arn:aws:s3:::b/*";
    let mfa = |s: Value| under("Bool", "aws:MultiFactorAuthPresent", "true", s);
    let red = |s: Value| under("StringEquals", "aws:PrincipalTag/team", "red", s);
    let not_red = |s: Value| under("StringNotEquals", "aws:PrincipalTag/team", "red", s);
    let home = "arn:aws:s3:::home/${aws:username}/*";
    for (narrower, wider, want) in [
        (
            json!([allow("s3:Get*", bucket)]),
            json!([allow("s3:*", "*")]),
            "included",
        ),
        (
            json!([allow("s3:*", "*")]),
            json!([allow("s3:Get*", bucket)]),
            "s3:* on *",
        ),
        (
            json!([allow("s3:Get*", "*")]),
            json!([allow("s3:Get*", "*"), deny("*", "arn:aws:s3:::b/secret")]),
            "s3:get on arn:aws:s3:::b/secret",
        ),
        (
            json!([allow("s3:Get*", "*"), deny("s3:*", "arn:aws:s3:::b/*")]),
            json!([allow("s3:Get*", "*"), deny("*", "arn:aws:s3:::b/secret")]),
            "included",
        ),
        // Two that together are everything.
        (
            json!([allow("s3:*", "*")]),
            json!([allow("s3:*", bucket), {"Effect": "Allow", "Action": "s3:*", "NotResource": bucket}]),
            "included",
        ),
        // The same condition covers itself, none covers any, and one is not covered by another.
        (
            json!([mfa(allow("s3:*", "*"))]),
            json!([mfa(allow("*", "*"))]),
            "included",
        ),
        (
            json!([mfa(allow("s3:*", "*"))]),
            json!([allow("s3:*", "*")]),
            "included",
        ),
        (
            json!([allow("s3:*", "*")]),
            json!([mfa(allow("s3:*", "*"))]),
            "s3:* on *, where aws:multifactorauthpresent is not set",
        ),
        (
            json!([red(allow("s3:*", "*"))]),
            json!([mfa(allow("s3:*", "*"))]),
            "s3:* on *, where aws:multifactorauthpresent is not set, where aws:principaltag/team is red",
        ),
        (
            json!([allow("s3:*", "*")]),
            json!([red(allow("s3:*", "*")), not_red(allow("s3:*", "*"))]),
            "included",
        ),
        // Denied whenever the other denies.
        (
            json!([allow("s3:*", "*"), red(deny("s3:*", "*"))]),
            json!([allow("s3:*", "*"), red(deny("s3:Put*", "*"))]),
            "included",
        ),
        (
            json!([allow("s3:*", home)]),
            json!([allow("*", home)]),
            "included",
        ),
        // Another variable.
        (
            json!([allow("s3:*", home)]),
            json!([allow("*", "arn:aws:s3:::home/${aws:userid}/*")]),
            "s3:* on arn:aws:s3:::home/*/*, where aws:userid is not set, where aws:username is *",
        ),
    ] {
        assert_eq!(
            compared(narrower.clone(), wider.clone()),
            want,
            "{narrower} in {wider}"
        );
    }
}

#[test]
fn an_entry_in_words() {
    let compiled = Compiled::identity(&json!([
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
    ]));
    let entries = compiled.set().entries();
    let words = |meets: &[crate::iam::glob::Meet]| {
        meets
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" or ")
    };
    let entry = &entries.list[0];
    assert_eq!(words(&entry.actions), "* but iam:*");
    assert_eq!(words(&entry.resources), "* but arn:aws:s3:::b/*");
    assert_eq!(entry.conditions, ["only with MFA"]);
    assert_eq!(words(&entry.minus[0].actions), "s3:Put*");
    assert_eq!(words(&entry.minus[0].resources), "* but arn:aws:s3:::b/*");
}

/// A world of the requests that are not left to policies' words, and the same question of each.
#[test]
fn what_is_not_left_to_policies() {
    let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let deny_kms = json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]);
    let account = "arn:aws:iam::111111111111";
    let key = "arn:aws:kms:eu-west-1:111111111111";
    let (linked, role) = (
        format!("{account}:role/aws-service-role/a/b"),
        format!("{account}:role/r"),
    );
    let (alias, of_aws) = (format!("{key}:alias/a"), format!("{key}:alias/aws/a"));
    let one_key = format!("{key}:key/1");
    let allow = |action: &str, resources: &[&str]| json!([{"Effect": "Allow", "Action": action, "Resource": resources}]);
    let policies = [
        everything.clone(),
        allow("iam:*", &[&linked]),
        allow("iam:DeleteRole", &[&linked, &role]),
        allow("kms:*", &[&alias, &of_aws]),
        allow("kms:Decrypt", &[&alias, &one_key]),
        allow("sts:*", &["*"]),
        allow("kms:RetireGrant", &["*"]),
        json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]),
    ];
    let callers = [
        ROLE,
        "arn:aws:iam::111111111111:user/u",
        "arn:aws:sts::111111111111:federated-user/f",
        "arn:aws:iam::111111111111:root",
        "arn:aws:sts::111111111111:assumed-role/app/s",
    ];
    let actions = [
        "iam:deleterole",
        "iam:getrole",
        "kms:decrypt",
        "kms:updatealias",
        "kms:retiregrant",
        "s3:x",
        "sts:getcalleridentity",
        "sts:getsessiontoken",
        "sts:getfederationtoken",
        "sts:assumerole",
    ];
    let resources = ["*", linked.as_str(), &role, &alias, &of_aws, &one_key];
    for (policy, caller) in policies.iter().flat_map(|p| callers.map(|c| (p, c))) {
        for (session, rcp) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut compiled = Compiled::identity(policy);
            compiled.principal = Principal::from_arn(caller).unwrap();
            if session {
                compiled.session = list(everything.as_array().unwrap());
            }
            let rcps = if rcp {
                vec![list(deny_kms.as_array().unwrap())]
            } else {
                Vec::new()
            };
            let policies = Policies {
                rcps: &rcps,
                ..compiled.policies()
            };
            let set = PermissionSet::new(&compiled.principal, &policies, &compiled.context);
            for (action, resource) in actions.iter().flat_map(|a| resources.map(|r| (*a, r))) {
                let want = set.decide(action, resource).truth();
                let asked =
                    format!("{action} on {resource} by {caller}, {policy}, {session} {rcp}");
                assert_eq!(set.truth(action, resource), want, "{asked}");
                let may = set.may_any(
                    &Pattern::literal(action),
                    &Pattern::literal(resource),
                    Colons::Any,
                );
                assert_eq!(may.truth, want, "{asked}: {may:?}");
                let kind = Pattern::new(&format!("{}:*", action.split(':').next().unwrap()));
                let may = set.may_any(&kind, &Pattern::new("*"), Colons::Any);
                assert!(may.truth >= want, "{asked}: {may:?}");
            }
            let index = crate::iam::index::ResourceIndex::new(resources);
            for action in actions {
                let holder = crate::iam::index::Holder {
                    principal: &compiled.principal,
                    policies,
                    context: &compiled.context,
                };
                let reach = index.allowed(&holder, action);
                for (at, resource) in resources.iter().enumerate() {
                    let got = match (reach.certain.has(at), reach.open.has(at)) {
                        (true, _) => Truth::Yes,
                        (_, true) => Truth::Unknown,
                        _ => Truth::No,
                    };
                    let want = set.decide(action, resource).truth();
                    assert_eq!(
                        got, want,
                        "{action} on {resource} by {caller}, {policy}, {session} {rcp}"
                    );
                }
            }
        }
    }
    // One that AWS refuses a role is no less for it.
    let (user, role) = (
        Compiled::identity(&everything),
        Compiled::identity(&everything),
    );
    let ann = Principal::from_arn(callers[1]).unwrap();
    let (policies, own) = (user.policies(), role.policies());
    let one = PermissionSet::new(&ann, &policies, &user.context);
    let other = PermissionSet::new(&role.principal, &own, &role.context);
    assert!(
        matches!(compare(&one, &other), Comparison::Not { example, .. } if example.action.starts_with("sts:get"))
    );
    assert_eq!(compare(&other, &one), Comparison::Included);
}
