//! The demonstration's own object store, seen through the AWS client.

use std::fs;
use std::path::Path;
use std::time::Duration;

use age::secrecy::ExposeSecret;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetentionMode};
use jiff::Timestamp;
use mailproof::demo::damage::{Layer, Specimen, matrix};
use mailproof::demo::server::{DefaultLock, Fault, Keeping, Operation, Server, Times, Upload};
use mailproof::policy::Lock;

use crate::support;

const BUCKET: &str = "backups";

/// A server with an empty bucket, and a client of it.
fn serve(keeping: Keeping) -> (Server, Client) {
    let server = Server::start().unwrap();
    server.create_bucket(BUCKET, keeping);
    let client = support::client(&server);
    (server, client)
}

/// Bytes that no two places share.
fn content(length: u32) -> Vec<u8> {
    (0..length).flat_map(u32::to_le_bytes).take(length as usize).collect()
}

/// The HTTP status of an answer that is an error.
fn status<E>(error: &SdkError<E>) -> u16 {
    error.raw_response().map_or(0, |response| response.status().as_u16())
}

async fn get(client: &Client, key: &str) -> GetObjectOutput {
    client.get_object().bucket(BUCKET).key(key).send().await.unwrap()
}

/// All of a body up to its end or to the error that ended it.
async fn drain(mut body: ByteStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    loop {
        match body.next().await {
            None => return (bytes, true),
            Some(Ok(segment)) => bytes.extend_from_slice(&segment),
            Some(Err(_)) => return (bytes, false),
        }
    }
}

#[tokio::test]
async fn what_is_put_is_got() {
    let (server, client) = serve(Keeping::Latest);
    let sent = content(3 << 20);
    let body = ByteStream::from(sent.clone());
    let put = client.put_object().bucket(BUCKET).key("a/b c.age").body(body).send().await.unwrap();
    let got = get(&client, "a/b c.age").await;
    assert_eq!(got.e_tag(), put.e_tag());
    assert_eq!(got.content_length(), Some(3 << 20));
    assert_eq!(drain(got.body).await, (sent.clone(), true));
    server.put(BUCKET, "direct", sent.clone());
    let head = client.head_object().bucket(BUCKET).key("direct").send().await.unwrap();
    assert_eq!(head.content_length(), Some(3 << 20));
    assert_eq!(head.e_tag(), put.e_tag(), "the same bytes have the same ETag");
    assert!(head.last_modified().is_some());
}

#[tokio::test]
async fn a_wrong_secret_or_name_is_refused() {
    let (server, _) = serve(Keeping::Latest);
    server.put(BUCKET, "key", "x");
    for (access, secret) in [(server.access_key(), "wrong"), ("wrong", server.secret_key())] {
        let keys = Credentials::from_keys(access, secret, None);
        let client = Client::from_conf(support::client_settings(&server).credentials_provider(keys).build());
        let error = client.get_object().bucket(BUCKET).key("key").send().await.unwrap_err();
        assert_eq!(status(&error), 403);
    }
}

#[tokio::test]
async fn ranges_are_cut_exactly() {
    let (server, client) = serve(Keeping::Latest);
    let whole = content(1000);
    server.put(BUCKET, "key", whole.clone());
    for (range, expected, label) in [
        ("bytes=10-19", &whole[10..20], "bytes 10-19/1000"),
        ("bytes=990-", &whole[990..], "bytes 990-999/1000"),
        ("bytes=-7", &whole[993..], "bytes 993-999/1000"),
        ("bytes=999-2000", &whole[999..], "bytes 999-999/1000"),
    ] {
        let got = client.get_object().bucket(BUCKET).key("key").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(label));
        assert_eq!(drain(got.body).await, (expected.to_vec(), true), "{range}");
    }
    let beyond = client.get_object().bucket(BUCKET).key("key").range("bytes=1000-").send().await.unwrap_err();
    assert_eq!(status(&beyond), 416);
}

#[tokio::test]
async fn a_condition_that_fails_stops_the_read() {
    let (server, client) = serve(Keeping::Latest);
    let etag = server.put(BUCKET, "key", "old");
    let pinned = || client.get_object().bucket(BUCKET).key("key").if_match(format!("\"{etag}\""));
    assert!(pinned().send().await.is_ok());
    server.put(BUCKET, "key", "new");
    let error = pinned().send().await.unwrap_err();
    assert_eq!(status(&error), 412);
    let put = || client.put_object().bucket(BUCKET).if_none_match("*").body(ByteStream::from_static(b"x"));
    assert!(put().key("fresh").send().await.is_ok());
    let error = put().key("key").send().await.unwrap_err();
    assert_eq!(status(&error), 412);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let (server, client) = serve(Keeping::Versions);
    let error = client.get_object().bucket(BUCKET).key("none").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchKey"));
    let error = client.get_object().bucket("none-at-all").key("none").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchBucket"));
    server.put(BUCKET, "key", "x");
    let error = client.get_object().bucket(BUCKET).key("key").version_id("none").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchVersion"));
    let error = client.head_object().bucket(BUCKET).key("none").send().await.unwrap_err();
    assert!(error.into_service_error().is_not_found());
}

#[tokio::test]
async fn a_long_listing_comes_in_pages() {
    let (server, client) = serve(Keeping::Latest);
    for index in 0..2345 {
        server.put(BUCKET, &format!("full/{index:05}"), "x");
    }
    server.put(BUCKET, "other", "x");
    let mut pages = client.list_objects_v2().bucket(BUCKET).prefix("full/").into_paginator().send();
    let (mut keys, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        count += 1;
        keys.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(count, 3);
    assert_eq!(keys, (0..2345).map(|index| format!("full/{index:05}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_delimiter_folds_folders_across_pages() {
    let (server, client) = serve(Keeping::Latest);
    for key in ["a/1", "a/2", "b", "c/1", "c/2", "d"] {
        server.put(BUCKET, key, "x");
    }
    let mut pages =
        client.list_objects_v2().bucket(BUCKET).delimiter("/").max_keys(1).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        names.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        names.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
    }
    assert_eq!(names, ["a/", "b", "c/", "d"]);
}

#[tokio::test]
async fn versions_stay_and_a_deletion_hides() {
    let (server, client) = serve(Keeping::Versions);
    let put = || client.put_object().bucket(BUCKET).key("key");
    let first = put().body(ByteStream::from_static(b"one")).send().await.unwrap();
    put().body(ByteStream::from_static(b"two")).send().await.unwrap();
    client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    server.put(BUCKET, "later", "x");
    assert!(client.get_object().bucket(BUCKET).key("key").send().await.is_err());
    let old = client.get_object().bucket(BUCKET).key("key").version_id(first.version_id().unwrap());
    assert_eq!(drain(old.send().await.unwrap().body).await.0, b"one");
    let (mut versions, mut markers) = (Vec::new(), 0);
    let (mut key, mut id) = (None, None);
    loop {
        let call = client.list_object_versions().bucket(BUCKET).max_keys(1);
        let page = call.set_key_marker(key).set_version_id_marker(id).send().await.unwrap();
        let entry = |version: &aws_sdk_s3::types::ObjectVersion| {
            (version.key().unwrap().to_owned(), version.is_latest().unwrap())
        };
        versions.extend(page.versions().iter().map(entry));
        markers += page.delete_markers().len();
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_version_id_marker);
    }
    let expected = [("key", false), ("key", false), ("later", true)];
    assert_eq!(versions, expected.map(|(key, latest)| (key.to_owned(), latest)));
    assert_eq!(markers, 1);
}

#[tokio::test]
async fn a_locked_bucket_locks_and_tells() {
    let default = DefaultLock { mode: Lock::Governance, days: 30 };
    let (server, client) = serve(Keeping::Locked(Some(default)));
    let written = Timestamp::from_second(1_900_000_000).unwrap();
    server.upload(BUCKET, "by-default", Upload::new("x").modified(written));
    let kept = client.get_object_retention().bucket(BUCKET).key("by-default").send().await.unwrap();
    let kept = kept.retention().unwrap();
    assert_eq!(kept.mode(), Some(&ObjectLockRetentionMode::Governance));
    assert_eq!(kept.retain_until_date().unwrap().secs(), 1_900_000_000 + 30 * 86_400);

    let until = DateTime::from_secs(2_000_000_000);
    let put = client.put_object().bucket(BUCKET).key("by-header").body(ByteStream::from_static(b"x"));
    let put = put.object_lock_mode(ObjectLockMode::Compliance).object_lock_retain_until_date(until);
    let put = put.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On).send().await.unwrap();
    let head = client.head_object().bucket(BUCKET).key("by-header").send().await.unwrap();
    assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Compliance));
    assert_eq!(head.object_lock_retain_until_date(), Some(&until));
    let hold = client.get_object_legal_hold().bucket(BUCKET).key("by-header").send().await.unwrap();
    assert_eq!(hold.legal_hold().unwrap().status(), Some(&ObjectLockLegalHoldStatus::On));
    let erase = client.delete_object().bucket(BUCKET).key("by-header").version_id(put.version_id().unwrap());
    assert_eq!(erase.send().await.unwrap_err().code(), Some("AccessDenied"));
    let rule = client.get_object_lock_configuration().bucket(BUCKET).send().await.unwrap();
    let rule = rule.object_lock_configuration().unwrap().rule().unwrap().default_retention().unwrap();
    assert_eq!(rule.days(), Some(30));
}

#[tokio::test]
async fn a_bucket_without_lock_says_so() {
    let (server, client) = serve(Keeping::Versions);
    server.put(BUCKET, "key", "x");
    let error = client.get_object_lock_configuration().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(error.code(), Some("ObjectLockConfigurationNotFoundError"));
    let error = client.get_object_retention().bucket(BUCKET).key("key").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidRequest"));
    server.create_bucket(BUCKET, Keeping::Locked(None));
    let error = client.get_object_retention().bucket(BUCKET).key("key").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchObjectLockConfiguration"));
    server.inject("key", Fault::Refuse { operation: Operation::Lock, status: 403 }, Times::Always);
    let error = client.get_object_retention().bucket(BUCKET).key("key").send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn a_cut_body_ends_in_an_error_where_asked() {
    let (server, client) = serve(Keeping::Latest);
    let whole = content(1 << 20);
    server.put(BUCKET, "key", whole.clone());
    server.inject("key", Fault::CutBody { after: 300_000 }, Times::First(1));
    let (bytes, ended) = drain(get(&client, "key").await.body).await;
    assert!(!ended, "a cut is not an end");
    assert_eq!(bytes, whole[..300_000]);
    assert_eq!(drain(get(&client, "key").await.body).await, (whole, true), "the fault is used up");
}

#[tokio::test]
async fn a_refusal_has_its_status_and_its_number_of_times() {
    let (server, client) = serve(Keeping::Latest);
    server.put(BUCKET, "key", "x");
    server.inject("key", Fault::Refuse { operation: Operation::Get, status: 503 }, Times::First(2));
    for _ in 0..2 {
        let error = client.get_object().bucket(BUCKET).key("key").send().await.unwrap_err();
        assert_eq!(status(&error), 503);
        assert_eq!(error.code(), Some("SlowDown"));
    }
    assert_eq!(drain(get(&client, "key").await.body).await, (b"x".to_vec(), true));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn an_object_is_overwritten_while_it_is_read() {
    let (server, client) = serve(Keeping::Latest);
    let etag = server.put(BUCKET, "key", content(1 << 20));
    server.inject("key", Fault::Overwrite { after: 1000 }, Times::First(1));
    let (bytes, ended) = drain(get(&client, "key").await.body).await;
    assert_eq!((bytes.len(), ended), (1000, false));
    let pinned = client.get_object().bucket(BUCKET).key("key").if_match(format!("\"{etag}\""));
    let error = pinned.range("bytes=1000-").send().await.unwrap_err();
    assert_eq!(status(&error), 412);
}

#[tokio::test]
async fn ranges_are_answered_wrongly_on_request() {
    let (server, client) = serve(Keeping::Latest);
    let whole = content(1000);
    server.put(BUCKET, "key", whole.clone());
    let ranged = || client.get_object().bucket(BUCKET).key("key").range("bytes=100-");
    server.inject("key", Fault::WrongRange, Times::First(1));
    server.inject("key", Fault::IgnoreRange, Times::First(1));
    assert_eq!(drain(get(&client, "key").await.body).await.0, whole, "only ranges are concerned");
    let wrong = ranged().send().await.unwrap();
    assert_eq!(wrong.content_range(), Some("bytes 101-999/1000"));
    assert_eq!(drain(wrong.body).await, (whole[101..].to_vec(), true));
    let ignored = ranged().send().await.unwrap();
    assert_eq!(ignored.content_range(), None);
    assert_eq!(drain(ignored.body).await, (whole, true));
}

#[tokio::test]
async fn a_checksum_of_the_whole_on_a_part_fools_a_trusting_client() {
    let (server, client) = serve(Keeping::Latest);
    server.put(BUCKET, "key", content(1000));
    server.inject("key", Fault::WholeChecksumOnRange, Times::Always);
    let ranged = client.get_object().bucket(BUCKET).key("key").range("bytes=100-").send().await.unwrap();
    assert!(ranged.checksum_crc32().is_some());
    assert!(!drain(ranged.body).await.1, "the client checks by default and must object");
}

#[tokio::test]
async fn answers_lie_about_etag_content_and_length_on_request() {
    let (server, client) = serve(Keeping::Latest);
    let whole = content(1000);
    let etag = server.put(BUCKET, "key", whole.clone());
    for fault in [Fault::OtherEtag, Fault::FlipByte { at: 500 }, Fault::ShortBody { by: 1 }] {
        server.inject("key", fault, Times::First(1));
    }
    assert_ne!(get(&client, "key").await.e_tag().unwrap().trim_matches('"'), etag);
    let flipped = drain(get(&client, "key").await.body).await.0;
    assert_eq!(flipped[500], whole[500] ^ 1);
    assert_eq!(flipped[..500], whole[..500]);
    let short = get(&client, "key").await;
    assert_eq!(short.content_length(), Some(999));
    assert_eq!(drain(short.body).await, (whole[..999].to_vec(), true));
    let sound = get(&client, "key").await;
    assert_eq!(sound.e_tag().unwrap().trim_matches('"'), etag);
}

#[tokio::test]
async fn a_stalled_body_is_silent_and_does_not_keep_the_server_alive() {
    let (server, client) = serve(Keeping::Latest);
    server.put(BUCKET, "key", content(1000));
    server.inject("key", Fault::StallBody { after: 100 }, Times::Always);
    let mut body = get(&client, "key").await.body;
    let mut got = 0;
    while got < 100 {
        got += body.next().await.unwrap().unwrap().len();
    }
    let silence = tokio::time::timeout(Duration::from_millis(50), body.next()).await;
    assert!(silence.is_err(), "nothing more may come");
    drop(server);
    assert!(body.next().await.unwrap().is_err(), "the connection ends with the server");
}

/// Opens an archive in `folder` the way an administrator would, and checks it with its manifest.
fn restore(folder: &Path, beside: Option<&[u8]>) {
    let run = |mut command: std::process::Command| support::output(command.current_dir(folder));
    let mut age = support::tool("age");
    age.args(["--decrypt", "--identity", "key", "--output", "compressed", "archive"]);
    run(age);
    let start = fs::read(folder.join("compressed")).unwrap();
    let unpacked = match start.get(..2) {
        Some([0x1f, 0x8b]) => "gzip",
        Some([0x28, 0xb5] | [0x50, 0x2a]) => "zstd",
        _ => "cat",
    };
    let mut unpack = support::tool(unpacked);
    if unpacked != "cat" {
        unpack.args(["--decompress", "--stdout"]);
    }
    let tar = run({
        unpack.stdin(fs::File::open(folder.join("compressed")).unwrap());
        unpack
    });
    fs::write(folder.join("tar"), tar).unwrap();
    fs::create_dir(folder.join("files")).unwrap();
    let mut extract = support::tool("tar");
    extract.args(["--extract", "--file=tar", "--directory=files", "--warning=no-unknown-keyword"]);
    run(extract);
    if let Some(manifest) = beside {
        fs::write(folder.join("files/MANIFEST.b3"), manifest).unwrap();
    }
    let mut check = support::tool("b3sum");
    support::output(check.args(["--check", "--quiet", "MANIFEST.b3"]).current_dir(folder.join("files")));
}

#[test]
#[ignore = "needs age, zstd, gzip, GNU tar and b3sum: tests/run installs them"]
fn sound_archives_are_restored_by_the_tools_of_others() {
    let sound = Specimen::new(1).unwrap();
    for damage in matrix().filter(|damage| damage.layer == Layer::None) {
        if damage.name == "sound-manifest-lists-itself" {
            continue; // b3sum, rightly, finds that this line can't hold.
        }
        let case = damage.make(&sound).unwrap();
        let folder = support::folder();
        support::secret_file(folder.path(), "key", sound.identity().expose_secret());
        fs::write(folder.path().join("archive"), &case.archive).unwrap();
        restore(folder.path(), case.manifest_beside.as_deref());
    }
}

#[test]
#[ignore = "needs GNU tar: tests/run installs it"]
fn mail_of_the_specimen_is_a_mailbox() {
    let folder = support::folder();
    for file in Specimen::new(1).unwrap().files().iter().filter(|file| file.name.ends_with(".tgz")) {
        fs::write(folder.path().join("mail.tgz"), &file.content).unwrap();
        let mut list = support::tool("tar");
        list.args(["--list", "--gzip", "--file=mail.tgz"]).current_dir(folder.path());
        let names = String::from_utf8(support::output(&mut list)).unwrap();
        // Some of the messages lie in Trash and Junk, which exports leave out.
        let with = |end: &str| names.lines().filter(|name| name.ends_with(end)).count();
        assert!(with(".eml") >= 8, "{names}");
        assert_eq!(with(".eml"), with(".eml.meta"));
    }
}
