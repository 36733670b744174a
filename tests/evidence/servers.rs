//! Records in buckets of real servers: locks that hold, and what is done to records in spite of them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use mailproof::archive::storage::{Locking, Store, open_store};
use mailproof::evidence::check::{self, Check, Holding, Vault};
use mailproof::evidence::{Brought, Chain, Depot, DepotError};
use mailproof::network::Cancel;
use mailproof::policy::{self, Age, Lock};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{append, file, first, key, record, trusting};
use crate::lab::{self, S3Server};
use crate::support;

/// A bucket of a server of the lab.
struct Bucket {
    server: &'static S3Server,
    name: &'static str,
    runtime: Runtime,
    client: Client,
    records: TempDir,
    secrets: TempDir,
}

impl Bucket {
    fn new(server: &'static S3Server, name: &'static str, locks: bool) -> Self {
        let (runtime, client) = (Runtime::new().unwrap(), server.client());
        let make = client.create_bucket().bucket(name).object_lock_enabled_for_bucket(locks);
        runtime.block_on(make.send()).unwrap();
        let bucket =
            Self { server, name, runtime, client, records: support::folder(), secrets: support::folder() };
        bucket.secret("own", &server.access_key, &server.secret_key);
        bucket
    }

    fn secret(&self, name: &str, access_key: &str, secret_key: &str) {
        let text = format!("access_key_id = \"{access_key}\"\nsecret_access_key = \"{secret_key}\"\n");
        support::secret_file(self.secrets.path(), name, &text);
    }

    fn folder(&self) -> &Path {
        self.records.path()
    }

    fn settings(&self, secret: &str) -> policy::Store {
        policy::Store {
            url: format!("s3://{}/zimbra/", self.name),
            endpoint: Some(self.server.endpoint.clone()),
            region: Some(self.server.region.clone()),
            credentials_file: Some(self.secrets.path().join(secret)),
            ..policy::Store::default()
        }
    }

    fn depot(&self, secret: &str) -> Depot {
        let (store, mode) = (self.settings(secret), Some(Lock::Compliance));
        let bucket = policy::Bucket { store, mode, retention: Some(Age::days(1)) };
        Depot::open(&bucket, None, self.runtime.handle().clone(), Cancel::default()).unwrap()
    }

    fn bring_up(&self) -> Result<Brought, DepotError> {
        self.depot("own").bring_up(self.folder())
    }

    fn check(&self, secret: &str) -> Check {
        let store: Arc<dyn Store> = self.runtime.block_on(open_store(&self.settings(secret), None)).unwrap();
        let vault = Vault::open(store, "zimbra/", self.runtime.handle()).unwrap();
        check::check_bucket(&vault, &trusting(&[1]))
    }

    fn put(&self, key: &str, bytes: Vec<u8>) {
        let call = self.client.put_object().bucket(self.name).key(key).body(bytes.into());
        self.runtime.block_on(call.send()).unwrap();
    }

    fn delete(&self, key: &str) {
        self.runtime.block_on(self.client.delete_object().bucket(self.name).key(key).send()).unwrap();
    }

    /// Tries to take away for good what was written first.
    fn erase_first(&self, key: &str) -> String {
        let listing = self.client.list_object_versions().bucket(self.name).prefix(key);
        let listed = self.runtime.block_on(listing.send()).unwrap();
        let mut ours = listed.versions().iter().filter(|version| version.key() == Some(key));
        let id = ours.next_back().unwrap().version_id().unwrap().to_owned();
        let call = self.client.delete_object().bucket(self.name).key(key).version_id(id);
        let call = call.bypass_governance_retention(true);
        self.runtime.block_on(call.send()).unwrap_err().code().unwrap_or_default().to_owned()
    }
}

fn name(number: u64) -> String {
    format!("zimbra/{number:09}.json")
}

/// What goes up is locked, stays, and is checked there; what is done to it all the same is named.
fn keeps_records(server: &'static S3Server) {
    let bucket = Bucket::new(server, "keeps-records", true);
    append(bucket.folder(), Some(key(1)), 2);
    assert_eq!(bucket.bring_up().unwrap(), Brought { records: 2, there: 2, ..Brought::default() });
    append(bucket.folder(), Some(key(1)), 2);
    assert_eq!(bucket.bring_up().unwrap(), Brought { records: 2, there: 4, ..Brought::default() });
    let ready = bucket.depot("own").readiness(bucket.folder()).unwrap();
    assert_eq!((ready.lacks, ready.left, ready.locking), (0, None, Locking::On));
    let check = bucket.check("own");
    let seen = check.bucket.clone().unwrap();
    assert_eq!((check.outcome, check.signed, seen.repeated), (Holding::Holds, 4, 0), "{check:?}");
    assert_eq!((seen.locks.compliance, seen.locks.unlocked, seen.locks.unknown), (4, 0, 0));
    let end: jiff::Timestamp = seen.locks.earliest_end.unwrap().parse().unwrap();
    assert!((23..=24).contains(&end.duration_since(jiff::Timestamp::now()).as_hours()), "{end}");

    assert_eq!(bucket.erase_first(&name(2)), "AccessDenied", "the lock holds");
    bucket.delete(&name(2));
    bucket.put(&name(3), b"x".to_vec());
    assert_eq!(bucket.erase_first(&name(3)), "AccessDenied");
    let check = bucket.check("own");
    let told: Vec<_> = check.broken.iter().map(|broken| (broken.record, broken.reason.as_str())).collect();
    assert_eq!(told, [(2, "deleted"), (3, "overwritten")], "{:?}", check.broken);
    assert_eq!((check.signed, check.coverage.checked), (4, 4), "all of the chain is there still");
}

#[test]
#[ignore = "needs ministack: tests/run installs it"]
fn ministack_keeps_records() {
    keeps_records(lab::ministack());
}

#[test]
#[ignore = "needs radosgw: tests/run installs it"]
fn radosgw_keeps_records() {
    keeps_records(lab::radosgw());
}

/// Two runs at once make one chain. A store that heeds conditions has each file once; radosgw 16 heeds none where versions are
/// kept, and may have some twice.
fn serves_two_at_once(server: &'static S3Server, heeds: bool) {
    let bucket = Bucket::new(server, "two-at-once", true);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let chain = Chain::new(bucket.folder().to_owned(), Some(key(1)));
                for _ in 0..5 {
                    chain.append(record()).unwrap();
                    bucket.bring_up().unwrap();
                }
            });
        }
    });
    let check = bucket.check("own");
    assert_eq!((check.outcome, check.coverage.checked), (Holding::Holds, 10), "{:?}", check.broken);
    let call = bucket.client.list_object_versions().bucket(bucket.name);
    let listed = bucket.runtime.block_on(call.send()).unwrap();
    let more = listed.versions().len() as u64 - 20;
    assert_eq!(check.bucket.unwrap().repeated, more, "what is there more than once holds the same bytes");
    assert!(more == 0 || !heeds, "{more} files are there more than once");
}

#[test]
#[ignore = "needs ministack: tests/run installs it"]
fn ministack_serves_two_at_once() {
    serves_two_at_once(lab::ministack(), true);
}

#[test]
#[ignore = "needs radosgw: tests/run installs it"]
fn radosgw_serves_two_at_once() {
    serves_two_at_once(lab::radosgw(), false);
}

/// What is in the way stays as it is, and a bucket without Object Lock gets nothing.
fn refuses(server: &'static S3Server) {
    let taken = Bucket::new(server, "taken", true);
    append(taken.folder(), Some(key(1)), 3);
    taken.put(&name(2), b"a stranger's".to_vec());
    let error = taken.bring_up().unwrap_err();
    assert!(matches!(error, DepotError::OtherChain { .. }), "{error:?}");
    let call = taken.client.list_object_versions().bucket(taken.name);
    assert_eq!(taken.runtime.block_on(call.send()).unwrap().versions().len(), 1, "nothing was added");

    let lockless = Bucket::new(server, "lockless", false);
    append(lockless.folder(), Some(key(1)), 1);
    let error = lockless.bring_up().unwrap_err();
    assert!(error.to_string().contains("with Object Lock on"), "{error}");
    lockless.put(&name(1), fs::read(file(lockless.folder(), 1)).unwrap());
    lockless.put(&format!("{}.sig", name(1)), fs::read(super::signature(lockless.folder(), 1)).unwrap());
    let check = lockless.check("own");
    let locks = check.bucket.as_ref().unwrap().locks.clone();
    assert_eq!((first(&check), locks.locked, locks.unlocked), (None, 0, 1), "{check:?}");
    assert!(check.why.as_ref().unwrap().contains("kept no versions when 2 of 2 files"), "{:?}", check.why);
    match lockless.depot("own").readiness(lockless.folder()) {
        Ok(ready) => assert_eq!((ready.locking, ready.left), (Locking::Off, None)),
        Err(error) => assert!(error.to_string().contains("with Object Lock on"), "{error}"),
    }
}

#[test]
#[ignore = "needs ministack: tests/run installs it"]
fn ministack_refuses_what_is_unfit() {
    refuses(lab::ministack());
}

#[test]
#[ignore = "needs radosgw: tests/run installs it"]
fn radosgw_refuses_what_is_unfit() {
    refuses(lab::radosgw());
}

const MAY_READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"*"}}"#;
const MAY_AUDIT: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:ListBucket","s3:ListBucketVersions","s3:GetObject","s3:GetObjectVersion","s3:GetObjectRetention","s3:GetObjectLegalHold"],"Resource":"*"}}"#;
const MAY_WRITE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject","s3:PutObject","s3:PutObjectRetention","s3:GetBucketObjectLockConfiguration"],"Resource":"*"}}"#;

/// The rights that docs/evidence.md names are enough, and with fewer nothing is claimed.
#[test]
#[ignore = "needs ministack: tests/run installs it"]
fn rights_suffice_and_without_them_nothing_is_claimed() {
    let bucket = Bucket::new(lab::ministack(), "rights", true);
    for (name, rights) in [("may-read", MAY_READ), ("may-audit", MAY_AUDIT), ("may-write", MAY_WRITE)] {
        let (access_key, secret_key) = lab::user(name, rights);
        bucket.secret(name, &access_key, &secret_key);
    }
    append(bucket.folder(), Some(key(1)), 2);
    for secret in ["may-read", "may-audit"] {
        let error = bucket.depot(secret).bring_up(bucket.folder()).unwrap_err().to_string();
        assert!(error.contains("s3:PutObjectRetention"), "{error}");
    }
    let written = bucket.depot("may-write").bring_up(bucket.folder()).unwrap();
    assert_eq!(written, Brought { records: 2, there: 2, ..Brought::default() });
    assert_eq!(bucket.depot("may-write").readiness(bucket.folder()).unwrap().locking, Locking::On);
    for secret in ["may-read", "may-audit"] {
        let error = bucket.depot(secret).readiness(bucket.folder()).unwrap_err().to_string();
        assert!(error.contains("s3:PutObjectRetention"), "{error}");
    }
    let check = bucket.check("may-audit");
    assert_eq!(
        (check.outcome, check.bucket.as_ref().unwrap().locks.locked),
        (Holding::Holds, 2),
        "{check:?}"
    );
    let check = bucket.check("may-read");
    assert_eq!((check.outcome, check.signed), (Holding::NotVerified, 2));
    assert!(check.why.as_ref().unwrap().contains("s3:ListBucketVersions"), "{:?}", check.why);
}
