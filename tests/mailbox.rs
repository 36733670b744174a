//! Mailboxes inside archives: from the archive's bytes to the rung `meaningful`, held to what others read from the same bytes.

mod account;
mod export;
mod modes;
mod names;
mod reading;
mod real;
mod repacked;
mod run;
mod sessions;
mod store;
mod twenty;
mod zip;
