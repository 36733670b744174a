//! What backup tools leave beside exports, each to the collector that knows it.

use super::zimbra::{network_edition, store, zextras, zmbackup};
use crate::archive::unpack::{Body, Member, Sink};
use crate::policy::Limits;

/// What was found beside exports; each part is empty where the archive holds nothing of its kind.
#[derive(Debug)]
pub struct Beside {
    /// Sessions of the open-source zmbackup.
    pub sessions: zmbackup::Sessions,
    /// Sessions of Network Edition.
    pub network_edition: network_edition::Facts,
    /// A raw copy of the store and dumps of its databases.
    pub store: store::Facts,
    /// A backup path of Zextras or Carbonio.
    pub zextras: zextras::Facts,
}

/// Hands each member to the collector whose name it has.
pub(super) struct Collectors {
    sessions: zmbackup::Collector,
    network_edition: network_edition::Collector,
    store: store::Store,
    zextras: zextras::Zextras,
    current: Option<Who>,
}

#[derive(Debug, Clone, Copy)]
enum Who {
    Sessions,
    NetworkEdition,
    Store,
    Zextras,
}

impl Collectors {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sessions: zmbackup::Collector::new(limits),
            network_edition: network_edition::Collector::new(limits),
            store: store::Store::new(limits),
            zextras: zextras::Zextras::new(limits),
            current: None,
        }
    }

    /// Begins a member, if it belongs to one of the collectors.
    pub(super) fn begin(&mut self, member: &Member) -> bool {
        self.current = self.who(&member.name);
        let taken = self.current.is_some();
        if let Some(sink) = self.sink() {
            sink.begin(member);
        }
        taken
    }

    /// Notes that an export of this name and size is there.
    pub(super) fn saw_export(&mut self, name: &[u8], size: u64) {
        self.sessions.saw_export(name, size);
    }

    /// A piece of the member that was begun.
    pub(super) fn data(&mut self, bytes: &[u8]) {
        if let Some(sink) = self.sink() {
            sink.data(bytes);
        }
    }

    /// The end of the member that was begun.
    pub(super) fn end(&mut self, body: Body) {
        if let Some(sink) = self.sink() {
            sink.end(body);
        }
        self.current = None;
    }

    /// Ends the collection.
    pub(super) fn finish(self) -> Beside {
        Beside {
            sessions: self.sessions.finish(),
            network_edition: self.network_edition.finish(),
            store: self.store.finish(),
            zextras: self.zextras.finish(),
        }
    }

    /// The trees of Network Edition and of Zextras are told by their folders, so they come before what is told by the
    /// end of a name.
    fn who(&self, name: &[u8]) -> Option<Who> {
        if self.network_edition.takes(name) {
            Some(Who::NetworkEdition)
        } else if self.zextras.takes(name) {
            Some(Who::Zextras)
        } else if self.store.takes(name) {
            Some(Who::Store)
        } else {
            self.sessions.takes(name).then_some(Who::Sessions)
        }
    }

    fn sink(&mut self) -> Option<&mut dyn Sink> {
        Some(match self.current? {
            Who::Sessions => &mut self.sessions,
            Who::NetworkEdition => &mut self.network_edition,
            Who::Store => &mut self.store,
            Who::Zextras => &mut self.zextras,
        })
    }
}
