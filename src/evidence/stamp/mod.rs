//! Time stamps: an authority elsewhere confirms that a record existed at a time (RFC 3161).
//!
//! Input: the bytes of a record. Output: the authority's answer, which lies beside it and which `openssl ts -verify` checks.
//! Invariant: only an answer that was granted for these bytes is kept, and nothing in it is believed before its signature
//! was checked; how long an authority is waited for and how much it may say is bounded.

mod authorities;
mod authority;
mod form;
mod signature;
mod token;

pub use authorities::Authorities;
pub use authority::{Authority, NoStamp};
pub use token::Token;
