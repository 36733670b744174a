//! What a body is, beyond its digest: mail, or something that a fault left in its place (RFC 5322, RFC 2045).

/// What was seen of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// A message that parses, or a file of a kind that is not looked into.
    Usual,
    /// No message: no header that a parser finds.
    Unparsable,
    /// The page of a web server that reports an error, or asks for a login.
    ErrorPage,
    /// The text a rescue tool writes where it has nothing else.
    Filler,
    /// Nothing but spaces.
    Blank,
    /// Not looked into, as it is longer than `limits.text_size`; its digest was still compared.
    TooLong,
}

/// Looks at bodies as they stream by; one inspector serves all bodies of an export.
#[derive(Debug, Default)]
pub struct Inspector {
    buffer: Vec<u8>,
}

impl Inspector {
    /// A body of `size` bytes begins; `mail` says that it must be a message.
    pub fn begin(&mut self, size: u64, mail: bool) {
        let _ = (size, mail);
        self.buffer.clear();
    }

    /// The next piece of it.
    pub fn data(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// It ended.
    pub fn end(&mut self) -> Content {
        Content::Usual
    }
}
