//! A record as a statement (in-toto Statement v1): written from a [`Record`], read back from what others may have written.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::key::PublicKey;
use super::link::{Link, sha256};
use super::plain::{self, Object};
use super::pseudonym::Pseudonyms;
use super::record::{Record, SCHEMA, StampState, TimeStamp};
use crate::report::writing;

/// What the payload of an envelope is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What the statement is.
pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What it states.
pub const PREDICATE: &str = "https://mailproof.dev/record/v1";
/// Years that each program knows.
const YEARS: RangeInclusive<i16> = 1..=9998;
/// How long a time is without fractions and zone.
const TO_SECONDS: usize = "2026-11-30T04:30:00".len();
/// The kind of record by which another key takes over.
const HAND_OVER: &str = "hand-over";

#[derive(Serialize)]
struct Written<'a, T> {
    #[serde(rename = "_type")]
    form: &'static str,
    subject: [Subject<'a>; 1],
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: &'a T,
}

#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    digest: Digest,
}

#[derive(Serialize)]
struct Digest {
    sha256: String,
}

/// The payload of `record`'s envelope.
///
/// No digest of a whole archive is known at the end of a run, so its subject is the result: the bytes of `result` as they
/// stand in the payload.
pub(super) fn write(record: &Record, pseudonyms: Option<&Pseudonyms>) -> serde_json::Result<Vec<u8>> {
    let Some(pseudonyms) = pseudonyms else {
        return written(&record.id, record, &record.result);
    };
    let mut veiled = serde_json::to_value(record)?;
    pseudonyms.veil(&mut veiled);
    written(&record.id, &veiled, &veiled["result"])
}

fn written(id: &str, record: &impl Serialize, result: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let digest = Digest { sha256: sha256(writing::line(result)?.as_bytes()) };
    let subject = [Subject { name: id, digest }];
    let written = Written { form: STATEMENT, subject, predicate_type: PREDICATE, predicate: record };
    writing::line(&written).map(String::into_bytes)
}

/// What the chain needs to know of a record, whose required fields are all there.
#[derive(Debug)]
pub(super) struct Statement {
    pub sequence: u64,
    pub previous: Option<Link>,
    pub finished: Timestamp,
    /// The key that is said to sign this record.
    pub signed_by: Option<PublicKey>,
    /// The key that signs from the next record on, where this one says so.
    pub new_key: Option<PublicKey>,
    /// Whether a time stamp is said to lie beside it; absent where none was asked for.
    pub time_stamp: Option<StampState>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "_type")]
    form: String,
    subject: Vec<Object<ReadSubject>>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Object<Predicate>,
}

#[derive(Deserialize)]
struct ReadSubject {
    #[serde(rename = "name")]
    _name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Predicate {
    schema: String,
    #[serde(rename = "id")]
    _id: String,
    sequence: u64,
    kind: String,
    previous: Option<Object<Link>>,
    signed_by: Option<String>,
    #[serde(rename = "tool")]
    _tool: Object<Tool>,
    started: String,
    finished: String,
    #[serde(rename = "outcome")]
    _outcome: String,
    #[serde(rename = "exit_code")]
    _exit_code: u8,
    hand_over: Option<Object<HandOver>>,
    time_stamp: Option<Object<TimeStamp>>,
    #[serde(rename = "result")]
    _result: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct Tool {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Deserialize)]
struct HandOver {
    new_key: String,
}

impl Statement {
    /// Reads a payload; the error says what is not as the form demands.
    pub fn read(payload: &[u8]) -> Result<Self, String> {
        let Object(Read { form, subject, predicate_type, predicate: Object(predicate) }) =
            plain::read(payload)?;
        let stated = [(form, STATEMENT), (predicate_type, PREDICATE), (predicate.schema, SCHEMA)];
        if let Some((other, known)) = stated.iter().find(|(stated, known)| stated != known) {
            return Err(format!("it is `{other}` and not `{known}`"));
        }
        if subject.is_empty() || subject.iter().any(|Object(subject)| subject.digest.is_empty()) {
            return Err("it states no subject with a digest".to_owned());
        }
        time(&predicate.started)?;
        let signed_by = predicate.signed_by.as_deref().map(key).transpose()?;
        let new_key = match (predicate.kind == HAND_OVER, predicate.hand_over) {
            (false, _) => None,
            (true, Some(Object(hand_over))) => Some(key(&hand_over.new_key)?),
            (true, None) => return Err("it hands over and names no key".to_owned()),
        };
        let (sequence, previous) = (predicate.sequence, predicate.previous.map(|Object(link)| link));
        let time_stamp = predicate.time_stamp.map(|Object(stamp)| stamp.state);
        let finished = time(&predicate.finished)?;
        Ok(Self { sequence, previous, finished, signed_by, new_key, time_stamp })
    }
}

/// A time as records state it: of the many forms that RFC 3339 and ISO 8601 allow the one that all programs read alike, in
/// years that all of them know.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let parsed = text.parse::<Timestamp>().ok();
    let time = parsed
        .filter(|time| YEARS.contains(&TimeZone::UTC.to_datetime(*time).year()) && is_plain(text, time));
    time.ok_or_else(|| "it states a time that is no RFC 3339 in UTC of the years 1 to 9998".to_owned())
}

/// To the second it stands there as this program writes it, which a leap second for example does not.
fn is_plain(text: &str, time: &Timestamp) -> bool {
    let written = time.to_string();
    let fraction = |rest: &str| {
        let digits = rest.strip_prefix('.').and_then(|rest| rest.strip_suffix('Z'));
        digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
    };
    match (written.get(..TO_SECONDS), text.split_at_checked(TO_SECONDS)) {
        (Some(written), Some((stated, rest))) => written == stated && (rest == "Z" || fraction(rest)),
        _ => false,
    }
}

fn key(text: &str) -> Result<PublicKey, String> {
    let key = PublicKey::from_openssh(text).filter(|key| key.openssh() == text);
    key.ok_or_else(|| "it names a key that is no ssh-ed25519 key".to_owned())
}
