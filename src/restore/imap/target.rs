//! A folder that is restored into.

use std::num::NonZero;
use std::time::Instant;

use super::ranges::Ranges;
use super::there::{Print, There};
use crate::live::imap::response::Status;
use crate::live::name::encoded;
use crate::live::{Folder, Purpose};
use crate::mailbox::ItemId;

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
    /// What the server accepted and was not looked for so far; about 60 bytes each.
    pub(super) accepted: Vec<Accepted>,
    /// Why nothing can be put there.
    pub(super) closed: Option<String>,
}

/// A message that the server accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
    pub(super) id: ItemId,
    /// The number that it has, where the server told that.
    pub(super) uid: Option<NonZero<u32>>,
    /// Its size as it was sent, and with CRLF at the end of every line.
    pub(super) sizes: [u64; 2],
    /// When it came, where the server was told that.
    pub(super) date: Option<i64>,
    /// When the server accepted it.
    pub(super) taken: Instant,
}

impl Target {
    /// As the clients name it.
    pub(super) fn folder(&self) -> Folder {
        let raw = encoded(&self.name).into_bytes().into();
        Folder { name: self.name.as_str().into(), separator: None, purpose: Purpose::Mail, raw }
    }

    /// Notes the message that the server says it put there (RFC 4315, APPENDUID): its number, where that is told.
    pub(super) fn note_answer(&mut self, status: &Status) -> Option<NonZero<u32>> {
        let told = status.argument("APPENDUID").and_then(|told| {
            let (validity, uid) = told.trim().split_once(' ')?;
            Some((validity.parse().ok()?, uid.parse().ok()?))
        });
        let Some((validity, uid)) = told else {
            self.unnoted = self.unnoted.saturating_add(1);
            return None;
        };
        self.note(validity, uid);
        NonZero::new(uid)
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
