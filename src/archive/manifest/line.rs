use std::borrow::Cow;
use std::io::BufRead;

/// One line of a manifest: a path and what its content should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The path as it stands there, unescaped; never empty.
    pub path: Cow<'a, [u8]>,
    /// The BLAKE3 of its content.
    pub hash: blake3::Hash,
}

/// What is wrong with a line of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// `b3sum` never writes one and does not accept one.
    #[error("the line is empty")]
    Empty,
    /// Neither of the two forms.
    #[error("neither `HASH  PATH` nor `BLAKE3 (PATH) = HASH`")]
    Form,
    /// Other than 64 hexadecimal digits, or capital ones.
    #[error("the hash is not 64 lowercase hexadecimal digits")]
    Hash,
    /// The line begins with a backslash, and the path holds another escape than it announces.
    #[error(r"the path holds an escape other than \\, \n and \r")]
    Escape,
    /// Bytes that are no text.
    #[error("the line is not valid UTF-8")]
    Encoding,
    /// `b3sum` writes U+FFFD for what it can't write, so different names look alike.
    #[error("the path holds U+FFFD in place of bytes that are not valid UTF-8")]
    Replacement,
    /// No file has such a name.
    #[error("the path holds a NUL")]
    Nul,
    /// A hash without a path.
    #[error("the path is empty")]
    EmptyPath,
    /// Longer than the limit for paths allows.
    #[error("the path is longer than limits.path_length")]
    TooLong,
}

const TAG: &[u8] = b"BLAKE3 (";
const TAG_END: &[u8] = b") = ";
const HEX: usize = 2 * blake3::OUT_LEN;
const FRAME: usize = 1 + TAG.len() + TAG_END.len() + HEX + 2;

/// Reads one line, with or without its line end.
///
/// The rules are those of `b3sum --check` 1.8 (its `what_does_check_do.md` and `parse_check_line`):
/// `HASH␠␠PATH` is split at the first double space, `BLAKE3 (PATH) = HASH` at the last `) = `; a leading
/// backslash means that the path holds `\\`, `\n` and `\r`; all CR and LF at the end fall away. One
/// difference: a tagged path may hold a double space, which `b3sum --tag` writes and does not read back.
///
/// # Errors
/// [`LineError`] says what is wrong with it.
pub fn parse_line(line: &[u8]) -> Result<Entry<'_>, LineError> {
    let line = without_line_end(line);
    if line.is_empty() {
        return Err(LineError::Empty);
    }
    std::str::from_utf8(line).map_err(|_| LineError::Encoding)?;
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (path, hex) = split(line)?;
    let hash = decode(hex).ok_or(LineError::Hash)?;
    let path = if escaped { unescape(path)? } else { Cow::Borrowed(path) };
    examine(&path)?;
    Ok(Entry { path, hash })
}

fn without_line_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = line {
        line = rest;
    }
    line
}

fn split(line: &[u8]) -> Result<(&[u8], &[u8]), LineError> {
    if let Some(tagged) = line.strip_prefix(TAG) {
        let at = tagged.windows(TAG_END.len()).rposition(|window| window == TAG_END);
        let at = at.ok_or(LineError::Form)?;
        return Ok((&tagged[..at], &tagged[at + TAG_END.len()..]));
    }
    // A hash holds no space, so that the first double space can only be where it ends.
    match line.split_at_checked(HEX) {
        Some((hex, [b' ', b' ', path @ ..])) => Ok((path, hex)),
        _ if line.windows(2).any(|window| window == b"  ") => Err(LineError::Hash),
        _ => Err(LineError::Form),
    }
}

fn decode(hex: &[u8]) -> Option<blake3::Hash> {
    let mut bytes = [0; blake3::OUT_LEN];
    if hex.len() != HEX {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes.into())
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn unescape(path: &[u8]) -> Result<Cow<'_, [u8]>, LineError> {
    let mut plain = Vec::with_capacity(path.len());
    let mut bytes = path.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'\\') => b'\\',
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                _ => return Err(LineError::Escape),
            },
            other => other,
        });
    }
    Ok(Cow::Owned(plain))
}

fn examine(path: &[u8]) -> Result<(), LineError> {
    if path.is_empty() {
        return Err(LineError::EmptyPath);
    }
    if path.contains(&0) {
        return Err(LineError::Nul);
    }
    // The first byte of U+FFFD is rare, so that most paths are passed over once.
    let replaced = path.contains(&0xEF) && path.windows(3).any(|window| window == "\u{FFFD}".as_bytes());
    if replaced { Err(LineError::Replacement) } else { Ok(()) }
}

/// The bytes before and behind the first LF.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    // `skip_until` on a slice never fails, and looks at many bytes at a time where `position` does not.
    let passed = rest.skip_until(b'\n').ok()?;
    let line = bytes[..passed].strip_suffix(b"\n")?;
    Some((line, rest))
}

/// Cuts a manifest that comes in pieces into lines. Holds at most one line, and not more of it than a
/// path within the limit needs.
#[derive(Debug)]
pub struct Parser {
    path_length: usize,
    number: u64,
    partial: Vec<u8>,
    overlong: bool,
}

impl Parser {
    /// A parser for paths of at most `path_length` bytes.
    #[must_use]
    pub fn new(path_length: u32) -> Self {
        let path_length = usize::try_from(path_length).unwrap_or(usize::MAX / 4);
        Self { path_length, number: 0, partial: Vec::new(), overlong: false }
    }

    /// Takes the next piece, and hands each line that ends in it to `each` with its number, from 1.
    /// After a line that can't be read it goes on with the next.
    pub fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(u64, Result<Entry<'_>, LineError>)) {
        while let Some((line, rest)) = split_line(bytes) {
            bytes = rest;
            if self.partial.is_empty() && !self.overlong {
                self.number += 1;
                each(self.number, self.read(line));
            } else {
                self.keep(line);
                self.close(&mut each);
            }
        }
        self.keep(bytes);
    }

    /// Hands over the last line where no line end follows it.
    pub fn finish(mut self, mut each: impl FnMut(u64, Result<Entry<'_>, LineError>)) {
        if self.overlong || !self.partial.is_empty() {
            self.close(&mut each);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.longest().saturating_sub(self.partial.len());
        self.overlong |= bytes.len() > room;
        if !self.overlong {
            self.partial.extend_from_slice(bytes);
        }
    }

    fn close(&mut self, each: &mut impl FnMut(u64, Result<Entry<'_>, LineError>)) {
        self.number += 1;
        if self.overlong {
            each(self.number, Err(LineError::TooLong));
        } else {
            each(self.number, self.read(&self.partial));
        }
        self.partial.clear();
        self.overlong = false;
    }

    fn read<'a>(&self, line: &'a [u8]) -> Result<Entry<'a>, LineError> {
        if line.len() > self.longest() {
            return Err(LineError::TooLong);
        }
        let entry = parse_line(line)?;
        if entry.path.len() > self.path_length { Err(LineError::TooLong) } else { Ok(entry) }
    }

    /// Every byte of a path may be escaped.
    fn longest(&self) -> usize {
        2 * self.path_length + FRAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn path(line: &str) -> Result<String, LineError> {
        parse_line(line.as_bytes()).map(|entry| String::from_utf8(entry.path.into_owned()).unwrap())
    }

    #[test]
    fn a_plain_line_is_split_at_the_first_double_space() {
        assert_eq!(path(&format!("{ZERO}  a  b")).as_deref(), Ok("a  b"));
        assert_eq!(path(&format!("{ZERO}   a")).as_deref(), Ok(" a"));
        assert_eq!(path(&format!("{ZERO} a")), Err(LineError::Form));
        assert_eq!(path(&format!("{ZERO} *a")), Err(LineError::Form));
    }

    #[test]
    fn a_tagged_line_is_split_at_its_last_bracket() {
        assert_eq!(path(&format!("BLAKE3 (a) = {ZERO}")).as_deref(), Ok("a"));
        assert_eq!(path(&format!("BLAKE3 (a) = b) = {ZERO}")).as_deref(), Ok("a) = b"));
        assert_eq!(path(&format!("BLAKE3 (a  b) = {ZERO}")).as_deref(), Ok("a  b"));
        assert_eq!(path(&format!("BLAKE3 (a) = {ZERO}0")), Err(LineError::Hash));
        assert_eq!(path(&format!("BLAKE3 (a) {ZERO}")), Err(LineError::Form));
        assert_eq!(path(&format!("BLAKE3 () = {ZERO}")), Err(LineError::EmptyPath));
    }

    #[test]
    fn escapes_count_only_behind_a_leading_backslash() {
        assert_eq!(path(&format!(r"\{ZERO}  a\\b\nc\rd")).as_deref(), Ok("a\\b\nc\rd"));
        assert_eq!(path(&format!(r"\BLAKE3 (a\nb) = {ZERO}")).as_deref(), Ok("a\nb"));
        assert_eq!(path(&format!(r"{ZERO}  a\nb")).as_deref(), Ok(r"a\nb"));
        assert_eq!(path(&format!(r"\{ZERO}  a\tb")), Err(LineError::Escape));
        assert_eq!(path(&format!(r"\{ZERO}  a\")), Err(LineError::Escape));
        assert_eq!(path(&format!(r"\\{ZERO}  a")), Err(LineError::Hash));
    }

    #[test]
    fn line_ends_fall_away() {
        for end in ["", "\n", "\r\n", "\r\r\n"] {
            assert_eq!(path(&format!("{ZERO}  a{end}")).as_deref(), Ok("a"));
        }
        assert_eq!(path("\r\n"), Err(LineError::Empty));
        assert_eq!(path(&format!("{ZERO}  \r\n")), Err(LineError::EmptyPath));
    }

    #[test]
    fn what_b3sum_refuses_is_refused() {
        let capital = ZERO.replace('0', "A");
        assert_eq!(path(&format!("{capital}  a")), Err(LineError::Hash));
        assert_eq!(path(&format!("{}  a", &ZERO[1..])), Err(LineError::Hash));
        assert_eq!(path(&format!(" {ZERO}  a")), Err(LineError::Hash));
        assert_eq!(path(&format!("{ZERO}  a\u{FFFD}")), Err(LineError::Replacement));
        assert_eq!(path(&format!("{ZERO}  a\0")), Err(LineError::Nul));
        assert_eq!(parse_line(format!("{ZERO}  ").as_bytes()), Err(LineError::EmptyPath));
        assert_eq!(parse_line(&[ZERO.as_bytes(), b"  a\xff"].concat()), Err(LineError::Encoding));
        assert_eq!(path(&format!("\u{FEFF}{ZERO}  a")), Err(LineError::Hash));
    }

    fn collect(pieces: &[&[u8]], limit: u32) -> Vec<(u64, Result<Vec<u8>, LineError>)> {
        let mut lines = Vec::new();
        let mut parser = Parser::new(limit);
        let mut take = |number, line: Result<Entry<'_>, LineError>| {
            lines.push((number, line.map(|entry| entry.path.into_owned())));
        };
        for piece in pieces {
            parser.feed(piece, &mut take);
        }
        parser.finish(&mut take);
        lines
    }

    #[test]
    fn a_bad_line_does_not_spoil_the_next() {
        let text = format!("nonsense\n\n{ZERO}  a\n{ZERO}  b");
        let expected = vec![
            (1, Err(LineError::Form)),
            (2, Err(LineError::Empty)),
            (3, Ok(b"a".to_vec())),
            (4, Ok(b"b".to_vec())),
        ];
        assert_eq!(collect(&[text.as_bytes()], 100), expected);
    }

    #[test]
    fn an_endless_line_is_not_kept() {
        let mut parser = Parser::new(100);
        let mut lines = Vec::new();
        for _ in 0..10_000 {
            parser.feed(&[b'x'; 1000], |_, _| panic!("no line has ended"));
        }
        assert!(parser.partial.capacity() < 2000);
        parser.feed(format!("\n{ZERO}  a\n").as_bytes(), |number, line| lines.push((number, line.is_ok())));
        assert_eq!(lines, [(1, false), (2, true)]);
    }

    #[test]
    fn the_limit_counts_the_path_as_it_is_meant() {
        let line = format!("\\{ZERO}  {}\n", r"\n".repeat(8));
        assert_eq!(collect(&[line.as_bytes()], 8), [(1, Ok(b"\n".repeat(8)))]);
        assert_eq!(collect(&[line.as_bytes()], 7), [(1, Err(LineError::TooLong))]);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            lines in prop::collection::vec("(.{0,20}|[0]{64}  [a-z]{1,90}|BLAKE3 \\(.{0,9}\\) = [0]{64})\r?", 0..12),
            cuts in prop::collection::vec(0_usize..600, 0..8),
        ) {
            let text = lines.join("\n").into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= text.len()).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                pieces.push(&text[from..cut]);
                from = cut;
            }
            prop_assert_eq!(collect(&pieces, 60), collect(&[&text], 60));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            collect(&[&bytes], 30);
            let _ = parse_line(&bytes);
        }

        #[test]
        fn what_b3sum_writes_is_read_back(name in "[^\u{0}\u{FFFD}]{1,30}", tagged in any::<bool>()) {
            let special = name.contains(['\\', '\n', '\r']);
            let written = name.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
            let mark = if special { "\\" } else { "" };
            let line = if tagged { format!("{mark}BLAKE3 ({written}) = {ZERO}") } else { format!("{mark}{ZERO}  {written}") };
            prop_assert_eq!(path(&line), Ok(name));
        }
    }
}
