//! What is judged: one file for each check.
//!
//! Input: plain data that others fetched. Output: findings and how far a rung was proven. No I/O.

pub mod meaningful;
pub mod present;
pub mod restorable;
