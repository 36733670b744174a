//! What the server states of messages, many at once (`GetMsgMetadata.java`).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::envelope::SoapFault;
use super::json::{Listed, Number};
use super::soap::Call;
use super::{Mailbox, flags};
use crate::live::{Fault, LiveError};
use crate::mailbox::{Flags, ItemId};

/// Messages in one call.
const BATCH: usize = 250;
/// Bytes of an answer; one message takes about 200, its tags on top.
const LARGEST: usize = 8 << 20;

/// A message as the live mailbox has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// Its number.
    pub id: ItemId,
    /// The folder it lies in.
    pub folder: ItemId,
    /// Bytes of its body.
    pub size: u64,
    /// When it was received, in seconds since 1970.
    pub date: i64,
    /// Change number of flags, tags and folder.
    pub mod_metadata: u32,
    /// Change number of the content: as long as it is that of the backup, the bytes must be as well.
    pub mod_content: u32,
    /// Flags.
    pub flags: Flags,
    /// Not read yet.
    pub unread: bool,
}

/// Whether a number still stands for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Message(Live),
    /// It stands for something else: a contact, an appointment.
    Other,
    /// It stands for nothing.
    Absent,
}

impl Mailbox {
    /// Looks for each of `ids` and tells what it is, in the order in which they are given.
    ///
    /// # Errors
    /// [`LiveError`] if one can't be looked for; what `each` got until then stays right.
    pub fn messages(&self, ids: &[ItemId], each: &mut dyn FnMut(ItemId, Presence)) -> Result<(), LiveError> {
        // What is left to ask, the next at the end. Of what is split, both halves are put back.
        let mut open: Vec<&[ItemId]> = ids.chunks(BATCH).rev().collect();
        while let Some(batch) = open.pop() {
            match self.batch(batch)? {
                Some(found) => batch.iter().for_each(|id| each(*id, presence(&found, *id))),
                None if batch.len() == 1 => batch.iter().for_each(|id| each(*id, Presence::Other)),
                None => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    open.extend([second, first]);
                }
            }
        }
        Ok(())
    }

    /// What the server states of a batch, or nothing if one in it is no message.
    fn batch(&self, ids: &[ItemId]) -> Result<Option<HashMap<ItemId, Live>>, LiveError> {
        let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let content = json!({"m": {"ids": list}});
        let call = Call { name: "GetMsgMetadata", namespace: "urn:zimbraMail", content, largest: LARGEST };
        let asked = format!("{} message(s) of {}", ids.len(), self.account());
        let no_message = |fault: &SoapFault| fault.code == "mail.NO_SUCH_MSG";
        let answer: Result<Answer, _> = self.session.call(&asked, &call, no_message)?;
        let wrong = |fault: Fault| fault.of(self.session.address().as_str(), &asked);
        answer.ok().map(|answer| answer.checked(ids).map_err(wrong)).transpose()
    }
}

fn presence(found: &HashMap<ItemId, Live>, id: ItemId) -> Presence {
    found.get(&id).copied().map_or(Presence::Absent, Presence::Message)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default = "Listed::none")]
    m: Listed<Summary, BATCH>,
}

#[derive(Deserialize)]
struct Summary {
    id: Number,
    #[serde(rename = "l")]
    folder: Number,
    #[serde(rename = "s")]
    size: Number,
    #[serde(rename = "d")]
    milliseconds: Number,
    #[serde(rename = "ms")]
    mod_metadata: Number,
    #[serde(rename = "rev")]
    mod_content: Number,
    #[serde(default, rename = "f")]
    flags: String,
}

impl Answer {
    /// Each message that was asked for, once at most, and none else.
    fn checked(self, asked: &[ItemId]) -> Result<HashMap<ItemId, Live>, Fault> {
        let mut found = HashMap::with_capacity(self.m.0.len());
        for summary in self.m.0 {
            let live = summary.live().map_err(Fault::protocol)?;
            if !asked.contains(&live.id) || found.insert(live.id, live).is_some() {
                return Err(Fault::protocol(format!(
                    "message {} was not asked for, or comes twice",
                    live.id
                )));
            }
        }
        Ok(found)
    }
}

impl Summary {
    fn live(&self) -> Result<Live, serde_json::Error> {
        let (flags, unread) = flags::read(&self.flags);
        Ok(Live {
            id: ItemId(self.id.to("a message's number")?),
            folder: ItemId(self.folder.to("a folder's number")?),
            size: self.size.to("a size")?,
            date: self.milliseconds.0.div_euclid(1000),
            mod_metadata: self.mod_metadata.to("a change number")?,
            mod_content: self.mod_content.to("a change number")?,
            flags,
            unread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str =
        r#"{"id":"257","l":"2","s":993,"d":1457599624999,"ms":514,"rev":257,"f":"su","cid":"-257","tn":"a"}"#;

    fn read(messages: &str) -> Result<HashMap<ItemId, Live>, String> {
        let text = format!(r#"{{"m":{messages},"_jsns":"urn:zimbraMail"}}"#);
        let answer: Answer = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        answer.checked(&[ItemId(257), ItemId(258)]).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_message_is_what_its_summary_states() {
        let found = read(&format!("[{ONE}]")).unwrap();
        let live = Live {
            id: ItemId(257),
            folder: ItemId(2),
            size: 993,
            date: 1_457_599_624,
            mod_metadata: 514,
            mod_content: 257,
            flags: Flags(1),
            unread: true,
        };
        assert_eq!(presence(&found, ItemId(257)), Presence::Message(live));
        assert_eq!(presence(&found, ItemId(258)), Presence::Absent);
        assert_eq!(serde_json::from_str::<Answer>("{}").unwrap().m.0.len(), 0);
    }

    #[test]
    fn what_was_not_asked_for_is_not_believed() {
        assert!(read(&format!("[{ONE},{ONE}]")).is_err());
        assert!(read(&format!("[{}]", ONE.replace("\"257\"", "\"999\""))).is_err());
        let many = vec![ONE; BATCH + 1].join(",");
        assert!(read(&format!("[{many}]")).is_err());
    }

    #[test]
    fn nonsense_is_refused_field_by_field() {
        for (right, wrong) in [
            (r#""id":"257","#, ""),
            (r#""id":"257""#, r#""id":"5b9f:257""#),
            (r#""id":"257""#, r#""id":-257"#),
            (r#""l":"2","#, ""),
            (r#""s":993"#, r#""s":-1"#),
            (r#""s":993"#, r#""s":1e300"#),
            (r#""s":993"#, r#""s":null"#),
            (r#""d":1457599624999"#, r#""d":99999999999999999999"#),
            (r#""ms":514"#, r#""ms":4294967296"#),
            (r#""rev":257,"#, ""),
            (r#""f":"su""#, r#""f":["s"]"#),
        ] {
            assert!(ONE.contains(right));
            assert!(read(&format!("[{}]", ONE.replace(right, wrong))).is_err(), "{wrong}");
        }
        assert!(read("7").is_err() && read("[[]]").is_err() && read("null").is_err());
    }

    #[test]
    fn dates_before_1970_are_rounded_down() {
        let text = ONE.replace("1457599624999", "-1");
        assert_eq!(read(&text).unwrap()[&ItemId(257)].date, -1);
    }
}
