//! One live message for one of the backup, whichever way it may be taken for several.

use super::MOST_ALIKE;
use super::tests::{Messages, compared, item, mail, read, words};
use crate::mailbox::ItemId;

/// Items with even numbers state SHA-256, the others SHA-1.
#[test]
fn equal_bytes_are_equal_whichever_way_they_are_digested() {
    let messages = [item(300, 10, b"same"), item(301, 20, b"same")];
    let one = |date| vec![("INBOX", date, mail("same"))];
    assert_eq!(words(one(10), &messages), ["same", "missing-live"]);
    assert_eq!(words(one(20), &messages), ["missing-live", "same"]);
    let both = vec![("INBOX", 10, mail("same")), ("INBOX", 20, mail("same"))];
    assert_eq!(words(both, &messages), ["same", "same"]);
    let overwritten = vec![("INBOX", 10, mail("same")), ("INBOX", 20, mail("sAme"))];
    assert_eq!(words(overwritten, &messages), ["same", "differs"]);
}

#[test]
fn what_differs_in_line_ends_alone_is_another_message() {
    for ids in [[300, 301], [301, 300]] {
        let [crlf, bare] = ids;
        let messages = [item(crlf, 10, b"a\r\nb\r\n"), item(bare, 10, b"a\nb\n")];
        let found = |live: Messages| {
            let comparison = compared(live, &messages, 2);
            [crlf, bare].map(|id| comparison.of(ItemId(id)).unwrap().as_str())
        };
        let lines = |bodies: &[&str]| bodies.iter().map(|body| ("INBOX", 10, mail(body))).collect();
        assert_eq!(found(lines(&["a\r\nb\r\n", "a\nb\n"])), ["same", "same"]);
        assert_eq!(found(lines(&["a\r\nb\r\n"])), ["same", "missing-live"]);
        assert_eq!(found(lines(&["a\nb\n"])), ["missing-live", "same"]);
        assert_eq!(found(lines(&["a\nB\n", "a\r\nb\r\n"])), ["same", "differs"]);
        // As on a server that stores CR LF alone.
        assert_eq!(found(lines(&["a\r\nb\r\n", "a\r\nb\r\n"])), ["same", "line-ends"]);
    }
}

#[test]
fn what_rots_in_its_place_is_told_though_a_copy_of_it_is_elsewhere() {
    let messages = [item(300, 10, b"one"), item(301, 50, b"newest")];
    let newest = ("INBOX", 50, mail("newest"));
    for copied_to in ["Archive", "Trash"] {
        let live = vec![("INBOX", 10, mail("oNe")), newest.clone(), (copied_to, 40, mail("one"))];
        let comparison = compared(live, &messages, 2);
        assert_eq!((comparison.count("same"), comparison.missing.len()), (2, 1), "{copied_to}");
    }
    let sound = vec![("INBOX", 10, mail("one")), newest, ("Archive", 40, mail("one"))];
    assert_eq!(compared(sound, &messages, 2).missing.len(), 0);
}

/// Spam and newsletters come by the hundred in one second, and exports leave out where they lie.
#[test]
fn what_came_into_junk_in_its_second_is_no_other_version_of_it() {
    let messages = [item(300, 10, b"deleted"), item(301, 50, b"newest")];
    let newest = ("INBOX", 50, mail("newest"));
    for (folder, body) in [("Junk", "lottery"), ("Trash/Old", "lottery"), ("INBOX/Junk", "longer lottery")] {
        let live = vec![(folder, 10, mail(body)), newest.clone()];
        let comparison = compared(live, &messages, 2);
        assert_eq!(comparison.of(ItemId(300)).unwrap().as_str(), "missing-live", "{folder}");
        assert!(comparison.missing.is_empty() && comparison.strange.is_empty());
    }
    let live = vec![("INBOX", 10, mail("lottery")), newest];
    assert_eq!(words(live, &messages), ["differs", "same"]);
}

#[test]
fn twins_among_very_many_of_their_size_are_found_in_their_seconds() {
    let others = u32::try_from(MOST_ALIKE).unwrap() + 500;
    let live = |second: &'static str| {
        let others = (0..others).map(|id| ("INBOX", i64::from(id), mail(&format!("oth {id:06}"))));
        others.chain([("INBOX", 100_000, mail("same 00000")), ("INBOX", 100_001, mail(second))]).collect()
    };
    let messages = [300, 301].map(|id| item(id, i64::from(99_700 + id), b"same 00000"));
    let (comparison, _) = read(live("same 00000"), &messages, 2);
    assert_eq!(comparison.count("same"), 2);
    let (comparison, _) = read(live("sAme 00000"), &messages, 2);
    assert_eq!((comparison.count("same"), comparison.count("differs")), (1, 1));
}

/// Gmail's "All Mail", and Dovecot's virtual folders.
#[test]
fn a_folder_that_shows_all_messages_doubles_none() {
    let messages = [item(300, 10, b"same"), item(302, 10, b"same"), item(304, 20, b"archived")];
    let live = vec![("INBOX", 10, mail("same")), ("All", 10, mail("same")), ("All", 20, mail("archived"))];
    let comparison = compared(live, &messages, 3);
    assert_eq!(comparison.live, 2);
    let words = [300, 302, 304].map(|id| comparison.of(ItemId(id)).unwrap().as_str());
    assert_eq!(words, ["same", "missing-live", "same"]);
}
