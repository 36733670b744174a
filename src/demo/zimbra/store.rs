//! A raw copy of a server: the blobs of its store and dumps of its databases.
//!
//! Input: mailboxes with messages. Output: the files as an archive of `/opt/zimbra` has them. What stands in the rows
//! and what lies in the store can be changed apart. Invariant: the same input makes the same bytes.

use std::collections::BTreeMap;
use std::io;

use flate2::Compression;

use super::dump::{Dump, Row, Style};
use super::gzip;
use crate::demo::pack::File;

/// When the rows last changed: after the time that the demonstration's archives state of their members.
const CHANGED: u64 = 1_795_400_000;
/// A volume's `file_bits` and `mailbox_bits`, and how many folders these make at most.
const BITS: u32 = 12;
const FOLDERS: u32 = 256;

/// A blob as it lies in the store.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Number of the mailbox.
    pub mailbox: u32,
    /// Number of the item.
    pub item: u32,
    /// `mod_content` in its name.
    pub revision: u32,
    /// Its bytes, compressed or not.
    pub content: Vec<u8>,
}

impl Blob {
    fn name(&self) -> String {
        let Self { mailbox, item, revision, .. } = self;
        let folder = |number: &u32| (number >> BITS) % FOLDERS;
        format!("zimbra/store/{}/{mailbox}/msg/{}/{item}-{revision}.msg", folder(mailbox), folder(item))
    }
}

/// A copy of a server.
#[derive(Debug, Clone)]
pub struct RawStore {
    /// What `zimbra.mailbox` lists.
    pub mailboxes: Vec<u32>,
    /// The rows, in the order of their mailboxes.
    pub rows: Vec<Row>,
    /// The files of the store.
    pub blobs: Vec<Blob>,
}

impl RawStore {
    /// Mailboxes with so many messages each; every third blob is compressed.
    ///
    /// # Errors
    /// None that memory does not give.
    pub fn new(mailboxes: &[u32], messages: u32) -> io::Result<Self> {
        let (mut rows, mut blobs) = (Vec::new(), Vec::new());
        for mailbox in mailboxes {
            rows.extend((1..17).map(|id| Row { changed: CHANGED, ..Row::folder(*mailbox, id, 9000) }));
            for item in 257..257 + messages {
                let text = format!(
                    "From: paul@example.test\r\nSubject: {item}\r\n\r\nText {item} of mailbox {mailbox}.\r\n"
                );
                let revision = item - 200;
                let mut content = text.into_bytes();
                rows.push(Row { changed: CHANGED, ..Row::of(*mailbox, item, revision, &content) });
                if item.is_multiple_of(3) {
                    content = gzip::write(&content, Compression::fast())?;
                }
                blobs.push(Blob { mailbox: *mailbox, item, revision, content });
            }
        }
        Ok(Self { mailboxes: mailboxes.to_vec(), rows, blobs })
    }

    /// The dump of each group of mailboxes, by its number.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<u32, Dump> {
        let mut groups: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
        for row in &self.rows {
            groups.entry(group_of(row.mailbox)).or_default().push(row.clone());
        }
        let dump = |(group, rows): (u32, Vec<Row>)| {
            let dump = Dump::new(Style::MariaDb10, &format!("mboxgroup{group}"));
            (group, dump.items("mail_item", &rows).items("mail_item_dumpster", &[]).revisions(&[]))
        };
        groups.into_iter().map(dump).collect()
    }

    /// The dump of the server's own database.
    #[must_use]
    pub fn server(&self) -> Dump {
        let dump = Dump::new(Style::MariaDb10, "zimbra").volumes(&[(1, "/opt/zimbra/store")]);
        dump.mailboxes(&self.mailboxes)
    }

    /// All files: dumps first, then the store.
    ///
    /// # Errors
    /// None that memory does not give.
    pub fn files(&self) -> io::Result<Vec<File>> {
        let packed = |dump: Dump| gzip::write(&dump.finish(), Compression::fast());
        let mut files = vec![File::new("zimbra/db/zimbra.sql.gz", packed(self.server())?)];
        for (group, dump) in self.groups() {
            files.push(File::new(format!("zimbra/db/mboxgroup{group}.sql.gz"), packed(dump)?));
        }
        files.extend(self.blobs.iter().map(|blob| File::new(blob.name(), blob.content.clone())));
        Ok(files)
    }
}

/// The group that Zimbra puts a mailbox into (`DbMailbox.calculateMailboxGroupId`).
fn group_of(mailbox: u32) -> u32 {
    mailbox.saturating_sub(1) % 100 + 1
}
