//! The second copy of a chain, in a bucket of the server in this process.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use jiff::Timestamp;
use mailproof::archive::storage::{
    Download, Locking, Object, Protection, Segments, StorageError, Store, Versions, open_store,
};
use mailproof::demo::server::{DefaultLock, Fault, Keeping, Operation, Seen, Server, Times};
use mailproof::event::Tally;
use mailproof::evidence::check::{self, Check, Holding, Locks, Vault};
use mailproof::evidence::{Behind, Brought, Chain, Depot, DepotError};
use mailproof::network::Cancel;
use mailproof::policy::{self, Age, Lock, Network};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{append, checked, file, first, key, record, signature, trusting};
use crate::support;

pub const BUCKET: &str = "records";
/// Where the chain lies in it.
const PREFIX: &str = "zimbra/";

/// A folder of records and a bucket for their second copy.
pub struct Bench {
    pub server: Server,
    records: TempDir,
    secrets: TempDir,
    runtime: Runtime,
}

impl Bench {
    fn new(keeping: Keeping) -> Self {
        let (server, records, secrets) = (Server::start().unwrap(), support::folder(), support::folder());
        server.create_bucket(BUCKET, keeping);
        support::credentials_file(&server, secrets.path());
        Self { server, records, secrets, runtime: Runtime::new().unwrap() }
    }

    /// A locking bucket, and so many records in the folder.
    pub fn with(records: u64) -> Self {
        let bench = Self::new(Keeping::Locked(None));
        append(bench.folder(), Some(key(1)), records);
        bench
    }

    pub fn folder(&self) -> &Path {
        self.records.path()
    }

    fn settings(&self) -> policy::Store {
        policy::Store {
            // Without a slash at its end it is a folder all the same.
            url: format!("s3://{BUCKET}/zimbra"),
            endpoint: Some(self.server.endpoint().to_owned()),
            credentials_file: Some(self.secrets.path().join("credentials.toml")),
            network: Network { retries: 0, ..Network::default() },
            ..policy::Store::default()
        }
    }

    pub fn depot(&self) -> Depot {
        self.depot_at(self.settings())
    }

    fn depot_at(&self, store: policy::Store) -> Depot {
        let bucket = policy::Bucket { store, mode: Some(Lock::Compliance), retention: Some(Age::days(30)) };
        Depot::open(&bucket, None, self.runtime.handle().clone(), Cancel::default()).unwrap()
    }

    pub fn bring_up(&self) -> Result<Brought, DepotError> {
        self.depot().bring_up(self.folder())
    }

    pub fn store(&self) -> Arc<dyn Store> {
        self.runtime.block_on(open_store(&self.settings(), None)).unwrap()
    }

    pub fn check(&self) -> Check {
        self.check_of(self.store())
    }

    pub fn check_of(&self, store: Arc<dyn Store>) -> Check {
        let vault = Vault::open(store, PREFIX, self.runtime.handle()).unwrap();
        check::check_bucket(&vault, &trusting(&[1]))
    }

    /// What lies there under this name.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let store = self.store();
        let object =
            self.runtime.block_on(store.head(&format!("{PREFIX}{name}"), &Tally::default())).unwrap();
        self.runtime.block_on(Download::start(store, object, Arc::default()).whole()).unwrap()
    }

    /// Every version that is kept: name and how many.
    pub fn kept(&self) -> Vec<(String, usize)> {
        let versions = self.runtime.block_on(self.store().versions(PREFIX, &Tally::default())).unwrap();
        let Versions::Kept(keys) = versions else { panic!("{versions:?}") };
        keys.into_iter().map(|(key, versions)| (key[PREFIX.len()..].to_owned(), versions.len())).collect()
    }

    /// Puts all files of the folder there as they are, without a lock of ours.
    fn copy_all(&self) {
        for entry in fs::read_dir(self.folder()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with("0000") {
                self.server.put(BUCKET, &format!("{PREFIX}{name}"), fs::read(entry.path()).unwrap());
            }
        }
    }
}

pub fn name(number: u64) -> String {
    format!("{PREFIX}{number:09}.json")
}

/// The keys to which something was to be added, in order.
fn added(seen: &[Seen]) -> Vec<String> {
    let puts = seen.iter().filter(|seen| seen.operation == Operation::Put);
    puts.map(|seen| seen.key.clone()).collect()
}

/// Record by record, the signature first.
fn in_order(records: u64) -> Vec<String> {
    (1..=records).flat_map(|number| [format!("{}.sig", name(number)), name(number)]).collect()
}

#[test]
fn what_the_bucket_lacks_goes_up_in_order_and_is_locked() {
    let bench = Bench::with(3);
    let before = Timestamp::now();
    assert_eq!(bench.bring_up().unwrap(), Brought { records: 3, there: 3, ..Brought::default() });
    assert_eq!(added(&bench.server.seen()), in_order(3));
    let store = bench.store();
    for key in in_order(3) {
        let object = bench.runtime.block_on(store.head(&key, &Tally::default())).unwrap();
        let lock = bench.runtime.block_on(store.protection(&object, &Tally::default())).unwrap();
        let Protection::Locked { mode, until: Some(until), .. } = lock else { panic!("{key}: {lock:?}") };
        let days = until.duration_since(before).as_hours() / 24;
        assert_eq!((mode.as_deref(), days), (Some("COMPLIANCE"), 30), "{key}");
        let kept = bench.folder().join(&key[PREFIX.len()..]);
        assert_eq!(object.size, kept.metadata().unwrap().len());
    }
    bench.server.clear();
    append(bench.folder(), Some(key(1)), 1);
    assert_eq!(bench.bring_up().unwrap(), Brought { records: 1, there: 4, ..Brought::default() });
    assert_eq!(added(&bench.server.seen()), in_order(4)[6..], "only what is new");
    assert_eq!(bench.bring_up().unwrap(), Brought { records: 0, there: 4, ..Brought::default() });
    let check = bench.check();
    assert_eq!((check.outcome, check.signed, check.warnings.len()), (Holding::Holds, 4, 0), "{check:?}");
    assert_eq!(check.head, checked(bench.folder(), &trusting(&[1])).head);
    assert!(check.folder.ends_with("s3://records/zimbra/"), "{}", check.folder);
    let locks = &check.bucket.as_ref().unwrap().locks;
    assert_eq!((locks.locked, locks.compliance, locks.unlocked), (4, 4, 0));
    assert!(locks.earliest_end.is_some());
}

#[test]
fn a_bucket_that_was_away_at_any_file_gets_the_rest_the_next_time() {
    let order = in_order(4);
    let bench = Bench::with(4);
    for (at, key) in order.iter().enumerate() {
        bench.server.create_bucket(BUCKET, Keeping::Locked(None));
        bench.server.inject(key, Fault::Refuse { operation: Operation::Put, status: 503 }, Times::Always);
        let error = bench.bring_up().unwrap_err();
        let left = 4 - at as u64 / 2;
        assert!(
            matches!(&error, DepotError::Store { behind: Behind::Records(records), source, .. }
                if *records == left && matches!(source, StorageError::Unavailable { .. })),
            "{key}: {error:?}"
        );
        assert!(error.to_string().contains("mailproof evidence upload"), "{error}");
        let there: Vec<String> =
            bench.kept().into_iter().map(|(name, _)| format!("{PREFIX}{name}")).collect();
        let mut expected = order[..at].to_vec();
        expected.sort();
        assert_eq!(there, expected, "all before it and nothing behind it");
        let check = bench.check();
        assert!(first(&check).is_none(), "what is there verifies: {:?}", check.first_broken);
        assert_eq!(check.coverage.checked, at as u64 / 2);
        bench.server.clear();
    }
    assert_eq!(bench.bring_up().unwrap(), Brought { records: 1, there: 4, ..Brought::default() });
    assert_eq!(bench.check().outcome, Holding::Holds);
    assert!(bench.kept().iter().all(|(_, versions)| *versions == 1), "{:?}", bench.kept());
}

#[test]
fn a_bucket_that_does_not_answer_leaves_all_behind() {
    let bench = Bench::with(1);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = policy::Store { endpoint: Some(format!("http://{free}")), ..bench.settings() };
    let error = bench.depot_at(closed).bring_up(bench.folder()).unwrap_err();
    assert!(matches!(&error, DepotError::Store { behind: Behind::Unknown, .. }), "{error:?}");
    let cancel = Cancel::default();
    cancel.cancel();
    let bucket = policy::Bucket {
        store: bench.settings(),
        mode: Some(Lock::Governance),
        retention: Some(Age::days(1)),
    };
    let depot = Depot::open(&bucket, None, bench.runtime.handle().clone(), cancel).unwrap();
    assert!(matches!(depot.bring_up(bench.folder()), Err(DepotError::Interrupted { .. })));
    assert_eq!(added(&bench.server.seen()), [""; 0]);
}

#[test]
fn two_at_once_make_one_chain_there() {
    let bench = Bench::new(Keeping::Locked(None));
    let patient = policy::Store { network: Network { retries: 5, ..Network::default() }, ..bench.settings() };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let chain = Chain::new(bench.folder().to_owned(), Some(key(1)));
                let depot = bench.depot_at(patient.clone());
                for _ in 0..10 {
                    chain.append(record()).unwrap();
                    depot.bring_up(bench.folder()).unwrap();
                }
            });
        }
    });
    let kept = bench.kept();
    assert_eq!(kept.len(), 40);
    assert!(kept.iter().all(|(_, versions)| *versions == 1), "{kept:?}");
    let check = bench.check();
    assert_eq!((check.outcome, check.coverage.checked), (Holding::Holds, 20), "{:?}", check.first_broken);
}

#[test]
fn what_is_of_another_chain_is_never_overwritten() {
    type Way = (&'static str, fn(&Bench));
    let ways: [Way; 4] = [
        ("other bytes", |bench| drop(bench.server.put(BUCKET, &name(2), "a stranger's"))),
        ("another chain", |bench| {
            let other = Bench::new(Keeping::Locked(None));
            append(other.folder(), Some(key(2)), 1);
            bench.server.put(BUCKET, &name(1), fs::read(file(other.folder(), 1)).unwrap());
        }),
        ("a longer chain of another", |bench| {
            bench.bring_up().unwrap();
            let other = Bench::with(4);
            bench.server.put(BUCKET, &name(4), fs::read(file(other.folder(), 4)).unwrap());
        }),
        ("a signature of another size", |bench| {
            bench.bring_up().unwrap();
            bench.server.put(BUCKET, &format!("{}.sig", name(1)), "x");
            append(bench.folder(), Some(key(1)), 1);
        }),
    ];
    for (way, put) in ways {
        let bench = Bench::with(3);
        put(&bench);
        let before = bench.kept();
        for _ in 0..2 {
            let error = bench.bring_up().unwrap_err();
            assert!(matches!(error, DepotError::OtherChain { .. }), "{way}: {error:?}");
            let said = error.to_string();
            assert!(said.contains("s3://records/zimbra/") && said.contains("evidence verify"), "{said}");
            assert!(bench.depot().readiness(bench.folder()).is_err(), "{way}");
        }
        assert_eq!(bench.kept(), before, "{way}: nothing went there");
    }
}

#[test]
fn what_would_happen_is_known_without_leaving_anything() {
    let bench = Bench::with(2);
    let ready = || bench.depot().readiness(bench.folder());
    let before = ready().unwrap();
    assert_eq!((before.lacks, before.has, before.left), (2, 0, None));
    assert_eq!(bench.kept(), []);
    bench.bring_up().unwrap();
    append(bench.folder(), Some(key(1)), 3);
    let after = ready().unwrap();
    assert_eq!((after.lacks, after.has, after.left, after.locking), (3, 2, None, Locking::On));
    assert!(bench.kept().iter().all(|(_, versions)| *versions == 1) && bench.kept().len() == 4);
    let denied = Fault::Refuse { operation: Operation::Put, status: 403 };
    bench.server.inject(&format!("{PREFIX}.trial"), denied, Times::Always);
    let error = ready().unwrap_err().to_string();
    assert!(error.contains("s3:PutObjectRetention"), "{error}");
    bench.server.clear();
    bench.server.create_bucket(BUCKET, Keeping::Versions);
    let error = bench.bring_up().unwrap_err().to_string();
    assert!(error.contains("with Object Lock on"), "{error}");
}

/// What is broken, each by its number and reason.
fn broken(check: &Check) -> Vec<(u64, &'static str)> {
    check.broken.iter().map(|broken| (broken.record, broken.reason.as_str())).collect()
}

#[test]
fn what_was_written_over_a_record_or_deleted_is_named_and_the_first_version_counts() {
    type Touch = (&'static str, fn(&Bench), &'static [(u64, &'static str)]);
    let touches: [Touch; 6] = [
        ("overwritten", |bench| drop(bench.server.put(BUCKET, &name(2), "x")), &[(2, "overwritten")]),
        (
            "overwritten by as many bytes",
            |bench| {
                let mut bytes = fs::read(file(bench.folder(), 2)).unwrap();
                bytes[9] ^= 1;
                bench.server.put(BUCKET, &name(2), bytes);
            },
            &[(2, "overwritten")],
        ),
        ("deleted", |bench| bench.server.delete(BUCKET, &name(3)), &[(3, "deleted")]),
        (
            "a signature was deleted and put anew",
            |bench| {
                let key = format!("{}.sig", name(1));
                bench.server.delete(BUCKET, &key);
                bench.server.put(BUCKET, &key, fs::read(signature(bench.folder(), 1)).unwrap());
            },
            &[(1, "deleted")],
        ),
        (
            "all of it at once",
            |bench| {
                bench.server.delete(BUCKET, &name(3));
                bench.server.put(BUCKET, &name(1), "x");
                bench.server.put(BUCKET, &name(1), "y");
            },
            &[(1, "overwritten"), (1, "overwritten"), (3, "deleted")],
        ),
        (
            "a record that never was",
            |bench| {
                bench.server.delete(BUCKET, &name(7));
            },
            &[(7, "deleted")],
        ),
    ];
    for (touch, act, expected) in touches {
        let bench = Bench::with(3);
        bench.bring_up().unwrap();
        act(&bench);
        let check = bench.check();
        assert_eq!(broken(&check), expected, "{touch}");
        assert_eq!((check.outcome, check.exit_code, check.signed), (Holding::Broken, 10, 3), "{touch}");
    }
}

#[test]
fn the_same_bytes_once_more_change_nothing() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    bench.copy_all();
    let check = bench.check();
    assert_eq!((check.outcome, check.bucket.unwrap().repeated), (Holding::Holds, 6));
}

#[test]
fn records_without_a_lock_are_told() {
    for (keeping, outcome, expected) in [
        (Keeping::Latest, Holding::NotVerified, Locks { unlocked: 2, ..Locks::default() }),
        (Keeping::Versions, Holding::Holds, Locks { unlocked: 2, ..Locks::default() }),
        (
            Keeping::Locked(Some(DefaultLock { mode: Lock::Governance, days: 9 })),
            Holding::Holds,
            Locks { locked: 2, governance: 2, ..Locks::default() },
        ),
    ] {
        let bench = Bench::new(keeping);
        append(bench.folder(), Some(key(1)), 2);
        bench.copy_all();
        let check = bench.check();
        let locks = Locks { earliest_end: None, ..check.bucket.as_ref().unwrap().locks.clone() };
        assert_eq!((check.outcome, locks), (outcome, expected), "{keeping:?}");
        let why = check.why.unwrap_or_default();
        assert_eq!(why.contains("kept no versions when 4 of 4 files"), keeping == Keeping::Latest, "{why}");
    }
}

/// A store that will not say some things.
#[derive(Debug)]
struct Reticent {
    store: Arc<dyn Store>,
    versions: bool,
    locks: bool,
    /// What the listing of versions leaves out.
    hides: fn(&str) -> bool,
}

impl Reticent {
    fn new(store: Arc<dyn Store>) -> Self {
        Self { store, versions: true, locks: true, hides: |_| false }
    }
}

#[async_trait]
impl Store for Reticent {
    fn address(&self, key: &str) -> String {
        self.store.address(key)
    }
    async fn list(&self, prefix: &str, tally: &Tally) -> Result<Vec<Object>, StorageError> {
        self.store.list(prefix, tally).await
    }
    async fn head(&self, key: &str, tally: &Tally) -> Result<Object, StorageError> {
        self.store.head(key, tally).await
    }
    async fn get(&self, object: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError> {
        self.store.get(object, offset).await
    }
    async fn protection(&self, object: &Object, tally: &Tally) -> Result<Protection, StorageError> {
        match self.locks {
            true => self.store.protection(object, tally).await,
            false => Ok(Protection::Unknown("AccessDenied".to_owned())),
        }
    }
    async fn versions(&self, prefix: &str, tally: &Tally) -> Result<Versions, StorageError> {
        match self.versions {
            true => self.store.versions(prefix, tally).await.map(|versions| match versions {
                Versions::Kept(mut keys) => {
                    keys.retain(|key, _| !(self.hides)(key));
                    Versions::Kept(keys)
                }
                unknown @ Versions::Unknown(_) => unknown,
            }),
            false => Ok(Versions::Unknown("AccessDenied; allow s3:ListBucketVersions".to_owned())),
        }
    }
}

#[test]
fn what_the_store_would_not_say_is_never_fine() {
    let bench = Bench::with(2);
    bench.bring_up().unwrap();
    for (versions, locks, said) in
        [(false, true, "written over them"), (true, false, "are locked"), (false, false, "written over them")]
    {
        let store = Reticent { versions, locks, ..Reticent::new(bench.store()) };
        let check = bench.check_of(Arc::new(store));
        assert_eq!((check.outcome, check.exit_code), (Holding::NotVerified, 20));
        let why = check.why.unwrap();
        assert!(why.contains(said) && why.contains("AccessDenied"), "{why}");
        let seen = check.bucket.unwrap();
        assert_eq!(
            (seen.locks.unknown, seen.versions_unknown.is_some()),
            (if locks { 0 } else { 2 }, !versions)
        );
        assert_eq!(check.signed, 2, "the chain was looked at all the same");
    }
}

#[test]
fn a_listing_of_versions_that_hides_something_is_never_all_of_them() {
    let bench = Bench::with(2);
    bench.bring_up().unwrap();
    type Way = (fn(&str) -> bool, &'static str);
    let ways: [Way; 3] = [
        (|_| true, "lacks 4 of 4 files that are there, zimbra/000000001.json the first"),
        (|key| key == "zimbra/000000002.json", "lacks 1 of 4 files that are there, zimbra/000000002.json"),
        (|key| key == "zimbra/000000002.json.sig", "lacks 1 of 4 files that are there"),
    ];
    for (hides, said) in ways {
        let check = bench.check_of(Arc::new(Reticent { hides, ..Reticent::new(bench.store()) }));
        let why = check.why.unwrap_or_default();
        assert_eq!((check.outcome, check.exit_code), (Holding::NotVerified, 20), "{why}");
        assert!(why.contains(said) && check.bucket.unwrap().versions_unknown.is_some(), "{why}");
    }
}

#[test]
fn a_bucket_that_goes_away_meanwhile_breaks_no_chain() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    for status in [503, 403] {
        bench.server.inject(&name(2), Fault::Refuse { operation: Operation::Get, status }, Times::Always);
        let check = bench.check();
        assert_eq!(
            (check.outcome, check.coverage.checked, check.coverage.total),
            (Holding::NotVerified, 1, 3)
        );
        assert!(check.why.unwrap().contains("000000002.json"));
        bench.server.clear();
    }
    bench.server.inject("", Fault::Refuse { operation: Operation::List, status: 503 }, Times::Always);
    let error = Vault::open(bench.store(), PREFIX, bench.runtime.handle()).unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }), "{error:?}");
}

#[test]
fn a_bucket_is_judged_as_a_folder_is() {
    type Damage = (&'static str, fn(&Path));
    let damages: [Damage; 6] = [
        ("nothing", |_| {}),
        ("altered", |folder| {
            let mut bytes = fs::read(file(folder, 2)).unwrap();
            bytes[60] ^= 1;
            fs::write(file(folder, 2), bytes).unwrap();
        }),
        ("taken out", |folder| fs::remove_file(file(folder, 3)).unwrap()),
        ("without its signature", |folder| fs::remove_file(signature(folder, 3)).unwrap()),
        ("exchanged", |folder| assert!(fs::copy(file(folder, 1), file(folder, 4)).unwrap() > 0)),
        ("no envelope", |folder| fs::write(file(folder, 1), "{}").unwrap()),
    ];
    for (damage, act) in damages {
        let bench = Bench::with(5);
        act(bench.folder());
        bench.copy_all();
        let (there, here) = (bench.check(), checked(bench.folder(), &trusting(&[1])));
        assert_eq!((there.outcome, &there.broken), (here.outcome, &here.broken), "{damage}");
        assert_eq!(
            (there.head, there.keys, there.coverage),
            (here.head, here.keys, here.coverage),
            "{damage}"
        );
    }
}
