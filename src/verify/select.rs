//! Which archives a run takes: those that were named, or the policy's selection.

use std::path::Path;
use std::sync::Arc;

use crate::archive::storage::{self, Location, Object, StorageError, Store};
use crate::policy;
use crate::verdict::{Finding, Findings, Rung, Standing, State, kinds};

use super::result::Trouble;

/// The archives of a run, and what is known of the selection as a whole.
#[derive(Debug, Default)]
pub struct Selection {
    /// The archives, in order.
    pub targets: Vec<Target>,
    /// Findings about series and keys rather than single archives.
    pub findings: Findings,
    /// What could not be looked at.
    pub troubles: Vec<Trouble>,
}

/// One archive that is to be verified.
#[derive(Debug)]
pub struct Target {
    /// Where it lies.
    pub store: Arc<dyn Store>,
    /// Its key there.
    pub key: String,
    /// What the catalogue says of it; absent where the archive was named by the user.
    pub present: Option<(Standing, Findings)>,
}

impl Target {
    /// Its address as a user would write it.
    #[must_use]
    pub fn address(&self) -> String {
        self.store.address(&self.key)
    }

    /// The rung `present`. Of an archive that was named only its existence and size are judged: it belongs to no schedule.
    #[must_use]
    pub fn present(&self, object: &Object) -> (Standing, Findings) {
        if let Some(known) = &self.present {
            return known.clone();
        }
        let mut findings = Findings::default();
        let mut standing = Standing { rung: Rung::Present, state: State::Proven, reason: None };
        if object.size == 0 {
            findings.push(
                Finding::new(&kinds::PRESENT_EMPTY_OBJECT, "object")
                    .expected("an archive")
                    .observed("0 bytes"),
            );
            standing.state = State::Disproven;
            standing.reason = Some(kinds::PRESENT_EMPTY_OBJECT.id.to_owned());
        }
        (standing, findings)
    }
}

/// The archives at the addresses given; `base` says how their stores are reached.
///
/// # Errors
/// An address that is none, or a store that can't be set up. Whether the archives exist is not asked yet.
pub async fn named(
    addresses: &[String],
    base: &policy::Store,
    credentials: Option<&Path>,
) -> Result<Selection, StorageError> {
    let mut selection = Selection::default();
    let mut stores: Vec<(String, Arc<dyn Store>)> = Vec::new();
    for address in addresses {
        let location = Location::parse(address)?;
        let (root, key) = (location.store().to_string(), location.key()?);
        let store = match stores.iter().find(|(known, _)| *known == root) {
            Some((_, store)) => Arc::clone(store),
            None => {
                let settings = policy::Store { url: root.clone(), ..base.clone() };
                let store = storage::open_store(&settings, credentials).await?;
                stores.push((root, Arc::clone(&store)));
                store
            }
        };
        selection.targets.push(Target { store, key, present: None });
    }
    Ok(selection)
}
