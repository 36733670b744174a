use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Object;

/// What a store keeps of objects that were overwritten or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// The store answered: all it keeps of each key, newest first.
    Kept(BTreeMap<String, Vec<Version>>),
    /// The store could not or would not say (`AccessDenied`, `NotImplemented`); never "one version".
    Unknown(String),
}

/// One version of an object, or the marker that it was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The store's name for it; `null` for what was written before the store kept versions.
    pub id: Option<String>,
    /// Bytes; absent in a delete marker.
    pub size: Option<u64>,
    /// When it was written, by the store's clock.
    pub modified: Option<Timestamp>,
    /// It is what a reader gets who names no version.
    pub current: bool,
}

impl Version {
    /// Holds for the marker that the object was deleted.
    #[must_use]
    pub fn is_delete_marker(&self) -> bool {
        self.size.is_none()
    }
}

impl Versions {
    /// What is deleted, but still kept: for each such key the newest version that has content.
    #[must_use]
    pub fn deleted(&self) -> Vec<Object> {
        let Self::Kept(keys) = self else { return Vec::new() };
        keys.iter().filter_map(|(key, versions)| newest_of_deleted(key, versions)).collect()
    }

    /// Holds where nothing that the store listed is a version with a name of its own, as in a bucket that was never told to keep
    /// versions, or not before all of it was written. Nobody asked the bucket itself: that would take one right more.
    #[must_use]
    pub fn seem_off(&self) -> bool {
        let unnamed = |version: &Version| {
            !version.is_delete_marker() && version.id.as_deref().is_none_or(|id| id == "null")
        };
        let Self::Kept(keys) = self else { return false };
        !keys.is_empty() && keys.values().all(|versions| versions.len() == 1 && versions.iter().all(unnamed))
    }
}

fn newest_of_deleted(key: &str, versions: &[Version]) -> Option<Object> {
    versions.iter().find(|version| version.current).filter(|current| current.is_delete_marker())?;
    let (size, version) = versions.iter().find_map(|version| Some((version.size?, version)))?;
    Some(Object {
        key: key.to_owned(),
        size,
        modified: version.modified,
        etag: None,
        version: version.id.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str, size: Option<u64>, current: bool) -> Version {
        Version { id: Some(id.to_owned()), size, modified: None, current }
    }

    #[test]
    fn deleted_is_what_a_marker_hides_and_something_is_left_of() {
        let hidden =
            vec![version("3", None, true), version("2", Some(7), false), version("1", Some(5), false)];
        let back = vec![version("3", Some(9), true), version("2", None, false), version("1", Some(5), false)];
        let gone = vec![version("2", None, true), version("1", None, false)];
        let keys = [("back", back), ("gone", gone), ("hidden", hidden)];
        let keys = keys.map(|(key, versions)| (key.to_owned(), versions));
        let deleted = Versions::Kept(BTreeMap::from(keys)).deleted();
        let expected = ("hidden", 7, Some("2"));
        let found: Vec<_> = deleted
            .iter()
            .map(|object| (object.key.as_str(), object.size, object.version.as_deref()))
            .collect();
        assert_eq!(found, [expected]);
        assert!(Versions::Unknown(String::new()).deleted().is_empty());
    }

    #[test]
    fn versions_seem_off_where_none_has_a_name() {
        let kept = |lists: &[Vec<Version>]| {
            let keys = lists.iter().enumerate().map(|(key, versions)| (key.to_string(), versions.clone()));
            Versions::Kept(keys.collect()).seem_off()
        };
        let plain = vec![version("null", Some(7), true)];
        assert!(kept(std::slice::from_ref(&plain)));
        assert!(!kept(&[]), "nothing tells");
        assert!(!kept(&[plain.clone(), vec![version("1", Some(7), true)]]));
        assert!(!kept(&[plain, vec![version("null", None, true)]]), "a marker is a version");
        assert!(!Versions::Unknown(String::new()).seem_off());
    }
}
