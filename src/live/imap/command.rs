//! Commands (RFC 3501, section 6): what is asked, in the pieces between which the server must nod.
//!
//! Invariant: no command in this file changes anything, and the client sends no other. A restore has its own
//! (`restore::imap`), made of the same words.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::access::Login;

/// A command without its tag. Each piece but the first waits until the server asks for it.
pub(crate) struct Command {
    pieces: Vec<Zeroizing<Vec<u8>>>,
}

impl Command {
    /// Begins with these words.
    pub(crate) fn new(words: &str) -> Self {
        Self { pieces: vec![Zeroizing::new(words.as_bytes().to_vec())] }
    }

    pub(super) fn capability() -> Self {
        Self::new("CAPABILITY").end()
    }

    pub(super) fn start_tls() -> Self {
        Self::new("STARTTLS").end()
    }

    /// Logs in (RFC 4616): the mailbox's owner, the user, the password. `at_once` spares a round trip (RFC 4959).
    pub(super) fn plain(login: &Login, at_once: bool) -> Self {
        let owner = login.mailbox.as_deref().unwrap_or_default();
        let words = Zeroizing::new(format!("{owner}\0{}\0{}", login.user, login.password.expose_secret()));
        let encoded = Zeroizing::new(STANDARD.encode(words.as_bytes()));
        let mut command = Self::new("AUTHENTICATE PLAIN");
        if at_once {
            command.push(b" ");
        } else {
            command = command.end();
            command.pieces.push(Zeroizing::default());
        }
        command.push(encoded.as_bytes());
        command.end()
    }

    /// Logs in where nothing better is offered.
    pub(super) fn login(login: &Login) -> Self {
        let command = Self::new("LOGIN ").string(login.user.as_bytes());
        command.text(" ").string(login.password.expose_secret().as_bytes()).end()
    }

    pub(super) fn list() -> Self {
        Self::new("LIST \"\" \"*\"").end()
    }

    /// Opens a folder so that nothing in it changes. Without CONDSTORE, which some servers remember for ever.
    pub(super) fn examine(folder: &[u8]) -> Self {
        Self::new("EXAMINE ").string(folder).end()
    }

    /// Asks what there is to know of the messages in these places, without opening them.
    pub(super) fn rows(first: u32, last: u32) -> Self {
        Self::new(&format!("FETCH {first}:{last} (UID RFC822.SIZE INTERNALDATE FLAGS)")).end()
    }

    /// Asks which of these are there, without opening them.
    pub(super) fn presence(uids: &[u32]) -> Self {
        Self::new(&format!("UID FETCH {} (UID RFC822.SIZE INTERNALDATE)", set(uids))).end()
    }

    /// Asks for nothing but what happened meanwhile.
    pub(super) fn noop() -> Self {
        Self::new("NOOP").end()
    }

    /// Asks how large messages are; `uids` as a command writes them (`4:6,9`).
    pub(super) fn sizes(uids: &str) -> Self {
        Self::new(&format!("UID FETCH {uids} (UID RFC822.SIZE)")).end()
    }

    /// Asks for whole bodies, without marking them as read.
    pub(super) fn bodies(uids: &[u32]) -> Self {
        Self::new(&format!("UID FETCH {} (UID RFC822.SIZE INTERNALDATE BODY.PEEK[])", set(uids))).end()
    }

    /// The pieces, the first behind `tag`.
    pub(super) fn tagged(mut self, tag: &str) -> Vec<Zeroizing<Vec<u8>>> {
        if let Some(first) = self.pieces.first_mut() {
            let mut whole = Zeroizing::new(Vec::with_capacity(tag.len() + 1 + first.len()));
            whole.extend_from_slice(tag.as_bytes());
            whole.push(b' ');
            whole.extend_from_slice(first);
            *first = whole;
        }
        self.pieces
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(last) = self.pieces.last_mut() {
            last.extend_from_slice(bytes);
        }
    }

    /// Goes on with these words.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.push(text.as_bytes());
        self
    }

    /// A string between quotes, or behind its length where quotes can't hold it.
    pub(crate) fn string(mut self, string: &[u8]) -> Self {
        if string.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            self.push(b"\"");
            for byte in string {
                if matches!(byte, b'"' | b'\\') {
                    self.push(b"\\");
                }
                self.push(&[*byte]);
            }
            self.push(b"\"");
        } else {
            self.push(format!("{{{}}}\r\n", string.len()).as_bytes());
            self.pieces.push(Zeroizing::new(string.to_vec()));
        }
        self
    }

    /// Ends the line.
    pub(crate) fn end(self) -> Self {
        self.text("\r\n")
    }
}

/// Numbers in order as IMAP writes them: `1:3,7`.
fn set(uids: &[u32]) -> String {
    let mut text = String::new();
    for run in uids.chunk_by(|one, next| one.checked_add(1) == Some(*next)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a String can't fail.
        let _ = if first == last {
            write!(text, "{comma}{first}")
        } else {
            write!(text, "{comma}{first}:{last}")
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn text(command: Command) -> Vec<String> {
        let pieces = command.tagged("a1");
        pieces.iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
    }

    #[test]
    fn strings_are_quoted_or_counted() {
        assert_eq!(text(Command::examine(b"a \"b\\c")), ["a1 EXAMINE \"a \\\"b\\\\c\"\r\n"]);
        assert_eq!(text(Command::examine("ä\r\n".as_bytes())), ["a1 EXAMINE {4}\r\n", "ä\r\n\r\n"]);
        assert_eq!(text(Command::examine(b"")), ["a1 EXAMINE \"\"\r\n"]);
    }

    #[test]
    fn logins_hold_owner_user_and_password() {
        let mut login =
            Login { user: "admin".into(), password: "pässword".into(), mailbox: Some("u@x".into()) };
        // printf 'u@x\0admin\0pässword' | base64
        assert_eq!(
            text(Command::plain(&login, true)),
            ["a1 AUTHENTICATE PLAIN dUB4AGFkbWluAHDDpHNzd29yZA==\r\n"]
        );
        assert_eq!(
            text(Command::plain(&login, false)),
            ["a1 AUTHENTICATE PLAIN\r\n", "dUB4AGFkbWluAHDDpHNzd29yZA==\r\n"]
        );
        assert_eq!(text(Command::login(&login)), ["a1 LOGIN \"admin\" {9}\r\n", "pässword\r\n"]);
        login.mailbox = None;
        // printf '\0admin\0pässword' | base64
        assert_eq!(
            text(Command::plain(&login, true)),
            ["a1 AUTHENTICATE PLAIN AGFkbWluAHDDpHNzd29yZA==\r\n"]
        );
    }

    #[test]
    fn numbers_in_a_row_are_written_as_such() {
        assert_eq!(set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
        assert_eq!(set(&[5]), "5");
    }
}
