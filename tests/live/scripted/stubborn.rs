//! A server that promises more than it gives, or talks without answering.

use std::sync::mpsc::channel;

use super::*;

#[test]
fn what_stays_listed_without_a_body_is_withheld() {
    let told = |opening, asked| {
        let mut imap = served(terms(), move |talk, _| {
            let Some(tag) = talk.politely("UID FETCH") else { return };
            talk.say("* 1 FETCH (UID 4 RFC822.SIZE 9 BODY[] NIL)\r\n");
            talk.say(&format!("* 3 FETCH (UID 6 RFC822.SIZE 9 BODY[] NIL)\r\n{tag} OK done\r\n"));
            talk.onwards(|command| {
                match command {
                    "UID FETCH 4:6 (UID RFC822.SIZE INTERNALDATE)" => asked,
                    _ if command.starts_with("EXAMINE") => opening,
                    _ => "* BYE what?\r\n",
                }
                .to_owned()
            });
        });
        bodies(&mut imap).unwrap()
    };
    let words = |words: [&str; 3]| -> Vec<(u32, String)> { (4..).zip(words.map(str::to_owned)).collect() };
    // Of 6 only a flag is told, and 9 was not asked for.
    let rows = "* 1 FETCH (UID 4 RFC822.SIZE 9)\r\n* 2 FETCH (UID 5 RFC822.SIZE 9)\r\n* 3 FETCH (UID 6)\r\n\
                * 3 FETCH (UID 9 RFC822.SIZE 9)\r\n";
    assert_eq!(told(OPENED, rows), words(["withheld", "withheld", "gone"]));
    let anew = "* 3 EXISTS\r\n* OK [UIDVALIDITY 8] made anew\r\n";
    assert_eq!(told(anew, rows), words(["gone"; 3]));
}

/// Dovecot ends the connection at a file that is shorter than its name says. Such a message hides no other.
#[test]
fn a_message_at_which_the_connection_breaks_each_time_is_withheld() {
    let mut imap = served(Terms { retry: Retry::new(3), ..terms() }, |talk, _| {
        talk.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n");
        while let Some((tag, command)) = talk.hear() {
            let answer = match command.as_str() {
                _ if command.starts_with("LIST") => "* LIST () \"/\" INBOX\r\n",
                _ if command.starts_with("EXAMINE") => OPENED,
                _ if command.starts_with("UID FETCH 4:6") || command.starts_with("UID FETCH 5 ") => {
                    talk.say("* 2 FETCH (UID 5 BODY[] {4}\r\nb");
                    return;
                }
                _ if command.starts_with("UID FETCH 4 ") => "* 1 FETCH (UID 4 BODY[] {1}\r\na)\r\n",
                _ if command.starts_with("UID FETCH 6 ") => "* 3 FETCH (UID 6 BODY[] {1}\r\nd)\r\n",
                _ => "",
            };
            talk.say(&format!("{answer}{tag} OK done\r\n"));
        }
    });
    let told = bodies(&mut imap).unwrap();
    let ended: Vec<_> =
        told.iter().filter(|(_, what)| ["end", "withheld"].contains(&what.as_str())).collect();
    assert_eq!(ended, [&(4, "end".to_owned()), &(5, "withheld".to_owned()), &(6, "end".to_owned())]);
}

/// The fault when the folder is said to hold `exists` messages, and `noop` is the answer to NOOP; and how often messages
/// were asked for in vain.
fn in_vain(exists: u32, noop: String) -> (Fault, usize) {
    let (sender, receiver) = channel();
    let mut imap = served(terms(), move |talk, _| {
        let Some(tag) = talk.politely("EXAMINE") else { return };
        talk.say(&format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"));
        talk.onwards(|command| {
            let _ = sender.send(command.starts_with("FETCH"));
            if command == "NOOP" { noop.clone() } else { String::new() }
        });
    });
    let folder = inbox(&mut imap);
    let fault = imap.list(&folder, &mut |_| {}).unwrap_err().fault;
    (fault, receiver.try_iter().filter(|is_fetch| *is_fetch).count())
}

#[test]
fn a_folder_that_lists_less_than_it_holds_is_not_listed() {
    let mut imap = served(terms(), |talk, _| {
        let Some(tag) = talk.politely("FETCH") else { return };
        talk.say("* 1 FETCH (UID 4 RFC822.SIZE 9 FLAGS ())\r\n* 3 FETCH (UID 6 RFC822.SIZE 9 FLAGS ())\r\n");
        talk.say(&format!("{tag} OK done\r\n"));
        talk.onwards(|command| opened(command, ""));
    });
    let folder = inbox(&mut imap);
    let fault = imap.list(&folder, &mut |_| {}).unwrap_err().fault;
    assert_protocol(&fault, "1 of the messages that the folder is said to hold are not listed");
}

#[test]
fn ranges_that_bring_nothing_come_to_an_end() {
    let (fault, asked) = in_vain(4_000_000, String::new());
    assert_protocol(&fault, "1000 of the messages");
    assert_eq!(asked, 1);
    let (fault, asked) = in_vain(4_000_000, "* 1 EXPUNGE\r\n".repeat(1_000));
    assert_protocol(&fault, "none of them is listed");
    assert!(asked < 10, "{asked}");
    let (fault, asked) = in_vain(4_000_000_000, String::new());
    assert_protocol(&fault, "more messages");
    assert_eq!(asked, 0);
}

#[test]
fn no_mailbox_has_endlessly_many_folders() {
    let listed = |name: fn(u32) -> String| {
        let mut imap = served(terms(), move |talk, _| {
            if talk.politely("LIST").is_some() {
                let line = |number| format!("* LIST () \"/\" \"{}\"\r\n", name(number));
                (0..)
                    .step_by(100)
                    .map(|first| (first..first + 100).map(line).collect::<String>())
                    .all(|text| talk.say(&text));
            }
        });
        imap.folders().unwrap_err().fault
    };
    assert_protocol(&listed(|number| number.to_string()), "more than 100000 folders");
    assert_protocol(&listed(|number| format!("{}{number}", "x".repeat(60_000))), "names take over");
}

/// Says `begin` in answer to `until`, then `drop` again and again with a pause, `count` times, then `end`.
fn drips(until: &'static str, [begin, drop, end]: [&'static str; 3], count: usize) -> Imap {
    let patience =
        Patience { read: Duration::from_secs(1), total: Duration::from_secs(30), ..terms().patience };
    served(Terms { patience, ..terms() }, move |talk, _| {
        let Some(tag) = talk.politely(until) else { return };
        talk.say(begin);
        let mut drops = std::iter::repeat_n(drop, count);
        // What is tested is that this is not taken for an answer, however long it goes on.
        while drops.next().is_some_and(|drop| talk.say(drop)) {
            thread::sleep(Duration::from_millis(100));
        }
        talk.say(&end.replace("TAG", &tag));
        while talk.hear().is_some() {}
    })
}

#[test]
fn whoever_talks_without_answering_is_given_up() {
    const FOREVER: usize = 400;
    let fault = |until, drop| {
        let mut imap = drips(until, ["", drop, ""], FOREVER);
        let folders = imap.folders();
        let read = folders.and_then(|folders| imap.bodies(&folders[0], &[4], &mut |_, _| {}));
        let fault = read.unwrap_err().fault;
        assert!(
            matches!(&fault, Fault::TimedOut { detail, .. } if detail.contains("nothing of the answer")),
            "{fault:?}"
        );
    };
    fault("LIST", "* OK still here\r\n");
    fault("LIST", "* LIST () \"/\" INBOX\r\n");
    fault("LIST", "x");
    fault("UID FETCH", "* 1 FETCH (UID 4 FLAGS (\\Seen))\r\n");
}

#[test]
fn whoever_answers_slowly_is_waited_for() {
    let mut imap = drips("UID FETCH", ["* 1 FETCH (UID 4 BODY[] {15}\r\n", "x", ")\r\nTAG OK done\r\n"], 15);
    let mut came = Vec::new();
    let folder = inbox(&mut imap);
    imap.bodies(&folder, &[4], &mut |_, part| {
        if let BodyPart::Bytes(bytes) = part {
            came.extend_from_slice(bytes);
        }
    })
    .unwrap();
    assert_eq!(came, [b'x'; 15]);
}
