//! A private certificate authority and what it signed, made with openssl.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Files in the folder of a server.
#[derive(Debug)]
pub struct Authority {
    /// Certificate of the authority.
    pub authority: PathBuf,
    /// Certificate of the server: for `localhost` alone, so that its address is a wrong name.
    pub certificate: PathBuf,
    /// Key of the server; it is worth nothing, so everybody may read it.
    pub key: PathBuf,
}

impl Authority {
    /// Makes everything in `folder`.
    pub fn new(folder: &Path) -> Self {
        let run = |arguments: &str| run(folder, arguments);
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        run(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 30 -subj /CN=lab"));
        run(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
        std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
        run(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out server.pem",
        );
        run("ec -in server.key -out key.pem");
        let all = |name: &str| {
            let path = folder.join(name);
            super::open_to_all(&path, 0o644);
            path
        };
        Self { authority: all("ca.pem"), certificate: all("server.pem"), key: all("key.pem") }
    }
}

fn run(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("openssl: tests/run installs it");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
