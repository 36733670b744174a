use std::collections::BTreeSet;
use std::fmt;

/// Runs of numbers that are named; what more there are is counted.
const MOST_NAMED: usize = 10;

/// Numbers of records, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(BTreeSet<u64>);

impl Numbers {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Each of them, the lowest first.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn insert(&mut self, number: u64) {
        self.0.insert(number);
    }

    /// Those that follow each other, as the first and the last of them.
    fn runs(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for number in &self.0 {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == *number => *last = *number,
                _ => runs.push((*number, *number)),
            }
        }
        runs
    }
}

impl FromIterator<u64> for Numbers {
    fn from_iter<T: IntoIterator<Item = u64>>(numbers: T) -> Self {
        Self(numbers.into_iter().collect())
    }
}

/// `record 3`, `records 3, 5-9`
impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs();
        let named = runs.iter().take(MOST_NAMED).map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        });
        let named = named.collect::<Vec<_>>().join(", ");
        let word = if self.count() == 1 { "record" } else { "records" };
        write!(f, "{word} {named}")?;
        let more: u64 = runs.iter().skip(MOST_NAMED).map(|(first, last)| last - first + 1).sum();
        match more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(numbers: impl IntoIterator<Item = u64>) -> String {
        numbers.into_iter().collect::<Numbers>().to_string()
    }

    #[test]
    fn numbers_that_follow_each_other_are_told_as_one() {
        assert_eq!(said([3]), "record 3");
        assert_eq!(said([5, 3, 4, 9]), "records 3-5, 9");
        let odd = (0..13).map(|number| number * 2 + 1);
        assert_eq!(said(odd), "records 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and 3 more");
    }
}
