//! `can`: may somebody do something, and by which statement or rule.

use anyhow::Result;
use clap::Args;

use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::decision::{Answer, Decision, Request};
use crate::graph::named::{Unnamed, Who};
use crate::report::render::answer::{Asked, json, text};
use crate::report::render::listing::{self, Listing};

use super::question::{Question, cluster, ended, is_iam};
use super::{Exit, output};

/// May PRINCIPAL do ACTION on RESOURCE, and why
///
/// Ends with 0 where it may, 1 where it may not, 3 where that is conditional or could not be evaluated.
#[derive(Debug, Args)]
pub(super) struct Can {
    /// An ARN, role/NAME, user/NAME, pod/NS/NAME, sa/NS/NAME, User/NAME, Group/NAME, or a k8s:// id
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    /// An IAM action (with a colon: s3:GetObject) or a Kubernetes verb (get)
    #[arg(value_name = "ACTION", required_unless_present = "list")]
    action: Option<String>,
    /// An ARN (with * or ?: a pattern), role/NAME, secret/NAME; of a verb a resource: secrets, secrets/NAME,
    /// pods/exec, deployments.apps, k8s-secret/NS/NAME, a path as /metrics. Default: any
    #[arg(value_name = "RESOURCE", conflicts_with = "list")]
    resource: Option<String>,
    /// List all that it may do
    #[arg(long, conflicts_with = "action")]
    list: bool,
    /// List only the actions of this AWS service: s3
    #[arg(long, value_name = "NAME", requires = "list")]
    service: Option<String>,
    #[command(flatten)]
    question: Question,
}

impl Can {
    pub(super) fn run(mut self) -> Result<Exit> {
        let action = self.action.clone().unwrap_or_default();
        let iam = is_iam(&action)?;
        let gathered = self.question.gather()?;
        let graph = self.question.graph(&gathered.snapshot);
        if self.list {
            return self.list(&graph, gathered.exit);
        }
        if iam && self.question.namespace.is_some() {
            output::say("warning: --namespace changes nothing: an IAM action knows no namespace");
        }
        let (asked, answer) = self.answer(&graph, &action, iam)?;
        let width = output::width().into();
        let next = self.next(&asked, &answer);
        self.question
            .write(&json(&asked, &answer), &text(&asked, &answer, &next, width))?;
        let exit = match answer.decision {
            Decision::Allowed => Exit::Done,
            Decision::Denied => Exit::Findings,
            Decision::Conditional => Exit::Incomplete,
        };
        Ok(ended(exit, gathered.exit))
    }

    /// All that the principal may do.
    fn list(&self, graph: &Graph<'_>, gathered: Exit) -> Result<Exit> {
        let namespace = self.question.namespace.as_deref();
        let mut listing = Listing {
            principal: self.principal.clone(),
            service: self.service.clone(),
            namespace: namespace.map(str::to_owned),
            aws: Vec::new(),
            rules: Vec::new(),
            unread: Vec::new(),
        };
        match graph.who(&self.principal, true) {
            Err(Unnamed::Unread(text)) => listing.unread.push(text),
            Err(error) => return Err(error.into()),
            Ok(who) => {
                listing.principal = graph.id_of(&who);
                if namespace.is_none() || self.service.is_some() {
                    let service = self.service.as_ref().map(|name| name.to_lowercase());
                    listing.aws = graph.list_aws(&who, service.as_deref());
                    listing.unread.extend(graph.unread_aws(&who));
                }
                if self.service.is_none() {
                    listing.rules = graph.list_kubernetes(&who, namespace);
                    listing.unread.extend(graph.unread_rules(&who));
                }
            }
        }
        let width = output::width().into();
        self.question
            .write(&listing::json(&listing), &listing::text(&listing, width))?;
        let exit = match listing.unread.is_empty() {
            true => Exit::Done,
            false => Exit::Incomplete,
        };
        Ok(ended(exit, gathered))
    }

    /// The answer; what was not read makes it "not evaluated".
    fn answer(&self, graph: &Graph<'_>, action: &str, iam: bool) -> Result<(Asked, Answer)> {
        let asked = |principal: String, resource: String, namespace: Option<String>| Asked {
            principal,
            action: action.to_owned(),
            resource,
            namespace,
            kubernetes: !iam,
        };
        let typed = || self.resource.clone().unwrap_or_else(|| "*".to_owned());
        let unread = |error: Unnamed, principal: String| match error {
            Unnamed::Unread(text) => {
                let asked = asked(principal, typed(), self.question.namespace.clone());
                Ok((asked, Answer::not_evaluated(vec![text])))
            }
            error => Err(error.into()),
        };
        let who = match graph.who(&self.principal, !iam) {
            Ok(who) => who,
            Err(error) => return unread(error, self.principal.clone()),
        };
        let id = graph.id_of(&who);
        if iam {
            return match graph.what(self.resource.as_deref()) {
                Ok(what) => {
                    let answer = graph.may_aws(&who, &graph.deciding(action, &what));
                    Ok((asked(id, what.text().to_owned(), None), answer))
                }
                Err(error) => unread(error, id),
            };
        }
        match self.kubernetes(graph, &who, action) {
            Ok((request, answer)) => {
                let namespace = request.namespace().map(str::to_owned);
                Ok((asked(id, request.text(), namespace), answer))
            }
            Err(error) => unread(error, id),
        }
    }

    fn kubernetes(
        &self,
        graph: &Graph<'_>,
        who: &Who,
        verb: &str,
    ) -> Result<(Request, Answer), Unnamed> {
        let node = cluster(graph, who)?;
        let request = Request::parse(
            node,
            verb,
            self.resource.as_deref(),
            self.question.namespace.as_deref(),
        )?;
        let answer = graph.may_kubernetes(node, who, &request);
        Ok((request, answer))
    }

    /// Commands that lead on from the answer.
    fn next(&self, asked: &Asked, answer: &Answer) -> Vec<String> {
        let Some(again) = self.question.again() else {
            return Vec::new();
        };
        if answer.is_not_evaluated() {
            return Vec::new();
        }
        if answer.decision == Decision::Denied {
            let service = match asked.action.split_once(':') {
                Some((service, _)) => format!(" --service {}", quoted(service)),
                None => self.question.namespace_flag(),
            };
            return vec![format!(
                "eks-auditor can --list {}{service}{again}",
                quoted(&asked.principal)
            )];
        }
        let resource = self
            .resource
            .as_deref()
            .map(|text| format!(" {}", quoted(text)));
        resource
            .map(|resource| {
                let namespace = self.question.namespace_flag();
                format!(
                    "eks-auditor who-can {}{resource}{namespace}{again}",
                    quoted(&asked.action)
                )
            })
            .into_iter()
            .collect()
    }
}
