//! A rehearsal into an account of a real IMAP server.

use std::fs;

use serde_json::Value;

use super::{ANNA, BRUNO, SANDBOX, Scene};
use crate::lab;
use crate::program::{Ended, json, run};

const WHY: &str = "needs Dovecot: run ./tests/run";

/// A scene whose sandbox is the mailbox of a user of the server, who logs in by herself.
fn scene(user: &str, messages: u32) -> Scene {
    scene_of(&[ANNA, BRUNO], user, messages)
}

fn scene_of(accounts: &[&str], user: &str, messages: u32) -> Scene {
    let server = lab::dovecot();
    let more = format!(
        "to = 'imaps://localhost:{}'\npassword_file = './password'\nca_file = '{}'\nscope = 'all'\n",
        server.imaps_port,
        server.authority.display()
    );
    let scene = Scene::of(accounts, &more, messages);
    let path = scene.bench.path("rehearsal.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(SANDBOX, user)).unwrap();
    crate::support::secret_file(scene.bench.path("").as_path(), "password", "secret");
    scene
}

fn rehearse(scene: &Scene, more: &[&str]) -> Ended {
    let mut command = scene.bench.command("rehearse");
    run(command.args(["--quiet", "--policy", "rehearsal.toml"]).args(more).arg(&scene.archive))
}

fn mark(scene: &Scene) -> Ended {
    run(scene.bench.command("rehearse").args(["--mark", "--policy", "rehearsal.toml"]))
}

#[test]
#[ignore = "needs Dovecot: run ./tests/run"]
fn two_thousand_messages_go_and_come_back() {
    let scene = scene("user10", 1_000);
    let unmarked = rehearse(&scene, &[]);
    assert_eq!(unmarked.code, Some(20), "{WHY}: {unmarked:?}");
    assert!(unmarked.stdout.contains("carries no marker"), "{}", unmarked.stdout);
    assert_eq!(mark(&scene).code, Some(0));
    let ended = rehearse(&scene, &["--format", "json"]);
    let result: Value = json(&ended.stdout);
    assert_eq!(ended.code, Some(0), "{result:#}");
    let back = &result["read_back"];
    assert_eq!((&back["put"], &back["found"]), (&2_000.into(), &2_000.into()));
    // Dovecot hands out CR LF whatever it was given.
    let lone = (300..1_300).filter(|id| id % 7 == 0).count() * 2;
    assert_eq!((&back["line_ends"], &back["same"]), (&lone.into(), &(2_000 - lone).into()));
    assert_eq!((&back["flags_differ"], &back["dates_differ"]), (&0.into(), &0.into()));
    assert_eq!(result["sandbox"]["cleaned"], true);
    // All is gone, or the next one would be refused.
    let again = rehearse(&scene, &["--only", ANNA, "--folder", "/Inbox/Größe v1.2 ~ * x"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    for text in [&ended.stdout, &ended.stderr, &again.stdout, &again.stderr] {
        assert!(!text.contains("segreta") && !text.contains("\"secret\""), "{text}");
    }
}

/// Each account has a connection of its own, and fewer are allowed at a time.
#[test]
#[ignore = "needs Dovecot: run ./tests/run"]
fn more_accounts_than_connections_come_and_go() {
    let scene = scene_of(&[ANNA, BRUNO, "carla@example.org", "dario@example.org"], "user14", 6);
    assert_eq!(mark(&scene).code, Some(0));
    let ended = rehearse(&scene, &["--format", "json"]);
    let result: Value = json(&ended.stdout);
    assert_eq!((ended.code, &result["read_back"]["put"]), (Some(0), &24.into()), "{result:#}");
}

#[test]
#[ignore = "needs Dovecot: run ./tests/run"]
fn what_was_kept_and_what_was_left_are_told_apart_on_a_server() {
    let scene = scene("user11", 20);
    assert_eq!(mark(&scene).code, Some(0));
    let kept = rehearse(&scene, &["--keep"]);
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert!(kept.stdout.contains("mailproof-kept-"), "{}", kept.stdout);
    let next = rehearse(&scene, &["--format", "json"]);
    let result: Value = json(&next.stdout);
    assert_eq!((next.code, &result["sandbox"]["kept_before"]), (Some(0), &1.into()), "{result:#}");
}

#[test]
#[ignore = "needs Dovecot: run ./tests/run"]
fn the_live_account_of_a_server_is_refused() {
    let server = lab::dovecot();
    let scene = scene_of(&["user12"], "user12", 6);
    let path = scene.bench.path("rehearsal.toml");
    let text = fs::read_to_string(&path).unwrap();
    let live = format!(
        "[live]\nurl = 'imap://127.0.0.1:{}/'\nuser = 'user12'\npassword_file = './password'\n\
         plain_text = true\n",
        server.imap_port
    );
    // By another name of the same machine, on the same port.
    let to = text.replace("imaps://localhost", "imap://localhost");
    let to = to.replace(&server.imaps_port.to_string(), &server.imap_port.to_string());
    fs::write(&path, to.replace("[rehearsal]", &format!("{live}[rehearsal]"))).unwrap();
    assert_eq!(mark(&scene).code, Some(0));
    let ended = rehearse(&scene, &[]);
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("its mail is in the backup and the server is that of [live]"), "{told}");
    assert!(told.contains("nothing was written there"), "{told}");
}
