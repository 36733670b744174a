use clap::Command;
use clap_complete::Shell;

use super::{Failure, print};
use crate::exit;

/// Prints shell completions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mailproof completions bash > /etc/bash_completion.d/mailproof")]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Writes the man pages into a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mailproof man /usr/local/share/man/man1")]
pub struct ManArgs {
    /// The folder; it is made where there is none.
    folder: std::path::PathBuf,
}

pub fn run(args: Args, mut command: Command) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "mailproof", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(exit::PASSED)
}

pub fn man(args: ManArgs, command: Command) -> Result<u8, Failure> {
    let written =
        std::fs::create_dir_all(&args.folder).and_then(|()| clap_mangen::generate_to(command, &args.folder));
    written.map_err(|error| {
        Failure::usage(format!("{}: {error}; name a folder that can be written", args.folder.display()))
    })?;
    Ok(exit::PASSED)
}
