//! Measures, colours and letters of a page. All lengths are points (1/72 inch), and y grows downwards.

use super::face::Face;
use crate::report::document::Tone;

/// A4.
pub const PAGE: [f32; 2] = [595.276, 841.89];
/// Where text begins and ends, from the left.
pub const LEFT: f32 = 42.0;
/// How wide text may be.
pub const WIDTH: f32 = PAGE[0] - 2.0 * LEFT;
/// Where text begins, from the top.
pub const TOP: f32 = 44.0;
/// Where text ends.
pub const BOTTOM: f32 = PAGE[1] - 58.0;
/// The line of letters at the foot of each page.
pub const FOOT: f32 = PAGE[1] - 34.0;
/// Height of a line for letters of height one.
const LEADING: f32 = 1.4;

/// Red, green, blue.
pub type Colour = [u8; 3];

pub const INK: Colour = [0, 0, 0];
pub const SOFT: Colour = [0x44, 0x44, 0x44];
pub const LINE: Colour = [0x99, 0x99, 0x99];
pub const TINT: Colour = [0xf2, 0xf2, 0xf2];
pub const BAR: Colour = [0x3b, 0x6e, 0xa5];
pub const OVER: Colour = [0xa3, 0x34, 0x1f];

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub face: Face,
    /// Height of the letters.
    pub size: f32,
    pub colour: Colour,
    /// Their language, where it is not that of the document.
    pub language: Option<&'static str>,
}

pub const TITLE: Style = Style::new(Face::Bold, 19.0);
pub const SUBTITLE: Style = Style::new(Face::Regular, 11.0).soft();
pub const HEADING: Style = Style::new(Face::Bold, 13.0);
pub const WORD: Style = Style::new(Face::Bold, 11.5);
pub const BODY: Style = Style::new(Face::Regular, 9.5);
pub const STRONG: Style = Style::new(Face::Bold, 9.5);
pub const CODE: Style = Style::new(Face::Mono, 8.5);
pub const CELL: Style = Style::new(Face::Regular, 8.5);
pub const COLUMN: Style = Style::new(Face::Bold, 8.5);
pub const SMALL: Style = Style::new(Face::Regular, 8.0).soft();

impl Style {
    const fn new(face: Face, size: f32) -> Self {
        Self { face, size, colour: INK, language: None }
    }

    const fn soft(self) -> Self {
        self.in_colour(SOFT)
    }

    pub const fn in_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    pub const fn in_english(self) -> Self {
        Self { language: Some("en"), ..self }
    }

    /// Height of a line.
    pub fn height(self) -> f32 {
        self.size * LEADING
    }

    /// From the top of a line to the foot of its letters.
    pub fn baseline(self) -> f32 {
        self.size * 1.08
    }
}

/// The colour of good or bad news; it never stands without a sign and a word.
pub fn colour(tone: Tone) -> Colour {
    match tone {
        Tone::Good => [0x17, 0x60, 0x2f],
        Tone::Plain => INK,
        Tone::Doubtful => [0x7a, 0x4a, 0x00],
        Tone::Bad => [0xa0, 0x1b, 0x12],
    }
}

/// The ground behind news that stands out.
pub fn ground(tone: Tone) -> Colour {
    match tone {
        Tone::Good => [0xee, 0xf6, 0xf0],
        Tone::Plain => TINT,
        Tone::Doubtful => [0xfd, 0xf5, 0xe6],
        Tone::Bad => [0xfd, 0xf0, 0xef],
    }
}
