//! Raw copies of a server: blobs and dumps that don't belong together, and those that look so and do.

use flate2::Compression;

use super::{Case, Damage, Layer, PackError, Specimen, cut, find, flip};
use crate::demo::pack::File;
use crate::demo::zimbra::dump::{Dump, Style};
use crate::demo::zimbra::gzip;
use crate::demo::zimbra::store::RawStore;
use crate::policy::Policy;
use crate::verdict::{Kind, Outcome, Rung, kinds};

/// Mailboxes of the server, in two groups.
const MAILBOXES: [u32; 3] = [5, 7, 105];
/// Messages of each.
const MESSAGES: u32 = 12;
/// The dump of the first group.
const DUMP: &str = "zimbra/db/mboxgroup5.sql.gz";
/// The dump of the server's own database.
const SERVER: &str = "zimbra/db/zimbra.sql.gz";

pub(super) static SITUATIONS: &[Damage] = &[
    passed("mailbox-store-sound", &[], |sound| packed(sound, &copy()?.files()?)),
    passed("mailbox-store-leftover", &[&kinds::STORE_BLOB_UNEXPECTED], |sound| {
        changed(sound, |copy| drop(copy.rows.remove(position(copy, 105, 262))))
    }),
    // `mysqldump > X.sql.gz` without `| gzip`: all is there, and the name is wrong.
    passed("mailbox-store-dump-not-packed", &[&kinds::STORE_DUMP_MISNAMED], |sound| {
        with_dump(sound, DUMP, |dump| Ok(dump.to_vec()))
    }),
    passed("mailbox-store-dump-packed", &[&kinds::STORE_DUMP_MISNAMED], |sound| {
        with_dump(sound, "zimbra/db/mboxgroup5.sql", gzipped)
    }),
    passed("mailbox-store-dump-plain", &[], |sound| {
        with_dump(sound, "zimbra/db/mboxgroup5.sql", |dump| Ok(dump.to_vec()))
    }),
    failed("mailbox-store-dump-zip", &[&kinds::STORE_DUMP_UNREADABLE], |sound| {
        with_dump(sound, DUMP, |_| Ok(b"PK\x03\x04\x14\0\0\0\x08\0 a zip archive".to_vec()))
    }),
    failed("mailbox-store-dump-cut", &[&kinds::STORE_DUMP_TRUNCATED], |sound| {
        with_dump(sound, DUMP, |dump| gzipped(&dump[..dump.len() / 3]))
    }),
    failed("mailbox-store-dump-cut-at-statement", &[&kinds::STORE_DUMP_TRUNCATED], |sound| {
        with_dump(sound, DUMP, |dump| gzipped(&dump[..find(dump, b"UNLOCK TABLES")]))
    }),
    failed("mailbox-store-dump-gzip-cut", &[&kinds::STORE_DUMP_UNREADABLE], |sound| {
        with_dump(sound, DUMP, |dump| gzipped(dump).map(|packed| cut(packed, 700)))
    }),
    failed("mailbox-store-dump-empty", &[&kinds::STORE_DUMP_UNREADABLE], |sound| {
        with_dump(sound, "zimbra/db/more.sql", |_| Ok(Vec::new()))
    }),
    open("mailbox-store-dump-unended", &[&kinds::STORE_DUMP_UNENDED], |sound| {
        let mut groups = copy()?.groups();
        let bare = groups.remove(&5).map(|dump| dump.without_comments()).unwrap_or_default();
        with_dump(sound, DUMP, |_| gzipped(&bare))
    }),
    // `mysqldump >> X.sql`, night after night; the last one lost its rows.
    open("mailbox-store-dump-appended", &[], |sound| {
        let mut lost = copy()?;
        lost.rows.retain(|row| row.kind == 1);
        let newer = lost.groups().remove(&5).map(|dump| dump.finish()).unwrap_or_default();
        with_dump(sound, DUMP, |dump| gzipped(&[dump, &newer].concat()))
    }),
    open("mailbox-store-dump-undone", &[], |sound| {
        with_dump(sound, DUMP, |dump| {
            let end = find(dump, b"-- Dump completed");
            gzipped(&[&dump[..end], b"DELETE FROM `mail_item`;\n", &dump[end..]].concat())
        })
    }),
    failed("mailbox-store-group-missing", &[&kinds::STORE_GROUP_MISSING], |sound| {
        let mut files = copy()?.files()?;
        files.retain(|file| file.name != DUMP);
        packed(sound, &files)
    }),
    failed("mailbox-store-rows-missing", &[&kinds::STORE_ROWS_MISSING], |sound| {
        changed(sound, |copy| copy.rows.retain(|row| row.mailbox != 105))
    }),
    failed("mailbox-store-most-rows-missing", &[&kinds::STORE_ROWS_MISSING], |sound| {
        changed(sound, |copy| copy.rows.retain(|row| row.mailbox != 105 || row.kind == 1))
    }),
    failed("mailbox-store-folder-missing", &[&kinds::STORE_FOLDER_MISSING], |sound| {
        changed(sound, |copy| drop(copy.rows.remove(position(copy, 105, 2))))
    }),
    failed("mailbox-store-only-dumpster", &[&kinds::STORE_GROUP_MISSING], |sound| {
        with_dump(sound, DUMP, |dump| {
            let without = replaced(dump, b"`mail_item_dumpster`", b"`none_of_zimbra`");
            gzipped(&replaced(&without, b"`mail_item`", b"`mail_item_dumpster`"))
        })
    }),
    open("mailbox-store-some-rows-missing", &[&kinds::STORE_BLOB_UNEXPECTED], |sound| {
        changed(sound, |copy| copy.rows.retain(|row| row.mailbox != 105 || row.id < 266))
    }),
    failed("mailbox-store-digest-missing", &[&kinds::STORE_DIGEST_MISSING], |sound| {
        changed(sound, |copy| {
            let at = position(copy, 5, 260);
            copy.rows[at] = copy.rows[at].clone().bare();
        })
    }),
    failed("mailbox-store-blob-missing", &[&kinds::STORE_BLOB_MISSING], |sound| {
        changed(sound, |copy| drop(copy.blobs.remove(3)))
    }),
    failed("mailbox-store-blob-revision", &[&kinds::STORE_BLOB_REVISION], |sound| {
        changed(sound, |copy| copy.blobs[3].revision -= 1)
    }),
    failed("mailbox-store-blob-short", &[&kinds::STORE_BLOB_SIZE], |sound| {
        changed(sound, |copy| copy.blobs[3].content.truncate(40))
    }),
    failed("mailbox-store-blob-rotten", &[&kinds::STORE_BLOB_DIGEST], |sound| {
        changed(sound, |copy| copy.blobs[3].content[60] ^= 1)
    }),
    failed("mailbox-store-blob-gzip-broken", &[&kinds::STORE_BLOB_GZIP], |sound| {
        changed(sound, |copy| {
            let packed = copy.blobs.iter_mut().find(|blob| blob.content.starts_with(b"\x1f\x8b"));
            if let Some(blob) = packed {
                let inside = blob.content.len() - 6;
                blob.content = flip(std::mem::take(&mut blob.content), inside);
            }
        })
    }),
    // All mailboxes are there, and nothing says whose they are.
    open("mailbox-store-no-list", &[], |sound| {
        let mut files = copy()?.files()?;
        files.retain(|file| file.name != SERVER);
        packed(sound, &files)
    }),
    open("mailbox-store-volume-unlisted", &[], |sound| {
        changed(sound, |copy| {
            let at = position(copy, 5, 260);
            copy.rows[at].locator = "'77'";
        })
    }),
    open("mailbox-store-volume-other", &[], |sound| {
        let server = Dump::new(Style::MariaDb10, "zimbra").mailboxes(&MAILBOXES);
        let server = server.volumes(&[(1, "/opt/zimbra/store"), (2, "/hsm/store")]).finish();
        let mut moved = copy()?;
        let at = position(&moved, 5, 260);
        moved.rows[at].locator = "'2'";
        let mut files = moved.files()?;
        files.retain(|file| file.name != SERVER);
        files.push(File::new(SERVER, gzipped(&server)?));
        packed(sound, &files)
    }),
    open("mailbox-store-alone", &[], |sound| {
        let mut files = copy()?.files()?;
        files.retain(|file| file.name.ends_with(".msg"));
        packed(sound, &files)
    }),
];

type Make = fn(&Specimen) -> Result<Case, PackError>;

const fn passed(name: &'static str, findings: &'static [&'static Kind], make: Make) -> Damage {
    Damage::new(Layer::Mailbox, Outcome::Passed, name, findings, make)
}

const fn open(name: &'static str, findings: &'static [&'static Kind], make: Make) -> Damage {
    Damage::new(Layer::Mailbox, Outcome::NotVerified, name, findings, make)
}

const fn failed(name: &'static str, findings: &'static [&'static Kind], make: Make) -> Damage {
    Damage::new(Layer::Mailbox, Outcome::Failed, name, findings, make)
}

fn meaningful(policy: &mut Policy) {
    policy.require.rung = Rung::Meaningful;
}

fn copy() -> Result<RawStore, PackError> {
    Ok(RawStore::new(&MAILBOXES, MESSAGES)?)
}

/// Where the row of an item stands.
fn position(copy: &RawStore, mailbox: u32, id: u32) -> usize {
    copy.rows.iter().position(|row| (row.mailbox, row.id) == (mailbox, id)).unwrap_or(0)
}

/// `files`, packed with a manifest that lists just them.
fn packed(sound: &Specimen, files: &[File]) -> Result<Case, PackError> {
    Ok(Case::stored(sound.pack.build(files)?.encrypted).under(meaningful))
}

/// A copy of which rows and blobs were changed.
fn changed(sound: &Specimen, change: fn(&mut RawStore)) -> Result<Case, PackError> {
    let mut copy = copy()?;
    change(&mut copy);
    packed(sound, &copy.files()?)
}

/// The same with other bytes wherever `what` stands.
fn replaced(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        let found = rest.strip_prefix(what);
        made.extend_from_slice(if found.is_some() { with } else { std::slice::from_ref(first) });
        rest = found.unwrap_or(behind);
    }
    made
}

fn gzipped(dump: &[u8]) -> Result<Vec<u8>, PackError> {
    Ok(gzip::write(dump, Compression::fast())?)
}

/// The sound copy with the dump of a group made anew, under this name; beside the sound one if the name is neither.
fn with_dump(
    sound: &Specimen,
    name: &str,
    make: impl Fn(&[u8]) -> Result<Vec<u8>, PackError>,
) -> Result<Case, PackError> {
    let copy = copy()?;
    let mut files = copy.files()?;
    if DUMP.starts_with(name) {
        files.retain(|file| file.name != DUMP);
    }
    let dump = copy.groups().remove(&5).map(|dump| dump.finish()).unwrap_or_default();
    files.push(File::new(name, make(&dump)?));
    packed(sound, &files)
}
