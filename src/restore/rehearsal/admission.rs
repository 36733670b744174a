//! The guard: what must hold of a sandbox before a byte is written.
//!
//! Input: the sandbox, the policy's list, and where the live mailboxes are. Output: what earlier runs left, or a
//! [`Refusal`]. Invariant: nobody's mailbox is ever taken for a sandbox; where that can't be told, it is refused.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};

use super::{Contents, Root, Sandbox, SandboxError};
use crate::legible::line;
use crate::live::maildir_of;
use crate::policy::{Live, Rehearsal};

/// Why a place is not restored into; each message ends with the next step.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The policy does not list the account.
    #[error(
        "nothing is restored into {0}: it is not in `rehearsal.allow` of the policy; add it there if it is a sandbox"
    )]
    NotAllowed(String),
    /// It is, or may be, a mailbox that people use.
    #[error("nothing is restored into {account} at {place}: {why}")]
    Live {
        /// Whose mailbox.
        account: String,
        /// Where.
        place: String,
        /// What is known of it, and the next step.
        why: &'static str,
    },
    /// There is no marker.
    #[error(
        "{0} carries no marker that proves it is a sandbox; look what it is, and if nobody uses it run `mailproof rehearse --mark` with the same --policy"
    )]
    NotMarked(String),
    /// The marker names another account.
    #[error(
        "{place} is marked as the sandbox of {other}, not of {account}; correct `rehearsal.account`, or take another place"
    )]
    MarkedForOther {
        /// Where.
        place: String,
        /// Whose sandbox it is.
        other: String,
        /// Whose it should be.
        account: String,
    },
    /// Something lies there.
    #[error(
        "{place} is not empty: {found}; if that is somebody's mail, name another place, else take it away: a sandbox holds nothing that somebody needs"
    )]
    NotEmpty {
        /// Where.
        place: String,
        /// What lies there.
        found: String,
    },
    /// It could not be looked at.
    #[error(transparent)]
    Unknown(#[from] SandboxError),
}

const SAME_SERVER: &str =
    "its mail is in the backup and the server is that of [live]; name a mailbox that nobody uses";
const NO_LIVE: &str = "its mail is in the backup, and without [live] in the policy nobody can tell this place from its \
     mailbox; name another account, or add [live]";
const LIVE_FOLDER: &str = "a mailbox of [live] is there, could be there or lies below; leave it as it is, and name a folder apart from them";

/// Lets a sandbox in, if it is one: listed, marked for this account, empty but for what earlier runs left.
///
/// # Errors
/// [`Refusal`], before anything was written.
pub fn admit(
    sandbox: &mut dyn Sandbox,
    rules: &Rehearsal,
    live: Option<&Live>,
) -> Result<Vec<Root>, Refusal> {
    let contents = look(sandbox, rules, live)?;
    let place = || sandbox.address().to_owned();
    match contents.marked_for {
        None => Err(Refusal::NotMarked(place())),
        Some(other) if !other.eq_ignore_ascii_case(&rules.account) => {
            let (other, account) = (line(&other), rules.account.clone());
            Err(Refusal::MarkedForOther { place: place(), other, account })
        }
        Some(_) => Ok(contents.roots),
    }
}

/// What must hold of a place before it is marked: as [`admit`], without the marker.
///
/// # Errors
/// [`Refusal`], before anything was written.
pub(super) fn look(
    sandbox: &mut dyn Sandbox,
    rules: &Rehearsal,
    live: Option<&Live>,
) -> Result<Contents, Refusal> {
    if !rules.allow.contains(&rules.account) {
        return Err(Refusal::NotAllowed(line(&rules.account)));
    }
    refuse_live_folders(rules, live)?;
    let contents = sandbox.contents()?;
    if contents.others.is_empty() {
        return Ok(contents);
    }
    Err(Refusal::NotEmpty { place: sandbox.address().to_owned(), found: contents.others.join(", ") })
}

/// Whether mail of `account`, which is in an archive, may be restored into this sandbox.
///
/// # Errors
/// [`Refusal::Live`] if the sandbox is, or may be, that account's own mailbox.
pub fn may_hold(rules: &Rehearsal, live: Option<&Live>, account: &str) -> Result<(), Refusal> {
    refuse_folder_of(rules, live, account)?;
    if !account.eq_ignore_ascii_case(&rules.account) {
        return Ok(());
    }
    let why = match live {
        None => NO_LIVE,
        Some(live) if is_same_server(&rules.to, &live.url) => SAME_SERVER,
        Some(_) => return Ok(()),
    };
    Err(Refusal::Live { account: line(account), place: rules.to.clone(), why })
}

/// A place among the Maildirs of the live server is no sandbox, whoever's they are and by whatever name it is reached.
fn refuse_live_folders(rules: &Rehearsal, live: Option<&Live>) -> Result<(), Refusal> {
    let template = live.and_then(|live| live.url.strip_prefix("maildir://"));
    let (Some(template), Some(sandbox)) = (template, folder(&rules.to)) else { return Ok(()) };
    let (fixed, _) = template.split_once('{').unwrap_or((template, ""));
    let base = &fixed[..fixed.rfind('/').map_or(0, |slash| slash + 1)];
    let template = resolved(Path::new(base)).join(template.strip_prefix(base).unwrap_or_default());
    if !may_overlap(&template, &resolved(&sandbox)) {
        return Ok(());
    }
    let (account, place) = (line(&rules.account), rules.to.clone());
    Err(Refusal::Live { account, place, why: LIVE_FOLDER })
}

/// The Maildir of an account that is in the archive is no sandbox, though a link lead to it from elsewhere.
fn refuse_folder_of(rules: &Rehearsal, live: Option<&Live>, account: &str) -> Result<(), Refusal> {
    let template = live.and_then(|live| live.url.strip_prefix("maildir://"));
    let mailbox = template.and_then(|template| maildir_of(template, account));
    let (Some(mailbox), Some(sandbox)) = (mailbox, folder(&rules.to)) else { return Ok(()) };
    let (sandbox, mailbox) = (resolved(&sandbox), resolved(&mailbox));
    if sandbox.starts_with(&mailbox) || mailbox.starts_with(&sandbox) {
        let (account, place) = (line(account), rules.to.clone());
        return Err(Refusal::Live { account, place, why: LIVE_FOLDER });
    }
    Ok(())
}

/// Whether a path lies in, is, or holds one of those that a template with fields stands for.
fn may_overlap(template: &Path, path: &Path) -> bool {
    let fits = |level: &OsStr, other: &OsStr| {
        let level = level.to_string_lossy();
        let (Some((before, rest)), other) = (level.split_once('{'), other.to_string_lossy()) else {
            return level == other.to_string_lossy();
        };
        let after = rest.rsplit_once('}').map_or("", |(_, after)| after);
        other.starts_with(before) && other.ends_with(after)
    };
    template.iter().zip(path.iter()).all(|(level, other)| fits(level, other))
}

fn folder(address: &str) -> Option<PathBuf> {
    let path = address.strip_prefix("maildir://").or_else(|| address.strip_prefix("file://"))?;
    Some(PathBuf::from(path))
}

/// The path without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(above), path.strip_prefix(above)) {
            return real.join(rest);
        }
    }
    path.to_owned()
}

/// Whether two addresses lead to one server. Two kinds of service on one machine are one server, and so is a service with
/// TLS from the first byte beside one without.
fn is_same_server(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (Service::of(one), Service::of(other)) else { return false };
    let same_port = one.port == other.port || one.scheme != other.scheme;
    same_port
        && (one.host.eq_ignore_ascii_case(other.host) || !one.addresses().is_disjoint(&other.addresses()))
}

struct Service<'a> {
    scheme: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Service<'a> {
    fn of(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let usual = match scheme {
            "imap" => 143,
            "imaps" => 993,
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = rest.split('/').next().unwrap_or(rest);
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (host, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some(Self { scheme, host, port: port.unwrap_or(usual) })
    }

    /// The addresses of the host, as far as they are known.
    fn addresses(&self) -> HashSet<IpAddr> {
        let known = (self.host, self.port).to_socket_addrs();
        known.into_iter().flatten().map(|address| one_of(address.ip())).collect()
    }
}

/// One address for all that this machine has: 0.0.0.0 leads to itself as well, and an IPv4 address may be written as one of
/// IPv6 (RFC 4291, section 2.5.5.2). A socket can only be bound to an address of one's own.
fn one_of(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    let own = address.is_unspecified() || address.is_loopback() || UdpSocket::bind((address, 0)).is_ok();
    if own { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: &str = "anna@example.org";
    const SANDBOX: &str = "sandbox@example.org";

    fn rules(to: &str, account: &str) -> Rehearsal {
        Rehearsal {
            to: to.into(),
            account: account.into(),
            allow: vec![account.into()],
            ..Rehearsal::default()
        }
    }

    fn live(url: &str) -> Live {
        Live { url: url.into(), ..Live::default() }
    }

    #[test]
    fn one_server_has_many_addresses() {
        for (one, other) in [
            ("imaps://mail.example.org/", "imaps://MAIL.example.org:993"),
            ("imap://127.0.0.1:1143", "imap://localhost:1143/"),
            ("imaps://mail.example.org", "https://mail.example.org:7071/"),
            ("imap://mail.example.org", "imaps://mail.example.org"),
            ("imap://127.0.0.1:24143", "imaps://localhost:24993"),
            ("https://[::1]", "https://[::1]:443"),
            ("imap://127.0.0.1:1143", "imap://[::ffff:127.0.0.1]:1143"),
            ("imap://127.0.0.1:1143", "imap://0:1143"),
            ("imap://127.0.0.1:1143", "imap://[::1]:1143"),
            ("imap://192.0.2.7", "imap://[::ffff:192.0.2.7]"),
        ] {
            assert!(is_same_server(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("imaps://a.invalid", "imaps://b.invalid"),
            ("imap://127.0.0.1:1143", "imap://127.0.0.1:1144"),
            ("maildir:///m", "imaps://a.invalid"),
        ] {
            assert!(!is_same_server(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_live_account_is_refused_and_one_of_that_name_elsewhere_is_not() {
        let anna = rules("imap://127.0.0.1:1143", ANNA);
        let same = live("imap://127.0.0.1:1143/");
        assert!(matches!(may_hold(&anna, Some(&same), ANNA), Err(Refusal::Live { .. })));
        assert!(matches!(may_hold(&anna, Some(&same), "Anna@Example.org"), Err(Refusal::Live { .. })));
        assert!(may_hold(&anna, Some(&live("imap://127.0.0.1:1144")), ANNA).is_ok());
        assert!(may_hold(&rules("imap://127.0.0.1:1143", SANDBOX), Some(&same), ANNA).is_ok());
    }

    #[test]
    fn what_nobody_can_tell_is_refused() {
        let told = may_hold(&rules("maildir:///m", ANNA), None, ANNA).unwrap_err().to_string();
        assert!(told.contains("without [live]"), "{told}");
        assert!(may_hold(&rules("maildir:///m", SANDBOX), None, ANNA).is_ok());
    }

    #[test]
    fn a_link_to_a_live_maildir_is_seen_through() {
        let folder = tempfile::tempdir().unwrap();
        let (mail, link) = (folder.path().join("mail"), folder.path().join("link"));
        fs::create_dir_all(mail.join(ANNA)).unwrap();
        std::os::unix::fs::symlink(&mail, &link).unwrap();
        let live = live(&format!("maildir://{}/{{account}}/", mail.display()));
        for (path, refused) in [
            (mail.join(ANNA), true),
            (link.join(ANNA), true),
            (link.join(ANNA).join("not/there/yet"), true),
            (mail.clone(), true),
            (mail.join("nobody@example.org"), true),
            (folder.path().join("sandbox"), false),
        ] {
            for scheme in ["maildir", "file"] {
                let rules = rules(&format!("{scheme}://{}", path.display()), SANDBOX);
                assert_eq!(refuse_live_folders(&rules, Some(&live)).is_err(), refused, "{}", path.display());
            }
        }
        // The mailbox of one of the archive's accounts lies elsewhere.
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, mail.join("bruno@example.org")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        let rules = rules(&format!("maildir://{}", elsewhere.display()), SANDBOX);
        assert!(refuse_live_folders(&rules, Some(&live)).is_ok());
        assert!(may_hold(&rules, Some(&live), "bruno@example.org").is_err());
    }

    #[test]
    fn templates_are_held_against_paths_level_by_level() {
        let overlap = |template: &str, path: &str| may_overlap(Path::new(template), Path::new(path));
        for path in ["/home/anna/Maildir", "/home/anna/Maildir/.Sub", "/home/anna", "/home", "/"] {
            assert!(overlap("/home/{user}/Maildir", path), "{path}");
        }
        assert!(!overlap("/home/{user}/Maildir", "/home/anna/sandbox"));
        assert!(overlap("/m/v-{user}", "/m/v-x") && !overlap("/m/v-{user}", "/m/w-x"));
    }
}
