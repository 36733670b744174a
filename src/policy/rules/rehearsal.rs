//! Rules for the sandbox: where it is, whose, and what opens it.

use super::{Violation, zimbra};
use crate::policy::Rehearsal;

/// What kind of place an address leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Folder,
    Server,
}

/// Judges the sandbox of rehearsals.
pub(super) fn judge(rehearsal: &Rehearsal, found: &mut Vec<Violation>) {
    judge_account(rehearsal, found);
    let place = place_of(&rehearsal.to).map_err(|(message, hint)| refuse("to", message, hint, found)).ok();
    match place {
        Some(Place::Folder) => judge_folder(rehearsal, found),
        Some(Place::Server) => judge_server(rehearsal, found),
        None => {}
    }
    if rehearsal.folder.as_ref().is_some_and(|folder| !folder.starts_with('/')) {
        refuse("folder", "a folder's path begins with a slash", "write \"/Inbox\"", found);
    }
}

fn refuse(key: &str, message: impl Into<String>, hint: &str, found: &mut Vec<Violation>) {
    found.push(Violation::new(format!("rehearsal.{key}"), message, hint));
}

fn judge_account(rehearsal: &Rehearsal, found: &mut Vec<Violation>) {
    let account = &rehearsal.account;
    if account.is_empty() {
        let hint = "add account = \"sandbox@example.org\", a mailbox that nobody uses";
        refuse("account", "`account` is missing in [rehearsal]", hint, found);
    }
    if rehearsal.allow.is_empty() {
        let hint = "add allow = [\"sandbox@example.org\"], the accounts that may ever be restored into";
        refuse("allow", "`allow` is missing in [rehearsal]", hint, found);
    } else if !account.is_empty() && !rehearsal.allow.contains(account) {
        let hint = "add it to `allow` if it is a sandbox; nothing is restored into any other account";
        refuse("account", "this account is not in `allow`", hint, found);
    }
}

type Fault = (&'static str, &'static str);

fn place_of(to: &str) -> Result<Place, Fault> {
    let Some((scheme, rest)) = to.split_once("://") else {
        return Err(match to {
            "" => ("`to` is missing in [rehearsal]", "add to = \"maildir:///srv/sandbox/\""),
            _ => UNKNOWN,
        });
    };
    match scheme {
        "maildir" | "file" if !rest.starts_with('/') => {
            Err(("the folder's path must be absolute", "write three slashes: maildir:///srv/sandbox/"))
        }
        "maildir" | "file" if rest.contains(['{', '}']) => {
            Err(("a sandbox is one folder, without fields", "write the path of that folder"))
        }
        "maildir" | "file" => Ok(Place::Folder),
        "imap" | "imaps" | "https" | "http" => host(rest).map(|()| Place::Server),
        _ => Err(UNKNOWN),
    }
}

const UNKNOWN: Fault = (
    "nothing can be restored to such an address",
    "write maildir:///folder/, file:///folder/, imaps://mail.example.org/ or https://mail.example.org/",
);

/// The address is not repeated, as a password may stand in it.
fn host(rest: &str) -> Result<(), Fault> {
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let port = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map(|(_, port)| port);
    let strange = |letter: char| "/?#\\".contains(letter) || letter.is_whitespace();
    match host {
        _ if host.contains('@') => Err((
            "a name or password stands in the address",
            "write the name into `user` and the password into a file that `password_file` names",
        )),
        _ if host.is_empty() || host.contains(strange) => {
            Err(("this names no server", "write imaps://mail.example.org/"))
        }
        _ if port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) => {
            Err(("this is no port", "write a number from 1 to 65535, or leave :port away"))
        }
        _ => Ok(()),
    }
}

fn judge_server(rehearsal: &Rehearsal, found: &mut Vec<Violation>) {
    if rehearsal.password_file.is_none() {
        let hint = "name the file with the password of the sandbox's account, or of `user`";
        refuse("to", "a server needs `password_file`", hint, found);
    }
    let encrypted = rehearsal.to.split_once("://").filter(|(scheme, _)| matches!(*scheme, "imaps" | "https"));
    if let Some((scheme, _)) = encrypted.filter(|_| rehearsal.plain_text) {
        let hint = "take `plain_text` away, or write imap:// or http://";
        refuse("plain_text", format!("{scheme}:// is always encrypted"), hint, found);
    }
    match &rehearsal.admin_url {
        Some(_) if !rehearsal.to.starts_with("http") => {
            let hint = "take the line away, or write https:// into `to`";
            refuse("admin_url", "`admin_url` has a meaning for Zimbra only", hint, found);
        }
        Some(address) => zimbra::judge_address(
            "rehearsal.admin_url",
            address,
            "https://sandbox.example.org:7071/",
            rehearsal.plain_text,
            found,
        ),
        None => {}
    }
    zimbra::judge_clear("rehearsal.to", &rehearsal.to, rehearsal.plain_text, found);
}

/// A folder has no network; a setting for one shows that another place was meant.
fn judge_folder(rehearsal: &Rehearsal, found: &mut Vec<Violation>) {
    let stated = [
        ("user", rehearsal.user.is_some()),
        ("password_file", rehearsal.password_file.is_some()),
        ("admin_url", rehearsal.admin_url.is_some()),
        ("ca_file", rehearsal.ca_file.is_some()),
        ("plain_text", rehearsal.plain_text),
    ];
    for (name, _) in stated.into_iter().filter(|(_, stated)| *stated) {
        let message = format!("`{name}` has no meaning for a folder");
        refuse(name, message, "take the line away, or write imaps://", found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SANDBOX: &str = "sandbox@example.org";

    fn to(address: &str) -> Rehearsal {
        Rehearsal {
            to: address.into(),
            account: SANDBOX.into(),
            allow: vec![SANDBOX.into()],
            ..Rehearsal::default()
        }
    }

    fn server(address: &str) -> Rehearsal {
        Rehearsal { password_file: Some("p".into()), ..to(address) }
    }

    fn keys(rehearsal: &Rehearsal) -> Vec<String> {
        let mut found = Vec::new();
        judge(rehearsal, &mut found);
        assert!(!format!("{found:?}").contains("hunter2"));
        found.into_iter().map(|violation| violation.key).collect()
    }

    #[test]
    fn sandboxes_are_folders_and_servers() {
        for address in ["maildir:///srv/sandbox", "file:///srv/sandbox/"] {
            assert_eq!(keys(&to(address)), [""; 0], "{address}");
        }
        for address in ["imaps://h", "imap://[::1]:1143/", "imap://h:1143", "https://h/", "http://[::1]:8080"]
        {
            assert_eq!(keys(&server(address)), [""; 0], "{address}");
        }
        for address in ["", "h", "maildir://m", "file:x", "maildir:///m/{account}", "s3://b", "pop://h"] {
            assert_eq!(keys(&to(address)), ["rehearsal.to"], "{address}");
        }
        for address in
            ["imaps://", "imaps://u:hunter2@h", "https://h/x", "imap://h:0", "imaps://h y", "http://h/"]
        {
            assert_eq!(keys(&server(address)), ["rehearsal.to"], "{address}");
        }
    }

    #[test]
    fn only_an_account_of_the_list_is_restored_into() {
        let sandbox = to("maildir:///m");
        let other = Rehearsal { account: "anna@example.org".into(), ..sandbox.clone() };
        assert_eq!(keys(&other), ["rehearsal.account"]);
        let nobody = Rehearsal { allow: Vec::new(), ..sandbox.clone() };
        assert_eq!(keys(&nobody), ["rehearsal.allow"]);
        let nameless = Rehearsal { account: String::new(), ..sandbox };
        assert_eq!(keys(&nameless), ["rehearsal.account"]);
    }

    #[test]
    fn everything_is_told_at_once() {
        let all = keys(&Rehearsal { folder: Some("Inbox".into()), ..Rehearsal::default() });
        assert_eq!(all, ["rehearsal.account", "rehearsal.allow", "rehearsal.to", "rehearsal.folder"]);
    }

    #[test]
    fn what_a_server_needs_a_folder_has_not() {
        assert_eq!(keys(&to("imaps://h")), ["rehearsal.to"]);
        for address in ["imaps://h", "https://h"] {
            let plain = Rehearsal { plain_text: true, ..server(address) };
            assert_eq!(keys(&plain), ["rehearsal.plain_text"]);
        }
        assert_eq!(keys(&Rehearsal { plain_text: true, ..server("http://h") }), [""; 0]);
        let mixed = Rehearsal { user: Some("u".into()), ca_file: Some("c".into()), ..server("file:///m") };
        assert_eq!(keys(&mixed), ["rehearsal.user", "rehearsal.password_file", "rehearsal.ca_file"]);
        let admin_url = Some("https://h:7071/".to_owned());
        for (address, refused) in [("imaps://h", &["rehearsal.admin_url"][..]), ("https://h", &[])] {
            assert_eq!(keys(&Rehearsal { admin_url: admin_url.clone(), ..server(address) }), refused);
        }
        let by_other = Rehearsal { user: Some("admin".into()), ..server("imaps://h") };
        assert_eq!(keys(&by_other), [""; 0]);
    }
}
