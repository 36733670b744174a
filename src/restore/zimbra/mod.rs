//! Items of a backup into a mailbox on a Zimbra server, by its REST import (`UserServlet.java`, `ArchiveFormatter.java`).
//!
//! Input: items with their descriptions and bytes. Output: items in the folders their descriptions name, with dates,
//! flags and tags, under new numbers; what lies there already is kept and not doubled (`resolve=skip`). Invariant: an
//! item counts as restored only if the server says nothing else and its folder counts it: Zimbra answers 200 even where
//! it rejected everything.
//!
//! The server tells no digests. Where it states success and counts fewer items than it was given, the others were there
//! before, unless the folder holds fewer than there are different ones; which of equal weight is not known.

mod batch;
pub(super) mod sandbox;
mod verdict;

use std::collections::{HashMap, HashSet};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use batch::{Described, Held, pack};
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
    account: Option<Box<str>>,
    described: HashMap<ItemId, Described>,
    described_bytes: usize,
    /// Folders that are in this batch or were in one before.
    folders_sent: HashSet<ItemId>,
    folders: Vec<Described>,
    items: Vec<Held>,
    weight: usize,
    settled: Vec<(ItemId, Put)>,
    /// Items of a folder that arrived in this batch and are not assigned.
    credit: HashMap<String, u64>,
    /// Why nothing more fits, in the server's words.
    full: Option<String>,
    /// The folder below which all comes (`/Restored`); empty for the places where it was.
    below: String,
}

/// Items in each folder.
type Counts = HashMap<String, u64>;

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
            settled: Vec::new(),
            credit: HashMap::new(),
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
        self.credit.clear();
        if !items.is_empty() {
            self.import(&folders, &items, &mut { MOST_SINGLE })?;
        }
        match self.full.take() {
            Some(words) => Err(PlaceError(format!(
                "{words}; raise the account's quota or make room, and run again: nothing is put twice"
            ))),
            None => Ok(()),
        }
    }

    /// Imports items; where some are rejected, looks for them in halves. What went in before is passed over by the server.
    fn import(&mut self, folders: &[Described], items: &[Held], single: &mut u32) -> Result<(), PlaceError> {
        let before = self.counts()?;
        let verdict = self.send(folders, items)?;
        let after = self.counts()?;
        for (folder, now) in &after {
            let arrived = now.saturating_sub(before.get(folder).copied().unwrap_or(0));
            *self.credit.entry(folder.clone()).or_default() += arrived;
        }
        match verdict {
            Verdict::Taken => self.settle(items, &after),
            Verdict::Silent => {
                let words = "the server says nothing of the import and does not count all of it; check that it is a \
                             Zimbra and look into its mailbox.log";
                self.settle_counted(items, words);
            }
            Verdict::Rejected { words, full } => {
                if full {
                    self.full = Some(words.clone());
                }
                if items.len() < 2 || *single == 0 {
                    *single = single.saturating_sub(1);
                    let words = format!(
                        "the server rejects it ({words}); look into its mailbox.log, or restore it to a tgz"
                    );
                    self.settled.extend(items.iter().map(|item| (item.id, Put::Refused(words.clone()))));
                } else {
                    let (first, second) = items.split_at(items.len() / 2);
                    self.import(&[], first, single)?;
                    self.import(&[], second, single)?;
                }
            }
        }
        Ok(())
    }

    /// Says what became of items of which the server rejected none.
    fn settle(&mut self, items: &[Held], after: &Counts) {
        let mut different: HashMap<&str, HashSet<&str>> = HashMap::new();
        for item in items {
            different.entry(&item.folder).or_default().insert(&item.sameness);
        }
        // A folder holds at least what is different; of less, so many are missing.
        let lacks = |(folder, different): (&_, &HashSet<&str>)| {
            let held = after.get(*folder).copied().unwrap_or(0);
            (*folder, (different.len() as u64).saturating_sub(held))
        };
        let mut missing: HashMap<&str, u64> = different.iter().map(lacks).collect();
        for item in items {
            let credit = self.credit.entry(item.folder.clone()).or_default();
            let lacks = missing.entry(&item.folder).or_default();
            let put = if *credit > 0 {
                *credit -= 1;
                Put::Restored
            } else if *lacks > 0 {
                *lacks -= 1;
                let words =
                    "the server states success and its folder does not hold it; look into its mailbox.log";
                Put::Refused(words.to_owned())
            } else {
                Put::AlreadyThere
            };
            self.settled.push((item.id, put));
        }
    }

    /// Says what became of items by the counts alone: of a folder all arrived, or which did is not known.
    fn settle_counted(&mut self, items: &[Held], words: &str) {
        let mut wanted: Counts = HashMap::new();
        for item in items {
            *wanted.entry(item.folder.clone()).or_default() += 1;
        }
        for item in items {
            let arrived = self.credit.get(&item.folder) >= wanted.get(&item.folder);
            let put = if arrived { Put::Restored } else { Put::Refused(words.to_owned()) };
            self.settled.push((item.id, put));
        }
    }

    /// Items in each folder, as the server counts them.
    fn counts(&self) -> Result<Counts, PlaceError> {
        let folders = self.mailbox.folders().map_err(failed)?;
        let counted = folders.into_iter().filter(|folder| folder.kind == ItemKind::Folder);
        Ok(counted.map(|folder| (key(&folder.path), folder.items)).collect())
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
        self.flush()
    }

    fn settled(&mut self) -> Vec<Settled> {
        let account = self.account.clone().unwrap_or_default();
        let settled = std::mem::take(&mut self.settled);
        settled.into_iter().map(|(id, put)| Settled { account: account.clone(), id, put }).collect()
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
