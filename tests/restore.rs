//! Restores: from an archive into a place, held to what was put into the archive.

mod again;
mod program;
mod recovery;
mod server;

use std::fs;
use std::path::Path;

use mailproof::archive::decrypt::Keyring;
use mailproof::demo::pack::{File, Pack};
use mailproof::event::Silent;
use mailproof::policy::{Keys, Limits, Store};
use mailproof::restore::{self, Place, PlaceError, Put, Recovered, Restored, Selection};
use mailproof::verify::{self, Cancel, Target, Tools};

/// Restores from a file into a place.
pub fn restore_into(
    place: &mut dyn Place,
    archive: &Path,
    cancel: &Cancel,
    selection: Selection,
) -> Restored {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let keyring = Keyring::load(&Keys::default(), None).unwrap();
    let limits = Limits::default();
    let tools = Tools { keyring: &keyring, limits: &limits, runtime: runtime.handle(), cancel, live: None };
    let target = target(archive);
    restore::run(tools, &target, selection, place, &Silent)
}

/// The archive that is this file.
pub fn target(archive: &Path) -> Target {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = archive.display().to_string();
    runtime.block_on(verify::named(&[address], &Store::default(), None)).unwrap().targets.remove(0)
}

/// Writes an archive of these files, not encrypted and not compressed.
pub fn archive(folder: &Path, files: &[(&str, Vec<u8>)]) -> std::path::PathBuf {
    let files: Vec<File> = files.iter().map(|(name, bytes)| File::new(*name, bytes.clone())).collect();
    let path = folder.join("archive.tar");
    fs::write(&path, Pack::new(Vec::new()).tar(&files).unwrap()).unwrap();
    path
}

/// A place in memory.
#[derive(Default)]
pub struct Shelf {
    pub put: Vec<Kept>,
    pub folders: Vec<String>,
    /// Takes nothing more after so many items.
    pub most: Option<usize>,
    pub finished: bool,
}

/// What lies on a [`Shelf`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub account: String,
    pub id: u32,
    pub folder: Option<String>,
    pub body: Vec<u8>,
}

impl Place for Shelf {
    fn folder(&mut self, known: &restore::KnownFolder<'_>) -> Result<(), PlaceError> {
        self.folders.push(known.folder.path.to_string());
        Ok(())
    }

    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        if self.most.is_some_and(|most| self.put.len() >= most) {
            return Err(PlaceError("full; make room".to_owned()));
        }
        self.put.push(Kept {
            account: item.account.to_owned(),
            id: item.item.id.0,
            folder: item.folder.map(str::to_owned),
            body: item.body.to_vec(),
        });
        Ok(Put::Restored)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        self.finished = true;
        Ok(())
    }
}
