//! Where output goes: data to stdout or a file, everything else to stderr.
#![allow(clippy::print_stderr)]

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result};

/// A format, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: Format,
    /// `None`: stdout.
    pub(super) path: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Terminal,
    Json,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = match text.split_once('=') {
            Some((format, path)) => (format, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let format = match format {
            "terminal" => Format::Terminal,
            "json" => Format::Json,
            other => return Err(format!("no format `{other}`; there are: terminal, json")),
        };
        if path
            .as_ref()
            .is_some_and(|path| path.as_os_str().is_empty())
        {
            return Err("a path has to follow the `=`".to_owned());
        }
        Ok(Self { format, path })
    }
}

/// Writes text to where it goes.
pub(super) fn write(text: &str, path: Option<&PathBuf>) -> Result<()> {
    match path {
        Some(path) => {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()?;
            Ok(())
        }
    }
}

/// Says something on stderr.
pub(super) fn say(message: &str) {
    eprintln!("{message}");
}

/// Says what went wrong, with its causes.
pub(super) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Whether the reader of our output went away: no error.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// How wide stdout is; 100 where it is no terminal, `COLUMNS` where it is set.
pub(super) fn width() -> u16 {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    columns
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0))
        .unwrap_or(100)
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Whether they are used on stdout.
    pub(super) fn on_stdout(self) -> bool {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Auto => io::stdout().is_terminal() && !unwanted,
            Self::Always => true,
            Self::Never => false,
        }
    }
}
