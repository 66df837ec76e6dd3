//! What has to hold for any policies: random ones, held against each other and against every value.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use eks_auditor::iam::context::Context;
use eks_auditor::iam::document::PolicyDocument;
use eks_auditor::iam::evaluate::{
    Decision, NamedPolicy, Policies, Request, ResourcePolicy, Verdict, evaluate,
};
use eks_auditor::iam::glob::Pattern;
use eks_auditor::iam::grants::{Extent, Question, grants};
use eks_auditor::iam::principal::Principal;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

const ROLE: &str = "arn:aws:iam::111111111111:role/app";
const USER: &str = "arn:aws:iam::111111111111:user/ann";
const KEYS: [&str; 2] = ["aws:PrincipalTag/a", "aws:PrincipalTag/b"];

fn one_of(items: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(items).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = (String, String, Vec<String>)> {
    let operators = one_of(&[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringNotLikeIfExists",
    ]);
    let values = prop::collection::vec(one_of(&["a", "b", "a*", "*b", "?"]), 1..3);
    let null = one_of(&["true", "false"]).prop_map(|v| ("Null".to_owned(), vec![v]));
    (
        prop_oneof![4 => (operators, values), 1 => null],
        one_of(&KEYS),
    )
        .prop_map(|((o, v), k)| (o, k, v))
}

fn statement(principals: bool) -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action = (
        one_of(&["Action", "Action", "Action", "NotAction"]),
        one_of(&["s3:Get*", "*", "s3:GetObject", "ec2:*", "s3:P*"]),
    );
    let resource = (
        one_of(&["Resource", "Resource", "NotResource"]),
        prop::collection::vec(
            one_of(&[
                "*",
                "arn:aws:s3:::a*",
                "arn:aws:s3:::*b",
                "arn:aws:s3:::a/b",
                "arn:aws:s3:::c/?",
            ]),
            1..3,
        ),
    );
    let principal = one_of(&["*", ROLE, "111111111111", "222222222222", USER]);
    (
        effect,
        action,
        resource,
        prop::collection::vec(condition(), 0..3),
        principal,
    )
        .prop_map(
            move |(
                effect,
                (action_element, action),
                (resource_element, resources),
                conditions,
                principal,
            )| {
                let mut block: Map<String, Value> = Map::new();
                for (operator, key, values) in conditions {
                    block.entry(operator).or_insert_with(|| json!({}))[key] = json!(values);
                }
                let mut statement = json!({"Effect": effect, "Condition": block});
                statement[action_element] = json!(action);
                statement[resource_element] = json!(resources);
                if principals {
                    statement["Principal"] = json!({"AWS": principal});
                }
                statement
            },
        )
}

fn statements(most: usize, principals: bool) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(principals), 0..=most)
}

/// Random policies of all layers, as lists of statements.
#[derive(Debug, Clone)]
struct World {
    identity: Vec<Value>,
    boundary: Vec<Value>,
    scp: Vec<Value>,
    resource: Vec<Value>,
    caller: String,
}

fn world() -> impl Strategy<Value = World> {
    let optional = |principals| prop_oneof![2 => Just(Vec::new()), 1 => statements(2, principals)];
    (
        statements(4, false),
        optional(false),
        optional(false),
        optional(true),
        one_of(&[ROLE, USER]),
    )
        .prop_map(|(identity, boundary, scp, resource, caller)| World {
            identity,
            boundary,
            scp,
            resource,
            caller,
        })
}

fn policy(statements: &[Value]) -> NamedPolicy {
    let document =
        PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement": statements}))
            .unwrap();
    NamedPolicy::new("p", document)
}

fn list(statements: &[Value]) -> Vec<NamedPolicy> {
    if statements.is_empty() {
        Vec::new()
    } else {
        vec![policy(statements)]
    }
}

/// Asks for `s3:GetObject`.
fn ask(world: &World, resource: &str, context: &Context) -> Decision {
    let (identity, boundary, scp) = (
        list(&world.identity),
        list(&world.boundary),
        list(&world.scp),
    );
    let scps = if scp.is_empty() {
        Vec::new()
    } else {
        vec![scp]
    };
    let own = policy(&world.resource);
    let resource_policy = if world.resource.is_empty() {
        ResourcePolicy::None
    } else {
        ResourcePolicy::Given(&own)
    };
    let policies = Policies {
        identity: &identity,
        boundary: &boundary,
        scps: &scps,
        resource: resource_policy,
        ..Policies::default()
    };
    let principal = Principal::from_arn(&world.caller).unwrap();
    evaluate(
        &Request::new(&principal, "s3:getobject", resource, context),
        &policies,
    )
}

/// Absent, and every text of up to two characters and the wildcards themselves, for both keys.
fn completions() -> Vec<Context> {
    let texts = [
        "", "a", "b", "c", "aa", "ab", "ac", "ba", "bb", "bc", "ca", "cb", "cc", "a*", "*b", "?",
    ];
    let values: Vec<Option<&str>> = std::iter::once(None)
        .chain(texts.into_iter().map(Some))
        .collect();
    let mut out = Vec::new();
    for first in &values {
        for second in &values {
            let mut context = Context::complete();
            for (key, value) in KEYS.iter().zip([first, second]) {
                if let Some(value) = value {
                    context.set(key, value);
                }
            }
            out.push(context);
        }
    }
    out
}

fn rank(decision: &Decision) -> u8 {
    match decision.verdict {
        Verdict::Deny { .. } => 0,
        Verdict::Conditional => 1,
        Verdict::Allow => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// Conditional is said exactly where the values of the unknown keys decide.
    #[test]
    fn conditional_exactly_where_completions_differ(world in world()) {
        let resource = "arn:aws:s3:::a/b";
        let mut open = Context::partial();
        let decision = ask(&world, resource, &open);
        let all: Vec<Decision> = completions().iter().map(|c| ask(&world, resource, c)).collect();
        let allowed = all.iter().filter(|d| d.is_allowed()).count();
        let want = if allowed == 0 { 0 } else if allowed == all.len() { 2 } else { 1 };
        prop_assert_eq!(rank(&decision), want, "{} of {} allow: {:?}", allowed, all.len(), decision);
        prop_assert_eq!(decision.conditions.is_empty(), want != 1, "{:?}", decision);
        // What is known cannot change what was certain.
        open.set(KEYS[0], "a");
        let known = ask(&world, resource, &open);
        prop_assert!(rank(&decision) == 1 || rank(&decision) == rank(&known), "{:?} then {:?}", decision, known);
    }

    #[test]
    fn a_deny_never_allows_and_an_allow_never_denies(world in world(), more in statement(false)) {
        let mut wider = world.clone();
        wider.identity.push(more.clone());
        for (resource, context) in [("arn:aws:s3:::a/b", Context::complete()), ("arn:aws:s3:::c/x", Context::partial())] {
            let (before, after) = (ask(&world, resource, &context), ask(&wider, resource, &context));
            if more["Effect"] == "Deny" {
                prop_assert!(rank(&after) <= rank(&before), "{:?} then {:?}", before, after);
            } else {
                prop_assert!(rank(&after) >= rank(&before), "{:?} then {:?}", before, after);
            }
        }
    }

    #[test]
    fn order_is_irrelevant(world in world()) {
        let mut turned = world.clone();
        for layer in [&mut turned.identity, &mut turned.boundary, &mut turned.scp, &mut turned.resource] {
            layer.reverse();
        }
        let context = Context::partial();
        let (one, other) = (ask(&world, "arn:aws:s3:::a/b", &context), ask(&turned, "arn:aws:s3:::a/b", &context));
        prop_assert_eq!(one.verdict, other.verdict);
    }

    /// The answer for a set is the answers for its members.
    #[test]
    fn grants_are_decisions_over_all_resources(mut world in world(), subject in one_of(&["arn:aws:s3:::*", "arn:aws:s3:::a*", "arn:aws:s3:::c/?", "arn:aws:s3:::a/b"])) {
        world.resource.clear();
        let context = Context::partial();
        let (identity, boundary, scp) = (list(&world.identity), list(&world.boundary), list(&world.scp));
        let scps = if scp.is_empty() { Vec::new() } else { vec![scp] };
        let policies = Policies { identity: &identity, boundary: &boundary, scps: &scps, ..Policies::default() };
        let pattern = Pattern::new(&subject);
        let grant = grants(&policies, &context, &Question::new("s3:getobject", &pattern));
        prop_assert!(!grant.undecided);
        // Every text that these patterns can tell apart.
        let tails = ["", "a", "b", "ab", "a/b", "ba", "c", "c/", "c/a", "c/b", "c/ab", "ax", "axb", "xb", "x", "a/", "cb", "c/x"];
        let members: Vec<Decision> = tails
            .iter()
            .map(|t| format!("arn:aws:s3:::{t}"))
            .filter(|r| pattern.matches(r))
            .map(|r| ask(&world, &r, &context))
            .collect();
        let extent = |least: u8| match members.iter().filter(|d| rank(d) >= least).count() {
            0 => Extent::Nothing,
            n if n == members.len() => Extent::Every,
            _ => Extent::Some,
        };
        // Where conditions of several statements complete each other a decision knows more than a grant,
        // so a grant is at most as certain and at least as possible.
        prop_assert!(grant.certain <= extent(2), "{:?} of {}, members say {:?}", grant, subject, extent(2));
        prop_assert!(grant.possible >= extent(1), "{:?} of {}, members say {:?}", grant, subject, extent(1));
        let plain = world.identity.iter().chain(&world.boundary).chain(&world.scp).all(|s| s["Condition"] == json!({}));
        if plain {
            prop_assert_eq!((grant.certain, grant.possible), (extent(2), extent(1)), "{}", subject);
        }
    }
}
