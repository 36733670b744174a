//! What laws and standards ask of backups, and which of it the records answer.
//!
//! Input: files of requirements (the ready ones are part of the program) and the records of a chain. Output: of each
//! requirement whether a record answers it, which one, and for how long; or the next step.
//! Invariant: nothing but a run that passed answers anything, and a chain that does not hold answers nothing.
//!
//! The way: `model` says what stands in such a file, `rules` what belongs together in it, `judge` holds one requirement to the
//! records, and `result` is what becomes of all of them (`mailproof/gaps/v1`).

mod judge;
mod model;
mod ready;
mod result;
mod rules;

pub use model::{Answerer, Framework, Objective, Requirement, schema as file_schema};
pub use ready::{Origin, READY, ready};
pub use result::{
    Answer, Counts, Gaps, Held, Judged, JudgedFramework, Outcome, Review, SCHEMA, Since, State, Unread, gaps,
    schema,
};
