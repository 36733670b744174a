//! Exports of accounts, and raw copies of a server, byte for byte as Zimbra writes them, made up and damaged at will.
//!
//! Input: folders and items. Output: a tgz, tar or zip, or the files of a server. Of an export three levels can be changed: the [`Export`] with what becomes
//! of each item, its [`Member`]s, and the bytes of each layer. Invariant: the same input makes the same bytes.
//! Sources: Zimbra's `ArchiveFormatter`, `ItemData`, `Folder` and its patched Ant.

mod account;
mod bencode;
mod content;
pub mod dump;
mod export;
pub mod gzip;
mod item;
mod json;
mod member;
mod meta;
mod name;
pub mod network_edition;
pub mod session;
pub mod store;
pub mod tar;
#[cfg(test)]
mod tests;
pub mod zip;

pub use account::Account;
pub use bencode::{Map, Value};
pub use export::{Export, Options, Tally};
pub use item::{Fate, Folder, Item, digest_of};
pub use member::{Member, type_text};
