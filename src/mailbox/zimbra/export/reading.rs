use aws_lc_rs::digest;

use super::SeenBody;
use crate::mailbox::Digest;
use crate::mailbox::message::Content;

/// What is seen of a body while it streams by.
#[derive(Debug)]
pub(super) struct Reading {
    hasher: Hasher,
    size: u64,
    spaces: u64,
}

struct Hasher {
    stated: digest::Context,
    /// Where nothing is stated, both digests are kept.
    sha1: Option<digest::Context>,
}

impl Reading {
    /// Of a body with this digest stated; `described` says whether there is a description that could state one.
    pub(super) fn new(stated: Option<Digest>, described: bool) -> Self {
        Self { hasher: Hasher::like(stated, described), size: 0, spaces: 0 }
    }

    /// Bytes that came.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// SHA-1, where nothing says which digest is meant.
    pub(super) fn sha1(&self) -> Option<Digest> {
        self.hasher.sha1.clone().map(finished)
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
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

impl Hasher {
    /// Of the kind that can be compared with what is stated.
    fn like(stated: Option<Digest>, described: bool) -> Self {
        let sha1 = || digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        let sha256 = || digest::Context::new(&digest::SHA256);
        let stated = if matches!(stated, Some(Digest::Sha1(_))) { sha1() } else { sha256() };
        Self { stated, sha1: (!described).then(sha1) }
    }

    fn update(&mut self, piece: &[u8]) {
        self.stated.update(piece);
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(piece);
        }
    }

    fn finish(self) -> Digest {
        finished(self.stated)
    }
}

fn finished(context: digest::Context) -> Digest {
    let digest = context.finish();
    match (<[u8; 32]>::try_from(digest.as_ref()), <[u8; 20]>::try_from(digest.as_ref())) {
        (Err(_), Ok(sha1)) => Digest::Sha1(sha1),
        (sha256, _) => Digest::Sha256(sha256.unwrap_or_default()),
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}
