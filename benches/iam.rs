//! Decisions: how many a second over many roles, which of many roles reach which of many secrets, and how much
//! memory a role takes (printed first; Linux).
//!
//! `cargo bench --no-default-features --bench iam`

#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eks_auditor::iam::context::Context;
use eks_auditor::iam::document::PolicyDocument;
use eks_auditor::iam::evaluate::{NamedPolicy, Policies, Request, evaluate};
use eks_auditor::iam::glob::{Colons, Pattern};
use eks_auditor::iam::index::{Holder, ResourceIndex};
use eks_auditor::iam::permissions::{PermissionSet, compare};
use eks_auditor::iam::principal::Principal;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ROLES: usize = 5_000;
const SECRETS: usize = 5_000;
const SERVICES: [&str; 12] = [
    "s3",
    "ec2",
    "sqs",
    "sns",
    "dynamodb",
    "kms",
    "logs",
    "ecr",
    "ssm",
    "eks",
    "iam",
    "secretsmanager",
];
const VERBS: [&str; 8] = [
    "Get", "List", "Describe", "Put", "Create", "Delete", "Update", "Tag",
];

/// A managed policy: ten to sixty actions of one service or two.
fn managed(number: usize) -> Value {
    let service = SERVICES[number % 12];
    let other = SERVICES[(number * 5 + 1) % 12];
    let actions: Vec<String> = (0..10 + number)
        .map(|n| {
            format!(
                "{service}:{}Thing{}{}",
                VERBS[n % 8],
                n / 8,
                if n % 3 == 0 { "*" } else { "" }
            )
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
        {"Effect": "Allow", "Action": [format!("{other}:Describe*"), format!("{other}:List*")], "Resource": "*"},
        {"Effect": "Allow", "Action": format!("{service}:Put*"), "Resource": format!("arn:aws:{service}:*:*:shared/*"),
            "Condition": {"StringEquals": {"aws:ResourceTag/shared": "true"}}},
    ]})
}

/// What reads everything, as ReadOnlyAccess does: a thousand actions.
fn reading() -> Value {
    let actions: Vec<String> = (0..1_000)
        .map(|n| format!("service{}:{}Item{}*", n / 20, VERBS[n % 3], n % 20))
        .chain(
            SERVICES
                .iter()
                .flat_map(|s| [format!("{s}:Describe*"), format!("{s}:List*")]),
        )
        .collect();
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}})
}

/// A role's own policy: its bucket, its queue, its secrets.
fn own(number: usize) -> Value {
    let secrets = match number % 50 {
        0 => "*".to_owned(),
        n if n % 3 == 0 => format!(
            "arn:aws:secretsmanager:*:{ACCOUNT}:secret:team-{}/*",
            number % 400
        ),
        _ => format!(
            "arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:team-{}/app-{number}-*",
            number % 400
        ),
    };
    let mut read = json!({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        "Resource": secrets});
    if number.is_multiple_of(10) {
        read["Condition"] = json!({"StringEquals": {"aws:SourceVpc": "vpc-0abc"}});
    }
    json!({"Version": "2012-10-17", "Statement": [
        read,
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::app-{number}/*")},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:app-{number}")},
        {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
    ]})
}

fn document(value: &Value) -> Arc<PolicyDocument> {
    match PolicyDocument::from_value(value) {
        Ok(document) => document.into(),
        Err(error) => panic!("{error}"),
    }
}

/// A role with its policies, loaded.
struct Role {
    principal: Principal,
    identity: Vec<NamedPolicy>,
    boundary: Vec<NamedPolicy>,
    context: Context,
}

impl Role {
    fn policies(&self) -> Policies<'_> {
        Policies {
            identity: &self.identity,
            boundary: &self.boundary,
            ..Policies::default()
        }
    }
}

struct Estate {
    roles: Vec<Role>,
    scps: Vec<Vec<NamedPolicy>>,
}

fn named(name: &str, document: &Arc<PolicyDocument>) -> NamedPolicy {
    NamedPolicy {
        name: name.into(),
        document: Arc::clone(document),
    }
}

/// Roles of two or three managed policies of fifty, one in twenty with the reading one, an own one, and one
/// in ten with a boundary.
fn estate() -> Estate {
    let managed: Vec<NamedPolicy> = (0..50)
        .map(|n| {
            named(
                &format!("arn:aws:iam::aws:policy/M{n}"),
                &document(&managed(n)),
            )
        })
        .collect();
    let reading = named(
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        &document(&reading()),
    );
    let boundary = named(
        "arn:aws:iam::111122223333:policy/boundary",
        &document(
            &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"],
            "Resource": "*"}}),
        ),
    );
    let scp = document(&json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["organizations:LeaveOrganization", "cloudtrail:StopLogging"], "Resource": "*"}]}));
    let role = |number: usize| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/app-{number}");
        let Some(principal) = Principal::from_arn(&arn) else {
            panic!("{arn}")
        };
        let mut context = Context::partial();
        principal.fill(&mut context);
        let mut identity: Vec<NamedPolicy> = (0..2 + number % 2)
            .map(|n| managed[(number * 7 + n * 13) % 50].clone())
            .collect();
        if number.is_multiple_of(20) {
            identity.push(reading.clone());
        }
        identity.push(named("inline own", &document(&own(number))));
        Role {
            principal,
            identity,
            boundary: if number.is_multiple_of(10) {
                vec![boundary.clone()]
            } else {
                Vec::new()
            },
            context,
        }
    };
    Estate {
        roles: (0..ROLES).map(role).collect(),
        scps: vec![vec![named("root", &scp)], vec![named("unit", &scp)]],
    }
}

fn secrets() -> Vec<String> {
    let one = |n: usize| {
        format!(
            "arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:team-{}/app-{n}-AbC{:03}",
            n % 400,
            n % 1_000
        )
    };
    (0..SECRETS).map(one).collect()
}

/// Requests that roles make, and some that they have no right to.
fn requests() -> Vec<(String, String)> {
    let one = |n: usize| {
        let service = SERVICES[n % 12];
        match n % 4 {
            0 => (
                "s3:getobject".to_owned(),
                format!("arn:aws:s3:::app-{n}/key"),
            ),
            1 => (
                "secretsmanager:getsecretvalue".to_owned(),
                format!(
                    "arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:team-{}/app-{n}-AbCdEf",
                    n % 400
                ),
            ),
            2 => (format!("{service}:describething{n}"), "*".to_owned()),
            _ => (
                format!("{service}:putthing{}", n % 9),
                format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:shared/{n}"),
            ),
        }
    };
    (0..1_009).map(one).collect()
}

/// Bytes that the process has in memory.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}

fn decisions(criterion: &mut Criterion, estate: &Estate) {
    let requests = requests();
    let mut group = criterion.benchmark_group("decisions");
    const BATCH: usize = 10_000;
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, scps) in [("without SCPs", &[][..]), ("with SCPs", &estate.scps)] {
        let mut at = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut allowed = 0;
                for _ in 0..BATCH {
                    at += 1;
                    let role = &estate.roles[at % ROLES];
                    let (action, resource) = &requests[at % requests.len()];
                    let policies = Policies {
                        scps,
                        ..role.policies()
                    };
                    let request = Request::new(&role.principal, action, resource, &role.context);
                    allowed += usize::from(!evaluate(&request, &policies).is_denied());
                }
                black_box(allowed)
            });
        });
    }
    group.finish();
}

fn pairs(criterion: &mut Criterion, estate: &Estate) {
    let secrets = secrets();
    let mut group = criterion.benchmark_group("pairs");
    group.sample_size(10);
    group.throughput(Throughput::Elements((ROLES * SECRETS) as u64));
    group.bench_function("5,000 roles, 5,000 secrets, with the index", |bencher| {
        bencher.iter(|| {
            let index = ResourceIndex::new(secrets.iter().map(String::as_str));
            let holders = estate.roles.iter().map(|role| Holder {
                principal: &role.principal,
                policies: Policies {
                    scps: &estate.scps,
                    ..role.policies()
                },
                context: &role.context,
            });
            let pairs = index.pairs(holders, "secretsmanager:getsecretvalue");
            black_box(
                pairs
                    .iter()
                    .map(|r| r.certain.len() + r.open.len())
                    .sum::<usize>(),
            )
        });
    });
    group.finish();
}

fn sets(criterion: &mut Criterion, estate: &Estate) {
    let mut group = criterion.benchmark_group("sets");
    let (action, resource) = (
        Pattern::new("secretsmanager:*"),
        Pattern::new("arn:aws:secretsmanager:*:*:secret:*"),
    );
    let mut at = 0;
    group.bench_function("any secret", |bencher| {
        bencher.iter(|| {
            at += 1;
            let role = &estate.roles[at % ROLES];
            let set = PermissionSet::new(&role.principal, &role.policies(), &role.context);
            black_box(set.may_any(&action, &resource, Colons::Kept).truth)
        });
    });
    group.bench_function("one role in another", |bencher| {
        bencher.iter(|| {
            at += 1;
            let (a, b) = (
                &estate.roles[at % ROLES],
                &estate.roles[(at * 7 + 1) % ROLES],
            );
            let one = PermissionSet::new(&a.principal, &a.policies(), &a.context);
            let other = PermissionSet::new(&a.principal, &b.policies(), &a.context);
            black_box(compare(&one, &other))
        });
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let before = resident();
    let estate = estate();
    if let (Some(before), Some(after)) = (before, resident()) {
        let documents: HashMap<*const PolicyDocument, usize> = estate
            .roles
            .iter()
            .flat_map(|r| &r.identity)
            .map(|p| (Arc::as_ptr(&p.document), 1))
            .collect();
        println!(
            "memory: {} bytes a role ({ROLES} roles, {} documents)",
            after.saturating_sub(before) / ROLES,
            documents.len()
        );
    }
    decisions(criterion, &estate);
    pairs(criterion, &estate);
    sets(criterion, &estate);
}

criterion_group!(benches, all);
criterion_main!(benches);
