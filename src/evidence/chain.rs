//! Appending: each record points at the one before it, and no two at the same.
//!
//! Input: a record. Output: its files in the folder of the chain: the record, its signature, its time stamp, the head.
//! Invariant: whenever a run is killed, what lies there is a chain that verifies, and a record whose number was given back
//! is part of it.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::dsse::Envelope;
use super::folder::{self, Listing};
use super::head::Head;
use super::key::{PublicKey, SigningKey};
use super::link::Link;
use super::pseudonym::Pseudonyms;
use super::record::{Record, TimeStamp};
use super::sshsig;
use super::stamp::{Authority, NoStamp};
use super::statement::{self, Statement};

/// A folder of records and the key that signs new ones.
#[derive(Debug)]
pub struct Chain {
    folder: PathBuf,
    key: Option<SigningKey>,
    authority: Option<Authority>,
    pseudonyms: Option<Pseudonyms>,
}

/// Why a record can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system does not let us.
    #[error("the record can't be written to {}: {source}; make the folder writable or name another with --records", folder.display())]
    Unwritable {
        /// The folder of the records.
        folder: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A record of another user is in the way.
    #[error("the record can't be added: {} can't be read ({source}); give it to the user whose records they are (chown), and run what writes records as that user", path.display())]
    Forbidden {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// What lies there is no chain to which a record can be added.
    #[error(
        "the record can't be written to {}: its chain is broken, {why}; leave the folder as it is, look at it with `mailproof evidence verify`, and name another with --records", folder.display()
    )]
    Broken {
        /// The folder of the records.
        folder: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The chain is signed by another key than ours, or we have none.
    #[error("the record can't be written to {}: {why}", folder.display())]
    Key {
        /// The folder of the records.
        folder: PathBuf,
        /// What is wrong, ending with the next step.
        why: String,
    },
}

/// A record that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its file.
    pub path: PathBuf,
    /// Its number and digests: what an auditor notes.
    pub link: Link,
    /// Why it has no time stamp, although one was asked for.
    pub unstamped: Option<NoStamp>,
}

/// A record as it goes to the disk, with what lies beside it.
struct Sealed {
    envelope: Vec<u8>,
    signature: Option<String>,
    stamp: Option<Vec<u8>>,
}

/// The end of a chain, to which the next record is tied.
struct Tip {
    last: Option<Link>,
    /// Who must sign the next record; absent where nobody signed the last.
    key: Option<PublicKey>,
    /// The head says less than there is, as after a run that was killed.
    head_lags: bool,
}

impl Chain {
    /// The chain in `folder`, continued by `key`.
    #[must_use]
    pub fn new(folder: PathBuf, key: Option<SigningKey>) -> Self {
        Self { folder, key, authority: None, pseudonyms: None }
    }

    /// The same, with a time stamp of `authority` beside each new record.
    #[must_use]
    pub fn stamped_by(self, authority: Option<Authority>) -> Self {
        Self { authority, ..self }
    }

    /// The same chain, in whose new records pseudonyms stand for addresses of mailboxes.
    #[must_use]
    pub fn with_pseudonyms(self, pseudonyms: Option<Pseudonyms>) -> Self {
        Self { pseudonyms, ..self }
    }

    /// Where its records lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The authority that stamps new records.
    #[must_use]
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// The key that signs new records.
    #[must_use]
    pub fn key(&self) -> Option<&SigningKey> {
        self.key.as_ref()
    }

    /// Makes sure that a record can be added, before hours of work depend on it; the folder is made where it is missing.
    ///
    /// # Errors
    /// [`RecordError`] if the folder can't be written, or the chain in it can't be continued.
    pub fn prepare(&self) -> Result<(), RecordError> {
        folder::make(&self.folder)
            .and_then(|()| folder::probe(&self.folder))
            .map_err(|error| self.unwritable(error))?;
        let _lock = folder::lock(&self.folder).map_err(|error| self.unwritable(error))?;
        self.tip().map(drop)
    }

    /// Adds `record` to the chain; folder and files are readable by their owner only. Where its authority gives no time stamp,
    /// the record says so and is kept all the same.
    ///
    /// # Errors
    /// [`RecordError`]; then the record is not part of the chain, unless only the head could not be written.
    pub fn append(&self, mut record: Record) -> Result<Kept, RecordError> {
        let unwritable = |error| self.unwritable(error);
        folder::make(&self.folder).map_err(unwritable)?;
        let _lock = folder::lock(&self.folder).map_err(unwritable)?;
        let tip = self.tip()?;
        // Two records ahead of the head would look like an old head that somebody put there.
        if let (Some(last), true) = (&tip.last, tip.head_lags) {
            self.write_head(last).map_err(unwritable)?;
        }
        record.place(tip.last, self.key.as_ref().map(SigningKey::public));
        record.pseudonyms = self.pseudonyms.as_ref().map(Pseudonyms::id);
        let number = record.sequence;
        let (sealed, unstamped) = self.seal(&mut record).map_err(unwritable)?;
        self.add(number, &sealed).map_err(unwritable)?;
        let link = Link::to(number, &sealed.envelope);
        self.write_head(&link).map_err(unwritable)?;
        Ok(Kept { path: self.folder.join(folder::name_of(number)), link, unstamped })
    }

    /// Puts `record` into its envelope and asks for what lies beside it. A stamp is of the whole envelope, so whether there
    /// will be one must be said in it before; where there is none, it is made anew.
    fn seal(&self, record: &mut Record) -> io::Result<(Sealed, Option<NoStamp>)> {
        let Some(authority) = &self.authority else {
            return Ok((self.sealed(record)?, None));
        };
        record.time_stamp = Some(TimeStamp::stamped(authority.url()));
        let sealed = self.sealed(record)?;
        match authority.stamp(&sealed.envelope) {
            Ok(stamp) => Ok((Sealed { stamp: Some(stamp), ..sealed }, None)),
            Err(why) => {
                record.time_stamp = Some(TimeStamp::missing(authority.url(), why.to_string()));
                Ok((self.sealed(record)?, Some(why)))
            }
        }
    }

    fn sealed(&self, record: &Record) -> io::Result<Sealed> {
        let payload = statement::write(record, self.pseudonyms.as_ref())?;
        let envelope = Envelope::seal(statement::PAYLOAD_TYPE, payload, self.key.as_ref()).to_bytes()?;
        let signature = self.key.as_ref().map(|key| sshsig::sign(&envelope, key)).transpose();
        let signature = signature.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Sealed { envelope, signature, stamp: None })
    }

    /// What lies beside the record comes first: without the record it says nothing, and a record without it would not verify.
    /// What a run that was killed left there is taken away.
    fn add(&self, number: u64, sealed: &Sealed) -> io::Result<()> {
        let signature = sealed.signature.as_deref().map(str::as_bytes);
        let beside =
            [(folder::signature_of(number), signature), (folder::stamp_of(number), sealed.stamp.as_deref())];
        for (name, bytes) in &beside {
            match bytes {
                Some(bytes) => folder::replace(&self.folder, name, bytes)?,
                None => folder::remove(&self.folder.join(name))?,
            }
        }
        let added = folder::add(&self.folder, &folder::name_of(number), &sealed.envelope);
        if added.is_err() {
            // What is left of it would only be in the way; the first error is the one to tell.
            beside.iter().for_each(|(name, _)| drop(folder::remove(&self.folder.join(name))));
        }
        added?;
        folder::flush(&self.folder)
    }

    fn write_head(&self, last: &Link) -> io::Result<()> {
        let head = Head::new(last.clone(), Timestamp::now()).seal(self.key.as_ref())?;
        folder::replace(&self.folder, folder::HEAD, &head)?;
        folder::flush(&self.folder)
    }

    fn tip(&self) -> Result<Tip, RecordError> {
        let listing = folder::list(&self.folder).map_err(|error| self.unwritable(error))?;
        let tip = match listing.numbers.last() {
            None => Tip { last: None, key: None, head_lags: false },
            Some(number) => self.tip_at(*number)?,
        };
        self.refuse_other_key(tip.key.as_ref(), &listing)?;
        let head_lags = self.head_lags(tip.last.as_ref())?;
        Ok(Tip { head_lags, ..tip })
    }

    fn tip_at(&self, number: u64) -> Result<Tip, RecordError> {
        let broken = |why: &str| self.broken(format!("record {number}: {why}"));
        let path = self.folder.join(folder::name_of(number));
        let bytes = folder::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Self::forbidden(&path, &error),
            _ => broken(&error.to_string()),
        })?;
        let envelope = Envelope::read(&bytes).map_err(|why| broken(&why))?;
        let statement = Statement::read(&envelope.payload).map_err(|why| broken(&why))?;
        if statement.sequence != number {
            return Err(broken(&format!("it states the number {}", statement.sequence)));
        }
        let signed = envelope.signature.is_some();
        if signed && !statement.signed_by.as_ref().is_some_and(|key| envelope.is_signed_by(key)) {
            return Err(broken("its signature does not hold"));
        }
        let key = statement.new_key.or(statement.signed_by).filter(|_| signed);
        Ok(Tip { last: Some(Link::to(number, &bytes)), key, head_lags: false })
    }

    /// A record that the chain's verifier would refuse must not get into it.
    fn refuse_other_key(&self, wanted: Option<&PublicKey>, listing: &Listing) -> Result<(), RecordError> {
        let why = match (wanted, &self.key) {
            (Some(wanted), None) => format!(
                "its records are signed by {wanted:?} and here is no key; name a policy with `evidence.key_file`, or another folder with --records"
            ),
            (Some(wanted), Some(key)) if wanted == key.public() => return Ok(()),
            (Some(wanted), Some(key)) if self.was_signed_by(key.public(), listing) => format!(
                "the key here, {:?}, has handed over to {wanted:?}; name that one in `evidence.key_file`",
                key.public()
            ),
            (Some(wanted), Some(key)) => format!(
                "its records are signed by {wanted:?} and the key here is {:?}; let the old key hand over (`mailproof evidence hand-over`), or name another folder with --records",
                key.public()
            ),
            (None, _) => return Ok(()),
        };
        Err(RecordError::Key { folder: self.folder.clone(), why })
    }

    /// Whether a record says that this key signed it; the last ones are asked first.
    fn was_signed_by(&self, key: &PublicKey, listing: &Listing) -> bool {
        listing.numbers.iter().rev().any(|number| {
            let bytes = folder::read(&self.folder.join(folder::name_of(*number))).ok();
            let envelope = bytes.and_then(|bytes| Envelope::read(&bytes).ok());
            let statement = envelope.and_then(|envelope| Statement::read(&envelope.payload).ok());
            statement.and_then(|statement| statement.signed_by).as_ref() == Some(key)
        })
    }

    /// Whether the head is one record behind, as a run leaves it that is killed between the two; all else is damage.
    fn head_lags(&self, last: Option<&Link>) -> Result<bool, RecordError> {
        let number = last.map_or(0, |last| last.sequence);
        let head = match folder::read(&self.folder.join(folder::HEAD)) {
            Ok(bytes) => {
                Some(Head::read(&bytes, &[]).map_err(|why| self.broken(format!("{}: {why}", folder::HEAD)))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Self::forbidden(&self.folder.join(folder::HEAD), &error));
            }
            Err(error) => return Err(self.broken(format!("{}: {error}", folder::HEAD))),
        };
        let stated = head.map(|head| head.last);
        match number.checked_sub(stated.as_ref().map_or(0, |link| link.sequence)) {
            Some(0) if stated.as_ref() == last => Ok(false),
            Some(0) => Err(self.broken(format!("head.json states other digests of record {number}"))),
            Some(1) => Ok(true),
            _ => Err(self.broken(match stated {
                Some(link) => {
                    format!("head.json calls record {} the last, and it is {number}", link.sequence)
                }
                None => "head.json is missing".to_owned(),
            })),
        }
    }

    fn unwritable(&self, source: io::Error) -> RecordError {
        RecordError::Unwritable { folder: self.folder.clone(), source }
    }

    /// A run by another user left it, root for instance: that breaks no chain.
    fn forbidden(path: &Path, error: &io::Error) -> RecordError {
        RecordError::Forbidden { path: path.to_owned(), source: io::Error::from(error.kind()) }
    }

    fn broken(&self, why: String) -> RecordError {
        RecordError::Broken { folder: self.folder.clone(), why }
    }
}
