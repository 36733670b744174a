//! Plaintext in, members out: what stands in the archive, in order, without touching a disk.
//!
//! Input: decompressed bytes, in pieces of any length. Output: members and their bodies as
//! borrowed slices, handed to a [`Sink`]. Invariant: a name is never used as a path, and is
//! shown to people only through [`shown`], inside an export only through [`Naming`].

mod member;
mod name;
pub mod tar;
pub mod zip;

pub use member::{Body, Kind, Member, Sink};
pub use name::{Naming, is_numbered, item, names_an_item, shown, subject};
