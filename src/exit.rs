//! The exit codes, fixed for ever: scripts and monitoring rely on them.

/// Everything the policy asks for was proven.
pub const PASSED: u8 = 0;
/// mailproof itself failed: a worker panicked, the result could not be written.
pub const INTERNAL: u8 = 1;
/// The command line or the policy is wrong; nothing was examined.
pub const USAGE: u8 = 2;
/// A finding at or above the policy's level.
pub const FAILED: u8 = 10;
/// Passed, with warnings; only where the policy or `--warnings-exit` asks for the difference.
pub const PASSED_WITH_WARNINGS: u8 = 11;
/// Something required could not be proven: an error stopped a check, or coverage fell short.
pub const NOT_VERIFIED: u8 = 20;
/// Interrupted by a signal; nothing is claimed.
pub const INTERRUPTED: u8 = 130;
