//! The page itself: whatever names strangers have, it is text, and what a browser shows comes from it alone.

use std::fs;
use std::path::Path;

use mailproof::verdict::{Outcome, Rung, Severity, State};

use super::made::{Night, archive, keep_by};
use super::{assert_says, report, whole_month};
use crate::{evidence, support};

const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>@example.org",
    "\"' onload=alert(1) x=\"@example.org",
    "gpj\u{202e}exe.\u{1b}[2J@example.org",
    "&lt;b&gt;\n</table>@example.org",
];

/// A run with thirty mailboxes of which two are damaged.
pub fn bad_run(folder: &Path) {
    let accounts = (1..=30).map(|number| {
        let state = if number % 15 == 4 { State::Disproven } else { State::Proven };
        (format!("user{number:02}@example.org"), state)
    });
    let mut night = Night::failed("2026-11-30", "tar-missing-end-marker", Severity::Failure);
    night.archives[0].accounts =
        archive("", Some(Rung::Complete), Outcome::Failed, accounts.collect()).accounts;
    night.archives[0].rung = Some(Rung::Complete);
    night.why = Some("carla@example.org: its export is not in the archive".to_owned());
    let mut nights: Vec<Night> = (20..=29).map(|day| Night::passed(&format!("2026-11-{day}"))).collect();
    nights.push(night);
    keep_by(folder, Some(evidence::key(1)), nights);
}

pub fn hostile(folder: &Path) {
    let accounts = HOSTILE.iter().map(|name| ((*name).to_owned(), State::Disproven)).collect();
    let archives =
        vec![archive("s3://b/<img src=x onerror=alert(1)>", Some(Rung::Complete), Outcome::Failed, accounts)];
    keep_by(
        folder,
        Some(evidence::key(1)),
        vec![Night { archives, ..Night::not_verified("2026-11-30", "<svg onload=alert(1)>\u{200b}") }],
    );
}

#[test]
fn names_of_strangers_are_text_and_nothing_else() {
    let folder = support::folder();
    hostile(folder.path());
    let page = report(folder.path(), &["run", "--format", "html"]).stdout;
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<svg onload"));
    assert_says(
        &page,
        &[
            "&lt;script&gt;alert(1)&lt;/script&gt;@example.org",
            "gpj\\u{202e}exe.\\u{1b}[2J",
            "&amp;lt;b&amp;gt;\\u{a}",
        ],
    );
    let text = report(folder.path(), &["run"]).stdout;
    assert_says(&text, &["gpj\\u{202e}exe.\\u{1b}[2J@example.org"]);
    assert!(!text.contains(['\u{202e}', '\u{1b}', '\u{200b}']));
    let told = "such as \\u{202e} in a name stands for a sign that can't be seen or turns the text around";
    assert_eq!(text.matches(told).count(), 1, "{text}");
    let italian = report(folder.path(), &["run", "--language", "it"]).stdout;
    assert_says(&italian, &["Un codice come \\u{202e} in un nome sta per un segno invisibile"]);
    let plain = support::folder();
    bad_run(plain.path());
    assert!(!report(plain.path(), &["run"]).stdout.contains("such as \\u{"));
    assert!(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"));
}

#[test]
#[ignore = "needs python3: run ./tests/run"]
fn another_parser_finds_the_page_whole_and_harmless() {
    let folder = support::folder();
    let [good, bad, failed] = ["good", "bad", "failed"].map(|name| folder.path().join(name));
    whole_month(&good);
    hostile(&bad);
    bad_run(&failed);
    // Whoever wants to look at the pages names a folder.
    let looked_at = std::env::var_os("PAGES").map(std::path::PathBuf::from);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report/page.py");
    for (records, what, language) in [
        (&good, "period", "en"),
        (&good, "run", "it"),
        (&failed, "run", "en"),
        (&bad, "run", "en"),
        (&bad, "period", "it"),
    ] {
        let file = folder.path().join("page.html");
        let output = file.to_str().unwrap();
        let ended = report(
            records,
            &[what, "--format", "html", "--language", language, "--output", output, "--force"],
        );
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
        let text =
            String::from_utf8(support::output(support::tool("python3").arg(script).arg(&file))).unwrap();
        if let Some(pages) = &looked_at {
            let name = records.file_name().unwrap().to_str().unwrap();
            fs::copy(&file, pages.join(format!("{name}-{what}-{language}.html"))).unwrap();
        }
        if records == &bad {
            assert_says(
                &text,
                &["<script>alert(1)</script>@example.org", "s3://b/<img src=x onerror=alert(1)>"],
            );
        }
    }
}
