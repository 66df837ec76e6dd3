//! `access-review`: who may do what in the clusters, for owners to confirm or revoke.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use clap::Args;

use crate::graph::access_review::Part;
use crate::report::render::access_review::{Shown, csv, html, json, table};

use super::joined::Facts;
use super::{Exit, output};

/// Who may do what in the clusters, since when, how and last used when
///
/// A row for each IAM principal that comes in, and each user and group that is bound. Ends with 0, and with 3 where what
/// would tell was not read. The configuration holds the duties.
#[derive(Debug, Args)]
pub(super) struct AccessReview {
    /// Write this format, to stdout or to a file: `table`, `csv`, `json`, `html`, `html=review.html`; may be repeated
    #[arg(short, long, value_name = "FORMAT[=PATH]")]
    output: Vec<Output>,
    /// Also service accounts, known controllers, and what Kubernetes and EKS bring along
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    facts: Facts,
}

/// A format, and where it goes.
#[derive(Clone, Debug)]
struct Output {
    format: Format,
    /// `None`: stdout.
    path: Option<PathBuf>,
}

/// A format of the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Table,
    Csv,
    Json,
    Html,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = output::name_and_path(text)?;
        let format = match name {
            "table" => Format::Table,
            "csv" => Format::Csv,
            "json" => Format::Json,
            "html" => Format::Html,
            _ => {
                return Err(format!(
                    "no format `{name}`; there are: table, csv, json, html"
                ));
            }
        };
        Ok(Self { format, path })
    }
}

impl AccessReview {
    pub(super) fn run(mut self) -> Result<Exit> {
        if self.output.is_empty() {
            let format = Format::Table;
            self.output.push(Output { format, path: None });
        }
        let places: Vec<Option<&PathBuf>> =
            self.output.iter().map(|one| one.path.as_ref()).collect();
        output::check_places(&places)?;
        let read = self.facts.read()?;
        let graph = read.graph();
        let review = graph.access_review();
        let exit = read.end(&review.unread);
        let parts: &[Part] = match self.all {
            true => &Part::ALL,
            false => &[Part::People, Part::Nodes],
        };
        let shown = Shown::new(&graph, review, parts);
        for one in &self.output {
            output::write(&one.format.render(&shown), one.path.as_ref())?;
        }
        Ok(exit)
    }
}

impl Format {
    fn render(self, shown: &Shown) -> String {
        match self {
            Self::Table => table(shown, output::width().into()),
            Self::Csv => csv(shown),
            Self::Json => format!("{:#}\n", json(shown)),
            Self::Html => html(shown),
        }
    }
}
