//! Items of a backup into a mailbox on a Zimbra server, by its REST import (`UserServlet.java`, `ArchiveFormatter.java`).
//!
//! Input: items with their descriptions and bytes. Output: items in the folders their descriptions name, with dates,
//! flags and tags, under new numbers; what lies there already is kept and not doubled (`resolve=skip`). Invariant: a
//! message counts as restored only if its folder lists one of its size and date at the end that did not lie there before:
//! Zimbra answers 200 even where it rejected everything.
//!
//! The server tells no digests, and nothing is read back: what counts as restored has been taken and is listed, and its
//! bytes may be others. What counts as there before has the size and the date of one that lay there, or is equal to one
//! of the same folder that was found. Contacts, appointments and documents have no list: of them the folder's count
//! decides, and which of equal weight is missing is not known.

mod batch;
mod look;
pub(super) mod sandbox;
mod touched;
mod verdict;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::RandomState;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use batch::{Described, Held, pack};
use touched::{Said, Touched};
use verdict::{CALLBACK, Verdict};

use super::{KnownFolder, Place, PlaceError, Put, Recovered, Settled};
use crate::legible::line;
use crate::live::zimbra::Mailbox;
use crate::live::zimbra::address::percent_encoded;
use crate::live::zimbra::soap::refused;
use crate::live::{Fault, LiveError};
use crate::mailbox::{ItemId, ItemKind};

/// Bytes of one import; one item may have more.
const MOST_BYTES: usize = 16 << 20;
/// Items of one import.
const MOST_ITEMS: usize = 2_000;
/// Bytes of all descriptions of folders that are kept; folders beyond are made by the server as it likes.
const MOST_DESCRIBED: usize = 64 << 20;
/// Rejected items of one batch that are looked for one by one.
const MOST_SINGLE: u32 = 32;
/// Bytes of an answer, which has a fault for each item.
const LARGEST: usize = 16 << 20;
/// Folders up to this number are Zimbra's own and always there (`Mailbox.java`, `FIRST_USER_ID`).
const LAST_OWN: u32 = 255;

/// A mailbox on a Zimbra server, for the items of one account.
#[derive(Debug)]
pub struct ZimbraPlace {
    mailbox: Mailbox,
    /// Whose items came first: others don't belong into the same mailbox.
    account: Option<Arc<str>>,
    described: HashMap<ItemId, Described>,
    described_bytes: usize,
    /// Folders that are in this batch or were in one before.
    folders_sent: HashSet<ItemId>,
    folders: Vec<Described>,
    items: Vec<Held>,
    weight: usize,
    /// Folders that something was imported into, and what; looked at again at the end.
    touched: BTreeMap<String, Touched>,
    /// What the server said of items that it did not take.
    words: Vec<String>,
    /// By keys of its own, so that nobody can make two different items look equal.
    hasher: RandomState,
    settled: Vec<(ItemId, Put)>,
    /// Why nothing more fits, in the server's words.
    full: Option<String>,
    /// The folder below which all comes (`/Restored`); empty for the places where it was.
    below: String,
}

impl ZimbraPlace {
    /// The mailbox that somebody logged in to, its owner or an administrator on his behalf. All folders are put below
    /// `root` (`Restored/2026`), which is made where it is missing, or where they were without one.
    #[must_use]
    pub fn new(mailbox: Mailbox, root: Option<&str>) -> Self {
        let root = root.unwrap_or_default().trim_matches('/');
        Self {
            below: if root.is_empty() { String::new() } else { format!("/{root}") },
            mailbox,
            account: None,
            described: HashMap::new(),
            described_bytes: 0,
            folders_sent: HashSet::new(),
            folders: Vec::new(),
            items: Vec::new(),
            weight: 0,
            touched: BTreeMap::new(),
            words: Vec::new(),
            hasher: RandomState::new(),
            settled: Vec::new(),
            full: None,
        }
    }

    /// Why an item can't be imported, whatever the server says.
    fn refuse(&mut self, item: &Recovered<'_>) -> Option<String> {
        let own = self.account.get_or_insert_with(|| item.account.into());
        if **own != *item.account {
            let own = line(own);
            return Some(format!(
                "the mailbox takes the items of {own}; restore each account into a mailbox of its own"
            ));
        }
        if !item.item.kind.is_content() {
            let kind = item.item.kind;
            return Some(format!("a {kind} is not restored by itself; it comes with what lies in it"));
        }
        item.text.is_empty().then(|| {
            "its description is not at hand, and Zimbra takes nothing without; restore it to a Maildir, or by IMAP"
                .to_owned()
        })
    }

    /// Puts the descriptions of a folder and of those above it into the batch, outermost first, once.
    fn describe(&mut self, folder: ItemId) {
        let mut chain = Vec::new();
        let mut next = folder;
        while next.0 > LAST_OWN && self.folders_sent.insert(next) {
            let Some(known) = self.described.get(&next) else { break };
            chain.push(known.clone());
            next = known.parent;
        }
        self.folders.extend(chain.into_iter().rev());
    }

    /// Imports what waits.
    fn flush(&mut self) -> Result<(), PlaceError> {
        let (folders, items) = (std::mem::take(&mut self.folders), std::mem::take(&mut self.items));
        self.weight = 0;
        if !items.is_empty() {
            self.look_before(&items)?;
            self.import(&folders, &items, &mut { MOST_SINGLE })?;
        }
        let Some(words) = self.full.take() else { return Ok(()) };
        self.look_after()?;
        Err(PlaceError(format!(
            "{words}; raise the account's quota or make room, and run again: nothing is put twice"
        )))
    }

    /// Imports items; where some are rejected, looks for them in halves. What went in before is passed over by the server.
    fn import(&mut self, folders: &[Described], items: &[Held], single: &mut u32) -> Result<(), PlaceError> {
        match self.send(folders, items)? {
            Verdict::Taken => self.note(items, Said::Taken),
            Verdict::Silent => {
                let words = "the server says nothing of the import and does not list it; check that it is a Zimbra and \
                             look into its mailbox.log";
                let said = self.other(words.to_owned());
                self.note(items, said);
            }
            Verdict::Rejected { words, full } => {
                if full {
                    self.full = Some(words.clone());
                }
                if items.len() < 2 || *single == 0 {
                    *single = single.saturating_sub(1);
                    let said = self.other(format!(
                        "the server rejects it ({words}); look into its mailbox.log, or restore it to a tgz"
                    ));
                    self.note(items, said);
                } else {
                    let (first, second) = items.split_at(items.len() / 2);
                    self.import(&[], first, single)?;
                    self.import(&[], second, single)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps words of the server.
    fn other(&mut self, words: String) -> Said {
        if self.words.last() != Some(&words) {
            self.words.push(words);
        }
        Said::Other(u32::try_from(self.words.len() - 1).unwrap_or(u32::MAX))
    }

    fn send(&self, folders: &[Described], items: &[Held]) -> Result<Verdict, PlaceError> {
        let packed = pack(folders, items, Timestamp::now().as_second())
            .map_err(|error| PlaceError(format!("no tgz can be made ({error}); restore to a Maildir")))?;
        let asked = format!("import for {}", self.mailbox.account());
        self.mailbox.session.run(&asked, |token| self.post(&packed, token)).map_err(failed)
    }

    fn post(&self, packed: &[u8], token: &SecretString) -> Result<Verdict, Fault> {
        let session = &self.mailbox.session;
        let transport = &session.server().transport;
        let account = percent_encoded(self.mailbox.account());
        // The server makes the folder and puts what it reads below it (`ArchiveFormatter.saveCallback`, `subfolder`).
        let below = match self.below.strip_prefix('/') {
            Some(below) => format!("&subfolder={}", percent_encoded(below)),
            None => String::new(),
        };
        let uri = session
            .address()
            .at(&format!("/home/{account}/?fmt=tgz&resolve=skip&callback={CALLBACK}{below}"));
        let mut request = HttpRequest::new(SdkBody::from(packed));
        let cookie = format!("ZM_AUTH_TOKEN={}", token.expose_secret());
        let built = request.set_method("POST").is_ok()
            && request.set_uri(uri).is_ok()
            && request.headers_mut().try_insert("content-type", "application/x-compressed-tar").is_ok()
            && request.headers_mut().try_insert("cookie", cookie).is_ok();
        if !built {
            return Err(Fault::protocol("no request can be made for this address"));
        }
        let answer = transport.send(request)?;
        transport.terms().pace.sent(packed.len(), &transport.terms().cancel)?;
        match answer.status() {
            200 => answer.collect(LARGEST).map(|answer| verdict::read(&answer)),
            // What may not be seen is not found (`UserServlet.java`).
            404 => Err(Fault::NoRights { detail: "HTTP 404 for the account's own folder".to_owned() }),
            status => Err(refused(status, answer.header("location").map(line).as_deref())),
        }
    }
}

impl Place for ZimbraPlace {
    fn folder(&mut self, known: &KnownFolder<'_>) -> Result<(), PlaceError> {
        let weight = known.name.len() + known.text.len() + 100;
        if known.folder.kind == ItemKind::Folder && self.described_bytes + weight <= MOST_DESCRIBED {
            self.described_bytes += weight;
            let (name, text) = (known.name.to_vec(), known.text.to_vec());
            self.described.insert(known.folder.id, Described { parent: known.folder.parent, name, text });
        }
        Ok(())
    }

    fn put(&mut self, recovered: &Recovered<'_>) -> Result<Put, PlaceError> {
        if let Some(words) = self.refuse(recovered) {
            return Ok(Put::Refused(words));
        }
        let Recovered { item, folder, name, text, body, .. } = recovered;
        let Some(folder) = folder.map(str::to_owned).or_else(|| stated(text, item.kind)) else {
            let words = "nothing says which folder it lies in; restore it to a Maildir, or by IMAP";
            return Ok(Put::Refused(words.to_owned()));
        };
        let folder = key(&format!("{}/{}", self.below, folder.trim_matches('/')));
        let sameness = item.digest.map_or_else(|| item.id.to_string(), |digest| digest.to_string());
        let body = (item.digest.is_some() || !body.is_empty()).then(|| body.to_vec());
        let (id, kind, date, unread) = (item.id, item.kind, item.date, item.unread);
        let (name, text) = (name.to_vec(), text.to_vec());
        let held = Held { id, kind, folder, sameness, date, unread, name, text, body };
        if !self.items.is_empty()
            && (self.weight + held.weight() > MOST_BYTES || self.items.len() >= MOST_ITEMS)
        {
            self.flush()?;
        }
        self.describe(item.folder);
        self.weight += held.weight();
        self.items.push(held);
        Ok(Put::Pending)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        self.flush()?;
        self.look_after()
    }

    fn settled(&mut self) -> Vec<Settled> {
        let account = self.account.clone().unwrap_or_else(|| Arc::from(""));
        let settled = std::mem::take(&mut self.settled);
        let settled = settled.into_iter();
        settled.map(|(id, put)| Settled { account: account.clone(), id, put, taken: None }).collect()
    }
}

/// A folder's path as it is compared: Zimbra's names differ by more than case (`Folder.java`).
fn key(path: &str) -> String {
    format!("/{}", path.trim_matches('/')).to_lowercase()
}

/// The folder that a description names.
fn stated(text: &[u8], kind: ItemKind) -> Option<String> {
    let text: serde_json::Value = serde_json::from_slice(text).ok()?;
    let path = text.get("Path")?.as_str()?;
    // A document's path ends with its own name.
    let folder = if kind == ItemKind::Document { path.rsplit_once('/')?.0 } else { path };
    Some(folder.to_owned())
}

fn failed(error: LiveError) -> PlaceError {
    PlaceError(error.to_string())
}
