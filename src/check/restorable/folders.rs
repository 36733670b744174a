//! Folders of a backup of which the live mailbox has nothing any more.

use std::collections::BTreeMap;

use super::{Comparison, Difference};
use crate::check::meaningful::export::folder_place;
use crate::legible::deceives;
use crate::mailbox::ItemId;
use crate::verdict::{Finding, kinds};

/// One message that is gone is what people delete every day; so many and nothing else are a folder that is gone.
const FEWEST: u64 = 2;
/// Where mail is meant to vanish.
const PASSING: [ItemId; 3] = [ItemId::TRASH, ItemId::JUNK, ItemId(6)];

/// A folder as the backup has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFolder {
    /// Its path, where the backup describes it.
    pub path: Option<Box<str>>,
    /// Its messages.
    pub messages: u64,
}

impl Comparison {
    /// The folders of which all messages that were looked for are gone, and how many those are.
    #[must_use]
    pub fn vanished(&self) -> BTreeMap<ItemId, u64> {
        let mut folders: BTreeMap<ItemId, (u64, bool)> = BTreeMap::new();
        for (item, difference) in &self.messages {
            let (count, all_gone) = folders.entry(item.folder).or_insert((0, true));
            *count += 1;
            *all_gone &= difference.is_gone();
        }
        let vanished = folders
            .into_iter()
            .filter(|(id, (count, all_gone))| *all_gone && *count >= FEWEST && !PASSING.contains(id));
        vanished.map(|(id, (count, _))| (id, count)).collect()
    }
}

impl Difference {
    /// Whether the live mailbox has it no more, deleted or lost.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::DeletedSince | Self::Lost | Self::MissingLive)
    }
}

/// What is to be said of the folders that vanished.
pub(super) fn findings<'a>(
    account: &'a str,
    comparison: &Comparison,
    folders: &'a BTreeMap<ItemId, BackupFolder>,
) -> impl Iterator<Item = Finding> + use<'a> {
    let vanished = comparison.vanished().into_iter();
    let known = vanished.filter_map(|(id, looked)| Some((id, looked, folders.get(&id)?)));
    known
        .filter(|(.., folder)| !is_passing(folder))
        .map(|(id, looked, folder)| gone(account, id, looked, folder))
}

/// What lies below Trash and Junk.
fn is_passing(folder: &BackupFolder) -> bool {
    let below = |top: &str| folder.path.as_deref().is_some_and(|path| path.starts_with(top));
    below("/Trash/") || below("/Junk/")
}

fn gone(account: &str, id: ItemId, looked: u64, folder: &BackupFolder) -> Finding {
    let subject = match &folder.path {
        Some(path) => format!("{account}: {path}"),
        None => folder_place(account, id),
    };
    let observed = match looked == folder.messages {
        true => "none of them is in the live mailbox any more".to_owned(),
        false => format!("of the {looked} that were looked for none is in the live mailbox any more"),
    };
    let finding = Finding::new(&kinds::LIVE_FOLDER_GONE, subject);
    let finding = finding.expected(format!("the {} messages that the backup has in it", folder.messages));
    let finding = finding.observed(observed);
    match folder.path.as_deref().filter(|path| is_quotable(path)) {
        Some(path) => {
            let step = finding.remedy.replace("FOLDER", &format!("'{path}'"));
            finding.remedy(step)
        }
        None => finding,
    }
}

/// Whether a shell takes it as it is between quotes.
fn is_quotable(path: &str) -> bool {
    !path.contains('\'') && !path.contains(deceives)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Flags, Item, ItemKind};

    fn item(id: u32, folder: u32) -> Item {
        Item {
            id: ItemId(id),
            folder: ItemId(folder),
            kind: ItemKind::Message,
            size: 1,
            digest: None,
            date: 1,
            changed: 1,
            mod_metadata: 1,
            mod_content: 1,
            imap_id: id,
            flags: Flags::default(),
            unread: false,
            sound: true,
        }
    }

    fn told(messages: &[(u32, Difference)], path: &str) -> Vec<Finding> {
        let messages =
            (300..).zip(messages).map(|(id, (folder, difference))| (item(id, *folder), difference.clone()));
        let comparison = Comparison { messages: messages.collect(), ..Comparison::default() };
        let folder = |id| (ItemId(id), BackupFolder { path: Some(path.into()), messages: 2 });
        findings("anna@example.org", &comparison, &[2, 3, 6, 257].map(folder).into()).collect()
    }

    #[test]
    fn a_folder_is_named_where_all_that_was_looked_for_is_gone() {
        use Difference::{DeletedSince, MissingLive, Same};
        let told_of =
            told(&[(257, MissingLive), (257, DeletedSince), (2, Same), (2, MissingLive)], "/Inbox/Clienti 1");
        let [finding] = &told_of[..] else { panic!("{told_of:?}") };
        assert_eq!(finding.subject, "anna@example.org: /Inbox/Clienti 1");
        assert!(finding.observed.starts_with("none of them"), "{finding:?}");
        let step = finding.next_step();
        assert!(step.contains("--account anna@example.org --folder '/Inbox/Clienti 1'"), "{step}");
    }

    #[test]
    fn what_people_delete_every_day_names_no_folder() {
        use Difference::MissingLive;
        for folder in [3, 6] {
            assert!(told(&[(folder, MissingLive), (folder, MissingLive)], "/X").is_empty(), "{folder}");
        }
        assert!(told(&[(257, MissingLive)], "/X").is_empty());
        assert!(told(&[(257, MissingLive), (257, MissingLive)], "/Trash/X").is_empty());
    }

    #[test]
    fn a_path_that_a_shell_reads_into_stays_out_of_the_command() {
        use Difference::MissingLive;
        for path in ["/a'; rm -r '", "/a\nb"] {
            let finding = told(&[(257, MissingLive), (257, MissingLive)], path).remove(0);
            assert!(finding.next_step().contains("--folder FOLDER"), "{finding:?}");
        }
    }
}
