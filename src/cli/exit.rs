//! How the program ends, as other programs may rely on.

use std::process::ExitCode;

/// An exit code. When several hold, [`Exit::Usage`] outranks [`Exit::Incomplete`] outranks
/// [`Exit::Findings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: done, and nothing at or over `--fail-on`.
    Done,
    /// 1: findings at or over `--fail-on`; of `can`: denied.
    Findings,
    /// 3: the audit ran, but a source that it was asked to read could not be read whole; of `can`:
    /// conditional or not evaluated.
    Incomplete,
    /// 2: wrong usage, or input that cannot be read.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn what_is_wrong_outranks_what_is_incomplete_outranks_findings() {
        let all = [Exit::Findings, Exit::Usage, Exit::Incomplete, Exit::Done];
        assert_eq!(all.into_iter().max(), Some(Exit::Usage));
        assert!(Exit::Incomplete > Exit::Findings && Exit::Findings > Exit::Done);
    }
}
