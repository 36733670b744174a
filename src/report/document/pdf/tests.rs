use super::super::{Block, Cell, Document, Fact, Notice, Picture, SCHEMA, Section, SignOff, Table, Tone};
use super::*;
use crate::evidence::check::Holding;
use crate::report::language::Language;
use crate::verdict::Outcome;

fn document(blocks: Vec<Block>) -> Document {
    Document {
        schema: SCHEMA,
        version: "0.0.0",
        exit_code: 0,
        language: Language::English,
        chain: Holding::Holds,
        unsigned: 0,
        outcome: Outcome::Passed,
        records: None,
        written: "2026-12-01T00:00:00Z".to_owned(),
        latest: None,
        alarm: None,
        title: "Title".to_owned(),
        subtitle: "Subtitle".to_owned(),
        sections: vec![Section { name: "only", title: "Section".to_owned(), blocks }],
        foot: "Foot".to_owned(),
    }
}

fn table(rows: impl Iterator<Item = [String; 2]>) -> Block {
    let cell = |text: String| Cell { tone: text.contains("bad").then_some(Tone::Bad), text };
    Block::Table(Table {
        caption: "Caption".to_owned(),
        columns: ["One", "Two"].map(str::to_owned).to_vec(),
        rows: rows.map(|row| row.into_iter().map(cell).collect()).collect(),
        others: vec!["and others".to_owned()],
    })
}

/// Where the marks of a document stand: page, height, text.
fn places(document: &Document) -> Vec<(usize, f32, String)> {
    let faces = Faces::load().unwrap();
    let paper = lay(&faces, document);
    let mut places = Vec::new();
    for (page, marks) in paper.pages.iter().enumerate() {
        for mark in marks {
            if let paper::Mark::Piece { y, piece, .. } = mark
                && let line::Content::Text(text) = &piece.content
            {
                places.push((page, *y, text.clone()));
            }
        }
    }
    places
}

#[test]
fn long_tables_go_on_below_their_columns_and_every_row_is_there_once() {
    let document = document(vec![table((0..300).map(|number| [format!("row {number}"), "good".to_owned()]))]);
    let places = places(&document);
    let last = places.iter().map(|place| place.0).max().unwrap();
    assert!(last > 4, "{last}");
    for page in 0..last {
        assert_eq!(places.iter().filter(|place| place.0 == page && place.2 == "One").count(), 1, "{page}");
    }
    for number in 0..300 {
        assert_eq!(places.iter().filter(|place| place.2 == format!("row {number}")).count(), 1);
    }
    assert!(render(&document).is_ok());
}

#[test]
fn a_field_taller_than_a_page_is_torn_and_nothing_is_lost() {
    let long = "word ".repeat(6000);
    let document = document(vec![table([[long.clone(), "bad news".to_owned()]].into_iter())]);
    let places = places(&document);
    let said: String =
        places.iter().filter(|place| place.2.starts_with("word")).map(|place| place.2.as_str()).collect();
    assert_eq!(said, long);
    assert!(places.iter().all(|place| place.1 < theme::BOTTOM), "nothing stands below the text");
    assert!(render(&document).is_ok());
}

#[test]
fn whatever_stands_in_a_document_it_is_printed() {
    let nothing = String::new;
    let strange = "\u{0}\u{202e}\u{e000}\u{fffe}\u{10ffff}日".to_owned();
    let picture = |figures: Vec<u64>| {
        let words = ["", "Alternative", "top", "first", "last"].map(str::to_owned);
        let [title, alternative, top, first, last] = words;
        Block::Picture(Picture { title, alternative, figures, target: Some(0), top, first, last })
    };
    for blocks in [
        vec![],
        vec![Block::Paragraph(nothing()), Block::Paragraph(strange.clone())],
        vec![Block::Facts(vec![]), Block::Facts(vec![Fact { label: nothing(), values: vec![nothing()] }])],
        vec![Block::Notice(Notice { tone: Tone::Plain, word: nothing(), text: strange.clone() })],
        vec![table(std::iter::empty()), table([[nothing(), strange.clone()]].into_iter())],
        vec![picture(vec![]), picture(vec![0, u64::MAX, 1]), picture(vec![1; 5000])],
        vec![
            Block::SignOff(vec![SignOff { role: nothing(), blanks: vec![] }]),
            Block::Commands(vec![strange.clone()]),
        ],
        vec![Block::Paragraph("e\u{301}".repeat(3000)), Block::Paragraph("x".repeat(20_000))],
    ] {
        let mut document = document(blocks);
        document.title = strange.repeat(1000);
        document.alarm = Some(Notice { tone: Tone::Bad, word: strange.clone(), text: "w ".repeat(3000) });
        let printed = render(&document);
        assert!(printed.is_ok_and(|bytes| bytes.starts_with(b"%PDF")), "{:?}", document.sections);
    }
}

#[test]
fn a_document_is_the_same_bytes_each_time() {
    let document = document(vec![table((0..50).map(|number| [format!("row {number}"), "bad".to_owned()]))]);
    assert!(render(&document).unwrap() == render(&document).unwrap());
}
