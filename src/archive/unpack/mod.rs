//! Plaintext in, members out: what stands in the archive, in order, without touching a disk.
//!
//! Invariant: a name is never used as a path.

mod member;
// pub mod tar;   the push walker

pub use member::{Body, Kind, Member, Sink};
