//! How an export of an account can be incomplete or wrong, and for each way what looks like it and is fine: bytes as
//! Zimbra writes them, read by gzip, tar walker, reader and examination.

use std::convert::Infallible;

use mailproof::archive::decompress::{Gunzip, GunzipError};
use mailproof::archive::unpack::tar::Walker;
use mailproof::check::meaningful::Meaning;
use mailproof::check::meaningful::export::{Examination, MailboxSummary};
use mailproof::demo::mailbox::{self, Amount};
use mailproof::demo::zimbra::{Export, Fate, Folder, Item, Map, gzip, tar};
use mailproof::mailbox::zimbra::export;
use mailproof::mailbox::{Ending, Flags, Form, ItemKind, Mailbox};
use mailproof::policy::{self, Limits};
use mailproof::verdict::{Findings, Severity};

const ANNA: &str = "anna@example.org";
const PAUL: &str = "Paul <paul@example.org>";
const INBOX: u32 = 2;
const TRASH: u32 = 3;
const JUNK: u32 = 4;
const SENT: u32 = 5;
const CONTACTS: u32 = 7;
const BRIEFCASE: u32 = 16;
/// Items of [`account`] that are exported.
const DUE: u64 = 20;

/// Reads an export to its end, as the reader of archives does.
fn examine(bytes: &[u8]) -> (MailboxSummary, Meaning) {
    let limits = Limits::default();
    let mailbox = Mailbox { account: ANNA.to_owned(), source: "s/anna.tgz".to_owned(), ..Mailbox::default() };
    let examination = Examination::new(ANNA, &policy::Mailbox::default());
    let mut export = export::Export::new(mailbox, examination, &limits);
    let mut walker = Walker::new(&limits);
    let (mut faults, mut packed) = (Findings::default(), Findings::default());
    let mut walk = |piece: &[u8]| {
        // What gzip says at its end counts even where the tar in it can't be read any more.
        let _ = walker.push(piece, &mut export, &mut faults);
        Ok::<(), Infallible>(())
    };
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut gunzip = Gunzip::new();
        let pushed = bytes.chunks(4093).try_for_each(|piece| gunzip.push(piece, &mut walk));
        let fault = match pushed {
            Ok(()) => gunzip.finish().err(),
            Err(GunzipError::Fault(fault)) => Some(fault),
        };
        fault.iter().for_each(|fault| packed.push(fault.finding("export")));
    } else {
        let Ok(()) = bytes.chunks(4093).try_for_each(walk);
    }
    // As archives are read: where gzip stops, the tar has no end of its own to be judged.
    let stopped = !packed.is_empty();
    let walked = match stopped {
        true => walker.abandon(&mut export),
        false => walker.finish(&mut export, &mut faults),
    };
    packed.append(faults);
    let whole = walked.ended && !stopped;
    export.finish(Ending { whole, faults: packed }, bytes.len() as u64)
}

/// What was found, and how much was proven of how much.
fn said(bytes: &[u8]) -> (Vec<String>, u64, Option<u64>) {
    let (_, meaning) = examine(bytes);
    let told = |finding: &mailproof::verdict::Finding| format!("{} {}", finding.severity, finding.kind.id);
    (meaning.findings.iter().map(told).collect(), meaning.coverage.checked, meaning.coverage.total)
}

fn found(export: &Export) -> Vec<String> {
    said(&export.write().unwrap()).0
}

fn fine(export: &Export, items: u64) {
    assert_eq!(said(&export.write().unwrap()), (vec![], items, Some(items)));
}

fn mail(id: u32, folder: u32) -> Item {
    let subject = format!("Offerta {id}");
    let body =
        format!("Subject: {subject}\r\nFrom: {ANNA}\r\n\r\n{}\r\n", "Buongiorno. ".repeat(id as usize % 97));
    Item { sender: format!("Anna <{ANNA}>"), date: i64::from(id), ..Item::message(id, folder, subject, body) }
}

/// Twelve messages in Inbox, six in Sent, a contact without photo and a file.
fn account() -> Export {
    let messages = (257..275).map(|id| mail(id, if id < 269 { INBOX } else { SENT }));
    let contact = Item::new(280, CONTACTS, ItemKind::Contact, "Doe, Jane/../x");
    let file =
        Item { body: Some(vec![0; 5000]), ..Item::new(281, BRIEFCASE, ItemKind::Document, "plan.pdf") };
    Export { items: messages.chain([contact, file]).collect(), ..Export::default() }
}

fn with(change: impl FnOnce(&mut Export)) -> Export {
    let mut export = account();
    change(&mut export);
    export
}

/// An account whose item 260 was changed.
fn with_item(change: impl FnOnce(&mut Item)) -> Export {
    with(|export| change(&mut export.items[3]))
}

fn unpacked(export: &Export) -> Vec<u8> {
    tar::write(&export.members(), export.options.exported)
}

fn packed(tar: &[u8]) -> Vec<u8> {
    gzip::write(tar, flate2::Compression::fast()).unwrap()
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

/// Mode 1. Its twin: stale bytes behind the end, which every export of Zimbra has.
#[test]
fn a_truncated_download_is_found_at_every_length() {
    let whole = account().write().unwrap();
    for length in (1..10).map(|tenth| whole.len() * tenth / 10).chain([whole.len() - 1]) {
        let (found, checked, _) = said(&whole[..length]);
        assert_eq!(found, ["failure export-truncated"], "{length}");
        assert!(checked <= DUE);
    }
    let tar = unpacked(&account());
    let mut members = Vec::new();
    account().members().iter().for_each(|member| tar::append(&mut members, member, 0));
    assert!(tar[members.len() + 1024..].iter().any(|byte| *byte != 0), "no stale bytes");
    assert_eq!(said(&packed(&tar)).0, [""; 0]);
}

/// Mode 2. Its twin: mail with any bytes in it.
#[test]
fn bytes_lost_by_a_text_mode_transfer_are_damage() {
    let mut tar = unpacked(&account());
    let at = tar.windows(2).position(|pair| pair == b"\r\n").unwrap();
    tar.remove(at);
    // As the real ones: gzip's trailer is that of what was packed.
    let trailer = account().write().unwrap();
    let mut bytes = packed(&tar);
    let end = bytes.len() - 8;
    bytes[end..].copy_from_slice(&trailer[trailer.len() - 8..]);
    let (_, meaning) = examine(&bytes);
    let finding = meaning.findings.iter().next().unwrap();
    assert_eq!(finding.kind.id, "export-damaged");
    assert!(finding.observed.contains("text-mode transfer"), "{}", finding.observed);
    fine(&with_item(|item| item.body = Some(b"Subject: x\n\n\r\n\n\r\r\n\x1a\x04\0".to_vec())), DUE);
}

/// Mode 3. Its twin: the same items, delivered while the export ran.
#[test]
fn an_export_that_was_aborted_says_where_it_stopped() {
    let export = with(|export| export.items[13].fate = Fate::Aborts);
    let (_, meaning) = examine(&export.write().unwrap());
    let found: Vec<_> = meaning.findings.iter().map(|finding| finding.kind.id).collect();
    assert_eq!(found, ["export-items-missing"; 3]);
    let sent = meaning.findings.iter().find(|finding| finding.subject.ends_with("folder 5")).unwrap();
    assert!(sent.observed.ends_with("stopped behind folder 5, item 269"), "{}", sent.observed);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (13, Some(DUE)));
    let late = with(|export| export.items.extend((300..310).map(|id| mail(id, INBOX))));
    let stated = account().members();
    let folders = stated.iter().take_while(|member| member.kind == ItemKind::Folder).count();
    let members = [&stated[..folders], &late.members()[folders..]].concat();
    assert_eq!(said(&late.pack(&members).unwrap()), (vec![], DUE + 10, Some(DUE + 10)));
}

/// Mode 4. Its twin: a body whose end is that of a block.
#[test]
fn a_server_that_gave_up_inside_a_body_is_found_though_gzip_is_whole() {
    let export = account();
    let mut tar = Vec::new();
    export.members().iter().for_each(|member| tar::append(&mut tar, member, export.options.exported));
    tar.truncate(tar.len() - 4096);
    tar::end(&mut tar);
    let (_, meaning) = examine(&packed(&tar));
    let finding = meaning.findings.iter().next().unwrap();
    assert!(matches!(finding.kind.id, "export-truncated" | "export-damaged"), "{finding:?}");
    assert!(finding.observed.starts_with("the server gave up inside an item"), "{}", finding.observed);
    let head = b"Subject: x\n\n";
    fine(&with_item(|item| item.body = Some([&head[..], &[b'x'; 10_240 - 12]].concat())), DUE);
}

/// Mode 5. Its twins: items with `\Deleted`, and a few that were deleted meanwhile.
#[test]
fn blobs_that_are_missing_on_the_server_are_missed() {
    let lose = |fate, count: usize| {
        with(move |export| export.items[2..2 + count].iter_mut().for_each(|item| item.fate = fate))
    };
    assert_eq!(
        said(&lose(Fate::Lost, 4).write().unwrap()),
        (vec!["failure export-items-missing".to_owned()], 16, Some(20))
    );
    assert_eq!(
        said(&lose(Fate::Lost, 3).write().unwrap()),
        (vec!["warning export-count-shift".to_owned()], 17, Some(17))
    );
    fine(
        &with(|export| export.items[2..8].iter_mut().for_each(|item| item.flags |= Flags::DELETED)),
        DUE - 6,
    );
}

/// Mode 6. Its twin: mail that ends in spaces.
#[test]
fn blobs_of_another_size_are_marked_by_the_server() {
    let size = ["failure export-item-size"];
    assert_eq!(
        found(&with_item(|item| item.stored = item.body.as_ref().map(|body| body[..30].to_vec()))),
        size
    );
    assert_eq!(
        found(&with_item(|item| item.stored = item.body.as_ref().map(|body| [b"more", &body[..]].concat()))),
        size
    );
    fine(&with_item(|item| item.body = Some(b"Subject: x\r\n\r\nbye      ".to_vec())), DUE);
}

/// Mode 7. Its twin: SHA-1, as of items from before an upgrade.
#[test]
fn a_flipped_bit_of_a_blob_is_found() {
    let flip = |item: &mut Item| {
        let mut body = item.body.clone().unwrap();
        body[20] ^= 1;
        item.stored = Some(body);
    };
    assert_eq!(found(&with_item(flip)), ["failure export-item-digest"]);
    fine(&with_item(|item| item.old_digest = true), DUE);
    assert_eq!(
        found(&with_item(|item| {
            item.old_digest = true;
            flip(item)
        })),
        ["failure export-item-digest"]
    );
    let filler = with_item(|item| item.stored = Some(b"EMAIL_EMPTY_CONTENT".to_vec()));
    assert_eq!(found(&filler), ["failure export-item-filler"]);
    assert_eq!(found(&with_item(|item| item.stored = Some(Vec::new()))), ["failure export-item-blank"]);
}

/// Mode 8. Its twins: contacts, whose descriptions follow one another.
#[test]
fn a_pair_that_is_broken_is_found() {
    assert_eq!(found(&with_item(|item| item.fate = Fate::WithoutBody)), ["failure export-body-missing"]);
    let alone = found(&with_item(|item| item.fate = Fate::WithoutMeta));
    assert_eq!(alone, ["failure export-description-missing", "warning export-count-shift"]);
    fine(
        &with(|export| {
            export.items.extend((300..305).map(|id| Item::new(id, CONTACTS, ItemKind::Contact, "Same")))
        }),
        DUE + 5,
    );
    let bare = with(|export| export.options.meta = false);
    let (_, meaning) = examine(&bare.write().unwrap());
    assert_eq!(
        (meaning.findings.iter().next().unwrap().kind.id, meaning.open.is_empty()),
        ("export-without-descriptions", false)
    );
}

/// Mode 9. Its twin: a mailbox that says itself that it is empty.
#[test]
fn nothing_is_never_taken_for_an_empty_mailbox() {
    let nothing = Export { folders: Vec::new(), ..Export::default() };
    assert_eq!(found(&nothing), ["warning export-empty"]);
    fine(&Export::default(), 0);
}

/// Mode 10, inside of bodies. Its twin: mail about such a page.
#[test]
fn a_page_of_a_server_is_no_mail() {
    let page =
        "<html><head><title>Error 404</title></head><body><h2>HTTP ERROR 404</h2><i>Powered by Jetty://</i>";
    assert_eq!(found(&with_item(|item| item.stored = Some(page.into()))), ["failure export-item-error-page"]);
    assert_eq!(found(&with_item(|item| item.body = Some(page.into()))), ["warning export-item-error-page"]);
    fine(&with_item(|item| item.body = Some(format!("Subject: HTTP ERROR 404\n\n{page}").into())), DUE);
}

/// Mode 11. Its twin: an export that includes them.
#[test]
fn trash_and_junk_are_left_out_by_default() {
    let full = |export: &mut Export| {
        export.folders.push(Folder::new(400, TRASH, "Old"));
        export.items.extend([mail(300, TRASH), mail(301, JUNK), mail(302, 400)]);
    };
    let left_out = said(&with(full).write().unwrap());
    assert_eq!(left_out, (vec!["info export-trash-excluded".to_owned()], DUE, Some(DUE)));
    let included = with(|export| {
        full(export);
        (export.options.trash, export.options.junk) = (true, true);
    });
    fine(&included, DUE + 3);
}

/// Mode 16. Its twin: an account that also sends with an alias.
#[test]
fn the_export_of_another_account_is_suspected() {
    let sent_by = |from: usize| {
        with(|export| export.items[from..18].iter_mut().for_each(|item| item.sender = PAUL.to_owned()))
    };
    assert_eq!(found(&sent_by(12)), ["warning export-other-account"]);
    fine(&sent_by(13), DUE);
}

/// Mode 17. Its twins: revisions of a document, and Zimbra 7's search folders.
#[test]
fn a_number_stands_for_one_item() {
    assert_eq!(found(&with_item(|item| item.fate = Fate::Twice)), ["warning export-item-duplicate"]);
    let clash = with(|export| export.items[4].id = 260);
    assert_eq!(found(&clash)[0], "failure export-item-duplicate");
    let revised = with(|export| {
        let mut older = export.items[19].clone();
        (older.body, older.fate) = (Some(b"older".to_vec()), Fate::Revision);
        export.items[19].flags |= Flags::VERSIONED;
        export.items[19].version = 2;
        export.items.insert(19, older);
    });
    fine(&revised, DUE);
    let old = with(|export| {
        export.options.old = true;
        let search = Folder {
            kind: ItemKind::SearchFolder,
            metadata: Map::versioned(),
            ..Folder::new(500, 1, "service")
        };
        export.folders.push(search);
        export.items.push(Item::new(501, 9, ItemKind::Conversation, "Offerta"));
    });
    fine(&old, DUE);
}

/// Exports of a query say nothing of what should be there.
#[test]
fn an_incremental_export_is_open_and_no_failure() {
    let export = with(|export| export.options.folders = false);
    let (_, meaning) = examine(&export.write().unwrap());
    assert!(meaning.findings.is_empty());
    assert_eq!((meaning.open.len(), meaning.coverage.checked, meaning.coverage.total), (1, DUE, Some(DUE)));
}

/// Mode 20. Its twin: a tar by an archiver that can write such sizes is too large for a test; see the unit tests.
#[test]
fn an_item_whose_size_tar_lost_is_named() {
    let export = account();
    let mut members = export.members();
    let at = members
        .iter()
        .position(|member| member.name.contains("0000000260") && member.name.ends_with(".meta"));
    let meta = &mut members[at.unwrap()].content;
    let text = String::from_utf8(meta.clone()).unwrap();
    let size = export.items[3].size();
    let larger = text.replace(&format!("\"size\":{size}"), &format!("\"size\":{}", size + (8 << 30)));
    assert_ne!(text, larger);
    *meta = larger.into_bytes();
    assert!(said(&export.pack(&members).unwrap()).0.contains(&"failure export-item-too-large".to_owned()));
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
