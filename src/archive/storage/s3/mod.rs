//! A bucket of any store that speaks the Amazon S3 API.
//!
//! Input: a bucket and the policy's settings. Output: objects, their protection, and their bytes.
//! Invariant: every read states the ETag and version it expects, and every answer is held against them,
//! because some stores ignore what they were asked.

mod bounded;
mod client;
mod credentials;
mod deposit;
mod lock;
mod pin;
mod refusal;
mod trust;
mod versions;

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use bytes::Bytes;
use jiff::Timestamp;

use super::{Object, Pace, Protection, Segments, StorageError, Store, Versions};
use crate::event::Tally;
use crate::network::{self, Bandwidth, Passing, Retry};
use crate::policy;
pub use deposit::{Deposit, Deposited, Locking, Retain};
use pin::Answer;

/// Pages in a row that may hold nothing and still promise more.
const MOST_BARREN: u32 = 1000;

/// Objects of one listing: what it takes must fit into memory, however long the store goes on.
const MOST_OBJECTS: usize = 20_000_000;

/// Files of a chain of records, versions included: a record each hour for forty years has as many.
const MOST_OF_RECORDS: usize = 1_000_000;

/// A bucket.
#[derive(Clone)]
pub struct S3Store {
    bucket: String,
    /// Validates the store's checksum behind a whole object.
    whole: Client,
    /// Does not: some stores send the whole object's checksum with a part of it.
    part: Client,
    pace: Pace,
    /// Entries of one listing.
    most: usize,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl S3Store {
    /// Prepares to work with `bucket`; `config.url` is not looked at, and nothing is asked of the store yet.
    ///
    /// `credentials` is the folder in which a bare `credentials_file` is looked up.
    ///
    /// # Errors
    /// [`StorageError::BadConfiguration`], [`StorageError::Secret`], [`StorageError::Tls`] and [`StorageError::BadCredentials`] if the
    /// settings, the `ca_file` or the `credentials_file` can't be used.
    pub async fn open(
        bucket: String,
        config: &policy::Store,
        credentials: Option<&Path>,
    ) -> Result<Self, StorageError> {
        let client::Clients { whole, part } = client::connect(config, credentials).await?;
        let network = &config.network;
        let pace = Pace { retry: Retry::new(network.retries), limit: network.bandwidth.map(Bandwidth::new) };
        Ok(Self { bucket, whole, part, pace, most: MOST_OBJECTS })
    }

    /// The same bucket where it holds a chain of records, which is a thousandth of what archives may be: a listing that goes on
    /// behind that is an error.
    #[must_use]
    pub fn of_records(self) -> Self {
        Self { most: MOST_OF_RECORDS, ..self }
    }

    async fn head_once(&self, key: &str) -> Result<Object, StorageError> {
        match self.whole.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(answer) => pinned(&self.address(key), key, &answer),
            Err(error) => {
                let refused = refusal::explain(&error, &self.address(key));
                Err(self.spelt_out(key, refused).await)
            }
        }
    }

    /// A refused HEAD has no body that says why; the same question as a GET has.
    async fn spelt_out(&self, key: &str, refused: StorageError) -> StorageError {
        let telling = StorageError::is_transient(&refused)
            || matches!(refused, StorageError::Tls { .. } | StorageError::BadCredentials { .. });
        if telling {
            return refused;
        }
        let probe = self.part.get_object().bucket(&self.bucket).key(key).range("bytes=0-0").send().await;
        probe.map_or_else(|error| refusal::explain(&error, &self.address(key)), |_| refused)
    }

    async fn page(&self, prefix: &str, token: Option<&str>) -> Result<ListObjectsV2Output, StorageError> {
        let call = self.whole.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let answer = call.set_continuation_token(token.map(str::to_owned)).send().await;
        answer.map_err(|error| refusal::explain(&error, &self.address(prefix)))
    }

    /// Reading a version needs a right of its own (s3:GetObjectVersion). Who lacks it reads the newest,
    /// and the ETag still tells whether that is the one.
    async fn ask(&self, object: &Object, offset: u64) -> Result<GetObjectOutput, StorageError> {
        match self.ask_for(object, object.version.as_deref(), offset).await {
            Err(StorageError::AccessDenied { .. }) if object.version.is_some() && object.etag.is_some() => {
                self.ask_for(object, None, offset).await
            }
            answer => answer,
        }
    }

    async fn ask_for(
        &self,
        object: &Object,
        version: Option<&str>,
        offset: u64,
    ) -> Result<GetObjectOutput, StorageError> {
        let client = if offset == 0 { &self.whole } else { &self.part };
        let call = client.get_object().bucket(&self.bucket).key(&object.key);
        let answer = call
            .set_if_match(object.etag.as_ref().map(|etag| format!("\"{etag}\"")))
            .set_version_id(version.map(str::to_owned))
            .set_range((offset > 0).then(|| format!("bytes={offset}-")))
            .send()
            .await;
        answer.map_err(|error| pin::changed(refusal::explain(&error, &self.address(&object.key))))
    }
}

#[async_trait]
impl Store for S3Store {
    fn address(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    async fn list(&self, prefix: &str, tally: &Tally) -> Result<Vec<Object>, StorageError> {
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        let mut course = Course::up_to(self.most);
        let refused = |detail| StorageError::Refused { address: self.address(prefix), detail };
        loop {
            let page = self.pace.retry.run(tally, || self.page(prefix, token.as_deref())).await?;
            for object in page.contents() {
                objects.extend(listed(object).map_err(refused)?);
            }
            token = course.next(&page, objects.len()).map_err(refused)?;
            if token.is_none() {
                break;
            }
        }
        // Most stores sort, but not all promise it.
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    async fn head(&self, key: &str, tally: &Tally) -> Result<Object, StorageError> {
        self.pace.retry.run(tally, || self.head_once(key)).await
    }

    async fn get(&self, object: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError> {
        let address = self.address(&object.key);
        if offset > 0 && offset == object.size {
            return Ok(Box::new(S3Segments { address, body: ByteStream::default(), left: 0 }));
        }
        let answer = self.ask(object, offset).await?;
        pin::check(&address, object, offset, &Answer::of(&answer))?;
        Ok(Box::new(S3Segments { address, body: answer.body, left: object.size - offset }))
    }

    async fn protection(&self, object: &Object, tally: &Tally) -> Result<Protection, StorageError> {
        self.pace.retry.run(tally, || lock::protection(&self.whole, &self.bucket, object)).await
    }

    async fn versions(&self, prefix: &str, tally: &Tally) -> Result<Versions, StorageError> {
        let asking = versions::Asking { client: &self.whole, bucket: &self.bucket, prefix, most: self.most };
        asking.versions(self.pace.retry, tally).await
    }

    fn pace(&self) -> Pace {
        self.pace.clone()
    }
}

/// The way through a listing's pages, which a faulty store may lead in a circle or never end.
struct Course {
    /// Entries of all pages.
    most: usize,
    /// Digests, as a token may be of any length.
    seen: HashSet<blake3::Hash>,
    barren: u32,
}

impl Course {
    /// A way on which there are so many entries at most.
    fn up_to(most: usize) -> Self {
        Self { most, seen: HashSet::new(), barren: 0 }
    }

    /// The token of the page after `page`, if there is one; `objects` were listed up to here.
    fn next(&mut self, page: &ListObjectsV2Output, objects: usize) -> Result<Option<String>, String> {
        let token = page.next_continuation_token();
        let goes_on = self.goes_on(page.is_truncated(), page.contents().is_empty(), token, objects)?;
        Ok(token.filter(|_| goes_on).map(str::to_owned))
    }

    /// Holds if there is a page behind the one that was `truncated` or not, held nothing or something, and gave this
    /// `token` of the next; `objects` were listed up to here.
    fn goes_on(
        &mut self,
        truncated: Option<bool>,
        barren: bool,
        token: Option<&str>,
        objects: usize,
    ) -> Result<bool, String> {
        if objects > self.most {
            return Err(format!("a listing of more than {} entries", self.most));
        }
        if truncated != Some(true) {
            return Ok(false);
        }
        self.barren = if barren { self.barren + 1 } else { 0 };
        if self.barren > MOST_BARREN {
            return Err(format!("a listing that goes on after {MOST_BARREN} pages without an object"));
        }
        let Some(token) = token else {
            return Err("a listing that says it goes on, but not where".to_owned());
        };
        if !self.seen.insert(blake3::hash(token.as_bytes())) {
            return Err("a listing that leads back to a page it already gave".to_owned());
        }
        Ok(true)
    }
}

/// A body on its way.
struct S3Segments {
    address: String,
    body: ByteStream,
    left: u64,
}

#[async_trait]
impl Segments for S3Segments {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        match self.body.next().await {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Ok(Some(bytes))
            }
            // A body that ends early has another checksum as well, but may be resumed.
            Some(Err(error)) if self.left == 0 && refusal::is_wrong_checksum(&error) => {
                Err(StorageError::ChecksumMismatch { address: self.address.clone() })
            }
            Some(Err(error)) => Err(StorageError::unavailable(&self.address, network::chain(&error))),
            None => Ok(None),
        }
    }
}

/// `None` for the marker of a folder; an error says what is wrong with the entry.
fn listed(object: &aws_sdk_s3::types::Object) -> Result<Option<Object>, String> {
    let Some(key) = object.key().map(str::to_owned) else { return Ok(None) };
    let size = u64::try_from(object.size().unwrap_or_default())
        .map_err(|_| "a listing with an object of negative size".to_owned())?;
    let marker = size == 0 && key.ends_with('/');
    Ok((!marker).then(|| Object {
        key,
        size,
        modified: object.last_modified().and_then(instant),
        etag: object.e_tag().map(pin::bare),
        version: None,
    }))
}

fn pinned(address: &str, key: &str, answer: &HeadObjectOutput) -> Result<Object, StorageError> {
    let size = answer.content_length().and_then(|size| u64::try_from(size).ok());
    let sizeless =
        || StorageError::Refused { address: address.to_owned(), detail: "no size in the answer".to_owned() };
    Ok(Object {
        key: key.to_owned(),
        size: size.ok_or_else(sizeless)?,
        modified: answer.last_modified().and_then(instant),
        etag: answer.e_tag().map(pin::bare),
        version: answer.version_id().map(str::to_owned),
    })
}

fn instant(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanoseconds).ok()
}

/// The end of a lock. One behind all times that are known here is the last of them, and no lock without an end.
fn end(time: &DateTime) -> Option<Timestamp> {
    let last = Timestamp::from_second(Timestamp::MAX.as_second()).ok();
    instant(time).or(last.filter(|last| time.secs() > last.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entry = aws_sdk_s3::types::Object;

    fn page(token: &str, objects: Vec<Entry>) -> ListObjectsV2Output {
        let page = ListObjectsV2Output::builder().is_truncated(true).next_continuation_token(token);
        page.set_contents(Some(objects)).build()
    }

    #[test]
    fn a_listing_that_leads_in_a_circle_is_refused() {
        let full = || vec![Entry::builder().key("k").size(1).build()];
        let mut course = Course::up_to(9);
        assert_eq!(course.next(&page("a", full()), 1), Ok(Some("a".to_owned())));
        assert_eq!(course.next(&page("b", full()), 2), Ok(Some("b".to_owned())));
        assert!(course.next(&page("a", full()), 3).unwrap_err().contains("leads back"));
        assert!(course.next(&page("c", full()), 10).unwrap_err().contains("more than 9 entries"));
        assert_eq!(course.next(&ListObjectsV2Output::builder().build(), 3), Ok(None));
    }

    #[test]
    fn empty_pages_that_promise_more_come_to_an_end() {
        let mut course = Course::up_to(9);
        for number in 0..MOST_BARREN {
            assert!(course.next(&page(&number.to_string(), Vec::new()), 0).is_ok());
        }
        assert!(course.next(&page("last", Vec::new()), 0).is_err());
    }

    #[test]
    fn a_lock_behind_all_times_ends_with_them() {
        let end = |seconds| end(&DateTime::from_secs(seconds)).map(|end| end.to_string());
        assert_eq!(end(1_893_456_000).as_deref(), Some("2030-01-01T00:00:00Z"));
        // 9999-12-31T23:59:59Z
        assert_eq!(end(253_402_300_799).as_deref(), Some("9999-12-30T22:00:00Z"));
        assert_eq!(end(i64::MIN), None);
    }

    #[test]
    fn a_negative_size_is_an_error_and_a_folder_s_marker_no_object() {
        assert!(listed(&Entry::builder().key("k").size(-1).build()).is_err());
        assert_eq!(listed(&Entry::builder().key("k/").size(0).build()), Ok(None));
    }
}
