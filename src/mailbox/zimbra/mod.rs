//! Zimbra's own formats, as its exports and backup tools write them.

pub mod alphabet;
pub mod content;
pub mod export;
pub mod meta;
pub mod store;
pub mod zextras;
