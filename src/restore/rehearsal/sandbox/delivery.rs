//! Messages into the folders of a Maildir sandbox.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::live::name::encoded;
use crate::restore::rehearsal::Root;
use crate::restore::{Place, PlaceError, Put, Recovered};

/// Bytes that the name of a directory may have on the usual file systems.
const LONGEST: usize = 255;

/// Puts each message below the folder of the run, the archive's number and the account.
pub(super) struct Delivery {
    folder: PathBuf,
    above: Vec<String>,
    serial: u64,
}

impl Delivery {
    pub(super) fn new(folder: &Path, root: &Root, number: usize) -> Self {
        Self { folder: folder.to_owned(), above: vec![root.to_string(), number.to_string()], serial: 0 }
    }

    /// The directory's name: the levels with dots between them.
    fn directory(&self, item: &Recovered<'_>) -> String {
        let unnamed = format!("Folder {}", item.item.folder);
        let path = item.folder.filter(|path| !path.trim_matches('/').is_empty()).unwrap_or(&unnamed);
        let own = path.split('/').filter(|level| !level.is_empty());
        let levels = self.above.iter().map(String::as_str).chain([item.account]).chain(own);
        let legal = |level: &str| {
            let letters = level.chars().map(|letter| match letter {
                '.' | '/' | '\0' => '_',
                letter => letter,
            });
            encoded(&letters.collect::<String>())
        };
        levels.map(legal).fold(String::new(), |name, level| name + "." + &level)
    }

    fn deliver(&mut self, directory: &Path, item: &Recovered<'_>) -> io::Result<()> {
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(directory.join(part))?;
        }
        self.serial += 1;
        let date = u64::try_from(item.item.date).unwrap_or(0);
        let unique = format!("{date}.M{}P{}.mailproof", self.serial, std::process::id());
        let waiting = directory.join("tmp").join(&unique);
        let mut file = File::options().write(true).create_new(true).open(&waiting)?;
        file.write_all(item.body)?;
        file.set_modified(UNIX_EPOCH + Duration::from_secs(date))?;
        let name = format!("{unique}:2,{}", letters(item));
        fs::rename(waiting, directory.join("cur").join(name))
    }
}

/// The letters of a message's flags, in their order.
fn letters(item: &Recovered<'_>) -> String {
    let has = |flag| item.item.flags.has(flag);
    let all = [('D', has(64)), ('F', has(32)), ('R', has(4)), ('S', !item.item.unread)];
    all.iter().filter(|(_, set)| *set).map(|(letter, _)| *letter).collect()
}

impl Place for Delivery {
    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        let name = self.directory(item);
        if name.len() > LONGEST {
            let reason = "its folder's name is too long for a Maildir; rehearse into a tgz or a server";
            return Ok(Put::Refused(reason.to_owned()));
        }
        let directory = self.folder.join(name);
        self.deliver(&directory, item).map(|()| Put::Restored).map_err(|error| {
            PlaceError(format!(
                "{}: {error}; check the sandbox's disk and who may write there",
                directory.display()
            ))
        })
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        Ok(())
    }
}
