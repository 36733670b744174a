//! Cyrus, as any user, in a folder of its own.
//!
//! Its package and Dovecot's can't be installed together, so `tests/run` only unpacks it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::authority::Authority;
use super::keeper::Keeper;
use super::mail::MailServer;
use super::{free_port, open_to_all};

const PROGRAMS: &str = "/usr/lib/cyrus/bin";
const SASLPASSWD: &str = "/usr/sbin/saslpasswd2";

/// Starts Cyrus with the users `user1` to `user14` (password `secret`) and the administrator `admin` (`adminsecret`).
pub fn start() -> MailServer {
    let imapd = super::folder().join("cyrus").join(PROGRAMS.trim_start_matches('/')).join("imapd");
    for program in [SASLPASSWD, "/usr/lib/cyrus/bin/master", imapd.to_str().unwrap()] {
        assert!(Path::new(program).exists(), "{program} is missing: run ./tests/run, which installs Cyrus");
    }
    let keeper = Keeper::new("cyrus", &[]);
    let folder = keeper.folder().to_owned();
    open_to_all(&folder, 0o755);
    // Where it was unpacked, the user it runs as may not look.
    fs::copy(imapd, folder.join("imapd")).unwrap();
    let authority = Authority::new(&folder);
    let (imap_port, imaps_port) = (free_port(), free_port());
    for place in ["db", "socket", "proc", "log", "msg", "user", "quota", "sieve", "sync", "lock", "spool"] {
        fs::create_dir(folder.join(place)).unwrap();
    }
    fs::write(folder.join("imapd.conf"), settings(&folder, &authority)).unwrap();
    fs::write(folder.join("cyrus.conf"), services(&folder, imap_port, imaps_port)).unwrap();
    for number in 1..=14 {
        add_user(&folder, &format!("user{number}"), "secret");
    }
    add_user(&folder, "admin", "adminsecret");
    if user() == "cyrus" {
        let status = Command::new("chown").args(["-R", "cyrus:mail"]).arg(&folder).status().unwrap();
        assert!(status.success());
    }
    // When it is ended it ends its whole process group, which must not be the keeper's.
    keeper.start(&format!("setsid {PROGRAMS}/master -D -C imapd.conf -M cyrus.conf -p master.pid"));
    MailServer { imap_port, imaps_port, authority: authority.authority, keeper }.await_greeting()
}

/// What a privileged Cyrus runs as; any other user runs it as itself.
fn user() -> String {
    let own = Command::new("id").arg("-un").output().unwrap().stdout;
    let own = String::from_utf8(own).unwrap().trim().to_owned();
    if own == "root" { "cyrus".to_owned() } else { own }
}

fn add_user(folder: &Path, name: &str, password: &str) {
    let mut child = Command::new(SASLPASSWD)
        .args(["-p", "-c", "-u", "localhost", "-f"])
        .args([&folder.join("sasldb2"), Path::new(name)])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "saslpasswd2 {name}");
}

fn settings(folder: &Path, authority: &Authority) -> String {
    let folder = folder.display();
    let (certificate, key) = (authority.certificate.display(), authority.key.display());
    format!(
        "configdirectory: {folder}
partition-default: {folder}/spool
servername: localhost
defaultdomain: example.org
virtdomains: userid
unixhierarchysep: yes
altnamespace: yes
admins: cyrusadmin
proxyservers: admin
autocreate_quota: 0
autocreate_post: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: PLAIN
allowplaintext: yes
tls_server_cert: {certificate}
tls_server_key: {key}
cyrus_user: {user}
duplicatesuppression: no
skiplist_unsafe: yes
",
        user = user()
    )
}

fn services(folder: &Path, imap_port: u16, imaps_port: u16) -> String {
    let folder = folder.display();
    let imapd = format!("{folder}/imapd -C {folder}/imapd.conf");
    format!(
        "START {{
  recover cmd=\"{PROGRAMS}/ctl_cyrusdb -C {folder}/imapd.conf -r\"
}}
SERVICES {{
  imap cmd=\"{imapd}\" listen=\"127.0.0.1:{imap_port}\" prefork=1
  imaps cmd=\"{imapd} -s\" listen=\"127.0.0.1:{imaps_port}\" prefork=1
}}
EVENTS {{
}}
"
    )
}
