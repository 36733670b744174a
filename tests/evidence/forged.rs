//! Records that only the key's holder can forge, held to the one reading that all programs share.

use std::fs;

use mailproof::evidence::PAYLOAD_TYPE;
use mailproof::evidence::dsse::Envelope;
use serde_json::Value;
use tempfile::TempDir;

use super::tampering::replace;
use super::{append, checked, file, first, key, trusting};
use crate::program::payload;
use crate::support;

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
