//! All that a bucket keeps of its objects, page by page.
//!
//! Invariant: a listing that was refused on any of its pages is "unknown", never a part of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion};

use super::refusal::{self, Refusal};
use super::{Course, instant};
use crate::archive::storage::{StorageError, Version, Versions};
use crate::event::Tally;
use crate::network::Retry;

/// What to ask for; the answers of all pages are gathered.
pub struct Asking<'a> {
    pub client: &'a Client,
    pub bucket: &'a str,
    pub prefix: &'a str,
    /// Entries of all pages.
    pub most: usize,
}

/// Where a page begins: behind this version, or behind all versions of the key where none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    key: Option<String>,
    version: Option<String>,
}

/// A page, or why the store gives none.
enum Page {
    Listed(Box<ListObjectVersionsOutput>),
    Refused(String),
}

impl Asking<'_> {
    /// Walks all pages.
    pub async fn versions(&self, retry: Retry, tally: &Tally) -> Result<Versions, StorageError> {
        let mut keys = BTreeMap::new();
        let (mut place, mut course, mut entries) = (Place::default(), Course::up_to(self.most), 0);
        let refused = |detail| StorageError::Refused { address: self.address(), detail };
        loop {
            let page = match retry.run(tally, || self.page(&place)).await? {
                Page::Listed(page) => page,
                Page::Refused(why) => return Ok(Versions::Unknown(why)),
            };
            entries += gather(&page, &mut keys).map_err(refused)?;
            match next(&mut course, &page, entries).map_err(refused)? {
                Some(next) => place = next,
                None => break,
            }
        }
        keys.values_mut().for_each(|versions| newest_first(versions));
        Ok(Versions::Kept(keys))
    }

    /// The SDK has no paginator for this call.
    async fn page(&self, place: &Place) -> Result<Page, StorageError> {
        let call = self.client.list_object_versions().bucket(self.bucket).prefix(self.prefix);
        let call = call.set_key_marker(place.key.clone()).set_version_id_marker(place.version.clone());
        match call.send().await {
            Ok(page) => Ok(Page::Listed(Box::new(page))),
            Err(error) => match (refusal::explain(&error, &self.address()), Refusal::of(&error)) {
                (StorageError::AccessDenied { .. }, Some(refusal)) => {
                    Ok(Page::Refused(format!("{}; allow s3:ListBucketVersions", refusal.detail())))
                }
                (_, Some(refusal)) if is_unknown_to_the_store(&refusal) => {
                    Ok(Page::Refused(format!("{}; this store lists no versions", refusal.detail())))
                }
                (error, _) => Err(error),
            },
        }
    }

    fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }
}

fn is_unknown_to_the_store(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "NotImplemented" | "MethodNotAllowed")
        || matches!(refusal.status, 405 | 501)
}

/// Puts the entries of a page to their keys, and counts them.
fn gather(
    page: &ListObjectVersionsOutput,
    keys: &mut BTreeMap<String, Vec<Version>>,
) -> Result<usize, String> {
    let markers = page.delete_markers().iter().filter_map(marker);
    let mut entries = 0;
    let versions = page.versions().iter().filter_map(|entry| version(entry).transpose());
    for entry in versions.chain(markers.map(Ok)) {
        let (key, version) = entry?;
        entries += 1;
        // Consoles make an empty object for a folder.
        if !(key.ends_with('/') && version.size.unwrap_or(0) == 0) {
            keys.entry(key).or_default().push(version);
        }
    }
    Ok(entries)
}

fn version(entry: &ObjectVersion) -> Result<Option<(String, Version)>, String> {
    let Some(key) = entry.key() else { return Ok(None) };
    let size = u64::try_from(entry.size().unwrap_or_default())
        .map_err(|_| "a listing with a version of negative size".to_owned())?;
    let version = Version {
        id: entry.version_id().map(str::to_owned),
        size: Some(size),
        modified: entry.last_modified().and_then(instant),
        current: entry.is_latest() == Some(true),
    };
    Ok(Some((key.to_owned(), version)))
}

fn marker(entry: &DeleteMarkerEntry) -> Option<(String, Version)> {
    let version = Version {
        id: entry.version_id().map(str::to_owned),
        size: None,
        modified: entry.last_modified().and_then(instant),
        current: entry.is_latest() == Some(true),
    };
    Some((entry.key()?.to_owned(), version))
}

/// Versions and markers come in two lists, each in its own order.
fn newest_first(versions: &mut [Version]) {
    versions.sort_by_key(|version| (Reverse(version.current), Reverse(version.modified)));
}

/// Where the page after `page` begins, if there is one.
fn next(
    course: &mut Course,
    page: &ListObjectVersionsOutput,
    entries: usize,
) -> Result<Option<Place>, String> {
    let barren = page.versions().is_empty() && page.delete_markers().is_empty();
    let place = Place {
        key: page.next_key_marker().map(str::to_owned),
        version: page.next_version_id_marker().filter(|id| !id.is_empty()).map(str::to_owned),
    };
    let token = place.key.as_deref().map(|key| format!("{key}\0{}", place.version.as_deref().unwrap_or("")));
    let goes_on = course.goes_on(page.is_truncated(), barren, token.as_deref(), entries)?;
    Ok(goes_on.then_some(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(key: &str, id: &str) -> ListObjectVersionsOutput {
        let entry = ObjectVersion::builder().key("k").size(1).build();
        let page = ListObjectVersionsOutput::builder().is_truncated(true).versions(entry);
        page.next_key_marker(key).next_version_id_marker(id).build()
    }

    #[test]
    fn a_key_of_several_pages_is_no_circle_but_the_same_version_again_is() {
        let mut course = Course::up_to(9);
        for id in ["1", "2"] {
            let expected = Place { key: Some("k".to_owned()), version: Some(id.to_owned()) };
            assert_eq!(next(&mut course, &page("k", id), 1), Ok(Some(expected)));
        }
        assert!(next(&mut course, &page("k", "1"), 3).unwrap_err().contains("leads back"));
        let last = ListObjectVersionsOutput::builder().next_key_marker("k").build();
        assert_eq!(next(&mut course, &last, 3), Ok(None));
    }

    #[test]
    fn the_newest_stands_first_whichever_list_it_came_in() {
        let time = |seconds| aws_sdk_s3::primitives::DateTime::from_secs(seconds);
        let version =
            |id: &str, at| ObjectVersion::builder().key("k").size(1).version_id(id).last_modified(time(at));
        let marker =
            |id: &str, at| DeleteMarkerEntry::builder().key("k").version_id(id).last_modified(time(at));
        let page = ListObjectVersionsOutput::builder()
            .versions(version("3", 30).build())
            .versions(version("1", 10).build())
            .delete_markers(marker("4", 30).is_latest(true).build())
            .delete_markers(marker("2", 20).build());
        let mut keys = BTreeMap::new();
        assert_eq!(gather(&page.build(), &mut keys), Ok(4));
        let versions = keys.get_mut("k").unwrap();
        newest_first(versions);
        let ids: Vec<_> = versions.iter().map(|version| version.id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["4", "3", "2", "1"]);
    }

    #[test]
    fn a_negative_size_is_an_error_and_a_folder_s_marker_no_archive() {
        let of = |key: &str, size| {
            let page = ListObjectVersionsOutput::builder();
            page.versions(ObjectVersion::builder().key(key).size(size).build()).build()
        };
        let mut keys = BTreeMap::new();
        assert!(gather(&of("k", -1), &mut keys).is_err());
        assert_eq!(gather(&of("k/", 0), &mut keys), Ok(1));
        assert!(keys.is_empty());
    }
}
