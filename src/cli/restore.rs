use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, ValueEnum};
use jiff::Timestamp;

use super::args::{PolicyArgs, moment};
use super::destination::{Destination, Login};
use super::records::Records;
use super::setup::{self, Setup};
use super::{Failure, fitted, print, progress, tell};
use crate::evidence::Record;
use crate::mailbox::{ItemId, ItemKind};
use crate::report::restored::{self, Restore};
use crate::restore::{self, Accounts, Maildir, Place, Query, Selection, Tgz};
use crate::verdict::Rung;
use crate::verify::{Target, Tools};

/// Restores accounts, folders or single messages out of an archive.
///
/// Only what has the digest that the backup states is restored; damage ends nothing that is sound. What is there already
/// stays as it is, so a restore that ended early is run again to go on.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["accounts", "all_accounts"]))]
#[command(after_help = "Examples:
  mailproof restore -i key.txt ./session.tar.zst.age --account anna@example.org --to ./anna
  mailproof restore -i key.txt s3://backups/session.tar.zst.age --account anna@example.org \\
    --folder /Inbox/Clienti --since 2026-11-01 --to ./anna.tgz
  mailproof restore -i key.txt ./session.tar.zst.age --account anna@example.org \\
    --query 'from:marco subject:\"offerta nuova\" after:2026-01-01' --to ./found

Words of a query, all of which must hold: from: to: subject: in: after: before: larger: and plain
words, which are looked for in heads and text. A folder, by --folder or in:, is named by its whole
path (in:\"/Inbox/Clienti\"); upper and lower case are the same, accents count.")]
pub struct Args {
    /// s3://bucket/key, file:///path or a plain path.
    #[arg(value_name = "ARCHIVE")]
    archive: String,
    /// Whose mail; may be given several times.
    #[arg(long = "account", value_name = "ADDRESS")]
    accounts: Vec<String>,
    /// The mail of every account in the archive.
    #[arg(long)]
    all_accounts: bool,
    /// Only this folder and those below it, by the path that `mailproof show --folders` lists.
    #[arg(long, value_name = "PATH")]
    folder: Option<String>,
    /// Only the message with this Message-ID.
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
    /// Only the item with this number; may be given several times.
    #[arg(long = "item", value_name = "N")]
    items: Vec<u32>,
    /// Only what was received on this day (UTC) or at this moment, or later.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only messages for which all these words hold.
    #[arg(long, value_name = "TEXT", value_parser = Query::from_str)]
    query: Option<Query>,
    /// Only items of this kind; may be given several times.
    #[arg(long = "kind", value_enum, value_name = "KIND")]
    kinds: Vec<Kind>,
    /// A folder for a Maildir, or FILE.tgz for an export that Zimbra imports; of several accounts each gets a Maildir or a
    /// tgz in the folder or in the folder FILE.tgz. Or a mail server: imaps://HOST/FOLDER, imap://HOST/FOLDER (STARTTLS), or
    /// https://HOST/FOLDER for Zimbra. Without FOLDER all goes where it was.
    #[arg(long, value_name = "PLACE", value_parser = Destination::from_str)]
    to: Destination,
    #[command(flatten)]
    login: Login,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Folder for the record of this restore.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// No progress bars on a terminal; the report is printed all the same.
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Message,
    Contact,
    Appointment,
    Task,
    Document,
    Chat,
    Note,
}

pub fn run(args: Args) -> Result<u8, Failure> {
    let mut setup = Setup::load(&args.common)?;
    // So that the keys are read.
    setup.policy.require.rung = Rung::Meaningful;
    if args.records.is_some() {
        setup.policy.run.records.clone_from(&args.records);
    }
    setup::end_on_signals(&setup)?;
    let keyring = setup.keyring()?;
    let records = records(&setup);
    let target = args.target(&setup)?;
    let mut place = args.place(&setup)?;
    let tools = Tools {
        keyring: &keyring,
        limits: &setup.policy.limits,
        runtime: setup.runtime.handle(),
        cancel: &setup.cancel,
        live: None,
    };
    let observer = progress::observers(false, args.quiet);
    let began = Timestamp::now();
    let restored = restore::run(tools, &target, args.selection(), &mut *place, &observer);
    let report = Restore::new(&target.address(), &args.to.shown(), &args.selection(), &restored);
    let (shown, exit_code) = (args.rendered(&report), report.exit_code);
    let times = (began, Timestamp::now());
    let kept = records
        .as_ref()
        .map(|records| records.keep(&setup, |basis| Record::of_restore(report, times, basis)));
    print(&shown)?;
    match kept {
        Some(Ok(kept)) if args.format == Format::Text => tell(&format!("record: {}\n", kept.path.display())),
        Some(Err(error)) => warn_of(&error),
        _ => {}
    }
    records.iter().for_each(Records::bring_up);
    Ok(exit_code)
}

/// Where the record goes. A restore that is needed waits for nobody, so it goes on where none can be kept.
fn records(setup: &Setup) -> Option<Records> {
    let records = Records::of(setup).map_err(|failure| warn_of(&failure.message)).ok()?;
    let prepared = records.chain().prepare().map_err(|error| warn_of(&error));
    prepared.ok().map(|()| records)
}

fn warn_of(why: &dyn fmt::Display) {
    tell(&format!("warning: this restore leaves no record: {why}\n"));
}

impl Args {
    fn target(&self, setup: &Setup) -> Result<Target, Failure> {
        let mut selection = setup.select(std::slice::from_ref(&self.archive), &self.common.store)?;
        match (selection.targets.pop(), selection.troubles.first()) {
            (Some(target), _) => Ok(target),
            (None, trouble) => {
                let message = trouble.map_or("the archive can't be reached", |trouble| &trouble.message);
                let interrupted = setup.cancel.is_cancelled();
                let code = if interrupted { crate::exit::INTERRUPTED } else { crate::exit::NOT_VERIFIED };
                Err(Failure { code, message: message.to_owned() })
            }
        }
    }

    fn place(&self, setup: &Setup) -> Result<Box<dyn Place>, Failure> {
        let server = match &self.to {
            Destination::Maildir(path) => {
                return Ok(Box::new(Maildir::open(path, self.whose()).map_err(Failure::usage)?));
            }
            Destination::Tgz(path) => {
                let tgz = Tgz::create(path, self.whose()).map_err(Failure::usage)?;
                let tgz = tgz.within(&setup.policy.limits, &setup.cancel);
                return Ok(Box::new(tgz.of_part(self.selection()).map_err(Failure::usage)?));
            }
            Destination::Server(server) => server,
        };
        let [account] = &self.accounts[..] else {
            return Err(Failure::usage(
                "one mailbox of a mail server takes one account; name it by --account",
            ));
        };
        let into = self.login.into.as_deref().unwrap_or(account);
        server.open(&self.login, into, setup)
    }

    fn rendered(&self, report: &Restore) -> String {
        match self.format {
            Format::Text => fitted(restored::render(report) + self.form(report)),
            Format::Json => setup::pretty(report),
        }
    }

    /// What a place is that looks like another.
    fn form(&self, report: &Restore) -> &'static str {
        let several = matches!(self.to, Destination::Tgz(_)) && self.whose() == Accounts::Several;
        match several && report.restored > 0 {
            true => "  it is a folder, with one tgz for each account\n",
            false => "",
        }
    }

    fn whose(&self) -> Accounts {
        if self.accounts.len() == 1 { Accounts::One } else { Accounts::Several }
    }

    fn selection(&self) -> Selection {
        Selection {
            accounts: self.accounts.clone(),
            folder: self.folder.clone(),
            items: self.items.iter().copied().map(ItemId).collect(),
            kinds: self.kinds.iter().map(|kind| kind.of()).collect(),
            since: self.since.map(Timestamp::as_second),
            message_id: self.message_id.clone(),
            query: self.query.clone(),
            ..Selection::default()
        }
    }
}

impl Kind {
    fn of(self) -> ItemKind {
        match self {
            Self::Message => ItemKind::Message,
            Self::Contact => ItemKind::Contact,
            Self::Appointment => ItemKind::Appointment,
            Self::Task => ItemKind::Task,
            Self::Document => ItemKind::Document,
            Self::Chat => ItemKind::Chat,
            Self::Note => ItemKind::Note,
        }
    }
}
