//! Dumps and stores as Zimbra's server would leave them, built by hand.

use std::fmt::Write;

use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::mailbox::Digest;
use crate::mailbox::zimbra::content::tests::content;

/// Whose dump it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    MySql8,
    MariaDb10,
}

/// One row of `mail_item`.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) mailbox: u32,
    pub(crate) id: u32,
    pub(crate) folder: u32,
    pub(crate) size: u64,
    pub(crate) digest: Option<String>,
    pub(crate) revision: u32,
    pub(crate) changed: u64,
    pub(crate) locator: &'static str,
}

/// The folder row and the blobs' rows of a mailbox come from here.
impl Item {
    pub(crate) fn of(mailbox: u32, id: u32, revision: u32, body: &[u8]) -> Self {
        let digest = Digest::Sha256(content(body).sha256).to_string();
        let (size, changed) = (body.len() as u64, 1_700_000_000);
        Self { mailbox, id, folder: 2, size, digest: Some(digest), revision, changed, locator: "'1'" }
    }

    pub(crate) fn folder(mailbox: u32, id: u32, revision: u32) -> Self {
        Self { digest: None, locator: "NULL", size: 0, folder: 1, ..Self::of(mailbox, id, revision, b"") }
    }
}

/// Subjects with everything that must be escaped.
pub(crate) const SUBJECT: &str = r#"it\'s \\ a; \n\r\0\Z \"VALUES (1,2),(3);\" -- /* # ` 😀 ''"#;

/// The text of a dump as it grows.
#[derive(Debug, Clone)]
pub(crate) struct Dump {
    style: Style,
    pub(crate) text: String,
}

impl Dump {
    /// The header of a dump of one database; none for `--all-databases`.
    pub(crate) fn new(style: Style, database: &str) -> Self {
        let header = match style {
            Style::MySql8 => "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n",
            Style::MariaDb10 => {
                "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.8-MariaDB, for debian-linux-gnu (x86_64)\n"
            }
        };
        let text = format!(
            "{header}--\n-- Host: localhost    Database: {database}\n-- {}\n-- Server version\t8.0.36\n\n\
             /*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n/*!50503 SET NAMES utf8mb4 */;\n\
             /*!40103 SET TIME_ZONE='+00:00' */;\n/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n\n",
            "-".repeat(54)
        );
        Self { style, text }
    }

    /// The current database, as `--databases` and `--all-databases` have it.
    pub(crate) fn database(mut self, name: &str) -> Self {
        let encryption = if self.style == Style::MySql8 { " /*!80016 DEFAULT ENCRYPTION='N' */" } else { "" };
        let _ = write!(
            self.text,
            "--\n-- Current Database: `{name}`\n--\n\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ `{name}` \
             /*!40100 DEFAULT CHARACTER SET utf8mb3 */{encryption};\n\nUSE `{name}`;\n\n"
        );
        self
    }

    fn table(&mut self, name: &str, columns: &str, rows: &[String]) {
        let _ = write!(
            self.text,
            "--\n-- Table structure for table `{name}`\n--\n\nDROP TABLE IF EXISTS `{name}`;\n\
             /*!40101 SET @saved_cs_client     = @@character_set_client */;\n/*!50503 SET character_set_client = utf8mb4 */;\n\
             CREATE TABLE `{name}` (\n{columns}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COMMENT='a, (b) \\'c';\n\
             /*!40101 SET character_set_client = @saved_cs_client */;\n\n--\n-- Dumping data for table `{name}`\n--\n\n\
             LOCK TABLES `{name}` WRITE;\n/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;\n"
        );
        // A server's `net_buffer_length` ends a statement after about a megabyte.
        let mut line = 0;
        for row in rows {
            self.text.push_str(if line == 0 { "" } else { "," });
            if line == 0 {
                let newline = if self.style == Style::MariaDb10 { " VALUES\n" } else { " VALUES " };
                let _ = write!(self.text, "INSERT INTO `{name}`{newline}");
            }
            self.text.push_str(row);
            line += row.len();
            if line > 1 << 20 {
                self.text.push_str(";\n");
                line = 0;
            }
        }
        self.text.push_str(if line > 0 { ";\n" } else { "" });
        let _ = write!(self.text, "/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;\nUNLOCK TABLES;\n\n");
    }

    /// A table laid out like `mail_item`.
    pub(crate) fn items(mut self, name: &str, items: &[Item]) -> Self {
        let rows: Vec<_> = items.iter().map(|item| self.item(item)).collect();
        self.table(name, ITEM_COLUMNS, &rows);
        self
    }

    fn item(&self, item: &Item) -> String {
        let digest = match (&item.digest, self.style) {
            (None, _) => "NULL".to_owned(),
            (Some(digest), Style::MariaDb10) => format!("'{digest}'"),
            // As `--hex-blob` and servers with binary columns write it.
            (Some(digest), Style::MySql8) if item.id.is_multiple_of(3) => {
                digest.bytes().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}"))
            }
            (Some(digest), Style::MySql8) => format!("_binary '{digest}'"),
        };
        let kind = if item.digest.is_some() { 5 } else { 1 };
        let Item { mailbox, id, folder, size, revision, changed, locator, .. } = item;
        format!(
            "({mailbox},{id},{kind},NULL,{folder},NULL,NULL,{id},1699999999,{size},{locator},{digest},0,0,0,NULL,\
             'Anna \\\"A\\\" <anna@example.org>','b','{SUBJECT}',NULL,_binary 'd1:f3:\\0\\'ae',{revision},{changed},{revision},NULL)"
        )
    }

    /// `revision` and what is laid out like it.
    pub(crate) fn revisions(mut self, items: &[Item]) -> Self {
        let row = |item: &Item| {
            let digest = item.digest.clone().unwrap_or_default();
            let Item { mailbox, id, size, revision, changed, locator, .. } = item;
            format!(
                "({mailbox},{id},1,1699999999,{size},{locator},'{digest}','n',NULL,{revision},{changed},{revision})"
            )
        };
        let rows: Vec<_> = items.iter().map(row).collect();
        self.table("revision", REVISION_COLUMNS, &rows);
        self
    }

    /// `zimbra.mailbox`, with a `zimbraId` for each mailbox.
    pub(crate) fn mailboxes(mut self, ids: &[u32]) -> Self {
        let row = |id: &u32| {
            format!(
                "({id},{},'{id:08x}-0000-4000-8000-000000000000',1,'2023-11-14 22:13:20')",
                (id - 1) % 100 + 1
            )
        };
        let rows: Vec<_> = ids.iter().map(row).collect();
        let columns = "  `id` int unsigned NOT NULL,\n  `group_id` int unsigned NOT NULL,\n  `account_id` varchar(127) NOT NULL,\n  `index_volume_id` tinyint unsigned NOT NULL,\n  `last_backup_at` datetime DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `account_id` (`account_id`)";
        self.table("mailbox", columns, &rows);
        self
    }

    /// `zimbra.volume`.
    pub(crate) fn volumes(mut self, volumes: &[(u16, &str)]) -> Self {
        let row = |(id, path): &(u16, &str)| format!("({id},1,'message{id}','{path}',12,8)");
        let rows: Vec<_> = volumes.iter().map(row).collect();
        let columns = "  `id` tinyint unsigned NOT NULL AUTO_INCREMENT,\n  `type` tinyint NOT NULL,\n  `name` varchar(255) NOT NULL,\n  `path` text NOT NULL,\n  `file_bits` smallint NOT NULL,\n  `file_group_bits` smallint NOT NULL,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `path` (`path`(255))";
        self.table("volume", columns, &rows);
        self
    }

    /// The last lines.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.text.push_str(
            "/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n\n/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n\n\
             -- Dump completed on 2023-11-15  1:00:00\n",
        );
        self.text.into_bytes()
    }
}

const ITEM_COLUMNS: &str = "  `mailbox_id` int unsigned NOT NULL,
  `id` int unsigned NOT NULL,
  `type` tinyint NOT NULL,
  `parent_id` int unsigned DEFAULT NULL,
  `folder_id` int unsigned DEFAULT NULL,
  `prev_folders` text COMMENT 'e.g. \"101:2;110:5\", it''s, (x)',
  `index_id` int unsigned DEFAULT NULL,
  `imap_id` int unsigned DEFAULT NULL,
  `date` int unsigned NOT NULL,
  `size` bigint unsigned NOT NULL,
  `locator` varchar(1024) DEFAULT NULL,
  `blob_digest` varchar(44) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT NULL,
  `unread` int unsigned DEFAULT NULL,
  `flags` int NOT NULL DEFAULT '0',
  `tags` bigint NOT NULL DEFAULT '0',
  `tag_names` text,
  `sender` varchar(128) DEFAULT NULL,
  `recipients` varchar(128) DEFAULT NULL,
  `subject` text,
  `name` varchar(255) DEFAULT NULL,
  `metadata` mediumtext,
  `mod_metadata` int unsigned NOT NULL,
  `change_date` int unsigned DEFAULT NULL,
  `mod_content` int unsigned NOT NULL,
  `uuid` varchar(127) DEFAULT NULL,
  PRIMARY KEY (`mailbox_id`,`id`),
  UNIQUE KEY `i_name_folder_id` (`mailbox_id`,`folder_id`,`name`),
  KEY `i_type` (`mailbox_id`,`type`),
  CONSTRAINT `fk_mail_item_folder_id` FOREIGN KEY (`mailbox_id`, `folder_id`) REFERENCES `mail_item` (`mailbox_id`, `id`)";

const REVISION_COLUMNS: &str = "  `mailbox_id` int unsigned NOT NULL,
  `item_id` int unsigned NOT NULL,
  `version` int unsigned NOT NULL,
  `date` int unsigned NOT NULL,
  `size` bigint unsigned NOT NULL,
  `locator` varchar(1024) DEFAULT NULL,
  `blob_digest` varchar(44) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT NULL,
  `name` varchar(255) DEFAULT NULL,
  `metadata` mediumtext,
  `mod_metadata` int unsigned NOT NULL,
  `change_date` int unsigned DEFAULT NULL,
  `mod_content` int unsigned NOT NULL,
  PRIMARY KEY (`mailbox_id`,`item_id`,`version`)";

/// The archive's member of this name and body, handed to a collector in pieces.
pub(crate) fn member(sink: &mut impl Sink, name: &str, modified: i64, body: &[u8], piece: usize) {
    sink.begin(&header(name, Kind::File, body.len() as u64, modified));
    body.chunks(piece.max(1)).for_each(|piece| sink.data(piece));
    sink.end(Body::Whole);
}

/// A member's header.
pub(crate) fn header(name: &str, kind: Kind, size: u64, modified: i64) -> Member {
    Member { name: name.as_bytes().to_vec(), kind, size, index: 0, offset: 0, modified: Some(modified) }
}
