//! What a file is that should be an export, by its first bytes (modes 9, 10, 12).

use crate::archive::unpack::shown;
use crate::archive::unpack::tar::looks_like_tar;
use crate::mailbox::message::is_error_page;
use crate::verdict::{Finding, kinds};

/// Judges a member that is named like an export by its first bytes, of which 512 are enough, and its size.
///
/// `None` means that it is what its name says.
#[must_use]
pub fn judge_head(name: &[u8], head: &[u8], size: u64) -> Option<Finding> {
    let promised = promised(name);
    let kind = match form(head) {
        Some(form) if promised.is_none_or(|promised| promised == form) => return None,
        Some(_) => &kinds::EXPORT_WRONG_SUFFIX,
        None if size == 0 => &kinds::EXPORT_EMPTY,
        None if is_error_page(head) => &kinds::EXPORT_ERROR_PAGE,
        None => &kinds::EXPORT_UNRECOGNISED,
    };
    let observed = match form(head) {
        Some(form) => form.to_owned(),
        None if size == 0 => "0 bytes".to_owned(),
        None if is_error_page(head) => format!("the page of a web server, {size} bytes"),
        None => format!("{size} bytes of something else"),
    };
    let expected = promised.unwrap_or("gzip, zip or tar");
    Some(Finding::new(kind, shown(name)).expected(expected).observed(observed))
}

/// The format that the end of a name promises.
fn promised(name: &[u8]) -> Option<&'static str> {
    const SUFFIXES: [(&[u8], &str); 4] =
        [(b".tgz", "gzip"), (b".tar.gz", "gzip"), (b".zip", "zip"), (b".tar", "tar")];
    let ends = |suffix: &[u8]| {
        let end = name.len().checked_sub(suffix.len()).map(|start| &name[start..]);
        end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    SUFFIXES.iter().find(|(suffix, _)| ends(suffix)).map(|(_, form)| *form)
}

/// The format that the bytes are of. An empty zip begins with its directory's end.
fn form(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some("zip"),
        _ if looks_like_tar(head) => Some("tar"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(name: &str, head: &[u8]) -> Option<&'static str> {
        judge_head(name.as_bytes(), head, head.len() as u64).map(|finding| finding.kind.id)
    }

    #[test]
    fn an_export_is_what_its_name_says() {
        assert_eq!(judged("s/anna@example.org.tgz", b"\x1f\x8b\x08"), None);
        assert_eq!(judged("s/anna@example.org.TAR.GZ", b"\x1f\x8b\x08"), None);
        assert_eq!(judged("s/anna@example.org.zip", b"PK\x03\x04"), None);
        assert_eq!(judged("s/anna@example.org.zip", b"PK\x05\x06"), None);
        assert_eq!(judged("s/anna@example.org.tar", &[0; 512]), None);
        assert_eq!(judged("s/anna@example.org", b"PK\x03\x04"), None);
    }

    #[test]
    fn another_format_a_page_and_nothing_are_told_apart() {
        assert_eq!(judged("a.tgz", b"PK\x03\x04"), Some("export-wrong-suffix"));
        assert_eq!(judged("a.tgz", &[0; 512]), Some("export-wrong-suffix"));
        assert_eq!(judged("a.tgz", b"<html><title>Error 404</title>"), Some("export-error-page"));
        assert_eq!(judged("a.zip", b"\n<h2>HTTP ERROR 500</h2>"), Some("export-error-page"));
        assert_eq!(judged("a.tgz", b""), Some("export-empty"));
        assert_eq!(judged("a.tgz", b"dn: uid=anna"), Some("export-unrecognised"));
        assert_eq!(judged("a.tgz", b"\x1f"), Some("export-unrecognised"));
    }

    #[test]
    fn a_name_is_shown_without_harm() {
        let finding = judge_head(b"x\x1b[2J.tgz", b"", 0).unwrap();
        assert_eq!(finding.subject, "x\\u{1b}[2J.tgz");
    }
}
