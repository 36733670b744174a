use std::path::PathBuf;

use clap::ValueEnum;

use super::args::PolicyArgs;
use super::records::Records;
use super::setup::{self, Setup};
use super::{Failure, print, progress};
use crate::evidence::Record;
use crate::mailbox::sample::Seed;
use crate::report::{json, text};
use crate::verdict::{Outcome, Rung};
use crate::verify::{self, Job, RunResult};

/// Verifies archives and says what was proven.
///
/// Without an ARCHIVE the policy's selection is taken. stdout carries the result and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof verify --policy /etc/mailproof/nightly.toml
  mailproof verify -i key.txt s3://backups/anna.tar.zst.age
  mailproof verify -i key.txt --format json ./anna.tar.zst.age")]
pub struct Args {
    /// s3://bucket/key, file:///path or a plain path.
    #[arg(value_name = "ARCHIVE")]
    archives: Vec<String>,
    /// The rung every archive must stand on.
    #[arg(long, value_enum)]
    rung: Option<RungArg>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write what happens to stderr as it happens.
    #[arg(long, value_enum, value_name = "FORM")]
    events: Option<Events>,
    /// Folder for the record of this run.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// How many archives are verified at the same time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    parallel: Option<u32>,
    /// Don't read a damaged archive a second time before the alarm.
    #[arg(long)]
    no_reread: bool,
    /// Draw the same messages again, or damage the same places: `archives[].live.seed` or `negative_controls.seed` of a result or record, for
    /// one ARCHIVE.
    #[arg(long, value_name = "HEX", requires = "archives", value_parser = parse_seed)]
    seed: Option<Seed>,
    /// Exit with 11 instead of 0 when there are warnings.
    #[arg(long)]
    warnings_exit: bool,
    /// No progress bars on a terminal; the result is printed all the same.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    common: PolicyArgs,
}

/// The rungs this version can prove.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RungArg {
    /// The object is there, fresh and protected.
    Present,
    /// It opens, every layer ends well, every member equals the manifest.
    Complete,
    /// What the mailboxes in it state of themselves holds: every item's digest, every folder's count.
    Meaningful,
    /// Sampled messages equal those of the live mail server that the policy names.
    Restorable,
}

impl From<RungArg> for Rung {
    fn from(rung: RungArg) -> Self {
        match rung {
            RungArg::Present => Self::Present,
            RungArg::Complete => Self::Complete,
            RungArg::Meaningful => Self::Meaningful,
            RungArg::Restorable => Self::Restorable,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Events {
    Jsonl,
}

fn parse_seed(text: &str) -> Result<Seed, &'static str> {
    Seed::parse(text).ok_or(
        "it has 64 hexadecimal digits: copy them from `archives[].live.seed` or `negative_controls.seed` of the JSON result or the record",
    )
}

pub fn run(args: Args, verbose: u8) -> Result<u8, Failure> {
    let mut setup = Setup::load(&args.common)?;
    args.apply(&mut setup);
    args.refuse_idle_seed(&setup)?;
    setup::end_on_signals(&setup)?;
    let keyring = setup.keyring()?;
    let server = setup.server()?;
    let records = Records::prepare(&setup)?;
    let selection = setup.select(&args.archives, &args.common.store)?;
    let job = Job {
        policy: &setup.policy,
        keyring: &keyring,
        runtime: setup.runtime.handle(),
        cancel: &setup.cancel,
        live: server.as_ref(),
    };
    let run = verify::run(&job, selection, &progress::observers(args.events.is_some(), args.quiet));
    let kept = records.keep(&setup, |basis| Record::of_verification(&run, basis));
    // What leaves no evidence is not shown as passed.
    if kept.is_ok() || run.outcome != Outcome::Passed {
        print(&args.rendered(&run, verbose > 0))?;
    }
    records.told(kept, args.format == Format::Text, run.exit_code)
}

impl Args {
    fn apply(&self, setup: &mut Setup) {
        let run = &mut setup.policy.run;
        run.parallel = self.parallel.or(run.parallel);
        run.reread &= !self.no_reread;
        run.warnings_exit |= self.warnings_exit;
        if self.records.is_some() {
            run.records.clone_from(&self.records);
        }
        setup.policy.sample.seed = self.seed.map(|seed| seed.bytes());
        setup.narrow_to(&self.archives);
        if let Some(rung) = self.rung.map(Rung::from) {
            setup.narrow(rung < setup.policy.require.rung, format!("--rung {rung}"));
            setup.policy.require.rung = rung;
        }
    }

    /// A seed that draws nothing would make one believe that a draw was repeated.
    fn refuse_idle_seed(&self, setup: &Setup) -> Result<(), Failure> {
        if self.seed.is_none() {
            return Ok(());
        }
        if self.archives.len() > 1 {
            return Err(Failure::usage(
                "--seed repeats the draw of one archive: name the ARCHIVE it was made for, alone",
            ));
        }
        if setup.policy.require.rung < Rung::Restorable && !setup.policy.asks_for_negative_controls() {
            return Err(Failure::usage(
                "--seed draws messages for the rung `restorable`, or places of negative controls: add --rung restorable, or take --seed away",
            ));
        }
        Ok(())
    }

    fn rendered(&self, run: &RunResult, all: bool) -> String {
        match self.format {
            Format::Text => super::fitted(text::render(run, super::style(all))),
            Format::Json => setup::pretty(&json::Result::from(run)),
        }
    }
}
