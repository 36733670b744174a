//! Which blobs of an item belong to which of its rows, in no more steps than sorting takes.
//!
//! Input: the rows and blobs of one item. Output: the blobs that bear a row's name; rows and blobs of other names that
//! have the same content. Invariant: an item may have any number of both.

use std::cmp::Ordering;
use std::ops::Range;

use crate::mailbox::Digest;
use crate::mailbox::zimbra::content::Content;
use crate::mailbox::zimbra::store::{Body, Facts, Row};

/// Files of one name that are looked at: one for each volume, of which servers have a handful.
const MOST_NAMESAKES: usize = 64;

/// The places of blobs that bear the row's name, or the very old one without a revision; `blobs` are sorted by revision,
/// those without one first.
pub(super) fn namesakes(facts: &Facts, row: &Row, blobs: &[u32]) -> impl Iterator<Item = usize> + use<> {
    let revision = |at: &u32| facts.blobs.get(*at).and_then(|blob| blob.revision());
    let run = |wanted: Option<u32>| -> Range<usize> {
        let start = blobs.partition_point(|at| revision(at) < wanted);
        let behind = blobs.get(start..).unwrap_or_default();
        start..start + behind.partition_point(|at| revision(at) == wanted)
    };
    run(None).take(MOST_NAMESAKES).chain(run(Some(row.revision)).take(MOST_NAMESAKES))
}

/// Rows that are to be given blobs by their content.
pub(super) struct Pairs<'a> {
    /// By size and digest; rows of one content by revision.
    rows: Vec<&'a Row>,
    /// The place of the blob of each.
    places: Vec<Option<usize>>,
    /// Where a run of rows of one content begins: how many of them have a blob.
    given: Vec<usize>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(mut rows: Vec<&'a Row>) -> Self {
        rows.sort_by(|one, other| {
            order(one, other.size, &other.digest()).then(one.revision.cmp(&other.revision))
        });
        let (places, given) = (vec![None; rows.len()], vec![0; rows.len()]);
        Self { rows, places, given }
    }

    /// Gives a blob to the first row without one that states its content; `false` if there is none.
    pub(super) fn take(&mut self, place: usize, body: &Body) -> bool {
        let digests = |reading| {
            let Content { size, sha256, sha1 } = reading;
            [(size, Digest::Sha256(sha256)), (size, Digest::Sha1(sha1))]
        };
        body.readings().flat_map(digests).any(|(size, digest)| self.give(place, size, &digest))
    }

    fn give(&mut self, place: usize, size: u64, digest: &Digest) -> bool {
        let start = self.rows.partition_point(|row| order(row, size, digest) == Ordering::Less);
        let Some(given) = self.given.get_mut(start) else { return false };
        let next = start + *given;
        if self.rows.get(next).is_none_or(|row| order(row, size, digest) != Ordering::Equal) {
            return false;
        }
        *given += 1;
        self.places[next] = Some(place);
        true
    }

    /// The rows by revision, each with the place of its blob.
    pub(super) fn finish(self) -> Vec<(&'a Row, Option<usize>)> {
        let mut pairs: Vec<_> = self.rows.into_iter().zip(self.places).collect();
        pairs.sort_by_key(|(row, _)| row.revision);
        pairs
    }
}

fn order(row: &Row, size: u64, digest: &Digest) -> Ordering {
    row.size.cmp(&size).then_with(|| key(&row.digest()).cmp(&key(digest)))
}

/// Some order, in which a SHA-1 is never a SHA-256.
fn key(digest: &Digest) -> (&[u8], bool) {
    match digest {
        Digest::Sha1(bytes) => (bytes, false),
        Digest::Sha256(bytes) => (bytes, true),
    }
}
