use super::{ImapPlace, Place, ZimbraPlace};
use crate::live::{Server, Writable};

/// The mailbox of `account` on a mail server, as a place. All folders are put below `root`, or where they were without one.
///
/// # Errors
/// In words that end with the next step, if the server lets nobody in.
pub fn mailbox_on(server: &Server, account: &str, root: Option<&str>) -> Result<Box<dyn Place>, String> {
    match server.writable(account).map_err(|error| error.to_string())? {
        Writable::Imap(access, terms) => {
            let place = ImapPlace::new(*access, terms, root).map_err(|error| error.to_string())?;
            Ok(Box::new(place))
        }
        Writable::Zimbra(mailbox) => Ok(Box::new(ZimbraPlace::new(*mailbox, root))),
        Writable::Maildir => Err("name the folder of a Maildir by its path".to_owned()),
    }
}
