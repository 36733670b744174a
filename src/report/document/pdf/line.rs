//! From runs of letters to lines of a given width.
//!
//! Invariant: every letter is in one line; words stay whole where they fit into a line, and longer ones break behind a sign
//! that parts them (`/`, `@`, `.`), else anywhere.

use super::face::Faces;
use super::structure::Leaf;
use super::theme::Style;
use crate::report::document::Tone;
use crate::report::human;

/// Letters in a line at most: some are nothing wide.
const MOST_LETTERS: usize = 400;

/// Letters of one look.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub text: &'a str,
    pub style: Style,
}

/// One line of a paragraph.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// Room above it.
    pub before: f32,
    pub height: f32,
    pub pieces: Vec<Piece>,
}

/// A part of a line that is drawn at once.
#[derive(Debug, Clone)]
pub struct Piece {
    /// From the left of its column.
    pub x: f32,
    pub style: Style,
    pub content: Content,
    /// Its place in the structure; of what only decorates a page none.
    pub leaf: Option<Leaf>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Text(String),
    Sign(Tone),
}

struct Letter {
    letter: char,
    style: Style,
    width: f32,
}

/// The lines of a paragraph; without letters there is none. The first line leaves `indent` free.
pub fn lines(faces: &Faces, runs: &[Run<'_>], width: f32, indent: f32) -> Vec<Line> {
    let letters: Vec<Letter> = runs.iter().flat_map(|run| letters(faces, *run)).collect();
    let (mut rest, mut lines, mut indent) = (letters.as_slice(), Vec::new(), indent);
    while !rest.is_empty() {
        let (line, after) = rest.split_at(end(rest, width - indent));
        lines.push(set(line, indent));
        (rest, indent) = (after, 0.0);
    }
    lines
}

/// How wide a text is in one line.
pub fn width(faces: &Faces, run: Run<'_>) -> f32 {
    letters(faces, run).iter().map(|letter| letter.width).sum()
}

/// As much of the beginning of a text as fits.
pub fn beginning(faces: &Faces, run: Run<'_>, width: f32) -> String {
    let letters = letters(faces, run);
    if letters.iter().map(|letter| letter.width).sum::<f32>() <= width {
        return letters.iter().map(|letter| letter.letter).collect();
    }
    let mut room = width - faces.width('…', run.style.face) * run.style.size;
    let fits = |letter: &&Letter| {
        room -= letter.width;
        room >= 0.0
    };
    let kept = letters.iter().take_while(fits).map(|letter| letter.letter);
    kept.chain(['…']).collect()
}

fn letters(faces: &Faces, run: Run<'_>) -> Vec<Letter> {
    let style = run.style;
    let letter = |letter| Letter { letter, style, width: faces.width(letter, style.face) * style.size };
    human::line(run.text).chars().map(letter).collect()
}

/// How many letters the first line takes; at least one. A space at its end may stand out.
fn end(letters: &[Letter], room: f32) -> usize {
    let (mut used, mut space, mut part) = (0.0, 0, 0);
    for (place, letter) in letters.iter().enumerate() {
        used += letter.width;
        let full = used > room && letter.letter != ' ';
        if full || place >= MOST_LETTERS {
            return [space, part, place, 1].into_iter().find(|end| *end > 0).unwrap_or(1);
        }
        match letter.letter {
            ' ' => space = place + 1,
            '/' | '@' | '.' | '-' | '_' | ':' | ',' | '=' | '?' | '&' | '+' | '\\' => part = place + 1,
            _ => {}
        }
    }
    letters.len()
}

fn set(letters: &[Letter], indent: f32) -> Line {
    let mut line = Line::default();
    let mut x = indent;
    for group in letters.chunk_by(|one, other| one.style == other.style) {
        let Some(style) = group.first().map(|letter| letter.style) else { continue };
        let text = group.iter().map(|letter| letter.letter).collect();
        line.pieces.push(Piece { x, style, content: Content::Text(text), leaf: None });
        line.height = line.height.max(style.height());
        x += group.iter().map(|letter| letter.width).sum::<f32>();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::theme::{BODY, CODE};
    use super::*;

    fn broken(text: &str, room: f32) -> Vec<String> {
        let faces = Faces::load().unwrap();
        let text_of = |line: Line| {
            let parts = line.pieces.into_iter().map(|piece| match piece.content {
                Content::Text(text) => text,
                Content::Sign(_) => String::new(),
            });
            parts.collect::<String>()
        };
        lines(&faces, &[Run { text, style: CODE }], room, 0.0).into_iter().map(text_of).collect()
    }

    /// So many letters of the code's face.
    fn room(letters: u16) -> f32 {
        (f32::from(letters) + 0.5) * 0.6 * CODE.size
    }

    #[test]
    fn words_stay_whole_and_keep_the_space_behind_them() {
        assert_eq!(broken("one two three", room(7)), ["one two ", "three"]);
        assert_eq!(broken("", room(7)), [""; 0]);
    }

    #[test]
    fn long_words_break_behind_what_parts_them_else_anywhere() {
        assert_eq!(broken("in user@example.org", room(9)), ["in ", "user@", "example.", "org"]);
        assert_eq!(broken("0123456789", room(4)), ["0123", "4567", "89"]);
        assert_eq!(broken("a", 0.0), ["a"]);
    }

    #[test]
    fn letters_that_are_nothing_wide_fill_no_endless_line() {
        let marks = "e".to_owned() + &"\u{301}".repeat(3000);
        let lines = broken(&marks, room(40));
        assert!(lines.iter().all(|line| line.chars().count() <= MOST_LETTERS));
        assert_eq!(lines.concat(), marks);
    }

    #[test]
    fn what_deceives_is_shown_and_styles_stay_apart() {
        let faces = Faces::load().unwrap();
        let runs = [Run { text: "a\u{202e}", style: BODY }, Run { text: "b", style: CODE }];
        let lines = lines(&faces, &runs, 500.0, 0.0);
        let pieces: Vec<&Content> = lines[0].pieces.iter().map(|piece| &piece.content).collect();
        assert_eq!(pieces, [&Content::Text("a\\u{202e}".to_owned()), &Content::Text("b".to_owned())]);
        assert_eq!(beginning(&faces, Run { text: "abcdef", style: CODE }, room(4)), "abc…");
    }
}
