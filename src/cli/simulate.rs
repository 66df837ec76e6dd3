//! `simulate`: IAM decisions over request lines; no account is needed.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use clap::Args;

use crate::iam::simulate::simulate_line_of;

use super::requests::{self, Requests};
use super::{Exit, output};

/// Decide requests in the form of AWS's SimulateCustomPolicy, one JSON object a line
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Files of requests, one a line; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

impl Simulate {
    pub(super) fn run(self) -> Result<Exit> {
        requests::each(&self.files, |requests, file, out| {
            answer(requests, file, out)
        })
    }
}

/// Answers each line that is not blank, in its place.
fn answer(mut reader: Requests, file: &str, out: &mut impl Write) -> Result<Exit> {
    let mut exit = Exit::Done;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            // What came before is answered, and the other files are.
            Err(error) => {
                output::say(&format!(
                    "error: cannot read {file}, line {number}: {error}"
                ));
                return Ok(Exit::Usage);
            }
        }
        let text = match number {
            1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line),
            _ => &line,
        };
        if text.trim_ascii().is_empty() {
            continue;
        }
        let (answer, is_request) = simulate_line_of(text, file, number);
        if !is_request {
            exit = Exit::Usage;
        }
        writeln!(out, "{answer}").context("cannot write to stdout")?;
        // Whoever waits for an answer before the next request gets it.
        if reader.buffer().is_empty() {
            out.flush().context("cannot write to stdout")?;
        }
    }
    Ok(exit)
}
