use std::path::PathBuf;

use super::{Failure, setup, tell};

/// Shows in a few seconds what mailproof does, with a store, a key and a mailbox of its own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Needs no network, no key and nothing installed.\n\nExample:\n  mailproof demo")]
pub struct Args {
    /// Folder for the records.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
}
