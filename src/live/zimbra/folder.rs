use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::Mailbox;
use super::json::{Listed, Number};
use super::soap::Call;
use crate::live::{Fault, LiveError};
use crate::mailbox::{ItemId, ItemKind};

/// Bytes of an answer; 16 MiB describe about 50,000 folders.
const LARGEST: usize = 16 << 20;
/// Folders beside each other.
const MOST: usize = 100_000;

/// A folder, search folder or mountpoint of a live mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its number.
    pub id: ItemId,
    /// The folder it lies in; itself for the user's root, whose own is not the user's business.
    pub parent: ItemId,
    /// From the user's root, with slashes.
    pub path: String,
    /// Folder, search folder or mountpoint.
    pub kind: ItemKind,
    /// Items in it; 0 where the server states none, as for search folders.
    pub items: u64,
    /// Unread ones.
    pub unread: u64,
    /// Bytes of all.
    pub bytes: u64,
}

impl Mailbox {
    /// Lists all folders, each behind the one it lies in (`GetFolderRequest`). What lies in folders of others is left out.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole.
    pub fn folders(&self) -> Result<Vec<Folder>, LiveError> {
        let call =
            Call { name: "GetFolder", namespace: "urn:zimbraMail", content: json!({}), largest: LARGEST };
        let asked = format!("folders of {}", self.account());
        let answer: Answer = self.session.ask(&asked, &call)?;
        let mut folders = Vec::new();
        for root in answer.folder.0 {
            root.flatten(ItemKind::Folder, &mut folders);
        }
        let most = self.session.server().transport.terms().limits.entries;
        if folders.len() as u64 > most {
            let fault = Fault::protocol(format!("more than {most} folders"));
            return Err(fault.of(self.session.address().as_str(), &asked));
        }
        Ok(folders)
    }
}

#[derive(Deserialize)]
struct Answer {
    folder: Listed<Branch, MOST>,
}

/// A folder with those in it. The reader itself bounds how deep they may lie.
#[derive(Deserialize)]
struct Branch {
    #[serde(deserialize_with = "id")]
    id: u32,
    #[serde(default, rename = "l", deserialize_with = "id_or_none")]
    parent: Option<u32>,
    #[serde(rename = "absFolderPath")]
    path: String,
    #[serde(default, rename = "n", deserialize_with = "count")]
    items: u64,
    #[serde(default, rename = "u", deserialize_with = "count")]
    unread: u64,
    #[serde(default, rename = "s", deserialize_with = "count")]
    bytes: u64,
    #[serde(default = "Listed::none")]
    folder: Listed<Branch, MOST>,
    #[serde(default = "Listed::none")]
    search: Listed<Leaf, MOST>,
    #[serde(default = "Listed::none")]
    link: Listed<Leaf, MOST>,
}

/// What holds nothing of the user's own.
#[derive(Deserialize)]
struct Leaf {
    #[serde(deserialize_with = "id")]
    id: u32,
    #[serde(rename = "l", deserialize_with = "id")]
    parent: u32,
    #[serde(rename = "absFolderPath")]
    path: String,
    /// Folders of another user, with counts of their own.
    #[serde(default, rename = "folder")]
    _others: Option<IgnoredAny>,
}

impl Branch {
    fn flatten(self, kind: ItemKind, folders: &mut Vec<Folder>) {
        let (id, parent) = (ItemId(self.id), ItemId(self.parent.unwrap_or(self.id)));
        let Self { path, items, unread, bytes, .. } = self;
        folders.push(Folder { id, parent, path, kind, items, unread, bytes });
        for below in self.folder.0 {
            below.flatten(kind, folders);
        }
        let leaves = [(ItemKind::SearchFolder, self.search), (ItemKind::Mountpoint, self.link)];
        for (kind, leaves) in leaves {
            folders.extend(leaves.0.into_iter().map(|leaf| leaf.folder(kind)));
        }
    }
}

impl Leaf {
    fn folder(self, kind: ItemKind) -> Folder {
        let (id, parent) = (ItemId(self.id), ItemId(self.parent));
        Folder { id, parent, path: self.path, kind, items: 0, unread: 0, bytes: 0 }
    }
}

fn id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Number::deserialize(deserializer)?.to("a folder's number")
}

fn id_or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    id(deserializer).map(Some)
}

fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Number::deserialize(deserializer)?.to("a count")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<Folder>> {
        let answer: Answer = serde_json::from_str(text).ok()?;
        let mut folders = Vec::new();
        answer.folder.0.into_iter().for_each(|root| root.flatten(ItemKind::Folder, &mut folders));
        Some(folders)
    }

    #[test]
    fn a_tree_becomes_a_list() {
        // As a server answers, with what is of no use here cut.
        let folders = read(
            r#"{"folder":[{"id":"1","name":"USER_ROOT","absFolderPath":"/","l":"11","rev":1,"ms":1,"n":0,"s":0,
            "folder":[{"id":"2","absFolderPath":"/Inbox","l":"1","n":3,"u":1,"s":4096,"view":"message",
            "folder":[{"id":"257","absFolderPath":"/Inbox/Sub","l":"2","n":"4","s":0}]}],
            "search":[{"id":"260","absFolderPath":"/Non letti","l":"1","query":"is:unread"}],
            "link":[{"id":"261","absFolderPath":"/Ufficio","l":"1","zid":"5b9f","n":9,
            "folder":[{"id":"5b9f:10","l":"5b9f:1"}]}]}],"_jsns":"urn:zimbraMail"}"#,
        )
        .unwrap();
        let short: Vec<_> = folders
            .iter()
            .map(|folder| (folder.id.0, folder.parent.0, folder.path.as_str(), folder.items))
            .collect();
        let expected = [
            (1, 11, "/", 0),
            (2, 1, "/Inbox", 3),
            (257, 2, "/Inbox/Sub", 4),
            (260, 1, "/Non letti", 0),
            (261, 1, "/Ufficio", 0),
        ];
        assert_eq!(short, expected);
        assert_eq!((folders[1].unread, folders[1].bytes), (1, 4096));
        assert_eq!((folders[3].kind, folders[4].kind), (ItemKind::SearchFolder, ItemKind::Mountpoint));
    }

    #[test]
    fn nonsense_is_refused() {
        let deep = "{\"folder\":[".repeat(200);
        for text in [
            "{}",
            r#"{"folder":7}"#,
            r#"{"folder":[{"id":"1"}]}"#,
            r#"{"folder":[{"absFolderPath":"/"}]}"#,
            r#"{"folder":[{"id":"-1","absFolderPath":"/"}]}"#,
            r#"{"folder":[{"id":"4294967296","absFolderPath":"/"}]}"#,
            r#"{"folder":[{"id":"1","absFolderPath":"/","n":-1}]}"#,
            r#"{"folder":[{"id":"1","absFolderPath":7}]}"#,
            r#"{"folder":[{"id":"1","absFolderPath":"/","folder":[[]]}]}"#,
            &deep,
        ] {
            assert!(read(text).is_none(), "{}", &text[..text.len().min(80)]);
        }
    }
}
