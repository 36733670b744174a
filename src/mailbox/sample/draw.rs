use super::Seed;
use crate::mailbox::{Item, ItemId};

/// Draws `number` of an account's items, each equally likely; what was drawn may be cut to fewer later, when the other
/// accounts are known, and is then still a fair draw. The order is that in which they are to be compared.
#[must_use]
pub fn draw(seed: Seed, account: &str, items: &[Item], number: u64) -> Vec<Item> {
    let mut places: Vec<((u64, ItemId), &Item)> =
        items.iter().map(|item| ((seed.rank(account, item.id), item.id), item)).collect();
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    if number < places.len() {
        places.select_nth_unstable_by_key(number, |(place, _)| *place);
        places.truncate(number);
    }
    places.sort_unstable_by_key(|(place, _)| *place);
    places.into_iter().map(|(_, item)| *item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Flags, ItemKind};

    const ANNA: &str = "anna@example.org";

    fn seed(nonce: u8) -> Seed {
        Seed::new(&[7; 32], &[nonce; 32])
    }

    fn item(id: u32) -> Item {
        Item {
            id: ItemId(id),
            folder: ItemId(2),
            kind: ItemKind::Message,
            size: 1,
            digest: None,
            date: 0,
            changed: 0,
            mod_metadata: 1,
            mod_content: 1,
            imap_id: 0,
            flags: Flags::default(),
            unread: false,
            sound: true,
        }
    }

    fn drawn(seed: Seed, ids: impl Iterator<Item = u32>, number: u64) -> Vec<u32> {
        let items: Vec<Item> = ids.map(item).collect();
        draw(seed, ANNA, &items, number).iter().map(|item| item.id.0).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_whatever_the_order() {
        let forth = drawn(seed(1), 1..=1000, 50);
        assert_eq!(forth.len(), 50);
        assert_eq!(forth, drawn(seed(1), (1..=1000).rev(), 50));
        assert_eq!(forth[..20], drawn(seed(1), 1..=1000, 20));
        assert_ne!(forth, drawn(seed(2), 1..=1000, 50));
        let repeated = Seed::parse(&seed(1).to_string()).unwrap();
        assert_eq!(forth, drawn(repeated, 1..=1000, 50));
        assert_eq!(drawn(seed(1), 1..=10, 50).len(), 10);
    }

    #[test]
    fn accounts_are_drawn_from_apart() {
        let rank = |account| seed(1).rank(account, ItemId(300));
        assert_ne!(rank(ANNA), rank("bruno@example.org"));
    }

    /// Each of 100 items is drawn about as often as the others (chi-square, 99 degrees of freedom, 0.001: 148.2).
    #[test]
    fn every_item_is_equally_likely() {
        let mut times = [0_u32; 100];
        for nonce in 0..200_u8 {
            drawn(seed(nonce), 0..100, 10).into_iter().for_each(|id| times[id as usize] += 1);
        }
        let expected = 20.0;
        let square: f64 = times.iter().map(|seen| (f64::from(*seen) - expected).powi(2) / expected).sum();
        assert!(square < 148.2, "{square}");
    }
}
