//! The rung `meaningful`: Zimbra's own truth holds in what was restored from the archive.
//!
//! Input: mailboxes and the facts that backup tools left beside them. Output: findings, and how much was checked.
//! Invariant: what was not looked at, or could not be judged, is said and proves nothing.

pub mod export;
pub mod network_edition;
pub mod raw_store;
pub mod session;
pub mod zextras;

use crate::mailbox::{Beside, Contents, Stranger};
use crate::verdict::{Coverage, Findings, Unit};
use export::MailboxSummary;

/// What the checks make of one part of an archive: an account's mailbox, a session, a raw store.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// What is not as it should be; subjects name account, folder and item.
    pub findings: Findings,
    /// Items that were compared with what is stated of them, of those that are stated.
    pub coverage: Coverage,
    /// Why something could not be judged, one sentence each; empty where all was.
    pub open: Vec<String>,
}

impl Default for Meaning {
    fn default() -> Self {
        Self { findings: Findings::default(), coverage: Coverage::nothing(Unit::Items), open: Vec::new() }
    }
}

/// What the mailboxes of an archive, and what backup tools left beside them, prove.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Each account's export, in the archive's order.
    pub mailboxes: Vec<(MailboxSummary, Meaning)>,
    /// What is said of the archive as a whole.
    pub whole: Meaning,
}

/// Judges what an archive holds.
#[must_use]
pub fn judge(contents: Contents<(MailboxSummary, Meaning)>) -> Judgement {
    let Beside { sessions, network_edition, store, zextras } = &contents.beside;
    let parts = [
        strangers(&contents.strangers),
        session::sessions(sessions),
        network_edition::judge(network_edition, contents.ended),
        raw_store::examine(store, contents.ended),
        zextras::examine(zextras, contents.ended),
    ];
    let whole = parts.into_iter().fold(Meaning::default(), Meaning::joined);
    Judgement { mailboxes: contents.exports, whole }
}

/// Members that are not what their names say.
fn strangers(strangers: &[Stranger]) -> Meaning {
    let mut meaning = Meaning::default();
    for stranger in strangers {
        let finding = export::judge_head(&stranger.name, &stranger.head, stranger.size);
        finding.into_iter().for_each(|finding| meaning.findings.push(finding));
    }
    meaning
}

impl Meaning {
    fn joined(mut self, other: Self) -> Self {
        self.findings.append(other.findings);
        self.coverage = self.coverage.joined(other.coverage);
        self.open.extend(other.open);
        self
    }
}

impl Judgement {
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
