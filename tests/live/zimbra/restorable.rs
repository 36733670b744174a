//! The rung `restorable`: an archive against the mailboxes of Zimbra, with every kind of difference made on purpose.

use std::fs;

use mailproof::archive::decrypt::Keyring;
use mailproof::check::restorable::{Comparison, Number};
use mailproof::demo::live::{Fault as Spoil, LiveMailbox, Operation};
use mailproof::demo::pack::{File, Pack};
use mailproof::event::Silent;
use mailproof::live::Server;
use mailproof::policy::{Live as LivePolicy, Policy, Store};
use mailproof::verdict::{Outcome, Rung, State};
use mailproof::verify::{self, ArchiveResult, Cancel, Job};
use secrecy::ExposeSecret;

use super::*;
use crate::support;

/// Messages in Anna's mailbox.
const MESSAGES: u32 = 400;

/// An archive of both accounts, the server they came from, and a policy.
struct Backup {
    scene: Scene,
    work: tempfile::TempDir,
    policy: Policy,
    anna: Export,
}

impl Backup {
    fn new() -> Self {
        Self::of(account(ANNA, MESSAGES))
    }

    /// With Anna's account like this, and Paul's as ever.
    fn of(anna: Export) -> Self {
        let paul = account(PAUL, 3);
        let (work, identity) = (support::folder(), age::x25519::Identity::generate());
        let accounts = [(ANNA, &anna), (PAUL, &paul)];
        let file = |(name, export): (&str, &Export)| {
            File::new(format!("exports/{name}.tgz"), export.write().unwrap())
        };
        let archive = Pack::new(vec![identity.to_public()]).build(&accounts.map(file)).unwrap();
        fs::write(work.path().join("a.tar.zst.age"), &archive.encrypted).unwrap();
        let scene = Scene::of(accounts);
        let mut policy = Policy::default();
        policy.require.rung = Rung::Restorable;
        policy.keys.identities =
            vec![support::secret_file(work.path(), "key.txt", identity.to_string().expose_secret())];
        let address = Some(scene.server.address().to_owned());
        let mut live =
            LivePolicy { url: address.clone().unwrap(), admin_url: address, ..LivePolicy::default() };
        live.user = Some(scene.server.admin().to_owned());
        live.network.retries = 0;
        policy.live = Some(live);
        Self { scene, work, policy, anna }
    }

    /// Everything is compared.
    fn whole() -> Self {
        let mut backup = Self::new();
        backup.policy.sample.all = true;
        backup
    }

    fn with_tombstones(mut self) -> Self {
        self.policy.live.as_mut().unwrap().tombstones = true;
        self
    }

    fn change<T>(&self, change: impl FnOnce(&mut LiveMailbox) -> T) -> T {
        self.scene.server.change(ANNA, change).unwrap()
    }

    /// Numbers of messages that are in the archive.
    fn ids<const N: usize>(&self) -> [u32; N] {
        let exported = messages(&self.anna).into_iter().filter(|item| ![3, 4].contains(&item.folder));
        exported.map(|item| item.id).take(N).collect::<Vec<_>>().try_into().unwrap()
    }

    fn original(&self, id: u32) -> &Item {
        messages(&self.anna).into_iter().find(|item| item.id == id).unwrap()
    }

    fn verified(&self) -> ArchiveResult {
        self.verified_with(self.scene.server.password())
    }

    fn server(&self, password: &str) -> Server {
        let (cancel, handle) = (Cancel::default(), self.scene.runtime.handle());
        let live = self.policy.live.as_ref().unwrap();
        Server::new(live, Some(password.into()), &self.policy.limits, &cancel, handle).unwrap()
    }

    fn verified_with(&self, password: &str) -> ArchiveResult {
        let (cancel, handle) = (Cancel::default(), self.scene.runtime.handle());
        let server = self.server(password);
        let keyring = Keyring::load(&self.policy.keys, None).unwrap();
        let job = Job {
            policy: &self.policy,
            keyring: &keyring,
            runtime: handle,
            cancel: &cancel,
            live: Some(&server),
        };
        let address = self.work.path().join("a.tar.zst.age").display().to_string();
        let selection =
            self.scene.runtime.block_on(verify::named(&[address], &Store::default(), None)).unwrap();
        verify::run(&job, selection, &Silent).archives.remove(0)
    }
}

/// What was found, leaving out what concerns the export alone.
fn found(result: &ArchiveResult) -> Vec<&'static str> {
    let kinds = result.findings.counts().map(|(kind, _)| kind.id);
    kinds.filter(|id| id.starts_with("live-")).collect()
}

fn of_anna(result: &ArchiveResult) -> &Comparison {
    let mailboxes = &result.compared.as_ref().unwrap().mailboxes;
    mailboxes.iter().find(|mailbox| mailbox.account == ANNA).unwrap().comparison.as_ref().unwrap()
}

fn word(result: &ArchiveResult, id: u32) -> &'static str {
    of_anna(result).of(ItemId(id)).unwrap().as_str()
}

/// Holds the rung not to be claimed, and nothing to have failed.
fn assert_open(result: &ArchiveResult, why: &str) {
    assert_eq!((result.outcome, result.rung), (Outcome::NotVerified, Some(Rung::Meaningful)), "{result:?}");
    let standing = result.standings.last().unwrap();
    assert_eq!((standing.rung, standing.state), (Rung::Restorable, State::NotProven));
    let told = result.troubles.iter().map(|trouble| &trouble.message).chain(&standing.reason);
    assert!(told.into_iter().any(|text| text.contains(why)), "{why}: {result:?}");
}

#[test]
fn a_sample_equals_the_mailboxes_and_leaves_no_trace_there() {
    let backup = Backup::new();
    let before = backup.scene.server.fingerprint();
    let result = backup.verified();
    assert_eq!((found(&result), result.outcome), (vec![], Outcome::Passed), "{:?}", result.standings);
    assert_eq!(result.rung, Some(Rung::Restorable));
    let compared = result.compared.as_ref().unwrap();
    assert!(compared.checked() > 150 && compared.checked() < compared.population());
    assert!(compared.statement.unwrap().at_most <= compared.population() / 100);
    assert_eq!(of_anna(&result).live, u64::from(MESSAGES), "those in Trash and Junk included");
    assert_eq!(of_anna(&result).missing, []);
    assert_eq!(backup.scene.server.fingerprint(), before);
    assert!(!backup.change(|mailbox| mailbox.is_tracked()));
    let calls = |call: &str| backup.scene.server.seen().iter().filter(|seen| seen.call == call).count();
    assert_eq!((calls("AuthRequest"), calls("DelegateAuthRequest"), calls("SyncRequest")), (1, 2, 0));
    assert_eq!(calls("GET") as u64, compared.checked(), "bodies beside the sample were read");
}

/// Everything that people and servers do to a mailbox.
fn live_on(backup: &Backup) -> [u32; 9] {
    let ids = backup.ids();
    let [edited, moved, marked, deleted, lost, rotten, withheld, set_back, _] = ids;
    let size = usize::try_from(backup.original(rotten).size()).unwrap();
    backup.change(|mailbox| {
        mailbox.edit(edited, "another text");
        mailbox.transfer(moved, 5);
        mailbox.mark(marked, 32, false);
        mailbox.delete(deleted);
        mailbox.lose(lost);
        mailbox.rot(rotten, vec![b'?'; size]);
        mailbox.withhold(withheld);
        mailbox.set_back(set_back, "as it was before");
    });
    ids
}

const ALL_FOUND: [&str; 3] = ["live-message-differs", "live-message-withheld", "live-message-set-back"];

#[test]
fn each_difference_is_told_apart_where_deletions_are_asked_for() {
    let backup = Backup::whole().with_tombstones();
    backup.change(LiveMailbox::track);
    let ids = live_on(&backup);
    let result = backup.verified();
    let expected =
        ["changed-since", "same", "same", "deleted-since", "lost", "differs", "withheld", "set-back", "same"];
    assert_eq!(ids.map(|id| word(&result, id)), expected);
    assert_eq!(of_anna(&result).moved, 2);
    let mut ids = found(&result);
    ids.sort_unstable();
    let mut all = [&ALL_FOUND[..], &["live-message-lost"]].concat();
    all.sort_unstable();
    assert_eq!(ids, all);
    assert_eq!((result.outcome, result.rung), (Outcome::Failed, Some(Rung::Meaningful)));
    let compared = result.compared.as_ref().unwrap();
    assert_eq!(compared.statement, None);
    assert_eq!(compared.checked(), compared.population() - 5, "{:?}", compared.coverage());
}

#[test]
fn without_deletions_what_is_gone_is_gone() {
    let backup = Backup::whole();
    backup.change(LiveMailbox::track);
    let ids = live_on(&backup);
    let before = backup.scene.server.fingerprint();
    let result = backup.verified();
    let words = ids.map(|id| word(&result, id));
    assert_eq!(words[3..5], ["missing-live", "missing-live"]);
    assert!(found(&result).contains(&"live-messages-gone") && !found(&result).contains(&"live-message-lost"));
    assert_eq!(backup.scene.server.fingerprint(), before);
}

#[test]
fn a_server_that_forgot_or_never_kept_track_lets_nothing_be_called_lost() {
    for forgets in [true, false] {
        let backup = Backup::whole().with_tombstones();
        let [deleted, lost] = backup.ids();
        backup.change(|mailbox| {
            if forgets {
                mailbox.track();
            }
            mailbox.delete(deleted);
            mailbox.lose(lost);
            if forgets {
                mailbox.forget();
            }
        });
        let result = backup.verified();
        assert_eq!([deleted, lost].map(|id| word(&result, id)), ["missing-live"; 2], "{forgets}");
        assert_eq!((found(&result), result.outcome), (vec!["live-messages-gone"], Outcome::Passed));
    }
}

#[test]
fn a_mailbox_that_is_behind_the_backup_proves_nothing() {
    let backup = Backup::whole().with_tombstones();
    let keep = MESSAGES / 2;
    backup.change(|mailbox| {
        let mut older = backup.anna.clone();
        let last = messages(&backup.anna)[keep as usize].id;
        older.items.retain(|item| item.id <= last);
        *mailbox = LiveMailbox::of(&older);
    });
    let result = backup.verified();
    assert_eq!(found(&result), ["live-message-set-back"]);
    assert!(of_anna(&result).count("set-back") > 50 && of_anna(&result).count("lost") == 0);
    assert_open(&result, "could not be held against");
}

#[test]
fn what_the_backup_left_out_is_named_by_its_number() {
    let mut anna = account(ANNA, MESSAGES);
    let all = messages(&anna);
    let inside = |item: &&&Item| item.folder == 2;
    let [left_out, restored] = [10, 11].map(|nth| all.iter().filter(inside).nth(nth).unwrap().id);
    let whole = anna.clone();
    anna.items.retain(|item| ![left_out, restored].contains(&item.id));
    let backup = Backup::of(anna);
    backup.change(|mailbox| {
        let item = |id: u32| whole.items.iter().find(|item| item.id == id).unwrap().clone();
        mailbox.add(item(left_out));
        mailbox.add(item(restored));
        // Out of Trash after the backup.
        mailbox.transfer(restored, 2);
    });
    let result = backup.verified();
    let missing: Vec<Number> = of_anna(&result).missing.iter().map(|missing| missing.number).collect();
    assert_eq!(missing, [Number::Item(ItemId(left_out), ItemId(2))]);
    assert_eq!((found(&result), result.outcome), (vec!["live-message-not-in-backup"], Outcome::Passed));
    let finding = result.findings.iter().find(|finding| finding.kind.id.starts_with("live-")).unwrap();
    assert!(finding.subject.contains(&format!("(folder 2, item {left_out})")), "{}", finding.subject);
}

#[test]
fn a_wrong_password_is_tried_once_for_all_mailboxes() {
    let backup = Backup::new();
    let result = backup.verified_with("hunter2");
    assert_open(&result, "refused the credentials");
    assert_eq!(result.troubles.len(), 2, "one for each mailbox");
    assert!(!format!("{result:?}").contains("hunter2"));
    let logins = backup.scene.server.seen().iter().filter(|seen| seen.call == "AuthRequest").count();
    assert_eq!(logins, 1, "more would lock the administrator out");
}

#[test]
fn whether_the_server_lets_us_in_can_be_asked_before() {
    let backup = Backup::new();
    let before = backup.scene.server.fingerprint();
    let server = backup.server(backup.scene.server.password());
    assert_eq!(server.check(None).unwrap(), None);
    let folders = backup.scene.anna().folders().unwrap().len() as u64;
    assert_eq!(server.check(Some(ANNA)).unwrap(), Some(folders));
    let fault = |server: &Server, account| server.check(account).unwrap_err().fault;
    assert_eq!(fault(&server, Some("nobody@example.org")), mailproof::live::Fault::NoSuchAccount);
    for account in [None, Some(ANNA)] {
        let fault = fault(&backup.server("hunter2"), account);
        assert!(matches!(fault, mailproof::live::Fault::Refused { .. }), "{fault:?}");
    }
    assert_eq!(backup.scene.server.fingerprint(), before);
}

#[test]
fn what_could_not_be_asked_is_not_verified() {
    for (operation, spoil, times, why) in [
        (
            Operation::Soap("DelegateAuthRequest"),
            Spoil::Soap("account.NO_SUCH_ACCOUNT"),
            1,
            "no such account",
        ),
        (Operation::Soap("AuthRequest"), Spoil::Refuse(503), 1, "busy or ended the connection"),
        (Operation::Soap("GetMsgMetadataRequest"), Spoil::Refuse(503), 1, "busy or ended the connection"),
        (Operation::Soap("GetFolderRequest"), Spoil::Soap("mail.MAINTENANCE"), 1, "under maintenance"),
        (Operation::Soap("SearchRequest"), Spoil::Refuse(503), 1, "busy or ended the connection"),
        (Operation::Rest, Spoil::Refuse(503), 4, "busy or ended the connection"),
        (Operation::Rest, Spoil::Expired, 2, "the login expired"),
        (Operation::Rest, Spoil::Refuse(503), 1, "could not be held against"),
        (Operation::Rest, Spoil::Cut(10), 1, "could not be held against"),
    ] {
        let backup = Backup::new();
        backup.scene.server.inject(operation, spoil.clone(), times);
        let result = backup.verified();
        assert_open(&result, why);
        assert_eq!(
            result.compared.unwrap().statement.is_some(),
            why != "could not be held against",
            "{spoil:?}"
        );
    }
}

#[test]
fn a_token_that_expires_amid_the_sample_is_renewed() {
    let backup = Backup::new();
    backup.scene.server.inject(Operation::Rest, Spoil::Expired, 1);
    let result = backup.verified();
    assert_eq!(result.outcome, Outcome::Passed, "{result:?}");
    let calls = |call: &str| backup.scene.server.seen().iter().filter(|seen| seen.call == call).count();
    assert_eq!(calls("DelegateAuthRequest"), 3);
}

#[test]
fn a_message_that_is_listed_and_not_handed_out_is_never_passed() {
    let backup = Backup::whole();
    let [withheld] = backup.ids();
    backup.change(|mailbox| mailbox.withhold(withheld));
    let result = backup.verified();
    assert_eq!((word(&result, withheld), found(&result)), ("withheld", vec!["live-message-withheld"]));
    assert_open(&result, "could not be held against");
}
