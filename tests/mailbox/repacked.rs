//! Exports that somebody packed again with the programs at hand: never taken for damaged, and proven where the order of the
//! members is still the server's.

use std::fs;
use std::path::Path;

use mailproof::demo::pack::File;
use mailproof::demo::zimbra::{Export, Fate};
use mailproof::verdict::Outcome;

use super::account::{ANNA, DUE, with};
use super::run::{found, verified};
use crate::support::{self, output, tool};

/// Copies every member of the first archive into another, whose name and format follow.
const COPY: &str = r#"
import io, sys, tarfile, zipfile
source, target, form = sys.argv[1:]
with tarfile.open(source, "r:gz") as old:
    if form == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for member in old:
                new.writestr(member.name, old.extractfile(member).read())
    else:
        with tarfile.open(target, "w:gz", format=getattr(tarfile, form), pax_headers={"comment": "again"}) as new:
            for member in old:
                new.addfile(member, old.extractfile(member))
"#;

/// An account without names that no disk takes, in two orders of numbers and with both digests.
fn account() -> Export {
    with(|export| {
        export.items[18].name = "Jane Doe".to_owned();
        export.items.iter_mut().for_each(|item| item.old_digest = item.id % 3 == 0);
    })
}

/// Lets `script` make `again.*` of `anna.tgz`, which also lies unpacked in `t`, and verifies that.
fn repacked(export: &Export, script: &str, end: &str) -> (Vec<&'static str>, Outcome, u64, Option<u64>) {
    let folder = support::folder();
    fs::write(folder.path().join("anna.tgz"), export.write().unwrap()).unwrap();
    fs::write(folder.path().join("pack_again.py"), COPY).unwrap();
    shell(folder.path(), "mkdir t && tar -C t -xzf anna.tgz");
    shell(folder.path(), script);
    let content = fs::read(folder.path().join(format!("again.{end}"))).unwrap();
    let result = verified(&[File::new(format!("exports/{ANNA}.{end}"), content)]);
    let items = result.items.unwrap();
    (found(&result), result.outcome, items.checked, items.total)
}

fn shell(folder: &Path, script: &str) {
    output(tool("bash").args(["-euo", "pipefail", "-c", script]).current_dir(folder));
}

#[test]
#[ignore = "needs python3 and bsdtar"]
fn an_export_that_was_copied_member_by_member_is_proven() {
    for (script, end) in [
        ("python3 pack_again.py anna.tgz again.tgz GNU_FORMAT", "tgz"),
        ("python3 pack_again.py anna.tgz again.tgz PAX_FORMAT", "tgz"),
        ("python3 pack_again.py anna.tgz again.zip zip", "zip"),
        ("bsdtar -czf again.tgz --format=pax @anna.tgz", "tgz"),
        ("bsdtar -cf again.tar --format=ustar @anna.tgz", "tar"),
        ("bsdtar -czf again.tgz --format=gnutar @anna.tgz", "tgz"),
        ("bsdtar -cf again.zip --format=zip @anna.tgz", "zip"),
        ("gzip -dc anna.tgz | gzip -9 >again.tgz", "tgz"),
        // Each description sorts behind its body, so this is the right order.
        ("find t -type f -printf '%P\\n' | LC_ALL=C sort -r | tar -C t -czf again.tgz -T -", "tgz"),
    ] {
        let said = repacked(&account(), script, end);
        assert_eq!(said, (vec![], Outcome::Passed, DUE, Some(DUE)), "{script}");
    }
}

#[test]
#[ignore = "needs zip and bsdtar"]
fn an_export_in_another_order_is_compared_and_open() {
    for (script, end) in [
        ("tar -C t --sort=name -czf again.tgz .", "tgz"),
        ("tar -C t --format=pax --sort=name -czf again.tgz .", "tgz"),
        ("bsdtar -C t -czf again.tgz .", "tgz"),
        ("find t -type f -printf '%P\\n' | LC_ALL=C sort | tar -C t -cf again.tar -T -", "tar"),
        ("(cd t && find . -type f | LC_ALL=C sort | zip -q ../again.zip -@)", "zip"),
        // All bodies, then all descriptions.
        ("(cd t && zip -qr ../again.zip . -x '*.meta' && zip -qr ../again.zip . -i '*.meta')", "zip"),
    ] {
        let (found, outcome, checked, total) = repacked(&account(), script, end);
        assert_eq!((checked, total), (DUE, Some(DUE)), "{script}");
        // A folder may be read in the right order by chance, and then nothing is wrong.
        let right = found.is_empty() && outcome == Outcome::Passed && script.starts_with("bsdtar");
        assert!(
            right || (found == ["export-pairs-apart"] && outcome == Outcome::NotVerified),
            "{script}: {found:?}"
        );
    }
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn damage_in_another_order_is_found_all_the_same() {
    let script = "tar -C t --sort=name -czf again.tgz .";
    let changed = |stored: &[u8], fate| {
        let mut export = account();
        (export.items[3].stored, export.items[3].fate) =
            ((!stored.is_empty()).then(|| stored.to_vec()), fate);
        repacked(&export, script, "tgz").0
    };
    let size = account().items[3].size() as usize;
    assert_eq!(changed(&vec![b'x'; size], Fate::Written), ["export-pairs-apart", "export-item-digest"]);
    assert_eq!(changed(b"", Fate::WithoutBody), ["export-pairs-apart", "export-body-missing"]);
    assert_eq!(
        changed(b"", Fate::WithoutMeta),
        ["export-description-missing", "export-pairs-apart", "export-count-shift"]
    );
}
