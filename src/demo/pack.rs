//! Packs files the way a producer does: tar with a manifest, compressed, encrypted.
//!
//! Input: names and contents. Output: the archive, with the layers beneath it, so that damage can be
//! done to any of them and the layers above be made anew.

use std::io::{self, Write};

use age::secrecy::SecretString;
use flate2::write::GzEncoder;

/// A file to be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path in the archive.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The form of headers for names that a plain header can't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// GNU long-name records.
    Gnu,
    /// None: such names are an error beyond 255 bytes.
    Ustar,
    /// pax extended headers.
    Pax,
}

/// Where `MANIFEST.b3` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manifest {
    /// Before all members.
    First,
    /// Behind all members.
    Last,
    /// Nowhere.
    None,
}

/// How the tar is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// zstd (RFC 8878).
    Zstd {
        /// 1 to 22.
        level: i32,
        /// Bytes of tar in each frame; one frame for all if absent.
        frame: Option<usize>,
        /// Whether each frame ends with a checksum of its content.
        checksum: bool,
    },
    /// gzip (RFC 1952), level 0 to 9.
    Gzip(u32),
}

/// How the archive is encrypted.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// Not at all.
    None,
    /// With age for each of these.
    Recipients(Vec<age::x25519::Recipient>),
    /// With age and a passphrase, with a work factor so low that only tests may use it.
    Passphrase(SecretString),
}

/// How an archive is packed; by default as the README tells a producer to.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Headers of long names.
    pub format: Format,
    /// Place of the manifest.
    pub manifest: Manifest,
    /// Compression.
    pub compression: Compression,
    /// Encryption.
    pub encryption: Encryption,
    /// Whether the encrypted archive is written as text.
    pub armored: bool,
}

/// An archive and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// The tar with its end marker.
    pub tar: Vec<u8>,
    /// The tar, compressed; the same where it is not.
    pub compressed: Vec<u8>,
    /// What is uploaded.
    pub encrypted: Vec<u8>,
}

/// Why an archive could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A writer failed; they all write to memory.
    #[error("the demonstration's archive can't be made: {0}; check that this machine has memory left")]
    Write(#[from] io::Error),
    /// age refused the recipients.
    #[error("the demonstration's archive can't be encrypted: {0}; give at least one recipient")]
    Encrypt(#[from] age::EncryptError),
    /// A specimen of damage has to be large enough for it.
    #[error("there is too little mail to damage; take at least three files and 300 kB")]
    TooSmall,
}

/// scrypt's work factor: 2 to this power.
const LOW_WORK: u8 = 2;
/// What a plain header's name field holds.
const SHORT_NAME: usize = 100;

impl File {
    /// A file of this name and content.
    pub fn new(name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), content: content.into() }
    }
}

impl Pack {
    /// GNU tar, manifest last, zstd in one frame with checksum, encrypted for `recipients`.
    #[must_use]
    pub fn new(recipients: Vec<age::x25519::Recipient>) -> Self {
        Self {
            format: Format::Gnu,
            manifest: Manifest::Last,
            compression: Compression::Zstd { level: 3, frame: None, checksum: true },
            encryption: Encryption::Recipients(recipients),
            armored: false,
        }
    }

    /// Packs `files` in their order.
    ///
    /// # Errors
    /// [`PackError`] if a name can't be written in this format or nobody could open the archive.
    pub fn build(&self, files: &[File]) -> Result<Layers, PackError> {
        let tar = self.tar(files)?;
        self.seal(tar)
    }

    /// Makes the layers above `tar`, whatever it holds.
    ///
    /// # Errors
    /// As [`Pack::encrypt`].
    pub fn seal(&self, tar: Vec<u8>) -> Result<Layers, PackError> {
        let compressed = self.compress(&tar)?;
        let encrypted = self.encrypt(&compressed)?;
        Ok(Layers { tar, compressed, encrypted })
    }

    /// Writes the tar, with its manifest.
    ///
    /// # Errors
    /// [`PackError::Write`] if a name can't be written in this format.
    pub fn tar(&self, files: &[File]) -> Result<Vec<u8>, PackError> {
        let listed = File::new("MANIFEST.b3", manifest(files));
        let mut tar = tar::Builder::new(Vec::new());
        if self.manifest == Manifest::First {
            self.append(&mut tar, &listed)?;
        }
        for file in files {
            self.append(&mut tar, file)?;
        }
        if self.manifest == Manifest::Last {
            self.append(&mut tar, &listed)?;
        }
        Ok(tar.into_inner()?)
    }

    fn append(&self, tar: &mut tar::Builder<Vec<u8>>, file: &File) -> io::Result<()> {
        let mut header = match self.format {
            Format::Gnu => tar::Header::new_gnu(),
            Format::Ustar | Format::Pax => tar::Header::new_ustar(),
        };
        header.set_size(file.content.len() as u64);
        header.set_mode(0o640);
        header.set_mtime(1_795_388_400);
        let long = file.name.len() > SHORT_NAME;
        match self.format {
            Format::Gnu => return tar.append_data(&mut header, &file.name, &file.content[..]),
            Format::Pax if long => {
                tar.append_pax_extensions([("path", file.name.as_bytes())])?;
                header.set_path("long-name")?;
            }
            Format::Ustar | Format::Pax => header.set_path(&file.name)?,
        }
        header.set_cksum();
        tar.append(&header, &file.content[..])
    }

    /// Compresses.
    ///
    /// # Errors
    /// [`PackError::Write`] if the compressor can't be set up.
    pub fn compress(&self, tar: &[u8]) -> Result<Vec<u8>, PackError> {
        match self.compression {
            Compression::None => Ok(tar.to_vec()),
            Compression::Gzip(level) => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(level));
                encoder.write_all(tar)?;
                Ok(encoder.finish()?)
            }
            Compression::Zstd { level, frame, checksum } => {
                let frame = frame.unwrap_or(tar.len()).max(1);
                let mut frames = Vec::new();
                for piece in tar.chunks(frame) {
                    frames.extend(zstd_frame(piece, level, checksum)?);
                }
                Ok(frames)
            }
        }
    }

    /// Encrypts.
    ///
    /// # Errors
    /// [`PackError::Encrypt`] without a recipient.
    pub fn encrypt(&self, compressed: &[u8]) -> Result<Vec<u8>, PackError> {
        let encryptor = match &self.encryption {
            Encryption::None => return Ok(compressed.to_vec()),
            Encryption::Recipients(recipients) => {
                let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
                age::Encryptor::with_recipients(recipients)?
            }
            Encryption::Passphrase(passphrase) => {
                let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(LOW_WORK);
                age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))?
            }
        };
        let format = if self.armored { age::armor::Format::AsciiArmor } else { age::armor::Format::Binary };
        let output = age::armor::ArmoredWriter::wrap_output(Vec::new(), format)?;
        let mut writer = encryptor.wrap_output(output)?;
        writer.write_all(compressed)?;
        Ok(writer.finish()?.finish()?)
    }
}

/// One frame of its own.
///
/// # Errors
/// If the compressor can't be set up.
pub fn zstd_frame(content: &[u8], level: i32, checksum: bool) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), level)?;
    encoder.include_checksum(checksum)?;
    encoder.write_all(content)?;
    encoder.finish()
}

/// The lines that `b3sum` writes for `files`.
#[must_use]
pub fn manifest(files: &[File]) -> String {
    files.iter().map(|file| format!("{}  {}\n", blake3::hash(&file.content), file.name)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn files() -> Vec<File> {
        let long = format!("{}/{}", "folder".repeat(20), "name".repeat(20));
        vec![File::new("a", "one"), File::new(long, "two"), File::new("c", vec![7; 100_000])]
    }

    fn pack() -> (Pack, age::x25519::Identity) {
        let identity = age::x25519::Identity::generate();
        (Pack::new(vec![identity.to_public()]), identity)
    }

    fn open(archive: &[u8], identity: &dyn age::Identity) -> Vec<u8> {
        let reader = age::armor::ArmoredReader::new(archive);
        let decryptor = age::Decryptor::new_buffered(reader).unwrap();
        let mut plain = Vec::new();
        decryptor.decrypt(std::iter::once(identity)).unwrap().read_to_end(&mut plain).unwrap();
        plain
    }

    fn members(tar: &[u8]) -> Vec<(String, usize)> {
        let mut archive = tar::Archive::new(tar);
        let entries = archive.entries().unwrap().map(Result::unwrap);
        let name = |entry: &tar::Entry<_>| entry.path().unwrap().to_str().unwrap().to_owned();
        entries.map(|entry| (name(&entry), usize::try_from(entry.size()).unwrap())).collect()
    }

    #[test]
    fn layers_open_one_after_the_other() {
        for armored in [false, true] {
            let (pack, identity) = pack();
            let layers = Pack { armored, ..pack }.build(&files()).unwrap();
            assert_eq!(open(&layers.encrypted, &identity), layers.compressed);
            assert_eq!(zstd::decode_all(&layers.compressed[..]).unwrap(), layers.tar);
        }
    }

    #[test]
    fn a_passphrase_opens_what_it_closed() {
        let passphrase = SecretString::from("not a secret");
        let pack = Pack { encryption: Encryption::Passphrase(passphrase.clone()), ..pack().0 };
        let layers = pack.build(&files()).unwrap();
        let identity = age::scrypt::Identity::new(passphrase);
        assert_eq!(open(&layers.encrypted, &identity), layers.compressed);
    }

    #[test]
    fn every_format_keeps_names_and_puts_the_manifest_in_its_place() {
        for format in [Format::Gnu, Format::Ustar, Format::Pax] {
            for manifest in [Manifest::First, Manifest::Last, Manifest::None] {
                let names = members(&Pack { format, manifest, ..pack().0 }.tar(&files()).unwrap());
                let place = names.iter().position(|(name, _)| name == "MANIFEST.b3");
                let expected = match manifest {
                    Manifest::First => Some(0),
                    Manifest::Last => Some(3),
                    Manifest::None => None,
                };
                assert_eq!(place, expected);
                for file in files() {
                    assert!(names.contains(&(file.name, file.content.len())), "{format:?}");
                }
            }
        }
    }

    #[test]
    fn frames_are_whole_by_themselves() {
        let compression = Compression::Zstd { level: 1, frame: Some(10_000), checksum: true };
        let layers = Pack { compression, ..pack().0 }.build(&files()).unwrap();
        let first = zstd_frame(&layers.tar[..10_000], 1, true).unwrap();
        assert!(layers.compressed.starts_with(&first));
        assert_eq!(zstd::decode_all(&layers.compressed[..]).unwrap(), layers.tar);
    }

    #[test]
    fn gzip_and_nothing_at_all() {
        let layers = Pack { compression: Compression::Gzip(6), ..pack().0 }.build(&files()).unwrap();
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(&layers.compressed[..]).read_to_end(&mut tar).unwrap();
        assert_eq!(tar, layers.tar);
        let bare = Pack { compression: Compression::None, encryption: Encryption::None, ..pack().0 };
        let layers = bare.build(&files()).unwrap();
        assert_eq!(layers.encrypted, layers.tar);
    }
}
