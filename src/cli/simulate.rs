//! `simulate`: IAM decisions over request lines; no account is needed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};

use anyhow::{Context, Result};
use clap::Args;

use crate::iam::simulate::simulate_line_of;

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
        let mut out = BufWriter::new(io::stdout().lock());
        let mut exit = Exit::Done;
        for file in &self.files {
            let answered = match open(file) {
                Ok(reader) => answer(reader, shown(file), &mut out)?,
                Err(error) => {
                    output::error(&error);
                    Exit::Usage
                }
            };
            exit = exit.max(answered);
        }
        out.flush().context("cannot write to stdout")?;
        Ok(exit)
    }
}

fn shown(file: &str) -> &str {
    match file {
        "-" => "stdin",
        file => file,
    }
}

fn open(file: &str) -> Result<BufReader<Box<dyn io::Read>>> {
    let reader: Box<dyn io::Read> = match file {
        "-" => Box::new(io::stdin().lock()),
        path => {
            let file = File::open(path).with_context(|| format!("cannot read {path}"))?;
            let folder = file.metadata().is_ok_and(|facts| facts.is_dir());
            anyhow::ensure!(!folder, "cannot read {path}: it is a folder");
            Box::new(file)
        }
    };
    Ok(BufReader::with_capacity(1 << 16, reader))
}

/// Answers each line that is not blank, in its place.
fn answer<R: io::Read>(mut reader: BufReader<R>, file: &str, out: &mut impl Write) -> Result<Exit> {
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
