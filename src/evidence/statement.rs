//! A record as a statement (in-toto Statement v1): written from a [`Record`], read back from what others may have written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::key::PublicKey;
use super::link::{Link, sha256};
use super::pseudonym::Pseudonyms;
use super::record::{Record, SCHEMA, StampState, TimeStamp};
use crate::report::writing;

/// What the payload of an envelope is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What the statement is.
pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What it states.
pub const PREDICATE: &str = "https://mailproof.dev/record/v1";
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
    subject: Vec<ReadSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
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
    previous: Option<Link>,
    signed_by: Option<String>,
    #[serde(rename = "tool")]
    _tool: Tool,
    started: String,
    finished: String,
    #[serde(rename = "outcome")]
    _outcome: String,
    #[serde(rename = "exit_code")]
    _exit_code: u8,
    hand_over: Option<HandOver>,
    time_stamp: Option<TimeStamp>,
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
        let Read { form, subject, predicate_type, predicate } =
            serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        let stated = [(form, STATEMENT), (predicate_type, PREDICATE), (predicate.schema, SCHEMA)];
        if let Some((other, known)) = stated.iter().find(|(stated, known)| stated != known) {
            return Err(format!("it is `{other}` and not `{known}`"));
        }
        if subject.is_empty() || subject.iter().any(|subject| subject.digest.is_empty()) {
            return Err("it states no subject with a digest".to_owned());
        }
        time(&predicate.started)?;
        let signed_by = predicate.signed_by.as_deref().map(key).transpose()?;
        let new_key = match (predicate.kind == HAND_OVER, predicate.hand_over) {
            (false, _) => None,
            (true, Some(hand_over)) => Some(key(&hand_over.new_key)?),
            (true, None) => return Err("it hands over and names no key".to_owned()),
        };
        let (sequence, previous) = (predicate.sequence, predicate.previous);
        let time_stamp = predicate.time_stamp.map(|stamp| stamp.state);
        let finished = time(&predicate.finished)?;
        Ok(Self { sequence, previous, finished, signed_by, new_key, time_stamp })
    }
}

/// A time as records state it.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let time = text.parse().ok().filter(|_| text.ends_with('Z'));
    time.ok_or_else(|| "it states a time that is no RFC 3339 in UTC".to_owned())
}

fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_openssh(text).ok_or_else(|| "it names a key that is no ssh-ed25519 key".to_owned())
}
