//! The calls of an administrator (`urn:zimbraAdmin`).

use super::element::Element;
use super::state::{Holder, Inner, State, account_id};

/// What a call comes to: an answer, or a fault's code and message.
pub(super) type Answer = Result<Element, (&'static str, String)>;

const NAMESPACE: &str = "urn:zimbraAdmin";
/// Milliseconds for which an administrator's token holds.
const LIFETIME: u64 = 43_200_000;
/// An account of Zimbra's own, to be left out by whoever asks for the users'.
const SYSTEM: &str = "galsync.demo@example.org";

/// Answers `AuthRequest` of an administrator.
pub(super) fn login(state: &State, call: &Element) -> Answer {
    let name = call.get("name").or_else(|| call.get("account")).unwrap_or_default();
    if name != state.admin || call.get("password").as_deref() != Some(&state.password) {
        return Err(("account.AUTH_FAILED", format!("authentication failed for [{name}]")));
    }
    let token = state.lock().issue(Holder::Admin);
    let token = Element::new("authToken").content(token);
    Ok(Element::root("AuthResponse", NAMESPACE).with_text("lifetime", LIFETIME).holding([token]))
}

/// Answers any other call of an administrator.
pub(super) fn answer(inner: &mut Inner, call: &Element) -> Answer {
    match call.name.as_str() {
        "DelegateAuthRequest" => delegate(inner, call),
        "SearchDirectoryRequest" => search(inner, call),
        "GetMailboxRequest" => mailbox(inner, call),
        "GetAllMailboxesRequest" => Ok(mailboxes(inner, call)),
        other => Err(("service.UNKNOWN_DOCUMENT", format!("unknown document: {other}"))),
    }
}

fn delegate(inner: &mut Inner, call: &Element) -> Answer {
    let wanted = call.get("account").unwrap_or_default();
    let Some(name) = inner.find(&wanted) else {
        return Err(("account.NO_SUCH_ACCOUNT", format!("no such account: {wanted}")));
    };
    let token = Element::new("authToken").content(inner.issue(Holder::User(name)));
    Ok(Element::root("DelegateAuthResponse", NAMESPACE).with_text("lifetime", 3_600_000).holding([token]))
}

/// Sorted by name, one of Zimbra's own among them where the filter does not leave it out.
fn search(inner: &Inner, call: &Element) -> Answer {
    let number = |name| call.get(name).and_then(|text| text.parse::<usize>().ok());
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let filter = call.get("query").unwrap_or_default();
    let domain = call.get("domain").map(|domain| format!("@{domain}")).unwrap_or_default();
    let mut names: Vec<&str> = inner.accounts.keys().map(String::as_str).collect();
    if !filter.contains("(!(zimbraIsSystemAccount=TRUE))") {
        names.push(SYSTEM);
    }
    names.retain(|name| name.ends_with(&domain));
    names.sort_unstable();
    let page = names.iter().skip(offset).take(limit).map(|name| account(name));
    let more = offset.saturating_add(limit) < names.len();
    let response = Element::root("SearchDirectoryResponse", NAMESPACE).holding(page);
    Ok(response.with("more", more).with("searchTotal", names.len() as u64))
}

fn account(name: &str) -> Element {
    let attribute = |name: &str, value: &str| Element::new("a").with("n", name).content(value);
    let mut attributes =
        vec![attribute("zimbraAccountStatus", "active"), attribute("zimbraMailHost", "mail.example.org")];
    if name == SYSTEM {
        attributes.push(attribute("zimbraIsSystemAccount", "TRUE"));
    }
    Element::new("account").with("name", name).with("id", account_id(name)).holding(attributes)
}

fn mailbox(inner: &Inner, call: &Element) -> Answer {
    let wanted = call.child("mbox").and_then(|mbox| mbox.get("id")).unwrap_or_default();
    let found = inner.find(&wanted).filter(|name| account_id(name) == wanted);
    let place = found.as_ref().and_then(|name| Some((inner.position(name)?, inner.accounts.get(name)?)));
    let Some((number, mailbox)) = place else {
        return Err(("account.NO_SUCH_ACCOUNT", format!("no such account: {wanted}")));
    };
    let mbox = Element::new("mbox").with("mbxid", number as u64).with("s", mailbox.size());
    Ok(Element::root("GetMailboxResponse", NAMESPACE).holding([mbox]))
}

fn mailboxes(inner: &Inner, call: &Element) -> Element {
    let number = |name| call.get(name).and_then(|text| text.parse::<usize>().ok());
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let one = |(number, (name, mailbox)): (u64, (&String, &super::LiveMailbox))| {
        Element::new("mbox")
            .with("id", number)
            .with("groupid", number)
            .with("accountid", account_id(name))
            .with("indexvolumeid", 2)
            .with("itemidcheckpoint", mailbox.items.keys().max().copied().unwrap_or(256))
            .with("sizecheckpoint", mailbox.size())
            .with("changecheckpoint", mailbox.change)
    };
    let all = (1..).zip(&inner.accounts).skip(offset).take(limit).map(one);
    let more = offset.saturating_add(limit) < inner.accounts.len();
    let response = Element::root("GetAllMailboxesResponse", NAMESPACE).holding(all);
    response.with("more", more).with("searchTotal", inner.accounts.len() as u64)
}
