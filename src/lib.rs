//! mailproof proves that encrypted off-site Zimbra backups can be restored.
//!
//! The way through the house is one sentence: [`verify`] takes what the [`policy`] selects from
//! [`archive::storage`], lets it flow through [`archive::decrypt`], [`archive::decompress`] and
//! [`archive::unpack`], compares every member with the [`archive::manifest`], lets [`check`]
//! judge, forms a [`verdict`], and leaves [`evidence`] and a [`report`].

pub mod archive;
pub mod check;
pub mod cli;
pub mod compare;
pub mod controls;
pub mod demo;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod history;
mod legible;
pub mod live;
pub mod mailbox;
pub mod network;
pub mod policy;
pub mod report;
pub mod restore;
pub mod secret;
pub mod verdict;
pub mod verify;
