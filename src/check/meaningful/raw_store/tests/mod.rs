mod dumps;
mod folders;
mod groups;
mod pairs;
mod rowless;
mod volumes;

use super::*;
use crate::archive::unpack::{Body, Kind, Sink};
use crate::demo::zimbra::dump::{Dump as Sql, Row, Style};
use crate::mailbox::zimbra::content::tests::gzip;
use crate::mailbox::zimbra::store::Store;
use crate::mailbox::zimbra::store::fixture::{header, member};
use crate::policy::Limits;
use crate::verdict::{Cause, Severity};

/// When the blobs of the tests were written: before the dump, whose rows changed at 1 700 000 000.
const BEFORE: i64 = 1_699_999_999;
const AFTER: i64 = 1_700_000_001;

/// A copy of a server as it grows.
struct Copy {
    store: Store,
}

impl Copy {
    fn new() -> Self {
        Self { store: Store::new(&Limits::default()) }
    }

    fn file(self, name: &str, body: &[u8]) -> Self {
        self.file_at(BEFORE, name, body)
    }

    fn file_at(mut self, modified: i64, name: &str, body: &[u8]) -> Self {
        member(&mut self.store, name, modified, body, 11);
        self
    }

    fn judged(self) -> Meaning {
        examine(&self.store.finish(), true)
    }
}

/// Three messages of mailbox 5.
fn rows() -> Vec<Row> {
    vec![
        Row::folder(5, 1, 1),
        Row::folder(5, 2, 900),
        Row::of(5, 257, 2, b"one"),
        Row::of(5, 258, 3, b"two"),
        Row::of(5, 259, 4, b"three"),
    ]
}

/// The dump of their group.
fn dump() -> Vec<u8> {
    Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows()).finish()
}

/// The dump of the server's own database.
fn server(mailboxes: &[u32]) -> Vec<u8> {
    let dump = Sql::new(Style::MariaDb10, "zimbra").volumes(&[(1, "/opt/zimbra/store")]);
    dump.mailboxes(mailboxes).finish()
}

fn with_two() -> Copy {
    with_two_of(&[5])
}

/// Two of the three blobs, in a server that lists these mailboxes.
fn with_two_of(mailboxes: &[u32]) -> Copy {
    Copy::new()
        .file("db/zimbra.sql", &server(mailboxes))
        .file("db/mboxgroup5.sql", &dump())
        .file("store/0/5/msg/0/257-2.msg", b"one")
        .file("store/0/5/msg/0/258-3.msg", b"two")
}

const THIRD: &str = "store/0/5/msg/0/259-4.msg";

fn ids(meaning: &Meaning) -> Vec<&'static str> {
    meaning.findings.iter().map(|finding| finding.kind.id).collect()
}

/// The one finding there is.
fn only(meaning: &Meaning, id: &str) -> Finding {
    assert_eq!(ids(meaning), [id], "{:#?}", meaning.findings);
    meaning.findings.iter().next().unwrap().clone()
}

fn assert_passes(meaning: &Meaning, items: u64) {
    assert_eq!(ids(meaning), [""; 0], "{:#?}", meaning.findings);
    assert_eq!(meaning.coverage, Coverage { checked: items, total: Some(items), unit: Unit::Items });
}

#[test]
fn a_sound_copy_passes() {
    let meaning = with_two().file(THIRD, b"three").judged();
    assert_passes(&meaning, 3);
    assert_eq!(meaning.open, [""; 0]);
}

#[test]
fn a_copy_with_all_that_is_legal_passes() {
    let older = Row::of(5, 260, 7, b"older version");
    let large = vec![b'x'; 9000];
    let items = [
        Row::folder(5, 1, 1),
        Row::folder(5, 2, 900),
        Row::of(5, 257, 2, b"packed"),
        Row::of(5, 258, 3, &gzip(b"a message that is gzip")),
        Row::of(5, 259, 4, b"name of an old server"),
        Row::of(5, 260, 8, b"newer version"),
        Row { locator: "'2'", ..Row::of(5, 261, 9, &large) },
        Row { digest: Some(sha1(b"of ZCS 7")), ..Row::of(5, 262, 10, b"of ZCS 7") },
    ];
    let dump = Sql::new(Style::MySql8, "")
        .database("mboxgroup5")
        .items("mail_item", &items)
        .items("mail_item_dumpster", &[Row::of(5, 263, 11, b"deleted")])
        .revisions(&[older])
        .database("zimbra")
        .volumes(&[(1, "/opt/zimbra/store"), (2, "/opt/zimbra/hsm")])
        .mailboxes(&[5])
        .finish();
    let meaning = Copy::new()
        .file("./zimbra/store/0/5/msg/0/257-2.msg", &gzip(b"packed"))
        .file("./zimbra/store/0/5/msg/0/258-3.msg", &gzip(b"a message that is gzip"))
        .file("./zimbra/store/0/5/msg/0/259.msg", b"name of an old server")
        .file("./zimbra/store/0/5/msg/0/260-7.msg", b"older version")
        .file("./zimbra/store/0/5/msg/0/260-8.msg", b"newer version")
        .file("./zimbra/hsm/0/5/msg/0/261-9.msg", &gzip(&large))
        .file("./zimbra/store/0/5/msg/0/261-9.msg", b"left over from the move")
        .file("./zimbra/store/0/5/msg/0/262-10.msg", b"of ZCS 7")
        .file("./zimbra/store/0/5/msg/0/263-11.msg", b"deleted")
        .file("./zimbra/store/incoming/1.msg", b"half")
        .file("./zimbra/all.sql.gz", &gzip(&dump))
        .judged();
    assert_passes(&meaning, 8);
    assert_eq!(meaning.open, [""; 0]);
}

fn sha1(body: &[u8]) -> String {
    use crate::mailbox::zimbra::content::tests::content;
    crate::mailbox::Digest::Sha1(content(body).sha1).to_string()
}

#[test]
fn a_row_without_its_file_is_missing() {
    let meaning = with_two().judged();
    let finding = only(&meaning, "store-blob-missing");
    assert_eq!(
        finding.subject,
        "mailbox 5 (00000005-0000-4000-8000-000000000000): folder 2, item 259, revision 4"
    );
    assert!(finding.expected.starts_with("5 bytes"), "{finding:?}");
    assert!(finding.remedy.contains("zmblobchk --mailboxes 5 start"), "{finding:?}");
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (2, Some(3)));
    // Every row is younger than every file: the copy was made before the dump.
    assert_eq!(finding.cause, Cause::SourceChurn);
    let later = with_two().file_at(AFTER, "store/0/5/msg/0/300-901.msg", b"new").judged();
    assert_eq!(only(&later, "store-blob-missing").cause, Cause::ProducerFault);
}

#[test]
fn an_archive_that_was_cut_lacks_nothing_for_certain() {
    let facts = with_two().store.finish();
    let meaning = examine(&facts, false);
    assert!(ids(&meaning).is_empty());
    assert!(meaning.open.iter().any(|line| line.starts_with("1 rows have no file")), "{:?}", meaning.open);
    assert_eq!(meaning.coverage.total, None);
}

#[test]
fn a_file_of_another_revision_is_not_found_by_zimbra() {
    let meaning = with_two().file("store/0/5/msg/0/259-1.msg", b"three").judged();
    let finding = only(&meaning, "store-blob-revision");
    assert_eq!(finding.observed, "revision 1 with the content the row states");
    assert_eq!(finding.cause, Cause::ProducerFault);
    // Edited after the dump: what the row states is gone, and a hot copy is why.
    let edited = with_two().file("store/0/5/msg/0/259-901.msg", b"edited").judged();
    let finding = only(&edited, "store-blob-revision");
    assert_eq!((finding.cause, finding.severity), (Cause::SourceChurn, Severity::Failure));
}

#[test]
fn size_and_digest_are_those_of_the_unpacked_bytes() {
    let short = with_two().file(THIRD, b"thre").judged();
    let finding = only(&short, "store-blob-size");
    assert!(finding.observed.starts_with("4 bytes"), "{finding:?}");
    assert_eq!(short.coverage.checked, 3);
    only(&with_two().file(THIRD, &gzip(b"thre")).judged(), "store-blob-size");
    only(&with_two().file(THIRD, b"").judged(), "store-blob-size");
    only(&with_two().file(THIRD, b"threE").judged(), "store-blob-digest");
    only(&with_two().file(THIRD, &gzip(b"threE")).judged(), "store-blob-digest");
    assert_passes(&with_two().file(THIRD, &gzip(b"three")).judged(), 3);
}

#[test]
fn broken_gzip_is_no_blob() {
    let mut packed = gzip(b"three");
    packed.pop();
    let meaning = with_two().file(THIRD, &packed).judged();
    let finding = only(&meaning, "store-blob-gzip");
    assert!(finding.observed.contains("gzip-truncated"), "{finding:?}");
    // Unless the message itself is that.
    let items = [Row::folder(5, 1, 1), Row::folder(5, 2, 900), Row::of(5, 257, 2, &packed)];
    let dump = Sql::new(Style::MySql8, "mboxgroup5").items("mail_item", &items).finish();
    let meaning = Copy::new().file("a.sql", &dump).file("store/0/5/msg/0/257-2.msg", &packed).judged();
    assert_passes(&meaning, 1);
}

#[test]
fn a_store_alone_or_a_dump_alone_can_not_be_judged() {
    let store = Copy::new().file(THIRD, b"three").file("db/data/mboxgroup5/mail_item.ibd", b"x").judged();
    assert!(ids(&store).is_empty() && store.open[0].contains("can't be judged"), "{store:?}");
    assert!(store.open[0].contains("not read") && !store.coverage.reaches(1));
    let mut broken = gzip(b"three");
    broken.pop();
    let store = Copy::new().file(THIRD, &broken).judged();
    assert_eq!(only(&store, "store-blob-gzip").severity, Severity::Warning);
    let dump = Copy::new().file("mboxgroup5.sql", &dump()).judged();
    assert!(ids(&dump).is_empty() && dump.open[1].contains("no blob"));
    assert_eq!((dump.coverage.checked, dump.coverage.total), (0, Some(3)));
    let nothing = Copy::new().judged();
    assert!(nothing.open.is_empty() && nothing.findings.is_empty());
}

#[test]
fn what_was_not_read_is_not_called_missing_or_changed() {
    let mut copy = with_two();
    copy.store.begin(&header(THIRD, Kind::Unsupported, 5, BEFORE));
    copy.store.end(Body::Whole);
    let meaning = copy.judged();
    assert!(ids(&meaning).is_empty());
    assert!(meaning.open[0].starts_with("1 blobs could not be read"), "{:?}", meaning.open);
    assert_eq!(meaning.coverage.checked, 2);
    let mut copy = with_two();
    let target = b"store/0/9/msg/0/300-1.msg".to_vec();
    copy.store.begin(&header(THIRD, Kind::HardLink { target }, 0, BEFORE));
    copy.store.end(Body::Whole);
    assert!(only(&copy.judged(), "store-blob-missing").observed.starts_with("a hard link"));
    let mut copy = with_two().file("store/0/9/msg/0/300-901.msg", b"three");
    let target = b"./store/0/9/msg/0/300-901.msg".to_vec();
    copy.store.begin(&header(THIRD, Kind::HardLink { target }, 0, BEFORE));
    copy.store.end(Body::Whole);
    let meaning = copy.judged();
    assert_eq!(meaning.coverage.checked, 3);
}

#[test]
fn what_is_over_the_limits_is_said() {
    let mut store = Store::new(&Limits { members: 2, ..Limits::default() });
    member(&mut store, "mboxgroup5.sql", BEFORE, &dump(), 99);
    member(&mut store, "store/0/5/msg/0/257-2.msg", BEFORE, b"one", 99);
    member(&mut store, "store/0/5/msg/0/258-3.msg", BEFORE, b"two", 99);
    member(&mut store, THIRD, BEFORE, b"three", 99);
    let meaning = examine(&store.finish(), true);
    assert_eq!(ids(&meaning), ["limit-members", "limit-members"]);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (2, None));
}
