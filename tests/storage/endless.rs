//! What the S3 store makes of answers that do not end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mailproof::archive::storage::{Download, Object, StorageError, Store, open_store};
use mailproof::event::Tally;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::servers::{keys, settings};

const MIB: u64 = 1 << 20;

/// More than any answer may hold, yet no test runs for ever.
const ENDLESS: u64 = 256 * MIB;

/// What the sockets between the two may hold back.
const ON_THE_WAY: u64 = 16 * MIB;

/// A store that sends `head` and then `piece` again and again, until nobody listens.
struct Babbler {
    endpoint: String,
    calls: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Babbler {
    async fn start(head: &'static str, piece: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let babbler = Self { endpoint, calls: Arc::default(), sent: Arc::default() };
        let (calls, sent) = (Arc::clone(&babbler.calls), Arc::clone(&babbler.sent));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                calls.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(babble(stream, head, piece, Arc::clone(&sent)));
            }
        });
        babbler
    }

    async fn store(&self) -> Arc<dyn Store> {
        open_store(&settings(&self.endpoint, "backups", &keys("AK", "SK")), None).await.unwrap()
    }

    /// The call ended with a refusal after about `limit` bytes, and was not repeated.
    fn was_refused<T>(&self, answer: Result<T, StorageError>, limit: u64) {
        let Err(error) = answer else { panic!("an endless answer is none") };
        assert!(matches!(error, StorageError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("does not come to an end"), "{error}");
        let sent = self.sent.load(Ordering::SeqCst);
        assert!(sent < limit + ON_THE_WAY, "{sent} bytes were taken");
        assert_eq!(self.calls.load(Ordering::SeqCst), 1);
    }
}

async fn babble(mut stream: TcpStream, head: &str, piece: &str, sent: Arc<AtomicU64>) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    let pieces = piece.repeat(65_536_usize.div_ceil(piece.len()));
    let mut next = head;
    while stream.write_all(next.as_bytes()).await.is_ok() {
        let length = next.len() as u64;
        if sent.fetch_add(length, Ordering::SeqCst) > ENDLESS {
            return;
        }
        next = &pieces;
    }
}

fn object(size: u64) -> Object {
    Object { key: "k".to_owned(), size, modified: None, etag: None, version: None }
}

#[tokio::test]
async fn an_endless_refusal_is_not_collected() {
    for head in [
        "HTTP/1.1 403 Forbidden\r\n\r\n<?xml version=\"1.0\"?><Error><Message>",
        "HTTP/1.1 503 Slow Down\r\n\r\n<?xml version=\"1.0\"?><Error><Message>",
        "HTTP/1.1 301 Moved\r\n\r\n",
    ] {
        let list = Babbler::start(head, "no ").await;
        list.was_refused(list.store().await.list("", &Tally::default()).await, MIB);
        let get = Babbler::start(head, "no ").await;
        get.was_refused(get.store().await.get(&object(5), 0).await.map(|_| ()), MIB);
    }
}

#[tokio::test]
async fn an_endless_page_of_a_listing_is_not_collected() {
    let head = "HTTP/1.1 200 OK\r\n\r\n<?xml version=\"1.0\"?><ListBucketResult>";
    let list = Babbler::start(head, "<Contents><Key>k</Key><Size>1</Size></Contents>").await;
    list.was_refused(list.store().await.list("", &Tally::default()).await, 64 * MIB);
}

#[tokio::test]
async fn a_large_object_is_no_endless_answer() {
    let size = 80 * MIB;
    let babbler = Babbler::start("HTTP/1.1 200 OK\r\ncontent-length: 83886080\r\n\r\n", "mail").await;
    let mut download = Download::start(babbler.store().await, object(size), Arc::default());
    let mut came = 0;
    while let Some(bytes) = download.next().await.unwrap() {
        came += bytes.len() as u64;
    }
    assert_eq!(came, size);
}

#[tokio::test]
async fn a_trailer_behind_an_object_is_passed_over() {
    let answer = "HTTP/1.1 200 OK\r\nx-amz-checksum-crc32: NhCmhg==\r\ntransfer-encoding: chunked\r\n\
                  trailer: x-note\r\n\r\n5\r\nhello\r\n0\r\nx-note: more\r\n\r\n";
    let store = Babbler::start(answer, " ").await.store().await;
    let mut download = Download::start(store, object(5), Arc::default());
    assert_eq!(download.next().await.unwrap().unwrap().len(), 5);
    assert!(download.next().await.unwrap().is_none());
}
