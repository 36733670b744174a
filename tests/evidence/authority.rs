//! An authority that stamps times: openssl behind a small HTTP server. And servers that only seem to be one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::support;

const CONFIG: &str = "\
[req]
distinguished_name = dn
prompt = no
[dn]
CN = x
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[leaf]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = default
[default]
serial = ./serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
";

/// An authority with keys of its own.
#[derive(Clone)]
pub struct Authority(Arc<Mutex<TempDir>>);

impl Authority {
    /// Its key is of this kind, as `openssl req -newkey` takes it.
    pub fn new(key: &str) -> Self {
        let folder = support::folder();
        let at = folder.path();
        fs::write(at.join("ca.cnf"), CONFIG).unwrap();
        let ca = "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -config ca.cnf";
        openssl(
            at,
            &format!("req -x509 {ca} -keyout ca.key -out ca.pem -days 30 -subj /CN=ca -extensions ca"),
        );
        openssl(
            at,
            &format!("req -newkey {key} -nodes -config ca.cnf -keyout tsa.key -out tsa.csr -subj /CN=tsa"),
        );
        openssl(
            at,
            "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -days 30 -extfile ca.cnf -extensions leaf -out tsa.pem -set_serial 7",
        );
        Self(Arc::new(Mutex::new(folder)))
    }

    /// The certificate that vouches for it.
    pub fn certificate(&self) -> PathBuf {
        self.0.lock().unwrap().path().join("ca.pem")
    }

    /// Its answer to a question.
    pub fn reply(&self, question: &[u8]) -> Vec<u8> {
        let folder = self.0.lock().unwrap();
        fs::write(folder.path().join("question"), question).unwrap();
        openssl(
            folder.path(),
            "ts -reply -config ca.cnf -queryfile question -signer tsa.pem -inkey tsa.key -out answer",
        );
        fs::read(folder.path().join("answer")).unwrap()
    }

    /// Its answer to whoever asks for a stamp of this file.
    pub fn stamp(&self, file: &Path) -> Vec<u8> {
        self.stamp_of("-sha256", file)
    }

    /// The same for this digest of it.
    pub fn stamp_of(&self, digest: &str, file: &Path) -> Vec<u8> {
        let folder = support::folder();
        let question = folder.path().join("question");
        let mut command = support::tool("openssl");
        command.args(["ts", "-query", digest, "-cert", "-data"]).arg(file).arg("-out").arg(&question);
        support::output(&mut command);
        self.reply(&fs::read(question).unwrap())
    }

    /// Whether `openssl ts -verify` accepts the stamp beside a record.
    pub fn accepts(&self, record: &Path) -> bool {
        let mut command = support::tool("openssl");
        command
            .args(["ts", "-verify", "-data"])
            .arg(record)
            .arg("-in")
            .arg(record.with_extension("json.tsr"));
        command.arg("-CAfile").arg(self.certificate()).output().unwrap().status.success()
    }

    /// Serves it on this machine.
    pub fn serve(&self) -> String {
        let authority = self.clone();
        serve(move |question, stream| answer(stream, "200 OK", &authority.reply(question)))
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let mut command = support::tool("openssl");
    support::output(command.args(arguments.split(' ')).current_dir(folder));
}

/// Serves on this machine as long as the tests run; gives the address.
pub fn serve(answer: impl Fn(&[u8], &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/tsr", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if let Some(question) = question(&stream) {
                answer(&question, &mut stream);
            }
        }
    });
    address
}

/// The body of a request.
fn question(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(stated) = line.strip_prefix("content-length: ") {
            length = stated.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// Answers and ends the connection; the client may have left already.
pub fn answer(stream: &mut TcpStream, status: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}
