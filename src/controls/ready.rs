//! The files of requirements that are part of the program.

use super::model::Framework;
use crate::policy::Problems;

macro_rules! ready {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each, in the order in which they are told.
        pub const READY: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../policies/controls/", $name, ".toml")))),+
        ];
    };
}
ready!("iso27001", "nis2", "dora", "gdpr", "nist-800-53", "cis-v8", "soc2");

/// A framework and where it was read.
#[derive(Debug, Clone)]
pub struct Origin {
    /// What it asks.
    pub framework: Framework,
    /// The file; absent for those that are part of the program.
    pub file: Option<String>,
    /// BLAKE3 of the text, in hexadecimal: by which wording was judged.
    pub blake3: String,
}

impl Origin {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// As [`Framework::parse`].
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let framework = Framework::parse(text, file)?;
        let blake3 = blake3::hash(text.as_bytes()).to_hex().to_string();
        Ok(Self { framework, file: Some(file.to_owned()), blake3 })
    }
}

/// All that are part of the program.
///
/// # Errors
/// A fault of the program; the tests read every one.
pub fn ready() -> Result<Vec<Origin>, Problems> {
    let read = |(name, text): &(&str, &str)| Origin::read(text, &format!("{name}.toml"));
    let own = |origin: Origin| Origin { file: None, ..origin };
    READY.iter().map(|entry| read(entry).map(own)).collect()
}
