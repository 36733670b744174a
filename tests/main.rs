//! The integration tests: one binary, a module for each stage.
//!
//! `cargo test` runs what needs nothing but this package. Tests that need foreign tools or servers are
//! ignored with the reason; `tests/run` installs those and runs everything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![allow(clippy::result_large_err, clippy::cast_possible_truncation)]

mod lab;
mod program;
mod support;

mod archives;
mod cli;
mod controls;
mod decompress;
mod decrypt;
mod demo;
mod evidence;
mod findings;
mod foreign;
mod history;
mod live;
mod mailbox;
mod manifest;
mod operations;
mod places;
mod policy;
mod promises;
mod rehearse;
mod report;
mod restore;
mod storage;
mod unpack;
