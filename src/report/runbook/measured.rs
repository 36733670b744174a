//! What rehearsals measured, and what follows for everything: an estimate, and called one.

use super::matter::Measured;
use super::{Sight, fact, paragraph};
use crate::report::document::{Block, Fact, Section};

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.testing;
    let measured = &sight.matter.measured;
    let mut blocks = Vec::new();
    if measured.is_empty() {
        blocks.push(paragraph(words.never));
    }
    let mut facts: Vec<Fact> = measured.iter().map(|measured| rehearsal(sight, measured)).collect();
    facts.push(fact(words.estimate, estimates(sight)));
    blocks.push(Block::Facts(facts));
    super::section("measured", words.measured, blocks)
}

fn rehearsal(sight: &Sight<'_>, measured: &Measured) -> Fact {
    let (words, language) = (&sight.guide.testing, sight.language);
    let stated = |seconds: Option<u64>, none: &str| {
        seconds.map_or(none.to_owned(), |seconds| language.seconds(seconds))
    };
    let [not_measured, no_target] = words.unknown;
    let of = &measured.objectives;
    let mut lines = vec![
        (words.rto)(
            &stated(of.rto_measured_seconds, not_measured),
            &stated(of.rto_target_seconds, no_target),
        ),
        (words.rpo)(
            &stated(of.rpo_measured_seconds, not_measured),
            &stated(of.rpo_target_seconds, no_target),
        ),
    ];
    lines.extend(measured.rate().map(|rate| (words.came_back)(&language.size(rate))));
    lines.extend(measured.restored_to.clone());
    let outcome = (sight.words.outcome)(measured.outcome);
    let when = language.moment(measured.started);
    fact(&sight.stated((words.rehearsal)(&when, measured.record, outcome)), lines)
}

/// Each with what it is computed from.
fn estimates(sight: &Sight<'_>) -> Vec<String> {
    let (words, language) = (&sight.guide.testing, sight.language);
    let then = sight.matter.measured.iter().filter_map(|measured| measured.estimate_for_all_ms);
    let mut lines: Vec<String> =
        then.map(|time| (words.estimated_then)(&language.seconds(time.div_ceil(1000)))).collect();
    let copies = || sight.plans.rows.iter().map(|row| &sight.matter.copies[row.copy]);
    let bytes =
        copies().map(|copy| copy.unpacked).try_fold(0_u64, |sum, bytes| Some(sum.saturating_add(bytes?)));
    let rate = sight.matter.tests().find_map(|task| task.rate);
    if let Some((bytes, rate)) = bytes.zip(rate).filter(|(bytes, _)| *bytes > 0) {
        let time = language.seconds(bytes.div_ceil(rate));
        let (bytes, rate) = (language.size(bytes), language.size(rate));
        lines.push((words.reading_takes)(language, &time, &bytes, &rate, copies().count() as u64));
    }
    if lines.is_empty() {
        lines.push(words.no_estimate.to_owned());
    }
    lines
}
