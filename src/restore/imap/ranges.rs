use std::fmt::{self, Display};

/// Numbers of messages, in runs: those that one restore puts into one folder mostly are in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// Adds a number, once.
    pub(super) fn add(&mut self, uid: u32) {
        if self.has(uid) {
            return;
        }
        match self.0.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => self.0.push((uid, uid)),
        }
    }

    pub(super) fn has(&self, uid: u32) -> bool {
        self.0.iter().rev().any(|(first, last)| (*first..=*last).contains(&uid))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers there are.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| u64::from(last.saturating_sub(*first)) + 1).sum()
    }

    /// Parts with at most so many runs, so that no command becomes too long.
    pub(super) fn parts(&self, runs: usize) -> impl Iterator<Item = Self> {
        self.0.chunks(runs.max(1)).map(|part| Self(part.to_vec()))
    }
}

impl Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (first, last)) in self.0.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}:{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_one_run() {
        let mut ranges = Ranges::default();
        [4, 5, 6, 9, 5, u32::MAX].into_iter().for_each(|uid| ranges.add(uid));
        assert_eq!(ranges.to_string(), format!("4:6,9,{}", u32::MAX));
        assert_eq!((ranges.count(), ranges.has(5), ranges.has(7)), (5, true, false));
        assert_eq!(ranges.parts(2).map(|part| part.to_string()).collect::<Vec<_>>(), ["4:6,9", "4294967295"]);
    }
}
