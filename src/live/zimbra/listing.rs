//! The numbers of the messages of a folder (`Search.java`).

use serde::Deserialize;
use serde_json::{Value, json};

use super::Mailbox;
use super::json::{Listed, Number, is_true};
use super::soap::Call;
use crate::live::{Fault, LiveError};
use crate::mailbox::ItemId;

/// Messages of one answer: the most that a server gives.
const PAGE: usize = 1000;
/// Bytes of one answer; a hit takes about 50.
const LARGEST: usize = 1 << 20;

impl Mailbox {
    /// Hands the numbers of the messages that lie in `folder` itself to `each`, oldest first, so that new mail moves no
    /// page. One that is deleted meanwhile can hide another at the edge of a page.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed to the last, or are more than may be.
    pub fn list(&self, folder: ItemId, each: &mut dyn FnMut(ItemId)) -> Result<(), LiveError> {
        let most = self.session.server().transport.terms().limits.entries;
        let asked = format!("messages of folder {folder} of {}", self.account());
        let wrong = |fault: Fault| fault.of(self.session.address().as_str(), &asked);
        let mut came: u64 = 0;
        loop {
            let content = json!({
                "types": "message", "resultMode": "IDS", "sortBy": "dateAsc", "query": format!("inid:{folder}"),
                "offset": came, "limit": PAGE, "includeTagDeleted": 1,
            });
            let call = Call { name: "Search", namespace: "urn:zimbraMail", content, largest: LARGEST };
            let page: Page = self.session.ask(&asked, &call)?;
            came = came.saturating_add(page.hits.0.len() as u64);
            if came > most {
                return Err(wrong(Fault::protocol(format!("more than {most} messages in a folder"))));
            }
            let more = page.hand_on(each).map_err(wrong)?;
            if !more {
                return Ok(());
            }
        }
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    more: Option<Value>,
    #[serde(default = "Listed::none", rename = "hit")]
    hits: Listed<Hit, PAGE>,
}

#[derive(Deserialize)]
struct Hit {
    id: Number,
}

impl Page {
    /// Hands its numbers on; whether there is another page.
    fn hand_on(&self, each: &mut dyn FnMut(ItemId)) -> Result<bool, Fault> {
        let more = is_true(self.more.as_ref());
        if more && self.hits.0.is_empty() {
            return Err(Fault::protocol("there are more messages, but none came"));
        }
        for hit in &self.hits.0 {
            each(ItemId(hit.id.to::<_, serde_json::Error>("a message's number").map_err(Fault::protocol)?));
        }
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Vec<u32>, bool)> {
        let mut ids = Vec::new();
        let more = serde_json::from_str::<Page>(text).ok()?.hand_on(&mut |id| ids.push(id.0)).ok()?;
        Some((ids, more))
    }

    #[test]
    fn a_page_is_numbers_and_whether_there_is_more() {
        let text = r#"{"sortBy":"dateAsc","offset":0,"hit":[{"id":"257","sf":"1457599624999"},{"id":"259"}],"more":true}"#;
        assert_eq!(read(text), Some((vec![257, 259], true)));
        assert_eq!(read(r#"{"more":false}"#), Some((vec![], false)));
        for wrong in [
            r#"{"more":true}"#,
            r#"{"hit":[{}]}"#,
            r#"{"hit":[{"id":"5b9f:257"}]}"#,
            r#"{"hit":[{"id":-1}]}"#,
            r#"{"hit":7}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
