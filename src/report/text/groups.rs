//! Archives in the order in which a tired person needs them; many of which there is nothing of their own to say, as one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::archive::{self, Remedies};
use super::{Paint, Style};
use crate::report::human;
use crate::verdict::{Outcome, Severity};
use crate::verify::ArchiveResult;

/// So many archives are shown one by one, however alike.
const HANDFUL: usize = 5;

/// Archives with the same outcome.
pub struct Group<'a> {
    likeness: Likeness,
    /// The first one's place in the selection.
    place: usize,
    archives: Vec<&'a ArchiveResult>,
}

/// What a group of archives has in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// Each has something of its own to say.
    Failed,
    NotVerified,
    /// Not verified for the same reasons: stage and message, without the archive's own address.
    NotVerifiedFor(Vec<(&'static str, String)>),
    PassedWithWarnings,
    Passed,
}

/// The groups of `archives`: what failed, what was not verified, what passed. Otherwise the order stays.
pub fn of(archives: &[ArchiveResult]) -> Vec<Group<'_>> {
    let mut alike: BTreeMap<Likeness, (usize, Vec<&ArchiveResult>)> = BTreeMap::new();
    for (place, archive) in archives.iter().enumerate() {
        alike.entry(Likeness::of(archive)).or_insert((place, Vec::new())).1.push(archive);
    }
    let group = |(likeness, (place, archives))| Group { likeness, place, archives };
    let mut groups: Vec<_> = alike.into_iter().map(group).collect();
    groups.sort_by_key(|group| (group.likeness.rank(), group.place));
    groups
}

impl Likeness {
    fn of(archive: &ArchiveResult) -> Self {
        match archive.outcome {
            Outcome::Failed => Self::Failed,
            Outcome::NotVerified if archive.findings.is_empty() && !archive.troubles.is_empty() => {
                Self::NotVerifiedFor(reasons(archive))
            }
            Outcome::NotVerified => Self::NotVerified,
            Outcome::Passed if archive.findings.worst() >= Some(Severity::Warning) => {
                Self::PassedWithWarnings
            }
            Outcome::Passed => Self::Passed,
        }
    }

    /// The order in which groups are shown.
    fn rank(&self) -> u8 {
        match self {
            Self::Failed => 0,
            Self::NotVerified | Self::NotVerifiedFor(_) => 1,
            Self::PassedWithWarnings => 2,
            Self::Passed => 3,
        }
    }

    /// Holds where an archive has nothing to say that the others don't.
    fn can_be_summed_up(&self) -> bool {
        !matches!(self, Self::Failed | Self::NotVerified)
    }
}

fn reasons(archive: &ArchiveResult) -> Vec<(&'static str, String)> {
    let own = format!("{}: ", archive.archive);
    let reason = |message: &str| message.replace(&own, "");
    archive.troubles.iter().map(|trouble| (trouble.stage, reason(&trouble.message))).collect()
}

impl Group<'_> {
    /// Renders each archive, or the sum of them.
    pub fn render(&self, text: &mut String, remedies: Remedies, style: Style) {
        if self.archives.len() > HANDFUL && self.likeness.can_be_summed_up() && !style.all {
            self.sum_up(text, style);
        } else {
            for archive in &self.archives {
                archive::render(text, archive, remedies, style);
            }
        }
    }

    fn sum_up(&self, text: &mut String, style: Style) {
        let Some(first) = self.archives.first() else { return };
        let count = human::count(self.archives.len() as u64);
        let outcome = style.outcome(first.outcome, 12);
        let warned = if self.likeness == Likeness::PassedWithWarnings { " with warnings" } else { "" };
        let hint = style.paint(Paint::Dim, "(-v lists them)");
        let volume = self.volume();
        let _ = writeln!(text, "\n{outcome}  {count} archives{warned}: {volume} {hint}");
        if let Likeness::NotVerifiedFor(reasons) = &self.likeness {
            let word = style.paint(Paint::Yellow, "could not look");
            for (stage, reason) in reasons {
                let _ = writeln!(text, "    {word} ({stage}): {}", human::clean(reason));
            }
        }
    }

    /// Members and bytes of all; a total is claimed only where each archive's is known.
    fn volume(&self) -> String {
        let sum = |of: fn(&ArchiveResult) -> u64| -> u64 {
            self.archives.iter().fold(0, |sum, archive| sum.saturating_add(of(archive)))
        };
        let total = self
            .archives
            .iter()
            .try_fold(0_u64, |sum, archive| archive.coverage.total.map(|total| sum.saturating_add(total)));
        let total = total.map_or("an unknown number of".to_owned(), human::count);
        let checked = human::count(sum(|archive| archive.coverage.checked));
        let stored = human::size(sum(|archive| archive.facts.stored_bytes));
        format!("checked {checked} of {total} members, {stored} stored")
    }
}
