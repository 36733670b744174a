//! What administrators may ask: which accounts and mailboxes there are, and for a login as one of them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Mailbox;
use super::json::{Listed, Number, is_true};
use super::session::{Session, Source};
use super::soap::{Call, Service};
use crate::live::{Fault, LiveError};

const NAMESPACE: &str = "urn:zimbraAdmin";
/// Accounts or mailboxes of one answer.
const PAGE: usize = 500;
/// Bytes of one answer; an account with what is asked of it takes about 500.
const LARGEST: usize = 16 << 20;
/// Values of one account.
const VALUES: usize = 1000;
/// How many accounts the directory may look for before it gives up; by default it is 5000.
const MOST_SEARCHED: u32 = 10_000_000;
/// Leaves out what Zimbra made for itself: spam and ham training, the address list, the wiki.
const USERS: &str = "(&(!(zimbraIsSystemAccount=TRUE))(!(zimbraIsSystemResource=TRUE)))";

/// An administrator's login.
#[derive(Debug, Clone)]
pub struct Admin {
    session: Arc<Session>,
}

/// An account in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number in the directory.
    pub id: String,
    /// Its address.
    pub name: String,
    /// As `active`, `locked`, `maintenance`, `closed`.
    pub status: Option<String>,
    /// The server its mailbox lies on.
    pub host: Option<String>,
}

/// A mailbox as `GetMailboxRequest` states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxSize {
    /// Its number on its server.
    pub number: u32,
    /// Bytes of all items.
    pub bytes: u64,
}

/// How far a mailbox came, as `GetAllMailboxesRequest` states it: equal for a primary server and a standby in step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxState {
    /// Its number on its server.
    pub number: u32,
    /// The account's number in the directory.
    pub account: String,
    /// The last item's number.
    pub last_item: u64,
    /// The last change.
    pub last_change: u64,
    /// Bytes of all items.
    pub bytes: u64,
}

impl Admin {
    pub(super) fn new(session: Session) -> Self {
        Self { session: Arc::new(session) }
    }

    /// Lists the accounts of users by name, those of `domain` alone if there is one.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole.
    pub fn accounts(&self, domain: Option<&str>) -> Result<Vec<Account>, LiveError> {
        let mut content = json!({
            "types": "accounts", "query": USERS, "sortBy": "name", "applyCos": 0, "maxResults": MOST_SEARCHED,
            "attrs": "zimbraAccountStatus,zimbraMailHost,zimbraIsSystemAccount,zimbraIsSystemResource",
        });
        if let Some(domain) = domain {
            content["domain"] = json!(domain);
        }
        let entries: Vec<Entry> = self.pages("accounts", "SearchDirectory", content)?;
        Ok(entries.into_iter().filter(|entry| !entry.is_system()).map(Entry::account).collect())
    }

    /// Looks how large a mailbox is. A server makes the mailbox of an account that never had one when it is asked for it,
    /// so ask for accounts that have mail (`MailboxManager.java`).
    ///
    /// # Errors
    /// [`LiveError`] if it can't be asked.
    pub fn mailbox_size(&self, account: &Account) -> Result<MailboxSize, LiveError> {
        let content = json!({"mbox": {"id": account.id}});
        let call = Call { name: "GetMailbox", namespace: NAMESPACE, content, largest: LARGEST };
        let asked = format!("size of the mailbox of {}", account.name);
        let answer: Sized = self.session.ask(&asked, &call)?;
        let wrong = |error: serde_json::Error| self.wrong(&asked, error);
        let mbox = answer.mbox.0.into_iter().next().ok_or_else(|| self.wrong(&asked, "no mailbox in it"))?;
        Ok(MailboxSize {
            number: mbox.number.to("a mailbox's number").map_err(wrong)?,
            bytes: mbox.bytes.to("a size").map_err(wrong)?,
        })
    }

    /// Lists the mailboxes of this server.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole.
    pub fn mailboxes(&self) -> Result<Vec<MailboxState>, LiveError> {
        let entries: Vec<State> = self.pages("mailboxes", "GetAllMailboxes", json!({}))?;
        let states = entries.into_iter().map(State::checked).collect::<Result<_, _>>();
        states.map_err(|error| self.wrong("mailboxes", error))
    }

    /// Logs in for a user (`DelegateAuthRequest`).
    ///
    /// # Errors
    /// [`LiveError`] if the login fails.
    pub fn mailbox(&self, account: &str) -> Result<Mailbox, LiveError> {
        let source = Source::Delegated { admin: Arc::clone(&self.session), account: account.to_owned() };
        let session = Session::open(self.session.server(), Service::User, source)?;
        Ok(Mailbox { session, account: account.to_owned() })
    }

    /// All pages of a list.
    fn pages<T>(&self, asked: &str, name: &'static str, content: Value) -> Result<Vec<T>, LiveError>
    where
        Page<T>: serde::de::DeserializeOwned,
    {
        let most = self.session.server().transport.terms().limits.entries;
        let mut all = Vec::new();
        loop {
            let mut content = content.clone();
            content["offset"] = json!(all.len());
            content["limit"] = json!(PAGE);
            let call = Call { name, namespace: NAMESPACE, content, largest: LARGEST };
            let page: Page<T> = self.session.ask(asked, &call)?;
            let came = page.entries.0.len();
            all.extend(page.entries.0);
            if all.len() as u64 > most {
                return Err(self.wrong(asked, format!("more than {most}")));
            }
            match is_true(page.more.as_ref()) {
                false => return Ok(all),
                true if came == 0 => return Err(self.wrong(asked, "there are more, but none came")),
                true => {}
            }
        }
    }

    fn wrong(&self, asked: &str, detail: impl std::fmt::Display) -> LiveError {
        Fault::protocol(detail).of(self.session.address().as_str(), asked)
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Page<T> {
    #[serde(default)]
    more: Option<Value>,
    #[serde(default = "Listed::none", alias = "account", alias = "mbox")]
    entries: Listed<T, PAGE>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    #[serde(default = "Listed::none", rename = "a")]
    values: Listed<Attribute, VALUES>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "n")]
    name: String,
    #[serde(default, rename = "_content")]
    value: Option<Value>,
}

impl Entry {
    fn value(&self, name: &str) -> Option<&Value> {
        self.values.0.iter().find(|value| value.name == name)?.value.as_ref()
    }

    /// Looked at once more, as a directory may filter by less than it was asked to.
    fn is_system(&self) -> bool {
        ["zimbraIsSystemAccount", "zimbraIsSystemResource"].iter().any(|name| is_true(self.value(name)))
    }

    fn account(self) -> Account {
        let text = |name| self.value(name).and_then(Value::as_str).map(str::to_owned);
        let (status, host) = (text("zimbraAccountStatus"), text("zimbraMailHost"));
        Account { id: self.id, name: self.name, status, host }
    }
}

#[derive(Deserialize)]
struct Sized {
    mbox: Listed<Size, 1>,
}

#[derive(Deserialize)]
struct Size {
    #[serde(rename = "mbxid")]
    number: Number,
    #[serde(rename = "s")]
    bytes: Number,
}

#[derive(Deserialize)]
struct State {
    id: Number,
    #[serde(rename = "accountid")]
    account: String,
    #[serde(rename = "itemidcheckpoint")]
    last_item: Number,
    #[serde(rename = "changecheckpoint")]
    last_change: Number,
    #[serde(rename = "sizecheckpoint")]
    bytes: Number,
}

impl State {
    fn checked(self) -> Result<MailboxState, serde_json::Error> {
        Ok(MailboxState {
            number: self.id.to("a mailbox's number")?,
            account: self.account,
            last_item: self.last_item.to("an item's number")?,
            last_change: self.last_change.to("a change number")?,
            bytes: self.bytes.to("a size")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_what_the_directory_states() {
        let text = r#"{"more":true,"searchTotal":2,"account":[
            {"name":"a@h","id":"1-2","isExternal":false,"a":[{"n":"zimbraAccountStatus","_content":"active"},{"n":"x"}]},
            {"name":"galsync@h","id":"3","a":{"n":"zimbraIsSystemAccount","_content":"TRUE"}}]}"#;
        let page: Page<Entry> = serde_json::from_str(text).unwrap();
        assert!(is_true(page.more.as_ref()));
        let [user, system] = &page.entries.0[..] else { panic!() };
        assert!(!user.is_system() && system.is_system());
        let status = user.value("zimbraAccountStatus").and_then(Value::as_str);
        assert_eq!((status, user.value("zimbraMailHost")), (Some("active"), None));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            [r#"{"account":7}"#, r#"{"account":[{"id":"1"}]}"#, r#"{"account":[{"name":"a","id":7}]}"#]
        {
            assert!(serde_json::from_str::<Page<Entry>>(text).is_err(), "{text}");
        }
        let state = r#"{"mbox":[{"id":-1,"accountid":"a","itemidcheckpoint":1,"changecheckpoint":1,"sizecheckpoint":1}]}"#;
        let page: Page<State> = serde_json::from_str(state).unwrap();
        assert!(page.entries.0.into_iter().next().unwrap().checked().is_err());
    }
}
