//! The REST import of a tgz (`UserServlet.java`, `ArchiveFormatter.java`, `Formatter.java`).
//!
//! Input: an export. Output: items under new numbers, and a line of a script that says how it went; the status is 200
//! whatever was rejected. What is equal to an item of its folder is passed over, as `resolve=skip` has it. The checks
//! are Zimbra's: nobody computes a digest anew, so wrong bytes of the right length are taken.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::fault::Keeping;
use super::mailbox::LiveMailbox;
use super::rest;
use crate::demo::zimbra::Item;
use crate::mailbox::{Digest, ItemKind};

const RECORD: usize = 512;
/// Newer descriptions are refused.
const VERSION: i64 = 10;
/// The unread flag, which descriptions keep apart.
const UNREAD: u32 = 512;

/// Why an item was not taken: the code of a fault and its text.
type Rejection = (&'static str, String);

/// A member of the tar: its name, the type in its header, its bytes.
struct Member {
    name: String,
    kind: u64,
    content: Vec<u8>,
}

/// Where items go.
struct Target<'a> {
    mailbox: &'a mut LiveMailbox,
    /// The folder below which all folders lie.
    below: String,
    /// What is equal to an item of its folder is kept as well.
    copies: bool,
}

/// Takes in an export and keeps what `keeping` says, or all that Zimbra would; gives the answer's body, which is empty
/// unless the query names a callback.
pub(super) fn take(
    mailbox: &mut LiveMailbox,
    query: &str,
    packed: &[u8],
    keeping: Option<Keeping>,
) -> String {
    let mut rejected = Vec::new();
    let stated = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let below = stated("subfolder").and_then(rest::decoded).unwrap_or_default();
    let first = mailbox.next_id();
    let mut target = Target { mailbox, below, copies: keeping == Some(Keeping::Copies) };
    let failure = unpack(packed).and_then(|members| take_members(&mut target, members, &mut rejected)).err();
    if let Some(keeping) = keeping {
        drop_some(mailbox, first, keeping);
    }
    let Some(callback) = stated("callback") else { return String::new() };
    let word = match (&failure, rejected.is_empty()) {
        (Some(_), _) => "fail",
        (None, true) => "success",
        (None, false) => "warn",
    };
    let faults = failure.iter().chain(&rejected).map(|(code, text)| {
        let fault = json!({"Code": {"Value": "soap:Sender"}, "Reason": {"Text": text},
            "Detail": {"Error": {"Code": code, "Trace": "demo", "_jsns": "urn:zimbra"}}});
        format!(", {fault}")
    });
    let faults: String = faults.collect();
    format!(
        "<html><head><script type=\"text/javascript\">window.parent.{callback}('{word}'{faults});</script></head></html>"
    )
}

/// Drops items that came under `first` and the numbers behind it.
fn drop_some(mailbox: &mut LiveMailbox, first: u32, keeping: Keeping) {
    let mut equal: HashMap<_, u32> = HashMap::new();
    for item in mailbox.items.values() {
        *equal.entry((item.folder, item.digest())).or_default() += 1;
    }
    let mut number = 0_u32;
    mailbox.items.retain(|id, item| {
        number += u32::from(*id >= first);
        *id < first
            || match keeping {
                Keeping::Nothing => false,
                Keeping::WithoutTenth => !number.is_multiple_of(10),
                Keeping::Copies => equal.get(&(item.folder, item.digest())) > Some(&1),
            }
    });
}

fn unpack(packed: &[u8]) -> Result<Vec<Member>, Rejection> {
    let invalid = || ("formatter.INVALID_FORMAT", "invalid format: tgz".to_owned());
    let mut tar = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut tar).map_err(|_| invalid())?;
    let (mut members, mut long, mut rest) = (Vec::new(), None, tar.as_slice());
    while let Some((header, behind)) = rest.split_at_checked(RECORD).filter(|(header, _)| header[0] != 0) {
        let size = usize::try_from(octal(&header[124..136])).map_err(|_| invalid())?;
        let content = behind.get(..size).ok_or_else(invalid)?;
        rest = behind.get(size.next_multiple_of(RECORD)..).unwrap_or_default();
        if header[156] == b'L' {
            long = Some(text(content));
            continue;
        }
        let name = long.take().unwrap_or_else(|| text(&header[..100]));
        members.push(Member { name, kind: octal(&header[329..337]), content: content.to_vec() });
    }
    Ok(members)
}

/// Up to the first zero.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

fn octal(field: &[u8]) -> u64 {
    let digits = field.iter().filter(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, digit| number.saturating_mul(8).saturating_add(u64::from(digit - b'0')))
}

/// A description is followed by its body, by another description, or by what tells that its body is wrong.
fn take_members(
    target: &mut Target<'_>,
    members: Vec<Member>,
    rejected: &mut Vec<Rejection>,
) -> Result<(), Rejection> {
    let mut open: Option<(String, Value)> = None;
    for member in members {
        let result = if let Some(name) = member.name.strip_suffix(".meta") {
            let before = open.take().map_or(Ok(()), |(_, meta)| add(target, &meta, None));
            let meta: Value = serde_json::from_slice(&member.content)
                .map_err(|_| ("formatter.INVALID_FORMAT", format!("invalid format: {}", member.name)))?;
            open = Some((name.to_owned(), meta));
            before
        } else if member.name.ends_with(".err") {
            Err(("formatter.MISMATCHED_SIZE", format!("mismatched blob size: {}", member.name)))
        } else {
            match open.take() {
                Some((_, meta)) if !fits(&meta, &member) => {
                    Err(("formatter.MISMATCHED_META", format!("mismatched meta data: {}", member.name)))
                }
                Some((_, meta)) => add(target, &meta, Some(member.content)),
                None => Err(("formatter.MISSING_META", format!("missing meta data: {}", member.name))),
            }
        };
        rejected.extend(result.err());
    }
    let last = open.map_or(Ok(()), |(_, meta)| add(target, &meta, None));
    rejected.extend(last.err());
    Ok(())
}

/// Type and size of the header are those of the description; a type of 0 is that of another tool.
fn fits(meta: &Value, member: &Member) -> bool {
    let number = |key: &str| meta.get(key).and_then(Value::as_u64);
    let kind = member.kind == 0 || number("type") == Some(member.kind);
    let size = meta.get("blob_digest").is_none() || number("size") == Some(member.content.len() as u64);
    kind && size
}

fn add(target: &mut Target<'_>, meta: &Value, body: Option<Vec<u8>>) -> Result<(), Rejection> {
    let Target { mailbox, below, copies } = target;
    let path = format!("{below}/{}", meta.get("Path").and_then(Value::as_str).unwrap_or_default());
    let invalid = |what: &str| ("formatter.INVALID_FORMAT", format!("invalid format: {path} ({what})"));
    let number = |key: &'static str| meta.get(key).and_then(Value::as_i64).ok_or_else(|| invalid(key));
    if number("Ver")? > VERSION {
        return Err(invalid("Ver"));
    }
    let kind = ItemKind::of(u8::try_from(number("type")?).map_err(|_| invalid("type"))?);
    let digest = meta.get("blob_digest").and_then(Value::as_str).map(str::to_owned);
    if kind == ItemKind::Folder {
        mailbox.folder_at(&path);
        return Ok(());
    }
    if digest.is_some() && body.is_none() {
        return Err(("formatter.MISSING_BLOB", format!("missing blob for item: {path}")));
    }
    let is_named = kind == ItemKind::Document;
    let folder = if is_named { path.rsplit_once('/').map_or("/", |(above, _)| above) } else { &path };
    let folder = mailbox.folder_at(folder);
    let is_equal = |item: &Item| item.folder == folder && digest.is_some() && item.digest() == digest;
    if !*copies && mailbox.items.values().any(is_equal) {
        return Ok(());
    }
    let size = body.as_ref().map_or(0, |body| body.len() as u64);
    if mailbox.quota.is_some_and(|quota| mailbox.size() + size > quota) {
        return Err(("mail.QUOTA_EXCEEDED", "mailbox exceeded quota".to_owned()));
    }
    let subject =
        meta.get("subject").or_else(|| meta.get("name")).and_then(Value::as_str).unwrap_or_default();
    let mut item = Item::new(mailbox.next_id(), folder, kind, subject);
    let flags = u32::try_from(number("flags")?).map_err(|_| invalid("flags"))?;
    (item.flags, item.unread) = (flags & !UNREAD, number("unread")? > 0);
    (item.date, item.body) = (number("date")?, body);
    // What was stated stays so: nobody looks.
    item.stated_digest = digest.clone();
    item.old_digest = digest.is_some_and(|digest| matches!(Digest::parse(&digest), Ok(Digest::Sha1(_))));
    let tags = meta.get("TagNames").and_then(Value::as_str).unwrap_or_default();
    item.tags = separated(tags);
    mailbox.arrive(item);
    Ok(())
}

/// Names between colons; a backslash stands before a colon or backslash that belongs to a name.
fn separated(names: &str) -> Vec<String> {
    let (mut all, mut letters) = (vec![String::new()], names.chars());
    while let Some(letter) = letters.next() {
        match (letter, all.last_mut()) {
            (':', _) => all.push(String::new()),
            ('\\', Some(name)) => name.extend(letters.next()),
            (letter, Some(name)) => name.push(letter),
            (_, None) => {}
        }
    }
    all.retain(|name| !name.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::zimbra::{Export, Member as Packed};

    /// What is said of an export whose members were changed, and how many items are there then.
    fn said(query: &str, change: impl FnOnce(&mut Vec<Packed>)) -> (String, usize) {
        let items = [257, 258].map(|id| Item::message(id, 2, "Oggetto", format!("body {id}")));
        let export = Export { items: items.into(), ..Export::default() };
        let mut members = export.members();
        change(&mut members);
        let mut mailbox = LiveMailbox::of(&Export::default());
        let answer = take(&mut mailbox, query, &export.pack(&members).unwrap(), None);
        (answer, mailbox.items.len())
    }

    #[test]
    fn without_a_callback_nothing_is_said() {
        assert_eq!(said("fmt=tgz", |_| ()), (String::new(), 2));
        assert_eq!(said("fmt=tgz", |members| members.truncate(members.len() - 1)), (String::new(), 1));
        let (answer, _) = said("fmt=tgz&callback=y", |_| ());
        assert!(answer.contains("window.parent.y('success')"), "{answer}");
    }

    #[test]
    fn each_check_has_its_fault() {
        type Change = fn(&mut Vec<Packed>);
        let cases: [(&str, Change, usize); 6] = [
            ("MISMATCHED_META", |members| members.last_mut().unwrap().content.push(b'x'), 1),
            ("MISMATCHED_META", |members| members.last_mut().unwrap().kind = ItemKind::Contact, 1),
            ("MISSING_BLOB", |members| drop(members.pop()), 1),
            ("MISSING_META", |members| drop(members.remove(members.len() - 2)), 1),
            (
                "MISMATCHED_SIZE",
                |members| {
                    let last = members.last().unwrap();
                    members.push(Packed { name: format!("{}.err", last.name), ..last.clone() });
                },
                2,
            ),
            (
                "INVALID_FORMAT",
                |members| {
                    let place = members.len() - 2;
                    let text = String::from_utf8(members[place].content.clone()).unwrap();
                    members[place].content = text.replace("\"Ver\":10", "\"Ver\":11").into();
                },
                1,
            ),
        ];
        for (code, change, there) in cases {
            let (answer, items) = said("callback=x", change);
            assert!(answer.contains("'warn'") && answer.contains(&format!("formatter.{code}")), "{answer}");
            assert_eq!(items, there, "{code}");
        }
        let broken = take(&mut LiveMailbox::of(&Export::default()), "callback=x", b"no gzip", None);
        assert!(broken.contains("'fail'") && broken.contains("INVALID_FORMAT"), "{broken}");
    }

    #[test]
    fn wrong_bytes_of_the_right_length_are_taken_and_equal_ones_are_not_doubled() {
        let (answer, items) = said("callback=x", |members| members.last_mut().unwrap().content[0] = b'B');
        assert!(answer.contains("'success'") && items == 2);
        let (answer, items) = said("callback=x", |members| {
            members.extend_from_within(members.len() - 2..);
        });
        assert!(answer.contains("'success'") && items == 2);
    }
}
