//! The command `mailproof`.

fn main() {}
