use std::fmt;
use std::path::{Path, PathBuf};

use super::StorageError;

/// Where an archive or a store lies.
///
/// Written as `s3://bucket/key-or-prefix`, `file:///absolute/path` or a plain path. Everything behind
/// the bucket or `file://` is taken as it stands, without percent-decoding, as `aws s3` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// A key or the beginning of keys; may be empty.
        key: String,
    },
    /// On this machine.
    File {
        /// A file or folder.
        path: PathBuf,
    },
}

impl Location {
    /// Reads a location as people write it.
    ///
    /// # Errors
    /// [`StorageError::BadConfiguration`] if it is none.
    pub fn parse(text: &str) -> Result<Self, StorageError> {
        match text.split_once("://") {
            Some(("s3", rest)) => bucket_and_key(text, rest),
            Some(("file", path)) if path.starts_with('/') => Ok(Self::File { path: path.into() }),
            Some(("file", _)) => {
                Err(bad(text, "a file URL needs an absolute path", "write file:///path with three slashes"))
            }
            Some(("http" | "https", _)) => Err(bad(
                text,
                "this is an endpoint, not an archive",
                "write s3://bucket/key and give the address as `endpoint`",
            )),
            Some((scheme, _)) if is_scheme(scheme) => Err(bad(
                text,
                &format!("{scheme}:// is not supported"),
                "use s3://bucket/key, file:///path or a plain path",
            )),
            _ if text.is_empty() => {
                Err(bad("location", "it is empty", "use s3://bucket/key, file:///path or a plain path"))
            }
            _ => Ok(Self::File { path: text.into() }),
        }
    }

    /// The location of the store an archive at this location lies in: its bucket or its folder.
    #[must_use]
    pub fn store(&self) -> Self {
        match self {
            Self::S3 { bucket, .. } => Self::S3 { bucket: bucket.clone(), key: String::new() },
            Self::File { path } => Self::File { path: folder_of(path).to_owned() },
        }
    }

    /// The key of an archive at this location within [`Location::store`].
    ///
    /// # Errors
    /// [`StorageError::BadConfiguration`] if the location names no single object.
    pub fn key(&self) -> Result<String, StorageError> {
        let key = match self {
            Self::S3 { key, .. } => Some(key.as_str()).filter(|key| !key.is_empty()),
            Self::File { path } => path.file_name().and_then(|name| name.to_str()),
        };
        let missing =
            || bad(&self.to_string(), "it names no archive", "give the archive's key or file name, too");
        key.map(str::to_owned).ok_or_else(missing)
    }

    /// What the keys of a store at this location begin with; always empty for a folder.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self {
            Self::S3 { key, .. } => key,
            Self::File { .. } => "",
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
            Self::File { path } if path.is_absolute() => write!(f, "file://{}", path.display()),
            Self::File { path } => path.display().fmt(f),
        }
    }
}

fn bucket_and_key(text: &str, rest: &str) -> Result<Location, StorageError> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if bucket.is_empty() || !bucket.bytes().all(fits) {
        let step = "write s3://bucket/key; an address of the store belongs into `endpoint`";
        return Err(bad(text, "the bucket's name is missing or malformed", step));
    }
    Ok(Location::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
}

/// RFC 3986 section 3.1; what is none is the beginning of a path.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

fn bad(subject: &str, problem: &str, step: &str) -> StorageError {
    StorageError::configuration(subject, problem, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(bucket: &str, key: &str) -> Location {
        Location::S3 { bucket: bucket.into(), key: key.into() }
    }

    #[test]
    fn buckets_and_keys_are_taken_as_they_stand() {
        assert_eq!(Location::parse("s3://b").unwrap(), s3("b", ""));
        assert_eq!(Location::parse("s3://b/").unwrap(), s3("b", ""));
        assert_eq!(
            Location::parse("s3://my.bucket/a b+c%20/ü//x").unwrap(),
            s3("my.bucket", "a b+c%20/ü//x")
        );
        assert_eq!(Location::parse("s3://b//x").unwrap(), s3("b", "/x"));
    }

    #[test]
    fn paths_are_taken_as_they_stand() {
        for (text, path) in
            [("file:///a b", "/a b"), ("/a/b", "/a/b"), ("a/b", "a/b"), ("./x://y", "./x://y")]
        {
            assert_eq!(Location::parse(text).unwrap(), Location::File { path: path.into() });
        }
    }

    #[test]
    fn what_can_not_be_is_refused_with_a_next_step() {
        for text in [
            "",
            "s3://",
            "s3:///key",
            "s3://a b/key",
            "s3://host:9000/b",
            "file://host/x",
            "https://h/b",
            "gs://b/k",
        ] {
            let error = Location::parse(text).unwrap_err();
            assert!(matches!(error, StorageError::BadConfiguration { .. }), "{text}: {error:?}");
            assert!(error.to_string().contains("; "), "{error}");
        }
    }

    #[test]
    fn a_location_leads_back_to_itself() {
        for text in ["s3://b/k e+y", "file:///a/b", "a/b"] {
            assert_eq!(Location::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_archive_lies_in_a_store_under_a_key() {
        for (text, store, key) in [
            ("s3://b/x/y.age", "s3://b/", "x/y.age"),
            ("file:///x/y.age", "file:///x", "y.age"),
            ("x/y.age", "x", "y.age"),
            ("y.age", ".", "y.age"),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!(location.store().to_string(), store);
            assert_eq!(location.key().unwrap(), key);
        }
        for text in ["s3://b", "/", "x/.."] {
            assert!(Location::parse(text).unwrap().key().is_err(), "{text}");
        }
    }
}
