use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Names that are folders: because a member says so, or because another member lies below them.
///
/// A restore can't make a file, a link and a folder of one name: one of them is lost. Only keyed hashes are kept, since
/// hostile names can have thousands of parts.
#[derive(Debug)]
pub(super) struct Folders {
    names: HashSet<u64>,
    keys: RandomState,
    most: u64,
}

impl Folders {
    pub(super) fn new(most: u64) -> Self {
        Self { names: HashSet::new(), keys: RandomState::new(), most }
    }

    /// Takes a folder in, and those it lies in.
    pub(super) fn add(&mut self, name: &[u8]) {
        if self.insert(name) {
            self.add_parents(name);
        }
    }

    /// Takes in the folders a member lies in, from the inside out, until one is known with all above it.
    pub(super) fn add_parents(&mut self, name: &[u8]) {
        let mut rest = name;
        while let Some(slash) = rest.iter().rposition(|byte| *byte == b'/') {
            rest = &rest[..slash];
            if !self.insert(rest) {
                return;
            }
        }
    }

    /// Holds if the name is a folder's.
    pub(super) fn holds(&self, name: &[u8]) -> bool {
        self.names.contains(&self.keys.hash_one(name))
    }

    /// Holds once there were more folders than are taken in.
    pub(super) fn is_full(&self) -> bool {
        self.names.len() as u64 >= self.most
    }

    fn insert(&mut self, name: &[u8]) -> bool {
        !self.is_full() && self.names.insert(self.keys.hash_one(name))
    }
}
