//! The encoders of zstd and flate2 make the streams; damage is done by hand.

use std::io::Write;

use flate2::{Compression as Level, GzBuilder, write::GzEncoder};
use proptest::prelude::*;
use zstd_safe::CParameter;

use super::*;
use crate::archive::pipe::pipe;
use crate::policy::Bytes;

struct Unpacking {
    result: Result<Decompressed, Stop>,
    plain: Vec<u8>,
    findings: Findings,
}

impl Unpacking {
    fn ids(&self) -> Vec<&'static str> {
        self.findings.iter().map(|finding| finding.kind.id).collect()
    }

    /// The id of the only finding, which must have ended the reading.
    fn finding(&self) -> &'static str {
        assert!(matches!(self.result, Err(Stop::Finding)), "{:?}", self.result);
        assert_eq!(self.ids().len(), 1, "{:?}", self.ids());
        self.ids()[0]
    }

    fn observed(&self) -> &str {
        &self.findings.iter().next().unwrap().observed
    }

    fn compression(&self) -> Compression {
        self.result.as_ref().unwrap().compression
    }
}

fn unpack_in(packed: &[u8], piece: usize, limits: &Limits) -> Unpacking {
    let (pieces, input) = pipe(packed.len() / piece + 2);
    for bytes in packed.chunks(piece) {
        pieces.send(bytes.to_vec()).unwrap();
    }
    pieces.finish(&Ok(()));
    let (output, mut plain_pipe) = pipe(2000);
    let mut findings = Findings::default();
    let result = run(PipeReader::new(input), &output, limits, &mut findings);
    output.finish(&result);
    let mut plain = Vec::new();
    while let Ok(Some(buffer)) = plain_pipe.receive() {
        assert!(!buffer.is_empty());
        plain.extend(buffer);
    }
    Unpacking { result, plain, findings }
}

fn unpack(packed: &[u8]) -> Unpacking {
    unpack_in(packed, 1000, &Limits::default())
}

/// Text that compresses about as well as mail.
fn text(length: usize) -> Vec<u8> {
    (0_u64..).flat_map(|n| format!("{:x} line {n}\n", n * 0x9E37_79B9).into_bytes()).take(length).collect()
}

/// One frame, made with the given parameters.
fn zstd_with(plain: &[u8], parameters: &[CParameter]) -> Vec<u8> {
    let mut context = zstd_safe::CCtx::create();
    for parameter in parameters {
        context.set_parameter(*parameter).unwrap();
    }
    let mut packed = Vec::with_capacity(zstd_safe::compress_bound(plain.len()));
    context.compress2(&mut packed, plain).unwrap();
    packed
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd_with(plain, &[CParameter::ChecksumFlag(true)])
}

/// One frame as a pipe makes it: the content size unknown, the window stated.
fn zstd_piped(plain: &[u8], window_log: u32) -> Vec<u8> {
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.set_parameter(CParameter::WindowLog(window_log)).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn skippable(content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&[0x5a, 0x2a, 0x4d, 0x18][..], &size, content].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn zstd_of_any_size_comes_back_in_any_pieces() {
    for length in [0, 1, 5000, (512 << 10) - 1, 512 << 10, (512 << 10) + 1, 3_000_000] {
        let plain = text(length);
        for packed in [zstd(&plain), zstd_piped(&plain, 18)] {
            for piece in [1, 3, 1000, 300_000] {
                let unpacking = unpack_in(&packed, piece, &Limits::default());
                assert!(unpacking.plain == plain, "{length} in {piece}");
                let unpacked = unpacking.result.unwrap();
                assert_eq!((unpacked.packed, unpacked.unpacked), (packed.len() as u64, length as u64));
            }
        }
    }
}

#[test]
fn frames_are_counted() {
    let plain = text(700_000);
    let packed = [
        skippable(b"first"),
        zstd(&plain[..300_000]),
        skippable(&[]),
        zstd_with(&plain[300_000..], &[]),
        zstd(b""),
        skippable(&[7; 5000]),
    ]
    .concat();
    let unpacking = unpack(&packed);
    assert!(unpacking.plain == plain);
    assert!(unpacking.findings.is_empty());
    assert_eq!(unpacking.compression(), Compression::Zstd { frames: 3, checksummed: 2, skippable: 3 });
}

#[test]
fn the_end_of_a_frame_may_wait_for_the_next_buffer() {
    let plain = text(550_000);
    // The last block crosses the edge of the first output buffer, and no checksum follows it.
    let packed = [zstd(&plain[..300_000]), zstd_with(&plain[300_000..], &[])].concat();
    let unpacking = unpack_in(&packed, 1 << 20, &Limits::default());
    assert!(unpacking.result.is_ok(), "{:?}", unpacking.ids());
    assert!(unpacking.plain == plain);
}

#[test]
fn nothing_packed_is_empty() {
    for packed in [Vec::new(), zstd(b""), skippable(b"x"), gzip(b"")] {
        let unpacking = unpack(&packed);
        assert!(unpacking.result.is_ok());
        assert_eq!(unpacking.ids(), ["archive-empty"]);
    }
}

#[test]
fn what_is_not_compressed_passes_unchanged() {
    for length in [1, 3, 4, 5, 2_000_000] {
        let plain = text(length);
        let unpacking = unpack(&plain);
        assert_eq!(unpacking.compression(), Compression::None);
        assert_eq!(unpacking.plain, plain);
        assert!(unpacking.findings.is_empty());
    }
}

#[test]
fn a_flip_in_a_zstd_frame_is_found() {
    let plain = text(400_000);
    let packed = zstd(&plain);
    let mut kinds = std::collections::BTreeSet::new();
    // Bit 4 of the descriptor at offset 4 is unused, so decoders ignore it.
    for at in (5..packed.len()).step_by(97).chain(packed.len() - 4..packed.len()) {
        let mut damaged = packed.clone();
        damaged[at] ^= 0x10;
        kinds.insert(unpack_in(&damaged, 10_000, &Limits::default()).finding());
    }
    assert!(kinds.contains("zstd-corrupt") && kinds.contains("zstd-checksum-mismatch"), "{kinds:?}");
    let last = packed.len() - 1;
    let damaged = [&packed[..last], &[packed[last] ^ 1]].concat();
    assert_eq!(unpack(&damaged).finding(), "zstd-checksum-mismatch");
}

#[test]
fn a_zstd_stream_cut_anywhere_is_truncated() {
    let frame = zstd(&text(3000));
    for length in 4..frame.len() {
        assert_eq!(unpack(&frame[..length]).finding(), "zstd-truncated", "{length}");
        let second = [&frame[..], &frame[..length]].concat();
        let unpacking = unpack(&second);
        assert_eq!(unpacking.finding(), "zstd-truncated", "{length}");
        assert!(unpacking.plain.starts_with(&text(3000)), "what came before is handed on");
    }
    for length in 1..4 {
        assert_eq!(unpack(&[&frame[..], &frame[..length]].concat()).finding(), "zstd-truncated");
    }
    let skipped = skippable(&[1; 100]);
    for length in [4, 7, 8, 50, 107] {
        assert_eq!(unpack(&[&frame[..], &skipped[..length]].concat()).finding(), "zstd-truncated");
    }
}

#[test]
fn what_follows_the_last_frame_is_named() {
    let frame = zstd(&text(3000));
    let cases: [(&[u8], &str); 5] = [
        (b"\n", "bytes [0a]"),
        (b"done.\n", "plain text"),
        (b"\0\0\0\0\0", "bytes [00, 00, 00, 00]"),
        (&gzip(b"x"), "a gzip stream"),
        (b"age-encryption.org/v1", "plain text"),
    ];
    for (appended, what) in cases {
        let unpacking = unpack(&[&frame[..], appended].concat());
        assert_eq!(unpacking.finding(), "zstd-trailing-data");
        assert_eq!(unpacking.observed(), format!("{what} at byte {}", frame.len()));
        assert_eq!(unpacking.plain, text(3000));
    }
}

#[test]
fn a_window_over_the_limit_is_named_before_memory_is_taken() {
    let limits = |window_mib| Limits { window_mib, ..Limits::default() };
    let packed = zstd_piped(&text(10_000), 30);
    let unpacking = unpack(&packed);
    assert_eq!(unpacking.finding(), "zstd-window-too-large");
    assert_eq!(unpacking.observed(), "a window of 1073741824 bytes");
    assert_eq!(unpack_in(&packed, 1000, &limits(1024)).plain, text(10_000));

    let packed = zstd_piped(&text(3_000_000), 21);
    assert_eq!(unpack_in(&packed, 1000, &limits(1)).finding(), "zstd-window-too-large");
    assert_eq!(unpack_in(&packed, 1000, &limits(2)).plain.len(), 3_000_000);

    // Window descriptors reach 3.75 TiB; the decoder must not see such a frame whatever the policy says.
    let beyond = [0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 0, 0, 0];
    for window_mib in [0, 128, u32::MAX] {
        assert_eq!(unpack_in(&beyond, 9, &limits(window_mib)).finding(), "zstd-window-too-large");
    }
}

#[test]
fn a_single_segment_is_its_own_window() {
    let plain = text(2_000_000);
    let packed = zstd(&plain);
    assert_ne!(packed[4] & 0x20, 0, "a known size makes a single segment");
    let limits = Limits { window_mib: 1, ..Limits::default() };
    assert_eq!(unpack_in(&packed, 1000, &limits).finding(), "zstd-window-too-large");
    let small = zstd(&plain[..300]);
    assert_eq!(unpack_in(&small, 1000, &limits).plain, &plain[..300]);
}

#[test]
fn a_dictionary_is_named() {
    for (descriptor, id, shown) in
        [(1_u8, &[9_u8][..], "9"), (2, &[1, 2], "513"), (3, &[0, 0, 0, 1], "16777216")]
    {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, descriptor, 0x40], id, &[1, 0, 0]].concat();
        let unpacking = unpack(&frame);
        assert_eq!(unpacking.finding(), "zstd-dictionary-needed");
        assert_eq!(unpacking.observed(), format!("dictionary {shown}"));
    }
    // An id of 0 says that there is none.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 1, 0x40, 0, 1, 0, 0];
    assert_eq!(unpack(&frame).ids(), ["archive-empty"]);
}

#[test]
fn bombs_are_given_up() {
    let zeros = vec![0; 80 << 20];
    let limits = |unpacked: u64, ratio| Limits { unpacked_size: Bytes(unpacked), ratio, ..Limits::default() };
    let mut tightest = GzEncoder::new(Vec::new(), Level::best());
    tightest.write_all(&zeros).unwrap();
    for packed in [zstd(&zeros), tightest.finish().unwrap()] {
        let unpacking = unpack_in(&packed, 4096, &limits(1 << 40, 200));
        assert_eq!(unpacking.finding(), "limit-ratio");
        assert!(unpacking.plain.len() < 70 << 20, "{}", unpacking.plain.len());
        assert_eq!(unpack_in(&packed, 4096, &limits(5 << 20, 200)).finding(), "limit-unpacked-size");
        let trusted = unpack_in(&packed, 4096, &limits(80 << 20, 1 << 20));
        assert_eq!(trusted.result.unwrap().unpacked, 80 << 20);
    }
    assert_eq!(unpack_in(&text(5000), 512, &limits(4999, 200)).finding(), "limit-unpacked-size");
}

#[test]
fn gzip_of_any_size_comes_back_in_any_pieces() {
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 2_000_000] {
        let plain = text(length);
        let named = {
            let builder = GzBuilder::new().filename("a.tar").comment("c").extra(vec![1; 300]).mtime(7);
            let mut encoder = builder.write(Vec::new(), Level::best());
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        };
        for packed in [gzip(&plain), named] {
            for piece in [1, 7, 4096] {
                let unpacking = unpack_in(&packed, piece, &Limits::default());
                assert!(unpacking.plain == plain, "{length} in {piece}");
                assert_eq!(unpacking.compression(), Compression::Gzip { members: 1 });
                assert_eq!(unpacking.result.unwrap().packed, packed.len() as u64);
            }
        }
    }
}

#[test]
fn gzip_members_and_padding_are_taken_as_gzip_takes_them() {
    let packed = [gzip(b"one"), gzip(b""), gzip(b"three"), vec![0; 1000]].concat();
    let unpacking = unpack_in(&packed, 5, &Limits::default());
    assert_eq!(unpacking.plain, b"onethree");
    assert_eq!(unpacking.compression(), Compression::Gzip { members: 3 });
    assert!(unpacking.findings.is_empty());
}

#[test]
fn what_follows_the_last_gzip_member_is_named() {
    let packed = gzip(&text(3000));
    for appended in [&b"\n"[..], b"\0\0\0x", b"\0\x1f\x8b", &zstd(b"x")] {
        let unpacking = unpack(&[&packed[..], appended].concat());
        assert_eq!(unpacking.finding(), "gzip-trailing-data", "{appended:?}");
        assert_eq!(unpacking.plain, text(3000));
    }
}

#[test]
fn a_gzip_stream_cut_anywhere_is_truncated() {
    let packed = gzip(&text(2000));
    for length in 2..packed.len() {
        assert_eq!(unpack(&packed[..length]).finding(), "gzip-truncated", "{length}");
    }
    for length in 1..packed.len() {
        let second = [&packed[..], &packed[..length]].concat();
        assert_eq!(unpack(&second).finding(), "gzip-truncated", "{length}");
    }
}

#[test]
fn a_flip_in_a_gzip_member_is_named_after_where_it_is() {
    let packed = gzip(&text(20_000));
    let end = packed.len();
    let flipped = |at: usize, with: u8| {
        let mut damaged = packed.clone();
        damaged[at] ^= with;
        unpack(&damaged)
    };
    assert_eq!(flipped(2, 1).finding(), "gzip-corrupt");
    assert_eq!(flipped(3, 0x80).finding(), "gzip-corrupt");
    for at in end - 8..end {
        assert_eq!(flipped(at, 4).finding(), "gzip-checksum-mismatch");
    }
    for at in (10..end - 8).step_by(41) {
        let id = flipped(at, 0x20).finding();
        let expected = ["gzip-corrupt", "gzip-checksum-mismatch", "gzip-truncated", "gzip-trailing-data"];
        assert!(expected.contains(&id), "{id}");
    }
}

#[test]
fn a_gzip_header_is_held_to_its_own_checksum() {
    let packed = gzip(b"mail");
    let mut header = packed[..10].to_vec();
    header[3] |= 2;
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let [low, high, ..] = crc.sum().to_le_bytes();
    let with = |crc: [u8; 2]| unpack(&[&header[..], &crc, &packed[10..]].concat());
    assert_eq!(with([low, high]).plain, b"mail");
    assert_eq!(with([low ^ 1, high]).finding(), "gzip-checksum-mismatch");
    assert_eq!(with([low, high ^ 1]).finding(), "gzip-checksum-mismatch");
}

#[test]
fn the_taker_of_pushed_output_can_refuse() {
    let mut gunzip = Gunzip::new();
    let mut taken = 0;
    let result = gunzip.push(&gzip(&vec![0; 1 << 20]), &mut |piece| {
        taken += piece.len();
        if taken > 100_000 { Err("enough") } else { Ok(()) }
    });
    assert_eq!(result, Err(GunzipError::Output("enough")));
    assert!(taken <= 200_000);
    let fault = Gunzip::new().push::<()>(b"no gzip", &mut |_| Ok(())).unwrap_err();
    let GunzipError::Fault(fault) = fault else { panic!() };
    assert_eq!(fault.finding("account.tgz").subject, "account.tgz, gzip member 1");
    assert_eq!(Gunzip::new().finish().unwrap_err().kind().id, "gzip-truncated");
}

#[test]
fn an_upstream_stop_is_handed_on_without_a_finding() {
    for packed in [zstd(&text(9000)), gzip(&text(9000)), text(9000), Vec::new()] {
        for length in [0, 2, 4, 5, 100, packed.len()] {
            let (pieces, input) = pipe(4);
            pieces.send(packed[..length.min(packed.len())].to_vec()).unwrap();
            pieces.finish::<()>(&Err(Stop::Upstream));
            let (output, _plain) = pipe(8);
            let mut findings = Findings::default();
            let result = run(PipeReader::new(input), &output, &Limits::default(), &mut findings);
            assert!(matches!(result, Err(Stop::Upstream)), "{length}: {result:?}");
            assert!(findings.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// With checksums, whatever is done to a stream: it is found, or what comes out is the truth.
    #[test]
    fn damage_never_passes_as_content(
        length in 1_usize..30_000,
        gzipped in any::<bool>(),
        at in any::<prop::sample::Index>(),
        with in 1_u8..,
        cut in any::<bool>(),
        piece in 1_usize..5000,
    ) {
        let plain = text(length);
        let mut packed = if gzipped { gzip(&plain) } else { zstd(&plain) };
        let at = at.index(packed.len());
        if cut { packed.truncate(at) } else { packed[at] ^= with }
        let unpacking = unpack_in(&packed, piece, &Limits::default());
        match &unpacking.result {
            Ok(Decompressed { compression: Compression::None, .. }) => prop_assert!(at < 4),
            Ok(_) => prop_assert!(unpacking.plain == plain),
            Err(stop) => {
                prop_assert!(matches!(stop, Stop::Finding));
                prop_assert_eq!(unpacking.ids().len(), 1);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        start in prop_oneof![Just(vec![0x28, 0xb5, 0x2f, 0xfd]), Just(vec![0x1f, 0x8b, 8]), Just(Vec::new())],
        rest in prop::collection::vec(any::<u8>(), 0..300),
        piece in 1_usize..50,
    ) {
        unpack_in(&[start, rest].concat(), piece, &Limits::default());
    }
}
