//! Zip archives byte by byte: every form, every fault beside its legal twin, and damage of any kind.

use proptest::prelude::*;

use super::fixture::*;
use super::looks_like_zip;
use crate::archive::unpack::{Body, Kind};
use crate::policy::{Bytes, Limits};
use crate::verdict::Severity;

const BEHIND: Sizes = Sizes::Behind { signed: true, wide: false };
const FORMS: [Sizes; 6] = [
    Sizes::Ahead,
    Sizes::AheadWide,
    Sizes::Behind { signed: true, wide: false },
    Sizes::Behind { signed: true, wide: true },
    Sizes::Behind { signed: false, wide: false },
    Sizes::Behind { signed: false, wide: true },
];

fn seen(bytes: &[u8]) -> Seen {
    walk(bytes, &Limits::default(), usize::MAX)
}

/// Two files, the first stored and the second deflated.
fn pair() -> Vec<Packed> {
    vec![pack(&file("a", b"one", false, Sizes::Ahead)), pack(&file("b", &[7; 5000], true, BEHIND))]
}

/// What is found in [`pair`] after `change`.
fn after(change: impl FnOnce(&mut Vec<Packed>)) -> Seen {
    let mut parts = pair();
    change(&mut parts);
    seen(&join(&parts))
}

fn only(seen: &Seen) -> (&'static str, &str) {
    let mut findings = seen.findings.iter();
    let first = findings.next().expect("a finding");
    assert!(findings.next().is_none(), "{:?}", seen.findings);
    (first.kind.id, &first.subject)
}

#[test]
fn every_form_is_read() {
    for deflated in [false, true] {
        for sizes in FORMS {
            if !deflated && matches!(sizes, Sizes::Behind { signed: false, .. }) {
                continue;
            }
            for body in [&b""[..], b"P", b"PK\x07\x08", b"ends with PK\x07", &[b'P'; 100], &[9; 200_000]] {
                let files = [
                    file("d/", b"", deflated, sizes),
                    file("d/a", body, deflated, sizes),
                    file("z", b"z", true, sizes),
                ];
                let parts: Vec<_> = files.iter().map(pack).collect();
                for bytes in [join(&parts), join_wide(&parts)] {
                    assert!(looks_like_zip(&bytes));
                    let seen = seen(&bytes);
                    assert_eq!(seen.found(), [""; 0], "{deflated} {sizes:?}: {:?}", seen.findings);
                    assert_eq!(seen.bodies(), [b"", body, b"z"]);
                    assert!(seen.members.iter().all(|(.., end)| *end == Some(Body::Whole)));
                    assert_eq!((&seen.members[0].0.kind, seen.walked.files), (&Kind::Directory, 2));
                    assert_eq!((seen.walked.bytes, seen.walked.ended), (bytes.len() as u64, true));
                }
            }
        }
    }
}

#[test]
fn an_empty_archive_is_legal_and_nothing_is_none() {
    let empty = seen(&join(&[]));
    assert_eq!((empty.found(), empty.walked.members), (vec![], 0));
    assert!(looks_like_zip(&join(&[])));
    assert_eq!(only(&seen(b"")).0, "zip-truncated");
}

#[test]
fn a_comment_is_legal_and_data_behind_it_is_not() {
    let mut bytes = join(&pair());
    let at = bytes.len() - 2;
    bytes[at] = 5;
    bytes.extend(b"hello");
    assert_eq!(seen(&bytes).found(), [""; 0]);
    assert_eq!(only(&seen(&bytes[..bytes.len() - 1])), ("zip-truncated", "end record"));
    // bsdtar fills its last block.
    bytes.extend([0; 100]);
    assert_eq!(seen(&bytes).found(), [""; 0]);
    bytes.push(1);
    let subject = format!("data at byte {}", bytes.len() - 1);
    assert_eq!(only(&seen(&bytes)), ("zip-trailing-data", subject.as_str()));
}

#[test]
fn a_changed_body_is_found_and_the_next_is_read() {
    let stored = after(|parts| *parts[0].local.last_mut().unwrap() ^= 1);
    assert_eq!(only(&stored), ("zip-checksum-mismatch", "member 0 a"));
    assert_eq!((stored.members.len(), stored.bodies()[1]), (2, &[7; 5000][..]));
    for sizes in FORMS {
        let packed = pack(&file("a", b"some text", false, sizes));
        let mut parts = [packed, pack(&file("b", b"", false, Sizes::Ahead))];
        let at = parts[0].local.windows(4).position(|window| window == b"some").unwrap();
        parts[0].local[at] = b'S';
        let stays = !matches!(sizes, Sizes::Behind { signed: false, .. });
        assert!(!stays || only(&seen(&join(&parts))).0 == "zip-checksum-mismatch", "{sizes:?}");
    }
}

#[test]
fn a_damaged_deflate_stream_is_skipped_where_its_length_is_known() {
    let mut parts = [Sizes::Ahead, BEHIND].map(|sizes| pack(&file("a", &[7; 5000], true, sizes)));
    for part in &mut parts {
        part.local[31] = 0xff;
    }
    let [ahead, behind] = parts.map(|part| seen(&join(&[part, pair().remove(0)])));
    assert_eq!(only(&ahead), ("zip-corrupt", "member 0 a"));
    assert_eq!((ahead.members[0].2, ahead.bodies()[1]), (Some(Body::Cut), &b"one"[..]));
    assert_eq!((only(&behind).0, behind.broken), ("zip-corrupt", true));
}

#[test]
fn a_body_is_held_to_its_stated_sizes() {
    let body = vec![7; 5000];
    let of = |at: usize, value: u32| {
        let mut part = pack(&file("a", &body, true, Sizes::Ahead));
        part.local[at..at + 4].copy_from_slice(&value.to_le_bytes());
        part.central[at + 2..at + 6].copy_from_slice(&value.to_le_bytes());
        seen(&join(&[part]))
    };
    let packed = u32::try_from(deflate(&body).len()).unwrap();
    assert_eq!(of(18, packed).found(), [""; 0]);
    let (more, less) = (of(22, 4999), of(22, 5001));
    assert_eq!((only(&more).0, more.bodies()[0].len()), ("zip-corrupt", 4999));
    assert_eq!((only(&less).0, less.members[0].2), ("zip-checksum-mismatch", Some(Body::Cut)));
    assert_eq!(of(18, packed - 1).found()[0], "zip-corrupt");
    assert_eq!(of(18, packed + 1).found()[0], "zip-corrupt");
}

#[test]
fn what_the_directory_says_otherwise_is_found() {
    let id = "zip-directory-mismatch";
    assert_eq!(after(|_| ()).found(), [""; 0]);
    for (at, subject) in
        [(46, "member 1 c"), (10, "member 1 b"), (16, "member 1 b"), (20, "member 1 b"), (24, "member 1 b")]
    {
        assert_eq!(only(&after(|parts| parts[1].central[at] ^= 1)), (id, subject), "byte {at}");
    }
    let hidden = after(|parts| parts[0].central.clear());
    assert_eq!(only(&hidden), (id, "member 0"));
    let invented = after(|parts| {
        let mut more = parts[0].clone();
        more.local = vec![];
        more.central[46] = b'x';
        parts.push(more);
    });
    assert_eq!(only(&invented), (id, "entry 2 of the directory, x"));
    let twice = after(|parts| {
        let again = parts[1].central.clone();
        parts[1].central.extend(again);
    });
    assert!(twice.found().contains(&id), "{:?}", twice.findings);
}

#[test]
fn another_order_is_a_warning() {
    let bytes = join(&pair());
    let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let end = bytes.len() - 22;
    let entry = (end - at) / 2;
    let swapped = [&bytes[..at], &bytes[at + entry..end], &bytes[at..at + entry], &bytes[end..]].concat();
    let seen = seen(&swapped);
    assert_eq!(only(&seen), ("zip-directory-mismatch", "directory"));
    assert_eq!(seen.findings.worst(), Some(Severity::Warning));
}

#[test]
fn the_end_records_are_held_to_what_was_read() {
    let narrow = join(&pair());
    let at = narrow.len() - 22;
    for field in [8, 10, 12, 16] {
        let mut changed = narrow.clone();
        changed[at + field] ^= 1;
        assert_eq!(only(&seen(&changed)), ("zip-directory-mismatch", "end record"), "field {field}");
    }
    let mut disks = narrow;
    disks[at + 4] = 1;
    assert_eq!(only(&seen(&disks)).0, "zip-unsupported");
    let wide = join_wide(&pair());
    let at = wide.len() - 22 - 20 - 56;
    for field in [24, 32, 40, 48] {
        let mut changed = wide.clone();
        changed[at + field] ^= 1;
        let found = seen(&changed).found();
        assert!(found.contains(&"zip-directory-mismatch"), "field {field}: {found:?}");
    }
    let mut lost = wide;
    lost[at + 56 + 8] ^= 1;
    assert_eq!(only(&seen(&lost)), ("zip-directory-mismatch", "zip64 locator"));
}

#[test]
fn records_stand_where_they_may() {
    let parts = pair();
    let bytes = join(&parts);
    for (before, subject) in [(&b"#!/bin/sh\n"[..], "record at byte 0"), (b"PK\x07\x08", "record at byte 0")]
    {
        assert_eq!(only(&seen(&[before, &bytes].concat())), ("zip-corrupt", subject));
    }
    let gap = [&parts[0].local, &b"gap"[..], &bytes[parts[0].local.len()..]].concat();
    assert_eq!(only(&seen(&gap)).0, "zip-corrupt");
    let late = [&bytes[..bytes.len() - 22], &parts[0].local].concat();
    let seen = seen(&late);
    assert_eq!(
        (only(&seen).0, seen.findings.iter().next().unwrap().observed.as_str()),
        ("zip-corrupt", "a local header")
    );
}

#[test]
fn what_can_t_be_read_is_said_and_skipped() {
    for (at, value) in [(6, 1_u8), (6, 64), (8, 12)] {
        let seen = after(|parts| {
            parts[0].local[at] |= value;
            parts[0].central[at + 2] |= value;
        });
        assert_eq!(only(&seen), ("zip-unsupported", "member 0 a"));
        assert_eq!((&seen.members[0].0.kind, seen.members[0].2), (&Kind::Unsupported, Some(Body::Cut)));
        assert_eq!(seen.bodies(), [b"", &[7; 5000][..]]);
    }
    let endless = after(|parts| parts[1].local[6] |= 1);
    assert_eq!((only(&endless).0, endless.broken), ("zip-unsupported", true));
    let link = after(|parts| parts[0].central[41] = 0o120_000_u16.to_le_bytes()[1]);
    assert_eq!(only(&link).0, "zip-unsupported");
}

#[test]
fn limits_end_the_walk() {
    let limited = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        walk(&join(&pair()), &limits, usize::MAX)
    };
    let large = limited(|limits| limits.member_size = Bytes(4999));
    assert_eq!((only(&large), large.bodies()[1].len()), (("limit-member-size", "member 1 b"), 4999));
    assert_eq!(limited(|limits| limits.member_size = Bytes(5000)).found(), [""; 0]);
    assert_eq!(only(&limited(|limits| limits.member_size = Bytes(2))), ("limit-member-size", "member 0 a"));
    assert_eq!(only(&limited(|limits| limits.unpacked_size = Bytes(5002))).0, "limit-unpacked-size");
    assert_eq!(limited(|limits| limits.unpacked_size = Bytes(5003)).found(), [""; 0]);
    assert_eq!(only(&limited(|limits| limits.members = 1)).0, "limit-members");
    assert_eq!(limited(|limits| limits.path_length = 0).found(), ["limit-path-length"; 2]);
}

#[test]
fn a_bomb_is_given_up() {
    let zeros = vec![0; 65 << 20];
    let bytes = zip(&[file("a", &zeros, true, BEHIND)]);
    let bomb = walk(&bytes, &Limits::default(), usize::MAX);
    assert_eq!((only(&bomb).0, bomb.broken), ("limit-ratio", true));
    let allowed = Limits { ratio: 2000, ..Limits::default() };
    assert_eq!(walk(&bytes, &allowed, usize::MAX).found(), [""; 0]);
}

#[test]
fn no_subject_of_a_mail_is_shown() {
    let parts = [pack(&file("Inbox/0000000257-Salary.eml", b"x", false, Sizes::Ahead))].map(|mut part| {
        *part.local.last_mut().unwrap() = b'y';
        part.central[46] = b'J';
        part
    });
    let seen = seen(&join(&parts));
    assert_eq!(seen.found(), ["zip-checksum-mismatch", "zip-directory-mismatch"]);
    assert!(seen.findings.iter().all(|finding| !format!("{finding:?}").contains("Salary")));
}

fn sizes(deflated: bool) -> impl Strategy<Value = Sizes> {
    // A stored body without a signature behind it has no end that can be found.
    (0..if deflated { 6_usize } else { 4 }).prop_map(|form| FORMS[form])
}

fn files() -> impl Strategy<Value = Vec<File>> {
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (0..4000_usize, any::<u8>()).prop_map(|(size, byte)| vec![byte; size]),
        "[PK\u{7}\u{8}]{0,60}".prop_map(String::into_bytes),
    ];
    let one = (any::<bool>(), "[a-z/]{1,20}[a-z]", body).prop_flat_map(|(deflated, name, body)| {
        sizes(deflated).prop_map(move |sizes| file(&name, &body, deflated, sizes))
    });
    prop::collection::vec(one, 1..6)
}

fn pieces<'a>(bytes: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    lengths.iter().cycle().map_while(move |length| {
        let (piece, behind) = rest.split_at((*length).min(rest.len()));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The bytes of a zip archive that nothing else in it vouches for: versions, times and attributes. And where sizes come
/// behind, a zero ahead that `value` makes the size itself: that is the truth, stated twice.
fn unguarded(files: &[File], parts: &[Packed], value: u8) -> Vec<usize> {
    let mut at = 0;
    let mut all = Vec::new();
    let harmless_flags = value & !0b110 == 0;
    for (file, part) in files.iter().zip(parts) {
        all.extend(harmless_flags.then_some(at + 6));
        all.extend([4, 5, 10, 11, 12, 13].map(|field| at + field));
        let packed = if file.deflated { part.stream.len() } else { file.body.len() };
        let sizes = [(18, packed), (22, file.body.len())].into_iter();
        let behind = matches!(file.sizes, Sizes::Behind { .. });
        all.extend(
            sizes.filter(|(_, size)| behind && *size == usize::from(value)).map(|(field, _)| at + field),
        );
        at += part.local.len();
    }
    for part in parts {
        all.extend(harmless_flags.then_some(at + 8));
        let fields = [4, 5, 6, 7, 12, 13, 14, 15, 34, 35, 36, 37, 38, 39, 40, 41];
        all.extend(fields.map(|field| at + field));
        at += part.central.len();
    }
    all
}

fn is_in_stream(parts: &[Packed], mut at: usize) -> bool {
    for part in parts {
        if at < part.local.len() {
            return part.stream.contains(&at);
        }
        at -= part.local.len();
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn archives_are_walked_whatever_the_slicing(
        files in files(),
        wide in any::<bool>(),
        lengths in prop::collection::vec(1..700_usize, 1..5),
    ) {
        let parts: Vec<_> = files.iter().map(pack).collect();
        let bytes = if wide { join_wide(&parts) } else { join(&parts) };
        let whole = seen(&bytes);
        prop_assert_eq!(whole.found(), [""; 0]);
        let bodies: Vec<_> = files.iter().map(|file| file.body.as_slice()).collect();
        let names: Vec<_> = files.iter().map(|file| file.name.as_slice()).collect();
        prop_assert_eq!((whole.names(), whole.bodies()), (names, bodies));
        prop_assert_eq!(&walk_pieces(pieces(&bytes, &lengths), &Limits::default()), &whole);
        prop_assert_eq!(&walk(&bytes, &Limits::default(), 1), &whole);
    }

    #[test]
    fn a_cut_is_always_found(files in files(), wide in any::<bool>(), at in any::<prop::sample::Index>()) {
        let parts: Vec<_> = files.iter().map(pack).collect();
        let bytes = if wide { join_wide(&parts) } else { join(&parts) };
        let at = at.index(bytes.len());
        let cut = seen(&bytes[..at]);
        prop_assert_eq!(cut.found(), ["zip-truncated"], "cut at {} of {}", at, bytes.len());
        prop_assert_eq!(&walk(&bytes[..at], &Limits::default(), 1), &cut);
    }

    #[test]
    fn a_flip_is_always_found(
        files in files(),
        at in any::<prop::sample::Index>(),
        value in 1..=255_u8,
        lengths in prop::collection::vec(1..700_usize, 1..5),
    ) {
        let parts: Vec<_> = files.iter().map(pack).collect();
        let mut bytes = join(&parts);
        let at = at.index(bytes.len());
        bytes[at] ^= value;
        let whole = seen(&bytes);
        prop_assert_eq!(&walk_pieces(pieces(&bytes, &lengths), &Limits::default()), &whole);
        prop_assume!(!unguarded(&files, &parts, value).contains(&at));
        // Some bits of a deflate stream change nothing: its last ones, or how far back a run of equal bytes copies.
        let bodies: Vec<_> = files.iter().map(|file| file.body.as_slice()).collect();
        let harmless = is_in_stream(&parts, at) && whole.bodies() == bodies;
        prop_assert!(harmless || !whole.findings.is_empty(), "byte {} of {}", at, bytes.len());
    }

    /// Random flips rarely hit it.
    #[test]
    fn a_size_that_is_stated_ahead_as_well_is_no_fault(body in prop::collection::vec(any::<u8>(), 1..250)) {
        let size = u8::try_from(body.len()).unwrap();
        let sizes = Sizes::Behind { signed: true, wide: false };
        let files = [File { name: b"a".to_vec(), body, deflated: true, sizes }];
        let parts: Vec<_> = files.iter().map(pack).collect();
        let mut bytes = join(&parts);
        bytes[22] = size;
        prop_assert_eq!(seen(&bytes).found(), [""; 0]);
        bytes[22] = size + 1;
        prop_assert!(!seen(&bytes).findings.is_empty());
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), magic in 0..6_usize) {
        let magics = [&b"PK\x03\x04"[..], b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b""];
        let bytes = [magics[magic], &bytes].concat();
        prop_assert_eq!(walk(&bytes, &Limits::default(), 7), seen(&bytes));
    }
}
