//! The S3 store against three servers that know nothing of each other.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode,
    ObjectLockRetention, ObjectLockRetentionMode, VersioningConfiguration,
};
use mailproof::archive::storage::{Object, Protection, StorageError, Store, Version, Versions, open_store};
use mailproof::demo::server::{Keeping, Server, Upload};
use mailproof::event::Tally;
use mailproof::policy;
use tempfile::NamedTempFile;
use tokio::task::{JoinSet, spawn_blocking};

use super::{Fixture, conformance, read};
use crate::lab::{self, S3Server};

/// How far ahead locks of the tests reach.
const A_DAY: i64 = 86_400;

/// A `credentials_file`; `NamedTempFile` makes it readable by nobody else.
pub fn keys(access_key: &str, secret_key: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "access_key_id = \"{access_key}\"\nsecret_access_key = \"{secret_key}\"").unwrap();
    file
}

pub fn settings(endpoint: &str, bucket: &str, keys: &NamedTempFile) -> policy::Store {
    policy::Store {
        url: format!("s3://{bucket}/ignored/prefix/"),
        endpoint: Some(endpoint.to_owned()),
        credentials_file: Some(keys.path().to_owned()),
        ..policy::Store::default()
    }
}

async fn open(endpoint: &str, bucket: &str, access_key: &str, secret_key: &str) -> Arc<dyn Store> {
    let keys = keys(access_key, secret_key);
    open_store(&settings(endpoint, bucket, &keys), None).await.unwrap()
}

/// A bucket of the server in this process.
pub struct InProcess {
    pub server: Server,
    store: Arc<dyn Store>,
}

impl InProcess {
    pub async fn new(keeping: Keeping) -> Self {
        Self::with(keeping, policy::Network { retries: 2, ..policy::Network::default() }).await
    }

    pub async fn with(keeping: Keeping, network: policy::Network) -> Self {
        let server = Server::start().unwrap();
        server.create_bucket("backups", keeping);
        let keys = keys(server.access_key(), server.secret_key());
        let settings = policy::Store { network, ..settings(server.endpoint(), "backups", &keys) };
        let store = open_store(&settings, None).await.unwrap();
        Self { server, store }
    }
}

#[async_trait]
impl Fixture for InProcess {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }
    async fn put(&self, key: &str, bytes: &[u8]) {
        self.server.put("backups", key, bytes.to_vec());
    }
    async fn delete(&self, key: &str) {
        self.server.delete("backups", key);
    }
}

/// A bucket of a server of the lab, changed by a plain client.
struct Bucket {
    server: &'static S3Server,
    name: String,
    client: Client,
    store: Arc<dyn Store>,
}

impl Bucket {
    async fn new(server: fn() -> &'static S3Server, name: &str) -> Self {
        let server = spawn_blocking(server).await.unwrap();
        let client = server.client();
        client.create_bucket().bucket(name).send().await.unwrap();
        let store = open(&server.endpoint, name, &server.access_key, &server.secret_key).await;
        Self { server, name: name.to_owned(), client, store }
    }

    async fn with_locks(server: fn() -> &'static S3Server, name: &str) -> Self {
        let server = spawn_blocking(server).await.unwrap();
        let client = server.client();
        client.create_bucket().bucket(name).object_lock_enabled_for_bucket(true).send().await.unwrap();
        let store = open(&server.endpoint, name, &server.access_key, &server.secret_key).await;
        Self { server, name: name.to_owned(), client, store }
    }

    async fn keep_versions(&self) {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let call = self.client.put_bucket_versioning().bucket(&self.name).versioning_configuration(enabled);
        call.send().await.unwrap();
    }

    async fn retain(&self, key: &str, mode: ObjectLockRetentionMode, until: DateTime) {
        let retention = ObjectLockRetention::builder().mode(mode).retain_until_date(until).build();
        let call = self.client.put_object_retention().bucket(&self.name).key(key);
        call.retention(retention).send().await.unwrap();
    }

    async fn hold(&self, key: &str) {
        let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build();
        let call = self.client.put_object_legal_hold().bucket(&self.name).key(key);
        call.legal_hold(hold).send().await.unwrap();
    }

    async fn protection_of(&self, key: &str) -> Protection {
        let object = self.store.head(key, &Tally::default()).await.unwrap();
        self.store.protection(&object, &Tally::default()).await.unwrap()
    }
}

#[async_trait]
impl Fixture for Bucket {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }
    async fn put(&self, key: &str, bytes: &[u8]) {
        put(&self.client, &self.name, key, bytes.to_vec()).await;
    }
    async fn delete(&self, key: &str) {
        self.client.delete_object().bucket(&self.name).key(key).send().await.unwrap();
    }
    async fn put_many(&self, keys: &[String]) {
        for some in keys.chunks(32) {
            let mut puts = JoinSet::new();
            for key in some {
                let (client, bucket, key) = (self.client.clone(), self.name.clone(), key.clone());
                puts.spawn(async move { put(&client, &bucket, &key, key.as_bytes().to_vec()).await });
            }
            puts.join_all().await;
        }
    }
}

async fn put(client: &Client, bucket: &str, key: &str, bytes: Vec<u8>) {
    client.put_object().bucket(bucket).key(key).body(bytes.into()).send().await.unwrap();
}

#[tokio::test]
async fn the_server_in_this_process_conforms() {
    conformance(&InProcess::new(Keeping::Latest).await).await;
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_conforms() {
    conformance(&Bucket::new(lab::ministack, "conforms").await).await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_conforms() {
    conformance(&Bucket::new(lab::radosgw, "conforms").await).await;
}

/// An overwritten or deleted object can still be read where the store keeps versions and the version was pinned.
async fn reads_the_pinned_version(fixture: &impl Fixture, offsets: &[u64]) {
    let store = fixture.store();
    fixture.put("v/k", b"first content").await;
    let first = store.head("v/k", &Tally::default()).await.unwrap();
    assert!(first.version.is_some(), "{first:?}");
    fixture.put("v/k", b"second content").await;
    let second = store.head("v/k", &Tally::default()).await.unwrap();
    assert_ne!(first.version, second.version);
    for (object, content) in [(&first, "first content"), (&second, "second content")] {
        for offset in offsets {
            let rest = &content.as_bytes()[usize::try_from(*offset).unwrap()..];
            assert_eq!(read(store.get(object, *offset).await.unwrap()).await.unwrap(), rest);
        }
    }
    fixture.delete("v/k").await;
    assert!(matches!(store.head("v/k", &Tally::default()).await, Err(StorageError::NotFound { .. })));
    assert!(store.list("v/", &Tally::default()).await.unwrap().is_empty());
    assert_eq!(read(store.get(&first, 0).await.unwrap()).await.unwrap(), b"first content");
    let lost = Object { version: None, ..second };
    assert!(matches!(store.get(&lost, 0).await.err().unwrap(), StorageError::Changed { .. }));
}

#[tokio::test]
async fn the_server_in_this_process_gives_the_pinned_version() {
    reads_the_pinned_version(&InProcess::new(Keeping::Versions).await, &[0, 6]).await;
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_gives_the_pinned_version() {
    let bucket = Bucket::new(lab::ministack, "versions").await;
    bucket.keep_versions().await;
    // It ignores Range where a version is named; that this is noticed, `faults` shows.
    reads_the_pinned_version(&bucket, &[0]).await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_gives_the_pinned_version() {
    let bucket = Bucket::new(lab::radosgw, "versions").await;
    bucket.keep_versions().await;
    reads_the_pinned_version(&bucket, &[0, 6]).await;
}

async fn kept(store: &Arc<dyn Store>, prefix: &str) -> BTreeMap<String, Vec<Version>> {
    match store.versions(prefix, &Tally::default()).await.unwrap() {
        Versions::Kept(keys) => keys,
        Versions::Unknown(why) => panic!("{why}"),
    }
}

/// The sizes of a key's versions, newest first; `None` is a delete marker.
fn sizes(versions: &[Version]) -> Vec<Option<u64>> {
    assert!(versions.iter().skip(1).all(|version| !version.current), "{versions:?}");
    assert!(versions.first().is_some_and(|version| version.current), "{versions:?}");
    versions.iter().map(|version| version.size).collect()
}

/// All that is kept of each key is told, over as many pages as it takes, and what is deleted is known as such.
async fn tells_versions(fixture: &impl Fixture) {
    let store = fixture.store();
    for content in ["one", "second", "the third"] {
        fixture.put("kept/k", content.as_bytes()).await;
    }
    let first = store.head("kept/k", &Tally::default()).await.unwrap();
    fixture.put("kept/gone", b"gone").await;
    fixture.delete("kept/gone").await;
    fixture.put("kept-not/k", b"x").await;
    let keys = kept(&store, "kept/").await;
    assert_eq!(keys.keys().collect::<Vec<_>>(), ["kept/gone", "kept/k"]);
    assert_eq!(sizes(&keys["kept/gone"]), [None, Some(4)]);
    // Written within one second, their order is the server's; the newest is sure.
    let mut of_k = sizes(&keys["kept/k"]);
    assert_eq!(of_k[0], Some(9));
    of_k.sort();
    assert_eq!(of_k, [Some(3), Some(6), Some(9)]);
    assert_eq!(keys["kept/k"][0].id, first.version);
    let deleted = store.versions("kept/", &Tally::default()).await.unwrap().deleted();
    assert_eq!(
        deleted.iter().map(|object| (object.key.as_str(), object.size)).collect::<Vec<_>>(),
        [("kept/gone", 4)]
    );

    let names: Vec<String> = (0..510).map(|number| format!("pages/{number:03}")).collect();
    fixture.put_many(&names).await;
    fixture.put_many(&names).await;
    let keys = kept(&store, "pages/").await;
    assert_eq!(keys.len(), names.len());
    assert!(keys.values().all(|versions| versions.len() == 2), "a page may end between two of a key");
}

#[tokio::test]
async fn the_server_in_this_process_tells_versions() {
    tells_versions(&InProcess::new(Keeping::Versions).await).await;
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_tells_versions() {
    let bucket = Bucket::new(lab::ministack, "tells-versions").await;
    bucket.keep_versions().await;
    tells_versions(&bucket).await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_tells_versions() {
    let bucket = Bucket::new(lab::radosgw, "tells-versions").await;
    bucket.keep_versions().await;
    tells_versions(&bucket).await;
}

/// Where no versions are kept, an object is the only one of its own.
async fn tells_the_only_version(fixture: &impl Fixture) {
    fixture.put("only/k", b"first").await;
    fixture.put("only/k", b"second").await;
    fixture.put("only/gone", b"gone").await;
    fixture.delete("only/gone").await;
    let keys = kept(&fixture.store(), "only/").await;
    assert_eq!(
        keys.iter().map(|(key, versions)| (key.as_str(), sizes(versions))).collect::<Vec<_>>(),
        [("only/k", vec![Some(6)])]
    );
}

#[tokio::test]
async fn the_server_in_this_process_tells_the_only_version() {
    tells_the_only_version(&InProcess::new(Keeping::Latest).await).await;
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_tells_the_only_version() {
    tells_the_only_version(&Bucket::new(lab::ministack, "only-version").await).await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_tells_the_only_version() {
    tells_the_only_version(&Bucket::new(lab::radosgw, "only-version").await).await;
}

/// Who may list but not ask for versions learns that they are not known, never that there is one.
#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn a_refused_question_about_versions_is_unknown() {
    let bucket = Bucket::new(lab::ministack, "asking-versions").await;
    bucket.put("k", b"x").await;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"*"}}"#;
    let (access_key, secret_key) = spawn_blocking(move || lab::user("version-lister", policy)).await.unwrap();
    let store = open(&bucket.server.endpoint, "asking-versions", &access_key, &secret_key).await;
    assert_eq!(store.list("", &Tally::default()).await.unwrap().len(), 1);
    let versions = store.versions("", &Tally::default()).await.unwrap();
    assert!(
        matches!(&versions, Versions::Unknown(why) if why.contains("s3:ListBucketVersions")),
        "{versions:?}"
    );
}

/// Locks are told as the server keeps them, and a bucket without locks as unlocked.
async fn tells_protection(server: fn() -> &'static S3Server) {
    let plain = Bucket::new(server, "unlocked").await;
    plain.put("k", b"x").await;
    assert_eq!(plain.protection_of("k").await, Protection::Unlocked);

    let locking = Bucket::with_locks(server, "locked").await;
    let until = jiff::Timestamp::now().as_second() + A_DAY;
    for key in ["free", "governed", "compliant", "held", "both"] {
        locking.put(key, b"x").await;
    }
    let time = DateTime::from_secs(until);
    locking.retain("governed", ObjectLockRetentionMode::Governance, time).await;
    locking.retain("compliant", ObjectLockRetentionMode::Compliance, time).await;
    locking.hold("held").await;
    locking.retain("both", ObjectLockRetentionMode::Governance, time).await;
    locking.hold("both").await;
    let retained = |mode: &str, legal_hold| Protection::Locked {
        mode: Some(mode.to_owned()),
        until: jiff::Timestamp::from_second(until).ok(),
        legal_hold,
    };
    assert_eq!(locking.protection_of("free").await, Protection::Unlocked);
    assert_eq!(locking.protection_of("governed").await, retained("GOVERNANCE", false));
    assert_eq!(locking.protection_of("compliant").await, retained("COMPLIANCE", false));
    assert_eq!(
        locking.protection_of("held").await,
        Protection::Locked { mode: None, until: None, legal_hold: true }
    );
    assert_eq!(locking.protection_of("both").await, retained("GOVERNANCE", true));
    // A lock belongs to a version: what is uploaded over a locked object is not locked.
    let locked = locking.store.head("governed", &Tally::default()).await.unwrap();
    locking.put("governed", b"y").await;
    assert_eq!(locking.protection_of("governed").await, Protection::Unlocked);
    assert_eq!(
        locking.store.protection(&locked, &Tally::default()).await.unwrap(),
        retained("GOVERNANCE", false)
    );
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_tells_protection() {
    tells_protection(lab::ministack).await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_tells_protection() {
    tells_protection(lab::radosgw).await;
}

#[tokio::test]
async fn the_server_in_this_process_tells_protection() {
    let plain = InProcess::new(Keeping::Latest).await;
    plain.put("k", b"x").await;
    let object = plain.store.head("k", &Tally::default()).await.unwrap();
    assert_eq!(plain.store.protection(&object, &Tally::default()).await.unwrap(), Protection::Unlocked);

    let locking = InProcess::new(Keeping::Locked(None)).await;
    let until = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + A_DAY).unwrap();
    let upload = Upload::new("x").retained(policy::Lock::Compliance, until).legal_hold(true);
    locking.server.upload("backups", "k", upload);
    locking.server.put("backups", "free", "x");
    let object = locking.store.head("k", &Tally::default()).await.unwrap();
    let expected =
        Protection::Locked { mode: Some("COMPLIANCE".into()), until: Some(until), legal_hold: true };
    assert_eq!(locking.store.protection(&object, &Tally::default()).await.unwrap(), expected);
    let free = locking.store.head("free", &Tally::default()).await.unwrap();
    assert_eq!(locking.store.protection(&free, &Tally::default()).await.unwrap(), Protection::Unlocked);
}

/// Who may read but not ask for locks learns that it is not known, never that there is none.
#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn a_refused_question_about_locks_is_unknown() {
    let bucket = Bucket::with_locks(lab::ministack, "asking").await;
    bucket.put("k", b"x").await;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"*"}}"#;
    let (access_key, secret_key) = spawn_blocking(move || lab::user("reader", policy)).await.unwrap();
    let store = open(&bucket.server.endpoint, "asking", &access_key, &secret_key).await;
    let object = store.head("k", &Tally::default()).await.unwrap();
    let protection = store.protection(&object, &Tally::default()).await.unwrap();
    assert!(
        matches!(&protection, Protection::Unknown(why) if why.contains("AccessDenied")),
        "{protection:?}"
    );
}

/// A user who may list but not read is told so, and what is missing.
#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn a_user_who_may_not_read_is_told_so() {
    let bucket = Bucket::new(lab::ministack, "listing").await;
    bucket.put("k", b"x").await;
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}"#;
    let (access_key, secret_key) = spawn_blocking(move || lab::user("only-lists", policy)).await.unwrap();
    let store = open(&bucket.server.endpoint, "listing", &access_key, &secret_key).await;
    let object = store.list("", &Tally::default()).await.unwrap().remove(0);
    let refused = store.get(&object, 0).await.err().unwrap();
    assert!(matches!(refused, StorageError::AccessDenied { .. }), "{refused:?}");
    let refused = store.head("k", &Tally::default()).await.unwrap_err();
    assert!(
        matches!(refused, StorageError::AccessDenied { .. }) && refused.to_string().contains("s3:GetObject")
    );
}

/// Wrong keys and missing buckets are told apart, also by HEAD, whose refusals have no body.
async fn tells_why_it_is_refused(endpoint: &str, access_key: &str, secret_key: &str, bucket: &str) {
    let (wrong_secret, wrong_key) = ("wr0ng-secret-of-some-length", "AKNOBODY000000000000");
    for (access_key, secret_key) in [(access_key, wrong_secret), (wrong_key, secret_key)] {
        let store = open(endpoint, bucket, access_key, secret_key).await;
        for error in [
            store.head("k", &Tally::default()).await.unwrap_err(),
            store.list("", &Tally::default()).await.unwrap_err(),
        ] {
            assert!(matches!(error, StorageError::BadCredentials { .. }), "{access_key}: {error:?}");
            assert!(!format!("{error} {error:?}").contains(secret_key), "{error:?}");
        }
    }
    let store = open(endpoint, "no-such-bucket", access_key, secret_key).await;
    for error in [
        store.head("k", &Tally::default()).await.unwrap_err(),
        store.list("", &Tally::default()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StorageError::NoBucket { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn the_server_in_this_process_tells_why_it_refuses() {
    let fixture = InProcess::new(Keeping::Latest).await;
    fixture.put("k", b"x").await;
    let server = &fixture.server;
    tells_why_it_is_refused(server.endpoint(), server.access_key(), server.secret_key(), "backups").await;
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_tells_why_it_refuses() {
    let bucket = Bucket::new(lab::ministack, "refuses").await;
    bucket.put("k", b"x").await;
    let server = bucket.server;
    tells_why_it_is_refused(&server.endpoint, &server.access_key, &server.secret_key, "refuses").await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_tells_why_it_refuses() {
    let bucket = Bucket::new(lab::radosgw, "refuses").await;
    bucket.put("k", b"x").await;
    let server = bucket.server;
    tells_why_it_is_refused(&server.endpoint, &server.access_key, &server.secret_key, "refuses").await;
}

/// An object uploaded in parts has no checksum of the whole; it must be readable all the same.
async fn reads_an_object_of_several_parts(server: fn() -> &'static S3Server) {
    let bucket = Bucket::new(server, "parts").await;
    let content = super::noise(6_000_000);
    upload_in_parts(&bucket, "k", &content).await;
    let (bytes, _) = super::download(bucket.store(), "k").await;
    assert!(bytes.unwrap() == content);
}

async fn upload_in_parts(bucket: &Bucket, key: &str, content: &[u8]) {
    use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
    let Bucket { client, name, .. } = bucket;
    let begun = client.create_multipart_upload().bucket(name).key(key);
    let begun = begun.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.unwrap();
    let id = begun.upload_id().unwrap();
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(content.chunks(5 << 20)) {
        let call = client.upload_part().bucket(name).key(key).upload_id(id).part_number(number);
        let answer = call
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(part.to_vec().into())
            .send()
            .await
            .unwrap();
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32(answer.checksum_crc32);
        done = done.parts(part.build());
    }
    let call = client.complete_multipart_upload().bucket(name).key(key).upload_id(id);
    call.multipart_upload(done.build()).send().await.unwrap();
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_gives_an_object_of_several_parts() {
    reads_an_object_of_several_parts(lab::ministack).await;
}

/// The lock an upload states itself is told, too.
#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn a_lock_given_with_the_upload_is_told() {
    let bucket = Bucket::with_locks(lab::radosgw, "uploads").await;
    let until = jiff::Timestamp::now().as_second() + A_DAY;
    let call = bucket.client.put_object().bucket(&bucket.name).key("k").body(b"x".to_vec().into());
    let call = call.object_lock_mode(ObjectLockMode::Governance);
    call.object_lock_retain_until_date(DateTime::from_secs(until)).send().await.unwrap();
    assert!(
        matches!(bucket.protection_of("k").await, Protection::Locked { mode: Some(mode), .. } if mode == "GOVERNANCE")
    );
}
