//! Random `Condition` blocks: every operator, over keys of its type and sometimes of another.

use serde_json::{Map, Value, json};

use super::random::Random;
use super::scene::{KEYS, Kind, Scene, VARIABLES};

/// The operators with the type of the values that they compare.
pub const OPERATORS: &[(&str, Kind)] = &[
    ("StringEquals", Kind::Text),
    ("StringNotEquals", Kind::Text),
    ("StringEqualsIgnoreCase", Kind::Text),
    ("StringNotEqualsIgnoreCase", Kind::Text),
    ("StringLike", Kind::Text),
    ("StringNotLike", Kind::Text),
    ("NumericEquals", Kind::Number),
    ("NumericNotEquals", Kind::Number),
    ("NumericLessThan", Kind::Number),
    ("NumericLessThanEquals", Kind::Number),
    ("NumericGreaterThan", Kind::Number),
    ("NumericGreaterThanEquals", Kind::Number),
    ("DateEquals", Kind::Date),
    ("DateNotEquals", Kind::Date),
    ("DateLessThan", Kind::Date),
    ("DateLessThanEquals", Kind::Date),
    ("DateGreaterThan", Kind::Date),
    ("DateGreaterThanEquals", Kind::Date),
    ("Bool", Kind::Bool),
    ("BinaryEquals", Kind::Binary),
    ("IpAddress", Kind::Address),
    ("NotIpAddress", Kind::Address),
    ("ArnEquals", Kind::Arn),
    ("ArnLike", Kind::Arn),
    ("ArnNotEquals", Kind::Arn),
    ("ArnNotLike", Kind::Arn),
];

/// A `Condition` block, often empty.
pub fn block(random: &mut Random, scene: &Scene) -> Map<String, Value> {
    let mut block = Map::new();
    for _ in 0..random.pick(&[0, 0, 0, 1, 1, 1, 2]) {
        let (name, kind) = random.pick(OPERATORS);
        let (key, of) = key(random, kind);
        let operator = if random.percent(6) {
            with_set(random, "Null".to_owned(), of)
        } else {
            let if_exists = if random.percent(25) { "IfExists" } else { "" };
            with_set(random, format!("{name}{if_exists}"), of)
        };
        let operator = if random.percent(5) {
            random.case(&operator)
        } else {
            operator
        };
        let values = if operator.to_lowercase().ends_with("null") {
            random.pick(&[json!("true"), json!("false"), json!(true), json!(["false"])])
        } else {
            values(random, scene, key, kind)
        };
        let key = if random.percent(15) {
            random.case(key)
        } else {
            key.to_owned()
        };
        match block.entry(operator).or_insert_with(|| json!({})) {
            Value::Object(keys) => keys.insert(key, values),
            _ => unreachable!("each operator has its keys"),
        };
    }
    block
}

/// A key whose values are of the operator's type, now and then of another.
fn key(random: &mut Random, kind: Kind) -> (&'static str, Kind) {
    let fits = |of: Kind| of == kind || (kind == Kind::Text && of == Kind::List);
    // Values that the reference reads as numbers and dates and AWS, perhaps, does not.
    let lenient = |of: Kind| match kind {
        Kind::Number => matches!(of, Kind::Date | Kind::Address),
        Kind::Date => !matches!(of, Kind::Bool | Kind::Text),
        _ => false,
    };
    let wrong = random.percent(6);
    loop {
        let (key, of) = random.pick(KEYS);
        if fits(of) || (wrong && !lenient(of)) {
            return (key, of);
        }
    }
}

fn with_set(random: &mut Random, operator: String, of: Kind) -> String {
    let often = if of == Kind::List { 85 } else { 30 };
    if random.percent(often) {
        format!(
            "{}:{operator}",
            random.text(&["ForAllValues", "ForAnyValue"])
        )
    } else {
        operator
    }
}

fn values(random: &mut Random, scene: &Scene, key: &str, kind: Kind) -> Value {
    let own = scene
        .context
        .iter()
        .find(|(k, ..)| k.eq_ignore_ascii_case(key))
        .map(|(_, values, _)| values.as_slice());
    let one = |random: &mut Random| match own {
        Some(own) if random.percent(55) => {
            let own = random.pick(own);
            like(random, &own, kind).unwrap_or_else(|| apart(random, kind))
        }
        _ => apart(random, kind),
    };
    match random.below(10) {
        0..5 => one(random),
        5..7 => json!([one(random)]),
        _ => json!([one(random), one(random)]),
    }
}

/// A value that the request's value meets or nearly meets.
fn like(random: &mut Random, own: &str, kind: Kind) -> Option<Value> {
    let half = own.len() / 2;
    let text = match kind {
        Kind::Text | Kind::List => match random.below(7) {
            0 => random.case(own),
            1 => format!("{}*", own.get(..half)?),
            2 => format!("{}?{}", own.get(..half)?, own.get(half + 1..)?),
            3 => own
                .replace('*', "${*}")
                .replace('?', "${?}")
                .replace("${x}", "${$}{x}"),
            _ => own.to_owned(),
        },
        Kind::Bool if random.percent(30) => return own.parse::<bool>().ok().map(Value::Bool),
        Kind::Number if random.percent(30) => return own.parse::<i64>().ok().map(|n| json!(n)),
        Kind::Address if own.contains('.') => random.pick(&[
            format!("{own}/32"),
            format!("{own}/8"),
            own.to_owned(),
            "0.0.0.0/0".to_owned(),
        ]),
        Kind::Address => random.pick(&[
            format!("{own}/128"),
            format!("{own}/32"),
            own.to_lowercase(),
            "::/0".to_owned(),
        ]),
        Kind::Arn if own.starts_with("arn:") => {
            let mut fields: Vec<String> = own.splitn(6, ':').map(str::to_owned).collect();
            let at = 1 + random.below(5);
            if random.percent(60) {
                fields[at] = if random.percent(50) {
                    "*".to_owned()
                } else {
                    let half = fields[at].len() / 2;
                    format!("{}*", fields[at].get(..half)?)
                };
            }
            fields.join(":")
        }
        _ => own.to_owned(),
    };
    Some(json!(text))
}

/// A value that has nothing to do with the request's.
fn apart(random: &mut Random, kind: Kind) -> Value {
    if random.percent(4) && kind != Kind::Arn {
        return json!("none of it");
    }
    let text = match kind {
        Kind::Text | Kind::List => {
            if random.percent(25) {
                return json!(variable(random));
            }
            random.text(&[
                "red", "blue", "r*", "*", "?ed", "R*", "x", "${*}", "r${*}d", "${?}", "*${$}{x}",
            ])
        }
        Kind::Arn if random.percent(25) => {
            format!(
                "arn:aws:eks:eu-west-1:111111111111:cluster/{}",
                variable(random)
            )
        }
        Kind::Arn => random.text(&[
            "arn:aws:s3:::*",
            "arn:aws:iam::*:role/*",
            "arn:*:*:*:111111111111:*",
            "arn:aws:iam::111111111111:user/???",
            "arn:aws:sns:eu-west-?:111111111111:topic",
            "arn:aws:eks:eu-west-1:111111111111:cluster/red",
        ]),
        Kind::Address => random.text(&[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.0.2.0/24",
            "2001:db8::/32",
            "10.0.0.1",
            "2001:DB8::1",
        ]),
        _ => super::scene::value(random, kind),
    };
    json!(text)
}

fn variable(random: &mut Random) -> String {
    let key = random.text(VARIABLES);
    let key = if random.percent(20) {
        random.case(&key)
    } else {
        key
    };
    let default = if random.percent(40) {
        random.text(&[", 'red'", ", 'r*d'"])
    } else {
        String::new()
    };
    let star = if random.percent(20) { "*" } else { "" };
    format!("${{{key}{default}}}{star}")
}
