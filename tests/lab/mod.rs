//! Real servers for the tests, each started once for the test binary, on loopback.
//!
//! S3: [`ministack`] is a broad mock (IAM, versions, Object Lock), [`radosgw`] a real and independent
//! store. Both check signatures. IMAP: [`dovecot`] and [`cyrus`]. A [`keeper`] ends them together with this process, however it ends.
//! A server that is not installed or does not come up is a panic, so no test passes without it.

mod authority;
mod cyrus;
mod dovecot;
mod keeper;
mod mail;
mod ministack;
mod radosgw;
#[cfg(test)]
mod smoke;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};

pub use authority::Authority;
pub use mail::MailServer;
pub use ministack::user;

/// How long a server may take until it answers: radosgw needs 12 s to start, and far more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Pause between two questions whether a server answers.
const PAUSE: Duration = Duration::from_millis(50);

/// A running S3 server and the keys of a user who may do everything in it.
#[derive(Debug)]
pub struct S3Server {
    /// Base address, without a slash at the end.
    pub endpoint: String,
    /// The region requests are signed for.
    pub region: String,
    /// Of a user whose signature is checked.
    pub access_key: String,
    /// Of the same user.
    pub secret_key: String,
    /// Ends the server's processes and removes its folder.
    _keeper: keeper::Keeper,
}

impl S3Server {
    /// A client with the server's own keys, path style, for buckets and objects a test needs.
    pub fn client(&self) -> aws_sdk_s3::Client {
        self.client_of(&self.access_key, &self.secret_key)
    }

    /// A client with the keys of another user, or with wrong ones.
    pub fn client_of(&self, access_key: &str, secret_key: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&self.endpoint)
            .region(Region::new(self.region.clone()))
            .credentials_provider(Credentials::new(access_key, secret_key, None, None, "lab"))
            .force_path_style(true)
            // radosgw refuses the trailing checksums that the SDK would add by itself.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }
}

/// The mock: IAM, versions, Object Lock, checksums.
pub fn ministack() -> &'static S3Server {
    static SERVER: OnceLock<S3Server> = OnceLock::new();
    SERVER.get_or_init(ministack::start)
}

/// The real store: Ceph's object gateway above one monitor and one disk in memory.
pub fn radosgw() -> &'static S3Server {
    static SERVER: OnceLock<S3Server> = OnceLock::new();
    SERVER.get_or_init(radosgw::start)
}

/// The IMAP server of most, with its messages in files of their own.
pub fn dovecot() -> &'static MailServer {
    static SERVER: OnceLock<MailServer> = OnceLock::new();
    SERVER.get_or_init(dovecot::start)
}

/// A server by other people, with one file for each message and much in databases.
pub fn cyrus() -> &'static MailServer {
    static SERVER: OnceLock<MailServer> = OnceLock::new();
    SERVER.get_or_init(cyrus::start)
}

/// Lets every user read what lies there, for servers that run as others.
fn open_to_all(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Where `tests/run` puts what it installs besides the system's packages.
pub fn folder() -> PathBuf {
    std::env::var_os("MAILPROOF_LAB")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/lab"), PathBuf::from)
}

/// A program in it.
pub fn program(name: &str) -> PathBuf {
    let program = folder().join(name);
    assert!(program.is_file(), "{} is missing: tests/run installs it", program.display());
    program
}

/// A free TCP port of 127.0.0.1, below those the system gives to sockets that ask for any:
/// until the server binds it, nothing else on this machine is likely to.
fn free_port() -> u16 {
    let random = || RandomState::new().build_hasher().finish() % 16_000;
    std::iter::repeat_with(|| 15_000 + u16::try_from(random()).unwrap())
        .take(1_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("no free port between 15000 and 31000; end what occupies them")
}

/// One HTTP exchange; the whole answer as text. `head` is the request line and headers of one's own.
fn exchange(port: u16, head: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let request =
        format!("{head}\r\nhost: 127.0.0.1\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Asks for `path` until the server answers with one of `statuses`.
fn await_answer(port: u16, path: &str, statuses: &[&str], keeper: &keeper::Keeper) {
    let deadline = Instant::now() + PATIENCE;
    let head = format!("GET {path} HTTP/1.1");
    loop {
        match exchange(port, &head, "") {
            Ok(answer) if statuses.iter().any(|status| answer.starts_with(status)) => return,
            other if Instant::now() > deadline || !keeper.all_running() => {
                panic!("no answer from port {port} ({other:?}); the servers' log:\n{}", keeper.log())
            }
            _ => std::thread::sleep(PAUSE),
        }
    }
}
