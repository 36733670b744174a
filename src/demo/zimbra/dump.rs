//! Dumps of Zimbra's databases as `mysqldump` and `mariadb-dump` write them (`create_database.sql`, `db.sql`).

use std::fmt::Write;

use super::item::digest_of;

/// Whose dump it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `mysqldump` of MySQL 8.
    MySql8,
    /// `mariadb-dump` of MariaDB 10, which Zimbra ships.
    MariaDb10,
}

/// One row of `mail_item`.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the mailbox.
    pub mailbox: u32,
    /// Number of the item.
    pub id: u32,
    /// `type`, as `MailItem.java` numbers them.
    pub kind: u8,
    /// Number of the folder.
    pub folder: u32,
    /// Bytes of the blob, uncompressed.
    pub size: u64,
    /// `blob_digest`
    pub digest: Option<String>,
    /// `mod_content`
    pub revision: u32,
    /// When it last changed, in seconds since 1970.
    pub changed: u64,
    /// The volume or external place of the blob, as SQL.
    pub locator: &'static str,
}

impl Row {
    /// The row of a message with this blob, in the inbox, on the first volume.
    #[must_use]
    pub fn of(mailbox: u32, id: u32, revision: u32, body: &[u8]) -> Self {
        let digest = Some(digest_of(body, false).to_string());
        let (size, changed, locator) = (body.len() as u64, 1_700_000_000, "'1'");
        Self { mailbox, id, kind: 5, folder: 2, size, digest, revision, changed, locator }
    }

    /// The row of a folder.
    #[must_use]
    pub fn folder(mailbox: u32, id: u32, revision: u32) -> Self {
        Self { kind: 1, folder: 1, ..Self::of(mailbox, id, revision, b"").bare() }
    }

    /// The same row without a blob.
    #[must_use]
    pub fn bare(self) -> Self {
        Self { digest: None, locator: "NULL", size: 0, ..self }
    }
}

/// A subject with everything that must be escaped.
const SUBJECT: &str = r#"it\'s \\ a; \n\r\0\Z \"VALUES (1,2),(3);\" -- /* # ` 😀 ''"#;

/// The text of a dump as it grows.
#[derive(Debug, Clone)]
pub struct Dump {
    style: Style,
    text: String,
}

impl Dump {
    /// The header of a dump of one database; none for `--all-databases`.
    #[must_use]
    pub fn new(style: Style, database: &str) -> Self {
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
    #[must_use]
    pub fn database(mut self, name: &str) -> Self {
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
    #[must_use]
    pub fn items(mut self, name: &str, items: &[Row]) -> Self {
        let rows: Vec<_> = items.iter().map(|item| self.item(item)).collect();
        self.table(name, ITEM_COLUMNS, &rows);
        self
    }

    fn item(&self, item: &Row) -> String {
        let digest = match (&item.digest, self.style) {
            (None, _) => "NULL".to_owned(),
            (Some(digest), Style::MariaDb10) => format!("'{digest}'"),
            // As `--hex-blob` and servers with binary columns write it.
            (Some(digest), Style::MySql8) if item.id.is_multiple_of(3) => {
                digest.bytes().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}"))
            }
            (Some(digest), Style::MySql8) => format!("_binary '{digest}'"),
        };
        let Row { mailbox, id, kind, folder, size, revision, changed, locator, .. } = item;
        format!(
            "({mailbox},{id},{kind},NULL,{folder},NULL,NULL,{id},1699999999,{size},{locator},{digest},0,0,0,NULL,\
             'Anna \\\"A\\\" <anna@example.org>','b','{SUBJECT}',NULL,_binary 'd1:f3:\\0\\'ae',{revision},{changed},{revision},NULL)"
        )
    }

    /// `revision` and what is laid out like it.
    #[must_use]
    pub fn revisions(mut self, items: &[Row]) -> Self {
        let row = |item: &Row| {
            let digest = item.digest.clone().unwrap_or_default();
            let Row { mailbox, id, size, revision, changed, locator, .. } = item;
            format!(
                "({mailbox},{id},1,1699999999,{size},{locator},'{digest}','n',NULL,{revision},{changed},{revision})"
            )
        };
        let rows: Vec<_> = items.iter().map(row).collect();
        self.table("revision", REVISION_COLUMNS, &rows);
        self
    }

    /// `zimbra.mailbox`, with a `zimbraId` for each mailbox.
    #[must_use]
    pub fn mailboxes(mut self, ids: &[u32]) -> Self {
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
    #[must_use]
    pub fn volumes(mut self, volumes: &[(u16, &str)]) -> Self {
        let row = |(id, path): &(u16, &str)| format!("({id},1,'message{id}','{path}',12,8)");
        let rows: Vec<_> = volumes.iter().map(row).collect();
        let columns = "  `id` tinyint unsigned NOT NULL AUTO_INCREMENT,\n  `type` tinyint NOT NULL,\n  `name` varchar(255) NOT NULL,\n  `path` text NOT NULL,\n  `file_bits` smallint NOT NULL,\n  `file_group_bits` smallint NOT NULL,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `path` (`path`(255))";
        self.table("volume", columns, &rows);
        self
    }

    /// The same without comments, as `--skip-comments` leaves them out: with them goes all that says it is whole.
    #[must_use]
    pub fn without_comments(self) -> Vec<u8> {
        let lines = self.text.lines().filter(|line| !line.starts_with("--"));
        lines.flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
    }

    /// The last lines.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
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
