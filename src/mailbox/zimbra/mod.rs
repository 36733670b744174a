//! Zimbra's own formats, as its exports and backup tools write them.

pub mod bencode;
pub mod content;
pub mod export;
pub mod import;
mod json;
pub mod ldif;
pub mod meta;
pub mod network_edition;
mod room;
pub mod store;
pub mod zextras;
pub mod zmbackup;
