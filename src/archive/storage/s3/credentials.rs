//! Who we are to the store. Secrets are never printed and are wiped from memory where they are ours.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, imds};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::archive::storage::StorageError;
use crate::policy;

/// Most machines have no metadata service, and it must not cost them more than this to learn so.
const METADATA_PATIENCE: Duration = Duration::from_secs(2);

/// The `credentials_file`, else exactly the `profile`, else the usual AWS chain.
pub async fn provider(
    config: &policy::Store,
    folder: Option<&Path>,
    http: &SharedHttpClient,
) -> Result<SharedCredentialsProvider, StorageError> {
    if let Some(file) = &config.credentials_file {
        let keys = Keys::load(file, folder)?;
        return Ok(SharedCredentialsProvider::new(keys.credentials()));
    }
    let environment = ProviderConfig::without_region()
        .with_http_client(http.clone())
        .with_behavior_version(Some(BehaviorVersion::v2026_01_12()));
    Ok(match &config.profile {
        Some(profile) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&environment).build(),
        ),
        None => SharedCredentialsProvider::new(chain(environment).await),
    })
}

async fn chain(environment: ProviderConfig) -> DefaultCredentialsChain {
    let metadata = imds::Client::builder()
        .configure(&environment)
        .max_attempts(1)
        .connect_timeout(METADATA_PATIENCE / 2)
        .operation_timeout(METADATA_PATIENCE)
        .build();
    // A region that is given here keeps the chain from asking the metadata service for one.
    let region = aws_config::Region::from_static("us-east-1");
    DefaultCredentialsChain::builder()
        .configure(environment)
        .region(region)
        .imds_client(metadata)
        .build()
        .await
}

/// The `credentials_file` (TOML).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    access_key_id: String,
    #[serde(deserialize_with = "secret")]
    secret_access_key: SecretString,
    #[serde(default, deserialize_with = "optional_secret")]
    session_token: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

fn optional_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    secret(deserializer).map(Some)
}

impl Keys {
    fn load(file: &Path, folder: Option<&Path>) -> Result<Self, StorageError> {
        let (path, guarded) = locate(file, folder)?;
        let failed = |error: io::Error| {
            let step = "check the path and that this account may read it";
            bad(&path, error.to_string(), step.to_owned())
        };
        let mode = fs::metadata(&path).map_err(failed)?.permissions().mode();
        // systemd keeps the folder to this unit and shows an ACL for its user as the group's bits.
        if !guarded && mode & 0o077 != 0 {
            let problem = format!("others may read it (mode {:o})", mode & 0o777);
            return Err(bad(&path, problem, format!("run `chmod 600 {}` and make new keys", path.display())));
        }
        let text = Zeroizing::new(fs::read_to_string(&path).map_err(failed)?);
        Self::parse(&path, &text)
    }

    /// The parser's own messages may quote a secret, so only the line is told.
    fn parse(path: &Path, text: &str) -> Result<Self, StorageError> {
        let keys: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            malformed(path, format!("line {line} is not what it should be, or a line is missing"))
        })?;
        if keys.access_key_id.is_empty() || keys.secret_access_key.expose_secret().is_empty() {
            return Err(malformed(path, "a key is empty".to_owned()));
        }
        Ok(keys)
    }

    fn credentials(&self) -> Credentials {
        let token = self.session_token.as_ref().map(|token| token.expose_secret().to_owned());
        let secret = self.secret_access_key.expose_secret();
        Credentials::new(&self.access_key_id, secret, token, None, "credentials_file")
    }
}

/// Where the file lies, and whether the folder it lies in guards it.
fn locate(file: &Path, folder: Option<&Path>) -> Result<(PathBuf, bool), StorageError> {
    let bare = file.file_name() == Some(file.as_os_str());
    match folder {
        Some(folder) if bare => Ok((folder.join(file), true)),
        None if bare => {
            let step = format!(
                "write ./{0} for a file here, or run under systemd with LoadCredential={0}:…",
                file.display()
            );
            Err(bad(
                file,
                "a bare name is looked up in $CREDENTIALS_DIRECTORY, which is not set".to_owned(),
                step,
            ))
        }
        _ => Ok((file.to_owned(), false)),
    }
}

fn malformed(path: &Path, problem: String) -> StorageError {
    let step =
        "it holds access_key_id = \"…\", secret_access_key = \"…\" and, if need be, session_token = \"…\"";
    bad(path, problem, step.to_owned())
}

fn bad(path: &Path, problem: String, step: String) -> StorageError {
    StorageError::configuration(format!("credentials_file {}", path.display()), problem, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t-S3CR3T";

    fn written(content: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.toml");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        (folder, file)
    }

    fn good() -> String {
        format!("access_key_id = \"AK\"\nsecret_access_key = \"{SECRET}\"\nsession_token = \"T{SECRET}\"\n")
    }

    #[test]
    fn a_private_file_is_read_and_its_secrets_are_not_shown() {
        let (_folder, file) = written(&good(), 0o600);
        let keys = Keys::load(&file, None).unwrap();
        assert!(!format!("{keys:?}").contains(SECRET));
        let credentials = keys.credentials();
        assert_eq!((credentials.access_key_id(), credentials.secret_access_key()), ("AK", SECRET));
        assert!(credentials.session_token().is_some());
        assert!(!format!("{credentials:?}").contains(SECRET));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o644, 0o620] {
            let (_folder, file) = written(&good(), mode);
            let error = Keys::load(&file, None).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_bare_name_lies_in_the_credentials_folder() {
        let (folder, _) = written(&good(), 0o440);
        assert!(Keys::load(Path::new("keys.toml"), Some(folder.path())).is_ok());
        let error = Keys::load(Path::new("keys.toml"), None).unwrap_err().to_string();
        assert!(error.contains("LoadCredential=keys.toml"), "{error}");
        let error = Keys::load(Path::new("./keys.toml"), Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("./keys.toml"), "{error}");
    }

    #[test]
    fn a_malformed_file_is_refused_without_quoting_it() {
        for (content, line) in [
            (format!("access_key_id = \"AK\"\nsecret_access_key = \"{SECRET}\n"), "line 2"),
            (format!("access_key_id = \"AK\"\nsecret_key = \"{SECRET}\"\n"), "line 2"),
            (format!("access_key_id = \"AK\"\nsecret_access_key = [\"{SECRET}\"]\n"), "line 2"),
            ("access_key_id = \"AK\"\n".to_owned(), "line"),
            ("access_key_id = \"\"\nsecret_access_key = \"x\"\n".to_owned(), "empty"),
        ] {
            let (_folder, file) = written(&content, 0o600);
            let error = Keys::load(&file, None).unwrap_err().to_string();
            assert!(error.contains(line) && !error.contains(SECRET), "{error}");
        }
    }
}
