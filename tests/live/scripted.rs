//! A hostile or broken server: it says what a test tells it to, and every time there is a clear error, and soon.

mod stubborn;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use mailproof::live::imap::{Access, Imap, Login, Security};
use mailproof::live::{BodyPart, Fault, Folder, Folders, Limits, LiveError, Patience, Terms};
use mailproof::network::{Cancel, Retry};

/// What is said of a folder that is opened.
const OPENED: &str = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 9] ok\r\n";

/// The messages of that folder.
const LISTED: &str = "* 1 FETCH (UID 4 RFC822.SIZE 9 FLAGS ())\r\n* 2 FETCH (UID 5 RFC822.SIZE 9 FLAGS ())\r\n\
                      * 3 FETCH (UID 6 RFC822.SIZE 9 FLAGS ())\r\n";

/// A connection to the client.
pub(super) struct Talk {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Talk {
    /// Takes the next command: its tag and the rest of the line.
    pub(super) fn hear(&mut self) -> Option<(String, String)> {
        let mut line = String::new();
        self.lines.read_line(&mut line).ok().filter(|count| *count > 0)?;
        let (tag, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        Some((tag.to_owned(), rest.to_owned()))
    }

    /// Says something; the client may have left already.
    pub(super) fn say(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).is_ok()
    }

    /// Greets, and answers politely until a command begins with `until`.
    pub(super) fn politely(&mut self, until: &str) -> Option<String> {
        self.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n");
        loop {
            let (tag, command) = self.hear()?;
            if command.starts_with(until) {
                return Some(tag);
            }
            let answer = match command.split(' ').next().unwrap_or_default() {
                "LIST" => "* LIST () \"/\" INBOX\r\n",
                "EXAMINE" => OPENED,
                "FETCH" => LISTED,
                _ => "",
            };
            self.say(&format!("{answer}{tag} OK done\r\n"));
        }
    }

    /// Answers whatever is asked with the data that `data` gives for it.
    fn onwards(&mut self, data: impl Fn(&str) -> String) {
        while let Some((tag, command)) = self.hear() {
            let data = data(&command);
            self.say(&format!("{data}{tag} OK done\r\n"));
        }
    }

    /// Says the same until the client has heard enough.
    fn forever(&mut self, text: &str) {
        let much = text.repeat(1 + 60_000 / text.len());
        while self.say(&much) {}
    }
}

/// Serves one connection after the other, each with `script`, and gives the client of the first folder there is.
fn served(terms: Terms, script: impl Fn(&mut Talk, usize) + Send + 'static) -> Imap {
    served_with(terms, Security::Loopback, None, script)
}

fn served_with(
    terms: Terms,
    security: Security,
    mailbox: Option<&str>,
    script: impl Fn(&mut Talk, usize) + Send + 'static,
) -> Imap {
    let port = listening(script);
    let login =
        Login { user: "u".into(), password: "secret word".into(), mailbox: mailbox.map(str::to_owned) };
    let access = Access { host: "127.0.0.1".into(), port: Some(port), security, ca_file: None, login };
    Imap::new(access, terms).unwrap()
}

/// Serves one connection after the other, each with `script`, and gives the port.
pub(super) fn listening(script: impl Fn(&mut Talk, usize) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap());
            script(&mut Talk { stream, lines }, number);
        }
    });
    port
}

/// Short limits, no repetitions.
fn terms() -> Terms {
    let patience = Patience {
        connect: Duration::from_secs(5),
        read: Duration::from_millis(300),
        total: Duration::from_secs(20),
    };
    Terms { patience, ..Terms::default() }
}

fn inbox(imap: &mut Imap) -> Folder {
    imap.folders().unwrap().remove(0)
}

/// What becomes of the bodies 4, 5 and 6.
fn bodies(imap: &mut Imap) -> Result<Vec<(u32, String)>, LiveError> {
    let folder = inbox(imap);
    let mut told = Vec::new();
    imap.bodies(&folder, &[4, 5, 6], &mut |uid, part| {
        told.push((
            uid,
            match part {
                BodyPart::Begin(size) => format!("begin {size}"),
                BodyPart::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                BodyPart::End => "end".to_owned(),
                BodyPart::Gone => "gone".to_owned(),
                BodyPart::Withheld => "withheld".to_owned(),
            },
        ));
    })?;
    Ok(told)
}

/// The fault when bodies are asked for and the server answers `text`.
fn body_fault(text: &'static str) -> Fault {
    let mut imap = served(terms(), move |talk, _| {
        let Some(tag) = talk.politely("UID FETCH") else { return };
        talk.say(&text.replace("TAG", &tag));
        // The end comes when the client has left.
        while talk.hear().is_some() {}
    });
    bodies(&mut imap).unwrap_err().fault
}

/// The fault when folders are asked for and the server says `text` instead of a greeting.
fn greeting_fault(text: &'static str) -> Fault {
    let mut imap = served(terms(), move |talk, _| {
        talk.say(text);
        while talk.hear().is_some() {}
    });
    imap.folders().unwrap_err().fault
}

/// The fault when the server says the same for ever, in answer to a command that begins with `until`.
fn endless_fault(until: &'static str, begin: &'static str, text: &'static str) -> Fault {
    let limits = Limits { entries: 10_000, ..Limits::default() };
    let mut imap = served(Terms { limits, ..terms() }, move |talk, _| {
        if talk.politely(until).is_some() {
            talk.say(begin);
            talk.forever(text);
        }
    });
    let folder = match imap.folders() {
        Ok(mut folders) => folders.remove(0),
        Err(error) => return error.fault,
    };
    if let Err(error) = imap.list(&folder, &mut |_| {}) {
        return error.fault;
    }
    imap.bodies(&folder, &[4], &mut |_, _| {}).unwrap_err().fault
}

/// What a folder is opened with, else `data`.
fn opened(command: &str, data: &str) -> String {
    if command.starts_with("EXAMINE") { OPENED.to_owned() } else { data.to_owned() }
}

fn assert_protocol(fault: &Fault, words: &str) {
    assert!(matches!(fault, Fault::Protocol { detail } if detail.contains(words)), "{fault:?}");
}

#[test]
fn whatever_never_ends_is_given_up() {
    assert_protocol(&endless_fault("LIST", "", "x"), "without an end");
    assert_protocol(&endless_fault("LIST", "* LIST () \"/\" \"", "x"), "without an end");
    assert_protocol(&endless_fault("LIST", "* LIST (", "a "), "without an end");
    assert_protocol(&endless_fault("LIST", "* X ", "("), "without an end");
    assert_protocol(&endless_fault("LIST", "", "* OK still here\r\n"), "more was said");
    assert_protocol(&endless_fault("LIST", "", "* LIST () \"/\" a\r\n"), "more was said");
    assert_protocol(&endless_fault("EXAMINE", "", "* 1 RECENT\r\n"), "more was said");
    assert_protocol(&endless_fault("FETCH", "", "* 1 FETCH (FLAGS (\\Seen))\r\n"), "more was said");
    assert_protocol(
        &endless_fault("FETCH", "", "* 1 FETCH (UID 1 RFC822.SIZE 1 FLAGS ())\r\n"),
        "two messages",
    );
    assert_protocol(&endless_fault("UID FETCH", "", "* 1 EXPUNGE\r\n"), "more was said");
    assert_protocol(&endless_fault("UID FETCH", "", "* 1 FETCH (UID 4)\r\n"), "more was said");
}

#[test]
fn more_folders_or_messages_than_allowed_are_refused() {
    let mut imap =
        served(Terms { limits: Limits { entries: 2, ..Limits::default() }, ..terms() }, |talk, _| {
            let Some(tag) = talk.politely("LIST") else { return };
            talk.say("* LIST () \"/\" a\r\n* LIST () \"/\" a\r\n* LIST () \"/\" b\r\n* LIST () \"/\" c\r\n");
            talk.say(&format!("{tag} OK done\r\n"));
        });
    assert_protocol(&imap.folders().unwrap_err().fault, "more than 2 folders");
    let mut imap =
        served(Terms { limits: Limits { entries: 2, ..Limits::default() }, ..terms() }, |talk, _| {
            let Some(tag) = talk.politely("FETCH") else { return };
            for uid in 4..7 {
                talk.say(&format!("* {} FETCH (UID {uid} RFC822.SIZE 1 FLAGS ())\r\n", uid - 3));
            }
            talk.say(&format!("{tag} OK done\r\n"));
        });
    let folder = inbox(&mut imap);
    assert_protocol(&imap.list(&folder, &mut |_| {}).unwrap_err().fault, "more messages");
}

#[test]
fn a_body_is_as_long_as_announced_or_nothing() {
    // A length no message has, then nothing: the limit refuses it before a byte is taken.
    assert_protocol(
        &body_fault("* 1 FETCH (UID 4 BODY[] {99999999999999}\r\nab"),
        "more than the policy's limit",
    );
    // 4 GiB announced and cut.
    let mut imap = served(terms(), |talk, _| {
        if talk.politely("UID FETCH").is_some() {
            talk.say("* 1 FETCH (UID 4 BODY[] {4294967296}\r\nab");
        }
    });
    assert!(matches!(bodies(&mut imap).unwrap_err().fault, Fault::Unavailable { .. }));
    // Too long or too short a length: what follows makes no sense.
    assert_protocol(&body_fault("* 1 FETCH (UID 4 BODY[] {2}\r\nabc)\r\nTAG OK done\r\n"), "should be");
    let silent = body_fault("* 1 FETCH (UID 4 BODY[] {60}\r\nabc)\r\nTAG OK done\r\n");
    assert!(matches!(silent, Fault::TimedOut { .. }), "{silent:?}");
}

#[test]
fn bodies_that_nobody_asked_for_are_refused() {
    assert_protocol(&body_fault("* 1 FETCH (UID 9 BODY[] {2}\r\nab)\r\nTAG OK done\r\n"), "nobody asked for");
    assert_protocol(&body_fault("* 1 FETCH (UID 9 BODY[] NIL)\r\nTAG OK done\r\n"), "nobody asked for");
    assert_protocol(
        &body_fault("* 1 FETCH (UID 4 BODY[] \"a\")\r\n* 1 FETCH (UID 4 BODY[] \"a\")\r\nTAG OK done\r\n"),
        "nobody asked for",
    );
    assert_protocol(&body_fault("* 1 FETCH (BODY[] {2}\r\nab UID 4)\r\nTAG OK done\r\n"), "before its UID");
    assert_protocol(&body_fault("x99 OK done\r\n"), "another command");
    assert_protocol(&body_fault("+ go on\r\n"), "not announced");
    assert_protocol(&body_fault("HTTP/1.1 400 Bad Request\r\n"), "neither data");
}

#[test]
fn what_could_not_be_read_is_never_called_gone() {
    for (text, expected) in [
        ("TAG NO [SERVERBUG] internal error\r\n", "Denied"),
        ("TAG NO [UNAVAILABLE] later\r\n", "Unavailable"),
        ("TAG BAD what?\r\n", "Protocol"),
        ("* BYE shutting down\r\n", "Unavailable"),
    ] {
        let fault = format!("{:?}", body_fault(text));
        assert!(fault.starts_with(expected), "{text}: {fault}");
    }
}

#[test]
fn messages_that_vanish_are_told_as_gone() {
    let mut imap = served(terms(), |talk, _| {
        let Some(tag) = talk.politely("UID FETCH") else { return };
        talk.say(
            "* 1 FETCH (UID 4 RFC822.SIZE 0 INTERNALDATE \"01-Jan-1970 00:00:00 +0000\" BODY[] \"\")\r\n",
        );
        talk.say("* 3 FETCH (UID 6 FLAGS (\\Seen))\r\n");
        talk.say("* 3 FETCH (UID 6 RFC822.SIZE 2 INTERNALDATE \"01-Jan-2020 00:00:00 +0000\" BODY[] {2}\r\nab)\r\n");
        talk.say(&format!("{tag} NO [EXPUNGEISSUED] some went\r\n"));
        talk.onwards(|command| opened(command, ""));
    });
    let told = bodies(&mut imap).unwrap();
    let expected = [(6, "begin 2"), (6, "ab"), (6, "end"), (4, "gone"), (5, "gone")]
        .map(|(uid, what)| (uid, what.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn an_empty_message_is_a_message() {
    let mut imap = served(terms(), |talk, _| {
        let Some(tag) = talk.politely("UID FETCH") else { return };
        for uid in 4..7 {
            talk.say(&format!(
                "* 1 FETCH (UID {uid} RFC822.SIZE 0 INTERNALDATE \"01-Jan-2020 00:00:00 +0000\" BODY[] {{0}}\r\n)\r\n"
            ));
        }
        talk.say(&format!("{tag} OK done\r\n"));
        while talk.hear().is_some() {}
    });
    let told = bodies(&mut imap).unwrap();
    assert_eq!(told.len(), 6);
    assert_eq!(told[..2], [(4, "begin 0".to_owned()), (4, "end".to_owned())]);
}

#[test]
fn a_broken_connection_is_taken_up_where_it_broke() {
    let retried = Terms { retry: Retry::new(1), ..terms() };
    let mut imap = served(retried, |talk, number| {
        let Some(tag) = talk.politely("UID FETCH") else { return };
        if number == 0 {
            talk.say("* 1 FETCH (UID 4 BODY[] {1}\r\na)\r\n* 1 FETCH (UID 5 BODY[] {4}\r\nbb");
            return;
        }
        talk.say("* 1 FETCH (UID 5 BODY[] {2}\r\ncc)\r\n* 1 FETCH (UID 6 BODY[] {1}\r\nd)\r\n");
        talk.say(&format!("{tag} OK done\r\n"));
        while talk.hear().is_some() {}
    });
    let told = bodies(&mut imap).unwrap();
    let ends: Vec<u32> = told.iter().filter(|(_, what)| what == "end").map(|(uid, _)| *uid).collect();
    assert_eq!(ends, [4, 5, 6]);
    let again = told.iter().position(|part| *part == (5, "begin 2".to_owned())).unwrap();
    assert_eq!(told[again + 1], (5, "cc".to_owned()), "it begins again");
    assert_eq!(told.iter().filter(|(uid, _)| *uid == 4).count(), 3, "what ended is not read again");
}

#[test]
fn listing_goes_on_behind_what_was_listed() {
    let row = |place: u32| format!("* {place} FETCH (UID {} RFC822.SIZE 9 FLAGS ())\r\n", place + 100);
    let retried = Terms { retry: Retry::new(1), ..terms() };
    let mut imap = served(retried, move |talk, number| {
        let Some(tag) = talk.politely("EXAMINE") else { return };
        talk.say(&format!("* 1500 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"));
        while let Some((tag, command)) = talk.hear() {
            let range = command.strip_prefix("FETCH ").and_then(|rest| rest.split(' ').next()).unwrap();
            let (first, last) = range.split_once(':').unwrap();
            for place in first.parse().unwrap()..=last.parse().unwrap() {
                talk.say(&row(place));
                if number == 0 && place == 1_200 {
                    return;
                }
            }
            talk.say(&format!("{tag} OK done\r\n"));
        }
    });
    let folder = inbox(&mut imap);
    let mut uids = Vec::new();
    let state = imap.list(&folder, &mut |message| uids.push(message.place.uid)).unwrap();
    assert_eq!(uids, (101..=1_600).collect::<Vec<_>>());
    assert_eq!((state.messages, state.vanished, state.uid_next), (1_500, 0, None));
}

#[test]
fn a_folder_made_anew_has_none_of_the_old_messages() {
    let mut imap = served(Terms { retry: Retry::new(1), ..terms() }, |talk, number| {
        let Some(tag) = talk.politely("EXAMINE") else { return };
        talk.say(&format!("* 1 EXISTS\r\n* OK [UIDVALIDITY {}] ok\r\n{tag} OK done\r\n", 7 + number));
        let Some((tag, _)) = talk.hear() else { return };
        talk.say(&format!("* 1 FETCH (UID 4 RFC822.SIZE 9 FLAGS ())\r\n{tag} OK done\r\n"));
    });
    let folder = inbox(&mut imap);
    imap.list(&folder, &mut |_| {}).unwrap();
    let told = bodies(&mut imap).unwrap();
    assert_eq!(told, [4, 5, 6].map(|uid| (uid, "gone".to_owned())));
}

#[test]
fn a_listing_tells_what_is_missing_in_it() {
    let mut imap = served(terms(), |talk, _| {
        let Some(tag) = talk.politely("FETCH") else { return };
        talk.say("* 1 FETCH (UID 4 RFC822.SIZE 0 INTERNALDATE \"01-Jan-1970 00:00:00 +0000\" FLAGS ())\r\n");
        talk.say("* 3 FETCH (UID 6 RFC822.SIZE 9 FLAGS (\\Seen))\r\n");
        talk.say(&format!("{tag} OK done\r\n"));
        // It may not say so before it is asked for anything else (RFC 3501, section 7.4.1).
        talk.onwards(|command| if command == "NOOP" { "* 2 EXPUNGE\r\n".to_owned() } else { String::new() });
    });
    let folder = inbox(&mut imap);
    let mut uids = Vec::new();
    let state = imap.list(&folder, &mut |message| uids.push(message.place.uid)).unwrap();
    assert_eq!((uids, state.messages, state.vanished), (vec![6], 1, 2));
}

#[test]
fn greetings_that_are_none_are_told_apart() {
    assert_protocol(&greeting_fault("* PREAUTH welcome\r\n"), "without a login");
    assert_protocol(&greeting_fault("SSH-2.0-x\r\n"), "");
    let busy = greeting_fault("* BYE too many connections\r\n");
    assert!(
        matches!(&busy, Fault::Unavailable { detail, .. } if detail == "too many connections"),
        "{busy:?}"
    );
    assert!(matches!(greeting_fault(""), Fault::TimedOut { .. }));
    let elsewhere = greeting_fault("* BYE [REFERRAL imap://u@mail2.example.org/] elsewhere\r\n");
    assert_eq!(elsewhere, Fault::WrongHost { host: Some("mail2.example.org".to_owned()) });
    let mut unused = served(terms(), |_, _| {});
    assert!(matches!(unused.folders().unwrap_err().fault, Fault::Unavailable { .. }));
}

#[test]
fn a_body_that_never_ends_ends_with_the_time_for_one() {
    let patience = Patience { total: Duration::from_secs(1), ..terms().patience };
    let mut imap = served(Terms { patience, ..terms() }, |talk, _| {
        if talk.politely("UID FETCH").is_some() {
            talk.say("* 1 FETCH (UID 4 BODY[] {1000000000000}\r\n");
            talk.forever("x");
        }
    });
    let folder = inbox(&mut imap);
    let mut longest = 0;
    let result = imap.bodies(&folder, &[4], &mut |_, part| {
        if let BodyPart::Bytes(bytes) = part {
            longest = longest.max(bytes.len());
        }
    });
    let fault = result.unwrap_err().fault;
    assert!(matches!(&fault, Fault::TimedOut { detail, .. } if detail.contains("whole answer")), "{fault:?}");
    assert!((1..=64 * 1024).contains(&longest), "no more is held than {longest} bytes");
}

#[test]
fn an_interrupted_run_waits_for_nobody() {
    let cancel = Cancel::default();
    let patience = Patience { read: Duration::from_secs(600), ..terms().patience };
    let terms = Terms { patience, cancel: cancel.clone(), ..terms() };
    let mut imap = served(terms, move |talk, _| {
        // The client waits for a greeting; now somebody wants the run to end.
        cancel.cancel();
        while talk.hear().is_some() {}
    });
    assert_eq!(imap.folders().unwrap_err().fault, Fault::Interrupted);
}

#[test]
fn logins_take_what_the_server_offers() {
    let heard = |abilities: &'static str, mailbox: Option<&str>| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let mut imap = served_with(terms(), Security::Loopback, mailbox, move |talk, _| {
            talk.say(&format!("* OK [CAPABILITY IMAP4rev1 {abilities}] hello\r\n"));
            while let Some((tag, command)) = talk.hear() {
                let _ = sender.send(if command.is_empty() { tag.clone() } else { command.clone() });
                talk.say(&match &*command {
                    "AUTHENTICATE PLAIN" => "+ \r\n".to_owned(),
                    // The rest of the first command has no tag of its own.
                    "" => "m1 OK done\r\n".to_owned(),
                    _ => format!("{tag} OK done\r\n"),
                });
            }
        });
        let result = imap.folders().map(|folders| folders.len()).map_err(|error| error.fault);
        drop(imap);
        (result, receiver.try_iter().collect::<Vec<_>>())
    };
    let (result, commands) = heard("AUTH=PLAIN SASL-IR", Some("owner"));
    assert_eq!((result, &*commands[0]), (Ok(0), "AUTHENTICATE PLAIN b3duZXIAdQBzZWNyZXQgd29yZA=="));
    let (_, commands) = heard("AUTH=PLAIN", None);
    assert_eq!(commands[..2], ["AUTHENTICATE PLAIN", "AHUAc2VjcmV0IHdvcmQ="]);
    let (result, commands) = heard("", None);
    assert_eq!((result, &*commands[0]), (Ok(0), "LOGIN \"u\" \"secret word\""));
    let (result, commands) = heard("", Some("owner"));
    assert!(matches!(result, Err(Fault::Denied { .. })) && commands.is_empty());
    let (result, commands) = heard("LOGINDISABLED", None);
    assert!(matches!(result, Err(Fault::PlainText { .. })) && commands.is_empty(), "no password was sent");
}

#[test]
fn nothing_said_in_the_clear_counts_after_encryption() {
    let fault_of = |abilities: &'static str, answer: &'static str| {
        let mut imap = served_with(terms(), Security::StartTls, None, move |talk, _| {
            talk.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n");
            while let Some((tag, command)) = talk.hear() {
                assert!(!command.contains("AUTH") && !command.contains("LOGIN"), "a password in the clear");
                talk.say(&match &*command {
                    "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 {abilities}\r\n{tag} OK done\r\n"),
                    _ => answer.replace("TAG", &tag),
                });
            }
        });
        imap.folders().unwrap_err().fault
    };
    let injected = fault_of("STARTTLS AUTH=PLAIN", "TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n");
    assert!(matches!(&injected, Fault::Tls { detail } if detail.contains("in the clear")), "{injected:?}");
    assert!(matches!(fault_of("AUTH=PLAIN", ""), Fault::PlainText { .. }));
    assert!(matches!(fault_of("STARTTLS", "TAG NO not today\r\n"), Fault::Denied { .. }));
    // The server leaves when it is spoken to in TLS.
    let unable = fault_of("STARTTLS", "TAG OK go\r\n");
    assert!(matches!(unable, Fault::Unavailable { .. }), "{unable:?}");
}

#[test]
fn a_refused_login_names_who_was_refused_and_no_password() {
    let mut imap = served(terms(), |talk, _| {
        let Some(tag) = talk.politely("AUTHENTICATE") else { return };
        talk.say(&format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"));
        while talk.hear().is_some() {}
    });
    let error = imap.folders().unwrap_err();
    assert!(matches!(error.fault, Fault::Refused { .. }), "{error}");
    let told = format!("{error} {error:?}");
    assert!(told.contains("login as u for u") && !told.contains("secret word"), "{told}");
}
