//! What the tests rely on in the lab itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_s3::error::ProvideErrorMetadata;

use super::S3Server;

/// Where the process that holds a server writes the server's folder.
const HOLD: &str = "MAILPROOF_LAB_HOLD";

/// Writes and reads an object, and is refused with a wrong secret.
async fn serves(server: &S3Server) {
    let client = server.client();
    client.create_bucket().bucket("smoke").send().await.unwrap();
    let body = b"some bytes".to_vec().into();
    client.put_object().bucket("smoke").key("k").body(body).send().await.unwrap();
    let object = client.get_object().bucket("smoke").key("k").send().await.unwrap();
    assert_eq!(&object.body.collect().await.unwrap().into_bytes()[..], b"some bytes");

    let stranger = server.client_of(&server.access_key, "wrong");
    let refused = stranger.get_object().bucket("smoke").key("k").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("SignatureDoesNotMatch"), "{refused:?}");
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn ministack_serves_and_checks_signatures() {
    let server = tokio::task::spawn_blocking(super::ministack).await.unwrap();
    serves(server).await;
}

#[tokio::test]
#[ignore = "needs radosgw: tests/run installs it"]
async fn radosgw_serves_and_checks_signatures() {
    let server = tokio::task::spawn_blocking(super::radosgw).await.unwrap();
    serves(server).await;
}

#[tokio::test]
#[ignore = "needs ministack: tests/run installs it"]
async fn a_user_of_ministack_may_do_only_what_the_policy_says() {
    let server = tokio::task::spawn_blocking(super::ministack).await.unwrap();
    server.client().create_bucket().bucket("narrow").send().await.unwrap();
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}"#;
    let (access_key, secret_key) = super::user("lister", policy);
    let lister = server.client_of(&access_key, &secret_key);
    lister.list_objects_v2().bucket("narrow").send().await.unwrap();
    let body = b"x".to_vec().into();
    let refused = lister.put_object().bucket("narrow").key("k").body(body).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"), "{refused:?}");
}

/// Runs twice: in a process of its own, told by the variable, it holds a server until it is killed.
#[test]
fn a_killed_test_process_leaves_no_server_behind() {
    if let Some(report) = std::env::var_os(HOLD) {
        hold_a_server(Path::new(&report));
    }
    let reports = tempfile::tempdir().unwrap();
    let report = reports.path().join("folder");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lab::smoke::a_killed_test_process_leaves_no_server_behind"])
        .env(HOLD, &report)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let folder = await_some(|| fs::read_to_string(&report).ok().filter(|text| !text.is_empty()));
    let server = await_some(|| process_in(&folder, "sleep"));
    holder.kill().unwrap();
    holder.wait().unwrap();
    await_some(|| (!fs::exists(&folder).unwrap()).then_some(()));
    assert!(!fs::exists(format!("/proc/{server}")).unwrap(), "process {server} is still there");
}

fn hold_a_server(report: &Path) -> ! {
    let keeper = super::keeper::Keeper::new("held", &[]);
    keeper.start("sleep 600");
    fs::write(report, keeper.folder().to_str().unwrap()).unwrap();
    loop {
        std::thread::park();
    }
}

/// The pid of the process called `name` whose working directory is `folder`.
fn process_in(folder: &str, name: &str) -> Option<u32> {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|pid| {
        let called = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
        called && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.as_os_str() == folder)
    })
}

fn await_some<T>(mut question: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(Instant::now() < deadline, "nothing came within a minute");
        std::thread::sleep(super::PAUSE);
    }
}
