//! The client of Zimbra against the demonstration's own mail server: every call, and every fault.

mod faults;
mod foreign;
mod restorable;
mod trust;

use std::num::NonZero;
use std::time::Duration;

use mailproof::demo::live::MailServer;
use mailproof::demo::mailbox::Random;
use mailproof::demo::zimbra::{Account, Export, Item};
use mailproof::live::zimbra::{Deleted, Delivery, Live, Mailbox, Presence, Settings, SyncMark, Zimbra};
use mailproof::live::{BodyPart, LiveError, Terms};
use mailproof::mailbox::{Flags, ItemId, ItemKind};
use mailproof::network::Retry;
use secrecy::SecretString;
use tokio::runtime::Runtime;

const ANNA: &str = "anna.bianchi@example.org";
const PAUL: &str = "paul.carter+x@example.test";
const PEOPLE: [&str; 2] = [ANNA, PAUL];

/// A mail server, and what a client of it needs.
struct Scene {
    server: MailServer,
    runtime: Runtime,
    terms: Terms,
}

impl Scene {
    /// With Anna's account of so many messages and everything else, and Paul's of a few.
    fn new(messages: u32) -> Self {
        let (anna, paul) = (account(ANNA, messages), account(PAUL, 3));
        Self::of([(ANNA, &anna), (PAUL, &paul)])
    }

    fn of<'a>(accounts: impl IntoIterator<Item = (&'a str, &'a Export)>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = MailServer::start(accounts).unwrap();
        Self { server, runtime, terms: Terms::default() }
    }

    fn settings(&self) -> Settings {
        Settings {
            users: self.server.address().to_owned(),
            administrators: Some(self.server.address().to_owned()),
            ca_file: None,
            plain_text: false,
        }
    }

    fn client(&self) -> Zimbra {
        self.client_with(&self.settings()).unwrap()
    }

    fn client_with(&self, settings: &Settings) -> Result<Zimbra, LiveError> {
        Zimbra::new(settings, self.terms.clone(), self.runtime.handle().clone())
    }

    fn password(&self) -> SecretString {
        SecretString::from(self.server.password())
    }

    fn anna(&self) -> Mailbox {
        self.client().mailbox(ANNA, self.password()).unwrap()
    }
}

fn account(name: &str, messages: u32) -> Export {
    let account = Account { name, people: &PEOPLE, messages, largest: 3_000, everything: true };
    account.make(&mut Random::new(7))
}

/// What came of a body.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    stated: Option<u64>,
    began: u32,
    ended: u32,
    gone: u32,
}

impl Kept {
    fn take(&mut self, part: BodyPart<'_>) {
        match part {
            BodyPart::Begin(size) => {
                self.bytes.clear();
                (self.stated, self.began) = (Some(size), self.began + 1);
            }
            BodyPart::Bytes(bytes) => {
                assert!(!bytes.is_empty());
                self.bytes.extend_from_slice(bytes);
            }
            BodyPart::End => self.ended += 1,
            BodyPart::Gone | BodyPart::Withheld => self.gone += 1,
        }
    }
}

/// Reads a body; that it ended is told exactly if it did.
fn body(mailbox: &Mailbox, id: u32) -> (Result<Delivery, LiveError>, Kept) {
    let mut kept = Kept::default();
    let delivery = mailbox.body(ItemId(id), &mut |part| kept.take(part));
    assert_eq!(kept.ended, u32::from(matches!(delivery, Ok(Delivery::Whole { .. }))));
    assert_eq!(kept.gone, u32::from(matches!(delivery, Ok(Delivery::Gone))));
    (delivery, kept)
}

/// All bytes, as they were when the content last changed so.
fn whole(mod_content: u32) -> Delivery {
    Delivery::Whole { mod_content: Some(mod_content) }
}

fn look(mailbox: &Mailbox, ids: &[u32]) -> Result<Vec<(u32, Presence)>, LiveError> {
    let ids: Vec<ItemId> = ids.iter().copied().map(ItemId).collect();
    let mut seen = Vec::new();
    mailbox.messages(&ids, &mut |id, presence| seen.push((id.0, presence)))?;
    Ok(seen)
}

fn live(item: &Item) -> Presence {
    Presence::Message(Live {
        id: ItemId(item.id),
        folder: ItemId(item.folder),
        size: item.size(),
        date: item.date,
        mod_metadata: item.modified.0,
        mod_content: item.modified.1,
        flags: Flags(item.flags),
        unread: item.unread,
    })
}

fn messages(account: &Export) -> Vec<&Item> {
    account.items.iter().filter(|item| item.kind == ItemKind::Message).collect()
}

#[test]
fn a_mailbox_is_what_was_put_into_it() {
    let anna = account(ANNA, 2_000);
    let scene = Scene::of([(ANNA, &anna)]);
    let before = scene.server.fingerprint();
    let mailbox = scene.anna();
    let tallies = anna.tallies();
    let folders = mailbox.folders().unwrap();
    assert_eq!(
        folders.len(),
        anna.folders.iter().filter(|folder| folder.parent != 11 || folder.id == 1).count()
    );
    for folder in folders.iter().filter(|folder| folder.kind == ItemKind::Folder) {
        let tally = tallies.get(&folder.id.0).copied().unwrap_or_default();
        assert_eq!((folder.items, folder.unread, folder.bytes), (tally.items, tally.unread, tally.bytes));
        assert_eq!(folder.path, anna.path(folder.id.0));
    }
    let messages = messages(&anna);
    assert_eq!(messages.len(), 2_000);
    let ids: Vec<u32> = messages.iter().map(|item| item.id).collect();
    let expected: Vec<_> = messages.iter().map(|item| (item.id, live(item))).collect();
    assert!(look(&mailbox, &ids).unwrap() == expected);
    for item in &messages {
        let (delivery, kept) = body(&mailbox, item.id);
        assert_eq!(delivery.unwrap(), whole(item.modified.1));
        assert!(Some(&kept.bytes) == item.body.as_ref(), "{}", item.id);
        assert_eq!((kept.stated, kept.began), (Some(item.size()), 1));
    }
    assert_eq!(scene.server.fingerprint(), before, "reading changed the server");
}

#[test]
fn what_happened_since_the_backup_is_told_apart() {
    let anna = account(ANNA, 40);
    let scene = Scene::of([(ANNA, &anna)]);
    let ids: Vec<u32> = messages(&anna).iter().map(|item| item.id).collect();
    let [edited, moved, deleted, lost, rotten, same] = ids[..6] else { panic!() };
    let backed_up = scene.server.change(ANNA, |mailbox| mailbox.change()).unwrap();
    scene.server.change(ANNA, |mailbox| {
        mailbox.track();
        mailbox.edit(edited, "another text");
        mailbox.transfer(moved, 7);
        mailbox.delete(deleted);
        mailbox.lose(lost);
        mailbox.rot(rotten, vec![b'?'; 5_000_000]);
    });
    let mailbox = scene.anna();
    let seen = look(&mailbox, &[edited, moved, deleted, lost, rotten, same]).unwrap();
    let original = |id: u32| live(messages(&anna).into_iter().find(|item| item.id == id).unwrap());
    let Presence::Message(edit) = seen[0].1 else { panic!("{seen:?}") };
    assert!(edit.mod_content > backed_up && edit.size == 12);
    let Presence::Message(transfer) = seen[1].1 else { panic!("{seen:?}") };
    assert!(
        transfer.folder == ItemId(7) && transfer.mod_metadata > backed_up && transfer.mod_content == moved
    );
    assert_eq!((seen[2].1, seen[3].1), (Presence::Absent, Presence::Absent));
    assert_eq!((seen[4].1, seen[5].1), (original(rotten), original(same)));
    let (delivery, kept) = body(&mailbox, rotten);
    assert_eq!(delivery.unwrap(), whole(rotten), "its change number is that of the backup");
    assert!(kept.bytes.iter().all(|byte| *byte == b'?'));
    assert_eq!(body(&mailbox, lost).0.unwrap(), Delivery::Gone);

    let since = NonZero::new(backed_up).unwrap();
    let gone = mailbox.deleted(since, SyncMark::accepted()).unwrap();
    let until = scene.server.change(ANNA, |mailbox| mailbox.change()).unwrap();
    let dead = vec![ItemId(deleted)];
    let known = Deleted::Known { messages: dead.clone(), all: dead, until };
    assert_eq!(gone, known, "the lost one left no trace");
    scene.server.change(ANNA, |mailbox| mailbox.forget());
    assert_eq!(mailbox.deleted(since, SyncMark::accepted()).unwrap(), Deleted::Forgotten);
}

#[test]
fn deletions_are_remembered_from_the_first_question_on() {
    let anna = account(ANNA, 5);
    let scene = Scene::of([(ANNA, &anna)]);
    let mailbox = scene.anna();
    let [first, second, ..] = messages(&anna)[..] else { panic!() };
    let state = || scene.server.change(ANNA, |mailbox| (mailbox.change(), mailbox.is_tracked())).unwrap();
    let since = NonZero::new(state().0).unwrap();
    scene.server.change(ANNA, |mailbox| mailbox.delete(first.id));
    assert!(!state().1, "no mark until it was accepted");
    assert_eq!(mailbox.deleted(since, SyncMark::accepted()).unwrap(), Deleted::Forgotten);
    assert!(state().1);
    let since = NonZero::new(state().0).unwrap();
    scene.server.change(ANNA, |mailbox| mailbox.delete(second.id));
    let deleted = mailbox.deleted(since, SyncMark::accepted()).unwrap();
    assert!(matches!(deleted, Deleted::Known { messages, .. } if messages == [ItemId(second.id)]));
    let ahead = since.checked_add(900).unwrap();
    let deleted = mailbox.deleted(ahead, SyncMark::accepted()).unwrap();
    assert!(matches!(deleted, Deleted::Known { all, until, .. } if all.is_empty() && until < ahead.get()));
}

#[test]
fn a_folder_s_messages_come_in_pages() {
    let anna = account(ANNA, 2_500);
    let mut scene = Scene::of([(ANNA, &anna)]);
    let mailbox = scene.anna();
    let mut folders = mailbox.folders().unwrap();
    folders.retain(|folder| folder.kind == ItemKind::Folder);
    for folder in &folders {
        let mut ids = Vec::new();
        mailbox.list(folder.id, &mut |id| ids.push(id.0)).unwrap();
        ids.sort_unstable();
        let expected: Vec<u32> =
            messages(&anna).iter().filter(|item| item.folder == folder.id.0).map(|item| item.id).collect();
        assert_eq!(ids, expected, "{}", folder.path);
    }
    let searches = scene.server.seen().iter().filter(|seen| seen.call == "SearchRequest").count();
    assert!(searches > folders.len(), "no folder has more than a page: {searches}");
    let error = mailbox.list(ItemId(77_777), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("NO_SUCH_FOLDER"), "{error}");
    scene.terms.limits.entries = 10;
    scene.anna().list(ItemId(2), &mut |_| {}).unwrap_err();
}

#[test]
fn more_than_may_be_is_an_error() {
    let anna = account(ANNA, 4);
    let mut scene = Scene::of([(ANNA, &anna)]);
    let since = scene.server.change(ANNA, |mailbox| mailbox.change()).and_then(NonZero::new).unwrap();
    scene.server.change(ANNA, |mailbox| {
        mailbox.track();
        messages(&anna).iter().for_each(|item| mailbox.delete(item.id));
    });
    scene.terms.limits.entries = 4;
    let deleted = scene.anna().deleted(since, SyncMark::accepted()).unwrap();
    assert!(matches!(deleted, Deleted::Known { messages, .. } if messages.len() == 4));
    scene.terms.limits.entries = 3;
    scene.anna().deleted(since, SyncMark::accepted()).unwrap_err();
    scene.anna().folders().unwrap_err();
    scene.terms.limits.entries = 0;
    let admin = scene.client().administrator(scene.server.admin(), scene.password()).unwrap();
    admin.accounts(None).unwrap_err();
    admin.mailboxes().unwrap_err();
}

#[test]
fn a_body_larger_than_may_be_is_not_begun() {
    let anna = account(ANNA, 1);
    let mut scene = Scene::of([(ANNA, &anna)]);
    let item = messages(&anna)[0];
    scene.terms.limits.body = item.size();
    body(&scene.anna(), item.id).0.unwrap();
    scene.terms.limits.body = item.size() - 1;
    let (delivery, kept) = body(&scene.anna(), item.id);
    assert!(delivery.is_err() && kept.began == 0);
}

#[test]
fn things_that_are_no_messages_don_t_hide_those_beside_them() {
    let anna = account(ANNA, 600);
    let scene = Scene::of([(ANNA, &anna)]);
    let ids: Vec<u32> = (250..=anna.items.iter().map(|item| item.id).max().unwrap() + 10).collect();
    let seen = look(&scene.anna(), &ids).unwrap();
    assert_eq!(seen.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "each once, and in order");
    let mut others = 0;
    for (id, presence) in seen {
        let item = anna.items.iter().rfind(|item| item.id == id);
        let expected = match item {
            Some(item) if item.kind == ItemKind::Message => live(item),
            Some(_) => Presence::Other,
            None if anna.folders.iter().any(|folder| folder.id == id) => Presence::Other,
            None => Presence::Absent,
        };
        assert_eq!(presence, expected, "{id}");
        others += u32::from(presence == Presence::Other);
    }
    assert!(others > 10);
}

#[test]
fn a_message_whose_file_is_missing_is_withheld_and_not_gone() {
    let mut anna = account(ANNA, 5);
    let id = messages(&anna)[0].id;
    anna.items.iter_mut().find(|item| item.id == id).unwrap().fate = mailproof::demo::zimbra::Fate::Lost;
    let scene = Scene::of([(ANNA, &anna)]);
    let mailbox = scene.anna();
    assert!(matches!(look(&mailbox, &[id]).unwrap()[0].1, Presence::Message(_)));
    let (delivery, kept) = body(&mailbox, id);
    assert_eq!((delivery.unwrap(), kept.began), (Delivery::Withheld, 0));
}

#[test]
fn an_administrator_sees_accounts_and_reads_as_their_owners() {
    let scene = Scene::new(5);
    let before = scene.server.fingerprint();
    let admin = scene.client().administrator(scene.server.admin(), scene.password()).unwrap();
    let accounts = admin.accounts(None).unwrap();
    let names: Vec<_> = accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, [ANNA, PAUL], "Zimbra's own are left out");
    assert_eq!(accounts[0].status.as_deref(), Some("active"));
    assert_eq!(accounts[0].host.as_deref(), Some("mail.example.org"));
    assert_eq!(admin.accounts(Some("example.test")).unwrap().len(), 1);

    let states = admin.mailboxes().unwrap();
    assert_eq!(
        states.iter().map(|state| &state.account).collect::<Vec<_>>(),
        [&accounts[0].id, &accounts[1].id]
    );
    for (state, account) in states.iter().zip(&accounts) {
        let size = admin.mailbox_size(account).unwrap();
        assert_eq!((size.number, size.bytes), (state.number, state.bytes));
        let mailbox = admin.mailbox(&account.name).unwrap();
        let total: u64 = mailbox.folders().unwrap().iter().map(|folder| folder.bytes).sum();
        assert!(total > 0 && total <= state.bytes);
    }
    let paul = account(PAUL, 3);
    let item = messages(&paul)[0];
    let (delivery, kept) = body(&admin.mailbox(PAUL).unwrap(), item.id);
    assert_eq!(delivery.unwrap(), whole(item.modified.1));
    assert_eq!(Some(kept.bytes), item.body);
    assert_eq!(scene.server.fingerprint(), before, "reading changed the server");
}

#[test]
fn many_accounts_come_in_pages() {
    let empty = Export::default();
    let names: Vec<String> = (0..1234).map(|number| format!("user{number:04}@example.org")).collect();
    let scene = Scene::of(names.iter().map(|name| (name.as_str(), &empty)));
    let admin = scene.client().administrator(scene.server.admin(), scene.password()).unwrap();
    let listed: Vec<String> = admin.accounts(None).unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(listed, names);
    assert_eq!(admin.mailboxes().unwrap().len(), 1234);
    assert_eq!(scene.server.seen().iter().filter(|seen| seen.call == "SearchDirectoryRequest").count(), 3);
}

#[test]
fn a_token_travels_as_a_cookie_and_never_in_an_address() {
    let scene = Scene::new(5);
    let mailbox = scene.anna();
    mailbox.folders().unwrap();
    body(&mailbox, messages(&account(ANNA, 5))[0].id).0.unwrap();
    let client = scene.client();
    body(&client.mailbox(PAUL, scene.password()).unwrap(), 1).0.unwrap();
    let seen = scene.server.seen();
    let rest: Vec<_> = seen.iter().filter(|seen| seen.call == "GET").collect();
    assert!(rest.iter().all(|seen| seen.cookie && seen.address.starts_with("/home/")));
    assert!(rest[1].address.starts_with("/home/paul.carter%2Bx%40example.test/?id="), "{}", rest[1].address);
    let secrets = |text: &str| text.contains("0_") || text.contains(scene.server.password());
    assert!(seen.iter().all(|seen| !secrets(&seen.address)));
    let shown = format!("{mailbox:?} {client:?}");
    assert!(!secrets(&shown), "{shown}");
}
