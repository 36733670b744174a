//! How much is kept of what one archive holds: a number of bytes, whatever `limits.members` allows.

/// Bytes of facts that one collector keeps.
const SIZE: usize = 64 << 20;

/// Room for facts. What finds none is counted, and its absence proves nothing.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
    refused: u64,
}

impl Room {
    /// All of it.
    pub(super) fn new() -> Self {
        Self::of(SIZE)
    }

    /// Room for `bytes`.
    pub(super) fn of(bytes: usize) -> Self {
        Self { left: bytes, refused: 0 }
    }

    /// Takes room for `bytes`; `None` if there is not as much left.
    pub(super) fn take(&mut self, bytes: usize) -> Option<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => {
                self.refused = self.refused.saturating_add(1);
                return None;
            }
        }
        Some(())
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Facts for which there was no room.
    pub(super) fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut room = Room::of(10);
        assert_eq!(
            (room.take(7), room.take(4), room.take(usize::MAX), room.take(3)),
            (Some(()), None, None, Some(()))
        );
        assert_eq!((room.left(), room.refused()), (0, 2));
        assert_eq!(Room::new().left(), SIZE);
    }
}
