use super::{ImapPlace, Place, ZimbraPlace};
use crate::live::{Server, Writable};

/// The mailbox of `account` on a mail server, as a place. On an IMAP server all folders are put below `root`, or where they
/// were without one; Zimbra's import puts them where they were.
///
/// # Errors
/// In words that end with the next step, if the server lets nobody in, or can't put items below a folder.
pub fn mailbox_on(server: &Server, account: &str, root: Option<&str>) -> Result<Box<dyn Place>, String> {
    match server.writable(account).map_err(|error| error.to_string())? {
        Writable::Imap(access, terms) => {
            let place = ImapPlace::new(*access, terms, root).map_err(|error| error.to_string())?;
            Ok(Box::new(place))
        }
        Writable::Zimbra(_) if root.is_some() => Err(
            "Zimbra's import puts items into the folders they were in; leave the folder behind the host out, or \
             restore by imaps://"
                .to_owned(),
        ),
        Writable::Zimbra(mailbox) => Ok(Box::new(ZimbraPlace::new(*mailbox))),
        Writable::Maildir => Err("name the folder of a Maildir by its path".to_owned()),
    }
}
