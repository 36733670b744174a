//! Places on servers: what arrives is what was sent, once, and goes again.

mod imap;
mod scripted;
mod zimbra;

use mailproof::mailbox::{Flags, Hasher, Item, ItemId, ItemKind};
use mailproof::restore::{Place, PlaceError, Put, Recovered};

pub(crate) const ANNA: &str = "anna.bianchi@example.org";

/// A message of a backup.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) item: Item,
    pub(crate) path: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn new(id: u32, path: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut hasher = Hasher::sha256();
        hasher.update(&body);
        let item = Item {
            id: ItemId(id),
            folder: ItemId(2),
            kind: ItemKind::Message,
            size: body.len() as u64,
            digest: Some(hasher.finish()),
            date: 1_000_000_000 + i64::from(id),
            changed: 1_000_000_000,
            mod_metadata: id,
            mod_content: id,
            imap_id: id,
            flags: Flags(0),
            unread: false,
            sound: true,
        };
        Self { item, path, body }
    }

    pub(crate) fn recovered(&self) -> Recovered<'_> {
        let (item, folder) = (&self.item, Some(self.path));
        Recovered {
            account: ANNA,
            item,
            folder,
            name: b"Inbox/0000000257-x.eml",
            text: b"",
            body: &self.body,
        }
    }
}

/// How many became what.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) restored: usize,
    pub(crate) there: usize,
    pub(crate) refused: Vec<(u32, String)>,
}

impl Told {
    fn take(&mut self, id: ItemId, put: Put) {
        match put {
            Put::Restored => self.restored += 1,
            Put::AlreadyThere => self.there += 1,
            Put::Refused(words) => self.refused.push((id.0, words)),
            Put::Pending => panic!("{id} is still on its way"),
        }
    }

    pub(crate) fn all(restored: usize, there: usize) -> Self {
        Self { restored, there, refused: Vec::new() }
    }
}

/// Puts all there; every message becomes one thing, once.
pub(crate) fn restore(place: &mut dyn Place, messages: &[Message]) -> Result<Told, PlaceError> {
    let mut told = Told::default();
    let mut pending = Vec::new();
    for message in messages {
        match place.put(&message.recovered())? {
            Put::Pending => pending.push(message.item.id),
            put => told.take(message.item.id, put),
        }
        drain(place, &mut pending, &mut told);
    }
    place.finish()?;
    drain(place, &mut pending, &mut told);
    assert_eq!(pending, [], "nothing is told of these");
    Ok(told)
}

fn drain(place: &mut dyn Place, pending: &mut Vec<ItemId>, told: &mut Told) {
    for settled in place.settled() {
        assert_eq!(&*settled.account, ANNA);
        let at = pending.iter().position(|id| *id == settled.id).expect("told twice, or never put");
        pending.swap_remove(at);
        told.take(settled.id, settled.put);
    }
}
