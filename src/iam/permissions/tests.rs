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
