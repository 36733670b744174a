use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::PolicyArgs;
use super::records::Records;
use super::setup::{self, Setup};
use super::verify::{Events, Format};
use super::{Failure, fitted, print, progress};
use crate::evidence::Record;
use crate::exit;
use crate::policy::{Rehearsal, Scope};
use crate::report::{rehearsal, text};
use crate::restore::rehearsal::{self as rehearsals, RehearsalJob, RehearsalResult, Sandbox};
use crate::verdict::{Outcome, Rung};

/// Rehearses a restore: into a sandbox, back from there, compared.
///
/// The sandbox is that of the policy's section [rehearsal]. Without an ARCHIVE the policy's selection is taken. What was put
/// into the sandbox is taken away again. stdout carries the result and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof rehearse --mark --policy /etc/mailproof/rehearsal.toml
  mailproof rehearse --policy /etc/mailproof/rehearsal.toml
  mailproof rehearse --policy rehearsal.toml --scope all --format json ./anna.tar.zst.age")]
pub struct Args {
    /// s3://bucket/key, file:///path or a plain path.
    #[arg(value_name = "ARCHIVE")]
    archives: Vec<String>,
    /// Mark the sandbox as one, if it may be restored into and is empty; nothing is restored.
    #[arg(long, conflicts_with_all = ["archives", "keep", "scope"])]
    mark: bool,
    /// Another place than the policy's: maildir:///folder/, imaps://host/ …
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Another account of the policy's list `allow`.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// How much is restored.
    #[arg(long, value_enum)]
    scope: Option<ScopeArg>,
    /// Only the mail of this account; may be given several times.
    #[arg(long, value_name = "ACCOUNT")]
    only: Vec<String>,
    /// Only this folder with those in it, for example /Inbox.
    #[arg(long, value_name = "PATH")]
    folder: Option<String>,
    /// Leave what was restored in the sandbox, to look at it.
    #[arg(long)]
    keep: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write what happens to stderr as it happens.
    #[arg(long, value_enum, value_name = "FORM")]
    events: Option<Events>,
    /// Folder for the record of this rehearsal.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Exit with 11 instead of 0 when there are warnings.
    #[arg(long)]
    warnings_exit: bool,
    /// No progress bars on a terminal; the result is printed all the same.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    common: PolicyArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeArg {
    /// What the policy's section [sample] draws.
    Sample,
    /// Every message.
    All,
}

pub fn run(args: Args, verbose: u8) -> Result<u8, Failure> {
    let mut setup = Setup::load(&args.common)?;
    let rules = args.apply(&mut setup)?;
    let mut sandbox = sandbox(&setup, &rules)?;
    if args.mark {
        return mark(&setup, &rules, &mut *sandbox);
    }
    setup::end_on_signals(&setup)?;
    let keyring = setup.keyring()?;
    let server = setup.live()?;
    let records = Records::prepare(&setup)?;
    let selection = setup.select(&args.archives, &args.common.store)?;
    let job = RehearsalJob {
        policy: &setup.policy,
        rules: &rules,
        keyring: &keyring,
        runtime: setup.runtime.handle(),
        cancel: &setup.cancel,
        live: server.as_ref(),
        keep: args.keep,
    };
    let observers = progress::observers(args.events.is_some(), args.quiet);
    let run = rehearsals::rehearse(&job, &mut *sandbox, selection, &observers);
    let kept = records.keep(&setup, |basis| Record::of_rehearsal(&run, basis));
    // What leaves no evidence is not shown as passed.
    if kept.is_ok() || run.outcome != Outcome::Passed {
        print(&args.rendered(&run, verbose > 0))?;
    }
    records.told(kept, args.format == Format::Text, run.exit_code)
}

/// The sandbox of the policy; nothing is asked of it yet.
pub(super) fn sandbox(setup: &Setup, rules: &Rehearsal) -> Result<Box<dyn Sandbox>, Failure> {
    let password = setup.password(rules.password_file.as_deref())?;
    rehearsals::open(rules, password, &setup.policy.limits, &setup.cancel, setup.runtime.handle())
        .map_err(Failure::usage)
}

fn mark(setup: &Setup, rules: &Rehearsal, sandbox: &mut dyn Sandbox) -> Result<u8, Failure> {
    let missing = is_missing(&rules.to);
    rehearsals::mark(sandbox, rules, setup.policy.live.as_ref()).map_err(Failure::usage)?;
    let (address, account) = (sandbox.address(), &rules.account);
    let done = if missing { "was not there; it is made and marked" } else { "is marked" };
    let told = format!("{address} {done} as the sandbox of {account}; rehearse with the same policy\n");
    print(&fitted(told))?;
    Ok(exit::PASSED)
}

/// Whether a sandbox on this machine is not there yet.
fn is_missing(to: &str) -> bool {
    let path = to.strip_prefix("maildir://").or_else(|| to.strip_prefix("file://"));
    path.is_some_and(|path| !Path::new(path).exists())
}

impl Args {
    /// Puts what was given over the policy; what comes of it must hold as if it stood there.
    fn apply(&self, setup: &mut Setup) -> Result<Rehearsal, Failure> {
        self.narrow(setup);
        let policy = &mut setup.policy;
        policy.run.warnings_exit |= self.warnings_exit;
        if self.records.is_some() {
            policy.run.records.clone_from(&self.records);
        }
        // What is restored is opened and examined.
        policy.require.rung = policy.require.rung.max(Rung::Meaningful);
        let Some(rules) = &mut policy.rehearsal else {
            let message = "no sandbox is named: add the section [rehearsal] to the policy, with `to`, `account` and \
                           `allow` (look at policies/rehearsal.toml)";
            return Err(Failure::usage(message));
        };
        if let Some(to) = &self.to {
            rules.to.clone_from(to);
        }
        if let Some(account) = &self.account {
            rules.account.clone_from(account);
        }
        match self.scope {
            Some(ScopeArg::Sample) => rules.scope = Scope::Sample,
            Some(ScopeArg::All) => rules.scope = Scope::All,
            None => {}
        }
        if !self.only.is_empty() {
            rules.accounts.clone_from(&self.only);
        }
        if self.folder.is_some() {
            rules.folder.clone_from(&self.folder);
        }
        let rules = rules.clone();
        let violations = policy.validate();
        match violations.iter().find(|violation| violation.key.starts_with("rehearsal")) {
            Some(violation) => Err(Failure::usage(violation)),
            None => Ok(rules),
        }
    }

    fn narrow(&self, setup: &mut Setup) {
        let all = setup.policy.rehearsal.as_ref().is_some_and(|rules| rules.scope == Scope::All);
        setup.narrow_to(&self.archives);
        setup.narrow(all && matches!(self.scope, Some(ScopeArg::Sample)), "--scope sample");
        setup.narrow(!self.only.is_empty(), "--only");
        setup.narrow(self.folder.is_some(), "--folder");
    }

    fn rendered(&self, run: &RehearsalResult, all: bool) -> String {
        match self.format {
            Format::Text => super::fitted(text::render_rehearsal(run, super::style(all))),
            Format::Json => setup::pretty(&rehearsal::Result::from(run)),
        }
    }
}
