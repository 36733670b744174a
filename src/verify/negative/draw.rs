//! Where damage is done: drawn by a seed, so that nobody knows it beforehand and anybody can do it again.

use std::ops::Range;

use super::copy::{DamagedCopy, Flip};
use crate::archive::manifest;
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::mailbox::sample::Seed;
use crate::policy::Damage;

/// Bytes of a block: one chunk of age, so that whole chunks are lost, doubled and swapped where there are three.
const BLOCK: u64 = (64 << 10) + 16;
/// Smaller ones may be alike.
const SMALLEST_BLOCK: u64 = 16;
/// A tar header, and what bodies are padded to.
const RECORD: u64 = 512;

/// Numbers that depend on the seed and on the control's number alone.
#[derive(Debug)]
pub struct Dice(blake3::OutputReader);

impl Dice {
    /// The dice of one control.
    pub fn new(seed: &Seed, control: usize) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("mailproof 2026 place of damage");
        hasher.update(&seed.bytes()).update(&(control as u64).to_le_bytes());
        Self(hasher.finalize_xof())
    }

    fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    fn flip(&mut self, among: Range<u64>) -> Flip {
        let at = among.start + self.below(among.end - among.start);
        Flip { at, mask: 1 << self.below(8) }
    }
}

/// Damages `payload`, the authenticated bytes of an object of `size` bytes; nothing where there are too few of them, or for
/// a kind that is of what is inside. The second value is where the damage begins.
pub fn of_stored(
    damage: Damage,
    payload: Range<u64>,
    size: u64,
    dice: &mut Dice,
) -> Option<(DamagedCopy, u64)> {
    let length = payload.end.checked_sub(payload.start).filter(|length| *length >= 2 * SMALLEST_BLOCK)?;
    let block = if length >= 3 * BLOCK { BLOCK } else { (length / 4).max(SMALLEST_BLOCK) };
    let mut start_of_one_of = |blocks: u64| payload.start + block * dice.below(blocks);
    let blocks = length / block;
    let (ranges, at) = match damage {
        Damage::FlippedBit => {
            let flip = dice.flip(payload);
            return Some((DamagedCopy::flipped(size, flip), flip.at));
        }
        Damage::CutEnd => {
            let at = payload.start + dice.below(length);
            (vec![0..at, size..size], at)
        }
        Damage::LostBlock => {
            let at = start_of_one_of(blocks);
            (vec![0..at, at + block..size], at)
        }
        Damage::DoubledBlock => {
            let at = start_of_one_of(blocks);
            (vec![0..at + block, at..size], at)
        }
        Damage::SwappedBlocks => {
            let at = start_of_one_of(blocks - 1);
            let (next, end) = (at + block, at + 2 * block);
            (vec![0..at, next..end, at..next, end..size], at)
        }
        Damage::AlteredContent | Damage::LostMember => return None,
    };
    Some((DamagedCopy::of(ranges), at))
}

/// A file of an archive, by its place in the unpacked archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where the first of its headers begins.
    start: u64,
    /// The last one of them, which its body follows.
    header: u64,
    size: u64,
}

impl Place {
    fn body(self) -> Range<u64> {
        let start = self.header + RECORD;
        start..start + self.size
    }

    /// Damages the file in an archive of `unpacked` bytes. The second value is where the damage begins.
    pub fn damage(self, damage: Damage, unpacked: u64, dice: &mut Dice) -> Option<(DamagedCopy, u64)> {
        match damage {
            Damage::AlteredContent => {
                let flip = dice.flip(self.body());
                Some((DamagedCopy::flipped(unpacked, flip), flip.at))
            }
            Damage::LostMember => {
                let behind = self.body().end.next_multiple_of(RECORD).min(unpacked);
                Some((DamagedCopy::of([0..self.start, behind..unpacked]), self.start))
            }
            _ => None,
        }
    }
}

/// Draws one file with content for each control that is to damage one, while the archive streams by. Manifests are left
/// out: what is damaged is the mail they speak of.
#[derive(Debug)]
pub struct Files {
    seed: Seed,
    drawn: Vec<Option<(u64, Place)>>,
    /// Where the member before ended; absent behind one whose headers go on behind the header.
    ended: Option<u64>,
}

impl Files {
    /// For so many controls.
    pub fn new(seed: Seed, controls: usize) -> Self {
        Self { seed, drawn: vec![None; controls], ended: Some(0) }
    }

    /// The file of a control, counted from 0; absent where the archive has none.
    pub fn of(&self, control: usize) -> Option<Place> {
        self.drawn.get(control).copied().flatten().map(|(_, place)| place)
    }
}

impl Sink for Files {
    fn begin(&mut self, member: &Member) {
        // Long names and extended headers stand before the header, and belong to the member.
        let start = self.ended.unwrap_or(member.offset);
        let end = (member.offset + RECORD).saturating_add(member.size.next_multiple_of(RECORD));
        self.ended = (member.kind != Kind::Unsupported).then_some(end);
        if member.kind != Kind::File || member.size == 0 || manifest::is_manifest(&member.name) {
            return;
        }
        let place = Place { start, header: member.offset, size: member.size };
        for (control, drawn) in self.drawn.iter_mut().enumerate() {
            let mut rank = blake3::Hasher::new_keyed(&self.seed.bytes());
            rank.update(&(control as u64).to_le_bytes()).update(&member.index.to_le_bytes());
            let rank = Dice(rank.finalize_xof()).number();
            if drawn.is_none_or(|(lowest, _)| rank < lowest) {
                *drawn = Some((rank, place));
            }
        }
    }

    fn data(&mut self, _bytes: &[u8]) {}

    fn end(&mut self, _body: Body) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(at: u64) -> usize {
        usize::try_from(at).unwrap()
    }

    fn seed(number: u64) -> Seed {
        Seed::new(&[3; 32], blake3::hash(&number.to_le_bytes()).as_bytes())
    }

    /// The copy as bytes.
    fn bytes(copy: &DamagedCopy, original: &[u8]) -> Vec<u8> {
        let mut original = original.to_vec();
        copy.damage(0, &mut original);
        copy.behind(0).flat_map(|range| original[index(range.start)..index(range.end)].to_vec()).collect()
    }

    #[test]
    fn every_damage_of_stored_bytes_is_one_and_lies_in_the_payload() {
        for (payload, size) in [(10..42, 42), (0..32, 40), (200..1000, 1001), (1..300_000, 300_000)] {
            let original = {
                let mut bytes = vec![0; index(size)];
                blake3::Hasher::new().finalize_xof().fill(&mut bytes);
                bytes
            };
            for damage in Damage::ALL.into_iter().filter(|damage| damage.is_of_stored_bytes()) {
                for number in 0..40 {
                    let mut dice = Dice::new(&seed(number), 0);
                    let (copy, at) = of_stored(damage, payload.clone(), size, &mut dice).unwrap();
                    let (copy, at) = (bytes(&copy, &original), index(at));
                    assert!(payload.contains(&(at as u64)), "{damage:?} {at}");
                    assert_eq!(copy[..at], original[..at], "{damage:?} {at}");
                    assert_ne!(copy, original, "{damage:?} {at}");
                    let behind = original.len() - index(payload.end);
                    if damage != Damage::CutEnd {
                        assert_eq!(copy[copy.len() - behind..], original[original.len() - behind..]);
                    }
                }
            }
        }
    }

    #[test]
    fn of_too_few_bytes_nothing_is_damaged() {
        let mut dice = Dice::new(&seed(1), 0);
        assert_eq!(of_stored(Damage::FlippedBit, 10..41, 41, &mut dice), None);
        assert_eq!(of_stored(Damage::CutEnd, 9..9, 9, &mut dice), None);
        assert_eq!(of_stored(Damage::LostMember, 0..1000, 1000, &mut dice), None);
    }

    #[test]
    fn a_file_is_altered_in_its_body_and_lost_with_its_padding() {
        let (place, unpacked) = (Place { start: 1024, header: 2048, size: 700 }, 12 * 512);
        for number in 0..40 {
            let mut dice = Dice::new(&seed(number), 0);
            let (_, at) = place.damage(Damage::AlteredContent, unpacked, &mut dice).unwrap();
            assert!((2560..3260).contains(&at), "{at}");
        }
        let (lost, at) = place.damage(Damage::LostMember, unpacked, &mut Dice::new(&seed(1), 0)).unwrap();
        assert_eq!((lost, at), (DamagedCopy::of([0..1024, 3584..6144]), 1024));
    }

    #[test]
    fn files_are_drawn_among_those_with_content_and_each_control_draws_for_itself() {
        let member = |index: u64, name: &str, kind: Kind, size| Member {
            name: name.into(),
            kind,
            size,
            index,
            offset: index * 512,
            modified: None,
        };
        let mut drawn = std::collections::BTreeSet::new();
        for number in 0..40 {
            let mut files = Files::new(seed(number), 2);
            files.begin(&member(0, "MANIFEST.b3", Kind::File, 9));
            files.begin(&member(1, "d", Kind::Directory, 0));
            files.begin(&member(2, "empty", Kind::File, 0));
            (3..6).for_each(|index| files.begin(&member(index, "mail", Kind::File, 7)));
            drawn.insert((files.of(0).unwrap().header / 512, files.of(1).unwrap().header / 512));
        }
        assert_eq!(drawn.len(), 9, "{drawn:?}");
        assert!(drawn.iter().all(|(one, other)| (3..6).contains(one) && (3..6).contains(other)));
    }
}
