//! The checksum of a whole archive, as `b3sum X > X.b3` writes it beside the archive `X`.
//!
//! Input: the lines of a file beside an archive. Output: the checksum, if that is all the file holds; else the lines
//! went on into the comparison, as those of a manifest. Invariant: a checksum is never taken for a manifest.

use crate::archive::manifest::{Entry, LineError, Reconciliation};
use crate::verdict::{Finding, Findings, kinds};

/// What the stored bytes of an archive should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Checksum {
    /// Of the file that says so.
    key: String,
    hash: blake3::Hash,
}

impl Checksum {
    /// Compares it with the BLAKE3 of what is stored; a difference is a finding.
    pub fn holds(&self, stored: blake3::Hash, findings: &mut Findings) -> bool {
        if stored != self.hash {
            let finding = Finding::new(&kinds::ARCHIVE_CHECKSUM_MISMATCH, "object")
                .expected(format!("BLAKE3 {}, as {} says", self.hash, self.key))
                .observed(format!("BLAKE3 {stored}"));
            findings.push(finding);
        }
        stored == self.hash
    }
}

/// The lines of one file beside an archive. The first one waits, if it names the archive, until it is known whether
/// it is the only one.
#[derive(Debug)]
pub struct Intake<'a> {
    key: &'a str,
    manifest: &'a mut Reconciliation,
    waiting: Option<(Vec<u8>, blake3::Hash)>,
    begun: bool,
}

impl<'a> Intake<'a> {
    /// The lines of the object `key`; those of a manifest go into `manifest`.
    pub fn new(key: &'a str, manifest: &'a mut Reconciliation) -> Self {
        Self { key, manifest, waiting: None, begun: false }
    }

    /// Takes in what the parser yields.
    pub fn take(&mut self, number: u64, line: Result<Entry<'_>, LineError>) {
        match line {
            Ok(entry) if number == 1 && self.names_archive(&entry.path) => {
                self.waiting = Some((entry.path.into_owned(), entry.hash));
            }
            line => {
                self.begin();
                self.manifest.take(number, line);
            }
        }
    }

    /// The file was read to its end.
    pub fn end(mut self) -> Option<Checksum> {
        if let Some((_, hash)) = self.waiting.take() {
            self.manifest.manifest_is_checksum(self.key);
            return Some(Checksum { key: self.key.to_owned(), hash });
        }
        self.begin();
        self.manifest.manifest_ends();
        None
    }

    /// It was not: what came counts as the beginning of a manifest.
    pub fn abandon(mut self) {
        self.begin();
    }

    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            self.manifest.manifest_begins(self.key);
        }
        if let Some((path, hash)) = self.waiting.take() {
            self.manifest.expect(&path, &hash, 1);
        }
    }

    /// Whether the last component of `path` is that of the archive's key. A checksum is not looked for in an
    /// encrypted file.
    fn names_archive(&self, path: &[u8]) -> bool {
        let last = |name: &[u8]| name.rsplit(|byte| *byte == b'/').next().map(<[u8]>::to_vec);
        self.key.strip_suffix(".b3").is_some_and(|archive| last(archive.as_bytes()) == last(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::manifest::Parser;
    use crate::policy::Limits;
    use crate::verdict::Severity;

    /// What `text` at `key` is: a checksum, or the number of files a manifest lists.
    fn read(key: &str, text: &str) -> Result<Checksum, u64> {
        let mut manifest = Reconciliation::new(&Limits::default());
        let mut intake = Intake::new(key, &mut manifest);
        let mut parser = Parser::new(100);
        parser.feed(text.as_bytes(), |number, line| intake.take(number, line));
        parser.finish(|number, line| intake.take(number, line));
        let checksum = intake.end();
        assert_eq!(manifest.has_manifest(), checksum.is_none());
        let mut findings = Findings::default();
        let listed = manifest.finish(&mut findings).listed;
        checksum.ok_or(listed)
    }

    fn line(path: &str) -> String {
        format!("{}  {path}\n", blake3::hash(b"stored").to_hex())
    }

    #[test]
    fn one_line_that_names_the_archive_is_its_checksum() {
        let tagged = format!("BLAKE3 (/srv/x.age) = {}", blake3::hash(b"stored").to_hex());
        for text in [
            line("x.age"),
            line("./x.age"),
            line("/srv/backup/x.age"),
            line("x.age").replace('\n', "\r\n"),
            tagged,
        ] {
            for key in ["x.age.b3", "2026/x.age.b3"] {
                let checksum = read(key, &text).unwrap();
                assert_eq!((checksum.key.as_str(), checksum.hash), (key, blake3::hash(b"stored")));
            }
        }
    }

    #[test]
    fn everything_else_is_a_manifest() {
        let (archive, other) = (line("x.age"), line("y.age"));
        for (key, text, listed) in [
            ("x.age.b3", String::new(), 0),
            ("x.age.b3", other.clone(), 1),
            ("x.age.b3", line("x.age/y"), 1),
            ("x.age.b3", line("ax.age"), 1),
            ("x.age.b3", archive.clone() + &other, 2),
            ("x.age.b3", other.clone() + &archive, 2),
            ("x.age.b3", archive.clone() + "\n", 1),
            ("x.age.b3.age", archive.clone(), 1),
        ] {
            assert_eq!(read(key, &text), Err(listed), "{key}: {text:?}");
        }
    }

    #[test]
    fn other_bytes_than_the_checksum_s_are_a_finding() {
        let checksum = read("x.age.b3", &line("x.age")).unwrap();
        let mut findings = Findings::default();
        assert!(checksum.holds(blake3::hash(b"stored"), &mut findings) && findings.is_empty());
        assert!(!checksum.holds(blake3::hash(b"other"), &mut findings));
        assert_eq!(findings.worst(), Some(Severity::Failure));
        assert!(findings.iter().next().unwrap().expected.ends_with(", as x.age.b3 says"));
    }
}
