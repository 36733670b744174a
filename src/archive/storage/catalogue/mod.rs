//! The objects of a store, sorted into archives, what belongs to them, and what is neither.
//!
//! Input: a listing and the policy's key template. Output: series of archives in the order of time.
//! Invariant: every object is an archive, a sidecar, unmatched, or the marker of a folder.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Object;
use crate::policy::{Archives, Parts, Select, Template, TemplateError};

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The series, in the order of their accounts.
    pub series: Vec<Series>,
    /// Keys the template does not describe, in the order of the listing.
    pub unmatched: Vec<String>,
    /// Objects that belong to an archive (`X.b3`, `X.b3.age`, `X.seal.json`, `X.index.age`), by key.
    pub sidecars: BTreeMap<String, Object>,
}

/// The archives of one account; of all where the template has no `{account}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Whose they are.
    pub account: Option<String>,
    /// Oldest first; those without a time come before.
    pub archives: Vec<Archive>,
}

/// One archive, by its name and listing only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The object.
    pub object: Object,
    /// Its key below the store's prefix, the same in every replica.
    pub name: String,
    /// Which run of the backup job made it, where the template says.
    pub session: Option<String>,
    /// When it was made; absent where neither its name nor the store says.
    pub time: Option<Timestamp>,
    /// Who says so.
    pub time_source: TimeSource,
}

/// Where the time of an archive comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSource {
    /// The `{time}` of its key.
    Key,
    /// The store's clock when it was written.
    Store,
}

/// What an object's name ends with if it belongs to the archive named before that.
const SIDECARS: [&str; 4] = [".b3", ".b3.age", ".seal.json", ".index.age"];

impl Catalogue {
    /// Sorts a listing. `prefix` is the store's own, which the template leaves out.
    ///
    /// # Errors
    /// [`TemplateError`] if `archives.key` or `archives.time_zone` can't be used.
    pub fn new(objects: Vec<Object>, prefix: &str, archives: &Archives) -> Result<Self, TemplateError> {
        let template =
            archives.key.as_deref().map(|key| Template::compile(key, &archives.time_zone)).transpose()?;
        let mut catalogue = Self::default();
        let mut series: BTreeMap<Option<String>, Vec<Archive>> = BTreeMap::new();
        for object in objects {
            let name = object.key.strip_prefix(prefix).unwrap_or(&object.key).to_owned();
            // Consoles make an empty object for a folder.
            if name.is_empty() || name.ends_with('/') && object.size == 0 {
                continue;
            }
            if SIDECARS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending)) {
                catalogue.sidecars.insert(object.key.clone(), object);
                continue;
            }
            match read(template.as_ref(), &name) {
                Some(parts) => {
                    let account = parts.account.clone();
                    series.entry(account).or_default().push(Archive::new(object, name, parts));
                }
                None => catalogue.unmatched.push(object.key),
            }
        }
        catalogue.series =
            series.into_iter().map(|(account, archives)| Series::new(account, archives)).collect();
        Ok(catalogue)
    }

    /// The archives a run takes, each with its series.
    pub fn selected(&self, select: Select) -> impl Iterator<Item = (&Series, &Archive)> {
        self.series
            .iter()
            .flat_map(move |series| series.selected(select).map(move |archive| (series, archive)))
    }

    /// The manifest beside an archive, in clear or encrypted.
    #[must_use]
    pub fn manifest(&self, archive: &Archive) -> Option<&Object> {
        [".b3", ".b3.age"]
            .iter()
            .find_map(|ending| self.sidecars.get(&format!("{}{ending}", archive.object.key)))
    }
}

/// Without a template every object is an archive.
fn read(template: Option<&Template>, name: &str) -> Option<Parts> {
    template.map_or_else(|| Some(Parts::default()), |template| template.read(name))
}

impl Series {
    fn new(account: Option<String>, mut archives: Vec<Archive>) -> Self {
        archives.sort_by(|one, other| (one.time, &one.name).cmp(&(other.time, &other.name)));
        Self { account, archives }
    }

    /// The archives of this series a run takes, oldest first: all, or the newest of each kind of session, so that the
    /// full backup is opened as well which lies below a newer incremental one.
    pub fn selected(&self, select: Select) -> impl Iterator<Item = &Archive> {
        let newest = |at: usize, archive: &Archive| {
            !self.archives[at + 1..].iter().any(|later| later.kind() == archive.kind())
        };
        let taken = move |&(at, archive): &(usize, &Archive)| select == Select::All || newest(at, archive);
        self.archives.iter().enumerate().filter(taken).map(|(_, archive)| archive)
    }
}

impl Archive {
    fn new(object: Object, name: String, parts: Parts) -> Self {
        let time_source = if parts.time.is_some() { TimeSource::Key } else { TimeSource::Store };
        let time = parts.time.or(object.modified);
        Self { object, name, session: parts.session, time, time_source }
    }

    /// The letters its session begins with: `full` of `full-20261123013000`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        let session = self.session.as_deref()?;
        let rest = session.trim_start_matches(|letter: char| letter.is_alphabetic());
        Some(&session[..session.len() - rest.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, modified: &str) -> Object {
        Object { key: key.to_owned(), size: 1, modified: modified.parse().ok(), etag: None, version: None }
    }

    fn catalogue(template: Option<&str>, keys: &[(&str, &str)]) -> Catalogue {
        let objects = keys.iter().map(|(key, modified)| object(key, modified)).collect();
        let archives = Archives { key: template.map(str::to_owned), ..Archives::default() };
        Catalogue::new(objects, "backup/", &archives).unwrap()
    }

    fn names(catalogue: &Catalogue) -> Vec<(Option<&str>, Vec<&str>)> {
        let names = |series: &Series| -> Vec<usize> { (0..series.archives.len()).collect() };
        let mut all = Vec::new();
        for series in &catalogue.series {
            let archives = names(series).into_iter().map(|at| series.archives[at].name.as_str()).collect();
            all.push((series.account.as_deref(), archives));
        }
        all
    }

    #[test]
    fn a_series_is_an_account_in_the_order_of_time() {
        let catalogue = catalogue(
            Some("{session}/{account}-{time:%d%m%Y}.age"),
            &[
                ("backup/full-1/b-02112026.age", ""),
                ("backup/full-1/a-31102026.age", ""),
                ("backup/inc-2/b-01122026.age", ""),
                ("backup/inc-2/b-03112026.age", ""),
                ("backup/README", ""),
            ],
        );
        let b = vec!["full-1/b-02112026.age", "inc-2/b-03112026.age", "inc-2/b-01122026.age"];
        assert_eq!(names(&catalogue), [(Some("a"), vec!["full-1/a-31102026.age"]), (Some("b"), b)]);
        assert_eq!(catalogue.unmatched, ["backup/README"]);
        assert_eq!(catalogue.series[1].archives[2].session.as_deref(), Some("inc-2"));
        assert_eq!(catalogue.series[0].archives[0].time_source, TimeSource::Key);
    }

    #[test]
    fn the_newest_of_each_kind_of_session_is_taken() {
        let keys = ["full-1/a-01.age", "full-2/a-03.age", "inc-3/a-02.age", "inc-4/a-04.age"];
        let keys = keys.map(|key| (format!("backup/{key}"), ""));
        let keys: Vec<_> = keys.iter().map(|(key, modified)| (key.as_str(), *modified)).collect();
        let catalogue = catalogue(Some("{session}/{account}-{any}.age"), &keys);
        let newest: Vec<_> = catalogue.selected(Select::Newest).map(|(_, archive)| &*archive.name).collect();
        assert_eq!(newest, ["full-2/a-03.age", "inc-4/a-04.age"]);
        assert_eq!(catalogue.selected(Select::All).count(), 4);
    }

    #[test]
    fn without_a_template_every_object_is_an_archive_of_one_series() {
        let keys =
            [("backup/b", "2026-11-01T00:00:00Z"), ("backup/a", "2026-11-02T00:00:00Z"), ("backup/c", "")];
        let catalogue = catalogue(None, &keys);
        assert_eq!(names(&catalogue), [(None, vec!["c", "b", "a"])]);
        let newest: Vec<_> = catalogue.selected(Select::Newest).map(|(_, archive)| &archive.name).collect();
        assert_eq!(newest, ["a"]);
        assert_eq!(catalogue.selected(Select::All).count(), 3);
        assert_eq!(catalogue.series[0].archives[0].time_source, TimeSource::Store);
    }

    #[test]
    fn what_belongs_to_an_archive_is_none() {
        let mut keys = vec![("backup/x.tar.age", "")];
        keys.extend(
            ["backup/x.tar.age.b3", "backup/x.tar.age.seal.json", "backup/x.tar.age.index.age"]
                .map(|key| (key, "")),
        );
        let catalogue = catalogue(None, &keys);
        assert_eq!(names(&catalogue), [(None, vec!["x.tar.age"])]);
        assert_eq!(catalogue.sidecars.len(), 3);
        let manifest = catalogue.manifest(&catalogue.series[0].archives[0]).unwrap();
        assert_eq!(manifest.key, "backup/x.tar.age.b3");
    }

    #[test]
    fn an_encrypted_manifest_beside_an_archive_is_found() {
        let catalogue =
            catalogue(None, &[("backup/x.age", ""), ("backup/x.age.b3.age", ""), ("backup/.b3", "")]);
        assert_eq!(names(&catalogue), [(None, vec![".b3", "x.age"])]);
        assert!(catalogue.manifest(&catalogue.series[0].archives[1]).is_some());
        assert!(catalogue.manifest(&catalogue.series[0].archives[0]).is_none());
    }

    #[test]
    fn the_marker_of_a_folder_is_nothing() {
        let mut marker = object("backup/2026/", "");
        marker.size = 0;
        let itself = object("backup/", "");
        let catalogue = Catalogue::new(vec![marker, itself], "backup/", &Archives::default()).unwrap();
        assert_eq!(catalogue, Catalogue::default());
    }
}
