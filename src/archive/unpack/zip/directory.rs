//! The directory at the end, held against the local headers that were read before it.

use super::record::{self, COMPARED, Central, End, Local, Signature, Stated};
use crate::archive::unpack::{Naming, item, shown};
use crate::verdict::{Finding, Findings, Severity, kinds};

/// What is kept of a local header.
#[derive(Debug)]
struct Entry {
    offset: u64,
    packed: u64,
    size: u64,
    crc: u32,
    method: u16,
    flags: u16,
    listed: bool,
    /// The beginning of the BLAKE3 of its name.
    name: [u8; 16],
}

/// The local headers, and how far the directory has been read.
#[derive(Debug, Default)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    /// The record read last.
    last: Option<Signature>,
    /// Where the directory begins.
    at: Option<u64>,
    /// Where it ends.
    end_at: u64,
    /// Entries of the directory.
    count: u64,
    disordered: bool,
    wide: Option<(End, u64)>,
}

impl Directory {
    /// Whether a record of this kind may stand behind those that were read.
    pub(super) fn admits(&self, next: Signature) -> bool {
        use Signature::{Central, End, Local, Locator, Zip64End};
        match self.last {
            None | Some(Local) => matches!(next, Local | Central | Zip64End | End),
            Some(Central) => matches!(next, Central | Zip64End | End),
            Some(Zip64End) => next == Locator,
            Some(Locator) => next == End,
            Some(End) => false,
        }
    }

    /// What may stand next, in words.
    pub(super) fn due(&self) -> &'static str {
        match self.last {
            None => "a zip archive: a local header",
            Some(Signature::Local) => "another member or the directory",
            Some(Signature::Central) => "another entry of the directory or the end record",
            Some(Signature::Zip64End) => "a zip64 locator",
            Some(Signature::Locator | Signature::End) => "the end record",
        }
    }

    /// A record stands at `at`.
    pub(super) fn passes(&mut self, record: Signature, at: u64) {
        self.last = Some(record);
        if !matches!(record, Signature::Local) && self.at.is_none() {
            self.at = Some(at);
            self.end_at = at;
        }
    }

    /// Keeps what the header of the member at `offset` states.
    pub(super) fn keep(&mut self, local: &Local<'_>, offset: u64) {
        let Stated { crc, packed, size } = local.stated;
        let (method, flags, name) = (local.method, local.flags & COMPARED, digest(local.name));
        self.entries.push(Entry { offset, packed, size, crc, method, flags, listed: false, name });
    }

    /// Puts in what stands behind the body of the last member.
    pub(super) fn describe(&mut self, stated: Stated) {
        if let Some(entry) = self.entries.last_mut() {
            (entry.crc, entry.packed, entry.size) = (stated.crc, stated.packed, stated.size);
        }
    }

    /// Compares an entry that ends at `end_at` with the local header it points to.
    pub(super) fn list(
        &mut self,
        central: &Central<'_>,
        end_at: u64,
        naming: Naming,
        findings: &mut Findings,
    ) {
        let number = self.count;
        self.count += 1;
        self.end_at = end_at;
        let Ok(index) = self.entries.binary_search_by_key(&central.offset, |entry| entry.offset) else {
            let finding = differs(listed(number, central.name, naming));
            let expected = format!("a local header at byte {}", central.offset);
            return findings.push(finding.expected(expected).observed("none"));
        };
        self.disordered |= index as u64 != number;
        let subject = naming.subject(index as u64, central.name);
        let entry = &mut self.entries[index];
        let again = std::mem::replace(&mut entry.listed, true);
        if let Some((expected, observed)) = difference(entry, central, again) {
            findings.push(differs(subject.clone()).expected(expected).observed(observed));
        }
        if central.is_link {
            let finding = Finding::new(&kinds::ZIP_UNSUPPORTED, subject).expected("a file or a folder");
            findings.push(finding.observed("a symbolic link"));
        }
    }

    /// Keeps the zip64 end record, which stands at `at`.
    pub(super) fn ends_wide(&mut self, bytes: &[u8], at: u64) {
        self.wide = Some((End::wide(bytes), at));
    }

    /// Holds a locator to the zip64 end record before it.
    pub(super) fn locates(&self, bytes: &[u8], findings: &mut Findings) {
        let stands = self.wide.as_ref().map(|(_, at)| *at);
        if record::located(bytes) != stands {
            let finding = differs("zip64 locator".to_owned())
                .expected("the place of the zip64 end record, on one disk");
            findings.push(finding.observed("another"));
        }
    }

    /// Judges the whole by the end record.
    pub(super) fn ends(&self, bytes: &[u8], findings: &mut Findings) {
        let wide = self.wide.as_ref().map(|(end, _)| end);
        if let Some(wide) = wide {
            self.judge_end("zip64 end record", wide, findings);
        }
        self.judge_end("end record", &End::narrow(bytes, wide), findings);
        for index in self.unlisted() {
            let finding = differs(format!("member {index}")).expected("an entry in the directory");
            findings.push(finding.observed("none, so most programs do not see it"));
        }
        if self.disordered && self.count == self.entries.len() as u64 {
            let finding = differs("directory".to_owned()).severity(Severity::Warning);
            findings.push(finding.expected("the order of the members").observed("another order"));
        }
    }

    fn unlisted(&self) -> impl Iterator<Item = usize> {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, entry)| !entry.listed).map(|(index, _)| index)
    }

    fn judge_end(&self, record: &str, end: &End, findings: &mut Findings) {
        let at = self.at.unwrap_or_default();
        let size = self.end_at - at;
        if !end.one_disk {
            let finding = Finding::new(&kinds::ZIP_UNSUPPORTED, record).expected("an archive in one piece");
            findings.push(finding.observed("one of several disks"));
        }
        if (end.size, end.offset) != (size, at) {
            let finding =
                differs(record.to_owned()).expected(format!("a directory of {size} bytes at byte {at}"));
            findings.push(finding.observed(format!("{} bytes at byte {}", end.size, end.offset)));
        }
        if end.entries != [self.count; 2] {
            let [here, all] = end.entries;
            let finding = differs(record.to_owned()).expected(format!("{} entries", self.count));
            let finding = finding.observed(format!("{all}, {here} of them on this disk"));
            // Before Java 7, a count too large for its field lost its high bits; the entries are all there.
            let wrapped = end.entries == [self.count & 0xffff; 2];
            findings.push(if wrapped { finding.severity(Severity::Warning) } else { finding });
        }
    }
}

/// Names an entry of the directory that no member belongs to.
fn listed(number: u64, name: &[u8], naming: Naming) -> String {
    let name = if naming == Naming::Open { Some(shown(name)) } else { item(name) };
    let name = name.map(|name| format!(", {name}")).unwrap_or_default();
    format!("entry {number} of the directory{name}")
}

fn differs(subject: String) -> Finding {
    Finding::new(&kinds::ZIP_DIRECTORY_MISMATCH, subject)
}

/// What an entry of the directory says otherwise than the local header and the descriptor.
fn difference(entry: &Entry, central: &Central<'_>, again: bool) -> Option<(String, String)> {
    let Stated { crc, packed, size } = central.stated;
    if again {
        return Some(("one entry in the directory".to_owned(), "another".to_owned()));
    }
    if entry.name != digest(central.name) {
        return Some(("the name in its local header".to_owned(), "another name".to_owned()));
    }
    let flags = central.flags & COMPARED;
    if (entry.method, entry.flags) != (central.method, flags) {
        let show = |method: u16, flags: u16| format!("method {method}, flags {flags:#x}");
        let observed = format!("{} in the directory", show(central.method, flags));
        return Some((show(entry.method, entry.flags), observed));
    }
    if (entry.crc, entry.packed, entry.size) != (crc, packed, size) {
        let show = |crc: u32, packed: u64, size: u64| {
            format!("CRC-32 {crc:08x}, {packed} bytes packed, {size} unpacked")
        };
        let observed = format!("{} in the directory", show(crc, packed, size));
        return Some((show(entry.crc, entry.packed, entry.size), observed));
    }
    None
}

fn digest(name: &[u8]) -> [u8; 16] {
    let hash = blake3::hash(name);
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}
