//! From the SDK's errors to what they mean for the user.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_checksums::body::validate::Error as ChecksumError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http_body_util::LengthLimitError;

use crate::archive::storage::StorageError;
use crate::legible::line;
use crate::network::{chain, find};

/// What a store answered instead of what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Amazon's error code; empty for HEAD and for answers of something that is no S3 store.
    pub code: String,
    /// In the store's own words.
    pub message: String,
    /// Where the bucket lies, if the store says so.
    pub region: Option<String>,
}

impl Refusal {
    /// The refusal in `error`, if the store answered at all.
    pub fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Self> {
        let SdkError::ServiceError(context) = error else { return None };
        let header = |name| context.raw().headers().get(name).map(line);
        let meta = context.err().meta();
        Some(Self {
            status: context.raw().status().as_u16(),
            code: meta.code().map(line).unwrap_or_default(),
            message: meta.message().map(line).unwrap_or_default(),
            region: header("x-amz-bucket-region").or_else(|| meta.message().and_then(expected_region)),
        })
    }

    /// What the user sees of it.
    pub fn detail(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", _) => format!("HTTP {}", self.status),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }

    fn meaning(self, address: &str) -> StorageError {
        let (address, detail) = (address.to_owned(), self.detail());
        match (self.code.as_str(), self.status) {
            ("NoSuchBucket" | "InvalidBucketName", _) => StorageError::NoBucket { address },
            ("NoSuchKey" | "NoSuchVersion" | "NotFound", _) => StorageError::NotFound { address },
            ("PreconditionFailed" | "InvalidRange", _) | (_, 412 | 416) => {
                StorageError::Changed { address, detail }
            }
            ("RequestTimeTooSkewed" | "RequestExpired", _) => StorageError::ClockSkew { address },
            ("InvalidObjectState", _) => StorageError::Archived { address },
            (
                "SignatureDoesNotMatch"
                | "InvalidAccessKeyId"
                | "InvalidToken"
                | "InvalidClientTokenId"
                | "ExpiredToken"
                | "TokenRefreshRequired"
                | "InvalidSecurity"
                | "NotSignedUp",
                _,
            ) => StorageError::BadCredentials { address, detail },
            ("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed", _)
            | (_, 301 | 307 | 308) => StorageError::Region { address, region: self.region },
            ("SlowDown" | "RequestTimeout" | "InternalError" | "ServiceUnavailable" | "Busy", _)
            | (_, 408 | 425 | 429 | 500 | 502..=599) => StorageError::unavailable(address, detail),
            ("AccessDenied" | "AllAccessDisabled", _) | (_, 401 | 403) => {
                StorageError::AccessDenied { address, detail }
            }
            ("", 404) => StorageError::NotFound { address },
            _ => StorageError::Refused { address, detail },
        }
    }
}

/// The region in "the region 'us-east-1' is wrong; expecting 'eu-north-1'".
fn expected_region(message: &str) -> Option<String> {
    let (_, region) = message.split_once("expecting '")?;
    region.split_once('\'').map(|(region, _)| line(region))
}

/// What a failed call of the SDK means.
pub fn explain<E>(error: &SdkError<E, HttpResponse>, address: &str) -> StorageError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(refusal) = Refusal::of(error) {
        return refusal.meaning(address);
    }
    let address = address.to_owned();
    if let Some(missing) = find::<CredentialsError>(error) {
        let detail = match missing {
            CredentialsError::CredentialsNotLoaded(_) => "none were found".to_owned(),
            _ => chain(missing),
        };
        return StorageError::BadCredentials { address, detail };
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return StorageError::Tls { address, detail: tls.to_string() };
    }
    if find::<LengthLimitError>(error).is_some() {
        return StorageError::Refused {
            address,
            detail: "an answer that does not come to an end".to_owned(),
        };
    }
    match error {
        SdkError::ConstructionFailure(_) => StorageError::Refused { address, detail: chain(error) },
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            StorageError::Refused { address, detail: chain(error) }
        }
        _ => StorageError::unavailable(address, chain(error)),
    }
}

/// Whether a body was read to its end, and the checksum that came with it is of another one.
pub fn is_wrong_checksum(error: &(dyn Error + 'static)) -> bool {
    find::<ChecksumError>(error).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Passing;

    fn meaning(status: u16, code: &str) -> StorageError {
        Refusal { status, code: code.into(), region: Some("eu-north-1".into()), ..Refusal::default() }
            .meaning("s3://b/k")
    }

    #[test]
    fn codes_and_bare_statuses_have_one_meaning() {
        use StorageError as E;
        type Case = (u16, &'static str, fn(&E) -> bool);
        let table: [Case; 22] = [
            (404, "NoSuchKey", |e| matches!(e, E::NotFound { .. })),
            (404, "NoSuchVersion", |e| matches!(e, E::NotFound { .. })),
            (404, "", |e| matches!(e, E::NotFound { .. })),
            (404, "NoSuchBucket", |e| matches!(e, E::NoBucket { .. })),
            (412, "PreconditionFailed", |e| matches!(e, E::Changed { .. })),
            (412, "", |e| matches!(e, E::Changed { .. })),
            (416, "InvalidRange", |e| matches!(e, E::Changed { .. })),
            (403, "SignatureDoesNotMatch", |e| matches!(e, E::BadCredentials { .. })),
            (403, "InvalidAccessKeyId", |e| matches!(e, E::BadCredentials { .. })),
            (400, "ExpiredToken", |e| matches!(e, E::BadCredentials { .. })),
            (403, "AccessDenied", |e| matches!(e, E::AccessDenied { .. })),
            (403, "", |e| matches!(e, E::AccessDenied { .. })),
            (403, "RequestTimeTooSkewed", |e| matches!(e, E::ClockSkew { .. })),
            (403, "InvalidObjectState", |e| matches!(e, E::Archived { .. })),
            (301, "PermanentRedirect", |e| matches!(e, E::Region { region: Some(_), .. })),
            (400, "AuthorizationHeaderMalformed", |e| matches!(e, E::Region { .. })),
            (503, "SlowDown", StorageError::is_transient),
            (500, "", StorageError::is_transient),
            (429, "", StorageError::is_transient),
            (400, "RequestTimeout", StorageError::is_transient),
            (501, "NotImplemented", |e| matches!(e, E::Refused { .. })),
            (400, "InvalidArgument", |e| matches!(e, E::Refused { .. })),
        ];
        for (status, code, fits) in table {
            let error = meaning(status, code);
            assert!(fits(&error), "{status} {code}: {error:?}");
            assert!(error.to_string().contains("; "), "no next step in: {error}");
        }
    }

    #[test]
    fn a_stranger_s_text_becomes_one_short_line() {
        assert_eq!(line("a\u{202E}b\u{2066}\u{FEFF}"), "a b  ");
        let text = line(&format!("a\nb\x1b[31m{}", "x".repeat(999)));
        assert!(text.starts_with("a b [31mx") && text.chars().count() == 200, "{text}");
    }
}
