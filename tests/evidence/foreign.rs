//! The same chains, held to programs that are not ours: the script of the documents, ssh-keygen, openssl.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use mailproof::evidence::SigningKey;
use mailproof::evidence::check::Question;
use mailproof::evidence::dsse::{Envelope, pae};
use mailproof::secret::SecretFile;

use super::forged::{FORGED, forged_chain};
use super::tampering::{CASES, Case, KEYS, copy, sound};
use super::{allowed_signers, append, checked, file, key, key_file, signature, trusting};
use crate::lab;
use crate::program::{bare, run};
use crate::support;

/// What `docs/verify-evidence.py` says last, and its exit code.
pub fn script(folder: &Path, more: &[&str]) -> (String, Option<i32>) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify-evidence.py");
    // A script that waits for something without end is one that failed.
    let mut program = support::tool("timeout");
    let output = program.args(["120", "python3", script]).arg(folder).args(more).output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (told, output.status.code())
}

#[test]
#[ignore = "needs python3, ssh-keygen, openssl and b3sum: run ./tests/run"]
fn the_script_names_the_same_record_and_the_same_reason() {
    let keys = support::folder();
    let trust = allowed_signers(keys.path(), &KEYS[..2]);
    let (told, code) = script(sound().0.path(), &["--trust", trust.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{told}");
    let head = checked(sound().0.path(), &trusting(&KEYS)).head.unwrap();
    assert!(told.contains(&format!("head {}:{}", head.sequence, head.blake3)), "{told}");
    for Case { name, tamper, record, reason } in CASES {
        let folder = copy();
        tamper(folder.path());
        let (told, code) = script(folder.path(), &["--trust", trust.to_str().unwrap()]);
        assert!(told.contains(&format!("BROKEN  record {record} {reason}: ")), "{name}: {told}");
        assert_eq!(code, Some(10), "{name}: {told}");
    }
}

#[test]
#[ignore = "needs python3, ssh-keygen, openssl and b3sum: run ./tests/run"]
fn the_script_takes_the_same_forged_records_for_none() {
    for forged in &FORGED {
        let folder = forged_chain(forged);
        let (told, code) = script(folder.path(), &[]);
        let said = format!("BROKEN  record 3 {}: ", forged.reason);
        assert!(code == Some(10) && told.contains(&said), "{}: {told}", forged.name);
    }
}

/// Whoever waits for the end of a pipe or a device waits for ever.
#[test]
#[ignore = "needs python3, ssh-keygen, openssl and b3sum: run ./tests/run"]
fn what_is_no_file_is_opened_by_nobody() {
    for (name, reason) in [
        ("000000003.json", "record 3 unreadable"),
        ("000000003.json.sig", "record 3 detached-signature"),
        ("head.json", "record 4 head"),
    ] {
        for pipe in [true, false] {
            let folder = support::folder();
            append(folder.path(), Some(key(1)), 4);
            let path = folder.path().join(name);
            fs::remove_file(&path).unwrap();
            match pipe {
                true => drop(support::output(support::tool("mkfifo").arg(&path))),
                false => std::os::unix::fs::symlink("/dev/zero", &path).unwrap(),
            }
            let (told, code) = script(folder.path(), &[]);
            assert!(code == Some(10) && told.contains(&format!("BROKEN  {reason}: ")), "{name}: {told}");
            let tool = run(bare().args(["evidence", "verify"]).arg(folder.path()));
            assert!(tool.stdout.contains(&format!("BROKEN  {reason}: ")), "{name}: {tool:?}");
        }
    }
}

#[test]
#[ignore = "needs python3, ssh-keygen, openssl and b3sum: run ./tests/run"]
fn the_script_claims_nothing_more_than_the_tool() {
    let folder = support::folder();
    let path = folder.path();
    let same = |more: &[&str], expected: i32| {
        let (told, code) = script(path, more);
        assert_eq!(code, Some(expected), "{told}");
        let tool = run(bare().args(["evidence", "verify"]).arg(path).args(more));
        assert_eq!(tool.code, Some(expected), "{tool:?}");
    };
    same(&[], 20);
    append(path, None, 3);
    same(&[], 20);
    same(&["--unsigned"], 0);
    append(path, Some(key(1)), 3);
    same(&["--unsigned"], 0);
    let head = checked(path, &Question::default()).head.unwrap();
    let noted = format!("{}:{}", head.sequence, head.blake3);
    same(&["--unsigned", "--expect-head", &noted], 0);
    same(&["--unsigned", "--expect-head", &noted.replacen('6', "5", 1)], 10);
    same(&["--trust", "/nowhere"], 2);
    // As a folder is that was fetched from a bucket.
    fs::remove_file(path.join("head.json")).unwrap();
    same(&["--unsigned"], 10);
    same(&["--unsigned", "--without-head"], 0);
}

#[test]
#[ignore = "needs python3, ssh-keygen, openssl and b3sum: run ./tests/run"]
fn both_count_the_same_files_as_no_part_of_the_chain() {
    let folder = support::folder();
    append(folder.path(), Some(key(1)), 2);
    for name in [
        "000000002.json.tsr",
        "000000003.json.sig",
        "000000009.json.tsr",
        "000000000.json",
        "000000000.json.sig",
        ".part",
        "history.sqlite-wal",
        "notes",
    ] {
        fs::write(folder.path().join(name), "of nothing").unwrap();
    }
    let said = "not part of the chain: 5 files\n";
    let (told, code) = script(folder.path(), &[]);
    assert!(code == Some(0) && told.contains(said), "{told}");
    let tool = run(bare().args(["evidence", "verify"]).arg(folder.path()));
    assert!(tool.code == Some(0) && tool.stdout.contains(said), "{tool:?}");
}

/// What this program says to somebody whom permissions bind.
fn as_nobody(command: &Command) -> (String, Option<i32>) {
    let root = support::output(support::tool("id").arg("-u")) == b"0\n";
    let mut bound = support::tool(if root { "setpriv" } else { "env" });
    if root {
        bound.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    }
    // What is in the homes of others is not for nobody.
    bound.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let ended = run(bound.arg(command.get_program()).args(command.get_args()));
    (ended.stdout + &ended.stderr, ended.code)
}

#[test]
#[ignore = "needs python3, ssh-keygen and setpriv: run ./tests/run"]
fn what_may_not_be_read_is_no_broken_chain() {
    let folder = support::folder();
    let path = folder.path();
    append(path, Some(key(1)), 4);
    let mode = |name: &Path, mode| fs::set_permissions(name, fs::Permissions::from_mode(mode)).unwrap();
    let both = |said: &str, expected: i32| {
        let mut tool = bare();
        tool.args(["evidence", "verify"]).arg(path);
        let mut script = support::tool("python3");
        script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify-evidence.py")).arg(path);
        for command in [tool, script] {
            let (told, code) = as_nobody(&command);
            assert!(told.contains(said) && code == Some(expected), "{code:?}: {told}");
        }
    };
    for entry in fs::read_dir(path).unwrap() {
        mode(&entry.unwrap().path(), 0o644);
    }
    mode(path, 0o755);
    both("checked 4 of 4 records", 0);
    for (name, said) in [
        (file(path, 3), "checked 2 of 4 records"),
        (signature(path, 3), "checked 2 of 4 records"),
        (path.join("head.json"), "checked 4 of 4 records"),
    ] {
        mode(&name, 0o000);
        both(said, 20);
        both(&format!("{} may not be read by this user", name.display()), 20);
        mode(&name, 0o644);
    }
    // What was found before stays found.
    mode(&file(path, 3), 0o000);
    fs::write(file(path, 1), "").unwrap();
    both("BROKEN  record 1 not-dsse: ", 10);
    mode(path, 0o000);
    both("Permission denied", 20);
    mode(path, 0o755);
}

#[test]
#[ignore = "needs ssh-keygen and openssl: run ./tests/run"]
fn foreign_programs_accept_the_signatures() {
    let folder = support::folder();
    let trust = allowed_signers(folder.path(), &KEYS[..1]);
    let records = folder.path().join("records");
    let kept = append(&records, Some(key(1)), 1).remove(0);
    let mut verify = support::tool("ssh-keygen");
    verify.args(["-Y", "verify", "-I", "mailproof", "-n", "mailproof-record", "-f"]).arg(trust);
    verify.arg("-s").arg(signature(&records, 1)).stdin(fs::File::open(&kept.path).unwrap());
    let told = String::from_utf8(support::output(&mut verify)).unwrap();
    assert!(told.starts_with("Good \"mailproof-record\" signature"), "{told}");

    let envelope = Envelope::read(&fs::read(&kept.path).unwrap()).unwrap();
    let signed = pae(&envelope.payload_type, &envelope.payload);
    fs::write(folder.path().join("signed"), signed).unwrap();
    fs::write(folder.path().join("sig"), envelope.signature.unwrap().bytes).unwrap();
    let mut public = support::tool("openssl");
    public.args(["pkey", "-pubout", "-out"]).arg(folder.path().join("pub.pem"));
    support::output(public.arg("-in").arg(key_file(folder.path(), 1)));
    let mut verify = support::tool("openssl");
    verify.args([
        "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "pub.pem", "-in", "signed", "-sigfile", "sig",
    ]);
    support::output(verify.current_dir(folder.path()));
}

#[test]
#[ignore = "needs securesystemslib: run ./tests/run"]
fn the_authors_of_dsse_and_in_toto_accept_records_and_head() {
    let folder = support::folder();
    let records = folder.path().join("records");
    append(&records, Some(key(1)), 2);
    let public = folder.path().join("key.pub");
    let holding = |signer: u8| {
        fs::write(&public, super::public(signer).openssh()).unwrap();
        let mut reader = Command::new(lab::program("dsse/bin/python"));
        reader.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evidence/dsse.py")).arg(&public);
        reader.args([file(&records, 1), file(&records, 2), records.join("head.json")]);
        String::from_utf8(support::output(&mut reader)).unwrap()
    };
    assert_eq!([holding(1), holding(2)], ["3\n", "0\n"]);
}

#[test]
#[ignore = "needs ssh-keygen and openssl: run ./tests/run"]
fn keys_of_both_programs_sign() {
    let folder = support::folder();
    let at = |name: &str| folder.path().join(name);
    let quiet = |command: &mut Command| drop(support::output(command));
    quiet(support::tool("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at("ssh")));
    quiet(support::tool("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "secret", "-f"]).arg(at("locked")));
    quiet(support::tool("ssh-keygen").args(["-q", "-t", "ecdsa", "-N", "", "-f"]).arg(at("ecdsa")));
    quiet(support::tool("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(at("pem")));
    fs::set_permissions(at("pem"), fs::Permissions::from_mode(0o600)).unwrap();
    let load = |name: &str| {
        let file = SecretFile::find(&at(name), None);
        SigningKey::load(&file).map_err(|error| error.to_string())
    };
    for name in ["ssh", "pem"] {
        append(&at(&format!("records-{name}")), Some(load(name).unwrap()), 2);
        assert_eq!(checked(&at(&format!("records-{name}")), &Question::default()).signed, 2);
    }
    let public = fs::read_to_string(at("ssh.pub")).unwrap();
    assert!(public.starts_with(&load("ssh").unwrap().public().openssh()));
    assert!(load("locked").unwrap_err().contains("passphrase"));
    assert!(load("ecdsa").unwrap_err().contains("ssh-keygen -t ed25519"));
}
