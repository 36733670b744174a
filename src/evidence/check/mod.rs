//! Checking a chain, offline and with nothing but its files and the keys that the auditor trusts.
//!
//! Input: a folder, or a bucket ([`Vault`]). Output: a [`Check`] that names the first record that does not hold, and why.
//! Invariant: what is not there, not readable or not signed is never called good; nothing there is changed.

mod reason;
mod result;
mod stamps;
mod step;
mod trust;
mod vault;
mod walk;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::str::FromStr;

use super::folder::{self, Listing};
use super::head::Head;
use super::key::PublicKey;
use super::link::Link;
use super::place::{Files, Place};
use super::stamp::Authorities;
use reason::{Fault, Stop};
use walk::{Valid, Walk};

pub use reason::Reason;
pub use result::{
    Broken, Check, Coverage, Holding, InBucket, KeySpan, Locks, SCHEMA, TimeStamps, Trust, Vouching, schema,
};
pub use trust::{TrustError, allowed_signers};
pub use vault::Vault;

const UNSIGNED: &str =
    "nobody signed its records, so whoever can write there can make all of it anew; --unsigned lets it pass";
const BEGUN_UNSIGNED: &str = "its first records are not signed, so whoever could write there then can have made them \
     anew; --unsigned lets them pass, and a chain that begins in another folder is signed from its first record on";

const HEADLESS: &str =
    "it is missing; a folder that was fetched from a bucket has none, and is checked with --without-head";

/// Broken records and warnings that are named.
const MOST_NAMED: usize = 100;

/// What the auditor brings along.
#[derive(Debug, Default)]
pub struct Question {
    /// Keys that are trusted; without them the first record's own key is taken.
    pub trust: Option<Vec<PublicKey>>,
    /// The head that was noted at an earlier check.
    pub expected: Option<Noted>,
    /// Who is trusted to vouch for time stamps; without them those are held to their records alone.
    pub authorities: Option<Authorities>,
    /// A chain that nobody signed may hold as well.
    pub unsigned: bool,
    /// There may be no head: the records were fetched from a bucket, which keeps none.
    pub without_head: bool,
}

/// A record that was noted at an earlier check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    sequence: u64,
    blake3: String,
}

impl FromStr for Noted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(number, digest)| Some((number.parse().ok()?, digest)));
        match parts {
            Some((sequence, digest)) if sequence > 0 && blake3::Hash::from_hex(digest).is_ok() => {
                Ok(Self { sequence, blake3: digest.to_ascii_lowercase() })
            }
            _ => Err(
                "write the number of a record, a colon and 64 hexadecimal digits, as an earlier check printed them",
            ),
        }
    }
}

/// Checks the chain in `folder`.
///
/// # Errors
/// The system's answer if the folder can't be listed.
pub fn check(folder: &Path, question: &Question) -> io::Result<Check> {
    let listing = folder::list(folder)?;
    let files = Files(folder);
    let examination = Examination::new(&files, question);
    Ok(examination.run(&folder.display().to_string(), &listing))
}

/// Checks the chain in a bucket: each record as it was first written, and whether somebody touched it since.
#[must_use]
pub fn check_bucket(vault: &Vault, question: &Question) -> Check {
    let mut examination = Examination::new(vault, question);
    examination.touched = vault.touched();
    examination.bucket = Some(vault.seen().clone());
    examination.run(vault.address(), vault.listing())
}

struct Examination<'a> {
    question: &'a Question,
    place: &'a dyn Place,
    walk: Walk<'a>,
    broken: Vec<Broken>,
    broken_count: u64,
    reasons: BTreeMap<&'static str, u64>,
    /// The record of the number that was noted earlier.
    noted: Option<Link>,
    /// Records that were looked at.
    checked: u64,
    /// What was done to records in a bucket, and not yet told.
    touched: BTreeMap<u64, Vec<Fault>>,
    /// What only a bucket can say.
    bucket: Option<InBucket>,
}

impl<'a> Examination<'a> {
    fn new(place: &'a dyn Place, question: &'a Question) -> Self {
        let walk = Walk::new(place, question);
        let (broken, broken_count, reasons, touched) = Default::default();
        let (noted, checked, bucket) = (None, 0, None);
        Self { question, place, walk, broken, broken_count, reasons, noted, checked, touched, bucket }
    }

    fn run(mut self, address: &str, listing: &Listing) -> Check {
        let looked = self.look(listing);
        let end = looked.as_ref().map_or(listing.numbers.last().copied().unwrap_or(0), |end| *end);
        self.conclude(address, listing, end, looked.err())
    }

    /// Looks at everything and gives the number of the last record that should be there; or why a file can't be looked at.
    /// Then the rest is left: nobody knows to which key such a record hands over.
    fn look(&mut self, listing: &Listing) -> Result<u64, String> {
        self.walk(listing)?;
        let end = self.head(listing)?;
        self.expected(listing);
        Ok(end)
    }

    fn walk(&mut self, listing: &Listing) -> Result<(), String> {
        let mut next = 1;
        for number in &listing.numbers {
            if *number > next {
                let detail = match number - next {
                    1 => "there is no such record".to_owned(),
                    missing => format!("there is no such record, nor any up to {}", next + missing - 1),
                };
                self.note(next, number - next, Fault::new(Reason::Gap, detail));
            }
            self.tell_touched(*number);
            match self.walk.step(*number) {
                Ok(()) => {}
                Err(Stop::Fault(fault)) => self.note(*number, 1, fault),
                Err(Stop::Closed(why)) => return Err(why),
            }
            self.checked += 1;
            if self.question.expected.as_ref().is_some_and(|noted| noted.sequence == *number) {
                self.noted.clone_from(&self.walk.last);
            }
            next = number + 1;
        }
        self.tell_touched(u64::MAX);
        Ok(())
    }

    /// Tells what was done in a bucket to records up to this one.
    fn tell_touched(&mut self, number: u64) {
        while let Some(entry) = self.touched.first_entry().filter(|entry| *entry.key() <= number) {
            let (record, faults) = entry.remove_entry();
            faults.into_iter().for_each(|fault| self.note(record, 1, fault));
        }
    }

    fn note(&mut self, record: u64, count: u64, fault: Fault) {
        self.broken_count += count;
        *self.reasons.entry(fault.reason.as_str()).or_default() += count;
        if self.broken.len() < MOST_NAMED {
            self.broken.push(Broken { record, reason: fault.reason, detail: fault.detail });
        }
    }

    /// Looks at the head and gives the number of the last record that should be there.
    fn head(&mut self, listing: &Listing) -> Result<u64, String> {
        let last = listing.numbers.last().copied().unwrap_or(0);
        match self.judge_head(last) {
            Ok(end) if end > last => {
                let detail = format!("head.json speaks of {end} records");
                self.note(last + 1, end - last, Fault::new(Reason::Truncated, detail));
                Ok(end)
            }
            Ok(_) => Ok(last),
            Err(Stop::Closed(why)) => Err(why),
            Err(Stop::Fault(fault)) => {
                self.note(last.max(1), 1, fault);
                Ok(last)
            }
        }
    }

    /// The number that the head states, if it is one of this chain and speaks of its end or of later.
    fn judge_head(&mut self, last: u64) -> Result<u64, Stop> {
        // A run that was killed between its record and the head leaves the head one behind.
        match self.place.has_head() {
            None => return Ok(last),
            Some(false) if last <= 1 || self.question.without_head => return Ok(last),
            Some(false) => {
                let detail = format!("{}: {HEADLESS}", folder::HEAD);
                return Err(Fault::new(Reason::Head, detail).into());
            }
            Some(true) => {}
        }
        let fault = |why: String| Stop::from(Fault::new(Reason::Head, format!("{}: {why}", folder::HEAD)));
        let bytes = reason::read(self.place, folder::HEAD, Reason::Head)?;
        let stated = Head::read(&bytes, &self.head_keys(last)).map_err(fault)?.last;
        let other = || Err(fault(format!("it states other digests of record {}", stated.sequence)));
        match stated.sequence {
            sequence if sequence > last => {}
            sequence if sequence == last && self.walk.last.as_ref().is_some_and(|link| *link != stated) => {
                return other();
            }
            sequence if sequence == last => {}
            sequence if sequence + 1 == last => {
                if self.link_to(sequence).is_some_and(|link| link != stated) {
                    return other();
                }
                self.walk.warnings.push(format!(
                    "head.json is one record behind, as a run leaves it that was killed at its end; the next run mends it (it speaks of record {sequence})"
                ));
            }
            sequence => {
                return Err(fault(format!("it is an old one: it speaks of record {sequence} as the last")));
            }
        }
        Ok(stated.sequence)
    }

    fn link_to(&self, number: u64) -> Option<Link> {
        let bytes = self.place.read(&folder::name_of(number)).ok()?;
        Some(Link::to(number, &bytes))
    }

    /// Keys that may have signed the head: those valid for the last two records and for the next one.
    fn head_keys(&self, last: u64) -> Vec<PublicKey> {
        let keys = &self.walk.keys;
        let from = keys.iter().rposition(|valid| valid.first < last).unwrap_or(0);
        keys.iter().skip(from).map(|valid| valid.key.clone()).collect()
    }

    fn expected(&mut self, listing: &Listing) {
        let Some(noted) = &self.question.expected else { return };
        let fault = match &self.noted {
            Some(link) if link.blake3 == noted.blake3 => return,
            Some(_) => "it is another one than the record that was noted".to_owned(),
            None => format!(
                "the record that was noted is not there; the last one is {}",
                listing.numbers.last().copied().unwrap_or(0)
            ),
        };
        self.note(noted.sequence, 1, Fault::new(Reason::ExpectedHead, fault));
    }

    fn conclude(self, address: &str, listing: &Listing, end: u64, closed: Option<String>) -> Check {
        let why = self.why(listing, closed);
        let Self { question, walk, broken, broken_count, reasons, checked, bucket, .. } = self;
        let outcome = match &why {
            _ if broken_count > 0 => Holding::Broken,
            Some(_) => Holding::NotVerified,
            None => Holding::Holds,
        };
        let trust = match (&question.trust, walk.keys.is_empty()) {
            (Some(_), _) => Trust::AllowedSigners,
            (None, false) => Trust::FirstRecord,
            (None, true) => Trust::None,
        };
        Check {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            outcome,
            exit_code: outcome.exit_code(),
            folder: address.to_owned(),
            coverage: Coverage { checked, total: end },
            first_broken: broken.first().cloned(),
            broken_count,
            broken,
            reasons,
            trust,
            signed: walk.signed,
            unsigned: walk.unsigned,
            keys: spans(&walk.keys, end),
            head: walk.last,
            time_stamps: walk.stamps.seen,
            warnings: walk.warnings.into_iter().chain(walk.stamps.warnings).take(MOST_NAMED).collect(),
            not_in_chain: listing.others,
            why,
            bucket,
        }
    }

    /// Why nothing is claimed of a chain that is not known to be broken.
    fn why(&self, listing: &Listing, closed: Option<String>) -> Option<String> {
        match closed {
            _ if self.broken_count > 0 => None,
            Some(why) => Some(why),
            None if listing.numbers.is_empty() => Some("there are no records in it".to_owned()),
            None if self.walk.unsigned > 0 && !self.question.unsigned => {
                Some(if self.walk.signed > 0 { BEGUN_UNSIGNED } else { UNSIGNED }.to_owned())
            }
            None => self.bucket.as_ref().and_then(InBucket::unseen),
        }
    }
}

fn spans(keys: &[Valid], end: u64) -> Vec<KeySpan> {
    let ends = keys.iter().skip(1).map(|next| next.first - 1).chain([end]);
    let spans = keys.iter().zip(ends).filter(|(valid, last)| valid.first <= *last);
    let told = |(valid, last): (&Valid, u64)| KeySpan {
        fingerprint: valid.key.fingerprint(),
        first: valid.first,
        last,
        signed: valid.signed,
    };
    spans.map(told).collect()
}
