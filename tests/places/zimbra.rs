//! The import of Zimbra, against the demonstration's mail server.

use std::collections::{BTreeMap, BTreeSet};

use mailproof::demo::live::{Fault, Keeping, LiveMailbox, MailServer, Operation};
use mailproof::demo::mailbox::Random;
use mailproof::demo::zimbra::{Account, Export};
use mailproof::live::Terms;
use mailproof::live::zimbra::{Settings, Zimbra};
use mailproof::mailbox::zimbra::meta::{self, Meta};
use mailproof::mailbox::{Folder, Item, ItemKind};
use mailproof::network::Retry;
use mailproof::restore::{KnownFolder, Place, PlaceError, Put, Recovered, ZimbraPlace};
use secrecy::SecretString;
use tokio::runtime::Runtime;

use super::{ANNA, Told};

const PAUL: &str = "paul.carter@example.test";

/// A backup's content, in the order of its export.
struct Backup {
    folders: Vec<(Folder, Vec<u8>, Vec<u8>)>,
    items: Vec<Found>,
}

#[derive(Clone)]
struct Found {
    item: Item,
    folder: String,
    name: Vec<u8>,
    text: Vec<u8>,
    body: Vec<u8>,
}

impl Backup {
    /// Of Anna, with so many messages and all else that can lie in a mailbox.
    fn new(messages: u32) -> Self {
        let account =
            Account { name: ANNA, people: &[ANNA, PAUL], messages, largest: 3_000, everything: true };
        let export = account.make(&mut Random::new(7));
        let mut backup = Self { folders: Vec::new(), items: Vec::new() };
        for member in export.members() {
            match member.name.strip_suffix(".meta") {
                Some(name) => match meta::parse(&member.content).unwrap().meta {
                    Meta::Folder(folder) => backup.folders.push((folder, name.into(), member.content)),
                    Meta::Item(item) => {
                        let folder = export.path(item.folder.0);
                        let (name, text) = (name.into(), member.content);
                        backup.items.push(Found { item, folder, name, text, body: Vec::new() });
                    }
                },
                None => backup.items.last_mut().unwrap().body = member.content,
            }
        }
        backup.items.retain(|found| found.item.kind.is_content());
        backup
    }

    /// Of messages alone, as often as each is there.
    fn messages(messages: u32) -> Self {
        let mut backup = Self::new(messages);
        backup.items.retain(|found| found.item.kind == ItemKind::Message);
        backup
    }

    fn restore(&self, place: &mut ZimbraPlace) -> Result<Told, (PlaceError, Told)> {
        let mut told = Told::default();
        let mut put = || -> Result<(), PlaceError> {
            for (folder, name, text) in &self.folders {
                place.folder(&KnownFolder { account: ANNA, folder, name, text })?;
            }
            for Found { item, folder, name, text, body } in &self.items {
                let folder = Some(folder.as_str());
                let put = place.put(&Recovered { account: ANNA, item, folder, name, text, body })?;
                if put != Put::Pending {
                    told.take(item.id, put);
                }
            }
            place.finish()
        };
        let result = put();
        place.settled().into_iter().for_each(|settled| told.take(settled.id, settled.put));
        match result {
            Ok(()) => {
                let all = told.restored + told.there + told.refused.len();
                assert_eq!(all, self.items.len(), "each becomes one thing, once");
                Ok(told)
            }
            Err(error) => Err((error, told)),
        }
    }

    fn alter(&mut self, number: usize, from: &str, to: &str) {
        let text = String::from_utf8(self.items[number].text.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        self.items[number].text = text.replace(from, to).into();
    }
}

struct Scene {
    server: MailServer,
    runtime: Runtime,
}

impl Scene {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { server: MailServer::start([(PAUL, &Export::default())]).unwrap(), runtime }
    }

    fn client(&self, retries: u32) -> Zimbra {
        let address = self.server.address().to_owned();
        let settings = Settings {
            users: address.clone(),
            administrators: Some(address),
            ca_file: None,
            plain_text: false,
        };
        let terms = Terms { retry: Retry::new(retries), ..Terms::default() };
        Zimbra::new(&settings, terms, self.runtime.handle().clone()).unwrap()
    }

    fn password(&self) -> SecretString {
        SecretString::from(self.server.password())
    }

    fn place(&self, retries: u32) -> ZimbraPlace {
        ZimbraPlace::new(self.client(retries).mailbox(PAUL, self.password()).unwrap(), None)
    }

    /// What lies in Paul's mailbox: for each folder kind, date, flags, tags and bytes of items, sorted.
    fn held(&self) -> Rows {
        let mut rows = Rows::new();
        let mut look = |mailbox: &mut LiveMailbox| {
            for item in mailbox.items() {
                let state = (item.flag_letters(), item.tags.clone());
                let row = (item.kind.number(), item.date, state, item.body.clone().unwrap_or_default());
                rows.entry(mailbox.path(item.folder).unwrap()).or_default().push(row);
            }
        };
        self.server.change(PAUL, &mut look).unwrap();
        rows.values_mut().for_each(|rows| rows.sort());
        rows
    }

    fn count(&self) -> usize {
        self.held().values().map(Vec::len).sum()
    }
}

type Rows = BTreeMap<String, Vec<(u8, i64, (String, Vec<String>), Vec<u8>)>>;

#[test]
fn what_is_imported_is_what_was_backed_up() {
    let (scene, backup) = (Scene::new(), Backup::new(300));
    let told = backup.restore(&mut scene.place(0)).unwrap();
    assert_eq!(told, Told::all(backup.items.len(), 0));
    let mut expected = Rows::new();
    let account =
        Account { name: ANNA, people: &[ANNA, PAUL], messages: 300, largest: 3_000, everything: true };
    let export = account.make(&mut Random::new(7));
    for found in &backup.items {
        // The revisions of a document have one number.
        let is_it = |item: &&mailproof::demo::zimbra::Item| {
            item.id == found.item.id.0 && item.body.as_deref().unwrap_or_default() == found.body
        };
        let item = export.items.iter().find(is_it).unwrap();
        let state = (item.flag_letters(), item.tags.clone());
        let row = (item.kind.number(), item.date, state, found.body.clone());
        expected.entry(found.folder.clone()).or_default().push(row);
    }
    expected.values_mut().for_each(|rows| rows.sort());
    for (folder, rows) in scene.held() {
        for (held, wanted) in rows.iter().zip(&expected[&folder]) {
            assert_eq!((held.0, held.1, &held.2), (wanted.0, wanted.1, &wanted.2), "{folder}");
        }
    }
    assert!(scene.held() == expected, "bytes, or the number of items");
}

#[test]
fn a_second_import_adds_nothing() {
    let (scene, backup) = (Scene::new(), Backup::messages(120));
    let count = backup.items.len();
    assert_eq!(backup.restore(&mut scene.place(0)).unwrap(), Told::all(count, 0));
    let held = scene.held();
    assert_eq!(backup.restore(&mut scene.place(0)).unwrap(), Told::all(0, count));
    assert_eq!(scene.held(), held);
}

#[test]
fn an_administrator_imports_for_the_owner() {
    let (scene, backup) = (Scene::new(), Backup::messages(5));
    let admin = scene.client(0).administrator(scene.server.admin(), scene.password()).unwrap();
    let mut place = ZimbraPlace::new(admin.mailbox(PAUL).unwrap(), None);
    assert_eq!(backup.restore(&mut place).unwrap(), Told::all(backup.items.len(), 0));
    assert!(scene.server.seen().iter().all(|seen| !seen.address.contains("token")), "it is in a cookie");
}

#[test]
fn a_200_for_a_batch_that_was_rejected_as_a_whole_restores_nothing() {
    let (scene, mut backup) = (Scene::new(), Backup::messages(60));
    for number in 0..backup.items.len() {
        backup.alter(number, "\"Ver\":10", "\"Ver\":11");
    }
    let told = backup.restore(&mut scene.place(0)).unwrap();
    assert_eq!((told.restored, told.there, told.refused.len()), (0, 0, backup.items.len()));
    assert!(told.refused.iter().all(|(_, words)| words.contains("formatter.INVALID_FORMAT")), "{told:?}");
    assert_eq!(scene.count(), 0);
}

#[test]
fn the_rejected_are_told_from_the_others() {
    let (scene, mut backup) = (Scene::new(), Backup::messages(90));
    for number in [0, 17, 18] {
        backup.items[number].body.push(b'x');
    }
    let told = backup.restore(&mut scene.place(0)).unwrap();
    let mut ids: Vec<u32> = told.refused.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [0, 17, 18].map(|number| backup.items[number].item.id.0));
    assert!(told.refused.iter().all(|(_, words)| words.contains("formatter.MISMATCHED_META")), "{told:?}");
    assert_eq!((told.restored, told.there), (backup.items.len() - 3, 0));
    assert_eq!(scene.count(), backup.items.len() - 3);
}

#[test]
fn a_full_mailbox_ends_the_restore_and_keeps_what_fits() {
    let (scene, backup) = (Scene::new(), Backup::messages(40));
    let bytes: usize = backup.items.iter().map(|found| found.body.len()).sum();
    scene.server.change(PAUL, |mailbox| mailbox.limit(bytes as u64 / 2)).unwrap();
    let (error, told) = backup.restore(&mut scene.place(0)).unwrap_err();
    assert!(error.0.contains("mail.QUOTA_EXCEEDED") && error.0.contains("run again"), "{error}");
    assert!(told.restored > 0 && told.restored == scene.count() && !told.refused.is_empty(), "{told:?}");
    scene.server.change(PAUL, |mailbox| mailbox.limit(u64::MAX)).unwrap();
    let again = backup.restore(&mut scene.place(0)).unwrap();
    assert_eq!(again, Told::all(backup.items.len() - told.restored, told.restored));
}

#[test]
fn an_expired_login_and_a_busy_server_are_no_end() {
    let (scene, backup) = (Scene::new(), Backup::messages(9));
    scene.server.inject(Operation::Import, Fault::Expired, 1);
    scene.server.inject(Operation::Import, Fault::Refuse(503), 1);
    assert_eq!(backup.restore(&mut scene.place(1)).unwrap(), Told::all(backup.items.len(), 0));
    // The answer is lost after all was taken: it is asked again, and nothing is doubled.
    let scene = Scene::new();
    scene.server.inject(Operation::Import, Fault::Cut(20), 1);
    assert_eq!(backup.restore(&mut scene.place(1)).unwrap(), Told::all(backup.items.len(), 0));
    assert_eq!(scene.count(), backup.items.len());
}

#[test]
fn what_the_server_only_says_is_not_believed() {
    let backup = Backup::messages(9);
    for (answer, words) in [
        ("", "says nothing"),
        ("<html>log in</html>", "says nothing"),
        ("window.parent.x('success')", "does not hold it"),
    ] {
        let scene = Scene::new();
        scene.server.inject(Operation::Import, Fault::Answer(answer.into()), 9);
        let told = backup.restore(&mut scene.place(0)).unwrap();
        assert_eq!((told.restored, told.there), (0, 0));
        assert!(told.refused.iter().all(|(_, told)| told.contains(words)), "{told:?}");
    }
    let scene = Scene::new();
    scene.server.inject(Operation::Import, Fault::Refuse(404), 1);
    let (error, _) = backup.restore(&mut scene.place(0)).unwrap_err();
    assert!(error.0.contains("no rights"), "{error}");
}

/// Numbers of the messages that are told as not restored, which must be those that are not there.
fn missing(scene: &Scene, backup: &Backup, told: &Told) -> BTreeSet<u32> {
    let there: BTreeSet<Vec<u8>> = scene.held().into_values().flatten().map(|(.., body)| body).collect();
    let gone = backup.items.iter().filter(|found| !there.contains(&found.body));
    let gone: BTreeSet<u32> = gone.map(|found| found.item.id.0).collect();
    let refused: BTreeSet<u32> = told.refused.iter().map(|(id, _)| *id).collect();
    assert!(told.refused.iter().all(|(_, words)| words.contains("does not hold it")), "{told:?}");
    assert_eq!(refused, gone);
    refused
}

#[test]
fn a_folder_full_of_other_mail_proves_nothing() {
    let (scene, mut backup) = (Scene::new(), Backup::messages(60));
    backup.items.retain(|found| found.folder == "/Inbox");
    let other = |id: u32| mailproof::demo::zimbra::Item::message(id, 2, "Altro", format!("other {id}"));
    scene.server.change(PAUL, |mailbox| (5_000..5_200).for_each(|id| mailbox.add(other(id)))).unwrap();
    scene.server.inject(Operation::Import, Fault::Import(Keeping::Nothing), 9);
    let told = backup.restore(&mut scene.place(0)).unwrap();
    assert_eq!((told.restored, told.there), (0, 0), "{told:?}");
    assert_eq!(missing(&scene, &backup, &told).len(), backup.items.len());
}

#[test]
fn what_was_dropped_is_named() {
    let (scene, backup) = (Scene::new(), Backup::messages(90));
    scene.server.inject(Operation::Import, Fault::Import(Keeping::WithoutTenth), 9);
    let told = backup.restore(&mut scene.place(0)).unwrap();
    let missing = missing(&scene, &backup, &told);
    assert_eq!(missing.len(), backup.items.len() / 10);
    assert_eq!((told.restored, told.there), (scene.count(), 0));
    // The next run finds what is there, and brings the others.
    let again = backup.restore(&mut scene.place(0)).unwrap();
    assert_eq!(again, Told::all(missing.len(), told.restored));
}

#[test]
fn equal_messages_stand_in_for_each_other_and_for_no_others() {
    let mut backup = Backup::messages(60);
    backup.items.retain(|found| found.folder == "/Inbox");
    backup.items.truncate(10);
    for number in 0..9 {
        let mut copy = backup.items[0].clone();
        copy.item.id.0 = 9_000 + number;
        backup.items.insert(0, copy);
    }
    let scene = Scene::new();
    assert_eq!(backup.restore(&mut scene.place(0)).unwrap(), Told::all(10, 9));
    let scene = Scene::new();
    scene.server.inject(Operation::Import, Fault::Import(Keeping::Copies), 9);
    let told = backup.restore(&mut scene.place(0)).unwrap();
    assert_eq!((told.restored, told.there, missing(&scene, &backup, &told).len()), (10, 0, 9));
}

#[test]
fn what_can_not_be_imported_is_refused_at_once() {
    let (scene, backup) = (Scene::new(), Backup::messages(1));
    let mut place = scene.place(0);
    let Found { item, folder, name, text, body } = &backup.items[0];
    let whole = Recovered { account: ANNA, item, folder: Some(folder), name, text, body };
    assert_eq!(place.put(&whole).unwrap(), Put::Pending);
    for (put, words) in [
        (Recovered { account: PAUL, ..whole }, "takes the items of anna"),
        (Recovered { text: b"", ..whole }, "description is not at hand"),
        (Recovered { text: b"{}", folder: None, ..whole }, "which folder"),
    ] {
        let told = place.put(&put).unwrap();
        assert!(matches!(&told, Put::Refused(told) if told.contains(words)), "{told:?}");
    }
    // A description says it where nothing else does.
    assert_eq!(place.put(&Recovered { folder: None, ..whole }).unwrap(), Put::Pending);
}
