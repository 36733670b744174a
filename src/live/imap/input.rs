//! What a server says, in words and strings (RFC 3501, section 9).
//!
//! Input: bytes of the connection. Output: the words of a response; long strings as they come. Invariant: of a response
//! no more than [`LONGEST`] bytes are held or passed over, however it is written; only strings that are handed on may be longer.

use crate::live::Fault;

/// Most bytes of a response, without the bodies in it.
pub(super) const LONGEST: usize = 64 * 1024;

const BUFFER: usize = 64 * 1024;

/// Where bytes come from.
pub(crate) trait Source {
    /// Receives at least one byte into `buffer`.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Fault>;

    /// A part of what was asked for came.
    fn progress(&mut self) {}
}

impl Source for super::wire::Wire {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        Self::receive(self, buffer)
    }

    fn progress(&mut self) {
        Self::progress(self);
    }
}

/// Reads words and strings out of a source.
pub(crate) struct Input<S> {
    pub(crate) source: S,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes that this response may still have.
    budget: usize,
}

/// A string as the server writes it.
enum Form {
    Quoted,
    Literal(u64),
    Bare,
}

impl<S: Source> Input<S> {
    pub(super) fn new(source: S) -> Self {
        Self { source, buffer: vec![0; BUFFER].into(), start: 0, end: 0, budget: LONGEST }
    }

    /// Bytes that came and were not looked at.
    pub(crate) fn unread(&self) -> usize {
        self.end - self.start
    }

    /// A response begins.
    pub(super) fn begin(&mut self) {
        self.budget = LONGEST;
    }

    /// Looks at the next byte.
    pub(crate) fn peek(&mut self) -> Result<u8, Fault> {
        if self.start == self.end {
            self.end = self.source.receive(&mut self.buffer)?.min(self.buffer.len());
            self.start = 0;
        }
        self.buffer.get(self.start).copied().ok_or_else(|| Fault::protocol("nothing came"))
    }

    /// Takes the next byte.
    pub(super) fn next(&mut self) -> Result<u8, Fault> {
        let byte = self.peek()?;
        self.budget = self.budget.checked_sub(1).ok_or_else(|| Fault::protocol("a line without an end"))?;
        self.start += 1;
        Ok(byte)
    }

    /// Takes the next byte if it is `wanted`.
    pub(crate) fn take(&mut self, wanted: u8) -> Result<bool, Fault> {
        let found = self.peek()? == wanted;
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// Takes the next byte, which must be `wanted`.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        match self.next()? {
            byte if byte == wanted => Ok(()),
            byte => Err(Fault::protocol(format_args!(
                "`{}` where `{}` should be",
                byte.escape_ascii(),
                wanted.escape_ascii()
            ))),
        }
    }

    /// Takes a word: all up to a space, a parenthesis, a quote, a brace or the end of the line.
    pub(crate) fn word(&mut self) -> Result<Vec<u8>, Fault> {
        let mut word = Vec::new();
        while !matches!(self.peek()?, b' ' | b'(' | b')' | b'"' | b'{' | b'\r' | b'\n') {
            word.push(self.next()?);
        }
        Ok(word)
    }

    /// Takes a number that must be there.
    pub(super) fn number(&mut self) -> Result<u64, Fault> {
        let word = self.word()?;
        number(&word).ok_or_else(|| Fault::protocol("something else where a number should be"))
    }

    /// Takes a number from 0 to 2³²-1.
    pub(crate) fn number32(&mut self) -> Result<u32, Fault> {
        u32::try_from(self.number()?).map_err(|_| Fault::protocol("a number over 32 bits"))
    }

    /// Takes the rest of the line and its end.
    pub(crate) fn rest(&mut self) -> Result<String, Fault> {
        let mut rest = Vec::new();
        loop {
            match self.next()? {
                b'\n' => break,
                byte => rest.push(byte),
            }
        }
        if rest.last() == Some(&b'\r') {
            rest.pop();
        }
        Ok(String::from_utf8_lossy(&rest).into_owned())
    }

    /// Takes the end of the line.
    pub(super) fn end_of_line(&mut self) -> Result<(), Fault> {
        self.take(b'\r')?;
        self.expect(b'\n')
    }

    /// Takes a string, however it is written; nothing for `NIL`.
    pub(crate) fn string(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        match self.form()? {
            Form::Quoted => self.quoted().map(Some),
            Form::Literal(size) => {
                let mut string = Vec::new();
                for _ in 0..size {
                    string.push(self.next()?);
                }
                Ok(Some(string))
            }
            Form::Bare => Ok(Some(self.word()?).filter(|word| !word.eq_ignore_ascii_case(b"NIL"))),
        }
    }

    /// Hands a string to `each` as it comes; `begin` is told its size, if there is one, and may refuse it.
    pub(super) fn stream(
        &mut self,
        begin: &mut dyn FnMut(Option<u64>) -> Result<(), Fault>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        if let Form::Literal(size) = self.form()? {
            begin(Some(size))?;
            return self.literal(size, each);
        }
        let string = self.string()?;
        begin(string.as_ref().map(|string| string.len() as u64))?;
        if let Some(string) = string.filter(|string| !string.is_empty()) {
            each(&string);
        }
        Ok(())
    }

    fn literal(&mut self, mut left: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
        while left > 0 {
            self.peek()?;
            self.source.progress();
            let count = self.unread().min(usize::try_from(left).unwrap_or(usize::MAX));
            let end = self.start + count;
            each(self.buffer.get(self.start..end).unwrap_or_default());
            self.start = end;
            left -= count as u64;
        }
        Ok(())
    }

    /// Passes over a value: a word, a string, or a list of them.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b' ' if depth > 0 => {}
                b'\r' | b'\n' | b')' => return Err(Fault::protocol("a value that is not whole")),
                _ => {
                    self.string()?;
                    if depth == 0 {
                        return Ok(());
                    }
                    continue;
                }
            }
            self.next()?;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Looks how a string is written; of a literal, only its bytes are left then.
    fn form(&mut self) -> Result<Form, Fault> {
        match self.peek()? {
            b'"' => Ok(Form::Quoted),
            b'{' => {
                self.next()?;
                let mut digits = Vec::new();
                while self.peek()? != b'}' {
                    digits.push(self.next()?);
                }
                self.next()?;
                let size = number(&digits).ok_or_else(|| Fault::protocol("a string without a length"))?;
                self.end_of_line()?;
                Ok(Form::Literal(size))
            }
            _ => Ok(Form::Bare),
        }
    }

    fn quoted(&mut self) -> Result<Vec<u8>, Fault> {
        let mut string = Vec::new();
        self.expect(b'"')?;
        loop {
            match self.next()? {
                b'"' => return Ok(string),
                b'\\' => string.push(self.next()?),
                b'\r' | b'\n' => return Err(Fault::protocol("a string that is not whole")),
                byte => string.push(byte),
            }
        }
    }
}

/// Digits alone; signs and spaces are none.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let all = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| all)?.parse().ok()
}

#[cfg(test)]
mod tests;
