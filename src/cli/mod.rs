//! The command line: arguments in, a call of the library, what to print. The only place that touches
//! terminal, environment and home.

mod args;
mod bucket;
mod completions;
mod demo;
mod destination;
mod doctor;
mod evidence;
mod gaps;
mod history;
mod list;
mod policy;
mod progress;
mod records;
mod rehearse;
mod report;
mod restore;
mod reviews;
mod runbook;
mod setup;
mod show;
mod verify;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit;
use crate::report::{human, text};

/// Proves that encrypted off-site Zimbra backups can be restored.
#[derive(Debug, Parser)]
#[command(name = "mailproof", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 passed, 1 internal failure, 2 usage or configuration, 10 failed, \
11 passed with warnings (where asked for), 20 not verified, 130 interrupted.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Lists every archive, and logs more to stderr: -v what is done, -vv every call.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(verify::Args),
    Rehearse(rehearse::Args),
    Show(show::Args),
    Restore(Box<restore::Args>),
    List(list::Args),
    Doctor(doctor::Args),
    #[command(subcommand)]
    Evidence(evidence::Command),
    History(history::Args),
    #[command(subcommand)]
    Report(report::Command),
    Demo(demo::Args),
    #[command(subcommand)]
    Policy(policy::Command),
    Completions(completions::Args),
    Man(completions::ManArgs),
}

/// Parses the command line, runs the command and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                misunderstood(&error);
                return ExitCode::from(exit::USAGE);
            }
            // Nothing more can be done if even the usage can't be printed.
            let _ = error.print();
            return ExitCode::from(exit::PASSED);
        }
    };
    log_to_stderr(cli.verbose);
    match run(cli.command, cli.verbose) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            tell(&format!("mailproof: {}\n", failure.message));
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Command, verbose: u8) -> Result<u8, Failure> {
    match command {
        Command::Verify(args) => verify::run(args, verbose),
        Command::Rehearse(args) => rehearse::run(args, verbose),
        Command::Show(args) => show::run(args, verbose),
        Command::Restore(args) => restore::run(*args),
        Command::List(args) => list::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Evidence(command) => evidence::run(command),
        Command::History(args) => history::run(&args),
        Command::Report(command) => report::run(command),
        Command::Demo(args) => demo::run(&args),
        Command::Policy(command) => policy::run(command),
        Command::Completions(args) => completions::run(args, Cli::command()),
        Command::Man(args) => completions::man(args, Cli::command()),
    }
}

/// Says what of the command line is not understood; a password in it is not repeated.
fn misunderstood(error: &clap::Error) {
    let told = error.render();
    let told = if colored(&io::stderr()) { told.ansi().to_string() } else { told.to_string() };
    // There is nobody left to tell that stderr is closed.
    let _ = io::stderr().lock().write_all(without_passwords(&told).as_bytes());
}

/// Text without the names and passwords in its addresses.
fn without_passwords(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
        let from = behind[..end].rfind('@').filter(|at| behind[..*at].contains(':')).unwrap_or(0);
        shown.push_str(before);
        shown.push_str(if from > 0 { "***" } else { "" });
        rest = &behind[from..];
    }
    shown + rest
}

/// Why a command ended without a result, in words for the user, and its exit code.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn usage(message: impl std::fmt::Display) -> Self {
        Self { code: exit::USAGE, message: message.to_string() }
    }

    fn internal(message: impl std::fmt::Display) -> Self {
        Self { code: exit::INTERNAL, message: message.to_string() }
    }
}

/// Prints the result on stdout; a reader that went away is no failure of ours.
fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// As [`print`], for what is no text.
fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::internal(format!("the result could not be printed: {error}; send stdout elsewhere")))
        }
        _ => Ok(()),
    }
}

/// Tells the user something on stderr; what a terminal would obey is shown instead.
fn tell(text: &str) {
    // There is nobody left to tell that stderr is closed.
    let _ = io::stderr().lock().write_all(to_width(&human::clean(text), &console::Term::stderr()).as_bytes());
}

/// Fits text to the terminal's width; where there is none, lines stay whole.
fn fitted(text: String) -> String {
    to_width(&text, &console::Term::stdout())
}

fn to_width(text: &str, terminal: &console::Term) -> String {
    match columns(terminal) {
        Some(columns) => text::wrap(text, columns, console::measure_text_width),
        None => text.to_owned(),
    }
}

/// The terminal's columns; a terminal that does not know its size has 80.
fn columns(terminal: &console::Term) -> Option<usize> {
    let known = || terminal.size_checked().map_or(80, |(_, columns)| usize::from(columns));
    terminal.is_term().then(known)
}

/// How text is dressed here; `all` shows every archive by itself.
fn style(all: bool) -> text::Style {
    text::Style { color: colored(&io::stdout()), all, width: columns(&console::Term::stdout()) }
}

fn colored(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(colored(&io::stderr()))
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_not_repeated() {
        for (text, shown) in [
            ("'imap://anna:geheim@h:143/R' for", "'imap://***@h:143/R' for"),
            ("\"imaps://a:ge/h@eim@h\" s3://b/a@c x://u:p@h", "\"imaps://***@h\" s3://b/a@c x://***@h"),
            ("a://b://u:p@h", "a://***@h"),
            ("no address: a@b", "no address: a@b"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
