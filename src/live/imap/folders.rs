//! The list of folders (RFC 3501, section 7.2.2).

use std::collections::HashSet;

use super::command::Command;
use super::input::{Input, Source};
use super::refusal::Asked;
use super::response::Head;
use super::session::{Session, Taken};
use crate::live::name::decoded;
use crate::live::{Fault, Folder, Purpose};

/// Folders of one mailbox, the most that are taken.
const MOST: u64 = 100_000;
/// Bytes of all their names together.
const LARGEST: usize = 16 << 20;

/// Lists the folders that can be opened.
pub(crate) fn read(session: &mut Session) -> Result<Vec<Folder>, Fault> {
    let most = session.terms.limits.entries.min(MOST);
    let (mut folders, mut known, mut bytes) = (Vec::new(), HashSet::new(), 0);
    session.run(Command::list(), Asked::Other, &mut |input, head| match head {
        Head::Data(word) if word == b"LIST" => {
            let folder = input.listed()?.filter(|folder| known.insert(folder.raw.clone()));
            let taken = if folder.is_some() { Taken::Wanted } else { Taken::Aside };
            bytes += folder.as_ref().map_or(0, |folder| folder.raw.len());
            folders.extend(folder);
            if folders.len() as u64 > most {
                return Err(Fault::protocol(format_args!("more than {most} folders")));
            }
            if bytes > LARGEST {
                return Err(Fault::protocol(format_args!("folders whose names take over {LARGEST} bytes")));
            }
            Ok(taken)
        }
        _ => Ok(Taken::Not),
    })?;
    Ok(folders)
}

impl<S: Source> Input<S> {
    /// Reads the data of a LIST response to the end of the line; nothing if the folder can't be opened.
    fn listed(&mut self) -> Result<Option<Folder>, Fault> {
        self.expect(b' ')?;
        let (closed, purpose) = self.attributes()?;
        self.expect(b' ')?;
        let separator = self.string()?;
        self.expect(b' ')?;
        let raw = self.string()?.ok_or_else(|| Fault::protocol("a folder without a name"))?;
        // Behind the name there may be more (RFC 5258).
        self.pass()?;
        let separator = separator.and_then(|text| text.first().map(|byte| char::from(*byte)));
        let folder = Folder { name: decoded(&raw).into(), separator, purpose, raw: raw.into() };
        Ok(Some(folder).filter(|_| !closed))
    }

    /// Reads what is said of a folder: whether it can't be opened, and what it is for.
    fn attributes(&mut self) -> Result<(bool, Purpose), Fault> {
        let (mut closed, mut purpose) = (false, Purpose::Mail);
        self.expect(b'(')?;
        while !self.take(b')')? {
            let attribute = self.word()?.to_ascii_lowercase();
            match attribute.as_slice() {
                b"\\noselect" | b"\\nonexistent" => closed = true,
                b"\\trash" | b"\\junk" => purpose = Purpose::Discarded,
                b"\\all" => purpose = Purpose::Everything,
                b"\\flagged" | b"\\important" => purpose = Purpose::Selection,
                _ => {}
            }
            if attribute.is_empty() {
                return Err(Fault::protocol("something else where an attribute should be"));
            }
            self.take(b' ')?;
        }
        Ok((closed, purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(said: &str) -> Result<Option<(String, Option<char>)>, Fault> {
        let folder = Input::new(said.as_bytes()).listed()?;
        Ok(folder.map(|folder| (folder.name.to_string(), folder.separator)))
    }

    #[test]
    fn names_come_in_every_form() {
        for (said, name, separator) in [
            (" () \"/\" INBOX\r\n", "INBOX", Some('/')),
            (" (\\HasNoChildren \\Sent) \".\" \"a \\\"b\\\\ &- c\"\r\n", "a \"b\\ & c", Some('.')),
            (" (\\Marked) \"\\\\\" {4}\r\na\"\r\n\r\n", "a\"\r\n", Some('\\')),
            (" () NIL Entw&APw-rfe\r\n", "Entwürfe", None),
            (" () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n", "x", Some('/')),
        ] {
            assert_eq!(listed(said).unwrap(), Some((name.to_owned(), separator)), "{said}");
        }
    }

    #[test]
    fn what_can_not_be_opened_is_left_out() {
        for attribute in ["\\Noselect", "\\NOSELECT \\HasChildren", "\\NonExistent"] {
            assert_eq!(listed(&format!(" ({attribute}) \"/\" x\r\n")).unwrap(), None);
        }
    }

    #[test]
    fn what_a_folder_is_for_is_what_the_server_says() {
        for (attributes, purpose) in [
            ("", Purpose::Mail),
            ("\\HasNoChildren \\Sent", Purpose::Mail),
            ("\\HasNoChildren \\TRASH", Purpose::Discarded),
            ("\\Junk", Purpose::Discarded),
            ("\\All \\Archive", Purpose::Everything),
            ("\\Flagged", Purpose::Selection),
        ] {
            let said = format!(" ({attributes}) \"/\" x\r\n");
            let folder = Input::new(said.as_bytes()).listed().unwrap().unwrap();
            assert_eq!(folder.purpose, purpose, "{attributes}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for said in
            ["\r\n", " \"/\" x\r\n", " (\\A\r\n", " () \"/\"\r\n", " () \"/\" NIL\r\n", " (\") \"/\" x\r\n"]
        {
            assert!(listed(said).is_err(), "{said}");
        }
    }
}
