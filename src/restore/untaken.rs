//! What an archive holds and a restore can't take up, each with the way that brings it back.
//!
//! Input: the contents of an archive. Output: sentences that end with the next step. Invariant: what is there and is not
//! restored is never passed over.

use super::recovery::Ended;
use crate::mailbox::{Beside, Contents};

/// Says what of an archive is not restored because of its form.
pub(super) fn told(contents: &Contents<Ended>) -> Vec<String> {
    let undescribed = contents.exports.iter().map(|ended| ended.undescribed).sum::<u64>();
    let mut told = beside(&contents.beside);
    if undescribed > 0 {
        told.push(format!(
            "{undescribed} bodies in exports have no description, so nothing proves them (as in exports with `meta=0`); \
             unpack the archive and import them by hand"
        ));
    }
    if contents.unread.count > 0 {
        told.push(format!(
            "{} members belong to accounts and are no exports that can be read; `mailproof verify` names them, unpack \
             the archive to use them",
            contents.unread.count
        ));
    }
    if !contents.strangers.is_empty() {
        told.push(format!(
            "{} members are named like exports and are none; `mailproof verify` names them, look for the accounts in an \
             older archive",
            contents.strangers.len()
        ));
    }
    told
}

fn beside(beside: &Beside) -> Vec<String> {
    let mut told = Vec::new();
    if !beside.store.is_empty() {
        told.push(
            "a raw copy of the store is not restored item by item; unpack it with the dumps of the same archive onto a \
             server of the same version"
                .to_owned(),
        );
    }
    if !beside.network_edition.sessions.is_empty() || !beside.network_edition.unfinished.is_empty() {
        told.push(
            "sessions of Network Edition are not restored item by item; unpack them below /opt/zimbra/backup and use \
             `zmrestore`"
                .to_owned(),
        );
    }
    if beside.zextras.blobs > 0 || beside.zextras.metadata > 0 {
        told.push(
            "a backup path of Zextras or Carbonio is not restored item by item; unpack it and use its external restore"
                .to_owned(),
        );
    }
    told
}
