use std::fs;
use std::path::{Path, PathBuf};

use super::evidence::{Asked, text_of};
use super::{Failure, fitted, print};
use crate::controls::{self, Origin};
use crate::exit;
use crate::report::gaps;

/// Says which requirements of laws and standards the records answer, and what is missing.
///
/// First the chain is checked: one that does not hold answers nothing. Then each requirement is held to the records: only runs
/// that passed count. Exit codes: 0 nothing is missing, 20 something is missing or stale or nobody signed the records, 10 the
/// chain is broken.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof evidence gaps --policy /etc/mailproof/nightly.toml --framework nis2 gdpr
  mailproof evidence gaps --records ./records --trust allowed_signers --at 2026-12-31 --json
  mailproof evidence controls nis2 > ours.toml
  mailproof evidence gaps --policy /etc/mailproof/nightly.toml --controls ours.toml

docs/controls.md says which record answers what, and what none does.")]
pub struct Args {
    /// Only these frameworks; by default those of --controls, or all that are part of mailproof.
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    framework: Vec<String>,
    /// File of requirements of your own; one with the name of a ready framework stands in its place.
    #[arg(long, value_name = "FILE")]
    controls: Vec<PathBuf>,
    #[command(flatten)]
    asked: Asked,
}

/// Lists the ready frameworks, or prints the file of one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mailproof evidence controls nis2 > /etc/mailproof/nis2.toml")]
pub struct ControlsArgs {
    /// A framework.
    name: Option<String>,
}

pub fn run(args: &Args) -> Result<u8, Failure> {
    let frameworks = args.frameworks()?;
    let (ledger, check, at) = args.asked.read()?;
    let gaps = controls::gaps(&frameworks, &ledger, &check, at);
    args.asked.print(&gaps, gaps::render)?;
    Ok(gaps.exit_code)
}

pub fn controls(args: &ControlsArgs) -> Result<u8, Failure> {
    let Some(wanted) = &args.name else {
        for origin in ready()? {
            print(&fitted(format!("{:<12} {}\n", origin.framework.name, origin.framework.title)))?;
        }
        return Ok(exit::PASSED);
    };
    let found = controls::READY.iter().find(|(name, _)| name == wanted);
    let (_, text) = found.ok_or_else(|| unknown(wanted, &ready_names()))?;
    print(text)?;
    Ok(exit::PASSED)
}

impl Args {
    /// What is asked: the user's own files before the ready ones.
    fn frameworks(&self) -> Result<Vec<Origin>, Failure> {
        let own = self.controls.iter().map(|file| own(file)).collect::<Result<Vec<_>, _>>()?;
        if self.framework.is_empty() && !own.is_empty() {
            return Ok(own);
        }
        let is_own = |name: &str| own.iter().any(|origin| origin.framework.name == name);
        let rest: Vec<_> = ready()?.into_iter().filter(|origin| !is_own(&origin.framework.name)).collect();
        let known: Vec<Origin> = own.into_iter().chain(rest).collect();
        let names: Vec<&str> = known.iter().map(|origin| origin.framework.name.as_str()).collect();
        if let Some(other) = self.framework.iter().find(|name| !names.contains(&name.as_str())) {
            return Err(unknown(other, &names));
        }
        let wanted =
            |origin: &Origin| self.framework.is_empty() || self.framework.contains(&origin.framework.name);
        Ok(known.into_iter().filter(wanted).collect())
    }
}

fn own(file: &Path) -> Result<Origin, Failure> {
    if fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return Err(Failure::usage(format!("{} is no regular file; name the file itself", file.display())));
    }
    Origin::read(&text_of(file)?, &file.display().to_string()).map_err(Failure::usage)
}

fn ready() -> Result<Vec<Origin>, Failure> {
    controls::ready().map_err(|problems| Failure::internal(format!("{problems}\nplease report this")))
}

fn ready_names() -> Vec<&'static str> {
    controls::READY.iter().map(|(name, _)| *name).collect()
}

fn unknown(name: &str, known: &[&str]) -> Failure {
    Failure::usage(format!("there is no framework `{name}`; the names are {}", known.join(", ")))
}
