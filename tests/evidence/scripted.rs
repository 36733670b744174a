//! What goes over the wire to a bucket, and what becomes of each answer: a store that says what a test wrote.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use mailproof::archive::storage::StorageError;
use mailproof::evidence::{Brought, Depot, DepotError};
use mailproof::network::Cancel;
use mailproof::policy::{self, Age, Lock, Network};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{append, file, key};
use crate::support;

const NOTHING: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

/// One request: its first line, its headers in lower case, its body.
#[derive(Debug, Clone)]
struct Asked {
    line: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

/// Status and body of an answer.
type Answer = (u16, Vec<u8>);
type Script = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

/// A store that lists nothing, has what it said that it took, and answers all else as `script` says; that also gets how many
/// additions came before.
struct Scripted {
    endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    records: TempDir,
    runtime: Runtime,
    credentials: TempDir,
}

impl Scripted {
    fn new(script: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::keeping(script, |body| Some(body.to_vec()))
    }

    /// As [`Scripted::new`], but of what it said that it took it has only what `keep` gives.
    fn keeping(
        script: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
        keep: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, seen): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        thread::spawn(move || {
            let mut kept = HashMap::new();
            for stream in listener.incoming() {
                let answer = serve(stream.unwrap(), &*script, &seen, &kept);
                let taken = answer.filter(|asked| asked.line.starts_with("PUT "));
                kept.extend(taken.and_then(|asked| Some((asked.path(), keep(&asked.body)?))));
            }
        });
        let (records, credentials) = (support::folder(), support::folder());
        append(records.path(), Some(key(1)), 1);
        support::secret_file(credentials.path(), "c", "access_key_id = \"AK\"\nsecret_access_key = \"SK\"\n");
        Self { endpoint, asked, records, runtime: Runtime::new().unwrap(), credentials }
    }

    fn bring_up(&self, retries: u32) -> Result<Brought, DepotError> {
        let store = policy::Store {
            url: "s3://b/p/".to_owned(),
            endpoint: Some(self.endpoint.clone()),
            credentials_file: Some(self.credentials.path().join("c")),
            network: Network { retries, ..Network::default() },
            ..policy::Store::default()
        };
        let bucket = policy::Bucket { store, mode: Some(Lock::Governance), retention: Some(Age::days(2)) };
        let depot = Depot::open(&bucket, None, self.runtime.handle().clone(), Cancel::default()).unwrap();
        depot.bring_up(self.records.path())
    }

    fn record(&self) -> Vec<u8> {
        fs::read(file(self.records.path(), 1)).unwrap()
    }

    fn additions(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.line.starts_with("PUT ")).cloned().collect()
    }
}

impl Asked {
    /// What it is about.
    fn path(&self) -> String {
        self.line.split([' ', '?']).nth(1).unwrap_or_default().to_owned()
    }
}

/// Answers one request; the connection ends with it. Gives the request where the answer was good.
fn serve(
    mut stream: TcpStream,
    script: &Script,
    seen: &Mutex<Vec<Asked>>,
    kept: &HashMap<String, Vec<u8>>,
) -> Option<Asked> {
    let asked = read(&mut BufReader::new(&stream));
    let before = seen.lock().unwrap().iter().filter(|asked| asked.line.starts_with("PUT ")).count();
    let kept = kept.get(&asked.path()).filter(|_| !asked.line.starts_with("PUT "));
    let (status, body) = match (asked.line.contains("list-type=2"), kept) {
        (true, _) => (200, NOTHING.as_bytes().to_vec()),
        (false, Some(body)) => (200, body.clone()),
        (false, None) => script(&asked, before),
    };
    let is_head = asked.line.starts_with("HEAD ");
    seen.lock().unwrap().push(asked.clone());
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\netag: \"e\"\r\nconnection: close\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(if is_head { &[] } else { &body });
    (status == 200).then_some(asked)
}

fn read(stream: &mut impl BufRead) -> Asked {
    let mut lines = stream.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty());
    let line = lines.next().unwrap_or_default();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Asked { line, headers, body }
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    (status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>").into_bytes())
}

#[test]
fn an_addition_states_condition_lock_and_checksum() {
    let store = Scripted::new(|_, _| (200, Vec::new()));
    assert_eq!(store.bring_up(0).unwrap(), Brought { records: 1, there: 1, ..Brought::default() });
    let additions = store.additions();
    assert!(additions[0].line.starts_with("PUT /b/p/000000001.json.sig?"), "{}", additions[0].line);
    let addition = &additions[1];
    assert!(addition.line.starts_with("PUT /b/p/000000001.json?"), "{}", addition.line);
    assert_eq!(addition.body, store.record(), "nothing is wrapped around the bytes");
    assert_eq!(addition.headers["if-none-match"], "*");
    assert_eq!(addition.headers["x-amz-object-lock-mode"], "GOVERNANCE");
    let until: jiff::Timestamp = addition.headers["x-amz-object-lock-retain-until-date"].parse().unwrap();
    let left = until.duration_since(jiff::Timestamp::now());
    assert!((47..=48).contains(&left.as_hours()), "{until}");
    assert_eq!(
        addition.headers.get("x-amz-checksum-sha256").map(String::len),
        Some(44),
        "{:?}",
        addition.headers
    );
    let signed = &addition.headers["authorization"];
    for name in ["if-none-match", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"] {
        assert!(signed.contains(name), "{name} is not signed: {signed}");
    }
}

/// What came of adding two files where each addition is answered so, and each read with these bytes.
fn answered(answer: Answer, there: Option<Vec<u8>>, retries: u32) -> (Result<Brought, DepotError>, usize) {
    let store = Scripted::new(move |asked, _| match (&there, asked.line.starts_with("PUT ")) {
        (_, true) => answer.clone(),
        (Some(bytes), false) => (200, bytes.clone()),
        (None, false) => error(404, "NoSuchKey", ""),
    });
    (store.bring_up(retries), store.additions().len())
}

#[test]
fn what_is_taken_must_hold_the_same_bytes() {
    let taken = || error(412, "PreconditionFailed", "At least one of the pre-conditions");
    // Each read is answered with the bytes of the file that was asked for, read back from the addition.
    let asked: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
    let store = Scripted::new(move |request, _| {
        let path = request.path();
        let mut there = asked.lock().unwrap();
        match request.line.starts_with("PUT ") {
            true => {
                there.insert(path, request.body.clone());
                error(412, "PreconditionFailed", "")
            }
            false => (200, there[&path].clone()),
        }
    });
    assert_eq!(
        store.bring_up(0).unwrap(),
        Brought { records: 1, there: 1, ..Brought::default() },
        "an answer was lost, or another was faster"
    );
    assert_eq!(store.additions().len(), 2);
    for other in [b"other".to_vec(), vec![b'x'; store.additions()[0].body.len()]] {
        let (result, additions) = answered(taken(), Some(other), 0);
        assert!(matches!(result, Err(DepotError::OtherChain { .. })), "{result:?}");
        assert_eq!(additions, 1, "nothing is added behind it");
    }
}

#[test]
fn what_a_store_says_that_it_took_must_be_there() {
    let gone = |asked: &Asked, _| match asked.line.starts_with("PUT ") {
        true => (200, Vec::new()),
        false => error(404, "NoSuchKey", ""),
    };
    let store = Scripted::keeping(gone, |_| None);
    let error = store.bring_up(0).unwrap_err();
    assert!(matches!(error, DepotError::Swallowed { .. }), "{error:?}");
    assert!(
        error.to_string().contains("s3://b/p/000000001.json.sig: the store said that it took it"),
        "{error}"
    );
    assert_eq!(store.additions().len(), 1, "nothing is added behind it");
    // The last record is read back whole, whatever size is stated.
    type Keep = fn(&[u8]) -> Vec<u8>;
    let ways: [Keep; 2] = [|body| body[1..].to_vec(), |body| body.iter().rev().copied().collect()];
    for keep in ways {
        let store = Scripted::keeping(gone, move |body| Some(keep(body)));
        let error = store.bring_up(0).unwrap_err();
        assert!(matches!(error, DepotError::OtherChain { .. }), "{error:?}");
    }
}

#[test]
fn a_conflict_of_two_writers_passes() {
    let store = Scripted::new(|_, before| match before {
        0 => error(409, "ConditionalRequestConflict", ""),
        1 => error(503, "SlowDown", ""),
        _ => (200, Vec::new()),
    });
    assert_eq!(store.bring_up(3).unwrap(), Brought { records: 1, there: 1, ..Brought::default() });
    assert_eq!(store.additions().len(), 4);
}

#[test]
fn what_the_store_can_not_do_is_told_with_the_step() {
    for (answer, said) in [
        (
            error(501, "NotImplemented", "A header you provided implies functionality"),
            "lacks If-None-Match or Object Lock",
        ),
        (
            error(400, "InvalidRequest", "Bucket is missing Object Lock Configuration"),
            "bucket with Object Lock on",
        ),
        (error(403, "AccessDenied", "no"), "s3:PutObjectRetention"),
        (error(403, "SignatureDoesNotMatch", "no"), "credentials"),
    ] {
        let (result, additions) = answered(answer, None, 3);
        let error = result.unwrap_err();
        assert!(
            matches!(&error, DepotError::Store { source, .. } if !matches!(source, StorageError::Unavailable { .. })),
            "{error:?}"
        );
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.to_string().starts_with("1 record is in the folder and not in the bucket"), "{error}");
        assert_eq!(additions, 1, "it does not pass, so it is not tried again");
    }
    let (result, additions) = answered(error(503, "SlowDown", ""), None, 2);
    assert!(matches!(
        result,
        Err(DepotError::Store { source: StorageError::Unavailable { attempts: 3, .. }, .. })
    ));
    assert_eq!(additions, 3);
}
