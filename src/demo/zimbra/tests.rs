//! What an export holds, entry by entry.

use super::*;
use crate::mailbox::{Digest, Flags, Form, ItemKind};

const INBOX: u32 = 2;
const TRASH: u32 = 3;

fn export(items: Vec<Item>) -> Export {
    Export { items, ..Export::default() }
}

fn names(export: &Export) -> Vec<String> {
    export.members().into_iter().map(|member| member.name).collect()
}

/// Names behind the folders.
fn contents(items: Vec<Item>) -> Vec<String> {
    let mut export = export(items);
    export.options.folders = false;
    names(&export)
}

fn described(export: &Export, name: &str) -> serde_json::Value {
    let member = export.members().into_iter().find(|member| member.name == name).unwrap();
    serde_json::from_slice(&member.content).unwrap()
}

fn mail(id: u32) -> Item {
    Item::message(id, INBOX, "Oggetto", vec![b'm'; 1000])
}

#[test]
fn folders_come_first_and_in_the_order_of_their_paths() {
    let mut export = export(vec![Item::new(64, 8, ItemKind::Tag, "Urgente"), mail(257)]);
    export.folders.push(Folder::new(300, INBOX, "Sub"));
    export.folders.push(Folder { kind: ItemKind::SearchFolder, ..Folder::new(301, 1, "Non letti") });
    export.folders.push(Folder { kind: ItemKind::Mountpoint, ..Folder::new(302, 1, "Ufficio") });
    let names = names(&export);
    assert_eq!(
        names[..3],
        ["0000000011-ROOT.meta", "0000000001-USER_ROOT.meta", "0000000016-Briefcase.meta"]
    );
    assert_eq!(names[10..12], ["Inbox/0000000300-Sub.meta", "0000000004-Junk.meta"]);
    assert_eq!(
        names[16..],
        [
            "0000000301-Non letti.meta",
            "Tags/0000000064-Urgente.meta",
            "0000000302-Ufficio.meta",
            "Inbox/0000000257-Oggetto.eml.meta",
            "Inbox/0000000257-Oggetto.eml",
        ]
    );
    assert_eq!(described(&export, "Inbox/0000000300-Sub.meta")["Path"], "/Inbox/Sub");
    assert_eq!(described(&export, "Tags/0000000064-Urgente.meta")["Path"], "/Tags/Urgente");
}

#[test]
fn folders_count_what_the_export_leaves_out() {
    let deleted = Item { flags: Flags::DELETED, unread: true, ..mail(258) };
    let lost = Item { fate: Fate::Lost, ..mail(259) };
    let export = export(vec![mail(257), deleted, lost, Item { folder: TRASH, ..mail(260) }]);
    let inbox = described(&export, "0000000002-Inbox.meta");
    assert_eq!((&inbox["size"], &inbox["unread"], &inbox["FlagStr"]), (&3.into(), &1.into(), &"u".into()));
    let metadata = "d1:ai1e3:i4di1e4:i4dui1e4:mseqi1e2:szi3000e4:unxti260e1:vi10e2:vti5ee";
    assert_eq!(inbox["metadata"], metadata);
    assert_eq!(described(&export, "0000000003-Trash.meta")["size"], 1);
    let items = names(&export).into_iter().filter(|name| name.ends_with(".eml")).collect::<Vec<_>>();
    assert_eq!(items, ["Inbox/0000000257-Oggetto.eml"]);
}

#[test]
fn trash_and_junk_are_found_where_the_preferences_say_so() {
    let mut export = export(vec![Item { folder: 300, ..mail(257) }, Item { folder: 4, ..mail(258) }]);
    export.folders.push(Folder::new(300, TRASH, "Vecchi"));
    let items = export.members().len();
    export.options.trash = true;
    assert_eq!(export.members().len(), items + 2);
    export.options.junk = true;
    assert_eq!(export.members().len(), items + 4);
}

#[test]
fn digests_are_those_of_the_body() {
    let new = mail(257);
    let old = Item { old_digest: true, ..mail(258) };
    assert_eq!(Digest::parse(&new.digest().unwrap()), Ok(digest_of(&[b'm'; 1000], false)));
    assert_eq!(old.digest().unwrap().len(), 28);
    assert_eq!(described(&export(vec![old]), "Inbox/0000000258-Oggetto.eml.meta")["flags"], 0);
}

#[test]
fn a_file_of_another_length_is_padded_or_cut_and_mostly_remarked() {
    let stored = |length: usize, body: usize| {
        let item = Item { body: Some(vec![b'm'; body]), stored: Some(vec![b's'; length]), ..mail(257) };
        let mut export = export(vec![item]);
        export.options.folders = false;
        let members = export.members();
        assert_eq!(members[1].content.len(), body);
        (
            members.len() == 3 && members[2].name == "Inbox/0000000257-Oggetto.eml.err",
            members[1].content[body - 1],
        )
    };
    assert_eq!(stored(999, 1000), (true, b' '));
    assert_eq!(stored(1001, 1000), (true, b's'));
    assert_eq!(stored(1000, 1000), (false, b's'));
    assert_eq!(stored(20_481, 20_480), (false, b's'));
    assert_eq!(stored(20_479, 20_480), (true, b' '));
}

#[test]
fn fates_are_what_they_are_called() {
    let fated = |fate| contents(vec![mail(257), Item { fate, ..mail(258) }, mail(259)]);
    assert_eq!(fated(Fate::Written).len(), 6);
    assert_eq!(fated(Fate::Lost).len(), 4);
    assert_eq!(fated(Fate::Aborts).len(), 2);
    assert_eq!(fated(Fate::Twice)[2..6].join(" ").matches("258").count(), 4);
    assert_eq!(
        fated(Fate::WithoutBody)[3..],
        ["Inbox/0000000259-Oggetto.eml.meta", "Inbox/0000000259-Oggetto.eml"]
    );
    assert_eq!(fated(Fate::WithoutMeta)[2], "Inbox/0000000258-Oggetto.eml");
}

#[test]
fn zimbra_7_numbers_nothing_and_says_search_folders_twice() {
    let mut export = export(vec![mail(257), mail(258), Item::new(259, 9, ItemKind::Conversation, "Oggetto")]);
    export.folders.push(Folder { kind: ItemKind::SearchFolder, ..Folder::new(301, 1, "Non letti") });
    export.options.old = true;
    let members = export.members();
    assert_eq!(members[0].name, "ROOT.meta");
    let names: Vec<_> = members[15..].iter().map(|member| member.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Non letti.meta",
            "Non letti-01.meta",
            "Inbox/Oggetto.eml.meta",
            "Inbox/Oggetto.eml",
            "Inbox/Oggetto-01.eml.meta",
            "Inbox/Oggetto-01.eml",
            "Conversations/Oggetto.meta",
        ]
    );
    assert_eq!(members[15].type_text, "search folder");
    // As a server of that version orders them.
    let text = std::str::from_utf8(&members[0].content).unwrap();
    let keys: Vec<_> =
        text.trim_matches(['{', '}']).split(',').map(|value| value.split('"').nth(1).unwrap()).collect();
    assert_eq!(
        keys.join(" "),
        "tags flags subject change_date unread index_id type imap_id date Path size sender id Ver folder_id FlagStr \
         volume_id TagStr mod_metadata mod_content name TagNames metadata parent_id"
    );
}

#[test]
fn what_zimbra_takes_for_unread_is_more_than_that() {
    let unread = |flags, unread| {
        let mut export = export(vec![Item { flags, unread, ..mail(257) }]);
        export.options.folders = false;
        let members = export.members();
        assert!(!members[1].unread);
        members[0].unread
    };
    assert!(!unread(0, false) && !unread(1 | 8, false));
    assert!(unread(0, true) && unread(2, false) && unread(1 | 32, false));
}

#[test]
fn without_descriptions_contacts_are_vcards() {
    let contact =
        Item { plain: Some(b"BEGIN:VCARD".to_vec()), ..Item::new(257, 7, ItemKind::Contact, "A/B") };
    let mut export = export(vec![contact, mail(258)]);
    export.options = Options { form: Form::Zip, meta: false, ..Options::default() };
    assert_eq!(names(&export), ["Contacts/A/B.vcf", "Inbox/0000000258-Oggetto.eml"]);
}

#[test]
fn the_same_account_makes_the_same_bytes() {
    for form in [Form::Tgz, Form::Tar, Form::Zip] {
        let mut export = export(vec![mail(257)]);
        export.options.form = form;
        assert_eq!(export.write().unwrap(), export.clone().write().unwrap());
    }
}
