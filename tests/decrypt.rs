//! Archives made by the `age` of the distribution and keys made by `ssh-keygen`, opened by the stage.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bytes::Bytes;
use mailproof::archive::ArchiveError;
use mailproof::archive::decrypt::{self, Decrypted, Encryption, Keyring, OpenError};
use mailproof::archive::pipe::{PipeReader, Stop, pipe};
use mailproof::policy::Keys;
use mailproof::verdict::Findings;

/// Names this test's own copy of the binary, so that it can run itself with another environment.
const PLUGIN_TEST: &str = "decrypt::a_plugin_opens_an_archive";

struct Bench {
    folder: tempfile::TempDir,
    plain: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        let plain = (0_u64..)
            .flat_map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
            .take(300_000)
            .collect();
        let bench = Self { folder: tempfile::tempdir().unwrap(), plain };
        fs::write(bench.path("plain"), &bench.plain).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a program in the folder; it must succeed. Returns what it printed.
    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).current_dir(self.folder.path()).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a native key in `name`; returns its recipient.
    fn native(&self, name: &str) -> String {
        self.run("age-keygen", &["-o", name]);
        self.run("age-keygen", &["-y", name]).trim().to_owned()
    }

    /// Makes an SSH key in `name`; returns its public key.
    fn ssh(&self, name: &str, arguments: &[&str]) -> String {
        self.run("ssh-keygen", &[&["-q", "-f", name], arguments].concat());
        fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap().trim().to_owned()
    }

    /// Answers the prompts of a program that reads passphrases from the terminal only.
    fn run_with_passphrase(&self, command: &str, passphrase: &str) {
        let mut child = Command::new("script")
            .args(["-qec", command, "/dev/null"])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut terminal = child.stdin.take().unwrap();
        write!(terminal, "{passphrase}\n{passphrase}\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    fn secret(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn keys(&self, identities: &[&str]) -> Keys {
        let identities = identities.iter().map(|name| self.path(name)).collect();
        Keys { identities, ..Keys::default() }
    }

    /// Opens the file `name` with `keys`; its plaintext must be the original.
    fn opens(&self, name: &str, keys: &Keys) -> Decrypted {
        let (result, plain) = open(&self.path(name), keys);
        let decrypted = result.unwrap();
        assert_eq!(blake3::hash(&plain), blake3::hash(&self.plain));
        decrypted
    }
}

fn open(path: &Path, keys: &Keys) -> (Result<Decrypted, Stop>, Vec<u8>) {
    let stored = fs::read(path).unwrap();
    let keyring = Keyring::load(keys, None).unwrap();
    let (segments, input) = pipe(stored.len() / 50_000 + 2);
    for segment in stored.chunks(50_000) {
        segments.send(Bytes::copy_from_slice(segment)).unwrap();
    }
    segments.finish(&Ok(()));
    let (output, mut plain_pipe) = pipe(100);
    let mut findings = Findings::default();
    let result = decrypt::run(PipeReader::new(input), &output, &keyring, &mut findings);
    output.finish(&result);
    let mut plain = Vec::new();
    while let Ok(Some(buffer)) = plain_pipe.receive() {
        plain.extend(buffer);
    }
    assert!(findings.is_empty(), "{findings:?}");
    (result, plain)
}

fn recipients(decrypted: &Decrypted) -> Vec<&str> {
    match &decrypted.encryption {
        Encryption::Age { recipients, .. } => recipients.iter().map(String::as_str).collect(),
        Encryption::None => panic!("not encrypted"),
    }
}

#[test]
#[ignore = "needs age: tests/run installs it"]
fn archives_of_age_open_in_both_forms() {
    let bench = Bench::new();
    let (mine, other) = (bench.native("key"), bench.native("other"));
    bench.run("age", &["-r", &mine, "-r", &other, "-o", "binary.age", "plain"]);
    bench.run("age", &["-a", "-r", &mine, "-o", "armored.age", "plain"]);
    let binary = bench.opens("binary.age", &bench.keys(&["key"]));
    assert_eq!(recipients(&binary), ["X25519", "X25519"]);
    let armored = bench.opens("armored.age", &bench.keys(&["other", "key"]));
    assert!(matches!(armored.encryption, Encryption::Age { armored: true, .. }));
    assert_eq!(armored.stored, fs::metadata(bench.path("armored.age")).unwrap().len());

    let (result, plain) = open(&bench.path("armored.age"), &bench.keys(&["other"]));
    let Err(Stop::Error(ArchiveError::Open(error))) = result else { panic!("{result:?}") };
    assert!(matches!(error, OpenError::NoMatchingIdentity { .. }), "{error}");
    assert!(plain.is_empty());
}

#[test]
#[ignore = "needs age and ssh-keygen: tests/run installs them"]
fn ssh_keys_open_archives() {
    let bench = Bench::new();
    let ed25519 = bench.ssh("ed25519", &["-t", "ed25519", "-N", ""]);
    let rsa = bench.ssh("rsa", &["-t", "rsa", "-b", "2048", "-N", ""]);
    let pem = bench.ssh("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""]);
    let locked = bench.ssh("locked", &["-t", "ed25519", "-N", "correct horse"]);
    let all = ["-r", &ed25519, "-r", &rsa, "-r", &pem, "-r", &locked, "-o", "ssh.age", "plain"];
    bench.run("age", &all);
    for key in ["ed25519", "rsa", "pem"] {
        let decrypted = bench.opens("ssh.age", &bench.keys(&[key]));
        assert_eq!(recipients(&decrypted), ["ssh-ed25519", "ssh-rsa", "ssh-rsa", "ssh-ed25519"]);
    }
    let mut keys = bench.keys(&["locked"]);
    assert!(matches!(Keyring::load(&keys, None), Err(OpenError::PassphraseNeeded { .. })));
    keys.passphrase_file = Some(bench.secret("passphrase", "correct horse\n"));
    bench.opens("ssh.age", &keys);
    keys.passphrase_file = Some(bench.secret("passphrase", "wrong\n"));
    assert!(matches!(Keyring::load(&keys, None), Err(OpenError::WrongPassphrase { .. })));
}

#[test]
#[ignore = "needs ssh-keygen: tests/run installs it"]
fn ssh_keys_that_age_cannot_use_are_named() {
    let bench = Bench::new();
    bench.ssh("ecdsa", &["-t", "ecdsa", "-N", ""]);
    bench.ssh("old", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret"]);
    let message = |key: &str| Keyring::load(&bench.keys(&[key]), None).unwrap_err().to_string();
    assert!(message("ecdsa").contains("type ecdsa-sha2-nistp256"), "{}", message("ecdsa"));
    assert!(message("old").contains("ssh-keygen -o -p -f"), "{}", message("old"));
}

#[test]
#[ignore = "needs age and script: tests/run installs them"]
fn passphrases_open_archives_and_identity_files() {
    let bench = Bench::new();
    bench.run_with_passphrase("age -p -o passphrase.age plain", "correct horse");
    let passphrase_file = Some(bench.secret("passphrase", "correct horse\n"));
    let decrypted =
        bench.opens("passphrase.age", &Keys { passphrase_file: passphrase_file.clone(), ..Keys::default() });
    assert_eq!(recipients(&decrypted), ["scrypt"]);

    let recipient = bench.native("key");
    bench.run_with_passphrase("age -p -a -o key.age key", "correct horse");
    fs::set_permissions(bench.path("key.age"), fs::Permissions::from_mode(0o600)).unwrap();
    bench.run("age", &["-r", &recipient, "-o", "binary.age", "plain"]);
    bench.opens("binary.age", &Keys { passphrase_file, ..bench.keys(&["key.age"]) });
}

/// A plugin that answers with the file key that stands in its recipient's body.
const PLUGIN: &str = r#"#!/usr/bin/env python3
import base64, sys
out = sys.stdout
def read():
    head = sys.stdin.readline().rstrip("\n").split(" ")[1:]
    body = ""
    while True:
        line = sys.stdin.readline().rstrip("\n")
        body += line
        if len(line) < 64:
            return head, base64.b64decode(body + "=" * (-len(body) % 4))
def send(head, body=b""):
    out.write("-> " + head + "\n" + base64.b64encode(body).decode().rstrip("=") + "\n")
    out.flush()
    read()
assert sys.argv[1] == "--age-plugin=identity-v1"
keys = []
while True:
    head, body = read()
    if head[0] == "recipient-stanza" and head[2] == "open":
        keys.append(body)
    if head[0] == "done":
        break
send("msg", b"touch the key")
if keys:
    send("file-key 0", keys[0])
else:
    send("error internal", b"no such key here")
out.write("-> done\n\n")
out.flush()
"#;

/// A recipient that hides nothing.
struct Open;

impl age::Recipient for Open {
    fn wrap_file_key(
        &self,
        key: &age_core::format::FileKey,
    ) -> Result<(Vec<age_core::format::Stanza>, std::collections::HashSet<String>), age::EncryptError> {
        use age::secrecy::ExposeSecret;
        let stanza = age_core::format::Stanza {
            tag: "open".to_owned(),
            args: vec!["x".to_owned()],
            body: key.expose_secret().to_vec(),
        };
        Ok((vec![stanza], std::collections::HashSet::new()))
    }
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn a_plugin_opens_an_archive() {
    let folder = std::env::var_os("MAILPROOF_TEST_PLUGIN");
    match folder {
        Some(_) => with_plugin_in_the_path(),
        None => run_this_test_with_a_plugin(),
    }
}

fn run_this_test_with_a_plugin() {
    let bench = Bench::new();
    let plugin = bench.secret("age-plugin-open", PLUGIN);
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o700)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", PLUGIN_TEST, "--ignored", "--nocapture"])
        .env("PATH", format!("{}:{path}", bench.folder.path().display()))
        .env("MAILPROOF_TEST_PLUGIN", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && said.contains("1 passed"), "{said}");
}

fn with_plugin_in_the_path() {
    let bench = Bench::new();
    let identity = age::plugin::Identity::default_for_plugin("open").unwrap().to_string();
    bench.secret("key", &identity);
    let seal = |name: &str, recipient: &dyn age::Recipient| {
        let file = fs::File::create(bench.path(name)).unwrap();
        let sealed = age::Encryptor::with_recipients(std::iter::once(recipient)).unwrap();
        let mut writer = sealed.wrap_output(file).unwrap();
        writer.write_all(&bench.plain).unwrap();
        writer.finish().unwrap();
    };
    seal("open.age", &Open);
    seal("closed.age", &age::x25519::Identity::generate().to_public());
    let keys = bench.keys(&["key"]);
    assert!(
        matches!(Keyring::load(&keys, None), Err(OpenError::PluginNotAllowed { name, .. }) if name == "open")
    );
    let keys = Keys { plugins: vec!["open".to_owned()], ..keys };
    let decrypted = bench.opens("open.age", &keys);
    assert_eq!(recipients(&decrypted), ["open"]);
    let (result, _) = open(&bench.path("closed.age"), &keys);
    let Err(Stop::Error(ArchiveError::Open(error))) = result else { panic!("{result:?}") };
    assert!(error.to_string().contains("no such key here"), "{error}");
}
