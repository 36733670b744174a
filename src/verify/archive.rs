//! One archive, from its head in the store to its result.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use crate::archive::ArchiveError;
use crate::archive::decompress::Compression;
use crate::archive::decrypt::Encryption;
use crate::archive::storage::{Object, StorageError};
use crate::check::meaningful::Judgement;
use crate::check::meaningful::export::Examination;
use crate::check::meaningful::session::Timing;
use crate::compare::{Explained, Sampling, Unexplained};
use crate::event::{Event, Observer, Tally};
use crate::live::Server;
use crate::mailbox;
use crate::policy::{Demand, Policy};
use crate::verdict::{Finding, Findings, Rung, Severity, Standing, State, kinds};

use super::judge;
use super::reading;
use super::restorable;
use super::result::{ArchiveResult, Facts, Trouble};
use super::select::Target;
use super::stream::{Reading, Tools};

/// Verifies one archive up to the rung the policy asks for.
pub fn verify_archive(
    policy: &Policy,
    tools: Tools<'_>,
    target: &Target,
    observer: &dyn Observer,
) -> ArchiveResult {
    let began = Instant::now();
    let tally = Arc::new(Tally::default());
    Tally::add(&tally.retries, target.retries);
    let object = match head(tools, target, &tally) {
        Ok(object) => object,
        Err(missing) => {
            let mut result = without_object(policy, target, missing, observer);
            result.facts.retries = Tally::get(&tally.retries);
            return result;
        }
    };
    let case = Case { policy, tools, target, object: &object, tally: &tally, observer };
    observer.observe(&Event::ArchiveStarted { archive: &target.address(), size: object.size, tally: &tally });
    let (reading, first_read) = case.read();
    let mut result = case.conclude(reading, first_read);
    result.facts.elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    for finding in result.findings.iter() {
        observer.observe(&Event::FindingMade { archive: &result.archive, finding });
    }
    result
}

/// Why there is no object to read.
enum Missing {
    Finding(Box<Finding>),
    Trouble(Trouble),
}

fn head(tools: Tools<'_>, target: &Target, tally: &Tally) -> Result<Object, Missing> {
    match tools.head(target, &target.key, tally) {
        Ok(object) => Ok(object),
        Err(ArchiveError::Storage(StorageError::NotFound { .. })) => Err(Missing::Finding(Box::new(
            Finding::new(&kinds::PRESENT_MISSING, "object")
                .expected("an archive")
                .observed("no such object in the store")
                .remedy("Check the name with `mailproof list`; if it is right, look at the backup job's log and its upload."),
        ))),
        Err(error) => Err(Missing::Trouble(Trouble::new("storage", &error))),
    }
}

fn without_object(
    policy: &Policy,
    target: &Target,
    missing: Missing,
    observer: &dyn Observer,
) -> ArchiveResult {
    let finding = match missing {
        Missing::Finding(finding) => *finding,
        Missing::Trouble(trouble) => return ArchiveResult::unexamined(target, policy.require.rung, trouble),
    };
    let archive = target.address();
    observer.observe(&Event::FindingMade { archive: &archive, finding: &finding });
    let standing =
        Standing { rung: Rung::Present, state: State::Disproven, reason: Some(finding.kind.id.to_owned()) };
    let mut result = ArchiveResult::empty(archive);
    result.findings.push(finding);
    result.standings.push(standing);
    result.outcome = judge::outcome(policy, &result);
    result
}

/// One archive that is there, and all that is needed to read it.
struct Case<'a> {
    policy: &'a Policy,
    tools: Tools<'a>,
    target: &'a Target,
    object: &'a Object,
    tally: &'a Arc<Tally>,
    observer: &'a dyn Observer,
}

impl Case<'_> {
    /// Reads the archive, and once more if the first reading shows damage. The second value is what the
    /// first reading found, where there were two.
    fn read(&self) -> (Option<Reading>, Option<Findings>) {
        if self.policy.require.rung < Rung::Complete || self.object.size == 0 {
            return (None, None);
        }
        let first = self.read_once();
        let damaged = first.worst() == Some(Severity::Failure);
        if !damaged || !self.policy.run.reread || self.tools.cancel.is_cancelled() {
            return (Some(first), None);
        }
        self.observer.observe(&Event::RereadStarted { archive: &self.target.address() });
        let second = self.read_once();
        let kept = first.all_findings();
        (Some(settle(first, second)), Some(kept))
    }

    fn read_once(&self) -> Reading {
        if self.policy.require.rung < Rung::Meaningful {
            return reading::read(self.tools, self.target, self.object, self.tally, None);
        }
        // A rehearsal draws from the messages as well.
        let keeping = self.tools.live.is_some() || self.policy.rehearsal.is_some();
        let rules = &self.policy.mailbox;
        let mut reader = mailbox::Reader::new(self.tools.limits, reading::cores(), |account| {
            Examination::new(account, rules).keeping_messages(keeping)
        });
        let mut reading = reading::read(self.tools, self.target, self.object, self.tally, Some(&mut reader));
        let timing = Timing::of(self.policy, self.target.made(&self.policy.archives));
        reading.judge(reader.finish(reading.whole), &timing);
        reading
    }

    fn conclude(&self, reading: Option<Reading>, first_read: Option<Findings>) -> ArchiveResult {
        let mut result = ArchiveResult::empty(self.target.address());
        let (present, findings) = self.target.present(self.object);
        result.findings.append(findings);
        result.standings.push(present);
        result.facts = self.facts(reading.as_ref());
        result.coverage = judge::coverage(reading.as_ref());
        result.first_read = first_read;
        if let Some(mut reading) = reading {
            self.demand_layers(&mut reading);
            let complete = judge::complete(&reading);
            let meaningful = reading.judgement.as_ref().map(|found| judge::meaningful(found, &complete));
            result.standings.push(complete);
            result.standings.extend(meaningful);
            result.findings.append(reading.findings);
            result.troubles = reading.troubles;
            if let Some(judgement) = reading.judgement {
                self.compare(&judgement, &mut result);
                result.findings.append(judgement.findings());
                result.items = Some(judgement.coverage());
                result.others = judgement.others;
                result.sessions = judgement.sessions;
                result.sound_increment = judgement.sound_increment;
                result.mailboxes = judgement.mailboxes.into_iter().map(judge::mailbox).collect();
            }
        }
        result.rung = judge::highest(&result.standings);
        result.outcome = judge::outcome(self.policy, &result);
        result
    }

    /// Compares what the archive holds with the live mailboxes, and judges the rung `restorable`.
    fn compare(&self, judgement: &Judgement, result: &mut ArchiveResult) {
        let Some(server) = self.tools.live.filter(|_| self.policy.require.rung >= Rung::Restorable) else {
            return;
        };
        let seed = match restorable::seed(&self.policy.sample, self.object) {
            Ok(seed) => seed,
            Err(trouble) => return result.troubles.push(trouble),
        };
        let mailboxes: Vec<_> = judgement.mailboxes.iter().map(|(summary, _)| summary).collect();
        let stored = self.object.modified.unwrap_or_else(Timestamp::now);
        let sampling = Sampling::new(server, &self.policy.sample, seed).of_a_backup_stored(stored);
        let mut compared = sampling.compare(&mailboxes);
        if let Some(open) = Unexplained::of(&compared) {
            let explained = self.explain(server, &open, result);
            sampling.explain(&mut compared, explained);
        }
        result.findings.append(restorable::findings(&compared));
        result.troubles.extend(restorable::troubles(&compared));
        result.standings.push(restorable::standing(&compared, &result.standings));
        result.compared = Some(compared);
    }

    /// Reads the archive once more for the bodies that differ from the live ones.
    fn explain(&self, server: &Server, open: &Unexplained, result: &mut ArchiveResult) -> Vec<Explained> {
        // One export after the other, as each holds whole messages.
        let mut reader = mailbox::Reader::new(self.tools.limits, 1, |account| open.examiner(account, server));
        let reading = reading::read(self.tools, self.target, self.object, self.tally, Some(&mut reader));
        let explained = reader.finish(reading.whole).exports;
        hold_to_the_first(&reading, result);
        result.troubles.extend(reading.troubles);
        let failed = explained.iter().filter_map(|explained| explained.trouble.as_ref());
        result.troubles.extend(failed.map(|error| Trouble {
            stage: "compare",
            message: error.to_string(),
            internal: false,
        }));
        explained
    }

    /// Judges the layers that were seen against those the policy demands.
    fn demand_layers(&self, reading: &mut Reading) {
        let archives = &self.policy.archives;
        let plain = reading.decrypted.as_ref().is_some_and(|layer| layer.encryption == Encryption::None);
        if plain && archives.encryption == Demand::Required {
            reading.findings.push(
                Finding::new(&kinds::ARCHIVE_NOT_ENCRYPTED, "object")
                    .expected("age")
                    .observed("no encryption"),
            );
        }
        let loose = reading.decompressed.as_ref().is_some_and(|layer| layer.compression == Compression::None);
        if loose && archives.compression == Demand::Required {
            reading.findings.push(
                Finding::new(&kinds::ARCHIVE_NOT_COMPRESSED, "content")
                    .expected("zstd or gzip")
                    .observed("no compression"),
            );
        }
    }

    fn facts(&self, reading: Option<&Reading>) -> Facts {
        let walked = reading.and_then(|reading| reading.examined.as_ref()?.walked.as_ref());
        Facts {
            stored_bytes: self.object.size,
            read_bytes: Tally::get(&self.tally.stored),
            unpacked_bytes: walked.map_or(0, |walked| walked.bytes),
            members: walked.map_or(0, |walked| walked.members),
            modified: self.object.modified,
            etag: self.object.etag.clone(),
            version: self.object.version.clone(),
            encryption: reading.and_then(|reading| Some(reading.decrypted.as_ref()?.encryption.clone())),
            compression: reading.and_then(|reading| Some(reading.decompressed.as_ref()?.compression)),
            checksum_holds: reading.is_some_and(|reading| reading.checksum_holds),
            resumes: Tally::get(&self.tally.resumes),
            retries: Tally::get(&self.tally.retries),
            elapsed_ms: 0,
        }
    }
}

/// What was whole and is not when it is read again is not proven: nobody knows which of the two a restore would get.
fn hold_to_the_first(again: &Reading, result: &mut ArchiveResult) {
    let again = judge::complete(again);
    let is_claimed =
        |standing: &&mut Standing| standing.rung >= Rung::Complete && standing.state == State::Proven;
    let claimed: Vec<&mut Standing> = result.standings.iter_mut().filter(is_claimed).collect();
    if again.state == State::Proven || claimed.is_empty() {
        return;
    }
    let found = format!("the second read found {}", again.reason.unwrap_or_default());
    for standing in claimed {
        standing.state = State::NotProven;
        standing.reason = Some(format!("{found}; verify it again"));
    }
    result.findings.push(
        Finding::new(&kinds::STORAGE_REREAD_DIFFERS, "object")
            .expected("what the first read found: nothing")
            .observed(found),
    );
}

/// Decides between two readings of which the first showed damage.
///
/// A second reading that could not be done to its end does not clear the first.
fn settle(first: Reading, mut second: Reading) -> Reading {
    if !second.troubles.is_empty() {
        let mut first = first;
        first.troubles.append(&mut second.troubles);
        return first;
    }
    let kinds = |reading: &Reading| {
        let found = reading.all_findings();
        found.counts().map(|(kind, _)| kind.id).collect::<Vec<_>>().join(", ")
    };
    let (before, after) = (kinds(&first), kinds(&second));
    if before != after {
        let after = if after.is_empty() { "nothing".to_owned() } else { after };
        second.findings.push(
            Finding::new(&kinds::STORAGE_REREAD_DIFFERS, "object")
                .expected(format!("what the first read found: {before}"))
                .observed(format!("the second read found {after}")),
        );
    }
    second
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is claimed after a second reading, by rung, and how many findings there are.
    fn after(again: &Reading) -> (Vec<State>, u64) {
        let mut result = ArchiveResult::empty("file:///a".to_owned());
        let standing = |rung, state| Standing { rung, state, reason: None };
        result.standings = vec![
            standing(Rung::Present, State::Proven),
            standing(Rung::Complete, State::Proven),
            standing(Rung::Meaningful, State::Proven),
        ];
        hold_to_the_first(again, &mut result);
        let states = result.standings.iter().map(|standing| standing.state).collect();
        (states, result.findings.count(&kinds::STORAGE_REREAD_DIFFERS))
    }

    #[test]
    fn what_is_not_whole_a_second_time_is_not_proven() {
        let (proven, open) = (State::Proven, State::NotProven);
        assert_eq!(after(&Reading::sound()), (vec![proven, proven, proven], 0));
        let cut = Reading { whole: false, ..Reading::sound() };
        assert_eq!(after(&cut), (vec![proven, open, open], 1));
        let mut damaged = Reading::sound();
        damaged.findings.push(Finding::new(&kinds::MANIFEST_MEMBER_CHANGED, "mail"));
        assert_eq!(after(&damaged), (vec![proven, open, open], 1));
    }
}
