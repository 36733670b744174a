//! What is looked at when mail is back.

use super::{Sight, fact, people};
use crate::report::document::{Block, Section};

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.restoring;
    let checks = words.checks.iter().map(|[what, how]| fact(what, vec![(*how).to_owned()])).collect();
    super::section("check", words.after, vec![Block::Facts(checks), people::codes(sight)])
}
