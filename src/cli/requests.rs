//! Files of requests that a command answers one after the other: `-` is stdin.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, StdoutLock, Write};

use anyhow::{Context, Result};

use super::{Exit, output};

/// A file of requests, open.
pub(super) type Requests = BufReader<Box<dyn Read>>;

/// Answers each file to stdout. Of one that cannot be read it says so, and the others are answered.
pub(super) fn each(
    files: &[String],
    mut answer: impl FnMut(Requests, &str, &mut BufWriter<StdoutLock<'_>>) -> Result<Exit>,
) -> Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut exit = Exit::Done;
    for file in files {
        let answered = match open(file) {
            Ok(requests) => answer(requests, shown(file), &mut out)?,
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

fn shown(file: &str) -> &str {
    match file {
        "-" => "stdin",
        file => file,
    }
}

fn open(file: &str) -> Result<Requests> {
    let reader: Box<dyn Read> = match file {
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
