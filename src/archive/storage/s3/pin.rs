//! Holds an answer against the object that was pinned.

use aws_sdk_s3::operation::get_object::GetObjectOutput;

use crate::archive::storage::{Object, StorageError};

/// What a GET's headers say of the bytes behind them.
#[derive(Debug, Default)]
pub struct Answer<'a> {
    etag: Option<&'a str>,
    version: Option<&'a str>,
    length: Option<i64>,
    range: Option<&'a str>,
}

impl<'a> Answer<'a> {
    /// The headers of `output`.
    pub fn of(output: &'a GetObjectOutput) -> Self {
        Self {
            etag: output.e_tag(),
            version: output.version_id(),
            length: output.content_length(),
            range: output.content_range(),
        }
    }
}

/// An ETag without the quotes of RFC 9110 section 8.8.3.
pub fn bare(etag: &str) -> String {
    etag.trim().trim_start_matches("W/").trim_matches('"').to_owned()
}

/// What was pinned is gone: a change of the object, not a wrong key.
pub fn changed(error: StorageError) -> StorageError {
    match error {
        StorageError::NotFound { address } => {
            StorageError::Changed { address, detail: "it was removed".to_owned() }
        }
        other => other,
    }
}

/// Whether the answer is `object` from `offset` to its end, and says so itself.
pub fn check(address: &str, object: &Object, offset: u64, answer: &Answer<'_>) -> Result<(), StorageError> {
    let address = || address.to_owned();
    if let Some(detail) = other_object(object, answer) {
        return Err(StorageError::Changed { address: address(), detail });
    }
    let total = match answer.range {
        Some(range) => from(range, offset).ok_or_else(|| StorageError::WrongRange {
            address: address(),
            detail: format!("from byte {offset} was asked for, the answer is {range}"),
        })?,
        None if offset > 0 => {
            let detail = format!("from byte {offset} was asked for, the answer is the whole object");
            return Err(StorageError::WrongRange { address: address(), detail });
        }
        None => None,
    };
    let length = answer.length.and_then(|length| u64::try_from(length).ok());
    let size = total.or(length.map(|length| length.saturating_add(offset)));
    match size {
        Some(size) if size != object.size => {
            let detail = format!("{} bytes before, {size} now", object.size);
            Err(StorageError::Changed { address: address(), detail })
        }
        _ => Ok(()),
    }
}

fn other_object(object: &Object, answer: &Answer<'_>) -> Option<String> {
    let differ = |what: &str, before: &Option<String>, now: Option<String>| match (before, now) {
        (Some(before), Some(now)) if *before != now => Some(format!("{what} {before} before, {now} now")),
        _ => None,
    };
    differ("ETag", &object.etag, answer.etag.map(bare))
        .or_else(|| differ("version", &object.version, answer.version.map(str::to_owned)))
}

/// The total size if `range` (`bytes FIRST-LAST/TOTAL`, RFC 9110 section 14.4) runs from `offset` to the end;
/// `Some(None)` if the total is not stated.
fn from(range: &str, offset: u64) -> Option<Option<u64>> {
    let (span, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = span.split_once('-')?;
    if first.parse::<u64>().ok()? != offset {
        return None;
    }
    if total == "*" {
        return Some(None);
    }
    let (last, total) = (last.parse::<u64>().ok()?, total.parse::<u64>().ok()?);
    (last.checked_add(1)? == total).then_some(Some(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        Object {
            key: "k".into(),
            size: 100,
            modified: None,
            etag: Some("aa".into()),
            version: Some("v1".into()),
        }
    }

    fn judge(offset: u64, answer: &Answer<'_>) -> Result<(), StorageError> {
        check("s3://b/k", &object(), offset, answer)
    }

    #[test]
    fn the_pinned_object_passes() {
        let same = Answer { etag: Some("\"aa\""), version: Some("v1"), length: Some(100), range: None };
        judge(0, &same).unwrap();
        judge(
            40,
            &Answer {
                etag: Some("\"aa\""),
                length: Some(60),
                range: Some("bytes 40-99/100"),
                ..Answer::default()
            },
        )
        .unwrap();
        judge(40, &Answer { length: Some(60), range: Some("bytes 40-99/*"), ..Answer::default() }).unwrap();
    }

    #[test]
    fn another_object_is_a_change_even_if_the_store_ignores_if_match() {
        for answer in [
            Answer { etag: Some("\"bb\""), length: Some(100), ..Answer::default() },
            Answer { etag: Some("\"aa\""), version: Some("v2"), length: Some(100), ..Answer::default() },
            Answer { etag: Some("\"aa\""), length: Some(99), ..Answer::default() },
        ] {
            assert!(matches!(judge(0, &answer), Err(StorageError::Changed { .. })));
        }
        for answer in [
            Answer { etag: Some("\"bb\""), range: Some("bytes 40-99/100"), ..Answer::default() },
            Answer { range: Some("bytes 40-199/200"), ..Answer::default() },
            Answer { range: Some("bytes 40-99/*"), length: Some(10), ..Answer::default() },
        ] {
            assert!(matches!(judge(40, &answer), Err(StorageError::Changed { .. })));
        }
    }

    #[test]
    fn other_bytes_than_asked_for_are_refused() {
        for range in [
            None,
            Some("bytes 0-99/100"),
            Some("bytes 40-98/100"),
            Some("bytes */100"),
            Some("40-99/100"),
            Some("bytes 40-18446744073709551615/1"),
            Some("bytes"),
        ] {
            let result = judge(40, &Answer { length: Some(60), range, ..Answer::default() });
            assert!(matches!(result, Err(StorageError::WrongRange { .. })), "{range:?}: {result:?}");
        }
    }

    #[test]
    fn etags_lose_quotes_and_weakness() {
        assert_eq!(bare("\"d41d8-2\""), "d41d8-2");
        assert_eq!(bare("W/\"x\""), "x");
        assert_eq!(bare("plain"), "plain");
    }
}
