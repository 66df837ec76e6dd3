//! Where output goes: data to stdout or a file, everything else to stderr.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::report::render::json;
use crate::report::render::terminal::{self, Options};

/// A format of a report.
#[derive(Debug)]
pub(super) struct Format {
    /// As it is asked for.
    pub(super) name: &'static str,
    pub(super) render: fn(&Report, &Options) -> Result<String>,
}

static TERMINAL: Format = Format {
    name: "terminal",
    render: |report, options| Ok(terminal::render(report, options)),
};
static JSON: Format = Format {
    name: "json",
    render: |report, _| Ok(json::render(report)?),
};
/// Every format.
static FORMATS: &[&Format] = &[&TERMINAL, &JSON];

/// A format, and where it goes.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) format: &'static Format,
    /// `None`: stdout.
    pub(super) path: Option<PathBuf>,
}

impl Output {
    /// The file that a report in JSON goes to, if this is one.
    pub(super) fn json_file(&self) -> Option<&PathBuf> {
        self.path
            .as_ref()
            .filter(|_| std::ptr::eq(self.format, &JSON))
    }
}

impl Default for Output {
    fn default() -> Self {
        Self {
            format: &TERMINAL,
            path: None,
        }
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = name_and_path(text)?;
        let Some(format) = FORMATS.iter().copied().find(|format| format.name == name) else {
            let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
            return Err(format!(
                "no format `{name}`; there are: {}",
                names.join(", ")
            ));
        };
        Ok(Self { format, path })
    }
}

/// A format and where it goes: `json`, `json=report.json`.
///
/// # Errors
/// There is a `=`, and nothing behind it.
pub(super) fn name_and_path(text: &str) -> Result<(&str, Option<PathBuf>), String> {
    match text.split_once('=') {
        Some((_, "")) => Err("a path has to follow the `=`".to_owned()),
        Some((name, path)) => Ok((name, Some(PathBuf::from(path)))),
        None => Ok((text, None)),
    }
}

/// That each output has a place of its own, which can be written. Asked before a long scan, not
/// after it.
///
/// # Errors
/// Two go to one place, or a path cannot be one.
pub(super) fn check(outputs: &[Output]) -> Result<()> {
    let places: Vec<Option<&PathBuf>> = outputs.iter().map(|one| one.path.as_ref()).collect();
    check_places(&places)
}

/// The same of places alone.
///
/// # Errors
/// As those of [`check`].
pub(super) fn check_places(places: &[Option<&PathBuf>]) -> Result<()> {
    for (at, place) in places.iter().enumerate() {
        let taken = places.iter().take(at).any(|other| other == place);
        match place {
            None => anyhow::ensure!(
                !taken,
                "two outputs cannot share stdout; give one a file, as in `-o json=report.json`"
            ),
            Some(path) => {
                anyhow::ensure!(!taken, "two outputs cannot share {}", path.display());
                check_path(path)?;
            }
        }
    }
    Ok(())
}

/// Writes text to where it goes.
pub(super) fn write(text: &str, path: Option<&PathBuf>) -> Result<()> {
    match path {
        Some(path) => {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
        None => {
            let mut stdout = io::stdout().lock();
            stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush())
                .context("cannot write to stdout")
        }
    }
}

/// That a file can be made here.
///
/// # Errors
/// Its folder is not there, or it is a folder itself.
pub(super) fn check_path(path: &Path) -> Result<()> {
    anyhow::ensure!(
        !path.is_dir(),
        "cannot write {}: it is a folder",
        path.display()
    );
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => anyhow::bail!(
            "cannot write {}: there is no folder {}",
            path.display(),
            folder.display()
        ),
        _ => Ok(()),
    }
}

/// Says something on stderr. Where nobody listens any more the work goes on.
pub(super) fn say(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Says what went wrong, with its causes.
pub(super) fn error(error: &anyhow::Error) {
    say(&format!("error: {}", format!("{error:#}").trim_end()));
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
