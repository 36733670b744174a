//! Mailboxes in archives, held to what others read from the same bytes.

mod export;
mod modes;
mod reading;
mod real;
