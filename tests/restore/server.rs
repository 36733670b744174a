//! `mailproof restore` into the mailboxes of mail servers.

use std::fs;
use std::path::{Path, PathBuf};

use mailproof::demo::live::{LiveMailbox, MailServer};
use mailproof::demo::zimbra::Export;
use serde_json::Value;

use super::archive;
use super::program::{account, restore};
use crate::lab;
use crate::program::{Ended, json, run};
use crate::support;

const ANNA: &str = "anna@example.org";
const MESSAGES: &[&str] = &["--account", ANNA, "--kind", "message", "--format", "json", "--quiet"];

fn an_archive(work: &Path) -> PathBuf {
    archive(work, &[("1/anna@example.org.tgz", account().write().unwrap())])
}

fn report(ended: &Ended, code: i32) -> Value {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    json(&ended.stdout)
}

/// A Zimbra without mail, and a policy that names it.
fn zimbra(work: &Path) -> (MailServer, PathBuf) {
    let server = MailServer::start([(ANNA, &Export::default())]).unwrap();
    support::secret_file(work, "password", server.password());
    let (address, admin) = (server.address(), server.admin());
    let policy = work.join("live.toml");
    let text = format!(
        "[live]\nurl = '{address}/'\nadmin_url = '{address}/'\nuser = '{admin}'\npassword_file = './password'\n"
    );
    fs::write(&policy, text).unwrap();
    (server, policy)
}

#[test]
fn an_account_comes_back_into_zimbra_once() {
    let work = support::folder();
    let (path, (server, policy)) = (an_archive(work.path()), zimbra(work.path()));
    let into = |more: &[&str]| {
        let mut command = restore(&path, MESSAGES);
        run(command.arg("--policy").arg(&policy).args(["--to", server.address()]).args(more))
    };
    let first = report(&into(&[]), 0);
    assert_eq!((&first["restored"], &first["outcome"]), (&60.into(), &"complete".into()));
    let second = report(&into(&[]), 0);
    assert_eq!((&second["restored"], &second["already_there"]), (&0.into(), &60.into()));
    let other = into(&["--into", "nobody@example.org"]);
    assert_eq!(other.code, Some(20), "{other:?}");
}

#[test]
fn an_account_comes_back_below_a_folder_of_zimbra() {
    let work = support::folder();
    let (path, (server, policy)) = (an_archive(work.path()), zimbra(work.path()));
    let to = format!("{}/Zurück & mehr/2026", server.address());
    let into = || {
        let mut command = restore(&path, MESSAGES);
        report(&run(command.arg("--policy").arg(&policy).args(["--to", &to])), 0)
    };
    let first = into();
    assert_eq!((&first["restored"], &first["outcome"]), (&60.into(), &"complete".into()));
    assert_eq!(into()["already_there"], 60);
    let mut paths = Vec::new();
    let mut look = |mailbox: &mut LiveMailbox| {
        paths.extend(mailbox.items().map(|item| mailbox.path(item.folder).unwrap()));
    };
    server.change(ANNA, &mut look).unwrap();
    assert_eq!(paths.len(), 60);
    assert!(paths.iter().all(|path| path.starts_with("/Zurück & mehr/2026/")), "{paths:?}");
}

#[test]
fn what_a_server_needs_is_said_before_anything_is_read() {
    let work = support::folder();
    let (path, (server, policy)) = (an_archive(work.path()), zimbra(work.path()));
    let said = |more: &[&str], code: i32| {
        let ended = run(restore(&path, &[]).args(more));
        assert_eq!(ended.code, Some(code), "{ended:?}");
        ended.stderr
    };
    let to = format!("{}/", server.address());
    assert!(said(&["--account", ANNA, "--to", &to], 2).contains("--password-file"));
    let policy = policy.display().to_string();
    assert!(said(&["--all-accounts", "--policy", &policy, "--to", &to], 2).contains("--account"));
    let address = to.replace("http://", "http://admin:geheim@");
    let error = said(&["--account", ANNA, "--to", &address], 2);
    assert!(error.contains("--user"), "{error}");
    fs::write(work.path().join("password"), "wrong").unwrap();
    let refused = said(&["--account", ANNA, "--policy", &policy, "--to", &to], 20);
    assert!(refused.contains("credentials") && !refused.contains("wrong\n"), "{refused}");
}

#[test]
#[ignore = "needs dovecot and python3: tests/run installs them"]
fn an_account_comes_back_into_a_folder_of_dovecot_once() {
    let (work, server) = (support::folder(), lab::dovecot());
    let path = an_archive(work.path());
    let password = support::secret_file(work.path(), "password", "adminsecret");
    let into = || {
        let to = format!("imaps://localhost:{}/Restored/2026", server.imaps_port);
        let mut command = restore(&path, MESSAGES);
        command.args(["--into", "user13@example.org", "--user", "admin", "--to", &to]);
        run(command.arg("--password-file").arg(&password).arg("--mail-ca-file").arg(&server.authority))
    };
    let first = report(&into(), 0);
    assert_eq!((&first["restored"], &first["outcome"]), (&60.into(), &"complete".into()));
    let second = report(&into(), 0);
    assert_eq!((&second["restored"], &second["already_there"]), (&0.into(), &60.into()));
}
