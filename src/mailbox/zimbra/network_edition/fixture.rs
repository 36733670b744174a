//! The demonstration's session tree, with what a collector sees of it.

use std::collections::BTreeMap;
use std::io::Write;

use super::{Collector, Facts};
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::demo::zimbra::network_edition as made;
pub use crate::demo::zimbra::network_edition::{ANNA, FULL, INCR, PAUL, blobs, folder, log_name, redolog};
use crate::mailbox::zimbra::room::Room;
use crate::policy::Limits;

/// Files by name; a change that changes nothing is a fault of the test.
#[derive(Debug, Clone, Default)]
pub struct Tree(pub BTreeMap<String, Vec<u8>>);

impl Tree {
    pub fn whole() -> Self {
        Self(made::Tree::whole().unwrap().0)
    }

    fn made<T>(&mut self, act: impl FnOnce(&mut made::Tree) -> T) -> T {
        let mut tree = made::Tree(std::mem::take(&mut self.0));
        let result = act(&mut tree);
        self.0 = tree.0;
        result
    }

    pub fn put(&mut self, name: &str, bytes: &[u8]) {
        self.made(|tree| tree.put(name, bytes));
    }

    pub fn remove(&mut self, part: &str) {
        assert!(self.made(|tree| tree.remove(part)), "nothing is called {part}");
    }

    pub fn change(&mut self, end: &str, change: impl FnOnce(&mut Vec<u8>)) {
        assert!(self.made(|tree| tree.change(end, change)), "nothing ends with {end}");
    }

    pub fn rename(&mut self, from: &str, to: &str) {
        self.made(|tree| tree.rename(from, to));
    }

    /// What a collector sees of it.
    pub fn facts(&self) -> Facts {
        self.facts_with(&Limits::default(), Body::Whole)
    }

    /// The same, under limits, and with all bodies ending like `end`.
    pub fn facts_with(&self, limits: &Limits, end: Body) -> Facts {
        self.facts_of(Collector::new(limits), end)
    }

    /// The same, with room for so many bytes of facts.
    pub fn facts_within(&self, room: usize) -> Facts {
        self.facts_of(Collector::within(&Limits::default(), Room::of(room)), Body::Whole)
    }

    fn facts_of(&self, mut collector: Collector, end: Body) -> Facts {
        for (index, (name, bytes)) in (0..).zip(&self.0) {
            let name = format!("./{name}").into_bytes();
            if !collector.takes(&name) {
                continue;
            }
            let size = bytes.len() as u64;
            collector.begin(&Member { name, kind: Kind::File, size, index, offset: 0, modified: None });
            bytes.chunks(700).for_each(|piece| collector.data(piece));
            collector.end(end);
        }
        collector.finish()
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
