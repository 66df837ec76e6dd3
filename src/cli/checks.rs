//! `checks`: the catalogue.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Args;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

use crate::checks::CHECKS;
use crate::report::render::catalogue;

use super::{Exit, output};

/// List the checks
#[derive(Debug, Args)]
pub(super) struct Checks {
    /// List only the checks of this area
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// Print all documentation of all checks, as Markdown
    #[arg(long, conflicts_with = "area")]
    markdown: bool,
}

impl Checks {
    pub(super) fn run(self) -> Result<Exit> {
        if self.markdown {
            output::write(&catalogue::render(), None)?;
            return Ok(Exit::Done);
        }
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(output::width())
            .set_header(["ID", "AREA", "SEVERITY", "ASKS"]);
        for registered in CHECKS {
            if self
                .area
                .as_deref()
                .is_none_or(|area| area == registered.area)
            {
                table.add_row([
                    registered.id,
                    registered.area,
                    registered.check.severity.as_str(),
                    registered.title,
                ]);
            }
        }
        let areas: BTreeSet<&str> = CHECKS.iter().map(|registered| registered.area).collect();
        let areas: Vec<&str> = areas.into_iter().collect();
        anyhow::ensure!(
            !table.is_empty(),
            "there is no area `{}`; there are: {}",
            self.area.unwrap_or_default(),
            areas.join(", ")
        );
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        output::write(&format!("{}\n", lines.join("\n")), None)?;
        Ok(Exit::Done)
    }
}
