//! What was read back from the sandbox, against what was put there.
//!
//! Input: the ledger of what was put, and each message that was found. Output: a [`ReadBack`] and findings. Invariant: every
//! message that was put, or is there already by the place's word, is found, missing or another one; none is counted twice.

use std::collections::{BTreeMap, HashMap};

use super::findings;
use super::ledger::{Key, Ledger, Note, Recognised};
use super::result::ReadBack;
use super::sandbox::Found;
use crate::verdict::Findings;

/// Compares what is found with what was put.
pub(super) struct Validation {
    ledger: Ledger,
    found: u64,
    bytes: u64,
    /// Messages that nobody put, by the room they lie in.
    strangers: BTreeMap<usize, u64>,
    /// The same where the room is none of ours, by its name.
    elsewhere: HashMap<String, u64>,
}

/// Rooms of others that are told by name.
const MOST_ROOMS: usize = 1000;

impl Validation {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self { ledger, found: 0, bytes: 0, strangers: BTreeMap::new(), elsewhere: HashMap::new() }
    }

    pub(super) fn take(&mut self, found: Found) {
        self.found += 1;
        self.bytes = self.bytes.saturating_add(found.size);
        match self.ledger.recognise(&found) {
            Recognised::Known => {}
            Recognised::Stranger(Some(room)) => *self.strangers.entry(room).or_default() += 1,
            Recognised::Stranger(None) => {
                let room = if self.elsewhere.len() < MOST_ROOMS { found.room } else { String::new() };
                *self.elsewhere.entry(room).or_default() += 1;
            }
        }
    }

    /// Concludes, and adds what is to be said to `findings`.
    pub(super) fn conclude(mut self, findings: &mut Findings) -> (ReadBack, Ledger) {
        let mut back = ReadBack { found: self.found, bytes: self.bytes, ..ReadBack::default() };
        let mut notes: Vec<(Key, Note)> = self.ledger.notes.iter().map(|(key, note)| (*key, *note)).collect();
        notes.sort_unstable_by_key(|((room, digest), note)| (*room, note.item.id, *digest));
        for ((room, _), note) in notes {
            let account = self.ledger.account(room);
            let came = note.same.saturating_add(note.alike);
            let wanted = copies(&note, came);
            back.put += wanted;
            back.equal += (note.put + note.there).saturating_sub(wanted);
            back.same += note.same.min(wanted);
            back.line_ends += note.alike.min(wanted.saturating_sub(note.same));
            for _ in came..wanted {
                // A message that nobody put into the same room is most likely what became of it.
                let stranger = self.strangers.get_mut(&room).filter(|left| **left > 0);
                let differs = stranger.map(|left| *left -= 1).is_some();
                *(if differs { &mut back.differ } else { &mut back.missing }) += 1;
                findings.push(findings::lost(account, &note.item, differs));
            }
            // One that the place did not answer for may have come.
            let most = wanted.saturating_add(note.open);
            if came > most {
                back.too_many += came - most;
                findings.push(findings::doubled(account, &note.item, wanted, came));
            }
            // Of twins nobody knows which is which.
            let alone = wanted == 1 && note.there == 0 && came == 1;
            if alone && note.flags_differ {
                back.flags_differ += 1;
                findings.push(findings::flags(account, &note.item));
            }
            if alone && note.date_differs {
                back.dates_differ += 1;
                findings.push(findings::date(account, &note.item));
            }
        }
        for (room, left) in self.strangers.iter().filter(|(_, left)| **left > 0) {
            back.unexpected += left;
            findings.push(findings::unexpected(self.ledger.name(*room), *left));
        }
        let mut elsewhere: Vec<_> = self.elsewhere.into_iter().collect();
        elsewhere.sort_unstable();
        for (room, count) in elsewhere {
            back.unexpected += count;
            findings.push(findings::unexpected(&room, count));
        }
        if back.line_ends > 0 {
            findings.push(findings::line_ends(back.line_ends, back.put));
        }
        (back, self.ledger)
    }
}

/// How many copies of a message must be there. Those that are there already by the place's word are satisfied by any; where
/// there is none, all are missing.
fn copies(note: &Note, came: u64) -> u64 {
    match came {
        0 => note.put + note.there,
        _ => note.put.max(note.there.min(1)),
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};

    use super::*;
    use crate::live::Flags as LiveFlags;
    use crate::mailbox::{Flags, Item, ItemId, ItemKind};
    use crate::restore::{Put, Recovered};

    fn item(id: u32) -> Item {
        Item {
            id: ItemId(id),
            folder: ItemId(2),
            kind: ItemKind::Message,
            size: 1,
            digest: None,
            date: 7,
            changed: 0,
            mod_metadata: 1,
            mod_content: 1,
            imap_id: 0,
            flags: Flags(4 | 32),
            unread: true,
            sound: true,
        }
    }

    fn found(room: &str, body: &str) -> Found {
        Found {
            room: room.to_owned(),
            sha256: digest(&SHA256, body.as_bytes()).as_ref().try_into().unwrap(),
            size: body.len() as u64,
            date: Some(7),
            flags: Some(LiveFlags { answered: true, flagged: true, ..LiveFlags::default() }),
        }
    }

    /// Two rooms with three messages, one of them twice in all.
    fn after(found: &[Found]) -> (ReadBack, Vec<&'static str>) {
        let put = [(300, "a", "one"), (301, "a", "two\n"), (302, "b", "one")];
        answered(&put.map(|(id, room, body)| (id, room, body, Put::Restored)), found)
    }

    /// Messages of which the place said something.
    fn answered(put: &[(u32, &str, &str, Put)], found: &[Found]) -> (ReadBack, Vec<&'static str>) {
        let mut ledger = Ledger::default();
        for (id, room, body, put) in put {
            let (item, account) = (item(*id), "anna@example.org");
            let recovered =
                Recovered { account, item: &item, folder: None, name: b"", text: b"", body: body.as_bytes() };
            ledger.note_at_once(room, &recovered, put);
        }
        let mut validation = Validation::new(ledger);
        found.iter().for_each(|found| validation.take(found.clone()));
        let mut findings = Findings::default();
        let (back, _) = validation.conclude(&mut findings);
        (back, findings.iter().map(|finding| finding.kind.id).collect())
    }

    #[test]
    fn what_is_there_as_it_was_put_is_the_same() {
        let (back, findings) = after(&[found("b", "one"), found("a", "two\n"), found("a", "one")]);
        assert_eq!((back.put, back.same, back.found), (3, 3, 3));
        assert_eq!((back.missing, back.differ, back.too_many, back.unexpected), (0, 0, 0, 0));
        assert_eq!(findings, [""; 0]);
    }

    #[test]
    fn what_is_said_to_be_there_already_is_looked_for() {
        let put = [
            (300, "a", "one", Put::Restored),
            (301, "a", "one", Put::AlreadyThere),
            (302, "a", "one", Put::AlreadyThere),
            (303, "a", "two", Put::AlreadyThere),
            (304, "a", "three", Put::Refused(String::new())),
            (305, "a", "four", Put::Pending),
        ];
        let (back, findings) = answered(&put, &[found("a", "one"), found("a", "two"), found("a", "four")]);
        assert_eq!((back.put, back.same, back.equal, back.missing, back.found), (2, 2, 2, 0, 3));
        assert_eq!(findings, [""; 0]);
        let (back, findings) = answered(&put, &[found("a", "one")]);
        assert_eq!((back.put, back.same, back.equal, back.missing), (2, 1, 2, 1));
        assert_eq!(findings, ["rehearsal-message-missing"]);
        let (back, _) = answered(&put, &[]);
        assert_eq!((back.put, back.same, back.equal, back.missing), (4, 0, 0, 4));
        let (_, findings) = answered(&put, &[found("a", "two"), found("a", "three"), found("a", "one")]);
        assert_eq!(findings, ["rehearsal-message-unexpected"]);
    }

    /// As on a server that stores CR LF alone.
    #[test]
    fn two_that_differ_in_line_ends_alone_may_become_equal() {
        let put = [(300, "a", "x\n", Put::Restored), (301, "a", "x\r\n", Put::Restored)];
        let (back, findings) = answered(&put, &[found("a", "x\r\n"), found("a", "x\r\n")]);
        assert_eq!((back.same, back.line_ends, back.missing, back.too_many), (1, 1, 0, 0));
        assert_eq!(findings, ["rehearsal-line-ends-changed"]);
        let (back, _) = answered(&put, &[found("a", "x\r\n")]);
        assert_eq!((back.same, back.missing), (1, 1));
        let three = ["x\r\n"; 3].map(|body| found("a", body));
        assert_eq!(answered(&put, &three).0.too_many, 1);
    }

    #[test]
    fn each_difference_is_told_apart() {
        let all = [found("a", "one"), found("a", "two\n"), found("b", "one")];
        let told = |found: &[Found]| after(found).1;
        assert_eq!(told(&all[1..]), ["rehearsal-message-missing"]);
        assert_eq!(
            told(&[all[0].clone(), found("a", "twO\n"), all[2].clone()]),
            ["rehearsal-message-differs"]
        );
        assert_eq!(told(&[&all[..], &all[..1]].concat()), ["rehearsal-message-doubled"]);
        let more = [&all[..], &[found("a", "three"), found("c", "one")]].concat();
        assert_eq!(told(&more), ["rehearsal-message-unexpected", "rehearsal-message-unexpected"]);
        let crlf = [all[0].clone(), found("a", "two\r\n"), all[2].clone()];
        assert_eq!(told(&crlf), ["rehearsal-line-ends-changed"]);
        // The same bytes in another folder are another message.
        let moved = [all[0].clone(), all[1].clone(), found("a", "one")];
        assert_eq!(told(&moved), ["rehearsal-message-doubled", "rehearsal-message-missing"]);
    }

    #[test]
    fn flags_and_dates_are_compared_and_cost_no_message() {
        let mut all = [found("a", "one"), found("a", "two\n"), found("b", "one")];
        all[0].flags = Some(LiveFlags::default());
        all[2].date = Some(8);
        let (back, findings) = after(&all);
        assert_eq!((back.same, back.flags_differ, back.dates_differ), (3, 1, 1));
        assert_eq!(findings, ["rehearsal-flags-differ", "rehearsal-date-differs"]);
    }
}
