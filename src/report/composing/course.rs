//! How throughput, the time of a restore and findings went on.

use jiff::Timestamp;

use super::Sight;
use super::matter::Seen;
use crate::report::document::{Block, Picture, Section};

/// Figures of one kind: moment and value of each run that has one.
type Figures = Vec<(Timestamp, u64)>;

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.words.course;
    let language = sight.language;
    let verifies = |seen: &Seen| seen.rate.filter(|_| seen.past.kind == "verify");
    let tests = |seen: &Seen| Some(seen.serious).filter(|_| seen.past.is_test());
    let rto = |seen: &Seen| seen.past.objectives.rto_measured_seconds;
    let target = sight.matter.runs.iter().rev().find_map(|seen| seen.past.objectives.rto_target_seconds);
    let rate = |rate| (words.per_second)(&language.size(rate));
    let pictures = [
        picture(sight, words.throughput, figures(sight, verifies), None, &rate),
        picture(sight, words.rto, figures(sight, rto), target, &|seconds| language.seconds(seconds)),
        picture(sight, words.findings, figures(sight, tests), None, &|count| language.count(count)),
    ];
    let mut blocks: Vec<Block> = pictures.into_iter().flatten().map(Block::Picture).collect();
    if blocks.is_empty() {
        blocks.push(Block::Paragraph(words.too_few.to_owned()));
    }
    Section { name: "course", title: words.title.to_owned(), blocks }
}

fn figures(sight: &Sight<'_>, of: impl Fn(&Seen) -> Option<u64>) -> Figures {
    let runs = sight.matter.before.iter().chain(&sight.matter.runs);
    runs.filter_map(|seen| Some((seen.past.started, of(seen)?))).collect()
}

/// A picture, where there are at least two figures.
fn picture(
    sight: &Sight<'_>,
    title: &str,
    figures: Figures,
    target: Option<u64>,
    shown: &dyn Fn(u64) -> String,
) -> Option<Picture> {
    let words = &sight.words.course;
    let values: Vec<u64> = figures.iter().map(|(_, figure)| *figure).collect();
    let (first, last) = figures.first().zip(figures.last()).filter(|_| figures.len() > 1)?;
    let (least, most) = (values.iter().min()?, values.iter().max()?);
    let runs = values.len() as u64;
    let mut alternative = (words.told)(sight.language, runs, &shown(*least), &shown(*most), &shown(last.1));
    if let Some(target) = target {
        let over = values.iter().filter(|value| **value > target).count() as u64;
        alternative = format!("{alternative} {}", (words.target)(sight.language, &shown(target), over));
    }
    Some(Picture {
        title: title.to_owned(),
        alternative,
        target,
        top: shown(target.map_or(*most, |target| target.max(*most))),
        first: sight.language.day(first.0),
        last: sight.language.day(last.0),
        figures: values,
    })
}
