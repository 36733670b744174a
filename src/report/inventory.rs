//! What a store holds, as a table or as JSON (`mailproof/inventory/v1`).

use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::human;
use crate::archive::storage::Protection;
use crate::archive::storage::catalogue::{Archive, Series};
use crate::verify::Inventory;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/inventory/v1";

/// What a store holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing {
    /// Always `mailproof/inventory/v1`.
    pub schema: &'static str,
    /// When it was looked at (RFC 3339).
    pub time: String,
    /// The archives: by account, oldest first.
    pub archives: Vec<Row>,
    /// Keys that the policy's template does not describe.
    pub unmatched: Vec<String>,
}

/// One archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Its address.
    pub archive: String,
    /// Whose it is.
    pub account: Option<String>,
    /// Which run of the backup job made it.
    pub session: Option<String>,
    /// When it was made, by its name or by the store (RFC 3339).
    pub time: Option<String>,
    /// How old it is, in seconds.
    pub age_seconds: Option<i64>,
    /// Bytes.
    pub size_bytes: u64,
    /// Whether a manifest lies beside it; one may also be inside.
    pub sidecar_manifest: bool,
    /// What protects it: `locked`, `unlocked`, `unknown`, or absent where it was not asked.
    pub protection: Option<&'static str>,
    /// End of the retention, or why the protection is unknown.
    pub protection_detail: Option<String>,
}

impl Listing {
    /// Takes the inventory as it was at `now`.
    #[must_use]
    pub fn new(inventory: &Inventory, now: Timestamp) -> Self {
        let rows =
            inventory.catalogue.series.iter().flat_map(|series| {
                series.archives.iter().map(|archive| row(inventory, series, archive, now))
            });
        Self {
            schema: SCHEMA,
            time: now.to_string(),
            archives: rows.collect(),
            unmatched: inventory.catalogue.unmatched.clone(),
        }
    }

    /// A table; ends with a line break.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{:>9}  {:>9}  {:8}  {:9}  ARCHIVE", "AGE", "SIZE", "LOCK", "MANIFEST");
        for row in &self.archives {
            let age = row.age_seconds.map_or("?".to_owned(), age);
            let size = human::size(row.size_bytes);
            let lock = row.protection.unwrap_or("-");
            let manifest = if row.sidecar_manifest { "beside" } else { "inside?" };
            let _ =
                writeln!(text, "{age:>9}  {size:>9}  {lock:8}  {manifest:9}  {}", human::line(&row.archive));
        }
        let total: u64 = self.archives.iter().map(|row| row.size_bytes).sum();
        let _ =
            writeln!(text, "{} archives, {}", human::count(self.archives.len() as u64), human::size(total));
        if let Some(first) = self.unmatched.first() {
            let count = human::count(self.unmatched.len() as u64);
            let plural = if self.unmatched.len() == 1 { "" } else { "s" };
            let _ = writeln!(
                text,
                "{count} other object{plural} that `archives.key` does not describe, for example {}",
                human::line(first)
            );
        }
        text
    }
}

fn row(inventory: &Inventory, series: &Series, archive: &Archive, now: Timestamp) -> Row {
    let (protection, protection_detail) = match inventory.fetched.protections.get(&archive.object.key) {
        None => (None, None),
        Some(Protection::Unlocked) => (Some("unlocked"), None),
        Some(Protection::Unknown(why)) => (Some("unknown"), Some(why.clone())),
        Some(Protection::Locked { until, .. }) => (Some("locked"), until.map(|until| until.to_string())),
    };
    Row {
        archive: inventory.store.address(&archive.object.key),
        account: series.account.clone(),
        session: archive.session.clone(),
        time: archive.time.map(|time| time.to_string()),
        age_seconds: archive.time.map(|time| now.duration_since(time).as_secs()),
        size_bytes: archive.object.size,
        sidecar_manifest: inventory.catalogue.manifest(archive).is_some(),
        protection,
        protection_detail,
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
    fn ages_have_two_units_at_most() {
        assert_eq!(age(59), "0 min");
        assert_eq!(age(5 * 3600 + 120), "5 h 02 m");
        assert_eq!(age(3 * 86_400 + 7200), "3 d 02 h");
        assert_eq!(age(-61), "future");
    }
}
