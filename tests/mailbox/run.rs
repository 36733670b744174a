//! Whole archives through the whole way, and what is claimed of the mailboxes in them.

use std::fs;
use std::path::Path;

use mailproof::archive::decrypt::Keyring;
use mailproof::demo::mailbox::{self, Amount};
use mailproof::demo::pack::{File, Manifest, Pack};
use mailproof::demo::zimbra::{Export, Fate, Folder, Item, Options};
use mailproof::event::Silent;
use mailproof::mailbox::Form;
use mailproof::policy::{Policy, Store};
use mailproof::verdict::{Outcome, Rung, State};
use mailproof::verify::{self, ArchiveResult, Cancel, Job, RunResult};
use secrecy::ExposeSecret;

use crate::support;

/// A folder that is no session, so that nothing else is due beside the exports.
const FOLDER: &str = "exports";

/// An account with so many messages in its inbox.
pub fn account(messages: u32) -> Export {
    let mut export = Export::default();
    for id in 257..257 + messages {
        let body = format!("From: a@example.org\r\nSubject: {id}\r\n\r\nText of message {id}.\r\n");
        export.items.push(Item::message(id, 2, format!("Subject {id}"), body.into_bytes()));
    }
    export
}

pub fn tgz(name: &str, export: &Export) -> File {
    File::new(format!("{FOLDER}/{name}.tgz"), export.write().unwrap())
}

/// Packs `files`, verifies the archive from a folder up to `meaningful`, and gives the run's result.
pub fn run(files: &[File]) -> RunResult {
    let folder = support::folder();
    let identity = age::x25519::Identity::generate();
    let archive = Pack::new(vec![identity.to_public()]).build(files).unwrap();
    run_bytes(folder.path(), &identity, &archive.encrypted)
}

/// The same; gives the archive's result.
pub fn verified(files: &[File]) -> ArchiveResult {
    run(files).archives.remove(0)
}

fn verify_bytes(folder: &Path, identity: &age::x25519::Identity, archive: &[u8]) -> ArchiveResult {
    run_bytes(folder, identity, archive).archives.remove(0)
}

fn run_bytes(folder: &Path, identity: &age::x25519::Identity, archive: &[u8]) -> RunResult {
    fs::write(folder.join("a.tar.zst.age"), archive).unwrap();
    let key = support::secret_file(folder, "key.txt", identity.to_string().expose_secret());
    let mut policy = Policy::default();
    policy.require.rung = Rung::Meaningful;
    policy.keys.identities = vec![key];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let keyring = Keyring::load(&policy.keys, None).unwrap();
    let cancel = Cancel::default();
    let job =
        Job { policy: &policy, keyring: &keyring, runtime: runtime.handle(), cancel: &cancel, live: None };
    let addresses = [folder.join("a.tar.zst.age").display().to_string()];
    let selection = runtime.block_on(verify::named(&addresses, &Store::default(), None)).unwrap();
    verify::run(&job, selection, &Silent)
}

pub fn found(result: &ArchiveResult) -> Vec<&'static str> {
    result.findings.counts().map(|(kind, _)| kind.id).collect()
}

#[test]
fn sound_mailboxes_are_proven() {
    let files = [tgz("anna@example.org", &account(40)), tgz("marco@example.org", &account(3))];
    let result = verified(&files);
    assert_eq!(
        (found(&result), result.outcome, result.rung),
        (vec![], Outcome::Passed, Some(Rung::Meaningful))
    );
    let items = result.items.unwrap();
    assert_eq!((items.checked, items.total), (43, Some(43)));
    let accounts: Vec<_> = result.mailboxes.iter().map(|mailbox| mailbox.summary.account.as_str()).collect();
    assert_eq!(accounts, ["anna@example.org", "marco@example.org"]);
}

#[test]
fn a_sound_session_is_proven() {
    let result = verified(&mailbox::session(3, Amount { accounts: 2, messages: 20 }).unwrap());
    let infos = found(&result).iter().all(|id| *id == "export-trash-excluded");
    assert!(infos && result.outcome == Outcome::Passed, "{:?} {:?}", found(&result), result.standings);
    assert_eq!((result.rung, result.mailboxes.len()), (Some(Rung::Meaningful), 2));
}

#[test]
fn every_form_of_export_is_read() {
    let of = |form| Export { options: Options { form, ..Options::default() }, ..account(9) };
    let name = |end: &str| format!("{FOLDER}/anna@example.org.{end}");
    let files = [
        File::new(name("tgz"), of(Form::Tgz).write().unwrap()),
        File::new(name("tar"), of(Form::Tar).write().unwrap()),
        File::new(name("zip"), of(Form::Zip).write().unwrap()),
    ];
    let result = verified(&files);
    assert_eq!((found(&result), result.outcome), (vec![], Outcome::Passed), "{:?}", result.standings);
    assert_eq!(result.items.unwrap().checked, 27);
}

#[test]
fn one_account_s_fault_is_that_account_s() {
    let mut broken = account(40);
    for item in &mut broken.items[10..20] {
        item.fate = Fate::Lost;
    }
    let files = [tgz("anna@example.org", &account(5)), tgz("marco@example.org", &broken)];
    let result = verified(&files);
    assert_eq!((found(&result), result.outcome), (vec!["export-items-missing"], Outcome::Failed));
    assert_eq!(result.rung, Some(Rung::Complete));
    let states: Vec<_> = result.mailboxes.iter().map(|mailbox| mailbox.state).collect();
    assert_eq!(states, [State::Proven, State::Disproven]);
}

#[test]
fn of_several_sessions_the_broken_one_is_named() {
    let cut = |mut file: File| {
        file.content.truncate(file.content.len() / 2);
        file
    };
    let of = |folder: &str, export: &Export| {
        File::new(format!("{folder}/bruno@example.org.tgz"), export.write().unwrap())
    };
    let files = [of("one", &account(20)), cut(of("two", &account(20))), tgz("anna@example.org", &account(3))];
    let result = verified(&files);
    let told: Vec<_> =
        result.findings.iter().filter(|finding| finding.kind.id == "export-truncated").collect();
    assert_eq!((told.len(), told[0].subject.as_str()), (1, "two: bruno@example.org"), "{told:?}");
    assert_eq!(told[0].account.as_deref(), Some("bruno@example.org"));
    let places: Vec<_> = result.mailboxes.iter().map(|mailbox| mailbox.summary.place.as_deref()).collect();
    assert_eq!(places, [Some("one"), Some("two"), None]);
}

#[test]
fn of_an_archive_that_no_key_opens_no_number_is_claimed() {
    let folder = support::folder();
    let other = age::x25519::Identity::generate().to_public();
    let archive = Pack::new(vec![other]).build(&[tgz("anna@example.org", &account(3))]).unwrap();
    let result = verify_bytes(folder.path(), &age::x25519::Identity::generate(), &archive.encrypted);
    assert_eq!((result.outcome, result.mailboxes.len()), (Outcome::NotVerified, 0));
    assert_eq!(result.items.map(|items| (items.checked, items.total)), Some((0, None)));
}

#[test]
fn an_archive_may_be_an_export_itself() {
    let folder = support::folder();
    let identity = age::x25519::Identity::generate();
    let archive = Pack::new(vec![identity.to_public()]).encrypt(&account(7).write().unwrap()).unwrap();
    let result = verify_bytes(folder.path(), &identity, &archive);
    assert_eq!(found(&result), ["manifest-missing"]);
    assert_eq!(result.outcome, Outcome::NotVerified, "nobody vouches for the list of its files");
    let mailbox = &result.mailboxes[0];
    assert_eq!((mailbox.state, mailbox.coverage.total), (State::Proven, Some(7)));
}

#[test]
fn an_archive_without_a_mailbox_is_not_meaningful() {
    let result = verified(&[File::new("notes.txt", "no mail here"), File::new("conf.tgz", other_archive())]);
    assert_eq!((found(&result), result.outcome), (vec![], Outcome::NotVerified));
    assert_eq!(result.rung, Some(Rung::Complete));
}

#[test]
fn a_file_that_is_only_named_like_a_description_begins_no_export() {
    for text in ["x = 1", "{\"x\":1}", ""] {
        let files = [File::new("app/config.meta", text), tgz("anna@example.org", &account(5))];
        let result = verified(&files);
        assert_eq!((found(&result), result.outcome), (vec![], Outcome::Passed), "{text}");
        assert_eq!((result.mailboxes.len(), result.others), (1, 1), "{text}");
    }
}

/// A compressed tar that is no export.
fn other_archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    tar.append_data(&mut header, "conf/x.cf", &b"a=b"[..]).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn an_empty_mailbox_passes_beside_others_and_proves_nothing_alone() {
    let mut trash = account(3);
    trash.items.iter_mut().for_each(|item| item.folder = 3);
    for empty in [account(0), trash] {
        let alone = verified(&[tgz("anna@example.org", &empty)]);
        let reason = alone.standings.iter().find_map(|standing| standing.reason.as_deref());
        assert_eq!(alone.outcome, Outcome::NotVerified);
        assert!(reason.is_some_and(|reason| reason.starts_with("no item was compared")), "{reason:?}");
        let result = verified(&[tgz("anna@example.org", &empty), tgz("marco@example.org", &account(3))]);
        assert_eq!(result.outcome, Outcome::Passed, "{:?}", result.standings);
    }
}

#[test]
fn what_states_no_digest_is_not_proven() {
    let mut bare = account(5);
    bare.items[2].body = None;
    let result = verified(&[tgz("anna@example.org", &bare)]);
    assert_eq!((found(&result), result.outcome), (vec![], Outcome::NotVerified));
    assert!(result.mailboxes[0].reason.as_ref().unwrap().contains("1 items state no digest"));
}

#[test]
fn an_account_that_nobody_judged_keeps_the_archive_from_passing() {
    let good = || tgz("anna@example.org", &account(5));
    let half = account(9).write().unwrap();
    let half = &half[..half.len() / 2];
    for (name, content, outcome) in [
        ("exports/bruno@example.org.tgz", &b""[..], Outcome::NotVerified),
        ("exports/bruno.tgz", half, Outcome::Failed),
        ("server/bruno@example.org.tgz", half, Outcome::Failed),
        ("store/incoming/bruno@example.org.tgz", half, Outcome::Failed),
        ("exports/bruno@example.org.tgz.part", half, Outcome::NotVerified),
        ("exports/bruno@example.org", half, Outcome::NotVerified),
        ("exports/bruno@example.org/mail.mbox", half, Outcome::NotVerified),
        ("exports/bruno/Inbox/0000000257-x.eml.meta", b"{}", Outcome::NotVerified),
        ("exports/bruno/Inbox/x.eml.meta", b"{}", Outcome::NotVerified),
        ("exports/anna@example.org/filters.sieve", b"x", Outcome::Passed),
        ("exports/bruno@example.org.tgz.b3", b"x", Outcome::Passed),
        ("exports/notes.txt", b"x", Outcome::Passed),
    ] {
        let result = verified(&[good(), File::new(name, content)]);
        assert_eq!(result.outcome, outcome, "{name}: {:?} {:?}", found(&result), result.standings);
        assert!(outcome != Outcome::Passed || result.others == 1, "{name}: said by nobody");
    }
}

#[test]
fn many_small_shortfalls_are_no_shift() {
    let mut export = account(0);
    for folder in 300..340 {
        export.folders.push(Folder::new(folder, 1, format!("F{folder}")));
        for number in 0..4 {
            let id = folder * 100 + number;
            let item = Item::message(id, folder, "x", format!("Subject: {id}\r\n\r\nmail\r\n").into_bytes());
            export.items.push(Item { fate: if number == 0 { Fate::Written } else { Fate::Lost }, ..item });
        }
    }
    let result = verified(&[tgz("anna@example.org", &export)]);
    assert_eq!((found(&result), result.outcome), (vec!["export-items-missing"], Outcome::Failed));
}

#[test]
fn an_archive_that_is_an_export_may_hold_its_manifest() {
    let members = account(6).members().into_iter();
    let files: Vec<File> = members.map(|member| File::new(member.name, member.content)).collect();
    for manifest in [Manifest::First, Manifest::Last] {
        let folder = support::folder();
        let identity = age::x25519::Identity::generate();
        let pack = Pack { manifest, ..Pack::new(vec![identity.to_public()]) };
        let result = verify_bytes(folder.path(), &identity, &pack.build(&files).unwrap().encrypted);
        assert_eq!((found(&result), result.outcome), (vec![], Outcome::Passed), "{:?}", result.standings);
        assert_eq!((result.mailboxes.len(), result.items.unwrap().checked), (1, 6));
    }
}
