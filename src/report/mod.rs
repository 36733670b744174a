//! What people and programs read of a result: text, JSON, events; and reports on what was kept.

pub mod actions;
pub mod composing;
pub mod contents;
pub mod document;
pub mod events;
pub mod evidence;
pub mod gaps;
pub mod human;
pub mod inventory;
pub mod json;
pub mod language;
pub mod oscal;
pub mod rehearsal;
pub mod restored;
pub mod runbook;
pub mod shell;
pub mod text;
pub mod writing;
