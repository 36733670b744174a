//! What all work with other machines has in common: how it is repeated, slowed down, ended and trusted.
//!
//! Invariant: there is one way for each; stores and mail servers share it.

mod authorities;
mod bandwidth;
mod cancel;
mod causes;
mod proxy;
mod retry;
mod tls;

pub use authorities::certificates;
pub use bandwidth::Bandwidth;
pub use cancel::Cancel;
pub(crate) use causes::{chain, find};
pub(crate) use proxy::proxy;
pub use retry::{Backoff, Passing, Retry};
pub use tls::client_config;
