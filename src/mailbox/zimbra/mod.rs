//! Zimbra's own formats, as its exports and backup tools write them.

pub mod export;
pub mod ldif;
pub mod meta;
pub mod zmbackup;
