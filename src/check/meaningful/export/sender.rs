//! Whose mail it is (mode 16): an export names no account, so what lies in Sent must tell.

use super::Meaning;
use super::whose::{Trace, number};
use crate::mailbox::zimbra::export::Entry;
use crate::mailbox::zimbra::meta::{Described, Meta};
use crate::mailbox::{ItemId, ItemKind, Mailbox};
use crate::verdict::{Finding, kinds};

const SENT: ItemId = ItemId(5);
/// Fewer messages tell nothing.
const ENOUGH: u64 = 5;
/// Addresses that are told apart.
const KEPT: usize = 32;

/// Counts who sent what lies in Sent. Addresses are kept as numbers only, and only until the end.
#[derive(Debug)]
pub(super) struct Senders {
    /// The account's address; absent where its file is not named after one, and then nothing can be compared.
    account: Option<Address>,
    messages: u64,
    own: u64,
    others: Vec<(Address, u64)>,
}

/// An address as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address {
    whole: u64,
    /// What stands before the `@`.
    local: u64,
}

impl Address {
    fn of(text: &str) -> Option<Self> {
        let (local, _) = text.split_once('@')?;
        Some(Self { whole: number(text), local: number(local) })
    }
}

impl Senders {
    pub(super) fn new(account: &str) -> Self {
        Self { account: Address::of(account), messages: 0, own: 0, others: Vec::new() }
    }

    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        let Some(Ok(Described { meta: Meta::Item(item), sender: Some(sender), .. })) = entry.described else {
            return;
        };
        if item.folder != SENT || item.kind != ItemKind::Message {
            return;
        }
        let Some(address) = address(sender).and_then(Address::of) else { return };
        self.messages += 1;
        match self.account {
            // The same name in another domain is an alias of the domain.
            Some(own) if own.local == address.local => self.own += 1,
            _ => self.count(address),
        }
    }

    fn count(&mut self, address: Address) {
        if let Some((_, count)) = self.others.iter_mut().find(|(known, _)| *known == address) {
            *count += 1;
        } else if self.others.len() < KEPT {
            self.others.push((address, 1));
        }
    }

    pub(super) fn finish(self, mailbox: &Mailbox, meaning: &mut Meaning) -> Trace {
        let trace = Trace::of(mailbox);
        let most = self.others.iter().max_by_key(|(_, count)| *count);
        let Some((other, most)) = most.filter(|(_, most)| *most > self.messages / 2) else { return trace };
        if self.own > 0 || self.account.is_none() {
            return trace;
        }
        let told = self.messages >= ENOUGH;
        if told {
            let observed = format!("{most} of {} come from one other address, none from this", self.messages);
            let finding = Finding::new(&kinds::EXPORT_OTHER_ACCOUNT, &mailbox.account);
            meaning.findings.push(finding.expected("the account's own messages in Sent").observed(observed));
        }
        trace.sent_by(other.whole, told)
    }
}

/// The address in `Anna <anna@example.org>`, or the whole where it is one.
fn address(sender: &str) -> Option<&str> {
    let inner =
        sender.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address);
    let address = inner.unwrap_or(sender).trim();
    address.contains('@').then_some(address)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, body, found, message, only};
    use super::*;

    /// What is said of an account in whose Sent folder these are the senders.
    fn said(senders: &[&'static str]) -> Meaning {
        said_of("anna@example.org", senders)
    }

    fn said_of(account: &'static str, senders: &[&'static str]) -> Meaning {
        let mut export = Export { account, ..Export::full() };
        export.items.retain(|(item, _)| item.folder != SENT);
        for (id, sender) in (300..).zip(senders) {
            let item = message(5, id);
            export.add(item, Some(body(&item)));
            export.senders.insert(id, sender);
        }
        export.examine()
    }

    #[test]
    fn mail_that_somebody_else_sent_is_told_without_the_address() {
        let meaning = said(&["Paul <paul@example.org>"; 5]);
        let finding = only(&meaning, "export-other-account");
        assert_eq!(finding.observed, "5 of 5 come from one other address, none from this");
    }

    #[test]
    fn aliases_beside_the_account_few_messages_and_a_mixture_are_fine() {
        let paul = "paul@example.org";
        for senders in [
            &["ANNA@Example.org", paul, paul, paul, paul, paul][..],
            &["\"Bianchi, A. <x>\" <anna@example.org>", paul, paul, paul, paul, paul],
            &[paul; 4],
            &[paul, paul, paul, "a@example.org", "b@example.org", "c@example.org"],
            &["Paul"; 6],
        ] {
            assert_eq!(found(&said(senders)), [""; 0], "{senders:?}");
        }
    }

    #[test]
    fn without_an_address_of_its_own_and_with_the_same_name_elsewhere_nothing_is_said() {
        let paul = ["paul@example.org"; 6];
        for account in
            ["anna-export", "paul", "this archive", "", "paul@example.com", "Paul@mail.example.org"]
        {
            assert_eq!(found(&said_of(account, &paul)), [""; 0], "{account}");
        }
        only(&said_of("paula@example.org", &paul), "export-other-account");
    }
}
