//! The page `docs/findings.md` and the catalogue of findings say the same.

use mailproof::verdict::ALL;

const PAGE: &str = include_str!("../docs/findings.md");

/// What the administrator finds under each heading, in this order.
const PARTS: [&str; 5] = ["Means", "Why serious", "Causes", "Do", "Not proven"];

/// The headings with the text below each of them, up to the next heading of any level.
fn sections() -> Vec<(&'static str, &'static str)> {
    let chapters = PAGE.split("\n# ");
    let sections = chapters.flat_map(|chapter| chapter.split("\n## ").skip(1));
    sections.map(|section| section.split_once('\n').expect("a heading has text below it")).collect()
}

#[test]
fn every_kind_has_its_heading_in_the_order_of_the_catalogue() {
    let headings: Vec<_> = sections().iter().map(|(id, _)| *id).collect();
    let ids: Vec<_> = ALL.iter().map(|kind| kind.id).collect();
    assert_eq!(headings, ids);
}

#[test]
fn the_page_states_the_catalogues_severities_and_causes() {
    for (kind, (id, text)) in ALL.iter().zip(sections()) {
        let stated = text.lines().next().unwrap();
        assert_eq!(stated, format!("Severity: {} · Cause: {}", kind.severity, kind.cause), "{id}");
    }
}

#[test]
fn every_heading_answers_the_same_questions() {
    for (id, text) in sections() {
        let parts: Vec<_> =
            text.lines().filter_map(|line| Some(line.strip_prefix("- **")?.split_once("**")?.0)).collect();
        assert_eq!(parts, PARTS, "{id}");
    }
}

#[test]
fn links_within_the_page_lead_to_headings() {
    let ids: Vec<_> = ALL.iter().map(|kind| kind.id).collect();
    for target in PAGE.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(ids.contains(&target), "no heading {target}");
    }
}
