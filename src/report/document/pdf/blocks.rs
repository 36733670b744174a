//! The parts of a document as rows on paper.

use krilla::tagging::{ListNumbering, Tag};

use super::line::{Content, Line, Piece, Run};
use super::paper::{Column, Paper, Row, Shape};
use super::structure::Node;
use super::theme::{BODY, CODE, HEADING, LEFT, SMALL, STRONG, Style, TINT, WIDTH, WORD, colour, ground};
use super::{kept, level, picture, table};
use crate::report::document::{Block, Fact, Found, Notice, Section, SignOff, Tone};
use crate::report::shell;

/// From the edge of the text to what stands behind a bar.
const INSET: f32 = 14.0;
/// Where the answers of facts begin.
const ANSWERS: f32 = 132.0;
/// What has to follow a heading on its page.
const FOLLOWS: f32 = 96.0;
/// Height of a line that somebody signs on.
const SIGNED: f32 = 46.0;

pub fn section(paper: &mut Paper<'_>, parent: Node, section: &Section) {
    paper.gap(18.0);
    paper.keep(FOLLOWS + HEADING.height());
    let node = paper.structure.open(parent, Tag::Section);
    paper.note(kept(&section.title));
    let heading = paper.structure.open(node, Tag::Hn(level(2), Some(kept(&section.title))));
    paper.paragraph(heading, &section.title, HEADING);
    paper.rule();
    paper.gap(5.0);
    section.blocks.iter().for_each(|block| self::block(paper, node, block));
}

fn block(paper: &mut Paper<'_>, parent: Node, block: &Block) {
    match block {
        Block::Paragraph(text) => paragraph(paper, parent, text, BODY),
        Block::Notice(notice) => self::notice(paper, parent, notice),
        Block::Facts(facts) => self::facts(paper, parent, facts),
        Block::Table(table) => table::table(paper, parent, table),
        Block::Picture(picture) => picture::draw(paper, parent, picture),
        Block::Findings(findings) => findings.iter().for_each(|found| self::found(paper, parent, found)),
        Block::Commands(commands) => self::commands(paper, parent, commands),
        Block::SignOff(lines) => lines.iter().for_each(|line| sign_off(paper, parent, line)),
    }
}

/// A paragraph with room around it.
pub fn paragraph(paper: &mut Paper<'_>, parent: Node, text: &str, style: Style) {
    let node = paper.structure.open(parent, Tag::P);
    paper.gap(2.0);
    paper.paragraph(node, text, style);
    paper.gap(3.0);
}

/// Lines that begin with the sign of a tone, in its colour.
pub fn marked(
    paper: &mut Paper<'_>,
    node: Node,
    (tone, style): (Tone, Style),
    runs: &[Run<'_>],
    width: f32,
) -> Vec<Line> {
    let style = style.in_colour(colour(tone));
    let mut lines = paper.lines(node, runs, width, sign_width(style));
    if let Some(first) = lines.first_mut() {
        first.pieces.push(Piece { x: 0.0, style, content: Content::Sign(tone), leaf: None });
    }
    lines
}

/// Room for a sign and a space behind it.
pub fn sign_width(style: Style) -> f32 {
    style.size * 1.15
}

pub fn notice(paper: &mut Paper<'_>, parent: Node, notice: &Notice) {
    let node = paper.structure.open(parent, Tag::Div);
    let width = WIDTH - 2.0 * INSET;
    let (word, text) = (paper.structure.open(node, Tag::P), paper.structure.open(node, Tag::P));
    let style = WORD.in_colour(colour(notice.tone));
    let mut lines = marked(paper, word, (notice.tone, WORD), &[Run { text: &notice.word, style }], width);
    lines.extend(paper.lines(text, &[Run { text: &notice.text, style: BODY }], width, 0.0));
    let columns = vec![Column { x: INSET, lines }];
    let (bar, ground) = (Some(colour(notice.tone)), Some(ground(notice.tone)));
    paper.gap(4.0);
    paper.put(&Row { columns, pad: 6.0, bar, ground, ruled: false }, None);
    paper.gap(5.0);
}

fn facts(paper: &mut Paper<'_>, parent: Node, facts: &[Fact]) {
    let list = paper.structure.open(parent, Tag::L(ListNumbering::None));
    paper.gap(2.0);
    for (place, fact) in facts.iter().enumerate() {
        let row = self::fact(paper, list, fact);
        paper.put(&Row { ruled: place + 1 < facts.len(), ..row }, None);
    }
    paper.gap(4.0);
}

fn fact(paper: &mut Paper<'_>, list: Node, Fact { label, values }: &Fact) -> Row {
    let item = paper.structure.open(list, Tag::LI);
    let name = paper.structure.open(item, Tag::Lbl);
    let body = paper.structure.open(item, Tag::LBody);
    let label = paper.lines(name, &[Run { text: label, style: STRONG }], ANSWERS - 10.0, 0.0);
    let mut answers = Vec::new();
    for value in values {
        let node = paper.structure.open(body, Tag::P);
        let mut lines = paper.lines(node, &[Run { text: value, style: BODY }], WIDTH - ANSWERS, 0.0);
        if let Some(first) = lines.first_mut().filter(|_| !answers.is_empty()) {
            first.before = 3.0;
        }
        answers.append(&mut lines);
    }
    let columns = vec![Column { x: 0.0, lines: label }, Column { x: ANSWERS, lines: answers }];
    Row { columns, pad: 3.5, ..Row::default() }
}

fn commands(paper: &mut Paper<'_>, parent: Node, commands: &[String]) {
    let list = paper.structure.open(parent, Tag::L(ListNumbering::None));
    for command in commands {
        let item = paper.structure.open(list, Tag::LI);
        let body = paper.structure.open(item, Tag::LBody);
        let node = paper.structure.open(body, Tag::Code);
        let lines = command_lines(paper, node, command, WIDTH - 16.0);
        let columns = vec![Column { x: 8.0, lines }];
        paper.gap(2.0);
        paper.put(&Row { columns, pad: 3.5, ground: Some(TINT), ..Row::default() }, None);
    }
    paper.gap(4.0);
}

/// A shell takes it as it stands, in one line or in several.
fn command_lines(paper: &mut Paper<'_>, node: Node, command: &str, width: f32) -> Vec<Line> {
    let parts = shell::lines(command, paper.columns(width, CODE));
    let each = parts.iter().map(|part| paper.lines(node, &[Run { text: part, style: CODE }], width, 0.0));
    each.collect::<Vec<_>>().concat()
}

fn found(paper: &mut Paper<'_>, parent: Node, found: &Found) {
    paper.gap(5.0);
    let node = paper.structure.open(parent, Tag::Div);
    let width = WIDTH - INSET;
    let title = format!("{} {}", found.word, found.id);
    let heading = paper.structure.open(node, Tag::Hn(level(3), Some(kept(&title))));
    let word = format!("{} ", found.word);
    let runs = [
        Run { text: &word, style: STRONG.in_colour(colour(found.tone)) },
        Run { text: &found.id, style: CODE },
    ];
    let mut lines = marked(paper, heading, (found.tone, STRONG), &runs, width);
    let told = paper.structure.open(node, Tag::P);
    lines.extend(paper.lines(told, &[Run { text: &found.told, style: BODY }], width, 0.0));
    for (label, value) in
        found.remedy.iter().flat_map(|Fact { label, values }| values.iter().map(move |v| (label, v)))
    {
        let remedy = paper.structure.open(node, Tag::P);
        let label = format!("{label}: ");
        let runs = [Run { text: &label, style: STRONG }, Run { text: value, style: BODY.in_english() }];
        lines.extend(paper.lines(remedy, &runs, width, 0.0));
    }
    let columns = vec![Column { x: INSET, lines }];
    paper.put(&Row { columns, pad: 1.0, bar: Some(colour(found.tone)), ..Row::default() }, None);
    paper.gap(4.0);
}

/// A role, and beside it lines with what is to be written on each.
fn sign_off(paper: &mut Paper<'_>, parent: Node, SignOff { role, blanks }: &SignOff) {
    let node = paper.structure.open(parent, Tag::P);
    let mut columns = vec![signed(paper, node, (role, STRONG), [0.0, ANSWERS - 10.0])];
    let (_, y) = {
        paper.keep(SIGNED);
        paper.reserve(SIGNED - 14.0)
    };
    let parts = u16::try_from(blanks.len()).unwrap_or(u16::MAX).max(1);
    let part = (WIDTH - ANSWERS) / f32::from(parts);
    for (place, blank) in (0_u16..).zip(blanks) {
        let x = ANSWERS + part * f32::from(place);
        let line = [LEFT + x, y + SIGNED - 15.0, part - 12.0, 0.6];
        paper.mark(super::paper::Mark::Shape(Shape::rectangle(line, super::theme::INK)));
        columns.push(signed(paper, node, (blank, SMALL), [x, part - 12.0]));
    }
    paper.put(&Row { columns, pad: 1.0, ..Row::default() }, None);
}

fn signed(paper: &mut Paper<'_>, node: Node, (text, style): (&str, Style), [x, width]: [f32; 2]) -> Column {
    let text = format!("{text} ");
    Column { x, lines: paper.lines(node, &[Run { text: &text, style }], width, 0.0) }
}
