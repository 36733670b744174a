use crate::mailbox::Flags;

/// Letters of flags and the bits that they stand for (`Flag.java`); unread has a letter and is not among the flags.
const LETTERS: [(char, u32); 26] = [
    ('s', 0),
    ('a', 1),
    ('r', 2),
    ('w', 3),
    ('f', 5),
    ('d', 6),
    ('x', 7),
    ('n', 8),
    ('!', 10),
    ('?', 11),
    ('/', 12),
    ('p', 14),
    ('t', 15),
    ('+', 16),
    ('^', 17),
    ('(', 18),
    ('*', 19),
    ('b', 20),
    ('#', 21),
    ('i', 22),
    ('v', 23),
    ('y', 24),
    ('~', 25),
    ('o', 26),
    ('@', 27),
    ('g', 28),
];

/// The flags that `letters` stand for, and whether the item is unread. Letters of newer servers are passed over.
pub(super) fn read(letters: &str) -> (Flags, bool) {
    let bit =
        |letter: char| LETTERS.iter().find(|(known, _)| *known == letter).map_or(0, |(_, bit)| 1 << bit);
    let flags = letters.chars().fold(0, |flags, letter| flags | bit(letter));
    (Flags(flags), letters.contains('u'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_descriptions() {
        assert_eq!(read(""), (Flags(0), false));
        assert_eq!(read("sxu"), (Flags(1 | 128), true));
        assert_eq!(read("/(p"), (Flags(4096 | 1 << 18 | 1 << 14), false));
        assert_eq!(read("é\u{0}Z"), (Flags(0), false));
    }
}
