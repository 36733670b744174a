//! Whom the client trusts: a server behind TLS whose authority is the lab's own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use mailproof::live::Fault;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::lab::Authority;
use crate::support::folder;

/// Puts TLS before a server, one request for each connection; gives the port. It ends with the tests.
fn front(server: &MailServer, certificate: &Path, key: &Path) -> u16 {
    let certificates = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(builder.with_single_cert(certificates, key).unwrap());
    let behind = server.address().strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // A client that does not trust us leaves in the middle of the handshake.
            let _ = pass_on(StreamOwned::new(connection, stream), &behind);
        }
    });
    port
}

fn pass_on(mut client: StreamOwned<ServerConnection, TcpStream>, behind: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut piece = [0; 4096];
        match client.read(&mut piece)? {
            0 => return Ok(()),
            amount => request.extend_from_slice(&piece[..amount]),
        }
    }
    let line = request.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut server = TcpStream::connect(behind)?;
    server.write_all(&[&request[..line], b"connection: close\r\n", &request[line..]].concat())?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}

/// Whether the head and as many bytes as it announces are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[test]
#[ignore = "needs openssl: tests/run installs it"]
fn only_a_server_whose_authority_and_name_are_known_gets_the_password() {
    let anna = account(ANNA, 5);
    let scene = Scene::of([(ANNA, &anna)]);
    let folder = folder();
    let files = Authority::new(folder.path());
    let port = front(&scene.server, &files.certificate, &files.key);
    let login = |host: &str, ca_file: Option<&Path>| {
        let users = format!("https://{host}:{port}");
        let settings = Settings { users, ca_file: ca_file.map(Path::to_owned), ..scene.settings() };
        scene.client_with(&settings)?.mailbox(ANNA, scene.password())
    };
    for (host, ca_file) in [("localhost", None), ("127.0.0.1", Some(&*files.authority))] {
        let error = login(host, ca_file).unwrap_err();
        assert!(matches!(error.fault, Fault::Tls { .. }), "{host}: {error}");
    }
    assert_eq!(scene.server.seen(), []);
    let mailbox = login("localhost", Some(&files.authority)).unwrap();
    let item = messages(&anna)[0];
    let (delivery, kept) = body(&mailbox, item.id);
    assert_eq!(delivery.unwrap(), whole(item.modified.1));
    assert_eq!(Some(kept.bytes), item.body);
}
