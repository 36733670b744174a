//! Which archives a run takes: those that were named, or the policy's selection.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::archive::ArchiveError;
use crate::archive::storage::catalogue::{Catalogue, TimeSource};
use crate::archive::storage::{self, Location, Object, StorageError, Store};
use crate::check::meaningful::session::Made;
use crate::check::present::{self, Fetched, Place, Presence, Replica};
use crate::event::Tally;
use crate::policy::{self, Policy, TemplateError, stamp};
use crate::verdict::{Finding, Findings, Rung, Standing, State, kinds};

use super::result::Trouble;

/// The archives of a run, and what is known of the selection as a whole.
#[derive(Debug, Default)]
pub struct Selection {
    /// When the selection began, and with it the run.
    pub started: Option<Timestamp>,
    /// The archives, in order.
    pub targets: Vec<Target>,
    /// Findings about series and keys rather than single archives.
    pub findings: Findings,
    /// What could not be looked at.
    pub troubles: Vec<Trouble>,
    /// Calls that were repeated to list the stores.
    pub retries: u64,
}

impl Selection {
    /// The selection of a run that was ended before it had one.
    #[must_use]
    pub fn interrupted(started: Timestamp) -> Self {
        let trouble = Trouble::new("storage", &ArchiveError::Interrupted);
        Self { started: Some(started), troubles: vec![trouble], ..Self::default() }
    }
}

/// One archive that is to be verified.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it lies.
    pub store: Arc<dyn Store>,
    /// Its key there.
    pub key: String,
    /// What the catalogue says of it; absent where the archive was named by the user.
    pub present: Option<(Standing, Findings)>,
    /// When the catalogue says that it was made.
    pub made: Option<Made>,
    /// Calls about it that were repeated so far.
    pub retries: u64,
}

/// Why nothing could be selected: the command line or the policy is wrong.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// An address or a setting that can't work.
    #[error(transparent)]
    Storage(StorageError),
    /// The key template of the policy.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Neither an archive nor a store was named.
    #[error("there is nothing to verify; name an archive, or a policy with a [store] (--policy FILE)")]
    Nothing,
}

impl Target {
    /// Its address as a user would write it.
    #[must_use]
    pub fn address(&self) -> String {
        self.store.address(&self.key)
    }

    /// When it was made. Of an archive that was named only its own name is asked: a copy is written long afterwards.
    #[must_use]
    pub fn made(&self, archives: &policy::Archives) -> Option<Made> {
        if self.present.is_some() {
            return self.made;
        }
        let name = self.key.rsplit('/').next()?;
        let zone = TimeZone::get(&archives.time_zone).ok()?;
        let at = stamp::moment(stamp::in_name(name)?, &zone)?;
        Some(Made { at, by_name: true, newest: true })
    }

    /// The rung `present`. Of an archive that was named only existence and size are judged: it belongs to no schedule.
    #[must_use]
    pub fn present(&self, object: &Object) -> (Standing, Findings) {
        if let Some(known) = &self.present {
            return known.clone();
        }
        let mut findings = Findings::default();
        let mut standing = Standing { rung: Rung::Present, state: State::Proven, reason: None };
        if object.size == 0 {
            let finding = Finding::new(&kinds::PRESENT_EMPTY_OBJECT, "object");
            findings.push(finding.expected("an archive").observed("0 bytes"));
            standing.state = State::Disproven;
            standing.reason = Some(kinds::PRESENT_EMPTY_OBJECT.id.to_owned());
        }
        (standing, findings)
    }
}

/// The archives at the addresses given; `base` says how their stores are reached.
///
/// # Errors
/// An address that is none. A store that can't be reached is a trouble of the selection.
pub async fn named(
    addresses: &[String],
    base: &policy::Store,
    credentials: Option<&Path>,
) -> Result<Selection, SelectError> {
    let mut selection = Selection { started: Some(Timestamp::now()), ..Selection::default() };
    let mut stores: HashMap<String, Arc<dyn Store>> = HashMap::new();
    for address in addresses {
        let location = Location::parse(address).and_then(no_folder).map_err(SelectError::Storage)?;
        let (root, key) = (location.store().to_string(), location.key().map_err(SelectError::Storage)?);
        if !stores.contains_key(&root) {
            let settings = policy::Store { url: root.clone(), ..base.clone() };
            match open(&settings, credentials).await? {
                Ok(store) => stores.insert(root.clone(), store),
                Err(trouble) => {
                    selection.troubles.push(trouble);
                    continue;
                }
            };
        }
        let store = stores.get(&root).map(Arc::clone);
        selection.targets.extend(store.map(|store| Target {
            store,
            key,
            present: None,
            made: None,
            retries: 0,
        }));
    }
    Ok(selection)
}

/// Whoever names a folder means what is in it, which is never told by "no such object".
fn no_folder(location: Location) -> Result<Location, StorageError> {
    match &location {
        Location::File { path } if path.is_dir() => Err(StorageError::configuration(
            location.to_string(),
            "this is a folder, not an archive",
            "name the archives in it, or write the folder as `url` into a policy's [store]",
        )),
        _ => Ok(location),
    }
}

/// What the policy selects from its store, with what the catalogue says of each archive.
///
/// # Errors
/// A policy without a store, or settings that can't work. A store that can't be reached is a trouble of the selection.
pub async fn selected(policy: &Policy, credentials: Option<&Path>) -> Result<Selection, SelectError> {
    let started = Some(Timestamp::now());
    let settings = policy.store.as_ref().ok_or(SelectError::Nothing)?;
    let tally = Tally::default();
    let inventory = inventory(policy, settings, credentials, &tally).await?;
    let retries = Tally::get(&tally.retries);
    let Inventory { store, place, catalogue, fetched, repeated } = match inventory {
        Ok(inventory) => inventory,
        Err(trouble) => {
            return Ok(Selection { started, retries, troubles: vec![trouble], ..Selection::default() });
        }
    };
    let place = Place { address: &place, template: policy.archives.key.as_deref() };
    let select = policy.archives.select;
    let presence = present::present(place, &catalogue, &fetched, &policy.present, select, Timestamp::now());
    let made = made(&catalogue);
    Ok(Selection { started, retries, ..from_presence(&store, presence, &repeated, &made) })
}

/// What a store holds and what was asked about it.
#[derive(Debug)]
pub struct Inventory {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Where in it was looked, as the policy or the command line writes it.
    pub place: String,
    /// Its objects, sorted.
    pub catalogue: Catalogue,
    /// Protection and replicas.
    pub fetched: Fetched,
    /// Calls about single archives that were repeated, by key.
    pub repeated: HashMap<String, u64>,
}

/// Lists the policy's store and its replicas, and asks what protects the selected archives where the policy cares.
/// Repeated calls of the listings are counted in `tally`.
///
/// # Errors
/// Settings that can't work; what could not be reached is the inner error.
pub async fn inventory(
    policy: &Policy,
    settings: &policy::Store,
    credentials: Option<&Path>,
    tally: &Tally,
) -> Result<Result<Inventory, Trouble>, SelectError> {
    let store = match open(settings, credentials).await? {
        Ok(store) => store,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let location = Location::parse(&settings.url).map_err(SelectError::Storage)?;
    let objects = match store.list(location.prefix(), tally).await {
        Ok(objects) => objects,
        Err(error) => return Ok(Err(Trouble::new("storage", &error))),
    };
    let catalogue = Catalogue::new(objects, location.prefix(), &policy.archives)?;
    let mut fetched = Fetched::default();
    for replica in &policy.replica {
        fetched.replicas.push(list_replica(replica, credentials, tally).await?);
    }
    let mut repeated = HashMap::new();
    if policy.present.lock.is_some() || policy.present.retention.is_some() {
        for (_, archive) in catalogue.selected(policy.archives.select) {
            let (key, tally) = (&archive.object.key, Tally::default());
            fetched.protections.insert(key.clone(), protection(&*store, key, &tally).await);
            repeated.insert(key.clone(), Tally::get(&tally.retries));
        }
    }
    Ok(Ok(Inventory { store, place: settings.url.clone(), catalogue, fetched, repeated }))
}

async fn open(
    settings: &policy::Store,
    credentials: Option<&Path>,
) -> Result<Result<Arc<dyn Store>, Trouble>, SelectError> {
    match storage::open_store(settings, credentials).await {
        Ok(store) => Ok(Ok(store)),
        Err(error @ (StorageError::BadConfiguration { .. } | StorageError::Secret(_))) => {
            Err(SelectError::Storage(error))
        }
        Err(error) => Ok(Err(Trouble::new("storage", &error))),
    }
}

async fn list_replica(
    settings: &policy::Store,
    credentials: Option<&Path>,
    tally: &Tally,
) -> Result<Replica, SelectError> {
    let location = Location::parse(&settings.url).map_err(SelectError::Storage)?;
    let listed = match open(settings, credentials).await? {
        Ok(store) => store.list(location.prefix(), tally).await.map_err(|error| error.to_string()),
        Err(trouble) => Err(trouble.message),
    };
    Ok(match listed {
        Ok(objects) => Replica::listed(&settings.url, location.prefix(), objects),
        Err(why) => Replica::silent(&settings.url, &why),
    })
}

/// What protects an archive; unknown where it could not be asked for.
async fn protection(store: &dyn Store, key: &str, tally: &Tally) -> storage::Protection {
    let answer = match store.head(key, tally).await {
        Ok(object) => store.protection(&object, tally).await,
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error| storage::Protection::Unknown(error.to_string()))
}

/// When each archive was made, by key.
fn made(catalogue: &Catalogue) -> HashMap<String, Made> {
    let each = catalogue.series.iter().flat_map(|series| {
        let newest = series.archives.iter().map(|archive| archive.time).max().flatten();
        series.archives.iter().map(move |archive| (archive, archive.time == newest))
    });
    let made = each.filter_map(|(archive, newest)| {
        let by_name = archive.time_source == TimeSource::Key;
        Some((archive.object.key.clone(), Made { at: archive.time?, by_name, newest }))
    });
    made.collect()
}

fn from_presence(
    store: &Arc<dyn Store>,
    presence: Presence,
    repeated: &HashMap<String, u64>,
    made: &HashMap<String, Made>,
) -> Selection {
    let mut selection = Selection { findings: presence.findings, ..Selection::default() };
    for series in presence.series {
        selection.findings.append(series.findings);
        selection.targets.extend(series.archives.into_iter().map(|archive| Target {
            store: Arc::clone(store),
            retries: repeated.get(&archive.key).copied().unwrap_or(0),
            made: made.get(&archive.key).copied(),
            key: archive.key,
            present: Some((archive.standing, archive.findings)),
        }));
    }
    selection
}
