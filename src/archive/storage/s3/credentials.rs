//! Who we are to the store. Secrets are never printed and are wiped from memory where they are ours.

use std::path::Path;
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

use crate::archive::storage::StorageError;
use crate::policy;
use crate::secret::{SecretError, SecretFile};

/// Most machines have no metadata service, and it must not cost them more than this to learn so.
const METADATA_PATIENCE: Duration = Duration::from_secs(2);

/// The `credentials_file`, else exactly the `profile`, else the usual AWS chain.
pub async fn provider(
    config: &policy::Store,
    folder: Option<&Path>,
    http: &SharedHttpClient,
) -> Result<SharedCredentialsProvider, StorageError> {
    if let Some(file) = &config.credentials_file {
        let keys = Keys::load(&SecretFile::find(file, folder))?;
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
    fn load(file: &SecretFile) -> Result<Self, SecretError> {
        let bytes = file.read()?;
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed(file, None, "it is not UTF-8"))?;
        Self::parse(file, text)
    }

    /// The parser's own messages may quote a secret, so only the line is told.
    fn parse(file: &SecretFile, text: &str) -> Result<Self, SecretError> {
        let keys: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            malformed(file, Some(line), "it is not what it should be, or a line is missing")
        })?;
        if keys.access_key_id.is_empty() || keys.secret_access_key.expose_secret().is_empty() {
            return Err(malformed(file, None, "a key is empty"));
        }
        Ok(keys)
    }

    fn credentials(&self) -> Credentials {
        let token = self.session_token.as_ref().map(|token| token.expose_secret().to_owned());
        let secret = self.secret_access_key.expose_secret();
        Credentials::new(&self.access_key_id, secret, token, None, "credentials_file")
    }
}

fn malformed(file: &SecretFile, line: Option<usize>, problem: &str) -> SecretError {
    let form = "access_key_id = \"…\", secret_access_key = \"…\" and, if need be, session_token = \"…\"";
    file.malformed(line, &format!("{problem}; write {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    const SECRET: &str = "s3cr3t-S3CR3T";

    fn written(content: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.toml");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        (folder, file)
    }

    fn load(file: &Path, folder: Option<&Path>) -> Result<Keys, SecretError> {
        Keys::load(&SecretFile::find(file, folder))
    }

    fn good() -> String {
        format!("access_key_id = \"AK\"\nsecret_access_key = \"{SECRET}\"\nsession_token = \"T{SECRET}\"\n")
    }

    #[test]
    fn a_private_file_is_read_and_its_secrets_are_not_shown() {
        let (_folder, file) = written(&good(), 0o600);
        let keys = load(&file, None).unwrap();
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
            let error = load(&file, None).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_bare_name_lies_in_the_credentials_folder() {
        // systemd grants the file by an access list, which shows as the group's bits.
        let (folder, _) = written(&good(), 0o440);
        assert!(load(Path::new("keys.toml"), Some(folder.path())).is_ok());
        for path in ["./keys.toml", "other.toml"] {
            let error = load(Path::new(path), Some(folder.path())).unwrap_err().to_string();
            assert!(error.starts_with(path) && error.contains("add `LoadCredential="), "{error}");
        }
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
            let error = load(&file, None).unwrap_err().to_string();
            assert!(error.contains(line) && !error.contains(SECRET), "{error}");
        }
    }
}
