use super::SeenBody;
use crate::mailbox::message::Content;
use crate::mailbox::{Digest, Hasher};

/// What is seen of a body while it streams by.
#[derive(Debug)]
pub(super) struct Reading {
    hasher: Hasher,
    /// Where nothing is stated, both digests are kept.
    sha1: Option<Hasher>,
    size: u64,
    spaces: u64,
}

impl Reading {
    /// Of a body with this digest stated; `described` says whether there is a description that could state one.
    pub(super) fn new(stated: Option<Digest>, described: bool) -> Self {
        let hasher = stated.map_or_else(Hasher::sha256, Hasher::like);
        Self { hasher, sha1: (!described).then(Hasher::sha1), size: 0, spaces: 0 }
    }

    /// Bytes that came.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// SHA-1, where nothing says which digest is meant.
    pub(super) fn sha1(&self) -> Option<Digest> {
        self.sha1.clone().map(Hasher::finish)
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        self.sha1.iter_mut().for_each(|sha1| sha1.update(piece));
        self.size += piece.len() as u64;
        let spaces = piece.iter().rev().take_while(|byte| **byte == b' ').count();
        self.spaces = if spaces == piece.len() { self.spaces + spaces as u64 } else { spaces as u64 };
    }

    pub(super) fn seen(self, whole: bool, content: Content) -> SeenBody {
        SeenBody {
            size: self.size,
            whole,
            digest: self.hasher.finish(),
            content,
            trailing_spaces: self.spaces,
        }
    }
}
