//! Rows and blobs side by side: two sorted lists, walked once.

use super::{Facts, Rows, table::Blobs};

/// One item: its rows and its blobs, either of which may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides<'a> {
    /// Number of the mailbox.
    pub mailbox: u32,
    /// Number of the item.
    pub item: u32,
    /// Numbers of its rows, by revision.
    pub rows: &'a [u32],
    /// Numbers of its blobs, by revision.
    pub blobs: &'a [u32],
}

/// Walks over the items of a raw copy.
#[derive(Debug)]
pub struct Items<'a> {
    rows: (&'a Rows, &'a [u32]),
    blobs: (&'a Blobs, &'a [u32]),
}

impl<'a> Items<'a> {
    pub(super) fn new(rows: (&'a Rows, &'a [u32]), blobs: (&'a Blobs, &'a [u32])) -> Self {
        Self { rows, blobs }
    }
}

impl Facts {
    pub(super) fn rows_in_order(&self) -> (&Rows, &[u32]) {
        (&self.rows, self.rows.order())
    }

    pub(super) fn blobs_in_order(&self) -> (&Blobs, &[u32]) {
        (&self.blobs, self.blobs.order())
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Sides<'a>;

    fn next(&mut self) -> Option<Sides<'a>> {
        let row = |at: &u32| self.rows.0.get(*at).map(|row| (row.mailbox, row.item));
        let blob = |at: &u32| self.blobs.0.get(*at).map(|blob| (blob.mailbox, blob.item));
        let first = [self.rows.1.first().and_then(row), self.blobs.1.first().and_then(blob)];
        let key = first.into_iter().flatten().min()?;
        let rows = self.rows.1.partition_point(|at| row(at) == Some(key));
        let blobs = self.blobs.1.partition_point(|at| blob(at) == Some(key));
        let (rows, rest) = self.rows.1.split_at(rows);
        self.rows.1 = rest;
        let (blobs, rest) = self.blobs.1.split_at(blobs);
        self.blobs.1 = rest;
        Some(Sides { mailbox: key.0, item: key.1, rows, blobs })
    }
}
