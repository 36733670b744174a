use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::args::moment;
use super::evidence::{Chain, unreadable};
use super::runbook::RunbookArgs;
use super::setup;
use super::{Failure, fitted, print_bytes};
use crate::controls;
use crate::evidence::check::Check;
use crate::report::composing::{self, Named, Subject};
use crate::report::document::{self, Document};
use crate::report::language;
use crate::report::oscal;

/// Writes a report on one run or on a period, or the operational guide, from the records.
///
/// First the chain of records is checked, and the first page says what came of it. Exit codes: 0 the chain holds, 10 it is broken,
/// 20 nothing is claimed. They say nothing of the backups: a report on a failed run is a good report.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Run(RunArgs),
    Period(PeriodArgs),
    Runbook(RunbookArgs),
}

/// Writes a report on one run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof report run --policy /etc/mailproof/nightly.toml
  mailproof report run 412 --records ./records --trust allowed_signers --format html --output run-412.html")]
pub struct RunArgs {
    /// Number of its record, or its id; by default the last one.
    #[arg(value_name = "ID|SEQUENCE")]
    run: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Writes a report on all runs of a period.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  mailproof report period --since 2026-11-01 --until 2026-11-30 --policy /etc/mailproof/nightly.toml \\
    --trust allowed_signers --format pdf --language it --output november.pdf")]
pub struct PeriodArgs {
    /// Only runs that began on this day (UTC) or at this moment, or later.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only runs that began up to this day (UTC, the whole of it), or before this moment.
    #[arg(long, value_name = "DATE", value_parser = end)]
    until: Option<Timestamp>,
    #[command(flatten)]
    common: Common,
}

/// What both have in common.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    chain: Chain,
    #[command(flatten)]
    output: Output,
}

/// How a report is printed, and where it goes.
#[derive(Debug, clap::Args)]
pub struct Output {
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of the report.
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
    /// Write it into this file, which only its owner reads, instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Put it over a file that is there.
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Plain text
    Text,
    /// One self-contained page
    Html,
    /// PDF/A-2a and PDF/UA-1, for archives; into a file or a pipe
    Pdf,
    /// For programs (docs/report.schema.json)
    Json,
    /// OSCAL assessment results (NIST), with findings on SP 800-53
    Oscal,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// English
    En,
    /// Italian
    It,
}

pub fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Run(RunArgs { run, common }) => {
            let named = run.map(|name| name.parse().map_or(Named::Id(name), Named::Sequence));
            common.report(Subject::Run(named))
        }
        Command::Period(PeriodArgs { since, until, common }) => {
            if since.zip(until).is_some_and(|(since, until)| since >= until) {
                return Err(Failure::usage("--until lies before --since: exchange them"));
            }
            common.report(Subject::Period { since, until })
        }
        Command::Runbook(args) => {
            args.output.is_free()?;
            args.output.suits_a_guide()?;
            let document = args.document()?;
            args.output.print(&document)?;
            Ok(document.exit_code)
        }
    }
}

impl Common {
    fn report(&self, subject: Subject) -> Result<u8, Failure> {
        self.output.is_free()?;
        let folder = self.chain.folder()?;
        let check = self.chain.check(&folder)?;
        // OSCAL is for programs, and its texts are those of the records.
        let language = match self.output.format {
            Format::Oscal => language::Language::English,
            _ => self.output.language(),
        };
        let question = composing::Question { subject, language, written: written()? };
        let document = composing::compose(&folder, &check, &question).map_err(|error| match error {
            composing::ReportError::NoSuchRun(_) | composing::ReportError::NoRun(..) => Failure::usage(error),
            composing::ReportError::Folder(error) => unreadable(&folder, &error),
        })?;
        match self.output.format {
            Format::Oscal => {
                let assessed = assessed(&folder, &check, &question, &document)?;
                self.output.hand_out(assessed.as_bytes())?;
            }
            _ => self.output.print(&document)?,
        }
        Ok(document.exit_code)
    }
}

impl Output {
    pub fn language(&self) -> language::Language {
        self.language.into()
    }

    /// Refuses a file that is there, and a terminal that can't show it, before anything is read.
    fn is_free(&self) -> Result<(), Failure> {
        let there = self.output.as_deref().and_then(|file| Some((file, fs::symlink_metadata(file).ok()?)));
        if let Some((file, there)) = there {
            let why = match (self.force, there.is_file()) {
                (true, true) => return Ok(()),
                (false, true) => "is there already; name another file, or --force",
                // What is put over a device would be a file in its place.
                (_, false) => "is there and is no file; name another one, or take stdout",
            };
            return Err(Failure::usage(format!("{} {why}", file.display())));
        }
        if matches!(self.format, Format::Pdf) && self.output.is_none() && console::Term::stdout().is_term() {
            return Err(Failure::usage("a PDF is not for a terminal: name a file with --output, or a pipe"));
        }
        Ok(())
    }

    fn suits_a_guide(&self) -> Result<(), Failure> {
        match self.format {
            Format::Oscal => Err(Failure::usage(
                "OSCAL tells of assessments, and an operational guide is none; use --format text, html, pdf or json",
            )),
            _ => Ok(()),
        }
    }

    fn print(&self, document: &Document) -> Result<(), Failure> {
        let bytes = match self.format {
            Format::Text if self.output.is_none() => fitted(document::text(document)).into_bytes(),
            Format::Text => document::text(document).into_bytes(),
            Format::Html => document::html(document).into_bytes(),
            Format::Pdf => document::pdf(document).map_err(Failure::internal)?,
            Format::Json => setup::pretty(document).into_bytes(),
            // Made of more than the document, see `assessed`.
            Format::Oscal => return self.suits_a_guide(),
        };
        self.hand_out(&bytes)
    }

    fn hand_out(&self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.output {
            Some(file) => self.write(file, bytes).map_err(|error| {
                Failure::internal(format!(
                    "{} can't be written: {error}; name another --output",
                    file.display()
                ))
            }),
            None => print_bytes(bytes),
        }
    }

    /// The file appears whole or not at all, and nobody else reads it.
    fn write(&self, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut draft = tempfile::NamedTempFile::new_in(beside)?;
        draft.write_all(bytes)?;
        draft.as_file().sync_all()?;
        match self.force {
            true => draft.persist(file)?,
            false => draft.persist_noclobber(file)?,
        };
        Ok(())
    }
}

fn assessed(
    folder: &Path,
    check: &Check,
    question: &composing::Question,
    document: &Document,
) -> Result<String, Failure> {
    let frameworks =
        controls::ready().map_err(|problems| Failure::internal(format!("{problems}\nplease report this")))?;
    let root = oscal::assess(folder, check, question, document, &frameworks)
        .map_err(|error| unreadable(folder, &error))?;
    Ok(setup::pretty(&root))
}

/// Now; or the moment that reproducible-builds.org's variable names, so that a report can be written again byte for byte.
pub fn written() -> Result<Timestamp, Failure> {
    let Some(named) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(Timestamp::now()) };
    let seconds = named.to_str().and_then(|seconds| seconds.parse().ok());
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Failure::usage("SOURCE_DATE_EPOCH is no number of seconds since 1970: set it to one, or unset it")
    })
}

/// The first moment after a day, or a moment.
fn end(text: &str) -> Result<Timestamp, String> {
    let at = moment(text)?;
    match text.parse::<Timestamp>().is_err() && text.parse::<Date>().is_ok() {
        true => Ok(at + SignedDuration::from_hours(24)),
        false => Ok(at),
    }
}

impl From<Language> for language::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::English,
            Language::It => Self::Italian,
        }
    }
}
