//! What a store holds, as a table or as JSON (`mailproof/inventory/v1`).

use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::human;
use crate::archive::storage::catalogue::{Archive, Catalogue, Series};
use crate::archive::storage::{self, Object, Protection, Versions};
use crate::verify::{History, Inventory};

/// The name of this form.
pub const SCHEMA: &str = "mailproof/inventory/v1";

/// What a store holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing {
    /// Always `mailproof/inventory/v1`.
    pub schema: &'static str,
    /// When it was looked at (RFC 3339).
    pub time: String,
    /// Where it was looked, as the policy or the command line writes it.
    pub store: String,
    /// The archives: by account, oldest first; then those that were deleted but are still kept, likewise.
    pub archives: Vec<Row>,
    /// Keys that the policy's template does not describe.
    pub unmatched: Vec<String>,
    /// Why neither versions nor deleted archives are known, where they were asked for.
    pub versions_detail: Option<String>,
    /// No version has a name of its own: the bucket seems to keep none, so nothing is told of what was overwritten or deleted.
    pub versions_seem_off: bool,
    /// The versions were asked for.
    #[serde(skip)]
    versions_asked: bool,
}

/// One archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Its address.
    pub archive: String,
    /// Whether it is there or only kept.
    pub state: State,
    /// Whose it is.
    pub account: Option<String>,
    /// Which run of the backup job made it.
    pub session: Option<String>,
    /// When it was made, by its name or by the store (RFC 3339).
    pub time: Option<String>,
    /// How old it is, in seconds.
    pub age_seconds: Option<i64>,
    /// Bytes; of a deleted archive those of its newest version.
    pub size_bytes: u64,
    /// Whether something lies where a manifest beside it would; `sidecar` says what. A manifest may also be inside.
    pub sidecar_manifest: bool,
    /// What lies there, by its name and size alone.
    pub sidecar: Option<Sidecar>,
    /// What protects it: `locked`, `unlocked`, `unknown`, or absent where it was not asked.
    pub protection: Option<&'static str>,
    /// End of the retention, or why the protection is unknown.
    pub protection_detail: Option<String>,
    /// What the store keeps of it, newest first; absent where it was not asked or did not say.
    pub versions: Option<Vec<Version>>,
    /// Why the versions are unknown, where they were asked for.
    pub versions_detail: Option<String>,
}

/// Whether an archive is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is what a reader gets.
    Current,
    /// It was deleted, and the store still keeps it.
    Deleted,
}

/// What lies beside an archive `X`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sidecar {
    /// Its manifest, which is encrypted, or too long or too short for a checksum.
    Manifest,
    /// Its manifest, or its checksum as `b3sum X > X.b3` writes it: who does not read it can't tell.
    ManifestOrChecksum,
}

impl Sidecar {
    /// What `object` beside the archive `key` is, as far as its own key and size tell.
    fn of(key: &str, object: &Object) -> Self {
        /// `HASH  PATH`, the least that a checksum takes, and `\BLAKE3 (PATH) = HASH` with CR LF, the most.
        const AROUND: [u64; 2] = [66, 79];
        /// The longest path that a system takes.
        const PATH: u64 = 4096;
        let name = key.rsplit('/').next().map_or(0, |name| name.len() as u64);
        let may_be = (AROUND[0] + name..=AROUND[1] + PATH).contains(&object.size);
        match object.key.ends_with(".b3") && may_be {
            true => Self::ManifestOrChecksum,
            false => Self::Manifest,
        }
    }
}

/// One version of an archive, or the marker that it was deleted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Version {
    /// The store's name for it.
    pub version: Option<String>,
    /// Bytes; absent in a delete marker.
    pub size_bytes: Option<u64>,
    /// When it was written, by the store's clock (RFC 3339).
    pub modified: Option<String>,
    /// It is what a reader gets who names no version.
    pub current: bool,
    /// It only says that the object was deleted.
    pub delete_marker: bool,
}

impl Listing {
    /// Takes the inventory as it was at `now`, with the versions where they were asked for.
    #[must_use]
    pub fn new(inventory: &Inventory, history: Option<&History>, now: Timestamp) -> Self {
        let viewing = Viewing { inventory, history, now };
        let mut archives = viewing.rows(&inventory.catalogue, State::Current);
        archives.extend(history.iter().flat_map(|history| viewing.rows(&history.deleted, State::Deleted)));
        Self {
            schema: SCHEMA,
            time: now.to_string(),
            store: inventory.place.clone(),
            archives,
            unmatched: inventory.catalogue.unmatched.clone(),
            versions_detail: history.and_then(|history| match &history.versions {
                Versions::Unknown(why) => Some(why.clone()),
                Versions::Kept(_) => None,
            }),
            versions_seem_off: history.is_some_and(|history| history.versions.seem_off()),
            versions_asked: history.is_some(),
        }
    }

    /// A table; ends with a line break. The versions have a column where they were asked for.
    #[must_use]
    pub fn table(&self) -> String {
        let column = |cell: &str| if self.versions_asked { format!("{cell:10}  ") } else { String::new() };
        let mut text = String::new();
        let versions = column("VERSIONS");
        let _ =
            writeln!(text, "{:>9}  {:>9}  {:8}  {:9}  {versions}ARCHIVE", "AGE", "SIZE", "LOCK", "MANIFEST");
        for row in &self.archives {
            let _ = writeln!(text, "{}  {}{}", row.cells(), column(&row.kept()), human::line(&row.archive));
        }
        self.sums(&mut text);
        if let Some(why) = &self.versions_detail {
            let _ = writeln!(text, "versions and deleted archives are unknown: {}", human::line(why));
        }
        if self.versions_seem_off {
            let _ = writeln!(
                text,
                "the bucket seems to keep no versions (none has a name of its own): of what was overwritten or deleted nothing is known here"
            );
        }
        text
    }

    fn sums(&self, text: &mut String) {
        let sum = |state: State| {
            let rows = || self.archives.iter().filter(|row| row.state == state);
            let size = rows().fold(0_u64, |sum, row| sum.saturating_add(row.size_bytes));
            (rows().count() as u64, human::size(size))
        };
        let (count, size) = sum(State::Current);
        let store = human::line(&self.store);
        let plural = if count == 1 { "" } else { "s" };
        let _ = writeln!(text, "{} archive{plural}, {size} in {store}", human::count(count));
        if self.archives.is_empty() && self.unmatched.is_empty() {
            let _ = writeln!(
                text,
                "nothing that could be an archive lies there: check `store.url` (bucket and prefix)"
            );
        }
        let (count, size) = sum(State::Deleted);
        if count > 0 {
            let _ = writeln!(text, "{} deleted and still kept, {size}", human::count(count));
        }
        if self.archives.iter().any(|row| row.sidecar == Some(Sidecar::ManifestOrChecksum)) {
            let _ = writeln!(
                text,
                "beside?: X.b3 is the manifest of the archive X, or its checksum; `mailproof verify` reads it and says which"
            );
        }
        if let Some(first) = self.unmatched.first() {
            let count = human::count(self.unmatched.len() as u64);
            let plural = if self.unmatched.len() == 1 { "" } else { "s" };
            let _ = writeln!(
                text,
                "{count} other object{plural} that `archives.key` does not describe, for example {}",
                human::line(first)
            );
        }
    }
}

impl Row {
    /// The columns that every table has, but for the archive's name.
    fn cells(&self) -> String {
        let age = self.age_seconds.map_or("?".to_owned(), age);
        let size = human::size(self.size_bytes);
        let lock = self.protection.unwrap_or("-");
        let manifest = match (self.state, self.sidecar) {
            (State::Deleted, _) => "-",
            (State::Current, Some(Sidecar::Manifest)) => "beside",
            (State::Current, Some(Sidecar::ManifestOrChecksum)) => "beside?",
            (State::Current, None) => "inside?",
        };
        format!("{age:>9}  {size:>9}  {lock:8}  {manifest:9}")
    }

    /// How many versions have content, and whether the newest is a delete marker.
    fn kept(&self) -> String {
        let Some(versions) = &self.versions else { return "unknown".to_owned() };
        let count = versions.iter().filter(|version| !version.delete_marker).count();
        let deleted = versions.iter().any(|version| version.current && version.delete_marker);
        format!("{count}{}", if deleted { "+deleted" } else { "" })
    }
}

/// What rows are made from.
struct Viewing<'a> {
    inventory: &'a Inventory,
    history: Option<&'a History>,
    now: Timestamp,
}

impl Viewing<'_> {
    fn rows(&self, catalogue: &Catalogue, state: State) -> Vec<Row> {
        let mut rows = Vec::new();
        for series in &catalogue.series {
            rows.extend(series.archives.iter().map(|archive| self.row(series, archive, state)));
        }
        rows
    }

    fn row(&self, series: &Series, archive: &Archive, state: State) -> Row {
        let key = &archive.object.key;
        let sidecar = self.inventory.catalogue.manifest(archive);
        let (protection, protection_detail) = self.protection(key);
        let (versions, versions_detail) = self.versions(key);
        Row {
            archive: self.inventory.store.address(key),
            state,
            account: series.account.clone(),
            session: archive.session.clone(),
            time: archive.time.map(|time| time.to_string()),
            age_seconds: archive.time.map(|time| self.now.duration_since(time).as_secs()),
            size_bytes: archive.object.size,
            sidecar_manifest: sidecar.is_some(),
            sidecar: sidecar.map(|object| Sidecar::of(key, object)),
            protection,
            protection_detail,
            versions,
            versions_detail,
        }
    }

    fn protection(&self, key: &str) -> (Option<&'static str>, Option<String>) {
        match self.inventory.fetched.protections.get(key) {
            None => (None, None),
            Some(Protection::Unlocked) => (Some("unlocked"), None),
            Some(Protection::Unknown(why)) => (Some("unknown"), Some(why.clone())),
            Some(Protection::Locked { until, .. }) => (Some("locked"), until.map(|until| until.to_string())),
        }
    }

    fn versions(&self, key: &str) -> (Option<Vec<Version>>, Option<String>) {
        let Some(history) = self.history else { return (None, None) };
        match &history.versions {
            Versions::Unknown(why) => (None, Some(why.clone())),
            Versions::Kept(keys) => match keys.get(key) {
                Some(versions) => (Some(versions.iter().map(Version::from).collect()), None),
                None => (None, Some(format!("the store names none of {key}; list again"))),
            },
        }
    }
}

impl From<&storage::Version> for Version {
    fn from(version: &storage::Version) -> Self {
        Self {
            version: version.id.clone(),
            size_bytes: version.size,
            modified: version.modified.map(|time| time.to_string()),
            current: version.current,
            delete_marker: version.is_delete_marker(),
        }
    }
}

/// An age in its largest two units.
fn age(seconds: i64) -> String {
    let minutes = seconds / 60;
    match minutes {
        i64::MIN..0 => "future".to_owned(),
        0..60 => format!("{minutes} min"),
        60..2880 => format!("{} h {:02} m", minutes / 60, minutes % 60),
        _ => format!("{} d {:02} h", minutes / 1440, minutes % 1440 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_is_told_by_name_and_size_as_far_as_they_tell() {
        let of = |ending: &str, size| {
            let key = format!("a/x.age{ending}");
            Sidecar::of("a/x.age", &Object { key, size, modified: None, etag: None, version: None })
        };
        let checksum = format!("{}  x.age\n", blake3::hash(b"").to_hex()).len() as u64;
        let tagged = format!("BLAKE3 (/srv/x.age) = {}\n", blake3::hash(b"").to_hex()).len() as u64;
        for size in [checksum - 1, checksum, tagged] {
            assert_eq!(of(".b3", size), Sidecar::ManifestOrChecksum, "{size}");
            assert_eq!(of(".b3.age", size), Sidecar::Manifest, "{size}");
        }
        for size in [0, 66, 70, 5000, 1 << 30] {
            assert_eq!(of(".b3", size), Sidecar::Manifest, "{size}");
        }
    }

    #[test]
    fn ages_have_two_units_at_most() {
        assert_eq!(age(59), "0 min");
        assert_eq!(age(5 * 3600 + 120), "5 h 02 m");
        assert_eq!(age(3 * 86_400 + 7200), "3 d 02 h");
        assert_eq!(age(-61), "future");
    }
}
