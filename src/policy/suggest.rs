//! What a misspelt word was meant to be.

/// The longest word that is compared; no key comes near it.
const LONGEST: usize = 40;

/// The candidate nearest to `word`, if it is near enough to be meant. Case and the kind of dash don't count.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = plain(word);
    let near = candidates.map(|candidate| (distance(&word, &plain(candidate)), candidate));
    let (distance, candidate) = near.min()?;
    (distance <= word.len().div_ceil(3).min(3) && distance < candidate.len()).then_some(candidate)
}

fn plain(word: &str) -> Vec<char> {
    word.to_lowercase().replace('-', "_").chars().collect()
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
pub(crate) fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut least = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *letter == right[column - 1] && left[row - 1] == *other {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_near_and_other_words_are_not() {
        let keys = ["rpo", "every", "window", "shrink_percent", "retention", "lock"];
        for (word, meant) in [
            ("rpoo", Some("rpo")),
            ("rop", Some("rpo")),
            ("RPO", Some("rpo")),
            ("shrink-percent", Some("shrink_percent")),
            ("shrink_procent", Some("shrink_percent")),
            ("retnetion", Some("retention")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys.into_iter()), meant, "{word}");
        }
        assert_eq!(nearest(&"r".repeat(1000), keys.into_iter()), None);
    }
}
