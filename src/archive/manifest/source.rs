//! One manifest, as far as it came.

/// What is known of one manifest.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    source: String,
    /// Lines that name a file other than the manifest.
    pub(super) lines: u64,
    /// Lines that can't be read.
    pub(super) malformed: u64,
    /// Its end was reached.
    pub(super) whole: bool,
    /// The keyed hashes of all lines, added up: the same for the same lines in any order.
    sum: u64,
}

impl Manifest {
    /// A manifest of which nothing came yet.
    pub(super) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), ..Self::default() }
    }

    /// Where it stands, for people.
    pub(super) fn source(&self) -> &str {
        if self.source.is_empty() { "the manifest" } else { &self.source }
    }

    /// Where one of its lines stands, for people.
    pub(super) fn place(&self, number: u64) -> String {
        format!("{}, line {number}", self.source())
    }

    /// Counts a line by its keyed hash.
    pub(super) fn add_line(&mut self, hash: u64) {
        self.lines += 1;
        self.sum = self.sum.wrapping_add(hash);
    }

    /// Holds if both came to their ends and do not list the same: one that was not read to its end contradicts nobody.
    pub(super) fn contradicts(&self, later: &Self) -> bool {
        self.whole && (self.lines, self.sum) != (later.lines, later.sum)
    }
}
