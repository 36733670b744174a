//! Folders: each that an item lies in has a row of its own.

use super::{Meaning, View, name_of_mailbox};
use crate::verdict::{Finding, kinds};

/// Names each mailbox once, by the first of its folders.
pub(super) fn examine(view: &View<'_>, meaning: &mut Meaning) {
    let facts = view.facts;
    if facts.folders.over {
        meaning.open.push(
            "The dumps name more folders than are remembered, so whether each has a row can't be judged; put fewer mailboxes \
             into one archive."
                .to_owned(),
        );
    }
    // Rows that were not read may be those of the folders.
    if !view.rows_complete {
        return;
    }
    let mut missing = facts.folders.missing().peekable();
    while let Some((mailbox, folder)) = missing.next() {
        let mut folders = 1_u64;
        while missing.next_if(|(next, _)| *next == mailbox).is_some() {
            folders += 1;
        }
        let kind = &kinds::STORE_FOLDER_MISSING;
        let finding = Finding::new(kind, format!("{}: folder {folder}", name_of_mailbox(facts, mailbox)))
            .expected("a row of each folder that rows of items name")
            .observed(format!("none of {folders} folders, of which this is the first"));
        meaning.findings.push(finding.remedy(kind.remedy.replace("MAILBOX", &mailbox.to_string())));
    }
}
