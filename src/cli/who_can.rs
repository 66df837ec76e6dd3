//! `who-can`: every principal that can, and what reaches it.

use anyhow::Result;
use clap::Args;

use crate::graph::Graph;
use crate::graph::decision::Request;
use crate::graph::named::Unnamed;
use crate::graph::who_can::WhoCan;
use crate::report::render::who_can::{Asked, jewel_json, jewel_text, json, text};

use super::question::{Question, ended, is_iam};
use super::{Exit, output};

/// Everybody who can do ACTION on RESOURCE, and why
///
/// Ends with 0 also where nobody can, 3 where what would tell was not read.
#[derive(Debug, Args)]
pub(super) struct WhoCanArguments {
    /// An IAM action (with a colon: s3:GetObject) or a Kubernetes verb (get)
    #[arg(value_name = "ACTION", required_unless_present_any = ["account_admin", "cluster_admin"])]
    action: Option<String>,
    /// An ARN (with * or ?: a pattern), role/NAME, secret/NAME; of a verb a resource: secrets, secrets/NAME,
    /// pods/exec, deployments.apps, k8s-secret/NS/NAME, a path as /metrics. Default: any
    #[arg(value_name = "RESOURCE")]
    resource: Option<String>,
    /// Who is administrator of the account, or becomes it, and how
    #[arg(long, conflicts_with_all = ["action", "cluster_admin"])]
    account_admin: bool,
    /// Who is administrator of a cluster, or becomes it, and how
    #[arg(long, conflicts_with = "action")]
    cluster_admin: bool,
    #[command(flatten)]
    question: Question,
}

impl WhoCanArguments {
    pub(super) fn run(mut self) -> Result<Exit> {
        let action = self.action.clone().unwrap_or_default();
        let iam = is_iam(&action)?;
        let gathered = self.question.gather()?;
        let graph = self.question.graph(&gathered.snapshot);
        let whole = if self.account_admin || self.cluster_admin {
            self.jewel(&graph)?
        } else {
            self.action(&graph, action, iam)?
        };
        let exit = match whole {
            true => Exit::Done,
            false => Exit::Incomplete,
        };
        Ok(ended(exit, gathered.exit))
    }

    /// The administrators; whether all that tells them was read.
    fn jewel(&self, graph: &Graph<'_>) -> Result<bool> {
        let (jewel, all) = match self.account_admin {
            true => ("account-admin", graph.account_admins()),
            false => ("cluster-admin", graph.cluster_admins()),
        };
        let text = jewel_text(jewel, &all, output::width().into());
        self.question.write(&jewel_json(jewel, &all), &text)?;
        Ok(all.unread.is_empty())
    }

    fn action(&self, graph: &Graph<'_>, action: String, iam: bool) -> Result<bool> {
        let found = match iam {
            true => self.aws(graph, &action),
            false => self.kubernetes(graph, &action),
        };
        let (resource, namespace, all) = match found {
            Ok(found) => found,
            Err(Unnamed::Unread(text)) => {
                let resource = self.resource.clone().unwrap_or_else(|| "*".to_owned());
                let unread = WhoCan {
                    unread: vec![text],
                    ..WhoCan::default()
                };
                (resource, None, unread)
            }
            Err(error) => return Err(error.into()),
        };
        let asked = Asked {
            action,
            resource,
            namespace,
            kubernetes: !iam,
        };
        let text = text(&asked, &all, output::width().into());
        self.question.write(&json(&asked, &all), &text)?;
        Ok(all.unread.is_empty())
    }

    fn aws(&self, graph: &Graph<'_>, action: &str) -> Result<Found, Unnamed> {
        let what = graph.what(self.resource.as_deref())?;
        let deciding = graph.deciding(action, &what);
        let mut all = graph.who_can_aws(&deciding);
        graph.add_ways(&mut all, Some(&deciding));
        Ok((what.text().to_owned(), None, all))
    }

    /// In every cluster that was read, and was asked for.
    fn kubernetes(&self, graph: &Graph<'_>, verb: &str) -> Result<Found, Unnamed> {
        let namespace = self.question.namespace.as_deref();
        let mut all = WhoCan::default();
        let mut asked: Option<Request> = None;
        for node in &graph.clusters {
            let request = Request::parse(node, verb, self.resource.as_deref(), namespace)?;
            let found = graph.who_can_kubernetes(node, &request);
            all.holders.extend(found.holders);
            all.unread.extend(found.unread);
            asked = Some(request);
        }
        let Some(asked) = asked else {
            return Err(Unnamed::Unread("no cluster was read".to_owned()));
        };
        let mut all = all.sorted();
        graph.add_ways(&mut all, None);
        Ok((asked.text(), asked.namespace().map(str::to_owned), all))
    }
}

/// The resource and namespace as they are shown, and who can.
type Found = (String, Option<String>, WhoCan);
