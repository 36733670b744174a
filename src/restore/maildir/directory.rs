//! One folder of a Maildir, written to below an open directory.
//!
//! Input: names and bytes. Output: files that are there whole or not at all. Invariants: no link is followed, also not one
//! that appears meanwhile; no file that is there is written to, renamed or removed, but for what an earlier restore left in
//! `tmp`.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{Read, Write};

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, Dir, Mode, OFlags, Timespec, Timestamps, fsync, futimens, mkdirat, openat, unlinkat,
};
use rustix::io::Errno;

use crate::mailbox::Digest;
use crate::restore::writing::{errno, rename};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);
const CREATE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a directory in another one, and makes it if it is not there.
pub(super) fn enter(above: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    match mkdirat(&above, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        // Where nothing can be made, what is there may be enough.
        Err(error @ (Errno::ROFS | Errno::ACCESS)) => {
            return openat(&above, name, FOLDER, Mode::empty()).map_err(|_| error);
        }
        Err(error) => return Err(error),
    }
    openat(&above, name, FOLDER, Mode::empty())
}

/// A folder with its three parts.
#[derive(Debug)]
pub(super) struct Folder {
    tmp: OwnedFd,
    cur: OwnedFd,
    new: OwnedFd,
}

/// What was in a folder before: what stands behind the part of each name that stays, by a mark of that part.
#[derive(Debug, Default)]
pub(super) struct Before {
    marks: HashMap<u64, (bool, Box<[u8]>)>,
    hasher: RandomState,
}

/// What a file is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Its name up to the flags.
    pub unique: &'a str,
    /// Its flags; without any it is new.
    pub flags: &'a str,
    pub body: &'a [u8],
    pub digest: Option<Digest>,
    /// Seconds since 1970.
    pub date: i64,
}

impl Folder {
    /// Opens the folder `name` below `above`, or `above` itself where the name is empty, and makes what is missing.
    pub(super) fn open(above: &OwnedFd, name: &str) -> Result<Self, Errno> {
        let made;
        let folder = match name {
            "" => above,
            name => {
                made = enter(above, name)?;
                // Maildir++ tells folders by this file.
                match openat(&made, "maildirfolder", CREATE, Mode::RUSR | Mode::WUSR) {
                    Ok(_) | Err(_) => &made,
                }
            }
        };
        Ok(Self { tmp: enter(folder, "tmp")?, cur: enter(folder, "cur")?, new: enter(folder, "new")? })
    }

    /// What is in the folder now.
    pub(super) fn look(&self) -> Result<Before, Errno> {
        let mut before = Before::default();
        for (seen, part) in [(false, &self.new), (true, &self.cur)] {
            let again = openat(part, ".", FOLDER, Mode::empty())?;
            for entry in Dir::new(again)? {
                let entry = entry?;
                let name = entry.file_name().to_bytes();
                if name.windows(9).any(|window| window == b"mailproof") {
                    let colon = name.iter().position(|byte| *byte == b':').unwrap_or(name.len());
                    let (unique, info) = name.split_at(colon);
                    before.marks.insert(before.hasher.hash_one(unique), (seen, info.into()));
                }
            }
        }
        Ok(before)
    }

    /// Whether a file with these bytes is there, whatever has become of its flags.
    pub(super) fn has(&self, wanted: &Wanted<'_>, before: &Before) -> Result<bool, Errno> {
        let (part, name) = self.named(wanted);
        if same(part, name.as_bytes(), wanted)? {
            return Ok(true);
        }
        match before.marks.get(&before.hasher.hash_one(wanted.unique.as_bytes())) {
            Some((seen, info)) => {
                let part = if *seen { &self.cur } else { &self.new };
                same(part, &[wanted.unique.as_bytes(), info].concat(), wanted)
            }
            None => Ok(false),
        }
    }

    /// Writes a file, so that it is there whole or not at all; `false` if another one has its name.
    pub(super) fn write(&self, wanted: &Wanted<'_>) -> Result<bool, Errno> {
        let (part, name) = self.named(wanted);
        let written = self.fill(wanted).and_then(|()| rename(&self.tmp, wanted.unique, part, &name));
        if written != Ok(true) {
            // What can't be removed now is removed by the next restore of the same item.
            let _ = unlinkat(&self.tmp, wanted.unique, AtFlags::empty());
        }
        written
    }

    fn fill(&self, wanted: &Wanted<'_>) -> Result<(), Errno> {
        let mode = Mode::RUSR | Mode::WUSR;
        let file = match openat(&self.tmp, wanted.unique, CREATE, mode) {
            // A restore that was ended left it.
            Err(Errno::EXIST) => {
                unlinkat(&self.tmp, wanted.unique, AtFlags::empty())?;
                openat(&self.tmp, wanted.unique, CREATE, mode)?
            }
            opened => opened?,
        };
        let mut file = File::from(file);
        file.write_all(wanted.body).map_err(|error| errno(&error))?;
        let date = Timespec { tv_sec: wanted.date, tv_nsec: 0 };
        futimens(&file, &Timestamps { last_access: date, last_modification: date })?;
        fsync(&file)
    }

    /// Makes sure that what was written stays.
    pub(super) fn sync(&self) -> Result<(), Errno> {
        fsync(&self.cur)?;
        fsync(&self.new)
    }

    fn named(&self, wanted: &Wanted<'_>) -> (&OwnedFd, String) {
        match wanted.flags {
            "" => (&self.new, wanted.unique.to_owned()),
            flags => (&self.cur, format!("{}:2,{flags}", wanted.unique)),
        }
    }
}

/// Whether the file is there with the wanted bytes.
fn same(part: &OwnedFd, name: &[u8], wanted: &Wanted<'_>) -> Result<bool, Errno> {
    let file = match openat(part, name, READ, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::LOOP) => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut file = File::from(file);
    let meant = file.metadata().is_ok_and(|found| found.is_file() && found.len() == wanted.body.len() as u64);
    Ok(meant && digest(&mut file, wanted.digest).is_some_and(|found| Some(found) == wanted.digest))
}

fn digest(file: &mut File, like: Option<Digest>) -> Option<Digest> {
    let mut context = Context::new(match like? {
        Digest::Sha1(_) => &SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha256(_) => &SHA256,
    });
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => break,
            count => context.update(buffer.get(..count)?),
        }
    }
    let found = context.finish();
    match like? {
        Digest::Sha1(_) => found.as_ref().try_into().ok().map(Digest::Sha1),
        Digest::Sha256(_) => found.as_ref().try_into().ok().map(Digest::Sha256),
    }
}
