//! A document as PDF that archives keep and screen readers read: PDF/A-2a and PDF/UA-1.
//!
//! Input: a [`Document`]. Output: the bytes of a file. Invariants: the same document is the same bytes; everything that HTML
//! shows is in it; the file holds to both standards by its writer's own checks, or there is none.
//!
//! The way: `blocks`, `table` and `picture` make rows of lines (`line`, in the letters of `face`), `paper` puts them onto pages
//! and notes their `structure`, `print` draws them.

mod blocks;
mod face;
mod line;
mod paper;
mod picture;
mod print;
mod sign;
mod structure;
mod table;
mod theme;

use std::num::NonZeroU16;

use krilla::tagging::Tag;

use super::Document;
use crate::report::human;
use face::Faces;
use paper::Paper;
use structure::ROOT;
use theme::{SMALL, SUBTITLE, TITLE};

/// Letters of a title or a description that are kept beside the pages; on them stands all of it.
const MOST_KEPT: usize = 1000;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The letters can't be read.
    #[error("the letters of this program can't be read: {0}; please report this")]
    Font(String),
    /// The file would not hold to the standards.
    #[error("the report would not be PDF/A ({0}); please report this, and take --format html until then")]
    Refused(String),
}

/// The document as a file.
///
/// # Errors
/// [`PdfError`], which is a fault of this program.
pub fn render(document: &Document) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::load()?;
    print::print(&lay(&faces, document), document)
}

/// The document on pages.
fn lay<'a>(faces: &'a Faces, document: &Document) -> Paper<'a> {
    let mut paper = Paper::new(faces);
    if let Some(alarm) = &document.alarm {
        blocks::notice(&mut paper, ROOT, alarm);
        paper.gap(10.0);
    }
    head(&mut paper, document);
    for section in &document.sections {
        blocks::section(&mut paper, ROOT, section);
        // That page is for those who read one.
        if section.name == "summary" {
            paper.new_page();
        }
    }
    paper.gap(14.0);
    paper.rule();
    blocks::paragraph(&mut paper, ROOT, &document.foot, SMALL);
    paper
}

fn head(paper: &mut Paper<'_>, document: &Document) {
    let title = paper.structure.open(ROOT, Tag::Hn(level(1), Some(kept(&document.title))));
    paper.paragraph(title, &document.title, TITLE);
    blocks::paragraph(paper, ROOT, &document.subtitle, SUBTITLE);
}

/// A text as the file keeps it beside the pages, where the standards allow 32,767 bytes and XML no U+FFFE and U+FFFF.
fn kept(text: &str) -> String {
    let mut kept = String::new();
    for letter in human::line(text).chars().take(MOST_KEPT) {
        match letter {
            '\u{fffe}' | '\u{ffff}' => kept.extend(letter.escape_unicode()),
            letter => kept.push(letter),
        }
    }
    kept
}

/// How deep a heading stands.
fn level(level: u16) -> NonZeroU16 {
    NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN)
}

#[cfg(test)]
mod tests;
