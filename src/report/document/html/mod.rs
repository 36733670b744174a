//! A document as one HTML file: no script, nothing from elsewhere, and a policy that forbids both.

mod element;
mod picture;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Block, Cell, Document, Fact, Found, Notice, Section, SignOff, Table, Tone};
use element::Html;

const STYLE: &str = include_str!("style.css");

/// The document as a whole page; ends with a line break.
#[must_use]
pub fn render(document: &Document) -> String {
    let mut html = Html::default();
    html.verbatim("<!DOCTYPE html>\n");
    html.element("html", &[("lang", document.language.code())], |html| {
        html.element("head", &[], |html| head(html, document));
        html.element("body", &[], |html| html.element("main", &[], |html| body(html, document)));
    });
    html.verbatim("\n");
    html.into_string()
}

fn head(html: &mut Html, document: &Document) {
    html.open("meta", &[("charset", "utf-8")]);
    let allowed = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'");
    html.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    html.open("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    html.open("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    html.open("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    let alarm = document.alarm.as_ref().map_or(String::new(), |alarm| format!("{}: ", alarm.word));
    html.text_element("title", &[], &format!("{alarm}{}, {}", document.title, document.subtitle));
    html.element("style", &[], |html| html.verbatim(STYLE));
}

fn body(html: &mut Html, document: &Document) {
    if let Some(alarm) = &document.alarm {
        notice(html, alarm);
    }
    html.element("header", &[], |html| {
        html.text_element("h1", &[], &document.title);
        html.text_element("p", &[("class", "subtitle")], &document.subtitle);
    });
    for section in &document.sections {
        self::section(html, section);
    }
    html.text_element("footer", &[], &document.foot);
}

fn section(html: &mut Html, section: &Section) {
    let heading = format!("{}-title", section.name);
    html.element("section", &[("id", section.name), ("aria-labelledby", &heading)], |html| {
        html.text_element("h2", &[("id", &heading)], &section.title);
        for block in &section.blocks {
            self::block(html, block);
        }
    });
}

fn block(html: &mut Html, block: &Block) {
    match block {
        Block::Paragraph(text) => html.text_element("p", &[], text),
        Block::Notice(notice) => self::notice(html, notice),
        Block::Facts(facts) => self::facts(html, facts),
        Block::Table(table) => self::table(html, table),
        Block::Picture(picture) => picture::draw(html, picture),
        Block::Findings(findings) => findings.iter().for_each(|found| self::found(html, found)),
        Block::Commands(commands) => html.element("ul", &[("class", "commands")], |html| {
            for command in commands {
                html.element("li", &[], |html| html.text_element("code", &[], command));
            }
        }),
        Block::SignOff(lines) => lines.iter().for_each(|line| sign_off(html, line)),
    }
}

/// Each tone has a sign as well: a colour alone says nothing.
fn tone(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Good => ("good", "✔"),
        Tone::Plain => ("plain", "•"),
        Tone::Doubtful => ("doubtful", "▲"),
        Tone::Bad => ("bad", "✖"),
    }
}

fn marked(html: &mut Html, tone: Tone, word: &str) {
    let (class, sign) = self::tone(tone);
    html.element("strong", &[("class", class)], |html| {
        html.text_element("span", &[("aria-hidden", "true")], sign);
        html.text(" ");
        html.text(word);
    });
}

fn notice(html: &mut Html, notice: &Notice) {
    let class = format!("notice {}", tone(notice.tone).0);
    html.element("div", &[("class", &class)], |html| {
        marked(html, notice.tone, &notice.word);
        html.text_element("p", &[], &notice.text);
    });
}

fn facts(html: &mut Html, facts: &[Fact]) {
    html.element("dl", &[], |html| {
        for fact in facts {
            html.element("div", &[], |html| {
                html.text_element("dt", &[], &fact.label);
                fact.values.iter().for_each(|value| html.text_element("dd", &[], value));
            });
        }
    });
}

fn table(html: &mut Html, table: &Table) {
    html.element("table", &[("role", "table")], |html| {
        html.text_element("caption", &[], &table.caption);
        html.element("thead", &[("role", "rowgroup")], |html| {
            html.element("tr", &[("role", "row")], |html| {
                for column in &table.columns {
                    html.text_element("th", &[("scope", "col"), ("role", "columnheader")], column);
                }
            });
        });
        html.element("tbody", &[("role", "rowgroup")], |html| {
            table.rows.iter().for_each(|row| self::row(html, &table.columns, row));
        });
    });
    for others in &table.others {
        html.text_element("p", &[("class", "others")], others);
    }
}

/// On a small screen each field stands below the one before, with the heading of its column beside it.
fn row(html: &mut Html, columns: &[String], row: &[Cell]) {
    html.element("tr", &[("role", "row")], |html| {
        for (place, (column, cell)) in columns.iter().zip(row).enumerate() {
            let column = column.as_str();
            match place {
                0 => html.text_element("th", &[("scope", "row"), ("role", "rowheader")], &cell.text),
                _ => {
                    let class = if cell.text.is_empty() { "blank" } else { "filled" };
                    let attributes = [("class", class), ("role", "cell"), ("data-label", column)];
                    html.element("td", &attributes, |html| self::cell(html, cell));
                }
            }
        }
    });
}

fn cell(html: &mut Html, cell: &Cell) {
    match cell.tone {
        Some(tone) => marked(html, tone, &cell.text),
        None => html.text_element("span", &[], &cell.text),
    }
}

fn found(html: &mut Html, found: &Found) {
    html.element("article", &[("class", tone(found.tone).0)], |html| {
        html.element("h3", &[], |html| {
            marked(html, found.tone, &found.word);
            html.text(" ");
            html.text_element("code", &[], &found.id);
        });
        html.text_element("p", &[], &found.told);
        if let Some(Fact { label, values }) = &found.remedy {
            for value in values {
                html.element("p", &[], |html| {
                    html.text_element("b", &[], &format!("{label}: "));
                    html.text_element("span", &[("lang", "en")], value);
                });
            }
        }
    });
}

fn sign_off(html: &mut Html, line: &SignOff) {
    html.element("div", &[("class", "sign-off")], |html| {
        html.text_element("b", &[], &line.role);
        line.blanks.iter().for_each(|blank| html.text_element("span", &[], blank));
    });
}
