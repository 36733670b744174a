//! Folders of a sandbox on a Zimbra, made and taken away with all in them (`CreateFolder.java`, `FolderAction.java`).
//!
//! Invariant: only the folder that the caller names is touched; for those of a rehearsal, see `restore::rehearsal`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::live::LiveError;
use crate::live::zimbra::Mailbox;
use crate::live::zimbra::envelope::SoapFault;
use crate::live::zimbra::soap::Call;
use crate::mailbox::ItemId;

/// Bytes of an answer, which tells of one folder.
const LARGEST: usize = 1 << 20;
const NAMESPACE: &str = "urn:zimbraMail";
/// The user's root (`Mailbox.java`, `ID_FOLDER_USER_ROOT`).
const ROOT: &str = "1";

/// What an answer holds is of no use here.
#[derive(Deserialize)]
struct Done {}

/// Makes a folder at the top; one of that name stays as it is.
pub(in crate::restore) fn make(mailbox: &Mailbox, name: &str) -> Result<(), LiveError> {
    let content = json!({"folder": {"name": name, "l": ROOT, "view": "message", "fie": "1"}});
    let Done {} = mailbox.session.ask(&format!("new folder \"{name}\""), &call("CreateFolder", content))?;
    Ok(())
}

/// Takes a folder away with all that is in it and below it, past the trash; one that is gone is no fault.
pub(in crate::restore) fn remove(mailbox: &Mailbox, folder: ItemId) -> Result<(), LiveError> {
    let content = json!({"action": {"id": folder.to_string(), "op": "delete"}});
    let asked = format!("removal of folder {folder} of {}", mailbox.account());
    let gone = |fault: &SoapFault| fault.code == "mail.NO_SUCH_FOLDER";
    let _: Result<Done, _> = mailbox.session.call(&asked, &call("FolderAction", content), gone)?;
    Ok(())
}

fn call(name: &'static str, content: Value) -> Call {
    Call { name, namespace: NAMESPACE, content, largest: LARGEST }
}
