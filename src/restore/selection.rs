//! What of an archive is wanted.

use std::collections::{BTreeSet, HashSet};

use super::naming::is_below;
use super::query::{Meant, Query};
use crate::mailbox::{Digest, Item, ItemId, ItemKind, WHOLE};

/// What of an archive is restored: what all conditions hold for. The default is everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Of these accounts; of all where there is none.
    pub accounts: Vec<String>,
    /// What lies in the folder with this path (`/Inbox/Sub`, or without the first slash) and in those below.
    pub folder: Option<String>,
    /// Items with these numbers; empty for all.
    pub items: BTreeSet<ItemId>,
    /// Items with these digests; empty for all.
    pub digests: HashSet<Digest>,
    /// Items of these kinds; empty for all.
    pub kinds: Vec<ItemKind>,
    /// Received at this moment or later, in seconds since 1970.
    pub since: Option<i64>,
    /// Messages with this `Message-ID`, with or without angle brackets.
    pub message_id: Option<String>,
    /// Messages for which all words hold.
    pub query: Option<Query>,
}

impl Selection {
    /// The name under which an export's account is wanted; `None` if it is not. An archive that is an export itself does
    /// not say whose it is, so it is taken for the only account that is asked for.
    pub(super) fn account<'a>(&'a self, account: &'a str) -> Option<&'a str> {
        match &self.accounts[..] {
            [] => Some(account),
            [only] if account == WHOLE => Some(only),
            several => several.iter().any(|wanted| wanted.eq_ignore_ascii_case(account)).then_some(account),
        }
    }

    /// Whether an item is wanted by what its description says. Where its folder's path is not known yet, it may be.
    pub(super) fn wants(&self, item: &Item, folder: Option<&str>) -> bool {
        item.kind.is_content()
            && (self.items.is_empty() || self.items.contains(&item.id))
            && (self.digests.is_empty() || item.digest.is_some_and(|digest| self.digests.contains(&digest)))
            && (self.kinds.is_empty() || self.kinds.contains(&item.kind))
            && self.since.is_none_or(|since| item.date >= since)
            && folder.is_none_or(|folder| self.wants_folder(folder))
            && self.query.as_ref().is_none_or(|query| query.wants(item, folder, is_below))
    }

    /// Whether what lies in the folder with this path is wanted.
    pub(super) fn wants_folder(&self, path: &str) -> bool {
        self.folder.as_ref().is_none_or(|wanted| is_below(wanted, path))
    }

    /// The folders that must be there for anything to be wanted.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.folder.as_deref().into_iter().chain(self.query.iter().flat_map(Query::folders))
    }

    /// Whether all that lies in the folder with this path is wanted.
    pub(super) fn takes_whole(&self, path: &str) -> bool {
        let picks = !self.items.is_empty() || !self.digests.is_empty() || !self.kinds.is_empty();
        let asks = self.since.is_some() || self.message_id.is_some() || self.query.is_some();
        !picks && !asks && self.wants_folder(path)
    }

    /// Whether an item can be told only by its body.
    pub(super) fn asks_for_content(&self) -> bool {
        self.message_id.is_some() || self.query.as_ref().is_some_and(Query::asks_for_content)
    }

    /// Whether an item with this body is wanted.
    pub(super) fn wants_content(&self, body: &[u8]) -> Meant {
        let named = self.message_id.as_ref().is_none_or(|wanted| has_message_id(body, wanted));
        match &self.query {
            Some(query) if named => query.wants_content(body),
            _ => Meant::of(named),
        }
    }
}

/// Bytes of a message in which its head is looked for.
const HEAD: usize = 1 << 20;

/// Whether the head of a message has this `Message-ID` (RFC 5322, section 3.6.4).
fn has_message_id(body: &[u8], wanted: &str) -> bool {
    let bare = wanted.trim().trim_start_matches('<').trim_end_matches('>');
    let head = mail_parser::MessageParser::new().parse_headers(&body[..body.len().min(HEAD)]);
    head.is_some_and(|head| head.message_id() == Some(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(folder: &str) -> Selection {
        Selection { folder: Some(folder.to_owned()), ..Selection::default() }
    }

    #[test]
    fn a_folder_is_wanted_with_what_lies_below() {
        for wanted in ["/Inbox", "inbox", "/INBOX/"] {
            assert!(below(wanted).wants_folder("/Inbox"), "{wanted}");
            assert!(below(wanted).wants_folder("/Inbox/Sub/Deep"), "{wanted}");
            assert!(!below(wanted).wants_folder("/Inbox2"), "{wanted}");
            assert!(!below(wanted).wants_folder("/In"), "{wanted}");
            assert!(!below(wanted).wants_folder("/Sent/Inbox"), "{wanted}");
        }
        assert!(below("/").wants_folder("/Ä"));
        assert!(!below("/a").wants_folder("/Ä"), "no character is split");
    }

    #[test]
    fn a_folder_comes_whole_where_nothing_is_picked_out_of_it() {
        assert!(below("/Inbox").takes_whole("/Inbox/Sub") && !below("/Inbox/Sub").takes_whole("/Inbox"));
        let since = Selection { since: Some(1), ..Selection::default() };
        let one = Selection { items: [ItemId(300)].into(), ..Selection::default() };
        assert!(!since.takes_whole("/Inbox") && !one.takes_whole("/Inbox"));
        assert!(Selection::default().takes_whole("/Inbox"));
    }

    #[test]
    fn accounts_are_told_without_case_and_an_export_alone_is_the_only_one_asked_for() {
        let of = |accounts: &[&str]| Selection {
            accounts: accounts.iter().map(|account| (*account).to_owned()).collect(),
            ..Selection::default()
        };
        assert_eq!(of(&[]).account("anna@example.org"), Some("anna@example.org"));
        assert_eq!(of(&["Anna@Example.org"]).account("anna@example.org"), Some("anna@example.org"));
        assert_eq!(of(&["anna@example.org"]).account("joanna@example.org"), None);
        assert_eq!(of(&["anna@example.org"]).account(WHOLE), Some("anna@example.org"));
        assert_eq!(of(&["anna@example.org", "b@example.org"]).account(WHOLE), None);
    }

    #[test]
    fn a_message_is_told_by_its_id_and_nothing_beside_it() {
        let body = b"Subject: x\r\nIn-Reply-To: <other@example.org>\r\nmessage-id:\r\n <one@example.org>\r\n\r\nMessage-ID: <body@example.org>\r\n";
        assert!(has_message_id(body, "<one@example.org>") && has_message_id(body, "one@example.org"));
        for other in ["other@example.org", "body@example.org", "", "ne@example.org"] {
            assert!(!has_message_id(body, other), "{other}");
        }
    }
}
