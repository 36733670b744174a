use std::collections::HashSet;

use crate::archive::storage::catalogue::Catalogue;
use crate::archive::storage::{Location, Versions};
use crate::event::Tally;
use crate::policy::{self, Policy};

use super::select::{Inventory, SelectError};

/// What a store keeps beside what it lists.
#[derive(Debug)]
pub struct History {
    /// The versions of each key.
    pub versions: Versions,
    /// What was deleted, but is still kept; as in a listing, with the newest version that has content.
    pub deleted: Catalogue,
}

/// Asks for the versions of what `inventory` took from the store of `settings`; a store that can't be asked makes
/// them unknown. Repeated calls are counted in `tally`.
///
/// # Errors
/// Settings that can't work.
pub async fn history(
    policy: &Policy,
    settings: &policy::Store,
    inventory: &Inventory,
    tally: &Tally,
) -> Result<History, SelectError> {
    let location = Location::parse(&settings.url).map_err(SelectError::Storage)?;
    let versions = inventory.store.versions(location.prefix(), tally).await;
    let versions = versions.unwrap_or_else(|error| Versions::Unknown(error.to_string()));
    let archives = inventory.catalogue.series.iter().flat_map(|series| &series.archives);
    let listed: HashSet<_> = archives.map(|archive| archive.object.key.as_str()).collect();
    let mut deleted = versions.deleted();
    // What was deleted since it was listed has its row already.
    deleted.retain(|object| !listed.contains(object.key.as_str()));
    let deleted = Catalogue::new(deleted, location.prefix(), &policy.archives)?;
    Ok(History { versions, deleted })
}
