//! What people and programs read of a result: text, JSON, events.

pub mod actions;
pub mod contents;
pub mod events;
pub mod evidence;
pub mod gaps;
pub mod human;
pub mod inventory;
pub mod json;
pub mod rehearsal;
pub mod restored;
pub mod text;
pub mod writing;
