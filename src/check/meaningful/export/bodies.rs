//! Whether each body is what was received (modes 6, 7, 20, and 10 inside of bodies). One finding for each: the one
//! that says most.

use super::{Meaning, entry_place};
use crate::mailbox::message::Content;
use crate::mailbox::zimbra::export::{Entry, SeenBody};
use crate::mailbox::zimbra::meta::Meta;
use crate::mailbox::{Digest, Item, ItemKind};
use crate::verdict::{Finding, Findings, Kind, Severity, kinds};

/// Zimbra's tar loses the digits of a size from here on (`TarUtils.getOctalBytes`).
pub(super) const UNWRITABLE: u64 = 8 << 30;

#[derive(Debug, Default)]
pub(super) struct Bodies {
    findings: Findings,
    /// They are themselves why the layers around them are damaged.
    too_large: Findings,
    unseen: u64,
    undigested: u64,
}

impl Bodies {
    /// A body that is cut says nothing: the end of the export does.
    pub(super) fn entry(&mut self, account: &str, entry: &Entry<'_>) {
        if let Some(Meta::Item(item)) = entry.meta() {
            let due = item.states_body() || entry.body.is_some();
            self.undigested += u64::from(due && item.digest.is_none());
        }
        let Some(body) = entry.body.filter(|body| body.whole) else { return };
        self.unseen += u64::from(body.content == Content::TooLong);
        let item = match entry.meta() {
            Some(Meta::Item(item)) => Some(item),
            _ => None,
        };
        let fault = match entry.is_sound() {
            true => odd(item, &body, entry.err),
            false => fault(item, &body, entry.err),
        };
        let Some(fault) = fault else { return };
        let too_large = *fault.kind == kinds::EXPORT_ITEM_TOO_LARGE;
        let findings = if too_large { &mut self.too_large } else { &mut self.findings };
        findings.push(fault.finding(entry_place(account, entry)));
    }

    /// Inside damaged layers a wrong body says nothing of the mail server.
    pub(super) fn finish(self, account: &str, meaning: &mut Meaning) {
        let damaged = meaning.findings.count(&kinds::EXPORT_DAMAGED) > 0;
        meaning.findings.append(self.too_large);
        meaning.findings.append(match damaged {
            true => self.findings.remedied(
                "The export around the item is damaged: mend that first (`export-damaged`); only if it stays is the item wrong on the mail server.",
            ),
            false => self.findings,
        });
        if self.undigested > 0 {
            meaning.open.push(format!(
                "{account}: {} items state no digest, so nothing proves their content; Zimbra states one for each: export again",
                self.undigested
            ));
        }
        if self.unseen > 0 {
            meaning.open.push(format!(
                "{account}: {} messages were not looked into, as `limits.text_size` ends before their first header; raise it",
                self.unseen
            ));
        }
    }
}

/// What is wrong with a body.
struct Fault {
    kind: &'static Kind,
    severity: Severity,
    expected: String,
    observed: String,
}

impl Fault {
    fn new(kind: &'static Kind, expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self { kind, severity: kind.severity, expected: expected.into(), observed: observed.into() }
    }

    fn finding(self, subject: String) -> Finding {
        let finding = Finding::new(self.kind, subject).severity(self.severity);
        finding.expected(self.expected).observed(self.observed)
    }
}

/// What is odd about a body that is what its description states: the mail server itself has no other.
fn odd(item: Option<&Item>, body: &SeenBody, err: bool) -> Option<Fault> {
    let mail = item.is_some_and(|item| item.kind == ItemKind::Message);
    let fault = match in_place_of_mail(body.content).or_else(|| no_mail(body.content)) {
        Some(fault) if mail => fault,
        _ if err => Fault::new(
            &kinds::EXPORT_ITEM_SIZE,
            "no `.err`",
            "a `.err` behind a body of the right size and digest",
        ),
        _ => return None,
    };
    Some(Fault { severity: Severity::Warning, ..fault })
}

/// What is wrong with a body that is not what its description states, or has none.
fn fault(item: Option<&Item>, body: &SeenBody, err: bool) -> Option<Fault> {
    if let Some(fault) = in_place_of_mail(body.content) {
        return Some(fault);
    }
    let Some(item) = item else {
        let marked = || err.then(|| Fault::new(&kinds::EXPORT_ITEM_SIZE, "no `.err`", of_size(body)));
        return no_mail(body.content).or_else(marked);
    };
    if body.size != item.size || err {
        let kind =
            if item.size >= UNWRITABLE { &kinds::EXPORT_ITEM_TOO_LARGE } else { &kinds::EXPORT_ITEM_SIZE };
        return Some(Fault::new(kind, format!("{} bytes", item.size), changed_size(item, body, err)));
    }
    let stated = item.digest.filter(|digest| *digest != body.digest)?;
    let content = if body.content == Content::Unparsable { "; it is no mail" } else { "" };
    let observed = format!("{}{content}", written(body.digest));
    Some(Fault::new(&kinds::EXPORT_ITEM_DIGEST, written(stated), observed))
}

fn in_place_of_mail(content: Content) -> Option<Fault> {
    let (kind, observed) = match content {
        Content::Filler => {
            (&kinds::EXPORT_ITEM_FILLER, "the text that zmblobrescue writes where it recovered nothing")
        }
        Content::Blank => (&kinds::EXPORT_ITEM_BLANK, "nothing but spaces"),
        Content::ErrorPage => (&kinds::EXPORT_ITEM_ERROR_PAGE, "the page of a web server"),
        Content::Usual | Content::Unparsable | Content::TooLong => return None,
    };
    Some(Fault::new(kind, "the item that was received", observed))
}

fn no_mail(content: Content) -> Option<Fault> {
    let unparsable = content == Content::Unparsable;
    unparsable.then(|| Fault::new(&kinds::EXPORT_ITEM_UNPARSABLE, "a message", "no header"))
}

fn changed_size(item: &Item, body: &SeenBody, err: bool) -> String {
    let size = of_size(body);
    match body.trailing_spaces {
        _ if !err => size,
        0 => format!("{size}, as the server cut it: the blob is longer"),
        spaces if body.size == item.size => {
            format!("{size}, as the server filled it up: the last {spaces} are spaces")
        }
        _ => size,
    }
}

fn of_size(body: &SeenBody) -> String {
    format!("{} bytes", body.size)
}

/// A digest as `sha256sum` writes it.
fn written(digest: Digest) -> String {
    let (name, bytes) = match &digest {
        Digest::Sha256(bytes) => ("SHA-256", &bytes[..]),
        Digest::Sha1(bytes) => ("SHA-1", &bytes[..]),
    };
    bytes.iter().fold(format!("{name} "), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, found, only};
    use super::*;

    /// A full export in which the body of item 259 was changed.
    fn with(change: impl FnOnce(&mut SeenBody)) -> Meaning {
        let mut export = Export::full();
        change(export.items[2].1.as_mut().unwrap());
        export.examine()
    }

    fn id_and_severity(meaning: &Meaning) -> Vec<(&'static str, Severity)> {
        meaning.findings.iter().map(|finding| (finding.kind.id, finding.severity)).collect()
    }

    #[test]
    fn a_changed_byte_is_named_with_both_digests() {
        let meaning = with(|body| body.digest = Digest::Sha256([9; 32]));
        let finding = only(&meaning, "export-item-digest");
        assert_eq!(finding.subject, "anna@example.org: folder 2 (Inbox), item 259");
        assert_eq!(finding.observed, format!("SHA-256 {}", "09".repeat(32)));
        assert_ne!(finding.expected, finding.observed);
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (4, Some(5)));
    }

    #[test]
    fn inside_damaged_layers_the_layers_come_first() {
        let mut export = Export::full();
        export.items[2].1.as_mut().unwrap().digest = Digest::Sha256([9; 32]);
        export.ending.faults.push(Finding::new(&kinds::GZIP_CHECKSUM_MISMATCH, "archive"));
        let meaning = export.examine();
        let digest = meaning.findings.iter().find(|finding| finding.kind.id == "export-item-digest").unwrap();
        assert!(digest.remedy.starts_with("The export around the item is damaged"), "{}", digest.remedy);
    }

    #[test]
    fn an_item_that_no_tar_holds_is_itself_the_reason_of_the_damage() {
        let mut export = Export::full();
        export.items[2].0.size = UNWRITABLE;
        export.ending.whole = false;
        export.ending.faults.push(Finding::new(&kinds::TAR_HEADER_CHECKSUM, "header at byte 5632"));
        let meaning = export.examine();
        assert_eq!(found(&meaning), ["export-damaged", "export-item-too-large"]);
        let told: Vec<_> = meaning.findings.iter().collect();
        assert!(told[0].observed.starts_with("the rest of an item too large"), "{}", told[0].observed);
        assert_eq!(told[1].remedy, kinds::EXPORT_ITEM_TOO_LARGE.remedy);
    }

    #[test]
    fn another_size_is_named_as_such() {
        let meaning = with(|body| body.size -= 1);
        assert_eq!(only(&meaning, "export-item-size").observed, "999 bytes");
    }

    #[test]
    fn what_the_server_filled_up_or_cut_is_told() {
        for (spaces, told) in [(7, "the last 7 are spaces"), (0, "the blob is longer")] {
            let mut export = Export::full();
            export.err.insert(259);
            let body = export.items[2].1.as_mut().unwrap();
            (body.digest, body.trailing_spaces) = (Digest::Sha256([9; 32]), spaces);
            let meaning = export.examine();
            assert!(only(&meaning, "export-item-size").observed.ends_with(told));
        }
        // A message that ends in spaces by itself.
        assert_eq!(found(&with(|body| body.trailing_spaces = 7)), [""; 0]);
    }

    #[test]
    fn a_mark_of_the_server_on_a_sound_body_is_odd() {
        let mut export = Export::full();
        export.err.insert(259);
        assert_eq!(id_and_severity(&export.examine()), [("export-item-size", Severity::Warning)]);
    }

    #[test]
    fn what_stands_in_place_of_a_body_is_a_failure_and_odd_where_it_was_received() {
        for (content, id) in [
            (Content::Filler, "export-item-filler"),
            (Content::Blank, "export-item-blank"),
            (Content::ErrorPage, "export-item-error-page"),
        ] {
            let changed = with(|body| (body.content, body.size) = (content, 19));
            assert_eq!(id_and_severity(&changed), [(id, Severity::Failure)]);
            assert_eq!(id_and_severity(&with(|body| body.content = content)), [(id, Severity::Warning)]);
        }
        let received = with(|body| body.content = Content::Unparsable);
        assert_eq!(id_and_severity(&received), [("export-item-unparsable", Severity::Warning)]);
    }

    #[test]
    fn a_document_may_hold_anything_that_its_digest_states() {
        let mut export = Export::full();
        export.items[2].0.kind = ItemKind::Document;
        export.items[2].1.as_mut().unwrap().content = Content::Blank;
        assert_eq!(found(&export.examine()), [""; 0]);
    }

    #[test]
    fn a_size_that_tar_can_t_state_is_named() {
        let mut export = Export::full();
        export.items[2].0.size = UNWRITABLE + 1000;
        let body = export.items[2].1.as_mut().unwrap();
        (body.size, body.digest) = (1000, Digest::Sha256([9; 32]));
        export.folders[1].bytes = Some(UNWRITABLE + 3000);
        assert_eq!(found(&export.examine()), ["export-item-too-large"]);
        // Repacked by an archiver that can.
        let mut whole = export.clone();
        *whole.items[2].1.as_mut().unwrap() = super::super::fixture::body(&whole.items[2].0);
        assert_eq!(found(&whole.examine()), [""; 0]);
    }

    #[test]
    fn a_limit_below_a_header_is_open_and_no_finding() {
        let meaning = with(|body| body.content = Content::TooLong);
        assert_eq!((found(&meaning).len(), meaning.open.len()), (0, 1));
    }
}
