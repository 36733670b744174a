use crate::secret::SecretError;

/// Why an archive could not be opened: our keys, never its content. Names files and public keys only.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither an identity nor a passphrase was given.
    #[error(
        "the archive is encrypted to {recipients} and no identity was given: name one with --identity or in `keys.identities`"
    )]
    NoIdentity {
        /// The kinds of its recipients.
        recipients: String,
    },
    /// None of the keys at hand belongs to a recipient of the archive.
    #[error(
        "no identity opens the archive: it is encrypted to {recipients}, tried were {tried}; look for the identity that belongs to the producer's recipients and name it in `keys.identities`"
    )]
    NoMatchingIdentity {
        /// The kinds of its recipients.
        recipients: String,
        /// Kind, public key and file of what was tried.
        tried: String,
    },
    /// A passphrase is needed and none was given.
    #[error("{what} is encrypted with a passphrase: name the file that holds it in `keys.passphrase_file`")]
    PassphraseNeeded {
        /// The archive or the identity file.
        what: String,
    },
    /// The passphrase does not open it.
    #[error("the passphrase does not open {what}; check the file named in `keys.passphrase_file`")]
    WrongPassphrase {
        /// The archive or the identity file.
        what: String,
    },
    /// Deriving the key would take more work than the policy allows.
    #[error(
        "{what} asks for scrypt work factor {required} and the policy allows {allowed}; if it is yours, raise `keys.max_work_factor` (each step doubles time and memory)"
    )]
    ExcessiveWork {
        /// The archive or the identity file.
        what: String,
        /// log2 of the work it asks for.
        required: u8,
        /// log2 of the work the policy allows.
        allowed: u8,
    },
    /// An identity needs a program that the policy does not name.
    #[error(
        "{file} needs the program age-plugin-{name}, which the policy does not allow; if it may run, add \"{name}\" to `keys.plugins`"
    )]
    PluginNotAllowed {
        /// The identity file.
        file: String,
        /// The plugin.
        name: String,
    },
    /// An identity needs a program that is not installed.
    #[error("{file} needs the program age-plugin-{name}, which is not in the PATH; install it")]
    PluginMissing {
        /// The identity file.
        file: String,
        /// The plugin.
        name: String,
    },
    /// A plugin could not do its work.
    #[error(
        "age-plugin-{name} did not open the archive: {why}; check that its device is connected and that `age -d` works with it"
    )]
    PluginFailed {
        /// The plugin.
        name: String,
        /// What it said.
        why: String,
    },
    /// A file with a secret can't be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// More than one of these.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<OpenError>),
}
