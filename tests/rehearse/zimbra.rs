//! A rehearsal into a mailbox of Zimbra, by its own import, against the demonstration's mail server.

use std::fs;

use mailproof::demo::live::{Fault, Keeping, LiveMailbox, MailServer, Operation};
use mailproof::demo::zimbra::{Export, Item};
use serde_json::Value;

use super::{ANNA, BRUNO, MESSAGES, SANDBOX, Scene};
use crate::program::{Ended, json, run};
use crate::support;

const BOTH: u64 = 2 * MESSAGES as u64;

struct Site {
    scene: Scene,
    server: MailServer,
}

impl Site {
    /// A mailbox that nobody uses, whose owner logs in.
    fn new() -> Self {
        Self::of(Scene::of(&[ANNA, BRUNO], "", MESSAGES))
    }

    fn of(scene: Scene) -> Self {
        let accounts = [SANDBOX, ANNA].map(|account| (account, Export::default()));
        let server = MailServer::start(accounts.iter().map(|(account, export)| (*account, export))).unwrap();
        support::secret_file(scene.bench.path("").as_path(), "password", server.password());
        let site = Self { scene, server };
        site.policy("");
        site
    }

    fn policy(&self, more: &str) {
        let to = format!("to = '{}/'\npassword_file = './password'\nscope = 'all'\n", self.server.address());
        self.scene.policy("", &format!("{to}{more}"));
    }

    fn rehearse(&self, more: &[&str]) -> Ended {
        let mut command = self.scene.bench.command("rehearse");
        run(command.args(["--quiet", "--policy", "rehearsal.toml"]).args(more).arg(&self.scene.archive))
    }

    fn mark(&self) -> Ended {
        run(self.scene.bench.command("rehearse").args(["--mark", "--policy", "rehearsal.toml"]))
    }

    fn result(&self, more: &[&str], code: i32) -> Value {
        let ended = self.rehearse(&[&["--format", "json"], more].concat());
        let result = json(&ended.stdout);
        assert_eq!(ended.code, Some(code), "{result:#}");
        result
    }

    /// Paths of the folders of the sandbox's items.
    fn held(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut look = |mailbox: &mut LiveMailbox| {
            paths = mailbox.items().map(|item| mailbox.path(item.folder).unwrap()).collect();
        };
        self.server.change(SANDBOX, &mut look).unwrap();
        paths
    }
}

#[test]
fn all_mail_goes_into_zimbra_and_comes_back() {
    let site = Site::new();
    let unmarked = site.rehearse(&[]);
    assert_eq!(unmarked.code, Some(20), "{unmarked:?}");
    assert!(unmarked.stdout.contains("carries no marker"), "{}", unmarked.stdout);
    assert_eq!(site.mark().code, Some(0));
    assert_eq!(site.mark().code, Some(0), "it is marked already");
    let result = site.result(&[], 0);
    let back = &result["read_back"];
    assert_eq!((&back["put"], &back["same"], &back["found"]), (&BOTH.into(), &BOTH.into(), &BOTH.into()));
    assert_eq!((&back["flags_differ"], &back["dates_differ"]), (&0.into(), &0.into()));
    assert_eq!(result["sandbox"]["cleaned"], true);
    assert!(site.held().is_empty(), "{:?}", site.held());
}

#[test]
fn an_administrator_rehearses_and_what_was_kept_stays() {
    let site = Site::new();
    let (admin, address) = (site.server.admin(), site.server.address());
    site.policy(&format!("user = '{admin}'\nadmin_url = '{address}/'\n"));
    assert_eq!(site.mark().code, Some(0));
    site.result(&["--keep", "--only", ANNA], 0);
    let held = site.held();
    assert_eq!(held.len() as u64, BOTH / 2);
    assert!(held.iter().all(|path| path.starts_with("/mailproof-kept-")), "{held:?}");
    let next = site.result(&[], 0);
    assert_eq!(next["sandbox"]["kept_before"], 1);
    assert_eq!(site.held(), held);
}

#[test]
fn a_mailbox_with_mail_in_it_is_no_sandbox() {
    let site = Site::new();
    assert_eq!(site.mark().code, Some(0));
    let put = |mailbox: &mut LiveMailbox| mailbox.add(Item::message(900, 2, "Oggetto", b"x".to_vec()));
    site.server.change(SANDBOX, put).unwrap();
    let ended = site.rehearse(&[]);
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("1 item(s) in folder /Inbox"), "{told}");
    assert_eq!(site.held(), ["/Inbox"]);
}

#[test]
fn bytes_that_zimbra_keeps_wrong_are_found() {
    let site = Site::new();
    assert_eq!(site.mark().code, Some(0));
    // Nobody computes a digest anew at an import, so only reading back tells.
    site.server.inject(Operation::Rest, Fault::Answer(b"From: x".to_vec()), 1);
    let result = site.result(&["--only", ANNA], 10);
    assert_eq!((&result["outcome"], &result["read_back"]["differ"]), (&"failed".into(), &1.into()));
}

/// Ten messages with the same bytes and nine without an equal one, in one folder.
fn equal_ones() -> Export {
    let message = |id: u32| {
        let text = if id < 310 { 0 } else { id };
        let item = Item::message(id, 2, "Oggetto", format!("Subject: Oggetto\r\n\r\n{text:03}\r\n"));
        Item { date: 1_700_000_000 + i64::from(id), ..item }
    };
    Export { items: (300..319).map(message).collect(), ..Export::default() }
}

#[test]
fn equal_messages_are_kept_once_and_all_count() {
    let site = Site::of(Scene::holding(&[(ANNA, equal_ones())], ""));
    assert_eq!(site.mark().code, Some(0));
    let result = site.result(&[], 0);
    let back = &result["read_back"];
    assert_eq!((&back["put"], &back["same"], &back["equal"]), (&10.into(), &10.into(), &9.into()));
    assert_eq!((&result["coverage"]["checked"], &result["coverage"]["total"]), (&19.into(), &19.into()));
    assert_eq!(result["of_asked"]["checked"], 19);
    let told = site.rehearse(&[]).stdout;
    assert!(told.contains("19 of 19") && told.contains("9 more have the bytes of one of these"), "{told}");
}

#[test]
fn a_server_that_keeps_equal_messages_instead_of_all_does_not_pass() {
    let site = Site::of(Scene::holding(&[(ANNA, equal_ones())], ""));
    assert_eq!(site.mark().code, Some(0));
    site.server.inject(Operation::Import, Fault::Import(Keeping::Copies), 9);
    let result = site.result(&[], 10);
    assert_eq!((&result["outcome"], &result["coverage"]["checked"]), (&"failed".into(), &10.into()));
    let finding = &result["findings"][0];
    assert_eq!(finding["id"], "rehearsal-message-not-restored", "{result:#}");
    let lost: Vec<&str> =
        result["findings"].as_array().unwrap().iter().filter_map(|found| found["subject"].as_str()).collect();
    assert_eq!(lost.len(), 9, "{lost:?}");
    assert!(
        (310..319).all(|id| lost.iter().any(|subject| subject.contains(&format!("item {id}")))),
        "{lost:?}"
    );
}

#[test]
fn what_the_server_only_says_it_took_away_is_told() {
    let site = Site::new();
    assert_eq!(site.mark().code, Some(0));
    let said = br#"{"Body":{"FolderActionResponse":{"_jsns":"urn:zimbraMail"}}}"#;
    site.server.inject(Operation::Soap("FolderActionRequest"), Fault::Answer(said.to_vec()), 1);
    let result = site.result(&["--only", ANNA], 0);
    assert_eq!(result["sandbox"]["cleaned"], false);
    assert_eq!(result["findings"][0]["id"], "rehearsal-not-cleaned", "{result:#}");
}

#[test]
fn the_live_account_is_refused() {
    let site = Site::new();
    let address = site.server.address();
    let text = fs::read_to_string(site.scene.bench.path("rehearsal.toml")).unwrap().replace(SANDBOX, ANNA);
    let live = format!(
        "[live]\nurl = '{address}/'\nuser = 'admin@example.test'\npassword_file = './password'\n[rehearsal]"
    );
    fs::write(site.scene.bench.path("rehearsal.toml"), text.replace("[rehearsal]", &live)).unwrap();
    assert_eq!(site.mark().code, Some(0));
    let ended = site.rehearse(&[]);
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("its mail is in the backup and the server is that of [live]"), "{told}");
}
