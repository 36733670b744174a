//! What the tests share.
#![allow(dead_code, reason = "each stage's tests use their own part")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use mailproof::demo::server::Server;
use mailproof::policy::{Policy, Store};
use tempfile::TempDir;

/// A foreign program that a test compares with; the test fails where it is missing.
pub fn tool(name: &str) -> Command {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    assert!(found, "{name} is missing: tests/run installs it");
    Command::new(name)
}

/// Runs a foreign program to its good end and gives what it wrote.
pub fn output(command: &mut Command) -> Vec<u8> {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?} ended with {status}: {}", String::from_utf8_lossy(&stderr));
    stdout
}

/// A folder that is removed when it is dropped.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes a file that only its owner may read, as credentials and keys must be.
pub fn secret_file(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
    file.write_all(content.as_bytes()).unwrap();
    path
}

/// Writes the server's keys as a policy's credentials file.
pub fn credentials_file(server: &Server, folder: &Path) -> PathBuf {
    let content = format!(
        "access_key_id = \"{}\"\nsecret_access_key = \"{}\"\n",
        server.access_key(),
        server.secret_key()
    );
    secret_file(folder, "credentials.toml", &content)
}

/// How a policy names `bucket` of the server; the credentials lie in `folder`.
pub fn store(server: &Server, bucket: &str, folder: &Path) -> Store {
    Store {
        url: format!("s3://{bucket}/"),
        endpoint: Some(server.endpoint().to_owned()),
        region: Some("eu-south-1".to_owned()),
        path_style: Some(true),
        credentials_file: Some(credentials_file(server, folder)),
        ..Store::default()
    }
}

/// A policy with the defaults of a nightly run for `bucket` of the server.
pub fn policy(server: &Server, bucket: &str, folder: &Path) -> Policy {
    Policy { store: Some(store(server, bucket, folder)), ..Policy::default() }
}

/// The settings of a client of the server: each call is made once.
pub fn client_settings(server: &Server) -> Builder {
    let keys = Credentials::from_keys(server.access_key(), server.secret_key(), None);
    aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("eu-south-1"))
        .endpoint_url(server.endpoint())
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .credentials_provider(keys)
}

/// A client of the server that is not ours.
pub fn client(server: &Server) -> Client {
    Client::from_conf(client_settings(server).build())
}
