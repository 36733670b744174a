//! Damaged archives, as mailproof and as a restore by hand judge them.
//!
//! The two may differ in one direction only: mailproof notices more. A restore by hand knows nothing of files that
//! the manifest does not list, of what lies behind the end of the archive, or of what it overwrote itself.

use super::bench::{ANY, Bench, USUAL};

/// What the way by hand is expected to say of a damaged archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByHand {
    /// Restored, and every line of the manifest holds.
    Fine,
    /// A tool complained.
    Refused,
}

/// Damages: what happens to the mail in `$ROOT/copy` or to the archive, what the way by hand says, and what mailproof
/// finds; nothing where it has no key. `tar -x` and `b3sum --check` know nothing of what the manifest does not list.
const DAMAGES: &[(&str, ByHand, &str)] = &[
    ("echo y >> inbox/1.eml; PACK", ByHand::Refused, "manifest-member-changed"),
    ("printf x > inbox/empty.eml; PACK", ByHand::Refused, "manifest-member-changed"),
    ("truncate -s 0 'top level.eml'; PACK", ByHand::Refused, "manifest-member-changed"),
    ("rm inbox/1.eml; PACK", ByHand::Refused, "manifest-member-missing"),
    ("mv inbox/1.eml inbox/2.eml; PACK", ByHand::Refused, "manifest-member-missing"),
    ("rm sent/second.eml; ln inbox/1.eml sent/second.eml; PACK", ByHand::Refused, "manifest-member-changed"),
    ("sed -i 1d MANIFEST.b3; PACK", ByHand::Fine, "manifest-member-extra"),
    ("echo x > inbox/2.eml; PACK", ByHand::Fine, "manifest-member-extra"),
    (
        "rm inbox/1.eml; ln -s ../x inbox/1.eml; cp ../mail/inbox/1.eml x; PACK",
        ByHand::Fine,
        "manifest-member-missing",
    ),
    ("sed -n 1p MANIFEST.b3 >> MANIFEST.b3; PACK", ByHand::Fine, "manifest-duplicate-line"),
    ("echo no line >> MANIFEST.b3; PACK", ByHand::Refused, "manifest-malformed"),
    (": > MANIFEST.b3; PACK", ByHand::Fine, "manifest-empty"),
    ("rm MANIFEST.b3; PACK", ByHand::Refused, "manifest-missing"),
    ("tar -cf ../t .; tar -rf ../t ./inbox/1.eml; SEND", ByHand::Fine, "tar-duplicate-member"),
    ("tar -cf ../t .; echo x > y; tar -c y >> ../t; SEND", ByHand::Fine, "tar-data-after-end"),
    ("tar -b 1 -cf ../t .; truncate -s -1024 ../t; SEND", ByHand::Fine, "tar-missing-end-marker"),
    ("tar -cf ../t .; truncate -s 1000000 ../t; SEND", ByHand::Refused, "tar-truncated-member"),
    ("tar -c . | zstd -q > ../t; truncate -s -1 ../t; seal < ../t", ByHand::Refused, "zstd-truncated"),
    ("tar -c . | zstd -q > ../t; echo x >> ../t; seal < ../t", ByHand::Refused, "zstd-trailing-data"),
    (r#"PACK; truncate -s -1 "$X""#, ByHand::Refused, "age-truncated"),
    (r#"PACK; truncate -s 65000 "$X""#, ByHand::Refused, "age-truncated"),
    (r#"PACK; echo x >> "$X""#, ByHand::Refused, "age-trailing-data"),
    (
        r#"PACK; echo not what was there | dd of="$X" bs=1 seek=200000 conv=notrunc status=none"#,
        ByHand::Refused,
        "age-chunk-corrupt",
    ),
    (
        r#"age-keygen -o ../o 2> ../other; tar -c . | zstd -q | age -R <(sed 's/.*: //' ../other) > "$X""#,
        ByHand::Refused,
        "",
    ),
];

#[test]
#[ignore = "needs GNU tar, zstd, age and b3sum: tests/run installs them"]
fn mailproof_never_passes_what_a_restore_by_hand_refuses() {
    let bench = Bench::new(ANY);
    let mut complaints = Vec::new();
    for (damage, by_hand, found) in DAMAGES {
        let damage =
            damage.replace("PACK", "tar -c . | zstd -q | seal").replace("SEND", "zstd -q < ../t | seal");
        bench.pack_anew(&format!(
            r#"put_manifest; rm -rf "$ROOT/copy"; cp -a . "$ROOT/copy"; cd "$ROOT/copy"; {damage}"#
        ));
        let verdict = bench.verify(USUAL.arguments);
        let restored = bench.restores(&USUAL);
        let judged = if restored.is_ok() { ByHand::Fine } else { ByHand::Refused };
        let (unproven, seen) = match *found {
            "" => (true, verdict.found().is_empty()),
            found => (found == "manifest-missing", verdict.found().contains(&found)),
        };
        let expected = if unproven { ("not-verified", 20) } else { ("failed", 10) };
        if verdict.told() != expected || judged != *by_hand || !seen {
            let (told, kinds) = (verdict.told(), verdict.found());
            let errors = &verdict.result["archives"][0]["errors"];
            complaints.push(format!("{damage}: {told:?}, {kinds:?}, {errors}; by hand {restored:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
