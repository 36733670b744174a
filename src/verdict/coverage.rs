use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a coverage counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Files inside an archive.
    Members,
    /// Items of mailboxes.
    Items,
    /// Messages of mailboxes.
    Messages,
    /// Archives of a selection.
    Archives,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Members => "members",
            Self::Items => "items",
            Self::Messages => "messages",
            Self::Archives => "archives",
        })
    }
}

/// "Checked C of A": how much of what there is was compared with what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// How many were compared, whatever the result.
    pub checked: u64,
    /// How many there are; absent when the end was never reached.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Unit,
}

impl Coverage {
    /// Nothing was looked at and nothing is known of the whole.
    #[must_use]
    pub fn none(unit: Unit) -> Self {
        Self { checked: 0, total: None, unit }
    }

    /// Nothing is due.
    #[must_use]
    pub fn nothing(unit: Unit) -> Self {
        Self { checked: 0, total: Some(0), unit }
    }

    /// Both together, in the unit of the first; the whole is unknown if one of them is.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let total = self.total.zip(other.total).map(|(one, other)| one.saturating_add(other));
        Self { checked: self.checked.saturating_add(other.checked), total, unit: self.unit }
    }

    /// Holds if at least `percent` of a known, non-empty total was checked.
    ///
    /// Rounds against the claim: 99.99 % is not 100 %.
    #[must_use]
    pub fn reaches(&self, percent: u8) -> bool {
        match self.total {
            Some(total) if total > 0 => {
                u128::from(self.checked) * 100 >= u128::from(total) * u128::from(percent)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            Some(total) => write!(f, "checked {} of {} {}", self.checked, total, self.unit),
            None => write!(f, "checked {} of an unknown number of {}", self.checked, self.unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_nothing_is_not_covered() {
        assert!(!Coverage { checked: 0, total: Some(0), unit: Unit::Members }.reaches(0));
        assert!(!Coverage::none(Unit::Members).reaches(0));
    }

    #[test]
    fn almost_all_is_not_all() {
        let nearly = Coverage { checked: 99_999, total: Some(100_000), unit: Unit::Members };
        assert!(nearly.reaches(99));
        assert!(!nearly.reaches(100));
    }
}
