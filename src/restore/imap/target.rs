//! A folder that is restored into.

use super::ranges::Ranges;
use super::there::{Print, There};
use crate::live::Folder;
use crate::live::imap::response::Status;
use crate::live::name::encoded;

/// A folder that is restored into, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// Its whole name, decoded.
    pub(super) name: String,
    /// What lay there before.
    pub(super) there: There,
    /// For which state of the folder the numbers of `there` hold.
    pub(super) validity: u32,
    /// The first number that a message of this restore may have.
    pub(super) base: u32,
    /// What was put there.
    pub(super) put: Ranges,
    /// For which state of the folder those numbers hold.
    pub(super) put_validity: u32,
    /// How many were put there whose numbers the server did not tell.
    pub(super) unnoted: u64,
    /// What was sent a second time, after a connection broke.
    pub(super) resent: Vec<Print>,
    /// Why nothing can be put there.
    pub(super) closed: Option<String>,
}

impl Target {
    /// As the clients name it.
    pub(super) fn folder(&self) -> Folder {
        let raw = encoded(&self.name).into_bytes().into();
        Folder { name: self.name.as_str().into(), separator: None, raw }
    }

    /// Notes the message that the server says it put there (RFC 4315, APPENDUID).
    pub(super) fn note_answer(&mut self, status: &Status) {
        let told = status.argument("APPENDUID").and_then(|told| {
            let (validity, uid) = told.trim().split_once(' ')?;
            Some((validity.parse().ok()?, uid.parse().ok()?))
        });
        match told {
            Some((validity, uid)) => self.note(validity, uid),
            None => self.unnoted = self.unnoted.saturating_add(1),
        }
    }

    /// Notes a message that this restore put there.
    pub(super) fn note(&mut self, validity: u32, uid: u32) {
        if self.put_validity != validity {
            // The folder was made anew: what the old numbers stood for is gone.
            self.put = Ranges::default();
            self.put_validity = validity;
        }
        self.put.add(uid);
    }
}
