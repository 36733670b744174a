//! Clients of live servers, held to servers and clients that are not ours, and to hostile ones.

mod checked;
mod compare;
mod imap;
mod maildir;
mod scripted;
mod zimbra;
