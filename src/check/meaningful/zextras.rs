//! A backup path of Zextras, NG or Carbonio: each blob is what its name says.
//!
//! Input: what the collector saw, and whether the archive was read to its end. Output: findings and coverage. Invariant:
//! that a blob is missing is never concluded, as the metadata that would say so is not documented.

use super::Meaning;
use crate::mailbox::zimbra::zextras::{Facts, Fault, Wrong};
use crate::verdict::{Coverage, Finding, Kind, Unit, kinds};

/// Judges a backup path; `ended` says that the archive was read to its end.
#[must_use]
pub fn examine(facts: &Facts, ended: bool) -> Meaning {
    let mut meaning = Meaning::default();
    if facts.blobs == 0 && facts.metadata == 0 && facts.strays == 0 {
        return meaning;
    }
    for fault in &facts.faults {
        meaning.findings.push(finding(fault));
    }
    let total = ended.then_some(facts.blobs);
    meaning.coverage = Coverage { checked: facts.compared, total, unit: Unit::Items };
    meaning.open = open(facts);
    meaning
}

fn finding(fault: &Fault) -> Finding {
    let (kind, observed): (&'static Kind, String) = match fault.what {
        Wrong::Differs(digest) => (&kinds::ZEXTRAS_BLOB_DIFFERS, format!("content with the digest {digest}")),
        Wrong::Folder => {
            (&kinds::ZEXTRAS_BLOB_DIFFERS, "the content, in the folder of other digests".to_owned())
        }
        Wrong::Gzip(kind) => {
            (&kinds::ZEXTRAS_BLOB_GZIP, format!("{} bytes of broken gzip ({})", fault.bytes, kind.id))
        }
        Wrong::Empty => (&kinds::ZEXTRAS_BLOB_EMPTY, format!("{} bytes that hold nothing", fault.bytes)),
        Wrong::OverLimit => {
            (&kinds::LIMIT_RATIO, format!("more than the limits allow, out of {} bytes", fault.bytes))
        }
    };
    let digest = fault.stated.to_string();
    Finding::new(kind, format!("blob {digest}"))
        .expected("content with this digest, in the folder of its first two letters")
        .observed(observed)
}

/// What could not be judged.
fn open(facts: &Facts) -> Vec<String> {
    let mut open = Vec::new();
    let Facts { metadata, accounts, empty_metadata, .. } = facts;
    if facts.blobs == 0 {
        open.push("The backup path holds no blob: a blobless backup, or one whose blobs lie in an external storage.".to_owned());
    }
    let empty = match empty_metadata {
        0 => String::new(),
        empty => format!("; {empty} of them have no byte"),
    };
    open.push(format!(
        "Which item needs which blob is not judged, as the form of the {metadata} metadata files of {accounts} accounts is not \
         documented{empty}; run `zxsuite backup doCoherencyCheck PATH` on the mail server."
    ));
    for (count, what) in [
        (facts.unread, "blobs could not be read: the archive was cut inside them, or they are links"),
        (facts.unknown, "blobs are compressed in a way that is not known here"),
        (facts.strays, "files among the blobs have names that are no digests"),
        (facts.faults_over, "further blobs are not what their names say"),
    ] {
        if count > 0 {
            open.push(format!("{count} {what}."));
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::zimbra::content::tests::gzip;
    use crate::mailbox::zimbra::zextras::tests::{collect, name};

    fn said(members: &[(String, Vec<u8>)]) -> (Vec<&'static str>, Meaning) {
        let meaning = examine(&collect(members, 7), true);
        (meaning.findings.iter().map(|finding| finding.kind.id).collect(), meaning)
    }

    #[test]
    fn a_sound_path_passes_and_says_what_it_does_not_prove() {
        let members = [(name(b"a", true), gzip(b"a")), (name(b"b", false), gzip(b"b"))];
        let (ids, meaning) = said(&members);
        assert!(ids.is_empty());
        assert_eq!(meaning.coverage, Coverage { checked: 2, total: Some(2), unit: Unit::Items });
        assert!(meaning.open[0].contains("not judged"), "{:?}", meaning.open);
        assert_eq!(examine(&collect(&members, 7), false).coverage.total, None, "not read to its end");
    }

    #[test]
    fn each_fault_has_its_finding() {
        let mut broken = gzip(b"c");
        let at = broken.len() - 6;
        broken[at] ^= 1;
        let members = [
            (name(b"a", true), gzip(b"x")),
            (name(b"b", true), Vec::new()),
            (name(b"c", true), broken),
            (name(b"d", true), gzip(b"d")),
        ];
        let (ids, meaning) = said(&members);
        assert_eq!(ids, ["zextras-blob-differs", "zextras-blob-empty", "zextras-blob-gzip"]);
        assert_eq!(meaning.coverage.checked, 4);
        let subject = &meaning.findings.iter().next().unwrap().subject;
        assert_eq!(*subject, format!("blob {}", name(b"a", true).rsplit('/').next().unwrap()));
    }

    #[test]
    fn blobless_paths_and_other_archives_are_no_faults() {
        let metadata = "zextras/accounts/3f38c5be-0000-4000-8000-000000000000/items/60/260".to_owned();
        let (ids, meaning) = said(&[(metadata, b"x".to_vec())]);
        assert!(ids.is_empty() && meaning.open[0].contains("no blob"));
        assert!(!meaning.coverage.reaches(1), "nothing was checked");
        assert!(examine(&Facts::default(), true).open.is_empty());
    }
}
