//! Data descriptors: CRC-32 and sizes behind a body (APPNOTE.TXT, section 4.3.9).
//!
//! Nothing says which of its four forms one has: with or without a signature, sizes of four or eight bytes. Java
//! writes eight bytes for large bodies without announcing it. So the form counts whose values fit the body that was
//! read and that ends where another record begins.

use super::record::{self, Signature, Stated};

pub(super) const SIGNATURE: &[u8; 4] = b"PK\x07\x08";

/// The longest form and the signature behind it. Any archive has as many bytes behind a body: the directory follows.
pub(super) const WINDOW: usize = 28;

/// Whether a signature stands before the values, and how wide the sizes are.
const FORMS: [(bool, usize); 4] = [(true, 4), (true, 8), (false, 4), (false, 8)];

/// A descriptor and its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) stated: Stated,
    pub(super) length: usize,
}

/// The descriptor that `window` begins with: the one that says what `seen` says if there is such, else one whose
/// sizes are right, else any.
pub(super) fn decide(window: &[u8], seen: &Stated) -> Option<Descriptor> {
    let found = || FORMS.iter().filter_map(|form| read(window, *form));
    let best = found().find(|descriptor| descriptor.stated == *seen);
    let next = || found().find(|descriptor| Stated { crc: seen.crc, ..descriptor.stated } == *seen);
    best.or_else(next).or_else(|| found().next())
}

/// The descriptor that ends a stored body of `size` bytes, if `window` begins with it.
pub(super) fn ends_stored(window: &[u8], size: u64) -> Option<Descriptor> {
    let signed = FORMS.iter().filter(|(signed, _)| *signed).filter_map(|form| read(window, *form));
    let ends = |descriptor: &Descriptor| descriptor.stated.packed == size && descriptor.stated.size == size;
    signed.into_iter().find(ends)
}

/// Where in `bytes` a signature stands, or may begin at their end.
pub(super) fn candidate(bytes: &[u8]) -> usize {
    let may_begin = |at: &usize| {
        let rest = &bytes[*at..];
        SIGNATURE.starts_with(&rest[..rest.len().min(SIGNATURE.len())])
    };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == SIGNATURE[0]);
    starts.map(|(at, _)| at).find(may_begin).unwrap_or(bytes.len())
}

fn read(window: &[u8], (signed, width): (bool, usize)) -> Option<Descriptor> {
    let start = if signed { SIGNATURE.len() } else { 0 };
    if signed && !window.starts_with(SIGNATURE) {
        return None;
    }
    let size = |at| match width {
        4 => u64::from(record::u32_at(window, at)),
        _ => record::u64_at(window, at),
    };
    let length = start + 4 + 2 * width;
    let next = Signature::of(window.get(length..)?)?;
    let stated =
        Stated { crc: record::u32_at(window, start), packed: size(start + 4), size: size(start + 4 + width) };
    matches!(next, Signature::Local | Signature::Central).then_some(Descriptor { stated, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_looks_like_a_signature_is_none() {
        let seen = Stated { crc: 7, packed: 100, size: u64::from(u32::from_le_bytes(*b"PK\x01\x02")) };
        let wide = [&seen.packed.to_le_bytes()[..], &seen.size.to_le_bytes(), b"PK\x03\x04"].concat();
        let window = [&SIGNATURE[..], &7_u32.to_le_bytes(), &wide].concat();
        assert_eq!(decide(&window, &seen), Some(Descriptor { stated: seen, length: 24 }));
        // Where the body is damaged, the sizes tell.
        let other = Stated { crc: 8, ..seen };
        assert_eq!(decide(&window, &other), Some(Descriptor { stated: seen, length: 24 }));
    }
}
