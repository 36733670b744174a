//! Session trees as Network Edition leaves them (admin guide, "Directory Structure for Backup Files"), made up: two
//! accounts, a full and an incremental session. What the guide does not say of a file's inside is left out of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// An account.
pub const ANNA: &str = "3f38c5be-0000-4000-8000-000000000001";
/// Another account.
pub const PAUL: &str = "a1b2c3d4-0000-4000-8000-000000000002";
/// The full session.
pub const FULL: &str = "full-20261121.000000.123";
/// The incremental session.
pub const INCR: &str = "incr-20261122.000000.456";

/// Files by name.
#[derive(Debug, Clone, Default)]
pub struct Tree(pub BTreeMap<String, Vec<u8>>);

impl Tree {
    /// The folder of all backups with a full and an incremental session.
    ///
    /// # Errors
    /// None that memory does not give; the type is that of the writers beneath.
    pub fn whole() -> io::Result<Self> {
        let mut tree = Self::default();
        tree.put("accounts.xml", &accounts_xml());
        tree.add_full()?;
        tree.add_incremental();
        Ok(tree)
    }

    /// Adds a file, or replaces it.
    pub fn put(&mut self, name: &str, bytes: &[u8]) {
        self.0.insert(name.to_owned(), bytes.to_vec());
    }

    /// Removes all whose name contains `part`; holds if there were any.
    pub fn remove(&mut self, part: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|name, _| !name.contains(part));
        self.0.len() < before
    }

    /// Changes the file whose name ends with `end`; holds if there is one.
    pub fn change(&mut self, end: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let file = self.0.iter_mut().find(|(name, _)| name.ends_with(end));
        file.map(|(_, bytes)| change(bytes)).is_some()
    }

    /// Renames what stands below `from`.
    pub fn rename(&mut self, from: &str, to: &str) {
        let files = std::mem::take(&mut self.0);
        self.0 = files.into_iter().map(|(name, bytes)| (name.replace(from, to), bytes)).collect();
    }

    fn add_full(&mut self) -> io::Result<()> {
        let session = format!("sessions/{FULL}");
        self.put(&format!("{session}/session.xml"), &session_xml(FULL));
        self.put(&format!("{session}/sys/db_schema.xml"), b"<schema><table name=\"mailbox\"/></schema>");
        self.put(&format!("{session}/sys/localconfig.xml"), b"<localconfig/>");
        self.put(
            &format!("{session}/ldap/ldap.bak.gz"),
            &gzip(b"dn: dc=org\ndc: org\n\ndn: uid=zimbra\nuid: zimbra\n")?,
        );
        self.put(&format!("{session}/shared_blobs/0a/1"), b"shared");
        for (id, email) in [(ANNA, "anna@example.org"), (PAUL, "paul@example.test")] {
            let folder = folder(FULL, id);
            self.put(&format!("{folder}/meta.xml"), &metadata(&format!("<mailbox zimbraId=\"{id}\"/>")));
            self.put(&format!("{folder}/ldap.xml"), &ldap_xml(id, email));
            self.put(&format!("{folder}/db/db_schema.xml"), b"<schema/>");
            self.put(&format!("{folder}/db/mail_item.dat"), b"257,5,2\n");
            self.put(&format!("{folder}/index/0/segments"), b"x");
            for number in 1..=4 {
                self.put(&format!("{folder}/blobs/blobs-{number}.zip"), &blobs(number));
            }
        }
        Ok(())
    }

    fn add_incremental(&mut self) {
        self.put(&format!("sessions/{INCR}/session.xml"), &session_xml(INCR));
        self.put(&format!("sessions/{INCR}/sys/localconfig.xml"), b"<localconfig/>");
        for (id, email) in [(ANNA, "anna@example.org"), (PAUL, "paul@example.test")] {
            self.put(&format!("{}/ldap.xml", folder(INCR, id)), &ldap_xml(id, email));
        }
        for number in 7..10 {
            self.put(&log_name(INCR, number), &redolog(number, 1000));
        }
    }
}

/// Where an account of a session lies.
#[must_use]
pub fn folder(session: &str, id: &str) -> String {
    format!("sessions/{session}/accounts/{}/{}/{id}", &id[..3], &id[3..6])
}

/// Where a redo log of a session lies.
#[must_use]
pub fn log_name(session: &str, number: u64) -> String {
    format!("sessions/{session}/redologs/redo-20261122.000000.000-seq{number}.log")
}

/// A redo log with `length` bytes of operations behind its header.
#[must_use]
pub fn redolog(number: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; 512 + length];
    let size = bytes.len() as u64;
    bytes[..7].copy_from_slice(b"ZM_REDO");
    bytes[8..16].copy_from_slice(&size.to_be_bytes());
    bytes[16..24].copy_from_slice(&number.to_be_bytes());
    bytes[24] = 4;
    bytes[25..29].copy_from_slice(b"host");
    bytes[168..172].copy_from_slice(&[0, 1, 0, 42]);
    if length >= 6 {
        bytes[512..518].copy_from_slice(b"ZMREDO");
    }
    bytes
}

/// A zip of stored blobs, as `--zipStore` writes it.
#[must_use]
pub fn blobs(number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for blob in 0..3_u32 {
        let name = format!("{}-2.msg", 257 + 10 * number + blob);
        let body = format!("Message-ID: <{blob}@example.org>\r\n\r\nblob {blob} of {number}\r\n");
        let mut crc = flate2::Crc::new();
        crc.update(body.as_bytes());
        let size = long(body.len());
        let [length @ .., _, _] = long(name.len());
        let stated =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &crc.sum().to_le_bytes(), &size, &size, &length].concat();
        let at = long(bytes.len());
        directory.extend([b"PK\x01\x02\x14\0", &stated[..], &[0; 12], &at, name.as_bytes()].concat());
        bytes.extend([b"PK\x03\x04", &stated[..], &[0; 2], name.as_bytes(), body.as_bytes()].concat());
    }
    let at = long(bytes.len());
    let size = long(directory.len());
    [bytes, directory, [&b"PK\x05\x06\0\0\0\0\x03\0\x03\0"[..], &size, &at, &[0; 2]].concat()].concat()
}

/// Four bytes, little-endian; these zips are small.
fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn metadata(inside: &str) -> Vec<u8> {
    let root = "backupMetadata xmlns=\"urn:zimbraBackupMeta\" version=\"7.1\"";
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>{inside}</backupMetadata>\n").into_bytes()
}

/// With a character that XML forbids, as real files have it.
fn ldap_xml(id: &str, email: &str) -> Vec<u8> {
    let attribute = "<attribute name=\"description\"><value>a&#7;b</value></attribute>";
    metadata(&format!(
        "<accountLdap zimbraId=\"{id}\" email=\"{email}\"><attributes>{attribute}</attributes></accountLdap>"
    ))
}

fn accounts_xml() -> Vec<u8> {
    let account = |id, email| {
        format!("<account zimbraId=\"{id}\" email=\"{email}\" latestFullBackupLabel=\"{FULL}\"/>")
    };
    metadata(&[account(ANNA, "anna@example.org"), account(PAUL, "paul@example.test")].concat())
}

fn session_xml(label: &str) -> Vec<u8> {
    let account = |id| format!("<account zimbraId=\"{id}\"/>");
    metadata(&format!("<session label=\"{label}\">{}{}</session>", account(ANNA), account(PAUL)))
}
