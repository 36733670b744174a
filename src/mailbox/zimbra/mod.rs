//! Zimbra's own formats, as its exports and backup tools write them.

pub mod export;
pub mod meta;
pub mod network_edition;
