//! The same report as PDF: it holds to the standards, says what the text says, and is the same file each time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mailproof::verdict::{Outcome, Rung, Severity, State};

use super::made::{Night, archive, keep_by};
use super::page::{bad_run, hostile};
use super::{assert_says, month, whole_month};
use crate::lab;
use crate::program::bare;
use crate::{evidence, support};

/// Records of every kind, each below its name.
fn every_kind(folder: &Path) -> Vec<PathBuf> {
    let kinds = ["good", "failed", "hostile", "foreign", "broken", "huge", "empty"];
    let [good, failed, strange, foreign, broken, huge, empty] = kinds.map(|name| folder.join(name));
    whole_month(&good);
    bad_run(&failed);
    hostile(&strange);
    letters_of_others(&foreign);
    month(&broken);
    fs::remove_file(broken.join("000000007.json")).unwrap();
    five_thousand_accounts(&huge);
    fs::create_dir(&empty).unwrap();
    vec![good, failed, strange, foreign, broken, huge, empty]
}

/// Names whose letters no face has, and some that are long.
fn letters_of_others(folder: &Path) {
    let long = "0123456789abcdef".repeat(40);
    let names = [
        "山田@example.org",
        "γιώργος@example.org",
        "юрій@example.org",
        "e\u{301}a\u{e000}@example.org",
        &long,
    ];
    let accounts = names.map(|name| (name.to_owned(), State::Disproven)).into();
    let archives = vec![archive("s3://b/ünïcode→", Some(Rung::Complete), Outcome::Failed, accounts)];
    keep_by(folder, Some(evidence::key(1)), vec![Night { archives, ..failed() }]);
}

fn five_thousand_accounts(folder: &Path) {
    let accounts = (0..5000).map(|number| (format!("user{number:04}@example.org"), State::Disproven));
    let large = archive("s3://backups/large", Some(Rung::Complete), Outcome::Failed, accounts.collect());
    keep_by(folder, Some(evidence::key(1)), vec![Night { archives: vec![large], ..failed() }]);
}

fn failed() -> Night {
    Night::failed("2026-11-30", "tar-missing-end-marker", Severity::Failure)
}

/// Asks for a report at a moment that is always the same.
fn asked(records: &Path, [what, language]: [&str; 2]) -> Command {
    let mut command = bare();
    command.env("SOURCE_DATE_EPOCH", "1796169600").args(["report", what, "--records"]).arg(records);
    command.args(["--language", language]);
    command
}

fn printed(records: &Path, question: [&str; 2], file: &Path) -> Vec<u8> {
    let mut command = asked(records, question);
    command.args(["--format", "pdf", "--force", "--output"]).arg(file);
    let ended = crate::program::run(&mut command);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{records:?} {question:?}");
    fs::read(file).unwrap()
}

/// Each report of every kind in both languages, as a file.
fn for_each_report(folder: &Path, check: impl Fn(&Path, &Path, [&str; 2])) {
    // Whoever wants to look at the pages names a folder.
    let looked_at = std::env::var_os("PAGES").map(PathBuf::from);
    for records in every_kind(folder) {
        for asked in [["run", "en"], ["run", "it"], ["period", "en"], ["period", "it"]] {
            let name = records.file_name().unwrap().to_str().unwrap();
            let file = folder.join(format!("{name}-{}-{}.pdf", asked[0], asked[1]));
            printed(&records, asked, &file);
            if let Some(pages) = &looked_at {
                fs::copy(&file, pages.join(file.file_name().unwrap())).unwrap();
            }
            check(&records, &file, asked);
        }
    }
}

fn said(command: &mut Command) -> String {
    String::from_utf8(support::output(command)).unwrap()
}

fn contains(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted.as_bytes())
}

#[test]
fn every_report_is_printed_as_pdf_for_archives_and_screen_readers() {
    let folder = support::folder();
    for_each_report(folder.path(), |_, file, [_, language]| {
        let bytes = fs::read(file).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7\n"), "{file:?}");
        for wanted in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            &format!("<rdf:li>{language}</rdf:li>"),
            "<rdf:li>mailproof</rdf:li>",
        ] {
            assert!(contains(&bytes, wanted), "{wanted}: {file:?}");
        }
        assert!(bytes.len() < 300_000, "{file:?}: {} bytes", bytes.len());
    });
}

#[test]
fn the_same_records_are_the_same_file_dated_by_the_newest_of_them() {
    let folder = support::folder();
    let records = folder.path().join("records");
    month(&records);
    let [one, other] = ["one.pdf", "other.pdf"].map(|name| folder.path().join(name));
    let first = printed(&records, ["period", "en"], &one);
    assert!(first == printed(&records, ["period", "en"], &other));
    assert!(contains(&first, "<xmp:CreateDate>2026-11-30T23:30:00+00:00</xmp:CreateDate>"));
    assert!(first != printed(&records, ["period", "it"], &other));
    let ended = crate::program::run(
        bare().env("SOURCE_DATE_EPOCH", "tomorrow").args(["report", "run", "--records"]).arg(&records),
    );
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
#[ignore = "needs script: run ./tests/run"]
fn a_pdf_is_kept_from_terminals() {
    let folder = support::folder();
    let command = format!(
        "{} report run --format pdf --records {}",
        env!("CARGO_BIN_EXE_mailproof"),
        folder.path().display()
    );
    let ended = support::tool("script").args(["-qec", &command, "/dev/null"]).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(2), "{told}");
    assert_says(&told, &["not for a terminal", "--output"]);
}

#[test]
#[ignore = "needs qpdf and poppler: run ./tests/run"]
fn other_programs_read_the_same_words_in_it() {
    let folder = support::folder();
    for_each_report(folder.path(), |records, file, [what, language]| {
        assert_says(
            &said(support::tool("qpdf").arg("--check").arg(file)),
            &["No syntax or stream encoding errors"],
        );
        let info = said(support::tool("pdfinfo").arg(file));
        let properties: String = info.split_whitespace().collect();
        assert_says(&properties, &["Tagged:yes", "Author:mailproof", "Pagesize:595.276x841.89pts(A4)"]);
        let fonts = said(support::tool("pdffonts").arg(file));
        for line in fonts.lines().skip(2) {
            assert!(line.contains("+NotoSans") && line.contains("yes yes yes"), "{fonts}");
        }
        let text = crate::program::run(&mut asked(records, [what, language])).stdout;
        let printed = said(support::tool("pdftotext").args(["-raw", "-enc", "UTF-8"]).arg(file).arg("-"));
        assert_all_said(&text, &printed);
    });
}

/// Every word of the text stands in the print as well; a word may be broken there.
fn assert_all_said(text: &str, printed: &str) {
    let letters = |text: &str| -> String { text.chars().filter(|letter| !letter.is_whitespace()).collect() };
    let page = letters(printed);
    for line in text.lines().filter(|line| is_told(line)) {
        // As text a long command goes on behind a backslash.
        for word in line.trim_start_matches([' ', '$']).trim_end_matches(" \\").split_whitespace() {
            assert!(
                page.contains(&letters(word.trim_end_matches(':'))),
                "{word} of {line:?} is missing in: {printed}"
            );
        }
    }
}

/// Not what draws lines and pictures with letters, nor when it was written.
fn is_told(line: &str) -> bool {
    let drawn = |letter: char| " -_.:=+*#%@".contains(letter);
    !line.chars().all(drawn) && !line.contains("____") && !line.contains("mailproof 0.")
}

#[test]
#[ignore = "needs pdfua: run ./tests/run"]
fn a_checker_of_pdf_ua_finds_nothing() {
    let folder = support::folder();
    let checker = lab::program("pdfua/bin/pdfua");
    for_each_report(folder.path(), |_, file, _| {
        support::output(Command::new(&checker).arg("check").arg(file));
    });
}
