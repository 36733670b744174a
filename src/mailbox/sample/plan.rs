use crate::policy::Share;

/// How many items are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many that, if none of them differs, it is as sure as `confidence` that less than `defects` of all do.
    Sure {
        /// How sure.
        confidence: Share,
        /// The share of defects that would be noticed.
        defects: Share,
    },
    /// So many of all.
    Number(u64),
    /// This share of each account's.
    Part(Share),
    /// Every one.
    All,
}

impl Amount {
    /// How many of `stratum` items of one account are drawn, where all accounts together have `population`: the same
    /// share of each, rounded up, so that no account is left out.
    #[must_use]
    pub fn of(self, stratum: u64, population: u64) -> u64 {
        let all = match self {
            Self::Sure { confidence, defects } => needed(population, confidence, defects),
            Self::Number(number) => number.min(population),
            Self::Part(share) => return share.of(stratum),
            Self::All => return stratum,
        };
        if population == 0 {
            return 0;
        }
        let part = (u128::from(stratum) * u128::from(all)).div_ceil(u128::from(population));
        u64::try_from(part).unwrap_or(stratum).min(stratum)
    }

    /// The most of `stratum` items that could be drawn, whatever the other accounts turn out to hold.
    #[must_use]
    pub fn at_most(self, stratum: u64) -> u64 {
        match self {
            // The need grows with the population, and ends where drawing without replacement is drawing with it.
            Self::Sure { confidence, defects } => endless(confidence, defects).min(stratum),
            Self::Number(number) => number.min(stratum),
            Self::Part(share) => share.of(stratum),
            Self::All => stratum,
        }
    }
}

/// How many of `population` items must be compared, without one that differs, to be as sure as `confidence` that less
/// than the share `defects` of them do (hypergeometric, drawn without replacement).
#[must_use]
pub fn needed(population: u64, confidence: Share, defects: Share) -> u64 {
    let defective = defects.of(population);
    let enough = |drawn: u64| !likely_missed(population, drawn, defective, ln_rest(confidence));
    let (mut short, mut most) = (0, population);
    while short < most {
        let middle = short + (most - short) / 2;
        if enough(middle) {
            most = middle;
        } else {
            short = middle + 1;
        }
    }
    most
}

/// The logarithm of what a confidence leaves open, nearer to 0 by more than sums of logarithms are rounded, so that a
/// chance of exactly that much counts as that.
pub(super) fn ln_rest(confidence: Share) -> f64 {
    (-confidence.fraction()).ln_1p() * (1.0 - 1e-11)
}

/// The same for a population without end, to which one of 2⁵⁰ comes nearer than by one.
fn endless(confidence: Share, defects: Share) -> u64 {
    needed(1 << 50, confidence, defects) + 1
}

/// Whether the chance that none of `drawn` out of `population` is one of the `defective` is above `limit`, a logarithm.
pub(super) fn likely_missed(population: u64, drawn: u64, defective: u64, limit: f64) -> bool {
    if drawn.saturating_add(defective) > population {
        return false;
    }
    // Both may change places; the sum over the smaller one is the shorter, and ends at the limit.
    let (steps, other) = (drawn.min(defective), drawn.max(defective));
    let mut chance = 0.0;
    (0..steps).all(|step| {
        chance += ln_step(population, other, step);
        chance > limit
    })
}

/// What the chance is multiplied with when one more is drawn or defective, after `step` of them.
pub(super) fn ln_step(population: u64, other: u64, step: u64) -> f64 {
    (-(other as f64) / ((population - step) as f64)).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(millionths: u32) -> Share {
        Share::new(millionths).unwrap()
    }

    /// ISPM 31 (FAO, 2009), table 1: 95 % confidence, drawn without replacement. Cells in which the defects are a whole number.
    #[test]
    fn sizes_are_those_of_a_published_table() {
        let levels = [50_000, 20_000, 10_000, 5_000, 1_000];
        let table: [(u64, [Option<u64>; 5]); 10] = [
            (100, [Some(45), Some(78), Some(95), None, None]),
            (200, [Some(51), Some(105), Some(155), Some(190), None]),
            (400, [Some(55), Some(124), Some(211), Some(311), None]),
            (600, [Some(56), Some(132), Some(235), Some(379), None]),
            (800, [Some(57), Some(136), Some(249), Some(421), None]),
            (1_000, [Some(57), Some(138), Some(258), Some(450), Some(950)]),
            (2_000, [Some(58), Some(143), Some(277), Some(517), Some(1553)]),
            (5_000, [Some(59), Some(147), Some(290), Some(564), Some(2253)]),
            (10_000, [Some(59), Some(148), Some(294), Some(581), Some(2588)]),
            (20_000, [Some(59), Some(148), Some(296), Some(589), Some(2781)]),
        ];
        for (population, sizes) in table {
            for (level, size) in
                levels.into_iter().zip(sizes).filter_map(|(level, size)| Some((level, size?)))
            {
                assert_eq!(needed(population, share(950_000), share(level)), size, "{level} of {population}");
            }
        }
    }

    #[test]
    fn an_endless_population_needs_what_the_rule_of_three_says() {
        for (level, size) in [(50_000, 59), (10_000, 299), (5_000, 598), (1_000, 2995)] {
            let million = needed(1_000_000_000_000, share(950_000), share(level));
            assert_eq!(million, size);
            assert_eq!(endless(share(950_000), share(level)), size + 1);
        }
    }

    #[test]
    fn the_chance_is_that_of_counting() {
        // 3 of 10 drawn, 2 defective: 8 choose 3 of 10 choose 3.
        let chance: f64 = 56.0 / 120.0;
        assert!(likely_missed(10, 3, 2, (chance - 1e-9).ln()));
        assert!(!likely_missed(10, 3, 2, (chance + 1e-9).ln()));
        assert!(!likely_missed(10, 9, 2, f64::MIN));
        assert!(likely_missed(10, 0, 5, -1e-9));
    }

    #[test]
    fn no_account_is_left_out() {
        let sure = Amount::Sure { confidence: share(950_000), defects: share(10_000) };
        for amount in [sure, Amount::Number(1), Amount::Part(share(1)), Amount::All] {
            assert!(amount.of(1, 1_000_000) == 1, "{amount:?}");
            assert_eq!(amount.of(0, 1_000_000), 0);
            for stratum in [1, 7, 1_000, 999_999] {
                let drawn = amount.of(stratum, 1_000_000);
                assert!((1..=stratum).contains(&drawn), "{amount:?} of {stratum}");
                assert!(drawn <= amount.at_most(stratum), "{amount:?} of {stratum}");
            }
        }
        assert_eq!(sure.of(0, 0), 0);
    }
}
