//! What paths end at in AWS that is read: secrets, parameters, keys, data; each with an edge from every principal that
//! reads it.
//!
//! Service Authorization Reference: which action reads what, and on which resource it is asked.

use std::collections::BTreeMap;

use super::edge::{By, Edge, Rests};
use super::node::Set;
use super::{Caller, Control};
use crate::graph::decision::{Answer, Because, Deciding, Decision};
use crate::graph::named::{Unnamed, What};
use crate::graph::path::EdgeKind;
use crate::snapshot::id::Arn;

/// What reads a secret.
const GET_SECRET: &str = "secretsmanager:GetSecretValue";

/// By service, what reads its resources: each of these does alone.
const READS: &[(&str, &[&str])] = &[
    ("secretsmanager", &[GET_SECRET]),
    (
        "ssm",
        &[
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
            "ssm:GetParameterHistory",
        ],
    ),
    ("kms", &["kms:Decrypt"]),
    ("s3", &["s3:GetObject", "s3:GetObjectVersion"]),
    (
        "dynamodb",
        &[
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:PartiQLSelect",
        ],
    ),
    ("rds-db", &["rds-db:connect"]),
    ("sqs", &["sqs:ReceiveMessage"]),
    ("kinesis", &["kinesis:GetRecords"]),
    ("codecommit", &["codecommit:GitPull"]),
];

/// What reads a resource of this ARN, where that is known.
pub fn reads(arn: &str) -> Option<&'static [&'static str]> {
    let service = Arn::parse(arn)?.service;
    let found = READS.iter().find(|(name, _)| *name == service);
    found.map(|(_, actions)| *actions)
}

/// The services whose data can be named.
pub fn services() -> String {
    let names: Vec<&str> = READS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// Whether a name is the ARN of data, or a pattern of such.
pub(super) fn is_data(name: &str) -> bool {
    reads(name).is_some()
}

impl Control<'_, '_> {
    /// A secret of Secrets Manager.
    pub(super) fn secret(&mut self, name: &str) -> Result<usize, Unnamed> {
        let what = self.graph.what(Some(name))?;
        Ok(self.read_by(&[GET_SECRET], &what))
    }

    /// Data under an ARN, or under any that a pattern matches. A bucket stands for its objects.
    pub(super) fn data(&mut self, arn: &str) -> Result<usize, Unnamed> {
        let Some(actions) = reads(arn) else {
            let known = services();
            return Err(Unnamed::Unknown(format!(
                "what reads `{arn}` is not known: the services are {known}"
            )));
        };
        let bucket =
            Arn::parse(arn).is_some_and(|arn| arn.service == "s3" && !arn.resource.contains('/'));
        let text = match bucket {
            true => format!("{arn}/*"),
            false => arn.to_owned(),
        };
        let what = self.graph.what(Some(&text))?;
        Ok(self.read_by(actions, &what))
    }

    /// From each caller an edge by the first of the actions that it surely may, or by those that it may perhaps.
    fn read_by(&mut self, actions: &[&str], what: &What) -> usize {
        let set = Set::Jewel(what.text().to_owned());
        if let Some(known) = self.nodes.find(&set) {
            return known;
        }
        let number = self.nodes.place(set);
        let mut edges: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
        for action in actions {
            let deciding = self.graph.deciding(action, what);
            // Whom no statement of its own allows the action, the resource's own policy would have to.
            let has_own = deciding.has_own();
            for (from, caller) in self.assume.each() {
                let known = edges.get(&from).and_then(|known| known.last());
                let is_sure = known.is_some_and(|edge| edge.open.is_none());
                if is_sure || !(has_own || caller.names(&deciding.action)) {
                    continue;
                }
                if let Some(edge) = self.reads(caller, &deciding, number) {
                    edges.entry(from).or_default().push(edge);
                }
            }
        }
        for (from, edges) in edges {
            for edge in edges {
                self.edge(from, edge);
            }
        }
        number
    }

    fn reads(
        &self,
        caller: &Caller<'_, '_>,
        deciding: &Deciding<'_>,
        number: usize,
    ) -> Option<Edge> {
        let answer = self.graph.asked(&caller.asker, deciding);
        if answer.decision == Decision::Denied {
            return None;
        }
        let because = self.by(&answer);
        let open = match answer.decision {
            Decision::Allowed => caller.open([]),
            _ => caller
                .open(answer.conditions)
                .or_else(|| Some("only if what is not known allows it".to_owned())),
        };
        let on = match (deciding.what, answer.on.as_slice()) {
            (What::One(_), _) | (_, []) => String::new(),
            (_, on) => format!(", on {}", crate::graph::wording::some_of(on)),
        };
        let evidence = format!("{} by {because}{on}", deciding.shown);
        let statements = answer.because.iter().filter_map(|one| match one {
            Because::Statement(matched) => Some(matched.clone()),
            _ => None,
        });
        let rests = Rests::Statements(statements.collect());
        let edge = Edge::step(number, EdgeKind::ReadsSecret, evidence);
        Some(edge.open(open).rests(rests))
    }

    /// By number: the principals that read a secret, and whether for certain.
    pub fn readers(&self, secret: &str) -> BTreeMap<usize, bool> {
        let what = What::One(secret.to_owned());
        let deciding = self.graph.deciding(GET_SECRET, &what);
        let named = deciding.has_own();
        let mut readers = BTreeMap::new();
        for (at, caller) in self.assume.callers.iter().enumerate() {
            let Some(caller) = caller
                .as_ref()
                .filter(|one| named || one.names(&deciding.action))
            else {
                continue;
            };
            if let Some(edge) = self.reads(caller, &deciding, at) {
                readers.insert(at, edge.open.is_none());
            }
        }
        readers
    }

    /// What an answer rests on, in words.
    pub(super) fn by(&self, answer: &Answer) -> String {
        let one = |because: &Because| match because {
            Because::Statement(matched) => self.graph.because(std::slice::from_ref(matched)),
            Because::Role { evidence, .. } | Because::Entry { evidence, .. } => evidence.clone(),
            Because::Rule { text, .. } => text.clone(),
            Because::AccessPolicy { policy, scope } => format!("{policy} in {scope}"),
            Because::Superuser => "system:masters".to_owned(),
        };
        let all: Vec<String> = answer.because.iter().map(one).collect();
        all.join(", ")
    }

    /// Any secret that was seen.
    pub(super) fn any_secret(&mut self) -> usize {
        let set = Set::Jewel("secret/*".to_owned());
        if let Some(known) = self.nodes.find(&set) {
            return known;
        }
        let number = self.nodes.place(set);
        let accounts = &self.graph.snapshot.accounts;
        let regions = accounts
            .values()
            .flat_map(|account| account.regions.values());
        let secrets = regions.flat_map(|region| &region.secretsmanager.secrets);
        let arns: Vec<String> = secrets.map(|secret| secret.arn.clone()).collect();
        let mut best: BTreeMap<usize, Edge> = BTreeMap::new();
        for arn in &arns {
            let what = What::One(arn.clone());
            let deciding = self.graph.deciding(GET_SECRET, &what);
            let has_own = deciding.has_own();
            for (from, caller) in self.assume.each() {
                // Who reads one for certain needs no other.
                if best.get(&from).is_some_and(|edge| edge.open.is_none()) {
                    continue;
                }
                if !(has_own || caller.names(&deciding.action)) {
                    continue;
                }
                if let Some(mut edge) = self.reads(caller, &deciding, number) {
                    if let By::Step(_, evidence) = &mut edge.by {
                        evidence.push_str(&format!(", on {arn}"));
                    }
                    let better = best
                        .get(&from)
                        .is_none_or(|known| known.open.is_some() && edge.open.is_none());
                    if better {
                        best.insert(from, edge);
                    }
                }
            }
        }
        for (from, edge) in best {
            self.edge(from, edge);
        }
        number
    }
}
