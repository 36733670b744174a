use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use jiff::Timestamp;

use super::args::PolicyArgs;
use super::records::{self, Records};
use super::setup::{self, Setup};
use super::{Failure, fitted, print};
use crate::evidence::check::{self, Check, Noted, Question};
use crate::evidence::{PublicKey, Record};
use crate::exit;
use crate::report::evidence;

/// Checks the records of runs, and hands the key that signs them over.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Verify(VerifyArgs),
    HandOver(HandOverArgs),
}

/// Checks that no record was altered, taken away or added.
///
/// Needs no network, no key and no policy. Exit codes: 0 the chain holds, 10 it is broken, 20 nothing is claimed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof evidence verify --policy /etc/mailproof/nightly.toml
  mailproof evidence verify ./records --trust allowed_signers
  mailproof evidence verify ./records --trust allowed_signers --expect-head 412:6b1f…

docs/evidence.md says what this proves and how to do the same without mailproof.")]
pub struct VerifyArgs {
    /// Folder of the records; by default the one of the policy or the system.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// File of the keys that may sign, as `ssh-keygen -Y verify -f` takes it (`mailproof ssh-ed25519 AAAA…`).
    #[arg(long, value_name = "ALLOWED_SIGNERS")]
    trust: Option<PathBuf>,
    /// The head that an earlier check printed; it must be part of the chain.
    #[arg(long, value_name = "SEQ:BLAKE3", value_parser = Noted::from_str)]
    expect_head: Option<Noted>,
    /// Let a chain pass that nobody signed.
    #[arg(long)]
    unsigned: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Policy that names the folder of the records.
    #[arg(short, long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Lets another key sign from the next record on.
///
/// Adds a record that names the new key and is signed by the old one, which the policy still names. Afterwards put the new
/// key into `evidence.key_file`: records of the old one are refused from then on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  ssh-keygen -t ed25519 -N '' -C mailproof -f /etc/mailproof/sign-2027
  mailproof evidence hand-over --to /etc/mailproof/sign-2027.pub --policy /etc/mailproof/nightly.toml")]
pub struct HandOverArgs {
    /// Public key that takes over (`ssh-ed25519 AAAA…`).
    #[arg(long, value_name = "NEWKEY.pub")]
    to: PathBuf,
    /// Policy that names the old key and the folder of the records.
    #[arg(short, long, value_name = "FILE")]
    policy: PathBuf,
    /// Folder of the records.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Verify(args) => verify(&args),
        Command::HandOver(args) => hand_over(&args),
    }
}

fn verify(args: &VerifyArgs) -> Result<u8, Failure> {
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => setup_of(args.policy.clone(), None)?.records(),
    };
    let question = Question {
        trust: args.trust.as_deref().map(trusted).transpose()?,
        expected: args.expect_head.clone(),
        unsigned: args.unsigned,
    };
    let check = check::check(&folder, &question).map_err(|error| Failure {
        code: exit::NOT_VERIFIED,
        message: format!("{} can't be looked at: {error}; name the folder of the records", folder.display()),
    })?;
    print(&args.rendered(&check))?;
    Ok(check.exit_code)
}

impl VerifyArgs {
    fn rendered(&self, check: &Check) -> String {
        match self.format {
            Format::Text => fitted(evidence::render(check)),
            Format::Json => setup::pretty(check),
        }
    }
}

/// The keys in a file of allowed signers.
pub(super) fn trusted(file: &Path) -> Result<Vec<PublicKey>, Failure> {
    let keys = check::allowed_signers(&text_of(file)?);
    keys.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

fn hand_over(args: &HandOverArgs) -> Result<u8, Failure> {
    let setup = setup_of(Some(args.policy.clone()), args.records.clone())?;
    let records = Records::prepare(&setup)?;
    let new = PublicKey::from_openssh(&text_of(&args.to)?).ok_or_else(|| {
        let file = args.to.display();
        Failure::usage(format!("{file} is no public Ed25519 key; name the file X.pub that ssh-keygen wrote"))
    })?;
    let Some(old) = records.chain().key().map(|key| key.public().clone()) else {
        return Err(Failure::usage(
            "no key signs these records, so none can hand over: name it in `evidence.key_file`",
        ));
    };
    if old == new {
        return Err(Failure::usage(
            "this is the key that signs already; name the public half of the new one",
        ));
    }
    let kept = records.keep(&setup, |basis| Record::of_hand_over(&new, Timestamp::now(), basis));
    if kept.is_ok() {
        print(&format!(
            "{old:?} hands over to {new:?}: put the new key into `evidence.key_file`, and add its line to the auditor's file of keys\n"
        ))?;
    }
    records::told(kept, true, exit::PASSED)
}

fn setup_of(policy: Option<PathBuf>, records: Option<PathBuf>) -> Result<Setup, Failure> {
    let mut setup = Setup::load(&PolicyArgs { policy, ..PolicyArgs::default() })?;
    if records.is_some() {
        setup.policy.run.records = records;
    }
    Ok(setup)
}

fn text_of(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} can't be read: {error}; check the path", file.display())))
}
