//! What was deleted since a change (`Sync.java`).

use std::num::NonZero;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Mailbox;
use super::envelope::SoapFault;
use super::json::{Listed, is_true};
use super::soap::{Call, LARGEST};
use crate::live::{Fault, LiveError};
use crate::mailbox::ItemId;

/// Pages of one answer; a page has a few thousand changes.
const MOST_PAGES: u32 = 10_000;

/// Says that a mark may stay on the mailbox.
///
/// `SyncRequest` makes a mailbox keep track of what is deleted, for ever (`beginTrackingSync`), so nobody makes that call
/// without having said so. What was deleted before stays unknown where nothing kept track.
#[derive(Debug, Clone, Copy)]
pub struct SyncMark(());

impl SyncMark {
    /// Accepts the mark.
    #[must_use]
    pub fn accepted() -> Self {
        Self(())
    }
}

/// What was deleted since a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// The numbers of all items that were, in no order: messages, and things of any other kind.
    Known {
        /// Messages.
        messages: Vec<ItemId>,
        /// All, messages included.
        all: Vec<ItemId>,
        /// The mailbox's last change. One before that which was asked for is that of a mailbox that was set back, or of
        /// a copy that is behind.
        until: u32,
    },
    /// The server no longer knows so far back, or never did: it keeps track from the first such question on.
    Forgotten,
}

impl Mailbox {
    /// Lists the items that were deleted behind the change `since`.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole.
    pub fn deleted(&self, since: NonZero<u32>, _: SyncMark) -> Result<Deleted, LiveError> {
        let most = self.session.server().transport.terms().limits.entries;
        let asked = format!("what was deleted in {}", self.account());
        let wrong = |fault: Fault| fault.of(self.session.address().as_str(), &asked);
        let (mut messages, mut all) = (Vec::new(), Vec::new());
        let mut token = since.to_string();
        for _ in 0..MOST_PAGES {
            let Some(page) = self.page(&asked, &token)? else { return Ok(Deleted::Forgotten) };
            page.add_to(&mut messages, &mut all, most).map_err(wrong)?;
            match page.next(&token).map_err(wrong)? {
                Some(next) => token = next,
                None => {
                    let until = page.until().map_err(wrong)?;
                    return Ok(Deleted::Known { messages, all, until });
                }
            }
        }
        Err(wrong(Fault::protocol(format!("more than {MOST_PAGES} pages"))))
    }

    /// The changes behind `token`, or nothing if the server no longer knows them.
    fn page(&self, asked: &str, token: &str) -> Result<Option<Page>, LiveError> {
        let content = json!({"token": token, "typed": 1});
        let call = Call { name: "Sync", namespace: "urn:zimbraMail", content, largest: LARGEST };
        let too_old = |fault: &SoapFault| fault.code == "mail.MUST_RESYNC";
        Ok(self.session.call(asked, &call, too_old)?.ok())
    }
}

#[derive(Deserialize)]
struct Page {
    token: Value,
    #[serde(default)]
    more: Option<Value>,
    #[serde(default = "Listed::none")]
    deleted: Listed<Tombstones, 1>,
}

#[derive(Deserialize)]
struct Tombstones {
    #[serde(default)]
    ids: String,
    #[serde(default = "Listed::none")]
    m: Listed<Ids, 1>,
}

#[derive(Deserialize)]
struct Ids {
    ids: String,
}

impl Page {
    fn add_to(&self, messages: &mut Vec<ItemId>, all: &mut Vec<ItemId>, most: u64) -> Result<(), Fault> {
        for tombstones in &self.deleted.0 {
            add(&tombstones.ids, all, most)?;
            for typed in &tombstones.m.0 {
                add(&typed.ids, messages, most)?;
            }
        }
        Ok(())
    }

    /// The token of the next page, if there is one.
    fn next(&self, token: &str) -> Result<Option<String>, Fault> {
        let next = self.token()?;
        let more = is_true(self.more.as_ref());
        if more && (next == token || next.len() > 100) {
            return Err(Fault::protocol("there is more, but no way to it"));
        }
        Ok(more.then_some(next))
    }

    /// The mailbox's last change.
    fn until(&self) -> Result<u32, Fault> {
        let token = self.token()?;
        let last = token.split(['-', ':']).next().and_then(|last| last.parse().ok());
        last.ok_or_else(|| Fault::protocol("a token that is none"))
    }

    fn token(&self) -> Result<String, Fault> {
        match &self.token {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(Fault::protocol("a token that is none")),
        }
    }
}

/// Adds the numbers in a list with commas.
fn add(list: &str, ids: &mut Vec<ItemId>, most: u64) -> Result<(), Fault> {
    for text in list.split(',').filter(|text| !text.is_empty()) {
        let id = text.parse().map_err(|_| Fault::protocol("a number of an item is none"))?;
        if ids.len() as u64 >= most {
            return Err(Fault::protocol(format!("more than {most} items were deleted")));
        }
        ids.push(ItemId(id));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<u32>, Vec<u32>, Option<String>);

    fn read(text: &str) -> Option<Read> {
        let page: Page = serde_json::from_str(text).ok()?;
        let (mut messages, mut all) = (Vec::new(), Vec::new());
        page.add_to(&mut messages, &mut all, 3).ok()?;
        let plain = |ids: Vec<ItemId>| ids.into_iter().map(|id| id.0).collect();
        Some((plain(messages), plain(all), page.next("7").ok()?))
    }

    #[test]
    fn messages_are_told_from_the_rest() {
        let text = r#"{"md":1,"token":"32425","deleted":[{"ids":"257,258","m":[{"ids":"257"}],"cn":[{"ids":"258"}]}],
            "m":[{"id":"300","l":"2"}]}"#;
        assert_eq!(read(text), Some((vec![257], vec![257, 258], None)));
        assert_eq!(read(r#"{"token":7}"#), Some((vec![], vec![], None)));
    }

    #[test]
    fn the_last_change_is_the_token_s_first_number() {
        let page = |token: &str| serde_json::from_str::<Page>(&format!(r#"{{"token":{token}}}"#)).unwrap();
        let last = ["\"299\"", "300", "\"301-9:d7\""].map(|token| page(token).until().ok());
        assert_eq!(last, [Some(299), Some(300), Some(301)]);
        assert!(page("\"x\"").until().is_err());
    }

    #[test]
    fn another_page_needs_another_token() {
        let next = Some("9-300:d9".to_owned());
        for more in ["true", "1", "\"1\""] {
            assert_eq!(read(&format!(r#"{{"token":"9-300:d9","more":{more}}}"#)).unwrap().2, next);
        }
        assert_eq!(read(r#"{"token":"9-300:d9","more":false}"#).unwrap().2, None);
        assert_eq!(read(r#"{"token":"7","more":true}"#), None);
    }

    #[test]
    fn nonsense_is_refused() {
        let long = format!(r#"{{"token":"{}","more":true}}"#, "9".repeat(1000));
        for text in [
            "{}",
            r#"{"token":[]}"#,
            r#"{"token":"9","deleted":7}"#,
            r#"{"token":"9","deleted":[{"ids":"x"}]}"#,
            r#"{"token":"9","deleted":[{"ids":"-1"}]}"#,
            r#"{"token":"9","deleted":[{"ids":"1,2,3,4"}]}"#,
            r#"{"token":"9","deleted":[{"ids":"4294967296"}]}"#,
            r#"{"token":"9","deleted":[{"ids":"1","m":[{}]}]}"#,
            &long,
        ] {
            assert_eq!(read(text), None, "{}", &text[..text.len().min(60)]);
        }
    }
}
