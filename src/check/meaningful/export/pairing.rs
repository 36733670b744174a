//! Whether descriptions and bodies belong together (mode 8) and follow each other, and whether the descriptions can be read.

use std::collections::HashSet;

use super::{Meaning, entry_place};
use crate::mailbox::zimbra::export::Entry;
use crate::mailbox::zimbra::meta::{Meta, MetaError};
use crate::mailbox::{ItemId, Mailbox};
use crate::verdict::{Cause, Finding, Findings, Severity, kinds};

/// Folders whose undecodable metadata is remembered; beyond that many nothing is certain anyway.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Pairing {
    findings: Findings,
    /// Bodies without a description: one finding for all of them where nothing has one.
    orphans: Findings,
    /// What the last entry lacks, which is no fault of its own where the export was cut.
    last: Option<Finding>,
    descriptions: u64,
    undecodable: u64,
    undecodable_folders: HashSet<ItemId>,
}

impl Pairing {
    pub(super) fn entry(&mut self, account: &str, entry: &Entry<'_>) {
        self.findings.extend(self.last.take());
        match entry.described {
            None => self.orphans.push(orphan(account, entry)),
            Some(Err(error)) => self.last = Some(unreadable(account, entry, error)),
            Some(Ok(described)) => {
                self.judge(account, entry, &described.meta);
                if described.undecodable {
                    self.note_undecodable(&described.meta);
                }
            }
        }
        self.descriptions += u64::from(entry.described.is_some());
    }

    fn judge(&mut self, account: &str, entry: &Entry<'_>, meta: &Meta) {
        match (meta, entry.body) {
            (Meta::Folder(_), Some(_)) => self.orphans.push(orphan(account, entry)),
            (Meta::Item(item), None) if item.digest.is_some() => {
                let finding = Finding::new(&kinds::EXPORT_BODY_MISSING, entry_place(account, entry));
                let expected = format!("a body of {} bytes", item.size);
                self.last = Some(finding.expected(expected).observed("none"));
            }
            _ => {}
        }
    }

    fn note_undecodable(&mut self, meta: &Meta) {
        self.undecodable += 1;
        if let Meta::Folder(folder) = meta
            && self.undecodable_folders.len() < REMEMBERED
        {
            self.undecodable_folders.insert(folder.id);
        }
    }

    /// Tells what it found, and gives the folders of which less is known than others state.
    pub(super) fn finish(mut self, mailbox: &Mailbox, meaning: &mut Meaning) -> HashSet<ItemId> {
        self.findings.extend(self.last.take().filter(|_| mailbox.ending.whole));
        if self.descriptions == 0 && mailbox.bodies > 0 {
            self.tell_undescribed(mailbox, meaning);
        } else {
            meaning.findings.append(self.orphans);
            tell_apart(mailbox, meaning);
        }
        meaning.findings.append(self.findings);
        if self.undecodable > 0 {
            let finding = Finding::new(&kinds::EXPORT_METADATA_UNDECODABLE, &mailbox.account);
            let folders = self.undecodable_folders.len();
            let observed = format!("{} that can't be decoded, {folders} of them folders'", self.undecodable);
            // Of an item nothing is needed from it.
            let severity = if folders > 0 { Severity::Warning } else { Severity::Info };
            meaning
                .findings
                .push(finding.severity(severity).expected("metadata in Zimbra's bencode").observed(observed));
        }
        self.undecodable_folders
    }

    fn tell_undescribed(&self, mailbox: &Mailbox, meaning: &mut Meaning) {
        let (account, bodies) = (&mailbox.account, mailbox.bodies);
        let finding = Finding::new(&kinds::EXPORT_WITHOUT_DESCRIPTIONS, account);
        meaning.findings.push(
            finding
                .expected("a `.meta` before each body")
                .observed(format!("{bodies} bodies and no `.meta`")),
        );
        meaning.open.push(format!(
            "{account}: {bodies} bodies have no descriptions, so neither their content nor their number can be compared; export with `meta=1`"
        ));
    }
}

/// The content of such items is proven, and Zimbra's import refuses it all the same (`ArchiveFormatter.java`).
fn tell_apart(mailbox: &Mailbox, meaning: &mut Meaning) {
    let (account, apart, unpaired) = (&mailbox.account, mailbox.apart, mailbox.unpaired);
    if apart > 0 {
        let finding = Finding::new(&kinds::EXPORT_PAIRS_APART, account);
        let observed = format!("{apart} bodies elsewhere");
        meaning.findings.push(finding.expected("each body behind its description").observed(observed));
        meaning.open.push(format!(
            "{account}: {apart} bodies do not follow their descriptions, so an import refuses them; \
             archive exports as the mail server wrote them"
        ));
    }
    if unpaired > 0 {
        meaning.open.push(format!(
            "{account}: {unpaired} descriptions and bodies are so far apart that nobody can say whether they have each other; \
             archive exports as the mail server wrote them"
        ));
    }
}

fn orphan(account: &str, entry: &Entry<'_>) -> Finding {
    let finding = Finding::new(&kinds::EXPORT_DESCRIPTION_MISSING, entry_place(account, entry));
    let size = entry.body.map_or(0, |body| body.size);
    finding
        .expected("the description of an item before its body")
        .observed(format!("a body of {size} bytes alone"))
}

fn unreadable(account: &str, entry: &Entry<'_>, error: &MetaError) -> Finding {
    let finding = Finding::new(&kinds::EXPORT_DESCRIPTION_UNREADABLE, entry_place(account, entry));
    let finding = finding.expected("a description as Zimbra writes it").observed(error.to_string());
    match error {
        MetaError::TooLong => finding
            .cause(Cause::Configuration)
            .remedy("Raise `limits.text_size` in the policy if the description is meant to be this long."),
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, body, found, message, only};
    use super::*;

    #[test]
    fn a_body_that_is_not_there_is_missing_where_a_digest_is_stated() {
        let mut export = Export::full();
        export.items[2].1 = None;
        let meaning = export.examine();
        assert_eq!(
            only(&meaning, "export-body-missing").subject,
            "anna@example.org: folder 2 (Inbox), item 259"
        );
        // A contact without a photo has neither digest nor body.
        let mut twin = Export::full();
        twin.add(contact_of(7, 400), None);
        assert_eq!(found(&twin.examine()), [""; 0]);
    }

    fn contact_of(folder: u32, id: u32) -> crate::mailbox::Item {
        super::super::fixture::contact(folder, id)
    }

    #[test]
    fn what_the_last_entry_of_a_cut_export_lacks_is_explained_by_the_cut() {
        let mut export = Export::full();
        export.items.last_mut().unwrap().1 = None;
        assert_eq!(found(&export.examine()), ["export-body-missing"]);
        export.ending.whole = false;
        export.ending.faults.push(Finding::new(&kinds::GZIP_TRUNCATED, "archive"));
        assert_eq!(found(&export.examine()), ["export-truncated"]);
        export.unreadable.push((b"Inbox/x.eml", MetaError::Json));
        assert_eq!(found(&export.examine()), ["export-truncated", "export-body-missing"]);
    }

    #[test]
    fn a_body_alone_is_named_without_its_subject() {
        let mut export = Export::full();
        export.orphans.push((b"Inbox/0000000300-Salary.eml", body(&message(2, 300))));
        let meaning = export.examine();
        assert_eq!(
            only(&meaning, "export-description-missing").subject,
            "anna@example.org: member 12 (item 300)"
        );
    }

    #[test]
    fn an_export_without_any_description_is_one_finding() {
        let mut export = Export::default();
        for id in 300..330 {
            export.orphans.push((b"Inbox/Salary.eml", body(&message(2, id))));
        }
        let meaning = export.examine();
        only(&meaning, "export-without-descriptions");
        assert_eq!((meaning.open.len(), meaning.coverage.checked), (1, 0));
    }

    #[test]
    fn halves_that_are_apart_are_no_damage_and_no_pass() {
        let mut export = Export::full();
        export.apart = 2;
        let meaning = export.examine();
        assert_eq!(only(&meaning, "export-pairs-apart").severity, Severity::Warning);
        assert_eq!((meaning.open.len(), meaning.coverage.checked), (1, 5));
        (export.apart, export.unpaired) = (0, 7);
        let meaning = export.examine();
        assert_eq!((found(&meaning), meaning.open.len()), (vec![], 1));
    }

    #[test]
    fn an_unreadable_description_says_why_and_names_no_contact() {
        let mut export = Export::full();
        export.unreadable.push((b"Contacts/Doe, Jane", MetaError::Field("id")));
        let finding = only(&export.examine(), "export-description-unreadable").clone();
        assert!(!finding.subject.contains("Doe"), "{}", finding.subject);
        assert_eq!(finding.observed, "`id` is missing or impossible");
        export.unreadable[0].1 = MetaError::TooLong;
        assert_eq!(only(&export.examine(), "export-description-unreadable").cause, Cause::Configuration);
    }

    #[test]
    fn undecodable_metadata_matters_for_folders() {
        let mut export = Export::full();
        export.undecodable.insert(257);
        assert_eq!(only(&export.examine(), "export-metadata-undecodable").severity, Severity::Info);
        export.undecodable.insert(2);
        assert_eq!(only(&export.examine(), "export-metadata-undecodable").severity, Severity::Warning);
    }
}
