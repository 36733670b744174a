//! The command `mailproof`: parses, runs, maps the outcome to the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    mailproof::cli::main()
}
