//! The operational guide of an installation: what whoever brings mail back on the worst day has to know, from the policies
//! and the last results.
//!
//! Input: policies, folders of records, what became of checking their chains. Output: a [`Document`]. Invariants: what no
//! record proves is never called proven, and what was never measured is called so; each command is whole, with the names that
//! records and policies state, and no name is run by the shell that it is typed into.
//!
//! The way: `matter` gathers the last word on each archive and mailbox, `plan` says which archives bring back what, and each
//! other module makes sections of it, in the order in which they are needed.

mod afterwards;
mod away;
mod by_hand;
mod copy;
mod everything;
mod example;
mod keys;
mod matter;
mod measured;
mod people;
mod plan;
mod restore;
mod schedule;
mod state;
mod target;

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::composing;
use super::document::{Block, Cell, Document, Fact, Notice, SCHEMA, Section, Table};
use super::language::{Guide, Language, Words};
use super::shell::Command;
use crate::evidence::check::{Check, Holding};
use crate::exit;
use crate::policy::Policy;
use crate::verdict::Outcome;
use matter::Matter;
use plan::Plans;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// The policies of the installation, at least one.
    pub policies: Vec<Governing>,
    /// The folders of their records, each once.
    pub chains: Vec<Chained>,
    /// The language of the guide.
    pub language: Language,
    /// Where it was told that the records lie, whatever the policies say.
    pub records: Option<PathBuf>,
    /// What their chains are held to.
    pub held_to: HeldTo,
    /// The moment that it states as that of its writing.
    pub written: Timestamp,
}

/// What a chain is held to.
#[derive(Debug, Clone, Default)]
pub struct HeldTo {
    /// File of the keys that may sign.
    pub trust: Option<PathBuf>,
    /// A chain that nobody signed may pass.
    pub unsigned: bool,
}

/// A policy that archives are tested under.
#[derive(Debug)]
pub struct Governing {
    /// Its file, by a path that holds everywhere on this machine.
    pub file: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub digest: String,
    /// What it says.
    pub policy: Policy,
}

/// A folder of records.
#[derive(Debug)]
pub struct Chained {
    /// The folder.
    pub folder: PathBuf,
    /// What became of checking it; absent where there is no such folder yet.
    pub check: Option<Check>,
}

/// What a section is made of.
struct Sight<'a> {
    question: &'a Question,
    matter: &'a Matter,
    plans: &'a Plans,
    language: Language,
    words: &'static Words,
    guide: &'static Guide,
    chain: Holding,
}

/// Writes the guide.
///
/// # Errors
/// The system's answer if a folder can't be listed.
pub fn compose(question: &Question) -> io::Result<Document> {
    let matter = Matter::gather(question)?;
    let plans = Plans::of(&matter);
    let (language, words) = (question.language, question.language.words());
    let chain = holding(&question.chains);
    let sight =
        Sight { question, matter: &matter, plans: &plans, language, words, guide: &words.guide, chain };
    let checks = || question.chains.iter().filter_map(|chained| chained.check.as_ref());
    Ok(Document {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        exit_code: exit_code(&sight),
        language,
        chain,
        unsigned: checks().map(|check| check.unsigned).sum(),
        outcome: sight.outcome(),
        records: matter.span(),
        written: question.written.to_string(),
        latest: matter.tasks.iter().map(|task| task.last.started).max().map(|moment| moment.to_string()),
        alarm: checks().find_map(|check| composing::alarm(check, words)),
        title: words.guide.title.to_owned(),
        subtitle: (words.guide.subtitle)(&language.moment(question.written)),
        sections: sections(&sight),
        foot: (words.guide.foot)(env!("CARGO_PKG_VERSION"), &language.moment(question.written)),
    })
}

fn sections(sight: &Sight<'_>) -> Vec<Section> {
    let mut sections = vec![state::section(sight), people::contacts(sight), people::decisions(sight)];
    sections.push(restore::preparation(sight));
    sections.extend(restore::sections(sight));
    sections.extend([
        afterwards::section(sight),
        by_hand::section(sight),
        keys::section(sight),
        measured::section(sight),
        schedule::section(sight),
        people::upkeep(sight),
    ]);
    sections
}

/// The worst of them: one folder that does not hold makes the whole guide doubtful.
fn holding(chains: &[Chained]) -> Holding {
    let of = |chained: &Chained| chained.check.as_ref().map_or(Holding::NotVerified, |check| check.outcome);
    let all = || chains.iter().map(of);
    match () {
        () if all().any(|holding| holding == Holding::Broken) => Holding::Broken,
        () if chains.is_empty() || all().any(|holding| holding == Holding::NotVerified) => {
            Holding::NotVerified
        }
        () => Holding::Holds,
    }
}

/// Says whether the guide rests on anything, as with other reports, and not whether the backups are well.
fn exit_code(sight: &Sight<'_>) -> u8 {
    match sight.chain {
        Holding::Broken => exit::FAILED,
        Holding::Holds if sight.matter.unread.is_empty() && !sight.matter.tasks.is_empty() => exit::PASSED,
        _ => exit::NOT_VERIFIED,
    }
}

impl Sight<'_> {
    /// What records say may be called proven.
    fn believed(&self) -> bool {
        self.chain != Holding::Broken
    }

    /// How the last run of each task ended, the worst of them.
    fn ended(&self) -> Outcome {
        Outcome::worst(self.matter.tests().map(|task| task.last.outcome))
    }

    /// The same, where nothing else keeps it from being relied upon.
    fn outcome(&self) -> Outcome {
        let whole = self.matter.unread.is_empty() && self.untested().is_empty();
        match self.believed() && whole {
            true => self.ended(),
            false => self.ended().max(Outcome::NotVerified),
        }
    }

    /// The policies under which no test ever ran whole.
    fn untested(&self) -> Vec<String> {
        let policies = self.question.policies.iter().enumerate();
        let idle = policies.filter(|(place, _)| !self.matter.tested.contains(place));
        idle.map(|(_, governing)| governing.file.display().to_string()).collect()
    }

    /// What records say, and whether that proves it.
    fn stated(&self, said: String) -> String {
        if self.believed() { said } else { (self.guide.stated)(&said) }
    }

    /// A command that checks a chain, as this guide's was.
    fn held_to(&self, command: Command) -> Command {
        let HeldTo { trust, unsigned } = &self.question.held_to;
        let trust = trust.as_ref().map(|file| file.to_string_lossy());
        let command = command.option_if("--trust", trust.as_deref());
        if *unsigned { command.then("--unsigned") } else { command }
    }

    /// A command that reads records, from where this guide's were.
    fn with_records(&self, command: Command) -> Command {
        let records = self.question.records.as_ref().map(|folder| folder.to_string_lossy());
        command.option_if("--records", records.as_deref())
    }

    /// A rung by name, or that there is none.
    fn rung(&self, rung: Option<crate::verdict::Rung>) -> &'static str {
        rung.map_or(self.words.no_rung, self.words.rung)
    }
}

fn section(name: &'static str, title: &str, blocks: Vec<Block>) -> Section {
    Section { name, title: title.to_owned(), blocks }
}

fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

/// What stands in commands and is written by the reader, each once; nothing where there is nothing to write.
fn replaced<'a>(sight: &Sight<'_>, words: impl Iterator<Item = &'a str>) -> Option<Block> {
    let mut all: Vec<&str> = Vec::new();
    words.for_each(|word| {
        if !all.contains(&word) {
            all.push(word);
        }
    });
    (!all.is_empty()).then(|| paragraph((sight.guide.restoring.replace)(&all.join(", "))))
}

fn fact(label: &str, values: Vec<String>) -> Fact {
    Fact { label: label.to_owned(), values }
}

fn notice(tone: super::document::Tone, word: &str, text: impl Into<String>) -> Block {
    Block::Notice(Notice { tone, word: word.to_owned(), text: text.into() })
}

fn table<const N: usize>(caption: &str, columns: [&str; N], rows: Vec<[String; N]>) -> Table {
    Table {
        caption: caption.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| row.map(Cell::new).into()).collect(),
        others: Vec::new(),
    }
}
