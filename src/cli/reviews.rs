use std::io::{self, Read};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Failure;
use super::evidence::{Asked, Chain, setup_of};
use super::records::Records;
use crate::evidence::{self, Entry, Kind, LONGEST_NOTE, Ledger, Record, SignOff, WordsError};
use crate::exit;
use crate::report::actions::{self, Actions};

/// Bytes of a note that are read from the standard input; what is longer is refused.
const MOST_READ: u64 = 8 * LONGEST_NOTE as u64;

/// Records that somebody looked at a record, and what was seen.
///
/// Adds a record to the same chain, signed by the same key. It is kept for ever: no mail, no subject and no secret belongs
/// into the note.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof evidence sign-off 412 --policy /etc/mailproof/rehearsal.toml --by 'Anna Bianchi' --role 'IT manager' \\
    --note 'RTO met; two accounts were closed and are known.'
  mailproof evidence sign-off 412 --policy /etc/mailproof/rehearsal.toml --by 'Anna Bianchi' --note - < note.txt")]
pub struct SignOffArgs {
    /// Number or id of the record.
    #[arg(value_name = "ID")]
    record: String,
    /// Who looked at it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// As what.
    #[arg(long)]
    role: Option<String>,
    /// What was seen or decided; - reads it from the standard input.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
    #[command(flatten)]
    chain: Extended,
}

/// Keeps corrective actions: what is to be done because of a record, by whom and by when.
#[derive(Debug, clap::Subcommand)]
pub enum ActionCommand {
    Open(OpenArgs),
    Close(CloseArgs),
    List(ListArgs),
}

/// Opens a corrective action because of a record; its name is the number of the record that this adds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  mailproof evidence action open --for 417 --policy /etc/mailproof/nightly.toml \\
    --owner 'Bruno Verdi' --due 2026-12-15 --what 'Replace the disk of the second store'")]
pub struct OpenArgs {
    /// Number or id of the record that shows the need.
    #[arg(long = "for", value_name = "ID")]
    about: String,
    /// Who does it.
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// The last day (YYYY-MM-DD).
    #[arg(long, value_name = "DATE")]
    due: Date,
    /// What is to be done; - reads it from the standard input.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    what: String,
    #[command(flatten)]
    chain: Extended,
}

/// Closes a corrective action by a later run that passed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  mailproof evidence action close 418 --by-record 431 --policy /etc/mailproof/nightly.toml --note 'Disk replaced'")]
pub struct CloseArgs {
    /// Number or id of the record that opened it.
    #[arg(value_name = "ACTION")]
    action: String,
    /// Number or id of a run that began after that, and passed.
    #[arg(long, value_name = "ID")]
    by_record: String,
    /// What was done; - reads it from the standard input.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
    #[command(flatten)]
    chain: Extended,
}

/// Lists corrective actions: open, overdue, closed by which record.
///
/// Exit codes: 0 none is overdue, 20 one is, 10 the chain is broken.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mailproof evidence action list --policy /etc/mailproof/nightly.toml")]
pub struct ListArgs {
    #[command(flatten)]
    asked: Asked,
}

/// The chain that a record is added to.
#[derive(Debug, clap::Args)]
struct Extended {
    /// Policy that names the key and the folder of the records.
    #[arg(short, long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Folder of the records.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
}

pub fn sign_off(args: &SignOffArgs) -> Result<u8, Failure> {
    let role = args.role.as_deref();
    args.chain.keep(|ledger, now, basis| {
        let entry = named(ledger, &args.record)?;
        if entry.is(Kind::SignOff) || entry.is(Kind::HandOver) {
            let what = format!("record {} is of the kind {}", entry.number(), entry.kind);
            return Err(Failure::usage(format!(
                "{what}, which nobody signs off; name a run or an action (`mailproof history` lists them)"
            )));
        }
        let sign_off =
            SignOff::new(entry.about.clone(), &args.by, role, &text(&args.note)?).map_err(unfit)?;
        Ok(Record::of_sign_off(sign_off, now, basis))
    })
}

pub fn action(command: &ActionCommand) -> Result<u8, Failure> {
    match command {
        ActionCommand::Open(args) => open(args),
        ActionCommand::Close(args) => close(args),
        ActionCommand::List(args) => list(args),
    }
}

fn open(args: &OpenArgs) -> Result<u8, Failure> {
    args.chain.keep(|ledger, now, basis| {
        let entry = named(ledger, &args.about)?;
        if !entry.is_run() {
            let what = format!("record {} is of the kind {}", entry.number(), entry.kind);
            return Err(Failure::usage(format!(
                "{what}, which shows no need; name the run that does (`mailproof history` lists them)"
            )));
        }
        if args.due < TimeZone::UTC.to_datetime(now).date() {
            return Err(Failure::usage(format!("{} has passed; name a day that is to come", args.due)));
        }
        let what = text(&args.what)?;
        let action =
            evidence::Action::open(entry.about.clone(), &args.owner, args.due, &what).map_err(unfit)?;
        Ok(Record::of_action(action, now, basis))
    })
}

fn close(args: &CloseArgs) -> Result<u8, Failure> {
    args.chain.keep(|ledger, now, basis| {
        let opened = named(ledger, &args.action)?;
        let actions = ledger.actions();
        let Some(tracked) = actions.iter().find(|action| action.opened.about == opened.about) else {
            return Err(Failure::usage(format!(
                "record {} opened no action; `mailproof evidence action list` has their names",
                opened.number()
            )));
        };
        if let Some(closing) = &tracked.closed {
            return Err(Failure::usage(format!(
                "action {} was closed by record {}; open another one if there is more to do",
                opened.number(),
                closing.entry.number()
            )));
        }
        let run = named(ledger, &args.by_record)?;
        ledger.may_close(run, opened).map_err(|why| {
            let (run, action) = (run.number(), opened.number());
            Failure::usage(format!("record {run} does not close action {action}: {why}"))
        })?;
        let note = text(&args.note)?;
        let action = evidence::Action::close(opened.about.clone(), run.about.clone(), &note);
        Ok(Record::of_action(action.map_err(unfit)?, now, basis))
    })
}

fn list(args: &ListArgs) -> Result<u8, Failure> {
    let (ledger, check, at) = args.asked.read()?;
    let listed = Actions::of(&ledger, &check, at);
    args.asked.print(&listed, actions::render)?;
    Ok(listed.exit_code)
}

impl Extended {
    /// Adds what `make` makes of the chain as it is; one that is broken anywhere is left as it is.
    fn keep(
        &self,
        make: impl FnOnce(&Ledger, Timestamp, &evidence::Basis<'_>) -> Result<Record, Failure>,
    ) -> Result<u8, Failure> {
        let setup = setup_of(self.policy.clone(), self.records.clone())?;
        let chain = Chain::of(setup.records());
        let (ledger, check) = chain.read()?;
        if check.exit_code == exit::FAILED {
            return Err(Failure {
                code: exit::FAILED,
                message: format!(
                    "nothing was recorded: the chain in {} is broken; look at it with `mailproof evidence verify`",
                    check.folder
                ),
            });
        }
        let records = Records::prepare(&setup)?;
        let record = records.made(&setup, |basis| make(&ledger, Timestamp::now(), basis))?;
        let kept = records.append(&setup, record);
        records.told(kept, true, exit::PASSED)
    }
}

fn named<'a>(ledger: &'a Ledger, name: &str) -> Result<&'a Entry, Failure> {
    ledger.find(name).ok_or_else(|| {
        let last = ledger.entries.last().map_or(0, Entry::number);
        Failure::usage(format!(
            "no record has the number or id `{name}`; the last one has the number {last}, and each says its id"
        ))
    })
}

/// Words as they were given, or from the standard input.
fn text(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    let read = io::stdin().lock().take(MOST_READ).read_to_string(&mut text);
    read.map_err(|error| {
        Failure::usage(format!("the standard input can't be read: {error}; give plain text"))
    })?;
    Ok(text)
}

fn unfit(error: WordsError) -> Failure {
    Failure::usage(format!("nothing was recorded: {error}"))
}
