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

fn replace(path: &Path, bytes: &[u8]) {
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

/// What only the key's holder can forge: a payload that programs could read differently.
pub struct Forged {
    pub name: &'static str,
    /// A part of the payload's text, and what stands there instead.
    change: (&'static str, &'static str),
    pub reason: &'static str,
}

const fn forged(name: &'static str, reason: &'static str, what: &'static str, by: &'static str) -> Forged {
    Forged { name, change: (what, by), reason }
}

/// A forger has no time to sign the file once more, so what is read without complaint is found by that.
const READ: &str = "detached-signature";
const DAY: &str = "2026-11-30T04:30:00Z";
const FINISHED: &str = "\"finished\":\"2026-11-30T04:30:00Z\"";
const RESULT: &str = "\"result\":{";
const PREDICATE: &str = "\"predicate\":{";

pub const FORGED: [Forged; 52] = [
    forged("nothing", READ, "", ""),
    forged("the first year", READ, DAY, "0001-01-01T00:00:00Z"),
    forged("the last year", READ, DAY, "9998-12-31T23:59:59.999999999Z"),
    forged("year 0000", "schema", DAY, "0000-12-31T23:59:59Z"),
    forged("year 9999", "schema", DAY, "9999-01-01T00:00:00Z"),
    forged("the last moment", "schema", DAY, "9999-12-31T23:59:59Z"),
    forged("an end in the year 9999", "schema", FINISHED, "\"finished\":\"9999-06-01T00:00:00Z\""),
    forged("a year of six digits", "schema", DAY, "+012026-11-30T04:30:00Z"),
    forged("a leap second", "schema", DAY, "2026-12-31T23:59:60Z"),
    forged("a second too many", "schema", DAY, "2026-12-31T23:59:61Z"),
    forged("a day that is none", "schema", DAY, "2026-02-29T04:30:00Z"),
    forged("hour 24", "schema", DAY, "2026-11-30T24:00:00Z"),
    forged("a space for the T", "schema", DAY, "2026-11-30 04:30:00Z"),
    forged("small letters", "schema", DAY, "2026-11-30t04:30:00z"),
    forged("no seconds", "schema", DAY, "2026-11-30T04:30Z"),
    forged("no hyphens", "schema", DAY, "20261130T043000Z"),
    forged("a comma", "schema", DAY, "2026-11-30T04:30:00,5Z"),
    forged("a point and nothing", "schema", DAY, "2026-11-30T04:30:00.Z"),
    forged("ten digits", "schema", DAY, "2026-11-30T04:30:00.1234567890Z"),
    forged("another zone", "schema", DAY, "2026-11-30T04:30:00+00:00"),
    forged("a field twice", "schema", PREDICATE, "\"predicate\":{\"outcome\":\"failed\","),
    forged("a new field twice", "schema", PREDICATE, "\"predicate\":{\"new\":1,\"new\":1,"),
    forged("twice, spelled otherwise", "schema", RESULT, "\"result\":{\"new\":1,\"n\\u0065w\":1,"),
    forged("twice deep in it", "schema", RESULT, "\"result\":{\"new\":[{\"a\":{\"b\":1,\"b\":2}}],"),
    forged("a digest twice", "schema", "\"digest\":{", "\"digest\":{\"sha256\":\"00\","),
    forged("64 bits", READ, RESULT, "\"result\":{\"new\":[18446744073709551615,-9223372036854775808],"),
    forged("65 bits", "schema", RESULT, "\"result\":{\"new\":18446744073709551616,"),
    forged("65 bits below zero", "schema", RESULT, "\"result\":{\"new\":-9223372036854775809,"),
    forged("a fraction", "schema", RESULT, "\"result\":{\"new\":1.5,"),
    forged("a power of ten", "schema", RESULT, "\"result\":{\"new\":1e2,"),
    forged("a power beyond all", "schema", RESULT, "\"result\":{\"new\":1e999,"),
    forged("minus zero", "schema", RESULT, "\"result\":{\"new\":-0,"),
    forged("no number", "schema", RESULT, "\"result\":{\"new\":NaN,"),
    forged("a zero in front", "schema", RESULT, "\"result\":{\"new\":01,"),
    forged("5,000 digits", "schema", RESULT, "\"result\":{\"new\":<digits>,"),
    forged("a number beyond all", "schema", "\"sequence\":3,", "\"sequence\":18446744073709551616,"),
    forged("a number below zero", "schema", "\"sequence\":3,", "\"sequence\":-3,"),
    forged("a number as a fraction", "schema", "\"sequence\":3,", "\"sequence\":3.0,"),
    forged("the largest number", "sequence", "\"sequence\":3,", "\"sequence\":18446744073709551615,"),
    forged("tied to none", "schema", "\"sequence\":2,", "\"sequence\":-2,"),
    forged("tied to the largest", "previous", "\"sequence\":2,", "\"sequence\":18446744073709551615,"),
    forged("no exit code", "schema", "\"exit_code\":0", "\"exit_code\":-0"),
    forged("an exit code of nine bits", "schema", "\"exit_code\":0", "\"exit_code\":256"),
    forged("as deep as may be", READ, RESULT, "\"result\":{\"new\":<deep>,"),
    forged("too deep", "schema", RESULT, "\"result\":{\"new\":<too deep>,"),
    forged("brackets in words", READ, RESULT, "\"result\":{\"new\":\"<brackets>\\\"\","),
    forged("half a character", "schema", RESULT, "\"result\":{\"new\":\"\\ud800\","),
    forged("a digest that is a number", "schema", "\"digest\":{", "\"digest\":{\"blake3\":1,"),
    forged("a list for an object", "schema", "\"tool\":{", "\"tool\":[\"mailproof\",\"9\"],\"tools\":{"),
    forged("a hand-over in a run", "schema", PREDICATE, "\"predicate\":{\"hand_over\":{},"),
    forged(
        "a stamp that is missing for a number",
        "schema",
        PREDICATE,
        "\"predicate\":{\"time_stamp\":{\"authority\":\"\",\"state\":\"missing\",\"why\":0},",
    ),
    forged("a key with two spaces", "schema", "\"ssh-ed25519 ", "\"ssh-ed25519  "),
];

/// What is too long to be written above. A result stands three deep in its statement.
fn spelled(text: &str) -> String {
    let nested = |times: usize| "[".repeat(times) + &"]".repeat(times);
    let text = text.replace("<digits>", &"7".repeat(5000)).replace("<brackets>", &"{[".repeat(200));
    text.replace("<deep>", &nested(124)).replace("<too deep>", &nested(125))
}

/// The last of three records is forged so, and signed by the chain's key; all but the record is as it was.
pub fn forged_chain(forged: &Forged) -> TempDir {
    let folder = support::folder();
    append(folder.path(), Some(key(1)), 3);
    let path = file(folder.path(), 3);
    let mut statement: Value = serde_json::from_slice(&payload(&fs::read(&path).unwrap())).unwrap();
    for moment in ["started", "finished"] {
        statement["predicate"][moment] = DAY.into();
    }
    let text = statement.to_string();
    let (what, by) = forged.change;
    assert!(text.contains(what), "{}: {text}", forged.name);
    let text = text.replacen(what, &spelled(by), if what == DAY { 2 } else { 1 });
    replace(&path, &Envelope::seal(PAYLOAD_TYPE, text.into(), Some(&key(1))).to_bytes().unwrap());
    folder
}

#[test]
fn what_programs_could_read_differently_is_no_record_whoever_signed_it() {
    for forged in &FORGED {
        let folder = forged_chain(forged);
        let check = checked(folder.path(), &trusting(&[1]));
        assert_eq!(first(&check), Some((3, forged.reason)), "{}: {:?}", forged.name, check.first_broken);
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
