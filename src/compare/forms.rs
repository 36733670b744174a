use crate::mailbox::{Digest, Hasher};

/// Digests of a live message as it came, and as it would be with other line ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forms {
    as_is: [Digest; 2],
    /// Every CRLF as LF, and every LF as CRLF. A lone CR stays what it is.
    others: [[Digest; 2]; 2],
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
        self.as_is[0]
    }

    /// How it equals a message of which `has` says whether a digest is its own; nothing where it does not.
    pub(super) fn likeness(&self, has: impl Fn(&Digest) -> bool) -> Option<Likeness> {
        if self.as_is.iter().any(&has) {
            return Some(Likeness::Same);
        }
        self.others.iter().flatten().any(has).then_some(Likeness::LineEnds)
    }
}

/// Computes the [`Forms`] of a message while it streams by, in pieces of any length.
pub(super) struct Former {
    as_is: [Hasher; 2],
    bare: [Hasher; 2],
    crlf: [Hasher; 2],
    /// A CR came last; whether an LF follows decides what it is.
    held: bool,
}

impl Former {
    pub(super) fn new() -> Self {
        let hashers = || [Hasher::sha256(), Hasher::sha1()];
        Self { as_is: hashers(), bare: hashers(), crlf: hashers(), held: false }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        update(&mut self.as_is, bytes);
        let mut lines = bytes.split(|byte| *byte == b'\n');
        self.text(lines.next().unwrap_or_default());
        for line in lines {
            self.held = false;
            update(&mut self.bare, b"\n");
            update(&mut self.crlf, b"\r\n");
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
        update(&mut self.bare, bytes);
        update(&mut self.crlf, bytes);
    }

    pub(super) fn finish(mut self) -> Forms {
        self.release();
        let digests = |hashers: [Hasher; 2]| hashers.map(Hasher::finish);
        Forms { as_is: digests(self.as_is), others: [digests(self.bare), digests(self.crlf)] }
    }
}

fn update(hashers: &mut [Hasher; 2], bytes: &[u8]) {
    hashers.iter_mut().for_each(|hasher| hasher.update(bytes));
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
        let mut former = Former::new();
        pieces.iter().for_each(|piece| former.update(piece));
        former.finish()
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
            prop_assert_eq!(forms.as_is[0], digest(text.as_bytes()));
            prop_assert_eq!(forms.others.map(|form| form[0]), [digest(bare.as_bytes()), digest(crlf.as_bytes())]);
        }
    }
}
