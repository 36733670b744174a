use std::collections::BTreeMap;

use super::{Difference, Explanation, Strange};
use crate::mailbox::{Item, ItemId};

/// What came of comparing one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// By what the messages of both sides were found.
    pub identity: Identity,
    /// Messages of the sample, in the order of the draw.
    pub messages: Vec<(Item, Difference)>,
    /// Those among them that are the same and were moved, tagged or flagged since, where the server tells that.
    pub moved: u64,
    /// Messages of the live mailbox.
    pub live: u64,
    /// Those among them that are older than the backup, Trash and Junk aside, which exports leave out.
    pub older: u64,
    /// Those of the older ones that the backup must hold and does not.
    pub missing: Vec<Missing>,
    /// Older ones of which nobody looked whether the backup holds them.
    pub not_looked: u64,
    /// Live messages that were read and are none of the backup's.
    pub strange: Vec<Strange>,
    /// In what messages differ, where both versions were read a second time.
    pub explained: BTreeMap<ItemId, Explanation>,
}

/// What makes a live message that of the backup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Identity {
    /// Its bytes, of the same size and date.
    #[default]
    Content,
    /// Its number.
    Number,
}

/// How a live message is called by its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// IMAP's number of it in its folder.
    Uid(u32),
    /// Zimbra's number of it, and of the folder it lies in.
    Item(ItemId, ItemId),
}

/// A live message that is not in the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What it is called.
    pub number: Number,
    /// Bytes.
    pub size: u64,
    /// When it came, in seconds since 1970.
    pub date: Option<i64>,
}

impl Comparison {
    /// Messages whose bytes were compared, whatever the result.
    #[must_use]
    pub fn checked(&self) -> u64 {
        let compared = |difference: &Difference| {
            matches!(difference, Difference::Same | Difference::LineEnds | Difference::Differs)
        };
        self.messages.iter().filter(|(_, difference)| compared(difference)).count() as u64
    }

    /// Messages whose difference leaves open, or denies, that the others are as the backup has them.
    #[must_use]
    pub fn doubtful(&self) -> u64 {
        self.messages.iter().filter(|(_, difference)| difference.is_doubtful()).count() as u64
    }

    /// How many messages have this difference, by its word.
    #[must_use]
    pub fn count(&self, word: &str) -> u64 {
        self.messages.iter().filter(|(_, difference)| difference.as_str() == word).count() as u64
    }

    /// The difference of one message.
    #[must_use]
    pub fn of(&self, id: ItemId) -> Option<&Difference> {
        self.messages.iter().find(|(item, _)| item.id == id).map(|(_, difference)| difference)
    }
}
