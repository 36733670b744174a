//! Session trees of Network Edition's `zmbackup` (admin guide, "Backup and Restore").
//!
//! Input: the members of an archive that lie in such a tree, in any order. Output: [`Facts`]. Invariants: zips are
//! walked as they stream by and every CRC-32 in them is checked; one XML file at a time is in memory, up to
//! `limits.text_size`; what is kept is bounded; what could not be looked at or kept is counted. The names inside zips, and what an item's digest is,
//! are not published: no item is compared.

mod collector;
mod facts;
#[cfg(test)]
pub(crate) mod fixture;
mod kept;
mod ldap;
mod place;
mod redolog;
#[cfg(test)]
mod tests;
mod xml;

pub use collector::Collector;
pub use facts::{Account, Facts, LdapDump, Listed, Session, Unread};
pub use place::{Label, SessionKind};
pub use redolog::{Header, Redolog};
