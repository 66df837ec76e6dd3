//! The log on stderr, for those who ask for it.

use tracing_subscriber::EnvFilter;

/// Starts the log: nothing, with `-v` what was read, with `-vv` each page too. `RUST_LOG`
/// outranks it, and opens the libraries' logs as well.
pub(super) fn start(verbose: u8) {
    let default = match verbose {
        0 => "off",
        1 => "eks_auditor=info",
        _ => "eks_auditor=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // A second start is only possible in tests, and changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A reader of stderr that went away must not end the program.
        .log_internal_errors(false)
        .try_init();
}
