//! Whether there is anything (mode 9): Zimbra answers "no content" for an empty mailbox, and so do failed jobs.

use super::Meaning;
use crate::mailbox::Mailbox;
use crate::verdict::{Finding, kinds};

pub(super) fn finish(mailbox: &Mailbox, meaning: &mut Meaning) {
    // Folders state their items, and that they have none; this is for an export that says nothing.
    if mailbox.ending.whole && mailbox.folders.is_empty() && mailbox.items.is_empty() && mailbox.bodies == 0 {
        meaning.findings.push(
            Finding::new(&kinds::EXPORT_EMPTY, &mailbox.account)
                .expected("the mailbox's folders and items")
                .observed("nothing"),
        );
        meaning.open.push(undecided(&mailbox.account));
    }
}

/// Why nothing proves nothing.
fn undecided(account: &str) -> String {
    format!(
        "{account}: an empty export is what an empty mailbox gives and what a failed export gives; \
         ask the mail server with `zmmailbox -z -m {account} gms`"
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, folder, found, only};

    #[test]
    fn nothing_at_all_is_told_and_open() {
        let meaning = Export::default().examine();
        only(&meaning, "export-empty");
        assert_eq!(meaning.open.len(), 1);
    }

    #[test]
    fn folders_that_state_nothing_are_an_empty_mailbox() {
        let folders = (1..7).map(|id| folder(id, if id == 1 { 11 } else { 1 }, "/", 0)).collect();
        let export = Export { folders, ..Export::default() };
        let meaning = export.examine();
        assert_eq!((found(&meaning).len(), meaning.open.len(), meaning.coverage.total), (0, 0, Some(0)));
    }
}
