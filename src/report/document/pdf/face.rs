//! The letters a report is printed in, and how wide each is.
//!
//! Input: a letter. Output: how it is drawn, by which face. Invariant: there is none that is not drawn: a letter that no
//! face has is shown by its code, as one that deceives is.

use krilla::Data;
use krilla::text::Font;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use super::PdfError;

const REGULAR: &[u8] = include_bytes!("fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/NotoSans-Bold.ttf");
const MONO: &[u8] = include_bytes!("fonts/NotoSansMono-Regular.ttf");
/// Their height, in their own measure.
const UNITS: f32 = 1000.0;

/// Which letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Regular,
    Bold,
    Mono,
}

/// All letters there are.
pub struct Faces {
    regular: Typeface,
    bold: Typeface,
    mono: Typeface,
}

struct Typeface {
    font: Font,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
}

/// One letter as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// May be another than was asked for.
    pub face: Face,
    pub letter: char,
    pub glyph: u32,
    /// Its width for letters of height one.
    pub width: f32,
}

impl Faces {
    /// Reads the faces.
    ///
    /// # Errors
    /// [`PdfError::Font`] if one of them can't be read.
    pub fn load() -> Result<Self, PdfError> {
        let [regular, bold, mono] = [REGULAR, BOLD, MONO].map(Typeface::read);
        Ok(Self { regular: regular?, bold: bold?, mono: mono? })
    }

    pub fn font(&self, face: Face) -> Font {
        self.typeface(face).font.clone()
    }

    /// How a letter is drawn: as itself, or as its code.
    pub fn draw(&self, letter: char, face: Face, mut each: impl FnMut(Drawn)) {
        match self.find(letter, face) {
            Some(drawn) => each(drawn),
            None => letter.escape_unicode().filter_map(|sign| self.find(sign, face)).for_each(each),
        }
    }

    /// The width of a letter of height one.
    pub fn width(&self, letter: char, face: Face) -> f32 {
        let mut width = 0.0;
        self.draw(letter, face, |drawn| width += drawn.width);
        width
    }

    /// A face has it.
    pub fn has(&self, letter: char, face: Face) -> bool {
        self.find(letter, face).is_some()
    }

    fn typeface(&self, face: Face) -> &Typeface {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
            Face::Mono => &self.mono,
        }
    }

    /// Arrows and signs of mathematics are in one face only.
    fn find(&self, letter: char, face: Face) -> Option<Drawn> {
        [face, Face::Mono].into_iter().find_map(|face| self.typeface(face).find(letter, face))
    }
}

impl Typeface {
    fn read(bytes: &'static [u8]) -> Result<Self, PdfError> {
        let read = FontRef::new(bytes).map_err(|error| PdfError::Font(error.to_string()))?;
        let font = Font::new(Data::from(bytes), 0).ok_or_else(|| PdfError::Font("not a font".to_owned()))?;
        let widths = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        Ok(Self { font, letters: read.charmap(), widths })
    }

    fn find(&self, letter: char, face: Face) -> Option<Drawn> {
        let glyph = self.letters.map(letter).filter(|glyph| glyph.to_u32() != 0)?;
        let width = self.widths.advance_width(glyph)? / UNITS;
        Some(Drawn { face, letter, glyph: glyph.to_u32(), width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, face: Face) -> String {
        let faces = Faces::load().unwrap();
        let mut shown = String::new();
        text.chars().for_each(|letter| faces.draw(letter, face, |drawn| shown.push(drawn.letter)));
        shown
    }

    #[test]
    fn every_letter_is_drawn_or_its_code_is() {
        for face in [Face::Regular, Face::Bold, Face::Mono] {
            let latin = "Perché «così»? Łódź, Ελλάδα, Україна – 5 € → ≥ 3 …";
            assert_eq!(shown(latin, face), latin, "{face:?}");
            assert_eq!(shown("日\u{e000}ع", face), "\\u{65e5}\\u{e000}\\u{639}", "{face:?}");
        }
    }

    #[test]
    fn a_code_is_as_wide_as_its_signs() {
        let faces = Faces::load().unwrap();
        assert!((faces.width('日', Face::Mono) - 8.0 * faces.width('a', Face::Mono)).abs() < 0.001);
        assert!(faces.width('W', Face::Regular) > faces.width('i', Face::Regular));
    }
}
