use std::collections::BinaryHeap;

use super::plan::{likely_missed, ln_rest, ln_step};
use crate::policy::Share;

/// One account's part of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stratum {
    /// Items that could have been drawn.
    pub population: u64,
    /// Items that were drawn and compared; what could not be compared does not count.
    pub checked: u64,
}

/// What a sample without a defect says of all it was drawn from.
///
/// It holds whatever accounts the defects lie in: the chance that none is drawn is taken for the distribution that
/// hides them best. It says nothing of accounts and archives that nobody drew from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// How sure; absent where nothing was left to chance, as all was drawn.
    pub confidence: Option<Share>,
    /// Items that could have been drawn.
    pub population: u64,
    /// Items that were compared.
    pub checked: u64,
    /// No more of the population than so many differ.
    pub at_most: u64,
}

impl Statement {
    /// States what `strata` prove, in which nothing that was checked differs.
    #[must_use]
    pub fn of(strata: &[Stratum], confidence: Share) -> Self {
        let population = strata.iter().map(|stratum| stratum.population).sum();
        let checked = strata.iter().map(|stratum| stratum.checked.min(stratum.population)).sum();
        let limit = ln_rest(confidence);
        let at_most = match strata {
            [one] => hidden(one, limit),
            _ => spread(strata, limit),
        };
        Self { confidence: Some(confidence), population, checked, at_most }
    }

    /// States what `strata` prove where all of them was drawn: only what could not be compared may differ.
    #[must_use]
    pub fn of_all(strata: &[Stratum]) -> Self {
        let population = strata.iter().map(|stratum| stratum.population).sum();
        let checked = strata.iter().map(|stratum| stratum.checked.min(stratum.population)).sum();
        Self { confidence: None, population, checked, at_most: population - checked }
    }
}

/// The most defects of one account that a sample would miss with a chance above `limit`.
fn hidden(stratum: &Stratum, limit: f64) -> u64 {
    let misses = |defects| likely_missed(stratum.population, stratum.checked, defects, limit);
    let (mut fine, mut most) = (0, stratum.population);
    while fine < most {
        let middle = most - (most - fine) / 2;
        if misses(middle) {
            fine = middle;
        } else {
            most = middle - 1;
        }
    }
    fine
}

/// The same over several accounts, the defects spread so that they are missed most easily.
///
/// Each further defect of an account is harder to miss than the one before, so taking the easiest one each time
/// leads to the best way to hide them all.
fn spread(strata: &[Stratum], limit: f64) -> u64 {
    let mut places: BinaryHeap<Place> = strata.iter().filter_map(|stratum| Place::of(*stratum, 0)).collect();
    let (mut chance, mut defects) = (0.0, 0);
    while let Some(place) = places.pop() {
        chance += place.ln;
        if chance <= limit {
            break;
        }
        defects += 1;
        places.extend(Place::of(place.stratum, place.defects + 1));
    }
    defects
}

/// Where the next defect could hide.
struct Place {
    stratum: Stratum,
    defects: u64,
    /// What the chance to miss all is multiplied with.
    ln: f64,
}

impl Place {
    /// The place of one more after `defects`; none where every item was checked or is defective.
    fn of(stratum: Stratum, defects: u64) -> Option<Self> {
        let free = stratum.population.checked_sub(stratum.checked)?;
        (defects < free).then(|| Self {
            stratum,
            defects,
            ln: ln_step(stratum.population, stratum.checked, defects),
        })
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ln.total_cmp(&other.ln)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Amount, needed};
    use super::*;

    const SURE: u32 = 950_000;

    fn share(millionths: u32) -> Share {
        Share::new(millionths).unwrap()
    }

    fn stratum(population: u64, checked: u64) -> Stratum {
        Stratum { population, checked }
    }

    fn at_most(strata: &[Stratum]) -> u64 {
        Statement::of(strata, share(SURE)).at_most
    }

    #[test]
    fn a_sample_of_the_size_that_is_needed_proves_what_it_was_drawn_for() {
        for population in [100, 1_000, 5_000, 20_000, 1_000_000] {
            let size = needed(population, share(SURE), share(10_000));
            let bound = population / 100;
            assert!(at_most(&[stratum(population, size)]) < bound, "{population}");
            assert!(at_most(&[stratum(population, size - 1)]) >= bound, "{population}");
        }
    }

    #[test]
    fn everything_checked_leaves_nothing_and_nothing_checked_everything() {
        assert_eq!(at_most(&[stratum(500, 500)]), 0);
        assert_eq!(at_most(&[stratum(500, 0)]), 500);
        assert_eq!(at_most(&[stratum(500, 500), stratum(3, 0)]), 3);
        assert_eq!(at_most(&[]), 0);
    }

    #[test]
    fn where_all_was_drawn_nothing_is_left_to_chance() {
        let said = Statement::of_all(&[stratum(500, 497), stratum(3, 3)]);
        assert_eq!(said, Statement { confidence: None, population: 503, checked: 500, at_most: 3 });
    }

    /// The logarithm of the chance that one account's sample misses so many defects, from products of whole numbers.
    fn ln_missed(stratum: &Stratum, defects: u64) -> f64 {
        (0..stratum.checked)
            .map(|drawn| {
                let rest = stratum.population - drawn;
                (rest.saturating_sub(defects) as f64 / rest as f64).ln()
            })
            .sum()
    }

    /// The best of all ways to spread `left` defects over the accounts.
    fn best(strata: &[Stratum], left: u64) -> f64 {
        let Some((first, rest)) = strata.split_first() else {
            return if left == 0 { 0.0 } else { f64::NEG_INFINITY };
        };
        (0..=left.min(first.population))
            .map(|here| ln_missed(first, here) + best(rest, left - here))
            .fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn several_accounts_are_taken_at_their_worst() {
        let cases = [
            vec![stratum(9, 3), stratum(5, 2), stratum(4, 1)],
            vec![stratum(20, 9), stratum(1, 1), stratum(12, 2)],
        ];
        for strata in cases {
            let all: u64 = strata.iter().map(|stratum| stratum.population).sum();
            let limit = ln_rest(share(SURE));
            let worst = (0..=all).filter(|defects| best(&strata, *defects) > limit).max().unwrap();
            assert_eq!(at_most(&strata), worst, "{strata:?}");
        }
    }

    /// A small generator (xorshift64*, Vigna 2016), so that the simulation repeats itself.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
            u64::try_from((u128::from(number) * u128::from(bound)) >> 64).unwrap()
        }

        /// Whether a sample of this account misses all its defects; items are numbered, the defective ones first.
        fn misses(&mut self, stratum: Stratum, defects: u64) -> bool {
            (0..stratum.checked).all(|drawn| {
                // Drawn without replacement: given that no defect came yet, so many of the rest are fine.
                self.below(stratum.population - drawn) >= defects
            })
        }
    }

    /// 10,000 archives for each way the defects lie. The statement is wrong when more differ than it allows and none was
    /// drawn; that must happen in no more than 5 of 100, give or take what chance allows (four standard deviations).
    #[test]
    fn the_statement_is_wrong_as_seldom_as_it_says() {
        let mut chance = Chance(0x6d61_696c_7072_6f6f);
        let accounts = [2_000, 500, 120, 7];
        let sure = Amount::Sure { confidence: share(SURE), defects: share(20_000) };
        let strata =
            accounts.map(|population| stratum(population, sure.of(population, accounts.iter().sum())));
        let one_too_many = at_most(&strata) + 1;
        let all_in_the_largest = [one_too_many, 0, 0, 0];
        let everywhere = [one_too_many - 12, 10, 2, 0];
        for defects in [all_in_the_largest, everywhere] {
            let mut wrong = 0_u32;
            for _ in 0..10_000 {
                let parts = strata.into_iter().zip(defects);
                let missed =
                    parts.filter(|(stratum, defects)| !chance.misses(*stratum, *defects)).count() == 0;
                wrong += u32::from(missed);
            }
            assert!(wrong <= 500 + 4 * 22, "{wrong} of 10,000 with {defects:?}");
            assert!(wrong >= 300, "{wrong}: the statement says less than it could");
        }
    }
}
