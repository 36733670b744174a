//! From the first record to the last: each is held to its own form, to its key and to the one before it.

use jiff::{SignedDuration, Timestamp};

use super::Question;
use super::reason::{self, Fault, Reason, Stop};
use super::stamps::Stamps;
use crate::evidence::dsse::Envelope;
use crate::evidence::folder;
use crate::evidence::key::PublicKey;
use crate::evidence::link::Link;
use crate::evidence::place::Place;
use crate::evidence::sshsig;
use crate::evidence::statement::{PAYLOAD_TYPE, Statement};

/// Runs that end at the same time may be kept in the other order, and clocks are set.
pub(super) const PLAUSIBLE: SignedDuration = SignedDuration::from_mins(5);

/// What the walk knows so far.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    place: &'a dyn Place,
    /// Keys that the auditor trusts; without them the first record's own key is taken.
    trust: Option<&'a [PublicKey]>,
    pub stamps: Stamps<'a>,
    /// Keys in the order in which they took over.
    pub keys: Vec<Valid>,
    /// The record before, as it lies there; absent where it can't be read.
    pub last: Option<Link>,
    finished: Option<Timestamp>,
    pub signed: u64,
    pub unsigned: u64,
    pub warnings: Vec<String>,
}

/// A key from the first record on that it is valid for.
#[derive(Debug)]
pub(super) struct Valid {
    pub first: u64,
    pub key: PublicKey,
    /// Records that it signed.
    pub signed: u64,
}

impl<'a> Walk<'a> {
    pub fn new(place: &'a dyn Place, question: &'a Question) -> Self {
        let (keys, warnings) = Default::default();
        let stamps = Stamps::new(place, question.authorities.as_ref());
        let trust = question.trust.as_deref();
        Self { place, trust, stamps, keys, last: None, finished: None, signed: 0, unsigned: 0, warnings }
    }

    /// Goes on to the record of this number.
    pub fn step(&mut self, number: u64) -> Result<(), Stop> {
        let before = self.last.take();
        let bytes = reason::read(self.place, &folder::name_of(number), Reason::Unreadable)?;
        self.last = Some(Link::to(number, &bytes));
        self.judge(number, &bytes, before)
    }

    fn judge(&mut self, number: u64, bytes: &[u8], before: Option<Link>) -> Result<(), Stop> {
        let envelope = Envelope::read(bytes).map_err(Fault::of(Reason::NotDsse))?;
        let statement = Statement::read(&envelope.payload);
        let key = self.signer(&envelope, statement.as_ref().ok())?;
        if envelope.payload_type != PAYLOAD_TYPE {
            let detail = format!("its payload is `{}`", envelope.payload_type);
            return Err(Fault::new(Reason::Schema, detail).into());
        }
        let statement = statement.map_err(Fault::of(Reason::Schema))?;
        if statement.signed_by != key {
            return Err(Fault::new(Reason::Schema, "it names another key than the one that signed it").into());
        }
        self.advance(number, key.clone(), statement.new_key.clone());
        if statement.sequence != number {
            let detail = format!("it is number {} of its chain", statement.sequence);
            return Err(Fault::new(Reason::Sequence, detail).into());
        }
        tied(number, statement.previous.as_ref(), before.as_ref())?;
        self.watch_clock(number, statement.finished);
        if let Some(key) = key {
            self.detached(number, bytes, &key)?;
        }
        self.stamps.judge(number, bytes, &statement)
    }

    /// The key whose signature of the envelope holds; none where nobody has signed so far.
    fn signer(&self, envelope: &Envelope, statement: Option<&Statement>) -> Result<Option<PublicKey>, Fault> {
        let valid = self.keys.last().map(|valid| &valid.key);
        let Some(signature) = &envelope.signature else {
            return match valid.is_none() && self.trust.is_none() {
                true => Ok(None),
                false => Err(Fault::new(Reason::Signature, "it is not signed")),
            };
        };
        let is_meant = |key: &&PublicKey| key.fingerprint() == signature.keyid;
        let wrong =
            || Fault::new(Reason::WrongKey, format!("the key {} is not valid for it", signature.keyid));
        let key = match (valid, self.trust) {
            (Some(valid), _) => Some(valid).filter(is_meant).ok_or_else(wrong)?,
            (None, Some(trusted)) => trusted.iter().find(is_meant).ok_or_else(wrong)?,
            (None, None) => {
                let own = statement.and_then(|statement| statement.signed_by.as_ref());
                own.filter(is_meant)
                    .ok_or_else(|| Fault::new(Reason::Signature, "it does not name the key that signed it"))?
            }
        };
        match envelope.is_signed_by(key) {
            true => Ok(Some(key.clone())),
            false => Err(Fault::new(Reason::Signature, "the signature is not one of these bytes")),
        }
    }

    /// Takes note of who signs. A hand-over counts by its signature alone, so that one fault is not told as many.
    fn advance(&mut self, number: u64, key: Option<PublicKey>, new_key: Option<PublicKey>) {
        let Some(key) = key else {
            self.unsigned += 1;
            return;
        };
        self.signed += 1;
        if self.keys.is_empty() {
            self.keys.push(Valid { first: number, key, signed: 0 });
        }
        if let Some(valid) = self.keys.last_mut() {
            valid.signed += 1;
        }
        self.keys.extend(new_key.map(|key| Valid { first: number + 1, key, signed: 0 }));
    }

    fn watch_clock(&mut self, number: u64, finished: Timestamp) {
        if let Some(before) = self.finished
            && before.duration_since(finished) > PLAUSIBLE
        {
            self.warnings.push(format!(
                "record {number} says that it ended at {finished}, before the one ahead of it ({before}); look at the machine's clock"
            ));
        }
        self.finished = Some(finished);
    }

    fn detached(&self, number: u64, bytes: &[u8], key: &PublicKey) -> Result<(), Stop> {
        let name = folder::signature_of(number);
        let signature = reason::read(self.place, &name, Reason::DetachedSignature)?;
        let fault = |why: String| Fault::new(Reason::DetachedSignature, format!("{name}: {why}"));
        sshsig::verify(bytes, &signature, key).map_err(|why| fault(why).into())
    }
}

/// Holds what a record states of the one before it to the one that lies there, where that can be read.
fn tied(number: u64, stated: Option<&Link>, before: Option<&Link>) -> Result<(), Fault> {
    let fault = |detail: &str| Err(Fault::new(Reason::Previous, detail));
    match (stated, before) {
        (None, _) if number == 1 => Ok(()),
        (Some(_), _) if number == 1 => fault("it speaks of a record before the first"),
        (None, _) => fault("it speaks of no record before it"),
        (Some(stated), _) if stated.sequence != number - 1 => {
            fault(&format!("it is tied to record {} and not to the one before it", stated.sequence))
        }
        (Some(stated), Some(before)) if before.sequence == number - 1 && stated != before => {
            fault("the record before it is another one than when this was written")
        }
        _ => Ok(()),
    }
}
