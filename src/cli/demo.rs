use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use super::args::PolicyArgs;
use super::setup::{self, Setup};
use super::{Failure, colored, print, tell};
use crate::demo::damage::Layer;
use crate::demo::show::{Stage, Trial, situations};
use crate::exit;
use crate::report::{human, text};
use crate::verdict::Outcome;

/// Shows in a few seconds what mailproof does, with a store, a key and a mailbox of its own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Needs no network, no key and nothing installed.

Example:
  mailproof demo")]
pub struct Args {
    /// Folder for the record.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Print every damaged copy, not only one of each layer.
    #[arg(long)]
    all: bool,
}

pub fn run(args: &Args) -> Result<u8, Failure> {
    let began = Instant::now();
    let mut setup = Setup::load(&PolicyArgs::default())?;
    // Apart from the records of real backups, which monitoring looks at.
    let records = || setup::default_records().with_file_name("demo-records");
    setup.policy.run.records = Some(args.records.clone().unwrap_or_else(records));
    setup::end_on_signals(&setup)?;
    let scratch = tempfile::tempdir().map_err(|error| {
        Failure::internal(format!("no temporary folder: {error}; set TMPDIR to one that is writable"))
    })?;
    let handle = setup.runtime.handle().clone();
    let stage = Stage::set(scratch.path(), &handle, &setup.cancel).map_err(Failure::internal)?;
    print(&format!(
        "A store on {}, a mailbox backup of {} files packed by tar, zstd and age, with a BLAKE3 manifest.\n\n",
        stage.endpoint(),
        stage.files()
    ))?;
    let sound = stage.verify_sound().map_err(Failure::internal)?;
    let style = text::Style { color: colored(&std::io::stdout()), ..text::Style::default() };
    print(&super::fitted(text::render(&sound, style)))?;
    let trials = damaged(&setup, &stage)?;
    print(&table(&trials, args.all))?;
    let record = setup.keep_record(&sound).map_err(Failure::internal)?;
    let elapsed = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tell(&format!("record: {}\ntook {}\n", record.display(), human::duration(elapsed)));
    let good = sound.outcome == Outcome::Passed && trials.iter().all(Trial::is_noticed);
    Ok(if setup.cancel.is_cancelled() {
        exit::INTERRUPTED
    } else if good {
        exit::PASSED
    } else {
        exit::INTERNAL
    })
}

fn damaged(setup: &Setup, stage: &Stage<'_>) -> Result<Vec<Trial>, Failure> {
    situations()
        .take_while(|_| !setup.cancel.is_cancelled())
        .map(|damage| stage.try_damage(damage).map_err(Failure::internal))
        .collect()
}

const LAYERS: [(Layer, &str); 11] = [
    (Layer::None, "sound but unusual"),
    (Layer::Object, "object"),
    (Layer::Age, "age"),
    (Layer::Zstd, "zstd"),
    (Layer::Gzip, "gzip"),
    (Layer::Tar, "tar"),
    (Layer::Manifest, "manifest"),
    (Layer::Mailbox, "mailbox"),
    (Layer::Session, "sessions of zmbackup"),
    (Layer::NetworkEdition, "sessions of Network Edition"),
    (Layer::Network, "network"),
];

/// Each layer's situations, and how many of them were judged as they must be.
fn table(trials: &[Trial], all: bool) -> String {
    let mut text = "\nThe same for damaged copies, layer by layer:\n\n".to_owned();
    for (layer, name) in LAYERS {
        let of_layer: Vec<_> = trials.iter().filter(|trial| trial.damage.layer == layer).collect();
        let noticed = of_layer.iter().filter(|trial| trial.is_noticed()).count();
        let _ = writeln!(text, "  {name}: {noticed} of {} judged as they must be", of_layer.len());
        let shown = of_layer.iter().filter(|trial| all || !trial.is_noticed());
        let example = of_layer.iter().take(usize::from(!all));
        for trial in shown.chain(example) {
            line(&mut text, trial);
        }
    }
    let noticed = trials.iter().filter(|trial| trial.is_noticed()).count();
    let _ = writeln!(text, "\n{noticed} of {} situations were judged as they must be.", trials.len());
    text
}

fn line(text: &mut String, trial: &Trial) {
    let mark = if trial.is_noticed() { "" } else { "  NOT AS IT MUST BE" };
    let found: Vec<_> = trial
        .run
        .archives
        .iter()
        .flat_map(|archive| archive.findings.counts())
        .map(|(kind, _)| kind.id)
        .collect();
    let found = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
    let elapsed = trial.run.finished.duration_since(trial.run.started).as_millis();
    let elapsed = human::duration(u64::try_from(elapsed).unwrap_or(0));
    let _ = writeln!(text, "    {:12}  {} ({elapsed}){found}{mark}", trial.run.outcome, trial.damage.name);
}
