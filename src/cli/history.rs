use std::env;
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};

use super::args::{PolicyArgs, moment};
use super::setup::{self, Setup};
use super::{Failure, fitted, print};
use crate::exit;
use crate::history::{self, History, Question};
use crate::report::text::{self, Bars};
use crate::verdict::Outcome;

/// Tells what happened before: a line for each archive of each run, the newest last.
///
/// Reads the records of runs, and keeps what it needs of them in an index beside them (history.sqlite), which proves nothing and
/// may be removed at any time. PART names by what the command line asked for less than the policy: such a run says nothing of the
/// rest. Exit codes: 0 every record was read, 20 one could not be, or there are none.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof history --policy /etc/mailproof/nightly.toml --days 30
  mailproof history --records ./records --account anna@example.org --outcome failed
  mailproof history --policy /etc/mailproof/nightly.toml --kind rehearse --json")]
pub struct Args {
    /// Folder of the records; by default the one of the policy or the system.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Policy that names the folder of the records.
    #[arg(short, long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Only runs that began on this day (UTC) or at this moment, or later.
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "days")]
    since: Option<Timestamp>,
    /// Only runs of the last so many days.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    days: Option<u16>,
    /// Only runs of this kind.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// Only archives in whose address this stands.
    #[arg(long, value_name = "PART")]
    archive: Option<String>,
    /// Only archives in which this account has mail, or out of which its mail was restored.
    #[arg(long, value_name = "ADDRESS")]
    account: Option<String>,
    /// Only what ended so.
    #[arg(long, value_enum, value_name = "OUTCOME")]
    outcome: Option<Ending>,
    /// Only the newest so many runs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Make the index anew first.
    #[arg(long)]
    rebuild: bool,
    /// How the history is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Verify,
    Rehearse,
    Restore,
    HandOver,
    SignOff,
    Action,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ending {
    Passed,
    NotVerified,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub fn run(args: &Args) -> Result<u8, Failure> {
    let setup = Setup::load(&PolicyArgs { policy: args.policy.clone(), ..PolicyArgs::default() })?;
    let folder = args.records.clone().unwrap_or_else(|| setup.records());
    let question = Question { accounts: args.accounts(&setup)?, ..args.question(Timestamp::now()) };
    let history = history::look(&folder, &question, args.rebuild).map_err(|error| Failure {
        code: exit::NOT_VERIFIED,
        message: format!("{} can't be looked at: {error}", folder.display()),
    })?;
    print(&args.rendered(&history))?;
    Ok(history.exit_code)
}

impl Args {
    fn question(&self, now: Timestamp) -> Question {
        let days = |days: u16| now - SignedDuration::from_hours(24 * i64::from(days));
        Question {
            since: self.since.or(self.days.map(days)),
            kind: self.kind.and_then(|kind| Some(kind.to_possible_value()?.get_name().to_owned())),
            archive: self.archive.clone(),
            accounts: Vec::new(),
            outcome: self.outcome.map(Ending::outcome),
            limit: self.limit,
        }
    }

    /// The account by its address, and by what stands for it in records under this policy; the secret is read only where an
    /// account is asked for.
    fn accounts(&self, setup: &Setup) -> Result<Vec<String>, Failure> {
        let Some(account) = &self.account else { return Ok(Vec::new()) };
        let pseudonym = setup.pseudonyms()?.map(|pseudonyms| pseudonyms.of(account));
        Ok(std::iter::once(account.clone()).chain(pseudonym).collect())
    }

    fn rendered(&self, history: &History) -> String {
        match self.json || self.format == Format::Json {
            true => setup::pretty(history),
            false => fitted(text::render_history(history, super::style(false), bars())),
        }
    }
}

impl Ending {
    fn outcome(self) -> Outcome {
        match self {
            Self::Passed => Outcome::Passed,
            Self::NotVerified => Outcome::NotVerified,
            Self::Failed => Outcome::Failed,
        }
    }
}

/// Blocks where text is dressed, and the surroundings say that letters are those of Unicode.
fn bars() -> Bars {
    let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let letters = named("LC_ALL").or_else(|| named("LC_CTYPE")).or_else(|| named("LANG")).unwrap_or_default();
    let unicode = letters.to_ascii_lowercase().replace('-', "").ends_with("utf8");
    if unicode && super::style(false).color { Bars::Blocks } else { Bars::Ascii }
}
