//! From pages to the bytes of a PDF.
//!
//! Invariant: the same pages are the same bytes. The date is that of the newest record, and what names the file is a digest of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document as Pdf, SerializeSettings};

use super::face::{Drawn, Faces};
use super::line::{Content, Piece, Run, beginning, width};
use super::paper::{Entry, Mark, Paper, Shape};
use super::sign;
use super::theme::{BOTTOM, Colour, FOOT, LEFT, LINE, PAGE, SMALL, Style, WIDTH};
use super::{PdfError, kept};
use crate::report::document::Document;

/// The file.
///
/// # Errors
/// [`PdfError::Refused`] if the pages don't hold to the standards.
pub fn print(paper: &Paper<'_>, document: &Document) -> Result<Vec<u8>, PdfError> {
    let mut pdf = Pdf::new_with(settings()?);
    let mut marked = vec![None; paper.structure.leaves()];
    let foot = title(document);
    for (place, page) in paper.pages.iter().enumerate() {
        let size = PageSettings::from_wh(PAGE[0], PAGE[1]);
        let mut sheet = pdf.start_page_with(size.unwrap_or_default());
        let mut press = Press { surface: sheet.surface(), faces: paper.faces };
        page.iter().for_each(|mark| press.mark(mark, &mut marked));
        press.foot(&foot, &format!("{} / {}", place + 1, paper.pages.len()));
    }
    pdf.set_outline(outline(&paper.outline));
    pdf.set_tag_tree(paper.structure.tree(&mut marked).with_lang(Some(document.language.code().to_owned())));
    pdf.set_metadata(metadata(document));
    pdf.finish().map_err(|error| PdfError::Refused(format!("{error:?}")))
}

/// The strictest of both that structure and letters can meet: archives keep it, and screen readers read it.
fn settings() -> Result<SerializeSettings, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Refused(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() })
}

fn title(document: &Document) -> String {
    let alarm = document.alarm.as_ref().map_or(String::new(), |alarm| format!("{}: ", alarm.word));
    kept(&format!("{alarm}{}, {}", document.title, document.subtitle))
}

fn metadata(document: &Document) -> Metadata {
    let program = format!("mailproof {}", document.version);
    let metadata = Metadata::new()
        .title(title(document))
        .language(document.language.code().to_owned())
        .authors(vec!["mailproof".to_owned()])
        .creator(program.clone())
        .producer(program);
    let latest = document.latest.as_ref().unwrap_or(&document.written);
    match latest.parse::<Timestamp>().ok().and_then(date) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    }
}

fn date(moment: Timestamp) -> Option<DateTime> {
    let at = TimeZone::UTC.to_datetime(moment);
    let [month, day, hour, minute, second] =
        [at.month(), at.day(), at.hour(), at.minute(), at.second()].map(i8::unsigned_abs);
    let date = DateTime::new(u16::try_from(at.year()).ok()?).month(month).day(day);
    Some(date.hour(hour).minute(minute).second(second).utc_offset_hour(0).utc_offset_minute(0))
}

fn outline(entries: &[Entry]) -> Outline {
    let mut outline = Outline::new();
    for entry in entries {
        let place = krilla::destination::XyzDestination::new(entry.page, Point::from_xy(LEFT, entry.y));
        outline.push_child(OutlineNode::new(entry.title.clone(), place));
    }
    outline
}

/// One page as it is drawn.
struct Press<'a> {
    surface: Surface<'a>,
    faces: &'a Faces,
}

impl Press<'_> {
    fn mark(&mut self, mark: &Mark, marked: &mut [Option<Identifier>]) {
        match mark {
            Mark::Shape(shape) => self.decoration(ArtifactType::Layout, |press| press.shape(shape)),
            Mark::Figure { leaf, shapes } => {
                let identifier = self.surface.start_tagged(ContentTag::Other);
                shapes.iter().for_each(|shape| self.shape(shape));
                self.surface.end_tagged();
                note(marked, leaf.0, identifier);
            }
            Mark::Piece { x, y, piece } => self.piece([*x, *y], piece, marked),
        }
    }

    fn piece(&mut self, [x, y]: [f32; 2], piece: &Piece, marked: &mut [Option<Identifier>]) {
        let style = piece.style;
        match (&piece.content, piece.leaf) {
            (Content::Sign(tone), _) => self.decoration(ArtifactType::Layout, |press| {
                sign::corners(*tone, [x, y], style.size).into_iter().for_each(|corners| {
                    press.shape(&Shape { corners, colour: style.colour });
                });
            }),
            (Content::Text(text), None) => {
                self.decoration(ArtifactType::PaginationOther, |press| press.text([x, y], text, style));
            }
            (Content::Text(text), Some(leaf)) => {
                // What is shown by codes is still found and read as what it is.
                let whole = text.chars().all(|letter| self.faces.has(letter, style.face));
                let actual = (!whole).then_some(text.as_str());
                let span = SpanTag::empty().with_lang(style.language).with_actual_text(actual);
                let identifier = self.surface.start_tagged(ContentTag::Span(span));
                self.text([x, y], text, style);
                self.surface.end_tagged();
                note(marked, leaf.0, identifier);
            }
        }
    }

    fn decoration(&mut self, kind: ArtifactType, draw: impl FnOnce(&mut Self)) {
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
        draw(self);
        self.surface.end_tagged();
    }

    fn shape(&mut self, shape: &Shape) {
        let mut path = PathBuilder::new();
        for (place, [x, y]) in shape.corners.iter().enumerate() {
            match place {
                0 => path.move_to(*x, *y),
                _ => path.line_to(*x, *y),
            }
        }
        path.close();
        if let Some(path) = path.finish() {
            self.fill(shape.colour);
            self.surface.draw_path(&path);
        }
    }

    fn text(&mut self, [mut x, y]: [f32; 2], text: &str, style: Style) {
        let mut drawn = Vec::new();
        text.chars().for_each(|letter| self.faces.draw(letter, style.face, |letter| drawn.push(letter)));
        self.fill(style.colour);
        for group in drawn.chunk_by(|one, other| one.face == other.face) {
            let Some(face) = group.first().map(|letter| letter.face) else { continue };
            let text: String = group.iter().map(|letter| letter.letter).collect();
            let font = self.faces.font(face);
            self.surface.draw_glyphs(Point::from_xy(x, y), &glyphs(group), font, &text, style.size, false);
            x += group.iter().map(|letter| letter.width).sum::<f32>() * style.size;
        }
    }

    fn fill(&mut self, [red, green, blue]: Colour) {
        let paint = rgb::Color::new(red, green, blue).into();
        self.surface.set_fill(Some(Fill { paint, ..Fill::default() }));
    }

    /// What the report is and the number of the page, for those who hold one sheet of it.
    fn foot(&mut self, title: &str, number: &str) {
        let right = width(self.faces, Run { text: number, style: SMALL });
        let left = beginning(self.faces, Run { text: title, style: SMALL }, WIDTH - right - 20.0);
        let rule = Shape::rectangle([LEFT, BOTTOM + 10.0, WIDTH, 0.4], LINE);
        self.decoration(ArtifactType::Layout, |press| press.shape(&rule));
        self.decoration(ArtifactType::Footer, |press| {
            press.text([LEFT, FOOT], &left, SMALL);
            press.text([LEFT + WIDTH - right, FOOT], number, SMALL);
        });
    }
}

fn note(marked: &mut [Option<Identifier>], leaf: usize, identifier: Identifier) {
    if let Some(place) = marked.get_mut(leaf) {
        *place = Some(identifier);
    }
}

fn glyphs(group: &[Drawn]) -> Vec<KrillaGlyph> {
    let mut begin = 0;
    let glyph = |letter: &Drawn| {
        let range = begin..begin + letter.letter.len_utf8();
        begin = range.end;
        KrillaGlyph::new(GlyphId::new(letter.glyph), letter.width, 0.0, 0.0, 0.0, range, None)
    };
    group.iter().map(glyph).collect()
}
