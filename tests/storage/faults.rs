//! What the S3 store makes of a network and a store that misbehave.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mailproof::archive::storage::{Download, Object, Protection, StorageError, Store, Versions, open_store};
use mailproof::demo::server::{Fault, Keeping, Operation, Times};
use mailproof::event::Tally;
use mailproof::policy::{self, Age, Network};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::servers::{InProcess, keys, settings};
use super::{Fixture, download, noise, read};

const SIZE: usize = 2_000_000;

async fn with_object() -> (InProcess, Vec<u8>) {
    let fixture = InProcess::new(Keeping::Latest).await;
    let content = noise(SIZE);
    fixture.put("k", &content).await;
    (fixture, content)
}

#[tokio::test]
async fn a_cut_body_is_resumed_by_range() {
    let (fixture, content) = with_object().await;
    for after in [1_000_000, 300_000, 0] {
        fixture.server.inject("k", Fault::CutBody { after }, Times::First(1));
    }
    let (bytes, tally) = download(fixture.store(), "k").await;
    assert!(bytes.unwrap() == content);
    assert_eq!(Tally::get(&tally.stored), SIZE as u64);
    assert_eq!(Tally::get(&tally.resumes), 3);
    let offsets: Vec<_> = fixture.server.seen().iter().filter_map(|seen| seen.from).collect();
    assert_eq!(offsets.len(), 3);
    assert!(offsets[0] > 0 && offsets.is_sorted(), "{offsets:?}");
}

#[tokio::test]
async fn a_silent_body_is_given_up_and_resumed() {
    let read_timeout = Age(Duration::from_millis(300));
    let network = Network { retries: 1, read_timeout, ..Network::default() };
    let fixture = InProcess::with(Keeping::Latest, network).await;
    let content = noise(SIZE);
    fixture.put("k", &content).await;
    fixture.server.inject("k", Fault::StallBody { after: 1_000_000 }, Times::First(1));
    let (bytes, tally) = download(fixture.store(), "k").await;
    assert!(bytes.unwrap() == content);
    assert_eq!(Tally::get(&tally.resumes), 1);
}

#[tokio::test]
async fn a_body_that_is_short_by_its_own_account_is_not_the_object() {
    let (fixture, _) = with_object().await;
    fixture.server.inject("k", Fault::ShortBody { by: 1 }, Times::Always);
    let (bytes, _) = download(fixture.store(), "k").await;
    assert!(matches!(bytes, Err(StorageError::Changed { .. })), "{:?}", bytes.err());
}

#[tokio::test]
async fn an_object_overwritten_while_it_is_read_is_a_change() {
    let (fixture, _) = with_object().await;
    fixture.server.inject("k", Fault::Overwrite { after: 500_000 }, Times::First(1));
    let (bytes, _) = download(fixture.store(), "k").await;
    assert!(matches!(bytes, Err(StorageError::Changed { .. })), "{:?}", bytes.err());
}

#[tokio::test]
async fn an_answer_about_another_object_is_a_change() {
    let (fixture, _) = with_object().await;
    fixture.server.inject("k", Fault::OtherEtag, Times::Always);
    let (bytes, _) = download(fixture.store(), "k").await;
    assert!(matches!(bytes, Err(StorageError::Changed { .. })), "{:?}", bytes.err());
}

#[tokio::test]
async fn a_store_that_does_not_honour_range_is_told_of() {
    for fault in [Fault::WrongRange, Fault::IgnoreRange] {
        let (fixture, _) = with_object().await;
        fixture.server.inject("k", Fault::CutBody { after: 1_000_000 }, Times::First(1));
        fixture.server.inject("k", fault, Times::Always);
        let (bytes, _) = download(fixture.store(), "k").await;
        assert!(matches!(bytes, Err(StorageError::WrongRange { .. })), "{fault:?}: {:?}", bytes.err());
    }
}

/// Some stores send the checksum of the whole object with a part; it says nothing about the part.
#[tokio::test]
async fn a_checksum_of_the_whole_object_does_not_spoil_a_part() {
    let (fixture, content) = with_object().await;
    fixture.server.inject("k", Fault::CutBody { after: 1_000_000 }, Times::First(1));
    fixture.server.inject("k", Fault::WholeChecksumOnRange, Times::Always);
    let (bytes, _) = download(fixture.store(), "k").await;
    assert!(bytes.unwrap() == content);
}

#[tokio::test]
async fn a_busy_store_is_asked_again_by_every_call() {
    let (fixture, content) = with_object().await;
    let store = fixture.store();
    for (operation, key) in
        [(Operation::List, ""), (Operation::Head, "k"), (Operation::Get, "k"), (Operation::Lock, "k")]
    {
        fixture.server.inject(key, Fault::Refuse { operation, status: 503 }, Times::First(1));
    }
    let repeated = |tally: &Tally| Tally::get(&tally.retries);
    let tally = Tally::default();
    assert_eq!(store.list("", &tally).await.unwrap().len(), 1);
    assert_eq!(repeated(&tally), 1);
    let object = store.head("k", &tally).await.unwrap();
    assert_eq!(repeated(&tally), 2);
    assert_eq!(store.protection(&object, &tally).await.unwrap(), Protection::Unlocked);
    assert_eq!(repeated(&tally), 3);
    let (bytes, tally) = download(store.clone(), "k").await;
    assert!(bytes.unwrap() == content);
    assert_eq!((repeated(&tally), Tally::get(&tally.resumes)), (1, 0));
}

#[tokio::test]
async fn a_store_that_stays_busy_is_given_up() {
    let (fixture, _) = with_object().await;
    let store = fixture.store();
    let object = store.head("k", &Tally::default()).await.unwrap();
    for operation in [Operation::Head, Operation::Get, Operation::Lock] {
        fixture.server.inject("k", Fault::Refuse { operation, status: 503 }, Times::Always);
    }
    let gives_up = |error: StorageError| {
        assert!(matches!(error, StorageError::Unavailable { attempts: 3, .. }), "{error:?}");
    };
    gives_up(store.head("k", &Tally::default()).await.unwrap_err());
    gives_up(Download::start(store.clone(), object, std::sync::Arc::default()).next().await.unwrap_err());
    let asked = fixture.server.seen().iter().filter(|seen| seen.operation == Operation::Get).count();
    assert_eq!(asked, 3, "nothing but the one mechanism repeats calls");
}

#[tokio::test]
async fn a_store_that_knows_no_locks_leaves_them_unknown() {
    for status in [403, 405, 501] {
        let (fixture, _) = with_object().await;
        let object = fixture.store().head("k", &Tally::default()).await.unwrap();
        fixture.server.inject("k", Fault::Refuse { operation: Operation::Lock, status }, Times::Always);
        let protection = fixture.store().protection(&object, &Tally::default()).await.unwrap();
        assert!(matches!(protection, Protection::Unknown(_)), "{status}: {protection:?}");
    }
}

#[tokio::test]
async fn an_outage_while_locks_are_asked_for_is_an_error() {
    let (fixture, _) = with_object().await;
    let object = fixture.store().head("k", &Tally::default()).await.unwrap();
    fixture.server.inject("k", Fault::Refuse { operation: Operation::Lock, status: 500 }, Times::Always);
    let error = fixture.store().protection(&object, &Tally::default()).await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }), "{error:?}");
}

async fn error_of(settings: &policy::Store) -> StorageError {
    let store: std::sync::Arc<dyn Store> = open_store(settings, None).await.unwrap();
    store.head("k", &Tally::default()).await.unwrap_err()
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_or_no_store_is_told_of() {
    let keys = keys("AK", "SK");
    let network = || Network { retries: 0, ..Network::default() };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = settings(&format!("http://{free}"), "backups", &keys);
    let error = error_of(&policy::Store { network: network(), ..closed }).await;
    assert!(matches!(error, StorageError::Unavailable { attempts: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");

    let (fixture, _) = with_object().await;
    let plain = fixture.server.endpoint().replace("http:", "https:");
    let error = error_of(&policy::Store { network: network(), ..settings(&plain, "backups", &keys) }).await;
    assert!(matches!(error, StorageError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn what_was_pinned_before_is_not_mixed_with_what_came_later() {
    let (fixture, content) = with_object().await;
    let store = fixture.store();
    let object: Object = store.head("k", &Tally::default()).await.unwrap();
    let mut body = store.get(&object, 0).await.unwrap();
    let first = body.next().await.unwrap().unwrap();
    assert!(content.starts_with(&first));
    drop(body);
    fixture.put("k", &noise(SIZE)[1..]).await;
    assert!(store.get(&object, first.len() as u64).await.is_err());
    fixture.put("k", &content).await;
    let rest = read(store.get(&object, first.len() as u64).await.unwrap()).await.unwrap();
    assert!(rest == content[first.len()..], "the same content is the same object again");
}

/// Answers every connection with `answer`; with none it stays silent. Gives the endpoint.
async fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            if answer.is_empty() {
                open.push(stream);
            }
        }
    });
    endpoint
}

/// Bytes that change on the way are not the network's to hide where the store sends a checksum.
#[tokio::test]
async fn a_whole_object_is_held_against_the_checksum_that_came_with_it() {
    let right = "HTTP/1.1 200 OK\r\nx-amz-checksum-crc32: NhCmhg==\r\ncontent-length: 5\r\n\r\nhello";
    let wrong = "HTTP/1.1 200 OK\r\nx-amz-checksum-crc32: NhCmhg==\r\ncontent-length: 5\r\n\r\nhallo";
    let keys = keys("AK", "SK");
    let object = Object { key: "k".to_owned(), size: 5, modified: None, etag: None, version: None };
    for (answer, sound) in [(right, true), (wrong, false)] {
        let store = open_store(&settings(&answering(answer).await, "backups", &keys), None).await.unwrap();
        let mut download = Download::start(store, object.clone(), std::sync::Arc::default());
        assert_eq!(download.next().await.unwrap().unwrap().len(), 5);
        let end = download.next().await;
        assert_eq!(matches!(end, Ok(None)), sound, "{end:?}");
        assert_eq!(matches!(end, Err(StorageError::ChecksumMismatch { .. })), !sound, "{end:?}");
    }
}

/// A connection that breaks behind the last byte says nothing about the checksum.
#[tokio::test]
async fn a_body_without_its_end_mark_is_no_wrong_checksum() {
    let answer = "HTTP/1.1 200 OK\r\nx-amz-checksum-crc32: NhCmhg==\r\ntransfer-encoding: chunked\r\n\r\n\
                  5\r\nhello\r\n";
    let keys = keys("AK", "SK");
    let store = open_store(&settings(&answering(answer).await, "backups", &keys), None).await.unwrap();
    let object = Object { key: "k".to_owned(), size: 5, modified: None, etag: None, version: None };
    let mut download = Download::start(store, object, std::sync::Arc::default());
    assert_eq!(download.next().await.unwrap().unwrap().len(), 5);
    assert!(download.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_bucket_in_another_region_is_told_with_its_region() {
    let answer =
        "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-north-1\r\ncontent-length: 0\r\n\r\n";
    let keys = keys("AK", "SK");
    let error = error_of(&settings(&answering(answer).await, "backups", &keys)).await;
    assert!(
        matches!(&error, StorageError::Region { region: Some(region), .. } if region == "eu-north-1"),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_s3_store_is_not_taken_for_one() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>";
    let keys = keys("AK", "SK");
    let network = Network { retries: 0, ..Network::default() };
    let settings = policy::Store { network, ..settings(&answering(page).await, "backups", &keys) };
    let store = open_store(&settings, None).await.unwrap();
    let error =
        store.list("", &Tally::default()).await.expect_err("a web page is no listing, not even an empty one");
    assert!(matches!(error, StorageError::Unavailable { .. } | StorageError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up() {
    let keys = keys("AK", "SK");
    let read_timeout = Age(Duration::from_millis(200));
    let network = Network { retries: 1, read_timeout, ..Network::default() };
    let settings = policy::Store { network, ..settings(&answering("").await, "backups", &keys) };
    let error = error_of(&settings).await;
    assert!(matches!(error, StorageError::Unavailable { attempts: 2, .. }), "{error:?}");
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_told_of() {
    let keys = keys("AK", "SK");
    let settings = policy::Store {
        credentials_file: None,
        profile: Some("no-such-profile-of-mailproof".to_owned()),
        ..settings(&answering("").await, "backups", &keys)
    };
    let error = error_of(&settings).await;
    assert!(matches!(error, StorageError::BadCredentials { .. }), "{error:?}");
    assert!(error.to_string().contains("none were found"), "{error}");
}

/// A TLS server whose certificate only its own authority vouches for; ended when dropped.
struct Tls {
    folder: tempfile::TempDir,
    server: Child,
    endpoint: String,
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn openssl(folder: &std::path::Path, arguments: &str) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(arguments.split(' ')).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

async fn tls(subject: &str) -> Tls {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca",
        &format!(
            "req -newkey rsa:2048 -nodes -keyout s.key -out s.csr -subj /CN=s -addext subjectAltName={subject}"
        ),
        "x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out s.pem -days 2 -copy_extensions copy",
    ] {
        assert!(
            openssl(folder.path(), arguments).status().expect("openssl is missing").success(),
            "{arguments}"
        );
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve = format!("s_server -accept 127.0.0.1:{port} -cert s.pem -key s.key -WWW");
    let server = openssl(folder.path(), &serve).spawn().unwrap();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        tokio::task::yield_now().await;
    }
    Tls { folder, server, endpoint: format!("https://127.0.0.1:{port}") }
}

#[tokio::test]
#[ignore = "needs openssl: tests/run installs it"]
async fn only_an_authority_that_is_named_is_trusted_beside_the_system_s() {
    let keys = keys("AK", "SK");
    for (subject, named, trusted) in
        [("IP:127.0.0.1", false, false), ("IP:127.0.0.1", true, true), ("DNS:elsewhere.example", true, false)]
    {
        let tls = tls(subject).await;
        let read_timeout = Age(Duration::from_secs(1));
        let network = Network { retries: 0, read_timeout, ..Network::default() };
        let ca_file = named.then(|| tls.folder.path().join("ca.pem"));
        let error =
            error_of(&policy::Store { network, ca_file, ..settings(&tls.endpoint, "backups", &keys) }).await;
        // The server is no store, so behind a trusted connection another error waits.
        assert_eq!(matches!(error, StorageError::Tls { .. }), !trusted, "{subject} {named}: {error:?}");
    }
}

#[tokio::test]
async fn a_store_that_lists_no_versions_leaves_them_unknown_and_an_outage_is_an_error() {
    let fixture = InProcess::new(Keeping::Versions).await;
    let refuse = |status| Fault::Refuse { operation: Operation::List, status };
    for (status, said) in [(403, "AccessDenied"), (501, "NotImplemented"), (405, "lists no versions")] {
        fixture.server.inject("", refuse(status), Times::First(1));
        let versions = fixture.store().versions("", &Tally::default()).await.unwrap();
        assert!(matches!(&versions, Versions::Unknown(why) if why.contains(said)), "{status}: {versions:?}");
    }
    fixture.server.clear();
    fixture.server.inject("", refuse(503), Times::Always);
    let tally = Tally::default();
    let error = fixture.store().versions("", &tally).await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { attempts: 3, .. }), "{error:?}");
    assert_eq!(Tally::get(&tally.retries), 2);
}
