//! Members handed to a collector without an archive around them.

use crate::archive::unpack::{Body, Kind, Member, Sink};

/// The archive's member of this name and body, handed to a collector in pieces.
pub(crate) fn member(sink: &mut impl Sink, name: &str, modified: i64, body: &[u8], piece: usize) {
    sink.begin(&header(name, Kind::File, body.len() as u64, modified));
    body.chunks(piece.max(1)).for_each(|piece| sink.data(piece));
    sink.end(Body::Whole);
}

/// A member's header.
pub(crate) fn header(name: &str, kind: Kind, size: u64, modified: i64) -> Member {
    Member { name: name.as_bytes().to_vec(), kind, size, index: 0, offset: 0, modified: Some(modified) }
}
