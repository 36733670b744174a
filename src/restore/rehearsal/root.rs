use std::fmt;

use aws_lc_rs::rand;
use jiff::Timestamp;

/// What the folder of a run begins with, and what one that is to stay does.
const RUN: &str = "mailproof-run-";
const KEPT: &str = "mailproof-kept-";
/// How the rest looks: the time, and a random number that sets two runs of one second apart.
const SHAPE: &str = "00000000T000000Z-xxxxxxxx";

/// The folder of one run, below which all is restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(String);

/// What a run left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// It was ended before it could clean up.
    Left,
    /// It was asked to keep what it put (`--keep`).
    Kept,
}

impl Root {
    /// A name that no run had before; nothing if the system has no random numbers.
    #[must_use]
    pub fn new(began: Timestamp, keep: bool) -> Option<Self> {
        let mut nonce = [0; 4];
        rand::fill(&mut nonce).ok()?;
        let (kind, time) = (if keep { KEPT } else { RUN }, began.strftime("%Y%m%dT%H%M%SZ"));
        Some(Self(format!("{kind}{time}-{:08x}", u32::from_be_bytes(nonce))))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a folder of this name is, if a run made it.
    #[must_use]
    pub fn remains(name: &str) -> Option<Remains> {
        let (rest, remains) = match (name.strip_prefix(RUN), name.strip_prefix(KEPT)) {
            (Some(rest), _) => (rest, Remains::Left),
            (None, Some(rest)) => (rest, Remains::Kept),
            (None, None) => return None,
        };
        let fits = |(letter, shape): (u8, u8)| match shape {
            b'0' => letter.is_ascii_digit(),
            b'x' => matches!(letter, b'0'..=b'9' | b'a'..=b'f'),
            shape => letter == shape,
        };
        (rest.len() == SHAPE.len() && rest.bytes().zip(SHAPE.bytes()).all(fits)).then_some(remains)
    }

    /// The folder that a run left, by its name.
    #[must_use]
    pub fn found(name: &str) -> Option<Self> {
        Self::remains(name).map(|_| Self(name.to_owned()))
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_s_folder_is_known_again_and_no_other_is() {
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        let (run, kept) = (Root::new(at, false).unwrap(), Root::new(at, true).unwrap());
        assert_eq!(Root::remains(run.as_str()), Some(Remains::Left));
        assert_eq!(Root::remains(kept.as_str()), Some(Remains::Kept));
        assert_ne!(run, Root::new(at, false).unwrap());
        for name in ["", "mailproof-run-", "mailproof-sandbox", "mailproof-run-20261125T040000Z-0123456g"] {
            assert_eq!(Root::remains(name), None, "{name}");
        }
        assert_eq!(Root::remains(&format!("{run}x")), None);
        assert_eq!(Root::remains(&format!("x{run}")), None);
    }
}
