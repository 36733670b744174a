use crate::mailbox::{Digest, Hasher};

/// Bytes of a body that are kept until it is known whether it is needed with other line ends.
const KEPT: usize = 1 << 20;

/// Digests of a live message as it came, and where they may be needed as it would be with other line ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forms {
    as_is: Digests,
    /// Every CRLF as LF, and every LF as CRLF. A lone CR stays what it is.
    others: Option<[Digests; 2]>,
}

/// SHA-256, and SHA-1 where the backup states such.
#[derive(Debug, Clone, Copy)]
struct Digests {
    sha256: Digest,
    sha1: Option<Digest>,
}

/// How a live message equals one of the backup, the closer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Byte for byte.
    Same,
    /// But for line ends.
    LineEnds,
}

impl Forms {
    /// SHA-256 of it as it came.
    pub(super) fn digest(&self) -> Digest {
        self.as_is.sha256
    }

    /// Whether other line ends were looked at as well.
    pub(super) fn are_all(&self) -> bool {
        self.others.is_some()
    }

    /// Its digests, whatever its line ends.
    pub(super) fn each(&self) -> impl Iterator<Item = Digest> {
        let others = self.others.into_iter().flatten();
        [self.as_is].into_iter().chain(others).flat_map(|digests| digests.each())
    }

    /// Its digests as it came, or as it would be with other line ends where these were looked at.
    pub(super) fn of(&self, likeness: Likeness) -> Vec<Digest> {
        match likeness {
            Likeness::Same => self.as_is.each().collect(),
            Likeness::LineEnds => self.others.iter().flatten().flat_map(Digests::each).collect(),
        }
    }

    /// How it equals a message of which `has` says whether a digest is its own; nothing where it does not.
    pub(super) fn likeness(&self, has: impl Fn(&Digest) -> bool) -> Option<Likeness> {
        if self.as_is.each().any(|digest| has(&digest)) {
            return Some(Likeness::Same);
        }
        let others = self.others.iter().flatten().flat_map(Digests::each);
        others.into_iter().any(|digest| has(&digest)).then_some(Likeness::LineEnds)
    }
}

impl Digests {
    fn each(&self) -> impl Iterator<Item = Digest> + use<> {
        [Some(self.sha256), self.sha1].into_iter().flatten()
    }
}

/// Computes the [`Forms`] of a message while it streams by, in pieces of any length.
pub(super) struct Former {
    as_is: Hashers,
    /// The beginning, until it is too long to be kept.
    kept: Vec<u8>,
    others: Option<Lines>,
    sha1: bool,
}

impl Former {
    /// With SHA-1 as well, where that may be stated.
    pub(super) fn new(sha1: bool) -> Self {
        Self { as_is: Hashers::new(sha1), kept: Vec::new(), others: None, sha1 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.as_is.update(bytes);
        match &mut self.others {
            Some(lines) => lines.update(bytes),
            None if self.kept.len() + bytes.len() <= KEPT => self.kept.extend_from_slice(bytes),
            None => {
                let mut lines = Lines::of(&std::mem::take(&mut self.kept), self.sha1);
                lines.update(bytes);
                self.others = Some(lines);
            }
        }
    }

    /// The digests; with other line ends only if `all` are asked for, or `is_stated` holds for none as it came.
    pub(super) fn finish(mut self, all: bool, is_stated: impl Fn(&Digest) -> bool) -> Forms {
        let others = self.others.take();
        let kept = std::mem::take(&mut self.kept);
        let as_is = self.as_is.finish();
        let needed = all || !as_is.each().any(|digest| is_stated(&digest));
        let lines = || others.unwrap_or_else(|| Lines::of(&kept, self.sha1));
        Forms { as_is, others: needed.then(|| lines().finish()) }
    }
}

/// Computes digests of a message with LF alone, and with CRLF alone, behind its lines.
struct Lines {
    bare: Hashers,
    crlf: Hashers,
    /// A CR came last; whether an LF follows decides what it is.
    held: bool,
}

impl Lines {
    /// Of a message that begins so.
    fn of(begin: &[u8], sha1: bool) -> Self {
        let mut lines = Self { bare: Hashers::new(sha1), crlf: Hashers::new(sha1), held: false };
        lines.update(begin);
        lines
    }

    fn update(&mut self, bytes: &[u8]) {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        self.text(lines.next().unwrap_or_default());
        for line in lines {
            self.held = false;
            self.bare.update(b"\n");
            self.crlf.update(b"\r\n");
            self.text(line);
        }
    }

    /// Takes what stands between two LF.
    fn text(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        self.release();
        let whole = text.strip_suffix(b"\r");
        self.held = whole.is_some();
        self.both(whole.unwrap_or(text));
    }

    /// A CR that no LF followed.
    fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            self.both(b"\r");
        }
    }

    fn both(&mut self, bytes: &[u8]) {
        self.bare.update(bytes);
        self.crlf.update(bytes);
    }

    fn finish(mut self) -> [Digests; 2] {
        self.release();
        [self.bare.finish(), self.crlf.finish()]
    }
}

struct Hashers {
    sha256: Hasher,
    sha1: Option<Hasher>,
}

impl Hashers {
    fn new(sha1: bool) -> Self {
        Self { sha256: Hasher::sha256(), sha1: sha1.then(Hasher::sha1) }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha1.iter_mut().for_each(|hasher| hasher.update(bytes));
    }

    fn finish(self) -> Digests {
        Digests { sha256: self.sha256.finish(), sha1: self.sha1.map(Hasher::finish) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(bytes: &[u8]) -> Digest {
        let mut hasher = Hasher::sha256();
        hasher.update(bytes);
        hasher.finish()
    }

    fn formed(pieces: &[&[u8]]) -> Forms {
        let mut former = Former::new(true);
        pieces.iter().for_each(|piece| former.update(piece));
        former.finish(true, |_| false)
    }

    fn likeness(live: &[&[u8]], backup: &[u8]) -> Option<Likeness> {
        formed(live).likeness(|known| *known == digest(backup))
    }

    #[test]
    fn line_ends_are_told_from_other_bytes() {
        assert_eq!(likeness(&[b"a\r\nb\r\n"], b"a\r\nb\r\n"), Some(Likeness::Same));
        assert_eq!(likeness(&[b"a\r\nb\r\n"], b"a\nb\n"), Some(Likeness::LineEnds));
        assert_eq!(likeness(&[b"a\nb\n"], b"a\r\nb\r\n"), Some(Likeness::LineEnds));
        assert_eq!(likeness(&[b"a\r", b"\nb\r", b"", b"\n"], b"a\nb\n"), Some(Likeness::LineEnds));
        assert_eq!(likeness(&[b"a\r\nb"], b"a\nb\n"), None);
    }

    #[test]
    fn a_lone_cr_is_no_line_end() {
        assert_eq!(likeness(&[b"a\rb\r\n\r"], b"a\rb\n\r"), Some(Likeness::LineEnds));
        assert_eq!(likeness(&[b"a\rb\r\n"], b"ab\n"), None);
        assert_eq!(likeness(&[b"a\rb\r\n"], b"a\nb\n"), None);
        assert_eq!(
            likeness(&[b"a\r\r\n"], b"a\r\n"),
            Some(Likeness::LineEnds),
            "only the last belongs to it"
        );
        assert_eq!(likeness(&[b"a\r\r\n"], b"a\n"), None);
    }

    #[test]
    fn other_line_ends_are_looked_at_where_they_may_be_needed() {
        let forms = |all, stated: &[u8], long: bool| {
            let mut former = Former::new(false);
            let body = if long { b"a\r\n".repeat(KEPT) } else { b"a\r\n".to_vec() };
            body.chunks(KEPT / 2).for_each(|piece| former.update(piece));
            let forms = former.finish(all, |known| *known == digest(stated));
            assert!(
                !forms.are_all()
                    || forms.likeness(|known| *known == digest(&b"a\n".repeat(body.len() / 3))).is_some()
            );
            forms.are_all()
        };
        assert!(forms(false, b"x", false) && forms(true, b"a\r\n", false) && forms(false, b"x", true));
        assert!(!forms(false, b"a\r\n", false) && !forms(false, &b"a\r\n".repeat(KEPT), true));
    }

    proptest! {
        /// However the bytes are cut, both forms are those that text replacement makes.
        #[test]
        fn pieces_do_not_matter(text in "[\r\na]{0,24}", cuts in proptest::collection::vec(0_usize..25, 0..4)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            let bare = text.replace("\r\n", "\n");
            // Each LF that a CR still precedes had two.
            let crlf = bare.replace('\n', "\r\n");
            let forms = formed(&pieces);
            prop_assert_eq!(forms.digest(), digest(text.as_bytes()));
            let others = forms.others.unwrap().map(|form| form.sha256);
            prop_assert_eq!(others, [digest(bare.as_bytes()), digest(crlf.as_bytes())]);
        }
    }
}
