//! How the layers of an export ended (modes 1, 2, 4): cut, damaged, or with what is harmless here.

use std::borrow::Cow;

use super::Meaning;
use super::bodies::UNWRITABLE;
use super::counts::Counts;
use crate::mailbox::{Form, Mailbox};
use crate::verdict::{Finding, Kind, Severity, kinds};

/// Faults that are named in full.
const NAMED: usize = 4;

/// What a fault of a layer means for an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The layer stops before its end.
    Cut,
    /// The layer is not as it was written.
    Damage,
    /// Told as it is: a limit of the policy, or what is no more than odd.
    Own,
    /// An export's names are no paths, and that it is empty is judged elsewhere.
    None,
}

pub(super) fn finish(mailbox: &Mailbox, counts: &Counts<'_>, meaning: &mut Meaning) {
    let faults = &mailbox.ending.faults;
    let has = |sought| faults.counts().any(|(kind, _)| class(kind) == sought);
    let (cut, damaged) = (has(Fault::Cut), has(Fault::Damage));
    if cut || damaged {
        let kind = if damaged { &kinds::EXPORT_DAMAGED } else { &kinds::EXPORT_TRUNCATED };
        let observed = format!("{}; {}", named(mailbox), counts.came());
        let finding = Finding::new(kind, &mailbox.account).expected("every layer whole up to its end");
        meaning.findings.push(finding.observed(observed));
    }
    for fault in faults.iter().filter(|fault| class(fault.kind) == Fault::Own) {
        let subject = format!("{}: {}", mailbox.account, place(&fault.subject));
        meaning.findings.push(Finding { subject, ..fault.clone() });
    }
    if !mailbox.ending.whole && !cut && !damaged && !has(Fault::Own) {
        let why =
            "the archive around the export stopped, so the export was not read to its end; mend that first";
        meaning.open.push(why.to_owned());
    }
}

fn class(kind: &Kind) -> Fault {
    match kind.id {
        "tar-path-unsafe" | "tar-path-unreadable" | "tar-duplicate-member" | "tar-empty" => Fault::None,
        "tar-missing-end-marker" | "tar-truncated-header" | "tar-truncated-member" => Fault::Cut,
        id if id.ends_with("-truncated") => Fault::Cut,
        id if id.starts_with("limit-") || id.ends_with("-unsupported") => Fault::Own,
        _ if kind.severity < Severity::Failure => Fault::Own,
        _ => Fault::Damage,
    }
}

/// Names the faults, and what they mean together.
fn named(mailbox: &Mailbox) -> String {
    let faults = &mailbox.ending.faults;
    let broken = faults.iter().filter(|fault| matches!(class(fault.kind), Fault::Cut | Fault::Damage));
    let names: Vec<String> =
        broken.take(NAMED).map(|fault| format!("{} ({})", fault.kind.id, place(&fault.subject))).collect();
    let names = names.join(", ");
    match meaning_of(mailbox) {
        Some(meaning) => format!("{meaning}: {names}"),
        None => names,
    }
}

/// Where a layer's fault is, without the name of a member, in which a person may have written. What is an archive to a
/// layer is the export here.
fn place(subject: &str) -> Cow<'_, str> {
    let second = subject.match_indices(' ').nth(1).map_or(subject.len(), |(at, _)| at);
    match subject.strip_prefix("archive") {
        _ if subject.starts_with("member ") => Cow::Borrowed(&subject[..second]),
        Some(rest) if rest.is_empty() || rest.starts_with(',') => Cow::Owned(format!("export{rest}")),
        _ => Cow::Borrowed(subject),
    }
}

fn meaning_of(mailbox: &Mailbox) -> Option<&'static str> {
    let faults = &mailbox.ending.faults;
    let has = |test: fn(&str) -> bool| faults.counts().any(|(kind, _)| test(kind.id));
    let unpacked_wrongly = has(|id| matches!(id, "gzip-checksum-mismatch" | "gzip-corrupt"));
    let out_of_step = has(|id| id.starts_with("tar-") && !id.starts_with("tar-path"));
    if unpacked_wrongly && out_of_step {
        return Some("as after a text-mode transfer, which drops bytes");
    }
    let packed = has(|id| id.starts_with("gzip-"));
    if !packed && mailbox.items.iter().any(|item| item.size >= UNWRITABLE && !item.sound) {
        return Some("the rest of an item too large for a tar stands where headers should be");
    }
    match mailbox.form {
        _ if has(|id| id == "gzip-truncated") => Some("the transfer stopped before the server had finished"),
        _ if has(|id| id == "tar-data-after-end") && !packed => {
            Some("more stands behind the end of the export, as where two were joined")
        }
        // Compressed on the same server as packed, and whole up to its checksum.
        Form::Tgz if !packed && !mailbox.items.is_empty() => {
            Some("the server gave up inside an item and closed the export as if it were whole")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, found, only};
    use crate::verdict::{Finding, kinds};

    fn with(faults: &[&'static crate::verdict::Kind]) -> super::Meaning {
        let mut export = Export::full();
        export.ending.whole = false;
        for kind in faults {
            export.ending.faults.push(Finding::new(kind, "archive"));
        }
        export.examine()
    }

    #[test]
    fn a_cut_transfer_and_a_server_that_gave_up_are_told_apart() {
        let cut = with(&[&kinds::GZIP_TRUNCATED, &kinds::TAR_TRUNCATED_MEMBER]);
        let observed = &only(&cut, "export-truncated").observed;
        assert!(observed.starts_with("the transfer stopped"), "{observed}");
        assert!(observed.contains("gzip-truncated (export), "), "{observed}");
        let gave_up = with(&[&kinds::TAR_TRUNCATED_MEMBER]);
        let finding = only(&gave_up, "export-truncated");
        assert!(finding.observed.starts_with("the server gave up inside an item"), "{}", finding.observed);
        assert!(finding.observed.ends_with("5 of 5 stated items came"), "{}", finding.observed);
    }

    #[test]
    fn lost_bytes_look_like_a_text_mode_transfer() {
        let meaning = with(&[&kinds::GZIP_CHECKSUM_MISMATCH, &kinds::TAR_HEADER_CHECKSUM]);
        assert!(only(&meaning, "export-damaged").observed.contains("text-mode transfer"));
        let meaning = with(&[&kinds::GZIP_CHECKSUM_MISMATCH]);
        assert!(!only(&meaning, "export-damaged").observed.contains("text-mode transfer"));
    }

    #[test]
    fn joined_exports_and_what_is_no_tar_are_no_servers_that_gave_up() {
        let meaning = with(&[&kinds::TAR_DATA_AFTER_END]);
        assert!(only(&meaning, "export-damaged").observed.starts_with("more stands behind the end"));
        let mut nothing = Export::default();
        nothing.ending.whole = false;
        nothing.ending.faults.push(Finding::new(&kinds::TAR_HEADER_CHECKSUM, "header at byte 0"));
        assert!(only(&nothing.examine(), "export-damaged").observed.starts_with("tar-header-checksum"));
    }

    #[test]
    fn names_are_no_paths_and_limits_stay_what_they_are() {
        let mut export = Export::full();
        for kind in [&kinds::TAR_PATH_UNSAFE, &kinds::TAR_PATH_UNREADABLE, &kinds::TAR_DUPLICATE_MEMBER] {
            export.ending.faults.push(Finding::new(kind, "member 3"));
        }
        assert_eq!(found(&export.examine()), [""; 0]);
        let limited = with(&[&kinds::LIMIT_UNPACKED_SIZE]);
        assert_eq!(only(&limited, "limit-unpacked-size").subject, "anna@example.org: export");
    }

    #[test]
    fn what_is_only_odd_about_a_layer_is_no_damage() {
        let mut export = Export::full();
        export.ending.faults.push(Finding::new(&kinds::TAR_SINGLE_ZERO_BLOCK, "archive"));
        only(&export.examine(), "tar-single-zero-block");
    }

    #[test]
    fn an_export_that_stops_without_a_fault_of_its_own_is_open() {
        let meaning = with(&[]);
        assert_eq!((found(&meaning).len(), meaning.open.len()), (0, 1));
    }
}
