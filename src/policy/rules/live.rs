use super::{Violation, zimbra};
use crate::policy::{Live, Policy, Sample};
use crate::verdict::Rung;

/// Judges the mail server, the sample, and whether the rung that is required has what it needs.
pub(super) fn judge(policy: &Policy, found: &mut Vec<Violation>) {
    match &policy.live {
        Some(live) => judge_server(live, found),
        None if policy.require.rung >= Rung::Restorable => {
            let hint = "add [live] with the mail server, or require `meaningful`";
            let message = "the rung `restorable` compares with a mail server, and none is named";
            found.push(Violation::new("require.rung", message, hint).beside("live"));
        }
        None => {}
    }
    judge_sample(&policy.sample, found);
}

fn judge_server(live: &Live, found: &mut Vec<Violation>) {
    match live.url.split_once("://") {
        Some(("https" | "http", _)) => return zimbra::judge(live, found),
        Some(("imaps" | "imap", rest)) => judge_imap(live, rest, found),
        Some(("maildir", path)) => judge_maildir(live, path, found),
        _ => found.push(Violation::new(
            "live.url",
            "no mail server has such an address here",
            "write https://mail.example.org/ for Zimbra, imaps://mail.example.org/ or maildir:///var/mail/{account}/",
        )),
    }
    for (name, stated) in [("admin_url", live.admin_url.is_some()), ("tombstones", live.tombstones)] {
        if stated {
            let message = format!("`{name}` has a meaning for Zimbra only");
            let hint = "take the line away, or write url = \"https://mail.example.org/\"";
            found.push(Violation::new(format!("live.{name}"), message, hint));
        }
    }
}

fn judge_imap(live: &Live, rest: &str, found: &mut Vec<Violation>) {
    judge_host("live.url", rest, "imaps://mail.example.org/", found);
    demand_login(live, "an IMAP server", found);
    if live.plain_text && live.url.starts_with("imaps:") {
        let hint = "take `plain_text` away, or write imap://";
        found.push(Violation::new("live.plain_text", "imaps:// is always encrypted", hint));
    }
}

/// Judges what stands behind the scheme of the address that `key` holds. The address is not repeated, as a password may
/// stand in it.
pub(super) fn judge_host(key: &str, rest: &str, example: &str, found: &mut Vec<Violation>) {
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let port = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map(|(_, port)| port);
    let mut refuse = |message: &str, hint: &str| found.push(Violation::new(key, message, hint));
    if host.contains('@') {
        let hint = "write the name into `user` and the password into a file that `password_file` names";
        refuse("a name or password stands in the address", hint);
    } else if host.is_empty()
        || host.contains(|character: char| "/?#\\".contains(character) || character.is_whitespace())
    {
        refuse("this names no server", &format!("write {example}"));
    } else if port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
        refuse("this is no port", "write a number from 1 to 65535, or leave :port away");
    }
}

/// Demands a name and a password.
pub(super) fn demand_login(live: &Live, whose: &str, found: &mut Vec<Violation>) {
    for (name, missing) in [("user", live.user.is_none()), ("password_file", live.password_file.is_none())] {
        if missing {
            let hint = "name the administrator who may read all mailboxes, and the file with the password";
            found.push(Violation::new("live.url", format!("{whose} needs `{name}`"), hint));
        }
    }
}

fn judge_maildir(live: &Live, path: &str, found: &mut Vec<Violation>) {
    if !path.starts_with('/') {
        let hint = "write three slashes: maildir:///var/mail/{account}/";
        found.push(Violation::new("live.url", "the folder's path must be absolute", hint));
    } else if !["{account}", "{user}"].iter().any(|field| path.contains(field)) {
        let hint =
            "write {account} (anna@example.org) or {user} (anna) where the mailbox's name stands in the path";
        found.push(Violation::new("live.url", "all mailboxes would be one folder", hint));
    }
    let stated = [
        ("user", live.user.is_some()),
        ("password_file", live.password_file.is_some()),
        ("ca_file", live.ca_file.is_some()),
        ("plain_text", live.plain_text),
    ];
    for (name, _) in stated.into_iter().filter(|(_, stated)| *stated) {
        let message = format!("`{name}` has no meaning for a folder (maildir://)");
        found.push(Violation::new(format!("live.{name}"), message, "take the line away, or write imaps://"));
    }
}

fn judge_sample(sample: &Sample, found: &mut Vec<Violation>) {
    let stated =
        [("number", sample.number.is_some()), ("share", sample.share.is_some()), ("all", sample.all)];
    let mut stated = stated.into_iter().filter(|(_, stated)| *stated).map(|(name, _)| name);
    if let (Some(first), Some(second)) = (stated.next(), stated.next()) {
        let message = format!("`{first}` and `{second}` both say how many");
        found.push(Violation::new(format!("sample.{second}"), message, "keep one of them"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(live: Live) -> Vec<String> {
        let mut found = Vec::new();
        judge_server(&live, &mut found);
        found.into_iter().map(|violation| violation.key).collect()
    }

    fn imap(url: &str) -> Live {
        Live {
            url: url.into(),
            user: Some("admin".into()),
            password_file: Some("p".into()),
            ..Live::default()
        }
    }

    fn maildir(url: &str) -> Live {
        Live { url: url.into(), ..Live::default() }
    }

    #[test]
    fn servers_have_addresses_and_folders_the_mailbox_s_name() {
        for url in ["imaps://mail.example.org", "imap://10.0.0.1:1143/", "imaps://[::1]:993", "imaps://[::1]"]
        {
            assert_eq!(keys(imap(url)), [""; 0], "{url}");
        }
        for url in [
            "",
            "mail",
            "pop://h",
            "imaps://",
            "imaps://u:hunter2@h",
            "imaps://h/x",
            "imaps://h:0",
            "imaps://h:x",
            "imaps://h y",
        ] {
            assert_eq!(keys(imap(url)), ["live.url"], "{url}");
        }
        for url in ["maildir:///m/{account}", "maildir:///m/{domain}/{user}/Maildir"] {
            assert_eq!(keys(maildir(url)), [""; 0], "{url}");
        }
        for url in ["maildir:///m", "maildir://m/{account}", "maildir:///m/{domain}"] {
            assert_eq!(keys(maildir(url)), ["live.url"], "{url}");
        }
    }

    #[test]
    fn what_a_server_needs_a_folder_has_not() {
        assert_eq!(keys(Live { url: "imaps://h".into(), ..Live::default() }), ["live.url", "live.url"]);
        assert_eq!(keys(Live { plain_text: true, ..imap("imaps://h") }), ["live.plain_text"]);
        assert_eq!(keys(Live { plain_text: true, ..imap("imap://h") }), [""; 0]);
        let mixed = Live { ca_file: Some("c".into()), ..imap("maildir:///m/{user}") };
        assert_eq!(keys(mixed), ["live.user", "live.password_file", "live.ca_file"]);
    }

    #[test]
    fn what_zimbra_alone_has_means_nothing_elsewhere() {
        for server in [imap("imaps://h"), maildir("maildir:///m/{user}")] {
            let live = Live { admin_url: Some("https://h:7071/".into()), tombstones: true, ..server };
            assert_eq!(keys(live), ["live.admin_url", "live.tombstones"]);
        }
    }

    #[test]
    fn one_number_says_how_many() {
        let mut found = Vec::new();
        judge_sample(&Sample { number: Some(5), all: true, ..Sample::default() }, &mut found);
        assert_eq!(found[0].key, "sample.all");
    }

    #[test]
    fn the_rung_needs_a_server() {
        let mut policy = Policy::default();
        policy.require.rung = Rung::Restorable;
        assert_eq!(policy.validate()[0].key, "require.rung");
        policy.live = Some(maildir("maildir:///m/{account}"));
        assert_eq!(policy.validate(), []);
    }
}
