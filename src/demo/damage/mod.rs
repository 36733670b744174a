//! The damage matrix: everything that can be wrong with an archive, and what must be said of it.
//!
//! Input: a sound [`Specimen`]. Output: for each [`Damage`] a [`Case`]: what to store, which faults to
//! inject, what to change in the policy, and the findings and the outcome that must follow.
//! Invariant: each case is made anew from the specimen; the damage is real (the tests ask other decoders).

mod age;
mod extension;
mod gzip;
mod limit;
mod mailbox;
mod manifest;
mod member;
mod network;
mod network_edition;
mod object;
mod session;
mod sound;
mod specimen;
mod store;
mod tar;
mod zstd;

use super::pack::PackError;
use super::server::{Fault, Server, Times};
use crate::policy::Policy;
use crate::verdict::{Kind, Outcome};

pub use specimen::Specimen;

/// Where the damage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Nowhere: an unusual archive that is sound.
    None,
    /// The object as a whole.
    Object,
    /// The encryption.
    Age,
    /// The compression with zstd.
    Zstd,
    /// The compression with gzip.
    Gzip,
    /// The archive's structure and members.
    Tar,
    /// The manifest.
    Manifest,
    /// What Zimbra states of the mail in it.
    Mailbox,
    /// What zmbackup leaves beside the mail.
    Session,
    /// Network Edition's own backup.
    NetworkEdition,
    /// The way from the store to here.
    Network,
}

/// One situation and what must be said of it.
#[derive(Debug, Clone, Copy)]
pub struct Damage {
    /// Kebab case, beginning with the layer.
    pub name: &'static str,
    /// Where the damage is.
    pub layer: Layer,
    /// Each of these must be found; others may follow from them unless the outcome is
    /// [`Outcome::Passed`], which allows these only.
    pub findings: &'static [&'static Kind],
    /// How the verification must end under the policy of the case.
    pub outcome: Outcome,
    make: fn(&Specimen) -> Result<Case, PackError>,
}

/// What to store and how to read it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The object's bytes.
    pub archive: Vec<u8>,
    /// The object beside it, whose key has `.b3` behind the archive's.
    pub manifest_beside: Option<Vec<u8>>,
    /// What a checksum of the archive beside it, under the same key as the manifest would be, states.
    pub checksum_beside: Option<blake3::Hash>,
    /// What the store does wrong when the archive is asked for.
    pub faults: Vec<(Fault, Times)>,
    adjust: fn(&mut Policy),
}

/// All situations: the sound ones first, then layer by layer from the outside in.
pub fn matrix() -> impl Iterator<Item = &'static Damage> {
    [
        sound::SITUATIONS,
        object::SITUATIONS,
        age::SITUATIONS,
        zstd::SITUATIONS,
        gzip::SITUATIONS,
        limit::SITUATIONS,
        tar::SITUATIONS,
        member::SITUATIONS,
        extension::SITUATIONS,
        manifest::SITUATIONS,
        mailbox::SITUATIONS,
        store::SITUATIONS,
        session::SITUATIONS,
        network_edition::SITUATIONS,
        network::SITUATIONS,
    ]
    .into_iter()
    .flatten()
}

/// The situation of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Damage> {
    matrix().find(|damage| damage.name == name)
}

impl Damage {
    /// Makes the case from a sound archive.
    ///
    /// # Errors
    /// [`PackError`] if a layer can't be written.
    pub fn make(&self, specimen: &Specimen) -> Result<Case, PackError> {
        (self.make)(specimen)
    }

    const fn new(
        layer: Layer,
        outcome: Outcome,
        name: &'static str,
        findings: &'static [&'static Kind],
        make: fn(&Specimen) -> Result<Case, PackError>,
    ) -> Self {
        Self { name, layer, findings, outcome, make }
    }
}

impl Case {
    /// These bytes, from a store that does nothing wrong, under the policy as it is.
    #[must_use]
    pub fn stored(archive: Vec<u8>) -> Self {
        Self { archive, manifest_beside: None, checksum_beside: None, faults: Vec::new(), adjust: |_| {} }
    }

    /// Puts a manifest beside the archive.
    #[must_use]
    pub fn beside(mut self, manifest: impl Into<Vec<u8>>) -> Self {
        self.manifest_beside = Some(manifest.into());
        self
    }

    /// Puts what `b3sum` says of an archive of this content beside the archive.
    #[must_use]
    pub fn summed(mut self, content: &[u8]) -> Self {
        self.checksum_beside = Some(blake3::hash(content));
        self
    }

    /// Adds a fault of the store.
    #[must_use]
    pub fn fault(mut self, fault: Fault, times: Times) -> Self {
        self.faults.push((fault, times));
        self
    }

    /// Changes the policy.
    #[must_use]
    pub fn under(mut self, adjust: fn(&mut Policy)) -> Self {
        self.adjust = adjust;
        self
    }

    /// Changes `policy` to the one the situation needs.
    pub fn adjust(&self, policy: &mut Policy) {
        (self.adjust)(policy);
    }

    /// Puts the objects into `bucket` and injects the faults.
    pub fn store(&self, server: &Server, bucket: &str, key: &str) {
        server.put(bucket, key, self.archive.clone());
        if let Some(manifest) = &self.manifest_beside {
            server.put(bucket, &format!("{key}.b3"), manifest.clone());
        }
        if let Some(hash) = &self.checksum_beside {
            let name = key.rsplit('/').next().unwrap_or(key);
            server.put(bucket, &format!("{key}.b3"), format!("{}  {name}\n", hash.to_hex()));
        }
        for (fault, times) in &self.faults {
            server.inject(key, *fault, *times);
        }
    }
}

/// Changes one bit of the byte at `at`.
fn flip(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
    bytes
}

/// Keeps the first `length` bytes.
fn cut(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.truncate(length);
    bytes
}

/// Puts `more` behind.
fn append(mut bytes: Vec<u8>, more: &[u8]) -> Vec<u8> {
    bytes.extend_from_slice(more);
    bytes
}

/// Where `needle` first stands; the end where it does not.
fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests;
