//! The calls of a user (`urn:zimbraAccount`, `urn:zimbraMail`).

use super::LiveMailbox;
use super::admin::Answer;
use super::element::Element;
use super::folders;
use super::state::{Holder, Inner, State};
use crate::demo::zimbra::{Folder, Item};
use crate::mailbox::ItemKind;

pub(super) const NAMESPACE: &str = "urn:zimbraMail";
/// Milliseconds for which a user's token holds.
const LIFETIME: u64 = 172_799_000;

/// Answers `AuthRequest` of a user; all users have the administrator's password.
pub(super) fn login(state: &State, call: &Element) -> Answer {
    let wanted = call.get("account").unwrap_or_default();
    let mut inner = state.lock();
    match inner.find(&wanted) {
        Some(name) if call.get("password").as_deref() == Some(&state.password) => {
            let token = Element::new("authToken").content(inner.issue(Holder::User(name)));
            let response = Element::root("AuthResponse", "urn:zimbraAccount").with_text("lifetime", LIFETIME);
            Ok(response.with_text("trustLifetime", 0).holding([token]))
        }
        _ => Err(("account.AUTH_FAILED", format!("authentication failed for [{wanted}]"))),
    }
}

/// Answers any other call of the user `name`.
pub(super) fn answer(inner: &mut Inner, name: &str, call: &Element) -> Answer {
    let Some(mailbox) = inner.accounts.get_mut(name) else {
        return Err(("account.NO_SUCH_ACCOUNT", format!("no such account: {name}")));
    };
    match call.name.as_str() {
        "GetFolderRequest" => Ok(Element::root("GetFolderResponse", NAMESPACE).holding(tree(mailbox))),
        "GetMsgMetadataRequest" => metadata(mailbox, call),
        "GetMsgRequest" => message(mailbox, call),
        "SearchRequest" => search(mailbox, call),
        "SyncRequest" => sync(mailbox, call),
        "CreateFolderRequest" => folders::create(mailbox, call),
        "FolderActionRequest" => folders::act(mailbox, call),
        other => Err(("service.UNKNOWN_DOCUMENT", format!("unknown document: {other}"))),
    }
}

/// The user's root and all below it, as `GetFolderRequest` without a depth gives it.
fn tree(mailbox: &LiveMailbox) -> Option<Element> {
    let root = mailbox.folders.iter().find(|folder| folder.id == 1)?;
    Some(branch(mailbox, root, "", mailbox.folders.len()))
}

/// A folder and those below it, `left` levels at most.
pub(super) fn branch(mailbox: &LiveMailbox, folder: &Folder, above: &str, left: usize) -> Element {
    let path = if folder.id == 1 { String::new() } else { format!("{above}/{}", folder.name) };
    let shown = if path.is_empty() { "/" } else { path.as_str() };
    let kind = match folder.kind {
        ItemKind::SearchFolder => "search",
        ItemKind::Mountpoint => "link",
        _ => "folder",
    };
    let mut element = Element::new(kind)
        .with("id", folder.id.to_string())
        .with("name", folder.name.as_str())
        .with("absFolderPath", shown)
        .with("deletable", folder.id > 255)
        .with("l", folder.parent.to_string())
        .with("rev", 1)
        .with("ms", 1);
    if folder.kind == ItemKind::Folder {
        let tally = mailbox.tally(folder.id);
        element = element
            .with("n", tally.items)
            .with("s", tally.bytes)
            .with("i4next", folder.id + 1)
            .with("i4ms", 1);
        if tally.unread > 0 {
            element = element.with("u", tally.unread);
        }
    }
    let below = mailbox.folders.iter().filter(|other| other.parent == folder.id && other.id != folder.id);
    let below = below.take(if left > 0 { usize::MAX } else { 0 });
    element.holding(below.map(|other| branch(mailbox, other, &path, left.saturating_sub(1))))
}

/// Summaries of messages; what is missing is passed over, what is no message is refused (`GetMsgMetadata.java`).
fn metadata(mailbox: &LiveMailbox, call: &Element) -> Answer {
    let ids = call.child("m").and_then(|wanted| wanted.get("ids")).unwrap_or_default();
    let mut response = Element::root("GetMsgMetadataResponse", NAMESPACE);
    for id in ids.split(',').filter_map(|id| id.parse().ok()) {
        match mailbox.items.get(&id) {
            Some(item) if item.kind == ItemKind::Message => response.push(summary(item)),
            None if mailbox.folders.iter().all(|folder| folder.id != id) => {}
            _ => return Err(("mail.NO_SUCH_MSG", format!("no such message: {id}"))),
        }
    }
    Ok(response)
}

fn summary(item: &Item) -> Element {
    let conversation = if item.parent > 0 { item.parent } else { -i64::from(item.id) };
    let element = Element::new("m")
        .with("s", item.size())
        .with("d", item.date.saturating_mul(1000))
        .with("l", item.folder.to_string())
        .with("cid", conversation.to_string())
        .with("id", item.id.to_string())
        .with("md", item.date + 60)
        .with("ms", item.modified.0)
        .with("rev", item.modified.1);
    let flags = item.flag_letters();
    let element = if flags.is_empty() { element } else { element.with("f", flags) };
    if item.tags.is_empty() { element } else { element.with("tn", item.tags.join(",")) }
}

/// A message with its text as it was received, where that is ASCII and short enough (`GetMsg.java`, `ToXML.java`).
fn message(mailbox: &LiveMailbox, call: &Element) -> Answer {
    let id = call.child("m").and_then(|wanted| wanted.get("id")).unwrap_or_default();
    let item = id.parse().ok().and_then(|id| mailbox.items.get(&id));
    let Some(item) = item.filter(|item| item.kind == ItemKind::Message) else {
        return Err(("mail.NO_SUCH_MSG", format!("no such message: {id}")));
    };
    let body = item.stored.as_ref().or(item.body.as_ref());
    let text = body.and_then(|body| std::str::from_utf8(body).ok());
    let text = text.filter(|text| text.is_ascii() && text.len() < 38_000);
    let content = match text {
        Some(text) => Element::new("content").only().content(text),
        None => Element::new("content").only().with("url", format!("/service/content/get?id={id}")),
    };
    Ok(Element::root("GetMsgResponse", NAMESPACE).holding([summary(item).holding([content])]))
}

/// The numbers of a folder's messages, oldest first: the one kind of search that is known here (`Search.java`).
fn search(mailbox: &LiveMailbox, call: &Element) -> Answer {
    let is = |name: &str, value: &str| call.get(name).as_deref() == Some(value);
    let folder = call.get("query").and_then(|query| query.strip_prefix("inid:")?.parse::<u32>().ok());
    let known = is("types", "message") && is("resultMode", "IDS") && is("sortBy", "dateAsc");
    let Some(folder) = folder.filter(|_| known) else {
        return Err(("mail.QUERY_PARSE_ERROR", "couldn't parse query".to_owned()));
    };
    if mailbox.folders.iter().all(|known| known.id != folder) {
        return Err(("mail.NO_SUCH_FOLDER", format!("no such folder id: {folder}")));
    }
    let number = |name| call.get(name).and_then(|text| text.parse::<usize>().ok());
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(10).min(1000));
    let mut found: Vec<&Item> = mailbox.items.values().collect();
    found.retain(|item| item.folder == folder && item.kind == ItemKind::Message);
    found.sort_by_key(|item| item.date);
    let hit = |item: &&Item| {
        let date = item.date.saturating_mul(1000).to_string();
        Element::new("hit").with("sf", date).with("id", item.id.to_string())
    };
    let response = Element::root("SearchResponse", NAMESPACE).with("sortBy", "dateAsc");
    let response = response.with("offset", offset as u64);
    let response = response.with("more", offset.saturating_add(limit) < found.len());
    Ok(response.holding(found.iter().skip(offset).take(limit).map(hit)))
}

/// What was deleted and what changed since a token (`Sync.java`); leaves the mark that the real call leaves.
fn sync(mailbox: &mut LiveMailbox, call: &Element) -> Answer {
    mailbox.begin_tracking();
    let token = call.get("token").unwrap_or_default();
    let since = token.split(['-', ':']).next().and_then(|change| change.parse::<u32>().ok());
    let response = Element::root("SyncResponse", NAMESPACE).with("md", 1_795_500_000);
    let response = response.with("token", mailbox.change.to_string());
    let Some(since) = since.filter(|since| *since > 0) else {
        return Ok(response.with("s", mailbox.size()).holding(tree(mailbox)));
    };
    if since >= mailbox.change {
        return Ok(response);
    }
    if since < mailbox.forgotten {
        return Err(("mail.MUST_RESYNC", "must resync the client".to_owned()));
    }
    let dead: Vec<_> = mailbox.tombstones.iter().filter(|(change, ..)| *change > since).collect();
    let joined = |ids: Vec<u32>| ids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let of = |kind: Option<ItemKind>| {
        let chosen = dead.iter().filter(|(_, own, _)| kind.is_none_or(|kind| kind == *own));
        joined(chosen.map(|(.., id)| *id).collect())
    };
    let typed = call.get("typed").is_some_and(|typed| typed == "1" || typed == "true");
    let kinds = [("m", ItemKind::Message), ("cn", ItemKind::Contact), ("appt", ItemKind::Appointment)];
    let lists = kinds.into_iter().filter(|_| typed).map(|(name, kind)| (name, of(Some(kind))));
    let lists =
        lists.filter(|(_, ids)| !ids.is_empty()).map(|(name, ids)| Element::new(name).with("ids", ids));
    let deleted = (!dead.is_empty()).then(|| Element::new("deleted").with("ids", of(None)).holding(lists));
    let changed = mailbox.items.values().filter(|item| item.modified.0.max(item.modified.1) > since);
    let changed = changed.filter(|item| item.kind == ItemKind::Message).map(summary);
    Ok(response.holding(deleted).holding(changed))
}
