//! age: ciphertext in, authenticated plaintext out.
/// Why an archive could not be opened: our keys, never its content.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// placeholder
    #[error("{0}")]
    Other(String),
}
