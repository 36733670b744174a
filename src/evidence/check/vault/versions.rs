//! What was written over the files of a chain, and what was deleted: the first version of each is the one that counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::uncounted;
use crate::archive::storage::{Download, Object, StorageError, Store, Version, Versions};
use crate::evidence::check::reason::{Fault, Reason};
use crate::evidence::folder;

/// What is kept of each key, newest first.
type Keys = BTreeMap<String, Vec<Version>>;

/// The files of a chain as they were first written, and what was done since.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// By their names.
    pub files: BTreeMap<String, Object>,
    /// What was done to records, by their numbers.
    pub touched: BTreeMap<u64, Vec<Fault>>,
    /// Newer versions with the same bytes.
    pub repeated: u64,
    /// Why versions are not known, or not all of them.
    pub unknown: Option<String>,
}

/// Lists what lies below `prefix`, and compares what is kept of each file.
pub(super) async fn look(store: &Arc<dyn Store>, prefix: &str) -> Result<Kept, StorageError> {
    let listed = store.list(prefix, &uncounted()).await?;
    let versions = store.versions(prefix, &uncounted()).await?;
    let mut kept = Kept::default();
    let name_of = |key: &str| key.strip_prefix(prefix).map(str::to_owned);
    let by_key: HashMap<&str, &Object> = listed.iter().map(|file| (file.key.as_str(), file)).collect();
    match versions {
        Versions::Unknown(why) => kept.unknown = Some(why),
        Versions::Kept(keys) => {
            kept.unknown = unlisted(&keys, &listed, prefix).or_else(|| unkept(&keys, prefix));
            for (key, versions) in &keys {
                let Some(name) = name_of(key) else { continue };
                let listed = by_key.get(key.as_str()).copied();
                kept.add(store, name, History { key, versions, listed }).await;
            }
        }
    }
    for file in &listed {
        kept.files.extend(
            name_of(&file.key).filter(|name| !kept.files.contains_key(name)).map(|name| (name, file.clone())),
        );
    }
    Ok(kept)
}

/// Files of records that are listed, and of which the listing of versions knows nothing: whoever answers so hides something.
fn unlisted(keys: &Keys, listed: &[Object], prefix: &str) -> Option<String> {
    let of_records = listed.iter().filter(|file| of_record(&file.key, prefix));
    let is_known = |file: &&Object| {
        let versions = keys.get(&file.key);
        versions.is_some_and(|versions| versions.iter().any(|version| version.size == Some(file.size)))
    };
    let (known, unknown): (Vec<_>, Vec<_>) = of_records.partition(is_known);
    let first = unknown.first()?;
    Some(format!(
        "the listing of versions lacks {} of {} files that are there, {} the first; ask whoever runs the store",
        unknown.len(),
        known.len() + unknown.len(),
        first.key
    ))
}

/// Files of records that were written while the bucket kept no versions: what was done to them then left no trace.
fn unkept(keys: &Keys, prefix: &str) -> Option<String> {
    let is_nameless = |version: &Version| version.id.as_deref().is_none_or(|id| id == "null");
    let of_records = || keys.iter().filter(|(key, _)| of_record(key, prefix));
    let first_of =
        |versions: &&Vec<Version>| versions.iter().rfind(|version| version.size.is_some()).cloned();
    let is_unkept = |versions: &&Vec<Version>| first_of(versions).as_ref().is_some_and(is_nameless);
    let unkept = of_records().filter(|(_, versions)| is_unkept(versions)).count();
    (unkept > 0).then(|| {
        format!(
            "the bucket kept no versions when {unkept} of {} files were written, so what was written over them left no trace; \
             fetch them and check the folder with --without-head, and let records go to a bucket with Object Lock, which keeps versions",
            of_records().count()
        )
    })
}

fn of_record(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).and_then(folder::record_of).is_some()
}

/// All that is kept under one key, newest first.
struct History<'a> {
    key: &'a str,
    versions: &'a [Version],
    listed: Option<&'a Object>,
}

impl Kept {
    async fn add(&mut self, store: &Arc<dyn Store>, name: String, history: History<'_>) {
        let first = history.first();
        if let (Some(number), [_, ..]) = (folder::record_of(&name), history.versions) {
            let told = self.touched_since(store, &name, &history, first.as_ref()).await;
            if !told.is_empty() {
                self.touched.entry(number).or_default().extend(told);
            }
        }
        self.files.extend(first.map(|file| (name, file)));
    }

    async fn touched_since(
        &mut self,
        store: &Arc<dyn Store>,
        name: &str,
        history: &History<'_>,
        first: Option<&Object>,
    ) -> Vec<Fault> {
        let mut told: Vec<Fault> = history.deleted(name, first).into_iter().collect();
        let Some(first) = first else { return told };
        for newer in history.newer_contents() {
            match same(store, first, &newer).await {
                Ok(true) => self.repeated += 1,
                Ok(false) => told.push(overwritten(name, &newer, first)),
                Err(error) => {
                    self.unknown.get_or_insert(error.to_string());
                }
            }
        }
        told
    }
}

impl History<'_> {
    /// What was first written; where it is the only version it is asked for by its name, which needs fewer rights.
    fn first(&self) -> Option<Object> {
        let first = self.contents().last()?;
        match (self.versions, self.listed) {
            ([_], Some(listed)) => Some(listed.clone()),
            _ => Some(first),
        }
    }

    /// All but delete markers, newest first.
    fn contents(&self) -> impl DoubleEndedIterator<Item = Object> {
        self.versions.iter().filter_map(|version| {
            Some(Object {
                key: self.key.to_owned(),
                size: version.size?,
                modified: version.modified,
                etag: None,
                version: version.id.clone(),
            })
        })
    }

    /// What was written later, in its order.
    fn newer_contents(&self) -> impl Iterator<Item = Object> {
        self.contents().rev().skip(1)
    }

    fn deleted(&self, name: &str, first: Option<&Object>) -> Option<Fault> {
        let marker = self.versions.iter().rfind(|version| version.is_delete_marker())?;
        let kept = match first {
            Some(first) => format!("what was written{} is still kept, and was read", at(first.modified)),
            None => "nothing of it is kept".to_owned(),
        };
        let detail = format!("{name}: it was deleted{}; {kept}", at(marker.modified));
        Some(Fault::new(Reason::Deleted, detail))
    }
}

fn overwritten(name: &str, newer: &Object, first: &Object) -> Fault {
    let detail = format!(
        "{name}: other bytes were written over it{} (version {}); what was first written{} is still kept, and was read",
        at(newer.modified),
        newer.version.as_deref().unwrap_or("unnamed"),
        at(first.modified)
    );
    Fault::new(Reason::Overwritten, detail)
}

fn at(time: Option<Timestamp>) -> String {
    time.map_or(String::new(), |time| format!(" at {time}"))
}

/// Whether both hold the same bytes; what is too large for a record is not read.
async fn same(store: &Arc<dyn Store>, one: &Object, other: &Object) -> Result<bool, StorageError> {
    if one.size != other.size || one.size > folder::LIMIT {
        return Ok(false);
    }
    let bytes = |file: &Object| Download::start(Arc::clone(store), file.clone(), Arc::default()).whole();
    Ok(bytes(one).await? == bytes(other).await?)
}
