use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, fitted, print, setup};
use crate::exit;
use crate::policy::{self, Policy};

/// Checks policies and describes their form.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reads policies and names every problem with its place.
    #[command(after_help = "Example:\n  mailproof policy check /etc/mailproof/nightly.toml")]
    Check {
        /// Policy files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Prints the JSON Schema of a policy.
    #[command(after_help = "Example:\n  mailproof policy schema > policy.schema.json")]
    Schema,
}

pub fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Check { files } => check(&files),
        Command::Schema => {
            print(&setup::pretty(&policy::schema()))?;
            Ok(exit::PASSED)
        }
    }
}

fn check(files: &[PathBuf]) -> Result<u8, Failure> {
    let mut problems = Vec::new();
    for file in files {
        match Policy::load(file) {
            Ok(_) => print(&fitted(format!(
                "{}: no problems (`mailproof doctor` looks for the files and the store it names)\n",
                file.display()
            )))?,
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() { Ok(exit::PASSED) } else { Err(Failure::usage(problems.join("\n"))) }
}
