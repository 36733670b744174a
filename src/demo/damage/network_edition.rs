//! Sessions of Network Edition that lack something or are damaged.

use super::{Case, Damage, Layer, PackError, Specimen, flip};
use crate::demo::pack::File;
use crate::demo::zimbra::network_edition::{ANNA, FULL, Tree, folder};
use crate::policy::Policy;
use crate::verdict::{Kind, Outcome, Rung, kinds};

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::NetworkEdition, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    // Nothing in this layout states a digest of an item.
    Damage::new(Layer::NetworkEdition, Outcome::NotVerified, "network-edition-sound", &[], |sound| {
        tree(sound, |_| {})
    }),
    failed("network-edition-zip-damaged", &[&kinds::ZIP_CHECKSUM_MISMATCH], |sound| {
        tree(sound, |tree| {
            tree.change("blobs-2.zip", |zip| *zip = flip(std::mem::take(zip), 60));
        })
    }),
    failed("network-edition-blobs-missing", &[&kinds::NETWORK_EDITION_BLOBS_MISSING], |sound| {
        tree(sound, |tree| {
            tree.remove("blobs-3.zip");
        })
    }),
    failed("network-edition-redolog-gap", &[&kinds::NETWORK_EDITION_REDOLOG_GAP], |sound| {
        tree(sound, |tree| {
            tree.remove("seq8.log");
        })
    }),
    failed("network-edition-redolog-open", &[&kinds::NETWORK_EDITION_REDOLOG_OPEN], |sound| {
        tree(sound, |tree| {
            tree.change("seq8.log", |log| *log = flip(std::mem::take(log), 7));
        })
    }),
    failed("network-edition-redolog-cut", &[&kinds::NETWORK_EDITION_REDOLOG_DAMAGED], |sound| {
        tree(sound, |tree| {
            tree.change("seq9.log", |log| log.truncate(700));
        })
    }),
    failed("network-edition-session-aborted", &[&kinds::NETWORK_EDITION_SESSION_ABORTED], |sound| {
        tree(sound, |tree| {
            tree.remove(&format!("{FULL}/session.xml"));
        })
    }),
    failed("network-edition-list-missing", &[&kinds::NETWORK_EDITION_ACCOUNTS_XML_MISSING], |sound| {
        tree(sound, |tree| {
            tree.remove("accounts.xml");
        })
    }),
    failed("network-edition-xml-cut", &[&kinds::NETWORK_EDITION_XML_BROKEN], |sound| {
        tree(sound, |tree| {
            tree.change("meta.xml", |xml| xml.truncate(xml.len().saturating_sub(10)));
        })
    }),
    failed("network-edition-account-missing", &[&kinds::NETWORK_EDITION_ACCOUNT_MISSING], |sound| {
        tree(sound, |tree| {
            tree.remove(&folder(FULL, ANNA));
        })
    }),
    failed("network-edition-tables-missing", &[&kinds::NETWORK_EDITION_ACCOUNT_INCOMPLETE], |sound| {
        tree(sound, |tree| {
            tree.remove(&format!("{}/db/", folder(FULL, ANNA)));
        })
    }),
];

fn meaningful(policy: &mut Policy) {
    policy.require.rung = Rung::Meaningful;
}

/// The folder of all backups, changed.
fn tree(sound: &Specimen, change: fn(&mut Tree)) -> Result<Case, PackError> {
    let mut tree = Tree::whole()?;
    change(&mut tree);
    let files: Vec<_> = tree.0.into_iter().map(|(name, bytes)| File::new(name, bytes)).collect();
    Ok(Case::stored(sound.pack.build(&files)?.encrypted).under(meaningful))
}
