use crate::mailbox::Item;

/// The items of a mailbox by their numbers, those of one number in the order of the export.
#[derive(Debug)]
pub(super) struct Order<'a> {
    items: &'a [Item],
    /// Places in `items`.
    places: Vec<usize>,
}

impl<'a> Order<'a> {
    pub(super) fn of(items: &'a [Item]) -> Self {
        let mut places: Vec<usize> = (0..items.len()).collect();
        places.sort_unstable_by_key(|place| (items[*place].id, *place));
        Self { items, places }
    }

    /// All items.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.places.iter().map(|place| &self.items[*place])
    }

    /// What has one number: mostly one item, several where a document has revisions or an item comes again.
    pub(super) fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let groups = self.places.chunk_by(|one, next| self.items[*one].id == self.items[*next].id);
        groups.map(|places| Group { items: self.items, places })
    }
}

/// Items of one number; never empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'a> {
    items: &'a [Item],
    places: &'a [usize],
}

impl<'a> Group<'a> {
    pub(super) fn items(self) -> impl Iterator<Item = &'a Item> {
        self.places.iter().map(move |place| &self.items[*place])
    }

    /// Holds if there is more than one.
    pub(super) fn repeats(self) -> bool {
        self.places.len() > 1
    }
}
