use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Names of header fields that are listed.
const MOST_NAMES: usize = 8;
/// Bytes of a head whose fields are told apart; what is behind counts as body.
const LARGEST_HEAD: usize = 256 << 10;
/// Fields that say how a body is built (RFC 2045).
const STRUCTURE: [&str; 3] = ["content-type", "content-transfer-encoding", "mime-version"];

/// In what two versions of a message differ. No value of a field and no part of a body is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// One side ends its lines with LF where the other has CRLF.
    pub line_ends: bool,
    /// Fields that only the live message has, by name.
    pub added: Vec<String>,
    /// Fields that only the backup's has.
    pub missing: Vec<String>,
    /// Fields that both have, with other values.
    pub changed: Vec<String>,
    /// What became of the body, beyond line ends.
    pub body: Body,
}

/// How the body differs, line ends apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// Not at all.
    #[default]
    Same,
    /// The live one ends early, so many bytes short.
    LiveCut(u64),
    /// The backup's ends early, so many bytes short.
    BackupCut(u64),
    /// From this byte on, while what describes its structure differs too, as when a server rebuilds MIME.
    Rebuilt(u64),
    /// From this byte on.
    Other(u64),
}

impl Explanation {
    /// Compares the message of the backup with the live one.
    #[must_use]
    pub fn of(backup: &[u8], live: &[u8]) -> Self {
        let (backup_lines, live_lines) = (with_bare_ends(backup), with_bare_ends(live));
        let line_ends = backup != live && (ends(backup) != ends(live) || backup_lines == live_lines);
        let (backup_head, backup_body) = split(&backup_lines);
        let (live_head, live_body) = split(&live_lines);
        let mut explanation = Self { line_ends, ..Self::default() };
        explanation.compare_heads(backup_head, live_head);
        explanation.body = explanation.compare_bodies(backup_body, live_body);
        explanation
    }

    /// Whether the message says the same on both sides: nothing but line ends differs.
    #[must_use]
    pub fn only_line_ends(&self) -> bool {
        *self == Self { line_ends: true, ..Self::default() }
    }

    fn compare_heads(&mut self, backup: &[u8], live: &[u8]) {
        let (backup, live) = (fields(backup), fields(live));
        let values_of = |side: &Fields<'_>, name: &[u8]| side.get(name).map_or(0, Vec::len);
        // A name that one side alone has may be a word of the body, whose empty line in front was lost.
        let shown = |name: &[u8]| {
            let on_both = backup.contains_key(name) && live.contains_key(name);
            if on_both || is_known(name) { shown(name) } else { OTHER.to_owned() }
        };
        let mut names = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
        let [added, missing, changed] = &mut names;
        for (name, values) in &live {
            match values_of(&backup, name) {
                others if others < values.len() => drop(added.insert(shown(name))),
                others if others == values.len() && backup.get(name) != Some(values) => {
                    changed.insert(shown(name));
                }
                _ => {}
            }
        }
        let fewer = backup.iter().filter(|(name, values)| values_of(&live, name) < values.len());
        missing.extend(fewer.map(|(name, _)| shown(name)));
        [self.added, self.missing, self.changed] = names.map(|names| names.into_iter().collect());
    }

    fn compare_bodies(&self, backup: &[u8], live: &[u8]) -> Body {
        if backup == live {
            return Body::Same;
        }
        let same = backup.iter().zip(live).take_while(|(one, other)| one == other).count();
        let short = |long: &[u8]| (long.len() - same) as u64;
        match same {
            _ if same == live.len() => Body::LiveCut(short(backup)),
            _ if same == backup.len() => Body::BackupCut(short(live)),
            _ if self.structure_differs() => Body::Rebuilt(same as u64),
            _ => Body::Other(same as u64),
        }
    }

    fn structure_differs(&self) -> bool {
        let names = self.added.iter().chain(&self.missing).chain(&self.changed);
        names.into_iter().any(|name| STRUCTURE.contains(&name.as_str()))
    }
}

/// The same with LF alone behind each line.
fn with_bare_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !ends(bytes).crlf {
        return Cow::Borrowed(bytes);
    }
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\r' || rest.peek() != Some(&b'\n') {
            kept.push(byte);
        }
    }
    Cow::Owned(kept)
}

/// Which line ends there are.
#[derive(PartialEq, Eq)]
struct Ends {
    crlf: bool,
    bare: bool,
}

fn ends(bytes: &[u8]) -> Ends {
    let mut ends = Ends { crlf: false, bare: bytes.first() == Some(&b'\n') };
    for pair in bytes.windows(2).filter(|pair| pair[1] == b'\n') {
        let crlf = pair[0] == b'\r';
        ends.crlf |= crlf;
        ends.bare |= !crlf;
    }
    ends
}

/// Head and body; an empty line parts them (RFC 5322, section 2.1).
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    if let Some(body) = message.strip_prefix(b"\n") {
        return (&[], body);
    }
    let head = message.get(..LARGEST_HEAD).unwrap_or(message);
    match head.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&message[..=end], &message[end + 2..]),
        None => message.split_at(head.len()),
    }
}

/// The values of each field, by its name in lower case.
type Fields<'a> = BTreeMap<Vec<u8>, Vec<&'a [u8]>>;

/// The values of each field, in their order; continued lines belong to the line before.
fn fields(head: &[u8]) -> Fields<'_> {
    let mut fields = Fields::new();
    let mut rest = head;
    while !rest.is_empty() {
        let (field, behind) = rest.split_at(end_of_field(rest));
        rest = behind;
        let (name, value) = field.split_at(field.iter().position(|byte| *byte == b':').unwrap_or(0));
        fields.entry(name.to_ascii_lowercase()).or_default().push(value);
    }
    fields
}

fn end_of_field(head: &[u8]) -> usize {
    let mut ends = head.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.find(|end| !matches!(head.get(*end), Some(b' ' | b'\t'))).unwrap_or(head.len())
}

/// What stands for names that could be content.
const OTHER: &str = "others";

/// Fields that mail programs and servers write (IANA's registry of permanent message header fields, and what is usual
/// beside it).
const KNOWN: [&str; 52] = [
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
    "authentication-results",
    "auto-submitted",
    "bcc",
    "cc",
    "content-description",
    "content-disposition",
    "content-id",
    "content-language",
    "content-length",
    "content-location",
    "content-transfer-encoding",
    "content-type",
    "date",
    "delivered-to",
    "disposition-notification-to",
    "dkim-signature",
    "envelope-to",
    "from",
    "importance",
    "in-reply-to",
    "keywords",
    "lines",
    "list-archive",
    "list-help",
    "list-id",
    "list-owner",
    "list-post",
    "list-subscribe",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "organization",
    "precedence",
    "priority",
    "received",
    "received-spf",
    "references",
    "reply-to",
    "resent-date",
    "resent-from",
    "resent-message-id",
    "resent-to",
    "return-path",
    "sender",
    "status",
    "subject",
    "thread-index",
    "to",
];

/// Of those that begin with X- the usual ones: the others are anybody's words.
const KNOWN_EXTENSIONS: [&str; 20] = [
    "x-antivirus",
    "x-antivirus-status",
    "x-mailer",
    "x-mozilla-keys",
    "x-mozilla-status",
    "x-mozilla-status2",
    "x-original-to",
    "x-originating-ip",
    "x-priority",
    "x-rspamd-action",
    "x-rspamd-score",
    "x-spam",
    "x-spam-checker-version",
    "x-spam-flag",
    "x-spam-level",
    "x-spam-score",
    "x-spam-status",
    "x-spamd-result",
    "x-uid",
    "x-virus-scanned",
];

fn is_known(name: &[u8]) -> bool {
    KNOWN.iter().chain(&KNOWN_EXTENSIONS).any(|known| known.as_bytes() == name)
}

/// A field's name, if it is one such as programs write; anything else could be content.
fn shown(name: &[u8]) -> String {
    let usual = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    match name {
        [] => "a line without a name".to_owned(),
        _ if name.len() <= 40 && name.iter().all(usual) => String::from_utf8_lossy(name).into_owned(),
        _ => "a field with an unusual name".to_owned(),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (what, names) in [("added", &self.added), ("missing", &self.missing), ("changed", &self.changed)]
        {
            if !names.is_empty() {
                parts.push(format!("header fields {what} in the live copy: {}", listed(names)));
            }
        }
        match self.body {
            Body::Same if !parts.is_empty() && !self.only_line_ends() => {
                parts.push("the body is the same".to_owned());
            }
            Body::Same => {}
            Body::LiveCut(bytes) => parts.push(format!("the live body lacks its last {bytes} bytes")),
            Body::BackupCut(bytes) => parts.push(format!("the backup's body lacks its last {bytes} bytes")),
            Body::Rebuilt(from) => parts.push(format!("the body was rebuilt from byte {from} on")),
            Body::Other(from) => parts.push(format!("the body differs from byte {from} on")),
        }
        // Where one side stores other line ends they differ in every message, so they come last.
        if self.line_ends {
            parts.push("other line ends".to_owned());
        }
        if parts.is_empty() {
            parts.push("the order of the fields".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}

fn listed(names: &[String]) -> String {
    let known: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != OTHER).collect();
    let mut told = known.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    let more = known.len().saturating_sub(MOST_NAMES);
    if more > 0 {
        told = format!("{told} and {more} more");
    }
    match (known.is_empty(), known.len() < names.len()) {
        (true, _) => "some whose names are not shown, as they could be text of the mail".to_owned(),
        (false, true) => format!("{told}, and some whose names are not shown"),
        (false, false) => told,
    }
}

#[cfg(test)]
mod tests;
