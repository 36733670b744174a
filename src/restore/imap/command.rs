//! The commands of a restore (RFC 3501, section 6; RFC 4315), beside those that change nothing.

use jiff::Timestamp;

use super::ranges::Ranges;
use crate::live::imap::command::Command;
use crate::live::name::encoded;
use crate::mailbox::Item;

/// Zimbra's flags and those of IMAP that mean the same (`Flag.java`). What was marked as to be removed is not marked
/// so again.
const FLAGS: [(u32, &str); 3] = [(4, "\\Answered"), (32, "\\Flagged"), (64, "\\Draft")];

/// The flags of a message as IMAP writes them.
pub(super) fn flags(item: &Item) -> String {
    let seen = (!item.unread).then_some("\\Seen");
    let others = FLAGS.iter().filter(|(bit, _)| item.flags.has(*bit)).map(|(_, name)| *name);
    seen.into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

/// A date that IMAP can write; the server takes the moment of the restore for others.
pub(super) fn writable(seconds: i64) -> Option<i64> {
    Timestamp::from_second(seconds).ok().map(|_| seconds).filter(|seconds| *seconds >= 0)
}

/// Begins to put a message into a folder; its bytes and the end of a line follow. `at_once` if the server need not nod
/// before them (RFC 7888).
pub(super) fn append(folder: &str, flags: &str, date: Option<i64>, size: usize, at_once: bool) -> String {
    let moment = date.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let date = moment.map(|moment| moment.strftime("\"%d-%b-%Y %H:%M:%S +0000\" ").to_string());
    let (date, plus) = (date.unwrap_or_default(), if at_once { "+" } else { "" });
    format!("APPEND {} ({flags}) {date}{{{size}{plus}}}\r\n", quoted(folder))
}

pub(super) fn namespace() -> Command {
    Command::new("NAMESPACE").end()
}

/// Asks what stands between levels (RFC 3501, section 6.3.8).
pub(super) fn separator() -> Command {
    Command::new("LIST \"\" \"\"").end()
}

pub(super) fn create(folder: &str) -> Command {
    on("CREATE", folder)
}

pub(super) fn subscribe(folder: &str) -> Command {
    on("SUBSCRIBE", folder)
}

pub(super) fn unsubscribe(folder: &str) -> Command {
    on("UNSUBSCRIBE", folder)
}

/// Removes a folder; sent for those alone that this restore made and that are empty.
pub(super) fn delete(folder: &str) -> Command {
    on("DELETE", folder)
}

/// Opens a folder so that messages can be removed from it.
pub(super) fn select(folder: &str) -> Command {
    on("SELECT", folder)
}

/// Marks messages as to be removed.
pub(super) fn mark(uids: &Ranges) -> Command {
    Command::new(&format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)")).end()
}

/// Removes these messages, and no others that are marked.
pub(super) fn expunge(uids: &Ranges) -> Command {
    Command::new(&format!("UID EXPUNGE {uids}")).end()
}

/// Asks how many messages lie in a folder.
pub(super) fn count(folder: &str) -> Command {
    Command::new(&format!("STATUS {} (MESSAGES)", quoted(folder))).end()
}

fn on(verb: &str, folder: &str) -> Command {
    Command::new(&format!("{verb} {}", quoted(folder))).end()
}

/// A name between quotes; encoded, it holds nothing that quotes can't.
fn quoted(folder: &str) -> String {
    format!("\"{}\"", encoded(folder).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_announced_with_flags_date_and_length() {
        let told = append("Entwürfe \"x\"", "\\Seen", Some(836_732_665), 12, true);
        let expected = "APPEND \"Entw&APw-rfe \\\"x\\\"\" (\\Seen) \"07-Jul-1996 09:44:25 +0000\" {12+}\r\n";
        assert_eq!(told, expected);
        assert_eq!(append("a", "", None, 0, false), "APPEND \"a\" () {0}\r\n");
    }

    #[test]
    fn dates_are_those_with_four_digits_of_a_year() {
        let first = append("a", "", writable(0), 0, false);
        assert!(first.contains("\"01-Jan-1970 00:00:00 +0000\""), "{first}");
        // 9999-01-01 and 10000-01-01
        let late = append("a", "", writable(253_370_764_800), 0, false);
        assert!(late.contains("\"01-Jan-9999 00:00:00 +0000\""), "{late}");
        for seconds in [253_402_300_800, i64::MAX, -1, i64::MIN] {
            assert_eq!(writable(seconds), None);
        }
    }
}
