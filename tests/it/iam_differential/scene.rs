//! Who asks for what, with which condition keys: what the policies of a case are then made around.

use serde_json::{Map, Value, json};

use super::random::Random;

pub const HOME: &str = "111111111111";
pub const AWAY: &str = "222222222222";
pub const SERVICE: &str = "ec2.amazonaws.com";
pub const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/AB12";

/// The type of a condition key's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    List,
    Bool,
    Number,
    Date,
    Address,
    Arn,
    Binary,
}

/// The condition keys that cases use, beside those that follow from the caller.
pub const KEYS: &[(&str, Kind)] = &[
    ("aws:PrincipalTag/team", Kind::Text),
    ("aws:RequestTag/env", Kind::Text),
    ("aws:SourceVpc", Kind::Text),
    ("aws:username", Kind::Text),
    ("s3:prefix", Kind::Text),
    ("sts:ExternalId", Kind::Text),
    ("oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub", Kind::Text),
    ("aws:TagKeys", Kind::List),
    ("aws:PrincipalOrgPaths", Kind::List),
    ("aws:MultiFactorAuthPresent", Kind::Bool),
    ("aws:SecureTransport", Kind::Bool),
    ("s3:max-keys", Kind::Number),
    ("aws:MultiFactorAuthAge", Kind::Number),
    ("aws:CurrentTime", Kind::Date),
    ("aws:TokenIssueTime", Kind::Date),
    ("aws:SourceIp", Kind::Address),
    ("aws:VpcSourceIp", Kind::Address),
    ("aws:SourceArn", Kind::Arn),
    ("aws:PrincipalArn", Kind::Arn),
    ("lambda:Digest", Kind::Binary),
];

/// Those that policies use as variables too.
pub const VARIABLES: &[&str] = &[
    "aws:PrincipalTag/team",
    "aws:username",
    "aws:RequestTag/env",
    "aws:SourceVpc",
];

/// Values that few kinds of keys can have.
const STRANGE: &[&str] = &["x", "true", "*", "a b"];

/// Whether a key of the kind can have the value. A key that is not known has no other.
pub fn is_typed(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Text | Kind::List => true,
        Kind::Bool => value == "true" || !STRANGE.contains(&value),
        _ => !STRANGE.contains(&value),
    }
}

/// A value for a key of the kind, at times one that it cannot have.
pub fn value(random: &mut Random, kind: Kind) -> String {
    if random.percent(3) {
        return random.text(STRANGE);
    }
    typed_value(random, kind)
}

/// A value that a key of the kind can have.
pub fn typed_value(random: &mut Random, kind: Kind) -> String {
    match kind {
        Kind::Text => random.text(&["red", "blue", "Red", "data", "k", "q", "r*d", "a?c", "${x}"]),
        Kind::List => random.text(&["red", "blue", "Red", "o-1/r-1/ou-1/", "o-1/r-1/ou-2/"]),
        Kind::Bool => random.text(&["true", "false", "True", "FALSE"]),
        Kind::Number => random.text(&["0", "1", "10", "10.5", "100", "-3"]),
        Kind::Date => random.text(&[
            "2026-01-01T00:00:00Z",
            "2026-06-01T12:30:00Z",
            "2026-06-01T14:30:00+02:00",
            "2026-06-01",
            "2027-01-01T00:00:00.5Z",
            "1780317000",
        ]),
        Kind::Address => random.text(&[
            "10.0.0.1",
            "10.1.2.3",
            "192.0.2.7",
            "2001:db8::1",
            "2001:0DB8::1",
            "2001:db9::1",
        ]),
        Kind::Arn => random.text(&[
            "arn:aws:sns:eu-west-1:111111111111:topic",
            "arn:aws:s3:::data",
            "arn:aws:lambda:eu-west-1:222222222222:function:f",
            "arn:aws:eks:eu-west-1:111111111111:cluster/red",
        ]),
        Kind::Binary => random.text(&["QmluYXJ5", "YmluYXJ5", "AA=="]),
    }
}

/// A request without its policies.
pub struct Scene {
    pub action: String,
    pub resource: String,
    /// `CallerArn`, `CallerService`, `CallerFederated` or `CallerAnonymous`.
    pub caller: (&'static str, Value),
    /// Condition keys with their values; more than one value, or a list key, makes a list.
    pub context: Vec<(String, Vec<String>, bool)>,
}

impl Scene {
    pub fn new(random: &mut Random) -> Self {
        let usual = random.percent(65);
        let (action, resource) = random.pick(if usual { &ASKED[..USUAL] } else { ASKED });
        let caller = caller(random, action);
        let mut scene = Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            caller,
            context: Vec::new(),
        };
        if random.percent(15) {
            scene.action = random.case(&scene.action);
        }
        scene.fill(random);
        scene
    }

    /// The caller's ARN, if it has one.
    pub fn arn(&self) -> Option<&str> {
        self.caller
            .1
            .as_str()
            .filter(|_| self.caller.0 == "CallerArn")
    }

    /// The caller's account.
    pub fn account(&self) -> &str {
        self.arn().and_then(|a| a.split(':').nth(4)).unwrap_or(HOME)
    }

    /// The ARN of the session's role, path and all.
    pub fn role(&self) -> Option<String> {
        let arn = self.arn()?;
        let name = match arn.split_once(":assumed-role/") {
            Some((_, rest)) => rest.split('/').next().unwrap_or(""),
            None => return arn.contains(":role/").then(|| arn.to_owned()),
        };
        let path = if name == "deep" { "team/" } else { "" };
        Some(format!("arn:aws:iam::{}:role/{path}{name}", self.account()))
    }

    fn fill(&mut self, random: &mut Random) {
        for (key, kind) in KEYS.iter().filter(|(k, _)| *k != "aws:PrincipalArn") {
            if !random.percent(60) {
                continue;
            }
            let list = *kind == Kind::List || (!VARIABLES.contains(key) && random.percent(3));
            let many = if list { 1 + random.below(3) } else { 1 };
            let values = (0..many).map(|_| value(random, *kind)).collect();
            let key = if random.percent(10) {
                random.case(key)
            } else {
                (*key).to_owned()
            };
            self.context.push((key, values, list));
        }
        self.follows("aws:ResourceAccount", HOME.to_owned());
        if self.caller.0 == "CallerAnonymous" {
            self.follows("aws:PrincipalType", "Anonymous".to_owned());
        }
        let Some(arn) = self.arn().map(str::to_owned) else {
            return;
        };
        let kind = match () {
            () if arn.ends_with(":root") => "Account",
            () if arn.contains(":user/") => "User",
            () if arn.contains(":federated-user/") => "FederatedUser",
            () => "AssumedRole",
        };
        self.follows("aws:PrincipalArn", self.role().unwrap_or(arn));
        self.follows("aws:PrincipalAccount", self.account().to_owned());
        self.follows("aws:PrincipalType", kind.to_owned());
    }

    /// A key that follows from the request.
    fn follows(&mut self, key: &str, value: String) {
        self.context.push((key.to_owned(), vec![value], false));
    }

    /// The single value of a key.
    pub fn single(&self, key: &str) -> Option<&str> {
        self.context
            .iter()
            .find(|(k, _, list)| k.eq_ignore_ascii_case(key) && !list)
            .and_then(|(_, v, _)| v.first().map(String::as_str))
    }

    /// The request, to which the policies are added.
    pub fn request(&self) -> Map<String, Value> {
        let entries = self.context.iter().map(|(key, values, list)| {
            let kind = if *list { "stringList" } else { "string" };
            json!({"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": kind})
        });
        let mut request = Map::new();
        request.insert(self.caller.0.to_owned(), self.caller.1.clone());
        request.insert("ActionNames".to_owned(), json!([self.action]));
        request.insert("ResourceArns".to_owned(), json!([self.resource]));
        request.insert("ResourceOwner".to_owned(), json!(HOME));
        request.insert("ContextComplete".to_owned(), json!(true));
        request.insert("ContextEntries".to_owned(), entries.collect());
        request
    }
}

/// What is asked for.
const ASKED: &[(&str, &str)] = &[
    ("s3:GetObject", "arn:aws:s3:::data/red/k"),
    ("s3:GetObject", "arn:aws:s3:::data/a:b"),
    ("s3:PutObject", "arn:aws:s3:::data/r?d"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111111111111:q"),
    (
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:red/db-AbCdEf",
    ),
    (
        "kms:Decrypt",
        "arn:aws:kms:eu-west-1:111111111111:key/1234abcd",
    ),
    (
        "sts:AssumeRole",
        "arn:aws:iam::111111111111:role/red/target",
    ),
    (
        "sts:AssumeRoleWithWebIdentity",
        "arn:aws:iam::111111111111:role/target",
    ),
    ("s3:ListBucket", "arn:aws:s3:::data"),
    ("s3:ListAllMyBuckets", "*"),
    ("ec2:DescribeInstances", "*"),
    (
        "kms:Encrypt",
        "arn:aws:kms:eu-west-1:111111111111:key/1234abcd",
    ),
    (
        "kms:UpdateAlias",
        "arn:aws:kms:eu-west-1:111111111111:alias/app",
    ),
    (
        "kms:UpdateAlias",
        "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3",
    ),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/target"),
    ("sts:TagSession", "arn:aws:iam::111111111111:role/target"),
    ("sts:GetCallerIdentity", "*"),
    ("iam:PassRole", "arn:aws:iam::111111111111:role/target"),
    (
        "iam:DeleteRole",
        "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x",
    ),
    (
        "iam:CreatePolicyVersion",
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ),
];

/// So many of them are asked for more often.
const USUAL: usize = 8;

fn caller(random: &mut Random, action: &str) -> (&'static str, Value) {
    let provider = |account: &str| json!(format!("arn:aws:iam::{account}:oidc-provider/{ISSUER}"));
    if action == "sts:AssumeRoleWithWebIdentity" {
        let account = random.pick(&[HOME, HOME, HOME, AWAY]);
        return ("CallerFederated", provider(account));
    }
    let account = random.pick(&[HOME, HOME, HOME, AWAY]);
    let arn = match random.below(100) {
        0..30 => format!("arn:aws:iam::{account}:user/ann"),
        30..53 => format!("arn:aws:sts::{account}:assumed-role/app/one"),
        53..60 => format!("arn:aws:sts::{account}:assumed-role/deep/one"),
        60..70 => format!("arn:aws:iam::{account}:role/app"),
        70..78 => format!("arn:aws:sts::{account}:federated-user/fed"),
        78..83 => format!("arn:aws:iam::{account}:root"),
        // Only who has credentials can ask who it is.
        _ if action == "sts:GetCallerIdentity" => format!("arn:aws:iam::{account}:user/ann"),
        83..92 => return ("CallerService", json!(SERVICE)),
        _ => return ("CallerAnonymous", json!(true)),
    };
    ("CallerArn", json!(arn))
}
