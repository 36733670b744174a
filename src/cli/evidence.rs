use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fs, io};

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

use super::args::{PolicyArgs, StoreArgs, end_of_day};
use super::records::Records;
use super::setup::{self, Setup};
use super::{Failure, bucket, fitted, gaps, print, reviews};
use crate::evidence::check::{self, Check, Holding, Noted, Question};
use crate::evidence::stamp::Authorities;
use crate::evidence::{Ledger, PublicKey, Record};
use crate::exit;
use crate::report::{evidence, human};

/// Checks the records of runs, says what they answer, and keeps what people say of them.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Verify(VerifyArgs),
    Gaps(gaps::Args),
    Controls(gaps::ControlsArgs),
    SignOff(reviews::SignOffArgs),
    #[command(subcommand)]
    Action(reviews::ActionCommand),
    HandOver(HandOverArgs),
    Upload(bucket::UploadArgs),
}

/// A chain that is read, and what its keys are held to.
#[derive(Debug, Default, clap::Args)]
pub struct Chain {
    /// Folder of the records; by default the one of the policy or the system.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Policy that names the folder of the records.
    #[arg(short, long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// File of the keys that may sign, as `ssh-keygen -Y verify -f` takes it (`mailproof ssh-ed25519 AAAA…`).
    #[arg(long, value_name = "ALLOWED_SIGNERS")]
    trust: Option<PathBuf>,
    /// Certificates (PEM) of the authority that is trusted to stamp times; all time stamps must be its own.
    #[arg(long, value_name = "FILE")]
    timestamp_ca: Option<PathBuf>,
    /// Let a chain pass that nobody signed.
    #[arg(long)]
    unsigned: bool,
}

/// A chain as it was at a time, and how what follows from it is printed.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// The day (its end, in UTC) or moment to judge for; later records do not count.
    #[arg(long, value_name = "DATE", value_parser = end_of_day)]
    at: Option<Timestamp>,
    #[command(flatten)]
    chain: Chain,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json.
    #[arg(long)]
    json: bool,
}

/// Checks that no record was altered, taken away or added.
///
/// Needs no network, no key and no policy, but for a bucket the way to it; of that it tells as well what was written over
/// records or deleted, and what keeps them from being taken away. Exit codes: 0 the chain holds, 10 it is broken, 20 nothing is claimed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof evidence verify --policy /etc/mailproof/nightly.toml
  mailproof evidence verify ./records --trust allowed_signers
  mailproof evidence verify ./records --trust allowed_signers --expect-head 412:6b1f…
  mailproof evidence verify ./records --trust allowed_signers --timestamp-ca tsa-ca.pem
  mailproof evidence verify s3://mailproof-records/zimbra/ --endpoint https://objects.example.net --trust allowed_signers

docs/evidence.md says what this proves and how to do the same without mailproof.")]
pub struct VerifyArgs {
    /// Folder of the records, or s3://bucket/prefix/; by default the folder of the policy or the system.
    #[arg(value_name = "DIR|BUCKET")]
    place: Option<PathBuf>,
    /// File of the keys that may sign, as `ssh-keygen -Y verify -f` takes it (`mailproof ssh-ed25519 AAAA…`).
    #[arg(long, value_name = "ALLOWED_SIGNERS")]
    trust: Option<PathBuf>,
    /// The head that an earlier check printed; it must be part of the chain.
    #[arg(long, value_name = "SEQ:BLAKE3", value_parser = Noted::from_str)]
    expect_head: Option<Noted>,
    /// Certificates (PEM) of the authority that is trusted to stamp times; all time stamps must be its own.
    #[arg(long, value_name = "FILE")]
    timestamp_ca: Option<PathBuf>,
    /// Let a chain pass that nobody signed.
    #[arg(long)]
    unsigned: bool,
    /// Let a folder pass that lacks head.json, as one does that was fetched from a bucket.
    #[arg(long)]
    without_head: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Policy that names the folder of the records, or says how the bucket is reached.
    #[arg(short, long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Bucket")]
    store: StoreArgs,
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
        Command::Gaps(args) => gaps::run(&args),
        Command::Controls(args) => gaps::controls(&args),
        Command::SignOff(args) => reviews::sign_off(&args),
        Command::Action(command) => reviews::action(&command),
        Command::HandOver(args) => hand_over(&args),
        Command::Upload(args) => bucket::upload(&args),
    }
}

fn verify(args: &VerifyArgs) -> Result<u8, Failure> {
    let question = Question {
        trust: args.trust.as_deref().map(trusted).transpose()?,
        expected: args.expect_head.clone(),
        authorities: args.timestamp_ca.as_deref().map(vouching).transpose()?,
        unsigned: args.unsigned,
        without_head: args.without_head,
    };
    let check = args.check(&question)?;
    print(&args.rendered(&check))?;
    Ok(check.exit_code)
}

pub fn unreadable(folder: &Path, error: &io::Error) -> Failure {
    let step = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "look as the user whose records they are, or have them copied to you"
        }
        _ => "name the folder of the records",
    };
    let message = format!("{} can't be looked at: {error}; {step}", folder.display());
    Failure { code: exit::NOT_VERIFIED, message }
}

impl Chain {
    /// The chain in this folder, whose keys are held to its own first record.
    pub fn of(folder: PathBuf) -> Self {
        Self { records: Some(folder), unsigned: true, ..Self::default() }
    }

    /// A chain whose folder is named later.
    pub fn held_to(trust: Option<PathBuf>, unsigned: bool) -> Self {
        Self { trust, unsigned, ..Self::default() }
    }

    /// Its folder.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        match &self.records {
            Some(folder) => Ok(folder.clone()),
            None => Ok(setup_of(self.policy.clone(), None)?.records()),
        }
    }

    /// Checks what lies in `folder`.
    pub fn check(&self, folder: &Path) -> Result<Check, Failure> {
        let trust = self.trust.as_deref().map(trusted).transpose()?;
        let authorities = self.timestamp_ca.as_deref().map(vouching).transpose()?;
        let question = Question { trust, authorities, unsigned: self.unsigned, ..Question::default() };
        check::check(folder, &question).map_err(|error| unreadable(folder, &error))
    }

    /// Checks it, and reads what its records say.
    pub fn read(&self) -> Result<(Ledger, Check), Failure> {
        let folder = self.folder()?;
        // What is added between the two is checked and not read, or read and not checked: in this order never the latter.
        let ledger = Ledger::read(&folder).map_err(|error| unreadable(&folder, &error))?;
        Ok((ledger, self.check(&folder)?))
    }
}

impl Asked {
    /// What its records say up to then, what the check says, and when that is.
    pub fn read(&self) -> Result<(Ledger, Check, Timestamp), Failure> {
        let (ledger, check) = self.chain.read()?;
        let at = self.at.unwrap_or_else(Timestamp::now);
        Ok((ledger.until(at), check, at))
    }

    pub fn print<T: Serialize>(&self, result: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        match self.json || self.format == Format::Json {
            true => print(&setup::pretty(result)),
            false => print(&fitted(text(result))),
        }
    }
}

impl VerifyArgs {
    fn check(&self, question: &Question) -> Result<Check, Failure> {
        let named = self.place.as_deref().and_then(Path::to_str);
        if let Some(url) = named.filter(|place| place.starts_with("s3://")) {
            return bucket::check_at(url, self.policy.clone(), &self.store, question);
        }
        let folder = match &self.place {
            Some(folder) => folder.clone(),
            None => setup_of(self.policy.clone(), None)?.records(),
        };
        check::check(&folder, question).map_err(|error| unreadable(&folder, &error))
    }

    /// The bucket that has a second copy of a broken chain, where the policy names one.
    fn second_copy(&self, check: &Check) -> Option<String> {
        let policy = self.policy.clone().filter(|_| check.outcome == Holding::Broken)?;
        Some(setup_of(Some(policy), None).ok()?.policy.evidence.bucket?.store.url)
    }

    fn rendered(&self, check: &Check) -> String {
        match self.format {
            Format::Text => {
                fitted(evidence::render(check) + &step(check, self.second_copy(check).as_deref()))
            }
            Format::Json => setup::pretty(check),
        }
    }
}

/// What to do about a broken chain, as the last line; `bucket` is the second copy of a folder, where one is known.
fn step(check: &Check, bucket: Option<&str>) -> String {
    let step = check.next_step(bucket);
    step.map_or(String::new(), |step| format!("  do: {}\n", human::clean(&step)))
}

/// The keys in a file of allowed signers.
fn trusted(file: &Path) -> Result<Vec<PublicKey>, Failure> {
    let keys = check::allowed_signers(&text_of(file)?);
    keys.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

fn vouching(file: &Path) -> Result<Authorities, Failure> {
    let authorities = Authorities::read(text_of(file)?.as_bytes());
    authorities.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
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
    records.told(kept, true, exit::PASSED)
}

pub fn setup_of(policy: Option<PathBuf>, records: Option<PathBuf>) -> Result<Setup, Failure> {
    let mut setup = Setup::load(&PolicyArgs { policy, ..PolicyArgs::default() })?;
    if records.is_some() {
        setup.policy.run.records = records;
    }
    Ok(setup)
}

pub fn text_of(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} can't be read: {error}; check the path", file.display())))
}
