//! Tables: how wide each column is, and its rows.

use krilla::tagging::{TableHeaderScope, Tag};

use super::blocks::{marked, paragraph, sign_width};
use super::face::Faces;
use super::line::{Line, Run, width};
use super::paper::{Column, Paper, Row};
use super::structure::Node;
use super::theme::{CELL, COLUMN, SMALL, STRONG, Style, TINT, WIDTH};
use crate::report::document::{Cell, Table};

/// Free at both sides of a field.
const BESIDE: f32 = 4.0;
/// A field that is filled in by hand.
const BY_HAND: f32 = 70.0;
/// Letters of a field that its column's width is taken from.
const MOST_MEASURED: usize = 500;

pub fn table(paper: &mut Paper<'_>, parent: Node, table: &Table) {
    paper.gap(6.0);
    paper.keep(72.0);
    let widths = widths(paper.faces, table);
    let node = paper.structure.open(parent, Tag::Table);
    let caption = paper.structure.open(node, Tag::Caption);
    paper.paragraph(caption, &table.caption, STRONG);
    paper.gap(2.0);
    let header = header(paper, node, &table.columns, &widths);
    paper.put(&header, None);
    let again = header.repeated();
    let body = paper.structure.open(node, Tag::TBody);
    for row in &table.rows {
        let row = self::row(paper, body, row, &widths);
        paper.put(&row, Some(&again));
    }
    paper.gap(3.0);
    table.others.iter().for_each(|others| paragraph(paper, parent, others, SMALL));
    paper.gap(3.0);
}

fn header(paper: &mut Paper<'_>, table: Node, columns: &[String], widths: &[f32]) -> Row {
    let head = paper.structure.open(table, Tag::THead);
    let row = paper.structure.open(head, Tag::TR);
    let mut set = Vec::new();
    for (text, (x, width)) in columns.iter().zip(places(widths)) {
        let node = paper.structure.open(row, Tag::TH(TableHeaderScope::Column));
        set.push(Column { x, lines: field(paper, node, text, COLUMN, width) });
    }
    Row { columns: set, pad: 3.0, ground: Some(TINT), ruled: true, bar: None }
}

fn row(paper: &mut Paper<'_>, body: Node, cells: &[Cell], widths: &[f32]) -> Row {
    let row = paper.structure.open(body, Tag::TR);
    let mut columns = Vec::new();
    for (place, (cell, (x, width))) in cells.iter().zip(places(widths)).enumerate() {
        let node = match place {
            0 => paper.structure.open(row, Tag::TH(TableHeaderScope::Row)),
            _ => paper.structure.open(row, Tag::TD),
        };
        columns.push(Column { x, lines: self::cell(paper, node, cell, width) });
    }
    Row { columns, pad: 3.0, ruled: true, ..Row::default() }
}

fn cell(paper: &mut Paper<'_>, node: Node, cell: &Cell, width: f32) -> Vec<Line> {
    match cell.tone {
        Some(tone) if !cell.text.is_empty() => {
            let style = style(cell).in_colour(super::theme::colour(tone));
            marked(paper, node, (tone, style), &[Run { text: &cell.text, style }], width)
        }
        _ => field(paper, node, &cell.text, CELL, width),
    }
}

/// An empty field has a space, else it were no field to those who listen.
fn field(paper: &mut Paper<'_>, node: Node, text: &str, style: Style, width: f32) -> Vec<Line> {
    let text = if text.is_empty() { " " } else { text };
    paper.lines(node, &[Run { text, style }], width, 0.0)
}

fn style(cell: &Cell) -> Style {
    if cell.tone.is_some() { COLUMN } else { CELL }
}

/// Where the letters of each column begin, and how wide they may be.
fn places(widths: &[f32]) -> impl Iterator<Item = (f32, f32)> {
    let begins = widths.iter().scan(0.0, |x, width| {
        *x += width;
        Some(*x - width)
    });
    begins.zip(widths).map(|(x, width)| (x + BESIDE, width - 2.0 * BESIDE))
}

/// Columns are as wide as what stands in them where that fits; else long ones give way, down to their longest word.
fn widths(faces: &Faces, table: &Table) -> Vec<f32> {
    let count = u16::try_from(table.columns.len()).unwrap_or(u16::MAX).max(1);
    let even = WIDTH / f32::from(count);
    let wanted: Vec<[f32; 2]> = (0..table.columns.len()).map(|place| wanted(faces, table, place)).collect();
    let sum = |part: usize| wanted.iter().map(|wanted| wanted[part]).sum::<f32>();
    if sum(1) <= WIDTH {
        let more = (WIDTH - sum(1)) / f32::from(count);
        return wanted.iter().map(|[_, whole]| whole + more).collect();
    }
    let tight = sum(0) > WIDTH;
    let least = |[least, _]: &[f32; 2]| if tight { least.min(even) } else { *least };
    let spare = WIDTH - wanted.iter().map(least).sum::<f32>();
    let asked: f32 = wanted.iter().map(|wanted| wanted[1] - least(wanted)).sum();
    wanted.iter().map(|wanted| least(wanted) + spare * (wanted[1] - least(wanted)) / asked.max(1.0)).collect()
}

/// The width of a column's longest word, and of its longest field.
fn wanted(faces: &Faces, table: &Table, place: usize) -> [f32; 2] {
    let measured = |text: &str, style: Style, beside: f32| {
        let text: String = text.chars().take(MOST_MEASURED).collect();
        let of = |text: &str| width(faces, Run { text, style }) + beside;
        let word = text.split_inclusive(' ').map(|word| of(word.trim_end())).fold(0.0, f32::max);
        [word, of(&text).min(WIDTH)]
    };
    let header = table.columns.get(place).map(|text| measured(text, COLUMN, 0.0));
    let cells = table.rows.iter().filter_map(|row| row.get(place)).map(|cell| match cell.tone {
        _ if cell.text.is_empty() => [BY_HAND; 2],
        Some(_) => measured(&cell.text, style(cell), sign_width(COLUMN)),
        None => measured(&cell.text, CELL, 0.0),
    });
    let most = header
        .into_iter()
        .chain(cells)
        .fold([0.0_f32; 2], |most, [word, whole]| [most[0].max(word), most[1].max(whole)]);
    // A whole point against what is lost by rounding.
    most.map(|width| width + 2.0 * BESIDE + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[&str]]) -> Table {
        let columns = rows[0].iter().map(|_| "Name".to_owned()).collect();
        let row = |row: &&[&str]| row.iter().map(|text| Cell::new(*text)).collect();
        Table { caption: "Caption".to_owned(), columns, rows: rows.iter().map(row).collect(), others: vec![] }
    }

    #[test]
    fn columns_fill_the_page_and_no_more_whatever_stands_in_them() {
        let faces = Faces::load().unwrap();
        let long = "x".repeat(5000);
        let words = "word ".repeat(200);
        for rows in
            [&[&["a", "b"][..]][..], &[&[&long, &long, &long]], &[&[&words, "b", &long]], &[&["", ""]]]
        {
            let widths = widths(&faces, &of(rows));
            assert!((widths.iter().sum::<f32>() - WIDTH).abs() < 0.5, "{widths:?}");
            assert!(widths.iter().all(|width| *width > 20.0), "{widths:?}");
        }
    }
}
