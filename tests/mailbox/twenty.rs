//! The twenty ways in which a backup of mailboxes can be incomplete or wrong, and for each what looks like it and is
//! fine: whole archives through the whole way, up to the rung `meaningful`.
//!
//! The ways are numbered as in the checks. Those of sessions, Network Edition and raw stores (12 in part, 13, 15, 18, 19) are
//! held by the tests of these checks and by the demonstration's damage.

use mailproof::demo::mailbox::{self, Amount};
use mailproof::demo::pack::File;
use mailproof::demo::zimbra::{Export, Fate, Folder, Item, Map, tar};
use mailproof::exit;
use mailproof::mailbox::{Flags, Form, ItemKind};
use mailproof::verdict::Outcome;
use mailproof::verify::RunResult;

use super::account::{
    ANNA, CONTACTS, INBOX, PAUL, Size, account, endless, mail, packed, restate, unpacked, with,
};
use super::run;

const TRASH: u32 = 3;
const JUNK: u32 = 4;
const JETTY: &str = "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n\
    <title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404</h2>\n<p>Problem accessing /home/anna. \
    Reason:\n<pre>    no such account</pre></p><hr><i><small>Powered by Jetty://</small></i><hr/>\n</body>\n</html>\n";

/// What must be said of an archive.
struct Row {
    mode: u8,
    what: &'static str,
    files: Vec<File>,
    /// Severity and id of each kind of finding, in order.
    found: &'static [&'static str],
    outcome: Outcome,
    exit: u8,
}

/// An archive that fails.
fn bad(mode: u8, what: &'static str, files: impl Files, found: &'static [&'static str]) -> Row {
    Row { mode, what, files: files.files(), found, outcome: Outcome::Failed, exit: exit::FAILED }
}

/// An archive that nobody can judge.
fn open(mode: u8, what: &'static str, files: impl Files, found: &'static [&'static str]) -> Row {
    Row { outcome: Outcome::NotVerified, exit: exit::NOT_VERIFIED, ..bad(mode, what, files, found) }
}

/// An archive that passes with a remark.
fn odd(mode: u8, what: &'static str, files: impl Files, found: &'static [&'static str]) -> Row {
    Row { outcome: Outcome::Passed, exit: exit::PASSED, ..bad(mode, what, files, found) }
}

/// The twin: an archive of which there is nothing to say.
fn twin(mode: u8, what: &'static str, files: impl Files) -> Row {
    odd(mode, what, files, &[])
}

impl Row {
    fn hold(&self) {
        let result = run::run(&self.files);
        let place = format!("mode {}: {}", self.mode, self.what);
        assert_eq!(found(&result), self.found, "{place}");
        let why = &result.archives[0].standings;
        assert_eq!((result.outcome, result.exit_code), (self.outcome, self.exit), "{place}: {why:?}");
    }
}

fn found(result: &RunResult) -> Vec<String> {
    let told =
        result.archives[0].findings.iter().map(|finding| format!("{} {}", finding.severity, finding.kind.id));
    let mut told: Vec<_> = told.collect();
    told.dedup();
    told
}

fn hold(rows: impl IntoIterator<Item = Row>) {
    rows.into_iter().for_each(|row| row.hold());
}

/// What an archive is packed of: files, or one export of Anna's that lies in no session.
trait Files {
    fn files(self) -> Vec<File>;
}

impl Files for Vec<File> {
    fn files(self) -> Vec<File> {
        self
    }
}

impl Files for Export {
    fn files(self) -> Vec<File> {
        self.write().unwrap().files()
    }
}

impl Files for &str {
    fn files(self) -> Vec<File> {
        self.as_bytes().to_vec().files()
    }
}

impl Files for Vec<u8> {
    fn files(self) -> Vec<File> {
        named("tgz", self)
    }
}

fn named(end: &str, content: Vec<u8>) -> Vec<File> {
    vec![File::new(format!("exports/{ANNA}.{end}"), content)]
}

/// An account whose item 260 was changed.
fn with_item(change: impl FnOnce(&mut Item)) -> Export {
    with(|export| change(&mut export.items[3]))
}

fn with_body(body: &[u8]) -> Export {
    with_item(|item| item.body = Some(body.to_vec()))
}

fn with_stored(stored: &[u8]) -> Export {
    with_item(|item| item.stored = Some(stored.to_vec()))
}

fn with_fate(fate: Fate) -> Export {
    with_item(|item| item.fate = fate)
}

/// A session of two accounts, changed.
fn session(change: impl FnOnce(&mut Vec<File>)) -> Vec<File> {
    let mut files = mailbox::session(3, Amount { accounts: 2, messages: 20 }).unwrap();
    change(&mut files);
    files
}

/// A session whose first file with this ending was changed.
fn session_with(end: &str, change: impl FnOnce(&mut File)) -> Vec<File> {
    session(|files| change(files.iter_mut().find(|file| file.name.ends_with(end)).unwrap()))
}

fn session_without(end: &str) -> Vec<File> {
    session(|files| {
        let first = files.iter().position(|file| file.name.ends_with(end)).unwrap();
        files.remove(first);
    })
}

#[test]
fn mode_1_a_truncated_download() {
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let stale = unpacked(&account());
    assert!(
        stale[endless(&account().members()).len() + 1024..].iter().any(|byte| *byte != 0),
        "no stale bytes"
    );
    hold([
        bad(1, "half a tgz", half(account().write().unwrap()), &["failure export-truncated"]),
        bad(1, "half a tar", named("tar", half(stale.clone())), &["failure export-truncated"]),
        twin(1, "stale bytes behind the end, as Zimbra leaves them", packed(&stale)),
        twin(1, "the same as plain tar", named("tar", stale)),
    ]);
}

#[test]
fn mode_2_a_transfer_in_text_mode() {
    let mut tar = unpacked(&account());
    let at = tar.windows(2).position(|pair| pair == b"\r\n").unwrap();
    tar.remove(at);
    // As the real ones: gzip's trailer is that of what was packed.
    let trailer = account().write().unwrap();
    let mut bytes = packed(&tar);
    let end = bytes.len() - 8;
    bytes[end..].copy_from_slice(&trailer[trailer.len() - 8..]);
    hold([
        bad(
            2,
            "a carriage return was lost",
            bytes,
            &["failure export-damaged", "failure export-item-digest"],
        ),
        twin(2, "mail with any line ends", with_body(b"Subject: x\n\n\r\n\n\r\r\n\x1a\x04\0")),
    ]);
}

#[test]
fn mode_3_an_export_that_was_aborted_on_one_item() {
    let aborted = with(|export| export.items[13].fate = Fate::Aborts);
    let at_once = with(|export| export.items[0].fate = Fate::Aborts);
    let late = with(|export| export.items.extend((300..310).map(|id| mail(id, INBOX))));
    let stated = account().members();
    let folders = stated.iter().take_while(|member| member.kind == ItemKind::Folder).count();
    let delivered =
        |export: Export| export.pack(&[&stated[..folders], &export.members()[folders..]].concat()).unwrap();
    let mut hidden = late.clone();
    hidden.items[2..8].iter_mut().for_each(|item| item.fate = Fate::Lost);
    hold([
        bad(3, "in the second folder", aborted, &["failure export-items-missing"]),
        bad(3, "on the first item", at_once, &["failure export-items-missing"]),
        bad(
            3,
            "as many delivered meanwhile as are lost",
            delivered(hidden),
            &["failure export-items-missing"],
        ),
        twin(3, "more items than stated: delivered meanwhile", delivered(late)),
    ]);
}

#[test]
fn mode_4_a_server_that_gave_up_inside_a_body() {
    let mut tar = endless(&account().members());
    tar.truncate(tar.len() - 4096);
    tar::end(&mut tar);
    let block = [&b"Subject: x\n\n"[..], &[b'x'; 10_240 - 12]].concat();
    // What is left in the server's buffer is read as the rest of the body, and as one item more.
    let gave_up =
        &["failure export-truncated", "failure export-item-digest", "warning export-item-duplicate"];
    hold([
        bad(4, "the end marker inside the last body", packed(&tar), gave_up),
        twin(4, "a body that ends with its block", with_body(&block)),
        twin(4, "a body with an end marker in it", with_body(&[&b"Subject: x\n\n"[..], &[0; 4096]].concat())),
    ]);
}

#[test]
fn mode_5_blobs_that_are_missing_on_the_server() {
    let lose = |count: usize| {
        with(|export| export.items[2..2 + count].iter_mut().for_each(|item| item.fate = Fate::Lost))
    };
    let deleted = with(|export| export.items[2..8].iter_mut().for_each(|item| item.flags |= Flags::DELETED));
    hold([
        bad(5, "four of Inbox", lose(4), &["failure export-items-missing"]),
        odd(5, "three, as if deleted meanwhile", lose(3), &["warning export-count-shift"]),
        twin(5, "six that carry \\Deleted", deleted),
    ]);
}

#[test]
fn mode_6_blobs_of_another_size() {
    let longer = with_item(|item| item.stored = item.body.as_ref().map(|body| [b"more", &body[..]].concat()));
    let shorter = with_item(|item| item.stored = item.body.as_ref().map(|body| body[..30].to_vec()));
    hold([
        bad(6, "shorter, so filled up", shorter, &["failure export-item-size"]),
        bad(6, "longer, so cut", longer, &["failure export-item-size"]),
        twin(6, "mail that ends in spaces", with_body(b"Subject: x\r\n\r\nbye      ")),
    ]);
}

#[test]
fn mode_7_content_that_is_another() {
    let flip = |old: bool| {
        with_item(|item| {
            item.old_digest = old;
            item.stored = item.body.clone();
            item.stored.as_mut().unwrap()[20] ^= 1;
        })
    };
    hold([
        bad(7, "a flipped bit", flip(false), &["failure export-item-digest"]),
        bad(7, "a flipped bit under SHA-1", flip(true), &["failure export-item-digest"]),
        bad(
            7,
            "the text of a rescue tool",
            with_stored(b"EMAIL_EMPTY_CONTENT"),
            &["failure export-item-filler"],
        ),
        bad(7, "nothing but spaces", with_stored(b""), &["failure export-item-blank"]),
        twin(7, "SHA-1, as of items from before an upgrade", with_item(|item| item.old_digest = true)),
        odd(
            7,
            "mail that was received without headers",
            with_body(b"\r\nSubject: too late\r\n\r\nbody"),
            &["warning export-item-unparsable"],
        ),
        twin(7, "mail about that text", with_body(b"Subject: x\n\nEMAIL_EMPTY_CONTENT")),
    ]);
}

#[test]
fn mode_8_pairs_that_are_broken() {
    let contacts = with(|export| {
        export.items.extend((300..305).map(|id| Item::new(id, CONTACTS, ItemKind::Contact, "Same")));
    });
    let alone = &["failure export-description-missing", "warning export-count-shift"];
    hold([
        bad(
            8,
            "a description without its body",
            with_fate(Fate::WithoutBody),
            &["failure export-body-missing"],
        ),
        bad(8, "a body without its description", with_fate(Fate::WithoutMeta), alone),
        open(
            8,
            "no descriptions at all",
            with(|export| export.options.meta = false),
            &["warning export-without-descriptions"],
        ),
        twin(8, "contacts, whose descriptions follow one another", contacts),
    ]);
}

#[test]
fn mode_9_nothing() {
    let nothing = Export { folders: Vec::new(), ..Export::default() };
    let beside = [account().files(), vec![run::tgz("marco@example.org", &Export::default())]].concat();
    hold([
        open(9, "a file without a byte", "", &["warning export-empty"]),
        open(9, "a tar without a member", nothing, &["warning export-empty"]),
        bad(
            9,
            "a file without a byte in a full session",
            session_with(".tgz", |file| file.content.clear()),
            &["failure session-mail-empty"],
        ),
        bad(9, "no file in a full session", session_without(".tgz"), &["failure session-mail-missing"]),
        twin(9, "folders that state themselves that they are empty, beside another account", beside),
        open(9, "the same alone, where nothing is left to be proven", Export::default(), &[]),
        odd(9, "a whole session", session(|_| {}), &["info export-trash-excluded"]),
    ]);
}

#[test]
fn mode_10_the_page_of_a_web_server() {
    let failure = JETTY.replace("404", "500").replace("Not Found", "system failure: tgz formatter failure");
    let login = "\n<!DOCTYPE html>\n<!-- set this class so CSS definitions work -->\n<html class=\"user_font_size_normal\">\
        <head><title>Zimbra Web Client Sign In</title></head><body><form method=\"post\" name=\"loginForm\"></form></body></html>";
    let file = with(|export| export.items[19].body = Some(JETTY.into()));
    let about =
        with_body(format!("Subject: HTTP ERROR 404\r\nContent-Type: text/html\r\n\r\n{JETTY}").as_bytes());
    let in_item = &["failure export-item-error-page"];
    hold([
        bad(10, "Jetty's 404 as tgz", JETTY, &["failure export-error-page"]),
        bad(10, "Jetty's 500 as tgz", &*failure, &["failure export-error-page"]),
        bad(10, "the login page as tgz", login, &["failure export-error-page"]),
        bad(10, "the login page as zip", named("zip", login.into()), &["failure export-error-page"]),
        bad(10, "in place of a message", with_stored(JETTY.as_bytes()), in_item),
        odd(
            10,
            "as a message that was received",
            with_body(JETTY.as_bytes()),
            &["warning export-item-error-page"],
        ),
        twin(10, "mail that holds one", about),
        twin(10, "a file in Briefcase that is one", file),
    ]);
}

#[test]
fn mode_11_trash_and_junk_are_left_out() {
    let full = |export: &mut Export| {
        export.folders.push(Folder::new(400, TRASH, "Old"));
        export.items.extend([mail(300, TRASH), mail(301, JUNK), mail(302, 400)]);
    };
    let included = with(|export| {
        full(export);
        (export.options.trash, export.options.junk) = (true, true);
    });
    hold([
        odd(11, "by default", with(full), &["info export-trash-excluded"]),
        twin(11, "an export that includes them", included),
    ]);
}

#[test]
fn mode_12_a_name_that_promises_another_format() {
    let form = |form| with(|export| export.options.form = form).write().unwrap();
    let gone = &["warning export-wrong-suffix"];
    hold([
        odd(12, "a zip called tgz", named("tgz", form(Form::Zip)), gone),
        odd(12, "a tar called tgz", named("tgz", form(Form::Tar)), gone),
        bad(12, "text called tgz", "dn: uid=anna", &["failure export-unrecognised"]),
        twin(12, "a zip", named("zip", form(Form::Zip))),
        twin(12, "a tgz in capital letters", named("TAR.GZ", form(Form::Tgz))),
    ]);
}

#[test]
fn mode_14_an_account_in_one_place_only() {
    let directory = |what, files, id| bad(14, what, files, id);
    hold([
        directory(
            "mail without directory entry",
            session_without(".ldiff"),
            &["failure session-directory-missing", "info export-trash-excluded"],
        ),
        directory(
            "a directory entry without a byte",
            session_with(".ldiff", |file| file.content.clear()),
            &["failure session-directory-empty", "info export-trash-excluded"],
        ),
        odd(14, "both for all accounts", session(|_| {}), &["info export-trash-excluded"]),
    ]);
}

#[test]
fn mode_16_the_export_of_another_account() {
    let sent_by_paul = |from: usize| {
        with(|export| export.items[from..18].iter_mut().for_each(|item| item.sender = PAUL.to_owned()))
    };
    let bruno = |export: Export| {
        let mut files = account().files();
        files.push(File::new("exports/bruno@example.org.tgz", export.write().unwrap()));
        files
    };
    let received = with(|export| export.items.truncate(12));
    let both = ["exports/carla@example.org.tgz", "exports/dario@example.org.tgz"];
    let broadcast: Vec<File> = both.map(|name| File::new(name, received.write().unwrap())).into();
    hold([
        bad(
            16,
            "two accounts with one export",
            bruno(account()),
            &["failure export-other-account", "failure export-same-as-other"],
        ),
        odd(16, "two that got the same mail only", broadcast, &["warning export-same-as-other"]),
        odd(16, "all in Sent is Paul's", sent_by_paul(12), &["warning export-other-account"]),
        twin(16, "an account that also sends with an alias", sent_by_paul(13)),
    ]);
}

#[test]
fn mode_17_one_number_twice() {
    let revised = with(|export| {
        let mut older = export.items[19].clone();
        (older.body, older.fate) = (Some(b"older".to_vec()), Fate::Revision);
        export.items[19].flags |= Flags::VERSIONED;
        export.items[19].version = 2;
        export.items.insert(19, older);
    });
    let old = with(|export| {
        export.options.old = true;
        let (kind, metadata) = (ItemKind::SearchFolder, Map::versioned());
        export.folders.push(Folder { kind, metadata, ..Folder::new(500, 1, "service") });
        export.items.push(Item::new(501, 9, ItemKind::Conversation, "Offerta"));
    });
    let clash = &["failure export-item-duplicate", "warning export-count-shift"];
    hold([
        bad(17, "two contents", with(|export| export.items[4].id = 260), clash),
        odd(17, "the same content", with_fate(Fate::Twice), &["warning export-item-duplicate"]),
        twin(17, "revisions of a document", revised),
        twin(17, "search folders of Zimbra 7", old),
    ]);
}

/// All of such an item is read in [`super::modes`]; here its description states it.
#[test]
fn mode_20_an_item_of_8_gib() {
    const TOO_LARGE: &str = "failure export-item-too-large";
    let behind = |text: &[u8]| packed(&with_size(Size::Wrapped, 8 << 30, text));
    let another = with_size(Size::Base256, 0, b"");
    hold([
        bad(20, "more text behind its size", behind(&[b'x'; 4096]), &["failure export-damaged", TOO_LARGE]),
        bad(
            20,
            "zeros behind its size",
            behind(&[0; 4096]),
            &["failure export-damaged", TOO_LARGE, "failure export-items-missing"],
        ),
        bad(20, "nothing behind its size", behind(b""), &[TOO_LARGE, "warning export-bytes-differ"]),
        twin(20, "a size in base-256, as another archiver writes it", packed(&another)),
    ]);
}

/// A tar whose item 260 is stated to be `added` bytes longer than it is, with `behind` behind it.
fn with_size(size: fn(u64) -> Size, added: u64, behind: &[u8]) -> Vec<u8> {
    let item = mail(260, INBOX);
    let mut members = account().members();
    let place = members.iter().position(|member| member.name.starts_with("Inbox/0000000260")).unwrap();
    let json = String::from_utf8(members[place].content.clone()).unwrap();
    let larger =
        json.replace(&format!("\"size\":{}", item.size()), &format!("\"size\":{}", item.size() + added));
    members[place].content = larger.into_bytes();
    let mut tar = endless(&members[..=place]);
    let mut pair = endless(&members[place + 1..=place + 1]);
    restate(&mut pair[..512], size(item.size() + added));
    tar.extend(pair);
    tar.extend_from_slice(behind);
    tar.extend(endless(&members[place + 2..]));
    tar::end(&mut tar);
    tar
}
