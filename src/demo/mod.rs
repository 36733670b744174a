//! A whole restore check in one process: a mailbox, its backup, a store, and damage to find.
//!
//! Input: nothing. Output: archives in a store on 127.0.0.1, sound ones and damaged ones.
//! Invariant: no network beyond loopback, no root, nothing installed, nothing left behind.

pub mod damage;
pub mod later;
pub mod live;
mod loopback;
pub mod mailbox;
pub mod pack;
pub mod server;
pub mod show;
pub mod zimbra;
