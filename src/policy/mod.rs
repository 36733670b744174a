//! What must hold: the policy file, its model, validation and JSON Schema.

mod model;
mod value;

pub use model::*;
pub use value::{Age, Bytes, BytesPerSecond};
