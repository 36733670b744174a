//! A document as plain text.

use std::fmt::Write as _;

use super::{Block, Document, Fact, Found, Notice, Picture, Section, SignOff, Table};
use crate::report::human;
use crate::report::shell;
use crate::report::text::{Bars, sparkline};

/// Columns that a command takes before it goes on in the next line.
const COMMAND: usize = 76;
/// Bars of a picture that are shown.
const MOST_BARS: usize = 60;

/// The document for a terminal or a mail; ends with a line break.
#[must_use]
pub fn render(document: &Document) -> String {
    let mut text = String::new();
    if let Some(Notice { word, text: said, .. }) = &document.alarm {
        line(&mut text, "", &format!("{word}: {said}"));
        text.push('\n');
    }
    line(&mut text, "", &document.title);
    line(&mut text, "", &document.subtitle);
    for section in &document.sections {
        self::section(&mut text, section);
    }
    text.push('\n');
    line(&mut text, "", &document.foot);
    text
}

/// One line, with what would break it shown.
fn line(text: &mut String, before: &str, said: &str) {
    let _ = writeln!(text, "{before}{}", human::line(said));
}

fn section(text: &mut String, section: &Section) {
    text.push('\n');
    line(text, "", &section.title);
    line(text, "", &"-".repeat(section.title.chars().count()));
    for block in &section.blocks {
        self::block(text, block);
    }
}

fn block(text: &mut String, block: &Block) {
    match block {
        Block::Paragraph(said) => line(text, "", said),
        Block::Notice(notice) => line(text, "", &format!("{}: {}", notice.word, notice.text)),
        Block::Facts(facts) => facts.iter().for_each(|fact| self::fact(text, fact)),
        Block::Table(table) => self::table(text, table),
        Block::Picture(picture) => self::picture(text, picture),
        Block::Findings(findings) => findings.iter().for_each(|found| self::found(text, found)),
        Block::Commands(commands) => commands.iter().for_each(|command| self::command(text, command)),
        Block::SignOff(lines) => lines.iter().for_each(|signed| sign_off(text, signed)),
    }
}

/// A shell takes it as it stands, in one line or in several.
fn command(text: &mut String, command: &str) {
    let lines = shell::lines(command, COMMAND);
    let before = |place: usize| if place == 0 { "  $ " } else { "" };
    lines.iter().enumerate().for_each(|(place, part)| line(text, before(place), part));
}

fn fact(text: &mut String, Fact { label, values }: &Fact) {
    match values.as_slice() {
        [value] => line(text, "", &format!("{label}: {value}")),
        values => {
            line(text, "", &format!("{label}:"));
            values.iter().for_each(|value| line(text, "  ", value));
        }
    }
}

/// Rows one below the other: names are too long for columns.
fn table(text: &mut String, table: &Table) {
    line(text, "", &format!("{}:", table.caption.trim_end_matches('.')));
    for row in &table.rows {
        let mut cells = table.columns.iter().zip(row).filter(|(_, cell)| !cell.text.is_empty());
        if let Some((_, first)) = cells.next() {
            line(text, "  ", &first.text);
        }
        for (column, cell) in cells {
            line(text, "    ", &format!("{column}: {}", cell.text));
        }
    }
    table.others.iter().for_each(|others| line(text, "  ", others));
}

fn picture(text: &mut String, picture: &Picture) {
    line(text, "", &picture.title);
    line(text, "  ", &sparkline(&picture.figures, MOST_BARS, Bars::Ascii));
    line(text, "  ", &picture.alternative);
}

fn found(text: &mut String, found: &Found) {
    line(text, "  ", &format!("{} {}: {}", found.word, found.id, found.told));
    if let Some(Fact { label, values }) = &found.remedy {
        values.iter().for_each(|value| line(text, "    ", &format!("{label}: {value}")));
    }
}

fn sign_off(text: &mut String, SignOff { role, blanks }: &SignOff) {
    let blanks: Vec<String> = blanks.iter().map(|blank| format!("{blank} ________________")).collect();
    line(text, "  ", &format!("{role}: {}", blanks.join("  ")));
}
