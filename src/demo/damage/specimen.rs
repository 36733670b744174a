use age::secrecy::SecretString;
use age::x25519::{Identity, Recipient};

use super::Case;
use crate::demo::mailbox::{self, Amount};
use crate::demo::pack::{File, Layers, Pack, PackError, manifest};

/// A sound archive of a small made-up mailbox, the key that opens it, and how it was packed.
#[derive(Clone)]
pub struct Specimen {
    identity: Identity,
    pub(super) pack: Pack,
    pub(super) files: Vec<File>,
    pub(super) layers: Layers,
}

impl std::fmt::Debug for Specimen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Specimen").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// Enough for four chunks of age, so that the inner ones can change places.
const LEAST: usize = 4 * (64 << 10);
/// Enough for damage deep inside a member.
const LEAST_MEMBER: usize = 32 << 10;
/// Enough for something before, in and behind the damage.
const LEAST_FILES: usize = 3;
/// Two blocks of NULs.
const END: [u8; 1024] = [0; 1024];

impl Specimen {
    /// Packs the mailbox of `seed`, about 2 MB, for a new key.
    ///
    /// # Errors
    /// [`PackError`] if a layer can't be written.
    pub fn new(seed: u64) -> Result<Self, PackError> {
        Self::of(mailbox::session(seed, Amount { accounts: 2, messages: 24 })?)
    }

    /// Packs `files` for a new key.
    ///
    /// # Errors
    /// [`PackError::TooSmall`] if there is too little to damage; another if a layer can't be written.
    pub fn of(files: Vec<File>) -> Result<Self, PackError> {
        let identity = Identity::generate();
        let pack = Pack::new(vec![identity.to_public()]);
        let layers = pack.build(&files)?;
        let largest = files.iter().map(|file| file.content.len()).max().unwrap_or(0);
        if layers.compressed.len() < LEAST || largest < LEAST_MEMBER || files.len() < LEAST_FILES {
            return Err(PackError::TooSmall);
        }
        Ok(Self { identity, pack, files, layers })
    }

    /// The sound archive.
    #[must_use]
    pub fn archive(&self) -> &[u8] {
        &self.layers.encrypted
    }

    /// What was packed, in order.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The private key as `age-keygen` writes it, for an identity file.
    #[must_use]
    pub fn identity(&self) -> SecretString {
        self.identity.to_string()
    }

    /// The public key.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        self.identity.to_public()
    }

    /// The lines of the sound manifest.
    #[must_use]
    pub fn manifest(&self) -> String {
        manifest(&self.files)
    }

    /// A case with another compressed layer, encrypted anew.
    pub(super) fn compressed(&self, compressed: &[u8]) -> Result<Case, PackError> {
        Ok(Case::stored(self.pack.encrypt(compressed)?))
    }

    /// A case with another tar, compressed and encrypted anew.
    pub(super) fn tar(&self, tar: &[u8]) -> Result<Case, PackError> {
        self.compressed(&self.pack.compress(tar)?)
    }

    /// A case with the members of `parts` in order, each a header and a padded body, and an end marker.
    pub(super) fn parts(&self, parts: &[&[u8]]) -> Result<Case, PackError> {
        self.tar(&[parts.concat().as_slice(), &END].concat())
    }

    /// The members as they stand in a tar, without manifest and without end marker.
    pub(super) fn members(&self, files: &[File]) -> Result<Vec<u8>, PackError> {
        let bare = Pack { manifest: crate::demo::pack::Manifest::None, ..self.pack.clone() };
        let mut tar = bare.tar(files)?;
        tar.truncate(tar.len().saturating_sub(END.len()));
        Ok(tar)
    }

    /// A manifest of this text as it stands in a tar.
    pub(super) fn manifest_member(&self, text: &str) -> Result<Vec<u8>, PackError> {
        self.members(&[File::new("MANIFEST.b3", text)])
    }

    /// A case with `more`, whole members as they stand in a tar, behind the others; `listed` as well.
    pub(super) fn with(&self, more: &[u8], listed: &[File]) -> Result<Case, PackError> {
        let lines = self.manifest() + &manifest(listed);
        self.parts(&[&self.members(&self.files)?, more, &self.manifest_member(&lines)?])
    }

    /// Where the header, the body and the padding of the member of the largest file begin in the sound tar,
    /// and where the next header does.
    pub(super) fn largest_member(&self) -> MemberAt {
        let length = |file: &File| file.content.len().div_ceil(512) * 512;
        let sizes = self.files.iter().map(|file| file.content.len());
        let (index, size) = sizes.enumerate().max_by_key(|(_, size)| *size).unwrap_or((0, 0));
        let header = self.files.iter().take(index).map(|file| 512 + length(file)).sum();
        let body = header + 512;
        MemberAt { header, body, padding: body + size, next: body + size.div_ceil(512) * 512 }
    }
}

/// Where the parts of a member stand in a tar.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemberAt {
    pub(super) header: usize,
    pub(super) body: usize,
    pub(super) padding: usize,
    pub(super) next: usize,
}
