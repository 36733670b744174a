//! What is said of one export in detail, beside the table of [`super::twenty`]: bytes as Zimbra writes them, read by gzip,
//! tar walker, reader and examination.

use std::convert::Infallible;
use std::iter;

use aws_lc_rs::digest::{Context, SHA256};
use mailproof::archive::decompress::{Gunzip, GunzipError};
use mailproof::archive::unpack::tar::Walker;
use mailproof::check::meaningful::Meaning;
use mailproof::check::meaningful::export::{Examination, MailboxSummary};
use mailproof::demo::mailbox::{self, Amount};
use mailproof::demo::zimbra::{Export, Fate, Member};
use mailproof::mailbox::zimbra::export;
use mailproof::mailbox::{Digest, Ending, Form, Mailbox};
use mailproof::policy::{self, Limits};
use mailproof::verdict::{Findings, Severity};

use super::account::{ANNA, DUE, PAUL, Size, account, endless, mail, restate, with};

/// Reads an export to its end, as the reader of archives does.
fn examine(bytes: &[u8]) -> (MailboxSummary, Meaning) {
    let mut packed = Findings::default();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return examine_tar(packed, |walk| bytes.chunks(4093).for_each(walk));
    }
    let mut gunzip = Gunzip::new();
    let mut unpacked = Vec::new();
    let mut keep = |piece: &[u8]| {
        unpacked.extend_from_slice(piece);
        Ok::<(), Infallible>(())
    };
    let pushed = bytes.chunks(4093).try_for_each(|piece| gunzip.push(piece, &mut keep));
    let fault = match pushed {
        Ok(()) => gunzip.finish().err(),
        Err(GunzipError::Fault(fault)) => Some(fault),
    };
    fault.iter().for_each(|fault| packed.push(fault.finding("export")));
    examine_tar(packed, |walk| unpacked.chunks(4093).for_each(walk))
}

/// Examines a tar that `feed` hands over; `packed` is what was wrong around it.
fn examine_tar(mut packed: Findings, feed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> (MailboxSummary, Meaning) {
    let limits = Limits::default();
    let mailbox = Mailbox { account: ANNA.to_owned(), source: "s/anna.tgz".to_owned(), ..Mailbox::default() };
    let examination = Examination::new(ANNA, &policy::Mailbox::default());
    let mut export = export::Export::new(mailbox, examination, &limits);
    let (mut walker, mut faults) = (Walker::new(&limits), Findings::default());
    let mut broken = false;
    feed(&mut |piece| broken = broken || walker.push(piece, &mut export, &mut faults).is_break());
    // Where gzip or the walk stops, the tar has no end of its own to be judged.
    let stopped = broken || !packed.is_empty();
    let walked = match stopped {
        true => walker.abandon(&mut export),
        false => walker.finish(&mut export, &mut faults),
    };
    packed.append(faults);
    export.finish(Ending { whole: walked.ended && !stopped, faults: packed }, 0)
}

/// What was found, and how much was proven of how much.
fn said(bytes: &[u8]) -> (Vec<String>, u64, Option<u64>) {
    let (_, meaning) = examine(bytes);
    let told = |finding: &mailproof::verdict::Finding| format!("{} {}", finding.severity, finding.kind.id);
    (meaning.findings.iter().map(told).collect(), meaning.coverage.checked, meaning.coverage.total)
}

fn fine(export: &Export, items: u64) {
    assert_eq!(said(&export.write().unwrap()), (vec![], items, Some(items)));
}

#[test]
fn a_sound_account_is_proven_whole_in_tgz_and_in_tar() {
    fine(&account(), DUE);
    fine(&with(|export| export.options.form = Form::Tar), DUE);
    let (summary, meaning) = examine(&account().write().unwrap());
    assert_eq!((summary.account.as_str(), summary.newest, meaning.open.len()), (ANNA, Some(274), 0));
    let inbox = summary.folders.iter().find(|folder| &*folder.path == "/Inbox").unwrap();
    assert_eq!((inbox.stated, inbox.seen), (12, 12));
}

#[test]
fn the_demonstrations_mailboxes_are_sound() {
    let files = mailbox::session(7, Amount { accounts: 3, messages: 12 }).unwrap();
    let exports: Vec<_> = files.iter().filter(|file| file.name.ends_with(".tgz")).collect();
    assert_eq!(exports.len(), 3);
    for export in exports {
        let (_, meaning) = examine(&export.content);
        let serious = meaning.findings.iter().filter(|finding| finding.severity > Severity::Info);
        let found: Vec<_> = serious.map(|finding| finding.kind.id).collect();
        // Whose export it is can't fit: all are examined as Anna's.
        assert!(found.is_empty() || found == ["export-other-account"], "{}: {found:?}", export.name);
        assert!(meaning.open.is_empty() && meaning.coverage.checked >= 12, "{:?}", meaning.open);
        assert!(meaning.coverage.reaches(100), "{}", meaning.coverage);
    }
}

#[test]
fn a_truncated_download_is_found_at_every_length() {
    let whole = account().write().unwrap();
    for length in (1..whole.len()).step_by(211).chain([whole.len() - 1]) {
        let (found, checked, _) = said(&whole[..length]);
        assert_eq!(found, ["failure export-truncated"], "{length}");
        assert!(checked <= DUE);
    }
}

#[test]
fn an_export_that_was_aborted_says_where_it_stopped() {
    let export = with(|export| export.items[13].fate = Fate::Aborts);
    let (_, meaning) = examine(&export.write().unwrap());
    let found: Vec<_> = meaning.findings.iter().map(|finding| finding.kind.id).collect();
    assert_eq!(found, ["export-items-missing"; 3]);
    let sent = meaning.findings.iter().find(|finding| finding.subject.ends_with("folder 5 (Sent)")).unwrap();
    assert!(sent.observed.ends_with("stopped behind folder 5 (Sent), item 269"), "{}", sent.observed);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (13, Some(DUE)));
}

/// Mode 20 with every byte there. Its twin: the same from an archiver that can write such sizes.
#[test]
#[ignore = "reads 16 GiB"]
fn an_item_of_8_gib_is_read_where_its_size_can_be_written() {
    const BLOCKS: usize = (8 << 10) + 1;
    let block = vec![b'x'; 1 << 20];
    let head = [b"Subject: x\n\n", &block[12..]].concat();
    let body = || iter::once(&head).chain(iter::repeat_n(&block, BLOCKS - 1));
    let mut context = Context::new(&SHA256);
    body().for_each(|piece| context.update(piece));
    let digest = Digest::Sha256(context.finish().as_ref().try_into().unwrap());
    let item = mail(260, 2);
    let size = (BLOCKS as u64) << 20;
    let export = with(|export| export.items[3].stated_digest = Some(digest.to_string()));
    let mut members = export.members();
    let mut restated = 0;
    for text in members.iter_mut().filter(|member| member.name.ends_with(".meta")) {
        let stated: u64 = export.tallies()[&2].bytes;
        let json = String::from_utf8(text.content.clone()).unwrap();
        let larger = match text.name.contains("0000000260") {
            true => json.replace(&format!("\"size\":{}", item.size()), &format!("\"size\":{size}")),
            false => json.replace(&format!("szi{stated}e"), &format!("szi{}e", stated - item.size() + size)),
        };
        restated += usize::from(larger != json);
        text.content = larger.into_bytes();
    }
    assert_eq!(restated, 2);
    let at =
        members.iter().position(|member| member.name.contains("0000000260") && member.name.ends_with(".eml"));
    let (before, rest) = members.split_at(at.unwrap());
    let header = |size: Size| {
        let mut header = endless(&[Member { content: Vec::new(), ..rest[0].clone() }]);
        restate(&mut header, size);
        [endless(before), header].concat()
    };
    let read = |begin: Vec<u8>| {
        let (_, meaning) = examine_tar(Findings::default(), |walk| {
            walk(&begin);
            body().for_each(|piece| walk(piece));
            walk(&endless(&rest[1..]));
            walk(&[0; 1024]);
        });
        let found: Vec<_> = meaning.findings.counts().map(|(kind, _)| kind.id).collect();
        (found, meaning.coverage.checked, meaning.coverage.total)
    };
    assert_eq!(read(header(Size::Base256(size))), (vec![], DUE, Some(DUE)));
    let (found, checked, total) = read(header(Size::Wrapped(size)));
    assert_eq!(found, ["export-damaged", "export-item-too-large"]);
    assert_eq!((checked, total), (3, Some(DUE)));
}

/// Exports of a query say nothing of what should be there.
#[test]
fn an_incremental_export_is_open_and_no_failure() {
    let export = with(|export| export.options.folders = false);
    let (_, meaning) = examine(&export.write().unwrap());
    assert!(meaning.findings.is_empty());
    assert_eq!((meaning.open.len(), meaning.coverage.checked, meaning.coverage.total), (1, DUE, Some(DUE)));
}

/// No subject, no name of a person and no address of others leaves the examination.
#[test]
fn findings_hold_no_content_of_mail() {
    let export = with(|export| {
        for (item, fate) in export
            .items
            .iter_mut()
            .zip([Fate::Lost, Fate::WithoutBody, Fate::WithoutMeta, Fate::Twice].into_iter().cycle())
        {
            item.fate = fate;
            item.sender = PAUL.to_owned();
        }
    });
    let (_, meaning) = examine(&export.write().unwrap());
    let text = format!("{:?}{:?}", meaning.findings, meaning.open);
    assert!(meaning.findings.iter().count() > 8, "{text}");
    for word in ["Offerta", "Doe", "Jane", "paul", "Buongiorno"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}
