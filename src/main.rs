//! Parses arguments and runs a command; see `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    eks_auditor::cli::main()
}
