//! What must hold: the policy file, its model, validation and JSON Schema.
//!
//! Input: a TOML file. Output: a [`Policy`], or every [`Problem`] of the file at once, each with its place.
//! Invariant: a policy that was parsed keeps to its [`schema`] and contradicts itself nowhere, and no message
//! shows a secret that somebody wrote into the file.
//!
//! The way: [`Policy::load`] reads the file, `document` compares what it holds with the schema and takes what is
//! right, `rules` judge what belongs together, `source` says where in the file each problem is.

mod document;
mod evidence;
mod load;
mod model;
mod negative;
mod parse;
mod problem;
mod rehearsal;
mod rules;
mod runbook;
mod scalar;
mod schema;
mod secret;
mod section;
mod source;
pub mod stamp;
mod suggest;
mod template;
mod value;

pub use evidence::{Bucket, Evidence};
pub use load::{LoadError, Loaded};
pub use model::*;
pub use negative::{Damage, NegativeControls};
pub(crate) use parse::FileForm;
pub use parse::MAX_SIZE;
pub use problem::{Problem, Problems};
pub use rehearsal::{Rehearsal, Scope};
pub use rules::Violation;
pub use runbook::Runbook;
pub use schema::schema;
pub(crate) use schema::schema_of;
pub(crate) use secret::is_value as holds_secret;
pub(crate) use suggest::distance;
pub use template::{Field, Form, Parts, Template, TemplateError};
pub use value::{Age, Bytes, BytesPerSecond, QuantityError, Share};
