//! Parses arguments and runs a command; see `cli`.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Clears whatever is freed: prints and answers may hold secrets that nobody asked for, and memory may come into a
/// core or onto a disk.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    eks_auditor::cli::main()
}
