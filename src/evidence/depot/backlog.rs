//! A folder held to what a bucket lists.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::numbers::Numbers;
use super::strays::Strays;
use crate::evidence::folder::{self, Listing};

/// Files that are read back as they are younger there than later ones; a bucket that was filled in no order has many.
const MOST_SUSPECTED: usize = 100;

/// What a bucket lists of a chain, by the names of files.
pub(super) type There = BTreeMap<String, Listed>;

/// A file as a bucket lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub size: u64,
    /// When it was last written, by the store's clock.
    pub modified: Option<Timestamp>,
}

/// One file of a chain, and the record it belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub number: u64,
    pub name: String,
    pub size: u64,
    /// Something that went to the bucket after it lies there.
    pub overtaken: bool,
}

/// What the folder has and the bucket lacks, and the other way round.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    /// What goes to the bucket, in this order.
    pub files: Vec<File>,
    /// Records of the folder.
    pub numbers: Vec<u64>,
    /// The first file that has another size there, and that size.
    pub other: Option<(File, u64)>,
    /// Records of which something lies there that the folder lacks.
    pub lost: Numbers,
    /// The first record that lies there and is none of the folder's.
    pub foreign: Option<u64>,
    /// Files beside no record: paths in the folder, and names there.
    pub strays: (Vec<String>, Vec<String>),
    /// Files that were written there after what went there behind them, the youngest first: put back once, or written over.
    pub suspected: Vec<String>,
}

impl Backlog {
    /// Holds `folder` to what is `there`; the error names the file that can't be looked at.
    pub fn of(folder: &Path, there: &There) -> Result<Self, (PathBuf, io::Error)> {
        let Listing { numbers, strays, .. } = match folder::list(folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Listing::default(),
            Err(error) => return Err((folder.to_owned(), error)),
        };
        let mut here = Vec::new();
        for number in &numbers {
            here.extend(files_of(folder, *number)?);
        }
        let strays = Strays::in_folder(folder, &strays, &numbers);
        let mut backlog = Self::between(numbers, here, there);
        backlog.strays.0 = strays;
        Ok(backlog)
    }

    fn between(numbers: Vec<u64>, here: Vec<File>, there: &There) -> Self {
        let known: BTreeSet<&str> = here.iter().map(|file| file.name.as_str()).collect();
        let strangers = there.keys().filter(|name| !known.contains(name.as_str()));
        let strangers = strangers.filter_map(|name| Some((folder::record_of(name)?, name)));
        let is_there = |number: &u64| there.contains_key(&folder::name_of(*number));
        // Behind the end of both, nothing says that there was such a record.
        let was = |number: &u64| numbers.last().is_some_and(|last| number <= last) || is_there(number);
        let (lost, strays): (Vec<_>, Vec<_>) = strangers.partition(|(number, _)| was(number));
        let lost: Numbers = lost.into_iter().map(|(number, _)| number).collect();
        let foreign = lost.iter().filter(is_there).find(|number| numbers.binary_search(number).is_err());
        let strays = (Vec::new(), strays.into_iter().map(|(_, name)| name.clone()).collect());
        let last = here.iter().rposition(|file| there.contains_key(&file.name));
        let suspected = suspected(&here, there);
        let mut backlog = Self { numbers, lost, foreign, strays, suspected, ..Self::default() };
        for (at, file) in here.into_iter().enumerate() {
            match there.get(&file.name) {
                None => {
                    backlog.files.push(File { overtaken: last.is_some_and(|last| at < last), ..file });
                }
                Some(listed) if listed.size != file.size && backlog.other.is_none() => {
                    backlog.other = Some((file, listed.size));
                }
                Some(_) => {}
            }
        }
        backlog
    }

    /// Records of the folder.
    pub fn records(&self) -> u64 {
        self.numbers.len() as u64
    }

    /// Records of which anything is left from the file of this place on.
    pub fn records_from(&self, at: usize) -> u64 {
        self.files[at..].iter().map(|file| file.number).collect::<Numbers>().count()
    }

    /// Records that are not there although later ones are.
    pub fn overtaken(&self) -> Numbers {
        self.files.iter().filter(|file| file.overtaken).map(|file| file.number).collect()
    }
}

/// As what goes there goes in the order of `here`, its times there go up; a file that breaks that was written later.
fn suspected(here: &[File], there: &There) -> Vec<String> {
    let mut earliest: Option<Timestamp> = None;
    let mut suspected = Vec::new();
    for file in here.iter().rev() {
        let Some(modified) = there.get(&file.name).and_then(|listed| listed.modified) else { continue };
        match earliest {
            Some(earliest) if modified > earliest => suspected.push((modified, file.name.clone())),
            _ => earliest = Some(modified),
        }
    }
    suspected.sort_by_key(|(modified, _)| Reverse(*modified));
    suspected.into_iter().take(MOST_SUSPECTED).map(|(_, name)| name).collect()
}

/// What lies beside a record goes first: without the record it says nothing, and a record without it would not verify.
fn files_of(folder: &Path, number: u64) -> Result<Vec<File>, (PathBuf, io::Error)> {
    let beside = [folder::signature_of(number), folder::stamp_of(number)];
    let beside = beside.into_iter().filter(|name| folder.join(name).exists());
    let named = beside.chain([folder::name_of(number)]).map(|name| {
        let path = folder.join(&name);
        match path.metadata() {
            Ok(metadata) => Ok(File { number, name, size: metadata.len(), overtaken: false }),
            Err(error) => Err((path, error)),
        }
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(number: u64, name: &str) -> File {
        File { number, name: name.to_owned(), size: 7, overtaken: false }
    }

    /// Two records with signatures, in the order in which they go.
    fn here() -> Vec<File> {
        let of =
            |number| [file(number, &folder::signature_of(number)), file(number, &folder::name_of(number))];
        [of(1), of(2)].into_iter().flatten().collect()
    }

    fn between(there: &[(&str, u64)]) -> Backlog {
        let listed = |size| Listed { size, modified: None };
        let there = there.iter().map(|(name, size)| ((*name).to_owned(), listed(*size))).collect();
        Backlog::between(vec![1, 2], here(), &there)
    }

    #[test]
    fn what_is_missing_behind_all_that_is_there_is_late_and_before_it_taken_away() {
        let begun = between(&[("000000001.json.sig", 7), ("000000001.json", 7), ("000000002.json.sig", 7)]);
        assert_eq!((begun.files, begun.other), (vec![file(2, "000000002.json")], None));
        let holed = between(&[("000000001.json", 7), ("000000002.json", 7), ("000000002.json.sig", 7)]);
        assert_eq!(holed.overtaken(), Numbers::from_iter([1]));
        assert!(between(&[]).overtaken().is_empty());
    }

    #[test]
    fn what_is_younger_than_what_went_behind_it_is_suspected() {
        let at = |seconds| Listed { size: 7, modified: Timestamp::from_second(seconds).ok() };
        let there = |times: [i64; 4]| {
            here().into_iter().zip(times).map(|(file, time)| (file.name, at(time))).collect::<There>()
        };
        let of = |times| Backlog::between(vec![1, 2], here(), &there(times)).suspected;
        assert_eq!(of([1, 1, 2, 3]), [""; 0]);
        assert_eq!(of([1, 9, 2, 3]), ["000000001.json"]);
        assert_eq!(of([8, 9, 2, 3]), ["000000001.json", "000000001.json.sig"]);
        assert_eq!(of([1, 2, 4, 3]), ["000000002.json.sig"]);
    }

    #[test]
    fn another_size_and_what_the_folder_lacks_are_seen() {
        let other = between(&[("000000001.json", 8), ("000000003.json", 1), ("readme", 1)]);
        assert_eq!(other.other, Some((file(1, "000000001.json"), 8)));
        assert_eq!(other.lost, Numbers::from_iter([3]));
    }

    #[test]
    fn what_lies_beside_no_record_is_no_lost_record() {
        let there = ["000000001.json.tsr", "000000003.json", "000000003.json.tsr", "000000004.json.tsr"];
        let there = there.map(|name| (name, 7));
        let held = between(&there);
        assert_eq!((held.lost, held.foreign), (Numbers::from_iter([1, 3]), Some(3)));
        assert_eq!(held.strays.1, ["000000004.json.tsr"]);
        // Of a number that the folder has passed there was a record.
        let there = there.into_iter().map(|(name, size)| (name.to_owned(), Listed { size, modified: None }));
        let holed = Backlog::between(vec![1, 5], here(), &there.collect());
        assert_eq!((holed.lost, holed.foreign), (Numbers::from_iter([1, 3, 4]), Some(3)));
        assert!(holed.strays.1.is_empty());
    }
}
