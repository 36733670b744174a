//! Every way to alter a chain, held to the record and the reason that must be named.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use mailproof::evidence::check::{Holding, Question};
use mailproof::evidence::dsse::Envelope;
use mailproof::evidence::{Chain, PAYLOAD_TYPE};
use serde_json::Value;
use tempfile::TempDir;

use super::{append, checked, file, first, hand_over, key, record, signature, stamp, trusting};
use crate::program::{json, payload};
use crate::support;

/// The keys of the chain: the first signs up to and with record 500, the second what follows. The third is a stranger's.
pub const KEYS: [u8; 3] = [1, 2, 3];
const LAST: u64 = 1000;
/// A record in the middle, with which most happens.
const HERE: u64 = 700;

/// A sound chain of a thousand records with a hand-over in it, and the head as it was at record 900.
pub fn sound() -> &'static (TempDir, Vec<u8>) {
    static CHAIN: OnceLock<(TempDir, Vec<u8>)> = OnceLock::new();
    CHAIN.get_or_init(|| {
        let folder = support::folder();
        append(folder.path(), Some(key(KEYS[0])), 499);
        Chain::new(folder.path().to_owned(), Some(key(KEYS[0]))).append(hand_over(KEYS[1])).unwrap();
        append(folder.path(), Some(key(KEYS[1])), 400);
        let head = fs::read(folder.path().join("head.json")).unwrap();
        append(folder.path(), Some(key(KEYS[1])), 100);
        (folder, head)
    })
}

/// A copy of the sound chain, to be altered.
pub fn copy() -> TempDir {
    copy_of(sound().0.path())
}

/// A copy to be altered. The files are links: they are replaced, never written into.
pub fn copy_of(chain: &Path) -> TempDir {
    let folder = support::folder();
    for entry in fs::read_dir(chain).unwrap() {
        let entry = entry.unwrap();
        fs::hard_link(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

pub fn replace(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

/// Rewrites the envelope of a record.
fn rewrite(folder: &Path, number: u64, change: impl FnOnce(String) -> String) {
    let path = file(folder, number);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text);
    replace(&path, changed.as_bytes());
}

/// Turns the letter `at` so many behind `mark` into another one.
fn turn(text: String, mark: &str, at: usize) -> String {
    let at = text.find(mark).unwrap() + mark.len() + at;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    text[..at].to_owned() + other + &text[at + 1..]
}

/// Puts a record in the place of another, altered by `change` and signed anew by this key.
fn forge(folder: &Path, number: u64, signer: u8, change: impl FnOnce(&mut Value)) {
    let path = file(folder, number);
    let mut statement: Value = serde_json::from_slice(&payload(&fs::read(&path).unwrap())).unwrap();
    statement["predicate"]["signed_by"] = key(signer).public().openssh().into();
    change(&mut statement);
    let payload = serde_json::to_vec(&statement).unwrap();
    replace(&path, &Envelope::seal(PAYLOAD_TYPE, payload, Some(&key(signer))).to_bytes().unwrap());
}

/// Whoever takes a record away takes all that lies beside it.
fn remove(folder: &Path, number: u64) {
    fs::remove_file(file(folder, number)).unwrap();
    fs::remove_file(signature(folder, number)).unwrap();
    let _ = fs::remove_file(stamp(folder, number));
}

fn swap(one: &Path, other: &Path) {
    let (first, second) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    replace(one, &second);
    replace(other, &first);
}

/// The head of a chain of a thousand records that somebody else made with this key.
fn foreign_head(signer: u8) -> Vec<u8> {
    let folder = support::folder();
    append(folder.path(), Some(key(signer)), 1);
    let head = fs::read(folder.path().join("head.json")).unwrap();
    let mut head: Value = serde_json::from_slice(&payload(&head)).unwrap();
    head["sequence"] = LAST.into();
    let payload = serde_json::to_vec(&head).unwrap();
    Envelope::seal("application/vnd.mailproof.head+json", payload, Some(&key(signer))).to_bytes().unwrap()
}

pub struct Case {
    pub name: &'static str,
    pub tamper: fn(&Path),
    pub record: u64,
    pub reason: &'static str,
}

const fn case(name: &'static str, record: u64, reason: &'static str, tamper: fn(&Path)) -> Case {
    Case { name, tamper, record, reason }
}

pub const CASES: [Case; 36] = [
    case("a byte of the payload", HERE, "signature", |folder| {
        rewrite(folder, HERE, |text| turn(text, "\"payload\":\"", 400));
    }),
    case("a byte of the first payload", 1, "signature", |folder| {
        rewrite(folder, 1, |text| turn(text, "\"payload\":\"", 400));
    }),
    case("a byte of the last payload", LAST, "signature", |folder| {
        rewrite(folder, LAST, |text| turn(text, "\"payload\":\"", 400));
    }),
    case("a byte of the signature", HERE, "signature", |folder| {
        rewrite(folder, HERE, |text| turn(text, "\"sig\":\"", 20));
    }),
    case("a byte of the key's name", HERE, "wrong-key", |folder| {
        rewrite(folder, HERE, |text| turn(text, "SHA256:", 10));
    }),
    case("a byte of the payload's type", HERE, "signature", |folder| {
        rewrite(folder, HERE, |text| turn(text, "vnd.", 0));
    }),
    case("other spaces", HERE, "detached-signature", |folder| {
        rewrite(folder, HERE, |text| serde_json::to_string_pretty(&json(&text)).unwrap());
    }),
    case("a field that nobody reads", HERE, "not-dsse", |folder| {
        rewrite(folder, HERE, |text| text.replacen('{', "{\"note\":\"\",", 1));
    }),
    case("base64 in another form", HERE, "not-dsse", |folder| {
        rewrite(folder, HERE, |text| text.replacen("=\"}]", "\"}]", 1));
    }),
    case("a second signature", HERE, "not-dsse", |folder| {
        rewrite(folder, HERE, |text| {
            let signature = text[text.find("{\"keyid").unwrap()..text.len() - 3].to_owned();
            text.replace(&signature, &format!("{signature},{signature}"))
        });
    }),
    case("no signature", HERE, "signature", |folder| {
        rewrite(folder, HERE, |text| text[..text.find("{\"keyid").unwrap()].to_owned() + "]}\n");
    }),
    case("two in the other order", HERE, "sequence", |folder| {
        swap(&file(folder, HERE), &file(folder, HERE + 1));
        swap(&signature(folder, HERE), &signature(folder, HERE + 1));
        if stamp(folder, HERE).exists() {
            swap(&stamp(folder, HERE), &stamp(folder, HERE + 1));
        }
    }),
    case("without the first", 1, "gap", |folder| remove(folder, 1)),
    case("without one in the middle", HERE, "gap", |folder| remove(folder, HERE)),
    case("without many in the middle", HERE, "gap", |folder| {
        (HERE..HERE + 50).for_each(|number| remove(folder, number));
    }),
    case("without the last", LAST, "truncated", |folder| remove(folder, LAST)),
    case("cut off", 991, "truncated", |folder| (991..=LAST).for_each(|number| remove(folder, number))),
    case("cut off with its head", 990, "head", |folder| {
        (991..=LAST).for_each(|number| remove(folder, number));
        fs::remove_file(folder.join("head.json")).unwrap();
    }),
    case("nothing but a head", 1, "truncated", |folder| {
        (1..=LAST).for_each(|number| remove(folder, number));
    }),
    case("an empty file", HERE, "not-dsse", |folder| replace(&file(folder, HERE), b"")),
    case("a file that is no record's size", HERE, "unreadable", |folder| {
        replace(&file(folder, HERE), b"");
        fs::File::options().write(true).open(file(folder, HERE)).unwrap().set_len((64 << 20) + 1).unwrap();
    }),
    case("a folder in its place", HERE, "unreadable", |folder| {
        fs::remove_file(file(folder, HERE)).unwrap();
        fs::create_dir(file(folder, HERE)).unwrap();
    }),
    case("an old record under a new number", LAST + 1, "sequence", |folder| {
        replace(&file(folder, LAST + 1), &fs::read(file(folder, HERE)).unwrap());
        replace(&signature(folder, LAST + 1), &fs::read(signature(folder, HERE)).unwrap());
    }),
    case("another outcome, signed by a stranger", HERE, "wrong-key", |folder| {
        forge(folder, HERE, KEYS[2], |statement| statement["predicate"]["outcome"] = "failed".into());
    }),
    case("another outcome, signed by a stranger under the right name", HERE, "signature", |folder| {
        let right = key(KEYS[1]).public().fingerprint();
        forge(folder, HERE, KEYS[2], |statement| statement["predicate"]["outcome"] = "failed".into());
        let strange = key(KEYS[2]).public().fingerprint();
        rewrite(folder, HERE, |text| text.replace(&strange, &right));
    }),
    case("the new key before the hand-over", 300, "wrong-key", |folder| forge(folder, 300, KEYS[1], |_| {})),
    case("the old key behind the hand-over", HERE, "wrong-key", |folder| {
        forge(folder, HERE, KEYS[0], |_| {})
    }),
    case("a hand-over by the key that it hands over to", 500, "wrong-key", |folder| {
        forge(folder, 500, KEYS[1], |_| {});
    }),
    case("a hand-over to a stranger, behind which all is his", 500, "wrong-key", |folder| {
        let stranger = key(KEYS[2]).public().openssh();
        forge(folder, 500, KEYS[2], |statement| {
            statement["predicate"]["hand_over"]["new_key"] = stranger.into();
        });
        (501..=LAST).for_each(|number| forge(folder, number, KEYS[2], |_| {}));
    }),
    case("without the head", LAST, "head", |folder| fs::remove_file(folder.join("head.json")).unwrap()),
    case("an old head", LAST, "head", |folder| replace(&folder.join("head.json"), &sound().1)),
    case("a stranger's head", LAST, "head", |folder| {
        replace(&folder.join("head.json"), &foreign_head(KEYS[2]));
    }),
    case("without a signature beside it", HERE, "detached-signature", |folder| {
        fs::remove_file(signature(folder, HERE)).unwrap();
    }),
    case("a signature beside it with other line ends", HERE, "detached-signature", |folder| {
        let text = fs::read_to_string(signature(folder, HERE)).unwrap();
        replace(&signature(folder, HERE), text.replace('\n', "\r\n").as_bytes());
    }),
    case("a signature beside it with words behind", HERE, "detached-signature", |folder| {
        let text = fs::read_to_string(signature(folder, HERE)).unwrap();
        replace(&signature(folder, HERE), format!("{text}words\n").as_bytes());
    }),
    case("another record's signature beside it", HERE, "detached-signature", |folder| {
        replace(&signature(folder, HERE), &fs::read(signature(folder, HERE + 1)).unwrap());
    }),
];

#[test]
fn whatever_is_done_to_a_chain_the_record_and_the_reason_are_named() {
    for Case { name, tamper, record, reason } in CASES {
        let folder = copy();
        tamper(folder.path());
        for question in [trusting(&KEYS[..1]), Question::default()] {
            let check = checked(folder.path(), &question);
            if name == "a byte of the first payload" && question.trust.is_none() {
                // Nobody knows whose signature that was.
                assert!(check.outcome == Holding::Broken && check.exit_code == 10, "{name}");
                continue;
            }
            assert_eq!(first(&check), Some((record, reason)), "{name}: {:?}", check.first_broken);
            assert_eq!((check.outcome, check.exit_code), (Holding::Broken, 10), "{name}");
        }
    }
}

#[test]
fn the_sound_chain_holds_and_says_who_signed_it() {
    let check = checked(sound().0.path(), &trusting(&KEYS[..1]));
    assert_eq!((check.outcome, check.exit_code, first(&check)), (Holding::Holds, 0, None));
    assert_eq!((check.coverage.checked, check.coverage.total, check.signed), (LAST, LAST, LAST));
    let spans: Vec<_> = check.keys.iter().map(|span| (span.first, span.last, span.signed)).collect();
    assert_eq!(spans, [(1, 500, 500), (501, LAST, 500)]);
    assert_eq!(check.keys[1].fingerprint, key(KEYS[1]).public().fingerprint());
    assert!(check.warnings.is_empty() && check.not_in_chain == 0);
    let strange = checked(sound().0.path(), &trusting(&KEYS[2..]));
    assert_eq!(first(&strange), Some((1, "wrong-key")));
}

#[test]
fn what_is_signed_by_the_right_key_and_is_no_record_is_called_so() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 9] = [
        ("schema", |statement| statement["predicate"]["schema"] = "mailproof/record/v2".into()),
        ("schema", |statement| statement["predicateType"] = "https://example.org/".into()),
        ("schema", |statement| statement["subject"] = Vec::<Value>::new().into()),
        ("schema", |statement| drop(statement["predicate"].as_object_mut().unwrap().remove("outcome"))),
        ("schema", |statement| statement["predicate"]["finished"] = "yesterday".into()),
        ("schema", |statement| statement["predicate"]["kind"] = "hand-over".into()),
        ("sequence", |statement| statement["predicate"]["sequence"] = (HERE + 1).into()),
        ("previous", |statement| statement["predicate"]["previous"] = Value::Null),
        ("previous", |statement| statement["predicate"]["previous"]["sha256"] = "00".repeat(32).into()),
    ];
    for (reason, change) in changes {
        let folder = copy();
        forge(folder.path(), HERE, KEYS[1], change);
        assert_eq!(first(&checked(folder.path(), &trusting(&KEYS))), Some((HERE, reason)));
    }
}

#[test]
fn a_chain_cut_off_with_an_old_head_is_found_by_the_head_that_was_noted() {
    let folder = copy();
    (901..=LAST).for_each(|number| remove(folder.path(), number));
    replace(&folder.path().join("head.json"), &sound().1);
    assert_eq!(checked(folder.path(), &trusting(&KEYS)).outcome, Holding::Holds, "nothing in it tells");
    let whole = checked(sound().0.path(), &trusting(&KEYS)).head.unwrap();
    let noted = format!("{}:{}", whole.sequence, whole.blake3);
    let question = Question { expected: Some(noted.parse().unwrap()), ..trusting(&KEYS) };
    assert_eq!(first(&checked(folder.path(), &question)), Some((LAST, "expected-head")));
    assert_eq!(first(&checked(sound().0.path(), &question)), None);
    let other = format!("{}:{}", HERE, whole.blake3);
    let question = Question { expected: Some(other.parse().unwrap()), ..trusting(&KEYS) };
    assert_eq!(first(&checked(sound().0.path(), &question)), Some((HERE, "expected-head")));
}

#[test]
fn a_chain_made_anew_by_a_stranger_is_his_alone() {
    let folder = support::folder();
    append(folder.path(), Some(key(KEYS[2])), 3);
    assert_eq!(
        checked(folder.path(), &Question::default()).outcome,
        Holding::Holds,
        "it proves nothing more"
    );
    assert_eq!(first(&checked(folder.path(), &trusting(&KEYS[..2]))), Some((1, "wrong-key")));
}

#[test]
fn a_chain_that_nobody_signed_is_not_verified() {
    let folder = support::folder();
    assert_eq!(checked(folder.path(), &Question::default()).outcome, Holding::NotVerified);
    append(folder.path(), None, 3);
    let check = checked(folder.path(), &Question::default());
    assert_eq!((check.outcome, check.exit_code, check.unsigned), (Holding::NotVerified, 20, 3));
    let allowed = Question { unsigned: true, ..Question::default() };
    assert_eq!(checked(folder.path(), &allowed).outcome, Holding::Holds);
    assert_eq!(first(&checked(folder.path(), &trusting(&KEYS))), Some((1, "signature")));
    // From the first signed record on, all must be signed.
    append(folder.path(), Some(key(KEYS[0])), 2);
    assert_eq!(checked(folder.path(), &allowed).outcome, Holding::Holds);
    assert!(checked(folder.path(), &Question::default()).why.unwrap().starts_with("its first records"));
    rewrite(folder.path(), 5, |text| text[..text.find("{\"keyid").unwrap()].to_owned() + "]}\n");
    assert_eq!(first(&checked(folder.path(), &allowed)), Some((5, "signature")));
    rewrite(folder.path(), 2, |text| text.replacen('{', "{ ", 1));
    assert_eq!(first(&checked(folder.path(), &allowed)), Some((3, "previous")));
}

#[test]
fn records_of_earlier_versions_are_left_alone_and_told() {
    let folder = support::folder();
    let old = folder.path().join("20261101T020000Z-000000000-passed.json");
    fs::write(&old, "{}").unwrap();
    append(folder.path(), Some(key(KEYS[0])), 2);
    let check = checked(folder.path(), &Question::default());
    assert_eq!((check.outcome, check.not_in_chain), (Holding::Holds, 1));
    assert_eq!(fs::read(old).unwrap(), b"{}");
}

#[test]
fn nothing_is_added_to_a_chain_that_was_tampered_with() {
    for (name, tamper) in [
        ("cut off", (|folder| remove(folder, 4)) as fn(&Path)),
        ("an old head", |folder| {
            replace(&folder.join("head.json"), &fs::read(folder.join("old-head")).unwrap());
        }),
        ("no head", |folder| fs::remove_file(folder.join("head.json")).unwrap()),
        ("another last record", |folder| rewrite(folder, 4, |text| text.replacen('{', "{ ", 1))),
        ("a last record that is none", |folder| replace(&file(folder, 4), b"")),
    ] {
        let folder = support::folder();
        append(folder.path(), Some(key(1)), 2);
        fs::copy(folder.path().join("head.json"), folder.path().join("old-head")).unwrap();
        append(folder.path(), Some(key(1)), 2);
        tamper(folder.path());
        let chain = Chain::new(folder.path().to_owned(), Some(key(1)));
        let refused = chain.append(record()).unwrap_err().to_string();
        assert!(
            refused.contains("chain is broken") && refused.contains("mailproof evidence verify"),
            "{name}: {refused}"
        );
        assert_eq!(chain.prepare().unwrap_err().to_string(), refused);
        assert!(!file(folder.path(), 5).exists(), "{name}");
    }
}
