//! Whether a number stands for one item (mode 17). Documents have revisions, and exports of Zimbra 7 name each
//! search folder twice; anything else was put together from several exports.

use super::order::{Group, Order};
use super::{Meaning, folder_place, item_place};
use crate::mailbox::{Flags, ItemKind, Mailbox};
use crate::verdict::{Finding, Severity, kinds};

pub(super) fn finish(mailbox: &Mailbox, order: &Order<'_>, meaning: &mut Meaning) {
    let account = &mailbox.account;
    for group in order.groups().filter(|group| group.repeats() && !group.is_revised()) {
        let Some(first) = group.items().next() else { continue };
        let same = group
            .items()
            .all(|item| (item.digest, item.size, item.kind) == (first.digest, first.size, first.kind));
        meaning.findings.push(repeated(item_place(account, first), group.items().count(), same));
    }
    let mut folders: Vec<_> =
        mailbox.folders.iter().filter(|folder| folder.kind != ItemKind::SearchFolder).collect();
    folders.sort_by_key(|folder| folder.id);
    for alike in folders.chunk_by(|one, next| one.id == next.id).filter(|alike| alike.len() > 1) {
        let same = alike.iter().all(|folder| *folder == alike[0]);
        meaning.findings.push(repeated(folder_place(account, alike[0].id), alike.len(), same));
    }
}

fn repeated(subject: String, times: usize, same: bool) -> Finding {
    let finding = Finding::new(&kinds::EXPORT_ITEM_DUPLICATE, subject).expected("one of each number");
    match same {
        true => finding.severity(Severity::Warning).observed(format!("the same {times} times")),
        false => finding.observed(format!("{times} of this number, and they differ")),
    }
}

impl Group<'_> {
    /// Holds for a document with older revisions, all of which an export carries.
    pub(super) fn is_revised(self) -> bool {
        let documents = self.items().all(|item| matches!(item.kind, ItemKind::Document | ItemKind::Wiki));
        self.repeats() && documents && self.items().any(|item| item.flags.has(Flags::VERSIONED))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, body, folder, found, message, only};
    use super::*;
    use crate::mailbox::{Digest, Folder, Item};

    /// A full export and item 257 of it once more, after `change`.
    fn again(change: impl Fn(&mut Item)) -> Meaning {
        let mut export = Export::full();
        let mut item = message(2, 257);
        change(&mut item);
        export.add(item, Some(body(&item)));
        export.examine()
    }

    #[test]
    fn one_number_for_two_contents_is_a_failure() {
        let meaning = again(|item| item.digest = Some(Digest::Sha256([9; 32])));
        let finding = only(&meaning, "export-item-duplicate");
        assert_eq!(
            (finding.subject.as_str(), finding.severity),
            ("anna@example.org: folder 2 (Inbox), item 257", Severity::Failure)
        );
    }

    #[test]
    fn the_same_once_more_is_a_warning_and_counts_once() {
        let meaning = again(|_| {});
        assert_eq!(only(&meaning, "export-item-duplicate").severity, Severity::Warning);
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (5, Some(5)));
    }

    #[test]
    fn revisions_of_a_document_are_one_item_of_all_their_bytes() {
        let mut export = Export::full();
        export.folders.push(folder(16, 1, "/Briefcase", 1));
        export.folder(16).bytes = Some(2000);
        for (content, flags) in [(1, 0), (2, Flags::VERSIONED)] {
            let document = Item {
                kind: ItemKind::Document,
                flags: Flags(flags),
                mod_content: content,
                ..message(16, 300)
            };
            export.add(document, Some(body(&document)));
        }
        let meaning = export.examine();
        assert_eq!((found(&meaning), meaning.coverage.checked), (vec![], 6));
        // A revision that the server has forgotten meanwhile is no longer counted.
        export.folder(16).bytes = Some(1500);
        assert_eq!(found(&export.examine()), [""; 0]);
        export.folder(16).bytes = Some(2001);
        assert_eq!(found(&export.examine()), ["export-bytes-differ"]);
        export.items[6].0.flags = Flags(0);
        assert_eq!(found(&export.examine())[0], "export-item-duplicate");
    }

    #[test]
    fn zimbra_7_writes_search_folders_twice() {
        let search = Folder { kind: ItemKind::SearchFolder, ..folder(400, 1, "/service", 0) };
        let mut export = Export::full();
        export.folders.extend([search.clone(), search]);
        assert_eq!(found(&export.examine()), [""; 0]);
        export.folders.push(folder(2, 1, "/Inbox", 3));
        assert_eq!(
            only(&export.examine(), "export-item-duplicate").subject,
            "anna@example.org: folder 2 (Inbox)"
        );
    }
}
