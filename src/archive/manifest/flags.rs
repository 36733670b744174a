//! What is known of a name in the table, one bit each.

/// The manifest lists this name.
pub(super) const LISTED: u8 = 1;
/// The archive holds this name.
pub(super) const SEEN: u8 = 2;
/// Both sides have it, with different content.
pub(super) const CHANGED: u8 = 4;
/// The archive holds it in a form that can't be read.
pub(super) const UNVERIFIABLE: u8 = 8;
/// In the archive it is a symbolic link.
pub(super) const SYMLINK: u8 = 16;
/// An entry before this one has the same name.
pub(super) const AGAIN: u8 = 32;

/// Holds for what is listed, and no file in the archive.
pub(super) fn is_missing(flags: u8) -> bool {
    flags & LISTED != 0 && (flags & SEEN == 0 || flags & SYMLINK != 0)
}

/// Holds for what is in the archive alone.
pub(super) fn is_extra(flags: u8) -> bool {
    flags & (LISTED | SEEN) == SEEN
}
