//! The rung `meaningful`: Zimbra's own truth holds in what was restored from the archive.
//!
//! Input: mailboxes and the facts that backup tools left beside them. Output: findings, and how much was checked.
//! Invariant: what was not looked at, or could not be judged, is said and proves nothing.

pub mod export;
pub mod network_edition;
pub mod raw_store;
pub mod session;
mod several;
pub mod zextras;

use crate::mailbox::{Beside, Contents, Stranger};
use crate::verdict::{Coverage, Findings, Unit, kinds};
use export::MailboxSummary;
use session::{Inside, Timing};

/// What the checks make of one part of an archive: an account's mailbox, a session, a raw store.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// What is not as it should be; subjects name account, folder and item.
    pub findings: Findings,
    /// Items that were compared with what is stated of them, of those that are stated.
    pub coverage: Coverage,
    /// Why something could not be judged, one sentence each; empty where all was.
    pub open: Vec<String>,
    /// How many of those are of the nature of incremental sessions: what came may be sound, what is missing nobody can tell.
    of_increments: usize,
}

impl Default for Meaning {
    fn default() -> Self {
        let coverage = Coverage::nothing(Unit::Items);
        Self { findings: Findings::default(), coverage, open: Vec::new(), of_increments: 0 }
    }
}

/// What the mailboxes of an archive, and what backup tools left beside them, prove.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Each account's export, in the archive's order.
    pub mailboxes: Vec<(MailboxSummary, Meaning)>,
    /// What is said of the archive as a whole.
    pub whole: Meaning,
    /// Files that belong to nothing that is known here; nobody looked into them.
    pub others: u64,
    /// The sessions of zmbackup in it.
    pub sessions: Inside,
    /// Incremental sessions alone leave something open, and all that came is what is stated of it.
    pub sound_increment: bool,
}

/// Judges what an archive holds that was made at the time stated.
#[must_use]
pub fn judge(contents: Contents<(MailboxSummary, Meaning)>, timing: &Timing) -> Judgement {
    let Beside { sessions, network_edition, store, zextras } = &contents.beside;
    let zmbackup = session::sessions(sessions, timing);
    let parts = [
        network_edition::judge(network_edition, contents.ended),
        raw_store::examine(store, contents.ended),
        zextras::examine(zextras, contents.ended),
    ];
    let others = parts.into_iter().fold(Meaning::default(), Meaning::joined);
    let only_sessions = others.coverage == Coverage::nothing(Unit::Items);
    let mut whole = zmbackup.joined(others);
    let inside = Inside::of(sessions);
    let mut mailboxes = contents.exports;
    export::settle(&mut mailboxes, sessions);
    export::compare(&mut mailboxes);
    mailboxes.extend(contents.strangers.iter().filter_map(|member| stranger(member, &mut whole)));
    several::tell_apart(&mut mailboxes);
    if let Some(first) = contents.unread.first.first() {
        whole.open.push(format!(
            "{} members belong to an account and are no export that can be read here, {first} first; pack exports as they were written, \
             not unpacked, named ACCOUNT.tgz, .tar or .zip, and no links",
            contents.unread.count
        ));
    }
    let silent = mailboxes.is_empty() && whole.findings.is_empty() && whole.open.is_empty();
    if silent && whole.coverage == Coverage::nothing(Unit::Items) {
        whole.open.push(format!(
            "no mailbox was recognised among {} other files: an export is named after its account and ends with .tgz, .tar or .zip; \
             docs/formats.md lists what else is understood",
            contents.others
        ));
    }
    if mailboxes.is_empty() && !contents.ended {
        whole.coverage.total = None;
    }
    let sound_increment = only_sessions && is_sound_increment(&whole, &mailboxes);
    let mut judgement =
        Judgement { mailboxes, whole, others: contents.others, sessions: inside, sound_increment };
    judgement.leave_empty_open();
    judgement
}

/// What is said of a member that is not what its name says; an account of which there is nothing else has its row.
fn stranger(member: &Stranger, whole: &mut Meaning) -> Option<(MailboxSummary, Meaning)> {
    let finding = export::judge_head(&member.name, &member.head, member.size)?;
    if *finding.kind == kinds::EXPORT_WRONG_SUFFIX {
        whole.findings.push(finding);
        return None;
    }
    let mut meaning = Meaning { coverage: Coverage::none(Unit::Items), ..Meaning::default() };
    let why = || format!("{}: {}", member.account, finding.observed);
    if member.size > 0 || !member.in_session {
        meaning.leave_open(why);
        meaning.findings.push(finding);
    } else {
        // The session says what it means.
        meaning.leave_to_increments(why);
    }
    Some((MailboxSummary::nothing(&member.account, &member.name), meaning))
}

/// Holds if nothing but the nature of incremental sessions leaves something open: each account's items are what is stated
/// of them, and those that leave something open lie in such a session.
fn is_sound_increment(whole: &Meaning, mailboxes: &[(MailboxSummary, Meaning)]) -> bool {
    let checked = mailboxes.iter().any(|(_, meaning)| meaning.coverage.checked > 0);
    let open = !whole.open.is_empty() || mailboxes.iter().any(|(_, meaning)| !meaning.open.is_empty());
    let sound = |(summary, meaning): &(MailboxSummary, Meaning)| match meaning.open.len() {
        0 => meaning.coverage.total == Some(0) || meaning.coverage.reaches(100),
        open => {
            let nothing = meaning.coverage == Coverage::none(Unit::Items);
            let is_compared = meaning.coverage.reaches(100) || nothing;
            open == meaning.of_increments && is_compared && session::is_incremental(&summary.source)
        }
    };
    open && checked && whole.open.len() == whole.of_increments && mailboxes.iter().all(sound)
}

impl Meaning {
    /// Sentences that are kept of what could not be judged; one is enough to prove nothing.
    const MOST_OPEN: usize = 100;

    /// Says why something could not be judged.
    fn leave_open(&mut self, why: impl FnOnce() -> String) {
        if self.open.len() < Self::MOST_OPEN {
            self.open.push(why());
        } else {
            // What is not kept may be of any nature.
            self.of_increments = 0;
        }
    }

    /// Says why something could not be judged that incremental sessions leave open by their nature.
    fn leave_to_increments(&mut self, why: impl FnOnce() -> String) {
        if self.open.len() < Self::MOST_OPEN {
            self.of_increments += 1;
        }
        self.leave_open(why);
    }

    fn joined(mut self, other: Self) -> Self {
        self.findings.append(other.findings);
        self.coverage = self.coverage.joined(other.coverage);
        self.open.extend(other.open);
        self.of_increments += other.of_increments;
        self
    }
}

impl Judgement {
    /// Empty mailboxes beside others are as they state; where there are no others nothing was compared, which is no proof.
    fn leave_empty_open(&mut self) {
        let empty = !self.mailboxes.is_empty() && self.coverage() == Coverage::nothing(Unit::Items);
        if empty && self.open().next().is_none() {
            self.whole.open.push(format!(
                "no item was compared: the folders of {} mailboxes state that there is none, Trash and Junk aside, and nothing compared proves nothing; \
                 ask the mail server with `zmmailbox -z -m ACCOUNT gms`, and archive empty mailboxes together with others",
                self.mailboxes.len()
            ));
        }
    }

    /// Everything that was found, the archive's own first.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut all = self.whole.findings.clone();
        for (_, meaning) in &self.mailboxes {
            all.append(meaning.findings.clone());
        }
        all
    }

    /// Why something could not be judged.
    pub fn open(&self) -> impl Iterator<Item = &String> {
        self.parts().flat_map(|meaning| &meaning.open)
    }

    /// Items that were compared, of those that are stated, over everything.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.parts().map(|meaning| meaning.coverage).fold(Coverage::nothing(Unit::Items), Coverage::joined)
    }

    fn parts(&self) -> impl Iterator<Item = &Meaning> {
        std::iter::once(&self.whole).chain(self.mailboxes.iter().map(|(_, meaning)| meaning))
    }
}
