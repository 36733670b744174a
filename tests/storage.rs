//! One conformance suite for every store, and what is special to a folder.
//!
//! A store passes if it lists, reads and refuses exactly like all others.

mod endless;
mod faults;
mod servers;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use mailproof::archive::storage::{
    Download, FileStore, Object, Protection, Segments, StorageError, Store, Versions, open_store,
};
use mailproof::event::Tally;
use mailproof::policy;
use tempfile::TempDir;

/// A store, and the way to change what is in it behind the store's back.
#[async_trait]
trait Fixture: Send + Sync {
    fn store(&self) -> Arc<dyn Store>;
    async fn put(&self, key: &str, bytes: &[u8]);
    async fn delete(&self, key: &str);
    /// Puts many small objects; the key is the content.
    async fn put_many(&self, keys: &[String]) {
        for key in keys {
            self.put(key, key.as_bytes()).await;
        }
    }
}

async fn conformance(fixture: &impl Fixture) {
    lists_everything_in_order(fixture).await;
    lists_what_has_the_prefix(fixture).await;
    takes_names_as_they_are(fixture).await;
    tells_size_time_and_etag(fixture).await;
    reads_from_any_offset(fixture).await;
    reads_nothing_of_nothing(fixture).await;
    downloads_the_whole_object(fixture).await;
    refuses_what_is_not_there(fixture).await;
    notices_an_overwritten_object(fixture).await;
    notices_a_removed_object(fixture).await;
}

async fn lists_everything_in_order(fixture: &impl Fixture) {
    let keys: Vec<String> = (0..1005).rev().map(|number| format!("many/{number:04}")).collect();
    fixture.put_many(&keys).await;
    let listed = keys_of(&fixture.store().list("many/", &Tally::default()).await.unwrap());
    assert_eq!(listed.len(), 1005, "a store gives at most 1000 keys at once");
    assert!(
        listed.is_sorted() && listed.first().unwrap() == "many/0000" && listed.last().unwrap() == "many/1004"
    );
}

async fn lists_what_has_the_prefix(fixture: &impl Fixture) {
    for key in ["p/a.age", "p/ab.age", "p/a/x.age", "p/b/y/z.age", "pa.age"] {
        fixture.put(key, b"x").await;
    }
    let store = fixture.store();
    for (prefix, expected) in [
        ("p/a", &["p/a.age", "p/a/x.age", "p/ab.age"][..]),
        ("p/b/y/", &["p/b/y/z.age"]),
        ("p/b/y", &["p/b/y/z.age"]),
        ("pa.age", &["pa.age"]),
        ("p/c", &[]),
        ("p/b/y/z.age/", &[]),
    ] {
        assert_eq!(
            keys_of(&store.list(prefix, &Tally::default()).await.unwrap()),
            expected,
            "prefix {prefix}"
        );
    }
    let all = keys_of(&store.list("", &Tally::default()).await.unwrap());
    assert!(all.contains(&"pa.age".to_owned()) && all.contains(&"p/b/y/z.age".to_owned()));
}

async fn takes_names_as_they_are(fixture: &impl Fixture) {
    let keys = ["n/a b", "n/a%20b", "n/a+b", "n/ünï-日本", "n/q?x=1&y#z", "n/(a)'*!~", "n/e\u{301}"];
    for key in keys {
        fixture.put(key, key.as_bytes()).await;
    }
    let store = fixture.store();
    let listed = store.list("n/", &Tally::default()).await.unwrap();
    assert_eq!(listed.len(), keys.len());
    for key in keys {
        assert!(listed.iter().any(|object| object.key == key), "{key} is not listed");
        let object = store.head(key, &Tally::default()).await.unwrap();
        assert_eq!(read(store.get(&object, 0).await.unwrap()).await.unwrap(), key.as_bytes(), "{key}");
    }
}

async fn tells_size_time_and_etag(fixture: &impl Fixture) {
    fixture.put("head/k", b"0123456789").await;
    let store = fixture.store();
    let object = store.head("head/k", &Tally::default()).await.unwrap();
    assert_eq!((object.key.as_str(), object.size), ("head/k", 10));
    assert!(object.etag.as_ref().is_some_and(|etag| !etag.is_empty() && !etag.contains('"')), "{object:?}");
    let age = jiff::Timestamp::now().duration_since(object.modified.unwrap());
    assert!(age.abs().as_secs() < 600, "{object:?}");
    let listed = store.list("head/k", &Tally::default()).await.unwrap().remove(0);
    assert_eq!((listed.size, &listed.etag), (10, &object.etag), "list and head tell the same");
    assert!(store.address("head/k").ends_with("/head/k"));
}

async fn reads_from_any_offset(fixture: &impl Fixture) {
    let content = noise(3_000_000);
    fixture.put("read/k", &content).await;
    let store = fixture.store();
    let listed = store.list("read/k", &Tally::default()).await.unwrap().remove(0);
    for object in [store.head("read/k", &Tally::default()).await.unwrap(), listed] {
        for offset in [0, 1, 1_048_576, 2_999_999, 3_000_000] {
            let bytes = read(store.get(&object, offset).await.unwrap()).await.unwrap();
            assert!(bytes == content[usize::try_from(offset).unwrap()..], "from {offset}");
        }
        assert!(store.get(&object, 3_000_001).await.is_err());
    }
}

async fn reads_nothing_of_nothing(fixture: &impl Fixture) {
    fixture.put("read/empty", b"").await;
    let store = fixture.store();
    let object = store.head("read/empty", &Tally::default()).await.unwrap();
    assert_eq!(object.size, 0);
    assert!(read(store.get(&object, 0).await.unwrap()).await.unwrap().is_empty());
}

async fn downloads_the_whole_object(fixture: &impl Fixture) {
    let content = noise(5_000_000);
    fixture.put("read/download", &content).await;
    let (bytes, tally) = download(fixture.store(), "read/download").await;
    assert!(bytes.unwrap() == content);
    let counters = [&tally.stored, &tally.resumes, &tally.retries].map(Tally::get);
    assert_eq!(counters, [5_000_000, 0, 0]);
}

async fn refuses_what_is_not_there(fixture: &impl Fixture) {
    let store = fixture.store();
    for key in ["missing", "head/k/below", "head"] {
        let error = store.head(key, &Tally::default()).await.unwrap_err();
        assert!(matches!(error, StorageError::NotFound { .. }), "{key}: {error:?}");
        assert!(error.to_string().contains(&store.address(key)), "{error}");
    }
}

async fn notices_an_overwritten_object(fixture: &impl Fixture) {
    fixture.put("changed/k", b"first").await;
    let store = fixture.store();
    let object = Object { version: None, ..store.head("changed/k", &Tally::default()).await.unwrap() };
    fixture.put("changed/k", b"second").await;
    for offset in [0, 1] {
        let error = store.get(&object, offset).await.err().expect("the first content is gone");
        assert!(matches!(error, StorageError::Changed { .. }), "{error:?}");
    }
}

async fn notices_a_removed_object(fixture: &impl Fixture) {
    fixture.put("removed/k", b"some bytes").await;
    let store = fixture.store();
    let object = Object { version: None, ..store.head("removed/k", &Tally::default()).await.unwrap() };
    fixture.delete("removed/k").await;
    for offset in [0, 1] {
        let error = store.get(&object, offset).await.err().expect("the object is gone");
        assert!(matches!(error, StorageError::Changed { .. }), "{error:?}");
    }
    assert!(matches!(store.head("removed/k", &Tally::default()).await, Err(StorageError::NotFound { .. })));
    assert!(store.list("removed/", &Tally::default()).await.unwrap().is_empty());
}

fn keys_of(objects: &[Object]) -> Vec<String> {
    objects.iter().map(|object| object.key.clone()).collect()
}

async fn read(mut body: Box<dyn Segments>) -> Result<Vec<u8>, StorageError> {
    let mut bytes = Vec::new();
    while let Some(segment) = body.next().await? {
        bytes.extend_from_slice(&segment);
    }
    Ok(bytes)
}

async fn download(store: Arc<dyn Store>, key: &str) -> (Result<Vec<u8>, StorageError>, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    let object = store.head(key, &Tally::default()).await.unwrap();
    let mut download = Download::start(store, object, tally.clone());
    let mut bytes = Vec::new();
    loop {
        match download.next().await {
            Ok(Some(segment)) => bytes.extend_from_slice(&segment),
            Ok(None) => return (Ok(bytes), tally),
            Err(error) => return (Err(error), tally),
        }
    }
}

/// Bytes in which every part of an archive differs from every other.
fn noise(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

/// A folder that is removed at the end.
struct Folder {
    root: TempDir,
    store: Arc<FileStore>,
}

impl Folder {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        let store = Arc::new(FileStore::open(root.path(), &policy::Network::default()).unwrap());
        Self { root, store }
    }

    fn path(&self, key: &str) -> std::path::PathBuf {
        self.root.path().join(key)
    }
}

#[async_trait]
impl Fixture for Folder {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }
    async fn put(&self, key: &str, bytes: &[u8]) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    async fn delete(&self, key: &str) {
        fs::remove_file(self.path(key)).unwrap();
    }
}

#[tokio::test]
async fn a_folder_conforms() {
    conformance(&Folder::new()).await;
}

#[tokio::test]
async fn a_folder_has_no_lock_to_know_of() {
    let folder = Folder::new();
    folder.put("k", b"x").await;
    let object = folder.store.head("k", &Tally::default()).await.unwrap();
    assert!(matches!(
        folder.store.protection(&object, &Tally::default()).await.unwrap(),
        Protection::Unknown(_)
    ));
}

#[tokio::test]
async fn a_folder_has_no_versions_to_know_of() {
    let folder = Folder::new();
    folder.put("k", b"x").await;
    assert!(matches!(folder.store.versions("", &Tally::default()).await.unwrap(), Versions::Unknown(_)));
}

#[tokio::test]
async fn a_file_that_is_replaced_cut_or_removed_while_it_is_read_is_a_change() {
    type Act = (&'static str, fn(&Path));
    let acts: [Act; 4] = [
        ("replaced", |path| {
            let other = path.with_extension("new");
            fs::write(&other, noise(3 << 20)).unwrap();
            fs::rename(other, path).unwrap();
        }),
        ("cut", |path| fs::File::options().write(true).open(path).unwrap().set_len(1000).unwrap()),
        ("appended to", |path| fs::write(path, noise(4 << 20)).unwrap()),
        ("removed", |path| fs::remove_file(path).unwrap()),
    ];
    for (name, act) in acts {
        let folder = Folder::new();
        folder.put("k", &noise(3 << 20)).await;
        let object = folder.store.head("k", &Tally::default()).await.unwrap();
        let mut body = folder.store.get(&object, 0).await.unwrap();
        assert!(body.next().await.unwrap().is_some());
        act(&folder.path("k"));
        let error = body.next().await.expect_err(name);
        assert!(matches!(error, StorageError::Changed { .. }), "{name}: {error:?}");
        assert!(body.next().await.is_err(), "{name}: an error must not turn into an end");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_listed_or_read() {
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), b"x").unwrap();
    let folder = Folder::new();
    folder.put("inside", b"y").await;
    symlink(outside.path().join("secret"), folder.path("link")).unwrap();
    symlink(outside.path(), folder.path("linked-folder")).unwrap();
    symlink(folder.root.path(), folder.path("loop")).unwrap();
    symlink("inside", folder.path("latest")).unwrap();
    let store = &folder.store;
    assert_eq!(keys_of(&store.list("", &Tally::default()).await.unwrap()), ["inside"]);
    assert_eq!(
        store.head("latest", &Tally::default()).await.unwrap().size,
        1,
        "a link within the folder may be named"
    );
    let secret = outside.path().join("secret").to_str().unwrap().to_owned();
    for key in ["link", "linked-folder/secret", "../secret", "./inside", secret.as_str(), "", "loop"] {
        assert!(store.head(key, &Tally::default()).await.is_err(), "{key}");
    }
    let error = store.head("link", &Tally::default()).await.unwrap_err().to_string();
    assert!(error.contains("secret"), "the next step names the target: {error}");
}

#[tokio::test]
async fn a_folder_of_a_policy_is_opened_or_refused() {
    let folder = Folder::new();
    folder.put("k", b"x").await;
    let open = async |url: String| open_store(&policy::Store { url, ..policy::Store::default() }, None).await;
    let path = folder.root.path().display().to_string();
    for url in [path.clone(), format!("file://{path}"), format!("file://{path}/")] {
        let store = open(url).await.unwrap();
        assert_eq!(keys_of(&store.list("", &Tally::default()).await.unwrap()), ["k"]);
        assert_eq!(store.address("k"), format!("file://{path}/k"));
    }
    for url in [format!("{path}/none"), format!("{path}/k")] {
        let error = open(url).await.unwrap_err();
        assert!(matches!(error, StorageError::NoBucket { .. }), "{error:?}");
    }
    assert!(matches!(open(String::new()).await, Err(StorageError::BadConfiguration { .. })));
}

#[tokio::test]
async fn every_file_of_a_deep_tree_is_listed_once() {
    let folder = Folder::new();
    let deep = "d/".repeat(200);
    let expected = BTreeMap::from_iter((0..200).map(|level| (format!("{}f", &deep[..level * 2]), level)));
    folder.put_many(&expected.keys().cloned().collect::<Vec<_>>()).await;
    assert_eq!(
        keys_of(&folder.store.list("", &Tally::default()).await.unwrap()),
        expected.into_keys().collect::<Vec<_>>()
    );
}
