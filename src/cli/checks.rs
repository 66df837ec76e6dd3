//! `checks`: the catalogue.

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
    /// Only the checks of this area
    #[arg(long)]
    area: Option<String>,
    /// Print the catalogue with all documentation, as Markdown
    #[arg(long)]
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
        anyhow::ensure!(!table.is_empty(), "no check has this area");
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        output::write(&format!("{}\n", lines.join("\n")), None)?;
        Ok(Exit::Done)
    }
}
