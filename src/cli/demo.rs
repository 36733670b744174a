use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use super::args::PolicyArgs;
use super::records::Records;
use super::setup::{self, Setup};
use super::{Failure, print, tell};
use crate::demo::damage::Layer;
use crate::demo::show::{EXAMPLES, Stage, Trial, situations};
use crate::evidence::Record;
use crate::exit;
use crate::report::{human, text};
use crate::verdict::{Outcome, Severity};
use crate::verify::{ArchiveResult, RunResult};

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
    let style = super::style(false);
    print(&fitted(format!(
        "A store on {}, and in it a backup of {} files packed by tar, zstd and age, with a BLAKE3 manifest; on {} the mail server that it was made of. First as they are:\n\n",
        stage.endpoint(),
        stage.files(),
        stage.mail_address()
    )))?;
    let sound = stage.verify_sound().map_err(Failure::internal)?;
    print(&fitted(text::render(&sound, style)))?;
    let later = stage.verify_later().map_err(Failure::internal)?;
    print(&fitted(LATER.to_owned() + &told(&later.run, style)))?;
    let trials = damaged(&setup, &stage)?;
    print(&fitted(examples(&trials, style) + LEGEND + &table(&trials, args.all) + READ_ON))?;
    let kept = Records::of(&setup)?.keep(&setup, |basis| Record::of_verification(&sound, basis));
    let record = kept.map_err(Failure::internal)?.path;
    let elapsed = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tell(&format!("record: {}\ntook {}\n", record.display(), human::duration(elapsed)));
    let good =
        sound.outcome == Outcome::Passed && later.is_told_apart() && trials.iter().all(Trial::is_noticed);
    Ok(if setup.cancel.is_cancelled() {
        exit::INTERRUPTED
    } else if good {
        exit::PASSED
    } else {
        exit::INTERNAL
    })
}

/// Demonstrations are read by people, also where they go into a file.
fn fitted(text: String) -> String {
    text::wrap(&text, super::columns(&console::Term::stdout()).unwrap_or(80), console::measure_text_width)
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

/// What the words in a result mean; lines of 80 columns.
const LEGEND: &str = "
How to read this:

  proven up to  the highest rung that was proven: present (the object is there),
                complete (it opens, and its files are those of the manifest),
                meaningful (the mail in it is what Zimbra states of it),
                restorable (messages drawn from it are those of the mail server)
  members       files in the archive
  items         messages, contacts, appointments in the mailboxes
  do            the next step; docs/findings.md says more of each finding
";

const READ_ON: &str = "
Read on: README.md leads to your first archive in ten minutes; docs/formats.md
says which backups are understood; `mailproof help verify` names the options.
";

/// What happened to the mailboxes; lines of 80 columns.
const LATER: &str = "
A day later someone has edited a draft and deleted a message. The server has
lost a message without anybody's doing, and of another the file has rotted.
The same backup, all of its messages against the mailboxes as they are now:
";

/// All that is said of a run's archives, but for what needs no attention.
fn told(run: &RunResult, style: text::Style) -> String {
    let quiet = |archive: &ArchiveResult| {
        let archive = ArchiveResult { findings: archive.findings.without_infos(), ..archive.clone() };
        text::render_archive(&archive, style)
    };
    run.archives.iter().map(quiet).collect()
}

/// A few damaged copies with all that is said of them.
fn examples(trials: &[Trial], style: text::Style) -> String {
    let mut text =
        "\nNow damaged copies of a smaller backup. This is what is said of three of them:\n".to_owned();
    for (name, what) in EXAMPLES {
        for trial in trials.iter().filter(|trial| trial.damage.name == name) {
            let _ = write!(text, "\n{what}\n{}", told(&trial.run, style));
        }
    }
    text
}

/// Each layer's situations, and how many of them were judged as they must be; of each a damaged copy.
fn table(trials: &[Trial], all: bool) -> String {
    let mut text = "\nAll copies, layer by layer, with a damaged one of each:\n\n".to_owned();
    for (layer, name) in LAYERS {
        let of_layer: Vec<_> = trials.iter().filter(|trial| trial.damage.layer == layer).collect();
        let noticed = of_layer.iter().filter(|trial| trial.is_noticed()).count();
        let _ = writeln!(text, "  {name}: {noticed} of {} judged as they must be", of_layer.len());
        let failed = |trial: &&Trial| trial.is_telling() && trial.run.outcome == Outcome::Failed;
        let sample = of_layer.iter().position(failed);
        let sample = sample.or_else(|| of_layer.iter().position(|trial| trial.is_telling())).unwrap_or(0);
        for (place, trial) in of_layer.iter().enumerate() {
            if all || place == sample || !trial.is_noticed() {
                line(&mut text, trial);
            }
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
        .filter(|(kind, _)| kind.severity > Severity::Info || trial.run.outcome == Outcome::Passed)
        .map(|(kind, _)| kind.id)
        .collect();
    let found = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
    let elapsed = trial.run.finished.duration_since(trial.run.started).as_millis();
    let elapsed = human::duration(u64::try_from(elapsed).unwrap_or(0));
    let _ = writeln!(text, "    {:12}  {} ({elapsed}){found}{mark}", trial.run.outcome, trial.damage.name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::damage;
    use crate::verify::Cancel;

    #[test]
    fn what_is_said_of_damage_is_shown_in_full_and_within_eighty_columns() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (scratch, cancel) = (tempfile::tempdir().unwrap(), Cancel::default());
        let stage = Stage::set(scratch.path(), runtime.handle(), &cancel).unwrap();
        let names = EXAMPLES.iter().map(|(name, _)| *name).chain([
            "mailbox-sound",
            "session-sound",
            "session-failed",
        ]);
        let trials: Vec<_> =
            names.map(|name| stage.try_damage(damage::named(name).unwrap()).unwrap()).collect();
        let told = examples(&trials, text::Style::default());
        for wanted in
            ["failure export-truncated: ", "failure export-error-page: ", "failure export-item-digest: "]
        {
            assert!(told.contains(wanted), "{told}");
        }
        assert_eq!(told.matches("\n      do: ").count(), 3, "{told}");
        let table = table(&trials, false);
        assert!(table.contains("    failed        session-failed ("), "{table}");
        assert!(!table.contains("session-sound"), "a sound copy is no sample of damage: {table}");
        assert!(!told.contains("export-trash-excluded"), "nothing to do about it: {told}");
        for line in LEGEND.lines().chain(READ_ON.lines()).chain(LATER.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn what_became_of_the_mailboxes_is_told_apart() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (scratch, cancel) = (tempfile::tempdir().unwrap(), Cancel::default());
        let stage = Stage::set(scratch.path(), runtime.handle(), &cancel).unwrap();
        let sound = stage.verify_sound().unwrap();
        assert_eq!(sound.outcome, Outcome::Passed, "{:?}", sound.archives[0].standings);
        let told_of = |run: &RunResult| {
            let text = told(run, text::Style::default());
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let before = told_of(&sound);
        assert!(before.contains("proven up to: restorable; "), "{before}");
        assert!(before.contains("none differs, so it is 95% sure that at most 2 of all do"), "{before}");
        let mut later = stage.verify_later().unwrap();
        let after = told_of(&later.run);
        for wanted in [
            "since the backup: 1 changed, 1 deleted, 1 lost",
            "failure live-message-lost: anna.bianchi@example.org: ",
            "failure live-message-differs: anna.bianchi@example.org: ",
        ] {
            assert!(after.contains(wanted), "{after}");
        }
        assert!(later.is_told_apart(), "{after}");
        later.expected.reverse();
        later.expected[0].1 = "same";
        assert!(!later.is_told_apart());
        later.run = sound;
        assert!(!later.is_told_apart());
    }
}
