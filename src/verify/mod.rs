//! The run of a verification.
