//! Random requests with all kinds of policies, made around what is asked so that a good part of the
//! statements nearly applies.
//!
//! Not made, since AWS refuses to store it or its documentation does not say what it means: short ARNs in
//! SCPs and RCPs, wildcards in an ARN's resource type, variables before an ARN's fifth colon, `ArnLike` with
//! a value that is no ARN, numbers and dates in forms of their own, an empty value, a key with several values
//! as a variable with a default.

use serde_json::{Map, Value, json};

use super::conditions;
use super::random::Random;
use super::scene::{AWAY, HOME, ISSUER, SERVICE, Scene, VARIABLES};

/// What a policy is attached to.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    Identity,
    Boundary,
    Session,
    Scp,
    Rcp,
    Resource,
    Trust,
    Endpoint,
}

impl Place {
    /// Whether nothing is allowed unless it allows.
    fn limits(self) -> bool {
        matches!(
            self,
            Self::Boundary | Self::Session | Self::Scp | Self::Endpoint
        )
    }

    fn names_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust | Self::Endpoint)
    }
}

/// The request of one case of a run.
pub fn request(seed: u64, case: u64) -> (Scene, Value) {
    let random = &mut Random::new(seed, case);
    let scene = Scene::new(random);
    let mut request = scene.request();
    let mut put = |key: &str, value: Value| request.insert(key.to_owned(), value);
    if scene.arn().is_some_and(|a| !a.ends_with(":root")) {
        let many = random.pick(&[0, 1, 1, 1, 1, 2]);
        put(
            "PolicyInputList",
            policies(random, &scene, Place::Identity, many),
        );
        if random.percent(20) {
            put(
                "PermissionsBoundaryPolicyInputList",
                policies(random, &scene, Place::Boundary, 1),
            );
        }
        if random.percent(30)
            && scene
                .arn()
                .is_some_and(|a| a.contains(":sts:") || a.contains(":role/"))
        {
            put(
                "SessionPolicyInputList",
                policies(random, &scene, Place::Session, 1),
            );
        }
    }
    if random.percent(20) {
        let levels = 1 + random.below(2);
        let level = |random: &mut Random| {
            let many = random.pick(&[1, 1, 1, 2]);
            policies(random, &scene, Place::Scp, many)
        };
        put(
            "ServiceControlPolicyInputList",
            (0..levels).map(|_| level(random)).collect(),
        );
    }
    if random.percent(15) {
        put(
            "ResourceControlPolicyInputList",
            json!([policies(random, &scene, Place::Rcp, 1)]),
        );
    }
    if random.percent(7) {
        put(
            "VpcEndpointPolicyInputList",
            policies(random, &scene, Place::Endpoint, 1),
        );
    }
    let service = scene.action.split(':').next().unwrap_or("").to_lowercase();
    let trust = service == "sts" && scene.resource != "*";
    let usual = if trust || service == "kms" { 92 } else { 55 };
    if scene.resource != "*" && random.percent(usual) {
        let place = if trust { Place::Trust } else { Place::Resource };
        put("ResourcePolicy", policy(random, &scene, place));
    }
    (scene, Value::Object(request))
}

fn policies(random: &mut Random, scene: &Scene, place: Place, many: usize) -> Value {
    (0..many).map(|_| policy(random, scene, place)).collect()
}

fn policy(random: &mut Random, scene: &Scene, place: Place) -> Value {
    let version = random.pick(&[
        Some("2012-10-17"),
        Some("2012-10-17"),
        Some("2012-10-17"),
        Some("2012-10-17"),
        Some("2012-10-17"),
        Some("2012-10-17"),
        Some("2008-10-17"),
        None,
    ]);
    let many = random.pick(&[1, 1, 2, 2, 3]);
    let mut statements: Vec<Value> = (0..many).map(|_| statement(random, scene, place)).collect();
    if place.limits() && random.percent(55) {
        let mut all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        if place == Place::Endpoint {
            all["Principal"] = json!("*");
        }
        statements.push(all);
    }
    let mut policy = json!({"Statement": statements});
    if let Some(version) = version {
        policy["Version"] = json!(version);
    }
    if statements.len() == 1 && random.percent(20) {
        policy["Statement"] = statements[0].clone();
    }
    policy
}

fn statement(random: &mut Random, scene: &Scene, place: Place) -> Value {
    let denies = place == Place::Rcp || random.percent(22);
    let mut statement = Map::new();
    let mut put = |key: &str, value: Value| statement.insert(key.to_owned(), value);
    put("Effect", json!(if denies { "Deny" } else { "Allow" }));
    // A deny that always applied would hide what the others do.
    let near = if denies { 55 } else { 85 };
    if random.percent(12) {
        put(
            "NotAction",
            some(random, |r| action(r, scene, if denies { 70 } else { 20 })),
        );
    } else {
        put("Action", some(random, |r| action(r, scene, near)));
    }
    if place != Place::Trust {
        let short = !matches!(place, Place::Scp | Place::Rcp);
        if random.percent(12) {
            put(
                "NotResource",
                some(random, |r| {
                    resource(r, scene, if denies { 70 } else { 20 }, short)
                }),
            );
        } else {
            put(
                "Resource",
                some(random, |r| resource(r, scene, near, short)),
            );
        }
    }
    let block = conditions::block(random, scene);
    if !block.is_empty() {
        put("Condition", Value::Object(block));
    }
    if place == Place::Rcp {
        put("Principal", json!("*"));
    } else if place.names_principals() {
        let not = random.percent(if denies { 20 } else { 2 });
        let everyone = place == Place::Endpoint && random.percent(60);
        let set = if everyone && !not {
            json!("*")
        } else {
            principals(random, scene, near)
        };
        put(if not { "NotPrincipal" } else { "Principal" }, set);
    }
    Value::Object(statement)
}

/// One or several, in a list or not.
fn some(random: &mut Random, mut one: impl FnMut(&mut Random) -> String) -> Value {
    match random.below(10) {
        0..5 => json!(one(random)),
        5..8 => json!([one(random)]),
        _ => json!([one(random), one(random)]),
    }
}

/// An action, which is the one asked for so many times in a hundred.
fn action(random: &mut Random, scene: &Scene, near: usize) -> String {
    let asked = scene.action.as_str();
    let (service, name) = asked.split_once(':').unwrap_or((asked, ""));
    if !random.percent(near) {
        return match random.below(8) {
            0 => "iam:Get*".to_owned(),
            1 => "dynamodb:*".to_owned(),
            2 => format!("{service}:{name}Version"),
            3 => format!("{service}:?{name}"),
            4 => format!("{service}:List*Nothing"),
            // These match no action.
            5 => format!("{asked},{service}:Other"),
            6 => format!("{asked} "),
            _ => format!("*:{name}"),
        };
    }
    match random.below(9) {
        0 => "*".to_owned(),
        1 => format!("{service}:*"),
        2 => format!("{service}:{}*", &name[..3]),
        3 => format!("{service}:*{}", &name[name.len() - 4..]),
        4 => format!("{service}:{}?{}", &name[..1], &name[2..]),
        5 => format!("{service}:{}*{}", &name[..2], &name[name.len() - 3..]),
        6 => random.case(asked),
        _ => asked.to_owned(),
    }
}

/// A resource, which covers the one asked for so many times in a hundred.
fn resource(random: &mut Random, scene: &Scene, near: usize, short: bool) -> String {
    let asked = scene.resource.as_str();
    if asked == "*" {
        return if random.percent(near) {
            "*".to_owned()
        } else {
            "arn:aws:s3:::data".to_owned()
        };
    }
    let fields: Vec<&str> = asked.splitn(6, ':').collect();
    let [_, partition, service, region, account, last] = fields[..] else {
        return asked.to_owned();
    };
    // No wildcard before this: it would stand in the resource's type.
    let from = last.find(['/', ':']).map_or(0, |at| at + 1);
    let (kind, id) = last.split_at(if service == "s3" { 0 } else { from });
    let head = asked.strip_suffix(id).unwrap_or(asked);
    if !random.percent(near) {
        return match random.below(7) {
            0 => format!("{head}{}", random.case(id)),
            1 => format!("{head}{id}/more"),
            2 => format!("{head}other/*"),
            3 => format!("arn:{partition}:{service}:us-east-1:{account}:{last}"),
            4 => format!("arn:{partition}:dynamodb:{region}:{account}:table/{id}"),
            5 if short => "arn:aws:dynamodb".to_owned(),
            _ => with_variable(random, scene, head, id),
        };
    }
    let half = id.len() / 2;
    match random.below(13) {
        0 | 1 => "*".to_owned(),
        2 => format!("{head}*"),
        3 => format!("{head}{}*", &id[..half]),
        4 => format!("{head}{}?{}", &id[..half], &id[half + 1..]),
        5 => format!("{head}*{}", &id[half..]),
        6 => format!("arn:*:{service}:*:*:{kind}*"),
        7 => format!(
            "arn:{partition}:{service}:{}:{}:{last}",
            star(region),
            star(account)
        ),
        8 | 9 => with_variable(random, scene, head, id),
        10 if short => random.pick(&[
            format!("arn:{partition}:{service}"),
            format!("arn:{partition}:{service}:*"),
            format!("arn:{partition}:{service}:{region}:{account}"),
            // The `*` takes the account too.
            format!("arn:{partition}:{service}:*:{last}"),
        ]),
        11 if random.percent(30) => format!("arn:{partition}:{service}:*:{last}"),
        _ => asked.to_owned(),
    }
}

fn star(field: &str) -> String {
    match field.len() {
        0 => "*".to_owned(),
        n => format!("{}*", &field[..n / 2]),
    }
}

/// The resource with a variable for a part of its id, which some key of the context has as its value.
fn with_variable(random: &mut Random, scene: &Scene, head: &str, id: &str) -> String {
    let key = if random.percent(10) {
        "aws:TagKeys".to_owned()
    } else {
        random.text(VARIABLES)
    };
    if id.contains('?') && random.percent(50) {
        return format!("{head}{}", id.replace('?', "${?}"));
    }
    let part = scene
        .single(&key)
        .filter(|v| id.contains(v))
        .unwrap_or("red");
    let shown = if random.percent(20) {
        random.case(&key)
    } else {
        key.clone()
    };
    let default = if random.percent(35) && key != "aws:TagKeys" {
        format!(", '{}'", random.text(&["red", "blue", "red", "*"]))
    } else {
        String::new()
    };
    let variable = format!("${{{shown}{default}}}");
    if id.contains(part) {
        format!("{head}{}", id.replacen(part, &variable, 1))
    } else {
        format!("{head}{variable}*")
    }
}

/// A `Principal` element, which names the caller so many times in a hundred.
fn principals(random: &mut Random, scene: &Scene, near: usize) -> Value {
    if random.percent(12) {
        return random.pick(&[json!("*"), json!({"AWS": "*"})]);
    }
    let many = random.pick(&[1, 1, 1, 2, 2, 3]);
    let mut set: Map<String, Value> = Map::new();
    for _ in 0..many {
        let (kind, entry) = if random.percent(near) {
            naming(random, scene)
        } else {
            other(random)
        };
        match set.entry(kind).or_insert_with(|| json!([])) {
            Value::Array(entries) => entries.push(json!(entry)),
            _ => unreachable!("each kind has a list"),
        }
    }
    for entries in set.values_mut() {
        if let [one] = entries.as_array().map_or(&[][..], Vec::as_slice)
            && random.percent(60)
        {
            *entries = one.clone();
        }
    }
    Value::Object(set)
}

/// An entry that names the caller, in one of the ways.
fn naming(random: &mut Random, scene: &Scene) -> (&'static str, String) {
    let Some(arn) = scene.arn() else {
        return match scene.caller.1.as_str() {
            Some(service) if scene.caller.0 == "CallerService" => ("Service", service.to_owned()),
            Some(provider) => ("Federated", provider.to_owned()),
            None => ("AWS", "*".to_owned()),
        };
    };
    let account = scene.account();
    let entry = match random.below(8) {
        0 => account.to_owned(),
        1 => format!("arn:aws:iam::{account}:root"),
        2..4 => scene.role().unwrap_or_else(|| arn.to_owned()),
        4 if arn.contains(":role/") => format!("arn:aws:sts::{account}:assumed-role/app/one"),
        _ => arn.to_owned(),
    };
    ("AWS", entry)
}

/// An entry that seldom names the caller.
fn other(random: &mut Random) -> (&'static str, String) {
    let account = random.pick(&[HOME, AWAY]);
    match random.below(12) {
        0 => ("AWS", format!("arn:aws:iam::{account}:user/bob")),
        1 => ("AWS", format!("arn:aws:iam::{account}:role/other")),
        // The role `deep` has a path: this is another role, which does not exist.
        2 => ("AWS", format!("arn:aws:iam::{account}:role/deep")),
        3 => (
            "AWS",
            format!("arn:aws:sts::{account}:assumed-role/app/two"),
        ),
        4 => ("AWS", "AROAEXAMPLEEXAMPLE111".to_owned()),
        5 => ("AWS", account.to_owned()),
        6 => ("Service", random.text(&[SERVICE, "lambda.amazonaws.com"])),
        7 => (
            "Federated",
            format!("arn:aws:iam::{account}:oidc-provider/{ISSUER}"),
        ),
        8 => ("Federated", "cognito-identity.amazonaws.com".to_owned()),
        9 => (
            "CanonicalUser",
            "79a59df900b949e55d96a1e698fbaced".to_owned(),
        ),
        10 => ("AWS", "arn:aws:iam::333333333333:root".to_owned()),
        _ => ("AWS", format!("arn:aws:sts::{account}:federated-user/fed")),
    }
}
