//! Extended headers (POSIX.1-2001 pax): records `LENGTH KEY=VALUE` and a line break.
//!
//! A value is taken by its declared length, never by searching for its end. The last record of
//! a key wins; a key that decides what is restored and is stated twice is a finding.

use super::extension::Opened;
use super::header::Role;
use super::number;
use crate::verdict::{Finding, Findings, Kind, kinds};

/// What the extended headers before a member state about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `path`
    pub path: Option<Vec<u8>>,
    /// `linkpath`
    pub link_path: Option<Vec<u8>>,
    /// `size`, in bytes
    pub size: Option<u64>,
    /// `mtime`, in whole seconds since 1970
    pub modified: Option<i64>,
    /// `GNU.sparse.name`: the true name of a sparse file
    pub sparse_name: Option<Vec<u8>>,
    /// Whether any `GNU.sparse.` record is there.
    pub sparse: bool,
    /// Whether the names are in a character set other than UTF-8.
    pub foreign_charset: bool,
}

/// Where an extended header stands, and where its findings go.
pub struct Place<'a> {
    /// The header itself.
    pub header: Opened,
    /// Takes the findings.
    pub findings: &'a mut Findings,
}

impl Attributes {
    /// Reads the body of an extended header; what stands behind a malformed record is lost.
    pub fn read(body: &[u8], place: &mut Place<'_>) -> Self {
        let mut attributes = Self::default();
        let mut rest = body;
        while !rest.is_empty() {
            let Some((key, value, behind)) = next_record(rest) else {
                let at = body.len() - rest.len();
                place.push(&kinds::TAR_PAX_MALFORMED, format!("no such record at its byte {at}"));
                break;
            };
            attributes.set(key, value, place);
            rest = behind;
        }
        attributes
    }

    /// Takes in what a later global header states.
    pub fn absorb(&mut self, later: Self) {
        self.path = later.path.or(self.path.take());
        self.link_path = later.link_path.or(self.link_path.take());
        self.size = later.size.or(self.size);
        self.modified = later.modified.or(self.modified);
        self.sparse_name = later.sparse_name.or(self.sparse_name.take());
        self.sparse |= later.sparse;
        self.foreign_charset |= later.foreign_charset;
    }

    fn set(&mut self, key: &[u8], value: &[u8], place: &mut Place<'_>) {
        match key {
            b"path" => place.name(&mut self.path, "path", value),
            b"linkpath" => place.name(&mut self.link_path, "linkpath", value),
            b"GNU.sparse.name" => {
                place.name(&mut self.sparse_name, "GNU.sparse.name", value);
                self.sparse = true;
            }
            b"size" => place.number(&mut self.size, "size", number::decimal(value).ok()),
            b"mtime" => match number::time(value) {
                Ok(time) => self.modified = Some(time),
                Err(_) => place.push(&kinds::TAR_PAX_MALFORMED, "`mtime` that is no time"),
            },
            b"hdrcharset" => {
                self.foreign_charset = !matches!(value, b"ISO-IR 10646 2000 UTF-8" | b"BINARY");
            }
            // star states the size of a sparse file so.
            _ => self.sparse |= key.starts_with(b"GNU.sparse.") || key == b"SCHILY.realsize",
        }
    }
}

impl Place<'_> {
    fn push(&mut self, kind: &'static Kind, observed: impl Into<String>) {
        let finding = Finding::new(kind, self.header.subject());
        self.findings.push(finding.expected("records `LENGTH KEY=VALUE`, each key once").observed(observed));
    }

    fn name(&mut self, slot: &mut Option<Vec<u8>>, key: &str, value: &[u8]) {
        if value.contains(&0) {
            self.push(&kinds::TAR_PAX_UNSAFE_VALUE, format!("a NUL in `{key}`"));
        }
        if value.contains(&b'\n') {
            self.push(&kinds::TAR_PAX_UNSAFE_VALUE, format!("a line break in `{key}`"));
        }
        // POSIX lets an empty value take an earlier one back, programs read it as an empty name.
        if value.is_empty() {
            self.push(&kinds::TAR_PAX_MALFORMED, format!("`{key}` without a value"));
        } else {
            self.once(slot, key, value.to_vec());
        }
    }

    fn number(&mut self, slot: &mut Option<u64>, key: &str, value: Option<u64>) {
        match value {
            Some(value) => self.once(slot, key, value),
            None => self.push(&kinds::TAR_PAX_MALFORMED, format!("`{key}` that is no number")),
        }
    }

    fn once<T>(&mut self, slot: &mut Option<T>, key: &str, value: T) {
        if slot.replace(value).is_some() {
            self.push(&kinds::TAR_PAX_DUPLICATE_KEY, format!("`{key}` more than once"));
        }
        // POSIX allows it; most programs ignore it, some don't.
        if self.header.role == Role::GlobalPax {
            self.push(&kinds::TAR_PAX_MALFORMED, format!("`{key}` for all members"));
        }
    }
}

/// Splits the first record off: its key, its value, and what stands behind it.
fn next_record(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = rest.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(number::decimal(&rest[..space]).ok()?).ok()?;
    let (record, behind) = rest.split_at_checked(length)?;
    let pair = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (&pair[..equals], &pair[equals + 1..]);
    (!key.is_empty()).then_some((key, value, behind))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;

    fn place(role: Role, findings: &mut Findings) -> Place<'_> {
        Place { header: Opened { role, at: 0 }, findings }
    }

    fn read(body: &[u8]) -> (Attributes, Vec<&'static str>) {
        let mut findings = Findings::default();
        let mut place = place(Role::Pax, &mut findings);
        let attributes = Attributes::read(body, &mut place);
        (attributes, findings.iter().map(|finding| finding.kind.id).collect())
    }

    #[test]
    fn a_value_is_taken_by_its_length() {
        let tricky = b"a=b\n9 size=1\nc";
        let (attributes, found) = read(&[record("path", tricky), record("size", b"7")].concat());
        assert_eq!(attributes.path.as_deref(), Some(&tricky[..]));
        assert_eq!(attributes.size, Some(7));
        assert_eq!(found, ["tar-pax-unsafe-value"]);
    }

    #[test]
    fn the_last_record_wins_and_is_found() {
        for key in ["path", "linkpath", "GNU.sparse.name"] {
            let (attributes, found) = read(&[record(key, b"first"), record(key, b"last")].concat());
            let value = attributes.path.or(attributes.link_path).or(attributes.sparse_name);
            assert_eq!(value.as_deref(), Some(&b"last"[..]), "{key}");
            assert_eq!(found, ["tar-pax-duplicate-key"], "{key}");
        }
        let (attributes, found) = read(&[record("size", b"1"), record("size", b"2")].concat());
        assert_eq!((attributes.size, found), (Some(2), vec!["tar-pax-duplicate-key"]));
    }

    #[test]
    fn sparse_records_repeat_lawfully() {
        let twice = [record("GNU.sparse.offset", b"0"), record("GNU.sparse.offset", b"512")].concat();
        let (attributes, found) = read(&twice);
        assert!(attributes.sparse && found.is_empty());
    }

    #[test]
    fn binary_values_elsewhere_are_nobody_s_business() {
        let (attributes, found) = read(&record("SCHILY.xattr.user.x", b"\0\n\xff"));
        assert_eq!((attributes, found), (Attributes::default(), vec![]));
    }

    #[test]
    fn malformed_records_are_found_and_what_came_before_is_kept() {
        let good = record("path", b"kept");
        for bad in [
            &b"7 size"[..],
            b"99 size=1\n",
            b"0 size=1\n",
            b"3 size=1\n",
            b"9 size=12\n",
            b"size=1\n",
            b" 9 size=1\n",
            b"-9 size=1\n",
            b"8 pathx\n",
            b"6 =12\n",
            b"18446744073709551615 size=1\n",
            b"99999999999999999999999 size=1\n",
            b"\0\0\0",
        ] {
            let (attributes, found) = read(&[&good, bad].concat());
            assert_eq!(attributes.path.as_deref(), Some(&b"kept"[..]), "{bad:?}");
            assert_eq!(attributes.size, None, "{bad:?}");
            assert_eq!(found, ["tar-pax-malformed"], "{bad:?}");
        }
    }

    #[test]
    fn values_that_are_none_are_found() {
        for (key, value) in [("size", &b"-1"[..]), ("size", b""), ("path", b""), ("mtime", b"noon")] {
            let (attributes, found) = read(&record(key, value));
            assert_eq!((attributes, found), (Attributes::default(), vec!["tar-pax-malformed"]), "{key}");
        }
        assert_eq!(read(&record("path", b"a\0b")).1, ["tar-pax-unsafe-value"]);
    }

    #[test]
    fn a_name_for_all_members_is_found() {
        let mut findings = Findings::default();
        let mut place = place(Role::GlobalPax, &mut findings);
        let body = [record("comment", b"abc"), record("mtime", b"1.5"), record("size", b"1")].concat();
        let attributes = Attributes::read(&body, &mut place);
        assert_eq!((attributes.modified, attributes.size), (Some(1), Some(1)));
        assert_eq!(findings.iter().count(), 1);
    }

    #[test]
    fn character_sets_other_than_utf_8_are_noted() {
        assert!(!read(&record("hdrcharset", b"BINARY")).0.foreign_charset);
        assert!(read(&record("hdrcharset", b"ISO-IR 8859 1 1998")).0.foreign_charset);
    }
}
