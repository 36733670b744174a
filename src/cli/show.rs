use clap::ValueEnum;

use super::args::PolicyArgs;
use super::setup::{self, Setup};
use super::{Failure, fitted, print, progress};
use crate::policy::Demand;
use crate::report::contents::{self, Contents};
use crate::report::text;
use crate::verdict::Rung;
use crate::verify::{self, Job};

/// Shows what an archive holds: accounts, folders, items, sizes, and what of it is proven.
///
/// The archive is read to its end, as `verify --rung meaningful` does; no record is kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof show -i key.txt s3://backups/session.tar.zst.age
  mailproof show -i key.txt --folders --format json ./session.tar.zst.age")]
pub struct Args {
    /// s3://bucket/key, file:///path or a plain path.
    #[arg(value_name = "ARCHIVE")]
    archive: String,
    /// List the folders of every account; of a single one they are listed anyway.
    #[arg(long)]
    folders: bool,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No progress bars on a terminal; the list is printed all the same.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    common: PolicyArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Args {
    /// Whether it may be what a restore wrote here, or was fetched and opened by hand.
    fn lies_in_the_clear(&self) -> bool {
        self.common.policy.is_none() && !self.archive.starts_with("s3://")
    }
}

pub fn run(args: Args, verbose: u8) -> Result<u8, Failure> {
    let mut setup = Setup::load(&args.common)?;
    setup.policy.require.rung = Rung::Meaningful;
    // Nobody is alarmed by what is only shown.
    setup.policy.run.reread = false;
    if args.lies_in_the_clear() {
        setup.policy.archives.encryption = Demand::Optional;
        setup.policy.archives.compression = Demand::Optional;
    }
    setup::end_on_signals(&setup)?;
    let keyring = setup.keyring()?;
    let selection = setup.select(std::slice::from_ref(&args.archive), &args.common.store)?;
    let job = Job {
        policy: &setup.policy,
        keyring: &keyring,
        runtime: setup.runtime.handle(),
        cancel: &setup.cancel,
        live: None,
    };
    let run = verify::run(&job, selection, &progress::observers(false, args.quiet));
    match (args.format, run.archives.first()) {
        (Format::Json, Some(archive)) => print(&setup::pretty(&Contents::from(archive)))?,
        (Format::Text, Some(archive)) => {
            let folders = args.folders || archive.mailboxes.len() == 1;
            print(&fitted(contents::table(archive, folders) + "\n"))?;
            print(&fitted(text::render(&run, super::style(verbose > 0))))?;
        }
        (_, None) => print(&fitted(text::render(&run, super::style(verbose > 0))))?,
    }
    Ok(run.exit_code)
}
