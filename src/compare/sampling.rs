use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Account, Explained, Sample, by_content, by_id};
use crate::check::meaningful::export::MailboxSummary;
use crate::check::restorable::{BackupFolder, Comparison};
use crate::live::{Fault, LiveError, Mailbox, Server};
use crate::mailbox::sample::{Amount, Seed, Statement, Stratum, draw};
use crate::mailbox::{Item, ItemId};
use crate::policy;
use crate::verdict::{Coverage, Unit};

/// Live messages that look like none of the backup and are read or asked after, for each mailbox.
const MOST_UNKNOWN: usize = 500;
/// Messages that are drawn beyond those that are wanted, as some are gone from the live mailbox by now.
const RESERVE: u64 = 100;

/// Of a mailbox that need not be there.
const CLOSED: &str = "there is no such account any more, as the policy accepts";

/// How messages are drawn from an archive and compared.
#[derive(Debug)]
pub struct Sampling<'a> {
    server: &'a Server,
    rules: &'a policy::Sample,
    seed: Seed,
    /// No message of the backup came later, in seconds since 1970, whatever its date says.
    stored: i64,
}

/// What came of it, over all mailboxes of the archive.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Whoever knows it draws the same messages.
    pub seed: Seed,
    /// Each mailbox, in the archive's order.
    pub mailboxes: Vec<MailboxSample>,
    /// What the sample says of all messages of the mailboxes that could be read; absent where one of them differs or is in
    /// doubt.
    pub statement: Option<Statement>,
}

/// What came of one mailbox.
#[derive(Debug, Clone)]
pub struct MailboxSample {
    /// Whose it is.
    pub account: String,
    /// Messages in the backup.
    pub population: u64,
    /// Messages that were to be compared.
    pub wanted: u64,
    /// The comparison, or why there is none.
    pub comparison: Result<Comparison, String>,
    /// The policy accepts that its mail is gone.
    pub accepted: bool,
    /// There is no such mailbox any more, and the policy accepts it.
    pub closed: bool,
    /// Folders of the backup of which nothing that was looked for is live any more.
    pub vanished: BTreeMap<ItemId, BackupFolder>,
}

impl<'a> Sampling<'a> {
    /// Draws by `seed` as `rules` say, and compares with the mailboxes of `server`.
    #[must_use]
    pub fn new(server: &'a Server, rules: &'a policy::Sample, seed: Seed) -> Self {
        Self { server, rules, seed, stored: i64::MAX }
    }

    /// The same, of a backup that lay in its store at this time: messages may be dated later, and none came later.
    #[must_use]
    pub fn of_a_backup_stored(self, at: Timestamp) -> Self {
        Self { stored: at.as_second(), ..self }
    }

    /// Compares the mailboxes of one archive, one after the other. What keeps one from being compared is said there.
    #[must_use]
    pub fn compare(&self, mailboxes: &[&MailboxSummary]) -> Compared {
        let population = mailboxes.iter().map(|mailbox| mailbox.messages.len() as u64).sum();
        let amount = amount(self.rules);
        let samples = mailboxes.iter().map(|mailbox| {
            let own = mailbox.messages.len() as u64;
            let wanted = amount.of(own, population);
            let accepted =
                self.rules.accept_gone.iter().any(|name| name.eq_ignore_ascii_case(&mailbox.account));
            let compared = self.compare_one(mailbox, wanted);
            let closed =
                accepted && compared.as_ref().is_err_and(|error| error.fault == Fault::NoSuchAccount);
            let comparison =
                compared.map_err(|error| if closed { CLOSED.to_owned() } else { error.to_string() });
            let vanished =
                comparison.as_ref().map(|comparison| vanished(mailbox, comparison)).unwrap_or_default();
            let (account, population) = (mailbox.account.clone(), own);
            MailboxSample { account, population, wanted, comparison, accepted, closed, vanished }
        });
        let mailboxes: Vec<MailboxSample> = samples.collect();
        Compared { seed: self.seed, statement: self.statement(&mailboxes), mailboxes }
    }

    /// Takes in what a second reading explained, and states anew what holds of all messages.
    pub fn explain(&self, compared: &mut Compared, explained: Vec<Explained>) {
        explained.into_iter().for_each(|explained| compared.take(explained));
        compared.statement = self.statement(&compared.mailboxes);
    }

    fn compare_one(&self, mailbox: &MailboxSummary, wanted: u64) -> Result<Comparison, LiveError> {
        let name = &*mailbox.account;
        let drawn = draw(self.seed, name, &mailbox.messages, wanted.saturating_add(RESERVE));
        let account =
            Account { name, messages: &mailbox.messages, taken: taken(&mailbox.messages, self.stored) };
        let sample = Sample { drawn: &drawn, wanted };
        let most_unknown = if is_part(mailbox) { 0 } else { MOST_UNKNOWN };
        let mut comparison = match self.server.mailbox(name)? {
            Mailbox::ByContent(mut live) => by_content(&mut *live, account, sample, most_unknown),
            Mailbox::ById(live, mark) => by_id(&*live, account, sample, mark, most_unknown),
        }?;
        if is_part(mailbox) {
            // What the sample made us read is not looked for either.
            comparison.not_looked += std::mem::take(&mut comparison.missing).len() as u64;
        }
        Ok(comparison)
    }

    /// Nobody drew from mailboxes that could not be read, so nothing is said of them.
    fn statement(&self, mailboxes: &[MailboxSample]) -> Option<Statement> {
        let read =
            || mailboxes.iter().filter_map(|mailbox| Some((mailbox, mailbox.comparison.as_ref().ok()?)));
        let strata = read().map(|(mailbox, comparison)| {
            let checked = comparison.count("same") + comparison.count("line-ends");
            let stratum = Stratum { population: mailbox.population, checked };
            (comparison.doubtful() == 0).then_some(stratum)
        });
        let strata: Vec<Stratum> = strata.collect::<Option<_>>()?;
        let all_drawn = |(mailbox, comparison): (&MailboxSample, &Comparison)| {
            comparison.messages.len() as u64 == mailbox.population
        };
        Some(if read().all(all_drawn) {
            Statement::of_all(&strata)
        } else {
            Statement::of(&strata, self.rules.confidence)
        })
    }
}

/// Whether the export holds a part of its mailbox by intent, as incremental ones do: those describe no folders. Nobody can
/// say which live messages it lacks.
fn is_part(mailbox: &MailboxSummary) -> bool {
    mailbox.folders.is_empty() && mailbox.unlisted == 0
}

fn vanished(mailbox: &MailboxSummary, comparison: &Comparison) -> BTreeMap<ItemId, BackupFolder> {
    let in_backup = |id: ItemId| {
        let described = mailbox.folders.iter().find(|folder| folder.id == id);
        let messages = mailbox.messages.iter().filter(|item| item.folder == id).count() as u64;
        BackupFolder { path: described.map(|folder| folder.path.clone()), messages }
    };
    comparison.vanished().into_keys().map(|id| (id, in_backup(id))).collect()
}

/// When the backup was taken, at the earliest: it holds what came before its own newest message. One that is dated after the
/// backup was stored says nothing of that.
fn taken(messages: &[Item], stored: i64) -> i64 {
    messages.iter().map(|item| item.date).filter(|date| *date <= stored).max().unwrap_or(i64::MIN)
}

/// How many messages the policy wants to be drawn.
pub(crate) fn amount(rules: &policy::Sample) -> Amount {
    match (rules.number, rules.share) {
        _ if rules.all => Amount::All,
        (Some(number), _) => Amount::Number(number),
        (None, Some(share)) => Amount::Part(share),
        (None, None) => Amount::Sure { confidence: rules.confidence, defects: rules.defects },
    }
}

impl Compared {
    /// Messages that were compared, over all mailboxes.
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.mailboxes
            .iter()
            .filter_map(|mailbox| mailbox.comparison.as_ref().ok())
            .map(Comparison::checked)
            .sum()
    }

    /// Those among them that are the same but for line ends.
    #[must_use]
    pub fn line_ends(&self) -> u64 {
        let comparisons = self.mailboxes.iter().filter_map(|mailbox| mailbox.comparison.as_ref().ok());
        comparisons.map(|comparison| comparison.count("line-ends")).sum()
    }

    /// How many were compared, of how many.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage { checked: self.checked(), total: Some(self.population()), unit: Unit::Messages }
    }

    /// The mailboxes that could not be read: their account, and how many messages of it the backup holds.
    pub fn unreachable(&self) -> impl Iterator<Item = (&str, u64)> {
        let failed = self.mailboxes.iter().filter(|mailbox| mailbox.comparison.is_err() && !mailbox.closed);
        failed.map(|mailbox| (&*mailbox.account, mailbox.population))
    }

    /// The mailboxes that are not there any more, as the policy accepts: their account, and how many messages of it the
    /// backup holds.
    pub fn closed(&self) -> impl Iterator<Item = (&str, u64)> {
        let closed = self.mailboxes.iter().filter(|mailbox| mailbox.closed);
        closed.map(|mailbox| (&*mailbox.account, mailbox.population))
    }

    /// Messages of all mailboxes.
    #[must_use]
    pub fn population(&self) -> u64 {
        self.mailboxes.iter().map(|mailbox| mailbox.population).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::by_content::tests::item;

    #[test]
    fn a_message_from_the_future_makes_the_backup_no_newer() {
        let dated = |date| item(300, date, b"mail");
        let messages = [10, 4_000_000_000, 20].map(dated);
        assert_eq!(taken(&messages, 1_000), 20);
        assert_eq!(taken(&messages, i64::MAX), 4_000_000_000);
        assert_eq!(taken(&messages[1..2], 1_000), i64::MIN);
    }
}
