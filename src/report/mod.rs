//! What people and programs read of a result: text, JSON, events.

pub mod contents;
pub mod events;
pub mod evidence;
pub mod human;
pub mod inventory;
pub mod json;
pub mod rehearsal;
pub mod restored;
pub mod text;
pub mod writing;
