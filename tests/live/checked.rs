//! What a server that is only asked whether all is well says, and what is in the way.

use std::net::TcpListener;
use std::sync::mpsc::channel;

use mailproof::live::{Fault, Server};
use mailproof::network::Cancel;
use mailproof::policy::{Limits, Live, Network};

use super::scripted::{Talk, listening};
use crate::lab;

const ANNA: &str = "anna@example.org";

fn server(live: Live, password: &str) -> Server {
    let network = Network { retries: 0, ..live.network };
    let live = Live { user: Some("admin".into()), network, ..live };
    // None of these servers is Zimbra, so nothing is ever driven by it.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (limits, cancel) = (Limits::default(), Cancel::default());
    Server::new(&live, Some(password.into()), &limits, &cancel, runtime.handle()).unwrap()
}

fn scripted(port: u16) -> Server {
    let url = format!("imap://127.0.0.1:{port}/");
    server(Live { url, plain_text: true, ..Live::default() }, "secret word")
}

/// Answers a login for another with `another`, one for the user alone with `own`.
fn lets_in(another: &'static str, own: &'static str) -> impl Fn(&mut Talk, usize) {
    move |talk, _| {
        talk.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n");
        while let Some((tag, command)) = talk.hear() {
            // The base64 of a login for nobody in particular begins with NUL.
            let answer = match command.strip_prefix("AUTHENTICATE PLAIN ") {
                Some(login) if login.starts_with("AG") => own,
                Some(_) => another,
                None => "OK done",
            };
            let list = if command.starts_with("LIST") { "* LIST () \"/\" INBOX\r\n" } else { "" };
            talk.say(&format!("{list}{tag} {answer}\r\n"));
        }
    }
}

fn fault_for(another: &'static str, own: &'static str) -> Fault {
    scripted(listening(lets_in(another, own))).check(Some(ANNA)).unwrap_err().fault
}

#[test]
fn a_mailbox_that_can_be_read_is_counted() {
    assert_eq!(scripted(listening(lets_in("OK", "NO"))).check(Some(ANNA)).unwrap(), Some(1));
}

#[test]
fn without_an_account_only_the_login_is_tried() {
    let (sender, receiver) = channel();
    let port = listening(move |talk, _| {
        talk.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n");
        while let Some((tag, command)) = talk.hear() {
            let _ = sender.send(command.split(' ').next().unwrap().to_owned());
            talk.say(&format!("{tag} OK done\r\n"));
        }
    });
    assert_eq!(scripted(port).check(None).unwrap(), None);
    assert!(matches!(&*receiver.try_iter().collect::<Vec<_>>(), [login, ..] if login == "AUTHENTICATE"));
    let refused = scripted(listening(lets_in("OK", "NO [AUTHENTICATIONFAILED] no"))).check(None);
    assert!(matches!(refused.unwrap_err().fault, Fault::Refused { .. }));
}

#[test]
fn a_wrong_password_and_a_mailbox_out_of_reach_are_told_apart() {
    let no = "NO [AUTHENTICATIONFAILED] no";
    assert!(matches!(fault_for(no, no), Fault::Refused { .. }));
    let fault = fault_for(no, "OK done");
    assert!(
        matches!(&fault, Fault::NoRights { detail } if detail.starts_with("the login is right")),
        "{fault:?}"
    );
    assert!(matches!(fault_for("NO [AUTHORIZATIONFAILED] no", no), Fault::NoRights { .. }));
}

#[test]
fn a_server_that_is_away_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = scripted(free).check(None).unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable { attempts: 1, .. }), "{error}");
}

#[test]
#[ignore = "needs dovecot: tests/run installs it"]
fn dovecot_says_what_is_in_the_way() {
    let lab = lab::dovecot();
    let live =
        |ca_file| Live { url: format!("imaps://localhost:{}", lab.imaps_port), ca_file, ..Live::default() };
    let trusting = |password| server(live(Some(lab.authority.clone())), password);
    assert!(trusting("adminsecret").check(Some("user1@example.org")).unwrap().is_some_and(|count| count > 0));
    let fault = |server: Server, account| server.check(account).unwrap_err().fault;
    assert!(matches!(fault(server(live(None), "adminsecret"), None), Fault::Tls { .. }));
    assert!(matches!(fault(trusting("wrong"), Some("user1")), Fault::Refused { .. }));
    // Of an account that is not there it says nothing at all, and a master user may not log in without one.
    let absent = fault(trusting("adminsecret"), Some("nobody"));
    assert!(matches!(absent, Fault::Unavailable { .. }), "{absent:?}");
    assert!(matches!(fault(trusting("adminsecret"), None), Fault::Refused { .. }));
}

#[test]
#[ignore = "needs cyrus-common and sasl2-bin: tests/run installs them"]
fn cyrus_tells_an_administrator_of_accounts() {
    let lab = lab::cyrus();
    let url = format!("imaps://localhost:{}", lab.imaps_port);
    let server = server(Live { url, ca_file: Some(lab.authority.clone()), ..Live::default() }, "adminsecret");
    assert_eq!(server.check(None).unwrap(), None);
    assert!(server.check(Some("user1")).unwrap().is_some_and(|count| count > 0));
}
