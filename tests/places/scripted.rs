//! Hostile and broken servers: whatever they say to a message, there is a clear end, and soon.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use mailproof::live::imap::{Access, Login, Security};
use mailproof::live::{Patience, Terms};
use mailproof::network::{Cancel, Retry};
use mailproof::restore::{ImapPlace, Place, Put};

use super::{Message, Told, restore};

/// A connection to the client.
struct Talk {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
    abilities: &'static str,
    /// Numbers and sizes of what lies in the folder.
    kept: Vec<(u32, usize)>,
}

impl Talk {
    /// Takes the next command: its tag and the rest of the line.
    fn hear(&mut self) -> Option<(String, String)> {
        let mut line = String::new();
        self.lines.read_line(&mut line).ok().filter(|count| *count > 0)?;
        let (tag, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        Some((tag.to_owned(), rest.to_owned()))
    }

    fn say(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).is_ok()
    }

    /// Answers politely until a command begins with `until`.
    fn politely(&mut self, until: &str) -> Option<(String, String)> {
        loop {
            let (tag, command) = self.hear()?;
            if command.starts_with(until) {
                return Some((tag, command));
            }
            let abilities = self.abilities;
            let answer = match command.split(' ').next().unwrap_or_default() {
                "LIST" => "* LIST () \"/\" INBOX\r\n".to_owned(),
                "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 {abilities}\r\n"),
                "EXAMINE" => {
                    let count = self.kept.len();
                    format!("* {count} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 9] ok\r\n")
                }
                "FETCH" | "UID" => self.rows(),
                _ => String::new(),
            };
            self.say(&format!("{answer}{tag} OK done\r\n"));
        }
    }

    fn greet(&mut self) {
        self.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n");
    }

    /// All that lies in the folder; each came one second after the one before.
    fn rows(&self) -> String {
        let row = |(place, (uid, size)): (u32, &(u32, usize))| {
            let date = format!("09-Sep-2001 01:50:{} +0000", 48 + uid);
            format!("* {place} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE \"{date}\" FLAGS ())\r\n")
        };
        (1..).zip(&self.kept).map(row).collect()
    }

    /// Keeps a message of this size: its number.
    fn keep(&mut self, size: usize) -> u32 {
        let uid = self.kept.last().map_or(9, |(uid, _)| uid + 1);
        self.kept.push((uid, size));
        uid
    }

    /// Takes the bytes that an APPEND announced, and the end of its line: how many there are.
    fn swallow(&mut self, command: &str) -> usize {
        let size = command.rsplit_once('{').unwrap().1.trim_end_matches(['}', '+']).parse::<usize>().unwrap();
        self.lines.read_exact(&mut vec![0; size + 2]).unwrap();
        size
    }

    /// Until the client has left.
    fn wait(&mut self) {
        while self.hear().is_some() {}
    }
}

const AT_ONCE: &str = "LITERAL+ UIDPLUS";

fn terms(retries: u32) -> Terms {
    let patience = Patience {
        connect: Duration::from_secs(5),
        read: Duration::from_millis(300),
        total: Duration::from_secs(20),
    };
    Terms { patience, retry: Retry::new(retries), ..Terms::default() }
}

fn served(
    terms: Terms,
    abilities: &'static str,
    script: impl Fn(&mut Talk, usize) + Send + 'static,
) -> ImapPlace {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap());
            let mut talk = Talk { stream, lines, abilities, kept: Vec::new() };
            talk.greet();
            script(&mut talk, number);
        }
    });
    let login = Login { user: "u".into(), password: "p".into(), mailbox: None };
    let access = Access {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Security::Loopback,
        ca_file: None,
        login,
    };
    ImapPlace::new(access, terms, None).unwrap()
}

fn three() -> Vec<Message> {
    [257, 258, 259].map(|id| Message::new(id, "/Inbox", format!("Subject: {id}\r\n\r\n"))).to_vec()
}

/// Keeps each message and answers it with `text`.
fn answering(text: &'static str) -> ImapPlace {
    served(terms(0), AT_ONCE, move |talk, _| {
        while let Some((tag, command)) = talk.politely("APPEND") {
            let size = talk.swallow(&command);
            let uid = talk.keep(size);
            talk.say(&text.replace("TAG", &tag).replace("NUMBER", &uid.to_string()));
        }
    })
}

/// What becomes of three messages where each is answered with `text`.
fn answered(text: &'static str) -> Result<Told, String> {
    restore(&mut answering(text), &three()).map_err(|error| error.to_string())
}

/// The end of a restore where `text` is said again and again to the first message.
fn endless(text: &'static str) -> String {
    let mut place = served(terms(0), AT_ONCE, move |talk, _| {
        if talk.politely("APPEND").is_some() {
            let much = text.repeat(1 + 60_000 / text.len());
            while talk.say(&much) {}
        }
    });
    restore(&mut place, &three()).unwrap_err().to_string()
}

#[test]
fn refusals_are_told_message_by_message_with_the_next_step() {
    assert_eq!(answered("TAG OK [APPENDUID 7 NUMBER] done\r\n"), Ok(Told::all(3, 0)));
    assert_eq!(answered("TAG OK [APPENDUID x] nonsense\r\n"), Ok(Told::all(3, 0)));
    for (text, words) in [
        ("TAG NO [OVERQUOTA] full\r\n", "quota"),
        ("TAG NO [TRYCREATE] no folder\r\n", "run again"),
        ("TAG NO [LIMIT] too large\r\n", "limit"),
        ("TAG NO \u{1b}[2J no\r\n", "log"),
        ("TAG BAD what?\r\n", "Maildir"),
    ] {
        let told = answered(text).unwrap();
        assert_eq!(told.refused.len(), 3, "{text}");
        assert!(
            told.refused.iter().all(|(_, told)| told.contains(words) && !told.contains('\u{1b}')),
            "{told:?}"
        );
    }
}

#[test]
fn a_mailbox_that_stays_full_ends_the_restore() {
    let mut place = served(terms(0), "", |talk, _| {
        while let Some((tag, _)) = talk.politely("APPEND") {
            talk.say(&format!("{tag} NO [OVERQUOTA] full\r\n"));
        }
    });
    let many: Vec<Message> = (0..50).map(|id| Message::new(300 + id, "/Inbox", "x")).collect();
    let error = restore(&mut place, &many).unwrap_err().to_string();
    assert!(error.contains("[OVERQUOTA] full") && error.contains("run again"), "{error}");
}

#[test]
fn whatever_never_ends_is_given_up() {
    assert!(endless("x").contains("without an end"));
    assert!(endless("* OK still here\r\n").contains("more was said"));
    assert!(endless("* 1 EXISTS\r\n").contains("more was said"));
    assert!(endless("+ go on\r\n").contains("not announced"));
    assert!(endless("x99 OK done\r\n").contains("nobody gave"));
    assert!(endless("* 1 FETCH (FLAGS ())\r\n").contains("more was said"));
    assert!(endless("HTTP/1.1 400 Bad Request\r\n").contains("neither data"));
}

/// What becomes of three messages that are all accepted, where the server keeps what `keeps` makes of number and size.
fn accepted(numbered: bool, keeps: fn(u32, usize) -> Option<usize>) -> Told {
    let mut place = served(terms(0), AT_ONCE, move |talk, _| {
        let mut uid = 8;
        while let Some((tag, command)) = talk.politely("APPEND") {
            let size = talk.swallow(&command);
            uid += 1;
            talk.kept.extend(keeps(uid, size).map(|size| (uid, size)));
            let code = if numbered { format!("[APPENDUID 7 {uid}] ") } else { String::new() };
            talk.say(&format!("{tag} OK {code}done\r\n"));
        }
    });
    restore(&mut place, &three()).unwrap()
}

#[test]
fn what_is_accepted_and_not_listed_is_not_restored() {
    for numbered in [true, false] {
        let refused = |keeps| {
            let told = accepted(numbered, keeps);
            assert!(told.refused.iter().all(|(_, words)| words.contains("does not list it")), "{told:?}");
            assert_eq!(told.restored + told.refused.len(), 3);
            told.refused.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(refused(|_, size| Some(size)), [0; 0]);
        assert_eq!(refused(|_, _| None), [257, 258, 259]);
        assert_eq!(refused(|uid, size| Some(size).filter(|_| uid != 10)), [258]);
    }
}

/// Who changes what it takes is not to be given it once more.
#[test]
fn what_is_listed_with_another_size_is_not_to_be_put_again() {
    for (numbered, words) in [(true, "with another size than it has"), (false, "none of them with its size")]
    {
        let told = accepted(numbered, |uid, size| Some(size - usize::from(uid == 11)));
        assert_eq!((told.restored, told.refused.len()), (2, 1));
        let (id, told) = &told.refused[0];
        assert!(*id == 259 && told.contains(words) && told.contains("would"), "{told}");
    }
}

/// What a server had and lost again before the end did not come back.
#[test]
fn what_is_accepted_is_looked_for_at_the_end_and_not_before() {
    let mut place = served(terms(0), AT_ONCE, move |talk, _| {
        while let Some((tag, command)) = talk.politely("APPEND") {
            let size = talk.swallow(&command);
            let uid = talk.keep(size);
            if uid == 2_008 {
                talk.kept.drain(..1_000);
            }
            talk.say(&format!("{tag} OK [APPENDUID 7 {uid}] done\r\n"));
        }
    });
    let many: Vec<Message> = (300..2_500).map(|id| Message::new(id, "/Inbox", "x")).collect();
    for message in &many {
        assert_eq!(place.put(&message.recovered()).unwrap(), Put::Pending);
        assert!(place.settled().is_empty());
    }
    place.finish().unwrap();
    let settled = place.settled();
    assert!(settled.iter().all(|settled| settled.taken.is_some()));
    let restored = settled.iter().filter(|settled| settled.put == Put::Restored).count();
    assert_eq!((restored, settled.len()), (1_200, 2_200));
}

#[test]
fn tags_decide_which_message_is_meant() {
    let mut place = served(terms(0), AT_ONCE, |talk, _| {
        let mut tags = Vec::new();
        while let Some((tag, command)) = talk.politely("APPEND") {
            let size = talk.swallow(&command);
            if !tags.is_empty() {
                talk.kept.push((9 + u32::try_from(tags.len()).unwrap(), size));
            }
            tags.push(tag);
            if tags.len() == 3 {
                // The last first; the first is refused.
                talk.say(&format!(
                    "{} OK done\r\n{} OK done\r\n{} NO not this\r\n",
                    tags[2], tags[1], tags[0]
                ));
            }
        }
    });
    let told = restore(&mut place, &three()).unwrap();
    assert_eq!((told.restored, told.refused[0].0, told.refused.len()), (2, 257, 1));
}

#[test]
fn a_tag_is_answered_once() {
    let error = answered("TAG OK done\r\nTAG OK done\r\n").unwrap_err();
    assert!(error.contains("nobody gave"), "{error}");
}

#[test]
fn silence_and_goodbyes_end_the_restore_with_a_next_step() {
    for text in ["", "* BYE going down\r\n", "TAG NO [UNAVAILABLE] later\r\n"] {
        let error = answered(text).unwrap_err();
        assert!(error.contains("after 1 attempt(s)") && error.contains("; check"), "{error}");
    }
}

#[test]
fn where_no_nod_comes_no_byte_is_sent() {
    let heard = |nod: &'static str| {
        let (sender, receiver): (_, Receiver<String>) = mpsc::channel();
        let mut place = served(terms(0), "UIDPLUS", move |talk, _| {
            while let Some((tag, command)) = talk.politely("APPEND") {
                assert!(!command.ends_with("+}"), "the server can't do that");
                talk.say(&nod.replace("TAG", &tag));
                if nod.starts_with('+') {
                    let size = talk.swallow(&command);
                    talk.keep(size);
                    talk.say(&format!("{tag} OK done\r\n"));
                } else if nod.is_empty() {
                    let _ = sender.send(talk.hear().map(|(_, rest)| rest).unwrap_or_default());
                }
            }
        });
        let told = restore(&mut place, &three()).map_err(|error| error.to_string());
        drop(place);
        (told, receiver)
    };
    let (told, receiver) = heard("");
    assert!(told.unwrap_err().contains("silence"));
    assert_eq!(receiver.recv().unwrap(), "", "nothing but the end of the connection");
    let (told, _) = heard("TAG NO [LIMIT] too large\r\n");
    assert_eq!(told.unwrap().refused.len(), 3);
    let (told, _) = heard("+ go on\r\n");
    assert_eq!(told, Ok(Told::all(3, 0)));
}

#[test]
fn what_arrived_before_a_break_is_not_sent_again() {
    let (sender, receiver) = mpsc::channel();
    let mut place = served(terms(1), AT_ONCE, move |talk, number| {
        if number == 0 {
            // The first arrives unanswered, the second is cut.
            let (_, command) = talk.politely("APPEND").unwrap();
            talk.swallow(&command);
            let _ = talk.hear();
            talk.say("* BYE in the middle of it\r\n");
            return;
        }
        let (tag, _) = talk.politely("EXAMINE").unwrap();
        talk.say(&format!("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"));
        let date = "\"09-Sep-2001 01:50:57 +0000\"";
        let (tag, _) = talk.politely("FETCH").unwrap();
        talk.say(&format!(
            "* 1 FETCH (UID 9 RFC822.SIZE 16 INTERNALDATE {date} FLAGS ())\r\n{tag} OK done\r\n"
        ));
        let (tag, _) = talk.politely("UID FETCH 9").unwrap();
        talk.say(&format!(
            "* 1 FETCH (UID 9 RFC822.SIZE 16 INTERNALDATE {date} BODY[] {{16}}\r\nSubject: 257\r\n\r\n)\r\n{tag} OK done\r\n"
        ));
        talk.kept.push((9, 16));
        while let Some((tag, command)) = talk.politely("APPEND") {
            let _ = sender.send(command.clone());
            let size = talk.swallow(&command);
            let uid = talk.keep(size);
            talk.say(&format!("{tag} OK [APPENDUID 7 {uid}] done\r\n"));
        }
    });
    assert_eq!(restore(&mut place, &three()).unwrap(), Told::all(3, 0));
    let sent: Vec<String> = receiver.try_iter().collect();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent[0].contains("01:50:58") && sent[1].contains("01:50:59"), "{sent:?}");
}

#[test]
fn a_server_that_always_breaks_is_given_up() {
    let mut place = served(terms(2), AT_ONCE, |talk, _| {
        talk.politely("APPEND");
    });
    let error = restore(&mut place, &three()).unwrap_err().to_string();
    assert!(error.contains("after 3 attempt(s)"), "{error}");
}

#[test]
fn an_interrupted_restore_waits_for_nobody() {
    let cancel = Cancel::default();
    let patience = Patience { read: Duration::from_secs(600), ..terms(0).patience };
    let terms = Terms { patience, cancel: cancel.clone(), ..terms(0) };
    let mut place = served(terms, AT_ONCE, move |talk, _| {
        talk.politely("APPEND");
        cancel.cancel();
        talk.wait();
    });
    assert!(restore(&mut place, &three()).unwrap_err().to_string().contains("interrupted"));
}

#[test]
fn larger_messages_than_the_server_takes_are_not_sent() {
    let mut place = served(terms(0), "LITERAL+ APPENDLIMIT=10", |talk, _| {
        if talk.politely("APPEND").is_some() {
            panic!("it was sent");
        }
    });
    let told = restore(&mut place, &three()).unwrap();
    assert!(told.refused.len() == 3 && told.refused[0].1.contains("the server takes 10"), "{told:?}");
}

#[test]
fn what_has_no_number_is_not_removed() {
    let mut place = served(terms(0), "LITERAL+", |talk, _| {
        while let Some((tag, command)) = talk.politely("APPEND") {
            let size = talk.swallow(&command);
            talk.keep(size);
            talk.say(&format!("{tag} OK done\r\n"));
        }
    });
    restore(&mut place, &three()).unwrap();
    let cleaned = place.clean().unwrap();
    assert_eq!((cleaned.messages, cleaned.folders), (0, 0));
    assert!(cleaned.left[0].contains("3 message(s) in folder \"INBOX\" stay"), "{cleaned:?}");
    assert!(place.settled().is_empty());
}
