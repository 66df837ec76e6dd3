//! What a person sees on stderr while a scan runs: how much each source has given.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::collect::progress::Progress;

use super::output;

/// Counts what each source has given so far: one line that is redrawn on a terminal, nothing
/// elsewhere but what has to be said.
pub(super) struct Watch {
    bar: ProgressBar,
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar,
            counts: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Watch {
    fn read(&self, source: &str, scope: &str, items: u64) {
        tracing::debug!(source, scope, items, "read");
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source.to_owned()).or_default();
        *count += items;
        let message = format!("{source} {count} ({scope})");
        self.bar
            .set_message(format!("{message}; {} sources", counts.len()));
    }

    fn note(&self, message: &str) {
        self.bar.suspend(|| output::say(message));
    }
}
