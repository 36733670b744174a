//! Folders that are no session: work that was left behind, and files without the folder of their session.

use super::directory;
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::zmbackup::{Folder, Place};
use crate::verdict::{Finding, Kind, kinds};

/// Says where a run was killed and left its work.
pub(super) fn work(place: &Place, meaning: &mut Meaning) {
    for folder in &place.work_folders {
        let finding = Finding::new(&kinds::SESSION_WORK_FOLDER, format!("folder {}", folder.path));
        let observed = format!("files of {} accounts that belong to no session", folder.accounts.len());
        meaning.findings.push(finding.expected("sessions only").observed(observed));
    }
}

/// Judges what can be said of files whose session is not known: an LDIF with an export beside it is an account's.
pub(super) fn loose(folders: &[Folder], meaning: &mut Meaning) {
    for folder in folders {
        let about = |kind: &'static Kind, account: &str| match &*folder.path {
            "" => Finding::new(kind, account),
            path => Finding::new(kind, format!("folder {path}: {account}")),
        };
        for (account, files) in &folder.accounts {
            if let (Some(_), Some(directory)) = (files.mail, &files.directory) {
                directory::content(account, directory, true, &about, meaning);
            }
        }
    }
}
