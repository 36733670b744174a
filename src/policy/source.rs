//! The text of a policy file: places in it, and lines of it that may be shown.

use std::ops::Range;

use super::problem::{Excerpt, Fault, Problem};
use super::secret;
use crate::legible::deceives;

/// The most characters of a line that are shown.
const SHOWN: usize = 100;
/// How many of them stand before the place in a line that is longer.
const BEFORE: usize = 40;

/// Text with the start of every line. Offsets are bytes of `text`, which has no byte order mark.
pub(super) struct Source<'a> {
    pub text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self { text, line_starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The line, from 0, that holds this offset.
    pub fn line_at(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end
    }

    /// Gives a fault its line and column and the line itself, where what `secrets` cover is blotted out.
    pub fn place(&self, fault: Fault, secrets: &[Range<usize>]) -> Problem {
        let start = self.text.floor_char_boundary(fault.span.start);
        let line = self.line_at(start);
        let range = self.line_range(line);
        let start = start.clamp(range.start, range.end);
        let end = self.text.floor_char_boundary(fault.span.end).clamp(start, range.end);
        let indent = self.text[range.start..start].chars().count();
        let width = self.text[start..end].chars().count().max(1);
        let excerpt = self.excerpt(range, indent, width, secrets);
        Problem { line: line + 1, column: indent + 1, message: fault.message, hint: fault.hint, excerpt }
    }

    /// The line, or the part of a long one around the marked characters.
    fn excerpt(&self, line: Range<usize>, indent: usize, width: usize, secrets: &[Range<usize>]) -> Excerpt {
        let length = self.text[line.clone()].chars().count();
        let skipped = if length > SHOWN { indent.saturating_sub(BEFORE) } else { 0 };
        let shown = self.shown(line, skipped, secrets);
        let before = if skipped > 0 { "…" } else { "" };
        let behind = if skipped + SHOWN < length { "…" } else { "" };
        let room = SHOWN.saturating_sub(indent - skipped).max(1);
        Excerpt {
            text: format!("{before}{shown}{behind}"),
            indent: indent - skipped + usize::from(skipped > 0),
            width: width.min(room),
        }
    }

    /// Some characters of a line as they may be shown, one for each.
    fn shown(&self, line: Range<usize>, skipped: usize, secrets: &[Range<usize>]) -> String {
        let text = &self.text[line.clone()];
        let offset_of =
            |count: usize| text.char_indices().nth(count).map_or(line.end, |(at, _)| line.start + at);
        let window = offset_of(skipped)..offset_of(skipped + SHOWN);
        let guessed = secret::ranges_in_line(text).into_iter();
        let guessed = guessed.map(|range| range.start + line.start..range.end + line.start);
        let near = |secret: &Range<usize>| secret.start < window.end && window.start < secret.end;
        let hidden: Vec<Range<usize>> = secrets.iter().cloned().chain(guessed).filter(near).collect();
        let printable = |(offset, character): (usize, char)| match character {
            _ if hidden.iter().any(|range| range.contains(&(window.start + offset))) => '*',
            '\t' => ' ',
            _ if deceives(character) => '\u{fffd}',
            _ => character,
        };
        self.text[window.clone()].char_indices().map(printable).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> Problem {
        Source::new(text).place(Fault { span, message: "m".to_owned(), hint: "h".to_owned() }, &[])
    }

    #[test]
    fn columns_count_characters_and_carets_stand_below_them() {
        let problem = place("a = 1\r\nüü = \"x\"\r\n", 14..17);
        assert_eq!((problem.line, problem.column), (2, 6));
        assert_eq!(problem.to_string(), "2:6: m\n    2 | üü = \"x\"\n      |      ^^^\n   hint: h");
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        assert_eq!(place("\u{feff}abc", 0..3).column, 1);
    }

    #[test]
    fn the_end_of_the_text_and_beyond_is_a_place() {
        for text in ["", "\n", "a", "a\n", "ü"] {
            for at in 0..5 {
                let problem = place(text, at..at + 3);
                assert!(problem.line >= 1 && problem.column >= 1, "{text:?} {at}");
            }
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}rpoo{}", "x".repeat(500), "y".repeat(500));
        let shown = place(&text, 500..504).to_string();
        let line = shown.lines().nth(1).unwrap();
        assert!(line.contains("…xxxx") && line.contains("rpooyy") && line.ends_with("y…"), "{shown}");
        let caret = shown.lines().nth(2).unwrap().chars().position(|character| character == '^').unwrap();
        assert_eq!(line.chars().skip(caret).take(4).collect::<String>(), "rpoo");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let shown = place("a\t\u{1b}[31m = 1", 0..1).to_string();
        assert!(shown.contains("a \u{fffd}[31m = 1"), "{shown:?}");
    }
}
